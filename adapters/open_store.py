"""A store from an address: memory, a SQLite file, a PostgreSQL server.

Decision: an address is told apart by its scheme only; a bare path is a SQLite file. A new database is made ready on
first use. Authority: contract sections 6 and 7. Left out: other databases; their drivers were never proved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..states.errors import ConfigError
from ..workflow.ports import Store, Vault

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_MEMORY = ("memory:", ":memory:", "memory://", "sqlite:///:memory:")
_HINT = "use a path or sqlite:///claims.db, postgresql+psycopg://user@host/name, or memory:"


def open_store(
    url: str | Path,
    *,
    busy_timeout: float = 10.0,
    journal: str = "auto",
    pool_size: int = 5,
    cache_kib: int | None = None,
    sleep: Callable[[float], None] | None = None,
) -> Store:
    """The store at ``url``, made and brought up to date as far as that is safe.

    ``busy_timeout``: seconds to wait for another writer of a SQLite file. ``journal``: ``auto``, or a journal mode
    of SQLite. ``pool_size``: connections kept open. ``cache_kib``: pages that each connection to a SQLite file keeps.
    ``sleep`` waits between tries of ``run`` (tests replace it).
    """
    if _is_memory(url):
        from .memory import MemoryStore

        return MemoryStore()
    from .sql.engine import Options
    from .sql.store import SqlStore

    options = Options(busy_timeout=busy_timeout, journal=journal, pool_size=pool_size)
    if cache_kib is not None:
        options = replace(options, cache_kib=cache_kib)
    return SqlStore.open(database_url(url), options, sleep=sleep)


def _is_memory(url: str | Path) -> bool:
    return isinstance(url, str) and url in _MEMORY


def database_url(url: str | Path) -> URL:
    """The address as SQLAlchemy reads it; ConfigError for anything that is no SQLite file or PostgreSQL server."""
    from sqlalchemy.engine import URL, make_url
    from sqlalchemy.exc import ArgumentError

    text = str(url)
    if not text.strip():
        raise ConfigError("no_database", "no database is named", hint=_HINT)
    if isinstance(url, Path) or "://" not in text:
        if not isinstance(url, Path) and text.startswith(("sqlite:", "postgresql:", "postgres:", "file:")):
            raise ConfigError("bad_database_url", "this is not a database address", hint=_HINT)
        return URL.create("sqlite", database=text)
    try:
        found = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigError("bad_database_url", "this is not a database address", hint=_HINT) from None
    if found.drivername in ("sqlite", "sqlite+pysqlite"):
        if not found.database or found.database == ":memory:" or found.host:
            raise ConfigError("bad_database_url", "a SQLite address needs a path after three slashes", hint=_HINT)
        return found.set(drivername="sqlite")
    if found.drivername in ("postgresql", "postgresql+psycopg"):
        return found.set(drivername="postgresql+psycopg")
    raise ConfigError("unknown_database", f"{found.drivername} is not a database that claimdesk works with", hint=_HINT)


def default_vault(url: str | Path, keys: str | Path | None = None, store: Store | None = None) -> Vault:
    """The vault that belongs to a store: its epoch keys stand beside the file, never inside the database.

    ``store``: no key file is made for one that was begun with another.
    """
    from .vault import FileVault

    return FileVault(
        keys if keys is not None else default_keys(url), begun=None if store is None else lambda: was_begun(store)
    )


def was_begun(store: Store) -> bool:
    """Whether something in a store hangs on a key file: it was written to under one."""
    from ..workflow.digests import CHECK

    with store.read() as unit:
        return unit.meta(CHECK) is not None


def default_keys(url: str | Path) -> Path | None:
    """Where the epoch keys of a store are kept; None for a store in memory, whose keys die with it."""
    if _is_memory(url):
        return None
    found = database_url(url)
    if found.drivername == "sqlite":
        return Path(f"{found.database}.keys")
    return Path("claimdesk.keys")
