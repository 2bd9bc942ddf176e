"""The places of the races: a real SQLite file and a real PostgreSQL database, each new."""

from __future__ import annotations

import pytest

from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.vault import FileVault

from .runners import Place


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """An empty database with its tables made and its keys written, so that nobody races for those."""
    keys = str(tmp_path / "claims.keys")
    FileVault(keys).seal("CLM-0", 1, {"name": "x"})
    if request.param == "sqlite":
        found = Place(f"sqlite:///{tmp_path}/claims.db", keys)
    else:
        found = Place(request.getfixturevalue("postgres_database"), keys)
    open_store(found.url).close()
    found.desk(1).close()  # the origin of the journal is written once
    return found
