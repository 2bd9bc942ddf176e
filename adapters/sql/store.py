"""The store in a database: units of work, and whether the database fits this version.

Decision: the transaction belongs to the unit and ends with it. When the connection is lost while a commit is on its
way, nobody knows whether it was done; that is an error of its own (``unknown_commit``), to be settled by reading the
idempotency key again. Authority: ports, trust notes 3.4. Left out: nested units.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from ...states.case import Case
from ...states.errors import ClaimdeskError, StorageError
from ...workflow.ports import ControlRow, WriteSet, WriteUnit
from . import schema
from .durability import faults
from .engine import Options, for_reading, for_writing, make_engine, run_unit
from .ready import Ready, ready
from .statements import statements_of
from .units import SqlRead, SqlWrite, looked
from .wire import Wire, wire_of

_T = TypeVar("_T")


class SqlStore:
    """A store over one database."""

    def __init__(
        self, url: URL, options: Options | None = None, *, sleep: Callable[[float], None] | None = None
    ) -> None:
        self.engine = make_engine(url, options or Options())
        self._reads, self._writes = for_reading(self.engine), for_writing(self.engine)
        self._statements = statements_of(self.engine.dialect)
        self._standing: set[str] = set()
        self._sleep = sleep
        self._process = os.getpid()

    @classmethod
    def open(
        cls, url: URL, options: Options | None = None, *, sleep: Callable[[float], None] | None = None
    ) -> SqlStore:
        """The store at ``url``, its tables made when there are none, brought up to date when that is safe."""
        store = cls(url, options, sleep=sleep)
        try:
            store.prepare()
        except BaseException:
            store.close()
            raise
        return store

    def prepare(self) -> None:
        """Makes the tables of a new database; SchemaMismatch when the database needs something else."""
        with _ours(), self._reads.connect() as connection:
            found = schema.state_of(connection)
        if found == schema.KNOWN[-1]:
            return
        if found != schema.EMPTY:
            from .migrate import upgrade_or_refuse

            upgrade_or_refuse(self.engine, found)
            return

        def make() -> None:
            with _ours(), self._writes.connect() as connection, connection.begin():
                schema.create(connection)

        run_unit(make, sleep=self._sleep)

    @contextmanager
    def read(self) -> Generator[SqlRead]:
        """One state of the database."""
        with self._wire(writes=False) as wire:
            yield SqlRead(wire, self._statements)

    @contextmanager
    def write(self) -> Generator[SqlWrite]:
        """A write unit: all of it is kept when the block ends, none of it when it raises."""
        with self._wire(writes=True) as wire:
            yield SqlWrite(wire, self._statements, self._standing)  # an exception leaves here and rolls back
            wire.commit()

    @contextmanager
    def _wire(self, *, writes: bool) -> Generator[Wire]:
        self._after_fork()
        with _ours():
            wire = wire_of(self.engine, writes=writes)
            try:
                yield wire
            finally:
                wire.close()

    def look(self, after: int, claim: str | None) -> tuple[list[ControlRow], Case | None]:
        """What stands before a command: the access journal after a place, and the claim."""
        with self._wire(writes=False) as wire:
            return looked(wire, self._statements, after, claim)

    def run(self, work: Callable[[WriteUnit], _T]) -> _T:
        """``work`` in a write unit of its own, done again as a whole while it fails for reasons that pass."""

        def unit() -> _T:
            with self.write() as write:
                return work(write)

        return run_unit(unit, sleep=self._sleep)

    def ready(self, rows: WriteSet) -> Ready:
        """A set as ``append_ready`` of a write unit takes it, also in another process."""
        return ready(rows)

    def scrub(self) -> None:
        """Lets go of what deleted and changed rows leave behind, as far as the database does that for us.

        SQLite overwrites what it deletes, and its write-ahead log is emptied here; PostgreSQL is asked to vacuum, which
        it only does for the owner of the tables.
        """

        def scrubbed() -> None:
            with _ours(), self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                driver: Any = connection.connection.driver_connection
                if self.engine.dialect.name == "sqlite":
                    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                else:
                    connection.exec_driver_sql('VACUUM "sealed", "notice"')

        run_unit(scrubbed, sleep=self._sleep)  # its connection may have died in the pool

    def durability(self) -> list[str]:
        """What is set so that an acknowledged write could be lost; empty when nothing is."""

        def told() -> list[str]:
            with _ours():
                return faults(self.engine)

        return run_unit(told, sleep=self._sleep)

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()

    def _after_fork(self) -> None:
        # A connection must never be used by two processes; a child starts with none of its parent's.
        if self._process != os.getpid():
            self.engine.dispose(close=False)
            self._process = os.getpid()


@contextmanager
def _ours() -> Generator[None]:
    """What comes out is ours: a driver's text could hold values of a row."""
    try:
        yield
    except ClaimdeskError as error:
        _without_driver(error)
        raise
    except SQLAlchemyError as error:
        raise StorageError("storage_failed", f"the database could not do it ({type(error).__name__})") from None


def _without_driver(error: BaseException) -> None:
    known: Any = error.__cause__ or error.__context__
    if known is not None and type(known).__module__.partition(".")[0] in ("psycopg", "sqlite3"):
        error.__cause__ = None
        error.__suppress_context__ = True
        error.__context__ = None
