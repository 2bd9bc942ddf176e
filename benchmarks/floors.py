"""Floors: the least that any program must do for the same result, so that a ratio says how far we are from it.

The rows that a run left behind are read back and written once more with nothing around them: ``sqlite3`` with
``executemany``, psycopg with ``COPY``, in as many transactions as the run had batches of 500 claims. Same tables, same
indexes, same journal mode and synchronous setting; no trigger, no foreign key, no check, no reading: the floor pays for
no guard. It also writes each row once and in its last form, where a run may write one several times.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from .figure import Took, taking

BATCH = 500
Tables = dict[str, list[tuple[Any, ...]]]


def rows_of(database: Path) -> Tables:
    """Every row of every table of an SQLite file."""
    with sqlite3.connect(database) as db:
        names = [
            n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        ]
        return {n: db.execute(f'SELECT * FROM "{n}"').fetchall() for n in names}  # noqa: S608  # our own names


def sqlite(target: Path, source: Path, tables: Tables, claims: int) -> Took:
    """What raw ``sqlite3`` takes to write the rows of ``source`` into a new file."""
    with sqlite3.connect(source) as db:
        mode = db.execute("PRAGMA journal_mode").fetchone()[0]
        schema = [
            s
            for (s,) in db.execute(
                "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL "
                "AND name NOT LIKE 'sqlite_%'"
            )
        ]
    target.unlink(missing_ok=True)
    db = sqlite3.connect(target, isolation_level=None)
    db.execute(f"PRAGMA journal_mode={mode}")
    db.execute("PRAGMA synchronous=EXTRA" if mode != "wal" else "PRAGMA synchronous=FULL")
    for statement in sorted(schema, key=lambda s: not s.lstrip().upper().startswith("CREATE TABLE")):
        db.execute(statement)
    into = {n: f'INSERT INTO "{n}" VALUES ({",".join("?" * len(r[0]))})' for n, r in tables.items() if r}  # noqa: S608
    batches = -(-claims // BATCH)
    with taking() as took:
        for i in range(batches):
            db.execute("BEGIN IMMEDIATE")
            for name, statement in into.items():
                db.executemany(statement, _part(tables[name], i, batches))
            db.execute("COMMIT")
    db.close()
    return took


def _part(rows: list[tuple[Any, ...]], i: int, batches: int) -> list[tuple[Any, ...]]:
    return rows[len(rows) * i // batches : len(rows) * (i + 1) // batches]


def postgres_rows(connection: Any) -> Tables:
    """Every row of every table of a PostgreSQL database."""
    names = [n for (n,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")]
    return {n: connection.execute(f'SELECT * FROM "{n}"').fetchall() for n in names}  # noqa: S608  # our own names


def copy(connection: Any, tables: Tables, claims: int) -> Took:
    """What psycopg takes to ``COPY`` the rows into a database with the same tables, whose rows it empties.

    ``connection`` is a superuser's, in autocommit. Triggers and foreign keys rest meanwhile.
    """
    listed = ", ".join(f'"{n}"' for n in tables)
    connection.execute("SET session_replication_role = replica")
    connection.execute(f"TRUNCATE {listed} CASCADE")
    asked = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
    given = " AND is_generated = 'NEVER' ORDER BY ordinal_position"
    columns = {n: [f'"{c}"' for (c,) in connection.execute(asked + given, [n])] for n in tables}
    batches = -(-claims // BATCH)
    with taking() as took:
        for i in range(batches):
            with connection.transaction(), connection.cursor() as cursor:
                for name, rows in tables.items():
                    part = _part(rows, i, batches)
                    if part:
                        with cursor.copy(f'COPY "{name}" ({", ".join(columns[name])}) FROM STDIN') as stream:
                            for row in part:
                                stream.write_row(row)
    connection.execute("SET session_replication_role = DEFAULT")
    return took
