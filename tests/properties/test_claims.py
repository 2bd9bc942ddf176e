"""The claims machine on every store: memory, a SQLite file, PostgreSQL."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from claimdesk.adapters.memory import MemoryStore
from claimdesk.adapters.open_store import open_store

from .claims_machine import Claims


def run(make_store, examples: int, steps: int, **more) -> None:
    machine = type("ClaimsHere", (Claims,), {"make_store": staticmethod(make_store)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType]  # its metaclass hides the members
            **more,
        ),
    )


def sqlite_in(folder):
    numbers = itertools.count()
    return lambda: open_store(f"sqlite:///{folder}/{next(numbers)}.db")


def postgres_on(server):
    """A database of its own for each example, copied from one that has the tables."""
    template = server.template("claimdesk", lambda url: open_store(url).close())
    return lambda: open_store(server.create(template))


def test_in_memory():
    run(MemoryStore, 50, 25)


def test_on_sqlite(tmp_path):
    run(sqlite_in(tmp_path), 12, 20)


def test_on_postgresql(postgres_server):
    run(postgres_on(postgres_server), 8, 20)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_in_memory_long():
    run(MemoryStore, 1000, 50, derandomize=False)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_on_sqlite_long(tmp_path):
    run(sqlite_in(tmp_path), 1000, 50, derandomize=False)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_on_postgresql_long(postgres_server):
    run(postgres_on(postgres_server), 1000, 50, derandomize=False)
