"""What an order claim is about in money: the price with shipping, less what the customer already has.

Domain notes 3.1: "up to $2,500 of the purchase price, including shipping charges" stood on an old page only, so the
ceiling is a dated parameter (reading O1). A refund in full is judged by what was paid, not by the ceiling.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ....states.case import Case
from ....states.money import parse
from ...rulebook import Version


def paid_for_order(case: Case) -> int:
    """Price and shipping in minor units; what is not known counts as nothing here and is asked about."""
    order = case.facts.get("order", {})
    return sum(part for part in (order.get("price"), order.get("shipping")) if isinstance(part, int))


def ceiling(rulebook: Version) -> int | None:
    """The most that is paid for one order, or None."""
    told = rulebook.text("order.refund_ceiling")
    return None if told == "none" else parse(told)[0]


def eligible(case: Case, rulebook: Version) -> int:
    """The price with shipping, cut at the ceiling."""
    whole, most = paid_for_order(case), ceiling(rulebook)
    return whole if most is None else min(whole, most)


def refunded(case: Case) -> int:
    """What the seller gave the customer himself."""
    return case.totals.by_seller


def elsewhere(case: Case, others: Iterable[Case]) -> int:
    """What the customer has, or is about to have, of the same purchase under other claims: it is paid back once.

    The same purchase is one order and item, bought for the same price; another item of an order is another purchase.
    """
    same = [o.totals for o in others if o.marketplace == case.marketplace and bought(o) == bought(case)]
    return sum(t.by_amazon + t.pending_minor + t.by_seller for t in same)


def bought(case: Case) -> tuple[Any, ...]:
    """What tells one purchase from another: the order, the item where it is told, and what was paid."""
    order: Mapping[str, Any] = case.facts.get("order") or {}
    item: Mapping[str, Any] = order.get("item") or {}
    return order.get("id"), item.get("asin"), paid_for_order(case)


def open_amount(case: Case, others: Iterable[Case] = ()) -> int:
    """What the customer paid and has from nobody yet."""
    had = refunded(case) + case.totals.by_amazon + case.totals.pending_minor
    return max(0, paid_for_order(case) - had - elsewhere(case, others))


def payable(case: Case, rulebook: Version, others: Iterable[Case]) -> int:
    """What a grant pays now."""
    left = paid_for_order(case) - refunded(case) - elsewhere(case, others)
    return max(0, min(eligible(case, rulebook), left) - case.totals.by_amazon)


def refunded_in_full(case: Case) -> bool:
    """Whether the seller himself gave back all that was paid."""
    return 0 < paid_for_order(case) <= refunded(case)
