"""Lifecycles: an unsound table does not load, and its error says what is wrong with it."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest
from transitions import MachineError

from claimdesk.states.lifecycle import RULES, Lifecycle, LifecycleError, Rest, Row, State, recording

START = State("start", Rest.OWNER, "somebody", "某人", initial=True)
MIDDLE = State("middle", Rest.CLOCK, "a clock", "时钟")
END = State("end", Rest.END, "nothing", "无")
SOUND = (
    Row("start", "go", "middle", "go", "on the way"),
    Row("middle", "finish", "end", RULES, "done"),
    Row("start", "note", "start", "note", "a note"),
)


def life(states=(START, MIDDLE, END), rows=SOUND, **options) -> Lifecycle:
    return Lifecycle("sample", tuple(states), tuple(rows), **options)


def test_a_sound_table_loads():
    sample = life()
    assert sample.initial == "start"
    assert sample.ends == {"end"}
    assert sample.next("start", "go") == "middle"
    assert sample.next("start", "finish") is None
    assert sample.verbs == ("go", "note")
    assert sample.verbs_in("start") == ("go", "note")
    assert sample.verbs_in("middle") == sample.verbs_in("end") == ()


UNSOUND = {
    "the state of a row is not known": (
        {"rows": (*SOUND, Row("nowhere", "go", "end", "go", "x"))}, "unknown state 'nowhere'"),
    "the destination of a row is not known": (
        {"rows": (*SOUND, Row("start", "jump", "nowhere", "jump", "x"))}, "unknown state 'nowhere'"),
    "a row has no destination": (
        {"rows": (*SOUND, Row("start", "jump", "", "jump", "x"))}, "unknown state ''"),
    "a wildcard stands for every state": (
        {"rows": (*SOUND, Row("*", "jump", "end", "jump", "x"))}, "unknown state '*'"),
    "a wildcard leads back to where it came from": (
        {"rows": (*SOUND, Row("start", "jump", "=", "jump", "x"))}, "unknown state '='"),
    "a step has two answers": (
        {"rows": (*SOUND, Row("start", "go", "end", "go", "x"))}, "two answers for go in start"),
    "a state is listed twice": (
        {"states": (START, MIDDLE, END, END)}, "a state is listed twice"),
    "no state is the first": (
        {"states": (State("start", Rest.OWNER, "a", "b"), MIDDLE, END)}, "exactly one state must be initial"),
    "two states are the first": (
        {"states": (START, State("middle", Rest.CLOCK, "a", "b", initial=True), END)},
        "exactly one state must be initial"),
    "a state cannot be reached": (
        {"states": (START, MIDDLE, END, State("island", Rest.OWNER, "a", "b")),
         "rows": (*SOUND, Row("island", "leave", "end", "leave", "x"))}, "island cannot be reached"),
    "a state is a trap": (
        {"states": (START, MIDDLE, END, State("trap", Rest.OWNER, "a", "b")),
         "rows": (*SOUND, Row("start", "fall", "trap", "fall", "x"))}, "trap is a trap"),
    "two states lead only to each other": (
        {"states": (START, MIDDLE, END, State("a", Rest.OWNER, "a", "b"), State("b", Rest.OWNER, "a", "b")),
         "rows": (*SOUND, Row("start", "fall", "a", "fall", "x"), Row("a", "on", "b", "on", "x"),
                  Row("b", "back", "a", "back", "x"))}, "a is a trap"),
    "nothing leaves a state that is no end": (
        {"states": (START, MIDDLE, END, State("stuck", Rest.OWNER, "a", "b")),
         "rows": (*SOUND, Row("start", "fall", "stuck", "fall", "x"))}, "nothing leaves stuck"),
    "there is no end": (
        {"states": (START, MIDDLE),
         "rows": (Row("start", "go", "middle", "go", "x"), Row("middle", "back", "start", "b", "x"))},
        "there is no end"),
    "a step leaves an end": (
        {"rows": (*SOUND, Row("end", "again", "start", "again", "x"))}, "again leaves the end end"),
    "a step has no proper name": (
        {"rows": (*SOUND, Row("start", "go on", "end", "go", "x"))}, "lacks a proper name or a meaning"),
    "a step has an empty name": (
        {"rows": (*SOUND, Row("start", "", "end", "go", "x"))}, "lacks a proper name or a meaning"),
    "a step has no meaning": (
        {"rows": (*SOUND, Row("start", "jump", "end", "jump", ""))}, "lacks a proper name or a meaning"),
    "a state does not say what it waits for": (
        {"states": (START, State("middle", Rest.CLOCK, "", "等待"), END)}, "middle does not say what it waits for"),
    "a state does not say it in Chinese": (
        {"states": (START, State("middle", Rest.CLOCK, "a clock", ""), END)}, "middle does not say what it waits for"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "fault"), UNSOUND.values(), ids=UNSOUND)
def test_an_unsound_table_is_refused_with_its_fault(parts, fault):
    with pytest.raises(LifecycleError) as refused:
        life(**parts)
    assert fault in str(refused.value)
    assert refused.value.code == "unsound_lifecycle"


def test_every_fault_is_named_at_once():
    """Who writes a table mends it in one go."""
    with pytest.raises(LifecycleError) as refused:
        life(
            rows=(
                *SOUND,
                Row("nowhere", "a", "end", "a", "x"),
                Row("start", "go", "end", "go", ""),
                Row("end", "b", "start", "b", "x"),
            )
        )
    for fault in ("unknown state 'nowhere'", "two answers for go", "lacks a proper name", "leaves the end end"):
        assert fault in str(refused.value)


def test_a_reopening_may_leave_an_end_and_nothing_else_may():
    rows = (*SOUND, Row("end", "reopen", "start", "reopen", "x"))
    assert life(rows=rows, reopening=frozenset({"reopen"})).next("end", "reopen") == "start"
    with pytest.raises(LifecycleError):
        life(rows=(*rows, Row("end", "go", "start", "go", "x")), reopening=frozenset({"reopen"}))


def test_a_perpetual_file_needs_no_end_but_every_state_of_it_can_be_left_and_reached():
    states = (START, MIDDLE)
    rows = (Row("start", "go", "middle", "go", "x"), Row("middle", "back", "start", "back", "x"))
    assert life(states, rows, perpetual=True).ends == frozenset()
    with pytest.raises(LifecycleError) as refused:
        life((*states, State("island", Rest.OWNER, "a", "b")), rows, perpetual=True)
    assert "island cannot be reached" in str(refused.value)


def test_the_machine_behind_a_table_has_no_jumps_of_its_own():
    """Automatic transitions (``to_end``) would lead past every rule."""
    sample = life()
    assert not sample.machine.auto_transitions
    assert [name for name in sample.machine.events if name.startswith("to_")] == []
    assert sample.machine.models == []
    with pytest.raises((MachineError, KeyError, AttributeError)):
        sample.machine.events["to_end"].trigger(object())


def test_recording_rows_stay_where_they_are():
    rows = list(recording(("start", "end"), "note", "kept"))
    assert [(r.state, r.to) for r in rows] == [("start", "start"), ("end", "end")]


def test_the_library_stays_quiet_about_callbacks():
    """At INFO `transitions` logs the repr of every callback, which may carry a name; on import it is set to WARNING."""
    code = (
        "import logging; logging.basicConfig(level=logging.DEBUG, force=True)\n"
        "from claimdesk.states.pdpi import LIFECYCLE\n"
        "assert LIFECYCLE.machine.get_transitions('approve')\n"
        "for name in ('transitions', 'transitions.core', 'transitions.extensions'):\n"
        "    assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING, name\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert logging.getLogger("transitions").level == logging.WARNING
