"""What a letter says the claim is about: shipment or order, item, units, day.

The items of the shared letters (an incident, losses) are none of this programme. Left out: prices, which stand with the
reasons of a valuation.
"""

from __future__ import annotations

from collections.abc import Sequence

from ....states.case import Case
from ....states.times import parse_date
from ...catalogue import value_words
from ...texts.formats import day
from ...texts.load import words


def letter_facts(case: Case, lang: str) -> Sequence[tuple[str, str]]:
    """(name, value) of each fact, those that are not known left out."""
    facts = case.facts
    event: str | None = facts.get("event_on")
    order: dict[str, str] = facts.get("order") or {}
    item: dict[str, str] = facts.get("item") or {}
    kind: str | None = facts.get("type")
    units: int | None = facts.get("units")
    told: list[tuple[str, str | None]] = [
        ("loss_type", value_words(kind, lang) if kind else None),
        ("shipment", order.get("id")),
        ("fnsku", item.get("fnsku")),
        ("event_on", day(parse_date(event), lang) if event not in (None, "unknown") else None),
        ("units", str(units) if units else None),
    ]
    return [(words("Letter", name, lang), value) for name, value in told if value]
