"""Which refusal is told when several tests fail.

The order: unknown claim, stale version, state, hold, reason, second person, the verb's own test.
"""

from __future__ import annotations

from typing import Any

import pytest

from claimdesk import ClaimdeskError, NotFound, Refused, StaleVersion
from support.desks import BIG, Drive, snapshot

#: At or over this amount deciding money takes two people.
LARGE = "6000.00 USD"


def due(drive: Drive, amount: str = LARGE) -> Any:
    claim = drive.do(drive.valid(amount), "respond", position="reject")
    return drive.do(drive.do(claim, "decide_dispute", decision="step_in"), "confirm_payment")


def code_of(drive: Drive, claim: str, verb: str, payload: dict[str, Any] | None = None, **options: Any) -> str:
    before = snapshot(drive.desk.store, claim)
    with pytest.raises(ClaimdeskError) as refused:
        drive.desk.do(verb, claim, payload or {}, **options)
    assert snapshot(drive.desk.store, claim) == before
    return refused.value.code


def test_an_unknown_claim_comes_first():
    drive = Drive.start()
    for verb in ("write_off", "confirm_payment", "note"):
        with pytest.raises(NotFound) as refused:
            drive.desk.do(verb, "CLM-00000000000000000", {}, expected_version=99)
        assert refused.value.code == "unknown_claim"


def test_a_stale_version_comes_before_the_state():
    drive = Drive.start()
    claim = drive.do(drive.to("filed"), "hold", hold="legal")
    assert code_of(drive, claim.id, "write_off", expected_version=99) == "stale_version"
    assert code_of(drive, claim.id, "write_off", expected_version=claim.version) == "not_allowed_from_state"


def test_the_state_comes_before_the_hold():
    drive = Drive.start()
    claim = drive.do(drive.to("filed"), "hold", hold="legal")
    assert code_of(drive, claim.id, "write_off") == "not_allowed_from_state"


def test_the_hold_comes_before_the_reason():
    drive = Drive.start()
    claim = drive.do(due(drive), "hold", hold="legal")
    assert code_of(drive, claim.id, "write_off") == "on_hold"


@pytest.mark.parametrize("reason", ["", " ", "\n\t", None])
def test_the_reason_comes_before_the_second_person(reason):
    drive = Drive.start()
    claim = due(drive)
    assert code_of(drive, claim.id, "write_off", reason=reason) == "needs_reason"


@pytest.mark.parametrize("second", [None, "", "cs:mei", "rules", "script:nightly"])
def test_a_second_person_is_somebody_else(second):
    drive = Drive.start()
    claim = due(drive)
    options = {} if second is None else {"approved_by": second}
    assert code_of(drive, claim.id, "write_off", reason="gone", **options) == "needs_second_person"


@pytest.mark.parametrize("second", [" cs:mei", "cs:mei ", "   ", "cs:mei\u200b", 7, ["cs:bo"], {"a": 1.5}, True])
def test_a_second_person_is_named_so_that_two_names_cannot_look_the_same(second):
    """Space around it, invisible characters or no text at all: that is no name, and no way round the second person."""
    drive = Drive.start()
    claim = due(drive)
    assert code_of(drive, claim.id, "write_off", reason="gone", approved_by=second) == "not_an_identifier"
    assert code_of(drive, claim.id, "write_off", {"approved_by": second}, reason="gone") == "not_an_identifier"


def test_a_second_person_named_in_the_payload_counts_the_same():
    drive = Drive.start()
    claim = due(drive)
    assert code_of(drive, claim.id, "write_off", {"approved_by": "cs:mei"}, reason="gone") == "needs_second_person"
    assert drive.desk.do("write_off", claim.id, {"approved_by": "cs:bo"}, reason="gone").state == "closed"


def test_the_second_person_comes_before_the_verbs_own_test():
    """A payment that no longer stands is the own test of ``reverse_payment``."""
    drive = Drive.start()
    claim = drive.do(drive.do(drive.valid(LARGE), "respond", position="accept"), "resolve", amount=LARGE)
    assert claim.state == "closed"
    assert code_of(drive, claim.id, "reverse_payment", reason="mistake") == "needs_second_person"
    own = code_of(drive, claim.id, "reverse_payment", reason="mistake", approved_by="cs:bo")
    assert own == "not_allowed_from_state"


@pytest.mark.parametrize(
    ("verb", "payload", "code"),
    [
        ("record_recovery", {"amount": "1200.01 USD"}, "amount_over_balance"),
        ("appeal", {"by": "customer"}, "nothing_to_appeal"),
        ("release_hold", {}, "no_such_hold"),
    ],
)
def test_the_verbs_own_test_comes_last(verb, payload, code):
    drive = Drive.start()
    claim = due(drive, BIG)
    assert code_of(drive, claim.id, verb, payload, reason="because", expected_version=99) == "stale_version"
    assert code_of(drive, claim.id, verb, payload, reason="because") == code
    if verb != "release_hold":
        held = drive.do(claim, "hold", hold="legal")
        assert code_of(drive, held.id, verb, payload, reason="because") == "on_hold"


def test_a_late_appeal_is_told_with_its_date():
    drive = Drive.start()
    claim = due(drive, BIG)
    drive.desk.tick()
    drive.clock.advance(days=31)
    with pytest.raises(Refused) as refused:
        drive.desk.appeal(claim.id, by="seller")
    assert refused.value.code == "late_appeal"
    assert "2024-07-03" in refused.value.message


def test_an_appeal_is_in_time_on_day_30_until_the_last_microsecond():
    drive = Drive.start()
    claim = due(drive, BIG)
    drive.desk.tick()
    drive.clock.set("2024-07-03T23:59:59.999999-07:00")
    assert drive.desk.appeal(claim.id, by="seller").state == "recovery_appealed"


def test_the_refusal_of_a_stale_version_names_both_versions():
    drive = Drive.start()
    claim = drive.to("filed")
    with pytest.raises(StaleVersion) as refused:
        drive.desk.note(claim.id, text="x", expected_version=7)
    assert refused.value.unmet[0]["value"] == "1"
    assert refused.value.unmet[0]["limit"] == "7"
    assert refused.value.allowed


@pytest.mark.parametrize(
    ("verb", "payload"),
    [
        ("reopen", {}),
        ("deny", {}),
        ("decide_appeal", {"decision": "upheld"}),
        ("release_hold", {}),
        ("write_off", {}),
        ("record_recovery", {"amount": "1.00 USD"}),
    ],
)
def test_a_human_override_needs_a_reason(verb, payload):
    roads = {
        "reopen": "denied",
        "deny": "filed",
        "decide_appeal": "recovery_appealed",
        "write_off": "recovery_due",
        "record_recovery": "recovery_due",
    }
    drive = Drive.start()
    claim = drive.to(roads.get(verb, "filed"))
    if verb == "release_hold":
        claim = drive.do(claim, "hold", hold="other")
    assert code_of(drive, claim.id, verb, payload) == "needs_reason"
    assert drive.desk.do(verb, claim.id, {**payload, "reason": "new facts"}).version > claim.version
