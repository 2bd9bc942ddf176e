"""What a unit is worth: which price, less which fees, at most the cap.

SEED 002: estimated sale price less referral and fulfilment fees (shipments, fulfilment centres, removals), the same
of a discounted sale for removals that were unsellable, refund or replacement price less applicable fees for customer
returns; at most 5,000.00 a unit. From 2025-03-31 the sourcing cost for units lost before a customer order (domain
notes 4.3; the newer text rules, R19), Amazon's estimate until the seller gives a cost. How the price indicators
combine is unpublished: ``valuation.method`` (reading F2). A missing amount is asked for, never guessed; less than
nothing is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ....states.case import Case
from ....states.codes import ReasonCode
from ....states.fba import FbaReasonCode
from ....states.money import half_up, to_text
from ...reasons import Reason
from ...rulebook import Version

#: The four price indicators, in the order of SEED 002.
INDICATORS = ("own_price", "own_average_90d", "others_price", "others_average_365d")
FEES = ("referral_fee", "fulfilment_fee")


def _median(prices: Sequence[int]) -> int:
    ordered, middle = sorted(prices), len(prices) // 2
    return ordered[middle] if len(prices) % 2 else half_up(ordered[middle - 1] + ordered[middle], 2)


#: How the known indicators become one price. They come in the order of SEED 002.
METHODS: Mapping[str, Callable[[Sequence[int]], int]] = {
    "median": _median,
    "average": lambda prices: half_up(sum(prices), len(prices)),
    "first": lambda prices: prices[0],
    "lowest": min,
    "highest": max,
}


@dataclass(slots=True)
class Valued:
    """The value of one unit in minor units and how it came about; None while an amount is missing."""

    unit: int | None = None
    basis: str = ""
    reasons: list[Reason] = field(default_factory=lambda: [])
    missing: list[Reason] = field(default_factory=lambda: [])


class _Work:
    """One valuation being made: takes amounts, and notes those that are missing."""

    def __init__(self, case: Case, rulebook: Version) -> None:
        self.facts = case.facts
        self.amounts: dict[str, Any] = case.facts.get("valuation") or {}
        self.currency = case.currency
        self.rulebook = rulebook
        self.made = Valued()

    def shown(self, *names: str) -> str:
        return ", ".join(f"{n} {to_text(self.amounts[n], self.currency)}" for n in names if self.known(n))

    def known(self, name: str) -> bool:
        return isinstance(self.amounts.get(name), int)

    def take(self, name: str, rule: str) -> int:
        if self.known(name):
            return self.amounts[name]
        self.ask(f"valuation.{name}", rule)
        return 0

    def ask(self, name: str, rule: str) -> None:
        self.made.missing.append(Reason(ReasonCode.FACT_UNKNOWN, rule, name, None))

    def because(self, code: str, rule: str, value: str, limit: str | None = None, *readings: str) -> None:
        self.made.reasons.append(Reason(code, rule, value, True, limit, readings))


def value(case: Case, rulebook: Version) -> Valued:
    """The value of one unit of this claim under the rules of ``rulebook``."""
    work = _Work(case, rulebook)
    if work.known("set_by_person"):
        unit = work.amounts["set_by_person"]
        work.made.basis = "person"
        work.because(FbaReasonCode.VALUED_BY_PERSON, "valuation.contest", to_text(unit, case.currency))
    else:
        unit = _BASES[_basis(work)](work)
    if not work.made.missing:
        work.made.unit = _capped(work, unit)
    return work.made


def total(case: Case, rulebook: Version) -> int | None:
    """The value of all units."""
    unit = value(case, rulebook).unit
    return None if unit is None else unit * case.facts["units"]


def _basis(work: _Work) -> str:
    facts, kind = work.facts, work.facts["type"]
    basis = "proceeds"
    if kind == "customer_return":
        basis = "refund"
    else:
        by_cost = work.rulebook.text("valuation.before_order") == "sourcing_cost"
        before = facts.get("lost_before_customer_order")
        if by_cost and before not in (True, False):
            work.ask("lost_before_customer_order", "valuation.before_order")
        if by_cost and before is True:
            basis = "sourcing_cost"
        elif kind in ("removal_lost", "removal_other"):
            sellable = facts.get("sellable_when_removed")
            if sellable not in (True, False):
                work.ask("sellable_when_removed", "valuation.unsellable")
            basis = "discounted" if sellable is False else "proceeds"
    work.made.basis = basis
    return basis


def _proceeds(work: _Work) -> int:
    price = _sale_price(work)
    less = sum(work.take(name, "valuation.proceeds") for name in FEES)
    work.because(FbaReasonCode.PROCEEDS, "valuation.proceeds", to_text(max(0, price - less), work.currency),
                 work.shown(*FEES) or None)  # fmt: skip
    return max(0, price - less)


def _sale_price(work: _Work) -> int:
    """One price from the indicators known; a comparable product's only when there is none."""
    known = [name for name in INDICATORS if work.known(name)]
    if not known and work.known("comparable_price"):
        price: int = work.amounts["comparable_price"]
        work.because(FbaReasonCode.COMPARABLE_PRICE, "valuation.comparable", to_text(price, work.currency))
        return price
    if not known:
        work.ask("valuation.own_price", "valuation.method")
        return 0
    method = work.rulebook.text("valuation.method")
    prices = [work.amounts[name] for name in known]
    price = METHODS[method](prices)
    chosen = f"{method} {to_text(price, work.currency)}"
    readings = ("F2",) if len(set(prices)) > 1 else ()
    work.because(FbaReasonCode.INDICATORS_COMPARED, "valuation.method", work.shown(*known), chosen, *readings)
    return price


def _discounted(work: _Work) -> int:
    price = work.take("discounted_sale_price", "valuation.unsellable")
    less = sum(work.take(name, "valuation.unsellable") for name in FEES)
    left = max(0, price - less)
    shown = work.shown("discounted_sale_price", *FEES)
    work.because(FbaReasonCode.DISCOUNTED_PROCEEDS, "valuation.unsellable", to_text(left, work.currency), shown or None)
    return left


def _refund(work: _Work) -> int:
    name = "replacement_price" if not work.known("refund") and work.known("replacement_price") else "refund"
    left = max(0, work.take(name, "valuation.return") - work.take("applicable_fees", "valuation.return"))
    shown = work.shown(name, "applicable_fees")
    work.because(FbaReasonCode.REFUND_LESS_FEES, "valuation.return", to_text(left, work.currency), shown or None)
    return left


def _sourcing_cost(work: _Work) -> int:
    """The seller's cost; without it Amazon's estimate."""
    event = work.facts.get("event_on") or ""
    readings = ("F3",) if event < work.rulebook.get("valuation.before_order").since.isoformat() else ()
    if not work.known("sourcing_cost") and work.known("amazon_estimate"):
        cost: int = work.amounts["amazon_estimate"]
        work.made.basis = "amazon_estimate"
        shown = to_text(cost, work.currency)
        work.because(FbaReasonCode.SOURCING_ESTIMATE, "valuation.before_order", shown, None, *readings)
        return cost
    cost = work.take("sourcing_cost", "valuation.before_order")
    work.because(FbaReasonCode.SOURCING_COST, "valuation.before_order", to_text(cost, work.currency), None, *readings)
    return cost


_BASES: Mapping[str, Callable[[_Work], int]] = {
    "proceeds": _proceeds,
    "discounted": _discounted,
    "refund": _refund,
    "sourcing_cost": _sourcing_cost,
}


def _capped(work: _Work, unit: int) -> int:
    cap = work.rulebook.get("valuation.cap")
    most = work.rulebook.number("valuation.cap")
    code = FbaReasonCode.CAP_APPLIED if unit > most else FbaReasonCode.WITHIN_CAP
    work.because(code, "valuation.cap", to_text(unit, work.currency), cap.shown)
    return min(unit, most)
