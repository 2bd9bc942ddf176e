"""Business days and business hours: Monday to Friday less configured holidays (reading R3).

The holidays are a rulebook parameter (``calendar.holidays``), so a deadline says which calendar made it and stays as
it was when a calendar changes. Left out: regional half days, which no source here names.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from ..states.times import local_day, start_of_day, zone_of

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


def is_business_day(day: date, holidays: Collection[str]) -> bool:
    """Whether ``day`` is a working day; ``holidays`` are ISO dates."""
    return day.weekday() < 5 and day.isoformat() not in holidays


def business_days_after(start: date, count: int, holidays: Collection[str]) -> date:
    """The ``count``-th business day after day 0 ``start``."""
    day, left = start, count
    while left > 0:
        day += _DAY
        left -= is_business_day(day, holidays)
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
