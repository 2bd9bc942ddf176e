"""Instants and days: aware, UTC inside, local days by the marketplace's zone.

Reading R3: day 0 is the day of the event, day N the last good day until its last microsecond in the
marketplace's zone, so a clock of N days runs out at 00:00 of the day after day N. A naive instant is refused.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from .errors import InputError

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?\Z",
    re.ASCII,
)
_ONE_DAY = timedelta(days=1)
# Near the ends of the calendar a zone or a window of days leads out of it.
_YEARS = range(1900, 9001)
_HINT = "write RFC 3339 with an offset, for example 2024-06-03T09:00:00-07:00"


@cache
def zone_of(name: str) -> ZoneInfo:
    """The zone called ``name`` (IANA)."""
    return ZoneInfo(name)


def instant_text(at: datetime) -> str:
    """``2024-06-03T16:00:00.000000Z``: fixed width, so that text order is time order."""
    return _text_of(at if at.tzinfo is UTC else at.astimezone(UTC))


# The same few instants and days are written and read over and over while one claim is planned. Only UTC comes here:
# of two local instants an hour apart on the day clocks go back, each would find the other's answer.
@lru_cache(maxsize=4096)
def _text_of(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")[:26] + "Z"


def parse_instant(value: object, field: str = "at") -> datetime:
    """An aware UTC datetime from RFC 3339 text or an aware datetime; naive ones are refused."""
    return _known_instant(value, field) if type(value) is str else _instant(value, field)


def _instant(value: object, field: str) -> datetime:
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, str) and _INSTANT.match(value):
        try:
            found = datetime.fromisoformat(value.upper())
        except ValueError:
            raise InputError("not_an_instant", "this is not a possible instant", field=field, hint=_HINT) from None
    else:
        raise InputError("not_an_instant", "this is not an instant", field=field, hint=_HINT)
    if found.tzinfo is None or found.utcoffset() is None:
        raise InputError("naive_instant", "an instant needs an offset", field=field, hint=_HINT)
    if found.year not in _YEARS:
        raise InputError("not_an_instant", "this instant is out of range", field=field, hint=_HINT)
    return found.astimezone(UTC)


_known_instant = lru_cache(maxsize=4096)(_instant)


def parse_date(value: object, field: str = "on") -> date:
    """A date from ``YYYY-MM-DD`` or a date object; an instant is not a date."""
    return _known_date(value, field) if type(value) is str else _date(value, field)


def _date(value: object, field: str) -> date:
    found: date | None = None
    if isinstance(value, date) and not isinstance(value, datetime):
        found = value
    elif isinstance(value, str) and _DATE.match(value):
        with suppress(ValueError):
            found = date.fromisoformat(value)
    if found is not None and found.year in _YEARS:
        return found
    raise InputError("not_a_date", "this is not a date", field=field, hint="write YYYY-MM-DD, for example 2024-06-01")


_known_date = lru_cache(maxsize=4096)(_date)


def local_day(at: datetime, zone: str) -> date:
    """The calendar day of an instant in ``zone``."""
    return _day_of(at if at.tzinfo is UTC else at.astimezone(UTC), zone)


@lru_cache(maxsize=4096)
def _day_of(at: datetime, zone: str) -> date:
    return at.astimezone(zone_of(zone)).date()


def start_of_day(day: date, zone: str) -> datetime:
    """00:00 of ``day`` in ``zone``, in UTC."""
    return datetime.combine(day, time(), zone_of(zone)).astimezone(UTC)


@lru_cache(maxsize=4096)
def end_of_window(start: date, days: int, zone: str) -> tuple[date, datetime]:
    """(last good day, first instant too late) of a window of ``days`` calendar days after day 0 ``start``."""
    last = start + timedelta(days=days)
    return last, start_of_day(last + _ONE_DAY, zone)


def end_of_hours(start: datetime, hours: int, zone: str) -> tuple[date, datetime]:
    """(local day of the last good moment, first instant too late) of ``hours`` elapsed hours after ``start``."""
    last = start.astimezone(UTC) + timedelta(hours=hours)
    return local_day(last, zone), last + timedelta(microseconds=1)


def days_between(start: date, end: date) -> int:
    """Whole calendar days from ``start`` (day 0) to ``end``."""
    return (end - start).days
