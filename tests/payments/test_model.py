"""The payment protocol as a model, explored whole: safe with its five guards, and with any four of them not.

Workers read, commit an obligation, lease it, look it up, call the provider and mark it sent, in any interleaving;
they crash, leases are stolen from the living, and the provider forgets keys. The guards are those of the trust notes,
section 3.2: unique obligation, durable attempt, look-up before re-send, stable key, bounded zombie.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import pytest

WORKERS = 3
CRASHES, THEFTS, EXPIRIES = 3, 2, 2
GUARDS = ("unique_obligation", "durable_attempt", "look_up", "stable_key", "bounded_zombie")


class Row(NamedTuple):
    """An obligation's row: its state, how often it was leased, who holds the lease, and what it did at the provider."""

    state: str = "ready"  # ready, calling, sent
    attempt: int = 0
    holder: int | None = None
    effects: int = 0
    keys: frozenset[int] = frozenset()  # what the provider still knows: 0, or the attempt where each has its own key


class Worker(NamedTuple):
    """Where a worker is. ``row`` and ``attempt`` are what it remembers."""

    at: str = "idle"  # idle, read, leased, cleared, called
    row: int = -1
    attempt: int = 0


class World(NamedTuple):
    rows: tuple[Row, ...] = ()
    workers: tuple[Worker, ...] = (Worker(),) * WORKERS
    crashes: int = 0
    thefts: int = 0
    expiries: int = 0


def put(items: tuple, n: int, item: object) -> tuple:
    return (*items[:n], item, *items[n + 1 :])


class Protocol:
    """The steps of the protocol with some of the guards."""

    def __init__(self, *without: str) -> None:
        self.on = {g: g not in without for g in GUARDS}

    def steps(self, world: World) -> Iterator[tuple[str, World]]:
        for w, worker in enumerate(world.workers):
            yield from self.work(world, w, worker)
            if worker.at != "idle" and world.crashes < CRASHES:
                freed = tuple(r._replace(holder=None) if r.holder == w else r for r in world.rows)
                yield (
                    f"{w} crashes",
                    world._replace(rows=freed, workers=put(world.workers, w, Worker()), crashes=world.crashes + 1),
                )
        yield from self.mishaps(world)

    def work(self, world: World, w: int, worker: Worker) -> Iterator[tuple[str, World]]:
        if worker.at == "idle":
            if not any(r.state == "sent" for r in world.rows) and len(world.rows) < 2:
                yield f"{w} reads", world._replace(workers=put(world.workers, w, Worker("read")))
            for n, row in enumerate(world.rows):
                if row.state != "sent" and row.holder is None and row.attempt < 4:
                    yield f"{w} leases {n}", self.lease(world, w, n)
        elif worker.at == "read":
            taken = self.on["unique_obligation"] and world.rows
            rows = world.rows if taken or len(world.rows) > 1 else (*world.rows, Row())
            yield f"{w} commits", world._replace(rows=rows, workers=put(world.workers, w, Worker()))
        elif worker.at == "leased":
            if self.on["look_up"] and worker.attempt > 1:
                paid = world.rows[worker.row].effects > 0
                after = worker._replace(at="called" if paid else "cleared")
                yield f"{w} looks up {worker.row}", world._replace(workers=put(world.workers, w, after))
            else:
                yield f"{w} calls {worker.row}", self.call(world, w, worker)
        elif worker.at == "cleared":
            yield f"{w} calls {worker.row}", self.call(world, w, worker)
        elif worker.at == "called":
            row = world.rows[worker.row]._replace(state="sent", holder=None)
            yield (
                f"{w} marks {worker.row}",
                world._replace(rows=put(world.rows, worker.row, row), workers=put(world.workers, w, Worker())),
            )

    def lease(self, world: World, w: int, n: int) -> World:
        row = world.rows[n]
        row = row._replace(state="calling", attempt=row.attempt + 1, holder=w)
        remembered = row.attempt if self.on["durable_attempt"] else 1
        return world._replace(
            rows=put(world.rows, n, row), workers=put(world.workers, w, Worker("leased", n, remembered))
        )

    def call(self, world: World, w: int, worker: Worker) -> World:
        row = world.rows[worker.row]
        key = 0 if self.on["stable_key"] else worker.attempt
        if key not in row.keys:
            row = row._replace(effects=row.effects + 1, keys=row.keys | {key})
        return world._replace(
            rows=put(world.rows, worker.row, row), workers=put(world.workers, w, worker._replace(at="called"))
        )

    def mishaps(self, world: World) -> Iterator[tuple[str, World]]:
        for n, row in enumerate(world.rows):
            if row.holder is not None and world.thefts < THEFTS:
                yield (
                    f"the lease of {n} is stolen",
                    world._replace(rows=put(world.rows, n, row._replace(holder=None)), thefts=world.thefts + 1),
                )
            on_the_way = any(w.row == n and w.at in ("leased", "cleared") for w in world.workers)
            if row.keys and world.expiries < EXPIRIES and not (self.on["bounded_zombie"] and on_the_way):
                yield (
                    f"the key of {n} expires",
                    world._replace(
                        rows=put(world.rows, n, row._replace(keys=frozenset())), expiries=world.expiries + 1
                    ),
                )


def unsafe(world: World) -> bool:
    """Paid twice, or marked sent without ever being paid."""
    twice = sum(r.effects for r in world.rows) > 1
    return twice or any(r.state == "sent" and r.effects == 0 for r in world.rows)


def explore(protocol: Protocol) -> tuple[int, list[str] | None]:
    """(how many worlds there are, the shortest way to an unsafe one or None)."""
    start = World()
    came: dict[World, tuple[World, str] | None] = {start: None}
    todo = deque([start])
    while todo:
        world = todo.popleft()
        for name, after in protocol.steps(world):
            if after in came:
                continue
            came[after] = (world, name)
            if unsafe(after):
                return len(came), way(came, after)
            todo.append(after)
    return len(came), None


def way(came: dict[World, tuple[World, str] | None], world: World) -> list[str]:
    steps: list[str] = []
    while (before := came[world]) is not None:
        world, name = before
        steps.append(name)
    return steps[::-1]


def test_with_all_five_guards_no_interleaving_pays_twice():
    """Every reachable world was looked at: three workers, three crashes, two thefts, two forgotten keys."""
    worlds, path = explore(Protocol())
    assert path is None, path
    assert worlds > 2_000


@pytest.mark.parametrize("guard", GUARDS)
def test_without_any_one_guard_the_model_finds_a_double_payment(guard):
    """Each guard is needed: the model prints the shortest history that pays twice without it."""
    _, path = explore(Protocol(guard))
    assert path is not None, f"the model is safe without {guard}: it would not notice its loss"
    assert sum(" calls " in step for step in path) == 2, path


def test_every_world_can_still_end_with_the_payment_sent():
    """Safety is not bought with silence: from everywhere the payment can be completed without a further mishap."""
    protocol = Protocol()
    came: dict[World, None] = {World(): None}
    back: dict[World, list[World]] = {}
    todo = deque([World()])
    while todo:
        world = todo.popleft()
        for _, after in protocol.steps(world):
            back.setdefault(after, []).append(world)
            if after not in came:
                came[after] = None
                todo.append(after)
    done = {w for w in came if any(r.state == "sent" for r in w.rows)}
    todo = deque(done)
    while todo:
        for before in back.get(todo.popleft(), ()):
            if before not in done:
                done.add(before)
                todo.append(before)
    stuck = [w for w in came if w not in done and not any(r.attempt == 4 for r in w.rows)]
    assert stuck == []
