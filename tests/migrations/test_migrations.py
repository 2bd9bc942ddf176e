"""Migrations and tables come to the same schema; a database is made, brought up or refused as it should be."""

from __future__ import annotations

import io
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory

from claimdesk import ClaimDesk
from claimdesk.adapters.cli.behind import behind
from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.sql import differences, migrate, schema
from claimdesk.adapters.sql.engine import Options, make_engine
from claimdesk.adapters.sql.revision import HEAD as REVISION
from claimdesk.adapters.sql.tables import metadata
from claimdesk.states.errors import SchemaMismatch, StorageError
from claimdesk.workflow.lines import read_lines
from claimdesk.workflow.triage import triage
from migrations.conftest import Empty


def described(url: str) -> dict[str, str]:
    engine = make_engine(migrate.database_url(url), Options())
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                return differences._described_sqlite(connection)
            return differences._described_postgres(connection, "public", scratch=False)
    finally:
        engine.dispose()


def test_migrations_and_tables_give_the_same_schema(
    empty: Empty, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    migrate.upgrade(empty.url)
    assert migrate.check(empty.url) == []
    if empty.kind == "sqlite":
        other = str(tmp_path / "other.db")
        open_store(other).close()
        assert described(empty.url) == described(other)
        return
    server: Any = request.getfixturevalue("postgres_server")
    with server.database() as other:
        open_store(other).close()
        assert described(empty.url) == described(other)


def test_a_described_schema_holds_every_kind_of_thing(empty: Empty) -> None:
    open_store(empty.url).close()
    found = described(empty.url)
    kinds = {name.split(" ")[0] for name in found}
    wanted = {"table", "index", "trigger", "view"} if empty.kind == "sqlite" else {
        "column", "rule", "index", "trigger", "function", "rewriting"}  # fmt: skip
    assert kinds == wanted
    assert "trigger transfer_guard on transfer" in found


def test_the_sql_for_a_database_administrator_gives_the_same_schema(empty: Empty) -> None:
    sql = migrate.upgrade_sql(empty.url)
    if empty.kind == "sqlite":
        with closing(sqlite3.connect(empty.url.removeprefix("sqlite:///"))) as connection:
            connection.executescript(sql)
    else:
        empty.run(sql)
    assert migrate.current(empty.url) == REVISION
    assert migrate.check(empty.url) == []


def test_the_known_revisions_are_those_of_the_folder() -> None:
    scripts = ScriptDirectory.from_config(migrate._config())
    assert [r.revision for r in scripts.walk_revisions()][::-1] == list(schema.KNOWN)
    assert scripts.get_heads() == [REVISION] == [schema.KNOWN[-1]]
    assert all(len(r) <= 32 for r in schema.KNOWN)


def test_upgrading_twice_changes_nothing(empty: Empty) -> None:
    assert migrate.current(empty.url) is None
    assert migrate.check(empty.url) == ["there are no tables of claimdesk"]
    assert migrate.upgrade(empty.url) == migrate.upgrade(empty.url) == migrate.current(empty.url) == REVISION


def test_opening_makes_a_new_database(empty: Empty) -> None:
    with closing(open_store(empty.url)) as store, store.read() as unit:
        assert unit.totals() == []
    assert migrate.current(empty.url) == REVISION
    assert migrate.check(empty.url) == []


def test_many_open_a_new_database_at_once(empty: Empty) -> None:
    errors: list[BaseException] = []

    def work() -> None:
        try:
            with closing(open_store(empty.url)) as store, store.write() as unit:
                unit.set_meta("a", "b")
        except BaseException as error:  # noqa: BLE001  # shown below
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert errors == []
    assert migrate.check(empty.url) == []


def test_a_newer_database_is_refused_with_both_versions_and_a_command(empty: Empty) -> None:
    open_store(empty.url).close()
    empty.run("UPDATE claimdesk_version SET version_num = '0999_from_the_future'")
    for attempt in (lambda: open_store(empty.url), lambda: migrate.upgrade(empty.url)):
        with pytest.raises(SchemaMismatch) as caught:
            attempt()
        assert "0999_from_the_future" in str(caught.value) and REVISION in str(caught.value)
        assert "claimdesk db check --db" in caught.value.hint
    assert "0999" in migrate.check(empty.url)[0]


def test_the_command_hides_a_password() -> None:
    url = migrate.database_url("postgresql://mei:hunter2@host/claims")
    assert "hunter2" not in str(migrate.newer(url, "x"))


def test_tables_of_another_program_are_left_alone(empty: Empty) -> None:
    empty.run("CREATE TABLE task (what TEXT)", "INSERT INTO task VALUES ('theirs')")
    for attempt in (lambda: open_store(empty.url), lambda: migrate.upgrade(empty.url)):
        with pytest.raises(SchemaMismatch, match="task"):
            attempt()
    assert empty.run("SELECT * FROM task") == [("theirs",)]
    assert migrate.current(empty.url) is None


def test_a_server_may_hold_us_in_a_schema_of_our_own(server: Empty) -> None:
    server.run("CREATE TABLE public.task (what TEXT)", "CREATE SCHEMA claims")
    url = f"{server.url}&options=-csearch_path%3Dclaims"
    open_store(url).close()
    assert migrate.check(url) == []
    assert server.run("SELECT count(*) FROM claims.transfer") == [(0,)]
    functions = server.run("SELECT DISTINCT proconfig[1] FROM pg_proc WHERE proname LIKE 'claimdesk%'")
    assert functions == [("search_path=claims, pg_temp",)]


# -- a later revision ----------------------------------------------------------------------------------------------

_NEXT = '''
"""A test."""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999_test", "LAST", None, None


def upgrade():
    with op.batch_alter_table("meta", recreate="always", table_kwargs={"sqlite_strict": True}) as batch:
        batch.add_column(sa.Column("note", sa.Text))
    op.execute("INSERT INTO meta (name, value) VALUES ('upgraded', 'yes')")
'''


@pytest.fixture
def a_later_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "later"
    folder.mkdir()
    (folder / "9999_test.py").write_text(_NEXT.replace("LAST", REVISION))
    monkeypatch.setattr(migrate, "VERSIONS", [*migrate.VERSIONS, folder])
    monkeypatch.setattr(schema, "KNOWN", (*schema.KNOWN, "9999_test"))
    return folder


def test_a_file_that_is_behind_is_brought_up_when_opened(file: Empty, request: pytest.FixtureRequest) -> None:
    open_store(file.url).close()
    request.getfixturevalue("a_later_version")
    with closing(open_store(file.url)) as store, store.read() as unit:
        assert unit.meta("upgraded") == "yes"
    assert migrate.current(file.url) == "9999_test"


def test_a_server_that_is_behind_is_refused_with_the_command(server: Empty, request: pytest.FixtureRequest) -> None:
    open_store(server.url).close()
    request.getfixturevalue("a_later_version")
    with pytest.raises(SchemaMismatch) as caught:
        open_store(server.url)
    assert REVISION in caught.value.message and "9999_test" in caught.value.message
    assert caught.value.hint.startswith("claimdesk db upgrade --db ")
    assert migrate.upgrade(server.url) == "9999_test"
    open_store(server.url).close()


def test_a_broken_upgrade_leaves_nothing(empty: Empty, request: pytest.FixtureRequest) -> None:
    open_store(empty.url).close()
    folder: Path = request.getfixturevalue("a_later_version")
    broken = _NEXT.replace("LAST", REVISION) + '    op.drop_table("nothing_of_this_name")\n'
    (folder / "9999_test.py").write_text(broken)
    with pytest.raises(StorageError):
        migrate.upgrade(empty.url)
    assert migrate.current(empty.url) == REVISION
    assert empty.run("SELECT count(*) FROM meta") == [(0,)]
    assert migrate.check(empty.url) == [f"it is at revision {REVISION}, this version needs 9999_test"]


# -- a file of an earlier revision that holds claims -----------------------------------------------------------------


def _all_rows(path: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr)  # noqa: S608  # our own names
            for name in metadata.tables
        }


def _as_it_was(path: Path, revision: str, source: Path) -> None:
    """A file of ``revision`` with the rows of ``source``; guards are added last, as rows come in no order of theirs."""
    config = migrate._config()
    config.attributes["dialect"] = "sqlite"
    config.output_buffer = io.StringIO()
    command.upgrade(config, revision, sql=True)
    with closing(sqlite3.connect(":memory:")) as made, closing(sqlite3.connect(path)) as connection:
        made.executescript(config.output_buffer.getvalue())
        parts = made.execute("SELECT type, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
        for kind in ("table", "index"):
            for _, sql in (part for part in parts if part[0] == kind and "sqlite_sequence" not in part[1]):
                connection.execute(sql)
        connection.execute("ATTACH ? AS source", (str(source),))
        for name in metadata.tables:
            connection.execute(f'INSERT INTO main."{name}" SELECT * FROM source."{name}"')  # noqa: S608  # our own names
        connection.execute("INSERT INTO claimdesk_version VALUES (?)", (revision,))
        connection.commit()
        for _, sql in (part for part in parts if part[0] in ("view", "trigger")):
            connection.execute(sql)


def test_claims_written_before_entries_had_an_order_are_all_there_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimdesk.adapters.cli.behind.LARGE", 0)
    now, before = tmp_path / "now" / "claims.db", tmp_path / "before" / "claims.db"
    now.parent.mkdir()
    lines = (Path(__file__).parents[2] / "examples" / "claims.jsonl").read_text("utf-8").splitlines(keepends=True)
    with ClaimDesk.open(f"sqlite:///{now}", actor="cs:mei") as desk:
        made = list(triage(desk, read_lines(lines[:60]), run_id="a", batch=20))
        assert {r["status"] for r in made} >= {"created"}
        desk.sequence()
    shutil.copytree(now.parent, before.parent, ignore=lambda _, names: [n for n in names if n == "claims.db"])
    _as_it_was(before, "0008_two_filters", now)
    assert _all_rows(before) == _all_rows(now)
    said = behind(before)
    assert said is not None and "from 0008_two_filters to " in said and "claims.db" in said
    open_store(f"sqlite:///{before}").close()
    assert behind(before) is None  # up to date
    assert migrate.check(f"sqlite:///{before}") == []
    assert _all_rows(before) == _all_rows(now)
    with closing(sqlite3.connect(before)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        columns = "claim, seq, at, actor, verb, type, data, leaf"
        put = f"REPLACE INTO entry (rowid, id, {columns}) SELECT rowid, 'OTHER', {columns} FROM entry LIMIT 1"  # noqa: S608  # no input
        for attack in (put, "DELETE FROM entry"):
            with pytest.raises(sqlite3.IntegrityError, match="guard entry_"):
                connection.execute(attack)
    with ClaimDesk.open(f"sqlite:///{before}", actor="cs:mei") as desk:
        again = list(triage(desk, read_lines(lines[:120]), run_id="b"))  # and goes on
        assert {r["status"] for r in again[:60]} <= {"unchanged", "rejected", "duplicate"}
        assert any(r["status"] == "created" for r in again[60:])
        desk.sequence()
        assert desk.log.audit().ok


# -- what differs --------------------------------------------------------------------------------------------------

HARM = [
    ("DROP TRIGGER transfer_guard", "missing: trigger transfer_guard on transfer"),
    ("DROP TRIGGER entry_stays", "missing: trigger entry_stays on entry"),
    ("DROP INDEX resolved_once", "missing: index resolved_once on transfer"),
    ("CREATE TRIGGER mine AFTER INSERT ON entry BEGIN SELECT 1; END", "not ours: trigger mine on entry"),
    ("CREATE INDEX mine ON task (name)", "not ours: index mine on task"),
    ("ALTER TABLE meta ADD COLUMN note TEXT", "differs: table meta"),
    ("DROP VIEW standing", "missing: view standing"),
]
REWRITTEN = [
    ("DROP TRIGGER transfer_stays", "CREATE TRIGGER transfer_stays BEFORE DELETE ON transfer BEGIN SELECT 1; END",
     "differs: trigger transfer_stays on transfer"),
    ("DROP INDEX recoup_once", "CREATE UNIQUE INDEX recoup_once ON transfer (claim, obligation) WHERE kind = 'x'",
     "differs: index recoup_once on transfer"),
]  # fmt: skip
_NO_GUARD = """CREATE OR REPLACE FUNCTION claimdesk_fixed() RETURNS trigger LANGUAGE plpgsql
  SET search_path = public, pg_temp AS 'BEGIN RETURN NEW; END'"""
SERVER_HARM = [
    ("DROP TRIGGER transfer_guard ON transfer", "missing: trigger transfer_guard on transfer"),
    ("ALTER TABLE transfer DISABLE TRIGGER transfer_guard", "differs: trigger transfer_guard on transfer"),
    ("DROP INDEX resolved_once", "missing: index resolved_once on transfer"),
    ("ALTER TABLE transfer DROP CONSTRAINT transfer_amount", "missing: rule transfer_amount on transfer"),
    ("ALTER TABLE transfer ALTER COLUMN obligation SET NOT NULL", "differs: column transfer.obligation"),
    ("ALTER TABLE entry ALTER COLUMN actor TYPE TEXT COLLATE \"C\"", None),
    ("ALTER TABLE entry ALTER COLUMN actor TYPE VARCHAR(27)", "differs: column entry.actor"),
    ("CREATE RULE nothing AS ON DELETE TO task DO INSTEAD NOTHING", "not ours: rewriting nothing on task"),
    ("ALTER FUNCTION claimdesk_transfer_guard() RESET search_path", "differs: function claimdesk_transfer_guard"),
    ("ALTER FUNCTION claimdesk_entry_guard() SECURITY DEFINER", "differs: function claimdesk_entry_guard"),
    (_NO_GUARD, "differs: function claimdesk_fixed"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "told"), HARM)
def test_a_harmed_file_is_told(file: Empty, statement: str, told: str) -> None:
    open_store(file.url).close()
    file.run(statement)
    assert migrate.check(file.url) == [told]


@pytest.mark.parametrize(("first", "second", "told"), REWRITTEN)
def test_a_rewritten_guard_is_told(file: Empty, first: str, second: str, told: str) -> None:
    open_store(file.url).close()
    file.run(first, second)
    assert migrate.check(file.url) == [told]


@pytest.mark.parametrize(("statement", "told"), SERVER_HARM)
def test_a_harmed_server_is_told(server: Empty, statement: str, told: str | None) -> None:
    open_store(server.url).close()
    server.run(statement)
    assert migrate.check(server.url) == ([] if told is None else [told])


def test_checking_leaves_nothing_behind(server: Empty) -> None:
    open_store(server.url).close()
    before = server.run("SELECT count(*) FROM pg_class"), server.run("SELECT count(*) FROM pg_proc")
    migrate.check(server.url)
    assert (server.run("SELECT count(*) FROM pg_class"), server.run("SELECT count(*) FROM pg_proc")) == before


def test_every_table_is_strict_and_every_instant_has_its_width(file: Empty) -> None:
    open_store(file.url).close()
    strict = dict(file.run("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'"))
    assert all(strict[name] for name in metadata.tables)
    for table in metadata.tables.values():
        if any(c.name in ("at", "due_at", "updated_at") for c in table.columns):
            assert f"{table.name}_instants" in {c.name for c in table.constraints}


# -- what is loaded ------------------------------------------------------------------------------------------------


def loaded(code: str) -> set[str]:
    """The packages a program has loaded at its end."""
    shown = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*{{m.partition('.')[0] for m in sys.modules}})"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return set(shown.stdout.split())


def test_only_what_a_store_needs_is_loaded(tmp_path: Path) -> None:
    opened = "from claimdesk.adapters.open_store import open_store, default_vault; s = open_store({!r}); s.close()"
    memory = loaded(opened.format("memory:") + "; default_vault('memory:')")
    assert not memory & {"sqlalchemy", "alembic", "psycopg", "cryptography", "sqlite3"}
    path = str(tmp_path / "a.db")
    for _ in ("a new file", "the same again"):
        file = loaded(opened.format(path))
        assert "sqlalchemy" in file and not file & {"alembic", "psycopg", "cryptography", "mako"}
