"""Payments that a person or a bank tells of: only the one that is authorised can be confirmed or fail."""

from __future__ import annotations

import pytest

from claimdesk import Refused
from support.checks import assert_sound
from support.desks import Drive, snapshot, stored


@pytest.mark.parametrize("verb", ["confirm_payment", "fail_payment"])
def test_news_of_another_transfer_is_refused(verb):
    """A late message about an authorisation that was void must not settle the one after it."""
    drive = Drive.start()
    claim = drive.to("approved")
    old = stored(drive.desk.store, claim.id).totals.pending
    claim = drive.do(claim, "assess", losses=[{"head": "property_damage", "amount": "500.00 USD"}])
    new = stored(drive.desk.store, claim.id).totals.pending
    assert old != new
    before = snapshot(drive.desk.store, claim.id)
    with pytest.raises(Refused) as refused:
        drive.do(claim, verb, ref=old)
    assert refused.value.code == "not_yet"
    assert snapshot(drive.desk.store, claim.id) == before
    assert drive.do(claim, verb, ref=new).state in ("recovery_review", "approved")
    assert_sound(drive.desk.store)


def test_a_reference_of_the_banks_own_is_taken():
    drive = Drive.start()
    claim = drive.to("approved")
    assert drive.do(claim, "confirm_payment", ref="WIRE-2024-0815").state == "recovery_review"


def test_a_failed_payment_is_tried_again_under_the_same_obligation():
    drive = Drive.start()
    claim = drive.to("approved")
    first = stored(drive.desk.store, claim.id).totals
    for _ in range(3):
        claim = drive.do(claim, "fail_payment")
    again = stored(drive.desk.store, claim.id).totals
    assert (again.pending, again.obligation) == (first.pending, first.obligation)
    claim = drive.do(claim, "confirm_payment")
    assert stored(drive.desk.store, claim.id).totals.posted is not None
    assert_sound(drive.desk.store)


def test_a_second_confirmation_is_refused():
    """Contract section 8: a second ``confirm_payment`` of a paid claim is ``not_allowed_from_state``."""
    drive = Drive.start()
    claim = drive.do(drive.to("approved"), "confirm_payment")
    with pytest.raises(Refused) as refused:
        drive.do(claim, "confirm_payment")
    assert refused.value.code == "not_allowed_from_state"
