"""``claimdesk import certificates``: a register of certificates."""

from __future__ import annotations

from typing import Any

import click

from ...call import Call
from ...groups import page
from .options import running
from .running import go


@page(
    "certificates",
    examples=[
        ("claimdesk import certificates register.csv", "insured, carrier, number, limits, effective, expiry"),
        ("claimdesk import certificates register.csv --default currency=USD --dry-run", "see it, write nothing"),
    ],
    journals=True,
    exits=(0, 1, 2, 4, 6, 75, 130),
    see=("import plan certificates", "import list"),
)
@click.argument("file", metavar="FILE|-")
@running
@click.pass_obj
def command(call: Call, file: str, **told: Any) -> int:
    """Import certificates of insurance: each is judged by the rules and kept with its verdict."""
    return go(call, "certificates", file, told)
