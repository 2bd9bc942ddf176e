"""The exit codes of the contract, one row each; scripts lean on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimdesk import ClaimDesk
from claimdesk.adapters.cli.app import cli
from claimdesk.states import errors
from support.commandline import Desk


def waived(office: Desk) -> tuple[str, ...]:
    claim = office.first("--state", "recovery_review")
    return ("do", "decide_recovery", claim, "decision=waive")


def spoilt(office: Desk) -> tuple[str, ...]:
    Path("claims.jsonl").write_text("not a claim\n", encoding="utf-8")
    return ("triage", "claims.jsonl", "--json")


def short(office: Desk) -> tuple[str, ...]:
    case = "- name: c\n  programme: pdpi\n  marketplace: US\n  steps:\n    - {at: 2024-06-03, do: tick}\n"
    Path("bad.yaml").write_text(case.replace("do: tick", "do: nothing_of_ours"), encoding="utf-8")
    return ("scenario", "run", "bad.yaml")


TABLE = [
    (0, "done", lambda office: ("show", office.first())),
    (0, "a dry run that would be done", lambda office: (*waived(office), "--reason", "r", "--dry-run")),
    (0, "an empty list", lambda office: ("list", "--seller", "nobody")),
    (1, "rejected lines", spoilt),
    (1, "the database is behind", lambda office: ("db", "check", "--db", "new.db")),
    (2, "wrong usage", lambda office: ("list", "--nonsense")),
    (2, "a bad scenario file", short),
    (2, "a value that does not fit", lambda office: ("do", "respond", office.first(), "position=maybe")),
    (2, "wrong configuration", lambda office: ("list", "--db", "mysql://x/y")),
    (3, "refused by the rules", lambda office: ("do", "resolve", office.first("--state", "closed"), "amount=1.00 USD")),
    (3, "a reason is needed", waived),
    (5, "no such claim", lambda office: ("show", "CLM-0000000000000000A")),
    (5, "no such seller", lambda office: ("seller", "show", "A2NOBODY")),
    (5, "no such rulebook", lambda office: ("rules", "show", "pdpi-xx")),
    (6, "a stale version", lambda office: (*waived(office), "--reason", "r", "--expected-version", "1")),
]


@pytest.mark.parametrize(("code", "why", "words"), TABLE, ids=[f"{code}-{why}" for code, why, _ in TABLE])
@pytest.mark.parametrize("as_json", [False, True], ids=["words", "json"])
def test_exit_code(office, code, why, words, as_json):
    done = office.run(*words(office), *(["--json"] if as_json else []))
    assert done.code == code, done.err
    if code > 1:
        assert done.err.startswith("error: ")
        assert done.error["code"] in done.err if as_json else done.out == ""


def test_same_key_and_other_content_is_a_conflict(office):
    claim = office.first("--state", "recovery_review")
    first = office.run("do", "note", claim, "text=one", "--idempotency-key", "k1")
    again = office.run("do", "note", claim, "text=one", "--idempotency-key", "k1")
    other = office.run("do", "note", claim, "text=two", "--idempotency-key", "k1")
    assert (first.code, again.code, other.code) == (0, 0, 6)
    assert "[idempotency_mismatch]" in other.err


RAISED = [
    (errors.NotPermitted("not_permitted", "this actor may not do that"), 4),
    (errors.DatabaseBusy("database_busy", "another process is writing"), 75),
    (errors.IntegrityFailure("chain_broken", "the record does not check out"), 1),
    (errors.SchemaMismatch("schema_behind", "the database is older"), 2),
    (KeyboardInterrupt(), 130),
    (ZeroDivisionError("Canary Person"), 2),
]


@pytest.mark.parametrize(("error", "code"), RAISED, ids=[type(e).__name__ for e, _ in RAISED])
def test_whatever_is_raised_has_its_exit_code(run, monkeypatch, error, code):
    def fails(*_args: object, **_more: object) -> None:
        raise error

    monkeypatch.setattr(ClaimDesk, "open", fails)
    done = run("list")
    assert done.code == code
    assert "Canary" not in done.out + done.err


def test_an_unexpected_exception_leaves_a_report_without_personal_data(run, monkeypatch, place):
    def fails(*_args: object, **_more: object) -> None:
        name = "Canary Person"
        raise ValueError(f"bad value {name!r}") from KeyError(name)

    monkeypatch.setattr(ClaimDesk, "open", fails)
    done = run("show", "CLM-CANARY", "--json")
    assert done.code == 2
    assert done.err.startswith("error: internal error [internal]\nhint: ")
    assert done.error["code"] == "internal"
    (report,) = (place / "reports").glob("claimdesk-report-*.txt")
    assert str(report) in done.err
    text = report.read_text(encoding="utf-8")
    assert "builtins.ValueError" in text and "builtins.KeyError" in text and "in fails" in text
    assert "canary" not in text.lower()


def test_a_second_person_is_asked_for_at_large_amounts(office):
    office.run("tick", "--until", "2024-06-18T17:55:00+00:00")
    large = [c for c in office.run("list", "--state", "recovery_due", "--json").lines if len(c["eligible_amount"]) > 11]
    done = office.run("do", "write_off", large[0]["claim"], "--reason", "cannot be had", "--as", "cs:mei")
    assert (done.code, "[needs_second_person]" in done.err) == (3, True)
    both = ("--as", "cs:mei", "--approved-by", "cs:li")
    assert office.run("do", "write_off", large[0]["claim"], "--reason", "cannot be had", *both).code == 0


def test_the_module_can_be_used_by_a_host_without_ending_it():
    assert cli.main(["version"], standalone_mode=False) == 0
