"""``claimdesk demo``: example claims on every path, decided in a database of their own.

The same triage as for any file: what it prints is what a file of yours would print. Invented people and sellers only.
Letters are handed over at the end of the examples' own day, so that the clocks stand as they stood then.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ....states.errors import NotFound
from ..call import Call
from ..groups import page
from ..output import put
from ..results import put_next
from .triage import Run, opened

if TYPE_CHECKING:
    from datetime import datetime

    from ...desk import ClaimDesk

_DATABASE = "sqlite:///claimdesk-demo.db"


@page(
    "demo",
    examples=[
        ("claimdesk demo", "into claimdesk-demo.db, in this folder"),
        ("claimdesk demo --db sqlite:///other.db", "elsewhere"),
        ("claimdesk demo", "again: nothing is created twice"),
    ],
    exits=(0, 2, 75, 130),
    see=("triage", "explain", "tick"),
)
@click.pass_obj
def command(call: Call) -> int:
    """Triage example claims into a database of their own and show what came out."""
    if "db" not in call.told:  # examples never go where work is kept, unless somebody says so
        call.told["db"] = _DATABASE
        call.forget_settings()
    run = Run(call, as_lines=call.as_json)
    with examples() as path, opened(str(path)) as stream, call.desk() as desk:
        if not call.as_json:
            put(f"Example claims into {call.db}")
        last: datetime | None = None
        for result in run.through(desk, stream, path.name, 500):
            if result["status"] in ("created", "unchanged") and not call.dry_run:
                filed = desk.get(result["claim"]).filed_at
                last = filed if last is None else max(last, filed)
        letters = _hand_over(desk, last) if last is not None and run.summary.created else 0
    run.finish(next_too=False)
    if letters and not call.as_json:
        put(f"{letters} letters handed over, kept as files beside the database.")
    if not call.as_json and not call.dry_run:
        until = (last + timedelta(days=8)).isoformat(timespec="seconds") if last is not None else ""
        tick = ("tick" + (f" --until {until}" if until else ""), "what falls due in the next week")
        put_next(call, run.shown, [tick, ("ledger --balances", "the books balance")])
    return 0


def _hand_over(desk: ClaimDesk, last: datetime) -> int:
    """Every letter that waits, as if it had been sent when the last example was filed."""
    return desk.dispatcher.letters(last)


@contextmanager
def examples() -> Generator[Path]:
    """The example claims: of the checkout, else those that come with the package."""
    checkout = Path(__file__).resolve().parents[3] / "examples" / "claims.jsonl"
    if checkout.is_file():
        yield checkout
        return
    packaged = files("claimdesk.adapters.cli") / "data" / "claims.jsonl"
    if not packaged.is_file():
        raise NotFound("no_examples", "the example claims are not there", hint="reinstall claimdesk")
    with as_file(packaged) as path:
        yield path
