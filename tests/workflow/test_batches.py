"""A refused line of a batch leaves nothing behind, also not on cases that earlier lines of the batch had changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from claimdesk.states.errors import StorageError
from claimdesk.workflow.desk import Desk
from claimdesk.workflow.engine import Session
from claimdesk.workflow.lines import read_lines
from claimdesk.workflow.triage import triage
from support.checks import assert_sound
from support.desks import MONDAY, SELLER, make_desk


def small(order: str, amount: str = "600.00 USD", **facts: Any) -> dict[str, Any]:
    """A damage claim that is screened, paid and asks the seller for proof."""
    return {
        "marketplace": "US",
        "filed_at": MONDAY,
        "incident_on": "2024-06-01",
        "order": {"id": order},
        "losses": [{"head": "property_damage", "amount": amount}],
        "screening": {"verdict": "valid", "by": "adjuster:one"},
        "seller": {"id": SELLER, "insurance_required": True, **facts},
    }


def too_soon(order: str, **facts: Any) -> dict[str, Any]:
    """An order claim that is refused: nobody wrote to the seller 48 hours ago."""
    return {
        "programme": "order",
        "marketplace": "US",
        "filed_at": MONDAY,
        "order": {
            "id": order,
            "fulfilled_by": "seller",
            "price": "10.00 USD",
            "max_estimated_delivery_on": "2024-05-20",
        },
        "ground": "not_received",
        "seller_contacted_at": "2024-06-03T08:00:00-07:00",
        "seller": {"id": SELLER, **facts},
    }


def run(desk: Desk, *lines: dict[str, Any]) -> list[dict[str, Any]]:
    return list(triage(desk, read_lines(json.dumps(line) for line in lines), run_id="IMP-1"))


def test_a_refused_line_takes_its_sellers_facts_back():
    """The seller was staged by the line before; what the refused line told about them must go with it."""
    desk = make_desk(payments="instant")
    told = run(
        desk,
        small("114-1", legal_entity="Lumen Ltd"),
        too_soon("114-2", legal_entity="Other Ltd", trade_names=["Glow"]),
        small("114-3", amount="500.00 USD", in_good_standing=True),
    )
    assert [(r["status"], r.get("error", {}).get("code")) for r in told] == [
        ("created", None), ("rejected", "contact_seller_first"), ("created", None),
    ]  # fmt: skip
    facts = desk.seller(SELLER).facts
    assert (facts["legal_entity"], facts.get("trade_names"), facts["in_good_standing"]) == ("Lumen Ltd", None, True)
    assert_sound(desk.store)


def test_a_refused_line_takes_back_what_it_moved_on_other_claims():
    """A certificate in a refused line would have waived the recovery of a claim that an earlier line staged."""
    desk = make_desk(payments="instant")
    first, refused = run(
        desk,
        small("114-1", legal_entity="Lumen Ltd"),
        too_soon("114-2", legal_entity="Lumen Ltd", certificates=["valid"]),
    )
    assert refused["error"]["code"] == "contact_seller_first"
    assert desk.get(first["claim"]).state == "proof_requested"
    assert desk.seller(SELLER).certificates == ()
    assert_sound(desk.store)


def test_a_seller_who_is_new_in_a_refused_line_is_not_on_file():
    desk = make_desk(payments="instant")
    told = run(desk, too_soon("114-2", legal_entity="Other Ltd"), small("114-1"))
    assert [r["status"] for r in told] == ["rejected", "created"]
    assert desk.seller(SELLER).facts == {"insurance_required": True}
    assert_sound(desk.store)


def test_a_batch_in_another_writers_way_is_done_again(monkeypatch: pytest.MonkeyPatch):
    """What a server breaks up to let another writer through wrote nothing: the file goes on."""
    desk = make_desk(payments="instant")
    flush, broken = Session.flush, ["deadlock", "serialization", "lock_timeout"]

    def breaks(self: Session, **options: Any) -> None:
        if broken and self.unwritten:
            raise StorageError(broken.pop(), "nothing was written")
        flush(self, **options)

    monkeypatch.setattr(Session, "flush", breaks)
    assert [r["status"] for r in run(desk, small("114-1"), small("114-2"))] == ["created", "created"]
    assert broken == []
    assert len(list(desk.list())) == 2
    assert_sound(desk.store)


def test_a_store_that_fails_is_no_fault_of_the_line(monkeypatch: pytest.MonkeyPatch):
    """A line that was never looked at must not be told as rejected: nobody would send it again."""
    desk = make_desk()

    def fails(*_: Any) -> None:
        raise StorageError("connection_lost", "nothing was written")

    monkeypatch.setattr(Desk, "file_in", fails)
    with pytest.raises(StorageError):
        run(desk, small("114-1"))
