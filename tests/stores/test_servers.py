"""PostgreSQL servers, roles and databases that are set up otherwise: the same work, or a plain refusal."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.sql.engine import translated
from claimdesk.states.errors import ConfigError, StorageError
from support.checks import assert_sound
from support.desks import filing, make_desk

try:
    import psycopg
except ImportError:  # the tests that need it are skipped with the server
    psycopg: Any = None

pytestmark = pytest.mark.postgres

#: Of every script, and what a way of writing values might take for its own.
NAME = "Ada Łovelace 赔偿 🧾 \\N {NULL} 'x' $1 %s"


def said(url: str, *statements: str) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.mark.parametrize(
    "setting",
    [
        "client_encoding = 'LATIN1'",  # what we send would be written in it, and most names would not fit
        "client_encoding = 'SQL_ASCII'",  # text would come back as bytes
        "bytea_output = 'escape'",
        "standard_conforming_strings = off",
        "default_transaction_isolation = 'serializable'",
        "default_transaction_read_only = on",
        "search_path = elsewhere, public",
    ],
)
def test_what_a_database_sets_for_its_sessions_changes_nothing(postgres_copy: str, setting: str) -> None:
    name = make_url(postgres_copy).database
    said(postgres_copy, "CREATE SCHEMA elsewhere", f'ALTER DATABASE "{name}" SET {setting}')
    store = open_store(postgres_copy)
    with closing(store):
        desk = make_desk(store)
        claim = desk.file(**filing(order="订单-1", claimant={"name": NAME, "contact": "a@example.org"})).id
        desk.record_screening(claim, verdict="valid", by="adjuster:one")
        assert desk.do("confirm_payment", claim, {}).state == "recovery_review"
        case = desk.case_of(claim)
        assert case is not None and case.facts["order"]["id"] == "订单-1"
        assert desk.personal(claim, purpose="audit")["claimant"]["name"] == NAME
        assert_sound(store)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_name_is_refused(postgres_server: Any, encoding: str) -> None:
    name = f"cd_{encoding.lower()}"
    said(postgres_server.url, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}'")
    url = postgres_server.url_of(name)
    try:
        with pytest.raises(ConfigError) as caught:
            open_store(url)
        assert caught.value.code == "database_encoding" and encoding in caught.value.message
    finally:
        postgres_server.drop(url)


def test_a_host_that_is_gone_is_given_up(postgres_copy: str) -> None:
    """A failed-over server answers nothing at all; what the address says comes first."""
    with closing(open_store(f"{postgres_copy}&keepalives_idle=5")) as store:
        found: Any = store
        with found.engine.connect() as connection:
            told = connection.connection.driver_connection.info.get_parameters()
    wanted = {"connect_timeout": "10", "keepalives_idle": "5", "keepalives_count": "3", "tcp_user_timeout": "60000"}
    assert {name: told.get(name) for name in wanted} == wanted


def test_tables_that_change_under_an_open_desk_are_met_once(postgres_copy: str) -> None:
    """A statement that was prepared over the tables as they were ends with its connection."""
    with closing(open_store(postgres_copy)) as store:
        with store.read() as unit:
            assert unit.meta("x") is None
        said(postgres_copy, "ALTER TABLE meta ALTER value TYPE varchar(100)")
        with pytest.raises(StorageError, match="0A000"), store.read() as unit:
            unit.meta("x")
        with store.read() as unit:
            assert unit.meta("x") is None


@pytest.mark.parametrize(
    ("state", "code", "hint"),
    [
        ("53100", "disk_full", "make room"),
        ("0A000", "storage_failed", "standby"),
        ("26000", "storage_failed", "pooler"),
    ],
)
def test_what_the_server_says_is_told_with_what_to_do(state: str, code: str, hint: str) -> None:
    error: Any = translated(psycopg.errors.lookup(state)("the words of a row"))
    assert (error.code, hint in error.hint) == (code, True)
    assert "the words" not in str(error)
