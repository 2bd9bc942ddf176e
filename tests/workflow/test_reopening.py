"""A claim that was paid, closed and opened again keeps what was decided about its money."""

from __future__ import annotations

import pytest

from support.checks import assert_sound
from support.desks import BIG, SMALL, Drive, filing, seller, stored


def reopened_and_closed_again(drive: Drive, claim):
    claim = drive.do(claim, "reopen")
    assert claim.state == "filed"
    claim = drive.do(claim, "record_screening", verdict="valid", by="adjuster:two")
    assert (claim.state, claim.reasons) == ("closed", ("already_paid",))
    return claim


def test_a_paid_claim_closed_again_can_still_be_reversed_and_paid_again():
    """The route and the day of the claim notice stand: the recovery after the second payment hangs on them."""
    drive = Drive.start()
    claim = reopened_and_closed_again(drive, drive.to("closed"))
    claim = drive.do(claim, "reverse_payment")
    claim = drive.do(claim, "release_hold")
    assert claim.state == "approved"
    claim = drive.do(claim, "confirm_payment")
    assert claim.state == "closed"
    assert claim.recovery.status == "waived"
    assert_sound(drive.desk.store)


def test_over_the_line_stays_over_the_line():
    """Reading R12: a claim that was paid over the line is not waived as a small one the second time."""
    drive = Drive.start()
    claim = drive.to("recovery_due")
    claim = drive.do(drive.do(claim, "record_recovery", amount=BIG), "reopen")
    claim = drive.do(claim, "record_screening", verdict="valid", by="adjuster:two")
    assert claim.state == "closed"
    assert claim.recovery.status == "recouped"
    for verb in ("reverse_payment", "release_hold", "confirm_payment"):
        claim = drive.do(claim, verb)
    assert (claim.state, claim.recovery.status, str(claim.recovery.amount)) == ("recovery_due", "due", BIG)
    assert_sound(drive.desk.store)


def test_an_unpaid_claim_opened_again_is_routed_afresh():
    drive = Drive.start()
    claim = drive.do(drive.to("seller_notified"), "deny")
    assert stored(drive.desk.store, claim.id).facts["route"] == "over"
    claim = drive.do(claim, "reopen")
    claim = drive.do(claim, "assess", losses=[{"head": "property_damage", "amount": SMALL}])
    claim = drive.do(claim, "record_screening", verdict="valid", by="adjuster:two")
    assert claim.state == "approved"
    assert stored(drive.desk.store, claim.id).facts["route"] == "under"


@pytest.mark.parametrize("payments", ["instant", "manual"])
def test_a_reopened_paid_claim_still_counts_with_its_siblings(payments):
    """Reading R2, no splitting: what was paid counts, whatever is looked at again meanwhile."""
    drive = Drive.start(payments=payments)
    insured = seller(certificates=["valid"])
    first = drive.desk.file(**filing(SMALL, "114-9", seller=insured))
    first = drive.desk.record_screening(first.id, verdict="valid", by="adjuster:one")
    if payments == "manual":
        first = drive.do(first, "confirm_payment")
    assert first.state == "closed"
    drive.do(first, "reopen")
    second = drive.desk.file(**filing(SMALL, "114-9", seller=insured))
    second = drive.desk.record_screening(second.id, verdict="valid", by="adjuster:one")
    assert second.state == "seller_notified"
