"""Sixteen writers that begin at the same moment, as threads or as threads of several processes."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from claimdesk import ClaimdeskError
from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.vault import FileVault
from claimdesk.testing import FrozenClock
from claimdesk.workflow.desk import Desk
from support.desks import MONDAY, make_desk
from support.processes import warm_context

WRITERS = 16
PROCESSES = 4

#: What one writer does: a verb, its claim, its payload, and what stands beside it.
Act = tuple[str, str, dict[str, Any], dict[str, Any]]


@dataclass
class Place:
    """Where the writers meet: an address, a key file, an instant, and how payments are made."""

    url: str
    keys: str
    now: str = MONDAY
    payments: str = "manual"

    def desk(self, seed: int) -> Desk:
        return make_desk(
            open_store(self.url, busy_timeout=60.0),
            vault=FileVault(self.keys),
            clock=FrozenClock(self.now),
            payments=self.payments,
            seed=seed,
            actor=f"cs:{seed}",
        )


@dataclass
class Told:
    """What a writer heard: done, or the code of its refusal with what it may do instead."""

    code: str
    allowed: tuple[str, ...] = ()
    version: int = 0
    claim: str = ""
    message: str = ""


@dataclass
class Outcome:
    told: list[Told] = field(default_factory=lambda: [])

    @property
    def codes(self) -> Counter[str]:
        return Counter(t.code for t in self.told)

    @property
    def losers(self) -> list[Told]:
        return [t for t in self.told if t.code != "ok"]

    def every_loser_was_told_why(self) -> None:
        """A code, and what may be done now; nothing unexpected came out."""
        assert all(t.code and t.allowed for t in self.losers), self.losers


def attempt(desk: Desk, act: Act) -> Told:
    verb, claim, payload, beside = act
    try:
        if verb == "file":
            made: Any = desk.file(**payload, **beside)
        elif verb == "tick":
            desk.tick()
            return Told("ok")
        else:
            made = desk.do(verb, claim, payload, **beside)
    except ClaimdeskError as error:
        return Told(error.code, tuple(error.allowed), claim=claim, message=str(error))
    return Told("ok", version=made.version, claim=made.id)


#: Each writer draws ids of its own, also in the next round: the clock stands still, so a seed that comes back would
#: draw the ids of the round before, and meet them on file.
_SEEDS = itertools.count(10_000)


def in_threads(place: Place, acts: Sequence[Act], prepare: Callable[[Desk, int], None] | None = None) -> Outcome:
    """Every act by a desk of its own, all beginning when the last is ready."""
    barrier = threading.Barrier(len(acts))
    told: list[Told | BaseException | None] = [None] * len(acts)

    def run(n: int) -> None:
        desk: Desk | None = None
        try:
            desk = place.desk(next(_SEEDS))
            if prepare is not None:
                prepare(desk, n)
            barrier.wait(60)
            told[n] = attempt(desk, acts[n])
        except BaseException as error:  # noqa: BLE001  # reported below, by the thread that may raise
            barrier.abort()
            told[n] = error
        finally:
            if desk is not None:
                desk.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    found = Outcome()
    for one in told:
        if isinstance(one, BaseException):
            raise one
        assert one is not None, "a writer never came back"
        found.told.append(one)
    return found


def _member(number: int, place: Place, rounds: Sequence[Sequence[Act]], gate: Any, answers: Any) -> None:
    desks = [place.desk(100 * (number + 1) + n) for n in range(len(rounds[0]))]
    try:
        for acts in rounds:
            gate.wait(120)
            told: list[Told] = [Told("lost")] * len(acts)

            def run(n: int, acts: Sequence[Act] = acts, told: list[Told] = told) -> None:
                try:
                    told[n] = attempt(desks[n], acts[n])
                except BaseException as error:  # noqa: BLE001  # carried to the controlling process
                    told[n] = Told(f"UNEXPECTED {type(error).__name__}", message=str(error))

            threads = [threading.Thread(target=run, args=(n,)) for n in range(len(acts))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            answers.put(told)
            gate.wait(120)
    finally:
        for desk in desks:
            desk.close()


def in_processes(place: Place, rounds: Sequence[Sequence[Act]], after: Callable[[int, Outcome], None]) -> None:
    """Each round's acts dealt out to several processes with several threads each; ``after`` looks at every round."""
    context = warm_context()
    gate, answers = context.Barrier(PROCESSES + 1), context.Queue()
    share = len(rounds[0]) // PROCESSES
    members = [
        context.Process(
            target=_member,
            args=(p, place, [acts[p * share : (p + 1) * share] for acts in rounds], gate, answers),
            daemon=True,
        )
        for p in range(PROCESSES)
    ]
    for member in members:
        member.start()
    try:
        for n in range(len(rounds)):
            gate.wait(120)
            found = Outcome()
            for _ in members:
                found.told += answers.get(timeout=120)
            after(n, found)
            gate.wait(120)
        for member in members:
            member.join(60)
    finally:
        for member in members:
            if member.is_alive():
                member.terminate()
