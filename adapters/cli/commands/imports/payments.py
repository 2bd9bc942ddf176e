"""``claimdesk import payments``: what a bank or a settlement report says."""

from __future__ import annotations

from typing import Any

import click

from ...call import Call
from ...groups import page
from .options import running
from .running import go


@page(
    "payments",
    examples=[
        ("claimdesk import payments bank.csv --reason 'statement of June'", "reference, claim or order, type, amount"),
    ],
    journals=True,
    exits=(0, 1, 2, 4, 6, 75, 130),
    see=("import plan payments", "import list"),
)
@click.argument("file", metavar="FILE|-")
@running
@click.pass_obj
def command(call: Call, file: str, **told: Any) -> int:
    """Import payments confirmed, failed or reversed, and money that came back."""
    return go(call, "payments", file, told)
