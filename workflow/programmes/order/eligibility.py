"""Eligibility: whether an order claim belongs to the process at all, before a person looks at it.

Domain notes 3.1, contract section 8: sold and fulfilled by a seller, a physical item, no chargeback, not refunded
before, within 90 days of the latest estimated delivery. Facts, not judgement, so a denial may be automatic (R15) and
names every test that failed. What is unknown is asked about, never denied. Tested at ``file`` and after every change
of a fact. Left out: late claims that may be looked at in special cases (an old text), which is a person's affair.
"""

from __future__ import annotations

from ....states.case import Case
from ....states.codes import ReasonCode
from ....states.order import OrderReasonCode
from ....states.times import local_day, parse_date
from ...plan import Context
from ...reasons import Reason
from . import too_soon
from .too_soon import UNTOLD


def barring(case: Case, ctx: Context) -> tuple[Reason, ...]:
    """The tests that deny, in order of precedence; ``result`` None asks."""
    return (
        _one_of(case, ctx, "fulfilled_by", "order.fulfilled_by", OrderReasonCode.SELLER_FULFILLED,
                OrderReasonCode.NOT_SELLER_FULFILLED, case.facts["order"].get("fulfilled_by")),
        _one_of(case, ctx, "item.kind", "order.item_kinds", ReasonCode.ITEM_IN_SCOPE, ReasonCode.ITEM_SCOPE,
                case.facts["order"].get("item", {}).get("kind")),
        _chargeback(case),
        _refunded_before(case),
        _in_time(case, ctx),
    )  # fmt: skip


def paid_otherwise(case: Case) -> Reason | None:
    """That the customer has the money from the bank or the seller, told since the last decision: not to be paid twice.

    A denial that says so may be reversed on appeal: that is the very thing which is decided there.
    """
    tests = (_chargeback(case), _refunded_before(case))
    return next((test for test in tests if test.result is False and test.code not in case.codes), None)


def examine(case: Case, ctx: Context) -> tuple[Reason, ...]:
    """Every test of a filed claim; those of filing too soon can only ask any more."""
    waiting = (too_soon.contact(case, ctx), too_soon.delivery(case, ctx), too_soon.returned(case, ctx))
    return (*barring(case, ctx), _ground(case), _amount(case), *(w for w in waiting if w.result is not False))


def _one_of(case: Case, ctx: Context, fact: str, rule: str, yes: str, no: str, told: str | None) -> Reason:
    allowed = ctx.rulebook.get(rule)
    if told in UNTOLD:
        return Reason(ReasonCode.FACT_UNKNOWN, rule, f"order.{fact}", None, allowed.shown)
    ok = told in ctx.rulebook.names(rule)
    return Reason(yes if ok else no, rule, told, ok, allowed.shown)


def _chargeback(case: Case) -> Reason:
    told = case.facts.get("chargeback")
    if told == "unknown":
        return Reason(ReasonCode.FACT_UNKNOWN, "order.chargeback", "chargeback", None)
    code = OrderReasonCode.CHARGEBACK if told is True else OrderReasonCode.NO_CHARGEBACK
    return Reason(code, "order.chargeback", "true" if told is True else "false", told is not True)


def _refunded_before(case: Case) -> Reason:
    """A refund of the filing day itself was told with the claim, so it came before (reading O10)."""
    told, filed = case.facts.get("refunded_by_seller_on"), local_day(case.opened, case.zone).isoformat()
    if told == "unknown":
        return Reason(ReasonCode.FACT_UNKNOWN, "order.refund", "refunded_by_seller_on", None)
    if told is None or told > filed:
        return Reason(OrderReasonCode.NOT_REFUNDED_BEFORE, "order.refund", told or "none", True, f"filed {filed}")
    readings = ("O10",) if told == filed else ()
    code = OrderReasonCode.ALREADY_REFUNDED
    return Reason(code, "order.refund", f"refunded {told}", False, f"filed {filed}", readings)


def _in_time(case: Case, ctx: Context) -> Reason:
    window = ctx.rulebook.get("order.filing_window")
    latest = case.facts["order"].get("max_estimated_delivery_on")
    if latest == "unknown":
        return Reason(
            ReasonCode.FACT_UNKNOWN, "order.filing_window", "order.max_estimated_delivery_on", None, window.shown
        )
    if latest is None:
        return Reason(ReasonCode.FILED_IN_TIME, "order.filing_window", "told as in time", True, window.shown)
    days = (local_day(case.opened, case.zone) - parse_date(latest)).days
    ok = days <= ctx.rulebook.number("order.filing_window")
    code = ReasonCode.FILED_IN_TIME if ok else ReasonCode.LATE_FILING
    shown = f"day {days}" if days >= 0 else f"expected by {latest}"
    return Reason(code, "order.filing_window", shown, ok, window.shown)


def _ground(case: Case) -> Reason:
    told = case.facts.get("ground")
    if told in UNTOLD:
        return Reason(ReasonCode.FACT_UNKNOWN, "order.ground", "ground", None)
    return Reason(OrderReasonCode.GROUND_KNOWN, "order.ground", told, True)


def _amount(case: Case) -> Reason:
    order = case.facts["order"]
    for name in ("price", "shipping"):
        if order.get(name) in UNTOLD:
            return Reason(ReasonCode.FACT_UNKNOWN, "order.amount", f"order.{name}", None)
    return Reason(OrderReasonCode.AMOUNT_KNOWN, "order.amount", "told", True)
