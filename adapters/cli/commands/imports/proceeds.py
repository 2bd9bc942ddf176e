"""``claimdesk import proceeds``: monthly sales per seller."""

from __future__ import annotations

from typing import Any

import click

from ...call import Call
from ...groups import page
from .options import running
from .running import go


@page(
    "proceeds",
    examples=[
        ("claimdesk import proceeds sales.csv --default currency=USD", "seller, month, amount"),
    ],
    journals=True,
    exits=(0, 1, 2, 4, 6, 75, 130),
    see=("import plan proceeds", "import list"),
)
@click.argument("file", metavar="FILE|-")
@running
@click.pass_obj
def command(call: Call, file: str, **told: Any) -> int:
    """Import monthly gross proceeds of sellers; a month told again replaces what was told."""
    return go(call, "proceeds", file, told)
