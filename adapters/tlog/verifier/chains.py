"""The chain of every claim: seq counts up by one, prev is the entry before, at never goes back; in flat memory.

Decision: the five fields are cut out of the canonical bytes at their places, a bundle at a time, without reading the
entries as JSON; an entry that does not look as entries usually do is read in full. What was cut out is put aside by
claim, in a temporary file when it is much, and each part is followed on its own in the end: no more than one part's
claims are in memory, however long the log is. Authority: trust notes 2.2. Left out: what an entry means.

The cut is exact for every canonical entry: keys are sorted, so nothing but whole members stands before ``at``; a key
inside a string has its quotes escaped, so ``,"prev":`` once behind the claim is the entry's own ``prev``; so is a
``log`` right before it, or one that is alone between claim and ``prev``; and ``seq`` follows ``prev`` after members
that are plain strings. Whether an entry is canonical is looked at only where that is asked for.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import tempfile
from array import array
from collections.abc import Sequence
from itertools import count, repeat
from types import TracebackType
from typing import IO, Any, Final

from .entries import Shapes
from .fault import Fault, Untrue, safe
from .tree import cutter

_AT_ONCE: Final = 32_768  #: entries put aside in memory
_PART: Final = 16_384  #: entries of a part, about
_PARTS_MAX: Final = 1024
_CACHE_MAX: Final = 20_000
_CLAIM: Final = 32  #: bytes; a longer one stands there as its digest
_NO_PREV: Final = b"null".ljust(64, b"\0")  #: which no hash can be

_ROW = struct.Struct(f"<{_CLAIM}s27sIQ64s64s")  # claim, at, seq, index, prev and leaf in hexadecimal
_PREV: Final = b',"prev":'
_LOG: Final = b',"log":'
_MIDDLE: Final = b',"recorded":"0000-00-00T00:00:00.000000Z","seq":0,'  # between prev and what follows seq
_BACK = struct.Struct(f"64ss{len(_MIDDLE)}s")
_QUOTE: Final = ord('"')
_ZERO: Final = ord("0")
_HEAD: Final = b'0000-00-00T00:00:00.000000Z","claim":"'
_HEAD_LENGTH: Final = len(_HEAD)
_DIGITS: Final = bytes.maketrans(b"123456789", b"000000000")
_NUMBERS: Final = bytes.maketrans(b"0123456789", bytes(range(10)))
_BETWEEN: Final = re.compile(
    rb'(?:null|"([0-9a-f]{64})")(?:,"[a-z0-9_]+":"(?:[^"\\]|\\.)*")*,"seq":([1-9][0-9]{0,8}),', re.DOTALL
)


class Chains:
    """Takes the entries of a log bundle by bundle; ``finish`` follows the claims."""

    def __init__(self, origin: str, size: int, *, thorough: bool = False) -> None:
        self.claims = 0  #: how many there are, after ``finish``
        self._origin = origin
        self._log = b',"log":%b,' % json.dumps(origin, ensure_ascii=False).encode()
        self._thorough = thorough
        self._shapes = Shapes()
        self._heads: set[bytes] = set()  # of entries, what stands before at
        self._head = b"\0"  # the last of them, which most likely comes again; none begins so
        self._width = 21  # of the name of a claim, most likely
        parts = 1
        while parts < min(_PARTS_MAX, size // _PART):
            parts *= 2
        self._parts: list[list[bytes]] = [[] for _ in range(parts)]
        self._held = 0
        self._file: IO[bytes] | None = None
        self._offsets: list[array[int]] = []  # of every time parts were written: where each begins, and the end

    def __enter__(self) -> Chains:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    # -- taking ------------------------------------------------------------------------------------------------------

    def take(self, first: int, data: bytes, stops: Sequence[int], leaves: bytes) -> None:
        """The entries of a bundle, of which the first has the place ``first``; each ends at one of ``stops``.

        ``leaves``: their hashes, one after the other. Untrue when an entry is not as it must be.
        """
        hashes = leaves.hex().encode()
        try:
            done = not self._thorough and self._cut(first, data, stops, hashes)
        except IndexError:  # an entry that ends where none should
            done = False
        if not done:
            self._read(first, data, stops, hashes)
        self._held += len(stops)
        if self._held >= _AT_ONCE:
            self._put_aside()

    def _cut(self, first: int, data: bytes, stops: Sequence[int], hashes: bytes) -> bool:
        """Takes the entries by the places of their fields; False when that cannot be done."""
        fronts = self._fronts(data, [2, *[stop + 2 for stop in stops[:-1]]], stops)
        if fronts is None:
            return False
        heads, claims, places = fronts
        values = self._values(data, places, stops)
        backs = None if values is None else _backs(data, values)
        if backs is None:
            return False
        numbers, prevs = backs
        parts, mask = self._parts, len(self._parts) - 1
        leaves = cutter(64, len(stops))(hashes)
        for claim, row in zip(claims, map(_ROW.pack, claims, heads, numbers, count(first), prevs, leaves), strict=True):
            parts[hash(claim) & mask].append(row)
        return True

    def _values(self, data: bytes, places: Sequence[int], stops: Sequence[int]) -> list[int] | None:
        """Where the value of each entry's own ``prev`` is, and all name this log; None when this is not certain.

        At ``places`` the members behind the claim begin. A ``prev`` that is alone there is the entry's own; so is a
        ``log`` right before it, and one that is alone before it: keys are sorted.
        """
        log, find, starts_with = self._log, data.find, data.startswith
        length = len(log) - 1
        found: list[int] = []
        for place, stop in zip(places, stops, strict=True):
            prev = find(_PREV, place, stop)
            if prev < 0 or find(_PREV, prev + 8, stop) >= 0:
                return None
            if not starts_with(log, prev - length):
                own = find(_LOG, place, prev)
                if not starts_with(log, own) or find(_LOG, own + length, prev) >= 0:
                    return None
            found.append(prev + 8)
        return found

    def _fronts(
        self, data: bytes, begins: Sequence[int], stops: Sequence[int]
    ) -> tuple[list[bytes], list[bytes], list[int]] | None:
        """Of every entry what begins with ``at``, its claim and where that ends; None when this is not certain."""
        head, length, width = self._head, len(self._head), self._width
        starts_with = data.startswith
        heads: list[bytes] = []
        claims: list[bytes] = []
        places: list[int] = []
        for i, start in enumerate(begins):
            if not starts_with(head, start):
                head = self._known_head(data, start, stops[i])
                length = len(head)
                if not head:
                    return None
            begin = start + length
            end = begin + _HEAD_LENGTH
            heads.append(data[begin:end])
            if data[end + width] != _QUOTE:
                width = data.find(b'"', end) - end
            claims.append(data[end : end + width])
            places.append(end + width + 1)
        self._head, self._width = head, width
        names = b"".join(claims)
        if b"".join(heads).translate(_DIGITS) != _HEAD * len(begins) or b"\\" in names or b'"' in names:
            return None
        if not names.isascii() or not names.decode().isprintable():
            return None
        if max(map(len, claims)) > _CLAIM:
            claims = [claim if len(claim) <= _CLAIM else _digest(claim) for claim in claims]
        return heads, claims, places

    def _known_head(self, data: bytes, start: int, end: int) -> bytes:
        """What stands before ``at`` in an entry, and the name of that key; empty when this is not certain."""
        place = data.find(b',"at":"', start, end)
        if place < 0:
            return b""
        before = data[start:place]
        if before not in self._heads:
            try:
                whole: Any = json.loads(before + b"}")
            except (ValueError, RecursionError):
                return b""
            keys: list[str] = list(whole)  # what ends with this brace is an object
            if max(keys, default="at") >= "at":  # not sorted
                return b""
            if len(self._heads) >= _CACHE_MAX:
                self._heads.clear()
            self._heads.add(before)
        return data[start : place + 7]

    def _read(self, first: int, data: bytes, stops: Sequence[int], hashes: bytes) -> None:
        """Takes the entries by reading each in full, canonical form and all."""
        stop = 0
        for i, end in enumerate(stops):
            index, where = first + i, f"entry {first + i}"
            try:
                at, claim, log, prev, seq = self._shapes.fields(data[stop + 2 : end].decode())
            except ValueError as error:
                raise Untrue("bad_entry", where, f"it is not a canonical entry: {safe(error)}", index) from None
            if log != self._origin:
                raise Untrue("other_log", where, "it belongs to another log", index)
            if seq >= 1 << 32:
                raise Untrue("claim_order", where, f"claim {safe(claim)}: no claim has {seq} entries", index)
            name = claim.encode("utf-8", "surrogatepass")
            if len(name) > _CLAIM or not claim.isprintable():
                name = _digest(name)
            before = _NO_PREV if prev is None else prev.encode()
            row = _ROW.pack(name, at.encode(), seq, index, before, hashes[64 * i : 64 * i + 64])
            self._parts[hash(name) & len(self._parts) - 1].append(row)
            stop = end

    def _put_aside(self) -> None:
        if len(self._parts) == 1:
            return  # all of it is one part
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="verify-")  # noqa: SIM115  # closed with this object
        file = self._file
        offsets = array("Q")
        for part in self._parts:
            offsets.append(file.tell())
            file.write(b"".join(part))
            part.clear()
        offsets.append(file.tell())
        self._offsets.append(offsets)
        self._held = 0

    # -- following ---------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Follows every claim from its first entry to its last; Untrue with the first entry that does not follow."""
        found: Untrue | None = None
        self.claims = 0
        for number, held in enumerate(self._parts):
            pieces = [self._piece(offsets, number) for offsets in self._offsets]
            wrong = self._follow([*pieces, b"".join(held)])
            if wrong is not None and (found is None or _index(wrong.fault) < _index(found.fault)):
                found = wrong
        if found is not None:
            raise found

    def _piece(self, offsets: array[int], number: int) -> bytes:
        assert self._file is not None  # noqa: S101  # offsets come with the file
        self._file.seek(offsets[number])
        return self._file.read(offsets[number + 1] - offsets[number])

    def _follow(self, pieces: Sequence[bytes]) -> Untrue | None:
        rows: dict[bytes, tuple[int, bytes, bytes]] = {}
        for piece in pieces:
            for claim, at, seq, index, prev, leaf in _ROW.iter_unpack(piece):
                known = rows.get(claim)
                if known is None:
                    good = seq == 1 and prev == _NO_PREV
                else:
                    good = seq == known[0] + 1 and prev == known[1] and at >= known[2]
                if not good:
                    return _wrong(claim, at, seq, index, prev, known)
                rows[claim] = (seq, leaf, at)
        self.claims += len(rows)
        return None


def _backs(data: bytes, places: Sequence[int]) -> tuple[Sequence[int], Sequence[bytes]] | None:
    """Of every entry its seq and prev; at ``places`` the values of ``prev`` begin.

    In nearly all entries ``recorded`` and a ``seq`` of one digit follow, which all have their places then.
    """
    starts: list[int] = []
    firsts: list[int] = []
    for i, place in enumerate(places):
        if data[place] == _QUOTE:
            starts.append(place + 1)
        else:
            starts.append(place - 61)  # as if null were as long as a hash
            firsts.append(i)
    try:
        prevs, quotes, middles = zip(*map(_BACK.unpack_from, repeat(data), starts), strict=True)
    except struct.error:  # the last is shorter
        return _varied_backs(data, places)
    total, middle = len(places), b"".join(middles)
    digits = middle[len(_MIDDLE) - 2 :: len(_MIDDLE)]
    good = quotes.count(b'"') == total - len(firsts) and all(data.startswith(b"null,", places[i]) for i in firsts)
    if not good or middle.translate(_DIGITS) != _MIDDLE * total or min(digits) <= _ZERO:
        return _varied_backs(data, places)
    if firsts:
        prevs = list(prevs)
        for i in firsts:
            prevs[i] = _NO_PREV
    return digits.translate(_NUMBERS), prevs


def _varied_backs(data: bytes, places: Sequence[int]) -> tuple[list[int], list[bytes]] | None:
    """The same, of entries of any kind."""
    numbers: list[int] = []
    prevs: list[bytes] = []
    for place in places:
        match = _BETWEEN.match(data, place)
        if match is None:
            return None
        prevs.append(match[1] or _NO_PREV)
        numbers.append(int(match[2]))
    return (numbers, prevs) if 0 < min(numbers) <= max(numbers) < 1 << 32 else None


def _digest(claim: bytes) -> bytes:
    """Stands for the name of a claim that is too long for a row, or that a row could confuse with another."""
    return b"~" + hashlib.blake2b(claim, digest_size=15).hexdigest().encode()


def _index(fault: Fault) -> int:
    return -1 if fault.index is None else fault.index


def _wrong(
    claim: bytes, at: bytes, seq: int, index: int, prev: bytes, known: tuple[int, bytes, bytes] | None
) -> Untrue:
    """What is wrong with an entry that does not follow."""
    text = claim.rstrip(b"\0").decode("utf-8", "replace")
    where, name = f"entry {index}", f"claim {safe(text)}"
    if known is None:
        return Untrue("claim_order", where, f"{name} begins with seq {seq}", index)
    if seq != known[0] + 1:
        return Untrue("claim_order", where, f"{name}: seq {seq} after {known[0]}", index)
    if prev != known[1]:
        return Untrue("claim_chain", where, f"{name}: prev is not the entry before", index)
    return Untrue("time_goes_back", where, f"{name}: {at.decode()} after {known[2].decode()}", index)
