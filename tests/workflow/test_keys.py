"""Idempotency keys: the first result again for the same content, a refusal for other content, and nothing written."""

from __future__ import annotations

from typing import Any

import pytest

from claimdesk import IdempotencyMismatch
from claimdesk.workflow.engine import seller_file_id
from support.desks import PAYLOADS, SELLER, Drive, filing, seller, snapshot


def test_filing_again_gives_the_first_result_not_the_present_one():
    """Contract section 2: same key and same content returns the first result, however far the claim has come since."""
    drive = Drive.start()
    first = drive.desk.file(**filing(), idempotency_key="helpdesk-1")
    drive.clock.advance(days=1)
    drive.desk.record_screening(first.id, verdict="valid", by="adjuster:one")
    before = snapshot(drive.desk.store, first.id)
    again = drive.desk.file(**filing(), idempotency_key="helpdesk-1")
    assert again == first
    assert snapshot(drive.desk.store, first.id) == before


@pytest.mark.parametrize(
    "other",
    [
        {"incident_on": "2024-05-30"},
        {"losses": [{"head": "property_damage", "amount": "600.01 USD"}]},
        {"claimant": {"name": "Somebody Else"}},
        {"order": {"id": "114-2"}},
        {"seller": seller(insurance_required=True)},
        {"seller": SELLER},
        {"filed_at": "2024-06-02T09:00:00-07:00"},
        {"description": "more words"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_the_same_key_with_other_content_is_refused_and_changes_nothing(other):
    """Also what the filing says about its seller is content."""
    drive = Drive.start()
    first = drive.desk.file(**filing(), idempotency_key="helpdesk-1")
    ids = (first.id, seller_file_id(SELLER))
    before = snapshot(drive.desk.store, *ids)
    with pytest.raises(IdempotencyMismatch) as refused:
        drive.desk.file(**{**filing(), **other}, idempotency_key="helpdesk-1")
    assert refused.value.code == "idempotency_mismatch"
    assert snapshot(drive.desk.store, *ids) == before


def test_the_same_key_in_another_marketplace_is_other_content():
    drive = Drive.start()
    told = {"order": {"id": "114-1"}, "incident_on": "2024-06-01", "seller": seller()}
    drive.desk.file(marketplace="US", **told, idempotency_key="k")
    with pytest.raises(IdempotencyMismatch):
        drive.desk.file(marketplace="CA", **told, idempotency_key="k")


def test_a_key_belongs_to_its_actor():
    drive = Drive.start()
    one = drive.desk.file(**filing(), idempotency_key="k")
    other = drive.desk.file(**filing(), idempotency_key="k", actor="cs:bo")
    assert one.id != other.id


@pytest.mark.parametrize(
    "verb", ["note", "assess", "record_screening", "hold", "attach_evidence", "assign", "withdraw"]
)
def test_a_verb_with_a_known_key_is_done_once(verb):
    drive = Drive.start()
    claim = drive.to("filed")
    options: Any = {"idempotency_key": "k", "reason": "because"}
    first = drive.desk.do(verb, claim.id, PAYLOADS[verb], **options)
    drive.desk.do("note", claim.id, {"text": "something in between"})
    before = snapshot(drive.desk.store, claim.id)
    assert drive.desk.do(verb, claim.id, PAYLOADS[verb], **options) == first
    assert snapshot(drive.desk.store, claim.id) == before


def test_money_told_of_twice_under_one_key_is_taken_once():
    drive = Drive.start()
    claim = drive.to("recovery_due")
    for _ in range(3):
        drive.desk.record_recovery(claim.id, amount="100.00 USD", reason="bank statement", idempotency_key="wire-7")
    assert str(drive.desk.get(claim.id).recovery.amount) == "1100.00 USD"


def test_the_same_key_for_another_claim_or_verb_is_refused():
    drive = Drive.start()
    one, other = drive.to("filed"), drive.to("filed")
    drive.desk.note(one.id, text="x", idempotency_key="k")
    for verb, claim, payload in (
        ("note", other.id, {"text": "x"}),
        ("note", one.id, {"text": "y"}),
        ("assign", one.id, {"owner": "cs:bo"}),
    ):
        before = snapshot(drive.desk.store, one.id, other.id)
        with pytest.raises(IdempotencyMismatch):
            drive.desk.do(verb, claim, payload, idempotency_key="k")
        assert snapshot(drive.desk.store, one.id, other.id) == before


def test_a_key_whose_verb_was_refused_is_free():
    """Nothing was written for it, so it stands for nothing."""
    drive = Drive.start()
    claim = drive.to("filed")
    with pytest.raises(Exception, match="not_allowed_from_state"):
        drive.desk.do("write_off", claim.id, {}, reason="x", idempotency_key="k")
    assert drive.desk.note(claim.id, text="x", idempotency_key="k").version == claim.version + 1
