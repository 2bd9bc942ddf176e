"""The example files are what their maker makes, and hold what their page promises."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from claimdesk import ClaimDesk
from claimdesk.states.money import parse
from claimdesk.workflow.lines import parse_object, read_lines
from claimdesk.workflow.ports import Letter
from claimdesk.workflow.triage import Summary, triage

ROOT = Path(__file__).resolve().parents[2]
JSONL, CSV = ROOT / "examples" / "claims.jsonl", ROOT / "examples" / "claims.csv"


@cache
def maker() -> ModuleType:
    """tools/make_examples.py, which is a script and finds its parts beside it."""
    if str(ROOT / "tools") not in sys.path:
        sys.path.insert(0, str(ROOT / "tools"))
    spec = importlib.util.spec_from_file_location("tools_make_examples", ROOT / "tools" / "make_examples.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Taken:
    """A sender that takes every letter."""

    name = "taken"

    def send(self, letter: Letter) -> None:
        pass


def run(desk: ClaimDesk, path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(triage(desk, read_lines(stream, path.name), run_id=path.name))


@pytest.fixture(scope="module")
def desk():
    with ClaimDesk.open("memory:", actor="script:examples", sender=Taken()) as opened:
        yield opened


@pytest.fixture(scope="module")
def results(desk: ClaimDesk) -> list[dict[str, Any]]:
    return run(desk, JSONL)


@pytest.mark.parametrize("path", [JSONL, CSV], ids=lambda path: path.name)
def test_the_files_are_made_anew_byte_for_byte(path: Path):
    made = maker().files()[path.name].encode()
    assert path.read_bytes() == made, "run: python3 tools/make_examples.py --write"


def test_no_line_is_lost(results: list[dict[str, Any]]):
    assert [r["line"] for r in results] == list(range(1, 501))
    assert Counter(r["status"] for r in results) == {"created": 466, "duplicate": 6, "rejected": 28}


def test_each_broken_line_is_rejected_and_no_other(results: list[dict[str, Any]]):
    lines = maker().claims()
    rejected = [lines.all[r["line"] - 1] for r in results if r["status"] == "rejected"]
    assert set(rejected) == lines.broken
    errors = [r["error"] for r in results if r["status"] == "rejected"]
    assert all(error["code"] and error["message"] for error in errors)
    assert len({error["code"] for error in errors}) >= 18


def test_every_outcome_and_every_resting_state_comes_up(results: list[dict[str, Any]]):
    good = [r for r in results if r["status"] == "created"]
    assert {r["outcome"] for r in good} == {
        "auto_pay", "notify_seller", "deny", "request_information", "hold", "refer",
    }  # fmt: skip
    assert {r["state"] for r in good} == {
        "closed", "proof_requested", "recovery_review", "seller_notified", "filed", "denied", "information_requested",
    }  # fmt: skip


def test_every_denial_a_fact_can_give_comes_up(desk: ClaimDesk, results: list[dict[str, Any]]):
    denied = [r for r in results if r.get("state") == "denied"]
    codes = {reason["code"] for r in denied for reason in r["reasons"] if reason["result"] is False}
    assert codes == {
        "not_in_force", "late_filing", "item_scope", "store_scope", "no_compensable_loss", "not_product_defect",
        "screened_out",
    }  # fmt: skip


def test_more_than_eighty_of_a_hundred_ask_for_less_than_the_line(results: list[dict[str, Any]]):
    lines = JSONL.read_text(encoding="utf-8").splitlines()
    asked = [json.loads(lines[r["line"] - 1])["losses"] for r in results if r["status"] == "created"]
    under = [sum(parse(loss["amount"])[0] for loss in losses) < 100_000 for losses in asked]
    assert 0.80 < sum(under) / len(under) < 0.95


def test_all_marketplaces_and_the_amounts_around_the_line():
    lines = maker().claims()
    claims = [parse_object(line) for line in lines.all if line not in lines.broken]
    assert {claim["marketplace"] for claim in claims} == {"US", "CA", "UK", "EU"}
    amounts = {loss["amount"].split()[0] for claim in claims for loss in claim["losses"]}
    assert {"999.99", "1000.00", "1000.01", "1250000.00"} <= amounts


def test_several_claims_of_one_incident_are_over_the_line_together(results: list[dict[str, Any]]):
    lines = JSONL.read_text(encoding="utf-8").splitlines()
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for result in results:
        if result["status"] == "created":
            line = json.loads(lines[result["line"] - 1])
            groups.setdefault((line["order"]["id"], line["incident_on"]), []).append(result)
    together = [group for group in groups.values() if len(group) > 1]
    assert len(together) == 5
    assert {r["outcome"] for group in together for r in group} == {"auto_pay", "notify_seller"}


def test_sellers_with_and_without_certificates_and_titles_in_many_scripts():
    claims = [json.loads(line) for line in JSONL.read_text(encoding="utf-8").splitlines()[:20]]
    sellers = {c["seller"]["id"]: c["seller"] for c in claims if isinstance(c.get("seller"), dict)}
    assert {bool(s["certificates"]) for s in sellers.values()} == {True, False}
    everything = JSONL.read_text(encoding="utf-8")
    assert all(word in everything for word in ("加湿器", "アイマスク", "Céleste", "Szkło", "Deckel"))


def test_every_state_of_a_sellers_file_comes_up_and_the_exemption_of_the_insured(desk: ClaimDesk, results):
    files = {file.seller: file for file in desk.sellers()}
    assert {file.state for file in files.values()} == {"not_required", "required", "compliant", "overdue"}
    waived = [r for r in results if r.get("recovery", {}).get("status") == "waived"]
    assert len(waived) > 100
    assert all(any(c["accepted"] for c in files[str(desk.get(r["claim"]).seller)].certificates) for r in waived)
    line = {m["amount"] for file in files.values() for m in file.facts["proceeds"]}
    assert {"10000.00 USD", "10000.01 USD"} <= line
    assert {f.required for f in files.values() if f.facts["proceeds"][-1]["amount"] == "10000.00 USD"} == {False}


def test_nobody_in_them_exists():
    text = JSONL.read_text(encoding="utf-8")
    assert "@" not in text.replace("@example.com", "")


def test_running_the_file_again_creates_nothing(desk: ClaimDesk, results: list[dict[str, Any]]):
    again = list(triage(desk, read_lines(JSONL.read_text(encoding="utf-8").splitlines(True)), run_id="again"))
    assert Counter(r["status"] for r in again) == {"unchanged": 472, "rejected": 28}
    assert [r.get("claim") for r in again] == [r.get("claim") for r in results]


def test_the_table_says_the_same_claims(desk: ClaimDesk, results: list[dict[str, Any]]):
    found = run(desk, CSV)
    assert len(found) >= 40
    assert {r["status"] for r in found} == {"unchanged"}


def test_the_table_stands_alone():
    with ClaimDesk.open("memory:", actor="script:examples", sender=Taken()) as fresh:
        summary = Summary()
        for result in run(fresh, CSV):
            summary.add(result)
    assert summary.created == summary.read >= 40
    assert len(summary.outcomes) >= 5
