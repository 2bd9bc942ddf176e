"""Many write units as parts of one transaction: an import that is only planned, or that is kept as a whole or not.

Decision: the same code writes in the same way, and what it wrote is taken back at the end; so a plan cannot come to
other counts than the run. Each part is undone by itself when it fails, as a transaction of its own would be. Others who
write wait meanwhile: on SQLite all of them, on PostgreSQL those who touch the same claims.
Authority: UX notes 6.4 and 6.5 (plan, atomic).
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

from ..states.case import Case
from ..workflow.desk import Desk
from ..workflow.ports import ControlRow, ReadUnit, Store, WriteSet, WriteUnit
from .memory import MemoryWrite


class TakenBack(Exception):
    """Ends the transaction without writing."""


class _Joined:
    """A store whose every unit is a part of one transaction."""

    def __init__(self, unit: WriteUnit) -> None:
        self._unit = unit

    @contextmanager
    def read(self) -> Generator[ReadUnit]:
        """What the transaction sees."""
        yield self._unit

    @contextmanager
    def write(self) -> Generator[WriteUnit]:
        """A part of the transaction; undone by itself when it fails."""
        if isinstance(self._unit, MemoryWrite):
            with self._unit.part():
                yield self._unit
            return
        unit: Any = self._unit  # the SQL store's
        with unit.connection.begin_nested():
            yield self._unit

    def look(self, after: int, claim: str | None) -> tuple[list[ControlRow], Case | None]:
        """What the transaction sees of the access journal and of a claim."""
        return self._unit.control(after), None if claim is None else self._unit.case(claim)

    def ready(self, rows: WriteSet) -> Any:
        """No other process sees this transaction, so none plans for it."""
        raise ValueError("nothing is handed over into a transaction that another process cannot see")

    def close(self) -> None:
        """The transaction ends with its block."""


@contextmanager
def one_transaction(desk: Desk) -> Generator[None]:
    """Everything the desk writes inside is one transaction; raise ``TakenBack`` to keep nothing of it."""
    store, dispatching, planners = desk.store, desk.dispatcher.store, desk.planners
    with suppress(TakenBack), store.write() as unit:
        joined: Store = _Joined(unit)
        desk.store = desk.dispatcher.store = joined
        desk.planners = None
        try:
            yield
        finally:
            desk.store, desk.dispatcher.store, desk.planners = store, dispatching, planners
