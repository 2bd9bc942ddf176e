"""Killed at any point, run again, as if nothing had happened: nothing lost, nothing twice, nothing half.

Decision: the yardstick is a run that nobody disturbed. A run that was killed up to three times and then goes to its
end must leave the same claims, states, sums, transfers, letters and entries. Authority: contract section 5 (a whole
file, again), trust notes 3.4. Left out: power loss, which no test can make (see ``claimdesk doctor`` on durability).
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from claimdesk import ClaimDesk
from claimdesk.adapters.open_store import open_store
from claimdesk.workflow.ports import PaymentOrder, Store
from support.checks import all_cases, faults
from support.crashes import Death, Till, later, lines_of, open_desk, statements, tick, triage, worker
from support.desks import BIG, MONDAY, SMALL, filing, seller
from support.processes import warm_context

pytest.importorskip("multiprocessing.popen_forkserver", reason="no fork")

ROOT = Path(__file__).resolve().parents[2]
FEW = ROOT / "adapters" / "cli" / "data" / "claims.jsonl"
MANY = ROOT / "examples" / "claims.jsonl"
KILLED = -9
#: When a worker that nobody kills ticks, in minutes: at once, past every lease, past every pause, a day, two weeks.
ENDS = (0, 10, 300, 1440, 21600)
STATUSES = ("created", "unchanged", "duplicate", "rejected")


# ---------------------------------------------------------------- what a database comes to


VERSION = 1  #: its place in the state of a picture


def picture(store: Store) -> dict[str, Any]:
    """All that a case says without the names and instants of its run, by case."""
    found: dict[str, Any] = {}
    with store.read() as unit:
        for case in all_cases(unit):
            found[case.id] = {
                "state": (
                    case.state,
                    case.version,
                    case.totals.by_amazon,
                    case.totals.by_seller,
                    case.totals.recovered,
                ),
                "entries": [(row.type, row.verb) for row in unit.entries(case.id)],
                "ledger": [
                    (t.kind, t.amount, t.currency, *(side.replace(case.id, "ITSELF") for side in (t.debit, t.credit)))
                    for t in unit.transfers(case.id)
                ],
                "letters": sorted((n.kind, n.party, n.status) for n in unit.notices(case.id)),
                "decisions": [(d.kind, d.exempt) for d in unit.decisions(case.id)],
                "tasks": sorted((d.kind, d.due, d.status) for d in case.deadlines),
            }
    return found


def assert_whole(folder: Path, *, log: bool) -> dict[str, Any]:
    """The file is whole, every rule of the record holds, the log agrees; what it comes to."""
    path = folder / "claimdesk.db"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    with closing(open_store(path)) as store:
        assert faults(store) == []
        found = picture(store)
    if log:
        with ClaimDesk.open(f"sqlite:///{path}", actor="auditor") as desk:
            desk.sequence()
            audited = desk.log.audit()
            assert audited.ok, audited.fault
    return found


# ---------------------------------------------------------------- a file of claims


@dataclass(frozen=True)
class Yardstick:
    """A run that nobody disturbed: its results by line, what its database comes to, what it cost."""

    lines: tuple[dict[str, Any], ...]
    cases: dict[str, Any]
    statements: int
    seconds: float

    @property
    def of_line(self) -> list[Any]:
        return [self.cases.get(line.get("claim", "")) for line in self.lines]


def undisturbed(folder: Path, file: Path, batch: int, *beside: str) -> Yardstick:
    folder.mkdir()
    warm_context()  # its start is no part of a run
    began = time.monotonic()
    assert worker(triage, str(folder), str(file), batch, *beside) == 1  # some lines are rejected
    seconds = time.monotonic() - began
    counting = folder.with_name(f"{folder.name}-counting")
    counting.mkdir()
    count = statements(triage, counting, str(file), batch, *beside)
    return Yardstick(tuple(lines_of(folder / "told")), assert_whole(folder, log=True), count, seconds)


def killed_and_run_again(
    folder: Path, file: Path, batch: int, clean: Yardstick, deaths: Sequence[Death], *beside: str
) -> int:
    """Kills a run, again and again, lets the last one go to its end, and compares; how many were killed."""
    folder.mkdir()
    kills = 0
    for death in deaths:
        kills += worker(triage, str(folder), str(file), batch, *beside, death=death) == KILLED
    told = lines_of(folder / "told") if (folder / "told").exists() else []
    (folder / "told").unlink(missing_ok=True)
    assert worker(triage, str(folder), str(file), batch, *beside) == 1
    again = lines_of(folder / "told")
    said = (folder / "said").read_text(encoding="utf-8")
    assert "Traceback" not in said and "not signed" not in said, said

    counted = Counter(line["status"] for line in again)
    assert len(again) == len(clean.lines) == sum(counted[status] for status in STATUSES)
    for line, before in zip(again, clean.lines, strict=True):  # what an earlier run kept is unchanged
        expected = ("rejected",) if before["status"] == "rejected" else (before["status"], "unchanged")
        assert line["status"] in expected, (line, before)
    # What was printed was kept: the line says so until the end.
    by_line = {line["line"]: line for line in again}
    for line in told:
        if line["status"] == "created":
            assert by_line[line["line"]]["claim"] == line["claim"]
            assert by_line[line["line"]]["status"] == "unchanged"

    cases = assert_whole(folder, log=True)
    assert [cases.get(line.get("claim", "")) for line in again] == clean.of_line
    assert len(cases) == len(clean.cases)
    assert sorted(map(repr, cases.values())) == sorted(map(repr, clean.cases.values()))  # sellers' files too
    return kills


def kill_triage(folder: Path, file: Path, batch: int, *beside: str, kills: int, seed: int) -> None:
    clean = undisturbed(folder / "clean", file, batch, *beside)
    rng = random.Random(seed)
    done = rounds = 0
    while done < kills:
        rounds += 1
        deaths = [Death.drawn(rng, clean.statements, clean.seconds) for _ in range(rng.randint(1, 3))]
        place = folder / f"round-{rounds}"
        try:
            done += killed_and_run_again(place, file, batch, clean, deaths, *beside)
        except AssertionError as error:
            error.add_note(f"seed {seed}, round {rounds}: {deaths}")
            raise
        shutil.rmtree(place)
    print(f"{done} kills in {rounds} rounds of {len(clean.lines)} lines, {clean.statements} statements a run")  # noqa: T201


@pytest.mark.skipif(not FEW.exists(), reason="not the whole checkout")
def test_a_triage_killed_a_few_times_leaves_what_an_undisturbed_one_leaves(tmp_path: Path):
    kill_triage(tmp_path, FEW, 5, "--workers", "0", kills=3, seed=1)  # planners take their time to start


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_triage_killed_a_hundred_times_leaves_what_an_undisturbed_one_leaves(tmp_path: Path):
    kill_triage(tmp_path, MANY, 25, kills=100, seed=random.SystemRandom().randrange(1 << 32))


# ---------------------------------------------------------------- payments and letters


def waiting_world(folder: Path, claims: int) -> None:
    """Claims approved with their payments and letters still to leave, and clocks that will run out."""
    folder.mkdir()
    with open_desk(folder, MONDAY) as desk:
        for n in range(claims):
            claim = desk.file(**filing(SMALL, f"114-{n}", seller=seller(certificates=["valid"])))
            desk.record_screening(claim.id, verdict="valid", by="adjuster:one")
        for n in range(claims // 3):
            claim = desk.file(**filing(BIG, f"115-{n}", seller=seller(certificates=["valid"])))
            desk.record_screening(claim.id, verdict="valid", by="adjuster:one")


def to_the_end(folder: Path, now: str) -> dict[str, Any]:
    """Ticks until nothing more is due for two weeks, then what must hold of money and letters.

    Within the first hours too: a payment begun and in doubt for twenty is left to a person, and so it should be.
    """
    for minutes in ENDS:
        assert worker(tick, str(folder), later(now, minutes=minutes)) == 0
    found = assert_whole(folder, log=False)
    effects = Till(folder / "till").effects()
    with closing(open_store(folder / "claimdesk.db")) as store, store.read() as unit:
        posted = Counter(t.pending for case in all_cases(unit) for t in unit.transfers(case.id) if t.kind == "post")
        handed = {n.id for case in all_cases(unit) for n in unit.notices(case.id)}
        assert {n.status for case in all_cases(unit) for n in unit.notices(case.id)} == {"handed_over"}
    assert effects and set(effects.values()) == {1}, f"PAID TWICE: {effects}"
    assert effects == posted
    # What was being written aside when the worker died may lie about; a letter itself is there whole or not at all.
    letters = {path.stem: path.read_text(encoding="utf-8") for path in (folder / "letters").rglob("*.txt")}
    assert letters.keys() == handed
    assert all(text.endswith("\n") and text.strip() for text in letters.values())
    return found


def kill_ticks(folder: Path, *, claims: int, kills: int, seed: int) -> None:
    waiting_world(folder / "world", claims)
    shutil.copytree(folder / "world", folder / "clean")
    shutil.copytree(folder / "world", folder / "counting")
    count = statements(tick, folder / "counting", MONDAY)
    began = time.monotonic()
    clean = to_the_end(folder / "clean", MONDAY)
    seconds = (time.monotonic() - began) / len(ENDS)
    rng = random.Random(seed)
    done = rounds = 0
    while done < kills:
        rounds += 1
        place = folder / f"round-{rounds}"
        shutil.copytree(folder / "world", place)
        now, deaths = MONDAY, list[Death]()
        try:
            for _ in range(rng.randint(1, 4)):
                deaths.append(Death.drawn(rng, count, seconds))
                done += worker(tick, str(place), now, death=deaths[-1]) == KILLED
                now = later(now, minutes=rng.choice([0, 1, 6, 61]))
            assert differences(to_the_end(place, now), clean) == []
        except AssertionError as error:
            error.add_note(f"seed {seed}, round {rounds}: {deaths}")
            raise
        shutil.rmtree(place)
    print(f"{done} kills in {rounds} rounds of {claims} payments")  # noqa: T201


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What two runs came to differently.

    Not a difference: the order of what lies beside each other; how many letters one entry handed over; a payment
    begun again, after a kill between its attempt and its call (both of which the version of a case counts).
    """
    found = [f"{case}: only in one" for case in one.keys() ^ other.keys()]
    for case in one.keys() & other.keys():
        for part in ("state", "ledger", "letters", "entries"):
            here, there = (_unordered(part, said[case][part]) for said in (one, other))
            if here != there:
                found.append(f"{case} {part}: {here - there} here only, {there - here} there only")
    return found


def _unordered(part: str, said: Sequence[Any]) -> Counter[Any]:
    if part == "state":
        return Counter(enumerate(word for n, word in enumerate(said) if n != VERSION))
    return Counter(word for word in said if word[0] not in ("hand_over", "send_payment"))


def test_a_tick_killed_a_few_times_pays_and_writes_once(tmp_path: Path):
    kill_ticks(tmp_path, claims=3, kills=3, seed=1)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_tick_killed_a_hundred_times_pays_and_writes_once(tmp_path: Path):
    kill_ticks(tmp_path, claims=12, kills=100, seed=random.SystemRandom().randrange(1 << 32))


# ---------------------------------------------------------------- would it be seen?


def test_a_till_called_twice_is_seen(tmp_path: Path):
    """Negative control: a desk that does not look before it sends again pays twice after a kill."""
    waiting_world(tmp_path / "world", 1)
    till = Till(tmp_path / "world" / "till")
    with open_desk(tmp_path / "world", MONDAY) as desk:
        desk.tick()
    (ref, *_rest) = till.effects()
    till.pay(PaymentOrder(ref=ref, claim="CLM-1", amount_minor=60000, currency="USD", attempt=2))
    with pytest.raises(AssertionError, match="PAID TWICE"):
        to_the_end(tmp_path / "world", MONDAY)
