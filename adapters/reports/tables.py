"""A report as CSV or JSON Lines, row by row, with its footer at the end.

Decision: RFC 4180 with CRLF; a text cell that a spreadsheet would read as a formula gets a leading apostrophe (OWASP
ASVS 1.2.10), numeric columns are numbers and are never escaped. The footer's lines begin with ``#``: a reader of
tables leaves them out, a person sees them. The body's digest covers every byte before the first of them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ...states.money import to_decimal_text
from ...workflow.reports.shape import Asked, Column, Kind, Record, Report, Row
from .control import LedgerControl
from .footer import Made, Totals, flat, footer

#: What takes the bytes of a report.
Sink = Callable[[bytes], object]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "|", "%")
_NUMBERS = frozenset({Kind.COUNT, Kind.MONEY})


def safe_cell(text: str) -> str:
    """A text cell that no spreadsheet runs: full-width signs and signs after blanks count too."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    head = unicodedata.normalize("NFKC", text.lstrip(" \u00a0\u3000\ufeff\u200b")[:1])
    return f"'{shown}" if text.startswith(_FORMULA) or head.startswith(_FORMULA) else shown


def cell(column: Column, row: Row) -> str:
    """A value as a table shows it; what is not known is empty."""
    value = row.get(column.name)
    if value is None:
        return ""
    if column.kind is Kind.MONEY:
        return to_decimal_text(value, row["currency"])
    if column.kind is Kind.FLAG:
        return "yes" if value else "no"
    if column.kind is Kind.COUNT:
        return str(int(value))
    return safe_cell(str(value))


def plain(column: Column, row: Row) -> Any:
    """A value as JSON has it: an amount is decimal text, a flag is a flag."""
    value = row.get(column.name)
    if value is None or column.kind is not Kind.MONEY:
        return value
    return to_decimal_text(value, row["currency"])


@dataclass(frozen=True, slots=True)
class Came:
    """What a report came to: its footer and how many rows a person must see."""

    foot: dict[str, Any]
    found: int


def rows_of(report: Report, asked: Asked, population: Iterable[Record]) -> Iterator[Row]:
    """The rows of a report, in the order of the claims."""
    collector = report.collector(asked)
    for record in population:
        for at, row in collector.of(record):
            if asked.dated(at, record.case.zone):
                yield row
    yield from collector.end()


def _line(cells: Iterable[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(list(cells))
    return text.getvalue().encode()


class CsvTable:
    """A report as CSV that is made claim by claim, for whoever makes several at once."""

    def __init__(
        self, report: Report, asked: Asked, made: Made, sink: Sink, control: LedgerControl | None = None
    ) -> None:
        self.report, self.asked, self.made, self.sink, self.control = report, asked, made, sink, control
        self.collector, self.totals, self.body = report.collector(asked), Totals(), _Hashed(sink)
        self.body(_line(c.name for c in report.columns))

    def take(self, record: Record) -> None:
        """The rows of one case."""
        for at, row in self.collector.of(record):
            if self.asked.dated(at, record.case.zone):
                self._row(row)

    def _row(self, row: Row) -> None:
        self.totals.take(self.report, row)
        if self.control is not None:
            self.control.take(row)
        self.body(_line(cell(c, row) for c in self.report.columns))

    def finish(self) -> Came:
        """The last rows and the footer."""
        for row in self.collector.end():
            self._row(row)
        foot = _foot(self.report, self.asked, self.made, self.totals, self.body.digest(), self.control)
        for name, value in flat(foot):
            self.sink(_line([f"# {name}", "" if value is None else safe_cell(str(value))]))
        return Came(foot, self.totals.found)


def write_csv(
    report: Report,
    asked: Asked,
    population: Iterable[Record],
    made: Made,
    sink: Sink,
    control: LedgerControl | None = None,
) -> Came:
    """The report as CSV."""
    table = CsvTable(report, asked, made, sink, control)
    for record in population:
        table.take(record)
    return table.finish()


def write_json(
    report: Report,
    asked: Asked,
    population: Iterable[Record],
    made: Made,
    sink: Sink,
    control: LedgerControl | None = None,
) -> Came:
    """The report as JSON Lines: an object a row, and last ``{"footer": ...}``."""
    body = _Hashed(sink)
    totals = Totals()
    for row in rows_of(report, asked, population):
        totals.take(report, row)
        if control is not None:
            control.take(row)
        body(as_line({c.name: plain(c, row) for c in report.columns}))
    foot = _foot(report, asked, made, totals, body.digest(), control)
    sink(as_line({"footer": foot}))
    return Came(foot, totals.found)


def _foot(
    report: Report, asked: Asked, made: Made, totals: Totals, digest: str, control: LedgerControl | None
) -> dict[str, Any]:
    names = [c.name for c in report.columns]
    more: dict[str, Any] = {}
    if control is not None:
        more, wrong = control.result()
        totals.found += wrong
    if report.finding:
        more |= {"findings": totals.found, "finding": report.finding}
    return footer(report.id, names, asked, made, question=report.question, rows=totals.rows,
                  totals=totals.to_dict(), body_sha256=digest, **more)  # fmt: skip


def as_line(value: Any) -> bytes:
    """One line of JSON."""
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8", "backslashreplace")


class _Hashed:
    """Passes bytes on and keeps their digest."""

    def __init__(self, sink: Sink) -> None:
        self._sink, self._hash = sink, hashlib.sha256()

    def __call__(self, data: bytes) -> None:
        self._hash.update(data)
        self._sink(data)

    def digest(self) -> str:
        """``sha256:`` and the hex digest of what has passed."""
        return "sha256:" + self._hash.hexdigest()
