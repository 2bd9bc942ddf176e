"""With --json standard output is JSON: objects, or one object a line where things are listed; also for nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

LISTS = [
    ("list",),
    ("seller", "list"),
    ("ledger",),
    ("rules", "list"),
    ("rules", "readings"),
    ("rules", "readings", "pdpi-us"),
    ("certificate", "list", "A2LUMEN"),
    ("timeline", "CLAIM"),
    ("ledger", "CLAIM"),
    ("triage", "claims.jsonl"),
    ("scenario", "run", "cases.yaml"),
    ("demo",),
]
OBJECTS = [
    ("show", "CLAIM"),
    ("explain", "CLAIM"),
    ("actions", "CLAIM"),
    ("tick", "--until", "2024-06-11T00:00:00Z"),
    ("do", "note", "CLAIM", "text=seen"),
    ("file", "--marketplace", "US", "--seller", "A2LUMEN", "--order", "1", "--loss", "medical=1.00 USD"),
    ("seller", "show", "A2LUMEN"),
    ("seller", "set", "A2NEW", "in_good_standing=true"),
    ("seller", "proceeds", "A2LUMEN", "--month", "2024-05", "--amount", "1.00 USD"),
    ("seller", "request-insurance", "A2LUMEN"),
    ("certificate", "record", "A2LUMEN", "--from", "certificate.json"),
    ("ledger", "--balances"),
    ("rules", "show", "pdpi-us"),
    ("db", "upgrade"),
    ("db", "check"),
    ("db", "current"),
    ("config", "show"),
    ("doctor",),
    ("version",),
    ("commands",),
    ("schema",),
    ("schema", "file"),
]


def prepared(office, certificate, words: tuple[str, ...]) -> tuple[str, ...]:
    certificate(insured_name="Lumen Ltd")
    Path("claims.jsonl").write_text("", encoding="utf-8")
    Path("cases.yaml").write_text(CASE, encoding="utf-8")
    return tuple(office.first() if word == "CLAIM" else word for word in words)


CASE = """
- name: nothing happens
  programme: pdpi
  marketplace: US
  steps:
    - at: 2024-06-03
      do: file
      with: {incident_on: 2024-06-01, order: {id: 114-1}, losses: [{head: property_damage, amount: 600.00 USD}]}
  expect: {state: filed}
"""


@pytest.mark.parametrize("words", LISTS, ids=" ".join)
def test_a_list_is_one_object_a_line(office, certificate, words):
    done = office.run(*prepared(office, certificate, words), "--json")
    assert done.code in (0, 1), done.err
    assert all(isinstance(line, dict) for line in done.lines)


@pytest.mark.parametrize("words", OBJECTS, ids=" ".join)
def test_anything_else_is_one_object(office, certificate, words):
    done = office.run(*prepared(office, certificate, words), "--json")
    assert done.code == 0, done.err
    assert isinstance(done.json, dict)
    assert done.out.count("\n") == 1


NOTHING = [
    ("list",),
    ("seller", "list"),
    ("ledger",),
    ("ledger", "--balances"),
    ("tick",),
    ("rules", "readings"),
    ("doctor",),
    ("triage", "-"),
    ("db", "current"),
    ("config", "show"),
]


@pytest.mark.parametrize("words", NOTHING, ids=" ".join)
def test_with_nothing_on_file_it_is_json_too(run, words):
    done = run(*words, "--json", stdin="")
    assert done.code == 0, done.err
    assert all(isinstance(line, dict) for line in done.lines)


@pytest.mark.parametrize("words", NOTHING, ids=" ".join)
def test_with_nothing_on_file_it_is_calm_for_people_too(run, words):
    assert run(*words, stdin="").code == 0


def test_money_and_instants_are_as_the_contract_says(office):
    shown = office.show(office.first())
    assert shown["eligible_amount"] == "640.00 USD"
    assert shown["filed_at"].endswith("+00:00")
    assert not [v for v in json.loads(json.dumps(shown)).values() if isinstance(v, float)]


def test_explain_carries_the_reasons_of_every_decision(office):
    found = office.run("explain", office.first(), "--json").json
    assert [d["kind"] for d in found["decisions"]] == ["routing", "recovery"]
    reason = next(r for r in found["decisions"][0]["reasons"] if r["rule"] == "small_claim.limit")
    assert reason["tested"] == "eligible amount under 1000.00 USD"
    assert reason["value"] == "640.00 USD" and reason["result"] is True
    assert found["decisions"][0]["rulebook"] == "pdpi-us@2021-09-01"
