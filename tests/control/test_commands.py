"""Roles on the command line: grants, the switch, refusals with exit code 4, what the doctor says."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

from cli.conftest import certificate, office, office_files, on_the_day, place, run

__all__ = ["certificate", "office", "office_files", "on_the_day", "place", "run"]


def test_from_nothing_to_roles_that_bind(run, place):
    doctor = run("doctor")
    assert "roles" in doctor.out and "off: every actor may do everything" in doctor.out
    for actor, role in (("it:ana", "operator"), ("cs:mei", "handler"), ("lead:lin", "approver"), ("in:ann", "intake")):
        done = run("actor", "grant", actor, role, "--as", "it:setup", "--reason", "HR-1")
        assert (done.code, done.out) == (0, f"{actor}  {role}\n")
    assert run("actor", "on", "roles", "--as", "cs:mei").code == 4
    assert run("actor", "on", "roles", "--as", "it:ana").code == 0
    doctor = run("doctor")
    assert "on, for 4 actors" in doctor.out and "one operator alone" in doctor.err
    filed = run(
        "file", "--as", "in:ann", "--json", "--from", "-",
        stdin='{"marketplace": "US", "incident_on": "2026-01-01", "order": {"id": "1-1", "sold_by": "amazon",'
        ' "item": {"asin": "B0X", "title": "Kettle", "kind": "physical", "store": "amazon"}},'
        ' "losses": [{"head": "property_damage", "amount": "5.00 USD"}], "cause": "product_defect"}',
    )  # fmt: skip
    assert filed.code == 0, filed.err
    claim = filed.json["claim"]
    refused = run("do", "deny", claim, "--as", "in:ann", "--reason", "no")
    assert refused.code == 4
    assert "[not_permitted]" in refused.err and "who may: cs:mei, lead:lin" in refused.err
    assert run("actor", "grant", "in:ann", "handler", "--as", "in:ann").code == 4
    assert run("actor", "conflicts").code == 0
    doubled = run("actor", "grant", "cs:mei", "finance", "--as", "it:ana")
    assert doubled.code == 0 and "should not be held by one actor; say why" in doubled.err
    conflicts = run("actor", "conflicts")
    assert conflicts.code == 1 and "NOT EXPLAINED" in conflicts.out
    assert run("actor", "revoke", "cs:mei", "finance", "--as", "it:ana").code == 0
    rows = run("actor", "list", "--all", "--json").lines
    assert [r["stands"] for r in rows if r["role"] == "finance"] == [False]
    shown = run("actor", "roles")
    assert "auditor: reads everything, writes nothing" in shown.out and "decides below 1000.00 USD" in shown.out
    with closing(sqlite3.connect(place / "claimdesk.db")) as c:
        c.execute("DROP TRIGGER control_kept")
        c.execute("UPDATE control SET subject = 'cs:evil' WHERE seq = 1")
        c.commit()
    harmed = run("doctor")
    assert harmed.code == 1 and "entry 1: its columns are not what its bytes say" in harmed.out


def test_a_step_is_proposed_approved_and_done_in_an_emergency(run, place):
    people = (("it:ana", "operator"), ("cs:mei", "handler"), ("lead:lin", "approver"), ("script:n", "script"))
    for actor, role in people:
        assert run("actor", "grant", actor, role, "--as", "it:setup").code == 0
    assert run("actor", "on", "roles", "--as", "it:ana").code == 0
    line = json.dumps({
        "marketplace": "US", "incident_on": "2024-06-01", "filed_at": "2024-06-03T09:00:00-07:00",
        "order": {"id": "1-1", "item": {"asin": "B0X", "title": "Kettle", "kind": "physical", "store": "amazon"}},
        "losses": [{"head": "property_damage", "amount": "7000.00 USD"}], "cause": "product_defect",
        "seller": {"id": "A2X", "in_good_standing": True}, "screening": {"verdict": "valid", "by": "a:1"},
    })  # fmt: skip
    refused = run("triage", "-", "--as", "nobody", stdin=line)
    assert refused.code == 4 and "[not_permitted]" in refused.err
    claim = run("triage", "-", "--json", "--as", "script:n", stdin=line).lines[0]["claim"]
    step = ("deny", claim, "--reason", "not ours")
    assert run("do", *step, "--as", "cs:mei", "-n").code == 0
    made = run("proposal", "make", *step, "--as", "cs:mei", "--json").json
    assert made["roles"] == ["approver"] and made["verdict"] is None
    assert f"{made['id']}  deny by cs:mei: waits for approver" in run("actions", claim).out
    assert run("proposal", "approve", made["id"], "--as", "cs:mei").code == 3
    assert run("proposal", "approve", made["id"], "--as", "script:n").code == 4
    assert run("proposal", "refuse", made["id"], "--as", "lead:lin", "--reason", "ask first").code == 0
    assert run("proposal", "approve", made["id"], "--as", "lead:lin").code == 6
    again = run("proposal", "make", *step, "--as", "cs:mei", "--json").json["id"]
    assert run("proposal", "approve", again, "--as", "lead:lin", "-n").code == 0
    done = run("proposal", "approve", again, "--as", "lead:lin", "--json")
    assert done.code == 0 and done.json["state"] == "denied"
    assert run("timeline", claim).code == 0
    assert run("do", "reopen", claim, "--reason", "new facts", "--as", "cs:mei").code == 3
    assert run("do", "reopen", claim, "--reason", "fire", "--as", "cs:mei", "--break-glass").code == 0
    (glass,) = run("proposal", "list", "--emergencies", "--json").lines
    assert (glass["verb"], glass["verdict"]) == ("reopen", None)
    review = ("proposal", "review", glass["id"], "--reason", "well founded")
    assert run(*review, "--as", "cs:mei").code == 3
    assert run(*review, "--as", "lead:lin").code == 0
    assert run("proposal", "list").err.endswith("nothing waits for a second person\n")
    again = run("audit", "verify", "--replay")
    assert again.code == 0 and "byte for byte the same" in again.out, "second persons change no decision"
