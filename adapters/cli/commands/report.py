"""``claimdesk report``: a compliance report or an export, with its footer; see ``workflow/reports``.

Decision: a file of ``-o`` is there whole or not at all. Findings (breaks, letters that wait, exempt sellers that were
charged) end with exit code 1, so that a timer can alarm.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ....states.errors import InputError, StorageError
from ..call import Call
from ..groups import page
from ..output import columns, put, put_json

if TYPE_CHECKING:
    from datetime import date

    from ....workflow.reports.shape import Asked
    from ...desk import ClaimDesk
    from ...reports.footer import Made
    from ...reports.tables import Came, Sink


@page(
    "report",
    examples=[
        ("claimdesk report --list", "which there are"),
        ("claimdesk report claims --from 2024-04-01 --to 2024-06-30", "as CSV"),
        ("claimdesk report payments --json -o payments.jsonl", "into a file"),
        ("claimdesk report timeliness --jurisdiction us_ca_fair_claims", "the clocks of one law"),
        ("claimdesk report ledger -o claims.beancount", "the ledger for an accounting tool"),
        ("claimdesk report ocel -o claims.ocel.json", "an event log for process mining"),
    ],
    past=True,
    exits=(0, 1, 2, 5, 75),
    see=("ledger", "timeline"),
)
@click.argument("name", required=False)
@click.option("--list", "listed", is_flag=True, help="List the reports and exports.")
@click.option("--from", "since", metavar="DATE", help="From this day on, in the marketplace's zone.")
@click.option("--to", "until", metavar="DATE", help="Up to this day.")
@click.option("--programme", help="A programme, such as pdpi.")
@click.option("--marketplace", help="A marketplace, such as US.")
@click.option("--jurisdiction", help="A marketplace, or a law whose clocks run, such as us_ca_fair_claims.")
@click.option("--seller", help="A seller's id.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV (the default of the reports).")
@click.option("-o", "--output", "target", metavar="FILE", help="Into a file, which is whole or not there.")
@click.pass_obj
def command(
    call: Call,
    name: str | None,
    listed: bool,
    since: str | None,
    until: str | None,
    as_csv: bool,
    target: str | None,
    **narrow: str | None,
) -> int:
    """Make a compliance report or an export, with its footer."""
    if listed:
        _list(call)
        return 0
    if name is None:
        raise InputError("missing_field", "say which report", field="NAME", hint="claimdesk report --list")
    if as_csv and call.as_json:
        raise InputError("not_here", "a report is CSV or JSON", field="--csv", hint="leave one of them out")
    _known(name)
    first, last = _day(since, "--from"), _day(until, "--to")
    if first is not None and last is not None and last < first:
        raise InputError("bad_period", "the period ends before it begins", field="--to")
    with call.desk() as desk, _sink(target) as sink:
        asked, made = _asked(call, desk, first, last, narrow)
        came = _make(call, desk, name, asked, made, sink)
    _told(call, target, came)
    return 1 if came.found else 0


def _known(name: str) -> None:
    from ....workflow.reports.catalogue import REPORTS, report_named

    if name not in REPORTS:
        report_named(name)


def _make(call: Call, desk: ClaimDesk, name: str, asked: Asked, made: Made, sink: Sink) -> Came:
    from ....workflow.reports.catalogue import report_named
    from ...reports.control import LedgerControl
    from ...reports.reading import records
    from ...reports.tables import write_csv, write_json

    at = call.past()
    population = records(desk.store, asked, at=None if at is None else asked.as_of)
    control = LedgerControl(desk.store) if name == "trial-balance" and at is None and asked.is_everything else None
    return (write_json if call.as_json else write_csv)(report_named(name), asked, population, made, sink, control)


def _asked(
    call: Call, desk: ClaimDesk, since: date | None, until: date | None, narrow: dict[str, str | None]
) -> tuple[Asked, Made]:
    from claimdesk import __version__

    from ....states.times import instant_text
    from ....workflow.reports.shape import Asked
    from ...reports.footer import Made, as_of

    now = instant_text(desk.clock())
    at = call.past()
    programme, marketplace, law = narrow["programme"], narrow["marketplace"], narrow["jurisdiction"]
    instant = now if at is None else instant_text(at)
    asked = Asked(since, until, programme, marketplace, law, narrow["seller"], as_of=instant)
    return asked, Made(__version__, now, call.config.text("actor"), as_of(desk.store))


def _day(text: str | None, option: str) -> date | None:
    from ....states.times import parse_date

    return None if text is None else parse_date(text, option)


def _list(call: Call) -> None:
    from ....workflow.reports.catalogue import REPORTS

    if call.as_json:
        for r in REPORTS.values():
            put_json({"report": r.id, "number": r.number, "question": r.question, "dated_by": r.dated_by,
                      "columns": [{"name": c.name, "kind": c.kind.value, "meaning": c.meaning} for c in r.columns],
                      "finds": r.finding or None})  # fmt: skip
        return
    for line in columns([[r.id, r.question] for r in REPORTS.values()], ("REPORT", "QUESTION")):
        put(line)


@contextmanager
def _sink(target: str | None) -> Generator[Sink]:
    """Where the bytes go: standard output, or a file that takes its name when it is whole."""
    if target is None:
        yield _to_stdout
        return
    path = Path(target)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # An export of claims is for those who asked for it.
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield file.write
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StorageError("cannot_write", f"the file cannot be written ({type(error).__name__})",
                           hint="look at the folder and at who may write there") from None  # fmt: skip
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _to_stdout(data: bytes) -> None:
    raw = getattr(sys.stdout, "buffer", None)
    if raw is None:
        sys.stdout.write(data.decode())
    else:
        raw.write(data)


def _told(call: Call, target: str | None, came: Came) -> None:
    if target is not None:
        call.note(f"{came.foot['rows']} rows, {came.foot['body_sha256']}")
    if came.found:
        call.note(f"found: {came.found} {came.foot['finding']}")
