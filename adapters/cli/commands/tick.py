"""``claimdesk tick``: what is due, done now. For a timer; safe to run twice, also at the same time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from ..call import Call
from ..groups import page
from ..output import columns, is_terminal, put, put_json

if TYPE_CHECKING:
    from ....workflow.dispatch import TickReport


@page(
    "tick",
    examples=[
        ("claimdesk tick", "everything that is due now"),
        ("claimdesk tick --until 2024-06-18T00:00:00-07:00", "as if it were then (demonstrations)"),
        ("claimdesk tick --dry-run", "what would be done, nothing is written or sent"),
        ("*/5 * * * *  claimdesk tick -q || mail …", "for a timer: quiet unless something failed"),
    ],
    journals=True,
    exits=(0, 1, 2, 75, 130),
    see=("list", "timeline"),
)
@click.option("--until", metavar="INSTANT", help="Do what is due by this instant. Default: now.")
@click.pass_obj
def command(call: Call, until: str | None) -> int:
    """Do what is due: letters, payments, clocks that ran out."""
    import sys

    from ....states.times import parse_instant

    when = parse_instant(until, "--until") if until is not None else None
    if call.dry_run:
        return _foreseen(call, when)
    if when is not None and when > datetime.now(UTC):
        call.note("note: this lies ahead of the clock; what runs out now has run out for good")
    watched = is_terminal(sys.stderr) and not call.quiet

    def progress(report: TickReport) -> None:
        call.kept = f"done and kept: {line(report)}"
        if watched:
            sys.stderr.write(f"\r{sum(report.fired.values())} clocks, {report.letters} letters")
            sys.stderr.flush()

    with call.desk() as desk:
        report = desk.tick(when, progress)
    call.kept = ""
    if watched:
        sys.stderr.write("\r\x1b[K")
    failed = report.letters_failed + report.payments_failed
    if call.as_json:
        put_json(report.to_dict())
    elif failed or not call.quiet:
        put(line(report))
    return 1 if failed else 0


def _foreseen(call: Call, when: datetime | None) -> int:
    """What would be done, one step a line."""
    with call.desk() as desk:
        found = desk.foresee(when)
    if call.as_json:
        put_json(found.to_dict())
        return 0
    rows = [[s.what, s.claim, s.kind, f"{s.due[:16]}Z", s.detail] for s in found.steps]
    for row in columns(rows, ("WHAT", "CLAIM", "KIND", "DUE", "WOULD") if rows else ()):
        put(row)
    would = [f"{found.count(what)} {what}s" for what in ("clock", "letter", "payment")]
    put(
        f"would do: {', '.join(would)}"
        + (f" · waiting for a letter or a hold {found.waiting}" if found.waiting else "")
    )
    call.note("dry run: nothing was written or sent")
    return 0


def line(report: TickReport) -> str:
    """The report on one line: clocks by kind, letters, payments, what waits, what comes next."""
    parts = [f"{kind} {count}" for kind, count in sorted(report.fired.items())]
    found = [f"clocks ran out: {', '.join(parts)}"] if parts else ["no clock ran out"]
    found.append(f"letters {report.letters}" + (f", failed {report.letters_failed}" if report.letters_failed else ""))
    if report.paid or report.payments_failed or report.payments_unknown:
        found.append(f"payments {report.paid}, failed {report.payments_failed}, not known {report.payments_unknown}")
    if report.waiting:
        found.append(f"waiting for a letter or a hold {report.waiting}")
    found.append(f"next due {report.next_due[:16]}Z" if report.next_due else "nothing more is due")
    return " · ".join(found)
