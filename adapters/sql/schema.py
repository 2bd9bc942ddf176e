"""Whether a database holds our tables, at which revision, and how an empty one gets them.

Decision: an empty database is made straight from the tables (in milliseconds, without loading the migration tool)
and stamped with their revision; a test proves that the migrations come to the same. Authority: contract section 7
(made on first use). Left out: changing a database that is not empty; see ``migrate``.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, String, Table, insert, inspect, select
from sqlalchemy import MetaData as _MetaData
from sqlalchemy.engine import Connection

from ...states.errors import SchemaMismatch
from . import guards, revision
from .revision import HEAD, VERSION_TABLE
from .tables import metadata

EMPTY: Final = ""
#: Every revision there ever was, oldest first.
KNOWN: Final = revision.KNOWN
_ADVISORY: Final = 0x636C61696D65
_apart = _MetaData()
_version = Table(VERSION_TABLE, _apart, Column("version_num", String(32), nullable=False, primary_key=True))
_version.primary_key.name = f"{VERSION_TABLE}_pkc"


def state_of(connection: Connection) -> str:
    """The revision of the database, or EMPTY."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return EMPTY
    found = connection.execute(select(_version.c.version_num)).first()
    return EMPTY if found is None else str(found[0])


def one_at_a_time(connection: Connection) -> None:
    """Whoever changes tables waits for others who do; SQLite has one writer anyway."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_ADVISORY,))


def create(connection: Connection) -> None:
    """Makes everything in an empty database; nothing when somebody else just did."""
    one_at_a_time(connection)
    if state_of(connection) != EMPTY:
        return
    refuse_strangers(connection)
    metadata.create_all(connection, checkfirst=False)
    for statement in guards.every(connection.dialect.name):
        connection.exec_driver_sql(statement)
    _apart.create_all(connection, checkfirst=True)
    connection.execute(insert(_version).values(version_num=HEAD))


def refuse_strangers(connection: Connection) -> None:
    """SchemaMismatch when tables of our names are there that we did not make."""
    taken = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
    if taken:
        raise SchemaMismatch(
            "tables_taken",
            f"this database has tables of other programs: {', '.join(taken)}",
            hint="name another database, or a schema of its own (?options=-csearch_path=claimdesk)",
        )
