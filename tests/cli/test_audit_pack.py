"""``claimdesk audit pack``: a sample drawn again is the same, a pack is checked before it is handed out."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from claimdesk.adapters.pack.verify import main


def test_the_same_seed_draws_the_same_claims_and_gives_the_same_bytes(office):
    assert office.run("audit", "checkpoint", "--publish").code == 0
    words = ("audit", "pack", "--sample", "3", "--seed", "2024Q2", "--no-pdf", "--json")
    first, again = office.run(*words, "-o", "one.zip"), office.run(*words, "-o", "two.zip")
    assert (first.code, first.json["faults"], first.json["signed"]) == (0, [], True), first.err
    assert Path("one.zip").read_bytes() == Path("two.zip").read_bytes()
    assert first.json["manifest_sha256"] == again.json["manifest_sha256"]
    other = office.run("audit", "pack", "--sample", "3", "--seed", "2024Q3", "--no-pdf", "-o", "three.zip")
    assert other.code == 0
    told = office.run("audit", "sample", "--count", "3", "--seed", "2024Q2", "--json").lines[1:]
    drawn = [json.loads(zipfile.ZipFile(n).read("manifest.json"))["claims"] for n in ("one.zip", "three.zip")]
    assert set(drawn[0]) != set(drawn[1])
    assert {row["claim"] for row in told} == {name for name in drawn[0] if name.startswith("CLM-")}
    assert len(told) > 3 and f"{len(told)} claims: one of each kind" in first.err, (
        "more than were asked for: it is said"
    )
    assert main(["one.zip", "--key", "claimdesk.db.tlog/none"]) == 2
    assert main(["one.zip"]) == 0


def test_claims_of_every_outcome_are_decided_again_without_a_false_alarm(office, capsys):
    done = office.run("audit", "pack", "--sample", "200", "--seed", "all", "--no-pdf", "-o", "all.zip", "--json")
    assert (done.code, done.json["faults"], done.json["waiting"]) == (0, [], 0), done.err
    assert done.json["claims"] > 20
    assert main(["all.zip"]) == 0
    assert "tests decided again" in capsys.readouterr().out


def test_personal_values_need_a_purpose_and_leave_an_entry(office):
    claim = office.first()
    before = office.show(claim)["version"]
    refused = office.run("audit", "pack", claim, "--personal", "--no-pdf", "-o", "one.zip", "--json")
    assert (refused.code, refused.error["code"]) == (3, "needs_reason")
    assert not Path("one.zip").exists()
    done = office.run("audit", "pack", claim, "--personal", "--reason", "request 2024-118", "--no-pdf", "-o", "one.zip")
    assert done.code == 0, done.err
    assert office.show(claim)["version"] > before
    names = zipfile.ZipFile("one.zip").namelist()
    assert f"claims/{claim}/personal.json" in names
    assert office.run("audit", "pack", claim, "--no-pdf", "-o", "two.zip").code == 0
    assert not any(n.endswith("personal.json") for n in zipfile.ZipFile("two.zip").namelist())


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "missing_field"),
        (("--sample", "3"), 2, "missing_field"),
        (("CLM-06H0", "--sample", "3", "--seed", "x"), 2, "missing_field"),
        (("CLM-06H0", "--seed", "x"), 2, "not_here"),
        (("CLM-NONE",), 5, "unknown_claim"),
        (("--sample", "3", "--seed", "x", "--by", "weather"), 2, "bad_setting"),
    ],
)
def test_what_cannot_be_packed_is_said(office, words, code, says):
    done = office.run("audit", "pack", *words, "--no-pdf", "-o", "one.zip")
    assert done.code == code
    assert says in done.err
    assert not list(Path().glob("*one.zip*"))
