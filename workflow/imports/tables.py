"""The records of a file: CSV of any usual delimiter or JSON Lines, each with its record number and its first line.

Decision: a record keeps its raw text, so that a rejected one can be given back exactly as it came; a record that cannot
be read is a record with a problem, never an exception, and what follows it is read on. What separates the cells is
decided by the first records alone, and only when one candidate is clearly better. Authority: UX notes 6.4 and 6.6.
Left out: workbooks; a sheet is saved as CSV.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, count, islice
from typing import Any

from ...states.errors import InputError
from ..lines import parse_object
from .problems import ImportCode, Problem, problem

#: Columns that a rejects file adds; read past when it is imported again.
META = ("_line", "_errors", "_hints")
DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
NAMES = {name: char for char, name in DELIMITERS.items()}
#: Characters in one cell: a help desk's whole thread in one, but never a file that an open quote swallows.
_CELL = 1 << 20
_SAMPLE_LINES, _HEAD_ROWS, _CLEAR = 60, 10, 0.8


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its number (from 1, the header is none), its first physical line, its cells by column."""

    number: int
    line: int
    cells: dict[str, Any] | None
    raw: str
    problem: Problem | None = None
    row: Sequence[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Table:
    """What a file is: its kind, what separates cells, the header and the line it stands on, and the records."""

    kind: str  #: csv or jsonl
    delimiter: str
    header: tuple[str, ...]
    header_line: int
    records: Iterator[Record]
    meta: bool = False  #: it is a rejects file: its last columns are ours

    @property
    def shown(self) -> str:
        """For people: ``comma``, ``JSON Lines``."""
        return "JSON Lines" if self.kind == "jsonl" else DELIMITERS.get(self.delimiter, repr(self.delimiter))


def table(
    stream: Iterable[str],
    *,
    known: Callable[[str], bool],
    name: str = "",
    kind: str = "auto",
    delimiter: str = "auto",
    any_header: bool = False,
) -> Table:
    """The records of a text stream (opened with ``newline=""``).

    ``known`` says whether a header is one that means something; ``any_header``: a header of which nothing is known
    will do. InputError ``delimiter_unclear``, ``no_header`` or ``no_known_column`` when the file as a whole cannot be
    read.
    """
    lines = enumerate(stream, 1)
    sample = list(islice(lines, 1 if kind == "jsonl" else _SAMPLE_LINES))  # JSON Lines may come one by one
    first = next((text.lstrip("\ufeff \t") for _, text in sample if text.strip("\ufeff \t\r\n")), "")
    again = chain(sample, lines)
    if kind == "auto":
        kind = _kind(name.lower(), first)
    if kind == "jsonl" or first.startswith("["):
        _refuse_array(first)
    if kind == "jsonl":
        return Table("jsonl", "", (), 0, _json_records(again))
    if not first:
        raise InputError(
            ImportCode.NO_HEADER.value, "the file is empty", field="FILE", hint="give a file with a header"
        )
    separator = _delimiter([text for _, text in sample], delimiter, known)
    rows = _Rows(again, separator)
    header, line = _header(rows, known, any_header)
    meta = tuple(header[-len(META) :]) == META
    own = _told_apart(header[: -len(META)] if meta else header, known)
    named = max((n for n, name in enumerate(header[: len(own)], 1) if name), default=len(own))
    return Table("csv", separator, tuple(own), line, _csv_records(rows, own, named, meta), meta)


def _refuse_array(first: str) -> None:
    """One JSON document that holds every row is no file of lines; ``[`` begins no object."""
    rest = first[1:].strip()
    if first.startswith("[") and (not rest or rest.startswith(("{", "]"))):
        raise InputError(
            ImportCode.NOT_A_TABLE.value, "this file is one JSON array, not one object a line", field="FILE",
            hint="jq -c '.[]' FILE > FILE.jsonl",
        )  # fmt: skip


def _kind(name: str, first: str) -> str:
    if name.endswith((".csv", ".tsv", ".txt")):
        return "csv"
    return "jsonl" if name.endswith((".jsonl", ".ndjson")) or first.startswith("{") else "csv"


# ---------------------------------------------------------------- JSON Lines


def _json_records(lines: Iterable[tuple[int, str]]) -> Iterator[Record]:
    number = 0
    for line, raw in lines:
        text = raw.strip("\ufeff\r\n")
        if not text.strip():
            continue
        number += 1
        fault = _undecoded(text)
        if fault is not None:
            yield Record(number, line, None, raw, fault)
            continue
        try:
            found = parse_object(text)
        except InputError as error:
            code = ImportCode.NOT_JSON.value if error.code == "not_an_object" else error.code
            yield Record(number, line, None, raw, Problem(code, error.message, error.hint))
            continue
        yield Record(number, line, {k: v for k, v in found.items() if k not in META}, raw)


def _undecoded(text: str) -> Problem | None:
    if text.isascii() or not any("\udc80" <= c <= "\udcff" for c in text):
        return None
    return problem(ImportCode.BAD_ENCODING, "some bytes are not text in the encoding of the file", "mend the row")


# ---------------------------------------------------------------- CSV


class _Rows:
    """Rows of a CSV reader with their first line and their raw text.

    A quote that is never closed makes one record of everything up to the next one. Where the line after the first is a
    row by itself, only the first is given back as no CSV, and what it swallowed is read again.
    """

    def __init__(self, lines: Iterable[tuple[int, str]], delimiter: str) -> None:
        self._lines = iter(lines)
        self._delimiter = delimiter
        self._last = 0
        self._raw: list[str] = []
        self._widths: tuple[int, ...] = ()
        self._kept: list[tuple[int, str]] | None = []
        csv.field_size_limit(max(csv.field_size_limit(), _CELL))  # one limit for the process: only ever raised
        self._reader = csv.reader(self, delimiter=delimiter, strict=True)

    @property
    def last(self) -> int:
        """The line that was read last."""
        return self._last

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """The next physical line, for the reader."""
        self._last, text = next(self._lines)
        if self._last == 1:
            text = text.removeprefix("\ufeff")
        self._raw.append(text)
        if self._kept is not None:
            self._kept.append((self._last, text))
        return text

    def begin(self, after: int, widths: tuple[int, ...]) -> None:
        """The rows below the header, which ends on line ``after``; rows have so many cells."""
        kept, self._kept, self._widths = self._kept or [], None, widths
        self._lines = chain([one for one in kept if one[0] > after], self._lines)
        self._last = after

    def _alone(self, text: str) -> bool:
        """Whether a line is a row by itself."""
        with suppress(csv.Error):
            return len(next(csv.reader([text], delimiter=self._delimiter, strict=True), ())) in self._widths
        return False

    def row(self) -> tuple[int, list[str] | None, str, str] | None:
        """(first line, cells or None, raw text, what is wrong); None at the end of the file."""
        start = self._last + 1
        self._raw = []
        try:
            cells = next(self._reader)
        except StopIteration:
            return None
        except csv.Error as error:
            first, *rest = self._raw or [""]
            if rest and self._alone(rest[0]):
                self._lines = chain(enumerate(rest, start + 1), self._lines)
                self._last = start
                return start, None, first, str(error)
            return start, None, "".join(self._raw), str(error)
        return start, cells, "".join(self._raw), ""


def _csv_records(rows: _Rows, header: Sequence[str], named: int, meta: bool) -> Iterator[Record]:
    number = 0
    width = len(header)
    while (found := rows.row()) is not None:
        line, cells, raw, wrong = found
        if cells is None:
            number += 1
            yield Record(number, line, None, raw, _not_csv(wrong, line, rows.last))
            continue
        if not cells or (width > 1 and not any(map(str.strip, cells))):
            continue  # a blank line; a spreadsheet writes it with its separators
        number += 1
        if meta and _has_meta(cells, width):
            cells = cells[: -len(META)]
        while len(cells) > width and not cells[-1].strip():
            del cells[-1]  # separators after the last cell
        while named <= len(cells) < width:
            cells.append("")  # the header alone has them
        fault = _undecoded(raw)
        if fault is None and len(cells) != width:
            fault = problem(
                ImportCode.WRONG_CELL_COUNT,
                f"{len(cells)} cells where the header has {width}",
                "quote cells that hold the separator, a quote or a line break",
            )
        if fault is not None:
            yield Record(number, line, None, raw, fault, cells)
            continue
        yield Record(number, line, dict(zip(header, cells, strict=True)), raw, None, cells)


def _has_meta(cells: Sequence[str], width: int) -> bool:
    """Whether a record of a rejects file ends with our columns; one that could not be read has none of them."""
    if len(cells) != width:
        return len(cells) >= len(META)
    return cells[-3].isdigit() and cells[-2].rpartition(": ")[2] in _CODES


_CODES = frozenset(code.value for code in ImportCode)


def _not_csv(wrong: str, first: int, last: int) -> Problem:
    """What is wrong with a record; one that a stray quote made long says how far it goes."""
    span = f" (lines {first:,} to {last:,} are one record so)" if last > first else ""
    if wrong.startswith("unexpected end"):
        message = "a quote is opened and never closed"
    elif wrong.startswith("field larger"):
        message = f"a cell has more than {_CELL:,} characters, or its quote is never closed"
    else:
        message = f"this is not CSV: {wrong}"
    return problem(
        ImportCode.NOT_CSV, message + span,
        "in a quoted cell a quote is doubled; quote cells that hold the separator, a quote or a line break",
    )  # fmt: skip


def _told_apart(header: Sequence[str], known: Callable[[str], bool]) -> list[str]:
    """The header with a number at a name that stands twice and means nothing to us; one that does is refused."""
    names: list[str] = []
    seen: set[str] = set()
    for told in header:
        name = told
        if name in seen and not known(name):
            numbered = (f"{told or '-'} ({n})" for n in count(2))
            name = next(one for one in numbered if one not in seen and one not in header)
        if name in seen:
            raise InputError(
                ImportCode.COLUMN_TWICE.value,
                f"a column stands twice in the header{f': {name}' if 0 < len(name) <= 40 else ''}",
                field="FILE",
                hint="rename one of them, or take it out",
            )
        seen.add(name)
        names.append(name)
    return names


# ---------------------------------------------------------------- delimiter and header


def _delimiter(sample: list[str], told: str, known: Callable[[str], bool]) -> str:
    if told != "auto":
        char = NAMES.get(told, told)
        if len(char) != 1 or char in '"\r\n':
            raise InputError(
                ImportCode.BAD_MAP.value, "a delimiter is one character", field="delimiter",
                hint="auto, comma, tab, semicolon, bar, or the character itself",
            )  # fmt: skip
        return char
    found = sorted((_score(sample, char, known), char) for char in DELIMITERS)[::-1]
    (best, char), (second, other) = found[0], found[1]
    if best[1] < 2:
        return ","  # one column: nothing separates anything
    if second[1] >= 2 and best[0] == second[0] and second[2] >= _CLEAR * best[2] and best[1] == second[1]:
        raise InputError(
            ImportCode.DELIMITER_UNCLEAR.value,
            f"{DELIMITERS[char]} and {DELIMITERS[other]} separate the cells equally well",
            field="FILE",
            hint=f"say which: --delimiter {DELIMITERS[char]}",
        )
    return char


def _score(sample: list[str], char: str, known: Callable[[str], bool]) -> tuple[int, int, float]:
    """(known names in one row, cells of most rows, share of rows that have so many)."""
    rows: list[list[str]] = []
    with suppress(csv.Error):  # the rows before will do
        rows.extend(row for row in csv.reader(iter(sample), delimiter=char) if row)
    widths = [len(row) for row in rows]
    if not widths:
        return 0, 0, 0.0
    most = max(set(widths), key=lambda n: (widths.count(n) if n > 1 else 0, n))
    hits = max(sum(known(_name(cell)) for cell in row) for row in rows[:_HEAD_ROWS])
    return hits, most, widths.count(most) / len(widths)


def _header(rows: _Rows, known: Callable[[str], bool], any_header: bool) -> tuple[list[str], int]:
    """(names, line): the row of the first ten with the most known names. ``rows`` goes on below it."""
    read: list[tuple[int, list[str] | None, int]] = []
    while len(read) < _HEAD_ROWS and (found := rows.row()) is not None:
        read.append((found[0], found[1], rows.last))
    best, place = 0, -1
    for i, (_, cells, _) in enumerate(read):
        hits = sum(known(_name(cell)) for cell in cells or ())
        if hits > best:
            best, place = hits, i
    if place < 0:
        if not any_header:
            raise InputError(
                ImportCode.NO_KNOWN_COLUMN.value,
                f"no column of this file is known: none of its first {_HEAD_ROWS} rows is a header with a known name",
                field="FILE",
                hint="claimdesk import map FILE writes a draft of a map; rows without a header need one above them",
            )
        place = next((i for i, row in enumerate(read) if row[1] and any(c.strip() for c in row[1])), -1)
    cells = read[place][1] if place >= 0 else None
    if cells is None:
        raise InputError(ImportCode.NO_HEADER.value, "no line holds the names of columns", field="FILE", hint="add one")
    names = [_name(cell) for cell in cells]
    width = len(names)
    rows.begin(read[place][2], (width, width - len(META)) if tuple(names[-len(META) :]) == META else (width,))
    return names, read[place][0]


def _name(cell: str) -> str:
    return cell.strip("\ufeff \t\u3000\xa0")
