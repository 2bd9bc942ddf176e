"""``claimdesk db``: the database made, brought up to date, checked; or the SQL for whoever does that by hand."""

from __future__ import annotations

import sys

import click

from ....states.errors import ConfigError
from ..call import Call, sqlite_path
from ..groups import family, page
from ..output import put, put_json


@page(
    "upgrade",
    examples=[
        ("claimdesk db upgrade", "make it, or bring it up to date"),
        ("claimdesk db upgrade --sql > upgrade.sql", "only the SQL, for whoever runs it by hand"),
    ],
    exits=(0, 2, 75),
    see=("db check",),
)
@click.option("--sql", is_flag=True, help="Print the SQL, change nothing.")
@click.pass_obj
def upgrade(call: Call, sql: bool) -> None:
    """Make the database, or bring it up to date."""
    from ...open_store import open_store
    from ...sql import migrate

    _refuse_memory(call)
    if sql:
        sys.stdout.write(migrate.upgrade_sql(call.db))
        return
    before = standing(call.db)[1] if call.database_exists() else ""
    if call.dry_run:
        now = before
    else:
        if not before:
            open_store(call.db).close()
        else:
            migrate.upgrade(call.db)
        now = standing(call.db)[1]
    if call.as_json:
        put_json({"before": before or None, "now": now or None, "dry_run": call.dry_run})
    elif call.dry_run:
        put(f"at {before or 'nothing'}; see the SQL with --sql")
    else:
        put(f"at {now}" + (" (nothing to do)" if before == now else f", was {before}" if before else ", new"))


@page(
    "check", examples=[("claimdesk db check || claimdesk db upgrade", "exit 1 when it is behind")], exits=(0, 1, 2, 75)
)
@click.pass_obj
def check(call: Call) -> int:
    """Say whether the database fits this version; exit 1 when it does not."""
    _refuse_memory(call)
    behind, current, wanted = standing(call.db) if call.database_exists() else (True, "", _wanted())
    if call.as_json:
        put_json({"ok": not behind, "current": current or None, "wanted": wanted})
    else:
        put(f"at {current or 'nothing'}, this version needs {wanted}" if behind else f"at {current}, as needed")
    return 1 if behind else 0


@page("current", examples=[("claimdesk db current", "the revision of the database")], exits=(0, 2, 75))
@click.pass_obj
def current(call: Call) -> None:
    """Print the revision of the database."""
    _refuse_memory(call)
    found = standing(call.db)[1] if call.database_exists() else ""
    if call.as_json:
        put_json({"current": found or None})
    else:
        put(found or "nothing")


command = family(
    "db",
    "Make, upgrade and check the database.",
    upgrade,
    check,
    current,
    examples=[("claimdesk db check", "does it fit?"), ("claimdesk db upgrade", "make it fit")],
)


def standing(url: str) -> tuple[bool, str, str]:
    """(whether it does not fit, the revision of the database or nothing, the revision this version needs)."""
    from ...open_store import database_url
    from ...sql import schema
    from ...sql.engine import Options, for_reading, make_engine

    engine = make_engine(database_url(url), Options())
    try:
        with for_reading(engine).connect() as connection:
            found = schema.state_of(connection)
    finally:
        engine.dispose()
    return found != schema.READY, found, schema.READY


def _wanted() -> str:
    from ...sql import schema

    return schema.READY


def _refuse_memory(call: Call) -> None:
    if call.db.startswith(("memory:", ":memory:")) or (sqlite_path(call.db) is not None and ":memory:" in call.db):
        raise ConfigError(
            "no_database", "a store in memory has no database", field="--db", hint="for example sqlite:///claims.db"
        )
