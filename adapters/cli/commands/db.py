"""``claimdesk db``: the database made, brought up to date, checked; or the SQL for whoever does that by hand."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

import click

from ....states.errors import ConfigError, InputError, Refused
from ...open_store import default_keys
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
    from ...sql import migrate

    _refuse_memory(call)
    if sql:
        sys.stdout.write(migrate.upgrade_sql(call.db))
        return
    before = current_of(call)
    now = before if call.dry_run else migrate.upgrade(call.db)
    if call.as_json:
        put_json({"before": before, "now": now, "wanted": wanted(), "dry_run": call.dry_run})
    elif call.dry_run:
        put(f"at {before or 'nothing'}, would be at {wanted()}; --sql prints what would be done")
    else:
        put(f"at {now}" + (" (nothing to do)" if before == now else f", was {before}" if before else ", new"))


@page(
    "check",
    examples=[("claimdesk db check || claimdesk db upgrade", "exit 1 when it does not fit")],
    exits=(0, 1, 2, 75),
    see=("db upgrade", "doctor"),
)
@click.pass_obj
def check(call: Call) -> int:
    """Say whether the database fits this version; exit 1 when it does not."""
    _refuse_memory(call)
    found = faults(call)
    current_one = current_of(call)
    if call.as_json:
        put_json({"ok": not found, "current": current_one, "wanted": wanted(), "differences": found})
    elif found:
        for fault in found:
            put(fault)
        call.note(f"hint: {remedy(current_one)}")
    else:
        put(f"at {current_one}, as needed")
    return 1 if found else 0


@page(
    "current",
    examples=[("claimdesk db current", "the revision of the database")],
    exits=(0, 2, 75),
    see=("db check",),
)
@click.pass_obj
def current(call: Call) -> None:
    """Print the revision of the database."""
    _refuse_memory(call)
    found = current_of(call)
    if call.as_json:
        put_json({"current": found})
    else:
        put(found or "nothing")


@page(
    "rotate-keys",
    examples=[
        ("claimdesk db rotate-keys --approved-by cs:bo --dry-run", "how much would be wrapped anew"),
        ("claimdesk db rotate-keys --as ops:kim --approved-by cs:bo", "new keys; the old ones are destroyed"),
    ],
    writes=True,
    see=("redact", "doctor"),
)
@click.option("--only-this-database", is_flag=True, help="The key file serves this database alone.")
@click.pass_obj
def rotate(call: Call, only_this_database: bool) -> None:
    """Wrap personal values under a new key and destroy the old ones."""
    for name, flag in (("key", "--idempotency-key"), ("expected", "--expected-version")):
        if name in call.told:
            raise InputError("not_here", f"{flag} does not apply to keys", field=flag)
    _refuse_memory(call)
    with call.desk() as desk:
        vault: Any = desk.settings.vault
        if not only_this_database and vault.path != default_keys(call.db):
            # A server's key file stands in the working folder and may be another database's too.
            raise ConfigError(
                "keys_may_be_shared",
                "if another database is sealed with this key file, its personal values would be lost",
                field="--only-this-database",
                hint="give --only-this-database when that is so, or a key file of its own for each database",
            )
        if not call.told.get("approved"):
            raise Refused("needs_second_person", "a change of keys needs a second person", hint="--approved-by ACTOR")
        done = desk.rotate_keys(approved_by=str(call.told["approved"]), dry_run=call.dry_run)
    if call.as_json:
        put_json(asdict(done))
        return
    would = "would be " if done.dry_run else ""
    put(f"{done.rewrapped} sealed values {would}wrapped anew; {len(done.closed)} old keys {would}destroyed")
    if done.unreadable:
        put(f"{done.unreadable} could not be opened: their keys were gone already, or they were altered")
    if not done.dry_run:
        call.note("copies of the old key file still open old backups: destroy them too, then back up the new one")


command = family(
    "db",
    "Make, upgrade and check the database.",
    upgrade,
    check,
    current,
    rotate,
    examples=[("claimdesk db check", "does it fit?"), ("claimdesk db upgrade", "make it fit")],
)


def faults(call: Call) -> list[str]:
    """In what the database differs from what this version expects. Nothing is made for the sake of looking."""
    from ...sql import migrate

    return migrate.check(call.db) if call.database_exists() else ["there is no database yet"]


def remedy(current_one: str | None) -> str:
    """What to do about a database that does not fit: a later version's is not made older."""
    from ...sql import schema

    if current_one is not None and current_one not in schema.KNOWN:
        return "a later version made it: install that version, then: claimdesk db check"
    return "claimdesk db upgrade (after a backup; --sql prints what it would do)"


def current_of(call: Call) -> str | None:
    """The revision of the database, or None where there is none."""
    from ...sql import migrate

    return migrate.current(call.db) if call.database_exists() else None


def wanted() -> str:
    """The revision this version needs."""
    from ...sql import schema

    return schema.KNOWN[-1]


def _refuse_memory(call: Call) -> None:
    if call.db.startswith(("memory:", ":memory:")) or (sqlite_path(call.db) is not None and ":memory:" in call.db):
        raise ConfigError(
            "no_database", "a store in memory has no database", field="--db", hint="for example sqlite:///claims.db"
        )
