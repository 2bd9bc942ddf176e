"""A claim filed under the wrong programme: one id, one journal, the reason in it, nothing lost and nothing guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from claimdesk import InputError
from claimdesk.workflow.lines import read_lines
from claimdesk.workflow.triage import triage
from support.checks import assert_sound
from support.desks import MONDAY, SELLER, make_desk, seller

LOST: dict[str, Any] = {
    "type": "removal_other", "event_on": "2024-05-20", "units": 2, "item": {"fnsku": "X0001"},
    "valuation": {"own_price": "20.00 USD", "referral_fee": "3.00 USD", "fulfilment_fee": "4.00 USD"},
}  # fmt: skip
DAMAGE: dict[str, Any] = {
    "incident_on": "2024-06-01", "cause": "product_defect", "ground": "not_as_described",
    "losses": [{"head": "medical", "amount": "640.00 USD"}],
    "claimant": {"name": "CANARY-NAME", "medicare": False}, "injury": {"kind": "trauma", "severity": "CANARY-INJURY"},
}  # fmt: skip


def test_one_id_one_journal_and_the_reason_in_it():
    desk = make_desk()
    claim = desk.file(programme="order", marketplace="US", seller=seller(), order={"id": "114-1"}, **LOST)
    assert (claim.programme, claim.redirected_from, claim.state) == ("fba", "order", "filed")
    first, second, *_ = desk.entries(claim.id)
    assert (first["type"], second["type"], first["opening"]["programme"]) == ("file", "redirect", "fba")
    assert second["decision"]["reasons"][0] == {
        "code": "belongs_elsewhere", "rule": "programme.fba", "value": "type: removal_other", "result": True,
        "limit": "order",
    }  # fmt: skip
    assert "filed under the programme it belongs to, not as order" in desk.explain(claim.id)
    assert "归入所属计划" in desk.explain(claim.id, lang="zh-CN")
    assert claim.to_dict()["redirected_from"] == "order"
    assert_sound(desk.store)


def test_what_the_right_programme_does_not_read_is_sealed_and_never_in_an_entry():
    desk = make_desk()
    claim = desk.file(
        programme="order", marketplace="US", seller=seller(), order={"id": "1", "price": "9.00 USD"}, **DAMAGE
    )
    assert (claim.programme, claim.state) == ("pdpi", "filed")
    told = json.loads(desk.personal(claim.id, purpose="is anything of the filing lost?")["as_filed"])
    assert (told["ground"], told["order"]["price"]) == ("not_as_described", "9.00 USD")
    assert "CANARY" not in json.dumps(desk.entries(claim.id))
    assert_sound(desk.store, ["CANARY-NAME", "CANARY-INJURY"])


def test_a_claim_told_right_is_not_looked_at_twice():
    desk = make_desk()
    claim = desk.file(programme="fba", marketplace="US", seller=seller(), **LOST)
    assert (claim.redirected_from, [e["type"] for e in desk.entries(claim.id)]) == (None, ["file"])
    assert "redirected_from" not in claim.to_dict()


def test_a_file_names_the_redirect_and_is_known_again():
    desk = make_desk(payments="instant")
    line = {"programme": "order", "marketplace": "US", "filed_at": MONDAY, "order": {"id": "114-1"},
            "seller": {"id": SELLER}, "source": "h", "source_id": "1"}  # fmt: skip
    lines = [
        {**line, **DAMAGE, "screening": {"verdict": "valid", "by": "adjuster:one"}},
        {**line, "source_id": "2", "units": 1},
        {**line, "source_id": "3", "ground": "not_received"},
    ]
    run = [list(triage(desk, read_lines(map(json.dumps, lines)), run_id=f"IMP-{n}")) for n in (1, 2)]
    damage, unclear, right = run[0]
    assert damage["redirected"]["from"] == "order" and damage["redirected"]["to"] == "pdpi"
    assert damage["redirected"]["reason"]["source"].startswith("SEED 000")
    assert damage["paid_by_amazon"] == "640.00 USD"  # the screening told in the line counted
    assert (unclear["error"]["code"], unclear["error"]["field"]) == ("programme_unclear", "type")
    assert "redirected" not in right
    assert [r["status"] for r in run[1]] == ["unchanged", "rejected", "unchanged"]
    assert run[1][0]["claim"] == damage["claim"] and run[1][0]["redirected"] == damage["redirected"]
    assert_sound(desk.store)


@pytest.mark.parametrize(
    ("programme", "facts", "code", "field"),
    [
        ("order", {"losses": [{"head": "property_damage", "amount": "1.00 USD"}]}, "programme_unclear", "cause"),
        ("order", {"units": 1}, "programme_unclear", "type"),
        ("order", {"sub_orders": [{"id": "1", "damage": "crack"}]}, "programme_unclear", "marketplace"),
        ("pdpi", {"return_requested": True}, "programme_unclear", "ground"),
        ("pdpi", {"order": {"id": "1", "max_estimated_delivery_on": "2024-05-01"}}, "programme_unclear", "ground"),
        ("order", {**LOST, **{k: v for k, v in DAMAGE.items() if k != "ground"}}, "programme_unclear", None),
        ("pdpi", {"losses": [{"head": "medical", "amount": "1.00 USD"}], **LOST}, "programme_unclear", "cause"),
        ("pdpi", {"lozzes": 1}, "unknown_field", "lozzes"),
        ("order", {"losses": [{"head": "purchase_price", "amount": "1.00 USD"}]}, "unknown_field", "losses"),
        ("order", {"losses": "much", "injury": [], "sub_orders": {}, "units": None, "item": 7}, "unknown_field", None),
        ("fba", {"ground": ["not_received"], "type": {"a": 1}}, None, None),
    ],
)
def test_a_missing_fact_is_named_and_nothing_is_on_file(
    programme: str, facts: dict[str, Any], code: str | None, field: str | None
):
    desk = make_desk(plain=False)
    with pytest.raises(InputError) as refused:
        desk.file(programme=programme, marketplace="US", seller=seller(), **{"order": {"id": "1"}, **facts})
    assert code in (None, refused.value.code)
    assert field in (None, refused.value.field)
    assert refused.value.hint
    assert list(desk.list()) == []


def test_a_key_stands_for_the_filing_as_it_was_told():
    desk = make_desk()
    told: dict[str, Any] = {"programme": "order", "marketplace": "US", "seller": seller(), "order": {"id": "1"}, **LOST}
    one = desk.file(**told, idempotency_key="k1")
    assert desk.file(**told, idempotency_key="k1").id == one.id
    assert len(list(desk.list())) == 1


def test_a_claimant_as_damage_claims_tell_of_one_is_no_obstacle():
    """An export tells every claimant alike; what an order claim does not ask stays sealed as it was told."""
    desk = make_desk()
    who = {"ref": "CUST-1", "name": "CANARY-NAME", "medicare": True}
    claim = desk.file(
        programme="pdpi", marketplace="US", seller=seller(), order={"id": "1"}, ground="not_received", claimant=who
    )
    kept = desk.personal(claim.id, purpose="is anything lost?")
    assert (claim.programme, kept["claimant"]["ref"]) == ("order", "CUST-1")
    assert "medicare" not in kept["claimant"] and json.loads(kept["as_filed"])["claimant"]["medicare"] is True
