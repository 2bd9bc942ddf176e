"""The seller's gross proceeds by month, as the duty and the deductible rule read them.

Domain notes 2.1 and 2.2 row 5. On file they are a list of months (a month's text is no name an entry may
have); here they are a mapping from month to what is known of it. Left out: other stores and other
currencies.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ....states.money import parse


def by_month(proceeds: Any) -> dict[str, Mapping[str, Any]]:
    """``{"2021-09": {"amount": ..., "crossed_on": ...}}`` of either form."""
    if isinstance(proceeds, Mapping):
        return dict(proceeds)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    entries: Sequence[Mapping[str, Any]] = proceeds or ()
    return {entry["month"]: entry for entry in entries}


def first_day(month: str) -> date:
    """The first day of ``YYYY-MM``."""
    return date(int(month[:4]), int(month[5:]), 1)


def last_day(month: str) -> date:
    """The last day of ``YYYY-MM``."""
    first = first_day(month)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def month_before(month: str, count: int = 1) -> str:
    """The month ``count`` months earlier."""
    total = int(month[:4]) * 12 + int(month[5:]) - 1 - count
    return f"{total // 12:04d}-{total % 12 + 1:02d}"


def last_twelve(proceeds: Any, day: date, currency: str) -> tuple[int, bool]:
    """(sum in minor units, whether all are on file) of the twelve full months before the month of ``day``.

    Reading S2. A sum of fewer months is still a lower bound. Another currency counts as not on file.
    """
    months = by_month(proceeds)
    this = f"{day.year:04d}-{day.month:02d}"
    total = on_file = 0
    for back in range(1, 13):
        entry = months.get(month_before(this, back))
        if entry is not None:
            minor, its_currency = parse(entry["amount"], "proceeds")
            if its_currency == currency:
                total += minor
                on_file += 1
    return total, on_file == 12
