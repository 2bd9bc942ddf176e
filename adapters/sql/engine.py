"""Connections and transactions, exactly as the databases need them; errors as ours.

Decision: SQLite write units begin with BEGIN IMMEDIATE (a deferred transaction that turns into a writer fails at once
and cannot wait), rollback journal with ``synchronous=EXTRA``, WAL only where the library has the fix of its
reset bug; PostgreSQL writes at READ COMMITTED under row and advisory locks and reads from one snapshot.
Authority: trust notes 0 (findings 1, 2, 5) and 3.4. Left out: two-phase commit, asynchronous drivers.
"""

from __future__ import annotations

import random
import re
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, create_engine, event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import NoSuchModuleError

from ...states.errors import ClaimdeskError, ConfigError, Conflict, DatabaseBusy, IntegrityFailure, StorageError
from ..guards import refusal
from .revision import WAL_SAFE
from .tables import for_postgresql, metadata

_T = TypeVar("_T")

_TRIES = 8
_LONGEST_WAIT = 2.0
_JOURNALS = ("auto", "delete", "truncate", "persist", "wal")
_BEGIN = "claimdesk_begin"
#: Seconds to reach a host, and until one that is gone is given up (libpq's names; the last in milliseconds).
_PATIENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
#: Of an engine whose statements are prepared under no name, each time anew: nothing of ours stays in a session.
UNNAMED = "claimdesk_unnamed"


@dataclass(frozen=True, slots=True)
class Options:
    """How a database is opened."""

    busy_timeout: float = 10.0
    journal: str = "auto"
    pool_size: int = 5
    cache_kib: int = 12_288


def make_engine(url: URL, options: Options) -> Engine:
    """An engine whose transactions begin as they must and whose errors are ours."""
    if options.journal not in _JOURNALS:
        raise ConfigError("bad_journal", "this is no journal mode", field="journal", hint=", ".join(_JOURNALS))
    engine = _sqlite(url, options) if url.get_backend_name() == "sqlite" else _postgres(url, options)
    event.listen(engine, "handle_error", _on_error)
    return engine


def for_writing(engine: Engine) -> Engine:
    """The same engine, whose transactions take the right to write at once."""
    return engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})


def for_reading(engine: Engine) -> Engine:
    """The same engine, whose transactions see one state of the database and change nothing."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{_BEGIN: "BEGIN"})
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


# -- SQLite ----------------------------------------------------------------------------------------------------------


def _sqlite(url: URL, options: Options) -> Engine:
    journal = _journal(options.journal)
    parent = Path(url.database or "").parent
    if not parent.is_dir():
        raise ConfigError("no_such_folder", "the folder of the database is not there", hint="make it, or name another")
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=options.pool_size,
        max_overflow=-1,
        connect_args={"timeout": options.busy_timeout, "isolation_level": None, "check_same_thread": False},
    )

    def connected(connection: sqlite3.Connection, _record: object) -> None:
        synchronous = "FULL" if journal == "wal" else "EXTRA"
        mode = _set_journal(connection, journal)
        if mode == "wal" and sqlite3.sqlite_version_info < WAL_SAFE:
            raise ConfigError(
                "unsafe_journal",
                "this file is in WAL mode, which this SQLite library does not do safely",
                hint=f"close other programs on it, or use SQLite {'.'.join(map(str, WAL_SAFE))} or newer",
            )
        for pragma in (
            "foreign_keys=ON",
            "trusted_schema=OFF",
            f"synchronous={synchronous}",
            f"cache_size=-{options.cache_kib}",
            "temp_store=MEMORY",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    def begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        if driver.in_transaction:  # of a unit, whose connection this is
            return
        try:
            driver.execute(connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE"))
        except sqlite3.Error as error:
            raise translated(error) from None

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begin)
    return engine


def _set_journal(connection: sqlite3.Connection, journal: str) -> str:
    mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    if mode != journal:
        mode = str(connection.execute(f"PRAGMA journal_mode={journal}").fetchone()[0])
    return mode


def _journal(wanted: str) -> str:
    safe = sqlite3.sqlite_version_info >= WAL_SAFE
    if wanted == "wal" and not safe:
        raise ConfigError(
            "unsafe_journal",
            f"SQLite {sqlite3.sqlite_version} can damage a database in WAL mode",
            hint=f"use {'.'.join(map(str, WAL_SAFE))} or newer, or leave the journal mode to claimdesk",
        )
    if wanted == "auto":
        return "wal" if safe else "truncate"
    return wanted


# -- PostgreSQL ------------------------------------------------------------------------------------------------------


def _postgres(url: URL, options: Options) -> Engine:
    for_postgresql()
    prepared = url.query.get("prepared", "on")
    if prepared not in ("on", "off"):
        raise ConfigError("bad_database_url", "prepared is on or off", hint="leave it out, or write ?prepared=off")
    try:
        engine = create_engine(
            url.difference_update_query(["prepared"]),
            hide_parameters=True,
            paramstyle="format",
            execution_options={UNNAMED: prepared == "off"},
            pool_size=options.pool_size,
            max_overflow=-1,
            isolation_level="READ COMMITTED",
            # ``pipeline`` prepares our statements; psycopg would throw all of them away at its first roll-back.
            # Whatever a role or a database names in its settings, what we say is UTF-8.
            connect_args={**_patience(url), "prepare_threshold": None, "client_encoding": "UTF8"},
        )
    except (ModuleNotFoundError, NoSuchModuleError):
        raise ConfigError(
            "no_driver", "PostgreSQL needs its driver", hint='pip install "claimdesk[postgres]"'
        ) from None
    event.listen(engine, "connect", _refuse_other_encodings)
    return engine


def _patience(url: URL) -> dict[str, str]:
    """How long a host may be silent, where the address does not say: the system's own would wait for two hours."""
    return {name: seconds for name, seconds in _PATIENCE.items() if name not in url.query}


def _refuse_other_encodings(driver: Any, _record: object) -> None:
    """A database that cannot hold every name must not be found out by the first claim that has one."""
    kept = driver.info.parameter_status("server_encoding")
    if kept not in (None, "UTF8"):
        raise ConfigError(
            "database_encoding",
            f"this database keeps text in {kept}",
            hint="make one in UTF-8: createdb --encoding UTF8",
        )


# -- errors ----------------------------------------------------------------------------------------------------------


def _on_error(context: ExceptionContext) -> None:
    if not isinstance(context.original_exception, Exception):
        return  # an interrupt is no fault of the database, and nothing else may be made of it
    # Raised from here, our error replaces the driver's; its text could hold values of the row.
    raise translated(context.original_exception, lost=context.is_disconnect)


def translated(error: BaseException, *, lost: bool = False) -> BaseException:
    """Our error for a driver's error; what is none of theirs stays as it is."""
    if isinstance(error, ClaimdeskError):
        return error
    if isinstance(error, sqlite3.Error):
        return _from_sqlite(error)
    state = getattr(error, "sqlstate", None)
    if state is None and not lost and type(error).__module__.partition(".")[0] != "psycopg":
        return error
    return _from_postgres(error, state, lost)


_COLUMNS: dict[str, str] = {}


def _names() -> dict[str, str]:
    # SQLite names the columns of a broken unique rule, not the rule.
    if not _COLUMNS:
        for table in metadata.tables.values():
            keys = [c for c in table.constraints if isinstance(c, PrimaryKeyConstraint | UniqueConstraint)]
            for rule in (*keys, *(i for i in table.indexes if i.unique)):
                _COLUMNS[", ".join(f"{table.name}.{c.name}" for c in rule.columns)] = str(rule.name)
    return _COLUMNS


def _from_sqlite(error: sqlite3.Error) -> ClaimdeskError:
    text = str(error)
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseBusy("database_busy", hint="run it again; where several writers are normal, use PostgreSQL")
    if name.startswith("SQLITE_CONSTRAINT"):
        word, _, rest = text.partition(" ")
        if word == "guard":
            return refusal(rest)
        return refusal(_names().get(rest.partition(": ")[2], rest.partition(": ")[2] or "foreign_key"))
    if name == "SQLITE_NOTADB":
        return ConfigError("not_a_database", "this file is not a SQLite database", hint="name another file")
    if name.startswith("SQLITE_CORRUPT"):
        return IntegrityFailure("database_damaged", "the database file is damaged", hint="restore it from its backup")
    if name == "SQLITE_FULL":
        return StorageError("disk_full", "the disk is full; nothing was written", hint="make room and run it again")
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
        return ConfigError(
            "cannot_use_file",
            f"the database file cannot be used ({name.lower()})",
            hint="look at the path and at who may write there",
        )
    return StorageError("storage_failed", f"the database could not do it ({name.lower() or type(error).__name__})")


_STANDBY = "a standby takes no writes: name its primary; after an upgrade of the tables, run it again"
_POOLED = "behind a pooler that changes sessions between transactions, add ?prepared=off to the address"
_RETRY = {"40001": "serialization", "40P01": "deadlock", "55P03": "lock_timeout"}


def _from_postgres(error: BaseException, state: str | None, lost: bool) -> ClaimdeskError:
    if state in _RETRY:
        return StorageError(_RETRY[state], "two transactions were in each other's way; nothing was written")
    if state is not None and state.startswith("23"):
        name: Any = getattr(getattr(error, "diag", None), "constraint_name", None)
        return refusal(name or state)
    if state is None and (refused := _refused_at_the_door(error)) is not None:
        return refused
    if (
        lost
        or (state or "").startswith(("08", "57P"))
        or (state is None and type(error).__name__ == "OperationalError")
    ):
        return StorageError(
            "connection_lost",
            "the database cannot be reached; nothing was written",
            hint="look at the server, the address and the user, then run it again",
        )
    if state in ("42501", "25006"):
        return StorageError(
            "not_granted", f"this database user may not do that [{state}]", hint="see the grants in the docs"
        )
    if state == "53100":
        return StorageError("disk_full", "the disk is full; nothing was written", hint="make room and run it again")
    hint = _POOLED if state in ("26000", "42P05") else _STANDBY if state == "0A000" else ""
    return StorageError("storage_failed", f"the database could not do it [{state or type(error).__name__}]", hint=hint)


#: What a server says before there is a session, as libpq hands it on: without a code, in the server's language.
_NOT_LET_IN = re.compile(r"authentication failed|password|pg_hba\.conf|role \S+ (does not exist|is not permitted)")
_NO_DATABASE = re.compile(r"database .+ does not exist")
_NO_CONNECT = re.compile(r"permission denied for database")


def _refused_at_the_door(error: BaseException) -> ConfigError | None:
    """What no second try will mend: the address, the user or the password. The server's text is read, not repeated."""
    connection: Any = getattr(error, "pgconn", None)
    if connection is None or type(error).__name__ != "OperationalError":
        return None
    text = str(error)
    asked = bool(connection.needs_password)
    if asked or ("FATAL" in text and _NOT_LET_IN.search(text)):
        return ConfigError(
            "not_let_in",
            "the database did not let this user in",
            hint="look at the user in the address, at the password in ~/.pgpass and at the server's pg_hba.conf",
        )
    if _NO_DATABASE.search(text):
        return ConfigError(
            "no_database",
            "there is no such database on this server",
            hint="look at the name in the address, or make it: createdb --encoding UTF8 NAME",
        )
    if _NO_CONNECT.search(text):
        return ConfigError(
            "not_let_in",
            "this user may not connect to this database",
            hint="its owner says: GRANT CONNECT ON DATABASE NAME TO USER",
        )
    return None


def unknown_commit() -> StorageError:
    """The error of a connection that was lost while a commit was on its way."""
    return StorageError(
        "unknown_commit",
        "the connection was lost while writing: it may have been written or not",
        hint="read it again by its idempotency key before doing anything else",
    )


def may_retry(error: BaseException) -> bool:
    """Whether the whole unit of work may simply be done again: nothing was written, and the reason passes."""
    if isinstance(error, DatabaseBusy):
        return True
    return isinstance(error, StorageError) and error.code in {*_RETRY.values(), "connection_lost"}


def run_unit(
    unit: Callable[[], _T],
    *,
    sleep: Callable[[float], None] | None = None,
    jitter: Callable[[], float] | None = None,
    tries: int = _TRIES,
) -> _T:
    """``unit`` done again, whole, while it fails for reasons that pass; waits longer each time, with jitter.

    A stale version is not retried here: whoever planned on it must look again. ``unknown_commit`` is not either:
    what was asked may have been written, and only its idempotency key tells.
    """
    pause, chance = sleep or time.sleep, jitter or random.SystemRandom().random
    for attempt in range(1, tries + 1):
        try:
            return unit()
        except (StorageError, Conflict) as error:
            if attempt == tries or not may_retry(error):
                raise
        pause(min(_LONGEST_WAIT, 0.01 * 2**attempt) * (0.5 + chance() / 2))
    raise AssertionError("unreachable")
