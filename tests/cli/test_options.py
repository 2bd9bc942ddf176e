"""The global options: before or after the command, and refused where they do not fit."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

COMMANDS = Path(__file__).resolve().parents[2] / "adapters" / "cli" / "commands"


@pytest.mark.parametrize("words", [("--json", "version"), ("version", "--json")])
def test_an_option_may_stand_before_or_after_the_command(run, words):
    assert run(*words).json["version"]


def test_the_last_one_wins(run, place):
    run("--db", "one.db", "seller", "set", "A2", "in_good_standing=true", "--db", "two.db")
    assert (place / "two.db").exists()
    assert not (place / "one.db").exists()


def test_a_near_miss_of_a_command_is_suggested(run):
    wrong = run("explian", "CLM-1")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err == 'error: there is no command "explian" [usage]\nhint: did you mean "explain"?\n'


@pytest.mark.parametrize("word", ["hold", "release-hold", "decide_dispute"])
def test_a_verb_in_the_place_of_a_command_is_pointed_to(run, word):
    wrong = run(word, "CLM-X", "--json")
    assert (wrong.code, wrong.error["hint"]) == (2, f"it is a verb: claimdesk do {word.replace('-', '_')} CLAIM")


def test_a_near_miss_of_an_inner_command_is_suggested(run):
    assert 'did you mean "seller show"?' in run("seller", "shwo", "A2").err


def test_a_near_miss_of_an_option_is_suggested(run):
    wrong = run("list", "--staet", "filed")
    assert wrong.code == 2
    assert "hint: did you mean --state?" in wrong.err


def test_a_missing_word_is_named(run):
    wrong = run("show")
    assert wrong.code == 2
    assert wrong.err.startswith("error: CLAIM is missing [usage]\nhint: claimdesk show --help")


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (
            ("triage", "c.jsonl", "--batch", "0"),
            "--batch has a value that does not fit",
            "a whole number from 1 to 10000",
        ),
        (("audit", "sample", "--seed", "1", "--size", "x"), "--size has a value that does not fit", "of at least 1"),
        (("certificate", "record", "A1"), "--from is missing", "claimdesk certificate record --help"),
    ],
)
def test_an_option_that_does_not_fit_is_named_with_what_would(run, words, message, hint):
    wrong = run(*words, "--json")
    assert (wrong.code, wrong.error["message"]) == (2, message)
    assert hint in wrong.error["hint"]


def test_a_word_too_many_is_not_repeated(run):
    wrong = run("show", "CLM-1", "Canary Person")
    assert wrong.code == 2
    assert "Canary" not in wrong.out + wrong.err


@pytest.mark.parametrize("words", [("list",), ("tick",), ("do", "note", "CLM-1"), ("actions", "CLM-1"), ("demo",)])
def test_a_past_view_is_refused_where_there_is_none(run, words):
    wrong = run(*words, "--at", "2024-06-03T09:00:00Z")
    assert wrong.code == 2
    assert "--at shows a past view; this command has none" in wrong.err


@pytest.mark.parametrize("at", ["2024-06-03", "2024-06-03T09:00:00", "yesterday"])
def test_a_past_view_needs_an_instant_with_an_offset(office, at):
    wrong = office.run("show", office.first(), "--at", at)
    assert wrong.code == 2
    assert "--at" in wrong.err and "RFC 3339" in wrong.err


@pytest.mark.parametrize(
    "option", [("--approved-by", "cs:li"), ("--idempotency-key", "k"), ("--expected-version", "3")]
)
def test_an_option_of_writing_commands_is_refused_elsewhere(run, option):
    wrong = run(*option, "list")
    assert wrong.code == 2
    assert f"{option[0]} belongs to commands that write" in wrong.err


def test_wrong_usage_is_an_object_too_when_asked_for(run):
    wrong = run("list", "--staet", "filed", "--json")
    assert wrong.code == 2
    assert wrong.error["code"] == "usage" and wrong.error["hint"] == "did you mean --state?"


def test_an_actor_with_a_space_is_refused(run):
    wrong = run("list", "--as", "Canary Person")
    assert wrong.code == 2
    assert "[bad_actor]" in wrong.err and "Canary" not in wrong.err


def test_the_actor_is_the_user_when_nobody_says_otherwise(office):
    claim = office.first()
    office.run("do", "assign", claim, "owner=cs:li")
    assert "cli:tester" in office.run("timeline", claim).out


def test_quiet_leaves_messages_out_but_never_errors(run):
    assert "no claim fits" in run("list").err
    assert run("list", "-q").err == ""
    assert "[unknown_claim]" in run("show", "CLM-1", "-q").err


def test_errors_speak_chinese_where_there_are_words(run):
    wrong = run("show", "CLM-1", "--lang", "zh-CN")
    assert wrong.code == 5
    assert "没有这项索赔" in wrong.err


def test_verbose_is_one_json_line_a_command(office):
    claim = office.first("--state", "recovery_review")
    done = office.run("do", "decide_recovery", claim, "decision=waive", "--reason", "Canary Person said so", "-v")
    line = json.loads(done.err.splitlines()[-1])
    assert line | {"timestamp": ""} == {
        "event": "command",
        "verb": "do decide_recovery",
        "claim": claim,
        "outcome": "done",
        "exit_code": 0,
        "level": "info",
        "logger": "claimdesk",
        "duration_ms": line["duration_ms"],
        "timestamp": "",
    }


#: Steps of the control journal: they are done or not, and are never tried.
UNTRIED = [
    ("actor", "grant", "cs:mei", "handler", "--as", "it:ana", "--reason", "r"),
    ("actor", "revoke", "cs:mei", "handler", "--as", "it:ana", "--reason", "r"),
    ("actor", "on", "rulebooks", "--as", "it:ana"),
    ("proposal", "refuse", "PRP-1", "--reason", "r"),
    ("proposal", "withdraw", "PRP-1"),
    ("proposal", "review", "GLS-1", "--reason", "r"),
    (
        "rules",
        "propose",
        "small_claim.comparator=at_most",
        "--test-run",
        "sha256:0",
        "--effective",
        "2030-01-01T00:00:00Z",
    ),
    ("rules", "approve", "0123456789ab"),
]
KEYS = [("actor", "key", "script:helpdesk"), ("actor", "end-key", "5f1c9a02")]


@pytest.mark.parametrize("words", [*UNTRIED, *KEYS], ids=" ".join)
def test_what_cannot_be_tried_is_refused_and_not_done_under_a_dry_run(office, words):
    before = [office.run(*look, "--json").out for look in (("actor", "list", "--all"), ("rules", "changes"))]
    refused = office.run(*words, "--dry-run")
    assert (refused.code, "[no_dry_run]" in refused.err) == (2, True)
    assert [office.run(*look, "--json").out for look in (("actor", "list", "--all"), ("rules", "changes"))] == before
    assert "--dry-run" not in office.run(*words[:2], "--help").out


def test_every_command_that_writes_honours_a_dry_run_or_refuses_it():
    """A command that takes the option and does the step all the same is the worst of the three."""
    told = {"/".join(path.parts[-2:]): path.read_text("utf-8") for path in COMMANDS.rglob("*.py")}
    writing = re.compile(
        r"desk\.(grant|revoke|switch_on|turn_down|withdraw_proposal|review|propose_rulebook|approve_rulebook)\("
    )
    found = {(name, match[1]) for name, text in told.items() for match in writing.finditer(text)}
    assert len(found) == len(UNTRIED)
