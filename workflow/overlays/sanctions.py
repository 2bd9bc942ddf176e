"""Sanctions screening: a possible match holds, a match holds and is reported within ten business days.

Domain notes 6.3 (OFAC): on a true match nothing is done on a claim without instruction or licence, so this hold comes
before every decision, a denial included.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...states.case import Case, Deadline
from ...states.codes import DeadlineKind, HoldReason, ReasonCode, TaskKind
from ..reasons import Reason
from ..rulebook import Version
from .clocks import opened

if TYPE_CHECKING:
    from ..plan import Context, Draft


def _told(ctx: Context) -> str:
    claimant: Mapping[str, Any] = ctx.personal.get("claimant") or {}
    return str(claimant.get("sanctions") or "unknown")


def step(draft: Draft, ctx: Context, version: Version, body: Mapping[str, Any]) -> None:
    """A match opens the report, once."""
    arrived = body["type"] in ("file", "amend", "provide_information")
    if (
        arrived
        and _told(ctx) == "match"
        and not any(d.kind == DeadlineKind.OFAC_REPORT.value for d in draft.case.deadlines)
    ):
        clock = opened(draft, version, DeadlineKind.OFAC_REPORT, "report.window", ctx.today, "match")
        draft.add(tasks=[{"op": "open", "kind": TaskKind.OFAC_REPORT.value}], deadlines=[clock])


def held(case: Case, ctx: Context, version: Version) -> list[tuple[HoldReason, Reason]]:
    """A possible or a true match."""
    if _told(ctx) not in ("possible", "match"):
        return []
    return [(HoldReason.SANCTIONS, Reason(ReasonCode.SANCTIONS_MATCH, "overlay.sanctions", None, None))]


def fired(draft: Draft, ctx: Context, version: Version, clock: Deadline) -> bool:
    """A late report stays an open task; the clock is only marked missed."""
    return False
