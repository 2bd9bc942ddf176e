"""Roles: who may do which verb, who may grant, and that the journal of it cannot be bent."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from claimdesk import ClaimdeskError, ConfigError, Conflict, InputError, NotPermitted
from claimdesk.states.case import Case
from claimdesk.states.roles import ControlKind, Role, same_person
from claimdesk.workflow import registry
from claimdesk.workflow.control.access import Access
from claimdesk.workflow.control.book import House, house_book
from claimdesk.workflow.control.state import AccessState, entry, faults
from claimdesk.workflow.desk import Desk
from claimdesk.workflow.lines import read_lines
from claimdesk.workflow.triage import triage
from control.office import PEOPLE, office
from stores.conftest import Place
from support.desks import PAYLOADS, Drive, filing, make_desk

try:
    import psycopg
except ImportError:
    psycopg = None

HOUSE = House(house_book().at(house_book().dates[0]))


def code(desk: Desk, verb: str, claim: str, actor: str, **payload: Any) -> str:
    """What a verb by an actor comes to: ``done``, or the code of the error."""
    try:
        desk.do(verb, claim, payload, actor=actor, reason="because", dry_run=True)
    except ClaimdeskError as error:
        return "over_authority" if "at this amount" in error.message else error.code
    return "done"


def test_every_role_may_do_its_verbs_and_no_other() -> None:
    """The whole table, role by verb, on claims of each state: a verb is refused for the role or gets past it."""
    drive = Drive(office(on=False), None)  # type: ignore[arg-type]
    states = ("filed", "seller_notified", "disputed", "approved", "recovery_review", "recovery_due", "closed")
    claims = {state: drive.to(state) for state in states}
    desk = drive.desk
    desk.switch_on("roles", by="it:ana")
    seen: dict[bool, int] = {True: 0, False: 0}
    for verb, payload in PAYLOADS.items():
        for actor, role in PEOPLE.items():
            claim = next((c for c in claims.values() if verb in desk.actions(c.id)["can"]), claims["closed"])
            came = code(desk, verb, claim.id, actor, **payload)
            allowed = role in HOUSE.may_do(verb)
            assert (came != "not_permitted") == allowed, (verb, role, came)
            seen[allowed] += 1
    assert seen[True] > 60 and seen[False] > 200
    for actor, role in PEOPLE.items():
        for verb in ("file", "tick"):
            try:
                if verb == "file":
                    desk.file(**filing(order="9-9"), actor=actor, dry_run=True)
                else:
                    desk.actor = actor
                    desk.tick()
                came = "done"
            except NotPermitted as error:
                came = error.code
            assert (came == "done") == (role in HOUSE.may_do(verb)), (verb, role)


def test_every_verb_has_its_roles_and_every_parameter_its_source() -> None:
    verbs = {v for name in registry.names() for v in registry.programme(name).lifecycle.verbs}
    assert verbs <= set(HOUSE.verbs()), "a new verb needs its row in house.toml"
    writes = {verb for verb, who in HOUSE.verbs().items() if Role.AUDITOR in who}
    assert writes == {"reveal"}, "an auditor writes nothing, but that they looked"
    assert all(p.confidence == "assumed" and p.source for p in HOUSE.version.values.values())
    for name in registry.names():
        known = {row.trigger for row in registry.programme(name).lifecycle.rows}
        assert set(HOUSE.second_types(name)) <= known


def test_a_refusal_says_which_role_and_who_holds_it(desk: Desk) -> None:
    claim = desk.file(**filing())
    with pytest.raises(NotPermitted) as refused:
        desk.deny(claim.id, reason="no", actor="in:ann")
    error = refused.value
    assert (error.exit_code, error.http_status) == (4, 403)
    assert "approver or handler" in error.message and "cs:mei" in error.hint and "lead:lin" in error.hint
    assert error.unmet[0]["value"] == "intake"
    assert desk.get(claim.id).state == "filed"


def test_without_roles_everything_is_as_before(store: Any) -> None:
    desk = office(store, on=False)
    claim = desk.file(**filing(), actor="nobody:knows")
    assert desk.deny(claim.id, reason="no", actor="somebody:else").state == "denied"


def test_a_revoked_role_binds_at_once_also_for_a_desk_that_is_open(store: Any) -> None:
    first = office(store)
    claim = first.file(**filing())
    second = make_desk(store, actor="cs:mei", vault=first.settings.vault, seed=2)
    assert second.note(claim.id, text="seen").state == "filed"
    first.revoke("cs:mei", "handler", by="it:raj", reason="HR-1")
    with pytest.raises(NotPermitted):
        second.note(claim.id, text="seen again")
    assert [g["stands"] for g in first.access_register() if g["actor"] == "cs:mei"] == [False]


def test_grants_are_given_by_an_operator_to_somebody_else(desk: Desk) -> None:
    for by, actor, role, wrong in (
        ("it:ana", "it:ana", "approver", "self_grant"),
        ("it:ana", "IT:Ana", "approver", "self_grant"),  # the same name in capitals
        ("cs:mei", "cs:new", "handler", "not_permitted"),
        ("it:ana", "cs:new", "king", "unknown_role"),
        ("it:ana", " cs:new", "handler", "not_an_identifier"),
        ("it:ana", "cs:new\u200b", "handler", "not_an_identifier"),
    ):
        with pytest.raises(ClaimdeskError) as refused:
            desk.grant(actor, role, by=by)
        assert refused.value.code == wrong, (by, actor, role)
    assert desk.grant("cs:new", "handler", by="it:ana", reason="HR-2").by == "it:ana"
    before = len(desk.access_register())
    desk.grant("cs:new", "handler", by="it:raj")  # a second time changes nothing
    assert len(desk.access_register()) == before
    desk.revoke("it:raj", "operator", by="it:ana")
    with pytest.raises(ConfigError) as last:
        desk.revoke("it:ana", "operator", by="it:ana")
    assert last.value.code == "last_operator"
    with pytest.raises(InputError, match="does not hold"):
        desk.revoke("cs:new", "finance", by="it:ana")


def test_roles_are_switched_on_by_an_operator_where_somebody_can_work() -> None:
    desk = make_desk()
    with pytest.raises(NotPermitted, match="operator"):
        desk.switch_on("roles")
    desk.grant("it:ana", "operator")
    with pytest.raises(ConfigError) as nobody:
        desk.switch_on("roles", by="it:ana")
    assert nobody.value.code == "nobody_could_work"
    assert not desk.access().roles_on
    desk.grant("cs:mei", "handler", by="x")
    desk.grant("cs:bo", "approver", by="x")
    state = desk.switch_on("roles", by="it:ana")
    assert state.roles_on and not state.rulebooks_on
    assert state.bands["pdpi", "step_in", "USD"] == 500000 and state.bands["breakage_1688", "grant", "CNY"] == 500000
    seq = state.seq
    assert desk.switch_on("roles", by="it:ana").seq == seq, "twice is once"


def test_conflicting_roles_are_listed_until_they_are_explained() -> None:
    desk = office()
    assert desk.conflicts() == []
    desk.grant("cs:mei", "finance", by="it:ana")
    (found,) = desk.conflicts()
    assert (found["actor"], found["roles"], found["explained"]) == ("cs:mei", ["handler", "finance"], False)
    desk.revoke("cs:mei", "finance", by="it:ana")
    desk.grant("cs:mei", "finance", by="it:raj", reason="CHG-7, until June")
    assert desk.conflicts()[0]["explained"]


def test_a_file_of_claims_asks_once_who_may(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = office()
    looks = []
    seen = Access._looked

    def counted(self: Desk, claim: str | None) -> tuple[AccessState, Case | None]:
        looks.append(1)
        return seen(self, claim)

    monkeypatch.setattr(Desk, "_looked", counted)
    lines = [json.dumps({**filing(order=f"1-{n}"), "screening": {"verdict": "valid", "by": "a:1"}}) for n in range(30)]
    desk.actor = "script:nightly"
    done = list(triage(desk, read_lines(lines), run_id="r", batch=7))
    assert [r["status"] for r in done] == ["created"] * 30 and len(looks) == 1
    desk.actor = "in:ann"  # may file, may not screen
    with pytest.raises(NotPermitted):
        list(triage(desk, read_lines(lines), run_id="s"))


def test_the_journal_of_access_is_a_chain(desk: Desk) -> None:
    with desk.store.read() as unit:
        rows = unit.control()
    log = desk.settings.log
    assert desk.access_faults() == [] == faults(rows, log) and len(rows) > len(PEOPLE)
    assert faults(rows[1:], log) and faults(rows, "other/log")
    assert faults([*rows[:2], rows[2]._replace(role="finance"), *rows[3:]], log)
    forged = rows[2].data.replace(b"approver", b"operator")
    assert faults([*rows[:2], rows[2]._replace(data=forged, role="operator"), *rows[3:]], log)
    assert faults([rows[1], rows[0], *rows[2:]], log)


def test_two_names_are_one_person_whatever_their_case_or_form() -> None:
    assert same_person("cs:mei", "CS:Mei") and same_person("cs:\uff4dei", "cs:mei")  # full-width m
    assert not same_person("cs:mei", "cs:bo")


# -- what the store refuses whoever asks ---------------------------------------------------------------------------


def test_a_store_refuses_what_a_desk_would_not_ask(desk: Desk) -> None:
    """The same rows to memory, SQLite and PostgreSQL, straight past the desk's own tests."""
    log, state, now = desk.settings.log, desk.access(), "2024-06-04T00:00:00.000000Z"

    def row(actor: str, kind: ControlKind, subject: str, **parts: Any) -> Any:
        return entry(log, state, now, actor, kind, subject, **parts)

    cases = (
        (row("it:ana", ControlKind.GRANT, "it:ana", role="approver"), "control_self"),
        (row("it:ana", ControlKind.GRANT, "IT:ANA", role="approver"), "control_self"),
        (row("cs:mei", ControlKind.GRANT, "cs:bo", role="handler"), "control_role"),
        (row("cs:mei", ControlKind.ON, "rulebooks"), "control_role"),
        (row("cs:mei", ControlKind.BAND, "pdpi", role="step_in", currency="USD", amount=9**9), "control_role"),
        (row("it:ana", ControlKind.GRANT, "cs:bo", role="king"), "control_roles"),
        (row("it:ana", ControlKind.GRANT, "cs:bo", role="handler")._replace(seq=state.seq + 2), "control_next"),
        (row("it:ana", ControlKind.GRANT, "cs:bo", role="handler")._replace(seq=1), "control_next"),
        (row("cs:mei", ControlKind.RULEBOOK_PROPOSED, "d", effective_at=now, evidence="sha256:0"), "control_role"),
        (row("rules:ada", ControlKind.RULEBOOK_PROPOSED, "d", effective_at=now), "rulebook_tested"),
        (row("rules:tom", ControlKind.RULEBOOK_APPROVED, "d"), "rulebook_late"),
    )
    for given, guard in cases:
        with pytest.raises(Conflict) as refused, desk.store.write() as unit:
            unit.add_control([given])
        assert refused.value.field == guard, given
    assert desk.access_faults() == []


_RAW = (
    "INSERT INTO control (seq, at, actor, kind, subject, role, data, leaf) SELECT MAX(seq) + 1,"
    " '2024-06-04T00:00:00.000000Z', '{by}', 'grant', '{to}', '{role}', data, leaf FROM control WHERE seq <= 99"
    " GROUP BY data, leaf HAVING MAX(seq) = (SELECT MAX(seq) FROM control)"
)
_SWITCH = (
    "INSERT INTO control (seq, at, actor, kind, subject, data, leaf) SELECT seq + 1, at, 'cs:mei', 'on', 'rulebooks',"
    " data, leaf FROM control WHERE seq = (SELECT MAX(seq) FROM control)"
)
RAW = (
    (_RAW.format(by="it:ana", to="it:ana", role="approver"), "control_self"),
    (_RAW.format(by="cs:mei", to="cs:bo", role="approver"), "control_role"),
    (_RAW.format(by="it:ana", to="cs:bo", role="king"), "control_roles"),
    ("UPDATE control SET subject = 'cs:evil' WHERE seq = 2", "control_fixed"),
    ("DELETE FROM control WHERE kind = 'on'", "control_fixed"),
    ("DELETE FROM control", "control_fixed"),
    ("INSERT INTO control SELECT * FROM control WHERE seq = 1", "control_next"),
    (_SWITCH, "control_role"),
)  # fmt: skip


def attack(place: Place, statement: str) -> str:
    """What stops a statement of a plain client; the empty text when nothing does."""
    if place.kind == "sqlite":
        with closing(sqlite3.connect(place.url.removeprefix("sqlite:///"), isolation_level=None)) as c:
            c.execute("BEGIN IMMEDIATE")
            try:
                c.execute(statement)
            except sqlite3.Error as error:
                return str(error).removeprefix("guard ")
            finally:
                c.execute("ROLLBACK")
        return ""
    assert psycopg is not None
    with psycopg.connect(place.url.replace("+psycopg", "")) as c:
        try:
            c.execute(statement.encode())
        except psycopg.Error as error:
            return str(error.diag.constraint_name)
        finally:
            c.rollback()
    return ""


def test_a_plain_client_cannot_bend_the_access_journal(database: Place) -> None:
    office(database.open())
    assert {statement: attack(database, statement) for statement, _ in RAW} == dict(RAW)
    good = _RAW.format(by="it:ana", to="cs:bo", role="handler")
    assert attack(database, good) == "", "the attacks fail for their own reason, not for their form"
