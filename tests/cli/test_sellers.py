"""Sellers and their certificates: facts as told, verdicts by the rules."""

from __future__ import annotations

import json


def test_facts_about_a_seller_open_a_file(run):
    done = run("seller", "set", "A2NEW", "in_good_standing=true", "legal_entity=Lumen Ltd", "orders_60d=120", "--json")
    assert done.code == 0, done.err
    assert done.json["facts"]["in_good_standing"] is True
    assert done.json["facts"]["orders_60d"] == 120
    assert run("seller", "show", "A2NEW").out.startswith("seller         A2NEW\n")


def test_a_dry_run_opens_no_file(run):
    done = run("seller", "set", "A2NEW", "in_good_standing=true", "--dry-run")
    assert (done.code, "nothing was written" in done.err) == (0, True)
    assert run("seller", "show", "A2NEW").code == 5
    assert run("seller", "request-insurance", "A2NEW", "--dry-run").code == 0
    assert run("seller", "show", "A2NEW").code == 5


def test_a_misspelt_fact_is_refused(run):
    wrong = run("seller", "set", "A2NEW", "in_good_standng=true")
    assert wrong.code == 2
    assert "did you mean in_good_standing?" in wrong.err


def test_a_request_begins_the_duty(run, on_the_day):
    done = run("seller", "request-insurance", "A2NEW", "--on", "2024-06-03", "--json")
    assert (done.json["state"], done.json["due_on"], done.json["required"]) == ("required", "2024-07-03", True)
    assert [s["seller"] for s in run("seller", "list", "--state", "required", "--json").lines] == ["A2NEW"]


def test_proceeds_over_the_line_begin_the_duty(run):
    words = (
        "seller",
        "proceeds",
        "A2NEW",
        "--month",
        "2024-05",
        "--amount",
        "12000.00 USD",
        "--crossed-on",
        "2024-05-28",
    )
    done = run(*words, "--json")
    assert done.json["required"] is True
    wrong = run("seller", "proceeds", "A2NEW", "--month", "2024-05", "--amount", "12000")
    assert (wrong.code, "amount" in wrong.err) == (2, True)


def test_a_good_certificate_is_accepted(run, certificate):
    run("seller", "set", "A2NEW", "legal_entity=Lumen Ltd")
    done = run("certificate", "record", "A2NEW", "--from", certificate(insured_name="Lumen Ltd"))
    assert (done.code, "accepted" in done.out) == (0, True)
    assert "GL-0001" in run("certificate", "list", "A2NEW").out
    assert [c["accepted"] for c in run("certificate", "list", "A2NEW", "--json").lines] == [True]


def test_a_bad_certificate_is_kept_with_its_faults(run, certificate):
    run("seller", "set", "A2NEW", "legal_entity=Lumen Ltd")
    done = run("certificate", "record", "A2NEW", "--from", certificate(insured_name="Lumen Ltd", signed=False))
    assert done.code == 1
    assert "not accepted: signature" in done.out
    shown = run("certificate", "record", "A2NEW", "--from", certificate(number="2", signed=False), "--json")
    assert "signature" in shown.json["certificate"]["rejected_for"]


def test_proof_in_time_ends_the_recovery_of_a_claim(office, certificate, on_the_day):
    claim = office.first("--state", "proof_requested", "--seller", "A2HARBOR")
    paper = certificate(insured_name="Harbor Home LLC", submitted_at="2024-06-11")
    would = office.run("certificate", "record", claim, "--from", paper, "--dry-run")
    assert (would.code, would.out) == (0, f"{claim}  would be closed\n")
    assert office.show(claim)["state"] == "proof_requested"
    done = office.run("certificate", "record", claim, "--from", paper, "--json")
    assert done.code == 0, done.err
    assert (done.json["state"], done.json["certificate"]["accepted"]) == ("closed", True)
    assert office.show(claim)["recovery"]["status"] == "waived"


def test_a_template_is_for_scenarios_only(run):
    wrong = run("certificate", "record", "A2NEW", "--from", "-", "--json", stdin=json.dumps({"certificate": "valid"}))
    assert wrong.code == 2
    assert run("seller", "show", "A2NEW").code == 5


def test_was_it_required_and_in_force_on_a_day(run):
    assert run("seller", "timeline", "A2NEW").code == 5
    run("seller", "proceeds", "A2NEW", "--month", "2024-01", "--amount", "10000.01 USD", "--crossed-on", "2024-01-20")
    shown = run("seller", "timeline", "A2NEW")
    assert (shown.code, shown.out.splitlines()[0].split()[:3]) == (0, ["FROM", "UNTIL", "REQUIRED"])
    before, after = (
        run("seller", "timeline", "A2NEW", "--on", day, "--json").json for day in ("2024-01-19", "2024-01-20")
    )
    assert (before["required"], after["required"], after["due_on"]) == (False, True, "2024-02-19")
    assert after["reasons"][0]["code"] == "proceeds_over_line" and after["reasons"][0]["source"]
    told = run("seller", "timeline", "A2NEW", "--on", "2024-01-20").out
    assert "duty.months  yes" in told and "insurance.on_day  no" in told
    assert run("seller", "timeline", "A2NEW", "--on", "yesterday").code == 2
