"""Product-safety reports (CPSC 15(b)): a valid claim with an injury or a fire is reported within 24 hours.

Domain notes 6.4: complaints and injury reports are triggering information, an investigation normally takes ten days,
weekends and holidays do not count. The 24 hours start at the valid screening (contract section 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...states.case import Case, Deadline
from ...states.codes import DeadlineKind, HoldReason, TaskKind
from ..reasons import Reason
from ..rulebook import Version
from .clocks import closed, opened

if TYPE_CHECKING:
    from ..plan import Context, Draft


def _hazard(case: Case, ctx: Context) -> bool:
    return bool(ctx.personal.get("injury")) or case.facts.get("arson_suspected") is True


def step(draft: Draft, ctx: Context, version: Version, body: Mapping[str, Any]) -> None:
    """The investigation starts with the complaint, the report with the valid screening."""
    case = draft.case
    if not _hazard(case, ctx):
        return
    if body["type"] == "file":
        draft.add(
            deadlines=[
                opened(draft, version, DeadlineKind.CPSC_INVESTIGATION, "investigation.window", ctx.today, "filed")
            ]
        )
    elif body["type"] == "record_screening":
        ops = closed(case, "met", DeadlineKind.CPSC_INVESTIGATION)
        valid = case.facts["screening"]["verdict"] == "valid"
        if valid and not any(d.kind == DeadlineKind.CPSC_REPORT.value for d in case.deadlines):
            ops.append(opened(draft, version, DeadlineKind.CPSC_REPORT, "report.window", draft.now, "valid screening"))
            draft.add(tasks=[{"op": "open", "kind": TaskKind.CPSC_REPORT.value}])
        draft.add(deadlines=ops)


def held(case: Case, ctx: Context, version: Version) -> list[tuple[HoldReason, Reason]]:
    """A report holds nothing."""
    return []


def fired(draft: Draft, ctx: Context, version: Version, clock: Deadline) -> bool:
    """A late report stays an open task; the clock is only marked missed."""
    return False
