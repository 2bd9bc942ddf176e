"""Deciding without a store: the engine's ``plan`` beside a plain Python table of the same rules (see ``bare``).

``python -m benchmarks.decide`` (4,000 claims) or ``--claims N``. The commands and the facts they are planned on are
kept from a run in memory; then each is planned again, and nothing else: no input is checked, nothing is sealed, hashed
or written. Both sides make every entry with every reason, and the record of one is compared to that of the other before
any time is taken. A transition is one entry of a claim.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

from claimdesk import ClaimDesk
from claimdesk.workflow import engine
from claimdesk.workflow.lines import Line
from claimdesk.workflow.plan import Plan
from claimdesk.workflow.triage import triage

from . import bare
from .claims import lines
from .figure import Figures, figure, medians
from .table import alone

_IDS = ("CLM-", "NTC-", "DEC-", "PAY-")


def figures(*, quick: bool = False, repeat: int = 5, claims: int | None = None) -> Figures:
    """Microseconds a transition on both sides."""
    asked = kept(claims or (200 if quick else 4_000))
    compare(asked)
    return medians(lambda: measure(asked), repeat, "decide only")


def kept(claims: int) -> list[list[Any]]:
    """For each claim the planner's calls: programme, case, command, context."""
    found: dict[str, list[Any]] = {}
    real = engine.plan

    def keep(programme: Any, case: Any, command: Any, ctx: Any) -> Any:
        made = real(programme, case, command, ctx)
        if programme.id == "pdpi" and isinstance(made, Plan):
            found.setdefault(made.case.id, []).append((programme, case, command, ctx))
        return made

    ready = [Line(n, json.loads(text), None, "") for n, text in enumerate(lines(claims), 1)]
    with ClaimDesk.open("memory:", actor="system:bench") as desk, mock.patch.object(engine, "plan", keep):
        for _ in triage(desk, ready, run_id="bench"):
            pass
    if len(found) != claims:
        raise SystemExit(f"the planner was asked for {len(found)} of {claims} claims")
    return list(found.values())


def planned(asked: list[list[Any]]) -> list[list[Plan]]:
    """Ours."""
    plan = engine.plan
    return [[plan(*call) for call in calls] for calls in asked]  # type: ignore[misc]  # refusals were left out


def by_hand(asked: list[list[Any]]) -> list[bare.Claim]:
    """The floor's."""
    made: list[bare.Claim] = []
    for calls in asked:
        _, _, command, ctx = calls[0]
        claim = bare.file(command.at, command.payload, ctx.rulebook.sha256)
        for _, _, then, seen in calls[1:]:
            bare.screen(claim, then.payload, seen.seller.facts, seen.seller.version)
        made.append(claim)
    return made


def compare(asked: list[list[Any]]) -> None:
    """AssertionError when the two do not keep the same record, but for the ids."""
    for plans, claim in zip(planned(asked), by_hand(asked), strict=True):
        ours = [body for made in plans for body in made.bodies], [n for made in plans for n in made.notices]
        theirs = claim.bodies, claim.notices
        for mine, plain in zip(ours, theirs, strict=True):
            assert len(mine) == len(plain), "one side keeps more"
            for one, other in zip(mine, plain, strict=True):
                assert _bare_ids(one) == _bare_ids(other), f"the records differ:\n{one}\n{other}"


def _bare_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _bare_ids(found) for name, found in value.items()}
    if isinstance(value, list | tuple):
        return [_bare_ids(found) for found in value]
    if isinstance(value, str):
        for prefix in _IDS:
            if prefix in value:
                return value[: value.index(prefix) + len(prefix)]
    return value


def measure(asked: list[list[Any]]) -> dict[str, Any]:
    """One run of each."""
    ours, made = _timed(lambda: planned(asked))
    transitions = sum(len(p.bodies) for plans in made for p in plans)
    del made
    plain, _ = _timed(lambda: by_hand(asked))
    return {
        "decide only, with every reason": figure(
            transitions / ours, "transitions/s", floor=transitions / plain, ratio=plain / ours, aim="at least 0.5"
        ),
        "decide only, a transition": figure(ours / transitions * 1e6, "us", floor=plain / transitions * 1e6),
        "transitions a claim": figure(transitions / len(asked), "entries"),
    }


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    gc.disable()  # what is made is kept: a collection would find nothing, on either side
    try:
        started = time.perf_counter()
        made = work()
        return time.perf_counter() - started, made
    finally:
        gc.enable()


def main() -> None:
    """Measures and prints a table."""
    alone(figures, __doc__, claims=4_000, repeat=1)


if __name__ == "__main__":
    main()
