"""One compliance file driven through the planner alone: no store, no desk, a clock that is told the time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from claimdesk.states.case import Case
from claimdesk.states.journal import canonical, profile_faults
from claimdesk.states.times import instant_text, parse_instant
from claimdesk.workflow.plan import Command, Context, Plan, Refusal, plan
from claimdesk.workflow.ports import NoticeRow
from claimdesk.workflow.programmes.seller_insurance import PROGRAMME
from claimdesk.workflow.programmes.seller_insurance.summary import summary
from claimdesk.workflow.programmes.seller_insurance.testing_template import expand
from claimdesk.workflow.rulebook import Version, book_for


class File:
    """A seller's file; ``do`` validates, lets fall due what is due before, and plans."""

    def __init__(self, seller: Mapping[str, Any] | None = None, marketplace: str = "US", **overrides: Any) -> None:
        self.given = {"id": "A2EXAMPLE", "legal_entity": "Lumen Ltd", **(seller or {})}
        self.book = book_for("seller_insurance", str(self.given.get("elected_country") or marketplace))
        self.overrides = overrides
        self.case: Case | None = None
        self.before: Case | None = None  #: the case as the last command found it
        self.last: Plan | Refusal | None = None
        self.bodies: list[dict[str, Any]] = []
        self.notices: list[str] = []
        self.letters: list[NoticeRow] = []
        self._numbers = count(1)

    def version(self, day: date) -> Version:
        return self.book.at(day).override(self.overrides)

    def instant(self, at: str) -> datetime:
        """An instant, or a day: then 09:00 in the file's zone."""
        if len(at) == 10:
            local = datetime.combine(date.fromisoformat(at), time(9), ZoneInfo(self.book.zone))
            return local.astimezone(UTC)
        return parse_instant(at)

    def open(self, at: str) -> File:
        told = self._written_out(self.given, self.given)
        canonical_facts, _ = PROGRAMME.validate("update_seller", told, self.book.currency, True)
        self._plan("update_seller", {**canonical_facts, "seller": "A2EXAMPLE"}, self.instant(at))
        return self

    def do(self, verb: str, at: str, *, lenient: bool = True, **payload: Any) -> File:
        now = self.instant(at)
        if self.case is None:
            self.open(at)
        self.tick(at)
        if verb == "tick":
            return self
        assert self.case is not None
        told = self._written_out(payload, {**self.case.facts, **payload})
        checked, _ = PROGRAMME.validate(verb, told, self.book.currency, True)
        self.before = self.case
        self._plan(verb, checked, now, lenient=lenient)
        return self

    @staticmethod
    def _written_out(payload: Mapping[str, Any], seller: Mapping[str, Any]) -> dict[str, Any]:
        """Templates written out in the seller's name, as a desk that allows them does."""
        found = dict(expand(payload, seller))
        if "certificate" in found:
            found["certificate"] = expand(found["certificate"], seller)
        if "certificates" in found:
            found["certificates"] = [expand(c, seller) for c in found["certificates"]]
        return found

    def tick(self, at: str) -> File:
        now = self.instant(at)
        while True:
            assert self.case is not None
            due = sorted(
                (d for d in self.case.deadlines if d.status == "open" and parse_instant(d.due) <= now),
                key=lambda d: d.due,
            )
            if not due:
                return self
            self._plan("fire", {"kind": due[0].kind}, parse_instant(due[0].due))
            assert isinstance(self.last, Plan), self.last

    def _plan(self, verb: str, payload: dict[str, Any], now: datetime, *, lenient: bool = True) -> None:
        local = now.astimezone(ZoneInfo(self.book.zone)).date()
        ctx = Context(
            now=now,
            rulebook=self.version(local),
            new_id=lambda prefix: f"{prefix}-{next(self._numbers):017d}",
            version_at=self.version,
        )
        command = Command(verb, payload, "scenario", now, claim="SLR-A2EXAMPLE", lenient=lenient)
        made = plan(PROGRAMME, self.case, command, ctx)
        self.last = made
        if isinstance(made, Refusal):
            return
        for body in made.bodies:
            canonical(body)
            assert profile_faults(body) == []
        self.bodies += made.bodies
        self.notices += [n["kind"] for n in made.notices]
        self.letters += [
            NoticeRow(n["id"], n["claim"], n["kind"], n["party"], "en", n["at"], n["at"], json.dumps(n["params"]))
            for n in made.notices
        ]
        self.case = made.case
        if made.notices:  # letters leave at once
            at = instant_text(now)
            given = [{"id": n["id"], "channel": "memory", "sha256": "0" * 64, "at": at} for n in made.notices]
            self._plan("hand_over", {"notices": given}, now)
            self.last = made

    # -- what a scenario may expect ------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        assert self.case is not None
        return self.case.state

    @property
    def path(self) -> tuple[str, ...]:
        assert self.case is not None
        return self.case.path

    @property
    def shown(self) -> dict[str, Any]:
        assert self.case is not None
        return summary(self.case)

    @property
    def clocks(self) -> dict[str, str]:
        """The open clocks."""
        assert self.case is not None
        return {d.kind: d.on for d in self.case.deadlines if d.status == "open"}

    @property
    def codes(self) -> tuple[str, ...]:
        """The reason codes of the last decision."""
        assert self.case is not None
        return self.case.codes
