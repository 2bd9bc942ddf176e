"""Every plan is made again from what its entries say, byte for byte; what was put into the record is found."""

from __future__ import annotations

import json
import random
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from claimdesk import ClaimDesk
from claimdesk.adapters.memory import MemoryStore
from claimdesk.adapters.tlog.log import TransparencyLog
from claimdesk.adapters.tlog.replays import Past, replay_all
from claimdesk.states.journal import canonical, leaf_hash
from claimdesk.states.times import parse_instant
from claimdesk.workflow.inputs import inputs, payload_of
from claimdesk.workflow.plan import Command, Context
from claimdesk.workflow.ports import EntryRow
from claimdesk.workflow.replay import replay
from claimdesk.workflow.rulebook import resolve
from claimdesk.workflow.scenario import load_all, run_case
from support.desks import ROADS, Drive

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"


def story(seed: int, steps: int) -> Drive:
    rng = random.Random(seed)
    drive = Drive.start(MemoryStore(), seed=seed)
    for _ in range(steps):
        drive.to(rng.choice(sorted(ROADS)))
        if rng.random() < 0.3:
            drive.desk.tick()
    return drive


@pytest.mark.parametrize("seed", range(4))
def test_every_plan_is_made_again_byte_for_byte(seed: int):
    drive = story(seed, 8)
    report, fault = replay_all(drive.desk.store, drive.desk.settings.vault)
    assert fault is None, fault
    with drive.desk.store.read() as unit:
        entries = [json.loads(row.data) for claim in unit.tables.by_id for row in unit.entries(claim)]  # type: ignore[attr-defined]
    assert report.decisions == sum("decision" in entry for entry in entries) > 5
    assert report.plans == sum("input" in entry for entry in entries)
    assert report.skipped == {}


@pytest.mark.long
def test_every_plan_of_many_stories_is_made_again():
    for seed in range(100, 400):
        drive = story(seed, 12)
        report, fault = replay_all(drive.desk.store, drive.desk.settings.vault)
        assert (fault, report.skipped) == (None, {}), seed


def forged(rows: list[EntryRow], place: int, change: Any) -> list[EntryRow]:
    """A claim's journal with one entry changed and every hash after it made right again, as who holds the key can."""
    found: list[EntryRow] = []
    head: str | None = None
    for i, row in enumerate(rows):
        body = json.loads(row.data)
        body["prev"] = head
        if i == place:
            change(body)
        data = canonical(body)
        found.append(row._replace(data=data, leaf=leaf_hash(data)))
        head = found[-1].leaf.hex()
    return found


def test_a_forged_decision_is_found_even_when_every_hash_was_made_right():
    """The chain cannot show it: whoever holds the key can make a whole history again. The rules decide as before."""
    drive = story(3, 12)
    with drive.desk.store.read() as unit:
        past = Past()
        past.unit = unit
        tried = 0
        for claim in unit.tables.by_id:  # type: ignore[attr-defined]
            rows, sealed = unit.entries(claim), unit.sealed(claim)
            for place, row in enumerate(rows):
                if "decision" not in json.loads(row.data):
                    continue

                def other_outcome(body: dict[str, Any]) -> None:
                    body["decision"]["outcome"] = "auto_pay" if body["decision"]["outcome"] != "auto_pay" else "deny"

                def other_reason(body: dict[str, Any]) -> None:
                    body["decision"]["reasons"][0]["value"] = "another"

                for change in (other_outcome, other_reason):
                    found = replay(forged(rows, place, change), sealed, past, drive.desk.settings.vault.unseal)
                    assert found.fault is not None and found.fault[0] == place + 1, (claim, place)
                    assert "decision" in found.fault[1]
                    tried += 1
        assert tried > 10


def test_what_cannot_be_made_again_is_counted_and_says_why():
    drive = story(5, 6)
    with drive.desk.store.read() as unit:
        past = Past()
        past.unit = unit
        claim = next(c for c in unit.tables.by_id if any(  # type: ignore[attr-defined]
            "decision" in json.loads(r.data) for r in unit.entries(c)))  # fmt: skip
        rows = unit.entries(claim)
        old = [
            row._replace(data=canonical({k: v for k, v in json.loads(row.data).items() if k != "input"}))
            for row in rows
        ]
        found = replay(old, unit.sealed(claim), past, drive.desk.settings.vault.unseal)
    decisions = sum("decision" in json.loads(row.data) for row in rows)
    assert (found.fault, found.decisions, found.skipped) == (None, 0, {"no inputs on record": decisions})


def test_words_of_anybody_are_left_out_of_an_entry_and_named():
    at = parse_instant("2024-06-03T16:00:00Z")
    ctx = Context(at, resolve("pdpi-us@2021-09-01"), lambda kind: kind, lambda day: resolve("pdpi-us@2021-09-01"))
    body = {"at": "2024-06-03T16:00:00.000000Z", "set": {"kind": "producer", "computed": 3}}
    command = Command(
        "request_information", {"kind": "producer", "items": ["a bill for the burn"], "days": 7}, "cs:mei", at
    )
    told = inputs([body], command, ctx)
    assert told == {"with": {"days": 7}, "own": ["computed"], "left_out": ["items"]}
    assert payload_of({**body, "verb": "request_information", "input": told}) == {"kind": "producer", "days": 7}


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_every_scenario_is_made_again_and_audited_without_a_false_alarm():
    """Every programme, overlay and setting that the scenarios know, not only those of the stories."""
    seen: list[tuple[str, Any, Any]] = []
    made = [0]

    class Watched(ClaimDesk):
        def close(self) -> None:
            report, fault = replay_all(self.store, self.settings.vault)
            made[0] += report.decisions
            audited = TransparencyLog.open(self.store, "memory:").audit().fault
            if fault is not None or audited is not None or report.skipped:
                seen.append((str(fault), str(audited), report.skipped))
            super().close()

    for case in load_all([SCENARIOS]):
        run_case(case, partial(Watched.open, "memory:"))
    assert seen == []
    assert made[0] > 1000
