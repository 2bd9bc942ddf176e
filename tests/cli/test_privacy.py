"""Personal values given in a claim never show: in no output, no log, no error, no report, and in no file in clear."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from claimdesk.workflow.desk import Desk

#: Text that stands nowhere but in what a person told us.
CANARY = "Zyxwvutsrq"
PERSONAL = {
    "claimant": {"ref": f"{CANARY}ref", "name": f"{CANARY} Name", "contact": f"{CANARY}@example.org", "age": 40,
                 "medicare": False, "sanctions": "clear"},
    "injury": {"kind": "trauma", "severity": f"{CANARY} burn"},
    "description": f"{CANARY} told us this",
}  # fmt: skip
CLAIM = {
    "marketplace": "US",
    "filed_at": "2024-06-10T09:00:00-07:00",
    "incident_on": "2024-06-01",
    "order": {"id": "114-1"},
    "seller": {"id": "A2P", "in_good_standing": True, "insurance_required": False},
    "losses": [{"head": "medical", "amount": "640.00 USD"}],
    "cause": "product_defect",
    "other_venue": False,
    **PERSONAL,
}


def clean(outcome) -> None:
    assert CANARY.lower() not in (outcome.out + outcome.err).lower()


@pytest.fixture
def claim(run) -> str:
    Path("claim.json").write_text(json.dumps(CLAIM), encoding="utf-8")
    done = run("file", "--from", "claim.json", "--reason", f"{CANARY} asked", "-vv")
    clean(done)
    Path("claim.json").unlink()
    return run("list", "--json").lines[0]["claim"]


SHOWN = [
    ("show", "CLAIM"),
    ("explain", "CLAIM"),
    ("explain", "CLAIM", "--lang", "zh-CN"),
    ("timeline", "CLAIM"),
    ("actions", "CLAIM"),
    ("list",),
    ("ledger",),
    ("seller", "list"),
    ("seller", "show", "A2P"),
    ("rules", "readings", "pdpi-us"),
    ("doctor",),
    ("config", "show"),
]


@pytest.mark.parametrize("as_json", [(), ("--json",)], ids=["words", "json"])
def test_no_command_shows_them(run, claim, as_json, capfd):
    words = ("do", "record_screening", claim, "verdict=valid", f"findings={CANARY} was seen", *as_json, "-vv")
    clean(run(*words))
    clean(run("do", "note", claim, f"text={CANARY} called", *as_json, "-vv"))
    clean(run("do", "decide_recovery", claim, "decision=waive", "--reason", f"{CANARY} is kind", *as_json, "-vv"))
    clean(run("tick", *as_json, "-vv"))
    for line in SHOWN:
        clean(run(*(claim if word == "CLAIM" else word for word in line), *as_json, "-vv"))
    captured = capfd.readouterr()
    assert CANARY not in captured.out + captured.err


REFUSED = [
    ("do", "record_screening", "CLAIM", f"verdict={CANARY}"),
    ("do", "record_screening", "CLAIM", f"{CANARY.lower()}=1"),
    ("do", "record_screening", "CLAIM", CANARY),
    ("do", "respond", "CLAIM", "position=accept", f"grounds={CANARY}"),
    ("do", "assess", "CLAIM", f"losses.0.head={CANARY}", f"losses.0.amount={CANARY}"),
    ("do", "assess", "CLAIM", "--with", f'{{"losses": "{CANARY}"'),
    ("do", "assess", "CLAIM", "--with", f'{{"losses": "{CANARY}"}}'),
    ("do", "decide_recovery", "CLAIM", "decision=waive", f"--reason={CANARY}"),
    ("show", "CLAIM", f"{CANARY} Name"),
    ("show", f"{CANARY} Name"),
    ("seller", "set", "A2P", f"legal_entity:={CANARY}"),
    ("file", "--marketplace", "US", "--new-seller", "--seller", "A2P", f"claimant.age={CANARY}", "--order", "1"),
    ("file", "--marketplace", "US", "--new-seller", "--seller", "A2P", f'claimant.name:=["{CANARY}"]', "--order", "1"),
]


@pytest.mark.parametrize("as_json", [(), ("--json",)], ids=["words", "json"])
@pytest.mark.parametrize("words", REFUSED, ids=lambda words: " ".join(words[:2]))
def test_no_error_repeats_them(run, claim, words, as_json):
    done = run(*(claim if word == "CLAIM" else word for word in words), *as_json, "-vv")
    assert done.code != 0 or done.out
    clean(done) if done.code else None


def test_no_rejected_line_repeats_them(run):
    bad = [
        {**CLAIM, "claimant": {**PERSONAL["claimant"], "age": CANARY}},
        {**CLAIM, "claimant": CANARY},
        {**CLAIM, "injury": {"kind": CANARY}},
        {**CLAIM, "description": [CANARY]},
        {**CLAIM, "losses": [{"head": CANARY, "amount": CANARY}]},
    ]
    text = (
        "\n".join([*(json.dumps(b) for b in bad), f'{{"name": "{CANARY}', f'{{"{CANARY}": 1, "{CANARY}": 2}}']) + "\n"
    )
    done = run("triage", "-", "--json", "-vv", stdin=text)
    assert [r["status"] for r in done.lines] == ["rejected"] * 7
    # A key that stands twice is named as a field; this one is a word by itself and no value.
    assert CANARY not in done.out.replace(f'"field":"{CANARY}"', "")


def test_no_file_of_the_desk_holds_them_in_clear(run, claim, place):
    run("do", "note", claim, f"text={CANARY} called")
    run("do", "record_screening", claim, "verdict=valid", f"findings={CANARY} was seen", "--reason", CANARY)
    for file in place.rglob("*"):
        if file.is_file():
            assert CANARY.encode() not in file.read_bytes(), file.name


def test_an_internal_error_repeats_nothing(run, claim, place, monkeypatch):
    def fails(self: object, *args: object, **more: object) -> None:
        raise RuntimeError(f"{args} {more}")

    monkeypatch.setattr(Desk, "do", fails)
    done = run("do", "note", claim, f"text={CANARY}", "--reason", CANARY, "--json", "-vv")
    assert done.code == 2
    clean(done)
    for report in (place / "reports").iterdir():
        assert CANARY not in report.read_text(encoding="utf-8")
