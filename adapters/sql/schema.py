"""Whether a database holds our tables, at which revision, and how an empty one gets them.

Decision: an empty database is made straight from the tables (in milliseconds, without loading the migration tool)
and stamped with their revision; a test proves that the migrations come to the same. Authority: the brief of the
first use: made when new, refused when newer. Left out: changing a database that is not empty; see ``migrate``.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import inspect
from sqlalchemy.engine import Connection

from . import guards
from .tables import REVISION, VERSION_TABLE, metadata

EMPTY: Final = ""
READY: Final = REVISION
_ADVISORY: Final = 0x636C61696D65


def state_of(connection: Connection) -> str:
    """The revision of the database, or EMPTY."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return EMPTY
    row = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").first()
    return EMPTY if row is None else str(row[0])


def create(connection: Connection) -> None:
    """Makes everything in an empty database; nothing when somebody else just did."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_ADVISORY,))
    if state_of(connection) != EMPTY:
        return
    metadata.create_all(connection, checkfirst=False)
    for statement in guards.every(connection.dialect.name):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(
        f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL, "
        f"CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} (version_num) VALUES ('{REVISION}')")  # noqa: S608
