"""Planned ahead or line by line: the same claims, the same refusals, the same money, whatever happened in between.

The planner here plans every batch as soon as it is given, long before the batches in front of it are written, and hands
it over through a pickle where a process would: nothing can be staler than that.
"""

from __future__ import annotations

import copy
import io
import json
import os
import pickle
import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from claimdesk.adapters.desk import ClaimDesk
from claimdesk.adapters.handover import BrokenOff, read, receive, send
from claimdesk.adapters.planners import ChildPlanners, PlanningFailed
from claimdesk.adapters.vault import FileVault
from claimdesk.workflow import triage as triage_module
from claimdesk.workflow.lines import Line, read_lines
from claimdesk.workflow.speculate import Ahead, AheadLine
from claimdesk.workflow.triage import plan_ahead, triage
from support.checks import assert_sound

from .conftest import Place

EXAMPLES = Path(__file__).parents[2] / "examples" / "claims.jsonl"
FBA = EXAMPLES.with_name("fba.jsonl")
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LINE = {
    "marketplace": "US", "filed_at": "2024-06-03T10:00:00Z", "incident_on": "2024-06-01", "cause": "unknown",
    "order": {"id": "114-1", "sold_by": "seller", "item": {"asin": "B0EXAMPLE", "kind": "physical", "store": "amazon"}},
    "losses": [{"head": "property_damage", "amount": "640.00 USD"}], "seller": {"id": "A2EXAMPLE"},
    "screening": {"verdict": "valid", "by": "expert:one"}, "claimant": {"name": "N. N."},
}  # fmt: skip


VAULTS: dict[str, FileVault] = {}  #: the keys of each database, for every desk on it


class Eager:
    """Plans a batch when it is given; ``between`` is called before a batch is handed over."""

    def __init__(self, desk: ClaimDesk, width: int, between: Callable[[], object] = lambda: None) -> None:
        self.desk, self.width, self.between, self.started = desk, width, between, False
        self.pickled = hasattr(desk.store, "engine")

    def start(self) -> None:
        pass

    def written(self) -> None:
        pass

    def submit(self, lines: Sequence[Line], run_id: str) -> Any:
        found = plan_ahead(self.desk, lines, run_id)
        return Given(pickle.loads(pickle.dumps(found)) if self.pickled else found, self.between)  # noqa: S301


class Given:
    def __init__(self, ahead: Any, between: Callable[[], object]) -> None:
        self.ahead, self.between = ahead, between

    def result(self) -> Any:
        self.between()
        return self.ahead


def line(source_id: str, **changes: Any) -> str:
    return json.dumps({**LINE, "source": "t", "source_id": source_id, **changes})


def opened(place: Place) -> ClaimDesk:
    vault = VAULTS.setdefault(place.url, FileVault(None))
    return ClaimDesk.open(
        place.url, actor="cs:mei", clock=lambda: NOW, store=place.open(), sender="memory", vault=vault
    )


def run(desk: ClaimDesk, lines: Sequence[str], batch: int, planners: Any = None, run_id: str = "IMP-1") -> list[Any]:
    desk.planners = planners
    try:
        return list(triage(desk, read_lines(lines, parse=planners is None), run_id=run_id, batch=batch))
    finally:
        desk.planners = None


def told(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Results with each claim named by the line that made it."""
    first: dict[str, int] = {}
    for result in results:
        if "claim" in result:
            first.setdefault(result["claim"], result["line"])
    return [{**r, "claim": first[r["claim"]]} if "claim" in r else r for r in results]


def stands(desk: ClaimDesk, results: Sequence[dict[str, Any]]) -> list[Any]:
    """What stands of every claim, without the ids."""
    found: list[Any] = []
    for claim in dict.fromkeys(r["claim"] for r in results if "claim" in r):
        view = desk.get(claim).to_dict()
        entries = [(e["type"], e["at"], e.get("to"), len(e.get("money", ()))) for e in desk.entries(claim)]
        found.append([view["state"], view["outcome"], view["eligible_amount"], view["paid_by_amazon"], view["recovery"],
                      view["deadlines"], entries])  # fmt: skip
    return found


@pytest.fixture(autouse=True)
def ahead_from_the_first_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triage_module, "_ALONE", 0)
    monkeypatch.setattr(triage_module, "_READY", 0)


def entangled(seed: int) -> list[str]:
    """Lines of few orders, incidents and sellers, with repeats, other content, new facts of sellers, broken ones."""
    rng = random.Random(seed)
    lines: list[str] = []
    for n in range(60):
        order = {**LINE["order"], "id": f"114-{rng.randrange(6)}"}
        seller: dict[str, Any] = {"id": f"A{rng.randrange(4)}EXAMPLE"}
        if rng.random() < 0.3:
            seller["in_good_standing"] = rng.random() < 0.7
        losses = [{"head": "property_damage", "amount": f"{rng.choice([90, 400, 640, 999, 1000])}.00 USD"}]
        number = n if rng.random() < 0.85 else rng.randrange(n + 1)
        incident = rng.choice(["2024-06-01", "2024-05-30"])
        told = seller if rng.random() < 0.9 else seller["id"]
        lines.append(line(str(number), order=order, seller=told, losses=losses, incident_on=incident))
        if rng.random() < 0.1:
            lines.append(rng.choice(lines))
    return [*lines, '{"marketplace": "US"', "", "[]", line("x", marketplace="XX")]


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(n, marks=pytest.mark.long) for n in range(2, 40))])
def test_entangled_lines_come_to_the_same(place: Place, tmp_path: Path, seed: int):
    lines = entangled(seed)
    alone = ClaimDesk.open("memory:", actor="cs:mei", clock=lambda: NOW)
    expected = run(alone, lines, 7)
    desk = opened(place)
    found = run(desk, lines, 7, Eager(desk, width=3))
    assert told(found) == told(expected)
    assert stands(desk, found) == stands(alone, expected)
    assert {"created", "duplicate", "rejected"} <= {r["status"] for r in found}
    assert_sound(desk.store)
    again = run(desk, lines, 5, Eager(desk, width=2), "IMP-2")
    assert told(again) == told(run(alone, lines, 9, run_id="IMP-2"))
    kept = {"created": "unchanged", "duplicate": "unchanged"}
    assert all(b["status"] == kept[a["status"]] for a, b in zip(found, again, strict=True) if a["status"] in kept)


def test_the_example_file_comes_to_the_same(tmp_path: Path):
    lines = EXAMPLES.read_text(encoding="utf-8").splitlines(keepends=True)
    alone = ClaimDesk.open("memory:", actor="cs:mei", clock=lambda: NOW)
    desk = opened(Place("sqlite", f"sqlite:///{tmp_path / 'claims.db'}"))
    expected, found = run(alone, lines, 500), run(desk, lines, 40, Eager(desk, width=20))
    assert told(found) == told(expected)
    assert stands(desk, found) == stands(alone, expected)
    assert_sound(desk.store)


def test_what_others_write_in_between_is_seen(database: Place):
    """A seller's standing changes, the order's other claim is filed, the line itself is filed: none is overlooked."""
    desk, other = opened(database), opened(database)
    orders = [{**LINE["order"], "id": f"114-{n}"} for n in range(5)]
    lines = [line("1"), line("2", order=orders[2]), line("3", order=orders[3])]
    lines.append(line("4", order=orders[4], seller={"id": "A9EXAMPLE"}))
    done: list[Any] = []

    def meanwhile() -> None:
        if done:
            return
        filed = json.loads(line("x", order=orders[2]))
        done.extend(run(other, [lines[0], json.dumps(filed)], 5, run_id="IMP-0"))
        other.seller_do("update_seller", "A2EXAMPLE", {"in_good_standing": False})

    found = run(desk, lines, 10, Eager(desk, 1, meanwhile))
    assert [r["status"] for r in found] == ["unchanged", "created", "created", "created"]
    assert found[0]["claim"] == done[0]["claim"]
    second = desk.get(found[1]["claim"])  # together with the other's claim it is over the line
    assert second.state == "seller_notified"
    third = desk.entries(found[2]["claim"])
    assert next(e for e in third if e["type"] == "file")["input"]["seen"]["seller"] == 2
    assert_sound(desk.store)


def test_a_batch_that_could_not_be_planned_elsewhere_is_planned_here(tmp_path: Path):
    desk = opened(Place("sqlite", f"sqlite:///{tmp_path / 'claims.db'}"))

    class Broken:
        width, started = 1, True

        def start(self) -> None:
            pass

        def written(self) -> None:
            pass

        def submit(self, lines: Sequence[Line], run_id: str) -> Any:
            return self

        def result(self) -> Any:
            raise BrokenPipeError

    found = run(desk, [line(str(n), order={**LINE["order"], "id": f"114-{n}"}) for n in range(5)], 2, Broken())
    assert Counter(r["status"] for r in found) == {"created": 5}


def test_lines_whose_rules_read_the_sellers_other_claims_are_planned_by_the_writer(tmp_path: Path):
    """Many filings of one seller in a short time are slowed down, also when all were planned before the first stood."""
    first = json.loads(FBA.read_text(encoding="utf-8").splitlines()[0])
    lines = [
        json.dumps(
            {**first, "source_id": str(n), "order": {"id": f"FBA-{n}"}, "item": {**first["item"], "fnsku": f"X{n}"}}
        )
        for n in range(60)
    ]
    alone = ClaimDesk.open("memory:", actor="cs:mei", clock=lambda: NOW)
    desk = opened(Place("sqlite", f"sqlite:///{tmp_path / 'claims.db'}"))
    expected, found = run(alone, lines, 60), run(desk, lines, 8, Eager(desk, width=10))
    assert told(found) == told(expected)
    assert len({r["outcome"] for r in found}) > 1


def test_real_children_plan_what_one_process_plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lines = [line(str(n), order={**LINE["order"], "id": f"114-{n % 9}"}) for n in range(36)]
    alone = ClaimDesk.open("memory:", actor="cs:mei")
    desk = ClaimDesk.open(f"sqlite:///{tmp_path / 'claims.db'}", actor="cs:mei", sender="memory")
    expected = run(alone, lines, 36)
    with desk.planned_beside(2):
        planners = desk.planners
        assert planners is not None
        here: list[int] = []
        really = triage_module._batch
        monkeypatch.setattr(triage_module, "_batch", lambda *told, **named: here.append(1) or really(*told, **named))
        found = list(triage(desk, read_lines(lines, parse=False), run_id="IMP-1", batch=6))
        assert len(here) == triage_module._ALONE, "every other batch came from a child"
    assert desk.planners is None
    assert told(found) == told(expected)
    assert_sound(desk.store)


def test_a_desk_with_parts_of_its_own_plans_alone(tmp_path: Path):
    desk = opened(Place("sqlite", f"sqlite:///{tmp_path / 'claims.db'}"))
    with desk.planned_beside(2):
        assert desk.planners is None


def test_an_answer_to_another_batch_is_not_taken_for_this_one(tmp_path: Path):
    """Answers that arrive in the wrong order, or short of a line: every line still gets its own claim."""
    desk = opened(Place("sqlite", f"sqlite:///{tmp_path / 'claims.db'}"))

    class Mixed(Eager):
        def submit(self, lines: Sequence[Line], run_id: str) -> Any:
            found = super().submit(lines, run_id)
            if lines[0].number == 1:
                found.ahead.lines.pop()
            else:
                found.ahead.lines.reverse()
            return found

    lines = [line(str(n), order={**LINE["order"], "id": f"114-{n}"}) for n in range(6)]
    found = run(desk, lines, 3, Mixed(desk, 1))
    assert [(r["line"], r["status"]) for r in found] == [(n, "created") for n in range(1, 7)]
    orders = [desk.entries(r["claim"])[0]["set"]["order"]["id"] for r in found]
    assert orders == [f"114-{n}" for n in range(6)]


def test_an_answer_comes_through_a_pipe_as_it_was_or_not_at_all():
    batch = Ahead([AheadLine({"line": n}, [], frozenset(), unsure=False) for n in range(120)], {"c": 1}, {}, {}, ["k"])
    sent = io.BytesIO()
    send(sent, copy.copy(batch))
    whole = sent.getvalue()
    with receive(io.BytesIO(whole)) as answer:
        assert read(answer) == batch
    for cut in (0, 4, 8, 9, len(whole) - 1):
        with pytest.raises(BrokenOff):
            receive(io.BytesIO(whole[:cut]))


def test_a_child_that_cannot_open_the_store_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    """Its parent meets the same error; and where that was killed, nobody wants a traceback of its child."""
    gone = {"url": f"sqlite:///{tmp_path / 'gone' / 'claims.db'}", "actor": "cs:mei"}
    with ChildPlanners(gone, 1) as planners, pytest.raises((PlanningFailed, BrokenOff, OSError)):
        planners.submit([Line(1, dict(LINE), None, "")], "IMP-1").result()
    assert capfd.readouterr() == ("", "")


def test_a_child_that_is_killed_costs_no_line(tmp_path: Path):
    lines = [line(str(n), order={**LINE["order"], "id": f"114-{n}"}) for n in range(24)]
    desk = ClaimDesk.open(f"sqlite:///{tmp_path / 'claims.db'}", actor="cs:mei", sender="memory")
    with desk.planned_beside(1, at_once=True):
        found: list[dict[str, Any]] = []
        for result in triage(desk, read_lines(lines, parse=False), run_id="IMP-1", batch=4):
            if not found:
                planners: Any = desk.planners
                for child in planners._children:
                    assert os.name != "posix" or os.getpgid(child._process.pid) == child._process.pid, "no Ctrl-C there"
                    child._process.kill()
            found.append(result)
    assert [(r["line"], r["status"]) for r in found] == [(n, "created") for n in range(1, 25)]
    assert_sound(desk.store)
