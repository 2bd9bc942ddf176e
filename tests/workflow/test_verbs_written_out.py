"""Every verb of every programme is a typed method of the desk; what is no claim is refused, nothing written."""

from __future__ import annotations

from datetime import date

import pytest

from claimdesk import ClaimDesk, InputError, Money
from claimdesk.testing import FrozenClock
from claimdesk.workflow import registry

#: Verbs of a seller's file that stand under other names: facts told with a claim, and the command line's own.
ELSEWHERE = {"update_seller", "cancel_certificate"}


@pytest.mark.parametrize("programme", sorted(registry.names()))
def test_each_verb_is_a_method_of_the_same_name(programme):
    verbs = set(registry.programme(programme).lifecycle.verbs) - ELSEWHERE
    assert {verb for verb in verbs if not callable(getattr(ClaimDesk, verb, None))} == set()


def test_the_neighbours_verbs_do_their_step():
    clock = FrozenClock("2024-06-20T09:00:00-07:00")
    with ClaimDesk.open("memory:", actor="cs:mei", clock=clock, plain=True) as desk:
        given = {"fulfilled_by": "seller", "price": "50.00 USD", "tracking": "none"}
        claim = desk.file(
            programme="order",
            marketplace="US",
            seller={"id": "A1"},
            order={"id": "o1", "max_estimated_delivery_on": date(2024, 6, 10), **given},
            ground="not_received",
            seller_contacted_at="2024-06-10T00:00:00Z",
            chargeback=False,
        )
        assert desk.decide(claim.id, decision="grant", at_fault="carrier", reason="x").state == "granted_seller_funded"
        item = {"registered": True, "compliant": True, "quantities_match_plan": True, "disposal": "none"}
        lost = desk.file(
            programme="fba",
            marketplace="US",
            seller={"id": "A1"},
            type="removal_other",
            event_on=date(2024, 6, 1),
            units=1,
            item={"fnsku": "X", "defective": False, "customer_damaged": False, **item},
            account_status="normal",
            valuation={"own_price": Money("10.00", "USD")},
        )
        assert desk.decide(lost.id, decision="reimburse", reason="x").state == "reimbursed"
        assert desk.contest_valuation(lost.id, grounds="it cost more").state == "contested"
        worth = {"own_price": Money("12.00", "USD")}
        assert desk.decide_contest(lost.id, decision="upheld", valuation=worth, reason="x").state == "reimbursed"
        assert desk.record_found(lost.id, units=1, on=date(2024, 6, 20), reason="x").state == "reversed"
        over = desk.record_proceeds("A1", month="2022-01", amount="10000.01 USD", crossed_on=date(2022, 1, 31))
        assert (over.state, str(over.due_on)) == ("overdue", "2022-03-02")


def test_a_sellers_file_is_no_claim_and_nothing_is_written():
    with ClaimDesk.open("memory:", actor="cs:mei") as desk:
        desk.record_proceeds("A1", month="2022-01", amount="1.00 USD")
        before = desk.seller("A1")
        with pytest.raises(InputError) as wrong:
            desk.note("SLR-A1", text="x")
        assert wrong.value.code == "not_a_claim"
        assert desk.seller("A1") == before
        with pytest.raises(InputError) as wrong:
            desk.file(programme="seller_insurance", marketplace="US", seller={"id": "A2"})
        assert (wrong.value.code, wrong.value.field) == ("not_a_claim", "programme")


def test_a_reason_names_a_hold_and_what_is_asked_for_and_is_a_note():
    clock = FrozenClock("2024-06-03T09:00:00-07:00")
    with ClaimDesk.open("memory:", actor="cs:mei", clock=clock, plain=True) as desk:
        losses = [{"head": "property_damage", "amount": "600.00 USD"}]
        order = {"id": "o1"}
        claim = desk.file(marketplace="US", seller={"id": "A1"}, order=order, losses=losses, incident_on="2024-06-01")
        desk.request_information(claim.id, reason="proof_of_loss")
        assert desk.view(claim.id)["reason"] == ["proof_of_loss"]
        assert desk.hold(claim.id, reason="legal").holds == ("legal",)
        held = desk.hold(claim.id, reason="a word of one's own")
        assert held.holds == ("legal", "other")
        assert desk.note(claim.id, reason="the customer called").version == held.version + 1
