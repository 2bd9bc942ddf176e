"""What callers see: frozen views of a claim. No dictionaries that are half objects, ``to_dict`` is explicit.

Personal data is not in a view; ``ClaimDesk.personal`` reads it, with a purpose, where the host may.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..states.case import Case
from ..states.money import Money, parse
from ..states.times import parse_instant
from . import registry


@dataclass(frozen=True, slots=True)
class DeadlineView:
    """A clock: kind, last good local date, first instant too late, status, and the recipe that made it."""

    kind: str
    on: str
    due: datetime
    status: str
    recipe: dict[str, Any] = field(hash=False)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "kind": self.kind,
            "on": self.on,
            "due": self.due.isoformat(),
            "status": self.status,
            "recipe": self.recipe,
        }


@dataclass(frozen=True, slots=True)
class RecoveryView:
    """Recovery: status, what is still asked, and from whom."""

    status: str
    amount: Money
    source: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as it stands (or stood). Amounts are exact; ``hold`` is the oldest hold's reason or None."""

    id: str
    programme: str
    marketplace: str
    state: str
    version: int
    outcome: str
    filed_at: datetime
    updated_at: datetime
    seller: str | None
    order_id: str | None
    incident_on: str | None
    eligible_amount: Money
    paid_by_amazon: Money
    paid_by_seller: Money
    paid_by_insurer: Money
    recovery: RecoveryView
    withholding_allowed: bool
    odr_counted: bool
    hold: str | None
    holds: tuple[str, ...]
    reasons: tuple[str, ...]
    path: tuple[str, ...]
    deadlines: tuple[DeadlineView, ...]
    tasks: tuple[str, ...]
    owner: str | None
    rulebook: str
    dry_run: bool = False
    redirected_from: str | None = None  #: the programme it was filed under, where that was another one
    continues: str | None = None  #: the claim this one goes on from, under the programme that was left
    continued_as: str | None = None  #: the claim that goes on from this one, under another programme
    #: When personal data was last erased, and under which legal basis.
    erased: dict[str, str] | None = field(default=None, hash=False)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values under the contract's names."""
        return {
            "claim": self.id,
            "programme": self.programme,
            "marketplace": self.marketplace,
            "state": self.state,
            "version": self.version,
            "outcome": self.outcome,
            "filed_at": self.filed_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
            "seller": self.seller,
            "order": self.order_id,
            "incident_on": self.incident_on,
            "eligible_amount": str(self.eligible_amount),
            "paid_by_amazon": str(self.paid_by_amazon),
            "paid_by_seller": str(self.paid_by_seller),
            "paid_by_insurer": str(self.paid_by_insurer),
            "recovery": {
                "status": self.recovery.status,
                "amount": str(self.recovery.amount),
                "from": self.recovery.source,
            },
            "withholding_allowed": self.withholding_allowed,
            "odr_counted": self.odr_counted,
            "hold": self.hold,
            "holds": list(self.holds),
            "reasons": list(self.reasons),
            "visited": list(self.path),
            "deadlines": [d.to_dict() for d in self.deadlines],
            "tasks": list(self.tasks),
            "owner": self.owner,
            "rulebook": self.rulebook,
            "dry_run": self.dry_run,
            **({"redirected_from": self.redirected_from} if self.redirected_from else {}),
            **({"continues": self.continues} if self.continues else {}),
            **({"continued_as": self.continued_as} if self.continued_as else {}),
            "erased": self.erased,
        }


@dataclass(frozen=True, slots=True)
class SellerFile:
    """A seller's compliance file: the duty, its clock, the certificates with their verdicts."""

    id: str
    seller: str
    state: str
    version: int
    required: bool
    due_on: str | None
    certificates: tuple[dict[str, Any], ...] = field(hash=False)
    facts: dict[str, Any] = field(hash=False)
    path: tuple[str, ...]
    deadlines: tuple[DeadlineView, ...]
    rulebook: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values under the contract's names."""
        return {
            "file": self.id,
            "seller": self.seller,
            "state": self.state,
            "version": self.version,
            "required": self.required,
            "due_on": self.due_on,
            "certificates": list(self.certificates),
            "facts": self.facts,
            "visited": list(self.path),
            "deadlines": [d.to_dict() for d in self.deadlines],
            "rulebook": self.rulebook,
        }


def _money(text: str) -> Money:
    return Money.of_minor(*parse(text))


def _clocks(case: Case) -> tuple[DeadlineView, ...]:
    return tuple(DeadlineView(d.kind, d.on, parse_instant(d.due), d.status, d.recipe) for d in case.deadlines)


def claim_view(case: Case, *, dry_run: bool = False) -> Claim:
    """The outside view of a claim's case."""
    programme = registry.programme(case.programme)
    shown = programme.summary(case)
    recovery = shown["recovery"]
    order: Any = case.facts.get("order") or {}
    return Claim(
        id=case.id,
        programme=case.programme,
        marketplace=case.marketplace,
        state=case.state,
        version=case.version,
        outcome=programme.outcome(case),
        filed_at=case.opened,
        updated_at=parse_instant(case.updated_at),
        seller=case.seller,
        order_id=order.get("id"),
        incident_on=case.facts.get("incident_on"),
        eligible_amount=_money(shown["eligible_amount"]),
        paid_by_amazon=_money(shown["paid_by_amazon"]),
        paid_by_seller=_money(shown["paid_by_seller"]),
        paid_by_insurer=_money(shown["paid_by_insurer"]),
        recovery=RecoveryView(recovery["status"], _money(recovery["amount"]), recovery["from"]),
        withholding_allowed=shown["withholding_allowed"],
        odr_counted=shown["odr_counted"],
        hold=case.holds[0] if case.holds else None,
        holds=case.holds,
        reasons=case.codes,
        path=case.path,
        deadlines=_clocks(case),
        tasks=case.tasks,
        owner=case.owner,
        rulebook=case.rulebook,
        dry_run=dry_run,
        redirected_from=_link(case, "redirected", "from"),
        continues=_link(case, "redirected", "claim"),
        continued_as=_link(case, "redirected_to", "claim"),
        erased=case.facts.get("erased"),
    )


def _link(case: Case, fact: str, name: str) -> str | None:
    told: dict[str, Any] = case.facts.get(fact) or {}
    return told.get(name)


def seller_view(case: Case) -> SellerFile:
    """The outside view of a seller's file."""
    shown = registry.programme(case.programme).summary(case)
    return SellerFile(
        id=case.id,
        seller=str(case.seller),
        state=case.state,
        version=case.version,
        required=bool(shown["required"]),
        due_on=shown["due_on"],
        certificates=tuple(case.facts.get("certificates", ())),
        facts=case.facts,
        path=case.path,
        deadlines=_clocks(case),
        rulebook=case.rulebook,
    )


def expectations(case: Case) -> dict[str, Any]:
    """Every key a scenario may expect of this case (contract section 4)."""
    programme = registry.programme(case.programme)
    shown = programme.summary(case)
    asked_for: dict[str, Any] = shown.get("information") or {}
    open_clocks = [{"kind": d.kind, "on": d.on} for d in case.deadlines if d.status in ("open", "ran_out")]
    return {
        **shown,
        "programme": case.programme,
        "state": case.state,
        "visited": list(case.path),
        "hold": case.holds[0] if case.holds else None,
        "holds": list(case.holds),
        "reason": [*case.codes, *([asked_for["reason"]] if "reason" in asked_for else [])],
        "deadline": open_clocks,
        "deadlines": {d.kind: d.on for d in case.deadlines if d.status != "cancelled"},
        "notices": [n.kind for n in case.notices if n.handed_over],
        "notified": sorted({n.party for n in case.notices}),
        "tasks": sorted(case.tasks),
        "outcome": programme.outcome(case),
        "version": case.version,
    }
