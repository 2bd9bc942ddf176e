"""Was insurance required, and was it in force, on this day? Answered for one day, or for every stretch of days.

Domain notes 2.1 and R6; asked by whoever reviews an exemption: what held on the day, and what was on file by then. The
duty is computed from what had happened by the day (months that were over, requests made), under the rules of that day;
cover counts from its first to its last day on an accepted certificate. "unknown" stands where a certificate has no
verdict, and for the duty before the first month or request on file: what was not told is never a no. Read from what is
on file now; a past view of the file (``at``) gives what could be known then. Left out: cover that nobody has shown us.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from ....states.case import Case
from ....states.codes import ReasonCode
from ....states.seller_insurance import SellerReasonCode
from ....states.times import local_day, parse_date, parse_instant
from ...coverage import runs_to
from ...reasons import Reason
from ...rulebook import Version, book_for
from .certificate import in_force
from .compliance import duty_of
from .proceeds import by_month, first_day, last_day

_ONE_DAY = timedelta(days=1)
_Code = SellerReasonCode
Fact = bool | str  #: True, False or "unknown"


@dataclass(frozen=True, slots=True)
class Day:
    """The answers for one day.

    ``required``: whether the seller had to hold insurance; ``due_on``: the last good day to show it. ``in_force``: an
    accepted certificate on file now covers the day; ``on_file``: one that does was given by that day (what R6 asks).
    ``state``: what the file said at the end of the day, None before it was opened.
    """

    on: date
    required: Fact
    required_since: date | None
    due_on: date | None
    in_force: Fact
    on_file: Fact
    certificates: tuple[str, ...]
    state: str | None
    restricted: bool
    reasons: tuple[Reason, ...]
    version: Version

    @property
    def answers(self) -> tuple[Any, ...]:
        """What is compared when days are joined into a stretch."""
        duty = self.required, self.required_since, self.due_on
        return *duty, self.in_force, self.on_file, self.certificates, self.state, self.restricted


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days with the same answers; ``until`` is None where nothing on file ends them."""

    since: date | None  #: None where it holds for every earlier day too
    until: date | None
    day: Day

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values: the days, the answers, and why."""
        from ...explain import reason_json  # noqa: PLC0415  # texts are loaded only where they are read

        day = self.day
        return {
            "from": _text(self.since),
            "until": _text(self.until),
            "required": day.required,
            "required_since": _text(day.required_since),
            "due_on": _text(day.due_on),
            "in_force": day.in_force,
            "on_file": day.on_file,
            "certificates": list(day.certificates),
            "state": day.state,
            "restricted": day.restricted,
            "reasons": [reason_json(r, day.version) for r in day.reasons],
            "rulebook": day.version.ref,
        }


@dataclass(frozen=True, slots=True)
class _Change:
    """A step of the file: on which day, and what it said from then on."""

    on: date
    state: str
    restricted: bool


@dataclass(frozen=True, slots=True)
class History:
    """A seller's file with the steps it took."""

    case: Case
    changes: tuple[_Change, ...] = field(default=())

    def day(self, on: date) -> Day:
        """The answers for one day."""
        book = book_for(self.case.programme, self.case.marketplace)
        version = book.at(max(on, book.dates[0]))
        required, since, due_on, why = self._duty(on)
        cover, on_file, numbers, cover_why = self._cover(on)
        known = [c for c in self.changes if c.on <= on]
        state = known[-1].state if known else None
        restricted = bool(known) and known[-1].restricted
        return Day(on, required, since, due_on, cover, on_file, numbers, state, restricted, (*why, *cover_why), version)

    def stretches(self) -> Iterator[Stretch]:
        """Every stretch of days from the first that something is known of, oldest first."""
        joined: list[Day] = []
        for on in sorted(set(self._turns())):
            day = self.day(on)
            if not joined or joined[-1].answers != day.answers:
                joined.append(day)
        for one, after in pairwise([*joined, None]):
            if one is not None:
                yield Stretch(one.on, None if after is None else after.on - _ONE_DAY, one)

    def around(self, on: date) -> Stretch:
        """The answers for one day, with the days around it that share them."""
        found = list(self.stretches())
        for one in found:
            if (one.since is None or one.since <= on) and (one.until is None or on <= one.until):
                return Stretch(one.since, one.until, self.day(on))
        return Stretch(None, found[0].since - _ONE_DAY if found and found[0].since else None, self.day(on))

    def _turns(self) -> Iterator[date]:
        """The days on which an answer may change."""
        facts = self.case.facts
        yield from (c.on for c in self.changes)
        yield from (_passed_on(m) for m in by_month(facts.get("proceeds")).values())
        yield from (parse_date(on) for on in facts.get("requests", ()))
        first = self._first_told()
        if first is not None:
            dates = book_for(self.case.programme, self.case.marketplace).dates
            yield from (first, *(on for on in dates if on > first))
        for certificate in self._certificates():
            yield parse_date(certificate["starts_on"])
            yield parse_date(certificate["ends_on"]) + _ONE_DAY
            yield parse_date(runs_to(certificate)) + _ONE_DAY
            yield parse_date(certificate["submitted_on"])

    def _first_told(self) -> date | None:
        """The first day that anything on file about the duty speaks of; nothing is known of the days before it."""
        facts = self.case.facts
        months = [first_day(month) for month in by_month(facts.get("proceeds"))]
        return min([*months, *(parse_date(on) for on in facts.get("requests", ()))], default=None)

    def _duty(self, on: date) -> tuple[Fact, date | None, date | None, tuple[Reason, ...]]:
        facts = self.case.facts
        happened = {
            "elected_country": facts.get("elected_country"),
            "proceeds": [m for m in by_month(facts.get("proceeds")).values() if _passed_on(m) <= on],
            "requests": [day for day in facts.get("requests", ()) if parse_date(day) <= on],
        }
        first = self._first_told()
        if first is None or on < first:
            why = Reason(ReasonCode.FACT_UNKNOWN, "duty.months", "proceeds", None)
            return "unknown", None, None, (why,)
        found = duty_of(happened, self.case.marketplace, on)
        begun = found.required and found.since is not None and found.since <= on
        return begun, found.since if begun else None, found.due_on if begun else None, found.reasons

    def _cover(self, on: date) -> tuple[Fact, Fact, tuple[str, ...], tuple[Reason, ...]]:
        running = [c for c in self._certificates() if in_force(c, on)]
        accepted = [c for c in running if c["accepted"]]
        open_ones = [c for c in running if not c["accepted"] and not c["rejected_for"]]
        given = [c for c in accepted if c["submitted_on"] <= on.isoformat()]
        numbers = tuple(dict.fromkeys(str(c.get("number") or "unnumbered") for c in accepted))
        if accepted:
            why = Reason(_Code.IN_FORCE_ON_DAY, "insurance.on_day", ", ".join(numbers), True, on.isoformat())
            first = min(c["submitted_on"] for c in accepted)
            late = Reason(_Code.GIVEN_LATER, "insurance.on_file", first, False, on.isoformat())
            return True, bool(given), numbers, (why,) if given else (why, late)
        if open_ones:
            asked = ", ".join(dict.fromkeys(name for c in open_ones for name in c["unknown"]))
            why = Reason(ReasonCode.CERTIFICATE_INCOMPLETELY_KNOWN, "insurance.on_day", asked, None, on.isoformat())
            return "unknown", "unknown", (), (why,)
        why = Reason(_Code.NOT_IN_FORCE_ON_DAY, "insurance.on_day", None, False, on.isoformat())
        return False, False, (), (why, *self._ended_early(on))

    def _ended_early(self, on: date) -> Iterator[Reason]:
        """The accepted certificates that would cover the day, had the insurer not ended them before it."""
        for found in self._certificates():
            if found["accepted"] and found["starts_on"] <= on.isoformat() <= found["ends_on"]:
                number = str(found.get("number") or "unnumbered")
                yield Reason(_Code.ENDED_EARLY, "insurance.ended_early", number, False, runs_to(found))

    def _certificates(self) -> Iterator[Mapping[str, Any]]:
        """Those whose days are known."""
        on_file: Sequence[Mapping[str, Any]] = self.case.facts.get("certificates", ())
        yield from (c for c in on_file if c.get("starts_on") and c.get("ends_on"))


def history(case: Case, entries: Sequence[Mapping[str, Any]]) -> History:
    """The file with its steps, from its journal entries (oldest first, as many as made ``case``)."""
    changes: list[_Change] = []
    restricted = False
    for entry in entries[: case.version]:
        told: Mapping[str, Any] = entry.get("set") or {}
        if "restriction" in told:
            ladder: Mapping[str, Any] = told["restriction"] or {}
            restricted = ladder.get("status") == "restricted"
        now = local_day(parse_instant(entry["at"]), case.zone)
        if not changes or (changes[-1].state, changes[-1].restricted) != (entry["to"], restricted):
            changes.append(_Change(now, entry["to"], restricted))
    return History(case, tuple(changes))


def _passed_on(month: Mapping[str, Any]) -> date:
    """The day a month counts from: when its total passed the line, else when it was over."""
    told = month.get("crossed_on")
    return parse_date(told) if told else last_day(month["month"])


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
