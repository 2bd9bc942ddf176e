"""PostgreSQL's pipeline: a command in three round trips, and nothing lost in them that was said one by one before."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from claimdesk import StaleVersion
from claimdesk.adapters import open_store as opening
from claimdesk.adapters.joined import TakenBack, one_transaction
from claimdesk.adapters.sql import units
from claimdesk.adapters.sql.units import SqlRead
from claimdesk.states.errors import ConfigError, Conflict, StorageError
from claimdesk.workflow.ports import Ahead
from stores.world import Book, rich, write
from support.checks import assert_sound
from support.desks import make_desk

try:
    import psycopg

    from claimdesk.adapters.sql.pipeline import PostgresWire
except ImportError:  # the tests that need it are skipped with the server
    psycopg: Any = None
    PostgresWire: Any = None

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(postgres_copy: str) -> Iterator[Any]:
    store: Any = opening.open_store(postgres_copy, sleep=lambda _: None)
    with closing(store):
        yield store


FILING: dict[str, Any] = {
    "marketplace": "US", "incident_on": "2024-06-01", "cause": "product_defect", "order": {"id": "114-1"},
    "seller": {"id": "A1", "legal_entity": "L", "in_good_standing": True}, "filed_at": "2024-06-03T09:00:00-07:00",
    "claimant": {"name": "Ada", "contact": "a@example.org"},
    "losses": [{"head": "property_damage", "amount": "10.00 USD"}],
}  # fmt: skip


def terminate(store: Any, pid: int) -> None:
    plain = store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def pid_of(unit: Any) -> int:
    return unit._w.rows("SELECT pg_backend_pid()", ())[0][0]


def pid_of_store(store: Any) -> int:
    with store.read() as unit:
        return pid_of(unit)


def test_values_come_back_as_they_went_out(store: Any) -> None:
    texts = ["", " ", "\\", '"', "a,b", "{}", "NULL", "'; DROP TABLE x; --", "%s %% $1", "赔偿 \U0001f9fe", "a\nb\tc"]
    with store.read() as unit:
        asked = "SELECT x FROM unnest(%s::text[]) WITH ORDINALITY AS t (x, n) ORDER BY n"
        assert [row[0] for row in unit._w.rows(asked, ([*texts, None],))] == [*texts, None]
        for value in texts:
            assert unit._w.rows("SELECT %s::text", (value,)) == [(value,)]
        row = (7, -(2**63), True, False, None, b"\x00\xff'", b"")
        asked = "SELECT %s::int, %s::bigint, %s::bool, %s::bool, %s::text, %s::bytea, %s::bytea, 5 %% 3"
        assert unit._w.rows(asked, row) == [(*row, 2)]
        assert unit._w.rows("SELECT %s::bigint[], %s::bool[]", ([1, 2**62], [True])) == [([1, 2**62], [True])]
        for wrong in (1.5, object(), [0.1]):
            with pytest.raises(TypeError):
                unit._w.rows("SELECT %s::text", (wrong,))


@pytest.mark.parametrize("value", ["a\0b", ["a\0b"]])
def test_text_is_never_cut_short(store: Any, value: Any) -> None:
    kind = "text[]" if isinstance(value, list) else "text"
    with pytest.raises(StorageError), store.read() as unit:
        unit._w.rows(f"SELECT %s::{kind}", (value,))
    with store.read() as unit:
        assert unit._w.rows("SELECT 1", ()) == [(1,)]


@pytest.mark.parametrize("last", [False, True])
def test_a_guard_that_bites_in_the_middle_names_itself_and_leaves_nothing(store: Any, last: bool) -> None:
    book, other = Book(), Book()
    first = rich(book)
    write(store, first)
    with pytest.raises(Conflict) as caught, store.write() as unit:
        unit.append([_with(rich(other), first)], last=last)
    assert caught.value.claim == other.id
    with store.read() as unit:
        assert unit.case(other.id) is None and unit.entries(other.id) == []
    write(store, rich(Book()))  # the connection and its statements are as good as before


def _with(given: Any, first: Any) -> Any:
    given.idempotency[:] = [row._replace(claim=given.case.id) for row in first.idempotency]
    return given


@pytest.mark.parametrize("last", [False, True])
def test_a_stale_case_is_named_and_nothing_is_written(store: Any, last: bool) -> None:
    books = [Book(), Book(), Book()]
    write(store, *[b.step() for b in books])
    late = books[1].step()
    with store.write() as unit:
        unit.append([late])
    again = [books[0].step(), late, books[2].step()]
    with pytest.raises(StaleVersion) as caught, store.write() as unit:
        unit.append(again, last=last)
    assert caught.value.claim == books[1].id
    with store.read() as unit:
        assert [unit.case(b.id).version for b in books] == [1, 2, 1]


def test_locking_is_one_round_trip_and_writing_another(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The locks and what they guard; the rows; and the commit goes with them when nothing follows."""
    book = Book()
    write(store, book.step())
    with store.write() as unit:
        trips: list[int] = []
        talk = unit._w._talk
        monkeypatch.setattr(unit._w, "_talk", lambda sent: trips.append(len(sent)) or talk(sent))
        unit.lock([book.id, "incident:114-1:2024-06-01"])
        assert unit.case(book.id) == book.case
        unit.append([book.step(book.authorize(), state="approved")], last=True)
        assert len(trips) == 2
        assert unit._w._driver.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    with store.read() as unit:
        assert unit.case(book.id) == book.case


def test_a_command_asks_three_times(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may and the claim; the locks with all it reads; its rows with the commit."""
    desk = make_desk(store)
    trips: list[int] = []
    talk = PostgresWire._talk

    def counted(self: Any, sent: Any) -> Any:
        trips.append(len(sent))
        return talk(self, sent)

    for _ in range(2):  # the seller is new the first time, and the keys are held against the store's
        claim = desk.file(**{**FILING, "order": {"id": f"114-{len(trips)}"}}).id
        desk.record_screening(claim, verdict="valid", by="adjuster:one")
    monkeypatch.setattr(PostgresWire, "_talk", counted)
    claim = desk.file(**FILING).id
    assert len(trips) == 3
    trips.clear()
    assert desk.record_screening(claim, verdict="valid", by="adjuster:one").outcome == "auto_pay"
    assert len(trips) == 3


def test_what_was_read_ahead_is_read_again_once_the_unit_has_written(store: Any) -> None:
    book = Book()
    write(store, rich(book))
    with store.write() as unit:
        group = ("114-1", "2024-06-01")
        unit.lock([book.id], Ahead(book.id, group))
        before = unit.sealed(book.id), unit.siblings([group])
        assert len(before[0]) == 1
        assert before == (SqlRead.sealed(unit, book.id), SqlRead.siblings(unit, [group]))
        unit.append([book.step(sealed=[book.sealed()._replace(seq=2)])])
        assert len(unit.sealed(book.id)) == 2


def test_a_key_that_was_a_case_and_is_none_any_more_is_locked_all_the_same(store: Any) -> None:
    """The database was put back to an older copy under a running process."""
    store._standing.add("SLR-GONE")
    with store.write() as unit:
        unit.lock(["SLR-GONE"])
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        assert unit._w.rows(held, ()) == [(2,)] and unit.case("SLR-GONE") is None
    assert "SLR-GONE" not in store._standing


def test_connections_that_died_in_the_pool_are_not_noticed(store: Any) -> None:
    with store.read() as one, store.read() as two, store.write() as three:
        pids = [pid_of(unit) for unit in (one, two, three)]
    for pid in pids:
        terminate(store, pid)
    assert store.look(0, "CLM-1") == ([], None)
    terminate(store, pid_of_store(store))
    store.scrub()
    terminate(store, pid_of_store(store))
    store.durability()
    terminate(store, pid_of_store(store))
    with store.write() as unit:
        unit.set_meta("a", "b")
    with store.read() as unit:
        assert unit.meta("a") == "b"


def test_a_first_batch_with_the_commit_in_it_is_never_done_twice(store: Any) -> None:
    terminate(store, pid_of_store(store))
    with pytest.raises(StorageError) as caught, store.write() as unit:
        unit.append([rich(Book())], last=True)
    assert caught.value.code == "unknown_commit"


def test_what_was_locked_is_read_again_once_the_unit_has_written(store: Any) -> None:
    book = Book()
    write(store, book.step())
    with store.write() as unit:
        unit.lock([book.id])
        assert unit.case(book.id).version == 1
        unit.append([book.step()])
        assert unit.case(book.id).version == 2


@pytest.mark.parametrize("last", [False, True])
def test_a_connection_lost_with_the_commit_is_an_outcome_nobody_knows(store: Any, last: bool) -> None:
    book = Book()
    with pytest.raises(StorageError) as caught, store.write() as unit:
        terminate(store, pid_of(unit))
        unit.append([rich(book)], last=last)
    assert caught.value.code == ("unknown_commit" if last else "connection_lost")
    with store.read() as unit:
        assert unit.case(book.id) is None


def test_a_part_of_a_larger_transaction_is_not_committed_by_itself(store: Any) -> None:
    desk = make_desk(store)
    with one_transaction(desk):
        claim = desk.file(**FILING).id
        assert desk.get(claim).id == claim
        raise TakenBack
    assert desk.case_of(claim) is None and desk.case_of("SLR-A1") is None
    with one_transaction(desk):
        claim = desk.file(**FILING).id
    assert desk.case_of(claim) is not None


def test_a_session_that_lost_its_statements_makes_them_anew(store: Any) -> None:
    with store.read() as unit:
        unit.totals()
        unit.connection.exec_driver_sql("DEALLOCATE ALL")
    with pytest.raises(StorageError), store.read() as unit:
        unit.totals()
    with store.read() as unit:
        assert unit.totals() == []


def test_a_name_never_stands_for_another_statement(store: Any, postgres_copy: str) -> None:
    """A pooler hands sessions from process to process, and what was prepared in them stays there."""
    with closing(opening.open_store(postgres_copy)) as other:
        with store.read() as unit:
            unit.totals()
            unit.balances()
            mine = dict(unit._w._names)
        with other.read() as unit:
            unit.balances()
            unit.totals()
            theirs = dict(unit._w._names)  # type: ignore[attr-defined]
    assert len(mine) == len(set(mine.values())) and set(mine) == set(theirs)
    assert mine == theirs


def test_a_session_that_is_another_s_is_refused_and_left(store: Any) -> None:
    with store.read() as unit:
        unit.totals()
        pid = pid_of(unit)
        unit._w._names.clear()  # as if another had prepared them
    with pytest.raises(StorageError, match="prepared=off"), store.read() as unit:
        unit.totals()
    with store.read() as unit:
        assert unit.totals() == [] and pid_of(unit) != pid


def test_behind_a_pooler_nothing_stays_in_a_session(postgres_copy: str) -> None:
    with closing(opening.open_store(f"{postgres_copy}&prepared=off")) as store:
        desk: Any = make_desk(store)
        claim = desk.file(**FILING).id
        assert desk.record_screening(claim, verdict="valid", by="adjuster:one").outcome == "auto_pay"
        assert desk.do("confirm_payment", claim, {}).state == "recovery_review"
        with store.read() as unit:
            left = "SELECT count(*) FROM pg_prepared_statements WHERE name <> ''"
            assert unit._w.rows(left, ()) == [(0,)]  # type: ignore[attr-defined]
        assert_sound(store)
    with pytest.raises(ConfigError):
        opening.open_store(f"{postgres_copy}&prepared=maybe")


def test_an_interrupt_ends_a_wait_for_a_lock(store: Any) -> None:
    with store.write() as unit:
        unit.lock(["incident:1"])
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt), store.write() as second:
            second.lock(["incident:1"])
        assert time.monotonic() - began < 20
    with store.write() as unit:
        unit.lock(["incident:1"])


def test_a_long_batch_goes_through_a_narrow_pipe(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the sockets hold, both ways at once."""
    monkeypatch.setattr(units, "_MANY", 10**6)
    with store.write() as unit:
        text = "x" * 20_000
        rows = unit._w.rows_of([("SELECT %s::text", (text,))] * 200)
        assert len(rows) == 200 and all(row == [(text,)] for row in rows)
        books = [Book() for _ in range(60)]
        unit.append([rich(b) for b in books])
    with store.read() as unit:
        assert len(unit.cases([b.id for b in books])) == 60
