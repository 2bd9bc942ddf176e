"""The races can fail: with the guards taken away the same race pays twice, and the checks say so.

Two guards stand between two writers and a double payment: the version the plan was made on, in Python, and the rules of
the ledger, in the database. Each alone is enough. With neither the customer is paid twice, and the detector fires.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from claimdesk import ClaimdeskError
from claimdesk.adapters.sql.tables import metadata
from claimdesk.adapters.sql.units import SqlWrite
from claimdesk.testing import FrozenClock
from claimdesk.workflow.engine import Session
from claimdesk.workflow.plan import Command
from support.checks import faults
from support.desks import Drive, stored

from .runners import WRITERS, Place


def leaning_on(*names: str) -> tuple[str, ...]:
    """These tables and all that refer to them, those that refer first."""
    wanted = set(names)
    for table in metadata.sorted_tables:  # what is referred to stands first
        if any(key.column.table.name in wanted for key in table.foreign_keys):
            wanted.add(table.name)
    return tuple(table.name for table in reversed(metadata.sorted_tables) if table.name in wanted)


#: The tables whose rules are taken away.
BARE = leaning_on("transfer", "decision", "sealed", "log_pending", "log_leaf", "entry")


def without_rules(place: Place) -> None:
    """Tables of the same columns without a key, index, check, foreign key or trigger."""
    url = make_url(place.url)
    if url.get_backend_name() == "sqlite":
        with sqlite3.connect(str(url.database)) as connection:
            bare_sqlite(connection)
        connection.close()
        return
    text = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(text) as connection:
        for table in BARE:
            connection.execute(f"CREATE TABLE bare AS TABLE {table}".encode())
            connection.execute(f"DROP TABLE {table} CASCADE".encode())
            connection.execute(f"ALTER TABLE bare RENAME TO {table}".encode())


def bare_sqlite(connection: sqlite3.Connection) -> None:
    leaning = "SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger')"
    for kind, name in connection.execute(leaning).fetchall():
        connection.execute(f'DROP {kind} "{name}"')
    for table in BARE:
        connection.execute(f"CREATE TABLE bare AS SELECT * FROM {table}")  # noqa: S608  # names from the list above
        connection.execute(f"DROP TABLE {table}")
        connection.execute(f"ALTER TABLE bare RENAME TO {table}")


@pytest.fixture
def careless(monkeypatch) -> None:
    """The version check is gone: whatever version a plan was made on, it is written over the present one."""
    values: Callable[[Any, Any], Any] = SqlWrite._from

    def over_the_present_one(self: Any, rows: Any) -> Any:
        # Locked on a server, or another writer moves it between this read and our write, and ours is stale after all.
        lock = "" if self._s.sqlite else " FOR UPDATE"
        kept = dict(tuple(found) for found in self.connection.exec_driver_sql(f'SELECT id, version FROM "case"{lock}'))  # noqa: S608
        return values(self, [(kept[row.id], row) for _, row in rows])

    monkeypatch.setattr(SqlWrite, "_from", over_the_present_one)


def race(place: Place) -> tuple[list[str], list[str]]:
    """Sixteen confirmations, each planned on what was read before any was written: (codes, faults)."""
    drive = Drive(place.desk(999), FrozenClock(place.now))
    claim = drive.to("approved")
    planned = stored(drive.desk.store, claim.id)
    barrier, codes = threading.Barrier(WRITERS), []

    def run(n: int) -> None:
        desk = place.desk(n + 1)
        command = Command("confirm_payment", {}, "bank:one", desk.clock(), claim=claim.id, lenient=True)
        barrier.wait(60)
        try:
            with desk.store.write() as unit:
                session = Session(unit, desk.settings)
                session._cases[claim.id] = planned
                session.execute(command)
                session.flush()
            codes.append("ok")
        except ClaimdeskError as error:
            codes.append(error.code)
        finally:
            desk.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    found = faults(drive.desk.store)
    drive.desk.close()
    return codes, found


def test_with_both_guards_the_losers_are_stale(place):
    codes, found = race(place)
    assert sorted(codes) == ["ok", *["stale_version"] * (WRITERS - 1)]
    assert found == []


def test_the_version_alone_is_enough(place):
    without_rules(place)
    codes, found = race(place)
    assert codes.count("ok") == 1
    assert found == []


def test_the_database_alone_is_enough(place, careless):
    """Trust promise 2: the guard is in the database, not in Python."""
    codes, found = race(place)
    assert codes.count("ok") == 1
    assert found == []


def test_without_either_the_customer_is_paid_twice_and_the_checks_say_so(place, careless):
    """The negative control: this must find a double payment, or the races above prove nothing."""
    without_rules(place)
    codes, found = race(place)
    assert codes.count("ok") > 1, "the race did not happen"
    assert any("PAID TWICE" in fault for fault in found), found
    assert any("the fold of the entries differs" in fault or "has number" in fault for fault in found), found
