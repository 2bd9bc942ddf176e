"""Business days and business hours: Monday to Friday less configured holidays (reading R3).

The holidays are a rulebook parameter (``calendar.holidays``): days written out, and names of calendars that the library
``holidays`` keeps (a country, ``US``; a part of it, ``US-NY``; an exchange, ``XNYS``). None is a default, because no
source names one. A deadline keeps its instant and, in its recipe, the calendars, the version of the library and the
days left out, so it stays as it was when a calendar changes. Left out: half days, which no source here names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from ..states.errors import InputError, RulebookError
from ..states.times import local_day, parse_date, start_of_day, zone_of

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)
#: A country or an exchange, and a part of a country.
_NAME = re.compile(r"([A-Z]{2,4})(?:-([A-Z0-9]{1,3}))?\Z", re.ASCII)


class DaysOff:
    """The days of a list: those written out and those of the calendars it names."""

    def __init__(self, listed: Sequence[str]) -> None:
        self.names = tuple(entry for entry in listed if not _DATE.match(entry))
        self._days = frozenset(_day(entry) for entry in listed if _DATE.match(entry))
        self._calendars = [_calendar(name) for name in self.names]

    def __contains__(self, day: date) -> bool:
        return day in self._days or any(day in calendar for calendar in self._calendars)


@lru_cache(256)
def days_off(listed: tuple[str, ...]) -> DaysOff:
    """The days of ``calendar.holidays``; RulebookError names an entry that is neither a day nor a calendar."""
    return DaysOff(listed)


def _day(entry: str) -> date:
    try:
        return parse_date(entry, "calendar.holidays")
    except InputError as error:
        raise RulebookError(error.code, error.message, field="calendar.holidays", hint=error.hint) from None


def _calendar(name: str) -> Any:
    found = _NAME.match(name)
    try:
        if found is not None:
            import holidays  # noqa: PLC0415  # slow to import, and only for those who name a calendar

            made: Any = holidays.country_holidays if len(found[1]) == 2 else holidays.financial_holidays  # pyright: ignore[reportUnknownMemberType]
            return made(found[1], subdiv=found[2])
    except NotImplementedError:
        pass
    raise RulebookError(
        "unknown_calendar",
        "this is neither a day nor a calendar the library of holidays knows",
        field="calendar.holidays",
        hint="2024-06-19 for a day, US or US-NY for a country or a part of it, XNYS for an exchange",
    )


def checked(listed: object) -> None:
    """RulebookError when an entry of a configured list is neither a day nor a known calendar."""
    if isinstance(listed, str):
        listed = [part for part in listed.split(", ") if part]
    if isinstance(listed, list | tuple):
        days_off(tuple(str(entry) for entry in listed))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def provenance(start: date, last: date, listed: Sequence[str]) -> Mapping[str, Any]:
    """What the recipe of a clock keeps: the calendars, the library's version, and the weekdays that did not count."""
    off = days_off(tuple(listed))
    span = (start + _DAY * n for n in range(1, (last - start).days + 1))
    found: dict[str, Any] = {}
    if off.names:
        from holidays.version import __version__  # noqa: PLC0415  # as above

        found = {"calendars": list(off.names), "library": f"holidays {__version__}"}
    skipped = [day.isoformat() for day in span if day.weekday() < 5 and day in off]
    return {**found, "left_out": skipped} if skipped or found else found


def is_business_day(day: date, holidays: Collection[str]) -> bool:
    """Whether ``day`` is a working day; ``holidays`` are days and names of calendars."""
    return day.weekday() < 5 and day not in days_off(tuple(holidays))


def business_days_after(start: date, count: int, holidays: Collection[str]) -> date:
    """The ``count``-th business day after day 0 ``start``."""
    day, left, off = start, count, days_off(tuple(holidays))
    while left > 0:
        day += _DAY
        left -= day.weekday() < 5 and day not in off
    return day


def business_window(start: date, count: int, zone: str, holidays: Collection[str]) -> tuple[date, datetime]:
    """(last good day, first instant too late) of ``count`` business days after ``start``."""
    last = business_days_after(start, count, holidays)
    return last, start_of_day(last + _DAY, zone)


def business_hours_window(start: datetime, hours: int, zone: str, holidays: Collection[str]) -> tuple[date, datetime]:
    """(day of the last good moment, first instant too late) of elapsed hours, weekends and holidays left out.

    Exactly ``hours`` is in time, so the first instant too late is one microsecond after.
    """
    left = timedelta(hours=hours)
    moment = start.astimezone(zone_of(zone))
    while True:
        day = local_day(moment, zone)
        tomorrow = start_of_day(day + _DAY, zone).astimezone(zone_of(zone))
        if is_business_day(day, holidays):
            today_left = tomorrow.astimezone(start.tzinfo) - moment.astimezone(start.tzinfo)
            if left <= today_left:
                last = moment.astimezone(start.tzinfo) + left
                return local_day(last, zone), last + _MICROSECOND
            left -= today_left
        moment = tomorrow


def same_day_next_year(day: date) -> date:
    """The same date one year on; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)
