"""What every test can rely on: hypothesis profiles, files in memory, a PostgreSQL server where a test asks for one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from support.postgres import PostgresServer

try:
    from support import postgres
except ImportError as missing:  # no psycopg, or a system without Unix locks
    postgres = None
    WHY_NOT = str(missing)

MEMORY = Path("/dev/shm")  # noqa: S108  # Linux keeps its files in memory
MEMORY_MIN = 2 << 30  # bytes; a container's is often 64 MB, too little for a run


def files_in_memory() -> None:
    """Temporary files where a write need not wait for a disk, when nobody has said another place.

    Databases are written with every guard on, so each of their thousands of commits waits for the disk: a third of
    the run. What the disk guards against, a loss of power, no test can make.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK | os.X_OK):
        return
    found = os.statvfs(MEMORY)
    if found.f_bavail * found.f_frsize >= MEMORY_MIN and not found.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(MEMORY)  # for this process, the workers and every program a test starts
        tempfile.tempdir = None


if hasattr(os, "statvfs"):
    files_in_memory()

POSTGRES_FIXTURES = {"postgres_server", "postgres_url", "postgres_database"}
RUN = pytest.StashKey[ExitStack]()

# The everyday run repeats itself exactly, so that a failure is the change's fault; the long one goes looking.
settings.register_profile(
    "default", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "long", deadline=None, max_examples=2000, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("CLAIMDESK_HYPOTHESIS", "default"))


def pytest_configure(config: pytest.Config) -> None:
    if postgres is not None and not hasattr(config, "workerinput"):  # workers use the controller's folder
        config.stash[RUN] = ExitStack()
        config.stash[RUN].enter_context(postgres.shared_folder())


def pytest_unconfigure(config: pytest.Config) -> None:
    run = config.stash.get(RUN, None)
    if run is not None:
        run.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if POSTGRES_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("postgres")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    missed = [report for report in skipped if "no PostgreSQL:" in str(report.longrepr)]
    if missed:
        terminalreporter.write_line(
            f"{len(missed)} TESTS DID NOT RUN for want of a PostgreSQL server; why: see the skips below",
            red=True,
            bold=True,
        )


@pytest.fixture(scope="session")
def postgres_server() -> PostgresServer:
    """The run's PostgreSQL server; starting it takes a second or two, once."""
    if postgres is None:
        reason, required = WHY_NOT, os.environ.get("CI", "").lower() in {"1", "true"}
    else:
        try:
            return postgres.server()
        except postgres.NoPostgresError as failure:
            reason, required = str(failure), postgres.required()
    if required:
        pytest.fail(f"no PostgreSQL: {reason}", pytrace=False)
    pytest.skip(f"no PostgreSQL: {reason}")


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """The server's own database, for a look at the server; tests write into `postgres_database`."""
    return postgres_server.url


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> Iterator[str]:
    """A fresh, empty database for one test, as a `postgresql+psycopg://` URL."""
    with postgres_server.database() as url:
        yield url
