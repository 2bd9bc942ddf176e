"""eventsourcing with its SQLite module: an aggregate a claim, an event a step, 500 aggregates saved at once.

From https://eventsourcing.readthedocs.io/en/stable/topics/domain.html (``Aggregate``, ``@event``),
https://eventsourcing.readthedocs.io/en/stable/topics/application.html (``save`` takes several aggregates and writes
their events in one transaction) and https://eventsourcing.readthedocs.io/en/stable/topics/persistence.html#sqlite (the
environment). The library sets write-ahead logging by itself, which is quicker than the rollback journal that our floor
has, and keeps SQLite's own synchronous setting.

It keeps each step as an event. It keeps no table of claims to list, and does not do the rest (see the package).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from .lifecycle import INITIAL, NEXT, Claim, Left, walk

TITLE = "eventsourcing + SQLite, 500 aggregates a save"

_BATCH = 500


class ClaimAggregate(Aggregate):
    """A claim as the sum of its events."""

    @event("Filed")
    def __init__(self, number: str, order: str, seller: str, minor: int, at: str, record: str | None) -> None:
        self.number, self.order, self.seller, self.minor, self.at = number, order, seller, minor, at
        self.state, self.record = INITIAL, record

    def step(self, trigger: str, record: str | None) -> None:
        """One step, if the table has it."""
        self.stepped(trigger, NEXT[trigger, self.state], record)

    @event("Stepped")
    def stepped(self, trigger: str, target: str, record: str | None) -> None:
        """What the event changes."""
        self.trigger, self.state, self.record = trigger, target, record


class Claims(Application[Any]):
    """The application."""


class Peer:
    """The database and the work."""

    def __init__(self, folder: Path, full: bool) -> None:
        self.full = full
        self.app = Claims(
            env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "claims.db")}
        )

    def run(self, claims: list[Claim]) -> None:
        """Files every claim and walks it along its path."""
        for first in range(0, len(claims), _BATCH):
            made: list[ClaimAggregate] = []
            for claim in claims[first : first + _BATCH]:
                (_, filed), *later = walk(claim, self.full).steps
                one = ClaimAggregate(claim.id, claim.order, claim.seller, claim.minor, claim.at, filed)
                for trigger, record in later:
                    one.step(trigger, record)
                made.append(one)
            self.app.save(*made)

    def left(self) -> Left:
        """What stands in the database, told by the log of events."""
        states: dict[Any, str] = {}
        steps, start = 0, 1
        while page := self.app.recorder.select_notifications(start, 1000):
            for found in page:
                told = self.app.mapper.to_domain_event(found)
                states[told.originator_id] = getattr(told, "target", INITIAL)
                steps += 1
            start = page[-1].id + 1
        return Left(dict(Counter(states.values())), steps)

    def close(self) -> None:
        """Lets the database go."""
        self.app.close()
