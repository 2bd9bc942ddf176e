"""An open claim is moved to the programme it belongs to: ended with its reason, one history, no money, never twice."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from claimdesk import InputError, Refused
from support.checks import assert_sound
from support.desks import ROADS, SELLER, Drive, make_desk, seller, snapshot

GROUND: dict[str, Any] = {"ground": "not_received", "order": {"price": "40.00 USD", "tracking": "none"}}
MOVABLE = ("filed", "information_requested", "seller_notified", "responded", "disputed", "denied")


@pytest.mark.parametrize("state", ROADS)
def test_it_moves_while_no_money_has_moved_and_stays_otherwise(state):
    drive = Drive.start()
    claim = drive.to(state)
    if state not in MOVABLE:
        before = snapshot(drive.desk.store, claim.id)
        with pytest.raises(Refused) as refused:
            drive.do(claim, "redirect", to="order", facts=GROUND)
        assert refused.value.code == "not_allowed_from_state"
        assert snapshot(drive.desk.store, claim.id) == before
        return
    left = drive.do(claim, "redirect", to="order", facts=GROUND)
    assert left.continued_as is not None
    goes_on = drive.desk.get(left.continued_as)
    assert (left.state, left.reasons, left.deadlines and {d.status for d in left.deadlines} & {"open"}) in (
        ("closed", ("belongs_elsewhere",), set()),
        ("closed", ("belongs_elsewhere",), ()),
    )
    assert (goes_on.programme, goes_on.redirected_from, goes_on.continues) == ("order", "pdpi", claim.id)
    assert goes_on.filed_at == claim.filed_at and goes_on.seller == claim.seller == SELLER
    assert goes_on.order_id == claim.order_id
    assert {n.kind for n in drive.desk.notices(left.id)} >= {"customer_redirected"}
    told = {n.kind for n in drive.desk.notices(left.id) if n.party == "seller"}
    assert ("seller_redirected" in told) == bool(told)
    assert_sound(drive.desk.store)


def test_one_history_whichever_of_the_two_is_asked():
    drive = Drive.start()
    left = drive.do(drive.to("seller_notified"), "redirect", to="order", facts=GROUND)
    desk, new = drive.desk, str(left.continued_as)
    rows = desk.timeline(new)
    assert rows == desk.timeline(left.id)
    assert [r["claim"] for r in rows] == [left.id] * len(desk.entries(left.id)) + [new] * len(desk.entries(new))
    assert desk.parts(new) == desk.parts(left.id) == (left.id, new)
    assert f"opened as {left.id} under pdpi, goes on here" in desk.explain(new)
    assert f"goes on as {new} under order" in desk.explain(left.id)
    assert "filed under the programme it belongs to, not as pdpi" in desk.explain(new)
    assert f"转为 order 项下的 {new}" in desk.explain(left.id, lang="zh-CN")
    back = desk.redirect(
        new,
        to="pdpi",
        facts={"cause": "product_defect", "losses": [{"head": "medical", "amount": "9.00 USD"}]},
        reason="an injury after all",
    )
    assert desk.parts(left.id) == (left.id, new, str(back.continued_as))
    assert_sound(desk.store)


def test_the_part_that_was_left_is_not_opened_again_and_counts_nowhere():
    drive = Drive.start()
    denied = drive.do(drive.to("denied"), "redirect", to="order", facts=GROUND)
    for verb in ("reopen", "redirect"):
        with pytest.raises(Refused) as refused:
            drive.do(denied, verb, **({"to": "order"} if verb == "redirect" else {}))
        assert refused.value.code == "not_allowed_from_state"
    other = drive.desk.file(
        marketplace="US",
        incident_on="2024-06-01",
        order={"id": "114-9"},
        seller=seller(),
        losses=[{"head": "medical", "amount": "600.00 USD"}],
    )
    first = drive.desk.record_screening(other.id, verdict="inconclusive", by="adjuster:one")
    drive.do(first, "provide_information")
    drive.do(first, "redirect", to="order", facts=GROUND)
    again = drive.desk.file(
        marketplace="US",
        incident_on="2024-06-01",
        order={"id": "114-9"},
        seller=seller(),
        losses=[{"head": "medical", "amount": "600.00 USD"}],
    )
    assert drive.desk.record_screening(again.id, verdict="valid", by="adjuster:one").state == "approved"
    assert drive.desk.measures(SELLER)["odr_claims"] == 0


def test_the_first_filing_date_stands_for_the_windows_there():
    drive = Drive.start()
    claim = drive.file()
    drive.clock.now += timedelta(days=200)
    far = {"ground": "not_received", "order": {"price": "1.00 USD", "max_estimated_delivery_on": "2024-05-20"}}
    left = drive.desk.redirect(claim.id, to="order", facts=far, reason="a lost parcel")
    assert drive.desk.get(str(left.continued_as)).state != "denied"
    assert drive.desk.get(str(left.continued_as)).filed_at == claim.filed_at


def test_where_it_was_too_soon_then_it_is_opened_as_of_the_move():
    drive = Drive.start()
    claim = drive.file()
    drive.clock.now += timedelta(days=30)
    soon = {"ground": "not_received", "order": {"price": "1.00 USD", "max_estimated_delivery_on": "2024-06-20"}}
    left = drive.desk.redirect(claim.id, to="order", facts=soon, reason="a lost parcel")
    assert drive.desk.get(str(left.continued_as)).filed_at == drive.clock.now


def test_what_does_not_belong_there_is_refused_and_nothing_changes():
    drive = Drive.start(plain=False)
    claim = drive.to("filed")
    before = snapshot(drive.desk.store, claim.id)
    for payload, code, field in (
        ({"to": "order"}, "programme_unclear", "facts"),
        ({"to": "order", "facts": {"order": {"price": "1.00 USD", "max_estimated_delivery_on": "2024-06-01"}}},
         "programme_unclear", "facts.ground"),
        ({"to": "pdpi", "facts": {"cause": "product_defect"}}, "programme_unclear", "facts"),
        ({"to": "seller_insurance"}, "programme_unclear", "facts"),
        ({"to": "nowhere"}, "unknown_programme", "programme"),
        ({"to": "fba", "facts": {"type": "shipment"}}, "missing_field", "facts.units"),
        ({"to": "order", "facts": {**GROUND, "order": {"price": 4}}}, None, "facts.order.price"),
        ({}, "missing_field", "to"),
    ):  # fmt: skip
        with pytest.raises(InputError) as wrong:
            drive.desk.do("redirect", claim.id, payload, reason="x")
        assert code in (None, wrong.value.code) and wrong.value.field == field, payload
        assert wrong.value.hint
    with pytest.raises(Refused) as early:  # nothing is left of either part when the other programme refuses
        late = {"ground": "not_received", "order": {"price": "1.00 USD", "max_estimated_delivery_on": "2030-01-01"}}
        drive.desk.redirect(claim.id, to="order", facts=late, reason="x")
    assert early.value.code == "too_early"
    assert snapshot(drive.desk.store, claim.id) == before
    assert [c.id for c in drive.desk.list()] == [claim.id]


def test_a_reason_a_hold_and_a_refund_in_part():
    desk = make_desk()
    claim = desk.file(
        programme="order", marketplace="US", seller=seller(), ground="not_as_described", return_requested=True,
        order={"id": "1", "price": "40.00 USD"},
    )  # fmt: skip
    facts = {"cause": "product_defect", "losses": [{"head": "medical", "amount": "9.00 USD"}]}

    def code(**more: Any) -> str:
        with pytest.raises(Refused) as refused:
            desk.redirect(claim.id, to="pdpi", facts=facts, **more)
        return refused.value.code

    assert code() == "needs_reason"
    desk.hold(claim.id, hold="legal", reason="a court asked")
    assert code(reason="x") == "on_hold"
    desk.release_hold(claim.id, reason="done", approved_by="cs:bo")
    desk.refund(claim.id, by="seller", amount="10.00 USD")
    assert code(reason="x") == "money_moved"


def test_personal_data_goes_on_sealed_and_a_key_gives_the_first_result():
    desk = make_desk()
    claim = desk.file(
        programme="order", marketplace="US", seller=seller(), ground="not_as_described", return_requested=True,
        order={"id": "1", "price": "40.00 USD", "item": {"title": "Lamp"}}, description="CANARY-TEXT",
        claimant={"ref": "CUST-1", "name": "CANARY-NAME"}, evidence=["photo-1"],
    )  # fmt: skip
    told = {"cause": "product_defect", "injury": {"kind": "trauma", "severity": "CANARY-INJURY"},
            "losses": [{"head": "medical", "amount": "640.00 USD"}]}  # fmt: skip
    once = [desk.redirect(claim.id, to="pdpi", facts=told, reason="CANARY-WHY", idempotency_key="k") for _ in (1, 2)]
    assert once[0].continued_as == once[1].continued_as
    assert len(list(desk.list())) == 2
    new = str(once[0].continued_as)
    kept = desk.personal(new, purpose="handling")
    assert (kept["claimant"]["name"], kept["injury"]["severity"]) == ("CANARY-NAME", "CANARY-INJURY")
    facts = desk.case_of(new).facts  # type: ignore[union-attr]
    assert facts["evidence"] == [{"id": "photo-1"}] and facts["order"]["item"]["title"] == "Lamp"
    assert "price" not in facts["order"]
    for part in (claim.id, new):
        assert "CANARY" not in json.dumps(desk.entries(part))
    assert set(desk.claims_of("CUST-1")) == {claim.id, new}
    assert_sound(desk.store, ["CANARY-NAME", "CANARY-INJURY", "CANARY-TEXT", "CANARY-WHY"])
