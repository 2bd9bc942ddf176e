"""Lines of an intake file: JSON Lines or CSV with a header, read as a stream, never lost.

A line that cannot be read becomes a line with an error, not an exception; what follows it is read on. JSON is
strict (no duplicate keys, no NaN, a bounded size and depth) because two readers of one line must see one claim.
Left out: column maps and encodings other than UTF-8 (a byte order mark is accepted).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import orjson

from ..states.errors import InputError

LINE_BYTES_MAX = 1_048_576
_DEPTH_MAX = 32
_TRUE_FALSE = {"true": True, "false": False, "unknown": "unknown"}
#: The columns of a CSV whose cells are facts, and those whose cells are numbers: of every programme that files claims.
_FACTS = frozenset(
    {
        "other_venue",
        "arson_suspected",
        "seller_is_reseller",
        "claimant.medicare",
        "seller.in_good_standing",
        "seller.insurance_required",
        "seller.proceeds_complete",
        # of order claims
        "chargeback",
        "return_requested",
        "returned_with_tracking",
        "order.label.claims_protected",
        # of FBA losses
        "lost_before_customer_order",
        "sellable_when_removed",
        "already_reimbursed",
        "item.registered",
        "item.compliant",
        "item.quantities_match_plan",
        "item.defective",
        "item.customer_damaged",
        # of breakages
        "enrolled",
        "evidence_valid",
    }
)
_NUMBERS = frozenset({"claimant.age", "fraud_indicators", "units"})
_NUMBER_DIGITS_MAX = 18
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number (from 1), its fields or what is wrong with it, and the text as it came.

    With neither fields nor error it was not looked at yet: ``parsed`` reads its text.
    """

    number: int
    fields: dict[str, Any] | None
    error: InputError | None
    text: str


def read_lines(stream: Iterable[str], name: str = "", *, parse: bool = True) -> Iterator[Line]:
    """The lines of a file; CSV when the name ends in .csv, or when the first line looks like a header.

    ``parse`` False leaves lines of JSON as text, for whoever plans them elsewhere. A file in UTF-16 is an InputError:
    not one of its lines could be read.
    """
    numbered = enumerate(stream, 1)
    first = next(numbered, None)
    if first is None:
        return
    _refuse_utf_16(first[1])
    head = first[1].lstrip("\ufeff")
    again = _chain((first[0], head), numbered)
    if name.lower().endswith(".csv") or _is_header(head):
        yield from _csv_lines(again)
    else:
        yield from (_json_lines(again) if parse else _unread(again))


def _refuse_utf_16(head: str) -> None:
    """Spreadsheets save "Unicode text" so: a mark that is no UTF-8 (its bytes come through), or each second byte 0."""
    marked = head.startswith(("\udcff\udcfe", "\udcfe\udcff"))
    if marked or head[1:4:2] == "\0\0" or head[0:3:2] == "\0\0":
        raise InputError(
            "not_utf8",
            "the file is in UTF-16, and lines of claims are read as UTF-8; nothing was read",
            hint="claimdesk import claims reads it as it is; or save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE",
        )


def _is_header(line: str) -> bool:
    """Whether a first line holds the names of columns; a broken line of JSON with a comma in it does not."""
    cells = [cell.strip().strip('"') for cell in line.split(",")]
    named = [cell for cell in cells if cell]
    telling = any(cell == "marketplace" or "." in cell for cell in named)
    return len(cells) > 1 and telling and all(_COLUMN.match(cell) for cell in named)


def _chain(first: tuple[int, str], rest: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    yield first
    yield from rest


def _json_lines(lines: Iterable[tuple[int, str]]) -> Iterator[Line]:
    return map(parsed, _unread(lines))


def _unread(lines: Iterable[tuple[int, str]]) -> Iterator[Line]:
    for number, raw in lines:
        text = raw.rstrip("\r\n")
        if text and not text.isspace():
            yield Line(number, None, None, text)


def parsed(line: Line) -> Line:
    """The line, its text read as a JSON object where nobody has yet."""
    if line.fields is not None or line.error is not None:
        return line
    try:
        return Line(line.number, parse_object(line.text), None, line.text)
    except InputError as error:
        return Line(line.number, None, error, line.text)


def parse_object(text: str) -> dict[str, Any]:
    """A JSON object, strictly read; InputError says what is wrong."""
    if len(text) > LINE_BYTES_MAX:
        raise InputError("line_too_long", f"a line holds at most {LINE_BYTES_MAX} characters", hint="one claim a line")
    quick = _quickly(text)
    if quick is not None:
        return quick
    try:
        found: Any = json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_float)
    except InputError:
        raise
    except RecursionError:
        raise InputError("too_deep", "this is nested too deeply", hint="a claim is flat") from None
    except ValueError as error:
        where = f" near column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(
            "not_json", f"this is not JSON{where}", hint='one object a line: {"marketplace": "US", ...}'
        ) from None
    if not isinstance(found, dict):
        raise InputError("not_an_object", "a line is one JSON object", hint='{"marketplace": "US", ...}')
    # Counting brackets is cheap; only a line with many of them can be deep.
    if text.count("{") + text.count("[") > _DEPTH_MAX and _too_deep(found):
        raise InputError("too_deep", "this is nested too deeply", hint="a claim is flat")
    return found  # pyright: ignore[reportUnknownVariableType]


def _quickly(text: str) -> dict[str, Any] | None:
    """A plain line as the quick parser reads it; None for one that has to be read strictly.

    The quick one lets a key stand twice. Without escapes, and with each colon right behind its key, the keys can be
    counted in the text; it also reads a very long number as a fraction, so a line with a fraction is not plain.
    """
    if "\\" in text or '" ' in text or '"\t' in text or '"\r' in text:
        return None
    try:
        found: Any = orjson.loads(text)
    except ValueError:
        return None
    if found.__class__ is not dict:
        return None
    groups: list[Any] = [found]
    keys = 0
    for group in groups:  # grows while it is read
        inside: Any = group
        if group.__class__ is dict:
            keys += len(group)
            inside = group.values()
        for value in inside:
            kind = value.__class__
            if kind is dict or kind is list:
                groups.append(value)
            elif kind is float:
                return None
    return found if keys == text.count('":') and len(groups) <= _DEPTH_MAX else None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [k for k, _ in pairs]
        twice = next(k for k in names if names.count(k) > 1)
        shown = twice if twice.isidentifier() and len(twice) < 40 else None
        raise InputError("duplicate_key", "a key stands twice in one object", field=shown, hint="keep one of them")
    return found


def _constant(name: str) -> Any:
    raise InputError("not_json", f"{name} is not JSON", hint="write amounts as decimal text")


def _float(text: str) -> float:
    found = float(text)
    return found if isfinite(found) else _constant("a number without end")


def _too_deep(value: Any) -> bool:
    """Level by level: what the parser could still read may be too deep for a function that calls itself."""
    level: list[Any] = [value]
    for _ in range(_DEPTH_MAX + 1):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.values()  # pyright: ignore[reportUnknownArgumentType]
            elif isinstance(one, list):
                inner += one
        level = inner
        if not level:
            return False
    return any(isinstance(one, dict | list) for one in level)


def _csv_lines(lines: Iterable[tuple[int, str]]) -> Iterator[Line]:
    counter = _Counter(lines)
    reader = csv.reader(counter, strict=True)
    header: list[str] | None = None
    fault: InputError | None = None
    while True:
        start = counter.last + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(
                start, None, InputError("not_csv", f"this is not CSV: {error}", hint="quote cells as RFC 4180 says"), ""
            )
            if header is None:
                # Without names nothing can be read, and no record may be taken for the header.
                header, fault = [], InputError("no_header", "the header cannot be read", hint="mend the first line")
            continue
        if header is None:
            header = [cell.strip() for cell in row]
            fault = _header_fault(header)
            continue
        if not row:
            continue
        text = ",".join(row)
        if fault is not None:
            yield Line(start, None, InputError(fault.code, fault.message, field=fault.field, hint=fault.hint), text)
            continue
        if len(row) != len(header):
            yield Line(
                start,
                None,
                InputError(
                    "wrong_cell_count",
                    f"{len(row)} cells where the header has {len(header)}",
                    hint="quote cells that hold a comma",
                ),
                text,
            )
            continue
        try:
            yield Line(start, unflatten(header, row), None, text)
        except InputError as error:
            yield Line(start, None, error, text)


def _header_fault(header: list[str]) -> InputError | None:
    """What makes a header unreadable: a name twice, numbers and nesting without end."""
    seen: dict[tuple[str, ...], str] = {}
    for name in header:
        if not name:
            continue  # an empty column; a value in it is refused as an unknown field
        path = name.split(".")
        if len(path) > _DEPTH_MAX or any(p.isascii() and p.isdigit() and len(p) > 4 for p in path):
            return InputError("too_deep", "a column's name is nested too deeply", hint="a claim is flat")
        key = tuple(str(int(p)) if p.isascii() and p.isdigit() else p for p in path)
        shown = name if _COLUMN.match(name) and len(name) < 60 else None
        if seen.get(key) == name:
            return InputError(
                "duplicate_key", "a column stands twice in the header", field=shown, hint="keep one of them"
            )
        if key in seen:
            return _clash(shown)
        seen[key] = name
    return None  # a name that is a value in one record and a group in another is a record's own fault, if one has both


def _clash(name: str | None) -> InputError:
    return InputError("header_clash", "this column is a value and a group at once", field=name, hint="rename a column")


class _Counter:
    """Counts physical lines while the CSV reader joins them into records."""

    def __init__(self, lines: Iterable[tuple[int, str]]) -> None:
        self._lines = iter(lines)
        self.last = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.last, text = next(self._lines)
        return text


def unflatten(header: list[str], row: list[str]) -> dict[str, Any]:
    """Dotted names to nested objects; ``losses.0.head`` counts a list; an empty cell is not told."""
    found: dict[str, Any] = {}
    for name, cell in zip(header, row, strict=True):
        if cell == "":
            continue
        value: Any = cell
        if name in _FACTS or (name.startswith("seller.certificates") and cell.lower() in _TRUE_FALSE):
            value = _TRUE_FALSE.get(cell.lower(), cell)
        elif (name in _NUMBERS or name.endswith(("_days", "_60d"))) and cell.isascii() and cell.isdigit():
            value = int(cell) if len(cell) <= _NUMBER_DIGITS_MAX else cell
        _put(found, name.split("."), value, name)
    _lists(found)
    return found


def _put(found: dict[str, Any], path: list[str], value: Any, name: str) -> None:
    place: dict[str, Any] = found
    for part in path[:-1]:
        inner: Any = place.setdefault(part, {})
        if not isinstance(inner, dict):
            raise _clash(name)
        place = inner  # pyright: ignore[reportUnknownVariableType]
    if path[-1] in place:
        raise _clash(name)
    place[path[-1]] = value


def _lists(value: dict[str, Any]) -> None:
    for name, inner in list(value.items()):
        if isinstance(inner, dict):
            _lists(inner)  # pyright: ignore[reportUnknownArgumentType]
            keys: list[str] = list(inner)  # pyright: ignore[reportUnknownArgumentType]
            if keys and all(k.isascii() and k.isdigit() for k in keys):
                value[name] = [inner[k] for k in sorted(keys, key=int)]
