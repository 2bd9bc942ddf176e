"""The examples of the neighbouring programmes: what their makers make, every way each may go, and nothing lost."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from claimdesk import ClaimDesk
from claimdesk.adapters.senders.memory import MemorySender
from claimdesk.workflow import registry
from claimdesk.workflow.lines import read_lines
from claimdesk.workflow.scenario import load, run_case
from claimdesk.workflow.triage import triage

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
MAKERS = {"order": "make_order_examples", "fba": "make_fba_examples", "breakage_1688": "make_fba_examples"}
#: What each file comes to; what comes too soon is refused, and so no claim.
COMES_TO = {
    "order": {"refer": 30, "deny": 20, "request_information": 5, "contact_seller_first": 4, "too_early": 1},
    "fba": {"refer": 34, "deny": 12, "auto_pay": 7, "request_information": 6, "too_early": 1},
    "breakage_1688": {"auto_pay": 25, "deny": 11, "refer": 4},
}


@cache
def maker(name: str) -> ModuleType:
    """A script of tools/, which is no package."""
    spec = spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def results(programme: str) -> list[dict[str, Any]]:
    path = EXAMPLES / f"{programme}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    with ClaimDesk.open("memory:", actor="script:examples", sender=MemorySender()) as desk:
        return list(triage(desk, read_lines(lines, path.name), run_id=path.name))


@pytest.mark.parametrize("programme", MAKERS)
def test_the_files_are_made_anew_byte_for_byte(programme):
    made: dict[str, str] = maker(MAKERS[programme]).files()
    mine = {path: text for path, text in made.items() if Path(path).name == f"{programme}.jsonl"}
    assert len(mine) == 2  # the whole of it, and the part that comes with the package
    for path, text in mine.items():
        assert (ROOT / path).read_bytes() == text.encode(), f"run: python3 tools/{MAKERS[programme]}.py --write"
    whole, part = sorted(mine.values(), key=len, reverse=True)
    assert whole.startswith(part) and part.count("\n") >= 20


@pytest.mark.parametrize("programme", MAKERS)
def test_every_outcome_of_the_programme_comes_up_and_no_line_is_lost(programme):
    found = results(programme)
    assert [r["line"] for r in found] == list(range(1, len(found) + 1))
    assert Counter(r.get("outcome") or r["error"]["code"] for r in found) == COMES_TO[programme]
    assert {r["rulebook"].partition("-")[0] for r in found if "rulebook" in r} == {programme}


def test_the_amounts_around_each_cap_come_up():
    lines = [json.loads(line) for line in (EXAMPLES / "fba.jsonl").read_text("utf-8").splitlines()]
    prices = {line["valuation"].get("own_price", "").partition(" ")[0] for line in lines}
    assert {"4999.99", "5000.00", "5000.01"} <= prices
    assert any(not line["valuation"] for line in lines)  # nothing told: asked for, never guessed
    amounts = {r["eligible_amount"] for r in results("breakage_1688") if "eligible_amount" in r}
    assert "3000.00 CNY" in amounts


def test_every_programme_has_an_example_and_the_page_lists_it():
    listed = (EXAMPLES / "README.md").read_text("utf-8")
    named = {"claims": "pdpi"}
    files = [p for p in EXAMPLES.iterdir() if p.suffix in (".jsonl", ".yaml")]
    assert {named.get(p.stem, p.stem) for p in files} == set(registry.names())
    names = [f"{p.name}/" if p.is_dir() else p.name for p in EXAMPLES.iterdir() if p.name != "README.md"]
    assert [name for name in names if f"`{name}`" not in listed] == []


def test_the_sellers_files_hold():
    cases = load(EXAMPLES / "seller_insurance.yaml")
    ends = set()
    for case in cases:
        result = run_case(case, lambda **given: ClaimDesk.open("memory:", **given))
        assert result.differences == (), case.name
        ends.add(case.expect["state"])
    assert ends == {s.name for s in registry.programme("seller_insurance").lifecycle.states}
