"""A tick that meets other writers: what was not kept is written again, and nothing is done twice."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from claimdesk import StaleVersion, StorageError
from claimdesk.adapters.memory import MemoryStore
from claimdesk.adapters.open_store import open_store
from claimdesk.workflow.again import TRIES
from claimdesk.workflow.dispatch import TickReport
from claimdesk.workflow.ports import PaymentOrder
from support.checks import assert_sound
from support.desks import BIG, SMALL, Drive, filing
from support.providers import Provider

from .conftest import Place

try:
    import psycopg
except ImportError:  # the tests that need it are skipped with the server
    psycopg: Any = None

MET: tuple[Callable[[], Exception], ...] = (
    lambda: StorageError("deadlock"),
    lambda: StorageError("serialization"),
    lambda: StorageError("lock_timeout"),
    lambda: StaleVersion("stale_version"),
)


class Met:
    """A store where another writer is in the way of the first ``times`` tries of each transaction, at its very end.

    ``stops``: of the transaction that comes after so many, no try is kept that one caller makes.
    """

    def __init__(self, store: Any, times: int = 0, stops: int | None = None) -> None:
        self._store, self._times, self._stops = store, times, stops
        self._kinds, self._failed = itertools.cycle(MET), 0
        self.kept = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def write(self) -> Iterator[Any]:
        with self._store.write() as unit:
            yield unit
            if self._failed < (TRIES if self.kept == self._stops else self._times):
                self._failed += 1
                error = next(self._kinds)()
                raise error
        self._failed = 0
        self.kept += 1


def begin(store: Any) -> tuple[Drive, Provider]:
    """A payment that is due, a seller's clock that runs out, a claim that waits for its sibling; letters of all."""
    drive = Drive.start(store, payments="gateway", gateway=Provider(None))  # type: ignore[arg-type]
    provider: Any = drive.desk.dispatcher.gateway
    provider.clock = drive.clock
    drive.desk.dispatcher.monotonic = lambda: drive.clock().timestamp()
    drive.valid(SMALL)
    drive.valid(BIG)
    for _ in range(2):
        drive.desk.record_screening(drive.desk.file(**filing(SMALL, "114-9")).id, verdict="valid", by="adjuster:one")
    provider.script = ["timeout_after", "fail"]
    return drive, provider


#: A tick, one after the unknown answer, one after the clocks, one after what they started.
HOURS = (0, 2, 24 * 9, 24 * 31)


def through(drive: Drive) -> list[TickReport]:
    reports: list[TickReport] = []
    for hours in HOURS:
        drive.clock.advance(hours=hours)
        reports.append(drive.desk.tick())
    return reports


def what_came_of_it(drive: Drive, provider: Provider) -> dict[str, Any]:
    """Everything but the ids, which are drawn anew with each try."""
    desk = drive.desk
    claims = [c.id for c in desk.list()]
    return {
        "states": [desk.get(c).state for c in claims],
        "steps": [[(e["type"], e["at"], e["seq"]) for e in desk.entries(c)] for c in claims],
        "money": [[(t.kind, t.amount) for t in desk.ledger(c)] for c in claims],
        "letters": [(n.kind, claims.index(n.claim)) for n in drive.letters.letters],
        "kept letters": [[(n.kind, n.status, n.handed_over_at) for n in desk.notices(c)] for c in claims],
        "paid": sorted(provider.effects.values()),
        "asked": (len(provider.calls), len(provider.lookups)),
    }


@pytest.fixture(scope="module")
def undisturbed() -> tuple[list[TickReport], dict[str, Any]]:
    drive, provider = begin(MemoryStore())
    reports = through(drive)
    found = what_came_of_it(drive, provider)
    assert sum(r.paid for r in reports) == len(found["paid"]) >= 3 and any(r.fired for r in reports)
    assert len({letter.id for letter in drive.letters.letters}) == len(drive.letters.letters) > 10
    return reports, found


@pytest.mark.parametrize("times", [1, TRIES - 1])
def test_what_met_another_writer_is_done_again_and_nothing_twice(place: Place, undisturbed: Any, times: int) -> None:
    drive, provider = begin(place.open())
    met: Any = Met(drive.desk.store, times)
    drive.desk.dispatcher.store = met
    reports = through(drive)
    assert (reports, what_came_of_it(drive, provider)) == undisturbed
    assert met.kept > 20
    assert_sound(drive.desk.store)


def test_who_meets_others_every_time_hears_of_it_and_the_next_tick_goes_on(undisturbed: Any) -> None:
    """Wherever it stops, also between the call of a provider and its record: the money leaves once all the same."""
    for stops in itertools.count():
        drive, provider = begin(MemoryStore())
        met: Any = Met(drive.desk.store, stops=stops)
        drive.desk.dispatcher.store = met
        heard: list[str] = []
        for hours in HOURS:
            drive.clock.advance(hours=hours)
            try:
                drive.desk.tick()
            except (StorageError, StaleVersion) as error:
                heard.append(error.code)
                drive.clock.advance(minutes=6)  # what it had taken is free again
                drive.desk.tick()
        found = what_came_of_it(drive, provider)
        assert (found["paid"], found["states"]) == (undisturbed[1]["paid"], undisturbed[1]["states"]), stops
        assert_sound(drive.desk.store)
        if not heard:
            break
    assert stops > 20


# ---------------------------------------------------------------- with a real one in the way


def plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def in_a_ring(url: str, claim: str, kind: str) -> tuple[Callable[[], None], threading.Thread, list[str]]:
    """Somebody who holds the work of a claim and then wants the claim: the other order than everybody's.

    Gives what takes hold of the work, whoever then wants the claim, and what became of that.
    """
    line = psycopg.connect(plain(url))
    told: list[str] = []

    def hold() -> None:
        line.execute("SET deadlock_timeout = '1h'")  # it waits; the other one is told that there is a ring
        assert line.execute("SELECT id FROM task WHERE claim = %s AND kind = %s FOR UPDATE", (claim, kind)).fetchall()

    def want() -> None:
        with closing(line), psycopg.connect(plain(url), autocommit=True) as looking:
            until = time.monotonic() + 20
            while time.monotonic() < until and not (looking.execute(_WAITING).fetchone() or (0,))[0]:
                time.sleep(0.01)
            line.execute('SELECT id FROM "case" WHERE id = %s FOR UPDATE', (claim,))
            told.append("had it")
            line.commit()

    return hold, threading.Thread(target=want), told


_WAITING = """SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"""


@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["deadline", "payment"])
def test_a_ring_with_a_real_writer_is_broken_and_the_tick_goes_on(postgres_copy: str, kind: str) -> None:
    """For ``payment`` the ring closes after the call has left, so only its record is written again."""
    name = make_url(postgres_copy).database
    with psycopg.connect(plain(postgres_copy)) as setting:
        setting.execute(f"ALTER DATABASE \"{name}\" SET deadlock_timeout = '50ms'".encode())
    with closing(open_store(postgres_copy)) as store:
        drive, provider = begin(store)
        provider.script = []
        claims = [claim.id for claim in drive.desk.list()]
        claim = claims[0 if kind == "payment" else 1]
        if kind == "deadline":
            drive.desk.tick()
            drive.clock.advance(hours=24 * 9)
        hold, other, told = in_a_ring(postgres_copy, claim, kind)

        def ring(order: PaymentOrder | None = None) -> None:
            if order is None or order.claim == claim:
                hold()
                other.start()

        if kind == "payment":
            provider.before = ring
        else:
            ring()
        drive.desk.tick()
        other.join(30)
        assert told == ["had it"]
        done = {"deadline": "step_in_on_silence", "payment": "confirm_payment"}[kind]
        assert [e["type"] for e in drive.desk.entries(claim)].count(done) == 1
        assert set(provider.effects.values()) == {1}
        assert_sound(store)
