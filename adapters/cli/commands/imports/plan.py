"""``claimdesk import plan``: the same run, taken back at its end; its counts are those the run would come to."""

from __future__ import annotations

from typing import Any

import click

from .....states.errors import InputError
from ...call import Call
from ...groups import page
from .options import in_folder, running
from .running import go

KINDS = ("claims", "certificates", "proceeds", "responses", "payments", "evidence")


@page(
    "plan",
    examples=[
        ("claimdesk import plan june.csv --map helpdesk.toml", "claims"),
        ("claimdesk import plan certificates register.csv", "another kind of file"),
        ("claimdesk import plan june.csv --report problems.csv", "one line a problem"),
    ],
    exits=(0, 1, 2, 4, 75, 130),
    see=("import claims", "import map"),
)
@click.argument("words", metavar="[KIND] FILE", nargs=-1, required=True)
@in_folder
@running
@click.pass_obj
def command(call: Call, words: tuple[str, ...], **told: Any) -> int:
    """Say what an import would come to; write nothing."""
    kind, file = words if len(words) == 2 else ("claims", words[0])
    if len(words) > 2 or kind not in KINDS:
        raise InputError("usage", "a plan takes the kind of file, and a file", hint="kinds: " + ", ".join(KINDS))
    if told["folder"] is not None and kind != "evidence":
        raise InputError("not_here", "only a manifest of evidence names files", field="--folder", hint="leave it out")
    return go(call, kind, file, told, counts=True)
