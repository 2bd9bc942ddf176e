"""In what a database differs from what this version expects: tables, columns, rules, indexes, triggers.

Decision: what is expected is not described a second time; it is made beside the real tables (SQLite: in memory,
PostgreSQL: as temporary tables in a transaction that is thrown away) and both catalogues are compared, so a guard that
was dropped, disabled or rewritten shows by name. Left out: tables of other programs in the same database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateIndex, CreateTable

from . import guards, schema
from .revision import VERSION_TABLE
from .tables import metadata

Described = dict[str, str]


def of(connection: Connection) -> list[str]:
    """The differences, one a line; empty when there are none."""
    if connection.dialect.name == "sqlite":
        return _compared(_expected_sqlite(), _described_sqlite(connection))
    return _postgres(connection)


def _compared(expected: Described, found: Described) -> list[str]:
    missing = [f"missing: {name}" for name in expected if name not in found]
    changed = [f"differs: {name}" for name in expected if name in found and found[name] != expected[name]]
    more = [f"not ours: {name}" for name in found if name not in expected]
    return sorted(missing) + sorted(changed) + sorted(more)


# -- SQLite ----------------------------------------------------------------------------------------------------------


def _expected_sqlite() -> Described:
    engine = create_engine("sqlite+pysqlite://", poolclass=StaticPool)
    try:
        with engine.connect() as connection, connection.begin():
            schema.create(connection)
            return _described_sqlite(connection)
    finally:
        engine.dispose()


def _described_sqlite(connection: Connection) -> Described:
    ours = {*metadata.tables, VERSION_TABLE, "standing"}
    rows = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {
        f"{kind} {name}" if kind in ("table", "view") else f"{kind} {name} on {table}": _plain_sql(sql)
        for kind, name, table, sql in rows
        if table in ours
    }


def _plain_sql(sql: str) -> str:
    # The same statement reads differently after a table was renamed or written by hand.
    without_comments = re.sub(r"--[^\n]*", " ", sql)
    return re.sub(r"\s+", " ", re.sub(r"\s*([(),])\s*", r"\1", without_comments.replace('"', ""))).strip().rstrip(";")


# -- PostgreSQL ------------------------------------------------------------------------------------------------------

_CATALOGUE = {
    "column": """SELECT c.relname || '.' || a.attname,
        concat_ws(' ', format_type(a.atttypid, a.atttypmod), l.collname, a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      LEFT JOIN pg_collation l ON l.oid = a.attcollation
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      WHERE c.relnamespace = {0} AND c.relname = ANY({1}) AND a.attnum > 0 AND NOT a.attisdropped
        AND c.relkind = 'r'""",
    "rule": """SELECT k.conname || ' on ' || c.relname, concat(pg_get_constraintdef(k.oid), k.convalidated)
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
      WHERE c.relnamespace = {0} AND c.relname = ANY({1}) AND k.contype <> 'n'""",
    "index": """SELECT i.relname || ' on ' || c.relname, concat(pg_get_indexdef(i.oid), x.indisvalid, x.indisready)
      FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
      WHERE c.relnamespace = {0} AND c.relname = ANY({1})""",
    "trigger": """SELECT t.tgname || ' on ' || c.relname, concat(t.tgenabled, ' ', pg_get_triggerdef(t.oid))
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      WHERE c.relnamespace = {0} AND c.relname = ANY({1}) AND NOT t.tgisinternal""",
    "function": """SELECT p.proname, concat(p.prosrc, p.prosecdef, p.provolatile,
        COALESCE(p.proconfig[1], '') LIKE 'search_path=%, pg_temp' OR {2})
      FROM pg_proc p WHERE p.pronamespace = {0} AND p.proname LIKE 'claimdesk%'""",
    "rewriting": """SELECT r.rulename || ' on ' || c.relname, pg_get_ruledef(r.oid)
      FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
      WHERE c.relnamespace = {0} AND c.relname = ANY({1})""",
}  # fmt: skip


def _postgres(connection: Connection) -> list[str]:
    where = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    found = _described_postgres(connection, where, scratch=False)
    connection.exec_driver_sql("SAVEPOINT expected")
    try:
        connection.exec_driver_sql("CREATE TEMP TABLE claimdesk_scratch () ON COMMIT DROP")
        scratch = connection.exec_driver_sql(
            "SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()"
        ).scalar_one()  # fmt: skip
        connection.exec_driver_sql("SET LOCAL search_path TO pg_temp")
        for statement in _scratch_statements(connection):
            connection.exec_driver_sql(statement)
        expected = _described_postgres(connection, scratch, scratch=True)
    finally:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT expected")
    return _compared(expected, found)


def _scratch_statements(connection: Connection) -> Iterable[str]:
    for table in metadata.sorted_tables:
        yield str(CreateTable(table).compile(connection)).replace("CREATE TABLE", "CREATE TEMP TABLE")
        for index in sorted(table.indexes, key=lambda i: str(i.name)):
            yield str(CreateIndex(index).compile(connection))
    for statement in guards.every("postgresql"):
        if "set_config" in statement:
            continue
        made = statement.replace("CREATE FUNCTION ", "CREATE FUNCTION pg_temp.")
        made = made.replace("CREATE OR REPLACE FUNCTION ", "CREATE OR REPLACE FUNCTION pg_temp.")
        # Temporary functions are found by their full name only.
        yield made.replace("EXECUTE FUNCTION ", "EXECUTE FUNCTION pg_temp.").replace("CREATE VIEW", "CREATE TEMP VIEW")


def _described_postgres(connection: Connection, where: str, *, scratch: bool) -> Described:
    names = [*metadata.tables, "standing"]
    prefix = re.compile(rf'\b(?:{re.escape(where)}|"{re.escape(where)}"|pg_temp)\.')
    described: Described = {}
    for kind, query in _CATALOGUE.items():
        text = query.replace("%", "%%").format("%s::regnamespace", "%s", str(scratch).lower())
        values: tuple[Any, ...] = (f'"{where}"',) if "{1}" not in query else (f'"{where}"', names)
        for name, body in connection.exec_driver_sql(text, values):
            described[f"{kind} {name}"] = re.sub(r"\s+", " ", prefix.sub("", body))
    return described
