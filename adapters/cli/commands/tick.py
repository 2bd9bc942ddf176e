"""``claimdesk tick``: what is due, done now. For a timer; safe to run twice, also at the same time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from ....states.errors import InputError
from ..call import Call
from ..groups import page
from ..output import is_terminal, put, put_json

if TYPE_CHECKING:
    from ....workflow.dispatch import TickReport


@page(
    "tick",
    examples=[
        ("claimdesk tick", "everything that is due now"),
        ("claimdesk tick --until 2024-06-18T00:00:00-07:00", "as if it were then (demonstrations)"),
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

    if call.dry_run:
        raise InputError(
            "no_dry_run", "tick has no dry run", field="--dry-run", hint="claimdesk list shows what is open"
        )
    when = parse_instant(until, "--until") if until is not None else None
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
