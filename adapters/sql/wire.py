"""The driver below SQLAlchemy, for statements that are ready: text and tuples in, tuples out; one wire for each unit.

Decision: around each execution SQLAlchemy does a tenth of a millisecond of bookkeeping, and as much around a
transaction, that ready statements need nothing of; a command makes a score of them. The pool stays SQLAlchemy's, and so
does the connection for whoever asks for it: it is made then, in the transaction that stands.
Left out: statements that are made up at run time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import PoolProxiedConnection

from .engine import translated

Row = tuple[Any, ...]
#: The text of a statement, and the values of each time it is done.
Step = tuple[str, Sequence[Row]]


class Wire(Protocol):
    """One transaction and what runs the ready statements in it; its errors are ours."""

    @property
    def connection(self) -> Connection:
        """SQLAlchemy's connection over the same transaction."""
        ...

    @property
    def in_part(self) -> bool:
        """Whether a part of the transaction has begun that may be undone by itself."""
        ...

    def rows(self, text: str, values: Sequence[Any]) -> list[Row]:
        """The rows a statement finds."""
        ...

    def rows_of(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[list[Row]]:
        """The rows that each statement finds, in one round trip."""
        ...

    def look(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[list[Row]]:
        """The rows that each statement finds; each may see another state of the database."""
        ...

    def change(self, text: str, values: Sequence[Any]) -> int:
        """Does a statement once; how many rows it changed."""
        ...

    def many(self, text: str, rows: Sequence[Row]) -> int:
        """Does a statement for each row; how many rows it changed in all."""
        ...

    def write(self, steps: Sequence[Step], *, commit: bool) -> None:
        """Does every step in one round trip, with the commit where that is asked."""
        ...

    def commit(self) -> None:
        """Keeps what was written; what ended before has nothing to keep."""
        ...

    def close(self) -> None:
        """Gives the connection back; what was not committed is undone."""
        ...


class Pooled:
    """A connection of the pool, and SQLAlchemy's over it once somebody asks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._over: Connection | None = None
        self._take()

    def _take(self) -> None:
        try:
            self._pooled: PoolProxiedConnection = self._engine.pool.connect()
        except Exception as error:
            ours = translated(error)
            if ours is error:
                raise
            raise ours from None

    @property
    def in_part(self) -> bool:
        """Whether a part of the transaction has begun that may be undone by itself."""
        return self._over is not None and self._over.in_nested_transaction()

    def _made(self) -> Connection:
        if self._over is None:
            self._over = Connection(self._engine, connection=self._pooled)
            self._over.begin()
        return self._over

    def _invalidate(self) -> None:
        """The connection goes back to no pool; nothing where that was done before."""
        if self._over is not None:
            self._over.invalidate()
        elif self._pooled.is_valid:
            self._pooled.invalidate()

    def close(self) -> None:
        """Gives the connection back; what was not committed is undone."""
        if self._over is not None:
            self._over.close()
        elif self._pooled.is_valid:
            self._pooled.close()


class SqliteWire(Pooled):
    """Over ``sqlite3``, where a call costs next to nothing and ``executemany`` is the fastest there is."""

    def __init__(self, engine: Engine, *, writes: bool) -> None:
        super().__init__(engine)
        self._driver: Any = self._pooled.driver_connection
        try:
            self.rows("BEGIN IMMEDIATE" if writes else "BEGIN", ())
        except BaseException:
            self.close()
            raise

    @property
    def connection(self) -> Connection:
        """SQLAlchemy's connection over the same transaction."""
        return self._made()

    def rows(self, text: str, values: Sequence[Any]) -> list[Row]:
        """The rows a statement finds."""
        try:
            return self._driver.execute(text, values).fetchall()
        except sqlite3.Error as error:
            raise translated(error) from None

    def rows_of(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[list[Row]]:
        """The rows that each statement finds."""
        return [self.rows(text, values) for text, values in asked]

    look = rows_of

    def change(self, text: str, values: Sequence[Any]) -> int:
        """Does a statement once; how many rows it changed."""
        return self.many(text, [tuple(values)])

    def many(self, text: str, rows: Sequence[Row]) -> int:
        """Does a statement for each row; how many rows it changed in all."""
        try:
            return self._driver.executemany(text, rows).rowcount
        except sqlite3.Error as error:
            raise translated(error) from None

    def write(self, steps: Sequence[Step], *, commit: bool) -> None:
        """Does every step; the commit comes at the end of the unit."""
        for text, rows in steps:
            self.many(text, rows)

    def commit(self) -> None:
        """Keeps what was written."""
        try:
            self._engine.dialect.do_commit(self._pooled)
        except sqlite3.Error as error:
            # A transaction stays open whose commit could not be done; the connection's next user must not find it.
            self._driver.rollback()
            raise translated(error) from None


def strict(text: str) -> str:
    """The same UPDATE, which fails (``pipeline.Missed``) where it finds no row to change, and whatever follows too."""
    return f"WITH done AS ({text} RETURNING 1) SELECT 1 / count(*) FROM done"  # noqa: S608  # a statement of ours


def values_of(text: str) -> str:
    """The part of an INSERT that stands for one row: ``VALUES (...)``."""
    return text[text.index("VALUES") :].partition(" ON CONFLICT")[0]


def wire_of(engine: Engine, *, writes: bool) -> Wire:
    """A wire into the database of an engine; ``writes``: for a unit with the right to write."""
    if engine.dialect.name == "sqlite":
        return SqliteWire(engine, writes=writes)
    from .pipeline import PostgresWire  # psycopg is an optional package

    return PostgresWire(engine, writes=writes)
