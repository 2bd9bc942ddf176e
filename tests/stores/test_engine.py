"""Transactions as the databases need them, waiting, trying again, and errors that say what to do and nothing else."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from claimdesk import ConfigError, Conflict, DatabaseBusy, StaleVersion
from claimdesk.adapters import open_store as opening
from claimdesk.adapters.memory import MemoryStore
from claimdesk.adapters.open_store import database_url, default_keys, default_vault
from claimdesk.adapters.rows import CaseRow
from claimdesk.adapters.sql import engine, locks, units
from claimdesk.adapters.sql.engine import may_retry, run_unit, translated
from claimdesk.adapters.sql.revision import WAL_SAFE
from claimdesk.adapters.sql.tables import metadata
from claimdesk.adapters.sql.wire import SqliteWire
from claimdesk.states.errors import ClaimdeskError, IntegrityFailure, StorageError
from claimdesk.workflow.ports import (
    CaseFilter,
    DecisionRow,
    EntryRow,
    IdempotencyRow,
    NoticeRow,
    SealedRow,
    SourceRow,
    TaskRow,
    TransferRow,
)
from stores.conftest import Place
from stores.contract import advance, advance_often
from stores.world import AT, Book, handed_over, rich, write
from support.processes import warm_context

try:
    import psycopg
except ImportError:  # the tests that need it are skipped with the server
    psycopg: Any = None


open_store: Any = opening.open_store  # these tests look inside


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "claims.db"


@pytest.fixture
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program on the same file."""
    open_store(path).close()
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
        yield connection


def pragma(store: Any, name: str) -> Any:
    with store.engine.connect() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


# -- addresses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "drivername", "database"), [
    ("claims.db", "sqlite", "claims.db"), ("/var/claims.db", "sqlite", "/var/claims.db"),
    ("sqlite:///claims.db", "sqlite", "claims.db"), ("sqlite:////var/claims.db", "sqlite", "/var/claims.db"),
    ("sqlite+pysqlite:///claims.db", "sqlite", "claims.db"), (Path("a") / "b.db", "sqlite", str(Path("a") / "b.db")),
    ("C:\\claims\\a.db", "sqlite", "C:\\claims\\a.db"), ("with space and %.db", "sqlite", "with space and %.db"),
    ("postgresql://mei@host/claims", "postgresql+psycopg", "claims"),
    ("postgresql+psycopg://mei@host:5433/claims", "postgresql+psycopg", "claims"),
])  # fmt: skip
def test_an_address_is_told_apart_by_its_scheme(given: Any, drivername: str, database: str) -> None:
    found = database_url(given)
    assert (found.drivername, found.database) == (drivername, database)


@pytest.mark.parametrize("given", [
    "mysql://a/b", "postgres://a/b", "oracle://a", "sqlite://", "sqlite:///", "sqlite://host/claims.db",
    "postgresql+asyncpg://a/b", "sqlite+aiosqlite:///a.db", "http://a/b",
    "", "  ", "sqlite:claims.db", "://", "postgresql:x",
])  # fmt: skip
def test_another_address_is_refused_with_what_would_be_right(given: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_store(given)
    assert "postgresql+psycopg://" in caught.value.hint or "another" in caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("given", ["memory:", ":memory:", "sqlite:///:memory:"])
def test_memory_by_name(given: str) -> None:
    assert isinstance(open_store(given), MemoryStore)
    assert default_keys(given) is None


def test_keys_stand_beside_the_file_and_never_in_the_database(tmp_path: Path) -> None:
    assert default_keys(f"sqlite:///{tmp_path}/claims.db") == tmp_path / "claims.db.keys"
    assert default_keys("postgresql://host/x") == Path("claimdesk.keys")
    vault: Any = default_vault("postgresql://host/x", tmp_path / "k")
    assert vault.path == tmp_path / "k"


def test_a_missing_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match="claimdesk\\[postgres\\]"):
        open_store("postgresql://localhost/x")


@pytest.mark.parametrize(("where", "code"), [
    ("no/such/folder.db", "no_such_folder"), ("folder", "cannot_use_file"), ("text.db", "not_a_database"),
])  # fmt: skip
def test_a_path_that_cannot_be_a_database(tmp_path: Path, where: str, code: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.db").write_text("claim,amount\n" * 500)
    with pytest.raises(ConfigError) as caught:
        open_store(tmp_path / where)
    assert caught.value.code == code and caught.value.hint
    assert (tmp_path / "text.db").read_text().startswith("claim,amount")


def test_a_damaged_file(path: Path) -> None:
    with closing(open_store(path)) as store:
        write(store, *[rich(Book()) for _ in range(50)])
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(bytes(data))
    with pytest.raises(IntegrityFailure) as caught, closing(open_store(path)) as store, store.read() as unit:
        unit.list_cases(CaseFilter())
    assert caught.value.code == "database_damaged"


# -- SQLite: how it is opened ----------------------------------------------------------------------------------------


def test_a_file_is_opened_safely(path: Path) -> None:
    with closing(open_store(path)) as store:
        assert pragma(store, "foreign_keys") == 1
        assert pragma(store, "trusted_schema") == 0
        assert pragma(store, "secure_delete") == 1
        wal = sqlite3.sqlite_version_info >= WAL_SAFE
        assert pragma(store, "journal_mode") == ("wal" if wal else "truncate")
        assert pragma(store, "synchronous") == (2 if wal else 3)  # FULL, EXTRA


@pytest.mark.parametrize("journal", ["delete", "truncate", "persist"])
def test_a_journal_mode_may_be_chosen(path: Path, journal: str) -> None:
    with closing(open_store(path, journal=journal)) as store:
        assert (pragma(store, "journal_mode"), pragma(store, "synchronous")) == (journal, 3)
        write(store, rich(Book()))


def test_wal_needs_a_library_that_does_it_safely(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WAL_SAFE", (99, 0, 0))
    with pytest.raises(ConfigError) as caught:
        open_store(path, journal="wal")
    assert caught.value.code == "unsafe_journal" and "99.0.0" in caught.value.hint
    with closing(open_store(path)) as store:
        assert pragma(store, "journal_mode") == "truncate"
    monkeypatch.setattr(engine, "WAL_SAFE", (3, 0, 0))
    with closing(open_store(path)) as store:
        assert (pragma(store, "journal_mode"), pragma(store, "synchronous")) == ("wal", 2)
        write(store, rich(Book()))


def test_a_file_left_in_wal_mode_is_taken_out_of_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WAL_SAFE", (3, 0, 0))
    book = Book()
    with closing(open_store(path)) as store:
        write(store, rich(book))
    monkeypatch.setattr(engine, "WAL_SAFE", (99, 0, 0))
    with closing(open_store(path)) as store, store.read() as unit:
        assert unit.case(book.id) == book.case
        assert pragma(store, "journal_mode") == "truncate"


def test_a_file_that_another_program_keeps_in_wal_mode_is_not_opened(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "WAL_SAFE", (99, 0, 0))
    open_store(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=wal")
        other.execute("BEGIN")
        other.execute("SELECT * FROM meta").fetchall()
        with pytest.raises((ConfigError, DatabaseBusy)):
            open_store(path, busy_timeout=0.1)


def test_no_such_journal_mode(path: Path) -> None:
    with pytest.raises(ConfigError, match="journal"):
        open_store(path, journal="off")


# -- SQLite: waiting -------------------------------------------------------------------------------------------------


def test_a_writer_takes_the_file_at_once(path: Path, raw: sqlite3.Connection) -> None:
    with closing(open_store(path)) as store, store.write():
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            raw.execute("BEGIN IMMEDIATE")
        raw.execute("SELECT * FROM meta").fetchall()
    raw.execute("BEGIN IMMEDIATE")


def test_a_reader_does_not_wait_for_a_writer_that_has_not_committed(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute("BEGIN IMMEDIATE")
    raw.execute("INSERT INTO meta VALUES ('a', 'b')")
    with closing(open_store(path, busy_timeout=0)) as store, store.read() as unit:
        assert unit.meta("a") is None


def test_a_busy_file_says_so_and_keeps_nothing(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute("BEGIN IMMEDIATE")
    with closing(open_store(path, busy_timeout=0.05)) as store:
        with pytest.raises(DatabaseBusy) as caught, store.write():
            pytest.fail("the block must not be entered")
        assert (caught.value.code, caught.value.exit_code) == ("database_busy", 75)
        assert "PostgreSQL" in caught.value.hint
        raw.execute("ROLLBACK")
        write(store, rich(Book()))


def test_a_reader_of_another_program_can_hold_up_a_commit(path: Path, raw: sqlite3.Connection) -> None:
    if sqlite3.sqlite_version_info >= WAL_SAFE:
        pytest.skip("in WAL mode readers hold up nobody")
    raw.execute("BEGIN")
    raw.execute("SELECT * FROM meta").fetchall()
    with closing(open_store(path, busy_timeout=0.05)) as store:
        book = Book()
        with pytest.raises(DatabaseBusy):
            write(store, rich(book))
        raw.execute("COMMIT")
        with store.read() as unit:
            assert unit.case(book.id) is None
        write(store, rich(Book()))


def test_a_unit_is_done_again_until_the_file_is_free(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute("BEGIN IMMEDIATE")
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raw.execute("COMMIT")

    with closing(open_store(path, busy_timeout=0, sleep=wait)) as store:
        store.run(lambda unit: unit.set_meta("a", "b"))
        assert len(waits) == 3
        with store.read() as unit:
            assert unit.meta("a") == "b"


def test_a_full_disk_keeps_nothing(path: Path) -> None:
    with closing(open_store(path, pool_size=1)) as store:
        book = Book()
        write(store, rich(book))
        with store.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        with pytest.raises(StorageError) as caught:
            write(store, *[rich(Book()) for _ in range(100)])
        assert (caught.value.code, caught.value.exit_code) == ("disk_full", 75)
        with store.read() as unit:
            assert [c.id for c in unit.list_cases(CaseFilter())] == [book.id]


# -- trying again ----------------------------------------------------------------------------------------------------


def failing(*errors: Exception) -> Any:
    left = list(errors)

    def unit() -> int:
        if left:
            raise left.pop(0)
        return 42

    return unit


def test_waits_grow_and_are_never_the_same_for_two() -> None:
    waits: list[float] = []
    busy = [DatabaseBusy("database_busy")] * 7
    assert run_unit(failing(*busy), sleep=waits.append, jitter=lambda: 1.0) == 42
    assert waits == sorted(waits) and len(waits) == 7 and sum(waits) <= 10
    other: list[float] = []
    run_unit(failing(*busy), sleep=other.append, jitter=lambda: 0.0)
    assert other == [w / 2 for w in waits]


def test_it_ends_after_eight_tries() -> None:
    waits: list[float] = []
    with pytest.raises(DatabaseBusy):
        run_unit(failing(*[DatabaseBusy("database_busy")] * 8), sleep=waits.append)
    assert len(waits) == 7


@pytest.mark.parametrize("error", [
    StaleVersion("stale_version"), Conflict("constraint"), StorageError("unknown_commit"), StorageError("disk_full"),
    ConfigError("x"),
])  # fmt: skip
def test_what_does_not_pass_is_not_tried_again(error: Exception) -> None:
    with pytest.raises(type(error)):
        run_unit(failing(error), sleep=lambda _: pytest.fail("it waited"))
    assert not may_retry(error)


@pytest.mark.parametrize(("state", "code", "retry"), [
    ("40001", "serialization", True), ("40P01", "deadlock", True), ("55P03", "lock_timeout", True),
    ("57P01", "connection_lost", True), ("08006", "connection_lost", True), ("53100", "disk_full", False),
    ("42501", "not_granted", False), ("25006", "not_granted", False), ("42P01", "storage_failed", False),
])  # fmt: skip
def test_errors_of_the_server_by_their_state(state: str, code: str, retry: bool) -> None:
    class ServerError(Exception):
        sqlstate = state

    found = translated(ServerError("secret"))
    assert isinstance(found, StorageError) and found.code == code
    assert may_retry(found) is retry
    assert "secret" not in str(found)


def doorkeeper(says: bytes) -> socket.socket:
    """A server that answers the first message of every connection with ``says`` and hangs up."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:  # the test is over
                return
            with connection:
                while (head := connection.recv(4)) and connection.recv(int.from_bytes(head) - 4)[:2] != b"\0\3":
                    connection.sendall(b"N")  # asked for encryption first
                connection.sendall(says)

    threading.Thread(target=serve, daemon=True).start()
    return server


def fatal(state: str, text: str) -> bytes:
    body = b"".join(k + v.encode() + b"\0" for k, v in ((b"S", "FATAL"), (b"C", state), (b"M", text))) + b"\0"
    return b"E" + (len(body) + 4).to_bytes(4) + body


#: Psycopg hands on no code of what a server says before there is a session, only its words.
@pytest.mark.skipif(psycopg is None, reason="no driver")
@pytest.mark.parametrize(("says", "code", "exit_code"), [
    (fatal("28P01", 'password authentication failed for user "canary"'), "not_let_in", 2),
    (fatal("28000", 'no pg_hba.conf entry for host "10.0.0.1", user "canary"'), "not_let_in", 2),
    (fatal("28000", 'role "canary" does not exist'), "not_let_in", 2),
    (fatal("42501", 'permission denied for database "canary"'), "not_let_in", 2),
    (fatal("3D000", 'database "canary" does not exist'), "no_database", 2),
    (b"R\0\0\0\x08\0\0\0\x03", "not_let_in", 2),  # a password is wanted, and the address has none
    (fatal("53300", "sorry, too many clients already"), "connection_lost", 75),
    (fatal("57P03", "the database system is starting up"), "connection_lost", 75),
], ids=["password", "host", "role", "grant", "database", "no-password", "full", "starting"])  # fmt: skip
def test_who_is_not_let_in_need_not_try_again(
    says: bytes, code: str, exit_code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSFILE", "/nonexistent")
    given = "" if says.startswith(b"R") else ":canary-pw"
    with doorkeeper(says) as server, pytest.raises(ClaimdeskError) as caught:
        open_store(f"postgresql+psycopg://canary{given}@127.0.0.1:{server.getsockname()[1]}/canary")
    error = caught.value
    assert (error.code, error.exit_code, error.retryable) == (code, exit_code, exit_code == 75)
    assert error.hint and "canary" not in str(error) and "canary" not in str(error.__cause__)


def test_an_error_of_the_program_stays_what_it_is(store: Any) -> None:
    error = ZeroDivisionError("mine")
    assert translated(error) is error
    with pytest.raises(ZeroDivisionError), store.write() as unit:
        unit.set_meta("a", "b")
        raise error
    with store.read() as unit:
        assert unit.meta("a") is None


# -- nothing personal in errors --------------------------------------------------------------------------------------

CANARY = "Zoë-CANARY-4711"


class Strange:
    """Something no driver can store, that shows what it holds."""

    def __repr__(self) -> str:
        return CANARY


def test_errors_hold_no_values(database: Place) -> None:
    store = database.open()
    book = Book(id=f"CLM-{CANARY}", seller=CANARY)
    notice = book.notice()
    write(store, book.step(notices=[notice], facts={"x": CANARY}))
    bad = handed_over(notice, body=CANARY)._replace(sha256=None)
    attempts = [
        lambda unit: unit.notice_sent([bad]),
        lambda unit: unit.append([Book(id=f"CLM-{CANARY}").step(facts={"x": CANARY})]),
        lambda unit: unit.append([Book().step(), Book().step(book.authorize()._replace(entry=CANARY))]),
        lambda unit: unit.append([Book().step(facts={"x": CANARY}, columns={"eligible_minor": -1})]),
        lambda unit: unit.append([Book().step(facts={"x": CANARY}, columns={"outcome": Strange()})]),
        lambda unit: unit.append([Book().step(columns={"eligible_minor": 2**70}, facts={"x": CANARY})]),
        *[
            lambda unit, n=n: unit.append([*many(n), Book(id=f"CLM-{CANARY}").step(facts={"x": CANARY})])
            for n in (1, 90)
        ],
    ]
    for attempt in attempts:
        with pytest.raises(Exception) as caught, store.write() as unit:  # of several kinds
            attempt(unit)
        shown = "".join(traceback.format_exception(caught.value))
        told = [line for line in shown.splitlines() if CANARY in line]
        assert told == [], told


def many(count: int) -> list[Any]:
    return [rich(Book()) for _ in range(count)]


# -- several processes -----------------------------------------------------------------------------------------------


def test_no_change_of_several_processes_is_lost(database: Place) -> None:
    store = database.open()
    write(store, Book(id="CLM-SHARED").step())
    running = [warm_context().Process(target=advance_often, args=(database.url, 12)) for _ in range(4)]
    for process in running:
        process.start()
    for process in running:
        process.join(100)
    assert [process.exitcode for process in running] == [0] * 4
    with store.read() as unit:
        assert [e.seq for e in unit.entries("CLM-SHARED")] == list(range(1, 50))
        case = unit.case("CLM-SHARED")
        assert case.version == 49


_FORKING = """
import os, sys
sys.path.insert(0, sys.argv[2])
from stores.contract import advance
from stores.world import Book, write
from claimdesk.adapters.open_store import open_store
store = open_store(sys.argv[1])
write(store, Book(id="CLM-SHARED").step())
child = os.fork()
for _ in range(5):
    advance(store, "CLM-SHARED")
if child == 0:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
with store.read() as unit:
    assert unit.case("CLM-SHARED").version == 11, unit.case("CLM-SHARED").version
store.close()
"""


@pytest.mark.skipif(not hasattr(sys, "abiflags"), reason="there is no fork here")
def test_a_child_uses_none_of_its_parents_connections(database: Place) -> None:
    tests = str(Path(__file__).resolve().parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", _FORKING, database.url, tests], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr


# -- PostgreSQL ------------------------------------------------------------------------------------------------------


@pytest.fixture
def server_store(postgres_copy: str) -> Iterator[Any]:
    with closing(open_store(postgres_copy, sleep=lambda _: None)) as store:
        yield store


def terminate(store: Any, unit: Any) -> None:
    """Ends the unit's connection from outside, as a server that goes down would."""
    pid = unit.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    plain = store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_a_lost_connection_before_the_commit_wrote_nothing(server_store: Any) -> None:
    for size in (1, 90):
        book = Book()
        with pytest.raises(StorageError) as caught, server_store.write() as unit:
            terminate(server_store, unit)
            unit.append([rich(book), *many(size)])
        assert caught.value.code == "connection_lost" and may_retry(caught.value)
        with server_store.read() as unit:
            assert unit.case(book.id) is None


def test_a_unit_is_done_again_over_a_new_connection(server_store: Any) -> None:
    tries: list[int] = []

    def work(unit: Any) -> str:
        tries.append(1)
        if len(tries) < 3:
            terminate(server_store, unit)
        unit.set_meta("a", "b")
        return "done"

    assert server_store.run(work) == "done"
    assert len(tries) == 3


def test_a_connection_lost_in_the_commit_is_an_outcome_nobody_knows(server_store: Any) -> None:
    tries: list[int] = []

    def work(unit: Any) -> None:
        tries.append(1)
        unit.append([rich(Book())])
        terminate(server_store, unit)

    with pytest.raises(StorageError) as caught:
        server_store.run(work)
    assert caught.value.code == "unknown_commit"
    assert "idempotency key" in caught.value.hint
    assert len(tries) == 1


def test_a_pool_survives_a_restart_of_the_server(server_store: Any) -> None:
    write(server_store, rich(Book()))
    with server_store.write() as unit:
        pid = unit.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    with server_store.read() as unit:
        unit.totals()
    plain = server_store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    with server_store.read() as unit:
        assert len(unit.totals()) == 1


def test_a_ring_of_locks_is_broken_and_done_again(postgres_copy: str) -> None:
    with closing(open_store(postgres_copy)) as store:
        books = [Book(), Book()]
        write(store, *[b.step() for b in books])
        met = threading.Barrier(2, timeout=20)
        firsts: list[int] = []
        errors: list[BaseException] = []

        def work(order: list[str]) -> None:
            def unit(write_unit: Any) -> None:
                write_unit.lock([order[0]])
                if len(firsts) < 2:
                    firsts.append(1)
                    met.wait()
                write_unit.lock([order[1]])

            try:
                store.run(unit)
            except BaseException as error:  # noqa: BLE001  # shown below
                errors.append(error)

        ids = [b.id for b in books]
        threads = [threading.Thread(target=work, args=(o,)) for o in (ids, ids[::-1])]
        for t in threads:
            t.start()
        for t in threads:
            t.join(60)
        assert errors == []


def test_a_read_unit_cannot_write(database: Place) -> None:
    store = database.open()
    with store.read() as unit:
        if database.kind == "postgres":
            with pytest.raises(StorageError) as caught:
                unit.connection.exec_driver_sql("INSERT INTO meta VALUES ('a', 'b')")
            assert caught.value.code == "not_granted"
    assert not hasattr(unit, "append")


def test_units_run_at_the_isolation_they_need(server_store: Any) -> None:
    with server_store.write() as unit:
        assert unit.connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
    with server_store.read() as unit:
        assert unit.connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "repeatable read"
        assert unit.connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"
    with server_store.write() as unit:
        assert unit.connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
        assert unit.connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "off"


def test_many_keys_take_one_lock(server_store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_MANY", 10)

    def held(unit: Any) -> int:
        return unit.connection.exec_driver_sql(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        ).scalar()

    with server_store.write() as unit:
        unit.lock([f"incident:{n}" for n in range(10)])
        assert held(unit) == 11
    with server_store.write() as unit:
        unit.lock([f"incident:{n}" for n in range(11)])
        assert held(unit) == 1
        done: list[str] = []

        def other() -> None:
            with server_store.write() as second:
                second.lock(["incident:0"])
                done.append("in")

        waiting = threading.Thread(target=other)
        waiting.start()
        waiting.join(0.3)
        assert done == []
    waiting.join(20)
    assert done == ["in"]


def test_a_lock_is_the_same_number_everywhere() -> None:
    assert locks.lock_number("incident:114-1:2024-06-01") == locks.lock_number("incident:114-1:2024-06-01")
    assert -(2**63) <= locks.lock_number("x") < 2**63
    assert len({locks.lock_number(str(n)) for n in range(10_000)}) == 10_000


def test_few_rows_and_many_rows_are_written_alike(server_store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in (1, 10_000):
        monkeypatch.setattr(units, "_MANY", limit)
        books = [Book() for _ in range(30)]
        given = [rich(b) for b in books]
        write(server_store, *given)
        write(
            server_store,
            *[b.step(dropped=[t.id for t in g.tasks], tasks=[b.task()]) for b, g in zip(books, given, strict=True)],
        )
        with server_store.read() as unit:
            for book, made in zip(books, given, strict=True):
                assert unit.case(book.id) == book.case
                assert unit.sealed(book.id) == made.sealed and unit.transfers(book.id) == made.transfers
                assert unit.notices(book.id) == made.notices and unit.decisions(book.id) == made.decisions


def test_columns_stand_in_the_order_of_the_ports() -> None:
    rows: dict[str, Any] = {
        "case": CaseRow, "entry": EntryRow, "transfer": TransferRow, "decision": DecisionRow, "notice": NoticeRow,
        "task": TaskRow, "sealed": SealedRow, "idempotency": IdempotencyRow, "source": SourceRow,
    }  # fmt: skip
    for name, row in rows.items():
        assert tuple(c.name for c in metadata.tables[name].columns) == row._fields


def test_a_closed_store_in_memory_says_so() -> None:
    store = open_store("memory:")
    with store.write() as unit:
        unit.set_meta("a", "b")
    with pytest.raises(StorageError, match="ended"):
        unit.set_meta("a", "c")
    store.close()
    with pytest.raises(StorageError, match="closed"), store.read():
        pytest.fail("the block must not be entered")


def test_advance_is_what_the_other_tests_think(store: Any) -> None:
    book = Book()
    write(store, book.step())
    advance(store, book.id)
    with store.read() as unit:
        assert unit.case(book.id).version == 2 and unit.case(book.id).updated_at == AT


def test_settings_that_could_lose_a_write_are_told(database: Place) -> None:
    store = database.open()
    told = store.durability()
    if database.kind == "sqlite":
        assert told == []
        with store.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA synchronous=NORMAL")
            driver.execute("PRAGMA foreign_keys=OFF")
        assert store.durability() == ["synchronous is 1", "foreign_keys is off"]
        return
    with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as other:
        shown = [other.execute(f"SHOW {n}").fetchone()[0] for n in ("fsync", "full_page_writes", "synchronous_commit")]
    assert len(told) == shown.count("off")
    assert all(line.endswith(" is off") for line in told)


@pytest.mark.parametrize("where", ["statement", "commit"])
def test_an_interrupt_is_never_told_as_a_fault_of_the_database(path: Path, monkeypatch: pytest.MonkeyPatch, where: str):
    def interrupted(*_told: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with closing(open_store(path)) as store:
        store.run(lambda unit: unit.set_meta("before", "1"))
        with monkeypatch.context() as now:
            if where == "commit":
                now.setattr(store.engine.dialect, "do_commit", interrupted)
            else:
                now.setattr(SqliteWire, "many", interrupted)
            with pytest.raises(KeyboardInterrupt):
                store.run(lambda unit: unit.set_meta("during", "1"))
        store.run(lambda unit: unit.set_meta("after", "1"))
        with store.read() as unit:
            assert [unit.meta(name) for name in ("before", "during", "after")] == ["1", None, "1"]
