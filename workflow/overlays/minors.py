"""Minors: a claimant under the age of majority is held, because a settlement may need a court's approval.

Domain notes 1.7 (many states). An age that was not told is not asked for: no source asks every claimant's age.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...states.case import Case, Deadline
from ...states.codes import HoldReason, ReasonCode
from ..reasons import Reason
from ..rulebook import Version

if TYPE_CHECKING:
    from ..plan import Context, Draft


def step(draft: Draft, ctx: Context, version: Version, body: Mapping[str, Any]) -> None:
    """Nothing is opened for a minor."""


def held(case: Case, ctx: Context, version: Version) -> list[tuple[HoldReason, Reason]]:
    """Under the age of majority. The age itself stays sealed."""
    claimant: Mapping[str, Any] = ctx.personal.get("claimant") or {}
    age = claimant.get("age")
    if not isinstance(age, int) or age >= version.number("majority.age"):
        return []
    return [(HoldReason.MINOR, Reason(ReasonCode.CLAIMANT_MINOR, "overlay.minors", None, None))]


def fired(draft: Draft, ctx: Context, version: Version, clock: Deadline) -> bool:
    """Nothing is opened for a minor."""
    return False
