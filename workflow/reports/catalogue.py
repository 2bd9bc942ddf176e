"""Which reports there are, by name."""

from __future__ import annotations

from ...states.errors import NotFound
from .claims import CLAIMS, TIMELINESS
from .decisions import AUTO_PAY, EXEMPTIONS, OVERRIDES
from .money import BREAKS, PAYMENTS, RECOVERIES, TRIAL_BALANCE
from .notices import NOTICES
from .shape import Report

REPORTS: dict[str, Report] = {
    r.id: r
    for r in (
        CLAIMS, TIMELINESS, PAYMENTS, TRIAL_BALANCE, BREAKS, AUTO_PAY, EXEMPTIONS, RECOVERIES, OVERRIDES, NOTICES,
    )
}  # fmt: skip


def report_named(name: str) -> Report:
    """The report; NotFound lists what there is."""
    found = REPORTS.get(name)
    if found is None:
        raise NotFound("unknown_report", "there is no such report", field="name",
                       hint="one of: " + ", ".join(REPORTS))  # fmt: skip
    return found
