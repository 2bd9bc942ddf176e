"""The log's tables in memory, inside the unit of work of a store in memory.

Authority: ``ports``. Left out: the guards of the databases; there is nobody beside the program to guard against.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nsmallest
from operator import itemgetter

from ..memory import MemoryRead, MemoryWrite
from .ports import CheckpointRow, Leaf, State, Waiting


class MemoryLog:
    """The log of a store in memory, as a unit sees it."""

    def __init__(self, unit: MemoryRead) -> None:
        self._u = unit
        self._t = unit.tables

    def state(self) -> State:
        """The state."""
        return State(*self._t.log_state.get("state", ("", 0, b"", 0, 0)))

    def origin(self) -> str | None:
        """The origin that the entries of this store name."""
        return self._u.meta("origin")

    def waiting_count(self) -> int:
        """How many entries wait."""
        return len(self._t.log_waiting)

    def first_waiting(self) -> Waiting | None:
        """The entry that waits longest."""
        return next(iter(self.waiting(1)), None)

    def waiting(self, limit: int) -> list[Waiting]:
        """The entries that wait, in the order they began to."""
        found: list[Waiting] = []
        for entry, n in nsmallest(limit, self._t.log_waiting.items(), key=itemgetter(1)):
            row = self._u.entry_named(entry)
            found.append(Waiting(n, entry, row.data, row.leaf))
        return found

    def leaves(self, start: int, end: int) -> list[Leaf]:
        """The leaves of these places."""
        kept = self._t.log_leaves
        chosen = ((place, kept[place]) for place in range(start, end) if place in kept)
        return [Leaf(place, entry, hashed, self._u.entry_named(entry).data) for place, (entry, hashed) in chosen]

    def hashes(self, start: int, end: int) -> list[tuple[int, bytes, bytes]]:
        """(place, its hash, the hash of its entry in the journal)."""
        kept = self._t.log_leaves
        chosen = ((place, kept[place]) for place in range(start, end) if place in kept)
        return [(place, hashed, self._u.entry_named(entry).leaf) for place, (entry, hashed) in chosen]

    def place_of(self, entry: str) -> int | None:
        """The place of an entry."""
        return self._t.log_places.get(entry)

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a tile."""
        return self._t.log_tiles.get((level, number), b"")

    def tile_count(self) -> int:
        """How many tiles there are, of all levels."""
        return len(self._t.log_tiles)

    def checkpoint(self, size: int | None = None) -> CheckpointRow | None:
        """The checkpoint of a size, or the latest."""
        kept = self._t.log_checkpoints
        wanted = max(kept, default=0) if size is None else size
        return CheckpointRow(*kept[wanted]) if wanted in kept else None

    def checkpoints(self, after: int, limit: int) -> list[CheckpointRow]:
        """A page of checkpoints, by size."""
        kept = self._t.log_checkpoints
        return [CheckpointRow(*kept[size]) for size in sorted(s for s in kept if s > after)[:limit]]

    def cosignatures(self, size: int) -> list[str]:
        """The cosignature lines of a checkpoint."""
        return [line for (of, *_), line in sorted(self._t.log_cosignatures.items()) if of == size]

    def last_cosigned(self, name: str) -> int:
        """The largest size that a witness cosigned."""
        return max((of for of, who, _ in self._t.log_cosignatures if who == name), default=0)


class MemoryLogWrite(MemoryLog):
    """The log of a store in memory, in a unit that may write."""

    def __init__(self, unit: MemoryWrite) -> None:
        super().__init__(unit)
        self._w = unit

    def lock(self) -> State:
        """The state; there is one writer at a time."""
        return self.state()

    def add_leaves(self, start: int, rows: Sequence[tuple[str, bytes]]) -> None:
        """Gives entries their places."""
        for place, row in enumerate(rows, start):
            self._w.put(self._t.log_leaves, place, row)
            self._w.put(self._t.log_places, row[0], place)

    def no_longer_waiting(self, rows: Sequence[Waiting]) -> None:
        """Takes them out of the waiting."""
        for row in rows:
            self._w.remove(self._t.log_waiting, row.entry)

    def put_tile(self, level: int, number: int, hashes: bytes, *, is_new: bool) -> None:
        """Writes a tile, or what was added to it."""
        self._w.put(self._t.log_tiles, (level, number), hashes)

    def add_checkpoint(self, row: CheckpointRow) -> None:
        """Keeps a signed checkpoint."""
        self._w.put(self._t.log_checkpoints, row.size, tuple(row))

    def add_cosignature(self, size: int, name: str, key: str, line: str) -> None:
        """Keeps a cosignature; the first of a witness for a size stays."""
        if (size, name, key) not in self._t.log_cosignatures:
            self._w.put(self._t.log_cosignatures, (size, name, key), line)

    def set_state(self, state: State) -> None:
        """Keeps the state."""
        self._w.put(self._t.log_state, "state", tuple(state))
