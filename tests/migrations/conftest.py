"""Databases with nothing in them yet."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

try:
    import psycopg
except ImportError:  # the tests that need it are skipped with the server
    psycopg: Any = None


@dataclass(frozen=True)
class Empty:
    """An empty database, and how to run SQL on it as its owner would."""

    kind: str
    url: str

    def run(self, *statements: str) -> list[Any]:
        if self.kind == "sqlite":
            connection: Any = sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None)
        else:
            connection = psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True)
        try:
            rows: list[Any] = []
            for statement in statements:
                cursor = connection.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
            return rows
        finally:
            connection.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Empty]:
    if request.param == "sqlite":
        yield Empty("sqlite", f"sqlite:///{tmp_path / 'new.db'}")
    else:
        yield Empty("postgres", request.getfixturevalue("postgres_database"))


@pytest.fixture
def file(tmp_path: Path) -> Empty:
    return Empty("sqlite", f"sqlite:///{tmp_path / 'new.db'}")


@pytest.fixture
def server(postgres_database: str) -> Empty:
    return Empty("postgres", postgres_database)
