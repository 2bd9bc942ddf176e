"""Filing, doing, showing: the everyday commands on one claim."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from claimdesk import ClaimDesk
from claimdesk.adapters.cli.labels import clock

FILE = (
    "file", "--marketplace", "US", "--order", "114-9", "--incident-on", "2024-06-01",
    "--loss", "property_damage=640.00 USD", "--cause", "product_defect", "--filed-at", "2024-06-10T09:00:00-07:00",
    "other_venue=false", "claimant.age=40", "claimant.medicare=false", "claimant.sanctions=clear",
)  # fmt: skip


def test_a_claim_is_filed_screened_and_explained(run):
    assert run("seller", "set", "A2NEW", "in_good_standing=true", "insurance_required=true").code == 0
    filed = run(*FILE, "--seller", "A2NEW", "--json")
    assert filed.code == 0, filed.err
    claim = filed.json["claim"]
    assert (filed.json["state"], filed.json["order"], filed.json["eligible_amount"]) == ("filed", "114-9", "640.00 USD")
    done = run("do", "record_screening", claim, "verdict=valid", "by=adjuster:one")
    assert done.out.startswith(f"{claim}  record_screening: filed -> proof_requested\n")
    assert "Amazon pays the customer" in run("explain", claim).out
    assert "亚马逊" in run("explain", claim, "--lang", "zh-CN").out


def test_the_verbs_without_a_claim_are_done_like_the_others(run):
    """One name everywhere: ``do file`` and ``do tick`` are the commands of these names."""
    words = ("marketplace=US", "seller.id=A2NEW", "order.id=1", "incident_on=2024-06-01", "losses.0.head=medical",
             "losses.0.amount=60.00 USD", "filed_at=2024-06-02T09:00:00Z")  # fmt: skip
    tried = run("do", "file", *words, "--dry-run", "--json")
    assert (tried.code, tried.json["state"], tried.json["dry_run"]) == (0, "filed", True)
    filed = run("do", "file", "--with", '{"marketplace": "US", "seller": {"id": "A2NEW"}}', *words[2:], "--json")
    assert (filed.code, filed.json["seller"], filed.json["order"]) == (0, "A2NEW", "1")
    assert run("do", "tick", "--json").json["letters"] == 1
    for odd in (("file", "CLM-1"), ("tick", "CLM-1"), ("tick", "a=b"), ("file", *words, "--break-glass")):
        refused = run("do", *odd)
        assert (refused.code, "[not_here]" in refused.err) == (2, True), odd
    assert "[missing_field]" in run("do", "withdraw").err


def test_an_unknown_seller_is_refused_with_the_way_out(run):
    refused = run(*FILE, "--seller", "A2NEW")
    assert (refused.code, "[unknown_seller]" in refused.err) == (5, True)
    assert "hint: open a file for the seller: claimdesk seller set" in refused.err
    assert run(*FILE, "--seller", "A2NEW", "--new-seller").code == 0


def test_a_payload_may_come_from_a_file_and_options_add_to_it(run):
    payload = {
        "marketplace": "US",
        "order": {"id": "1"},
        "seller": {"id": "A2F"},
        "losses": [{"head": "medical", "amount": "1.00 USD"}],
    }
    Path("claim.json").write_text(json.dumps(payload), encoding="utf-8")
    filed = run("file", "--from", "claim.json", "--order", "2", "order.item.asin=B0A", "--json")
    assert filed.code == 0, filed.err
    assert filed.json["order"] == "2"
    assert run("file", "--from", "-", "--json", stdin=json.dumps(payload)).json["order"] == "1"


def test_the_same_key_files_once(run):
    words = (*FILE, "--seller", "A2NEW", "--new-seller", "--idempotency-key", "helpdesk-88121", "--json")
    assert run(*words).json["claim"] == run(*words).json["claim"]
    assert len(run("list", "--json").lines) == 1


READERS = """list / show CLM-0 / explain CLM-0 / timeline CLM-0 / actions CLM-0 / ledger / ledger --balances / odr A2
/ seller list / seller show A2 / seller timeline A2 / certificate list A2 / export claims / report claims"""
AUDITORS = """audit verify / audit rebuild / audit sample --count 1 --seed x / audit log / audit checkpoint
/ audit proof CLM-0 / audit pack CLM-0 -o p.zip / report integrity"""


def test_who_only_looks_makes_no_database_and_is_told_that_there_is_none(run):
    for words in READERS.split("/"):
        seen = run(*words.split())
        wanted = 5 if " CLM-" in words or " A2" in words else 0
        assert (seen.code, "there is no database here yet" in seen.err) == (wanted, True), words
    for words in AUDITORS.split("/"):  # nothing was looked at: that is no clean record
        seen = run(*words.split())
        assert (seen.code, "[no_database]" in seen.err) == (2, True), words
    assert not list(Path().glob("claimdesk.db*"))


def test_a_dry_run_files_nothing(run):
    done = run(*FILE, "--seller", "A2NEW", "--new-seller", "--dry-run", "--json")
    assert done.json["dry_run"] is True
    assert run("list", "--json").lines == []
    assert run("seller", "list", "--json").lines == []


@pytest.mark.parametrize(
    ("words", "code", "field"),
    [
        (("--loss", "medical"), "not_key_value", "--loss"),
        (("--loss", "medical=6.5"), "not_an_amount", "losses.0.amount"),
        (("actor=cs:mei",), "unknown_field", "actor"),
        (("self=1",), "unknown_field", "self"),
        (("cause=bad luck",), "not_a_choice", "cause"),
        (("incident_onn=2024-06-01",), "unknown_field", "incident_onn"),
        (("word",), "not_key_value", "key=value"),
        (("--from", "nowhere.json"), "cannot_read", "--from"),
        (("--programme", "pdpy"), "unknown_programme", "programme"),
        (("--marketplace", "ZZ"), "no_rulebook", "marketplace"),
        (("order=1", "order.id=2"), "key_clash", None),
    ],
)
def test_what_does_not_fit_is_said_with_its_place(run, words, code, field):
    wrong = run("file", "--marketplace", "US", "--seller", "A2NEW", "--new-seller", "--order", "1", *words, "--json")
    assert wrong.code == 2
    assert (wrong.error["code"], wrong.error.get("field")) == (code, field)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[1]", "not_an_object"),
        ("{", "not_json"),
        ('{"a": NaN}', "not_json"),
        ('{"order": {"id": "1"}, "order": {"id": "2"}}', "duplicate_key"),
        ('{"a": ' * 40 + "1" + "}" * 40, "too_deep"),
        ("\ufeff@/etc/passwd", "not_json"),
    ],
)
def test_a_payload_is_read_strictly(run, text, code):
    assert run("file", "--from", "-", "--json", stdin=text).error["code"] == code


def test_text_that_is_not_utf8_is_refused(run):
    assert run("file", "--from", "-", "--json", stdin=b'{"marketplace": "\xff"}').error["code"] == "not_utf8"


# ---------------------------------------------------------------- do


def test_a_near_miss_of_a_verb_is_suggested(office):
    claim = office.first()
    assert "did you mean decide_recovery?" in office.run("do", "decide_recovry", claim).err
    assert "did you mean decide_recovery?" in office.run("do", "decide_recovry", "CLM-1").err


@pytest.mark.parametrize("verb", ["file", "tick"])
def test_a_verb_that_is_a_command_of_its_own_is_pointed_to(office, verb):
    assert f"hint: claimdesk {verb}" in office.run("do", verb, office.first()).err


def test_a_verb_may_be_written_with_hyphens(office):
    claim = office.first("--state", "recovery_review")
    done = office.run("do", "decide-recovery", claim, "decision=waive", "--reason", "small", "--as", "cs:mei", "--json")
    assert done.json["state"] == "closed"


def test_a_payload_may_be_json_text_or_a_file(office):
    claim = office.first("--outcome", "refer")
    payload = {"losses": [{"head": "property_damage", "amount": {"amount": "80.00", "currency": "USD"}}]}
    Path("a.json").write_text(json.dumps(payload), encoding="utf-8")
    for given in (json.dumps(payload), "@a.json"):
        done = office.run("do", "assess", claim, "--with", given, "--dry-run", "--json")
        assert done.json["eligible_amount"] == "80.00 USD", done.err
        assert done.json["dry_run"] is True
    assert office.show(claim)["eligible_amount"] != "80.00 USD"


def test_words_reach_into_lists_and_say_json_outright(office, on_the_day):
    claim = office.first("--state", "seller_notified")
    words = ("losses.0.head=medical", "losses.0.amount=20.00 USD", "losses.1.head=other", "losses.1.amount=5.00 USD")
    assert office.run("do", "assess", claim, *words, "--json").json["eligible_amount"] == "20.00 USD"
    said = 'losses:=[{"head": "medical", "amount": "30.00 USD"}]'
    assert office.run("do", "assess", claim, said, "--dry-run", "--json").code in (0, 3)


def test_evidence_given_as_words_is_a_list(office):
    claim = office.first()
    assert office.run("do", "attach_evidence", claim, "evidence=photo-1").code == 0
    assert office.run("do", "attach_evidence", claim, "evidence=photo-2", "evidence=photo-3").code == 0


def test_a_refusal_says_state_what_is_unmet_and_what_can_be_done(office, on_the_day):
    claim = office.first("--state", "seller_notified")
    refused = office.run("do", "decide_dispute", claim, "decision=step_in", "--reason", "r")
    assert refused.code == 3
    said = refused.err.splitlines()
    assert (
        said[0] == "error: decide_dispute is not possible while the claim is seller_notified [not_allowed_from_state]"
    )
    assert [line.split()[0] for line in said[1:]] == ["claim", "state", "unmet", "you", "next"]


# ---------------------------------------------------------------- reading


def test_a_clock_shows_its_last_minute_and_both_zones(office, on_the_day):
    """A bare day leaves the reader to guess whose midnight ends it."""
    claim = office.first("--state", "seller_notified")
    until = "seller_response until 2024-06-17 23:59 America/Los_Angeles (2024-06-18 06:59 UTC)"
    until += "; 7 days from 2024-06-10, seller notified"
    for page in (office.run("show", claim).out, office.run("actions", claim).out):
        assert [line.split(None, 1)[1] for line in page.splitlines() if line.startswith("clock")] == [until]
    chinese = office.run("show", claim, "--lang", "zh-CN").out
    assert "卖家回复（seller_response），截至 2024 年 6 月 17 日（星期一）23:59（洛杉矶时间）" in chinese
    assert "北京时间 6 月 18 日（星期二）14:59；自 2024-06-10 起 7 天" in chinese


COUNTED = [
    ({"type": "calendar", "days": 7, "from": "2024-06-10", "event": "filed"}, "; 7 days from 2024-06-10, filed"),
    ({"type": "business", "days": 1, "from": "2024-06-10"}, "; 1 business day from 2024-06-10"),
    ({"type": "hours", "hours": 24, "from": "2024-06-10T15:00:00Z"}, "; 24 hours from 2024-06-10 15:00 UTC"),
    (
        {"type": "calendar", "days": 7, "from": "2024-06-10", "paused_days": 3},
        "; 7 days from 2024-06-10, paused for 3 days",
    ),
    ({"type": "date", "from": "2024-06-10"}, ""),
    ({}, ""),
]


@pytest.mark.parametrize(("recipe", "said"), COUNTED)
def test_a_clock_says_what_it_was_counted_from(recipe, said):
    told = {"kind": "appeal", "due": "2024-06-18T07:00:00+00:00", "recipe": {"zone": "America/Los_Angeles", **recipe}}
    assert clock(told, "en") == f"appeal until 2024-06-17 23:59 America/Los_Angeles (2024-06-18 06:59 UTC){said}"


def test_a_page_of_a_claim_in_chinese_has_no_english_label(office, on_the_day):
    states = ("closed", "seller_notified", "denied", "information_requested", "recovery_review", "filed")
    for claim in map(office.first, ("--state",) * len(states), states):
        for command in ("show", "actions"):
            english, chinese = (office.run(command, claim, "--lang", lang).out for lang in ("en", "zh-CN"))
            assert len(english.splitlines()) == len(chinese.splitlines())
            assert not [line for line in chinese.splitlines() if line[0].isascii()]
            assert claim in chinese and office.show(claim)["state"] in chinese


def test_a_claim_can_be_seen_as_it_stood(office):
    claim = office.first("--state", "proof_requested")
    office.run("tick", "--until", "2024-06-18T17:55:00+00:00")
    assert office.show(claim)["state"] == "recovery_due"
    then = ("--at", "2024-06-12T00:00:00Z", "--json")
    assert office.run("show", claim, *then).json["state"] == "proof_requested"
    assert office.run("explain", claim, *then).json["state"] == "proof_requested"
    assert len(office.run("timeline", claim, *then).lines) < len(office.run("timeline", claim, "--json").lines)
    assert office.run("show", claim, "--at", "2020-01-01T00:00:00Z").code == 5
    assert office.run("timeline", claim, "--at", "2020-01-01T00:00:00Z").code == 5


def test_actions_say_what_can_be_done_and_why_not_the_rest(office):
    claim = office.first("--state", "recovery_review")
    found = office.run("actions", claim, "--json").json
    assert "decide_recovery" in found["can"]
    assert found["cannot"]["respond"] == "not_allowed_from_state"
    assert "you can" in office.run("actions", claim).out
    assert "release_hold" not in found["can"] and found["cannot"]["release_hold"] == "no_such_hold"
    office.run("do", "hold", claim, "hold=other", "--reason", "looked at")
    assert "release_hold" in office.run("actions", claim, "--json").json["can"]


def test_timeline_marks_what_people_did(office):
    assert "MANUAL" in office.run("timeline", office.first()).out


@pytest.mark.parametrize(
    "filters",
    [
        ("--state", "denied"),
        ("--outcome", "hold"),
        ("--hold", "other_venue"),
        ("--hold", "any"),
        ("--seller", "A2PINE"),
        ("--order", "114-7000001"),
        ("--reading", "R7"),
        ("--recovery", "review"),
        ("--marketplace", "UK"),
        ("--programme", "pdpi"),
        ("--programme", "seller_insurance"),
    ],
)
def test_list_narrows(office, filters):
    found = office.run("list", *filters, "--limit", "100", "--json").lines
    assert 0 < len(found) < 36
    assert office.run("list", *filters).code == 0


def test_list_goes_on_page_by_page(office):
    everything = [c["claim"] for c in office.run("list", "--limit", "1000", "--json").lines]
    assert len(everything) == 35
    first = office.run("list", "--limit", "20")
    last = everything[19]
    assert f"there may be more: --after {last}" in first.err
    rest = office.run("list", "--limit", "20", "--after", last, "--json").lines
    assert [c["claim"] for c in rest] == everything[20:]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--state", "dispted"), "did you mean disputed?"),
        (("--outcome", "autopay"), "did you mean auto_pay?"),
        (("--recovery", "x"), "one of:"),
    ],
)
def test_list_refuses_a_word_that_no_claim_can_have(run, words, hint):
    wrong = run("list", *words)
    assert (wrong.code, wrong.out) == (2, "")
    assert hint in wrong.err


def test_ledger_lists_transfers_and_balances_to_zero(office):
    claim = office.first()
    assert [t["kind"] for t in office.run("ledger", claim, "--json").lines] == ["authorize", "post"]
    assert office.run("ledger", claim, "--at", "2020-01-01T00:00:00Z").code == 5
    found = office.run("ledger", "--balances", "--json").json
    assert found["ok"] and set(found["sums"].values()) == {"0.00 CAD", "0.00 GBP", "0.00 USD"}
    assert "the books balance" in office.run("ledger", "--balances").err


def test_ledger_of_a_claim_that_is_not_there_is_not_found(run):
    assert run("ledger", "CLM-1").code == 5


# ---------------------------------------------------------------- time


def test_tick_does_what_is_due_and_says_so(office):
    done = office.run("tick", "--until", "2024-06-18T17:55:00+00:00")
    assert done.code == 0
    assert done.out.startswith("clocks ran out: proof_of_insurance 5, seller_response 6 · letters ")
    again = office.run("tick", "--until", "2024-06-18T17:55:00+00:00")
    assert again.out.startswith("no clock ran out · letters 0")


def test_a_quiet_tick_is_silent(office):
    done = office.run("tick", "-q", "--until", "2024-06-18T17:55:00+00:00")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_tick_ahead_of_the_clock_says_what_that_means(run):
    assert "ahead of the clock" in run("tick", "--until", "8999-01-01T00:00:00Z").err
    assert "ahead" not in run("tick", "--until", "2024-01-01T00:00:00Z").err


def test_a_dry_run_of_tick_says_what_it_would_do_and_does_nothing(office):
    words = ("tick", "--until", "2024-06-18T17:55:00+00:00")
    told = office.run(*words, "--dry-run")
    assert (told.code, "nothing was written or sent" in told.err) == (0, True)
    assert "would do: " in told.out
    told = office.run(*words, "--dry-run", "--json").json
    done = office.run(*words, "--json").json
    assert (told["fired"], told["letters"], told["waiting"]) == (done["fired"], done["letters"], done["waiting"])
    assert told["dry_run"] is True and len(told["steps"]) >= told["letters"]
    after = office.run(*words, "--dry-run", "--json").json
    assert (after["steps"], after["fired"]) == ([], {})


def test_letters_that_cannot_be_handed_over_are_reported(office, monkeypatch):
    class Broken:
        name = "broken"

        def send(self, letter: object) -> None:
            raise OSError("no line")

    opened = ClaimDesk.open
    monkeypatch.setattr(ClaimDesk, "open", lambda url, **more: opened(url, **{**more, "sender": Broken()}))
    done = office.run("tick", "-q", "--until", "2024-06-18T17:55:00+00:00")
    assert done.code == 1
    assert "failed" in done.out
