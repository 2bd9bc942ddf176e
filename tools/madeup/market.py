"""The four marketplaces, and the small tools of dice, days and money that every line is made with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from random import Random
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")


class Market(NamedTuple):
    """A marketplace: its money, its clock, the prefix of its order numbers, when its claims begin."""

    currency: str
    zone: str
    orders: str
    begins: date


MARKETS: Mapping[str, Market] = {
    "US": Market("USD", "America/Los_Angeles", "114", date(2023, 9, 1)),
    "CA": Market("CAD", "America/Toronto", "701", date(2024, 5, 13)),
    "UK": Market("GBP", "Europe/London", "202", date(2024, 5, 13)),
    "EU": Market("EUR", "Europe/Berlin", "302", date(2024, 5, 13)),
}
#: The last day on which one of the claims is filed.
LAST = date(2025, 6, 27)


def local(day: date, minute: int, zone: str) -> str:
    """An instant of a local day, written with its offset."""
    at = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=ZoneInfo(zone))
    return at.isoformat(timespec="seconds")


def money(minor: int, currency: str) -> str:
    return f"{minor // 100}.{minor % 100:02d} {currency}"


def weighted(dice: Random, choices: Sequence[tuple[T, int]]) -> T:
    """One of the choices, as often as its weight says. Whole numbers only: the same on every machine."""
    left = dice.randrange(sum(weight for _, weight in choices))
    for choice, weight in choices:
        left -= weight
        if left < 0:
            return choice
    raise AssertionError("unreachable")
