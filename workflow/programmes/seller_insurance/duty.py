"""The seller's duty to hold insurance: whether, since when, by when.

Domain notes 2.1 (contract section 9), SEED 000 and SEED 004. In the US three consecutive months over the
line until 2021-08-31, one month anywhere in the seller's history from 2021-09-01 (R22); Canada one month
from 2024-05-01; Mexico still three; a request always counts, whatever the sales. Thirty days run from the
day the line was passed, else from the last day of the month; where an older month counts only under a new
rule, from the day of that rule. The duty lasts for the rest of the contract: later months neither end it
nor move its day. Left out: what the marketplace does about a seller who does not meet it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from ....states.codes import ReasonCode
from ....states.errors import RulebookError
from ....states.money import parse, to_text
from ....states.times import parse_date
from ...reasons import Reason
from ...rulebook import Book, book_for, books_of
from .proceeds import by_month, last_day, month_before


@dataclass(frozen=True, slots=True)
class Duty:
    """The duty as of a day. ``due_on`` is the last good day; ``next_review`` the day a rule may begin it."""

    required: bool
    since: date | None
    due_on: date | None
    reasons: tuple[Reason, ...]
    next_review: date | None = None


class _Over(NamedTuple):
    month: str
    passed_on: date
    shown: str
    limit: str
    exactly: bool


class _Rule(NamedTuple):
    kind: str
    since: date
    until: date | None
    any_in_history: bool


class _Trigger(NamedTuple):
    day: date  #: the thirty days run from here
    counts_from: date  #: the first day on which this is a trigger at all
    reason: Reason


def duty(
    proceeds: Mapping[str, Mapping[str, Any]],
    requests: Sequence[date],
    elected_country: str,
    on: date,
    book: Book,
) -> Duty:
    """The duty as of ``on``: line and days from ``book``, the months rule from the elected country's book."""
    country = book if elected_country == book.marketplace else book_for(book.programme, elected_country)
    over = _months_over(by_month(proceeds), book)
    triggers = [_requested(day) for day in requests]
    rules = tuple(_rules(country))
    for rule in rules:
        triggers += _three_months(over, rule) if rule.kind == "three_months" else _one_month(over, rule)
    begun = sorted((t for t in triggers if t.counts_from <= on), key=lambda t: t.day)
    if not begun:
        review = min((t.counts_from for t in triggers), default=None)
        return Duty(False, None, None, (_not_yet(over, rules, on),), review)
    first = begun[0].day
    due_on = first + timedelta(days=book.at(first).number("duty.grace"))
    reasons = {t.reason.code: t.reason for t in reversed(begun)}  # the earliest of each kind
    return Duty(True, first, due_on, tuple(t.reason for t in begun if t.reason is reasons[t.reason.code]))


def _rules(country: Book) -> Iterator[_Rule]:
    dated = sorted((p for p in country.parameters if p.name == "duty.months"), key=lambda p: p.since)
    for p in dated:
        if p.value != "none":
            history = country.at(p.since).text("duty.history") == "any"
            yield _Rule(str(p.value), p.since, p.until, history)


def _months_over(months: Mapping[str, Mapping[str, Any]], book: Book) -> dict[str, _Over]:
    found: dict[str, _Over] = {}
    for month in sorted(months):
        minor, currency = parse(months[month]["amount"], f"proceeds.{month}")
        version = _book_of(currency, book).at(last_day(month))
        line = version.number("duty.proceeds_line")
        reached = minor >= line if version.text("duty.comparator") == "reach" else minor > line
        if reached:
            told = months[month].get("crossed_on")
            passed_on = parse_date(told, "crossed_on") if told else last_day(month)
            shown = f"{month}: {to_text(minor, currency)}"
            limit = f"{version.text('duty.comparator')} {version.get('duty.proceeds_line').shown}"
            found[month] = _Over(month, passed_on, shown, limit, minor == line)
    return found


def _book_of(currency: str, book: Book) -> Book:
    """Sums of another store's currency are measured by the line of that store."""
    if currency == book.currency:
        return book
    others = [b for b in books_of(book.programme) if b.currency == currency]
    if not others:
        raise RulebookError("no_line", f"no line for proceeds in {currency}", field="proceeds")
    return others[0]


def _requested(day: date) -> _Trigger:
    return _Trigger(day, day, Reason(ReasonCode.INSURANCE_REQUESTED, "duty.request", day.isoformat()))


def _one_month(over: Mapping[str, _Over], rule: _Rule) -> Iterator[_Trigger]:
    for month in over.values():
        older = month.passed_on < rule.since
        if (older and not rule.any_in_history) or (rule.until is not None and month.passed_on > rule.until):
            continue
        readings = (*(("R22",) if older else ()), *(("E",) if month.exactly else ()))
        limit = f"{month.limit} in one month"
        reason = Reason(ReasonCode.PROCEEDS_OVER_LINE, "duty.months", month.shown, True, limit, readings)
        yield _Trigger(max(month.passed_on, rule.since), rule.since, reason)


def _three_months(over: Mapping[str, _Over], rule: _Rule) -> Iterator[_Trigger]:
    for third in over.values():
        run = [over.get(month_before(third.month, 2)), over.get(month_before(third.month)), third]
        if None in run or (rule.until is not None and third.passed_on > rule.until):
            continue
        months = [m for m in run if m is not None]
        readings = ("E",) if any(m.exactly for m in months) else ()
        shown, limit = "; ".join(m.shown for m in months), f"{third.limit} three months running"
        reason = Reason(ReasonCode.THREE_MONTHS_OVER_LINE, "duty.months", shown, True, limit, readings)
        yield _Trigger(third.passed_on, rule.since, reason)


def _not_yet(over: Mapping[str, _Over], rules: Sequence[_Rule], on: date) -> Reason:
    kinds = [r.kind for r in rules if r.since <= on and (r.until is None or on <= r.until)]
    shown = "; ".join(m.shown for m in over.values()) or "no month over the line, no request"
    limit = kinds[0] if kinds else "requests only"
    return Reason(ReasonCode.INSURANCE_NOT_REQUIRED, "duty.months", shown, False, limit)
