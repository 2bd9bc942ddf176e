"""A plain database client cannot make the money wrong; without the guards it can, so the attacks are real."""

from __future__ import annotations

import re
import shutil
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.sql.grants import grants
from stores.attacks import (
    ATTACKS,
    LAST,
    NOT_THE_APPLICATIONS,
    SPARE,
    Attack,
    back,
    lost,
    post,
    setting,
    spoken,
    transfer,
)
from stores.world import Book, rich, write

try:
    import psycopg
except ImportError:  # the tests that need it are skipped with the server
    psycopg = None

TABLES = ("transfer", "entry", "decision", "notice", '"case"', "sealed", "erasure", "closed_epoch")


def build(url: str) -> None:
    with closing(open_store(url)) as store:
        setting(store)


def _applies(dialect: str, *, unguarded: bool = False) -> list[Any]:
    found = [a for a in ATTACKS if a.only in (None, dialect)]
    return [pytest.param(a, id=a.name) for a in found if not (unguarded and a.guarded_twice)]


# -- SQLite --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("attacks") / "claims.db"
    build(str(path))
    return path


@pytest.fixture(scope="module")
def open_file(file: Path) -> Path:
    """The same data in tables without anything that guards them but their primary keys."""
    path = file.with_name("unguarded.db")
    shutil.copy(file, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as c:
        for kind in ("trigger", "view"):
            for (name,) in c.execute("SELECT name FROM sqlite_master WHERE type = ?", (kind,)).fetchall():
                c.execute(f"DROP {kind} {name}")
        c.execute("PRAGMA legacy_alter_table=ON")
        for (name,) in c.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = c.execute(f'PRAGMA table_info("{name}")').fetchall()
            keys = ", ".join(f'"{k[1]}"' for k in sorted(columns, key=lambda k: k[5]) if k[5])
            types = ", ".join(f'"{k[1]}" {k[2]}' for k in columns)
            c.execute(f'ALTER TABLE "{name}" RENAME TO old')
            c.execute(f'CREATE TABLE "{name}" ({types}, PRIMARY KEY ({keys}))')
            c.execute(f'INSERT INTO "{name}" SELECT * FROM old')  # noqa: S608
            c.execute("DROP TABLE old")
    return path


def state(connection: Any) -> list[Any]:
    run = connection.execute
    return [run(f"SELECT * FROM {name} ORDER BY 1, 2, 3").fetchall() for name in TABLES]  # noqa: S608


def attack_file(path: Path, attack: Attack) -> str | None:
    """What stopped the attack, or None when it went through."""
    with closing(sqlite3.connect(path, isolation_level=None)) as c:
        c.execute("BEGIN IMMEDIATE")
        try:
            for statement in attack.statements:
                c.execute(spoken(statement, "sqlite"))
        except sqlite3.Error as error:
            return str(error)
        finally:
            c.execute("ROLLBACK")
    return None


@pytest.mark.parametrize("attack", _applies("sqlite"))
def test_sqlite_refuses(file: Path, attack: Attack) -> None:
    with closing(sqlite3.connect(file)) as c:
        before = state(c)
    assert attack_file(file, attack) == f"guard {attack.guard}"
    with closing(sqlite3.connect(file)) as c:
        assert state(c) == before


@pytest.mark.parametrize("attack", _applies("sqlite", unguarded=True))
def test_without_guards_sqlite_lets_it_through(open_file: Path, attack: Attack) -> None:
    assert attack_file(open_file, attack) is None


def test_a_second_writer_of_a_file_waits_and_is_refused(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "race.db"
    shutil.copy(file, path)
    results: list[str] = []

    def pay(made: str) -> None:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=20)) as c:
            try:
                c.execute("BEGIN IMMEDIATE")
                c.execute(post("OPEN", made=made))
                c.execute("COMMIT")
                results.append("paid")
            except sqlite3.Error as error:
                c.execute("ROLLBACK")
                results.append(str(error))

    threads = [threading.Thread(target=pay, args=(f"P{n}",)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert sorted(results) == ["guard one_effect"] * 7 + ["paid"]


# -- PostgreSQL ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(postgres_server: Any) -> Any:
    return postgres_server


@contextmanager
def role(server: Any, url: str) -> Iterator[str]:
    """A role with the application's rights in one database; the address to come in as it."""
    assert psycopg is not None
    name = f"cd_app_{uuid.uuid4().hex[:12]}"
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as c:
        c.execute(f"CREATE ROLE {name} LOGIN".encode())
        for statement in grants(name):
            c.execute(statement.encode())
    try:
        yield plain.replace("//postgres@", f"//{name}@")
    finally:
        with psycopg.connect(plain, autocommit=True) as c:
            c.execute(f"DROP OWNED BY {name}".encode())
            c.execute(f"DROP ROLE {name}".encode())


@pytest.fixture(scope="module")
def as_application(server: Any) -> Iterator[str]:
    with server.database(server.template("claimdesk-attacks", build)) as url, role(server, url) as address:
        yield address


@pytest.fixture(scope="module")
def unguarded(server: Any) -> Iterator[str]:
    """The same data without triggers, checks, foreign keys and unique indexes other than primary keys."""
    assert psycopg is not None
    with server.database(server.template("claimdesk-attacks", build)) as url:
        plain = url.replace("+psycopg", "")
        with psycopg.connect(plain, autocommit=True) as c:
            for name in TABLES:
                c.execute(f"ALTER TABLE {name} DISABLE TRIGGER ALL".encode())
            found = c.execute(
                "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype IN ('c', 'f', 'u')"
                " AND connamespace = 'public'::regnamespace ORDER BY contype = 'u'"
            ).fetchall()
            for table, constraint in found:
                c.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint} CASCADE".encode())
            for (index,) in c.execute(
                "SELECT indexrelid::regclass::text FROM pg_index WHERE indisunique AND NOT indisprimary"
                " AND indrelid = 'transfer'::regclass"
            ).fetchall():
                c.execute(f"DROP INDEX {index}".encode())
        yield plain


def attack_server(address: str, attack: Attack) -> str | None:
    assert psycopg is not None
    with psycopg.connect(address) as c:
        try:
            for statement in attack.statements:
                c.execute(spoken(statement, "postgresql").encode())
        except psycopg.Error as error:
            return error.diag.constraint_name or str(error)
        finally:
            c.rollback()
    return None


@pytest.mark.postgres
@pytest.mark.parametrize("attack", _applies("postgresql"))
def test_postgres_refuses_the_application(as_application: str, attack: Attack) -> None:
    assert psycopg is not None
    with psycopg.connect(as_application) as c:
        before = state(c)
    stopped = attack_server(as_application, attack)
    assert stopped is not None
    assert stopped == attack.guard or "permission denied" in stopped
    with psycopg.connect(as_application) as c:
        assert state(c) == before


@pytest.mark.postgres
@pytest.mark.parametrize("attack", _applies("postgresql"))
def test_postgres_refuses_the_owner_of_the_tables(as_application: str, attack: Attack) -> None:
    """Whoever may write anything is still stopped by the guards (only who removes them is not)."""
    owner = re.sub(r"//cd_app_\w+@", "//postgres@", as_application)
    assert attack_server(owner, attack) == attack.guard


@pytest.mark.postgres
@pytest.mark.parametrize("attack", _applies("postgresql", unguarded=True))
def test_without_guards_postgres_lets_it_through(unguarded: str, attack: Attack) -> None:
    assert attack_server(unguarded, attack) is None


@pytest.mark.postgres
@pytest.mark.parametrize("statement", NOT_THE_APPLICATIONS)
def test_the_application_may_not_touch_a_guard(as_application: str, statement: str) -> None:
    stopped = attack_server(as_application, Attack("", "", (statement,)))
    assert stopped is not None and re.search("permission denied|must be owner|must have", stopped), stopped


@pytest.mark.postgres
def test_two_transactions_at_once_are_stopped_by_the_lock_of_the_claim(as_application: str) -> None:
    """Each alone stays within what was paid; a check that does not see the other would let both through."""
    assert psycopg is not None
    with psycopg.connect(as_application) as first:
        first.execute(back("PAID", 40000).encode())
        told: list[str | None] = []
        rest = back("PAID", 40000, obligation=3, made="NEW2", entry=f"EVT-PAID-{SPARE}")
        other = threading.Thread(target=lambda: told.append(attack_server(as_application, Attack("", "", (rest,)))))
        other.start()
        other.join(0.5)
        assert other.is_alive() and told == []  # it waits for the claim's row
        with psycopg.connect(as_application) as third:  # another claim does not wait
            third.execute(lost("DUE", 1, made="NEW3").encode())
            third.rollback()
        # Nothing is kept of the first in the end, but the second must not have run beside it.
        first.rollback()
        other.join(20)
        assert told == [None]


@pytest.mark.postgres
def test_the_second_of_two_payments_at_once_is_refused(server: Any) -> None:
    assert psycopg is not None
    with server.database(server.template("claimdesk-attacks", build)) as url, role(server, url) as address:
        ready = threading.Barrier(8)
        told: list[str] = []

        def pay(n: int) -> None:
            assert psycopg is not None
            with psycopg.connect(address) as c:
                ready.wait()
                try:
                    c.execute(post("OPEN", made=f"P{n}", entry=f"EVT-OPEN-000{2 + n % 8}").encode())
                    c.commit()
                    told.append("paid")
                except psycopg.Error as error:
                    told.append(error.diag.constraint_name or str(error))

        threads = [threading.Thread(target=pay, args=(n,)) for n in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(60)
        assert sorted(told) == ["paid"] + ["resolved_once"] * 7
        with psycopg.connect(address) as c:
            paid = c.execute("SELECT SUM(amount) FROM transfer WHERE claim = 'OPEN' AND kind = 'post'").fetchone()
            assert paid == (64000,)


@pytest.mark.postgres
def test_the_application_role_can_do_its_work(server: Any) -> None:
    made = server.database(server.template("claimdesk-attacks", build))
    with made as url, role(server, url) as address, closing(open_store(address)) as store:
        book = Book()
        write(store, rich(book))
        with store.write() as unit:
            unit.lock([book.id, "incident:x"])
            unit.set_meta("a", "b")
            unit.append([book.step(dropped=["TSK-none"])])


def test_there_are_enough_attacks() -> None:
    assert len([a for a in ATTACKS if a.only in (None, "sqlite")]) >= 50
    assert len([a for a in ATTACKS if a.only in (None, "postgresql")]) >= 50
    assert LAST != SPARE and transfer("OPEN", "settle").count("(") == 2
