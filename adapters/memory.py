"""A store in memory: for tests, scenarios, back-tests and a first look. Nothing outlives the process.

Decision: one lock, one writer, and a list of undo steps, so that a failed write unit leaves nothing; the money
guards are those of the databases, in Python (``guards``). Authority: ports. Left out: isolation between threads
that read while another writes (they wait for each other), and any durability.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import RLock
from typing import TypeVar

from ..states.case import Case
from ..states.errors import StorageError
from ..workflow.ports import ControlRow, WriteSet, WriteUnit
from .memory_read import MemoryRead
from .memory_tables import Tables
from .memory_write import MemoryWrite

__all__ = ["MemoryRead", "MemoryStore", "MemoryWrite"]

_T = TypeVar("_T")


class MemoryStore:
    """Everything in dictionaries; see the module's first lines."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._tables = Tables()
        self._closed = False

    @contextmanager
    def read(self) -> Generator[MemoryRead]:
        """A view; writers of other threads wait until it ends."""
        with self._lock:
            self._check_open()
            yield MemoryRead(self._tables)

    @contextmanager
    def write(self) -> Generator[MemoryWrite]:
        """A write unit; an exception undoes all of it."""
        with self._lock:
            self._check_open()
            unit = MemoryWrite(self._tables)
            try:
                yield unit
            except BaseException:
                unit.undo()
                raise
            finally:
                unit.end()

    def look(self, after: int, claim: str | None) -> tuple[list[ControlRow], Case | None]:
        """What stands before a command: the access journal after a place, and the claim."""
        with self.read() as unit:
            return unit.control(after), None if claim is None else unit.case(claim)

    def ready(self, rows: WriteSet) -> WriteSet:
        """The set as it is: there is no other process."""
        return rows

    def run(self, work: Callable[[WriteUnit], _T]) -> _T:
        """``work`` in a write unit of its own."""
        with self.write() as unit:
            return work(unit)

    def close(self) -> None:
        """Lets go of everything."""
        with self._lock:
            self._closed = True
            self._tables = Tables()

    def _check_open(self) -> None:
        if self._closed:
            raise StorageError("store_closed", "this store was closed")
