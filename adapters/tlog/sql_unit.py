"""The log's tables in SQLite and PostgreSQL, over the connection of a unit of work.

Decision: rows go in by one statement for each table and batch. Authority: ``ports``, trust notes 2.3.
Left out: what must never happen to these rows, which the database's own guards say (``adapters/sql/triggers``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Connection

from ...states.errors import IntegrityFailure
from .ports import CheckpointRow, Leaf, State, Waiting

_LEAVES = """SELECT l.place, l.entry, l.hash, e.data FROM log_leaf l JOIN entry e ON e.id = l.entry
WHERE l.place >= ? AND l.place < ? ORDER BY l.place"""
_HASHES = """SELECT l.place, l.hash, e.leaf FROM log_leaf l JOIN entry e ON e.id = l.entry
WHERE l.place >= ? AND l.place < ? ORDER BY l.place"""
_WAITING = "SELECT p.n, p.entry, e.data, e.leaf FROM log_pending p JOIN entry e ON e.id = p.entry ORDER BY p.n LIMIT ?"
_STATE = "SELECT origin, size, edge, published, signed FROM log_state WHERE id = 1"
_CHECKPOINT = "SELECT size, root, note, signed_at FROM log_checkpoint"
_ADD_POSTGRES = """INSERT INTO log_leaf (place, entry, hash)
SELECT %s + t.i - 1, t.entry, t.hash FROM unnest(%s::text[], %s::bytea[]) WITH ORDINALITY AS t (entry, hash, i)"""


class SqlLog:
    """The log of a database inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection
        self._sqlite = connection.dialect.name == "sqlite"

    def _run(self, sql: str, *values: Any) -> Any:
        return self._c.exec_driver_sql(sql if self._sqlite else sql.replace("?", "%s"), values)

    def _all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Every row, as the driver gives them: a publication reads each entry once more."""
        found = self._run(sql, *values)
        rows = found.cursor.fetchall()
        found.close()
        return rows

    # -- reading -------------------------------------------------------------------------------------------------

    def state(self) -> State:
        """The state."""
        return _state(self._run(_STATE).first())

    def origin(self) -> str | None:
        """The origin that the entries of this store name."""
        row = self._run("SELECT value FROM meta WHERE name = 'origin'").first()
        return None if row is None else row[0]

    def waiting_count(self) -> int:
        """How many entries wait."""
        return self._run("SELECT COUNT(*) FROM log_pending").scalar_one()

    def first_waiting(self) -> Waiting | None:
        """The entry that waits longest."""
        return next(iter(self.waiting(1)), None)

    def waiting(self, limit: int) -> list[Waiting]:
        """The entries that wait, in the order they began to."""
        return [Waiting(n, entry, bytes(data), bytes(leaf)) for n, entry, data, leaf in self._all(_WAITING, limit)]

    def leaves(self, start: int, end: int) -> list[Leaf]:
        """The leaves of these places."""
        return [Leaf(p, entry, bytes(h), bytes(data)) for p, entry, h, data in self._all(_LEAVES, start, end)]

    def hashes(self, start: int, end: int) -> list[tuple[int, bytes, bytes]]:
        """(place, its hash, the hash of its entry in the journal)."""
        return [(place, bytes(h), bytes(leaf)) for place, h, leaf in self._all(_HASHES, start, end)]

    def place_of(self, entry: str) -> int | None:
        """The place of an entry."""
        row = self._run("SELECT place FROM log_leaf WHERE entry = ?", entry).first()
        return None if row is None else row[0]

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a tile."""
        row = self._run("SELECT hashes FROM log_tile WHERE level = ? AND number = ?", level, number).first()
        return b"" if row is None else bytes(row[0])

    def tile_count(self) -> int:
        """How many tiles there are, of all levels."""
        return self._run("SELECT COUNT(*) FROM log_tile").scalar_one()

    def checkpoint(self, size: int | None = None) -> CheckpointRow | None:
        """The checkpoint of a size, or the latest."""
        if size is None:
            row = self._run(f"{_CHECKPOINT} ORDER BY size DESC LIMIT 1").first()
        else:
            row = self._run(f"{_CHECKPOINT} WHERE size = ?", size).first()
        return None if row is None else _checkpoint(row)

    def checkpoints(self, after: int, limit: int) -> list[CheckpointRow]:
        """A page of checkpoints, by size."""
        rows = self._run(f"{_CHECKPOINT} WHERE size > ? ORDER BY size LIMIT ?", after, limit)
        return [_checkpoint(row) for row in rows]

    def cosignatures(self, size: int) -> list[str]:
        """The cosignature lines of a checkpoint."""
        rows = self._run("SELECT line FROM log_cosignature WHERE size = ? ORDER BY name, key", size)
        return [row[0] for row in rows]

    def last_cosigned(self, name: str) -> int:
        """The largest size that a witness cosigned."""
        return self._run("SELECT COALESCE(MAX(size), 0) FROM log_cosignature WHERE name = ?", name).scalar_one()

    # -- writing -------------------------------------------------------------------------------------------------

    def lock(self) -> State:
        """The state; SQLite's transaction is the only writer anyway."""
        return self.state() if self._sqlite else _state(self._run(f"{_STATE} FOR UPDATE").first())

    def add_leaves(self, start: int, rows: Sequence[tuple[str, bytes]]) -> None:
        """Gives entries their places."""
        if self._sqlite:
            numbered = [(start + i, entry, hashed) for i, (entry, hashed) in enumerate(rows)]
            self._c.exec_driver_sql("INSERT INTO log_leaf (place, entry, hash) VALUES (?, ?, ?)", numbered)
        else:
            self._c.exec_driver_sql(_ADD_POSTGRES, (start, [r[0] for r in rows], [r[1] for r in rows]))

    def no_longer_waiting(self, rows: Sequence[Waiting]) -> None:
        """Takes them out of the waiting."""
        numbers = [row.n for row in rows]
        if self._sqlite:
            chosen = "DELETE FROM log_pending WHERE n IN (SELECT value FROM json_each(?))"
            self._run(chosen, json.dumps(numbers))
        else:
            self._run("DELETE FROM log_pending WHERE n = ANY(?)", numbers)

    def put_tile(self, level: int, number: int, hashes: bytes, *, is_new: bool) -> None:
        """Writes a tile, or what was added to it."""
        if is_new:
            self._run("INSERT INTO log_tile (level, number, hashes) VALUES (?, ?, ?)", level, number, hashes)
        else:
            self._run("UPDATE log_tile SET hashes = ? WHERE level = ? AND number = ?", hashes, level, number)

    def add_checkpoint(self, row: CheckpointRow) -> None:
        """Keeps a signed checkpoint."""
        self._run("INSERT INTO log_checkpoint (size, root, note, signed_at) VALUES (?, ?, ?, ?)", *row)

    def add_cosignature(self, size: int, name: str, key: str, line: str) -> None:
        """Keeps a cosignature; the first of a witness for a size stays."""
        self._run(
            "INSERT INTO log_cosignature (size, name, key, line) SELECT ?, ?, ?, ? WHERE NOT EXISTS"
            " (SELECT 1 FROM log_cosignature c WHERE c.size = ? AND c.name = ? AND c.key = ?)",
            size, name, key, line, size, name, key,
        )  # fmt: skip

    def set_state(self, state: State) -> None:
        """Keeps the state."""
        self._run("UPDATE log_state SET origin = ?, size = ?, edge = ?, published = ?, signed = ? WHERE id = 1", *state)


def _state(row: Any) -> State:
    if row is None:
        raise IntegrityFailure("log_unsound", "the database's own log is not sound: its state is gone",
                               hint="restore it from a backup")  # fmt: skip
    return State(row[0], row[1], bytes(row[2]), row[3], row[4])


def _checkpoint(row: Any) -> CheckpointRow:
    return CheckpointRow(row[0], bytes(row[1]), bytes(row[2]), row[3])
