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

    Another item of an order is another purchase; an order or an item told again in other words is not.
    """
    same = [o.totals for o in others if o.marketplace == case.marketplace and _one_purchase(o, case)]
    return sum(t.by_amazon + t.pending_minor + t.by_seller for t in same)


def _one_purchase(one: Case, other: Case) -> bool:
    """One order, and one item: by its number, or where either claim tells none by the price, with shipping or without.

    Guards against a second payment of what was told once with the item or the shipping and once without.
    """
    mine, theirs = _order(one), _order(other)
    if mine.get("id") != theirs.get("id"):
        return False
    items = [order.get("item", {}).get("asin") for order in (mine, theirs)]
    if None not in items:
        return items[0].casefold() == items[1].casefold()
    return mine.get("price") == theirs.get("price") or paid_for_order(one) == paid_for_order(other)


def _order(case: Case) -> Mapping[str, Any]:
    return case.facts.get("order") or {}


def bought(case: Case) -> tuple[Any, ...]:
    """What tells one purchase from another: the order, the item where it is told, and what was paid."""
    order = _order(case)
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
