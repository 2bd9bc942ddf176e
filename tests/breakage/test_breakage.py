"""1688 breakage cover: the amount by property, money in the ledger, letters, payloads.

The scenario files hold the cases; here stands what holds for every amount. Authority: SEED 003, domain notes 5,
reading R21.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimdesk import ClaimDesk
from claimdesk.states.breakage_1688 import LIFECYCLE
from claimdesk.states.errors import InputError, Refused
from claimdesk.workflow import scenario
from claimdesk.workflow.ports import Letter
from claimdesk.workflow.programmes.breakage_1688.benefit import of_sub_order
from claimdesk.workflow.rulebook import book_for

CASES = scenario.load_all([Path(__file__).parents[1] / "scenarios" / "breakage_1688"])
VERSION = book_for("breakage_1688", "CN").at(date(2024, 6, 3))
NOW = datetime(2024, 6, 3, 4, tzinfo=UTC)
CAP = 300_000

FACTS: dict[str, Any] = {
    "ordered_on": "2024-05-20",
    "received_on": "2024-06-01",
    "enrolled": True,
    "category": "kitchenware",
    "evidence_valid": True,
    "order": {"id": "1688-1"},
    "sub_orders": [{"id": "S1", "amount": "600.00 CNY", "damage": "tear"}],
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
    return desk.file(programme="breakage_1688", marketplace="CN", seller={"id": "M1"}, **{**FACTS, **facts})


# ---------------------------------------------------------------- the cases


def test_there_are_enough_cases_and_every_state_and_code_is_reached():
    assert len(CASES) >= 35
    visited = {s for c in CASES for s in (*c.expect.get("visited", ()), c.expect.get("state"))}
    assert {s.name for s in LIFECYCLE.states} <= visited
    told = {x for c in CASES for x in (c.expect.get("reason"), *(s.expect.get("reason") for s in c.steps))}
    assert {"not_in_force", "not_enrolled", "category", "evidence", "peril"} <= told


# ---------------------------------------------------------------- the amount


@given(st.integers(0, 10**12))
def test_the_amount_is_five_per_cent_half_up_and_never_over_the_cap(minor: int):
    exact = (Decimal(minor) * 5 / 100).quantize(Decimal(1), ROUND_HALF_UP)
    assert of_sub_order(minor, VERSION) == min(int(exact), CAP)


@given(st.integers(0, 10**9))
def test_a_larger_sub_order_never_gives_less(minor: int):
    assert of_sub_order(minor, VERSION) <= of_sub_order(minor + 1, VERSION) <= CAP


@pytest.mark.parametrize(
    ("amount", "benefit"),
    [
        (0, 0),
        (1, 0),
        (9, 0),
        (10, 1),
        (29, 1),
        (30, 2),
        (5_999_980, 299_999),
        (5_999_989, 299_999),
        (5_999_990, CAP),
        (6_000_000, CAP),
        (6_000_001, CAP),
        (6_000_020, CAP),
    ],
)
def test_both_sides_of_each_line(amount: int, benefit: int):
    assert of_sub_order(amount, VERSION) == benefit


# ---------------------------------------------------------------- money


def accounts(desk: ClaimDesk) -> dict[str, int]:
    return {account: minor for account, _, minor in desk.balances() if minor}


def test_the_insurer_pays_and_has_it_back_from_the_merchant(desk: ClaimDesk):
    claim = file(desk)
    assert accounts(desk) == {f"customer:{claim.id}": 3000, "insurer:M1": -3000}
    desk.do("record_recovery", claim.id, {"amount": "30.00 CNY"}, reason="transfer 7")
    assert accounts(desk) == {f"customer:{claim.id}": 3000, "seller:M1": -3000}


def test_what_came_back_undoes_everything(desk: ClaimDesk):
    claim = file(desk)
    desk.do("record_recovery", claim.id, {"amount": "10.00 CNY"}, reason="transfer 7")
    desk.do("reverse_payment", claim.id, {}, reason="account closed")
    assert accounts(desk) == {}
    assert desk.get(claim.id).hold == "payment_reversed"


def test_a_grant_needs_a_reason(desk: ClaimDesk):
    claim = file(desk, evidence_valid="unknown")
    with pytest.raises(Refused) as caught:
        desk.do("decide", claim.id, {"decision": "grant"})
    assert caught.value.code == "needs_reason"


# ---------------------------------------------------------------- what is told


def test_letters_are_chinese_where_nobody_names_a_language(desk: ClaimDesk, sender: Kept):
    file(desk)
    file(desk, order={"id": "1688-2"}, enrolled=False)
    file(desk, order={"id": "1688-3"}, evidence_valid="unknown")
    desk.tick()
    assert {letter.language for letter in sender.letters} == {"zh-CN"}
    kinds = {"customer_paid", "customer_denied", "customer_acknowledged", "seller_recovery_due"}
    assert {letter.kind for letter in sender.letters} == kinds
    paid = next(letter for letter in sender.letters if letter.kind == "customer_paid")
    assert "保险公司" in paid.body and "30.00" in paid.body and "S1" in paid.body
    named = {letter.kind for letter in sender.letters if "阳光财产保险股份有限公司" in letter.body}
    assert named == {"customer_paid", "seller_recovery_due"}  # who pays and who asks back is named (SEED 003)
    assert not any("screening" in letter.body for letter in sender.letters)


def test_a_claim_may_name_its_language(desk: ClaimDesk, sender: Kept):
    file(desk, language="en")
    desk.tick()
    by_kind = {letter.kind: letter.language for letter in sender.letters}
    assert by_kind == {"customer_paid": "en", "seller_recovery_due": "zh-CN"}


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_every_case_can_be_explained(desk: ClaimDesk, lang: str):
    claim = file(desk)
    text = desk.explain(claim.id, lang=lang)
    assert "cover.cap" in text or "cover.share_percent" in text
    assert "R21" in text
    assert desk.timeline(claim.id, lang=lang)


def test_what_a_filing_leaves_out_is_left_to_a_person(desk: ClaimDesk):
    claim = desk.file(programme="breakage_1688", marketplace="CN", seller={"id": "M1"})
    assert (claim.state, claim.outcome) == ("filed", "refer")
    assert "fact_unknown" in claim.reasons


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sub_orders": []}, "missing_field"),
        ({"sub_orders": [{"id": "S1", "amount": "1.00 CNY"}] * 2}, "twice"),
        ({"sub_orders": [{"id": "S1", "amount": "1.00 USD"}]}, "currency_mismatch"),
        ({"sub_orders": [{"id": "S1", "amount": 1.0}]}, "not_decimal_text"),
        ({"sub_orders": [{"id": "S1", "amount": "1.00 CNY", "damage": "lost"}]}, "not_a_choice"),
        ({"received_on": "today"}, "not_a_date"),
        ({"enrolled": "yes"}, "not_a_fact"),
        ({"price": "1.00 CNY"}, "unknown_field"),
    ],
)
def test_a_wrong_payload_is_refused_with_its_code(desk: ClaimDesk, change: dict[str, Any], code: str):
    with pytest.raises(InputError) as caught:
        file(desk, **change)
    assert caught.value.code == code


def test_nothing_personal_stands_in_the_journal(desk: ClaimDesk):
    claim = file(desk, claimant={"name": "Wang Fang"}, description="the bowl broke")
    assert not any("Wang" in str(entry) or "bowl" in str(entry) for entry in desk.entries(claim.id))


def test_a_merchant_has_a_file_where_no_text_asks_for_insurance(desk: ClaimDesk):
    file(desk)
    assert desk.seller("M1").required is False
