"""One claim and its seller's file driven through the planner alone: no store, no desk, entries as read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from itertools import count
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from claimdesk.states.case import Case
from claimdesk.states.times import instant_text, local_day, parse_instant
from claimdesk.workflow.plan import Command, Context, Plan, Refusal, Sibling, plan
from claimdesk.workflow.ports import NoticeRow
from claimdesk.workflow.programmes.pdpi import PROGRAMME as PDPI
from claimdesk.workflow.programmes.seller_insurance import PROGRAMME as SELLER
from claimdesk.workflow.programmes.seller_insurance.testing_template import template
from claimdesk.workflow.rulebook import Version, book_for, resolve

PLAIN_ORDER = {
    "id": "114-1234567-1234567",
    "sold_by": "seller",
    "item": {"asin": "B0EXAMPLE1", "title": "Desk lamp"},
}
#: Why a claim that was filed as damage is an order claim.
BELONGS = {"code": "belongs_elsewhere", "rule": "programme.order", "value": "ground: not_received", "result": True,
           "limit": "pdpi"}  # fmt: skip


class Drive:
    """``do`` validates, lets fall due what is due before, hands over letters at once, and plans."""

    def __init__(self, marketplace: str = "US", *, payments: str = "instant", **overrides: Any) -> None:
        self.marketplace = marketplace
        self.payments = payments
        self.book = book_for("pdpi", marketplace)
        self.seller_book = book_for("seller_insurance", marketplace)
        self.overrides = overrides
        self.case: Case | None = None
        self.seller: Case | None = None
        self.siblings: tuple[Sibling, ...] = ()
        self.personal: dict[str, Any] = {}
        self.entries: list[dict[str, Any]] = []
        self.seller_entries: list[dict[str, Any]] = []
        self.letters: list[NoticeRow] = []
        self.last: Plan | Refusal | None = None
        self._numbers = count(1)

    @property
    def version(self) -> Version:
        return self.book.at(date(2024, 6, 3)).override(self.overrides)

    def version_of(self, ref: str) -> Version:
        return resolve(ref)

    def instant(self, at: str) -> datetime:
        if len(at) == 10:
            local = datetime.combine(date.fromisoformat(at), time(9), ZoneInfo(self.book.zone))
            return local.astimezone(UTC)
        return parse_instant(at)

    # -- the seller's file ---------------------------------------------------------------------------------------

    def sell(self, at: str = "2024-01-02", **facts: Any) -> Drive:
        given = {"id": "A2EXAMPLE", "legal_entity": "Lumen Ltd", "in_good_standing": True, **facts}
        checked, _ = SELLER.validate("update_seller", given, self.seller_book.currency, True)
        self._seller("update_seller", {**checked, "seller": "A2EXAMPLE"}, at)
        return self

    def certify(self, at: str, **overrides: Any) -> Drive:
        assert self.seller is not None
        certificate = template(overrides, self.seller.facts)
        payload = {"certificate": certificate}
        checked, _ = SELLER.validate("record_certificate", payload, self.seller_book.currency, True)
        self._seller("record_certificate", checked, at)
        return self

    def _seller(self, verb: str, payload: dict[str, Any], at: str) -> None:
        now = self.instant(at)
        ctx = Context(
            now=now,
            rulebook=self.seller_book.at(local_day(now, self.book.zone)),
            new_id=self._new_id,
            version_at=self.seller_book.at,
        )
        made = plan(
            SELLER, self.seller, Command(verb, payload, "seller", now, claim="SLR-A2EXAMPLE", lenient=True), ctx
        )
        assert isinstance(made, Plan), made
        self._keep(made, "seller", verb, self.seller_entries)
        self.seller = made.case

    # -- the claim -----------------------------------------------------------------------------------------------

    def file(self, at: str = "2024-06-03", actor: str = "cs:mei", **facts: Any) -> Drive:
        given = {
            "incident_on": "2024-06-01",
            "order": PLAIN_ORDER,
            "losses": [{"head": "property_damage", "amount": f"640.00 {self.book.currency}"}],
            **facts,
        }
        return self.do("file", at, actor=actor, **given)

    def do(self, verb: str, at: str, actor: str = "cs:mei", reason: str = "as written", **payload: Any) -> Drive:
        now = self.instant(at)
        self.tick(at)
        checked, personal = PDPI.validate(verb, payload, self.book.currency, True)
        self.personal.update(personal)
        if verb == "redirect":  # the desk adds what says so
            checked["why"] = BELONGS
        if verb == "file" and self.seller is not None:
            checked["seller"] = "A2EXAMPLE"
        self._claim(verb, checked, actor, now, reason, personal)
        return self

    def tick(self, at: str) -> Drive:
        now = self.instant(at)
        while self.case is not None and not self.case.holds:
            due = sorted(
                (d for d in self.case.deadlines if d.status == "open" and parse_instant(d.due) <= now),
                key=lambda d: d.due,
            )
            if not due:
                break
            self._claim("fire", {"kind": due[0].kind, "due": due[0].due}, "rules", parse_instant(due[0].due), "")
        return self

    def recheck(self, at: str) -> Drive:
        self._claim("recheck", {}, "rules", self.instant(at), "")
        return self

    def _claim(
        self,
        verb: str,
        payload: dict[str, Any],
        actor: str,
        now: datetime,
        reason: str,
        personal: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        ctx = Context(
            now=now,
            rulebook=self.version,
            new_id=self._new_id,
            version_at=self.book.at,
            seller=self.seller,
            siblings=self.siblings,
            personal=self.personal,
            payments=self.payments,
        )
        claim = None if self.case is None else self.case.id
        command = Command(verb, payload, actor, now, claim=claim, personal=personal, reason=reason, second="cs:lee")
        made = plan(PDPI, self.case, command, ctx)
        self.last = made
        if isinstance(made, Refusal):
            return
        self._keep(made, actor, verb, self.entries)
        self.case = made.case
        if made.notices:
            self._hand_over(now)

    def _hand_over(self, now: datetime) -> None:
        assert self.case is not None
        waiting = [n.id for n in self.case.notices if n.handed_over is None]
        given = [{"id": n, "channel": "memory", "sha256": "0" * 64, "at": instant_text(now)} for n in waiting]
        self._claim("hand_over", {"notices": given}, "rules", now, "")

    def _new_id(self, prefix: str) -> str:
        return f"{prefix}-{next(self._numbers):017d}"

    def _keep(self, made: Plan, actor: str, verb: str, into: list[dict[str, Any]]) -> None:
        for body in made.bodies:
            entry = {**body, "id": self._new_id("EVT"), "seq": len(into) + 1, "verb": verb}
            entry["actor"] = {"id": actor, "kind": actor.partition(":")[0]}
            into.append(json.loads(json.dumps(entry, default=str)))
        for notice in made.notices:
            self.letters.append(
                NoticeRow(notice["id"], notice["claim"], notice["kind"], notice["party"], "en", notice["at"],
                          instant_text(parse_instant(notice["at"])), json.dumps(notice["params"]))
            )  # fmt: skip

    @property
    def decisions(self) -> list[dict[str, Any]]:
        return [e for e in self.entries if "decision" in e]
