"""A settlement that was recorded and never came: it is taken back, once, and the customer is paid once all the same."""

from __future__ import annotations

import pytest

from claimdesk import Claim, InputError, Refused
from claimdesk.adapters.tlog.replays import replay_all
from support.checks import assert_sound
from support.desks import BIG, Drive, days


def settled(drive: Drive, amount: str = BIG, by: str = "seller") -> Claim:
    claim = drive.do(drive.do(drive.valid(BIG), "respond", position="accept", by=by), "resolve", amount=amount, by=by)
    assert claim.state == "closed"
    return claim


def sound(drive: Drive) -> None:
    """The books agree with the record, and the rules make the record again of what it says."""
    assert_sound(drive.desk.store)
    report, fault = replay_all(drive.desk.store, drive.desk.settings.vault)
    assert (fault, report.skipped) == (None, {})


def moves(drive: Drive, claim: Claim) -> list[tuple[str, int]]:
    return [(t.kind, t.amount) for t in drive.desk.ledger(claim.id)]


@pytest.mark.parametrize("by", ["seller", "insurer"])
def test_the_seller_is_asked_again_and_amazon_steps_in_on_silence(by: str) -> None:
    drive = Drive.start(payments="instant")
    claim = settled(drive, by=by)
    assert str(getattr(claim, f"paid_by_{by}")) == BIG
    claim = drive.do(claim, "reopen", settlement_received=False)
    assert claim.state == "filed"
    assert (claim.paid_by_seller.minor, claim.paid_by_insurer.minor) == (0, 0)
    first, taken = drive.desk.ledger(claim.id)
    assert (taken.kind, taken.reverses, taken.debit, taken.credit) == ("reverse", first.id, first.credit, first.debit)
    claim = drive.do(claim, "record_screening", verdict="valid", by="adjuster:two")
    assert claim.state == "seller_notified"
    drive.desk.tick()
    drive.clock.advance(hours=24 * 9)
    drive.desk.tick()
    claim = drive.desk.get(claim.id)
    assert (claim.state, str(claim.paid_by_amazon), str(claim.recovery.amount)) == ("recovery_due", BIG, BIG)
    assert moves(drive, claim) == [("settle", 120_000), ("reverse", 120_000), ("authorize", 120_000), ("post", 120_000)]
    sound(drive)


def test_what_was_received_or_is_not_known_stays() -> None:
    """Unknown is never read as false: nothing is taken back, and nothing is paid a second time."""
    drive = Drive.start(payments="instant")
    for told in ({}, {"settlement_received": True}, {"settlement_received": "unknown"}):
        claim = drive.do(settled(drive), "reopen", **told)
        claim = drive.do(claim, "record_screening", verdict="valid", by="adjuster:two")
        assert (claim.state, claim.reasons, str(claim.paid_by_seller)) == ("closed", ("already_paid",), BIG)
        assert moves(drive, claim) == [("settle", 120_000)]
    sound(drive)


def test_it_is_taken_back_once_and_only_where_there_is_one() -> None:
    drive = Drive.start()
    claim = drive.do(settled(drive), "reopen", settlement_received=False)
    claim = drive.do(claim, "withdraw")
    for closed in (claim, drive.to("closed"), drive.to("denied")):
        version = drive.desk.get(closed.id).version
        with pytest.raises(Refused) as refused:
            drive.do(closed, "reopen", settlement_received=False)
        assert (refused.value.code, refused.value.unmet[0]["rule"]) == ("not_allowed_from_state", "settlement.recorded")
        assert drive.desk.get(closed.id).version == version
    with pytest.raises(InputError):
        drive.do(claim, "reopen", settlement_received="no")


def test_a_seller_who_settles_again_is_taken_back_again() -> None:
    drive = Drive.start(payments="instant")
    claim = drive.do(settled(drive, "700.00 USD"), "reopen", settlement_received=False)
    claim = drive.do(claim, "record_screening", verdict="valid", by="adjuster:two")
    claim = drive.do(drive.do(claim, "respond", position="accept"), "resolve", amount="900.00 USD")
    assert (claim.state, str(claim.paid_by_seller)) == ("closed", "900.00 USD")
    claim = drive.do(claim, "reopen", settlement_received=False)
    assert moves(drive, claim) == [("settle", 70_000), ("reverse", 70_000), ("settle", 90_000), ("reverse", 90_000)]
    assert claim.paid_by_seller.minor == 0
    sound(drive)


def test_a_part_that_amazon_paid_beside_it_is_not_paid_twice() -> None:
    """A claim has one payment of Amazon's: what the seller owes of it is not added by reopening."""
    drive = Drive.start(payments="instant")
    claim = drive.do(settled(drive, "700.00 USD"), "reopen")
    claim = drive.do(claim, "record_screening", verdict="valid", by="adjuster:two")
    claim = drive.do(drive.do(claim, "respond", position="reject"), "decide_dispute", decision="step_in")
    assert str(claim.paid_by_amazon) == "500.00 USD"
    claim = drive.do(drive.do(claim, "record_recovery", amount="500.00 USD"), "reopen", settlement_received=False)
    claim = drive.do(claim, "record_screening", verdict="valid", by="adjuster:three")
    assert (claim.state, claim.reasons, claim.paid_by_seller.minor) == ("closed", ("already_paid",), 0)
    assert [kind for kind, _ in moves(drive, claim)] == ["settle", "authorize", "post", "recoup", "reverse"]
    sound(drive)


def test_from_the_band_on_two_people_stand_for_it() -> None:
    drive = Drive.start()
    large = "6000.00 USD"
    claim = drive.do(drive.do(drive.valid(large), "respond", position="accept"), "resolve", amount=large)
    with pytest.raises(Refused) as refused:
        drive.desk.reopen(claim.id, settlement_received=False, reason="the customer has nothing")
    assert refused.value.code == "needs_second_person"
    assert drive.desk.reopen(claim.id, reason="another fact").state == "filed"
    drive.do(claim, "withdraw")
    made = drive.desk.reopen(
        claim.id, settlement_received=False, reason="the customer has nothing", approved_by="cs:bo", idempotency_key="1"
    )
    assert made.paid_by_seller.minor == 0
    drive.clock.advance(hours=days(1).days)
    again = drive.desk.reopen(
        claim.id, settlement_received=False, reason="the customer has nothing", approved_by="cs:bo", idempotency_key="1"
    )
    assert again == made
    assert len(moves(drive, claim)) == 2
