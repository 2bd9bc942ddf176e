"""Second persons: proposed, approved in one's own name, done in an emergency; and what the store itself holds to."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from claimdesk import ClaimdeskError, ConfigError, Conflict, NotPermitted, Refused
from claimdesk.states.codes import RefusalCode
from claimdesk.states.roles import Verdict
from claimdesk.workflow import plan as planning
from claimdesk.workflow.control.approvals import Approvals
from claimdesk.workflow.desk import Desk
from claimdesk.workflow.plan import Command
from claimdesk.workflow.ports import AnswerRow, WriteSet
from control.office import office
from control.test_access import attack
from stores.conftest import Place
from support.desks import Drive, make_desk

LARGE, MIDDLE, SMALL = "6000.00 USD", "1200.00 USD", "900.00 USD"
BAND = "5000.00 USD"


def disputed(desk: Desk, amount: str = LARGE) -> str:
    """A claim that waits for a person to step in; its screening and answer came in by a script."""
    old, desk.actor = desk.actor, "script:nightly"
    drive = Drive(desk, desk.clock)  # type: ignore[arg-type]
    drive.orders = len(list(desk.list()))
    claim = drive.valid(amount)
    desk.respond(claim.id, position="reject")
    desk.actor = old
    return claim.id


def step_in(desk: Desk, claim: str, **options: Any) -> Any:
    return desk.decide_dispute(claim, decision="step_in", reason="valid on the file", **options)


def refused(call: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(ClaimdeskError) as caught:
        call(*args, **more)
    return caught.value.code


def test_a_step_over_the_band_is_proposed_and_done_when_another_approves(desk: Desk) -> None:
    claim = disputed(desk)
    with pytest.raises(Refused) as direct:
        step_in(desk, claim, actor="cs:mei")
    assert direct.value.code == "needs_second_person" and direct.value.exit_code == 3
    assert "claimdesk proposal make decide_dispute" in direct.value.hint and "lead:lin" in direct.value.hint
    with pytest.raises(Refused) as naming:
        step_in(desk, claim, actor="cs:mei", approved_by="lead:lin")
    assert "in their own name" in naming.value.message and desk.get(claim).state == "disputed"

    made = desk.propose("decide_dispute", claim, {"decision": "step_in"}, actor="cs:mei", reason="valid on the file")
    assert (made.verb, made.author, made.roles, made.amount_minor) == (
        "decide_dispute",
        "cs:mei",
        ("approver",),
        600000,
    )
    assert desk.get(claim).state == "disputed", "a proposal does nothing"
    shown = desk.actions(claim)
    assert [(w["id"], w["roles"]) for w in shown["second_person"]] == [(made.id, ["approver"])]
    assert desk.view(claim)["tasks"] == ["approval"]
    assert [w.id for w in desk.waiting()] == [w.id for w in desk.waiting(claim)] == [made.id]

    assert refused(desk.approve, made.id, actor="cs:mei") == "needs_second_person"
    assert refused(desk.approve, made.id, actor="CS:MEI") == "needs_second_person"
    with pytest.raises(NotPermitted) as who:
        desk.approve(made.id, actor="fin:kai")
    assert "lead:bo, lead:lin" in who.value.hint
    assert desk.approve(made.id, actor="lead:lin", dry_run=True).state == "approved"
    assert desk.get(claim).state == "disputed"
    done = desk.approve(made.id, actor="lead:lin", reason="agreed")
    assert done.state == "approved"

    entries = desk.entries(claim)
    step = next(e for e in entries if e["type"] == "step_in")
    assert (step["actor"]["id"], step["second"], step["proposal"]) == ("cs:mei", "lead:lin", made.id)
    with desk.store.read() as unit:
        assert step["access_journal"] == {"seq": desk.access().seq, "head": unit.control()[-1].leaf.hex()}
        kept = {a.entry: a for a in unit.approvals(claim)}
    assert (kept[step["id"]].author, kept[step["id"]].approver) == ("cs:mei", "lead:lin")
    assert desk.view(claim)["tasks"] == [] and "second_person" not in desk.actions(claim)
    assert desk.proposal(made.id).verdict == Verdict.APPROVED and desk.waiting() == []
    assert refused(desk.approve, made.id, actor="lead:bo") == "answered"
    reasons = json.dumps(entries)
    assert "valid on the file" not in reasons and "agreed" not in reasons, "reasons are sealed"
    (row,) = desk.second_person_register()
    assert (row["verdict"], row["answered_by"]) == ("approved", "lead:lin")


@pytest.mark.parametrize(
    ("amount", "actor", "code"),
    [
        ("999.99 USD", "cs:mei", None),  # under the line nobody is asked: it was paid already
        ("1000.00 USD", "cs:mei", "not_permitted"),  # a handler decides below 1,000.00
        ("1000.00 USD", "lead:lin", None),  # an approver alone below 5,000.00
        ("4999.99 USD", "lead:lin", None),
        (BAND, "lead:lin", "needs_second_person"),  # from 5,000.00 two people, whoever they are
        (BAND, "cs:mei", "needs_second_person"),
    ],
)
def test_authority_and_band_on_both_sides_of_their_limits(amount: str, actor: str, code: str | None) -> None:
    desk = office()
    if amount == "999.99 USD":
        claim = disputed_small(desk)
        assert desk.deny(claim, reason="no", actor=actor).state == "denied"
        return
    claim = disputed(desk, amount)
    if code is None:
        assert step_in(desk, claim, actor=actor).state == "approved"
    else:
        assert refused(step_in, desk, claim, actor=actor) == code


def disputed_small(desk: Desk) -> str:
    desk.actor = "script:nightly"
    return Drive(desk, desk.clock).file("999.99 USD").id  # type: ignore[arg-type]


def test_with_roles_on_an_appeal_and_a_reopening_take_two_as_well() -> None:
    desk = office()
    claim = disputed(desk)
    desk.deny(claim, reason="not our product", actor="lead:lin")
    assert refused(desk.reopen, claim, reason="new facts", actor="lead:lin") == "needs_second_person"
    made = desk.propose("reopen", claim, actor="lead:lin", reason="new facts")
    assert desk.approve(made.id, actor="lead:bo").state in ("filed", "seller_notified")
    middle = disputed(desk, MIDDLE)
    desk.deny(middle, reason="no", actor="lead:lin")
    assert refused(desk.reopen, middle, reason="new facts", actor="cs:mei") == "not_permitted"
    assert desk.reopen(middle, reason="new facts", actor="lead:lin").id == middle


def test_a_proposal_is_turned_down_taken_back_or_goes_stale() -> None:
    desk = office()
    claim = disputed(desk)
    ask = {"decision": "step_in"}
    first = desk.propose("decide_dispute", claim, ask, actor="cs:mei", reason="a")
    assert refused(desk.turn_down, first.id, actor="lead:lin", reason=" ") == "needs_reason"
    assert desk.turn_down(first.id, actor="lead:lin", reason="ask the insurer").verdict == Verdict.TURNED_DOWN
    second = desk.propose("decide_dispute", claim, ask, actor="cs:mei", reason="a")
    assert refused(desk.withdraw_proposal, second.id, actor="lead:lin") == "not_permitted"
    assert desk.withdraw_proposal(second.id, actor="cs:mei").verdict == Verdict.WITHDRAWN
    third = desk.propose("decide_dispute", claim, ask, actor="cs:mei", reason="a")
    desk.assess(claim, losses=[{"head": "property_damage", "amount": "9000.00 USD"}], actor="lead:lin", reason="b")
    assert refused(desk.approve, third.id, actor="lead:bo") == "proposal_stale"
    fourth = desk.propose("decide_dispute", claim, ask, actor="cs:mei", reason="a")
    desk.revoke("cs:mei", "handler", by="it:ana")
    assert refused(desk.approve, fourth.id, actor="lead:bo") == "not_permitted", "its author may not any more"
    desk.grant("cs:mei", "handler", by="it:ana")
    desk.revoke("lead:bo", "approver", by="it:ana")
    assert refused(desk.approve, fourth.id, actor="lead:bo") == "not_permitted"
    assert desk.approve(fourth.id, actor="lead:lin").state == "approved"
    assert refused(desk.propose, "decide_dispute", claim, ask, actor="cs:mei", reason="a") == "not_allowed_from_state"
    assert refused(desk.approve, "PRP-NONE", actor="lead:lin") == "unknown_proposal"
    assert [r["verdict"] for r in desk.second_person_register()] == ["turned_down", "withdrawn", None, "approved"]


def test_a_write_off_waits_for_finance_or_an_approver() -> None:
    desk = office()
    claim = disputed(desk)
    desk.approve(desk.propose("decide_dispute", claim, {"decision": "step_in"}, actor="cs:mei", reason="a").id,
                 actor="lead:lin")  # fmt: skip
    desk.confirm_payment(claim, actor="fin:kai")
    assert refused(desk.write_off, claim, reason="insolvent", actor="cs:mei") == "not_permitted"
    made = desk.propose("write_off", claim, actor="fin:kai", reason="insolvent")
    assert made.roles == ("approver", "finance")
    assert refused(desk.approve, made.id, actor="fin:kai") == "needs_second_person"
    assert desk.approve(made.id, actor="lead:bo").state == "closed"
    assert refused(desk.reverse_payment, claim, reason="error", actor="fin:kai") == "needs_second_person"


# -- emergencies ---------------------------------------------------------------------------------------------------


def test_an_emergency_is_done_marked_listed_and_reviewed(desk: Desk) -> None:
    claim = disputed(desk)
    ask = ("decide_dispute", claim, {"decision": "step_in"})
    assert refused(desk.break_glass, *ask, actor="in:ann", reason="fire") == "not_permitted"
    assert refused(desk.break_glass, *ask, actor="cs:mei") == "needs_reason"
    assert desk.break_glass(*ask, actor="cs:mei", reason="fire", dry_run=True).state == "approved"
    assert desk.get(claim).state == "disputed" and desk.break_glass_register() == []
    assert desk.break_glass(*ask, actor="cs:mei", reason="fire").state == "approved"
    step = next(e for e in desk.entries(claim) if e["type"] == "step_in")
    (row,) = desk.break_glass_register()
    assert step["break_glass"] == row["id"] and "second" not in step
    assert (row["author"], row["roles"], row["verdict"]) == ("cs:mei", ["approver"], None)
    assert desk.view(claim)["tasks"] == ["break_glass_review"]
    assert desk.waiting()[0].review_by == "2024-06-04"
    assert refused(desk.review, row["id"], actor="cs:mei", reason="fine") == "needs_second_person"
    assert refused(desk.review, row["id"], actor="fin:kai", reason="fine") == "not_permitted"
    assert refused(desk.approve, row["id"], actor="lead:lin") == "not_here"
    assert desk.review(row["id"], actor="lead:lin", reason="an approver was there", objected=True).verdict == "objected"
    assert desk.view(claim)["tasks"] == [] and desk.break_glass_register()[0]["answered_by"] == "lead:lin"


def test_breaking_the_glass_opens_no_other_door() -> None:
    """Holds, states, erasures and the guards of the money stand."""
    desk = office()
    claim = disputed(desk)
    desk.hold(claim, hold="legal", reason="letter of a lawyer", actor="cs:mei")
    ask = ("decide_dispute", claim, {"decision": "step_in"})
    assert refused(desk.break_glass, *ask, actor="cs:mei", reason="fire") == "on_hold"
    assert refused(desk.break_glass, "confirm_payment", claim, actor="cs:mei", reason="fire") != "done"
    lifting = ("release_hold", claim, {"hold": "legal"})
    assert refused(desk.break_glass, *lifting, actor="cs:mei", reason="fire") == "needs_second_person"
    made = desk.propose(*lifting, actor="cs:mei", reason="settled")
    assert desk.approve(made.id, actor="lead:lin").holds == ()


def test_without_roles_there_is_nothing_to_propose_and_no_glass_to_break() -> None:
    desk = office(on=False)
    claim = disputed(desk)
    ask = ("decide_dispute", claim, {"decision": "step_in"})
    for call in (desk.propose, desk.break_glass):
        with pytest.raises(ConfigError) as off:
            call(*ask, actor="cs:mei", reason="a")
        assert off.value.code == "roles_off"
    assert step_in(desk, claim, actor="cs:mei", approved_by="lead:lin").state == "approved"
    with desk.store.read() as unit:
        assert {(a.author, a.approver, a.proposal) for a in unit.approvals(claim)} == {("cs:mei", "lead:lin", None)}


def test_naming_oneself_or_a_machine_is_refused_at_any_amount() -> None:
    """Also where no second person is needed: the record would say that there was one."""
    desk = make_desk()
    claim = Drive(desk, desk.clock).file(SMALL)  # type: ignore[arg-type]
    for name in ("cs:mei", "CS:Mei", "ｃｓ：ｍｅｉ", "rules", "script:nightly"):
        assert refused(desk.deny, claim.id, reason="no", approved_by=name) == RefusalCode.NEEDS_SECOND_PERSON


# -- with our own tests taken away -----------------------------------------------------------------------------------


@pytest.fixture
def naive(monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk that asks nobody: no permission, no second person, no look at who approves."""
    passed = planning._common_tests

    def tests(programme: Any, case: Any, command: Command, ctx: Any) -> Any:
        return passed(programme, case, replace(command, lenient=True), ctx)

    monkeypatch.setattr(planning, "_common_tests", tests)
    monkeypatch.setattr(Desk, "permit", lambda self, *a: self.access())
    for name in ("second_needed", "no_naming"):
        monkeypatch.setattr(Approvals, name, lambda self, *a: None)


def test_the_store_refuses_a_large_step_without_a_second_person(desk: Desk, naive: None) -> None:
    claim = disputed(desk)
    for more, guard in (
        ({}, "approval_missing"),  # nobody
        ({"approved_by": "cs:mei"}, "approval_self"),  # the author
        ({"approved_by": "CS:Mei"}, "approval_self"),  # the author, in capitals
        ({"approved_by": "lead:lin"}, "approval_answer"),  # named, never asked
    ):
        with pytest.raises(Conflict) as stopped:
            step_in(desk, claim, actor="cs:mei", **more)
        assert stopped.value.field == guard, more
    assert desk.get(claim).state == "disputed"
    small = disputed(desk, MIDDLE)
    assert step_in(desk, small, actor="cs:mei").state == "approved", "the naive desk does what nothing forbids"


def test_the_store_refuses_an_answer_of_the_author_or_of_a_stranger(
    desk: Desk, naive: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = disputed(desk)
    made = desk.propose("decide_dispute", claim, {"decision": "step_in"}, actor="cs:mei", reason="a")
    monkeypatch.setattr(
        Approvals, "_to_answer", lambda self, name, actor, kind: (self._found(name)[0], actor, self.access())
    )
    for person, guard in (("cs:mei", "answer_self"), ("fin:kai", "answer_role"), ("who:ever", "answer_role")):
        with pytest.raises(Conflict) as stopped:
            desk.approve(made.id, actor=person)
        assert stopped.value.field == guard, person
    assert desk.approve(made.id, actor="lead:lin").state == "approved"
    with pytest.raises(Conflict) as twice, desk.store.write() as unit:
        case = unit.case(claim)
        assert case is not None
        again = AnswerRow(made.id, claim, "EVT-X", "cs:mei", "lead:bo", "approved", "2024-06-04T00:00:00.000000Z")
        unit.append([WriteSet(case, case.version, {}, answers=(again,))])
    assert twice.value.field == "answer_once"


_ANSWER = "INSERT INTO answer SELECT id, claim, entry, {author}, {person}, '{verdict}', at FROM proposal{where}"
_APPROVAL = (
    "INSERT INTO approval SELECT 'EVT-X', claim, '{kind}', verb, author, {by}, {proposal}, at FROM proposal{where}"
)
_OPEN = " WHERE id = '{open}'"
_ANOTHERS = (
    "INSERT INTO approval SELECT id, claim, 'second', 'write_off', 'x', 'lead:lin', NULL, at FROM entry"
    " WHERE type = 'reject_liability'"
)
_STEP = (
    "INSERT INTO entry (id, claim, seq, at, actor, verb, type, data, leaf) SELECT 'EVT-X', claim, seq + 1, at,"
    " 'cs:mei', 'decide_dispute', 'step_in', data, leaf FROM entry e"
    " WHERE seq = (SELECT MAX(seq) FROM entry m WHERE m.claim = e.claim) AND claim = '{claim}'"
)


def answering(person: str, verdict: str = "approved", author: str = "author") -> str:
    """An answer to the proposal that waits."""
    return _ANSWER.format(author=author, person=person, verdict=verdict, where=_OPEN)


def approving(kind: str, by: str, proposal: str, where: str = _OPEN) -> str:
    """An approval of an entry to come."""
    return _APPROVAL.format(kind=kind, by=by, proposal=proposal, where=where)


RAW = (
    ("UPDATE approval SET approver = 'lead:bo'", "approval_fixed"),
    ("DELETE FROM approval", "approval_fixed"),
    ("UPDATE answer SET verdict = 'turned_down'", "answer_fixed"),
    ("DELETE FROM answer", "answer_fixed"),
    ("UPDATE proposal SET roles = 'handler'", "proposal_fixed"),
    ("DELETE FROM proposal", "proposal_fixed"),
    (answering("author"), "answer_self"),
    (answering("upper(author)"), "answer_self"),
    (answering("'fin:kai'"), "answer_role"),
    (answering("'lead:lin'", author="'cs:bo'"), "answer_of"),
    (answering("'lead:lin'", verdict="reviewed"), "answer_of"),
    (answering("author", verdict="withdrawn"), ""),  # the author may
    ("INSERT INTO answer SELECT proposal, claim, entry, author, 'lead:bo', verdict, at FROM answer", "answer_once"),
    (approving("second", "author", "NULL"), "approval_self"),
    (approving("second", "NULL", "id"), "approval_self"),
    (approving("second", "'lead:lin'", "NULL"), "approval_answer"),
    (approving("second", "'lead:lin'", "id"), "approval_answer"),  # nobody has answered it
    (approving("second", "'lead:bo'", "id", " WHERE id <> '{open}'"), "approval_answer"),  # lin has, not bo
    (approving("break_glass", "NULL", "id"), "approval_answer"),
    (_ANOTHERS, "approval_entry"),
    (_STEP, "approval_missing"),
)


def test_a_plain_client_cannot_approve_for_somebody(database: Place) -> None:
    desk = office(database.open())
    claim, other = disputed(desk), disputed(desk)
    ask = {"decision": "step_in"}
    desk.approve(desk.propose("decide_dispute", claim, ask, actor="cs:mei", reason="a").id, actor="lead:lin")
    open_ = desk.propose("decide_dispute", other, ask, actor="cs:mei", reason="a").id
    told = {raw: attack(database, raw.replace("{open}", open_).replace("{claim}", other)) for raw, _ in RAW}
    assert told == dict(RAW)


def test_without_the_guards_a_plain_client_can(tmp_path: Any) -> None:
    """So each attack fails for its guard and for nothing else."""
    place = Place("sqlite", f"sqlite:///{tmp_path / 'claims.db'}")
    with place.stack:
        desk = office(place.open())
        claim, other = disputed(desk), disputed(desk)
        ask = {"decision": "step_in"}
        desk.approve(desk.propose("decide_dispute", claim, ask, actor="cs:mei", reason="a").id, actor="lead:lin")
        open_ = desk.propose("decide_dispute", other, ask, actor="cs:mei", reason="a").id
    path = tmp_path / "claims.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as c:
        for (name,) in c.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            c.execute(f"DROP TRIGGER {name}")
        c.execute("PRAGMA ignore_check_constraints=ON")
        # What a unique key or a deferred foreign key would refuse as well is left out here.
        for statement, guard in RAW:
            if guard in ("answer_once", "answer_fixed"):
                continue
            c.execute("BEGIN")
            c.execute(statement.replace("{open}", open_).replace("{claim}", other))
            c.execute("ROLLBACK")
