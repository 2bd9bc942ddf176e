"""How long personal data is kept: the schedule as data, and which ended claims are past it.

Decision: the longest rule that fits a claim counts, and a floor of the law stays under any schedule of the host's. What
is still open, on hold, or has money or letters under way is told and never erased, however old. A claim ends with the
entry that brought it into its last state; a note or a look afterwards does not move that day.
Authority: trust notes 5.1 and 6. Left out: which state's law governs a claim, which the desk does not know; so a floor
counts for the whole marketplace.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from ..states.case import Case
from ..states.codes import HoldReason
from ..states.errors import ConfigError
from ..states.times import local_day, parse_instant
from . import registry
from .ports import CaseFilter, ReadUnit, Store

_PAGE: Final = 500
_ANY: Final = "*"
_YEARS_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the schedule; ``*`` stands for every programme or marketplace."""

    id: str
    programmes: tuple[str, ...]
    marketplaces: tuple[str, ...]
    years: int
    source: str
    whole_years: bool = False
    floor: bool = False

    def fits(self, case: Case) -> bool:
        """Whether it speaks of this claim."""
        pairs = ((self.programmes, case.programme), (self.marketplaces, case.marketplace))
        return all(_ANY in names or name in names for names, name in pairs)

    def last_day(self, ended: date) -> date:
        """The last day on which a claim that ended on ``ended`` is kept."""
        if self.whole_years:
            return date(ended.year + self.years, 12, 31)
        try:
            return ended.replace(year=ended.year + self.years)
        except ValueError:  # 29 February, and no such day that year
            return date(ended.year + self.years, 3, 1)


@dataclass(frozen=True, slots=True)
class Past:
    """An ended claim that is past its time. ``blocked``: why it is kept nevertheless (empty: it is due)."""

    claim: str
    state: str
    ended_on: date
    kept_to: date
    rule: str
    source: str
    blocked: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "claim": self.claim,
            "state": self.state,
            "ended_on": self.ended_on.isoformat(),
            "kept_to": self.kept_to.isoformat(),
            "rule": self.rule,
            "source": self.source,
            "blocked": list(self.blocked),
        }


@dataclass(slots=True)
class Survey:
    """What a look at every claim came to; each claim is counted once."""

    past: list[Past] = field(default_factory=lambda: [])
    open: int = 0
    not_yet: int = 0
    nothing_left: int = 0  #: erased before, or never held anything personal

    @property
    def due(self) -> list[Past]:
        """Those that may be erased now."""
        return [p for p in self.past if not p.blocked]

    def counts(self) -> dict[str, Any]:
        """How many of each kind, and why the blocked ones are kept."""
        why: dict[str, int] = {}
        for reason in (r for p in self.past for r in p.blocked):
            why[reason] = why.get(reason, 0) + 1
        return {
            "due": len(self.due),
            "blocked": len(self.past) - len(self.due),
            "blocked_by": dict(sorted(why.items())),
            "not_yet": self.not_yet,
            "open": self.open,
            "nothing_left": self.nothing_left,
        }


@cache
def shipped() -> tuple[Rule, ...]:
    """The schedule that comes with the desk."""
    return _rules((files("claimdesk.workflow") / "retention.toml").read_text("utf-8"))


def schedule(text: str | None = None) -> tuple[Rule, ...]:
    """The rules in force: those of ``text`` (TOML of the same form) in the place of ours, above the same floors."""
    if text is None:
        return shipped()
    return (*_rules(text), *(rule for rule in shipped() if rule.floor))


def survey(store: Store, now: datetime, rules: Sequence[Rule]) -> Survey:
    """Every claim against the schedule, page by page; nothing is written."""
    found = Survey()
    wanted = CaseFilter(limit=_PAGE)
    while True:
        with store.read() as unit:
            page = unit.list_cases(wanted)
            for case in page:
                _look(unit, case, now, rules, found)
        if len(page) < _PAGE:
            return found
        wanted = replace(wanted, after=page[-1].id)


def _look(unit: ReadUnit, case: Case, now: datetime, rules: Sequence[Rule], found: Survey) -> None:
    programme = registry.programme(case.programme)
    if case.programme == registry.SELLER_FILE:
        return  # a seller's file has no end, and its personal part is the reasons people gave
    if case.state not in programme.lifecycle.ends:
        found.open += 1
        return
    fitting = [rule for rule in rules if rule.fits(case)]
    if not fitting:
        raise ConfigError("no_retention_rule", "the schedule says nothing of some claims",
                          hint="a rule for programmes and marketplaces [\"*\"] speaks of all")  # fmt: skip
    today, opened = local_day(now, case.zone), local_day(case.opened, case.zone)
    if today <= max(rule.last_day(opened) for rule in fitting):
        found.not_yet += 1  # it cannot have ended before it was filed
        return
    ended = _ended(unit, case)
    rule = max(fitting, key=lambda r: r.last_day(ended))
    if today <= rule.last_day(ended):
        found.not_yet += 1
        return
    if not _anything_left(unit, case.id):
        found.nothing_left += 1
        return
    blocked = tuple(_blocks(unit, case, programme.summary(case)))
    found.past.append(Past(case.id, case.state, ended, rule.last_day(ended), rule.id, rule.source, blocked))


def _ended(unit: ReadUnit, case: Case) -> date:
    ended = case.opened_at
    for row in unit.entries(case.id):
        entry = json.loads(row.data)
        if entry["to"] == case.state != entry.get("from"):
            ended = entry["at"]
    return local_day(parse_instant(ended), case.zone)


def _anything_left(unit: ReadUnit, claim: str) -> bool:
    reasons = {e.seq for e in unit.erasures(claim)}
    if any(row.seq not in reasons for row in unit.sealed(claim)):
        return True
    return any(n.status == "handed_over" and n.body for n in unit.notices(claim))


def _blocks(unit: ReadUnit, case: Case, shown: Mapping[str, Any]) -> Iterator[str]:
    if HoldReason.LEGAL.value in case.holds:
        yield "legal_hold"
    if any(hold != HoldReason.LEGAL.value for hold in case.holds):
        yield "hold"
    recovery: Mapping[str, Any] = shown.get("recovery") or {}
    if case.totals.pending is not None or recovery.get("status") in ("pending", "review", "due", "appealed"):
        yield "money"
    if any(d.status in ("open", "ran_out") for d in case.deadlines):
        yield "clock"
    if case.tasks:
        yield "task"
    if any(n.handed_over is None for n in case.notices):
        yield "letter"


def _rules(text: str) -> tuple[Rule, ...]:
    made: tuple[Rule, ...]
    try:
        told: list[dict[str, Any]] = tomllib.loads(text)["rule"]
        made = tuple(Rule(**{k: _listed(v) for k, v in one.items()}) for one in told)
        good = bool(made) and all(_sound(rule) for rule in made)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError):
        good, made = False, ()
    if not good:
        raise ConfigError(
            "bad_schedule",
            "this is no retention schedule",
            field="--schedule",
            hint="[[rule]] with id, programmes, marketplaces, years and source; see the how-to on retention",
        )
    return made


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _sound(rule: Rule) -> bool:
    texts = (rule.id, rule.source, *rule.programmes, *rule.marketplaces)
    lists = isinstance(rule.programmes, tuple) and isinstance(rule.marketplaces, tuple)  # pyright: ignore[reportUnnecessaryIsInstance]
    flags = all(isinstance(flag, bool) for flag in (rule.whole_years, rule.floor))  # pyright: ignore[reportUnnecessaryIsInstance]
    years = type(rule.years) is int and 0 <= rule.years <= _YEARS_MAX
    return lists and flags and years and all(isinstance(text, str) and text for text in texts)  # pyright: ignore[reportUnnecessaryIsInstance]
