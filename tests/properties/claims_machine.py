"""Anything, done to several claims in any order, at any time: what must hold after every single step.

The machine files claims of few orders and few sellers, so that they meet, and asks for any verb with any payload. A
refusal must leave everything as it was; whatever is done must leave every case sound (``support.checks``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from claimdesk import ClaimdeskError
from claimdesk.states.case import Case
from claimdesk.workflow.engine import group_of, seller_file_id
from claimdesk.workflow.ports import CaseFilter, Store
from support.checks import faults, sums
from support.desks import PAYLOADS, ROADS, Drive, snapshot, tasks

CANARY = "Zilpha Quimby-"
ORDERS = ("114-1", "114-2")
INCIDENTS = ("2024-06-01", "2024-05-30")
SELLERS = ("A2ONE", "A2TWO")
OVERLAYS = ("us_ca_fair_claims", "us_ny_reg64", "medicare_111", "ofac", "cpsc_15b", "minors")
HEADS = ("purchase_price", "medical", "lost_earnings", "property_damage", "pain_and_suffering")

#: Around every line: nothing, a cent, the small claim, the second person, the ceiling.
AMOUNTS = st.sampled_from(
    ["0.00", "0.01", "400.00", "600.00", "999.99", "1000.00", "1000.01", "4999.99", "5000.00", "999999.99",
     "1000000.00", "1500000.00"]
).map(lambda a: f"{a} USD")  # fmt: skip
LOSSES = st.lists(st.fixed_dictionaries({"head": st.sampled_from(HEADS), "amount": AMOUNTS}), min_size=1, max_size=2)
FACT = st.sampled_from([True, False, "unknown"])
SECRET = st.integers(0, 9).map(lambda n: f"{CANARY}{n}")
DATES = st.sampled_from([*INCIDENTS, "2024-06-10", "2023-01-01", "unknown"])

CERTIFICATES = st.one_of(
    st.just("valid"),
    st.fixed_dictionaries(
        {"template": st.just("valid")},
        optional={
            "ends_on": st.sampled_from(["2024-06-02", "2024-06-20", "2030-12-31"]),
            "starts_on": st.sampled_from(["2020-01-01", "2024-06-05"]),
            "signed": FACT,
            "basis": st.sampled_from(["occurrence", "claims_made"]),
        },
    ),
)
SELLER_FACTS = st.fixed_dictionaries(
    {"id": st.sampled_from(SELLERS)},
    optional={
        "legal_entity": st.just("Lumen Ltd"),
        "in_good_standing": FACT,
        "insurance_required": FACT,
        "certificates": st.lists(CERTIFICATES, max_size=1),
    },
)
CLAIMANT = st.fixed_dictionaries(
    {"name": SECRET, "contact": SECRET},
    optional={
        "age": st.sampled_from([17, 40, "unknown"]),
        "medicare": FACT,
        "sanctions": st.sampled_from(["clear", "possible", "match", "unknown"]),
    },
)
INJURY = st.fixed_dictionaries({"kind": st.sampled_from(["trauma", "ingestion"]), "severity": SECRET})
ITEM = st.sampled_from([{}, {"kind": "physical"}, {"kind": "digital"}, {"kind": "unknown"}, {"store": "linked_store"}])
ORDER = st.fixed_dictionaries(
    {"id": st.sampled_from(ORDERS)}, optional={"sold_by": st.sampled_from(["seller", "amazon"]), "item": ITEM}
)
RARELY: dict[str, st.SearchStrategy[Any]] = {
    "cause": st.sampled_from(["product_defect", "unknown", "carrier"]),
    "other_venue": FACT,
    "delivered_on": st.sampled_from(["2024-05-20", "2024-06-02", "unknown"]),
    "fraud_indicators": st.sampled_from([0, 1, 2]),
    "description": SECRET,
    "injury": INJURY,
}
PLAIN_LOSSES = st.sampled_from(["400.00 USD", "600.00 USD", "1200.00 USD", "6000.00 USD"]).map(
    lambda amount: [{"head": "property_damage", "amount": amount}]
)
PLAIN_FILING = st.fixed_dictionaries(
    {
        "incident_on": st.sampled_from(INCIDENTS),
        "order": st.sampled_from(ORDERS).map(lambda number: {"id": number}),
        "losses": PLAIN_LOSSES,
        "claimant": SECRET.map(lambda name: {"name": name, "medicare": False, "sanctions": "clear", "age": 40}),
    }
)
ANY_FILING = st.fixed_dictionaries(
    {"incident_on": st.sampled_from(INCIDENTS), "order": ORDER, "losses": LOSSES, "claimant": CLAIMANT},
    optional=RARELY,
)
FACTS = st.fixed_dictionaries(
    {}, optional={"incident_on": DATES, "order": ORDER, "losses": LOSSES, "claimant": CLAIMANT, **RARELY}
)

WITH: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "amend": FACTS,
    "provide_information": FACTS,
    "attach_evidence": st.just({"evidence": ["photo-1"]}),
    "request_information": st.fixed_dictionaries({"kind": st.sampled_from(["producer", "other"])}),
    "record_screening": st.fixed_dictionaries(
        {"verdict": st.sampled_from(["valid", "valid", "valid", "inconclusive", "fraudulent"]), "findings": SECRET}
    ),
    "assess": st.fixed_dictionaries({"losses": LOSSES}),
    "respond": st.fixed_dictionaries(
        {"position": st.sampled_from(["accept", "reject", "information"]), "grounds": SECRET},
        optional={"by": st.sampled_from(["seller", "insurer"])},
    ),
    "insurer_respond": st.fixed_dictionaries(
        {"position": st.sampled_from(["accept", "deny", "offer"])}, optional={"amount": AMOUNTS}
    ),
    "resolve": st.fixed_dictionaries({"amount": AMOUNTS}, optional={"by": st.sampled_from(["seller", "insurer"])}),
    "decide_dispute": st.fixed_dictionaries({"decision": st.sampled_from(["step_in", "step_in", "deny"])}),
    "record_certificate": st.fixed_dictionaries({"certificate": CERTIFICATES}),
    "decide_recovery": st.fixed_dictionaries({"decision": st.sampled_from(["waive", "pursue"])}),
    "appeal": st.fixed_dictionaries({"by": st.sampled_from(["seller", "seller", "customer"]), "grounds": SECRET}),
    "decide_appeal": st.fixed_dictionaries({"decision": st.sampled_from(["upheld", "denied"])}),
    "record_recovery": st.fixed_dictionaries(
        {"amount": AMOUNTS | st.sampled_from(["100.00 USD", "300.00 USD"])},
        optional={"from": st.sampled_from(["seller", "insurer"])},
    ),
    "hold": st.fixed_dictionaries(
        {"hold": st.sampled_from(["legal", "other", "coverage_question"])}, optional={"pause_clocks": st.booleans()}
    ),
    "release_hold": st.just({}) | st.sampled_from(["legal", "other", "payment_reversed"]).map(lambda h: {"hold": h}),
    "note": st.fixed_dictionaries({"text": SECRET}),
}
#: Verbs that only record: asked for less often, or nothing would ever move.
QUIET = {"note", "assign", "attach_evidence", "hold", "withdraw", "deny", "request_insurance", "record_certificate"}
HOURS = st.sampled_from([0, 1, 15, 24, 24 * 6, 24 * 7, 24 * 8, 24 * 31, 24 * 95])


class Claims(RuleBasedStateMachine):
    """Subclasses say on which store; ``make_store`` gives a new, empty one."""

    make_store: ClassVar[Callable[[], Store]]

    @initialize(
        payments=st.sampled_from(["manual", "manual", "instant"]),
        overlays=st.lists(st.sampled_from(OVERLAYS), unique=True, max_size=3),
        plain=st.booleans(),
        roads=st.lists(st.sampled_from(sorted(ROADS)), min_size=1, max_size=2),
    )
    def open(self, payments: str, overlays: list[str], plain: bool, roads: list[str]) -> None:
        kind: Any = type(self)
        self.store = kind.make_store()
        self.drive = Drive.start(self.store, payments="manual", plain=plain)
        self.claims = [self.drive.to(state).id for state in roads]
        self.drive.desk.settings = replace(self.drive.desk.settings, payments=payments, overlays=frozenset(overlays))
        self.drive.desk.dispatcher.settings = self.drive.desk.settings
        self.checked: dict[str, int] = {}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()

    # -- what can be done ----------------------------------------------------------------------------------------

    @rule(facts=PLAIN_FILING, seller=SELLER_FACTS)
    @precondition(lambda self: len(self.claims) < 5)
    def file_and_screen(self, facts: dict[str, Any], seller: dict[str, Any]) -> None:
        self.file_it(facts, seller, True, True)

    @rule(facts=ANY_FILING, seller=SELLER_FACTS, valid=st.booleans(), named=st.booleans())
    @precondition(lambda self: len(self.claims) < 5)
    def file(self, facts: dict[str, Any], seller: dict[str, Any], valid: bool, named: bool) -> None:
        self.file_it(facts, seller, valid, named)

    def file_it(self, facts: dict[str, Any], seller: dict[str, Any], valid: bool, named: bool) -> None:
        wanted = dict(facts)
        if facts["order"].get("sold_by") != "amazon" or named:
            wanted["seller"] = seller
        before = self.everything()
        try:
            claim = self.drive.desk.file(marketplace="US", **wanted)
        except ClaimdeskError as error:
            assert error.code, error
            assert self.everything() == before
            return
        self.claims.append(claim.id)
        if valid and claim.state == "filed":
            self.attempt(claim.id, "record_screening", {"verdict": "valid", "by": "adjuster:one"})

    @rule(data=st.data(), number=st.integers(0, 4))
    def go_on(self, data: st.DataObject, number: int) -> None:
        """A verb that can be asked for now and moves the claim, if there is one."""
        claim = self.claims[number % len(self.claims)]
        can = set(self.drive.desk.actions(claim)["can"])
        self.one_of(data, claim, can - QUIET or can)

    @rule(data=st.data(), number=st.integers(0, 4), allowed=st.booleans())
    def any_verb(self, data: st.DataObject, number: int, allowed: bool) -> None:
        claim = self.claims[number % len(self.claims)]
        self.one_of(data, claim, set(self.drive.desk.actions(claim)["can"]) if allowed else set(PAYLOADS))

    def one_of(self, data: st.DataObject, claim: str, verbs: set[str]) -> None:
        verb = data.draw(st.sampled_from(sorted(verbs)), label="verb")
        payload = data.draw(WITH.get(verb, st.just(PAYLOADS[verb])), label="payload")
        self.attempt(claim, verb, payload)

    @rule(data=st.data(), number=st.integers(0, 4))
    def careless(self, data: st.DataObject, number: int) -> None:
        """Without a reason, alone, on a stale version, or only to see what would happen."""
        claim = self.claims[number % len(self.claims)]
        verb = data.draw(st.sampled_from(sorted(PAYLOADS)), label="verb")
        options: dict[str, Any] = data.draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "reason": st.sampled_from(["", f"{CANARY}r"]),
                    "expected_version": st.sampled_from([1, 3, 9]),
                    "dry_run": st.just(True),
                    "approved_by": st.sampled_from(["cs:mei", "cs:bo"]),
                    "idempotency_key": st.sampled_from(["one", "two"]),
                },
            ),
            label="options",
        )
        self.attempt(claim, verb, PAYLOADS[verb], options)

    @rule(hours=HOURS)
    def wait(self, hours: int) -> None:
        self.drive.clock.now += timedelta(hours=hours)

    @rule(hours=HOURS, silent=st.sampled_from([False, False, False, True]))
    def wait_and_tick(self, hours: int, silent: bool) -> None:
        self.drive.clock.now += timedelta(hours=hours)
        self.drive.letters.fails = silent
        self.drive.desk.tick()
        self.drive.letters.fails = False
        before = self.everything()
        if not silent:
            self.drive.desk.tick()
            assert self.everything() == before, "a second tick at the same instant changed something"

    @rule(data=st.data(), seller=st.sampled_from(SELLERS))
    def about_a_seller(self, data: st.DataObject, seller: str) -> None:
        verbs = {
            "record_certificate": st.fixed_dictionaries({"certificate": CERTIFICATES}),
            "request_insurance": st.just({}),
            "record_proceeds": st.fixed_dictionaries({"month": st.just("2024-05"), "amount": AMOUNTS}),
            "update_seller": SELLER_FACTS.map(lambda facts: {k: v for k, v in facts.items() if k != "id"}),
        }
        verb = data.draw(st.sampled_from(sorted(verbs)), label="verb")
        payload = data.draw(verbs[verb], label="payload")
        file = self.drive.desk.case_of(seller_file_id(seller))
        if file is not None:  # as of a claim: a clock that has run out moves the file on first
            self.drive.desk.dispatcher.catch_up(file, self.drive.clock())
        before = self.everything()
        try:
            self.drive.desk.seller_do(verb, seller, payload)
        except ClaimdeskError:
            assert self.everything() == before

    # -- the step and what must hold -----------------------------------------------------------------------------

    def attempt(self, claim: str, verb: str, payload: dict[str, Any], options: dict[str, Any] | None = None) -> None:
        desk = self.drive.desk
        chosen: Any = {"reason": f"{CANARY}r", "approved_by": "cs:bo"} if options is None else options
        dry = bool(chosen.get("dry_run"))
        if not dry:
            # A clock that has run out moves the claim on first, whatever then becomes of the verb.
            desk.dispatcher.catch_up(self.case(claim), self.drive.clock())
        before, said = self.everything(), desk.get(claim)
        try:
            after = desk.do(verb, claim, payload, **chosen)
        except ClaimdeskError as error:
            assert error.code and str(error), error
            assert CANARY not in repr(error.to_dict())
            assert self.everything() == before, f"{verb} was refused ({error.code}) and yet changed something"
            return
        if dry:
            assert self.everything() == before, f"a dry run of {verb} changed something"
            return
        assert after.version >= said.version

    def case(self, claim: str) -> Case:
        with self.store.read() as unit:
            found = unit.case(claim)
        assert found is not None
        return found

    def everything(self) -> dict[str, Any]:
        with self.store.read() as unit:
            ids = [c.id for c in unit.list_cases(CaseFilter(limit=100))]
        return {**snapshot(self.store, *ids), "tasks": tasks(self.store)}

    @invariant()
    def every_case_is_sound(self) -> None:
        if not hasattr(self, "store"):
            return
        found = faults(self.store, [CANARY], seen=self.checked)
        assert not found, "\n".join(found)

    @invariant()
    def nothing_is_split(self) -> None:
        """Reading R2: what is paid of one order and incident without asking the seller stays under the line.

        Claims whose facts were changed after they were screened are left to tests of their own.
        """
        if not hasattr(self, "store"):
            return
        paid: dict[tuple[str, str] | None, int] = {}
        for claim in self.claims:
            case = self.case(claim)
            if (
                "seller_notified" in case.path
                or case.facts["order"].get("sold_by") == "amazon"
                or case.path.count("filed") > 1
            ):
                continue
            group = group_of(case)
            paid[group] = paid.get(group, 0) + case.totals.by_amazon
        assert all(amount < 100_000 for group, amount in paid.items() if group), paid

    @invariant()
    def the_ledger_is_at_zero(self) -> None:
        if hasattr(self, "store"):
            with self.store.read() as unit:
                assert not any(sums(unit).values())
