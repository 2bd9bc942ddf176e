"""``claimdesk doctor``: is everything claimdesk leans on as it should be? Looks only; nothing is made or changed."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import click

from ....states.errors import ClaimdeskError
from ..call import Call, sqlite_path
from ..groups import page
from ..output import columns, put, put_json

if TYPE_CHECKING:
    from ....workflow.ports import ControlRow

_ZONES = ("America/Los_Angeles", "America/Toronto", "Europe/London", "Europe/Berlin", "Asia/Shanghai")
#: A clock before this package was made is wrong for certain.
_NOT_BEFORE = datetime(2025, 1, 1, tzinfo=UTC)
_CLOCK_SLACK = timedelta(minutes=5)
#: An entry that waits longer for its place in the log is an alarm (trust notes 2.5, T4).
_LOG_PATIENCE = timedelta(hours=1)


class Check(NamedTuple):
    """One finding: what was looked at, whether it is as it should be, what was seen, what to do."""

    name: str
    ok: bool
    seen: str
    hint: str = ""


@page(
    "doctor",
    examples=[
        ("claimdesk doctor", "everything, one line each"),
        ("claimdesk doctor --json", "for monitoring; exit 1 when something is wrong"),
    ],
    exits=(0, 1, 2),
    see=("config show", "db check"),
)
@click.pass_obj
def command(call: Call) -> int:
    """Check database, time zones, keys, log and clock."""
    looks = (_python, _database, _roles, _sqlite, _zones, _keys, _log, _clock)
    found = [check for look in looks for check in _looked(look, call)]
    good = all(check.ok for check in found)
    if call.as_json:
        checks = [{"check": c.name, "ok": c.ok, "seen": c.seen, **({"hint": c.hint} if c.hint else {})} for c in found]
        put_json({"ok": good, "checks": checks})
        return 0 if good else 1
    for line in columns([["ok" if c.ok else "WRONG", c.name, c.seen] for c in found]):
        put(line)
    for check in found:
        if check.hint and not call.quiet:
            call.note(f"hint: {check.name}: {check.hint}")
    return 0 if good else 1


def _looked(look: Callable[[Call], Iterator[Check]], call: Call) -> Iterator[Check]:
    name = look.__name__.removeprefix("_")
    try:
        yield from look(call)
    except ClaimdeskError as error:
        yield Check(name, False, f"{error.message} [{error.code}]", error.hint)
    except (OSError, sqlite3.Error) as error:
        yield Check(name, False, f"cannot be looked at: {type(error).__name__}")


def _python(call: Call) -> Iterator[Check]:
    import platform

    from claimdesk import __version__

    yield Check("claimdesk", True, f"{__version__} on Python {platform.python_version()}")


def _database(call: Call) -> Iterator[Check]:
    from ...config import without_password

    shown = without_password(call.db)
    path = sqlite_path(call.db)
    if path is not None and not path.exists():
        yield Check("database", True, f"{shown}: not made yet", "it is made on first use, or by: claimdesk db upgrade")
        return
    if ":memory:" in call.db or call.db.startswith("memory:"):
        yield Check("database", True, f"{shown}: in memory, gone at the end")
        return
    from .db import current_of, faults, remedy

    found = faults(call)
    yield Check("database", True, f"{shown}: reachable")
    yield Check("schema", not found, "; ".join(found) or "as needed", remedy(current_of(call)) if found else "")


def _sqlite(call: Call) -> Iterator[Check]:
    version = sqlite3.sqlite_version
    enough = sqlite3.sqlite_version_info >= (3, 37, 0)
    yield Check("sqlite", enough, version, "" if enough else "SQLite 3.37 or newer is needed (STRICT tables)")
    path = sqlite_path(call.db)
    if path is None or not path.exists():
        return
    whole = _quick_check(path)
    yield Check("file", whole, f"quick check: {'ok' if whole else 'DAMAGED'}", "" if whole else "restore a backup")
    if whole:
        yield from _writing(call, version)


def _quick_check(path: Path) -> bool:
    """Whether SQLite finds the file sound. Read as another program would, without touching it."""
    connection = sqlite3.connect(f"file:{quote(path.absolute().as_posix())}?mode=ro", uri=True)
    try:
        return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0]) == "ok"
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()


def _writing(call: Call, version: str) -> Iterator[Check]:
    """How the desk's own connections write: these settings belong to a connection, not to the file."""
    from ...open_store import database_url
    from ...sql.engine import Options, for_reading, make_engine
    from ...sql.revision import WAL_SAFE

    engine = make_engine(database_url(call.db), Options())
    try:
        with for_reading(engine).connect() as connection:
            mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one())
            level = int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())
    finally:
        engine.dispose()
    # Older libraries could damage a WAL file when two connections reset it at once.
    safe = mode != "wal" or sqlite3.sqlite_version_info >= WAL_SAFE
    yield Check("journal mode", safe, mode, "" if safe else f"WAL is not safe with SQLite {version}")
    names = {0: "off", 1: "normal", 2: "full", 3: "extra"}
    yield Check("synchronous", level >= 2, names.get(level, str(level)))


def _zones(call: Call) -> Iterator[Check]:
    from importlib.metadata import PackageNotFoundError, version
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    missing: list[str] = []
    for name in _ZONES:
        try:
            ZoneInfo(name)
        except ZoneInfoNotFoundError:
            missing.append(name)
    try:
        packaged = version("tzdata")
    except PackageNotFoundError:
        packaged = "not installed"
    seen = f"missing: {', '.join(missing)}" if missing else f"{len(_ZONES)} marketplace zones found (tzdata {packaged})"
    yield Check("time zones", not missing, seen, "install the package tzdata" if missing else "")


def _keys(call: Call) -> Iterator[Check]:
    from ...open_store import default_keys

    told = call.config.value("keys")
    place = Path(told) if told else default_keys(call.db)
    if place is None:
        return
    claims, origin, check = _under_keys(call)
    lost = f"personal values of {claims} claims hang on it: restore it from its backup; docs/howto/backup.md says what"
    if not place.exists():
        needed = bool(claims or check)
        seen = "MISSING" if needed else "not made yet"
        yield Check("keys", not needed, f"{place}: {seen}", f"{lost} goes on without it" if needed else "")
        return
    mode = stat.S_IMODE(place.stat().st_mode)
    private = os.name == "nt" or mode & 0o077 == 0
    yield Check("keys", private, f"{place}: mode {mode:04o}", "" if private else f"chmod 600 {place}")
    if private and check is not None and not _fits(place, origin, check):
        yield Check("keys", False, f"{place}: not the one this database began with", f"{lost} goes on without it")


def _fits(place: Path, origin: str | None, check: str) -> bool:
    from ....states.errors import ConfigError
    from ....workflow.digests import is_under
    from ...vault import FileVault

    try:
        return is_under(FileVault(place), origin, check)
    except ConfigError:
        return False


def _under_keys(call: Call) -> tuple[int, str | None, str | None]:
    """(claims with sealed values, the store's name, what it remembers of the key it began with)."""
    from sqlalchemy import distinct, func, select

    from ....workflow.digests import CHECK
    from ...open_store import database_url
    from ...sql import schema, tables
    from ...sql.engine import Options, for_reading, make_engine

    if not call.database_exists():
        return 0, None, None
    engine = make_engine(database_url(call.db), Options())
    try:
        with for_reading(engine).connect() as connection:
            if schema.state_of(connection) == schema.EMPTY:
                return 0, None, None
            claims = connection.execute(select(func.count(distinct(tables.sealed.c.claim)))).scalar_one()
            told = select(tables.meta.c.name, tables.meta.c.value)
            known: dict[str, str] = {row[0]: row[1] for row in connection.execute(told)}
            return claims, known.get("origin"), known.get(CHECK)
    finally:
        engine.dispose()


def _log(call: Call) -> Iterator[Check]:
    """The transparency log: how far it is signed, what waits and how long, whether it could be signed now."""
    from ...open_store import default_keys, open_store
    from ...tlog.health import health
    from ...tlog.log import default_folder, default_key
    from ...tlog.publish import Publisher
    from .db import faults

    if default_keys(call.db) is None or not call.database_exists() or faults(call):
        return
    places = call.config.desk()["log"]
    key, folder = places.key or default_key(call.db), places.folder or default_folder(call.db)
    publisher = None if folder is None else Publisher(folder, places.archive)
    store = open_store(call.db)
    try:
        found = health(store, key, publisher, lambda: datetime.now(UTC))
    finally:
        store.close()
    who = call.config.text("log")
    last = f"checkpoint {found.size} of {found.signed_at[:19]}Z" if found.signed_at else "no checkpoint yet"
    if found.fault is not None:
        yield Check("log", False, f"{last}: {found.fault.message} [{found.fault.code}]", found.fault.hint)
    else:
        lost = found.key == "missing"
        hint = "no further checkpoint can be signed without it; restore it from its backup" if lost else ""
        seen = f"{last}, {found.published} published, signed {who}"
        yield Check("log", not lost, f"{seen}: its key {key} is MISSING" if lost else seen, hint)
    late = found.oldest_waiting_seconds > _LOG_PATIENCE.total_seconds()
    age = f", the oldest for {timedelta(seconds=int(found.oldest_waiting_seconds))}" if found.waiting else ""
    hint = "claimdesk audit checkpoint --publish, or keep a claimdesk worker running"
    yield Check("log waiting", not late, f"{found.waiting} entries{age}", hint if late else "")


def _roles(call: Call) -> Iterator[Check]:
    """Whether actors need roles here, and whether the journal that says so is whole."""
    from ....states.roles import Role
    from ....workflow.control.state import AccessState, faults

    rows, origin = _access_journal(call)
    broken = faults(rows, origin)
    if broken:
        yield Check("access journal", False, broken[0], "grants were changed behind the desk; ask for its backup")
        return
    state = AccessState()
    state.take(rows)
    if not state.roles_on:
        yield Check("roles", True, "off: every actor may do everything")
        return
    operators = len(state.holders({Role.OPERATOR}))
    actors = len(state.holders(set(Role)))
    seen = f"on, for {actors} actors; who an actor is, the host says"
    hint = "" if operators > 1 else "one operator alone: if they leave, nobody can grant roles"
    yield Check("roles", True, seen, hint)
    seen = "overrides count when approved" if state.rulebooks_on else "off: overrides of the rulebook count at once"
    yield Check("rulebook control", True, seen)


def _access_journal(call: Call) -> tuple[list[ControlRow], str]:
    """The access journal and the origin it must name; nothing where the database has none yet."""
    from sqlalchemy import inspect, select

    from ....workflow.ports import ControlRow
    from ...open_store import database_url
    from ...sql import tables
    from ...sql.engine import Options, for_reading, make_engine

    if call.db.startswith((":memory:", "memory:")) or not call.database_exists():
        return [], ""
    engine = make_engine(database_url(call.db), Options())
    try:
        with for_reading(engine).connect() as connection:
            if not inspect(connection).has_table(tables.control.name):
                return [], ""
            found = connection.execute(select(tables.control).order_by(tables.control.c.seq)).all()
            wanted = select(tables.meta.c.value).where(tables.meta.c.name == "origin")
            origin = connection.execute(wanted).scalar_one_or_none()
            return [ControlRow(*row) for row in found], str(origin or "")
    finally:
        engine.dispose()


def _clock(call: Call) -> Iterator[Check]:
    now = datetime.now(UTC)
    path = sqlite_path(call.db)
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC) if path is not None and path.exists() else None
    behind = now < _NOT_BEFORE or (written is not None and written - now > _CLOCK_SLACK)
    hint = "the system clock is behind; set it before filing anything" if behind else ""
    yield Check("clock", not behind, now.isoformat(timespec="seconds"), hint)
