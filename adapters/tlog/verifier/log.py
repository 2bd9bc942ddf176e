"""A whole published log: signature, tree, tiles and entries, read once from the first bundle to the last.

Decision: entries are streamed and every tile is compared with what its entries make, so that the first bad item can
be named; memory does not grow with the log. Authority: c2sp.org/tlog-tiles. Left out: fetching over a network.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from .entries import Claims
from .fault import Fault, Untrue
from .notes import Checkpoint, parse_checkpoint
from .tree import EMPTY_ROOT, WIDTH, fold, tile_path
from .trust import Trust

_TILE_MAX: Final = WIDTH * 32
_BUNDLE_MAX: Final = WIDTH * 65_537

_sha256 = hashlib.sha256
Read = Callable[[str], bytes | None]  #: the bytes of a file of the log by its path, None when there is none


@dataclass(slots=True)
class Report:
    """What a check came to. ``fault`` is the first bad item, None when everything checks out."""

    fault: Fault | None = None
    origin: str = ""
    size: int = 0
    root: str = ""
    entries: int = 0  #: how many were looked at
    claims: int | None = None  #: how many claims they belong to; None after a quick check or several runs
    witnesses: tuple[str, ...] = ()  #: names of the trust file that cosigned the checkpoint
    held: tuple[int, ...] = ()  #: sizes of the earlier checkpoints that this log continues
    quick: bool = False
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether everything checks out."""
        return self.fault is None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        fault = None if self.fault is None else {k: v for k, v in asdict(self.fault).items() if v is not None}
        return {
            "ok": self.ok, "fault": fault, "origin": self.origin, "size": self.size, "root": self.root,
            "entries": self.entries, "claims": self.claims, "witnesses": list(self.witnesses),
            "held": list(self.held), "quick": self.quick, "seconds": round(self.seconds, 3),
        }  # fmt: skip


def files_of(folder: str | Path) -> Read:
    """Reads the files of a log in a folder; none of them is longer than a log's file may be."""
    top = Path(folder)

    def read(path: str) -> bytes | None:
        try:
            with (top / path).open("rb") as file:
                return file.read(_BUNDLE_MAX + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    return read


def verify_log(
    log: str | Path | Read,
    trust: Trust,
    *,
    held: Sequence[bytes] = (),
    quick: bool = False,
    claims_in_memory: int = 250_000,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Checks a whole published log; the report names the first bad item.

    ``held``: checkpoints of this log kept from earlier, which it must continue. ``quick`` leaves out the look into
    the entries (canonical form, and each claim's seq, prev and at). ``progress`` is told the entries done.
    """
    report, started = Report(quick=quick), time.perf_counter()
    read = log if callable(log) else files_of(log)
    try:
        _Log(read, trust, report).check(held, quick, claims_in_memory, progress)
    except Untrue as error:
        report.fault = error.fault
    report.seconds = time.perf_counter() - started
    return report


class _Log:
    """One check of one log."""

    def __init__(self, read: Read, trust: Trust, report: Report) -> None:
        self.read, self.trust, self.report = read, trust, report

    def check(self, held: Sequence[bytes], quick: bool, limit: int, progress: Callable[[int], None] | None) -> None:
        """Runs through the log as often as the number of claims asks for."""
        note = self.read("checkpoint")
        if note is None:
            raise Untrue("missing_file", "checkpoint", "there is none")
        found = parse_checkpoint(note)
        report = self.report
        report.origin, report.size, report.root = found.origin, found.size, found.root.hex()
        report.witnesses = self.trust.check(found)
        earlier = self._earlier(found, held)
        if quick:
            self._run(found, earlier, None, progress)
            return
        waiting = [(0, 1)]
        runs = 0
        while waiting:
            claims = Claims(found.origin, limit, *waiting.pop())
            self._run(found, earlier, claims, progress)
            waiting += claims.left
            runs += 1
            report.claims = len(claims.rows) if runs == 1 and not waiting else None

    def _earlier(self, found: Checkpoint, held: Sequence[bytes]) -> list[Checkpoint]:
        earlier: list[Checkpoint] = []
        for number, note in enumerate(held, 1):
            where = f"held checkpoint {number}"
            old = parse_checkpoint(note, where)
            Trust(self.trust.logs).check(old, where)
            if old.origin != found.origin:
                raise Untrue("other_log", where, "it belongs to another log")
            if old.size > found.size:
                raise Untrue(
                    "shorter_than_held", f"entries {found.size} to {old.size - 1}",
                    f"{where} has {old.size} entries, the log has only {found.size}", found.size,
                )  # fmt: skip
            earlier.append(old)
        return sorted(earlier, key=lambda c: c.size)

    def _run(
        self,
        found: Checkpoint,
        earlier: list[Checkpoint],
        claims: Claims | None,
        progress: Callable[[int], None] | None,
    ) -> None:
        rows: list[bytes] = [b""]  # of every level, the hashes of the tile that is not full yet
        waiting = list(earlier)
        good = 0
        for number in range(-(-found.size // WIDTH)):
            first = number * WIDTH
            width = min(WIDTH, found.size - first)
            leaves = self._bundle(number, width, claims)
            while waiting and waiting[0].size <= first + width:
                old = waiting.pop(0)
                rows[0] = leaves[: 32 * (old.size - first)]
                _same_root(old, rows, f"entries {good} to {old.size - 1}", "the checkpoint held from earlier", good)
                good = old.size
            rows[0] = leaves
            self._tiles(rows, number, width)
            self.report.entries = first + width
            if progress is not None:
                progress(first + width)
        while waiting:  # of an empty log
            _same_root(waiting.pop(0), rows, "checkpoint", "the checkpoint held from earlier", None)
        for level in range(1, len(rows)):
            if rows[level]:
                self._tile(level, found.size >> (8 * (level + 1)), rows[level])
        _same_root(found, rows, "checkpoint", "its signed root", None)
        self.report.held = tuple(c.size for c in earlier)

    def _fetch(self, level: int | None, number: int, width: int) -> tuple[str, bytes]:
        path = tile_path(level, number, width)
        data = self.read(path)
        if data is None and width < WIDTH:  # a partial one may be gone once there is the full one
            full = tile_path(level, number)
            data = self.read(full)
            path = path if data is None else full
        if data is None:
            raise Untrue("missing_file", path, "there is no such file", number * WIDTH if not level else None)
        return path, data

    def _bundle(self, number: int, width: int, claims: Claims | None) -> bytes:
        path, data = self._fetch(None, number, width)
        first = number * WIDTH
        leaves: list[bytes] = []
        place, end = 0, len(data)
        entry_at: list[tuple[int, int]] = []
        for i in range(width):
            stop = place + 2
            if stop > end:
                raise Untrue("bad_bundle", path, f"it ends before entry {first + i}", first + i)
            length = data[place] << 8 | data[place + 1]
            place, stop = stop, stop + length
            if stop > end:
                raise Untrue("bad_bundle", path, f"it ends inside entry {first + i}", first + i)
            leaves.append(_sha256(b"\x00" + data[place:stop]).digest())
            entry_at.append((place, stop))
            place = stop
        if place != end and (width == WIDTH or path.endswith(f".p/{width}")):
            raise Untrue("bad_bundle", path, f"something stands after its {width} entries")
        found = b"".join(leaves)
        self._level_zero(number, width, found)
        if claims is not None:
            for i, (begin, stop) in enumerate(entry_at):
                claims.take(first + i, data[begin:stop], leaves[i], f"entry {first + i}")
        return found

    def _level_zero(self, number: int, width: int, leaves: bytes) -> None:
        path, tile = self._tile_file(0, number, width)
        if tile[: 32 * width] == leaves:
            return
        index = number * WIDTH + _first_difference(tile, leaves)
        raise Untrue("entry_changed", f"entry {index}", f"its bytes do not have the hash that {path} holds", index)

    def _tile_file(self, level: int, number: int, width: int) -> tuple[str, bytes]:
        path, tile = self._fetch(level, number, width)
        if len(tile) != 32 * (width if ".p/" in path else WIDTH):
            raise Untrue("bad_tile", path, "it does not hold as many hashes as its name says")
        return path, tile

    def _tiles(self, rows: list[bytes], number: int, width: int) -> None:
        """Moves full tiles up."""
        level = 0
        while len(rows[level]) == _TILE_MAX:
            if level:
                self._tile(level, number, rows[level])
            if level + 1 == len(rows):
                rows.append(b"")
            rows[level + 1] += fold(rows[level])
            rows[level] = b""
            level, number = level + 1, number >> 8

    def _tile(self, level: int, number: int, hashes: bytes) -> None:
        path, tile = self._tile_file(level, number, len(hashes) // 32)
        if tile[: len(hashes)] != hashes:
            place = _first_difference(tile, hashes)
            raise Untrue("tile_changed", path, f"hash {place} is not that of the tile below it")


def _first_difference(one: bytes, other: bytes) -> int:
    places = range(0, len(other), 32)
    return next(i // 32 for i in places if one[i : i + 32] != other[i : i + 32])


def _same_root(found: Checkpoint, rows: list[bytes], where: str, what: str, index: int | None) -> None:
    carried = b""
    for row in rows:
        carried = fold(row + carried)
    if (carried or EMPTY_ROOT) != found.root:
        code = "root_mismatch" if index is None else "history_changed"
        raise Untrue(code, where, f"the tree of {found.size} entries is not the one of {what}", index)


def bundle_entries(data: bytes) -> Iterator[bytes]:
    """The entries of a bundle."""
    place = 0
    while place < len(data):
        end = place + 2 + int.from_bytes(data[place : place + 2], "big")
        yield data[place + 2 : end]
        place = end
