"""``claimdesk import claims``: claims of a file, in its own words and columns; filed, screened and triaged."""

from __future__ import annotations

from typing import Any

import click

from ...call import Call
from ...groups import page
from .options import running
from .running import go


@page(
    "claims",
    examples=[
        (
            "claimdesk import claims june.csv --map helpdesk.toml --rejects june.rejects.csv",
            "what was rejected, to correct",
        ),
        ("claimdesk import claims june.csv --source helpdesk --marketplace US --default currency=USD", "known headers"),
        ("claimdesk import claims june.csv --map helpdesk.toml --report june.report.csv", "one line a problem"),
        ("cat claims.jsonl | claimdesk import claims - --json", "one result a record, as it is kept"),
    ],
    journals=True,
    exits=(0, 1, 2, 4, 6, 75, 130),
    see=("import plan", "import map", "import show", "triage"),
)
@click.argument("file", metavar="FILE|-")
@running
@click.option(
    "--workers",
    type=click.IntRange(0, 64),
    help="Processes that plan beside the one that writes; 0: none. Left out: as many as there are processors.",
)
@click.pass_obj
def command(call: Call, file: str, **told: Any) -> int:
    """Import claims: file, screen and triage every row; a row that is on file already is never filed twice."""
    return go(call, "claims", file, told)
