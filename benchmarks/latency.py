"""What one durable command takes: ``file``, and the screening that decides a claim, each in a transaction of its own.

``python -m benchmarks.latency --claims 1000000 --commands 400``. On SQLite in an empty store and in a large one
(``grown.py``), and on PostgreSQL where a server can be had. The floor is a raw transaction of ``sqlite3`` or psycopg
(in a pipeline, so one wait for the network) that writes the very same rows as such a command of ours did, under other
ids, into the same database: same tables, indexes, journal mode and synchronous setting, nothing read or decided. It is
taken twice: the rows alone, without triggers and foreign keys (what writing costs), and with the same guards on both
sides (what reading, deciding and encoding cost). Commands and floors take turns, a few dozen of each, because triggers
can only be taken off between them. Of a file in ``/dev/shm`` both sides wait for no disk, which makes the ratio look
worse than it is on one (``--folder`` says where the files lie).
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from claimdesk import ClaimDesk

from .figure import Figures, figure, progress
from .grown import code_of, grown
from .server import server
from .table import show

_TURNS = 4
_GUARDED = "beside raw with the same guards on"
#: Where a command leaves rows, in the order they can be written; the name of the claim's column.
_TABLES = {"case": "id", "entry": "claim", "sealed": "claim", "decision": "claim", "transfer": "claim",
           "notice": "claim", "task": "claim"}  # fmt: skip
_SELLER: dict[str, Any] = {"id": "ALATENCY", "legal_entity": "Lumen Ltd", "in_good_standing": True}
Rows = dict[str, list[tuple[Any, ...]]]
Run = Callable[[str, Sequence[Any]], Any]
#: Milliseconds of ours, of the rows alone, of the rows with the guards on.
Times = tuple[list[float], list[float], list[float]]


def figures(
    *, quick: bool = False, claims: int | None = None, commands: int | None = None, folder: Path | None = None,
    keep: Path | None = None,
) -> Figures:  # fmt: skip
    """p50 and p99 in milliseconds, each beside the floor's."""
    large, count = claims or (1_000 if quick else 20_000), commands or (40 if quick else 200)
    found: Figures = {}
    costs: dict[str, dict[str, float]] = {}
    for size in (0, large):
        with tempfile.TemporaryDirectory(dir=folder) as made:
            path = Path(made) / "claims.db" if keep is None or not size else keep
            if size and not path.exists():
                progress(f"latency: a store of {size:,} claims")
                grown(path, size)
            progress(f"latency: {count} commands in a store of {size:,} claims")
            told = _Sqlite(path).measure(count)
        for name, (ours, floor, guarded) in told.items():
            where = f"SQLite, {size:,} claims" if size else "SQLite, an empty store"
            found |= _told(f"{name}, {where}", ours, floor, {"p50": "at most 2.5", "p99": "at most 3"})
            found |= _told(f"{name}, {where}, {_GUARDED}", ours, guarded, {"p50": "at most 2.5", "p99": "at most 3"})
            costs.setdefault(name, {})["large" if size else "empty"] = statistics.median(ours)
    for name, cost in costs.items():
        found[f"{name}, {large:,} claims beside an empty store, p50"] = figure(
            cost["large"], "ms", floor=cost["empty"], ratio=cost["large"] / cost["empty"], aim="at most 1.3"
        )
    with suppress(LookupError), server() as running, running.database() as url:
        progress(f"latency: {count} commands on PostgreSQL")
        for name, (ours, floor, guarded) in _Postgres(url).measure(count).items():
            found |= _told(f"{name}, PostgreSQL", ours, floor, {"p50": "at most 3", "p99": ""})
            found |= _told(f"{name}, PostgreSQL, {_GUARDED}", ours, guarded, {"p50": "at most 3", "p99": ""})
    return found


def _told(name: str, ours: list[float], floor: list[float], aims: Mapping[str, str]) -> Figures:
    found: Figures = {}
    for which, share in (("p50", 0.5), ("p99", 0.99)):
        value, least = _at(ours, share), _at(floor, share)
        found[f"{name}, {which}"] = figure(value, "ms", floor=least, ratio=value / least, aim=aims[which])
    return found


def _at(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


class _Database:
    """One database: commands through the desk, floors past it."""

    mark: str
    url: str
    of_table: str  #: the question after the columns of a table

    def run(self, text: str, values: Sequence[Any] = ()) -> Any:
        """A statement on the raw connection, ``?`` for each value; its rows."""
        raise NotImplementedError

    def floors(self, writes: Sequence[Sequence[tuple[str, tuple[Any, ...]]]], *, guards: bool) -> list[float]:
        """Milliseconds of each transaction; ``guards``: triggers and foreign keys are on."""
        raise NotImplementedError

    def measure(self, count: int) -> dict[str, Times]:
        """By command: milliseconds of ours, and of both floors."""
        turn = max(2, count // _TURNS)
        with ClaimDesk.open(self.url, actor="cs:mei") as desk:
            self.commands = _Commands(desk)
            for _ in range(5):  # what is made once is made
                self.commands.screen(self.commands.file()[0])
            found: dict[str, Times] = {"file": ([], [], []), "record_screening": ([], [], [])}
            for number in range(_TURNS):
                told = [self.commands.file() for _ in range(turn)]
                found["file"][0].extend(ms for _, ms in told)
                found["record_screening"][0].extend(self.commands.screen(claim) for claim, _ in told)
                for which, guards in ((1, False), (2, True)):
                    filed, screened, waiting = self._seen(turn)
                    first = number * turn + which * 100_000  # of the ids
                    for name, rows, claims in (("file", filed, [None] * turn), ("record_screening", screened, waiting)):
                        first += 300_000 * (name != "file")
                        writes = [self._writes(rows, claim, first + n, guards) for n, claim in enumerate(claims)]
                        found[name][which].extend(self.floors(writes, guards=guards))
        return found

    def _seen(self, turn: int) -> tuple[Rows, Rows, list[str | None]]:
        """(the rows a filing left, the rows a screening left, claims that wait for one)."""
        claim, _ = self.commands.file()
        filed = self._rows(claim)
        self.commands.screen(claim)
        after = self._rows(claim)
        fresh = {name: [row for row in rows if row not in filed[name]] for name, rows in after.items()}
        fresh["gone"] = [row for row in filed["task"] if row not in after["task"]]
        return filed, fresh, [self.commands.file()[0] for _ in range(turn)]

    def _rows(self, claim: str) -> Rows:
        columns = {name: self.columns(name) for name in _TABLES}
        return {
            name: [tuple(r) for r in self.run(
                f'SELECT {", ".join(columns[name])} FROM "{name}" WHERE {own} = ?', (claim,))]  # noqa: S608
            for name, own in _TABLES.items()
        }  # fmt: skip

    @cache  # noqa: B019  # a handful of tables of a database that lives as long as the run
    def columns(self, table: str) -> list[str]:
        """The columns of a table."""
        return [row[0] for row in self.run(self.of_table, (table,))]

    def _writes(
        self, rows: Rows, claim: str | None, number: int, guards: bool
    ) -> list[tuple[str, tuple[Any, ...]]]:  # fmt: skip
        """The statements that write such rows again under other ids: of a new claim, or of one that is there.

        ``guards``: an entry comes to wait for its place in the log by itself.
        """
        told = str(rows["case"][0][0])
        head, code = told[4:9], "Y" + code_of(number)[1:]

        def named(value: Any) -> Any:
            if not isinstance(value, str):
                return value
            return (value.replace(told, claim) if claim else value).replace(f"-{head}", f"-{code}")

        def own(value: Any) -> Any:  # a claim that is there keeps its name
            return named(value) if claim is None else value.replace(told, claim) if isinstance(value, str) else value

        found: list[tuple[str, tuple[Any, ...]]] = []
        for name in _TABLES:
            columns = self.columns(name)
            for row in rows[name]:
                if name == "case" and claim is not None:
                    sets = ", ".join(f"{c} = {self.mark}" for c in columns[1:])
                    values = (*(own(v) for v in row[1:]), claim)
                    found.append((f'UPDATE "case" SET {sets} WHERE id = {self.mark}', values))  # noqa: S608
                    continue
                marks = ", ".join(self.mark for _ in columns)
                values = tuple(
                    own(v) if c == "claim" or (name == "task" and c == "id" and ":" in str(v)) else named(v)
                    for c, v in zip(columns, row, strict=True)
                )
                if claim is not None and name != "task":
                    values = tuple(claim if c == "claim" else v for c, v in zip(columns, values, strict=True))
                found.append((f'INSERT INTO "{name}" ({", ".join(columns)}) VALUES ({marks})', values))  # noqa: S608
                if name == "entry" and not guards:
                    found.append((f"INSERT INTO log_pending (entry) VALUES ({self.mark})", (values[0],)))  # noqa: S608
        found += [(f"DELETE FROM task WHERE id = {self.mark}", (own(row[0]),)) for row in rows.get("gone", [])]  # noqa: S608
        return found


class _Commands:
    """Commands of the desk, one after the other, each with its time."""

    def __init__(self, desk: ClaimDesk) -> None:
        self.desk = desk
        self.made = 0

    def file(self) -> tuple[str, float]:
        """A claim is filed; milliseconds."""
        self.made += 1
        started = time.perf_counter()
        claim = self.desk.file(
            marketplace="US", incident_on="2024-06-01", cause="product_defect", seller=_SELLER,
            filed_at="2024-06-03T09:00:00-07:00", order={"id": f"L{time.time_ns()}"},
            claimant={"name": "Ada Example", "contact": "ada@example.org"},
            losses=[{"head": "property_damage", "amount": "640.00 USD"}],
        )  # fmt: skip
        return claim.id, (time.perf_counter() - started) * 1e3

    def screen(self, claim: str) -> float:
        """It is screened, decided and paid; milliseconds."""
        started = time.perf_counter()
        self.desk.record_screening(claim, verdict="valid", by="adjuster:one")
        return (time.perf_counter() - started) * 1e3


class _Sqlite(_Database):
    mark = "?"
    of_table = "SELECT name FROM pragma_table_info(?)"

    def __init__(self, path: Path) -> None:
        self.path, self.url = path, f"sqlite:///{path}"
        ClaimDesk.open(self.url, actor="cs:mei").close()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None)
        mode = db.execute("PRAGMA journal_mode").fetchone()[0]
        for pragma in (f"synchronous={'FULL' if mode == 'wal' else 'EXTRA'}", "cache_size=-32000", "secure_delete=ON",
                       "temp_store=MEMORY"):  # fmt: skip
            db.execute(f"PRAGMA {pragma}")
        return db

    def run(self, text: str, values: Sequence[Any] = ()) -> Any:
        db = self._open()
        found = db.execute(text, values).fetchall()
        db.close()
        return found

    def floors(self, writes: Sequence[Sequence[tuple[str, tuple[Any, ...]]]], *, guards: bool) -> list[float]:
        db = self._open()
        if guards:
            db.execute("PRAGMA foreign_keys=ON")
        dropped = [] if guards else db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in dropped:
            db.execute(f'DROP TRIGGER "{name}"')
        found: list[float] = []
        for number, statements in enumerate([*writes[:2], *writes]):
            again = number < 2  # once without being counted, and taken back
            started = time.perf_counter()
            db.execute("BEGIN IMMEDIATE")
            for text, values in statements:
                db.execute(text, values)
            db.execute("ROLLBACK" if again else "COMMIT")
            if not again:
                found.append((time.perf_counter() - started) * 1e3)
        for _, sql in dropped:
            db.execute(sql)
        db.close()
        return found


class _Postgres(_Database):
    mark = "%s"
    of_table = (
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema()"
        " AND table_name = ? ORDER BY ordinal_position"
    )

    def __init__(self, url: str) -> None:
        self.url = url
        ClaimDesk.open(url, actor="cs:mei").close()
        self._raw = url.replace("+psycopg", "")

    def run(self, text: str, values: Sequence[Any] = ()) -> Any:
        opened: Any = psycopg.connect(self._raw, autocommit=True)
        with opened as db:
            return db.execute(text.replace("?", "%s"), values).fetchall()

    def floors(self, writes: Sequence[Sequence[tuple[str, tuple[Any, ...]]]], *, guards: bool) -> list[float]:
        found: list[float] = []
        opened: Any = psycopg.connect(self._raw, autocommit=True)
        with opened as db:
            if not guards:
                db.execute("SET session_replication_role = replica")
            for number, statements in enumerate([*writes[:2], *writes]):
                again = number < 2
                started = time.perf_counter()
                with db.pipeline(), db.transaction(force_rollback=again):
                    for text, values in statements:
                        db.execute(text, values)
                if not again:
                    found.append((time.perf_counter() - started) * 1e3)
        return found


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", type=int, default=20_000, help="of the large store")
    parser.add_argument("--commands", type=int, default=200, help="of each kind")
    parser.add_argument("--folder", type=Path, help="where the files of the databases lie")
    parser.add_argument("--store", type=Path, help="a large store that is there (benchmarks.queries --keep); it grows")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = figures(claims=options.claims, commands=options.commands, folder=options.folder, keep=options.store)
    show(found, as_json=options.json)


if __name__ == "__main__":
    main()
