"""Who pays a grant, and whether it counts in the order defect rate: two answers, decided apart.

Contract section 8; domain notes 3.3 and 3.4. A grant is at the seller's cost and counts. It is at Amazon's cost and
does not count when nobody is at fault, or when the label's protection holds: bought with the badge, first scanned by
the ship-by date, and the parcel did not arrive. Coming back undeliverable or refused, the seller pays and it does not
count. A refund of the seller's own loses the protection. Without it the carrier's fault is the seller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....states.case import Case
from ....states.order import OrderReasonCode
from ...reasons import Reason
from . import amounts
from .too_soon import UNTOLD


@dataclass(frozen=True, slots=True)
class Funding:
    """Who pays (``seller`` or ``amazon``), whether it counts, and why."""

    by: str
    counted: bool
    reason: Reason


def fund(case: Case, at_fault: str) -> Funding | Reason:
    """Who pays; a Reason when it hangs on a fact that is not known."""
    if at_fault == "none":
        return Funding("amazon", False, Reason(OrderReasonCode.NOBODY_AT_FAULT, "order.at_fault", "none"))
    protected = _label(case)
    if isinstance(protected, Funding):
        return protected
    if protected is not None and protected.result is None:
        return protected
    return at_the_sellers_cost(at_fault)


def at_the_sellers_cost(at_fault: str, readings: tuple[str, ...] = ()) -> Funding:
    """Without protection: the seller pays, and it counts."""
    code = OrderReasonCode.CARRIER_UNPROTECTED if at_fault == "carrier" else OrderReasonCode.SELLER_AT_FAULT
    return Funding("seller", True, Reason(code, "order.at_fault", at_fault, readings=readings))


def _label(case: Case) -> Funding | Reason | None:
    """What the label's protection comes to: a funding, a missing fact, or None when it does not hold."""
    order: Mapping[str, Any] = case.facts["order"]
    label: Mapping[str, Any] = order.get("label") or {}
    if case.facts.get("ground") != "not_received" or amounts.refunded(case) > 0:
        return None
    badge, bought = label.get("badge"), label.get("claims_protected")
    if badge in UNTOLD and bought is not None:
        badge = "claims_protected" if bought is True else "unknown"
    if badge not in ("claims_protected", "unknown") or bought is False:
        return None
    scan, ship_by, tracking = label.get("first_scan_on"), order.get("ship_by_on"), order.get("tracking")
    if scan == "never" or (scan not in UNTOLD and ship_by not in UNTOLD and scan > ship_by):
        return None
    if tracking == "delivered":
        return None
    needed = {
        "order.label.badge": badge,
        "order.label.first_scan_on": scan,
        "order.ship_by_on": ship_by,
        "order.tracking": tracking,
    }
    for name, value in needed.items():
        if value in UNTOLD:
            return Reason("fact_unknown", "order.label_protection", name, None, readings=("O8",))
    shown = f"scanned {scan}"
    if tracking == "none":
        why = Reason(OrderReasonCode.LABEL_PROTECTED, "order.label_protection", shown, True, f"by {ship_by}")
        return Funding("amazon", False, why)
    why = Reason(OrderReasonCode.LABEL_RETURNING, "order.label_protection", str(tracking), True, f"by {ship_by}")
    return Funding("seller", False, why)
