"""The inside of entries: canonical form, and the fields that chain them.

Decision: entries are never made again to be hashed; their form is checked so that two readers see one entry.
Authority: trust notes 2.2. Left out: what an entry means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from operator import itemgetter
from typing import Any, Final

_DEPTH_MAX: Final = 8
_INTEGER_MAX: Final = 2**53 - 1

_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}\Z", re.ASCII)
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z\Z", re.ASCII)
_PREV = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)
_LONG = re.compile(r"[0-9]{16}", re.ASCII)
_DIGITS = str.maketrans("123456789", "111111111")
_FIELDS = ("at", "claim", "log", "prev", "seq")
_SHAPES_MAX: Final = 20_000


def _no_float(text: str) -> Any:
    raise ValueError(f"a number that is no integer: {text[:20]}")


_decoder = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float)
_once: Callable[[str, int], tuple[Any, int]] = getattr(_decoder, "scan_once")  # noqa: B009  # not in the type's stub
_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def read_entry(text: str) -> dict[str, Any]:
    """An entry from its text; ValueError unless it is the canonical form of the restricted profile."""
    try:
        found: Any = _decoder.decode(text)
        same = _encoder.encode(found) == text
    except RecursionError:
        raise ValueError("too deep") from None
    if not same:
        raise ValueError("not in canonical form")
    if not isinstance(found, dict):
        raise ValueError("no object")
    _check_value(found, 1)
    body: dict[str, Any] = found  # pyright: ignore[reportUnknownVariableType]
    at, prev, seq = body.get("at"), body.get("prev"), body.get("seq")
    good = "prev" in body and isinstance(at, str) and _AT.match(at) is not None and type(seq) is int and seq > 0
    good = good and all(isinstance(body.get(name), str) for name in ("claim", "log"))
    if not good or (prev is not None and not (isinstance(prev, str) and _PREV.match(prev))):
        raise ValueError("without a proper claim, seq, prev, at or log")
    return body


def _check_value(value: Any, depth: int) -> None:
    """ValueError for what canonical JSON may hold and the profile may not; no string comes here."""
    if isinstance(value, int):
        if not -_INTEGER_MAX <= value <= _INTEGER_MAX:
            raise ValueError("an integer over 2**53 - 1")
        return
    if value is None:
        return
    if depth > _DEPTH_MAX:
        raise ValueError("too deep")
    items: Any = value
    if isinstance(value, dict):
        body: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        if not body.keys() <= _good_keys:
            _check_keys(body)
        items = body.values()
    for item in items:
        if type(item) is not str:
            _check_value(item, depth + 1)


_good_keys: set[str] = set()  # that were looked at before: there are few, and they come again and again


def _check_keys(body: dict[str, Any]) -> None:
    if not all(map(_KEY.match, body)):
        raise ValueError("a key outside the profile")
    if len(_good_keys) >= _SHAPES_MAX:
        _good_keys.clear()
    _good_keys.update(body)


def _scan(text: str) -> Any:
    """What ``json.loads`` gives, for a text without space around it; ValueError otherwise."""
    try:
        found, end = _once(text, 0)
    except StopIteration:
        raise ValueError("no JSON value") from None
    except RecursionError:
        raise ValueError("too deep") from None
    if end != len(text):
        raise ValueError("something stands after the entry")
    return found


class Shapes:
    """Knows the canonical form of entries whose like it has read before, which is several times faster than reading.

    An entry without backslashes and unprintable characters is cut at its quotes: every second piece is the inside of
    a string, the others are the skeleton. Two entries whose skeletons differ only in digits other than 0 (of numbers
    below 16 digits) and which have the same keys are canonical together or not at all: any inside of such a string
    and any such number is written in one way only. Everything else is read in full.
    """

    def __init__(self) -> None:
        self._keys: dict[str, Callable[[list[str]], tuple[str, ...]]] = {}
        self._known: dict[tuple[str, tuple[str, ...]], tuple[int, ...]] = {}

    def fields(self, text: str) -> tuple[str, str, str, str | None, int]:
        """(at, claim, log, prev, seq) of an entry; ValueError when it is not as it must be."""
        if "\\" in text or not text.isprintable():
            return self._read(text)
        return self._cut(text)

    def _cut(self, text: str) -> tuple[str, str, str, str | None, int]:
        """The same of a text without backslashes, in whose strings nothing stands that must be written as an escape."""
        pieces = text.split('"')
        found = self._places(pieces)
        if found is None:
            return self._learn(text, pieces)
        at, claim, log, prev, seq = found
        before = pieces[prev] if prev else None
        return pieces[at], pieces[claim], pieces[log], before, int(pieces[seq].strip(":,}"))

    def _places(self, pieces: list[str]) -> tuple[int, ...] | None:
        """Where the fields stand in an entry whose like was read before, None for any other; ValueError when one of
        them is not as it must be."""
        skeleton = '"'.join(pieces[::2]).translate(_DIGITS)
        keys = self._keys.get(skeleton)
        found = None if keys is None else self._known.get((skeleton, keys(pieces)))
        if found is None:
            return None
        if not _AT.match(pieces[found[0]]) or not (found[3] == 0 or _PREV.match(pieces[found[3]])):
            raise ValueError("without a proper prev or at")
        return found

    def body(self, text: str, loads: Callable[[str], Any] = _scan) -> dict[str, Any]:
        """An entry from its text, as ``read_entry`` gives it and with the same errors.

        ``loads``: a reader of JSON that refuses control characters in strings, and with a ValueError.
        """
        if "\\" in text:
            return read_entry(text)
        found: dict[str, Any] = loads(text)
        pieces = text.split('"')
        if self._places(pieces) is None:
            self._learn(text, pieces)
        return found

    def _read(self, text: str) -> tuple[str, str, str, str | None, int]:
        body = read_entry(text)
        return body["at"], body["claim"], body["log"], body["prev"], body["seq"]

    def _learn(self, text: str, pieces: list[str]) -> tuple[str, str, str, str | None, int]:
        found = self._read(text)
        skeleton = '"'.join(pieces[::2]).translate(_DIGITS)
        if len(self._known) >= _SHAPES_MAX:
            self._keys.clear()
            self._known.clear()
        if _LONG.search(skeleton):
            return found
        keys: list[int] = []
        top: dict[str, int] = {}
        depth = 0
        for i in range(0, len(pieces), 2):
            depth += pieces[i].count("{") + pieces[i].count("[") - pieces[i].count("}") - pieces[i].count("]")
            if i + 2 < len(pieces) and pieces[i + 2].startswith(":"):
                keys.append(i + 1)
                if depth == 1:
                    # A string stands two pieces after its key, any other value right after it.
                    top[pieces[i + 1]] = i + 3 if pieces[i + 2] == ":" else i + 2
        top["prev"] = top["prev"] if found[3] is not None else 0
        self._keys[skeleton] = cut = itemgetter(*keys)
        self._known[skeleton, cut(pieces)] = tuple(top[name] for name in _FIELDS)
        return found
