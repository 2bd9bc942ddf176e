"""Every kind of store, opened the way a user opens it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from claimdesk.adapters.open_store import open_store


@dataclass
class Place:
    """Where a store is kept: ``open`` gives it as a process would, again and again, closed at the end of the test."""

    kind: str
    url: str
    stack: ExitStack = field(default_factory=ExitStack)
    memory: Any = None

    def open(self, **options: Any) -> Any:
        if self.kind == "memory":
            self.memory = self.memory or open_store(self.url)
            return self.memory
        store = open_store(self.url, **options)
        self.stack.callback(store.close)
        return store


def build(url: str) -> None:
    open_store(url).close()


@pytest.fixture
def postgres_copy(postgres_server: Any) -> Iterator[str]:
    """A database of our own, copied from one whose tables are made."""
    with postgres_server.database(postgres_server.template("claimdesk-stores", build)) as url:
        yield url


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    yield from _place(request, tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place that other processes and plain clients reach too."""
    yield from _place(request, tmp_path)


def _place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    urls: dict[str, Callable[[], str]] = {
        "memory": lambda: "memory:",
        "sqlite": lambda: f"sqlite:///{tmp_path / 'claims.db'}",
        "postgres": lambda: request.getfixturevalue("postgres_copy"),
    }
    found = Place(request.param, urls[request.param]())
    with found.stack:
        yield found


@pytest.fixture
def store(place: Place) -> Any:
    return place.open()
