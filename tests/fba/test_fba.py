"""FBA reimbursement: valuation by property, windows by day, money in the ledger, letters, payloads.

The scenario files hold the cases; here stands what holds for every amount and every day. Authority: SEED 002, domain
notes 4, readings F1 to F6.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimdesk import ClaimDesk
from claimdesk.states.case import Case
from claimdesk.states.errors import ClaimdeskError, InputError, Refused
from claimdesk.states.fba import LIFECYCLE
from claimdesk.states.money import half_up
from claimdesk.workflow import registry, scenario
from claimdesk.workflow.ports import Letter
from claimdesk.workflow.programmes.fba import payloads, windows
from claimdesk.workflow.programmes.fba.valuation import INDICATORS, METHODS, value
from claimdesk.workflow.rulebook import book_for, shipped

CASES = scenario.load_all([Path(__file__).parents[1] / "scenarios" / "fba"])
NOW = datetime(2024, 6, 3, 17, tzinfo=UTC)
CENTS = st.integers(0, 10**9)
CAP = 500_000

FACTS: dict[str, Any] = {
    "type": "shipment",
    "event_on": "2024-05-01",
    "units": 1,
    "item": {
        "fnsku": "X001",
        "registered": True,
        "compliant": True,
        "quantities_match_plan": True,
        "disposal": "none",
        "defective": False,
        "customer_damaged": False,
    },
    "account_status": "normal",
    "already_reimbursed": False,
    "order": {"id": "FBA15"},
    "valuation": {"own_price": "30.00 USD", "referral_fee": "4.00 USD", "fulfilment_fee": "3.00 USD"},
}


class Kept:
    """A sender that keeps every letter."""

    name = "kept"

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> None:
        self.letters.append(letter)


@pytest.fixture
def sender() -> Kept:
    return Kept()


@pytest.fixture
def desk(sender: Kept) -> Iterator[ClaimDesk]:
    bits = random.Random(7).getrandbits
    with ClaimDesk.open("memory:", actor="cs:mei", sender=sender, clock=lambda: NOW, random_bits=bits) as opened:
        yield opened


def file(desk: ClaimDesk, **facts: Any) -> Any:
    return desk.file(programme="fba", marketplace="US", seller={"id": "A2"}, **{**FACTS, **facts})


def case_of(valuation: dict[str, Any], **facts: Any) -> Case:
    """A case with these facts and nothing else of interest."""
    known = {"type": "shipment", "units": 1, "valuation": valuation, "event_on": "2024-05-01", **facts}
    return Case("CLM-1", "fba", "US", "USD", "UTC", "fba-us@2020-01-01", "", "filed", 1, None, "", "A2", known, ())


# ---------------------------------------------------------------- the cases


def test_there_are_enough_cases_and_every_state_and_code_is_reached():
    assert len(CASES) >= 70
    visited = {s for c in CASES for s in (*c.expect.get("visited", ()), c.expect.get("state"))}
    assert {s.name for s in LIFECYCLE.states} <= visited
    told = {x for c in CASES for x in (c.expect.get("reason"), *(s.refused for s in c.steps))}
    told |= {s.expect.get("reason") for c in CASES for s in c.steps}
    assert {
        *("too_early", "late", "not_registered", "not_compliant", "quantity_mismatch", "disposal", "defective"),
        *("customer_damaged", "account_status", "duplicate", "automatic"),
    } <= told


# ---------------------------------------------------------------- valuation


@given(st.lists(CENTS, min_size=1, max_size=4))
def test_the_median_is_the_usual_one_in_whole_cents_half_up(prices: list[int]):
    found = METHODS["median"](prices)
    assert abs(found - median(prices)) <= 0.5
    assert found >= median(prices)


@given(st.lists(CENTS, min_size=1, max_size=4), st.sampled_from(sorted(METHODS)))
def test_no_method_leaves_the_range_of_the_indicators(prices: list[int], method: str):
    assert min(prices) <= METHODS[method](prices) <= max(prices)


@given(CENTS, st.integers(1, 1000))
def test_half_up_is_the_nearest_whole_and_upwards_in_the_middle(amount: int, parts: int):
    found = half_up(amount, parts)
    assert -parts <= 2 * (found * parts - amount) <= parts
    assert half_up(parts, 2 * parts) == 1


@given(st.lists(CENTS, min_size=1, max_size=4), CENTS, CENTS, st.sampled_from(("US", "CA", "UK", "EU")))
def test_a_unit_is_worth_between_nothing_and_the_cap(prices: list[int], referral: int, fulfilment: int, mk: str):
    amounts = dict(zip(INDICATORS, prices, strict=False))
    fees = {"referral_fee": referral, "fulfilment_fee": fulfilment}
    case = case_of({**amounts, **fees}, lost_before_customer_order=False)
    for version in book_for("fba", mk).versions:
        made = value(case, version)
        expected = METHODS["median"](prices) - referral - fulfilment
        assert made.unit == min(max(expected, 0), CAP)


@given(CENTS)
def test_a_higher_price_is_never_worth_less(price: int):
    version = book_for("fba", "US").at(date(2024, 6, 3))
    fees = {"referral_fee": 100, "fulfilment_fee": 200}
    lower = value(case_of({"own_price": price, **fees}), version).unit
    higher = value(case_of({"own_price": price + 1, **fees}), version).unit
    assert lower is not None and higher is not None
    assert lower <= higher <= lower + 1


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        ({"type": "shipment"}, "valuation.own_price"),
        ({"type": "customer_return"}, "valuation.refund"),
        ({"type": "removal_other", "sellable_when_removed": False}, "valuation.discounted_sale_price"),
        ({"type": "removal_lost", "sellable_when_removed": "unknown"}, "sellable_when_removed"),
        ({"type": "fulfilment_centre", "lost_before_customer_order": True}, "valuation.sourcing_cost"),
        ({"type": "fulfilment_centre", "lost_before_customer_order": "unknown"}, "lost_before_customer_order"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_guessed(facts: dict[str, Any], missing: str):
    made = value(case_of({}, **facts), book_for("fba", "US").at(date(2025, 6, 3)))
    assert made.unit is None
    assert missing in [r.value for r in made.missing]


def test_what_a_unit_is_worth_says_what_was_considered_and_what_was_chosen():
    case = case_of({"own_price": 3000, "others_price": 3101, "referral_fee": 0, "fulfilment_fee": 0})
    made = value(case, book_for("fba", "US").at(date(2024, 6, 3)))
    compared = made.reasons[0]
    assert (compared.code, compared.readings) == ("indicators_compared", ("F2",))
    assert compared.value == "own_price 30.00 USD, others_price 31.01 USD"
    assert compared.limit == "median 30.51 USD"


# ---------------------------------------------------------------- windows


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 36))
def test_months_later_is_the_same_day_or_the_last_of_its_month(day: date, months: int):
    found = windows.after(day, f"{months} months")
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day == day.day or (found + timedelta(days=1)).day == 1


@pytest.mark.parametrize("book", [b for b in shipped().values() if b.programme == "fba"], ids=lambda b: b.id)
def test_every_window_of_every_version_opens_before_it_closes(book):
    kinds = ("shipment", "fulfilment_centre", "customer_return", "removal_lost", "removal_other")
    for version in book.versions:
        for kind in kinds:
            first, last = windows.window(kind, date(2024, 1, 31), version)
            assert date(2024, 1, 31) <= first < last


def test_all_books_hold_the_same_parameters_on_every_day():
    books = [b for b in shipped().values() if b.programme == "fba"]
    assert {b.marketplace for b in books} == {"US", "CA", "UK", "EU"}
    assert len({frozenset((p.name, p.kind) for p in b.parameters) for b in books}) == 1
    for book in books:
        names = {p.name for p in book.parameters}
        assert all(set(version.values) == names for version in book.versions)


def test_a_refused_filing_says_when_it_may_come(desk: ClaimDesk):
    with pytest.raises(Refused) as caught:
        file(desk, type="customer_return", event_on="2024-06-01", valuation={"refund": "9.00 USD"})
    assert (caught.value.code, caught.value.next_on) == ("too_early", "2024-07-16")
    assert list(desk.list(programme="fba")) == []


# ---------------------------------------------------------------- money


def accounts(desk: ClaimDesk) -> dict[str, int]:
    return {account: minor for account, _, minor in desk.balances() if minor}


def test_the_money_goes_to_the_seller_and_comes_back_from_there(desk: ClaimDesk):
    claim = file(desk, units=3)
    claim = desk.do("decide", claim.id, {"decision": "reimburse"}, reason="seen")
    assert accounts(desk) == {"seller:A2": 6900, "amazon:concessions": -6900}
    desk.do("record_found", claim.id, {"units": 1}, reason="found in bin")
    assert accounts(desk) == {"seller:A2": 4600, "amazon:concessions": -4600}
    desk.do("record_found", claim.id, {}, reason="found in bin")
    assert accounts(desk) == {}
    kinds = [t.kind for t in desk.ledger(claim.id)]
    assert kinds == ["authorize", "post", "reverse", "authorize", "post", "reverse"]


def test_an_upheld_contest_corrects_by_new_rows(desk: ClaimDesk):
    claim = file(desk)
    desk.do("decide", claim.id, {"decision": "reimburse"}, reason="seen")
    desk.do("contest_valuation", claim.id, {"grounds": "it sold for more"})
    desk.do("decide_contest", claim.id, {"decision": "upheld", "valuation": {"own_price": "40.00 USD"}}, reason="so")
    assert accounts(desk) == {"seller:A2": 3300, "amazon:concessions": -3300}
    assert [t.amount for t in desk.ledger(claim.id) if t.kind == "post"] == [2300, 3300]


def test_two_people_decide_from_the_band_on(desk: ClaimDesk):
    claim = file(desk, valuation={"own_price": "5000.00 USD", "referral_fee": "0.00 USD", "fulfilment_fee": "0.00 USD"})
    with pytest.raises(Refused) as caught:
        desk.do("decide", claim.id, {"decision": "reimburse"}, reason="seen")
    assert caught.value.code == "needs_second_person"
    found = desk.do("decide", claim.id, {"decision": "reimburse"}, reason="seen", approved_by="cs:bo")
    assert getattr(found, "state", None) == "reimbursed"


# ---------------------------------------------------------------- what is told


def test_a_filing_leaves_nothing_out_in_silence(desk: ClaimDesk):
    claim = desk.file(programme="fba", marketplace="US", seller={"id": "A2"}, type="shipment", units=1)
    assert (claim.state, claim.outcome) == ("filed", "request_information")
    missing = desk.view(claim.id)["information"]["missing"]
    assert {"event_on", "registered", "account_status", "valuation.own_price"} <= set(missing)


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_every_letter_reads_in_both_languages(desk: ClaimDesk, sender: Kept, lang: str):
    seller = {"id": "A2", "language": lang}

    def filed(**facts: Any) -> str:
        return desk.file(programme="fba", marketplace="US", seller=seller, **{**FACTS, **facts}).id

    filed(item={**FACTS["item"], "defective": True})
    asked = filed(event_on="2024-05-02", valuation={})
    desk.do("withdraw", asked)
    replaced = filed(event_on="2024-05-03")
    desk.do("decide", replaced, {"decision": "replace"}, reason="seen")
    contested = filed(event_on="2024-05-04")
    desk.do("decide", contested, {"decision": "reimburse"}, reason="seen")
    desk.do("contest_valuation", contested)
    desk.do("decide_contest", contested, {"decision": "denied"}, reason="seen")
    desk.do("record_found", contested, reason="seen")
    desk.tick()
    told = [letter for letter in sender.letters if letter.kind == "seller_informed"]
    assert len({letter.subject.replace(letter.claim, "") for letter in told}) == 7
    assert all(letter.language == lang and letter.claim in letter.subject for letter in told)
    assert not any("Incident" in letter.body or "事故日期" in letter.body for letter in told)
    assert any("X001" in letter.body for letter in told)


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_every_case_can_be_explained(desk: ClaimDesk, lang: str):
    claim = file(desk)
    desk.do("decide", claim.id, {"decision": "reimburse"}, reason="seen")
    text = desk.explain(claim.id, lang=lang)
    assert "valuation.method" in text and "F2" not in text  # one indicator: the result hangs on no reading
    assert desk.timeline(claim.id, lang=lang)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"units": 0}, "wrong_type"),
        ({"units": "3"}, "wrong_type"),
        ({"units": True}, "wrong_type"),
        ({"type": "lost"}, "not_a_choice"),
        ({"valuation": {"own_price": 30.0}}, "not_decimal_text"),
        ({"valuation": {"own_price": "-1.00 USD"}}, "negative_amount"),
        ({"valuation": {"own_price": "1.001 USD"}}, "too_many_decimals"),
        ({"valuation": {"price": "1.00 USD"}}, "unknown_field"),
        ({"event_on": "yesterday"}, "not_a_date"),
        ({"policyholder": "x"}, "unknown_field"),
    ],
)
def test_a_wrong_payload_is_refused_with_its_code(desk: ClaimDesk, change: dict[str, Any], code: str):
    with pytest.raises(InputError) as caught:
        file(desk, **change)
    assert caught.value.code == code


def test_a_verb_of_another_programme_is_none_here():
    with pytest.raises(ClaimdeskError):
        payloads.validate("record_screening", {}, "USD", False)


def test_nothing_personal_stands_in_the_journal(desk: ClaimDesk):
    claim = file(desk, description="my brother saw the box")
    assert not any("brother" in str(entry) for entry in desk.entries(claim.id))
    assert desk.personal(claim.id, purpose="audit")["description"] == "my brother saw the box"


def test_every_reading_of_a_switch_changes_its_parameter():
    for book in (b for b in shipped().values() if b.programme == "fba"):
        last = book.versions[-1]
        for reading in book.readings:
            if reading.parameter is not None:
                other = last.override({reading.parameter: reading.other_value})
                assert other.get(reading.parameter).value != last.get(reading.parameter).value, reading.id


def test_many_claims_are_counted_in_a_bulk_run_too(desk: ClaimDesk):
    with desk.writing() as session:
        held: list[str] = []
        for number in range(52):
            order = {"id": f"FBA{number}"}
            command = desk.file_command("fba", "US", {**FACTS, "order": order}, {"id": "A2"}, NOW)
            held += desk.file_in(session, command, {"id": "A2"}).case.holds
    assert held == ["volume_review"] * 2
    assert registry.programme("fba").outcome(replace(case_of({}), holds=("volume_review",))) == "hold"
