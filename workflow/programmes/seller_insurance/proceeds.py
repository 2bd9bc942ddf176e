"""The seller's gross proceeds by month, as the duty and the deductible rule read them.

Domain notes 2.1 and 2.2 row 5. On file they are a list of months (a month's text is no name an entry may
have); here they are a mapping from month to what is known of it. Left out: other stores and other
currencies.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ....states.money import parse

_MONTHS = 12


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


@dataclass(frozen=True, slots=True)
class Twelve:
    """The twelve full months before a month: their sum in minor units, and what stands behind it (reading S2).

    ``known``: there is a record of proceeds that reaches back before the month, or it was told that there are none;
    ``whole``: each of the twelve is on file. Another currency counts as not on file.
    """

    minor: int
    known: bool
    whole: bool


def last_twelve(proceeds: Any, day: date, currency: str) -> Twelve:
    """The twelve full months before the month of ``day``; ``proceeds`` is None where nothing was told of them."""
    this = f"{day.year:04d}-{day.month:02d}"
    told = {month: parse(entry["amount"], "proceeds") for month, entry in by_month(proceeds).items()}
    before = {month: minor for month, (minor, its) in told.items() if its == currency and month < this}
    mine = [before[month] for month in (month_before(this, back) for back in range(1, _MONTHS + 1)) if month in before]
    return Twelve(sum(mine), bool(before) or (proceeds is not None and not told), len(mine) == _MONTHS)
