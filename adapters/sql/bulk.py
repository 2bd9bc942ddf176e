"""How PostgreSQL takes many rows: in a stream for each table.

Decision: from a handful of rows on COPY takes half the time of statements and a third of our own work. SQLAlchemy has
no word for it, so the driver is spoken to directly. Left out: a few rows, which go out together (``pipeline``).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy.engine import Connection

from .engine import translated

Rows = Sequence[tuple[Any, ...]]
#: From this many rows in one call on, they are copied.
MANY: Final = 40


def copied(connection: Connection, text: str, rows: Rows) -> None:
    """Hands rows over in one stream; ``text`` is the COPY statement."""
    with _driver(connection) as driver, driver.cursor() as cursor, cursor.copy(text) as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def _driver(connection: Connection) -> Generator[Any]:
    driver: Any = connection.connection.driver_connection
    try:
        yield driver
    except driver.Error as error:
        lost = driver.closed
        if lost:
            connection.invalidate()
        raise translated(error, lost=lost) from None
