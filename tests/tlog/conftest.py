"""Stores for logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from claimdesk.adapters.open_store import open_store
from tlog.world import Place


def build(url: str) -> None:
    open_store(url).close()


@pytest.fixture
def postgres_copy(postgres_server: Any) -> Iterator[str]:
    with postgres_server.database(postgres_server.template("claimdesk-tlog", build)) as url:
        yield url


def _place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    urls: dict[str, Callable[[], str]] = {
        "memory": lambda: "memory:",
        "sqlite": lambda: f"sqlite:///{tmp_path / 'claims.db'}",
        "postgres": lambda: request.getfixturevalue("postgres_copy"),
    }
    found = Place(request.param, urls[request.param](), tmp_path / "published")
    with found.stack:
        yield found


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    yield from _place(request, tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place that other processes and plain clients reach too."""
    yield from _place(request, tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Place]:
    found = Place("sqlite", f"sqlite:///{tmp_path / 'claims.db'}", tmp_path / "published")
    with found.stack:
        yield found
