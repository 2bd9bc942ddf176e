"""Lifecycles as tables: state, trigger, next state, which verb, meaning.

The table is the source; `transitions` is the authority. One ``Machine`` without a model is built per
lifecycle at import, checked there, and driven once over every row: the remembered answers are the
machine's own. No claim is ever bound to it. Triggers are facts of the record (``approve``), verbs are
what a caller may ask (``record_screening``); one verb may lead to one of several triggers.

Checked at import, every fault at once: states known, no wildcard, one answer per (state, trigger), every
state reachable, an end reachable from everywhere, no way out of an end but a reopening, and every resting
state has a clock, an owner or a reason to rest.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from transitions import Machine

from .errors import ClaimdeskError

# The library logs the repr of every callback at INFO; a partial could carry a claimant's name into a log.
logging.getLogger("transitions").setLevel(logging.WARNING)

#: The verb written on rows that only the rules may take.
RULES = "rules"


class Rest(StrEnum):
    """Why a claim may rest in a state."""

    CLOCK = "clock"  #: a deadline moves it on
    OWNER = "owner"  #: a named party or person must act
    PASSING = "passing"  #: it does not rest: the rules move on at once, unless a hold stands
    END = "end"  #: nothing is awaited


@dataclass(frozen=True, slots=True)
class State:
    """A state: its stored name, why a claim may rest there, and what it waits for, in one line each language."""

    name: str
    rest: Rest
    waits_for: str
    waits_for_zh: str
    initial: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``verb`` is the caller's word that may lead here, or ``rules``."""

    state: str
    trigger: str
    to: str
    verb: str
    meaning: str


class LifecycleError(ClaimdeskError):
    """The lifecycle table is not sound."""


class _Probe:
    """A plain object the machine is driven with while a table is compiled."""

    def __init__(self, state: str) -> None:
        self.state = state


def recording(states: Iterable[str], verb: str, meaning: str) -> Iterator[Row]:
    """Rows for a verb that records something and leaves the state as it is."""
    for state in states:
        yield Row(state, verb, state, verb, meaning)


@dataclass(slots=True)
class Lifecycle:
    """A checked lifecycle. ``next`` answers from the machine; ``verbs_in`` says what a caller may ask."""

    name: str
    states: tuple[State, ...]
    rows: tuple[Row, ...]
    reopening: frozenset[str] = frozenset()  #: triggers that may leave an end
    perpetual: bool = False  #: a file that stays open for as long as its subject exists has no end
    machine: Any = field(init=False, repr=False)
    _initial: str = field(init=False, repr=False)
    _next: Mapping[tuple[str, str], str] = field(init=False, repr=False)
    _verbs: Mapping[str, tuple[str, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._initial = next((s.name for s in self.states if s.initial), "")
        faults = list(_faults(self))
        if faults:
            raise LifecycleError("unsound_lifecycle", f"{self.name}: " + "; ".join(faults))
        self.machine = self._build()
        self._next = MappingProxyType(self._compile())
        verbs: dict[str, list[str]] = {s.name: [] for s in self.states}
        for row in self.rows:
            if row.verb != RULES and row.verb not in verbs[row.state]:
                verbs[row.state].append(row.verb)
        self._verbs = MappingProxyType({k: tuple(v) for k, v in verbs.items()})

    def _build(self) -> Any:
        machine: Any = Machine(
            model=None,
            states=[s.name for s in self.states],
            initial=self.initial,
            auto_transitions=False,
            send_event=True,
        )
        for row in self.rows:
            machine.add_transition(row.trigger, row.state, row.to)
        return machine

    def _compile(self) -> dict[tuple[str, str], str]:
        answers: dict[tuple[str, str], str] = {}
        for row in self.rows:
            probe = _Probe(row.state)
            if not self.machine.events[row.trigger].trigger(probe) or probe.state != row.to:
                raise LifecycleError("unsound_lifecycle", f"{self.name}: the machine disagrees on {row}")
            answers[row.state, row.trigger] = probe.state
        return answers

    @property
    def initial(self) -> str:
        """The state a new claim starts in."""
        return self._initial

    @property
    def ends(self) -> frozenset[str]:
        """The states in which nothing is awaited."""
        return frozenset(s.name for s in self.states if s.rest is Rest.END)

    def next(self, state: str, trigger: str) -> str | None:
        """The state after ``trigger`` in ``state``, or None when the step does not exist."""
        return self._next.get((state, trigger))

    def verbs_in(self, state: str) -> tuple[str, ...]:
        """The verbs a caller may ask for in ``state``, in table order."""
        return self._verbs[state]

    def state_named(self, name: str) -> State:
        """The description of one state."""
        return next(s for s in self.states if s.name == name)

    @property
    def verbs(self) -> tuple[str, ...]:
        """Every verb of this lifecycle, in table order."""
        return tuple(dict.fromkeys(r.verb for r in self.rows if r.verb != RULES))

    def mermaid(self) -> str:
        """The diagram, from the machine's own transitions; recording rows are left out, they go nowhere."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        arrows: dict[tuple[str, str], list[str]] = {}
        for state in self.states:
            for step in self.machine.get_transitions(source=state.name):
                if step.source != step.dest:
                    arrows.setdefault((step.source, step.dest), [])
        for row in self.rows:
            if (row.state, row.to) in arrows and row.trigger not in arrows[row.state, row.to]:
                arrows[row.state, row.to].append(row.trigger)
        lines += [f"    {a} --> {b}: {', '.join(names)}" for (a, b), names in arrows.items()]
        lines += [f"    {s.name} --> [*]" for s in self.states if s.rest is Rest.END]
        return "\n".join(lines) + "\n"


def _faults(life: Lifecycle) -> Iterator[str]:
    names = [s.name for s in life.states]
    known = set(names)
    if len(known) != len(names):
        yield "a state is listed twice"
    if sum(s.initial for s in life.states) != 1:
        yield "exactly one state must be initial"
        return
    seen: set[tuple[str, str]] = set()
    for row in life.rows:
        for state in (row.state, row.to):
            if state not in known:
                yield f"unknown state {state!r} in the row of {row.trigger}"
        if (row.state, row.trigger) in seen:
            yield f"two answers for {row.trigger} in {row.state}"
        seen.add((row.state, row.trigger))
        if not row.trigger.isidentifier() or not row.meaning:
            yield f"the row of {row.trigger!r} in {row.state} lacks a proper name or a meaning"
    yield from _graph_faults(life, known)


def _graph_faults(life: Lifecycle, known: set[str]) -> Iterator[str]:
    ends = life.ends
    forward: dict[str, set[str]] = {s: set() for s in known}
    backward: dict[str, set[str]] = {s: set() for s in known}
    for row in life.rows:
        if row.state in known and row.to in known and row.state != row.to:
            forward[row.state].add(row.to)
            backward[row.to].add(row.state)
            if row.state in ends and row.trigger not in life.reopening:
                yield f"{row.trigger} leaves the end {row.state}"
    if not ends and not life.perpetual:
        yield "there is no end"
    for lost in sorted(known - _reach({life.initial}, forward)):
        yield f"{lost} cannot be reached"
    goals = set(ends) if ends else known
    for trap in sorted(known - _reach(goals, backward)):
        yield f"{trap} is a trap: no end can be reached from it"
    for state in life.states:
        if state.rest is not Rest.END and not forward[state.name]:
            yield f"nothing leaves {state.name}"
        if not state.waits_for or not state.waits_for_zh:
            yield f"{state.name} does not say what it waits for"


def _reach(start: set[str], edges: Mapping[str, set[str]]) -> set[str]:
    found = set(start)
    todo = list(start)
    while todo:
        for other in edges.get(todo.pop(), ()):
            if other not in found:
                found.add(other)
                todo.append(other)
    return found
