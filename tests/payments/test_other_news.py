"""News of another payment than the one authorised now confirms nothing and fails nothing, in every programme."""

from __future__ import annotations

from typing import Any

import pytest

from claimdesk import Refused
from claimdesk.workflow.desk import Desk
from support.checks import assert_sound
from support.desks import filing, make_desk, seller, snapshot


def damage(desk: Desk) -> str:
    return desk.record_screening(desk.file(**filing()).id, verdict="valid", by="adjuster:one").id


def order(desk: Desk) -> str:
    claim = desk.file(
        programme="order", marketplace="US", seller=seller(), ground="not_as_described", return_requested=True,
        order={"id": "1", "price": "40.00 USD"},
    )  # fmt: skip
    return desk.do("decide", claim.id, {"decision": "grant", "at_fault": "none"}, reason="so").id


def unit(desk: Desk) -> str:
    claim = desk.file(
        programme="fba", marketplace="US", seller=seller(), type="removal_other", event_on="2024-05-20", units=2,
        valuation={"own_price": "20.00 USD"},
    )  # fmt: skip
    return desk.do("decide", claim.id, {"decision": "reimburse"}, reason="so").id


def broken(desk: Desk) -> str:
    return desk.file(
        programme="breakage_1688", marketplace="CN", seller=seller(), received_on="2024-05-20",
        sub_orders=[{"id": "a", "amount": "100.00 CNY"}],
    ).id  # fmt: skip


WAYS = {"pdpi": damage, "order": order, "fba": unit, "breakage_1688": broken}


@pytest.mark.parametrize("verb", ["confirm_payment", "fail_payment"])
@pytest.mark.parametrize("programme", WAYS)
def test_only_the_payment_that_is_authorised_is_confirmed_or_failed(programme, verb):
    desk = make_desk(payments="manual")
    claim = WAYS[programme](desk)
    case = desk.case_of(claim)
    assert case is not None and case.totals.pending is not None
    before = snapshot(desk.store, claim)
    with pytest.raises(Refused) as refused:
        desk.do(verb, claim, {"ref": desk.settings.new_id("PAY")})
    assert refused.value.code == "not_yet" and refused.value.allowed
    assert refused.value.unmet[0]["rule"] == "payment.pending"
    assert snapshot(desk.store, claim) == before
    told: list[dict[str, Any]] = [{"ref": case.totals.pending}, {"ref": "BANK-77"}, {}]
    done = desk.do(verb, claim, told[len(programme) % 3])
    assert (desk.case_of(claim).totals.posted is None) == (verb == "fail_payment")  # type: ignore[union-attr]
    assert done.version > case.version
    assert_sound(desk.store)


def test_a_late_word_of_a_payment_that_came_back_does_not_stand_for_the_second_one():
    desk = make_desk(payments="manual")
    claim = broken(desk)
    first = desk.case_of(claim).totals.pending  # type: ignore[union-attr]
    desk.do("confirm_payment", claim, {"ref": first})
    desk.do("reverse_payment", claim, reason="it came back")
    desk.do("release_hold", claim, {"hold": "payment_reversed"}, reason="pay again")
    second = desk.case_of(claim).totals.pending  # type: ignore[union-attr]
    assert second not in (None, first)
    with pytest.raises(Refused, match="not_yet"):
        desk.do("confirm_payment", claim, {"ref": first})
    assert str(desk.get(claim).paid_by_insurer) == "0.00 CNY"
    desk.do("confirm_payment", claim, {"ref": second})
    assert str(desk.get(claim).paid_by_insurer) == "5.00 CNY"
    assert_sound(desk.store)
