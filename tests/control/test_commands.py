"""Roles on the command line: grants, the switch, refusals with exit code 4, what the doctor says."""

from __future__ import annotations

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
