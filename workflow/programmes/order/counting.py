"""The order defect rate: what counts, and what a seller's claims come to over sixty days.

Domain notes 3.3: order defects divided by orders in a 60-day period, the target is under 1 %, one order counts once.
Counted are grants at the seller's fault, refunds by the seller after the claim was filed, and orders that the seller or
Amazon cancelled; denied, withdrawn and Amazon-funded claims are not. The claims of the desk are added to the defects
the seller's facts tell of (reading O15). The rate is a decimal of four places, half up; the target is tested on the
exact fraction. Left out: negative feedback and chargebacks, which are among the defects told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from ....states.case import Case
from ....states.errors import RulebookError
from ....states.times import local_day
from ...rulebook import Version, book_for

_PLACES = Decimal("0.0001")
_UNCOUNTED = ("denied", "withdrawn", "granted_amazon_funded")


def counted(case: Case) -> bool:
    """Whether this claim counts in the order defect rate now."""
    if "redirected_to" in case.facts:
        return False
    told = case.facts.get("odr_counted")
    if told is not None:
        return bool(told)
    cancelled = case.facts.get("order", {}).get("cancelled_by") in ("seller", "amazon")
    return cancelled and case.state not in _UNCOUNTED


def rulebook_of(seller: Case, claims: Sequence[Case], day: date) -> Version | None:
    """The rulebook of the seller's marketplace, or of the first claim's where that one has none."""
    for marketplace in dict.fromkeys((seller.marketplace, *(c.marketplace for c in claims))):
        try:
            return book_for("order", marketplace).at(day)
        except RulebookError:
            continue
    return None


def measures(seller: Case, claims: Sequence[Case], day: date) -> Mapping[str, Any]:
    """The rate as of ``day`` with the counts behind it; no rate without orders."""
    version = rulebook_of(seller, claims, day)
    if version is None:
        return {}
    period = version.number("odr.period")
    orders = {
        case.facts["order"]["id"]
        for case in claims
        if case.programme == "order" and counted(case) and 0 <= _age(case, day) <= period
    }
    told, other = seller.facts.get("orders_60d"), seller.facts.get("defective_orders_60d") or 0
    defects = len(orders) + other
    shown: dict[str, Any] = {"odr_orders": told, "odr_defects": defects, "odr_claims": len(orders)}
    if not isinstance(told, int) or told == 0:
        return {**shown, "odr_rate": None, "odr_within_target": None}
    target = Fraction(version.text("odr.target"))
    return {**shown, "odr_rate": rate_text(defects, told), "odr_within_target": Fraction(defects, told) < target}


def _age(case: Case, day: date) -> int:
    return (day - local_day(case.opened, case.zone)).days


def rate_text(defects: int, orders: int) -> str:
    """``0.0050``: four places, half up."""
    return str((Decimal(defects) / Decimal(orders)).quantize(_PLACES, ROUND_HALF_UP))
