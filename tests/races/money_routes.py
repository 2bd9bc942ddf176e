"""Anything done to claims of every programme that meet on few orders, and what must hold of the money afterwards.

Seeded, so that a run that finds something is run again by its number. Beside what holds of every case
(``support.checks``): no loss is made good under two claims, nobody is recovered from twice or for what Amazon sold, no
claim under the line rests approved where its incident is over it, and no provider paid what the books call void.
"""

from __future__ import annotations

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from claimdesk import ClaimdeskError
from claimdesk.adapters.gateways import FakeProvider
from claimdesk.states.case import Case
from claimdesk.testing import FrozenClock
from claimdesk.workflow import registry
from claimdesk.workflow.desk import Desk
from claimdesk.workflow.engine import group_of
from claimdesk.workflow.lines import Line
from claimdesk.workflow.ports import PaymentOrder, TransferRow
from claimdesk.workflow.programmes.fba.duplicates import named
from claimdesk.workflow.programmes.pdpi.amounts import eligible
from claimdesk.workflow.programmes.pdpi.summary import counts_together
from claimdesk.workflow.rulebook import resolve
from claimdesk.workflow.triage import triage
from support.checks import all_cases, faults

NOW = "2024-11-12T09:00:00-08:00"
EVENT = date(2024, 11, 7)
SELLERS, ORDERS = ("A2ONE", "A2TWO"), ("114-1", "114-2")
AMOUNTS = ("0.00", "300.00", "400.00", "600.00", "999.99", "1000.00", "1200.00", "6000.00", "600000.00", "1500000.00")
ACTS = ("ok", "ok", "ok", "fail", "timeout_before", "timeout_after", "unknown")
#: How often a verb is asked for beside the others, which stand at 1.5; what changes nothing about money is left out.
WEIGHTS = {
    "hold": 0.08, "release_hold": 4, "record_screening": 6, "withdraw": 0.25, "deny": 0.3, "redirect": 0.3,
    "record_certificate": 0.4, "request_insurance": 0.4, "request_information": 0.4, "decide": 4, "confirm_payment": 2,
    "reopen": 3, "amend": 2, "respond": 3, "decide_dispute": 4, "record_recovery": 2, "cancel_order": 0.2,
    "note": 0, "assign": 0, "attach_evidence": 0, "redact": 0,
}  # fmt: skip


class Provider(FakeProvider):
    """Misbehaves by its seed; several workers may call it."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random, self._lock = random.Random(seed), threading.Lock()

    def pay(self, order: PaymentOrder) -> str:
        with self._lock:
            self.script = [self._random.choice(ACTS)]
            return super().pay(order)


# -- what is asked for ---------------------------------------------------------------------------------------------


def _seller(pick: random.Random) -> dict[str, Any]:
    told: dict[str, Any] = {"id": pick.choice(SELLERS)}
    if pick.random() < 0.4:
        told["insurance_required"] = pick.choice([True, False, "unknown"])
    if pick.random() < 0.2:
        told["in_good_standing"] = pick.choice([True, False])
    if pick.random() < 0.2:
        told["certificates"] = ["valid"]
    return told


def _usd(pick: random.Random) -> str:
    return f"{pick.choice(AMOUNTS)} USD"


def _losses(pick: random.Random) -> list[dict[str, Any]]:
    heads = ("purchase_price", "medical", "property_damage", "pain_and_suffering")
    many = range(pick.choice([1, 1, 2]))
    return [{"head": pick.choice(heads[: pick.choice([3, 3, 4])]), "amount": _usd(pick)} for _ in many]


def _pdpi(pick: random.Random, today: date) -> dict[str, Any]:
    sold = {"sold_by": pick.choice(["amazon", "seller"])} if pick.random() < 0.2 else {}
    incident = str(today - timedelta(days=pick.choice([2, 2, 3])))
    order = {"id": pick.choice(ORDERS), **sold}
    told = {"incident_on": incident, "order": order, "losses": _losses(pick)}
    return {"programme": "pdpi", "marketplace": "US", **told}


def _order(pick: random.Random, today: date) -> dict[str, Any]:
    order = {
        "id": pick.choice(ORDERS), "fulfilled_by": "seller", "price": pick.choice(["40.00 USD", "6000.00 USD"]),
        "shipping": "5.00 USD", "max_estimated_delivery_on": str(today - timedelta(days=10)), "tracking": "none",
    }  # fmt: skip
    contacted = f"{today - timedelta(days=6)}T10:00:00Z"
    return {"programme": "order", "marketplace": "US", "order": order, "ground": "not_received",
            "return_requested": True, "seller_contacted_at": contacted, "seller_replied_at": "never"}  # fmt: skip


def _fba(pick: random.Random, today: date) -> dict[str, Any]:
    item = {
        "fnsku": pick.choice(["X1", "X2"]), "registered": True, "compliant": True, "quantities_match_plan": True,
        "disposal": "none", "defective": pick.choice([False, False, False, "unknown"]), "customer_damaged": False,
    }  # fmt: skip
    price = pick.choice(["30.00 USD", "9000.00 USD"])
    amounts = {"own_price": price, "referral_fee": "4.00 USD", "fulfilment_fee": "3.00 USD"}
    order = {"order": {"id": pick.choice(ORDERS)}} if pick.random() < 0.8 else {}
    return {
        "programme": "fba", "marketplace": "US", "type": pick.choice(["fulfilment_centre", "shipment"]),
        "event_on": str(EVENT + timedelta(days=pick.choice([0, 1]))), "units": pick.choice([1, 3]), "item": item,
        "account_status": "normal", "already_reimbursed": False, "valuation": amounts, **order,
    }  # fmt: skip


def _breakage(pick: random.Random, today: date) -> dict[str, Any]:
    parts = [
        {"id": name, "amount": f"{pick.choice(['1000.00', '90000.00'])} CNY", "damage": "crack"}
        for name in pick.sample(["S1", "S2", "S3"], pick.choice([1, 2]))
    ]
    return {
        "programme": "breakage_1688", "marketplace": "CN", "ordered_on": str(EVENT - timedelta(days=9)),
        "received_on": str(EVENT), "enrolled": True, "category": "kitchenware", "sub_orders": parts,
        "evidence_valid": pick.choice([True, True, "unknown"]), "order": {"id": pick.choice(ORDERS)},
    }  # fmt: skip


FILINGS: dict[str, Callable[[random.Random, date], dict[str, Any]]] = {
    "pdpi": _pdpi, "order": _order, "fba": _fba, "breakage_1688": _breakage,
}  # fmt: skip


def _facts(pick: random.Random, case: Case, today: date) -> dict[str, Any]:
    whole = FILINGS[case.programme](pick, today)
    names = [name for name in sorted(whole) if name not in ("programme", "marketplace")]
    told = {name: whole[name] for name in pick.sample(names, pick.choice([1, 1, 2]))}
    return {**told, "seller": _seller(pick)} if pick.random() < 0.15 else told


def _elsewhere(pick: random.Random, today: date) -> dict[str, Any]:
    to = pick.choice(["order", "pdpi", "fba"])
    facts = {k: v for k, v in FILINGS[to](pick, today).items() if k not in ("programme", "marketplace")}
    return {"to": to, "facts": facts}


def _of(name: str, *values: Any) -> Callable[..., dict[str, Any]]:
    return lambda pick, *_: {name: pick.choice(values)}


def _amount(pick: random.Random, case: Case) -> dict[str, Any]:
    return {"amount": f"{pick.choice(['10.00', '50.00', *AMOUNTS[1:]])} {case.currency}"}


def _by_either(name: str) -> Callable[..., dict[str, Any]]:
    def told(pick: random.Random, case: Case, _: date) -> dict[str, Any]:
        by = {name: pick.choice(["seller", "insurer"])} if case.programme == "pdpi" else {}
        return {**_amount(pick, case), **by}

    return told


def _appeal_decided(pick: random.Random, case: Case, _: date) -> dict[str, Any]:
    if case.facts.get("appeal_by") == "seller":
        return {"money": pick.choice(["reversed", "kept"]), "odr": pick.choice(["reversed", "kept"])}
    return {"decision": pick.choice(["upheld", "denied"])}


#: What goes with a verb, by programme and verb or by the verb alone; nothing with any other.
PAYLOADS: dict[str, Callable[[random.Random, Case, date], dict[str, Any]]] = {
    "amend": _facts,
    "provide_information": lambda pick, case, today: _facts(pick, case, today) if pick.random() < 0.5 else {},
    "assess": lambda pick, *_: {"losses": _losses(pick)},
    "record_screening": lambda pick, *_: {
        "verdict": pick.choice(["valid"] * 6 + ["inconclusive", "fraudulent"]), "by": "adjuster:one",
    },
    "respond": lambda pick, *_: {
        "position": pick.choice(["accept", "reject", "information"]), "by": pick.choice(["seller", "insurer"]),
    },
    "insurer_respond": _of("position", "accept", "deny"),
    "resolve": _by_either("by"),
    "record_recovery": _by_either("from"),
    "decide_dispute": _of("decision", "step_in", "step_in", "deny"),
    "decide_recovery": _of("decision", "waive", "pursue"),
    "record_certificate": _of("certificate", "valid"),
    "appeal": _of("by", "seller", "customer"),
    "decide_appeal": _appeal_decided,
    "pdpi.reopen": lambda pick, *_: pick.choice([{}, {}, {"settlement_received": False}]),
    "decide_contest": lambda pick, *_: {
        "decision": pick.choice(["upheld", "denied"]),
        "valuation": {"own_price": pick.choice(["40.00 USD", "60.00 USD"])},
    },
    "order.decide": lambda pick, *_: {
        "decision": pick.choice(["grant", "grant", "deny"]), "at_fault": pick.choice(["seller", "carrier", "none"]),
    },
    "fba.decide": _of("decision", "reimburse", "replace", "deny"),
    "breakage_1688.decide": _of("decision", "grant", "deny"),
    "refund": lambda pick, *_: {
        "by": pick.choice(["seller", "amazon"]), **pick.choice([{}, {"amount": "45.00 USD"}, {"amount": "20.00 USD"}]),
    },
    "cancel_order": _of("by", "seller", "customer", "amazon"),
    "contest_valuation": _of("valuation", {"own_price": "50.00 USD"}),
    "record_found": lambda pick, *_: pick.choice([{}, {"units": 1}, {"units": 2}]),
    "hold": _of("hold", "coverage_question", "fraud_review"),
    "release_hold": lambda pick, case, _: {"hold": pick.choice(case.holds)} if case.holds else {},
    "pdpi.request_information": _of("kind", "other"),
    "redirect": lambda pick, _, today: _elsewhere(pick, today),
}  # fmt: skip


def _nothing(*_: Any) -> dict[str, Any]:
    return {}


def _payload(pick: random.Random, verb: str, case: Case, today: date) -> dict[str, Any]:
    made = PAYLOADS.get(f"{case.programme}.{verb}") or PAYLOADS.get(verb) or _nothing
    return made(pick, case, today)


# -- doing it ------------------------------------------------------------------------------------------------------


@dataclass
class World:
    """What the writers share: the claims on file, the clock, and what was done."""

    clock: FrozenClock
    focus: str | None = None  #: the programme of most filings; None for any
    provider: Provider | None = None
    claims: list[str] = field(default_factory=list[str])
    done: list[str] = field(default_factory=list[str])
    by_person: set[str] = field(default_factory=set[str])  #: granted by a person, who may know better

    def act(self, desk: Desk, pick: random.Random, name: str, most: int = 9) -> None:
        """One thing; a refusal is as good as any."""
        try:
            self._act(desk, pick, name, most)
        except ClaimdeskError as error:
            self.done.append(f"refused {error.code}")

    def _act(self, desk: Desk, pick: random.Random, name: str, most: int) -> None:
        draw = pick.random()
        if not self.claims or (draw < 0.25 and len(self.claims) < most):
            self._file(desk, pick, name)
        elif draw < 0.37:
            self.clock.advance(hours=pick.choice([0, 0, 1, 30, 200]))
            desk.tick()
            self.done.append("tick")
        else:
            self._verb(desk, pick, pick.choice(self.claims))

    def _file(self, desk: Desk, pick: random.Random, name: str) -> None:
        programme = self.focus if self.focus and pick.random() < 0.8 else pick.choice(sorted(FILINGS))
        told = {**FILINGS[programme](pick, self.clock().date()), "seller": _seller(pick)}
        if pick.random() < 0.6:
            self.claims.append(desk.file(**told).id)
            self.done.append(f"file {programme}")
            return
        told |= {"source": "feed", "source_id": name}
        if programme == "pdpi":
            told["screening"] = {"verdict": "valid", "by": "adjuster:one"}
        for line in triage(desk, [Line(1, told, None, "")], run_id=f"IMP-{name}"):
            self.claims += [line["claim"]] if line.get("claim") else []
            self.done.append(f"triage {programme} {line['status']}")

    def _verb(self, desk: Desk, pick: random.Random, claim: str) -> None:
        case = desk.case_of(claim)
        assert case is not None
        verbs = [v for v in registry.programme(case.programme).lifecycle.verbs_in(case.state) if WEIGHTS.get(v, 1)]
        verbs = [v for v in verbs if v != "release_hold" or case.holds]
        if self.provider is not None:  # what a provider did is its own news, and no person's guess
            verbs = [v for v in verbs if v not in ("confirm_payment", "fail_payment")]
        if not verbs:
            return
        verb = pick.choices(verbs, [WEIGHTS.get(v, 1.5) for v in verbs])[0]
        payload = _payload(pick, verb, case, self.clock().date())
        found: Any = desk.do(verb, claim, payload, reason="because", approved_by="cs:bo")
        if "granted_by_person" in found.reasons:
            self.by_person.add(claim)
        if found.continued_as:
            self.claims.append(found.continued_as)
        self.done.append(f"{case.programme}.{verb}")


# -- what must hold ------------------------------------------------------------------------------------------------


def broken(desk: Desk, world: World, seen: dict[str, int] | None = None) -> list[str]:
    """Every rule about money that does not hold."""
    # Workers whose clock leaps by days between them may both hand over one letter; that is no money.
    found = [fault for fault in faults(desk.store, (), seen) if "letters kept differ" not in fault]
    with desk.store.read() as unit:
        cases = [c for c in all_cases(unit) if c.programme != registry.SELLER_FILE]
        moves = {t.id: t for c in cases for t in unit.transfers(c.id, limit=10_000)}
    found += _of_provider(world, moves)
    for case in cases:
        found += [f"{case.id} ({case.programme} {case.state}): {fault}" for fault in _of_claim(case)]
    return [*found, *_of_losses(cases, world), *_of_incidents(cases)]


def _of_provider(world: World, moves: dict[str, TransferRow]) -> Iterator[str]:
    ended = {t.pending: t.kind for t in moves.values() if t.kind in ("post", "void")}
    for ref, times in (world.provider.effects if world.provider else {}).items():
        if times > 1:
            yield f"the provider paid {ref} {times} times"
        if times and (ref not in moves or ended.get(ref) == "void"):
            yield f"the provider paid {ref}, and the books do not hold it"


def _of_claim(case: Case) -> Iterator[str]:
    totals = case.totals
    if not 0 <= totals.recovered + totals.written_off <= totals.by_amazon:
        yield f"recovered {totals.recovered}, given up {totals.written_off}, paid {totals.by_amazon}"
    had = totals.by_amazon + totals.pending_minor + totals.by_seller + totals.by_insurer
    if case.programme == "pdpi":
        asked = case.state in ("proof_requested", "recovery_review", "recovery_due", "recovery_appealed")
        if asked and case.facts["order"].get("sold_by") == "amazon":
            yield "a seller is asked for what Amazon sold"
        if case.state == "approved" and totals.pending and had > eligible(case, resolve(case.rulebook)):
            yield f"{had} is more than the loss"
    if case.programme == "order" and totals.by_amazon and had > _price(case):
        yield f"{had} is more than the price"


def _price(case: Case) -> int:
    order = case.facts["order"]
    return sum(part for part in (order.get("price"), order.get("shipping")) if isinstance(part, int))


def _of_losses(cases: Sequence[Case], world: World) -> Iterator[str]:
    """What was made good, by what names it."""
    made_good: defaultdict[Any, list[str]] = defaultdict(list)
    prices: Counter[Any] = Counter()
    for case in cases:
        money = case.totals.pending is not None or case.totals.posted is not None
        if case.programme == "fba" and (money or case.state == "replaced") and None not in named(case):
            made_good[case.seller, *named(case)].append(case.id)
        if case.programme == "breakage_1688" and money and case.id not in world.by_person:
            for part in case.facts["sub_orders"]:
                made_good[case.seller, case.facts["order"]["id"], part["id"]].append(case.id)
        if case.programme == "order":
            paid = case.totals.by_amazon + case.totals.pending_minor
            prices[case.seller, case.facts["order"]["id"], _price(case)] += paid
    yield from (f"{key} was made good by {claims}" for key, claims in made_good.items() if len(claims) > 1)
    yield from (f"{key} was paid back with {paid}" for key, paid in prices.items() if paid > key[2])


def _of_incidents(cases: Sequence[Case]) -> Iterator[str]:
    together: defaultdict[Any, list[Case]] = defaultdict(list)
    for case in cases:
        if case.programme == "pdpi" and group_of(case):
            together[group_of(case)].append(case)
    for group, claims in together.items():
        if sum(c.totals.by_amazon for c in claims) > 100_000_000:
            yield f"{group}: over the ceiling"
        whole = sum(eligible(c, resolve(c.rulebook)) for c in claims if counts_together(c))
        for case in claims:
            rests = case.state == "approved" and not case.facts.get("payment") and not case.holds
            if rests and case.facts.get("route") == "under" and whole >= 100_000:
                yield f"{case.id} goes as a small claim, and its incident is over the line: {whole}"
