"""Every verb in every state, with a hold and without: done, or refused in full with nothing changed.

Each claim is brought into its state by real commands. The table says where a verb leads; what it does not name is
refused ``not_allowed_from_state``. Under a hold only recording verbs are open and the rules do not run on.
"""

from __future__ import annotations

from typing import Any

import pytest

from claimdesk import Refused
from claimdesk.workflow import registry
from claimdesk.workflow.engine import seller_file_id
from support.checks import assert_sound
from support.desks import PASSING, PAYLOADS, ROADS, Drive, snapshot, tasks

PDPI = registry.programme("pdpi")
VERBS = tuple(PAYLOADS)

#: Verbs that every state takes and that leave it as it is.
ALWAYS = ("attach_evidence", "note", "assign", "redact")
#: Verbs that every state with something to wait for takes too.
OPEN = ("record_certificate", "request_insurance")
MOVES = {"redirect": "closed"}
UNPAID = {"amend": "=", "assess": "=", "withdraw": "withdrawn", "deny": "denied"}

#: state -> verb -> the state the claim rests in afterwards ("=": the same; "+hold": under a hold).
LEADS: dict[str, dict[str, str]] = {
    "filed": {**UNPAID, **MOVES, "request_information": "information_requested", "record_screening": "approved"},
    "information_requested": {**UNPAID, **MOVES, "provide_information": "filed"},
    "seller_notified": {
        **UNPAID, **MOVES, "assess": "approved", "respond": "responded", "insurer_respond": "responded",
    },
    "responded": {**UNPAID, **MOVES, "insurer_respond": "=", "decline_offer": "disputed", "resolve": "closed"},
    "disputed": {**UNPAID, **MOVES, "decide_dispute": "approved", "request_information": "information_requested"},
    "approved": {**UNPAID, "confirm_payment": "recovery_review", "fail_payment": "="},
    "proof_requested": {"record_certificate": "closed", "reverse_payment": "approved+hold"},
    "recovery_review": {
        "record_certificate": "closed", "decide_recovery": "closed", "request_insurance": "proof_requested",
        "reverse_payment": "approved+hold",
    },
    "recovery_due": {
        "appeal": "recovery_appealed", "record_recovery": "=", "write_off": "closed",
        "reverse_payment": "approved+hold",
    },
    "recovery_appealed": {"decide_appeal": "closed", "record_recovery": "=", "reverse_payment": "approved+hold"},
    "denied": {"reopen": "filed", **MOVES},
    "withdrawn": {"reopen": "filed"},
    "closed": {"reopen": "filed", "reverse_payment": "approved+hold"},
}  # fmt: skip
ENDS = ("denied", "withdrawn", "closed")

#: What a hold leaves open (contract section 8), and where it leads.
RECORDING = (
    "record_screening",
    "attach_evidence",
    "request_information",
    "provide_information",
    "record_certificate",
    "amend",
    "note",
    "assign",
)
MOVING_UNDER_HOLD = {
    ("filed", "request_information"): "information_requested",
    ("disputed", "request_information"): "information_requested",
    ("information_requested", "provide_information"): "filed",
}


def leads(state: str) -> dict[str, str]:
    found = dict.fromkeys(ALWAYS, "=") | {"hold": "=+hold"}
    if state not in ENDS:
        found |= dict.fromkeys(OPEN, "=")
    return found | LEADS[state]


def test_the_table_speaks_of_every_state():
    assert set(LEADS) == set(ROADS)
    assert set(LEADS) | set(PASSING) == {s.name for s in PDPI.lifecycle.states}
    assert set(VERBS) == set(PDPI.lifecycle.verbs)


@pytest.mark.parametrize("state", ROADS)
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_without_a_hold(state, verb):
    drive = Drive.start()
    claim = drive.to(state)
    wanted = leads(state).get(verb)
    if wanted is None:
        code = "no_such_hold" if verb == "release_hold" else "not_allowed_from_state"
        refused(drive, claim.id, verb, code)
        return
    after = drive.do(claim, verb, **PAYLOADS[verb])
    to, _, held = wanted.partition("+")
    assert after.state == (state if to == "=" else to)
    assert bool(after.holds) == bool(held)
    assert after.version > claim.version
    assert_sound(drive.desk.store)


@pytest.mark.parametrize("state", ROADS)
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_under_a_hold(state, verb):
    """Recording stays open and moves nothing; deciding and money are refused; a release runs on from the same state."""
    drive = Drive.start()
    claim = drive.do(drive.to(state), "hold", hold="legal")
    known = verb in leads(state) or verb == "release_hold"
    if not known:
        refused(drive, claim.id, verb, "not_allowed_from_state")
    elif verb in RECORDING:
        after = drive.do(claim, verb, **PAYLOADS[verb])
        assert after.state == MOVING_UNDER_HOLD.get((state, verb), state)
        assert after.holds == ("legal",)
        assert after.paid_by_amazon == claim.paid_by_amazon
    elif verb == "release_hold":
        after = drive.do(claim, verb)
        assert (after.state, after.holds) == (state, ())
    elif verb == "hold":
        after = drive.do(claim, verb, hold="legal")
        assert (after.state, after.holds) == (state, ("legal",))
    elif verb == "withdraw":
        assert drive.do(claim, verb).state == "withdrawn"
    else:
        refused(drive, claim.id, verb, "on_hold")
    assert_sound(drive.desk.store)


def refused(drive: Drive, claim: str, verb: str, code: str) -> Refused:
    """The refusal, with everything it must carry, and the proof that nothing changed."""
    desk = drive.desk
    case = desk.get(claim)
    ids = (claim, seller_file_id(str(case.seller)))
    before, letters, work = snapshot(desk.store, *ids), len(drive.letters.letters), tasks(desk.store)
    with pytest.raises(Refused) as caught:
        drive.do(case, verb, **PAYLOADS[verb])
    error = caught.value
    assert error.code == code
    assert snapshot(desk.store, *ids) == before
    assert (len(drive.letters.letters), tasks(desk.store)) == (letters, work)
    complete(error, case.state, case.id)
    assert verb not in error.allowed or code == "no_such_hold"
    assert set(error.allowed) == set(desk.actions(claim)["can"])
    return error


def complete(error: Refused, state: str, claim: str) -> None:
    """Code, state, what is unmet with rule, test, value, result, source and rulebook, what may be done, a hint."""
    assert error.message
    assert str(error)
    assert error.state == state
    assert error.claim == claim
    assert error.allowed
    assert error.hint or error.next_on
    assert error.unmet
    for reason in error.unmet:
        assert reason["code"] and reason["rule"], reason
        assert reason["result"] in (False, None), reason
        assert reason["tested"] and reason["source"], reason
        assert reason["rulebook"] == "pdpi-us@2021-09-01", reason
        assert "value" in reason, reason
    shown: dict[str, Any] = error.to_dict()
    assert {"code", "message", "state", "claim", "unmet", "allowed"} <= set(shown)


@pytest.mark.parametrize("state", ROADS)
@pytest.mark.parametrize("held", [False, True], ids=["free", "held"])
def test_what_can_be_done_is_what_is_not_refused(state, held):
    """``actions`` promises the verbs that are in the table (a hold is released where one stands), and says why not."""
    drive = Drive.start()
    claim = drive.to(state)
    if held:
        claim = drive.do(claim, "hold", hold="legal")
    told = drive.desk.actions(claim.id)
    wanted = set(leads(state)) | {"release_hold"} if held else set(leads(state)) - {"release_hold"}
    closed = {v for v in wanted if held and v not in (*RECORDING, "hold", "release_hold", "withdraw")}
    assert set(told["can"]) == wanted - closed
    codes = dict.fromkeys(set(VERBS) - wanted, "not_allowed_from_state") | dict.fromkeys(closed, "on_hold")
    codes |= {} if held else {"release_hold": "no_such_hold"}
    assert told["cannot"] == codes
    assert (told["state"], told["hold"]) == (state, "legal" if held else None)


@pytest.mark.parametrize("state", ROADS)
@pytest.mark.parametrize("verb", VERBS)
def test_a_dry_run_says_what_would_happen_and_writes_nothing(state, verb):
    drive = Drive.start()
    claim = drive.to(state)
    ids = (claim.id, seller_file_id(str(claim.seller)))
    before = snapshot(drive.desk.store, *ids)
    options: Any = {"reason": "because it is so", "approved_by": "cs:bo"}
    tried: Any
    try:
        tried = drive.desk.do(verb, claim.id, PAYLOADS[verb], dry_run=True, **options)
    except Refused as error:
        assert snapshot(drive.desk.store, *ids) == before
        with pytest.raises(Refused) as again:
            drive.desk.do(verb, claim.id, PAYLOADS[verb], **options)
        assert (again.value.code, again.value.unmet) == (error.code, error.unmet)
        return
    assert snapshot(drive.desk.store, *ids) == before
    assert tried.dry_run
    done: Any = drive.desk.do(verb, claim.id, PAYLOADS[verb], **options)
    assert (done.state, done.version, done.holds) == (tried.state, tried.version, tried.holds)


@pytest.mark.parametrize("verb", VERBS)
def test_no_claim_rests_in_a_passing_state(verb):
    """Whatever is done from wherever: a claim never stays where the rules move it on at once."""
    for state in ROADS:
        drive = Drive.start()
        claim = drive.to(state)
        if verb in leads(state):
            assert drive.do(claim, verb, **PAYLOADS[verb]).state not in PASSING


def test_under_a_reversed_payment_a_person_releases_or_denies():
    """Contract section 8: that hold alone leaves ``deny`` open, and what can be done says so."""
    drive = Drive.start()
    claim = drive.do(drive.to("closed"), "reverse_payment")
    assert claim.holds == ("payment_reversed",)
    assert "deny" in drive.desk.actions(claim.id)["can"]
    error = refused(drive, claim.id, "confirm_payment", "on_hold")
    assert "deny" in error.allowed
    assert drive.do(claim, "deny").state == "denied"


def test_a_second_hold_closes_the_way_out_of_a_reversed_payment():
    drive = Drive.start()
    claim = drive.do(drive.do(drive.to("closed"), "reverse_payment"), "hold", hold="legal")
    refused(drive, claim.id, "deny", "on_hold")
