"""Ways by which a loss would be paid twice, or asked back of somebody who does not owe it: one payment each."""

from __future__ import annotations

from typing import Any

import pytest

from claimdesk import Conflict, Refused
from claimdesk.adapters.gateways import FakeProvider
from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.sql.units import SqlWrite
from claimdesk.states.case import Case
from control.office import office
from support.checks import assert_sound
from support.desks import BIG, SMALL, Drive, filing, lost_unit, seller, stored

NOVEMBER = "2024-11-03T12:00:00-07:00"
#: A loss on the way to a warehouse: a person reimburses or replaces it.
SHIPMENT = lost_unit(seller=seller(), type="shipment", event_on="2024-10-01")
BREAKAGE: dict[str, Any] = {
    "programme": "breakage_1688",
    "marketplace": "CN",
    "seller": seller(),
    "ordered_on": "2024-10-01",
    "received_on": "2024-10-10",
    "enrolled": True,
    "category": "kitchenware",
    "evidence_valid": True,
    "order": {"id": "O1"},
}


def money(drive: Drive, claim: Any) -> tuple[str, int, int, int, str | None]:
    """(state, paid by Amazon, by the seller, under way, route)."""
    case: Case = stored(drive.desk.store, claim.id)
    totals = case.totals
    return case.state, totals.by_amazon, totals.by_seller, totals.pending_minor, case.facts.get("route")


def start(now: str = NOVEMBER, **options: Any) -> Drive:
    drive = Drive.start(payments="instant", **options)
    drive.clock.set(now)
    return drive


# -- settled by the seller, then reopened --------------------------------------------------------------------------


def _reopened(settled: str) -> tuple[Drive, Any]:
    drive = start("2024-06-03T09:00:00-07:00")
    claim = drive.do(drive.valid(BIG), "respond", position="accept")
    claim = drive.do(claim, "resolve", amount=settled, by="seller")
    claim = drive.do(drive.do(claim, "reopen"), "record_screening", verdict="valid", by="adjuster:two")
    return drive, claim


def test_what_the_seller_settled_in_full_is_not_paid_again():
    drive, claim = _reopened(BIG)
    assert money(drive, claim)[:4] == ("closed", 0, 120_000, 0)
    assert claim.reasons == ("already_paid",)
    assert_sound(drive.desk.store)


def test_of_what_the_seller_settled_in_part_the_rest_is_paid():
    drive, claim = _reopened("500.00 USD")
    claim = drive.do(drive.do(claim, "respond", position="reject"), "decide_dispute", decision="step_in")
    assert money(drive, claim)[:4] == ("recovery_due", 70_000, 50_000, 0)
    assert_sound(drive.desk.store)


@pytest.mark.parametrize(
    ("told", "code"),
    [({"order": {"item": {"kind": "digital"}}}, "item_scope"), ({"incident_on": "2021-08-01"}, "late_filing")],
)
def test_what_a_fact_rules_out_while_it_is_disputed_is_not_paid(told: dict[str, Any], code: str):
    drive = start("2024-06-03T09:00:00-07:00")
    claim = drive.do(drive.to("disputed"), "amend", **told)
    with pytest.raises(Refused) as refused:
        drive.do(claim, "decide_dispute", decision="step_in")
    assert refused.value.code == code
    assert drive.do(claim, "decide_dispute", decision="deny").state == "denied"


# -- who sold it, corrected before the payment ---------------------------------------------------------------------


@pytest.mark.parametrize("amount", [SMALL, BIG])
def test_nothing_is_asked_back_for_what_amazon_sold(amount: str):
    """Contract section 8: ``sold_by: amazon`` is paid and closed whatever the amount, and nobody is asked for it."""
    drive = Drive.start()
    claim = drive.valid(amount, seller=seller(insurance_required=True))
    assert claim.state == ("approved" if amount == SMALL else "seller_notified")
    claim = drive.do(claim, "amend", order={"sold_by": "amazon"})
    claim = drive.do(claim, "confirm_payment")
    paid = 60_000 if amount == SMALL else 120_000
    assert money(drive, claim) == ("closed", paid, 0, 0, "amazon")
    assert claim.recovery.status == "none"
    assert_sound(drive.desk.store)


def test_what_a_seller_sold_after_all_goes_the_sellers_way():
    drive = Drive.start()
    by_amazon = {"order": {"id": "114-9", "sold_by": "amazon"}}
    big, small = (drive.desk.file(**{**filing(a), **by_amazon, "incident_on": d}) for a, d in (
        (BIG, "2024-06-01"), (SMALL, "2024-05-30")))  # fmt: skip
    for claim in (big, small):
        drive.desk.record_screening(claim.id, verdict="valid", by="adjuster:one")
        drive.do(claim, "amend", order={"sold_by": "seller"})
    assert money(drive, big) == ("seller_notified", 0, 0, 0, "over")
    assert money(drive, small) == ("approved", 0, 0, 60_000, "under")
    assert drive.do(small, "confirm_payment").state == "recovery_review"
    assert_sound(drive.desk.store)


# -- a reimbursed loss under another name --------------------------------------------------------------------------


def test_a_reimbursed_loss_keeps_its_name():
    """Amended to another order, it could be filed once more under its own."""
    drive = start()
    claim = drive.desk.file(**{**SHIPMENT, "type": "fulfilment_centre", "event_on": "2024-11-01"})
    assert money(drive, claim)[:2] == ("reimbursed", 2_300)
    for other in ({"order": {"id": "FBA99"}}, {"event_on": "2024-11-02"}, {"item": {"fnsku": "X9"}}):
        with pytest.raises(Refused, match="stands with its reimbursement"):
            drive.do(claim, "amend", **other)
    same = drive.do(claim, "amend", order={"id": "FBA15"}, valuation={"sourcing_cost": "9.00 USD"})
    assert money(drive, same)[:2] == ("reimbursed", 2_300)


def test_a_replaced_loss_is_not_reimbursed_as_well():
    drive = start()
    first = drive.desk.file(**{**SHIPMENT, "order": {"id": "FBA14"}})
    later = drive.do(drive.desk.file(**SHIPMENT), "decide", decision="replace")
    assert later.state == "replaced"
    assert drive.do(first, "amend", order={"id": "FBA15"}).state == "denied"


def test_a_sub_order_paid_under_a_later_claim_is_not_paid_under_an_earlier_one():
    drive = start()
    part = [{"id": "S2", "amount": "1000.00 CNY", "damage": "crack"}]
    first = drive.desk.file(**{**BREAKAGE, "evidence_valid": "unknown"}, sub_orders=[{**part[0], "id": "S8"}])
    later = drive.desk.file(**BREAKAGE, sub_orders=part)
    assert money(drive, later)[:2] == ("recourse_open", 5_000)
    first = drive.do(first, "amend", evidence_valid=True, sub_orders=part)
    assert money(drive, first)[:2] == ("filed", 0)  # a person decides: no text says that it may be claimed twice
    assert_sound(drive.desk.store)


@pytest.mark.parametrize(
    ("told", "again"),
    [
        ({"order": {"id": "fba15"}}, "filed"),  # the same in small letters
        ({"order": {"id": "FBA１５"}}, "filed"),  # in wide ones
        ({"item": {**SHIPMENT["item"], "fnsku": "x001"}}, "filed"),
        ({"order": {"id": "FBA16"}}, "reimbursed"),  # another order: another loss
    ],
)
def test_what_only_reads_alike_is_not_reimbursed_without_a_person(told: dict[str, Any], again: str):
    """Also where a claim of another order stands before the one that is alike."""
    drive = start()
    lost = {**SHIPMENT, "type": "fulfilment_centre", "event_on": "2024-11-01"}
    for order in ("FBA10", "FBA15"):
        assert drive.desk.file(**{**lost, "order": {"id": order}}).state == "reimbursed"
    assert drive.desk.file(**{**lost, **told}).state == again


@pytest.mark.parametrize(
    ("first", "again", "state"),
    [
        ({"id": "S1"}, {"id": "S1"}, "filed"),
        ({"id": "S1"}, {"id": "S1", "damage": "tear"}, "filed"),  # the damage in another word: no other sub-order
        ({}, {}, "filed"),
        ({"id": "S1"}, {"id": "S2"}, "recourse_open"),
        ({"id": "S1"}, {"id": "S1", "amount": "900.00 CNY"}, "recourse_open"),
    ],
)
def test_without_an_order_alike_sub_orders_are_not_paid_twice_without_a_person(first: Any, again: Any, state: str):
    """The contract's own filing names no order."""
    drive = start()
    facts = {k: v for k, v in BREAKAGE.items() if k != "order"}
    part = {"amount": "1000.00 CNY", "damage": "crack"}
    assert drive.desk.file(**facts, sub_orders=[{**part, **first}]).state == "recourse_open"
    assert drive.desk.file(**facts, sub_orders=[{**part, **again}]).state == state
    other_day = {**facts, "received_on": "2024-10-11"}
    assert drive.desk.file(**other_day, sub_orders=[{**part, **first}]).state == "recourse_open"


def test_what_is_valued_anew_is_sent_but_for_what_was_sent_before():
    """The books undo the first credit, and nobody takes it back: the seller would have both."""
    provider = FakeProvider()
    sent: list[int] = []
    pay = provider.pay
    provider.pay = lambda order: (sent.append(order.amount_minor), pay(order))[1]  # type: ignore[method-assign]
    drive = Drive.start(payments="gateway", gateway=provider)
    drive.clock.set(NOVEMBER)
    claim = drive.do(drive.desk.file(**SHIPMENT), "decide", decision="reimburse")
    drive.desk.tick()
    drive.do(claim, "contest_valuation")
    drive.do(claim, "decide_contest", decision="upheld", valuation={"own_price": "40.00 USD"})
    assert [s.detail for s in drive.desk.foresee().steps if s.what == "payment"] == ["10.00 USD"]
    drive.desk.tick()
    assert money(drive, claim)[:2] == ("reimbursed", 3_300)
    assert (sum(sent), sent) == (3_300, [2_300, 1_000])
    assert "sent_before" not in stored(drive.desk.store, claim.id).facts
    assert_sound(drive.desk.store)


def test_a_credit_whose_call_has_left_is_not_taken_off_the_books():
    """Units are found while nobody knows whether the provider paid: void on the books, but maybe paid."""
    provider = FakeProvider()
    drive = Drive.start(payments="gateway", gateway=provider)
    drive.clock.set(NOVEMBER)
    claim = drive.do(drive.desk.file(**SHIPMENT), "decide", decision="reimburse")
    provider.script = ["timeout_after"]
    drive.desk.tick()
    with pytest.raises(Refused) as refused:
        drive.do(claim, "record_found", units=1)
    assert refused.value.code == "payment_under_way"
    drive.clock.advance(hours=1)
    drive.desk.tick()
    assert money(drive, claim)[:2] == ("reimbursed", 2_300)
    assert drive.do(claim, "record_found", units=1).state == "reversed"
    assert_sound(drive.desk.store)


# -- one purchase under two claims ---------------------------------------------------------------------------------

PURCHASE: dict[str, Any] = {
    "programme": "order",
    "marketplace": "US",
    "seller": seller(),
    "order": {"id": "114-1", "fulfilled_by": "seller", "price": "40.00 USD", "shipping": "5.00 USD",
              "max_estimated_delivery_on": "2024-05-20", "tracking": "none"},
    "ground": "not_received",
    "seller_contacted_at": "2024-05-28T10:00:00Z",
}  # fmt: skip
JUNE = "2024-06-03T09:00:00-07:00"


def test_a_purchase_is_paid_back_once_whatever_leads_to_the_second_grant():
    """A person, or the seller's silence; each is a grant, and one order counts once, but there is one price."""
    drive = start(JUNE)
    first, second, third = (drive.desk.file(**PURCHASE) for _ in range(3))
    assert money(drive, drive.do(first, "decide", decision="grant", at_fault="seller"))[1] == 4_500
    again = drive.do(second, "decide", decision="grant", at_fault="seller")
    assert money(drive, again)[:4] == ("granted_seller_funded", 0, 0, 0)
    assert "already_paid" in again.reasons
    assert stored(drive.desk.store, again.id).totals.recovered == 0  # nothing was paid, so nothing is debited
    drive.do(third, "request_information")
    drive.desk.tick()
    drive.clock.advance(days=8)
    drive.desk.tick()
    assert money(drive, third)[:4] == ("granted_seller_funded", 0, 0, 0)
    with drive.desk.store.read() as unit:
        told = {n.kind: (n.subject or "", n.body or "") for n in unit.notices(again.id)}
    assert "nothing is left to pay" in told["customer_paid"][0] and "0.00" not in told["customer_paid"][0]
    assert "had this money back before" in told["customer_paid"][1]
    assert "nothing debited" in told["seller_recovery_due"][0]
    with pytest.raises(Refused) as refused:
        drive.do(drive.desk.file(**PURCHASE), "refund", by="amazon")
    assert refused.value.code == "amount_over_balance"
    assert_sound(drive.desk.store)


def test_a_purchase_that_was_paid_back_keeps_its_name():
    drive = start(JUNE)
    claim = drive.do(drive.desk.file(**PURCHASE), "decide", decision="grant", at_fault="seller")
    claim = drive.do(claim, "appeal", by="seller")
    for other in ({"id": "114-8"}, {"price": "39.00 USD"}, {"item": {"asin": "B0OTHER"}}):
        with pytest.raises(Refused, match="stand with what was paid"):
            drive.do(claim, "amend", order=other)
    drive.do(claim, "request_information")
    answer = {"order": {"label": {"badge": "claims_protected"}, "tracking": "delivered"}}
    assert drive.do(claim, "provide_information", **answer).state == "appealed"


@pytest.mark.parametrize("told", [{"chargeback": True}, {"refunded_by_seller_on": "2024-06-01"}])
def test_what_the_bank_or_the_seller_gives_back_is_not_granted(told: dict[str, Any]):
    """Told while somebody is asked it denies at once; told during an appeal, no person pays it a second time."""
    drive = start(JUNE)
    asked = drive.do(drive.desk.file(**PURCHASE), "request_information")
    denied = drive.do(drive.desk.file(**PURCHASE), "decide", decision="deny")
    drive.desk.tick()
    code = "chargeback" if "chargeback" in told else "already_refunded"
    asked = drive.do(asked, "amend", **told)
    assert (asked.state, code in asked.reasons) == ("denied", True)
    appealed = drive.do(drive.do(denied, "appeal", by="customer"), "amend", **told)
    drive.clock.advance(days=8)
    drive.desk.tick()
    assert money(drive, asked)[:2] == ("denied", 0)
    with pytest.raises(Refused) as refused:
        drive.do(appealed, "decide_appeal", decision="upheld")
    assert refused.value.code == code
    reversed_ = drive.do(drive.desk.file(**{**PURCHASE, **told}), "appeal", by="customer")  # denied for that very fact
    assert money(drive, drive.do(reversed_, "decide_appeal", decision="upheld"))[1] == 4_500
    assert_sound(drive.desk.store)


def test_another_item_of_the_order_is_another_purchase():
    drive = start(JUNE)
    for asin, price in (("B0ONE", "40.00 USD"), ("B0TWO", "40.00 USD"), ("B0TWO", "90.00 USD")):
        order = {**PURCHASE["order"], "price": price, "item": {"asin": asin}}
        claim = drive.desk.file(**{**PURCHASE, "order": order})
        assert money(drive, drive.do(claim, "decide", decision="grant", at_fault="none"))[1] > 0
    assert_sound(drive.desk.store)


@pytest.mark.parametrize(
    ("told", "paid"),
    [
        ({"item": {"asin": "b0one"}}, 0),  # in small letters
        ({"item": {}}, 0),  # without the item
        ({"item": {}, "shipping": "0.00 USD"}, 0),  # without the shipping
        ({"item": {}, "price": "45.00 USD", "shipping": "0.00 USD"}, 0),  # the shipping within the price
        ({"price": "39.00 USD"}, 0),
        ({"price": "60.00 USD"}, 2_000),  # what the first claim did not tell of
        ({"item": {}, "price": "60.00 USD"}, 6_500),  # neither item nor price: another purchase
        ({"id": "114-2"}, 4_500),
    ],
)
def test_a_purchase_told_again_in_other_words_is_the_same(told: dict[str, Any], paid: int):
    drive = start(JUNE)
    order = {**PURCHASE["order"], "item": {"asin": "B0ONE"}}
    for facts in (order, {**order, **told}):
        claim = drive.do(drive.desk.file(**{**PURCHASE, "order": facts}), "decide", decision="grant", at_fault="none")
    assert money(drive, claim)[1] == paid
    assert_sound(drive.desk.store)


def test_what_another_claim_of_the_purchase_is_about_to_pay_counts_too():
    drive = Drive.start()
    first, second = drive.desk.file(**PURCHASE), drive.desk.file(**PURCHASE)
    drive.do(first, "decide", decision="grant", at_fault="none")
    assert money(drive, drive.do(second, "decide", decision="grant", at_fault="none"))[3] == 0
    assert money(drive, drive.do(first, "confirm_payment"))[1] == 4_500


# -- late news -----------------------------------------------------------------------------------------------------


def test_late_news_that_an_earlier_payment_came_back_undoes_no_later_one():
    """Told twice by the bank, it would be paid a third time."""
    drive = Drive.start()
    claim = drive.to("approved")
    first = stored(drive.desk.store, claim.id).totals.pending
    drive.do(drive.do(claim, "confirm_payment", ref=first), "reverse_payment", ref=first)
    claim = drive.do(claim, "release_hold")
    second = stored(drive.desk.store, claim.id).totals.pending
    claim = drive.do(claim, "confirm_payment", ref=second)
    with pytest.raises(Refused) as refused:
        drive.do(claim, "reverse_payment", ref=first)
    assert refused.value.code == "not_yet"
    assert money(drive, claim)[:2] == ("recovery_review", 60_000)
    assert drive.do(claim, "reverse_payment", ref=second).hold == "payment_reversed"
    assert_sound(drive.desk.store)


def test_the_demand_after_another_payment_may_be_appealed():
    """The first demand went with the payment that came back; the thirty days are those of the notice (R9)."""
    drive = Drive.start()
    claim = drive.do(drive.to("recovery_appealed"), "decide_appeal", decision="denied")
    claim = drive.do(drive.do(claim, "reverse_payment"), "release_hold")
    claim = drive.do(claim, "confirm_payment")
    assert drive.do(claim, "appeal", by="seller").state == "recovery_appealed"


# -- at the same moment --------------------------------------------------------------------------------------------


def test_what_moves_a_claim_among_others_takes_turns_with_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Any):
    """On a server, two who decide on one incident would each not see what the other is about to write."""
    provider = FakeProvider()
    drive = Drive.start(open_store(f"sqlite:///{tmp_path / 'c.db'}"), payments="gateway", gateway=provider)
    claim = drive.valid(SMALL)
    taken: list[set[str]] = []
    monkeypatch.setattr(SqlWrite, "lock", lambda _self, keys, *_: taken.append(set(keys)))
    drive.do(claim, "amend", order={"id": "114-7"})
    assert {"incident:114-1:2024-06-01", "incident:114-7:2024-06-01"} <= set.union(*taken)
    taken.clear()
    provider.script = ["fail"]
    drive.desk.tick()
    told = [keys for keys in taken if claim.id in keys and len(keys) > 1]
    assert len(told) >= 2  # the call, and what it came to
    assert all("incident:114-7:2024-06-01" in keys for keys in told)
    drive.desk.close()


def test_a_proposal_is_looked_at_with_nobody_beside_it(monkeypatch: pytest.MonkeyPatch):
    """The amount changes between the look at the claim and the approval: a second person approved another amount."""
    desk = office()
    claim = desk.file(**filing("6000.00 USD"), actor="in:ann")
    desk.record_screening(claim.id, verdict="valid", by="adjuster:one", actor="cs:mei")
    desk.respond(claim.id, position="reject", actor="cs:mei")
    made = desk.propose("decide_dispute", claim.id, {"decision": "step_in"}, actor="cs:mei", reason="a")
    retried = type(desk)._retried  # pyright: ignore[reportPrivateUsage]

    def meanwhile(self: Any, *words: Any, **named: Any) -> Any:
        monkeypatch.undo()
        losses = [{"head": "property_damage", "amount": "90000.00 USD"}]
        desk.assess(claim.id, losses=losses, actor="lead:lin", reason="b")
        return retried(self, *words, **named)

    monkeypatch.setattr(type(desk), "_retried", meanwhile)
    with pytest.raises(Conflict) as stale:
        desk.approve(made.id, actor="lead:bo")
    assert stale.value.code == "proposal_stale"
    assert stored(desk.store, claim.id).state == "disputed"
