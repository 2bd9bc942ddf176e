"""A line to the server that breaks anywhere in a command: done once or not at all, told so, and done once by its key.

Decision: every message of the command there and back, the line broken before, inside and after it; over a connection
that is new and over one that has worked. The everyday run takes a few of them. Authority: trust notes 4 (F7).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from typing import Any, get_args

import pytest
from sqlalchemy.engine import make_url

from claimdesk import ClaimdeskError
from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.vault import FileVault
from claimdesk.workflow.desk import Desk
from support.checks import assert_sound
from support.desks import filing, make_desk

try:
    import psycopg

    from support.line import Cut, Line, Way, Where, line_to
except ImportError:  # the tests that need it are skipped with the server
    psycopg: Any = None

pytestmark = pytest.mark.postgres

#: One in so many of the breaks of a command, in the everyday run.
EVERY = 37


@dataclass
class World:
    """A database, a line to it, and a desk that is never cut off."""

    line: Line
    url: str
    direct: Desk
    plain: Any
    vault: FileVault
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def desk(self) -> Desk:
        """A desk over the line."""
        store = open_store(self.url, sleep=lambda _: time.sleep(0.002))
        return make_desk(store, vault=self.vault, seed=1000 + next(self.numbers))

    def approved(self) -> str:
        """A claim that waits for its payment."""
        claim = self.direct.file(**filing(order=f"114-{next(self.numbers)}")).id
        return self.direct.record_screening(claim, verdict="valid", by="adjuster:one").id

    def kept(self, key: str) -> int:
        """How often a command with this key was kept."""
        return self.plain.execute("SELECT count(*) FROM idempotency WHERE key = %s", (key,)).fetchone()[0]

    def quiet(self) -> None:
        """Waits until the server has ended what came over the broken line."""
        until = time.monotonic() + 20
        asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'line' AND datname = current_database()"
        while self.plain.execute(asked).fetchone()[0]:
            assert time.monotonic() < until, "a session goes on without its client"
            time.sleep(0.002)


@pytest.fixture
def world(postgres_copy: str) -> Iterator[World]:
    plain = make_url(postgres_copy).set(drivername="postgresql").render_as_string(hide_password=False)
    vault = FileVault(None)
    with (
        line_to(postgres_copy) as (line, url),
        psycopg.connect(plain, autocommit=True) as connection,
        closing(make_desk(open_store(postgres_copy), vault=vault, seed=7)) as direct,
    ):
        yield World(line, url, direct, connection, vault)


def filed(world: World, desk: Desk, key: str) -> Callable[[], Any]:
    return lambda: desk.file(**filing(order=key), idempotency_key=key)


def paid(world: World, desk: Desk, key: str) -> Callable[[], Any]:
    claim = world.approved()
    return lambda: desk.do("confirm_payment", claim, {}, idempotency_key=key)


def breaks(world: World, command: Any) -> list[Cut]:
    """Every place where the line may break in a command over a new connection."""
    with closing(world.desk()) as desk:
        act = command(world, desk, f"key-{next(world.numbers)}")
        world.line.told(None)
        act()
        passed = dict(world.line.passed)
    ways: tuple[Way, ...] = get_args(Way)
    places: tuple[Where, ...] = get_args(Where)
    return [Cut(way, n, where) for way in ways for n in range(passed[way]) for where in places]


def cut_off(world: World, command: Any, cut: Cut, *, worked: bool) -> str:
    """What was told of a command whose line broke there; by its key it is done once."""
    with closing(world.desk()) as desk:
        if worked:
            command(world, desk, f"key-{next(world.numbers)}")()
        key = f"key-{next(world.numbers)}"
        act = command(world, desk, key)
        world.line.told(cut)
        try:
            act()
            told = "done"
        except ClaimdeskError as error:
            told = error.code
            assert error.exit_code == 75
        world.line.told(None)
        if told != "done":
            world.quiet()
        kept = world.kept(key)
        assert (told, kept) in {("done", 1), ("connection_lost", 0), ("unknown_commit", 0), ("unknown_commit", 1)}
        claim = act().id
        assert world.kept(key) == 1
        posts = [t for t in world.direct.ledger(claim) if t.kind == "post"]
        assert len(posts) == (command is paid)
        pool: Any = desk.store
        assert pool.engine.pool.checkedout() == 0
    return f"{told} {kept}"


@pytest.mark.parametrize("command", [filed, paid])
def test_a_line_that_breaks(world: World, command: Any) -> None:
    told = Counter(
        cut_off(world, command, cut, worked=n % 2 == 0) for n, cut in enumerate(breaks(world, command)[::EVERY])
    )
    assert len(told) > 2 and told["done 1"], told  # some were noticed, and told in more than one way
    assert_sound(world.direct.store)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("worked", [False, True])
@pytest.mark.parametrize("command", [filed, paid])
def test_a_line_that_breaks_everywhere(world: World, command: Any, worked: bool) -> None:
    cuts = breaks(world, command)
    told = Counter(cut_off(world, command, cut, worked=worked) for cut in cuts)
    print(f"{command.__name__}, {'worked' if worked else 'new'}: {len(cuts)} breaks, {dict(told)}")  # noqa: T201
    assert set(told) == {"done 1", "connection_lost 0", "unknown_commit 0", "unknown_commit 1"}
    assert_sound(world.direct.store)
