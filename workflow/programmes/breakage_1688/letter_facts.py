"""What a letter says the claim is about: the order, its sub-orders and their amounts.

The items of the shared letters (an incident, losses) are none of this programme. Left out: the kind of damage, which
stands with the reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from ....states.case import Case
from ...texts.formats import money
from ...texts.load import words
from .benefit import sub_orders


def letter_facts(case: Case, lang: str) -> Sequence[tuple[str, str]]:
    """(name, value) of each fact, those that are not known left out."""
    order: Any = case.facts.get("order")
    number = cast("dict[str, str]", order).get("id") if isinstance(order, dict) else order
    found = [(words("Letter", "order", lang), str(number))] if number else []
    for place, part in enumerate(sub_orders(case), 1):
        if isinstance(part["amount"], int):
            name = f"{words('Letter', 'sub_order', lang)} {part.get('id', place)}"
            found.append((name, money(part["amount"], case.currency, lang)))
    return found
