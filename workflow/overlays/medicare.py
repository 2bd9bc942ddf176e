"""Medicare Section 111: ask the status before an injury is paid, report what must be reported within a year.

Domain notes 6.2: physical-trauma settlements of 750.00 or less need not be reported; the threshold does not apply to
ingestion, implantation and exposure. An injury whose status is not known is held before anything is paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...states.case import Case, Deadline
from ...states.codes import DeadlineKind, HoldReason, ReasonCode, TaskKind
from ...states.times import instant_text, start_of_day
from ..calendars import same_day_next_year
from ..reasons import Reason
from ..rulebook import Version
from .clocks import closed

if TYPE_CHECKING:
    from ..plan import Context, Draft


def step(draft: Draft, ctx: Context, version: Version, body: Mapping[str, Any]) -> None:
    """A reportable payment opens the report; a reversed one takes it back."""
    if body["type"] == "confirm_payment" and _reportable(draft.case, ctx, version):
        draft.add(
            tasks=[{"op": "open", "kind": TaskKind.MEDICARE_REPORT.value}],
            deadlines=[_within_a_year(draft, ctx, version)],
        )
    elif body["type"] == "reverse_payment":
        ops = closed(draft.case, "cancelled", DeadlineKind.MEDICARE_REPORT)
        draft.add(deadlines=ops, tasks=[{"op": "done", "kind": TaskKind.MEDICARE_REPORT.value}] if ops else [])


def _reportable(case: Case, ctx: Context, version: Version) -> bool:
    injury: Mapping[str, Any] = ctx.personal.get("injury") or {}
    beneficiary = _status(ctx) is True
    if not injury or not beneficiary:
        return False
    trauma = injury.get("kind") == "trauma"
    return not trauma or case.totals.by_amazon > version.number("trauma.threshold")


def _status(ctx: Context) -> Any:
    claimant: Mapping[str, Any] = ctx.personal.get("claimant") or {}
    return claimant.get("medicare", "unknown")


def _within_a_year(draft: Draft, ctx: Context, version: Version) -> dict[str, Any]:
    last = same_day_next_year(ctx.today)
    zone = draft.case.zone
    recipe = {
        "from": ctx.today.isoformat(),
        "days": (last - ctx.today).days,
        "type": "date",
        "zone": zone,
        "event": "payment",
        "overlay": version.book,
    }
    due = instant_text(start_of_day(last.fromordinal(last.toordinal() + 1), zone))
    return {
        "op": "open",
        "kind": DeadlineKind.MEDICARE_REPORT.value,
        "on": last.isoformat(),
        "due": due,
        "recipe": recipe,
        "notice": None,
    }


def held(case: Case, ctx: Context, version: Version) -> list[tuple[HoldReason, Reason]]:
    """An injury, and the status is not known."""
    if not ctx.personal.get("injury") or _status(ctx) in (True, False):
        return []
    return [(HoldReason.MEDICARE_UNKNOWN, Reason(ReasonCode.FACT_UNKNOWN, "overlay.medicare", "medicare status", None))]


def fired(draft: Draft, ctx: Context, version: Version, clock: Deadline) -> bool:
    """A late report stays an open task; the clock is only marked missed."""
    return False
