"""Claims written into a store as a desk would write them, and the log of that store as a process would open it."""

from __future__ import annotations

import random
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.tlog.log import TransparencyLog
from claimdesk.adapters.tlog.publish import Publisher
from claimdesk.adapters.tlog.signing import Signer
from claimdesk.workflow.ports import EntryRow, Store
from stores.world import Book, write
from support.desks import Drive
from tlog.made import canonical

ORIGIN = "claimdesk.local/test"
SEED = b"\x07" * 32
START = datetime(2024, 6, 3, 16, tzinfo=UTC)


@dataclass
class Claims:
    """Writes journal entries into a store, as a desk would: chained, canonical, several claims side by side."""

    store: Store
    books: dict[str, Book] = field(default_factory=lambda: {})
    heads: dict[str, tuple[int, str | None]] = field(default_factory=lambda: {})
    written: list[str] = field(default_factory=lambda: [])
    rng: random.Random = field(default_factory=lambda: random.Random(3))

    def __post_init__(self) -> None:
        with self.store.write() as unit:
            if unit.meta("origin") is None:
                unit.set_meta("origin", ORIGIN)

    def _entry(self, claim: str) -> EntryRow:
        seq, prev = self.heads.get(claim, (0, None))
        at = f"2024-06-03T16:00:00.{seq:06d}Z"
        row_id = f"EVT-{claim}-{seq + 1:06d}"
        data = canonical({
            "claim": claim, "seq": seq + 1, "prev": prev, "at": at, "log": ORIGIN, "v": 1, "id": row_id,
            "actor": {"id": "cs:mei", "kind": "cs"}, "verb": "note", "type": "note",
            "set": {"amount": self.rng.randint(1, 999_999), "text": "x" * self.rng.randint(0, 300)},
        })  # fmt: skip
        book = self.books[claim]
        row = book.entry(seq + 1, data)._replace(id=row_id, at=at)
        self.heads[claim] = (seq + 1, row.leaf.hex())
        return row

    def add(self, count: int = 1, claims: int = 5) -> list[str]:
        """``count`` entries over some claims, a few in one transaction; their ids."""
        made: list[str] = []
        while len(made) < count:
            sets: list[Any] = []
            for claim in self.rng.sample(range(claims), min(claims, self.rng.randint(1, 3), count - len(made))):
                name = f"CLM-{claim}"
                book = self.books.setdefault(name, Book(id=name))
                row = self._entry(name)
                sets.append(book.step(entries=[row]))
                made.append(row.id)
            write(self.store, *sets)
        self.written += made
        return made

    def bulk(self, count: int, each: int = 20) -> None:
        """Many entries, twenty to a claim, in few transactions."""
        done = 0
        while done < count:
            sets: list[Any] = []
            for _ in range(50):
                name = f"CLM-B{len(self.books)}"
                book = self.books.setdefault(name, Book(id=name))
                rows = [self._entry(name) for _ in range(min(each, count - done))]
                if not rows:
                    break
                done += len(rows)
                made = book.step(entries=rows)
                case = made.case
                object.__setattr__(case, "version", len(rows))
                sets.append(made)
                self.written += [r.id for r in rows]
            write(self.store, *sets)


@dataclass
class Clock:
    """Stands still until it is told otherwise."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Place:
    """Where a store is kept; ``open`` gives it as a process would."""

    kind: str
    url: str
    folder: Path
    stack: ExitStack = field(default_factory=ExitStack)
    memory: Any = None

    def open(self) -> Any:
        if self.kind == "memory":
            self.memory = self.memory or open_store(self.url)
            return self.memory
        store = open_store(self.url)
        self.stack.callback(store.close)
        return store

    def log(self, store: Store | None = None, **more: Any) -> TransparencyLog:
        """A log as a new process would open it."""
        publisher = more.pop("publisher", Publisher(self.folder))
        return TransparencyLog(store or self.open(), Signer(ORIGIN, SEED), publisher, clock=Clock(), **more)


def second_persons(drive: Drive) -> None:
    """Roles are switched on; a step is proposed and approved, another is done in an emergency and reviewed."""
    desk = drive.desk
    for name, role in {
        "it:ana": "operator",
        "cs:mei": "handler",
        "lead:lin": "approver",
        "lead:bo": "approver",
    }.items():
        desk.grant(name, role, by="setup", reason="CHG-1")
    claims = [desk.respond(drive.valid("6000.00 USD").id, position="reject") for _ in range(2)]
    desk.switch_on("roles", by="it:ana")
    made = desk.propose("decide_dispute", claims[0].id, {"decision": "step_in"}, reason="valid on the file")
    desk.approve(made.id, actor="lead:lin")
    desk.break_glass("decide_dispute", claims[1].id, {"decision": "step_in"}, actor="lead:lin", reason="a fire")
    desk.review(desk.break_glass_register()[0]["id"], actor="lead:bo", reason="it was one")
