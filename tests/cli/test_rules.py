"""Rulebooks, schemas and scenarios on the command line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

CLAIMS = Path(__file__).resolve().parents[2] / "adapters" / "cli" / "data" / "claims.jsonl"

GOOD = """
- name: small and late
  programme: pdpi
  marketplace: US
  tags: [one]
  steps:
    - at: 2024-06-03
      do: file
      with: {incident_on: 2024-06-01, order: {id: 114-1}, losses: [{head: property_damage, amount: 600.00 USD}]}
  expect: {state: filed}
"""
SHORT = (
    GOOD.replace("small and late", "expected otherwise").replace("state: filed", "state: closed").replace("one", "two")
)


def test_every_rulebook_is_listed(run):
    listed = run("rules", "list", "--json").lines
    assert {"pdpi-us", "pdpi-uk", "seller_insurance-us"} <= {b["book"] for b in listed}
    assert "pdpi-us" in run("rules", "list").out


def test_every_number_has_unit_dates_source_and_confidence(run):
    shown = run("rules", "show", "pdpi-us", "--json").json
    assert shown["rulebook"] == "pdpi-us@2021-09-01"
    for one in shown["parameters"]:
        assert one["unit"] and one["from"] and one["source"]
        assert one["confidence"] in ("sourced", "reading", "assumed")
    assert {r["reading"] for r in shown["readings"]} >= {"R1", "R7", "R17"}


def test_what_was_assumed_is_loud(run):
    shown = run("rules", "show", "pdpi-us")
    assert "ASSUMED, no source: " in shown.out
    assert "  ASSUMED  " in shown.out


def test_a_version_is_named_by_a_day(run):
    past = ("--at", "2022-01-01T00:00:00Z")
    assert run("rules", "show", "seller_insurance-us@2022-01-01", "--json").json["since"] == "2021-09-01"
    assert run("rules", "show", "seller_insurance-us", *past, "--json").json["since"] == "2021-09-01"
    assert run("rules", "show", "seller_insurance-us@2022-01-01", *past).code == 2
    assert run("rules", "show", "pdpi-us@yesterday").code == 2


def test_a_near_miss_of_a_rulebook_is_suggested(run):
    wrong = run("rules", "show", "pdpi_us")
    assert (wrong.code, "did you mean pdpi-us?" in wrong.err) == (5, True)


def test_the_register_counts_the_claims_that_hang_on_a_reading(office):
    register = {r["reading"]: r for r in office.run("rules", "readings", "pdpi-us", "--json").lines}
    assert register["R7"]["claims"] == 1
    assert register["R7"]["examples"] == [office.first("--reading", "R7")]
    assert "hang on it: CLM-" in office.run("rules", "readings", "pdpi-us").out


def test_without_a_database_the_register_makes_none(run, place):
    assert "claims" not in run("rules", "readings", "--json").lines[0]
    assert not list(place.glob("*.db"))


# ---------------------------------------------------------------- schemas


def test_every_verb_has_a_schema(run):
    for programme in ("pdpi", "seller_insurance"):
        named = run("schema", "--programme", programme).out.splitlines()
        found = run("schema", "--programme", programme, "--json").json
        schemas = found["verbs"]
        assert [*schemas, *found["exports"]] == named
        assert all(s["type"] == "object" for s in schemas.values())


def test_a_schema_knows_money_as_the_contract_writes_it(run):
    amount = run("schema", "resolve").json["properties"]["amount"]["anyOf"]
    assert {branch["type"] for branch in amount} == {"string", "object"}
    assert run("schema", "record-certificate").json["$id"] == "claimdesk:seller_insurance/record_certificate"


def test_a_near_miss_of_a_verb_is_suggested(run):
    wrong = run("schema", "asess")
    assert (wrong.code, "did you mean assess?" in wrong.err) == (2, True)


# ---------------------------------------------------------------- scenarios


@pytest.fixture
def cases(place: Path) -> Path:
    (place / "cases").mkdir()
    (place / "cases" / "good.yaml").write_text(GOOD, encoding="utf-8")
    return place / "cases"


def test_scenarios_that_hold_end_well(run, cases):
    done = run("scenario", "run", "cases")
    assert (done.code, done.out) == (0, "1 cases, 1 hold, 0 fall short\n")


def test_scenarios_that_fall_short_say_where(run, cases):
    (cases / "short.yaml").write_text(SHORT, encoding="utf-8")
    done = run("scenario", "run", "cases", "--json")
    assert done.code == 1
    assert [r["ok"] for r in done.lines] == [True, False]
    assert set(done.lines[1]) == {"name", "file", "ok", "differences"}
    assert set(done.lines[1]["differences"][0]) == {"step", "key", "expected", "actual"}
    told = run("scenario", "run", "cases").out
    assert "at the end  state: expected closed, found filed" in told and "2 cases, 1 hold, 1 fall short" in told


def test_only_cases_with_a_tag_are_run(run, cases):
    (cases / "short.yaml").write_text(SHORT, encoding="utf-8")
    assert run("scenario", "run", "cases", "--tag", "one", "--json").code == 0
    none = run("scenario", "run", "cases", "--tag", "other", "--json")
    assert (none.code, none.out) == (0, "") and "none has the tag other" in none.err


@pytest.mark.parametrize(
    "text", ["- name: [", "hello", "- {name: x}", "- name: x\n  programme: nothing\n  marketplace: US\n  steps: []\n"]
)
def test_a_bad_file_is_wrong_usage(run, cases, text):
    (cases / "bad.yaml").write_text(text, encoding="utf-8")
    done = run("scenario", "run", "cases", "--json")
    assert done.code == 2
    assert done.error["code"]


def test_a_bad_case_hides_none_beside_it(run, cases):
    """One fault in one case would otherwise leave every other case of the run untested."""
    well = GOOD.strip().splitlines()
    steps = next(i for i, line in enumerate(well) if "steps:" in line)
    misspelt = ["- name: misspelt", *well[1:], "  expct: {state: closed}"]
    unfit = ["- name: unfit", *well[1 : steps + 1], "    - {at: 2024-06-03, do: file, with: {order: {itm: {}}}}"]
    (cases / "bad.yaml").write_text("\n".join([*misspelt, *unfit, *well, ""]), encoding="utf-8")
    (cases / "no.yaml").write_text("- name: [", encoding="utf-8")
    done = run("scenario", "run", "cases", "--json")
    assert (done.code, done.error["code"]) == (2, "unknown_key")
    assert [line["ok"] for line in done.lines[:-1]] == [False, False, True, True, False]
    faults = [line["differences"][0] for line in done.lines[:-1] if not line["ok"]]
    assert [fault["key"] for fault in faults] == ["expct", "with.order.itm", "case"]
    told = run("scenario", "run", "cases")
    assert told.out.count("BAD CASE    ") == 3 and told.out.endswith("5 cases, 2 hold, 3 fall short\n")
    assert told.err.startswith("error: ")


def test_a_file_that_is_not_there_is_said_so(run):
    assert run("scenario", "run", "nowhere.yaml").code == 2


def test_a_store_may_be_named(run, cases, place):
    assert run("scenario", "run", "cases", "--db", "sqlite:///cases.db").code == 0
    assert run("scenario", "run", "cases", "--db", "sqlite:///cases.db").code == 0
    assert (place / "cases.db").exists()


# -- whom a change would move ------------------------------------------------------------------------------------------


CHANGES = [
    ("small_claim.comparator=at_most", '"small_claim.comparator" = "at_most"'),
    pytest.param("small_claim.limit=1500.00 USD", '"small_claim.limit" = "1500.00 USD"', marks=pytest.mark.long),
    pytest.param("filing.window=8", '"filing.window" = 8', marks=pytest.mark.long),
]


@pytest.mark.parametrize(("word", "setting"), CHANGES)
def test_a_back_test_names_the_claims_that_are_decided_otherwise_when_filed_anew(office, word, setting):
    """The same file, triaged under the change from the first line on: the same claims take another way."""
    before = office.run("list", "--limit", "100", "--json").lines
    written = [office.run("audit", "log", "--json").out, office.run("list", "--json").out]
    *told, tried = office.run("rules", "backtest", word, "--json").lines
    moved = {line["claim"]: line for line in told}
    assert (tried["moved"], list(tried["tried"])) == (len(moved), [word.partition("=")[0]])
    Path("claimdesk.toml").write_text(f"[rulebook]\n{setting}\n", encoding="utf-8")
    office.run("demo", str(CLAIMS), "--db", "sqlite:///anew.db", "--json")
    anew = office.run("list", "--db", "sqlite:///anew.db", "--limit", "100", "--json").lines
    pairs = list(zip(before, anew, strict=True))
    assert all(old["order"] == new["order"] for old, new in pairs)
    outcomes = {old["claim"] for old, new in pairs if old["outcome"] != new["outcome"]}
    reasons = {old["claim"] for old, new in pairs if old["reasons"] != new["reasons"]}
    assert moved and outcomes <= set(moved) <= reasons
    Path("claimdesk.toml").unlink()
    assert [office.run("audit", "log", "--json").out, office.run("list", "--json").out] == written


def test_a_back_test_at_the_line_moves_the_claim_on_it_and_no_other(office):
    done = office.run("rules", "backtest", "small_claim.comparator=at_most")
    assert done.code == 0 and ": 1 would change" in done.out and "nothing written" in done.out
    assert "routing  notify_seller -> auto_pay  1  1000.00 USD" in done.out
    (tried,) = office.run("rules", "backtest", "small_claim.comparator=under", "--json").lines
    assert (tried["moved"], tried["tried"]) == (0, {"small_claim.comparator": "under"})
    printed = office.run("rules", "backtest", "small_claim.comparator=at_most", "--json").out
    line, tried = printed.splitlines(keepends=True)
    assert json.loads(tried)["claims"] == tried_claims(done.out)
    assert f"sha256:{hashlib.sha256(printed.encode()).hexdigest()}" in done.out
    filed = office.show(json.loads(line)["claim"])["filed_at"][:10]
    spans = [(("--from", filed, "--to", filed), 1), (("--from", "2024-06-12"), 0), (("--to", "2024-06-09"), 0),
             (("--marketplace", "UK"), 0), (("--programme", "pdpi", "--marketplace", "US"), 1)]  # fmt: skip
    for words, found in spans:
        (*moved, tried) = office.run("rules", "backtest", "small_claim.comparator=at_most", *words, "--json").lines
        assert (len(moved), tried["moved"]) == (found, found)


def tried_claims(said: str) -> int:
    """How many claims were tried, as it is told to people."""
    return int(said.split(" ", 1)[0].replace(",", ""))


@pytest.mark.parametrize(("words", "code"), [
    (("backtest",), "nothing_changed"), (("backtest", "small_claim.limt=1"), "unknown_parameter"),
    (("backtest", "small_claim.comparator=over"), "not_a_choice"), (("backtest", "at_most"), "not_key_value"),
    (("diff", "pdpi-us"), "nothing_changed"), (("diff", "pdpi-us", "small_claim.limt=1"), "unknown_parameter"),
])  # fmt: skip
def test_a_change_that_is_none_is_refused(office, words, code):
    refused = office.run("rules", *words)
    assert (refused.code, f"[{code}]" in refused.err) == (2, True)


def test_two_rulebooks_are_compared_value_by_value(run):
    done = run("rules", "diff", "fba-us@2024-01-01", "fba-us@2025-06-01", "--json")
    found = {line["name"]: (line["before"], line["after"]) for line in done.lines}
    assert found["contest.window"] == ("90 days", "60 days") and "claim.cap" not in found
    assert run("rules", "diff", "pdpi-us", "pdpi-us", "--json").out == ""
    changed = run("rules", "diff", "pdpi-us", "small_claim.limit=1500.00 USD").out
    assert (
        "small_claim.limit  1000.00 USD -> 1500.00 USD  override" in changed and "unchanged: 21 parameters" in changed
    )
