"""The audit of a whole database: right ones are right, and whatever is changed in the record is found and named."""

# ruff: noqa: S608  # the statements are the attack

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from claimdesk.adapters.memory import MemoryStore
from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.tlog.audit import Audit
from claimdesk.adapters.tlog.log import TransparencyLog
from claimdesk.adapters.tlog.publish import Publisher
from claimdesk.adapters.tlog.signing import Cosigner, Signer
from claimdesk.adapters.tlog.units import log_read
from claimdesk.adapters.tlog.verifier import verify_log
from claimdesk.adapters.tlog.witness import Witness
from claimdesk.adapters.vault import FileVault
from claimdesk.workflow.ports import Store
from support.desks import ROADS, Drive, make_desk, seller
from tlog.made import flipped
from tlog.world import SEED, Clock, second_persons

LONG = os.environ.get("CLAIMDESK_LONG", "")
ORIGIN = "claimdesk.local/audited"


def story(store: Store, log: TransparencyLog, seed: int, steps: int = 8) -> None:
    """A few claims brought somewhere at random, sequenced now and then; something is left waiting in the end."""
    rng = random.Random(seed)
    drive = Drive.start(store, seed=seed)
    for _ in range(steps):
        drive.to(rng.choice(sorted(ROADS)))
        if rng.random() < 0.3:
            drive.desk.tick()
        if rng.random() < 0.4:
            log.sequence()
    log.sequence()
    drive.file()


def opened(store: Store, folder: Path | None) -> TransparencyLog:
    with store.write() as unit:
        if unit.meta("origin") is None:
            unit.set_meta("origin", ORIGIN)
    return TransparencyLog(store, Signer(ORIGIN, SEED), Publisher(folder) if folder else None, clock=Clock())


@dataclass
class Original:
    """A database with its published log, to be copied for each attack."""

    path: Path
    folder: Path

    @cached_property
    def unguarded(self) -> Path:
        """The same database without its guards, as whoever owns the file can have it."""
        target = self.path.with_name("unguarded.db")
        shutil.copyfile(self.path, target)
        with closing(sqlite3.connect(target)) as c:
            for (name,) in c.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                c.execute(f"DROP TRIGGER {name}")
            c.commit()
        return target

    @contextmanager
    def copy(self, target: Path) -> Iterator[tuple[sqlite3.Connection, Path]]:
        """A copy to be changed at will."""
        shutil.copyfile(self.unguarded, target)
        with closing(sqlite3.connect(target, isolation_level=None)) as c:
            c.execute("PRAGMA synchronous=OFF")
            c.execute("PRAGMA foreign_keys=OFF")
            c.execute("PRAGMA ignore_check_constraints=ON")
            yield c, target


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    folder = tmp_path_factory.mktemp("original")
    made = Original(folder / "claims.db", folder / "published")
    store = open_store(made.path)
    log = opened(store, made.folder)
    story(store, log, seed=5, steps=14)
    drive = Drive.start(store, seed=6)
    drive.orders = 50
    second_persons(drive)
    log.sequence()
    drive.file()
    store.close()
    found = audited(made.path, made.folder)
    assert found.ok, found.fault
    assert found.anchored == found.access > 0
    return made


def audited(path: Path, folder: Path) -> Audit:
    store = open_store(path)
    try:
        return opened(store, folder).audit()
    finally:
        store.close()


# -- no false alarm ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_a_clean_audit_raises_no_alarm(seed: int, tmp_path: Path):
    store = MemoryStore()
    log = opened(store, tmp_path / "published" if seed % 3 == 0 else None)
    story(store, log, seed, steps=1 + seed % 9)
    found = log.audit()
    assert found.ok, found.fault
    assert found.waiting == log.status().waiting > 0
    assert found.entries == found.size + found.waiting


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_thousand_clean_audits_raise_no_alarm(tmp_path: Path):
    for seed in range(1000):
        store = MemoryStore()
        log = opened(store, tmp_path / str(seed) if seed % 10 == 0 else None)
        story(store, log, 1000 + seed, steps=1 + seed % 12)
        found = log.audit()
        assert found.ok, (seed, found.fault)


@pytest.mark.parametrize("kind", ["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_every_store_can_be_audited(kind: str, request: pytest.FixtureRequest, tmp_path: Path):
    urls: dict[str, Any] = {
        "memory": lambda: "memory:",
        "sqlite": lambda: tmp_path / "claims.db",
        "postgres": lambda: request.getfixturevalue("postgres_copy"),
    }
    store = open_store(urls[kind]())
    log = opened(store, tmp_path / "published")
    story(store, log, seed=77, steps=10)
    told: list[int] = []
    found = log.audit(progress=told.append)
    assert found.ok, found.fault
    assert told[-1] == found.entries
    assert found.to_dict()["fault"] is None
    assert found.checkpoints >= 1
    if kind == "postgres":
        with store.write() as unit:
            connection: Any = getattr(unit, "connection")  # noqa: B009
            connection.exec_driver_sql("ALTER TABLE entry DISABLE TRIGGER ALL")
            connection.exec_driver_sql("UPDATE entry SET verb = 'deny' WHERE seq = 2")
        changed = log.audit().fault
        assert changed is not None
        assert changed.code == "columns_differ"
    store.close()


def test_cosignatures_are_checked_where_the_witness_is_known(tmp_path: Path):
    store = open_store(tmp_path / "claims.db")
    witness = Witness(tmp_path / "witness", Cosigner("witness.example", b"\x31" * 32), [Signer(ORIGIN, SEED).key])
    plain = opened(store, tmp_path / "published")
    log = TransparencyLog(store, plain.signer, plain.publisher, witnesses=[witness], needed=1, clock=Clock())
    story(store, log, seed=4, steps=5)
    assert log.audit().ok
    with store.write() as unit:
        connection: Any = getattr(unit, "connection")  # noqa: B009
        connection.exec_driver_sql("DROP TRIGGER log_cosignature_kept")
        connection.exec_driver_sql("UPDATE log_cosignature SET line = replace(line, 'A', 'B')")
    found = log.audit().fault
    assert found is not None
    assert found.code == "bad_signature"
    assert found.where.startswith("cosignature of checkpoint ")
    store.close()


def test_an_empty_store_is_right(tmp_path: Path):
    log = opened(MemoryStore(), tmp_path)
    assert log.audit().to_dict() | {"seconds": 0} == {
        "ok": True, "fault": None, "size": 0, "entries": 0, "claims": 0, "checkpoints": 0, "waiting": 0, "evidence": 0,
        "access": 0, "anchored": 0, "seconds": 0,
    }  # fmt: skip


def test_an_audit_while_others_write_raises_no_alarm(tmp_path: Path):
    """Pages are read one after the other; what is written between them is no fault."""
    store = open_store(tmp_path / "claims.db")
    log = opened(store, tmp_path / "published")
    story(store, log, seed=3, steps=6)
    drive = Drive.start(store, seed=999)

    def write_more(_: int) -> None:
        drive.file()
        log.sequence()

    found = log.audit(progress=write_more)
    assert found.ok, found.fault
    store.close()


# -- what is found -----------------------------------------------------------------------------------------------------

MORE_MONEY = (
    "INSERT INTO transfer SELECT 'X', claim, 'settle', 9, debit, credit, amount, currency, NULL, NULL, entry, at"
    " FROM transfer LIMIT 1"
)
ATTACKS = [
    ("UPDATE entry SET data = replace(data, '600', '900') WHERE data LIKE '%60000%'", "entry_changed"),
    ("UPDATE entry SET actor = 'cs:other' WHERE seq = 2", "columns_differ"),
    ("UPDATE entry SET at = '2024-06-01T00:00:00.000000Z' WHERE seq = 2", "columns_differ"),
    ("DELETE FROM entry WHERE seq = 2", "missing_leaf"),
    ("DELETE FROM log_leaf WHERE place = 3", "missing_leaf"),
    ("UPDATE log_leaf SET hash = zeroblob(32) WHERE place = 3", "entry_changed"),
    ("UPDATE log_tile SET hashes = zeroblob(length(hashes))", "tile_changed"),
    ("DELETE FROM log_tile WHERE level = 0 AND number = 0", "tile_changed"),
    ("INSERT INTO log_tile VALUES (3, 9, zeroblob(32))", "tile_changed"),
    ("UPDATE log_checkpoint SET root = zeroblob(32)", "root_mismatch"),
    ("UPDATE log_checkpoint SET note = replace(note, 'claimdesk', 'claimdisk')", "bad_signature"),
    ("UPDATE log_checkpoint SET note = (SELECT note FROM log_checkpoint ORDER BY size LIMIT 1)", "checkpoint_changed"),
    ("DELETE FROM log_checkpoint WHERE size = (SELECT MAX(size) FROM log_checkpoint)", "missing_checkpoint"),
    ("DELETE FROM log_checkpoint WHERE size = (SELECT MIN(size) FROM log_checkpoint)", "missing_checkpoint"),
    ("UPDATE log_state SET signed = signed - 1", "missing_checkpoint"),
    ("UPDATE log_state SET edge = zeroblob(length(edge))", "edge_changed"),
    ("UPDATE log_state SET size = size - 1", "edge_changed"),
    ("UPDATE log_state SET origin = ''", "other_log"),
    ("UPDATE log_state SET published = published + 1", "published_differs"),
    ("UPDATE meta SET value = 'elsewhere' WHERE name = 'origin'", "other_log"),
    ("DELETE FROM log_pending", "not_logged"),
    ("INSERT INTO log_pending (entry) SELECT entry FROM log_leaf WHERE place = 5", "logged_twice"),
    ('UPDATE "case" SET state = \'closed\' WHERE state <> \'closed\'', "case_differs"),
    ('UPDATE "case" SET body = replace(body, \'60000\', \'60001\')', "case_differs"),
    ('UPDATE "case" SET body = \'nonsense\'', "case_differs"),
    ("UPDATE \"case\" SET body = '{\"more\":1,' || substr(body, 2)", "case_differs"),
    ('DELETE FROM "case" WHERE state = \'closed\'', "astray"),
    ("UPDATE transfer SET amount = amount + 1", "row_differs"),
    ("UPDATE transfer SET credit = 'customer:me'", "row_differs"),
    ("DELETE FROM transfer WHERE kind = 'post'", "row_missing"),
    ("UPDATE transfer SET claim = 'CLM-nowhere' WHERE kind = 'post'", "row_missing"),
    (MORE_MONEY, "row_not_told"),
    ("UPDATE decision SET outcome = 'auto_pay' WHERE outcome <> 'auto_pay'", "row_differs"),
    ("UPDATE decision SET exempt = 1 - exempt", "row_differs"),
    ("DELETE FROM decision", "row_missing"),
    ("DELETE FROM notice WHERE status = 'queued'", "row_missing"),
    ("DELETE FROM notice WHERE status = 'handed_over'", "row_missing"),
    ("UPDATE notice SET body = body || ' P.S.' WHERE status = 'handed_over'", "row_differs"),
    ("UPDATE notice SET sha256 = 'sha256:00', body = 'x' WHERE status = 'handed_over'", "row_differs"),
    ("UPDATE notice SET party = 'seller' WHERE party = 'customer'", "row_differs"),
    ("UPDATE notice SET handed_over_at = '2024-06-01T00:00:00.000000Z' WHERE status = 'handed_over'", "row_differs"),
    ("UPDATE notice SET status = 'queued' WHERE status = 'handed_over'", "row_differs"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "code"), ATTACKS, ids=[s[:60] for s, _ in ATTACKS])
def test_an_attack_on_the_tables_is_found(original: Original, statement: str, code: str, tmp_path: Path):
    with original.copy(tmp_path / "claims.db") as (c, path):
        data = "CAST(data AS TEXT)" if statement.startswith("UPDATE entry SET data") else ""
        if data:
            statement = "UPDATE entry SET data = CAST(replace(CAST(data AS TEXT), '60000', '90000') AS BLOB)"
        if "SET note = replace" in statement:
            statement = (
                "UPDATE log_checkpoint SET note = CAST(replace(CAST(note AS TEXT), 'audited', 'edited') AS BLOB)"
            )
        assert c.execute(statement).rowcount > 0
    found = audited(path, original.folder)
    assert found.fault is not None, "nobody noticed"
    assert found.fault.code == code, found.fault
    assert found.fault.where


def test_sealed_values_are_compared_with_their_commitments(tmp_path: Path):
    vault = FileVault(None)
    store = open_store(tmp_path / "claims.db")
    log = opened(store, None)
    desk = make_desk(store, vault=vault)
    for n in range(3):
        desk.file(marketplace="US", incident_on="2024-06-01", order={"id": f"114-{n}"}, seller=seller(),
                  losses=[{"head": "property_damage", "amount": "10.00 USD"}],
                  claimant={"ref": f"buyer-{n}", "name": "Ada Example", "contact": "ada@example.org"})  # fmt: skip
    log.sequence()
    assert log.audit(sealed=vault.faults).ok
    with store.write() as unit:
        connection: Any = getattr(unit, "connection")  # noqa: B009
        connection.exec_driver_sql("DROP TRIGGER sealed_kept")
        connection.exec_driver_sql("UPDATE sealed SET ciphertext = zeroblob(length(ciphertext)) WHERE rowid = 2")
    assert log.audit().ok  # without the keys nobody can tell
    changed = log.audit(sealed=vault.faults).fault
    assert changed is not None
    assert changed.code == "sealed_differ"
    store.close()


# -- at random ---------------------------------------------------------------------------------------------------------

#: What the journal or the log vouches for; the rest is told in the first lines of ``audit``.
RECORD: dict[str, tuple[str, ...]] = {
    "entry": ("id", "claim", "seq", "at", "actor", "verb", "type", "data", "leaf"),
    "case": ("id", "programme", "marketplace", "state", "version", "head", "opened_at", "updated_at", "seller",
             "order_id", "incident_on", "currency", "rulebook", "outcome", "hold", "recovery_status", "counts_together",
             "eligible_minor", "asked_minor", "paid_minor", "recovered_minor", "owner", "body"),
    "transfer": ("id", "claim", "kind", "obligation", "debit", "credit", "amount", "currency", "pending", "reverses",
                 "entry", "at"),
    "decision": ("id", "claim", "entry", "kind", "outcome", "exempt", "rulebook", "readings", "at"),
    "notice": ("id", "claim", "kind", "party", "at", "status", "handed_over_at", "channel", "sha256", "body"),
    "control": ("seq", "at", "actor", "kind", "subject", "role", "amount", "data", "leaf"),
    "proposal": ("id", "claim", "entry", "kind", "verb", "author", "roles", "amount", "currency", "at"),
    "answer": ("proposal", "claim", "entry", "author", "person", "verdict", "at"),
    "approval": ("entry", "claim", "kind", "verb", "author", "approver", "proposal", "at"),
    "log_leaf": ("place", "entry", "hash"),
    "log_tile": ("level", "number", "hashes"),
    "log_checkpoint": ("size", "root", "note"),
    "log_state": ("origin", "size", "edge", "signed"),
    "log_pending": ("entry",),
}  # fmt: skip


KEYS = {"control": "seq", "answer": "proposal", "approval": "entry"}


def tampered_rows(c: sqlite3.Connection, rng: random.Random) -> str | None:
    """Changes one row at random; what was done, None when it came to nothing."""
    table = rng.choice(sorted(RECORD))
    key = {"entry": "id", "log_leaf": "place", "log_tile": "rowid", "log_checkpoint": "size", "log_state": "id",
           "log_pending": "n", **KEYS}.get(table, "id")  # fmt: skip
    names = [row[0] for row in c.execute(f'SELECT {key} FROM "{table}"')]
    chosen = rng.choice(names)
    how = rng.choice(("change", "change", "change", "delete", "copy", "swap"))
    column = rng.choice(RECORD[table])
    old = c.execute(f'SELECT {column} FROM "{table}" WHERE {key} = ?', (chosen,)).fetchone()[0]
    try:
        if how == "delete":
            c.execute(f'DELETE FROM "{table}" WHERE {key} = ?', (chosen,))
            return f"{table} {chosen} deleted"
        if how == "copy":
            return _copied(c, rng, table, key, chosen)
        if how == "swap":
            other = rng.choice(names)
            new = c.execute(f'SELECT {column} FROM "{table}" WHERE {key} = ?', (other,)).fetchone()[0]
            if new == old:
                return None
            c.execute(f'UPDATE "{table}" SET {column} = ? WHERE {key} = ?', (new, chosen))
            return f"{table}.{column} of {chosen} taken from {other}"
        new = changed(old, rng)
        if new == old:
            return None
        c.execute(f'UPDATE "{table}" SET {column} = ? WHERE {key} = ?', (new, chosen))
        return f"{table}.{column} of {chosen}: {old!r:.60} -> {new!r:.60}"
    except sqlite3.Error:
        return None  # a unique rule of the file itself, which no attacker gets round without making the table anew


def _copied(c: sqlite3.Connection, rng: random.Random, table: str, key: str, chosen: Any) -> str | None:
    if table in ("log_state", "log_pending", "entry", "case"):
        return None
    cursor = c.execute(f'SELECT * FROM "{table}" WHERE {key} = ?', (chosen,))
    columns = [d[0] for d in cursor.description]
    row = list(cursor.fetchone())
    spot = columns.index({"log_tile": "number", "log_leaf": "place", "log_checkpoint": "size", **KEYS}.get(table, "id"))
    row[spot] = row[spot] + rng.randint(1, 900) if isinstance(row[spot], int) else f"{row[spot]}X"
    for name in ("entry", "pending", "reverses", "obligation"):
        if name in columns and table == "log_leaf":
            row[columns.index(name)] = f"EVT-{rng.randint(1, 9)}"
    c.execute(f'INSERT INTO "{table}" VALUES ({",".join("?" * len(row))})', row)
    return f"{table} {chosen} copied"


def changed(value: Any, rng: random.Random) -> Any:
    if isinstance(value, bytes):
        return flipped(value, rng)
    if isinstance(value, int):
        return value + rng.choice((-1, 1, 10, 1000))
    if isinstance(value, str) and value:
        place = rng.randrange(len(value))
        return value[:place] + rng.choice("0123456789abcXYZ-:") + value[place + 1 :]
    return "x" if value is None or value == "" else value


def fuzz_rows(original: Original, folder: Path, count: int, seed: int) -> int:
    """Changes one row of a new copy ``count`` times; each has to be found."""
    done = 0
    path = folder / "claims.db"
    shutil.copyfile(original.unguarded, path)
    store = open_store(path)
    log = opened(store, original.folder)
    assert log.audit().ok
    engine: Any = getattr(store, "engine")  # noqa: B009
    for n in range(count * 2):
        if done == count:
            break
        rng = random.Random(f"{seed}:{n}")
        engine.dispose()  # the file is another one now
        with original.copy(path) as (c, _):
            what = tampered_rows(c, rng)
        if what is None:
            continue
        done += 1
        assert log.audit().fault is not None, f"nobody noticed (seed {seed}:{n}): {what}"
    store.close()
    return done


def test_rows_changed_at_random_are_found(original: Original, tmp_path: Path):
    assert fuzz_rows(original, tmp_path, 100, seed=1) == 100


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_rows_changed_at_random_are_found_many_times(original: Original, tmp_path: Path):
    assert fuzz_rows(original, tmp_path, 10_000, seed=2) == 10_000


def published(original: Original) -> dict[str, bytes]:
    log = original.folder / "log"
    return {str(p.relative_to(log)): p.read_bytes() for p in log.rglob("*") if p.is_file()}


def tampered_files(files: dict[str, bytes], rng: random.Random) -> str | None:
    """Changes one published file at random."""
    name = rng.choice(sorted(files))
    data = files[name]
    how = rng.choice(("bit", "byte", "cut", "more", "gone", "other", "swap"))
    place = rng.randrange(len(data))
    new: bytes | None = None
    match how:
        case "bit":
            new = flipped(data, rng)
        case "byte":
            new = data[:place] + data[place + 1 :]
        case "cut":
            new = data[:place]
        case "more":
            new = data + rng.randbytes(rng.randint(1, 64))
        case "other":
            new = files[rng.choice(sorted(files))]
        case "swap":
            other = rng.randrange(len(data))
            low, high = min(place, other), max(place, other)
            new = data[:low] + data[high : high + 1] + data[low + 1 : high] + data[low : low + 1] + data[high + 1 :]
            new = data if low == high else new
        case _:
            pass
    if new == data:
        return None
    if new is None:
        del files[name]
    else:
        files[name] = new
    return f"{name}: {how}"


def fuzz_files(original: Original, count: int, seed: int) -> int:
    trust = opened(MemoryStore(), None).trust()
    right = published(original)
    report = verify_log(right.get, trust)
    assert report.ok, report.fault
    needed = {name for name in right if verify_log({n: d for n, d in right.items() if n != name}.get, trust).fault}
    done = 0
    for n in range(count * 3):
        if done == count:
            break
        rng = random.Random(f"{seed}:{n}")
        # Files of older checkpoints are no part of the present one.
        files = {name: right[name] for name in sorted(needed)}
        what = tampered_files(files, rng)
        if what is None:
            continue
        done += 1
        assert verify_log(files.get, trust).fault, f"nobody noticed (seed {seed}:{n}): {what}"
    return done


def test_files_changed_at_random_are_found(original: Original):
    assert fuzz_files(original, 200, seed=1) == 200


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_files_changed_at_random_are_found_many_times(original: Original):
    assert fuzz_files(original, 6000, seed=2) == 6000


def test_what_an_older_backup_lacks_is_found(original: Original, tmp_path: Path):
    """The audit alone tells when the published log is ahead of the database."""
    with original.copy(tmp_path / "claims.db") as (c, path):
        size, older = c.execute("SELECT MAX(size), MIN(size) FROM log_checkpoint").fetchone()
        assert older < size
        edge = c.execute("SELECT edge FROM log_state").fetchone()[0]
        assert edge
    store = open_store(path)
    folder = tmp_path / "published"
    log = opened(store, folder)
    with store.read() as unit:
        rows = log_read(unit).checkpoints(0, 100)
    store.close()
    shutil.copytree(original.folder, folder)
    assert audited(path, folder).ok
    (folder / "log/checkpoint").write_bytes(rows[0].note)
    assert log.signer.key.name == ORIGIN
    earlier = audited(path, folder).fault
    assert earlier is not None
    assert earlier.code == "published_differs"
