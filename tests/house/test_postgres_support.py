"""The tests' own PostgreSQL server gives each test a database of its own."""

from __future__ import annotations

import pytest
from sqlalchemy import NullPool, create_engine, text


def rows(url: str, *statements: str) -> list[tuple[object, ...]]:
    engine = create_engine(url, poolclass=NullPool)
    found: list[tuple[object, ...]] = []
    with engine.begin() as connection:
        for statement in statements:
            result = connection.execute(text(statement))
            if result.returns_rows:
                found = [tuple(row) for row in result]
    return found


@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_starts_with_an_empty_database(postgres_database, turn):
    made = rows(postgres_database, "create table seen (n int)", "insert into seen values (1)", "select n from seen")
    assert made == [(1,)]


def test_a_template_is_built_once_and_copied(postgres_server):
    built = []

    def build(url: str) -> None:
        built.append(url)
        rows(url, "create table kept (n int)", "insert into kept values (7)")

    for _time in range(2):
        with postgres_server.database(postgres_server.template("house", build)) as url:
            assert rows(url, "select n from kept") == [(7,)]
    assert len(built) == 1


def test_the_server_counts_in_utc_and_utf8(postgres_url):
    assert rows(postgres_url, "show timezone") == [("UTC",)]
    assert rows(postgres_url, "show server_encoding") == [("UTF8",)]
