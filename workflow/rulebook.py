"""Rulebooks: dated parameters as data, each with unit, source and confidence.

A rulebook is one TOML file per programme and marketplace (``rulebooks/pdpi-us.toml``). A version is the set of
values in force from one date on, named ``pdpi-us@2021-09-01``; a claim keeps the version it started with, and
every decision carries the version's digest. Where sources disagree the file holds the readings (the ambiguity
register): the question, the reading chosen, the other one and the parameter that switches between them.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from ..states.errors import RulebookError
from ..states.money import parse as parse_money
from . import places


class Confidence(StrEnum):
    """How well a value is founded."""

    SOURCED = "sourced"  #: a source states it
    READING = "reading"  #: sources disagree or are silent on a detail; we chose, the register says how
    ASSUMED = "assumed"  #: no source; shown as such everywhere


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value in force: ``value`` is an int (minor units, days, hours, a count), a text, or a tuple of texts."""

    name: str
    kind: str
    value: int | str | tuple[str, ...]
    shown: str
    since: date
    until: date | None
    source: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One entry of the ambiguity register."""

    id: str
    question: str
    chosen: str
    other: str
    parameter: str | None
    other_value: str | None
    by: str
    on: date
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """The values of a rulebook in force from ``since`` on."""

    book: str
    programme: str
    marketplace: str
    currency: str
    zone: str
    since: date
    values: Mapping[str, Parameter]
    readings: Mapping[str, Reading]
    overrides: tuple[tuple[str, str], ...] = ()
    _sha: list[str] = field(default_factory=lambda: [], compare=False, repr=False)
    _ref: list[str] = field(default_factory=lambda: [], compare=False, repr=False)

    @property
    def ref(self) -> str:
        """``pdpi-us@2021-09-01``, with ``+name=value`` for each override."""
        if not self._ref:
            self._ref.append(f"{self.book}@{self.since}" + "".join(f"+{k}={v}" for k, v in self.overrides))
        return self._ref[0]

    @property
    def sha256(self) -> str:
        """Digest of every value, source and confidence of this version."""
        if not self._sha:
            body = [self.ref, self.currency, self.zone] + [
                [p.name, p.kind, p.value, p.since.isoformat(), p.source, p.confidence] for p in self.values.values()
            ]
            text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
            self._sha.append(hashlib.sha256(text.encode()).hexdigest())
        return self._sha[0]

    def get(self, name: str) -> Parameter:
        """The parameter, or RulebookError naming it."""
        found = self.values.get(name)
        if found is None:
            raise RulebookError("unknown_parameter", f"{self.ref} has no parameter {name}")
        return found

    def has(self, name: str) -> bool:
        """Whether the parameter has a value in this version."""
        return name in self.values

    def number(self, name: str) -> int:
        """Minor units, days, hours or a count."""
        found = self.values.get(name)
        value = None if found is None else found.value
        if not isinstance(value, int):
            self.get(name)  # there is none of this name
            raise RulebookError("wrong_kind", f"{name} is not a number")
        return value

    def text(self, name: str) -> str:
        """A choice or a text."""
        found = self.values.get(name)
        value = None if found is None else found.value
        if not isinstance(value, str):
            self.get(name)  # there is none of this name
            raise RulebookError("wrong_kind", f"{name} is not a text")
        return value

    def names(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        found = self.values.get(name)
        value = None if found is None else found.value
        if not isinstance(value, tuple):
            self.get(name)  # there is none of this name
            raise RulebookError("wrong_kind", f"{name} is not a list")
        return value

    def override(self, changes: Mapping[str, Any]) -> Version:
        """This version with some values replaced (scenarios, back-tests); the replaced names stand in ``ref``."""
        values = dict(self.values)
        used: list[tuple[str, str]] = []
        for name, raw in changes.items():
            if name not in values:
                continue
            old = values[name]
            if name in CHOICES and raw not in CHOICES[name]:
                raise RulebookError(
                    "not_a_choice",
                    f"{name} has no such reading",
                    field=f"rulebook.{name}",
                    hint="one of: " + ", ".join(CHOICES[name]),
                )
            value, shown = _value(old.kind, raw, f"rulebook.{name}")
            values[name] = Parameter(name, old.kind, value, shown, old.since, old.until, "override", old.confidence)
            used.append((name, _reread(old.kind, value, shown)))
        return Version(
            self.book,
            self.programme,
            self.marketplace,
            self.currency,
            self.zone,
            self.since,
            values,
            self.readings,
            tuple(sorted(used)),
        )


#: The readings that may be chosen where a rule asks for one of them and for nothing else (contract section 8).
CHOICES: Mapping[str, tuple[str, ...]] = {
    "small_claim.comparator": ("under", "at_most"),
    "recovery.cover_on": ("notice", "incident"),
    "recovery.proof_clock": ("later", "notice"),
    "injury.small_claim_path": ("auto", "person"),
    "duty.comparator": ("over", "reach"),
}


def _value(kind: str, raw: Any, where: str) -> tuple[int | str | tuple[str, ...], str]:
    match kind:
        case "money":
            minor, currency = parse_money(raw, where)
            return minor, f"{raw}" if currency else ""
        case "days" | "hours" | "business_days" | "count":
            if isinstance(raw, str) and raw.isdigit():
                raw = int(raw)
            if isinstance(raw, bool) or not isinstance(raw, int):
                raise RulebookError("wrong_kind", f"{where} must be a whole number")
            return raw, f"{raw} {kind.replace('_', ' ')}" if kind != "count" else str(raw)
        case "list":
            if isinstance(raw, str):
                raw = [part for part in raw.split(", ") if part]
            if not isinstance(raw, list | tuple):
                raise RulebookError("wrong_kind", f"{where} must be a list")
            found = tuple(str(item) for item in raw)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            return found, ", ".join(found)
        case "text" | "choice" | "date":
            return str(raw), str(raw)
        case _:
            raise RulebookError("wrong_kind", f"{where}: unknown kind {kind!r}")


def _reread(kind: str, value: int | str | tuple[str, ...], shown: str) -> str:
    """A value as ``resolve`` reads it back from a ref."""
    if isinstance(value, tuple):
        return ", ".join(value)
    return shown if kind == "money" else str(value)


@dataclass(frozen=True, slots=True)
class Book:
    """A rulebook file: every value with its dates, and the ambiguity register."""

    id: str
    title: str
    programme: str
    marketplace: str
    currency: str
    zone: str
    parameters: tuple[Parameter, ...]
    readings: tuple[Reading, ...]
    _versions: dict[date, Version] = field(default_factory=lambda: {}, compare=False, repr=False)

    @property
    def dates(self) -> tuple[date, ...]:
        """The days on which a version begins."""
        return tuple(sorted({p.since for p in self.parameters}))

    def at(self, day: date) -> Version:
        """The version in force on ``day``; before the first day, the first version (its dates still rule)."""
        since = max((d for d in self.dates if d <= day), default=self.dates[0])
        if since not in self._versions:
            values = {p.name: p for p in self.parameters if p.since <= since and (p.until is None or since <= p.until)}
            self._versions[since] = Version(
                self.id,
                self.programme,
                self.marketplace,
                self.currency,
                self.zone,
                since,
                values,
                {r.id: r for r in self.readings},
            )
        return self._versions[since]

    @property
    def versions(self) -> tuple[Version, ...]:
        """Every version, oldest first."""
        return tuple(self.at(d) for d in self.dates)


def parse_book(text: str, name: str) -> Book:
    """A rulebook from its TOML text; RulebookError says which entry is wrong."""
    try:
        data = tomllib.loads(text)
        head = data["book"]
        parameters = tuple(_parameters(data["parameter"], name))
        readings = tuple(
            Reading(
                r["id"],
                r["question"],
                r["chosen"],
                r["other"],
                r.get("parameter"),
                r.get("other_value"),
                r["by"],
                r["on"],
                tuple(r.get("sources", ())),
            )
            for r in data.get("reading", ())
        )
        return Book(
            head["id"],
            head["title"],
            head["programme"],
            head["marketplace"],
            head["currency"],
            head["zone"],
            parameters,
            readings,
        )
    except (KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise RulebookError("rulebook_invalid", f"{name}: {type(error).__name__}: {error}") from None


def _parameters(entries: list[dict[str, Any]], name: str) -> Iterator[Parameter]:
    for entry in entries:
        for dated in entry["value"]:
            value, shown = _value(entry["kind"], dated["value"], f"{name}: {entry['name']}")
            yield Parameter(
                entry["name"],
                entry["kind"],
                value,
                shown,
                dated["from"],
                dated.get("to"),
                dated["source"],
                Confidence(dated["confidence"]),
                dated.get("note", ""),
            )


@places.kept
def shipped() -> Mapping[str, Book]:
    """The rulebooks that come with the package and with the programmes added to it, by id."""
    books = {b.id: b for b in map(_read, _own_files())}
    for name in places.added():
        for book in _books_in(places.folder_of(name) / "rulebooks"):
            if book.id in books or book.programme not in (name, "overlay"):
                raise RulebookError("rulebook_invalid", f"{name}: the rulebook {book.id} is another programme's")
            books[book.id] = book
    return {name: books[name] for name in sorted(books)}


def _own_files() -> list[str]:
    return [file.name for file in _own_folder().iterdir() if file.name.endswith(".toml")]


def _own_folder() -> Traversable:
    return files("claimdesk.workflow") / "rulebooks"


@lru_cache(maxsize=256)
def _read(name: str) -> Book:
    """One rulebook of this package, read once however it is asked for."""
    return parse_book((_own_folder() / name).read_text("utf-8"), name)


def book_named(book: str) -> Book | None:
    """The rulebook with this id, or None. One of this package's is read alone: who shows a claim needs no other."""
    # So that nothing is a path, and no name too long for a file.
    plain = len(book) <= 100 and book.replace("-", "_").isidentifier() and book.isascii()
    if plain and (_own_folder() / f"{book}.toml").is_file():
        found = _read(f"{book}.toml")
        if found.id == book:
            return found
    return shipped().get(book)


def _books_in(folder: Traversable) -> Iterator[Book]:
    if folder.is_dir():
        for file in folder.iterdir():
            if file.name.endswith(".toml"):
                yield parse_book(file.read_text("utf-8"), file.name)


def _more() -> bool:
    """Whether installed packages bring rulebooks nobody has asked for yet."""
    from .registry import load_installed  # noqa: PLC0415  # programmes are built on this module

    return load_installed()


@places.kept
def _by_place() -> Mapping[tuple[str, str], Book]:
    found: dict[tuple[str, str], Book] = {}
    for book in shipped().values():
        found.setdefault((book.programme, book.marketplace), book)
    return found


@places.kept_up_to(256)
def _own(programme: str, marketplace: str) -> Book | None:
    """This package's rulebook of that name, read alone: who files a claim needs two of some thirty."""
    if programme not in places.shipped() or not isinstance(marketplace, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are outside
        return None
    found = book_named(f"{programme}-{marketplace.lower()}")
    return found if found is not None and (found.programme, found.marketplace) == (programme, marketplace) else None


def books_of(programme: str) -> tuple[Book, ...]:
    """The rulebooks of a programme, by id; those of a shipped one are read alone."""
    if programme not in places.shipped():
        return tuple(b for b in shipped().values() if b.programme == programme)
    names = sorted(name for name in _own_files() if name.startswith(f"{programme}-"))
    return tuple(b for b in map(_read, names) if b.programme == programme)


def book_for(programme: str, marketplace: str) -> Book:
    """The rulebook of a programme in a marketplace; RulebookError lists what there is."""
    found = _own(programme, marketplace) or _by_place().get((programme, marketplace))
    if found is not None:
        return found
    if _more():
        return book_for(programme, marketplace)
    there = sorted(b.marketplace for b in books_of(programme))
    raise RulebookError(
        "no_rulebook",
        f"no rulebook of {programme} for this marketplace",
        field="marketplace",
        hint=f"there is one for: {', '.join(there)}",
    )


def home_book(programme: str, marketplace: str) -> Book:
    """The rulebook of a programme in a marketplace, or its US one where the marketplace has none of its own.

    For a seller's file, which every claim has beside it: where no text asks sellers for insurance, nothing of that
    rulebook applies before somebody records proceeds or a certificate.
    """
    own = _own(programme, marketplace)
    if own is not None:
        return own
    there = {b.marketplace for b in books_of(programme)}
    known = any(b.marketplace == marketplace for b in shipped().values())
    return book_for(programme, marketplace if marketplace in there or not known else "US")


@lru_cache(maxsize=1024)
def resolve(ref: str) -> Version:
    """The version a claim was pinned to, from its ``ref``."""
    head, *overrides = ref.split("+")
    book_id, _, since = head.partition("@")
    book = book_named(book_id)
    if book is None and _more():
        book = book_named(book_id)
    try:
        if book is None:
            raise ValueError
        version = book.at(date.fromisoformat(since))
    except ValueError:
        raise RulebookError("unknown_rulebook", f"there is no rulebook version {ref}") from None
    if not overrides:
        return version
    return version.override(dict(item.split("=", 1) for item in overrides))
