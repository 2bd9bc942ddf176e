"""The scenario files of this programme, played on the planner alone; the scenario runner plays them on a desk."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from claimdesk.states.case import Case
from claimdesk.workflow.plan import Refusal

from seller_insurance.driver import File  # isort: skip

FOLDER = Path(__file__).parents[1] / "scenarios" / "seller_insurance"
FIELDS = {"name", "programme", "marketplace", "source", "given", "steps", "expect", "tags"}


def plain(value: Any) -> Any:
    """Dates as text: what the files write is text to a person."""
    if isinstance(value, dict):
        return {str(plain(k)): plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def cases() -> list[Any]:
    found: list[Any] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        written = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        found += [pytest.param(plain(case), id=f"{path.stem}: {case['name']}") for case in written]
    return found


CASES = cases()


def test_there_are_enough_and_every_one_names_its_source():
    assert len(CASES) >= 45
    names = [c.values[0]["name"] for c in CASES]
    assert len(set(names)) == len(names)
    for case in (c.values[0] for c in CASES):
        assert case["source"] and case["programme"] == "seller_insurance" and set(case) <= FIELDS, case["name"]


@pytest.mark.parametrize("case", CASES)
def test_a_scenario_holds(case: dict[str, Any]):
    given = case.get("given", {})
    seller = dict(given.get("seller", {}))
    if "proceeds_12m" not in seller:
        seller.setdefault("proceeds_complete", True)  # the plain seller, as the runner of scenarios has it
    file = File(seller, case["marketplace"], **given.get("rulebook", {}))
    for step in case["steps"]:
        file.do(step["do"], step["at"], lenient="as" not in step, **step.get("with", {}))
        if "refused" in step:
            assert isinstance(file.last, Refusal) and str(file.last.code) == step["refused"]
            assert file.case == file.before
        else:
            assert not isinstance(file.last, Refusal), file.last
        compare(file, step.get("expect", {}))
    compare(file, case["expect"])


def compare(file: File, expected: dict[str, Any]) -> None:
    case = file.case
    assert case is not None
    found = {name: look(file, case, name, wanted) for name, wanted in expected.items()}
    assert found == expected


def look(file: File, case: Case, name: str, wanted: Any) -> Any:
    """What the file shows of ``name``, in the form the expectation is written in."""
    clocks = {d.kind: d.on for d in case.deadlines if d.status != "cancelled"}
    match name:
        case "state":
            return case.state
        case "visited":
            path = iter(case.path)
            return wanted if all(state in path for state in wanted) else list(case.path)
        case "not_visited":
            return [state for state in wanted if state not in case.path]
        case "reason":
            return wanted if wanted in case.codes else list(case.codes)
        case "hold":
            return case.holds[0] if case.holds else None
        case "deadline":
            return {"kind": wanted["kind"], "on": file.clocks.get(wanted["kind"])}
        case "no_deadline":
            return wanted if wanted not in file.clocks and (wanted is not True or not file.clocks) else file.clocks
        case "deadlines":
            return {kind: clocks.get(kind) for kind in wanted}
        case "notices":
            return [kind for kind in wanted if kind in file.notices]
        case "not_notified":
            return wanted if not {n.party for n in file.letters} & set(wanted) else file.notices
        case "certificate":
            shown = file.shown["certificate"]
            return {key: shown[key] for key in wanted}
        case _:
            return file.shown[name]
