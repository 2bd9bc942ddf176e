"""Bringing a database to the revision of this version, and telling in what it differs.

Decision: an upgrade is one transaction on both databases; a SQLite file that is behind is brought up when it is opened,
a server never without being asked; a newer database is refused. Alembic is loaded here only, so that opening a
database that is up to date does not pay for it. Authority: contract section 7, trust notes 3.4. Left out: going back.
"""

from __future__ import annotations

import io
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import URL, Connection, Engine

from ...states.errors import SchemaMismatch
from ..open_store import database_url
from . import differences, schema
from .engine import Options, for_reading, for_writing, make_engine

if TYPE_CHECKING:
    from alembic.config import Config

_HERE = Path(__file__).parent / "migrations"
#: Folders with revisions; a test adds one of its own.
VERSIONS: list[Path] = [_HERE / "versions"]


def upgrade(url: str | Path) -> str:
    """Brings the database at ``url`` to this version's revision; the revision it has then."""
    with _engine(url) as engine:
        return upgrade_engine(engine)


def current(url: str | Path) -> str | None:
    """The revision of the database at ``url``; None when it holds nothing of ours."""
    with _engine(url) as engine, for_reading(engine).connect() as connection:
        return schema.state_of(connection) or None


def check(url: str | Path) -> list[str]:
    """In what the database at ``url`` differs from what this version expects; empty when in nothing."""
    with _engine(url) as engine, for_writing(engine).connect() as connection:
        found = schema.state_of(connection)
        if found == schema.EMPTY:
            return ["there are no tables of claimdesk"]
        if found != schema.KNOWN[-1]:
            return [f"it is at revision {found}, this version needs {schema.KNOWN[-1]}"]
        return differences.of(connection)


def upgrade_sql(url: str | Path) -> str:
    """What ``upgrade`` would do to an empty database, as SQL for whoever may change tables there."""
    from alembic import command

    written = io.StringIO()
    config = _config()
    config.output_buffer = written
    config.attributes["dialect"] = database_url(url).get_backend_name()
    command.upgrade(config, "head", sql=True)
    return written.getvalue()


def upgrade_engine(engine: Engine) -> str:
    """``upgrade`` over an engine that is open already."""
    from alembic import command

    with for_writing(engine).connect() as connection, _tables_may_be_remade(connection), connection.begin():
        schema.one_at_a_time(connection)
        found = schema.state_of(connection)
        if found == schema.EMPTY:
            schema.refuse_strangers(connection)
        elif found not in schema.KNOWN:
            raise newer(connection.engine.url, found)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _refuse_orphans(connection)
        return schema.state_of(connection)


def upgrade_or_refuse(engine: Engine, found: str) -> None:
    """For a database that is not empty and not at this version's revision when it is opened."""
    if found not in schema.KNOWN:
        raise newer(engine.url, found)
    if engine.dialect.name != "sqlite":
        raise SchemaMismatch(
            "schema_behind",
            f"the database is at {found}, this version needs {schema.KNOWN[-1]}",
            hint=f"claimdesk db upgrade --db {_shown(engine.url)}",
        )
    upgrade_engine(engine)


def newer(url: URL, found: str) -> SchemaMismatch:
    """The error of a database that a later version made."""
    return SchemaMismatch(
        "schema_newer",
        f"the database is at {found}, this version knows {schema.KNOWN[-1]}",
        hint=f"install the version that made it, then: claimdesk db check --db {_shown(url)}",
    )


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


@contextmanager
def _engine(url: str | Path) -> Generator[Engine]:
    engine = make_engine(database_url(url), Options())
    try:
        yield engine
    finally:
        engine.dispose()


def _config() -> Config:
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    for name in ("path_separator", "version_path_separator"):  # before and since Alembic 1.16
        made.set_main_option(name, "os")
    made.set_main_option("version_locations", os.pathsep.join(str(p).replace("%", "%%") for p in VERSIONS))
    return made


@contextmanager
def _tables_may_be_remade(connection: Connection) -> Generator[None]:
    """SQLite changes a table by making it anew, which foreign keys would not allow; they are checked at the end."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _refuse_orphans(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise SchemaMismatch(
            "orphans",
            "rows would be left without the row they belong to; nothing was changed",
            hint="restore the file from its backup and look at it with: claimdesk db check",
        )
