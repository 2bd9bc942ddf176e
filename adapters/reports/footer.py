"""The foot of every report: what was asked of what, by which logic, as of which checkpoint, and what it came to.

An auditor calls it the evidence that information produced by the entity is complete and accurate: source, logic and
its version, parameters, rows, control totals (trust notes 6). Decision: the digest of the logic covers the source text
of the reports themselves, so a changed report never passes for the old one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from ...states.journal import canonical, sha256_text
from ...states.money import to_decimal_text
from ...workflow.ports import Store
from ...workflow.reports.shape import Asked, Report, Row

_SOURCES = ("claimdesk.workflow.reports", "claimdesk.adapters.reports")


@cache
def logic_digest() -> str:
    """The digest of the source text of every report."""
    whole = hashlib.sha256()
    for package in _SOURCES:
        for file in sorted(_modules(files(package)), key=lambda f: f.name):
            whole.update(f"{package}/{file.name}\n".encode() + file.read_bytes().replace(b"\r\n", b"\n"))
    return "sha256:" + whole.hexdigest()


def _modules(folder: Traversable) -> Iterator[Traversable]:
    return (file for file in folder.iterdir() if file.name.endswith(".py"))


@dataclass(slots=True)
class Totals:
    """Rows, and the sum of every amount by column and currency, in minor units."""

    rows: int = 0
    found: int = 0  #: rows that a person must see
    sums: dict[tuple[str, str], int] = field(default_factory=lambda: {})

    def take(self, report: Report, row: Row) -> None:
        """Adds a row."""
        self.rows += 1
        self.found += report.finds(row)
        currency = row.get("currency")
        for name in report.money:
            amount = row.get(name)
            if amount is not None and currency is not None:
                self.sums[name, currency] = self.sums.get((name, currency), 0) + amount

    def to_dict(self) -> dict[str, dict[str, str]]:
        """Column to currency to decimal text."""
        found: dict[str, dict[str, str]] = {}
        for (name, currency), minor in sorted(self.sums.items()):
            found.setdefault(name, {})[currency] = to_decimal_text(minor, currency)
        return found


@dataclass(frozen=True, slots=True)
class AsOf:
    """The state of the transparency log a report was made at."""

    origin: str | None
    size: int | None = None
    root: str | None = None
    signed_at: str | None = None
    waiting: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; ``not sequenced`` where no checkpoint covers the journal yet."""
        if self.size is None:
            return {"checkpoint": "not sequenced", "origin": self.origin, "waiting": self.waiting}
        return {"checkpoint": self.size, "root": self.root, "origin": self.origin, "signed_at": self.signed_at,
                "waiting": self.waiting}  # fmt: skip


def as_of(store: Store) -> AsOf:
    """How the log of a store stands."""
    from ..tlog.units import log_read

    with store.read() as unit:
        log = log_read(unit)
        origin, last, waiting = log.origin(), log.checkpoint(), log.waiting_count()
    if last is None:
        return AsOf(origin, waiting=waiting)
    return AsOf(origin, last.size, last.root.hex(), last.signed_at, waiting)


@dataclass(frozen=True, slots=True)
class Made:
    """By what, when and by whom a report is made."""

    version: str  #: of the code
    at: str  #: UTC text
    by: str
    log: AsOf


def footer(report: str, columns: Iterable[str], asked: Asked, made: Made, **came_to: Any) -> dict[str, Any]:
    """The footer as one object; ``came_to`` are rows, totals, the digest of the body and whatever else is known."""
    parameters = asked.to_dict()
    query = {"report": report, "columns": list(columns), "parameters": parameters, "logic": logic_digest()}
    return {
        "report": report,
        "code": f"claimdesk {made.version}",
        "logic_sha256": logic_digest(),
        "query_sha256": sha256_text(canonical(query)),
        "parameters": parameters,
        "as_of": made.log.to_dict(),
        **came_to,
        "generated_at": made.at,
        "generated_by": made.by,
    }


def flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """A footer as (name, value) lines: nested names are joined with dots."""
    for name, item in value.items():
        if isinstance(item, Mapping):
            inner: Mapping[str, Any] = item  # pyright: ignore[reportUnknownVariableType]
            yield from flat(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", item
