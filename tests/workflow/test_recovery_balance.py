"""Recovery ends when nothing is asked any more, however it came to that."""

from __future__ import annotations

import pytest

from claimdesk import Claim, Refused
from claimdesk.states.case import Totals
from support.checks import assert_sound
from support.desks import BIG, Drive, filing


def test_an_appeal_denied_after_everything_came_back_closes_the_claim():
    """Contract section 3: it closes by itself when no clock, hold, balance or appeal is open."""
    drive = Drive.start()
    claim = drive.do(drive.to("recovery_appealed"), "record_recovery", amount=BIG)
    assert (claim.state, str(claim.recovery.amount)) == ("recovery_appealed", "0.00 USD")
    claim = drive.do(claim, "decide_appeal", decision="denied")
    assert (claim.state, claim.recovery.status) == ("closed", "recouped")
    assert "recouped" in claim.path
    assert_sound(drive.desk.store)


def test_an_appeal_upheld_gives_back_what_came_in():
    drive = Drive.start()
    claim = drive.do(drive.to("recovery_appealed"), "record_recovery", amount="200.00 USD")
    claim = drive.do(claim, "decide_appeal", decision="upheld")
    assert (claim.state, claim.recovery.status, str(claim.paid_by_amazon)) == ("closed", "waived", BIG)
    assert_sound(drive.desk.store)


@pytest.mark.parametrize("steps", [["100.00 USD", "1100.00 USD"], ["1200.00 USD"], ["0.01 USD", "1199.99 USD"]])
def test_the_last_cent_closes_the_claim(steps):
    drive = Drive.start()
    claim = drive.to("recovery_due")
    for amount in steps:
        assert claim.state == "recovery_due"
        claim = drive.do(claim, "record_recovery", amount=amount)
    assert (claim.state, claim.recovery.status) == ("closed", "recouped")
    assert_sound(drive.desk.store)


def test_a_cent_too_much_is_refused_with_the_balance():
    drive = Drive.start()
    claim = drive.do(drive.to("recovery_due"), "record_recovery", amount="100.00 USD")
    with pytest.raises(Refused) as refused:
        drive.do(claim, "record_recovery", amount="1100.01 USD")
    assert refused.value.code == "amount_over_balance"
    assert refused.value.unmet[0]["limit"] == "1100.00 USD"


def test_many_small_recoveries_fit_into_the_journal():
    """A seller who pays in small parts does not fill an entry up."""
    drive = Drive.start()
    claim = drive.to("recovery_due")
    for _ in range(300):
        claim = drive.do(claim, "record_recovery", amount="0.01 USD")
    assert claim.state == "recovery_due"
    sizes = [len(e) for e in map(str, drive.desk.entries(claim.id))]
    assert sizes[-1] < 4096


@pytest.mark.parametrize("paid_first", [0, 1])
def test_the_ceiling_of_an_incident_is_used_once_and_used_up(paid_first):
    """Reading R2: claims of one incident share one million; neither more nor less is paid, whoever is paid first."""
    drive = Drive.start()
    claims = [drive.desk.file(**filing("700000.00 USD", "114-9")) for _ in range(2)]
    for claim in claims:
        drive.desk.record_screening(claim.id, verdict="valid", by="adjuster:one")
        drive.do(claim, "respond", position="reject")
    order = [claims[paid_first], claims[1 - paid_first]]
    for claim in order:
        drive.do(claim, "decide_dispute", decision="step_in")
        drive.do(claim, "confirm_payment")
    total = sum(drive.desk.get(c.id).paid_by_amazon.minor for c in claims)
    assert total == 1_000_000_00
    assert_sound(drive.desk.store)


def _totals(drive: Drive, claim: Claim) -> Totals:
    case = drive.desk.case_of(claim.id)
    assert case is not None
    return case.totals


def test_a_reversal_takes_what_was_given_up_with_it():
    """The database counts write-offs since the last payment; the fold must say the same."""
    drive = Drive.start()
    claim = drive.do(drive.to("recovery_due"), "write_off", reason="the seller is gone")
    assert _totals(drive, claim).written_off == 120000
    claim = drive.do(claim, "reverse_payment", reason="paid twice by the bank")
    totals = _totals(drive, claim)
    assert (totals.by_amazon, totals.written_off, totals.recovered) == (0, 0, 0)
    assert_sound(drive.desk.store)
    claim = drive.do(claim, "release_hold", reason="pay again")
    claim = drive.do(claim, "confirm_payment")
    claim = drive.do(claim, "write_off", reason="still gone")
    assert _totals(drive, claim).written_off == 120000
    assert_sound(drive.desk.store)
