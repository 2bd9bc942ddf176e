"""Who may do what and who did: the registers of roles, second persons, emergencies, approved changes and looks."""

from __future__ import annotations

import pytest

from claimdesk import NotPermitted
from claimdesk.adapters.reports.reading import records
from claimdesk.testing import FrozenClock
from claimdesk.workflow.reports.catalogue import REPORTS
from claimdesk.workflow.reports.office import Office
from claimdesk.workflow.reports.shape import Asked
from control.office import office
from support.desks import filing, make_desk

from .made import NOW, report

DAY = "2024-06-03T09:00:00-07:00"  # a Monday
RUN = "sha256:" + "9f" * 32


def test_the_register_of_roles_has_conflicts_acts_and_whoever_needs_none():
    desk = office(clock=FrozenClock(DAY))
    desk.file(**filing(), actor="in:ann")
    quiet = report(desk.store, "access")
    assert quiet.found == 0
    rows = {(r["actor"], r["role"]): r for r in quiet.rows}
    ann = rows["in:ann", "intake"]
    assert (ann["stands"], ann["granted_by"], ann["without_role"]) == ("yes", "setup", "0")
    assert int(ann["acts"]) > 0
    assert int(rows["lead:lin", "approver"]["acts"]) == 0
    assert all(r["roles_on_since"] == "2024-06-03T16:00:00.000000Z" for r in quiet.rows)

    desk.grant("lead:lin", "finance", by="it:ana")  # nobody said why
    loud = report(desk.store, "access")
    assert loud.found == 2, "both roles of the pair"
    assert {r["role"]: r["conflicts"] for r in loud.rows if r["actor"] == "lead:lin"} == {
        "approver": "finance", "finance": "approver",
    }  # fmt: skip
    desk.revoke("lead:lin", "finance", by="it:ana", reason="CHG-2")
    desk.grant("lead:lin", "finance", by="it:ana", reason="CHG-3, until Friday")
    told = report(desk.store, "access")
    assert told.found == 0, "explained"
    gone = next(r for r in told.rows if r["stands"] == "no")
    assert (gone["actor"], gone["role"], gone["revoked_by"]) == ("lead:lin", "finance", "it:ana")

    journal = report(desk.store, "role-changes")
    assert [int(r["seq"]) for r in journal.rows] == list(range(1, len(journal.rows) + 1))
    assert {r["kind"] for r in journal.rows} == {"grant", "revoke", "on", "band"}
    assert {r["amount"] for r in journal.rows if r["kind"] == "band" and r["currency"] == "USD"} == {"5000.00"}
    with desk.store.read() as unit:
        assert [r["hash"] for r in journal.rows] == [row.leaf.hex() for row in unit.control()]


def test_while_roles_are_off_whoever_acts_is_listed_and_nobody_is_missed():
    desk = make_desk(clock=FrozenClock(DAY))
    desk.file(**filing())
    table = report(desk.store, "access")
    (row,) = table.rows
    assert (row["actor"], row["role"], row["roles_on_since"], row["without_role"]) == ("cs:mei", "", "", "0")
    assert table.found == 0


def test_a_past_view_knows_the_roles_of_then():
    clock = FrozenClock(DAY)
    desk = office(clock=clock)
    clock.advance(days=1)
    desk.grant("cs:li", "handler", by="it:ana")
    then = report(desk.store, "access", at="2024-06-03T16:00:00.000000Z").rows
    assert not any(r["actor"] == "cs:li" for r in then)
    assert any(r["actor"] == "cs:li" for r in report(desk.store, "access").rows)


def test_overrides_tell_proposals_approvals_emergencies_and_their_review():
    clock = FrozenClock(DAY)
    desk = office(clock=clock)

    def disputed(order: str) -> str:
        claim = desk.file(**filing("6000.00 USD", order), actor="in:ann")
        desk.record_screening(claim.id, verdict="valid", by="adjuster:one", actor="cs:mei")
        return desk.respond(claim.id, position="reject", actor="cs:mei").id

    step = {"decision": "step_in"}
    one, other, third = disputed("1-1"), disputed("1-2"), disputed("1-3")
    made = desk.propose("decide_dispute", one, step, actor="cs:mei", reason="valid")
    clock.advance(hours=1)
    desk.approve(made.id, actor="lead:lin")
    for claim in (other, third):
        desk.break_glass("decide_dispute", claim, step, actor="lead:lin", reason="a fire")

    def rows(at: str) -> tuple[dict[str, dict[str, str]], int]:
        found = report(desk.store, "overrides", at=at)
        return {r["claim"]: r for r in found.rows if r["step"] == "step_in"}, found.found

    by_claim, found = rows("2024-06-04T23:59:59.999999Z")
    assert found == 0, "there is a working day for the review"
    approved = by_claim[one]
    assert (approved["actor"], approved["second"], approved["approved_how"], approved["proposal"]) == (
        "cs:mei", "lead:lin", "in their own name", made.id,
    )  # fmt: skip
    assert approved["proposed_at"] < approved["at"]
    emergency = by_claim[other]
    assert (emergency["break_glass"], emergency["second"], emergency["review_by"]) == ("yes", "", "2024-06-04")
    assert (emergency["reviewed_by"], emergency["review_missing"]) == ("", "no")
    assert rows("2024-06-05T00:00:00.000000Z")[1] == 2, "nobody reviewed them in time"
    waiting = {p.claim: p.id for p in desk.waiting()}
    desk.review(waiting[other], actor="lead:bo", reason="it was one")
    desk.review(waiting[third], actor="lead:bo", objected=True, reason="there was time")
    by_claim, found = rows("2024-06-30T00:00:00.000000Z")
    assert found == 1, "what should not have been done stays a finding"
    assert (by_claim[other]["review"], by_claim[other]["reviewed_by"]) == ("reviewed", "lead:bo")
    assert (by_claim[third]["review"], by_claim[third]["review_missing"]) == ("objected", "yes")


def test_a_change_of_parameters_shows_who_approved_it_and_what_it_decided():
    clock = FrozenClock(DAY)
    desk = office(clock=clock)
    values = {"small_claim.comparator": "at_most"}
    mine = make_desk(desk.store, vault=desk.settings.vault, clock=clock, seed=7, actor="script:nightly",
                     rulebook_overrides=values)  # fmt: skip
    mine.file(**filing(order="1-1", cause="carrier"))  # denied, and so decided, before approval was switched on
    desk.switch_on("rulebooks", by="it:ana")
    clock.advance(hours=1)
    change = desk.propose_rulebook(values, by="rules:ada", test_run=RUN, effective_at="2024-06-04T00:00:00Z")
    waits = report(desk.store, "rule-changes", at="2024-06-03T23:00:00.000000Z")
    (row,) = [r for r in waits.rows if r["changed"] == "change"]
    assert (row["author"], row["approver"], row["status"], row["decisions"]) == ("rules:ada", "", "waiting", "0")
    desk.approve_rulebook(change.digest, by="rules:tom")
    clock.advance(days=1)
    mine.file(**filing(order="1-2", cause="carrier"))
    table = report(desk.store, "rule-changes")
    (row,) = [r for r in table.rows if r["changed"] == "change"]
    assert (row["rulebook_sha256"], row["test_run"], row["status"]) == (change.digest, RUN, "effective")
    assert (row["author"], row["approver"], row["decisions"]) == ("rules:ada", "rules:tom", "1")
    assert [(r["changed"], r["now"]) for r in table.rows if r["rulebook"] == change.digest][1:] == [
        ("small_claim.comparator", "at_most"),
    ]  # fmt: skip
    assert table.found == 0
    # The same decisions beside a journal without the approval: the one made after approval was on is a finding.
    with desk.store.read() as unit:
        rows = [r for r in unit.control() if r.kind != "rulebook_approved"]
    known = REPORTS["rule-changes"]
    collector = known.collector(asked := Asked(as_of=NOW, office=Office.of(rows, ())))
    for record in records(desk.store, asked):
        list(collector.of(record))
    assert [r["unapproved"] for r in collector.end() if known.finds(r)] == [1]


def test_looks_at_personal_data_tell_who_why_and_by_which_role():
    desk = office(clock=FrozenClock(DAY))
    claim = desk.file(
        **filing(claimant={"name": "Ada Example"}, injury={"kind": "trauma", "severity": "minor"}), actor="in:ann"
    )
    with pytest.raises(NotPermitted, match="reveal takes the role"):
        desk.personal(claim.id, purpose="handling", actor="in:ann")
    desk.personal(claim.id, purpose="appeal", actor="cs:mei")
    desk.personal(claim.id, purpose="her solicitor called", actor="audit:eva")
    one, other = report(desk.store, "sensitive-reads").rows
    assert (one["actor"], one["roles"], one["purpose"], one["purpose_sealed"]) == ("cs:mei", "handler", "appeal", "no")
    assert (one["injury"], one["without_role"]) == ("yes", "no")
    assert "injury.kind" in one["fields"].split(" ")
    assert (other["actor"], other["purpose"], other["purpose_sealed"]) == ("audit:eva", "other", "yes")
