"""A whole published log: signature, tree, tiles and entries, read once from the first bundle to the last.

Decision: entries are streamed and every tile is compared with what its entries make, so that the first bad item can
be named; memory does not grow with the log. Authority: c2sp.org/tlog-tiles. Left out: fetching over a network.

What is looked at, in three depths, each with all of the one before:

- quick: the checkpoint's signature and cosignatures; every entry's bytes against their leaf hash; every tile of every
  level against the one below it; the signed root; every checkpoint held from earlier.
- chains (when nothing else is said): of every claim, that its entries count up from 1, each names the hash of the one
  before and none goes back in time, and that every entry names this log.
- thorough: that every entry is canonical JSON of the restricted profile (which the quick cut of chains relies on).
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .chains import Chains
from .fault import Fault, Untrue
from .notes import Checkpoint, parse_checkpoint
from .tree import EMPTY_ROOT, LEAF, WIDTH, fold, tile_path
from .trust import Trust

_TILE_MAX: Final = WIDTH * 32
_BUNDLE_MAX: Final = WIDTH * 65_537

Read = Callable[[str], bytes | None]  #: the bytes of a file of the log by its path, None when there is none


@dataclass(slots=True)
class Report:
    """What a check came to. ``fault`` is the first bad item, None when everything checks out."""

    fault: Fault | None = None
    origin: str = ""
    size: int = 0
    root: str = ""
    entries: int = 0  #: how many were looked at
    claims: int | None = None  #: how many claims they belong to; None after a quick check
    witnesses: tuple[str, ...] = ()  #: names of the trust file that cosigned the checkpoint
    held: tuple[int, ...] = ()  #: sizes of the earlier checkpoints that this log continues
    quick: bool = False
    thorough: bool = False
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether everything checks out."""
        return self.fault is None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        fault = None if self.fault is None else self.fault.to_dict()
        return {
            "ok": self.ok, "fault": fault, "origin": self.origin, "size": self.size, "root": self.root,
            "entries": self.entries, "claims": self.claims, "witnesses": list(self.witnesses),
            "held": list(self.held), "quick": self.quick, "thorough": self.thorough,
            "seconds": round(self.seconds, 3),
        }  # fmt: skip


def files_of(folder: str | Path) -> Read:
    """Reads the files of a log in a folder; none of them is longer than a log's file may be."""
    top = str(Path(folder)) + os.sep

    def read(path: str) -> bytes | None:
        # One read of just the file's length: buffers of the largest size would cost more than the hashing.
        try:
            with open(top + path, "rb", buffering=0) as file:  # noqa: PTH123  # a path object costs as much as the read
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode):
                    return None
                return file.read(_BUNDLE_MAX + 1) if found.st_size > _BUNDLE_MAX else file.readall()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    return read


def verify_log(
    log: str | Path | Read,
    trust: Trust,
    *,
    held: Sequence[bytes] = (),
    quick: bool = False,
    thorough: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Checks a whole published log; the report names the first bad item.

    ``held``: checkpoints of this log kept from earlier, which it must continue. ``quick`` looks at the tree only,
    ``thorough`` also at the form of every entry (see above). ``progress`` is told the entries done.
    """
    report, started = Report(quick=quick, thorough=thorough and not quick), time.perf_counter()
    read = log if callable(log) else files_of(log)
    try:
        _Log(read, trust, report).check(held, progress)
    except Untrue as error:
        report.fault = error.fault
    report.seconds = time.perf_counter() - started
    return report


class _Log:
    """One check of one log."""

    def __init__(self, read: Read, trust: Trust, report: Report) -> None:
        self.read, self.trust, self.report = read, trust, report

    def check(self, held: Sequence[bytes], progress: Callable[[int], None] | None) -> None:
        """Runs through the log, then follows the claims."""
        note = self.read("checkpoint")
        if note is None:
            raise Untrue("missing_file", "checkpoint", "there is none")
        found = parse_checkpoint(note)
        report = self.report
        report.origin, report.size, report.root = found.origin, found.size, found.root.hex()
        report.witnesses = self.trust.check(found)
        earlier = self._earlier(found, held)
        if report.quick:
            self._run(found, earlier, None, progress)
            return
        with Chains(found.origin, found.size, thorough=report.thorough) as chains:
            try:
                self._run(found, earlier, chains, progress)
            except Untrue:
                # A claim that broke before that place is named first.
                chains.finish()
                raise
            chains.finish()
            report.claims = chains.claims

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
        chains: Chains | None,
        progress: Callable[[int], None] | None,
    ) -> None:
        rows: list[bytes] = [b""]  # of every level, the hashes of the tile that is not full yet
        waiting = list(earlier)
        good = 0
        for number in range(-(-found.size // WIDTH)):
            first = number * WIDTH
            width = min(WIDTH, found.size - first)
            leaves = self._bundle(number, width, chains)
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

    def _bundle(self, number: int, width: int, chains: Chains | None) -> bytes:
        path, data = self._fetch(None, number, width)
        first = number * WIDTH
        leaves: list[bytes] = []
        stops: list[int] = []
        whole, place, begun = memoryview(data), 0, LEAF.copy
        try:
            for _ in range(width):
                start = place + 2
                place = start + (data[place] << 8 | data[place + 1])
                stops.append(place)
                leaf = begun()
                leaf.update(whole[start:place])
                leaves.append(leaf.digest())
        except IndexError:
            pass
        if place > len(data) or len(leaves) < width:
            index = first + sum(stop <= len(data) for stop in stops)
            raise Untrue("bad_bundle", path, f"it ends before the end of entry {index}", index)
        if place != len(data) and (width == WIDTH or path.endswith(f".p/{width}")):
            raise Untrue("bad_bundle", path, f"something stands after its {width} entries")
        found = b"".join(leaves)
        self._level_zero(number, width, found)
        if chains is not None:
            chains.take(first, data[:place], stops, found)
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
