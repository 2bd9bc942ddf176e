"""What a tick would do, without doing it: letters that would leave, payments that would be sent, clocks that would act.

The same commands as a tick, planned one after the other over one view of the store and never written. Letters leave
at once here, so that clocks which wait for one act as they would. What a payment would come to nobody can know: it is
named, and nothing is concluded from it. Left out: senders that fail, and what somebody else does meanwhile.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from ..states.case import Case
from ..states.money import to_text
from ..states.times import instant_text
from .dispatch import Dispatcher, firing, overdue
from .engine import Session
from .paying import to_send
from .plan import Refusal
from .ports import NoticeRow, ReadUnit, WriteUnit

_ALL = 1_000_000
_NO_BODY = "0" * 64


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One thing a tick would do: a ``letter`` to a party, a ``payment`` of an amount, a ``clock`` that acts."""

    what: str
    claim: str
    kind: str
    due: str
    detail: str

    def to_dict(self) -> dict[str, str]:
        """JSON-ready values."""
        return {"what": self.what, "claim": self.claim, "kind": self.kind, "due": self.due, "detail": self.detail}


@dataclass(slots=True)
class Outlook:
    """Everything a tick would do, in its order; ``waiting``: due, but kept back by a letter or a hold."""

    steps: list[Foreseen] = field(default_factory=lambda: [])
    waiting: int = 0

    def count(self, what: str) -> int:
        """How many steps of a sort there are."""
        return sum(1 for step in self.steps if step.what == what)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        fired: dict[str, int] = {}
        for step in self.steps:
            if step.what == "clock":
                fired[step.kind] = fired.get(step.kind, 0) + 1
        return {
            "dry_run": True,
            "fired": dict(sorted(fired.items())),
            "letters": self.count("letter"),
            "payments": self.count("payment"),
            "waiting": self.waiting,
            "steps": [step.to_dict() for step in self.steps],
        }


def foresee(dispatcher: Dispatcher, until: datetime | None = None) -> Outlook:
    """What ``Dispatcher.tick`` would do by ``until`` (now, when left out). Writes nothing."""
    now = until or dispatcher.settings.clock()
    with dispatcher.store.read() as unit:
        return _Foresight(dispatcher, unit, now).run()


class _Foresight:
    """One look ahead over one view of the store."""

    def __init__(self, dispatcher: Dispatcher, unit: ReadUnit, now: datetime) -> None:
        self.dispatcher, self.unit, self.now = dispatcher, unit, now
        self.text = instant_text(now.astimezone(UTC))
        # Planning reads only; what would be written stays in the session and is thrown away with it.
        self.session = Session(cast("WriteUnit", unit), dispatcher.settings)
        self.found = Outlook()
        self.told: set[str] = set()
        self.queue: list[tuple[str, str, str]] = []
        self.queued: set[tuple[str, str, str]] = set()

    def run(self) -> Outlook:
        letters = self.unit.due_tasks(self.text, ("notice",), _ALL)
        clocks = self.unit.due_tasks(self.text, ("deadline",), _ALL)
        self.session.prefetch([t.claim for t in (*letters, *clocks)], ())
        self._letters(row for t in letters if (row := self.unit.notice(t.id)) is not None)
        self._payments((t.id, t.claim, t.due_at) for t in self._due_payments())
        for task in clocks:
            self._look(task.claim)
        while self.queue or self._sweep():
            due, claim, kind = heapq.heappop(self.queue)
            self._fire(claim, kind, due)
        return self.found

    def _due_payments(self) -> Iterable[Any]:
        pays = self.dispatcher.settings.payments == "gateway" and not self.dispatcher.gateway.settles_at_once
        return self.unit.due_tasks(self.text, ("payment",), _ALL) if pays else ()

    def _letters(self, rows: Iterable[NoticeRow]) -> None:
        by_claim: dict[str, list[NoticeRow]] = {}
        for row in rows:
            if row.id not in self.told and row.at <= self.text:
                self.told.add(row.id)
                self.found.steps.append(Foreseen("letter", row.claim, row.kind, row.at, row.party))
                given = row._replace(handed_over_at=self.text, channel="none", sha256=_NO_BODY)
                by_claim.setdefault(row.claim, []).append(given)
        for claim, given in by_claim.items():
            self.dispatcher.hand_over(self.session, claim, given)
            self._look(claim)

    def _payments(self, tasks: Iterable[tuple[str, str, str]]) -> None:
        for ref, claim, due in tasks:
            case = self.session.case(claim)
            if case is None or case.totals.pending != ref or ref in self.told:
                continue
            self.told.add(ref)
            if case.holds:
                self.found.waiting += 1
                continue
            amount = to_text(to_send(case), case.currency)
            self.found.steps.append(Foreseen("payment", claim, "pay", due, amount))

    def _look(self, claim: str) -> None:
        """Queues the clocks of a claim that have run out, each once."""
        case = self.session.case(claim)
        for clock in overdue(case, self.now) if case is not None else ():
            entry = clock.due, claim, clock.kind
            if entry not in self.queued:
                self.queued.add(entry)
                heapq.heappush(self.queue, entry)

    def _fire(self, claim: str, kind: str, due: str) -> None:
        before = self.session.case(claim)
        if before is None or not any((d.kind, d.due, d.status) == (kind, due, "open") for d in before.deadlines):
            return  # something else closed or moved it meanwhile
        done = self.session.execute(firing(claim, kind, due))
        if isinstance(done, Refusal):
            self.found.waiting += str(done.code) != "not_yet"
            return
        self.found.steps.append(Foreseen("clock", claim, kind, due, _moved(before, done.case)))
        self._follow(claim)
        self._look(claim)

    def _follow(self, claim: str) -> None:
        """Letters and payments that a planned change brings with it."""
        rows = self.session.unwritten.get(claim)
        if rows is not None:
            self._payments((t.id, claim, t.due_at) for t in list(rows.tasks) if t.kind == "payment")
            self._letters(list(rows.notices))

    def _sweep(self) -> bool:
        """What changes on one claim brought to others; whether any clock is due after it."""
        for claim in list(self.session.unwritten):
            self._follow(claim)
            self._look(claim)
        return bool(self.queue)


def _moved(before: Case, after: Case) -> str:
    path = after.path[len(before.path) :]
    if path:
        return " -> ".join((before.state, *path))
    return f"{after.state}, under a hold" if after.holds else after.state
