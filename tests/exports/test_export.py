"""Exports: what was filed comes to the same claims in an empty store; a table is safe to open in a spreadsheet."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from claimdesk.adapters.exports import filings
from claimdesk.adapters.exports.filings import Filings, claims, history
from claimdesk.adapters.exports.tables import TABLES, claim_row
from claimdesk.states.case import fold
from claimdesk.states.journal import canonical, leaf_hash
from claimdesk.testing import valid_certificate
from claimdesk.workflow.lines import read_lines
from claimdesk.workflow.ports import CaseFilter
from claimdesk.workflow.triage import triage
from support.desks import filing, make_desk, seller

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def filed(lines: Iterable[str], **options: Any) -> tuple[Any, list[dict[str, Any]]]:
    """A new desk with these lines triaged, and the results without ids and numbers of lines."""
    desk = make_desk(payments="instant", plain=False, **options)
    found = list(triage(desk, read_lines(lines), run_id="IMP-1"))
    return desk, [{k: v for k, v in r.items() if k not in ("claim", "line")} for r in found]


def exported(desk: Any, purpose: str | None = None, limit: int | None = None) -> tuple[list[str], Filings]:
    made = Filings(desk, purpose)
    pages = claims(desk, CaseFilter(), limit)
    return [json.dumps(line, ensure_ascii=False) for page in pages for line in made.lines(page)], made


@pytest.mark.parametrize(
    ("name", "count", "purpose"),
    [("claims", 80, "audit"), ("claims", 50, None), ("order", 60, "audit"), ("fba", 60, None),
     ("breakage_1688", 40, None)],
)  # fmt: skip
def test_what_was_filed_comes_to_the_same_claims(name, count, purpose, monkeypatch):
    """Equal results apart from the ids; and the second store is exported to the very same file."""
    monkeypatch.setattr(filings, "_PAGE", 13)
    source = (EXAMPLES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()[:count]
    desk, results = filed(source)
    lines, made = exported(desk, purpose)
    created = [r for r in results if r["status"] == "created"]
    assert len(lines) == len(created) > 30 and made.not_the_same == []
    again, second = filed(lines)
    assert second == created
    assert exported(again, purpose)[0] == lines
    assert len(exported(desk, limit=30)[0]) == 30


def line(n: int = 1, **more: Any) -> str:
    told: dict[str, Any] = {
        "marketplace": "US",
        "filed_at": "2024-06-03T09:00:00-07:00",
        "incident_on": "2024-06-01",
        "order": {"id": f"114-{n}"},
        "cause": "product_defect",
        "losses": [{"head": "property_damage", "amount": "640.00 USD"}],
        "seller": {"id": "A2EXAMPLE", "certificates": [valid_certificate()]},
        "claimant": {"ref": "R-1", "name": "Canary Nobody", "age": 41},
        "screening": {"verdict": "valid", "findings": "Canary words"},
    }
    return json.dumps({**told, **more})


def test_personal_values_leave_with_a_purpose_only_and_the_look_is_on_record():
    desk, _ = filed([line()])
    ((told,), made) = exported(desk)
    assert "Canary" not in told and "claimant" not in told and made.left_out == 1
    assert json.loads(told)["screening"] == {"verdict": "valid"}
    (claim,) = desk.list()
    before = len(desk.entries(claim.id))
    ((told,), _) = exported(desk, "audit")
    assert json.loads(told)["claimant"] == {"age": 41, "name": "Canary Nobody", "ref": "R-1"}
    assert json.loads(told)["screening"] == {"findings": "Canary words", "verdict": "valid"}
    (look,) = desk.entries(claim.id)[before:]
    assert (look["type"], look["input"]["with"]["purpose"]) == ("reveal", "audit")


def test_every_personal_value_comes_back_as_it_was_told_also_the_columns_nobody_knew():
    """The columns of a source are kept as one text, and an intake takes a mapping: the export once gave the text."""
    told = line(
        claimant={"ref": "R-1", "name": "Canary Nobody", "contact": "n@example.com", "age": 41, "medicare": False,
                  "sanctions": "clear"},
        injury={"kind": "trauma", "severity": "minor"}, description="Canary smoke\nand fire",
        source_fields={"客服备注": "Canary \"called\" back", "Group (2)": "EU"},
    )  # fmt: skip
    desk, (result,) = filed([told])
    assert result["status"] == "created", result
    lines, made = exported(desk, "audit")
    again, second = filed(lines)
    assert (second, made.not_the_same) == ([result], [])
    assert exported(again, "audit")[0] == lines
    assert json.loads(lines[0])["source_fields"] == json.loads(told)["source_fields"]


def test_a_decision_that_hangs_on_a_sealed_fact_is_not_made_again_without_it():
    """A claim that was held for its claimant's age must not be paid because an export left the age out."""
    options = {"overlays": ["minors"]}
    desk, (result,) = filed([line(claimant={"name": "Canary Nobody", "age": 15})], **options)
    assert result["outcome"] == "hold"
    lines, made = exported(desk)
    assert made.held_back == 1 and json.loads(lines[0])["left_out"] == ["claimant_age", "claimant_name"]
    assert [r["error"]["code"] for r in filed(lines, **options)[1]] == ["unknown_field"]
    assert filed(exported(desk, "audit")[0], **options)[1] == [result]


def test_claims_without_a_number_of_their_own_stay_apart():
    """Two claims that differ in personal values only: left out, their lines would be one."""
    desk, results = filed([line(claimant={"name": name}) for name in ("Canary One", "Canary Two")])
    lines, _ = exported(desk)
    assert {json.loads(told)["source"] for told in lines} == {"claimdesk"}
    again, second = filed(lines)
    assert [r["status"] for r in second] == ["created", "created"] and second == results
    assert exported(again)[0] == lines


def test_a_claim_that_was_told_of_another_programme_is_so_again():
    told = line(programme="order", injury={"kind": "trauma"})
    desk, (result,) = filed([told])
    assert result["redirected"]["from"] == "order"
    assert filed(exported(desk, "audit")[0])[1] == [result]
    (plain,) = filed(exported(desk)[0])[1]  # how it was told is personal: without it the claim is the same, told right
    assert plain == {k: v for k, v in result.items() if k != "redirected"}


def test_what_came_after_the_filing_is_no_part_of_it():
    desk = make_desk()
    claim = desk.file(**filing(seller=seller(certificates=[valid_certificate()])))
    desk.record_screening(claim.id, verdict="valid", actor="adjuster:one", at=datetime(2024, 6, 4, 16, tzinfo=UTC))
    desk.seller_do("update_seller", "A2EXAMPLE", {"in_good_standing": False})
    ((told,), made) = exported(desk)
    found = json.loads(told)
    assert "screening" not in found and found["seller"]["in_good_standing"] is True and made.not_the_same == []
    _again, (result,) = filed([told])
    assert result["state"] == "filed"


def test_a_claim_that_was_moved_is_filed_once():
    """Its parts under two programmes are one filing: filed twice elsewhere, one loss would be open twice."""
    desk = make_desk()
    claim = desk.file(**filing(seller=seller()))
    left = desk.redirect(
        claim.id, to="order", reason="it never came", facts={"ground": "not_received", "order": {"tracking": "none"}}
    )
    assert left.continued_as is not None
    ((told,), made) = exported(desk)
    assert json.loads(told)["programme"] == "pdpi" and (made.continued, made.not_the_same) == (1, [])


def test_a_line_that_would_not_read_back_is_named(monkeypatch):
    desk, _ = filed([line()])
    monkeypatch.setattr(filings, "told", lambda payload, *more: {k: v for k, v in payload.items() if k != "cause"})
    _, made = exported(desk)
    assert made.not_the_same == [next(desk.list()).id]


def test_a_history_makes_the_case_again():
    """Every entry as it is on record: the case is rebuilt from the line alone, and each link of the chain holds."""
    desk, _ = filed([line(1), line(2, screening={"verdict": "inconclusive"})])
    for page in claims(desk, CaseFilter(), None):
        for case in page:
            with desk.store.read() as unit:
                told, rows = json.loads(history(unit, case)), unit.entries(case.id)
            made = None
            for body, row in zip(told["entries"], rows, strict=True):
                assert canonical(body) == row.data
                made = fold(made, body, leaf_hash(canonical(body)).hex())
            assert made == case


def test_rows_have_the_columns_they_promise():
    desk, _ = filed([line()])
    (page,) = claims(desk, CaseFilter(), None)
    assert list(claim_row(page[0])) == [c.name for c in TABLES["claims"].columns]
