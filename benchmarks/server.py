"""A PostgreSQL server for a benchmark: the tests' own, durable, stopped at the end; or one that is given.

``CLAIMDESK_TEST_POSTGRES`` may name a server to use instead (its user has to be a superuser). The server of the tests
listens on a socket in a temporary folder only. Its ``fsync`` is on here: a benchmark of durable writes has to wait for
the disk.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_TESTS = str(Path(__file__).resolve().parent.parent / "tests")


@contextmanager
def server() -> Iterator[Any]:
    """The running server; its ``database()`` makes one and drops it again. LookupError where none can be had."""
    if _TESTS not in sys.path:
        sys.path.append(_TESTS)
    try:
        from support import postgres  # noqa: PLC0415  # only where a server is asked for
    except ImportError as error:
        raise LookupError(f"the tests' server cannot be loaded: {error}") from error
    os.environ.setdefault(postgres.FSYNC, "on")
    with postgres.shared_folder():
        try:
            yield postgres.server()
        except postgres.NoPostgresError as error:
            raise LookupError(str(error)) from error
        finally:
            postgres.server.cache_clear()
