"""What the cover gives: a share of each damaged sub-order, up to a cap for each.

SEED 003: 5 % of the amount of the sub-order, at most 3,000 yuan, 3,000 included; so the cap binds from a sub-order of
60,000 yuan. Rounded half-up to 0.01 for each sub-order (reading R21: no text says how). Left out: a deductible, of
which no text speaks.
"""

from __future__ import annotations

from typing import Any

from ....states.case import Case
from ....states.money import half_up
from ...rulebook import Version

_HUNDRED = 100


def of_sub_order(amount: int, rulebook: Version) -> int:
    """The benefit of one damaged sub-order, in minor units."""
    share = half_up(amount * rulebook.number("cover.share_percent"), _HUNDRED)
    return min(share, rulebook.number("cover.cap"))


def sub_orders(case: Case) -> list[dict[str, Any]]:
    """The sub-orders on file."""
    return case.facts.get("sub_orders") or []


def damaged(case: Case, rulebook: Version) -> list[dict[str, Any]]:
    """The sub-orders that arrived damaged as the cover names it."""
    return [p for p in sub_orders(case) if p["damage"] in rulebook.names("cover.perils")]


def not_ruled_out(case: Case) -> list[dict[str, Any]]:
    """The sub-orders a person may grant: all but those told to be undamaged."""
    return [p for p in sub_orders(case) if p["damage"] != "none"]


def total(parts: list[dict[str, Any]], rulebook: Version) -> int | None:
    """The benefit of these sub-orders together; None while an amount is not known."""
    amounts = [p["amount"] for p in parts]
    if not amounts or not all(isinstance(a, int) for a in amounts):
        return None
    return sum(of_sub_order(a, rulebook) for a in amounts)
