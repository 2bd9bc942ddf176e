"""What the sequencer needs of a store: its log tables inside one transaction.

Decision: the log's rows are read and written through the unit of work of the store that keeps the journal, so that a
place in the log and the end of waiting are one transaction. Authority: trust notes 2.3. Left out: publication.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Waiting(NamedTuple):
    """An entry that has no place in the log yet."""

    n: int
    entry: str
    data: bytes
    leaf: bytes


class Leaf(NamedTuple):
    """An entry's place in the log, with the bytes the journal has for it."""

    place: int
    entry: str
    hash: bytes
    data: bytes


class State(NamedTuple):
    """Whose log it is, how large, its right edge, how much of it was published and how often it was signed."""

    origin: str
    size: int
    edge: bytes
    published: int
    signed: int


class CheckpointRow(NamedTuple):
    """A signed checkpoint."""

    size: int
    root: bytes
    note: bytes
    signed_at: str


class LogRead(Protocol):
    """The log as one transaction sees it."""

    def state(self) -> State: ...
    def origin(self) -> str | None:
        """The origin that the entries of this store name."""
        ...

    def waiting_count(self) -> int: ...
    def first_waiting(self) -> Waiting | None: ...
    def leaves(self, start: int, end: int) -> list[Leaf]:
        """The leaves of these places, in order; those that are missing are left out."""
        ...

    def hashes(self, start: int, end: int) -> list[tuple[int, bytes, bytes]]:
        """(place, its hash, the hash that the journal has for its entry), in order; what is missing is left out."""
        ...

    def place_of(self, entry: str) -> int | None: ...
    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a tile, full or not; empty when there is none."""
        ...

    def tile_count(self) -> int: ...
    def checkpoint(self, size: int | None = None) -> CheckpointRow | None:
        """The checkpoint of a size, or the latest."""
        ...

    def checkpoints(self, after: int, limit: int) -> list[CheckpointRow]: ...
    def cosignatures(self, size: int) -> list[str]: ...
    def last_cosigned(self, name: str) -> int: ...


class LogWrite(LogRead, Protocol):
    """A transaction that may add to the log."""

    def lock(self) -> State:
        """The state; whoever else wants it waits until this transaction ends."""
        ...

    def waiting(self, limit: int) -> list[Waiting]:
        """The entries that wait, in the order they began to."""
        ...

    def add_leaves(self, start: int, rows: Sequence[tuple[str, bytes]]) -> None: ...
    def no_longer_waiting(self, rows: Sequence[Waiting]) -> None: ...
    def put_tile(self, level: int, number: int, hashes: bytes, *, is_new: bool) -> None: ...
    def add_checkpoint(self, row: CheckpointRow) -> None: ...
    def add_cosignature(self, size: int, name: str, key: str, line: str) -> None: ...
    def set_state(self, state: State) -> None: ...
