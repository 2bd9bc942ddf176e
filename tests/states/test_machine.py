"""The library is the authority: its own machine, driven over every step, answers as the compiled tables do."""

from __future__ import annotations

from importlib import import_module
from itertools import product
from pathlib import Path

import pytest
from transitions import MachineError

from claimdesk.states.lifecycle import RULES, Lifecycle, Rest
from claimdesk.workflow import registry

FOLDER = Path(__file__).resolve().parents[2] / "states"


def lifecycles() -> list[Lifecycle]:
    """Every lifecycle there is: found in the folder, so that a new one cannot be forgotten."""
    found = [import_module(f"claimdesk.states.{path.stem}") for path in sorted(FOLDER.glob("[a-z]*.py"))]
    return [module.LIFECYCLE for module in found if hasattr(module, "LIFECYCLE")]


LIFECYCLES = lifecycles()
each_lifecycle = pytest.mark.parametrize("life", LIFECYCLES, ids=lambda life: life.name)


class Plain:
    """An object that is bound to no machine."""

    def __init__(self, state: str) -> None:
        self.state = state


def driven(life: Lifecycle, state: str, trigger: str) -> str | None:
    """Where the real machine goes; None when it refuses."""
    model = Plain(state)
    event = life.machine.events[trigger]
    try:
        moved = event.trigger(model)
    except MachineError:
        assert model.state == state
        return None
    assert moved
    return model.state


def test_the_claim_and_the_sellers_file_have_lifecycles():
    assert {"pdpi", "seller_insurance"} <= {life.name for life in LIFECYCLES}


@each_lifecycle
def test_the_machine_and_the_table_give_the_same_answer_everywhere(life):
    """Over every pair of state and trigger, whether the step exists and where it leads: nothing else is possible."""
    names = [s.name for s in life.states]
    rows = {(r.state, r.trigger): r.to for r in life.rows}
    assert set(life.machine.states) == set(names)
    assert set(life.machine.events) == {r.trigger for r in life.rows}
    for state, trigger in product(names, life.machine.events):
        there = driven(life, state, trigger)
        assert there == rows.get((state, trigger)) == life.next(state, trigger), (state, trigger)


@each_lifecycle
def test_no_step_leaves_an_end_but_those_declared(life):
    for state in life.ends:
        for trigger in life.machine.get_triggers(state):
            assert driven(life, state, trigger) == state or trigger in life.reopening, (state, trigger)


@each_lifecycle
def test_the_machine_knows_no_other_state_and_no_other_word(life):
    assert not life.machine.auto_transitions
    assert life.machine.models == []
    for unknown in ("to_closed", "*", "", "trigger"):
        assert life.next(life.initial, unknown) is None
        assert unknown not in life.machine.events
    with pytest.raises((MachineError, ValueError, KeyError)):
        life.machine.events[next(iter(life.machine.events))].trigger(Plain("no_such_state"))


@each_lifecycle
def test_every_verb_of_a_caller_leads_somewhere_and_the_rules_are_no_verb(life):
    assert RULES not in life.verbs
    for state in life.states:
        offered = {r.verb for r in life.rows if r.state == state.name and r.verb != RULES}
        assert set(life.verbs_in(state.name)) == offered


@each_lifecycle
def test_a_passing_state_has_a_way_on_for_the_rules(life):
    """A state that does not rest is left by the rules, not by a person."""
    for state in life.states:
        if state.rest is Rest.PASSING:
            assert any(r.verb == RULES and r.state == state.name and r.to != state.name for r in life.rows), state.name


@each_lifecycle
def test_a_resting_state_has_a_clock_or_an_owner(life):
    assert all(s.rest in set(Rest) for s in life.states)


@each_lifecycle
def test_every_trigger_of_the_table_is_taken_by_somebody(life):
    """A row that no code takes is a promise nobody keeps: each trigger stands in the programme's own source."""
    folder = FOLDER.parent / "workflow"
    text = "\n".join(
        p.read_text(encoding="utf-8")
        for p in [*folder.glob("programmes/*/*.py"), *(folder / f"{n}.py" for n in ("generic", "moved"))]
    )
    missing = sorted({r.trigger for r in life.rows if f'"{r.trigger}"' not in text})
    assert missing == []


@each_lifecycle
def test_every_verb_has_a_handler_and_every_handler_a_verb(life):
    from claimdesk.workflow.generic import GENERIC  # noqa: PLC0415

    programme = registry.programme(life.name)
    assert programme.lifecycle is life
    handled = set(programme.handlers) | set(GENERIC)
    assert set(life.verbs) <= handled
    assert set(programme.handlers) - {programme.opening} <= set(life.verbs)
    assert programme.records <= set(life.verbs)
    assert programme.reasoned <= set(life.verbs)


def test_the_states_and_verbs_of_a_claim_are_those_of_the_contract():
    life = registry.programme("pdpi").lifecycle
    assert {s.name for s in life.states} == {
        "filed", "information_requested", "seller_notified", "responded", "disputed", "approved", "amazon_paid",
        "proof_requested", "recovery_review", "recovery_due", "recovery_appealed", "recovery_waived", "recouped",
        "written_off", "resolved_by_seller", "denied", "withdrawn", "closed",
    }  # fmt: skip
    beside = {"redirect"}  # wrong programmes are redirected, open claims too: the contract's page is silent on how
    assert set(life.verbs) - beside == {
        "amend", "attach_evidence", "request_information", "provide_information", "record_screening", "assess",
        "respond", "insurer_respond", "decline_offer", "resolve", "decide_dispute", "confirm_payment", "fail_payment",
        "reverse_payment", "record_certificate", "request_insurance", "decide_recovery", "appeal", "decide_appeal",
        "record_recovery", "write_off", "withdraw", "deny", "hold", "release_hold", "reopen", "note", "assign",
        "redact",
    }  # fmt: skip


def test_the_states_of_a_sellers_file_are_those_of_the_contract():
    life = registry.programme("seller_insurance").lifecycle
    assert {s.name for s in life.states} == {"not_required", "required", "compliant", "overdue"}
