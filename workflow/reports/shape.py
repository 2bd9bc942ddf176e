"""What a report is: its columns, its rows, what it is dated by, and what of it needs a person's eye.

Decision: a row is a mapping of column names to plain values; an amount is whole minor units beside a ``currency``
column, so that sums per currency are exact. Authority: trust notes 6 (information produced by the entity).
Left out: how a value is written, which belongs to the formats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from ...states.case import Case
from ...states.times import local_day, parse_instant
from ..ports import AnswerRow, ApprovalRow, NoticeRow, ProposalRow, TransferRow
from .office import Office

Row = Mapping[str, Any]
#: A row and the instant it is dated by; None: it is never left out for its date.
Dated = tuple[str | None, Row]


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"  #: words or identifiers
    INSTANT = "instant"  #: UTC, RFC 3339
    DAY = "day"  #: a calendar day
    COUNT = "count"  #: a whole number
    MONEY = "money"  #: minor units inside, decimal text outside; summed per currency
    FLAG = "flag"  #: yes or no


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its one-line meaning."""

    name: str
    meaning: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Record:
    """Everything of one case that a report may read: no sealed values. ``entries`` are decoded, oldest first."""

    case: Case
    entries: tuple[dict[str, Any], ...]
    heads: tuple[str, ...]  #: the leaf hash of each entry, hex
    transfers: tuple[TransferRow, ...] = ()
    notices: tuple[NoticeRow, ...] = ()
    proposals: tuple[ProposalRow, ...] = ()
    answers: tuple[AnswerRow, ...] = ()
    approvals: tuple[ApprovalRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. Days are local days of the claim's marketplace, both ends included."""

    since: date | None = None
    until: date | None = None
    programme: str | None = None
    marketplace: str | None = None
    jurisdiction: str | None = None  #: a marketplace, or a law whose clocks run on the claim
    seller: str | None = None
    claims: frozenset[str] | None = None  #: only these
    as_of: str = ""  #: the instant at which clocks and ages are looked at, UTC text
    office: Office = field(default_factory=Office, compare=False)  #: who may do what; nothing that is asked for

    def wants(self, case: Case) -> bool:
        """Whether a case belongs to the population."""
        told = (self.programme, self.marketplace, self.seller)
        has = (case.programme, case.marketplace, case.seller)
        if any(want is not None and want != found for want, found in zip(told, has, strict=True)):
            return False
        if self.claims is not None and case.id not in self.claims:
            return False
        return self.jurisdiction is None or self.jurisdiction in (case.marketplace, *laws_of(case))

    def dated(self, at: str | None, zone: str) -> bool:
        """Whether an instant lies in the period."""
        if at is None or (self.since is None and self.until is None):
            return True
        day = local_day(parse_instant(at), zone)
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        told = (self.since, self.until, self.programme, self.marketplace, self.jurisdiction, self.seller, self.claims)
        return all(one is None for one in told)

    def to_dict(self) -> dict[str, Any]:
        """What was asked, JSON-ready; what was left out is None."""
        return {
            "from": None if self.since is None else self.since.isoformat(),
            "to": None if self.until is None else self.until.isoformat(),
            "programme": self.programme,
            "marketplace": self.marketplace,
            "jurisdiction": self.jurisdiction,
            "seller": self.seller,
            "claims": None if self.claims is None else len(self.claims),
            "as_of": self.as_of,
        }


def part(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A mapping inside a mapping; empty where there is none."""
    found: Any = value.get(name)
    return found if isinstance(found, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def laws_of(case: Case) -> tuple[str, ...]:
    """The laws, beside the programme's own rules, whose clocks run or ran on a case."""
    return tuple(sorted({str(d.recipe["overlay"]) for d in case.deadlines if "overlay" in d.recipe}))


class Collector(Protocol):
    """Makes the rows of one run."""

    def of(self, record: Record) -> Iterable[Dated]:
        """The rows of one case."""
        ...

    def end(self) -> Iterable[Row]:
        """The rows that are known when every case was seen."""
        ...


@dataclass(frozen=True, slots=True)
class PerCase:
    """A collector whose rows each belong to one case."""

    rows: Callable[[Record, Asked], Iterator[Dated]]
    asked: Asked

    def of(self, record: Record) -> Iterable[Dated]:
        """The rows of one case."""
        return self.rows(record, self.asked)

    def end(self) -> Iterable[Row]:
        """None."""
        return ()


def _nothing(row: Row) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Report:
    """One report: its ``question``, what its period is about, and which rows a person must see (``finds``)."""

    id: str
    number: int  #: in the list of the trust notes, section 6
    question: str
    dated_by: str
    columns: tuple[Column, ...]
    collector: Callable[[Asked], Collector]
    finds: Callable[[Row], bool] = field(default=_nothing)
    finding: str = ""  #: what a row that ``finds`` names is called

    @property
    def money(self) -> tuple[str, ...]:
        """The columns that are summed."""
        return tuple(c.name for c in self.columns if c.kind is Kind.MONEY)


def per_case(rows: Callable[[Record, Asked], Iterator[Dated]]) -> Callable[[Asked], Collector]:
    """A collector of rows that each belong to one case."""
    return lambda asked: PerCase(rows, asked)


def columns(*told: tuple[str, str] | tuple[str, str, Kind]) -> tuple[Column, ...]:
    """Columns from (name, meaning) or (name, meaning, kind)."""
    return tuple(Column(one[0], one[1], one[2] if len(one) == 3 else Kind.TEXT) for one in told)
