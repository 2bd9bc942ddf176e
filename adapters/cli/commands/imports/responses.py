"""``claimdesk import responses``: what sellers and insurers answered."""

from __future__ import annotations

from typing import Any

import click

from ...call import Call
from ...groups import page
from .options import running
from .running import go


@page(
    "responses",
    examples=[
        ("claimdesk import responses answers.csv --source helpdesk", "order, answer, reason, attachments"),
    ],
    journals=True,
    exits=(0, 1, 2, 4, 6, 75, 130),
    see=("import plan responses", "import list"),
)
@click.argument("file", metavar="FILE|-")
@running
@click.pass_obj
def command(call: Call, file: str, **told: Any) -> int:
    """Import answers of sellers and insurers to claims, by claim or order."""
    return go(call, "responses", file, told)
