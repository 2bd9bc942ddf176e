"""Claims that were made before, and claims that come in great numbers.

A unit reimbursed or claimed already is no new claim (SEED 002: "Amazon has not already reimbursed you"): told so, or
another open or reimbursed claim of the seller names the same type, day, order and FNSKU. Many claims in a short time
slow down: a person looks, nothing is denied for it (SEED 002; R15). The number that is many is ASSUMED. Claims that
only look alike, for want of an order, are a judgement: nothing is paid twice without a person. Left out: the person's.
"""

from __future__ import annotations

import unicodedata
from datetime import timedelta

from ....states.case import Case
from ....states.codes import HoldReason, ReasonCode
from ....states.fba import FbaReasonCode
from ...paying import has_money
from ...plan import Context
from ...reasons import Reason

_GONE = ("denied", "reversed")


def tested(case: Case, ctx: Context) -> Reason:
    """Not reimbursed and not claimed before."""
    told = case.facts.get("already_reimbursed")
    if told is True:
        return Reason(FbaReasonCode.DUPLICATE, "eligibility.already_reimbursed", "true", False)
    before = next((o for o in ctx.others if _before(o, case) and _same(o, case)), None)
    if before is not None:
        return Reason(FbaReasonCode.DUPLICATE, "eligibility.already_reimbursed", before.id, False)
    if told in (None, "unknown"):
        return Reason(ReasonCode.FACT_UNKNOWN, "eligibility.already_reimbursed", "already_reimbursed", None)
    return Reason(FbaReasonCode.NOT_REIMBURSED_BEFORE, "eligibility.already_reimbursed", "false", True)


def alike(case: Case, ctx: Context) -> Reason | None:
    """Another claim may be for the same loss, and no order tells the two apart: not without a person."""
    looks = _look(case)
    for other in ctx.others:
        if not (_before(other, case) and _stands(other) and _look(other) == looks):
            continue
        orders = [_folded(named(one)[2]) for one in (other, case)]
        if None in orders or orders[0] == orders[1]:
            return Reason(FbaReasonCode.CLAIMED_ALIKE, "eligibility.already_reimbursed", other.id, None)
    return None


def _before(other: Case, case: Case) -> bool:
    """Filed before, by its id; what was made good, or is about to be, was there before too."""
    return other.id < case.id or has_money(other) or other.state == "replaced"


def _look(case: Case) -> tuple[str | None, ...]:
    kind, day, _, fnsku = named(case)
    return case.marketplace, kind, day, _folded(fnsku)


def _folded(name: str | None) -> str | None:
    """A name as it reads: in capitals or not, wide letters or narrow ones, it may be the same."""
    return None if name is None else unicodedata.normalize("NFKC", name).casefold()


def _same(one: Case, other: Case) -> bool:
    mine, theirs = named(one), named(other)
    return _stands(one) and None not in mine and mine == theirs and one.marketplace == other.marketplace


def _stands(case: Case) -> bool:
    return case.state not in _GONE and not (case.state == "closed" and case.totals.posted is None)


def named(case: Case) -> tuple[str | None, ...]:
    """What tells one loss from another: type, day, order, FNSKU; None for what is not told."""
    facts = case.facts
    order: dict[str, str] = facts.get("order") or {}
    day = facts.get("event_on")
    return (facts.get("type"), None if day == "unknown" else day, order.get("id"), facts["item"].get("fnsku"))


def many(case: Case, ctx: Context) -> list[tuple[HoldReason, Reason]]:
    """The hold for a person when the seller filed more than so many claims within the time of the rule."""
    most, span = ctx.rulebook.number("filings.many"), timedelta(hours=ctx.rulebook.number("filings.within"))
    recent = sum(1 for o in ctx.others if timedelta() <= case.opened - o.opened < span) + 1
    if recent <= most:
        return []
    why = Reason(FbaReasonCode.MANY_FILINGS, "filings.many", str(recent), None, str(most))
    return [(HoldReason.VOLUME_REVIEW, why)]
