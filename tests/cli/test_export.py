"""``claimdesk export``: files that are whole, tables that are safe, a round trip through two stores."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from claimdesk.adapters.exports.tables import TABLES


def line(n: int, **more: Any) -> str:
    told: dict[str, Any] = {
        "marketplace": "US",
        "filed_at": "2024-06-03T09:00:00-07:00",
        "incident_on": "2024-06-01",
        "order": {"id": f"114-{n}"},
        "cause": "product_defect",
        "losses": [{"head": "property_damage", "amount": "640.00 USD"}],
        "seller": {"id": "A2EXAMPLE", "in_good_standing": True},
        "screening": {"verdict": "valid"},
    }
    return json.dumps({**told, **more})


def test_a_table_is_safe_and_its_numbers_are_numbers(place, run):
    risky = line(1, order={"id": "=1+1"}, source="@bench", source_id="-7")
    run("triage", "-", "--json", "-q", stdin=risky + "\n" + line(2))
    plain = run("export", "claims", "--format", "csv", "-q").out
    assert "\r" not in plain and not plain.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(plain)))
    assert list(rows[0]) == [c.name for c in TABLES["claims"].columns]
    assert (rows[0]["order"], rows[0]["source"], rows[0]["source_id"]) == ("'=1+1", "'@bench", "'-7")
    assert (rows[0]["paid_by_amazon"], rows[0]["currency"], rows[0]["version"]) == ("640.00", "USD", "5")
    done = run("export", "claims", "--excel", "--out", "claims.csv", "--order", "114-2")
    assert (done.code, done.out) == (0, "")
    data = (place / "claims.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfclaim,") and data.count(b"\r\n") == data.count(b"\n") == 2
    beside = json.loads((place / "claims.csv.meta.json").read_text(encoding="utf-8"))
    assert (beside["filter"], beside["rows"]) == ({"order_id": "114-2"}, 1)
    assert beside["sha256"] == "sha256:" + hashlib.sha256(data).hexdigest()
    assert list(beside["rulebooks"]) == ["pdpi-us@2021-09-01"] and beside["as_of"].endswith("Z")
    assert beside["columns"] == json.loads(run("schema", "export claims").out)["columns"]


def test_each_export_has_the_rows_the_desk_shows(office):
    for name, shown in (("sellers", ("seller", "list")), ("ledger", ("ledger",))):
        rows = list(csv.DictReader(io.StringIO(office.run("export", name, "--format", "csv", "-q").out)))
        assert list(rows[0]) == [c.name for c in TABLES[name].columns]
        assert len(rows) == len(office.run(*shown, "--json").lines) == len(office.run("export", name, "-q").lines) > 4
    papers = office.run("export", "certificates", "-q").lines
    assert len(papers) == sum(len(s["certificates"]) for s in office.run("export", "sellers", "-q").lines) > 0
    table = office.run("export", "certificates", "--format", "csv", "-q").out
    assert [r["number"] for r in csv.DictReader(io.StringIO(table))] == [p["number"] for p in papers]


def test_a_look_at_personal_values_is_in_the_register_of_looks(office):
    done = office.run("export", "claims", "--personal", "--purpose", "audit", "--limit", "1", "--as", "cs:mei", "-q")
    assert done.code == 0
    (row, footer) = office.run("report", "sensitive-reads", "--json", "-q").lines
    assert (row["claim"], row["actor"], row["purpose"]) == (office.first(), "cs:mei", "audit")
    assert row["fields"] and row["without_purpose"] is False and footer["footer"]["findings"] == 0


def test_the_command_line_round_trip(office, place):
    first = office.run("export", "claims", "-q").out
    done = office.run("triage", "-", "--json", "-q", "--db", "other.db", stdin=first)
    assert done.code == 0 and {r["status"] for r in done.lines} == {"created"}
    assert office.run("export", "claims", "-q", "--db", "other.db").out == first
    done = office.run("import", "claims", "-", "--json", "-q", "--db", "third.db", stdin=first)
    assert done.code == 0 and {r["status"] for r in done.lines if "status" in r} == {"created"}
    assert office.run("export", "claims", "-q", "--db", "third.db").out == first
    states = [[r["state"] for r in office.run("list", "--json", "--limit", "1000", *more).lines]
              for more in ((), ("--db", "other.db"))]  # fmt: skip
    assert len(states[0]) == len(first.splitlines())  # letters went out in the demonstration, so some have moved on


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--personal",), "missing_field"),
        (("--purpose", "audit"), "missing_field"),
        (("--personal", "--purpose", "audit", "--excel"), "not_here"),
        (("--personal", "--purpose", "audit", "-n"), "not_here"),
        (("--history", "--format", "csv"), "not_here"),
        (("--json", "--excel"), "not_here"),
        (("--state", "disputd"), "not_a_choice"),
        (("--programme", "seller_insurance"), "not_here"),
    ],
)
def test_what_does_not_fit_together_is_refused_before_anything_is_written(office, place, words, code):
    done = office.run("export", "claims", "--out", "x", *words)
    assert (done.code == 2 and f"[{code}]" in done.err) or code in done.out
    assert not (place / "x").exists() and not (place / "x.meta.json").exists()


@pytest.mark.parametrize("words", [("export", "claims", "-o"), ("audit", "pack", "--sample", "1", "--seed", "1", "-o")])
@pytest.mark.parametrize(
    ("target", "why"), [("a-file/x", "Not a directory"), ("nowhere/x", "No such file or directory")]
)
def test_a_file_that_cannot_stand_there_is_wrong_usage(office, place, words, target, why):
    (place / "a-file").write_text("kept", encoding="utf-8")
    wrong = office.run(*words, target, "--json")
    assert (wrong.code, wrong.error["code"], wrong.error["message"]) == (
        2,
        "cannot_write",
        f"the file cannot be written: {why}",
    )
    assert (place / "a-file").read_text(encoding="utf-8") == "kept"


def test_a_pipe_is_written_to_and_a_link_leads_to_its_file(place, run):
    """A file in the place of ``/dev/stdout``, or of the link an office keeps, would break what that stands for."""
    run("triage", "-", "--json", "-q", stdin=line(1))
    plain = run("export", "claims", "-q").out
    (place / "kept").mkdir()
    (place / "kept" / "claims.jsonl").write_text("old", encoding="utf-8")
    (place / "latest").symlink_to("kept/claims.jsonl")
    assert run("export", "claims", "-q", "--out", "latest").code == 0
    assert (place / "latest").is_symlink()
    assert (place / "kept" / "claims.jsonl").read_text(encoding="utf-8") == plain
    pipe = place / "pipe"
    os.mkfifo(pipe)
    bad = line(2, losses=[{"head": "property_damage", "amount": "five"}])
    (place / "bad.jsonl").write_text(bad + "\n", encoding="utf-8")
    for words in (
        ("export", "claims", "-q", "--out", "pipe"),
        ("report", "claims", "-q", "-o", "pipe"),
        ("import", "claims", "bad.jsonl", "-q", "--rejects", "pipe"),
    ):
        with ThreadPoolExecutor(1) as reader:
            seen = reader.submit(pipe.read_bytes)
            assert run(*words).code in (0, 1), words
            told = seen.result(timeout=20)
        assert told and stat.S_ISFIFO(pipe.stat().st_mode), words
        assert not list(place.glob("pipe?*")) and not list(place.glob(".pipe*")), "nothing stands beside a pipe"
