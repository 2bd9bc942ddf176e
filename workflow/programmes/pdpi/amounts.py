"""The eligible amount: what routing, payment and recovery are about.

Reading R2: the sum of the compensable heads of loss (purchase price, medical, lost earnings, property damage), as
assessed once there is an assessment, capped at the ceiling; claims of one order and one incident count together
for routing. Domain notes 1.1 and 1.7, in force since 2021-09-01. Left out: non-economic and commercial loss.
"""

from __future__ import annotations

from typing import Any

from ....states.case import Case
from ...plan import Context
from ...rulebook import Version

#: States from which Amazon may still pay.
_OPEN = ("filed", "seller_notified", "responded", "disputed", "approved")


def losses_of(case: Case) -> list[dict[str, Any]]:
    """The losses that count now: assessed, else claimed; each a head and an amount in minor units."""
    return case.facts.get("assessed") or claimed(case)


def claimed(case: Case) -> list[dict[str, Any]]:
    """The losses as claimed."""
    return case.facts.get("losses") or []


def asked(case: Case) -> int:
    """Everything the customer asked for, in minor units, compensable or not."""
    return sum(loss["amount"] for loss in claimed(case))


#: The latest losses added up, under which rulebook, their sum and what of it is eligible: the steps of one plan ask for
#: these over and over.
_latest: tuple[object, object, int, int] = (None, None, 0, 0)


def _added(case: Case, rulebook: Version) -> tuple[object, object, int, int]:
    global _latest  # noqa: PLW0603  # one value, replaced as a whole
    losses, known = losses_of(case), _latest
    if known[0] is not losses or known[1] is not rulebook:
        heads = rulebook.names("losses.compensable")
        total = sum([loss["amount"] for loss in losses if loss["head"] in heads])
        _latest = known = losses, rulebook, total, min(total, rulebook.number("claim.ceiling"))
    return known


def compensable(case: Case, rulebook: Version) -> int:
    """The compensable sum before the ceiling, in minor units."""
    return _added(case, rulebook)[2]


def eligible(case: Case, rulebook: Version) -> int:
    """The eligible amount of this claim, in minor units."""
    return _added(case, rulebook)[3]


def together(case: Case, ctx: Context) -> int:
    """The eligible amounts of this claim and of the others of its order and incident, in minor units."""
    return eligible(case, ctx.rulebook) + sum(s.eligible_minor for s in ctx.siblings)


def asked_together(case: Case, ctx: Context) -> int:
    """The amounts asked, likewise (the other reading of R2)."""
    return asked(case) + sum(s.asked_minor for s in ctx.siblings)


def under_line(amount: int, rulebook: Version) -> bool:
    """Whether ``amount`` (minor units) is a small claim (R1)."""
    return is_under(amount, rulebook.number("small_claim.limit"), rulebook.text("small_claim.comparator"))


def is_under(amount: int, limit: int, comparator: str) -> bool:
    """``under``: strictly less; ``at_most``: the limit itself is small too."""
    return amount <= limit if comparator == "at_most" else amount < limit


def payable(case: Case, ctx: Context) -> int:
    """What is to be paid now: the eligible amount less what stands paid by anybody, never over the incident's ceiling.

    Of the ceiling is gone what the others were paid, and what those filed earlier may still be paid.
    """
    earlier = sum(s.eligible_minor for s in ctx.siblings if not s.paid and s.id < case.id and s.state in _OPEN)
    left = ctx.rulebook.number("claim.ceiling") - sum(s.paid_minor for s in ctx.siblings) - earlier
    return max(0, min(eligible(case, ctx.rulebook), left) - had(case))


def had(case: Case) -> int:
    """What the customer has had for this loss, whoever paid it: a claim that is reopened is not paid a second time."""
    return case.totals.by_amazon + case.totals.by_seller + case.totals.by_insurer
