"""Correcting the seller of a claim: whose facts count then, and when it is too late."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from claimdesk import InputError, NotFound, Refused
from claimdesk.adapters.open_store import open_store
from support.checks import assert_sound
from support.desks import BIG, SELLER, Drive, make_desk, seller

OTHER = "A2OTHER"
INSURED: dict[str, Any] = {**seller(id=OTHER, legal_entity="Glow Ltd"), "certificates": ["valid"]}


def test_the_facts_of_the_seller_named_last_count(tmp_path: Path):
    """The right seller is insured, so nothing is asked back; the wrong one hears nothing."""
    drive = Drive.start(open_store(tmp_path / "claims.db"), payments="instant")
    claim = drive.file()
    assert claim.seller == SELLER
    claim = drive.desk.amend(claim.id, facts={"seller": INSURED, "delivered_on": "2024-05-20"})
    assert (claim.state, claim.seller) == ("filed", OTHER)
    claim = drive.desk.record_screening(claim.id, verdict="valid", by="adjuster:one")
    assert (claim.state, claim.recovery.status, claim.seller) == ("closed", "waived", OTHER)
    assert [c.id for c in drive.desk.list(seller=OTHER)] == [claim.id]
    assert list(drive.desk.list(seller=SELLER)) == []
    told = [e for e in drive.desk.entries(claim.id) if e["type"] == "amend"]
    assert [e["seller"] for e in told] == [OTHER]
    assert_sound(drive.desk.store)
    drive.desk.close()


def test_an_id_must_be_on_file_and_a_mapping_puts_it_there():
    drive = Drive.start()
    claim = drive.file()
    with pytest.raises(NotFound) as unknown:
        drive.desk.amend(claim.id, facts={"seller": OTHER})
    assert unknown.value.code == "unknown_seller"
    seen = drive.desk.amend(claim.id, facts={"seller": {"id": OTHER}}, dry_run=True)
    assert (seen.seller, drive.desk.get(claim.id).seller) == (OTHER, SELLER)
    drive.desk.seller_do("update_seller", OTHER, {"legal_entity": "Glow Ltd"})
    assert drive.desk.amend(claim.id, facts={"seller": OTHER}).seller == OTHER
    assert drive.desk.amend(claim.id, facts={"seller": OTHER}).seller == OTHER  # the same again is no change


def test_a_key_is_told_once_whatever_the_file_says_since():
    drive = Drive.start()
    claim = drive.file()
    facts = {"seller": {"id": OTHER, "legal_entity": "Glow Ltd"}}
    drive.desk.amend(claim.id, facts=facts, idempotency_key="k1")
    drive.desk.seller_do("update_seller", OTHER, {"legal_entity": "Glow GmbH"})
    assert drive.desk.amend(claim.id, facts=facts, idempotency_key="k1").seller == OTHER
    assert drive.desk.seller(OTHER).facts["legal_entity"] == "Glow GmbH"


@pytest.mark.parametrize("state", ["seller_notified", "responded", "disputed", "approved"])
def test_once_the_seller_is_part_of_the_decision_the_claim_ends_first(state: str):
    """Each of these states stands on what the first seller was told, and on what the clocks made of it."""
    drive = Drive.start()
    claim = drive.to(state)
    drive.desk.seller_do("update_seller", OTHER, {})
    with pytest.raises(Refused) as refused:
        drive.desk.amend(claim.id, facts={"seller": OTHER})
    assert (refused.value.code, refused.value.state) == ("not_allowed_from_state", state)
    assert refused.value.unmet[0]["rule"] == "amend.seller" and "reopen" in refused.value.hint
    claim = drive.do(drive.do(claim, "deny"), "reopen")
    assert drive.desk.amend(claim.id, facts={"seller": OTHER}).seller == OTHER
    assert_sound(drive.desk.store)


def test_a_reopened_claim_that_was_paid_keeps_its_seller():
    drive = Drive.start()
    claim = drive.do(drive.to("closed"), "reopen")
    with pytest.raises(Refused) as refused:
        drive.desk.amend(claim.id, facts={"seller": {"id": OTHER}})
    assert refused.value.unmet[0]["value"] == "money stands"
    with pytest.raises(NotFound):
        drive.desk.seller(OTHER)  # refused: nothing of it is on file


def test_a_claim_sold_by_a_seller_names_one():
    desk = make_desk()
    claim = desk.file(
        marketplace="US", incident_on="2024-06-01", order={"id": "114-9", "sold_by": "amazon"},
        losses=[{"head": "property_damage", "amount": BIG}],
    )  # fmt: skip
    for facts in ({"order": {"sold_by": "seller"}}, {"seller": None}):
        with pytest.raises(InputError) as missing:
            desk.do("amend", claim.id, facts)
        assert (missing.value.code, missing.value.field) == ("missing_field", "seller")
    claim = desk.amend(claim.id, facts={"order": {"sold_by": "seller"}, "seller": seller()})
    claim = desk.record_screening(claim.id, verdict="valid", by="adjuster:one")
    assert (claim.state, claim.seller) == ("seller_notified", SELLER)


@pytest.mark.parametrize(
    ("programme", "marketplace", "facts"),
    [
        ("order", "US", {"order": {"id": "114-2", "price": "10.00 USD"}, "ground": "not_received"}),
        ("fba", "US", {"type": "removal_other", "event_on": "2024-05-20", "units": 1}),
        ("breakage_1688", "CN", {"received_on": "2024-05-30", "sub_orders": [{"id": "1", "amount": "unknown"}]}),
    ],
)  # fmt: skip
def test_every_programme_takes_another_seller_while_it_waits(programme: str, marketplace: str, facts: dict[str, Any]):
    desk = make_desk()
    claim = desk.file(programme=programme, marketplace=marketplace, seller=seller(), **facts)
    assert claim.state == "filed"
    assert desk.amend(claim.id, facts={"seller": {"id": OTHER}}).seller == OTHER
    assert_sound(desk.store)
