"""Whether the database keeps what it acknowledged: settings that an operator can get wrong.

Decision: told, not enforced when a store is opened, because a test server without ``fsync`` is a fair thing; the doctor
and whoever starts a service ask. Authority: trust notes 3.4 (durability). Left out: disks that lie.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy.engine import Engine

from .engine import for_reading
from .revision import WAL_SAFE

_SERVER = {"fsync": ("on",), "full_page_writes": ("on",), "synchronous_commit": ("on", "remote_apply", "remote_write")}
_FULL, _EXTRA = 2, 3


def faults(engine: Engine) -> list[str]:
    """What is set so that an acknowledged write could be lost or damaged; empty when nothing is."""
    with for_reading(engine).connect() as connection:

        def told(question: str) -> Any:
            return connection.exec_driver_sql(question).scalar()

        if engine.dialect.name != "sqlite":
            values = {name: told(f"SHOW {name}") for name in _SERVER}
            return [f"{name} is {values[name]}" for name, good in _SERVER.items() if values[name] not in good]
        found: list[str] = []
        mode, synchronous = told("PRAGMA journal_mode"), told("PRAGMA synchronous")
        if mode == "wal" and sqlite3.sqlite_version_info < WAL_SAFE:
            found.append(f"journal_mode is wal with SQLite {sqlite3.sqlite_version}")
        if mode in ("off", "memory"):
            found.append(f"journal_mode is {mode}")
        if synchronous < (_FULL if mode == "wal" else _EXTRA):
            found.append(f"synchronous is {synchronous}")
        if told("PRAGMA foreign_keys") != 1:
            found.append("foreign_keys is off")
        return found
