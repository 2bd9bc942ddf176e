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
from ..overview import Overview
from ..results import put_next
from .triage import Run, opened

if TYPE_CHECKING:
    from datetime import date, datetime

    from ...desk import ClaimDesk

_DATABASE = "sqlite:///claimdesk-demo.db"


@page(
    "demo",
    examples=[
        ("claimdesk demo", "into claimdesk-demo.db, in this folder"),
        ("claimdesk demo examples/*.jsonl", "files of yours, or of the checkout"),
        ("claimdesk demo --db sqlite:///other.db", "elsewhere"),
        ("claimdesk demo", "again: nothing is created twice"),
    ],
    journals=True,
    exits=(0, 2, 75, 130),
    see=("triage", "explain", "tick"),
)
@click.argument("paths", metavar="[FILE]...", nargs=-1, type=click.Path(exists=True, dir_okay=False))
@click.pass_obj
def command(call: Call, paths: tuple[str, ...]) -> int:
    """Triage example claims into a database of their own and show what came out."""
    from ...desk import letters_folder
    from ...senders.files import FileSender

    if "db" not in call.told:  # examples never go where work is kept, unless somebody says so
        call.told["db"] = _DATABASE
        call.forget_settings()
    run = Run(call, as_lines=call.as_json)
    created: set[str] = set()
    overview = Overview()
    overdue: str | None = None
    # On the disk once at the end, not letter by letter: nobody waits for these.
    letterbox = FileSender(letters_folder(call.db), sync=False)
    with examples(paths) as found, call.desk(sender=letterbox) as desk:
        if not call.as_json:
            put(f"Example claims of {', '.join(path.name for path in found)} into {call.db}")
        for path in found:
            with opened(str(path)) as stream:
                for result in run.through(desk, stream, path.name, 500):
                    overview.add(result)
                    if result["status"] == "created":
                        created.add(result["claim"])
        days = [] if call.dry_run else _days(desk)
        letters = sum(desk.dispatcher.letters(day) for day in days) if created else 0
        letterbox.flush()
        if not call.as_json:
            overview.add_insurers(desk)
            sellers = list(desk.sellers())
            overview.put(run.summary, sellers, dry_run=call.dry_run)
            overdue = next((file.seller for file in sellers if file.state == "overdue"), None)
            _put_one(desk, run.shown.get("auto_pay:closed"), call.lang)
    run.finish(next_too=False, table=False)
    if letters and not call.as_json:
        put(f"{letters} letters handed over, kept as files beside the database.")
    if days and not call.as_json:
        until = (days[-1] + timedelta(days=8)).isoformat(timespec="seconds")
        tick = (f"tick --until {until}", "what falls due in the week after the last of them")
        steps = [tick, ("ledger --balances", "the books balance")]
        if overdue is not None:
            steps.insert(0, (f"seller timeline {overdue}", "when insurance was required, and when it was in force"))
        put_next(call, run.shown, steps)
    return 0


def _put_one(desk: ClaimDesk, claim: str | None, lang: str) -> None:
    """The last decision of one claim with its reasons: what all the rest is about."""
    if claim is None or desk.case_of(claim) is None:  # a trial has filed nothing
        return
    from ....workflow.texts.load import words

    put()
    put(f"{words('Screen', 'one of them', lang)}:")
    for line in desk.explain(claim, lang=lang).split("\n" + words("Explain", "next", lang))[0].splitlines():
        put(f"  {line}")
    put()


def _days(desk: ClaimDesk) -> list[datetime]:
    """The last filing of each local day: letters are handed over on the day they were written, as a desk would."""
    from ....states.times import local_day
    from ....workflow.rulebook import book_for

    last: dict[tuple[str, date], datetime] = {}
    for claim in desk.list():
        zone = book_for(claim.programme, claim.marketplace).zone
        key = (zone, local_day(claim.filed_at, zone))
        last[key] = max(last.get(key, claim.filed_at), claim.filed_at)
    return sorted(set(last.values()))


@contextmanager
def examples(paths: tuple[str, ...]) -> Generator[list[Path]]:
    """The files named, else the claims that come with the package."""
    if paths:
        yield [Path(path) for path in paths]
        return
    packaged = files("claimdesk.adapters.cli") / "data"
    if not (packaged / "claims.jsonl").is_file():
        raise NotFound("no_examples", "the example claims are not there", hint="reinstall claimdesk")
    with as_file(packaged) as folder:
        rest = sorted(path for path in folder.glob("*.jsonl") if path.name != "claims.jsonl")
        yield [folder / "claims.jsonl", *rest]
