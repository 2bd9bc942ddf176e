"""The floor with its guards on: raw ``sqlite3`` or ``COPY`` writing the very same rows into the very same database.

``floors.sqlite`` leaves every trigger and foreign key out, so it says what the rows alone cost. Here both sides have
the same tables, indexes, triggers, foreign keys and settings: what is left between them is reading, deciding, encoding
and checking. The rows go in as whoever has them ready would write them: 500 claims a transaction, each table with one
``executemany`` or ``COPY``, in an order the guards accept; what a trigger writes itself (an entry waits for its place
in the log) is not written twice.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from itertools import takewhile
from pathlib import Path
from typing import Any

from .figure import Took, taking
from .floors import BATCH, Tables

#: The tables of a claim in an order the guards accept; decisions that give a recovery up come after the transfers.
ORDER = ("case", "entry", "sealed", "decision", "transfer", "exempt", "notice", "task", "source")
_AT_ONCE = ("meta",)
Batch = dict[str, list[tuple[Any, ...]]]


def sqlite(target: Path, source: Path, tables: Tables) -> Took:
    """What it takes to write the rows of ``source`` into a new file with the same schema and settings."""
    with sqlite3.connect(source) as db:
        columns = {n: [r[1] for r in db.execute(f'PRAGMA table_info("{n}")')] for n in tables}
        schema = db.execute("SELECT type, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
        made = sorted(schema.fetchall(), key=lambda row: ("table", "index", "view", "trigger").index(row[0]))
        mode = db.execute("PRAGMA journal_mode").fetchone()[0]
    batches = batches_of(tables, columns)
    log = _Log(tables)
    target.unlink(missing_ok=True)
    db = sqlite3.connect(target, isolation_level=None)
    for pragma in (
        f"journal_mode={mode}", f"synchronous={'FULL' if mode == 'wal' else 'EXTRA'}", "foreign_keys=ON",
        "cache_size=-12288", "temp_store=MEMORY", "secure_delete=ON",
    ):  # fmt: skip
        db.execute(f"PRAGMA {pragma}")
    for _, statement in made:
        db.execute(statement)
    with taking() as took:
        db.execute("BEGIN IMMEDIATE")
        for name in _AT_ONCE:
            _insert(db, name, tables[name])
        db.execute("COMMIT")
        for batch in batches:
            db.execute("BEGIN IMMEDIATE")
            for name in ORDER:
                _insert(db, "decision" if name == "exempt" else name, batch[name])
            log.follow(db, batch["entry"])
            db.execute("COMMIT")
        db.execute("BEGIN IMMEDIATE")
        log.end(db)
        db.execute("COMMIT")
    left = {n: len(r) for n, r in tables.items()}
    kept = {n: db.execute(f'SELECT COUNT(*) FROM "{n}"').fetchone()[0] for n in tables}  # noqa: S608  # our own names
    db.close()
    if left != kept:
        raise SystemExit(f"the floor wrote other rows: {[n for n in left if left[n] != kept[n]]}")
    return took


def _insert(db: sqlite3.Connection, name: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        db.executemany(f'INSERT INTO "{name}" VALUES ({",".join("?" * len(rows[0]))})', rows)  # noqa: S608


def batches_of(tables: Tables, columns: dict[str, list[str]]) -> list[Batch]:
    """The rows of each 500 claims, sellers' files where their first entry is."""
    entries = sorted(tables["entry"])  # ids are in the order they were made in
    place = columns["entry"].index("claim")
    cases = {row[0]: row for row in tables["case"]}
    found: list[Batch] = []
    of: dict[str, Batch] = {}
    claims = BATCH
    for case in dict.fromkeys(row[place] for row in entries):
        if claims == BATCH:
            found.append(defaultdict(list))
            claims = 0
        of[case] = found[-1]
        found[-1]["case"].append(cases[case])
        claims += case.startswith("CLM-")
    seq, exempt = columns["entry"].index("seq"), columns["decision"].index("exempt")
    for row in sorted(entries, key=lambda row: row[seq]):
        of[row[place]]["entry"].append(row)
    for name in ORDER[2:]:
        table = "decision" if name == "exempt" else name
        whose = columns[table].index("claim")
        for row in sorted(tables[table]):
            if table != "decision" or bool(row[exempt]) == (name == "exempt"):
                of[row[whose]][name].append(row)
    return found


def postgres(connection: Any, tables: Tables) -> Took:
    """What psycopg takes to ``COPY`` the rows into the database they came from, whose rows it empties.

    ``connection`` is a superuser's, in autocommit; triggers and foreign keys rest only while it empties the tables and
    puts back what is there before any claim.
    """
    asked = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
    columns = {n: [c for (c,) in connection.execute(f"{asked} ORDER BY ordinal_position", [n])] for n in tables}
    batches = batches_of(tables, columns)
    connection.execute("SET session_replication_role = replica")
    emptied = ", ".join(f'"{n}"' for n in tables)
    connection.execute(f"TRUNCATE {emptied} CASCADE")
    with connection.cursor() as cursor:
        for name in (*_AT_ONCE, "log_state", "claimdesk_version"):
            _copy(cursor, name, columns[name], tables[name])
    connection.execute("SET session_replication_role = DEFAULT")
    with taking() as took:
        for batch in batches:
            with connection.transaction(), connection.cursor() as cursor:
                for name in ORDER:
                    table = "decision" if name == "exempt" else name
                    _copy(cursor, table, columns[table], batch[name])
    kept = {n: connection.execute(f'SELECT COUNT(*) FROM "{n}"').fetchone()[0] for n in tables}  # noqa: S608
    if wrong := [n for n, rows in tables.items() if len(rows) != kept[n]]:
        raise SystemExit(f"the floor wrote other rows: {wrong}")
    return took


def _copy(cursor: Any, name: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    if rows:
        listed = ", ".join(f'"{c}"' for c in columns)
        with cursor.copy(f'COPY "{name}" ({listed}) FROM STDIN') as stream:
            for row in rows:
                stream.write_row(row)


class _Log:
    """The rows of the transparency log, which follow the entries; none where it was not sequenced."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.leaves = sorted(tables["log_leaf"])
        self.checkpoints = sorted(tables["log_checkpoint"])
        self.written: set[str] = set()
        self.done = 0

    def follow(self, db: sqlite3.Connection, entries: list[tuple[Any, ...]]) -> None:
        """Places for the entries that are there, as far as one was signed for them."""
        if not self.checkpoints:
            return
        self.written.update(row[0] for row in entries)
        ready = list(takewhile(lambda leaf: leaf[1] in self.written, self.leaves[self.done :]))
        while self.checkpoints and self.checkpoints[0][0] <= self.done + len(ready):
            checkpoint = self.checkpoints.pop(0)
            count = checkpoint[0] - self.done
            _insert(db, "log_leaf", ready[:count])
            db.executemany("DELETE FROM log_pending WHERE entry = ?", [(leaf[1],) for leaf in ready[:count]])
            _insert(db, "log_checkpoint", [checkpoint])
            ready, self.done = ready[count:], checkpoint[0]

    def end(self, db: sqlite3.Connection) -> None:
        """Tiles and the state, once, in their last form."""
        for name in ("log_tile", "log_state", "log_cosignature"):
            _insert(db, name, self.tables[name])
        version = self.tables.get("claimdesk_version", [])
        _insert(db, "claimdesk_version", version)
