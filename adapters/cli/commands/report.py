"""``claimdesk report``: a compliance report or an export, with its footer; see ``workflow/reports``.

Decision: a file of ``-o`` is there whole or not at all. Findings (breaks, letters that wait, exempt sellers that were
charged) end with exit code 1, so that a timer can alarm.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from ....states.errors import InputError, NotFound
from ..call import Call
from ..groups import page
from ..output import as_json, columns, put, put_json
from ..whole import whole_file

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
    see=("ledger", "audit"),
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
@click.option("--format", "form", metavar="FORMAT", help="Of an export: beancount, ocel2 or xes; each has one.")
@click.option("-o", "--output", "target", metavar="FILE", help="Into a file, which is whole or not there.")
@click.pass_obj
def command(
    call: Call,
    name: str | None,
    listed: bool,
    since: str | None,
    until: str | None,
    as_csv: bool,
    form: str | None,
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
    _known(name, call.as_json or as_csv, form)
    first, last = _day(since, "--from"), _day(until, "--to")
    if first is not None and last is not None and last < first:
        raise InputError("bad_period", "the period ends before it begins", field="--to")
    with call.desk(reads=True, there=name == "integrity") as desk, _sink(target) as sink:
        asked, made = _asked(call, desk, first, last, narrow)
        came = _make(call, desk, name, asked, made, sink)
    _told(call, name, target, came)
    return 1 if came.found else 0


_FORMATS = {"ledger": ("beancount",), "ocel": ("ocel2", "json"), "xes": ("xes", "xml")}


def _known(name: str, as_table: bool, form: str | None) -> None:
    """Refuses what there is not, before anything is opened."""
    from ....workflow.reports.catalogue import REPORTS
    from ...reports.exports import EXPORTS

    if name not in {*REPORTS, *EXPORTS, "integrity"}:
        raise NotFound("unknown_report", "there is no such report", field="NAME",
                       hint="one of: " + ", ".join([*REPORTS, "integrity", *EXPORTS]))  # fmt: skip
    if name in EXPORTS and as_table:
        raise InputError("not_here", f"{name} has a form of its own: {EXPORTS[name].form}", field="--json")
    if form is not None and form not in _FORMATS.get(name, ()):
        told = ", ".join(_FORMATS.get(name, ("csv, or --json",)))
        raise InputError("not_here", f"{name} has another form", field="--format", hint=f"leave it out, or: {told}")


def _make(call: Call, desk: ClaimDesk, name: str, asked: Asked, made: Made, sink: Sink) -> Came:
    from ....workflow.reports.catalogue import REPORTS
    from ...reports.control import LedgerControl
    from ...reports.exports import EXPORTS, write_export
    from ...reports.integrity import integrity
    from ...reports.reading import records
    from ...reports.tables import write_csv, write_json

    at = call.past()
    population = records(desk.store, asked, at=None if at is None else asked.as_of)
    if name in EXPORTS:
        return write_export(name, desk.store, asked, population, made, sink, past=at is not None)
    write = write_json if call.as_json else write_csv
    if name == "integrity":
        if at is not None or not asked.is_everything:
            raise InputError("not_here", "the record is checked as a whole, as it is now", field="NAME")
        return write(integrity(desk), asked, (), made, sink)
    control = LedgerControl(desk.store) if name == "trial-balance" and at is None and asked.is_everything else None
    return write(REPORTS[name], asked, population, made, sink, control)


def _asked(
    call: Call, desk: ClaimDesk, since: date | None, until: date | None, narrow: dict[str, str | None]
) -> tuple[Asked, Made]:
    from claimdesk import __version__

    from ....states.times import instant_text
    from ....workflow.reports.shape import Asked
    from ...reports.footer import Made, as_of
    from ...reports.reading import with_office

    now = instant_text(desk.clock())
    at = call.past()
    programme, marketplace, law = narrow["programme"], narrow["marketplace"], narrow["jurisdiction"]
    instant = now if at is None else instant_text(at)
    asked = Asked(since, until, programme, marketplace, law, narrow["seller"], as_of=instant)
    asked = with_office(desk.store, asked, at=None if at is None else instant)
    return asked, Made(__version__, now, call.config.text("actor"), as_of(desk.store))


def _day(text: str | None, option: str) -> date | None:
    from ....states.times import parse_date

    return None if text is None else parse_date(text, option)


def _list(call: Call) -> None:
    from ....workflow.reports.catalogue import REPORTS
    from ...reports.exports import EXPORTS
    from ...reports.integrity import INTEGRITY

    reports = sorted([*REPORTS.values(), INTEGRITY], key=lambda r: r.number)
    if call.as_json:
        for r in reports:
            put_json({"report": r.id, "number": r.number, "question": r.question, "dated_by": r.dated_by,
                      "columns": [{"name": c.name, "kind": c.kind.value, "meaning": c.meaning} for c in r.columns],
                      "finds": r.finding or None})  # fmt: skip
        for e in EXPORTS.values():
            put_json({"report": e.id, "form": e.form, "question": e.what})
        return
    rows = [[r.id, r.question] for r in reports]
    rows += [[e.id, f"{e.what} ({e.form})"] for e in EXPORTS.values()]
    for line in columns(rows, ("REPORT", "QUESTION")):
        put(line)


@contextmanager
def _sink(target: str | None) -> Generator[Sink]:
    """Where the bytes go: standard output, or a file that takes its name when it is whole."""
    if target is None:
        yield _to_stdout
        return
    with whole_file(target) as file:
        yield file.write


def _to_stdout(data: bytes) -> None:
    raw = getattr(sys.stdout, "buffer", None)
    if raw is None:
        sys.stdout.write(data.decode())
    else:
        raw.write(data)


def _told(call: Call, name: str, target: str | None, came: Came) -> None:
    from ...reports.exports import EXPORTS

    if target is not None:
        call.note(f"{came.foot['rows']} rows, {came.foot['body_sha256']}")
    if name in EXPORTS and not EXPORTS[name].footed:
        # A file of a standard has no place for it, so it stands beside it.
        if target is None:
            call.note(as_json({"footer": came.foot}))
        else:
            with _sink(f"{target}.footer.json") as sink:
                sink((as_json({"footer": came.foot}) + "\n").encode())
    if came.found:
        call.note(f"found: {came.found} {came.foot['finding']}")
