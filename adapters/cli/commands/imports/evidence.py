"""``claimdesk import evidence``: a manifest of evidence files."""

from __future__ import annotations

from typing import Any

import click

from ...call import Call
from ...groups import page
from .options import in_folder, running
from .running import go


@page(
    "evidence",
    examples=[
        ("claimdesk import evidence manifest.csv", "the files stand beside the manifest"),
        ("claimdesk import evidence manifest.csv --folder /srv/inbox", "or elsewhere"),
        ("claimdesk import evidence manifest.csv --copy-to evidence", "and a copy of each, named by its digest"),
    ],
    journals=True,
    exits=(0, 1, 2, 4, 6, 75, 130),
    see=("import plan evidence", "audit verify --evidence"),
)
@click.argument("file", metavar="FILE|-")
@in_folder
@click.option("--copy-to", metavar="FOLDER", help="A copy of each file, named by its digest.")
@running
@click.pass_obj
def command(call: Call, file: str, **told: Any) -> int:
    """Import a manifest of evidence: each file is held against its digest and added to its claim, once."""
    return go(call, "evidence", file, told)
