"""The driver below SQLAlchemy's connection, for statements that are ready: text and tuples in, tuples out.

Decision: around each execution SQLAlchemy does a tenth of a millisecond of bookkeeping that a ready statement needs
nothing of, and a command makes a score of them. The connection and its pool stay SQLAlchemy's; a transaction
that it began is the one these statements run in. Left out: statements that are made up at run time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy.engine import Connection

from .engine import translated

Row = tuple[Any, ...]
#: The text of a statement, and the values of each time it is done.
Step = tuple[str, Sequence[Row]]


class Wire(Protocol):
    """What runs the ready statements of one unit; its errors are ours."""

    def rows(self, text: str, values: Sequence[Any]) -> list[Row]:
        """The rows a statement finds."""
        ...

    def change(self, text: str, values: Sequence[Any]) -> int:
        """Does a statement once; how many rows it changed."""
        ...

    def many(self, text: str, rows: Sequence[Row]) -> int:
        """Does a statement for each row; how many rows it changed in all."""
        ...

    def rows_of(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[list[Row]]:
        """The rows that each statement finds, in one round trip."""
        ...

    def write(self, steps: Sequence[Step], *, commit: bool) -> None:
        """Does every step in one round trip, with the commit where that is asked."""
        ...

    def end(self) -> None:
        """Ends a transaction that only read; what began none has nothing to end."""
        ...


class SqliteWire:
    """Over ``sqlite3``, where a call costs next to nothing and ``executemany`` is the fastest there is."""

    def __init__(self, connection: Connection) -> None:
        self._driver: Any = connection.connection.driver_connection

    def rows(self, text: str, values: Sequence[Any]) -> list[Row]:
        """The rows a statement finds."""
        try:
            return self._driver.execute(text, values).fetchall()
        except sqlite3.Error as error:
            raise translated(error) from None

    def change(self, text: str, values: Sequence[Any]) -> int:
        """Does a statement once; how many rows it changed."""
        return self.many(text, [values])  # pyright: ignore[reportArgumentType]

    def many(self, text: str, rows: Sequence[Row]) -> int:
        """Does a statement for each row; how many rows it changed in all."""
        try:
            return self._driver.executemany(text, rows).rowcount
        except sqlite3.Error as error:
            raise translated(error) from None

    def rows_of(self, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[list[Row]]:
        """The rows that each statement finds."""
        return [self.rows(text, values) for text, values in asked]

    def write(self, steps: Sequence[Step], *, commit: bool) -> None:
        """Does every step; the commit is the store's."""
        for text, rows in steps:
            self.many(text, rows)

    def end(self) -> None:
        """SQLAlchemy began this transaction and ends it."""


def strict(text: str) -> str:
    """The same UPDATE, which fails (``pipeline.Missed``) where it finds no row to change, and whatever follows too."""
    return f"WITH done AS ({text} RETURNING 1) SELECT 1 / count(*) FROM done"  # noqa: S608  # a statement of ours


def wire_of(connection: Connection, *, writes: bool) -> Wire:
    """The wire of a connection; ``writes``: for a unit with the right to write."""
    if connection.dialect.name == "sqlite":
        return SqliteWire(connection)
    from .pipeline import PostgresWire  # psycopg is an optional package

    return PostgresWire(connection, writes=writes)
