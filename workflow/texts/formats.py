"""Amounts, days and instants for readers of English and of Simplified Chinese.

Amounts carry their currency, days their weekday where it helps, instants always a zone; Chinese text keeps a
space between Chinese and Latin letters or digits. Names of days and months stand here and not in the system's
locale, so that a letter reads the same on every machine. Left out: other languages and calendars.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from ...states.errors import InputError
from ...states.money import CURRENCY_DIGITS, to_decimal_text
from ...states.times import end_of_window, parse_date, zone_of
from .load import words

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_WEEKDAYS = "一二三四五六日"
_BEIJING = "Asia/Shanghai"

_AMOUNT = re.compile(r"(?<![\d.,])(\d{1,15}(?:\.\d{1,6})?) (" + "|".join(CURRENCY_DIGITS) + r")(?![A-Za-z])")
_DATE = re.compile(r"(?<![\d-])(\d{4}-\d{2}-\d{2})(?![\dT-])")
_CJK = "\u2e80-\u2fff\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff"
_NO_GAP = re.compile(rf"(?<=[{_CJK}]) (?=[{_CJK}])")
_GAP = re.compile(rf"(?<=[{_CJK}])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9%])(?=[{_CJK}])")


def money(minor: int, currency: str, lang: str) -> str:
    """``2,400.00 USD``, or ``2,400.00 美元（USD）``."""
    return _named(to_decimal_text(minor, currency), currency, lang)


def _named(decimal: str, currency: str, lang: str) -> str:
    whole, dot, fraction = decimal.partition(".")
    grouped = f"{int(whole):,}{dot}{fraction}"
    return f"{grouped} {currency}" if lang == "en" else f"{grouped} {words('Currency', currency, lang)}（{currency}）"


@lru_cache(8192)
def day(on: date, lang: str, *, weekday: bool = True) -> str:
    """``Monday 17 June 2024``, or ``2024 年 6 月 17 日（星期一）``."""
    if lang == "en":
        return f"{_DAYS[on.weekday()] + ' ' if weekday else ''}{on.day} {_MONTHS[on.month - 1]} {on.year}"
    return f"{on.year} 年 {on.month} 月 {on.day} 日" + (f"（星期{_WEEKDAYS[on.weekday()]}）" if weekday else "")


def city(zone: str, lang: str) -> str:
    """The zone by the name of its city."""
    return words("City", zone, lang, default=zone.rpartition("/")[2].replace("_", " "))


@lru_cache(8192)
def last_moment(on: date, zone: str, lang: str) -> str:
    """The last minute of a local day: in the marketplace's zone, in world time and, in Chinese, in Beijing."""
    last = end_of_window(on, 0, zone)[1] - timedelta(minutes=1)
    return moment(last, zone, lang)


@lru_cache(8192)
def last_in(on: date, zone: str, reader: str, lang: str) -> str:
    """The last minute of a local day of ``zone``, by the clock of the reader's zone."""
    last = (end_of_window(on, 0, zone)[1] - timedelta(minutes=1)).astimezone(zone_of(reader))
    return f"{day(last.date(), lang)}{', ' if lang == 'en' else ''}{last:%H:%M}"


@lru_cache(8192)
def moment(at: datetime, zone: str, lang: str) -> str:
    """An instant in the marketplace's zone, in world time and, in Chinese, in Beijing."""
    local, world = at.astimezone(zone_of(zone)), at.astimezone(UTC)
    if lang == "en":
        return (f"{day(local.date(), lang)}, {local:%H:%M} {city(zone, lang)} time "
                f"({day(world.date(), lang)}, {world:%H:%M} UTC)")  # fmt: skip
    beijing = at.astimezone(zone_of(_BEIJING))
    here = f"{day(local.date(), lang)}{local:%H:%M}（{city(zone, lang)}时间），即世界标准时间（UTC）"
    return f"{here}{_month_day(world)}、北京时间 {_month_day(beijing)}"


def _month_day(at: datetime) -> str:
    return f"{at.month} 月 {at.day} 日（星期{_WEEKDAYS[at.weekday()]}）{at:%H:%M}"


def instant(at: datetime, lang: str, *, seconds: bool = False) -> str:
    """``2024-06-10 09:02 UTC``; in Chinese with Beijing time beside it."""
    form = "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M"
    text = at.astimezone(UTC).strftime(form) + " UTC"
    if lang == "en":
        return text
    return f"{text}（北京时间 {at.astimezone(zone_of(_BEIJING)).strftime('%m-%d %H:%M')}）"


def pretty(text: str, lang: str) -> str:
    """``text`` with the amounts and ISO dates in it written for readers."""
    text = _AMOUNT.sub(lambda m: _named(m[1], m[2], lang), text)
    return _DATE.sub(lambda m: _pretty_date(m[1], lang), text)


def _pretty_date(text: str, lang: str) -> str:
    try:
        return day(parse_date(text), lang, weekday=False)
    except InputError:
        return text


def spaced(text: str) -> str:
    """A space between Chinese and Latin letters or digits, and none inside Chinese."""
    return _GAP.sub(" ", _NO_GAP.sub("", text))
