"""A desk for tests: a clock that stands still, letters that are kept, ways to bring a claim into each state."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from claimdesk import Claim
from claimdesk.adapters.gateways import ManualGateway, SandboxGateway
from claimdesk.adapters.memory import MemoryStore
from claimdesk.adapters.vault import FileVault
from claimdesk.states.case import Case
from claimdesk.testing import FrozenClock
from claimdesk.workflow.desk import Desk
from claimdesk.workflow.ports import Letter, PaymentGateway, Store, TaskRow, Vault

#: A Monday morning in Los Angeles.
MONDAY = "2024-06-03T09:00:00-07:00"
SELLER = "A2EXAMPLE"
BIG, SMALL = "1200.00 USD", "600.00 USD"
LATER = "9000-01-01T00:00:00.000000Z"
KINDS = ("deadline", "notice", "payment")


class KeptLetters:
    """Takes every letter, unless it is told to fail."""

    name = "kept"

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.fails = False

    def send(self, letter: Letter) -> None:
        if self.fails:
            raise ConnectionError("no line")
        self.letters.append(letter)


def make_desk(
    store: Store | None = None,
    *,
    clock: Callable[[], Any] | None = None,
    payments: str = "manual",
    gateway: PaymentGateway | None = None,
    vault: Vault | None = None,
    sender: KeptLetters | None = None,
    seed: int = 1,
    actor: str = "cs:mei",
    plain: bool = True,
    **options: Any,
) -> Desk:
    """A desk on ``store`` (a new one in memory, when left out) whose ids come from a seed."""
    own = gateway or (SandboxGateway() if payments == "instant" else ManualGateway())
    return Desk(
        store or MemoryStore(),
        vault or FileVault(None),
        actor=actor,
        sender=sender or KeptLetters(),
        gateway=own,
        clock=clock or FrozenClock(MONDAY),
        random_bits=random.Random(seed).getrandbits,
        payments=payments,
        plain=plain,
        templates=True,
        **options,
    )


def seller(**facts: Any) -> dict[str, Any]:
    """A seller as the plain case has it: in good standing, not required to hold insurance, no certificate."""
    return {"id": SELLER, "legal_entity": "Lumen Ltd", "in_good_standing": True, "insurance_required": False, **facts}


def filing(amount: str = SMALL, order: str = "114-1", **more: Any) -> dict[str, Any]:
    """The keyword arguments that file a plain claim."""
    return {
        "marketplace": "US",
        "incident_on": "2024-06-01",
        "order": {"id": order},
        "seller": seller(),
        "losses": [{"head": "property_damage", "amount": amount}],
        **more,
    }


def lost_unit(**more: Any) -> dict[str, Any]:
    """The keyword arguments that file a unit lost in a fulfilment centre: 23.00 USD, which need no person."""
    return {
        "programme": "fba",
        "marketplace": "US",
        "seller": SELLER,
        "type": "fulfilment_centre",
        "event_on": "2024-11-01",
        "units": 1,
        "item": {
            "fnsku": "X001", "registered": True, "compliant": True, "quantities_match_plan": True, "disposal": "none",
            "defective": False, "customer_damaged": False,
        },
        "account_status": "normal",
        "already_reimbursed": False,
        "order": {"id": "FBA15"},
        "valuation": {"own_price": "30.00 USD", "referral_fee": "4.00 USD", "fulfilment_fee": "3.00 USD"},
        **more,
    }  # fmt: skip


def at_noon(day: date) -> str:
    """Noon of a day in Los Angeles (summer or winter: well inside the day)."""
    return f"{day.isoformat()}T20:00:00Z"


# ---------------------------------------------------------------- into each state by commands


@dataclass
class Drive:
    """One desk with a clock of its own and the commands that lead somewhere."""

    desk: Desk
    clock: FrozenClock
    orders: int = 0
    letters: KeptLetters = field(default_factory=KeptLetters)

    @classmethod
    def start(cls, store: Store | None = None, **options: Any) -> Drive:
        clock, letters = FrozenClock(MONDAY), KeptLetters()
        return cls(make_desk(store, clock=clock, sender=letters, **options), clock, letters=letters)

    def file(self, amount: str = SMALL, **more: Any) -> Claim:
        self.orders += 1
        return self.desk.file(**filing(amount, f"114-{self.orders}", **more))

    def valid(self, amount: str = SMALL, **more: Any) -> Claim:
        claim = self.file(amount, **more)
        return self.desk.record_screening(claim.id, verdict="valid", by="adjuster:one")

    def do(self, claim: Claim, verb: str, **payload: Any) -> Claim:
        """A verb with everything that could be asked for beside its payload."""
        found = self.desk.do(verb, claim.id, payload, reason="because it is so", approved_by="cs:bo")
        assert isinstance(found, Claim)
        return found

    def to(self, state: str) -> Claim:
        """A claim that rests in ``state``, brought there by commands alone."""
        claim = ROADS[state](self)
        assert claim.state == state, (claim.state, state)
        assert not claim.holds
        return claim


def _disputed(drive: Drive) -> Claim:
    return drive.do(drive.valid(BIG), "respond", position="reject")


def _over_line_paid(drive: Drive) -> Claim:
    claim = drive.do(_disputed(drive), "decide_dispute", decision="step_in")
    return drive.do(claim, "confirm_payment")


def _small_paid(drive: Drive, **facts: Any) -> Claim:
    return drive.do(drive.valid(SMALL, seller=seller(**facts)), "confirm_payment")


ROADS: Mapping[str, Callable[[Drive], Claim]] = {
    "filed": lambda d: d.file(),
    "information_requested": lambda d: d.do(d.file(), "request_information", kind="proof_of_loss"),
    "seller_notified": lambda d: d.valid(BIG),
    "responded": lambda d: d.do(d.valid(BIG), "respond", position="accept"),
    "disputed": _disputed,
    "approved": lambda d: d.valid(SMALL),
    "proof_requested": lambda d: _small_paid(d, id="A2REQUIRED", insurance_required=True),
    "recovery_review": _small_paid,
    "recovery_due": _over_line_paid,
    "recovery_appealed": lambda d: d.do(_over_line_paid(d), "appeal", by="seller"),
    "denied": lambda d: d.do(d.file(), "deny"),
    "withdrawn": lambda d: d.do(d.file(), "withdraw"),
    "closed": lambda d: _small_paid(d, id="A2INSURED", certificates=["valid"]),
}

#: States that the rules leave at once: no claim rests there.
PASSING = ("amazon_paid", "recovery_waived", "recouped", "written_off", "resolved_by_seller")

#: A payload that each verb takes.
PAYLOADS: Mapping[str, dict[str, Any]] = {
    "amend": {"delivered_on": "2024-05-20"},
    "attach_evidence": {"evidence": ["photo-1"]},
    "request_information": {"kind": "producer"},
    "provide_information": {},
    "record_screening": {"verdict": "valid", "by": "adjuster:two"},
    "assess": {"losses": [{"head": "property_damage", "amount": "500.00 USD"}]},
    "respond": {"position": "accept"},
    "insurer_respond": {"position": "accept"},
    "decline_offer": {},
    "resolve": {"amount": "100.00 USD", "by": "seller"},
    "decide_dispute": {"decision": "step_in"},
    "confirm_payment": {},
    "fail_payment": {},
    "reverse_payment": {},
    "record_certificate": {"certificate": "valid"},
    "request_insurance": {},
    "decide_recovery": {"decision": "waive"},
    "appeal": {"by": "seller"},
    "decide_appeal": {"decision": "upheld"},
    "record_recovery": {"amount": "100.00 USD", "from": "seller"},
    "write_off": {},
    "withdraw": {},
    "deny": {},
    "hold": {"hold": "legal"},
    "release_hold": {},
    "reopen": {},
    "note": {"text": "seen"},
    "assign": {"owner": "cs:bo"},
    "redact": {"basis": "gdpr_17"},
    "redirect": {"to": "order", "facts": {"ground": "not_received", "order": {"price": "40.00 USD"}}},
}


# ---------------------------------------------------------------- what a store holds, to compare and to check


def tasks(store: Store, claim: str | None = None) -> list[TaskRow]:
    """Every task that waits (ready or leased), of one claim or of all."""
    with store.read() as unit:
        found = unit.due_tasks(LATER, KINDS, 1_000_000)
    return [t for t in found if claim in (None, t.claim)]


def snapshot(store: Store, *claims: str) -> dict[str, Any]:
    """Everything a store holds of these cases."""
    with store.read() as unit:
        return {
            claim: {
                "case": unit.case(claim),
                "entries": unit.entries(claim),
                "transfers": unit.transfers(claim),
                "decisions": unit.decisions(claim),
                "notices": unit.notices(claim),
                "sealed": unit.sealed(claim),
                "tasks": [t for t in unit.due_tasks(LATER, KINDS, 1_000_000) if t.claim == claim],
            }
            for claim in claims
        }


def stored(store: Store, claim: str) -> Case:
    """The case as the store keeps it."""
    with store.read() as unit:
        found = unit.case(claim)
    assert found is not None
    return found


def days(count: int) -> timedelta:
    return timedelta(days=count)
