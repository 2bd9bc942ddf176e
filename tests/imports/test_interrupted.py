"""An import that ends before any of its writes and is run again comes to what one comes to that nobody interrupted.

Decision: every place is tried, one by one, in memory: the run ends before its first write, its second one, and so on,
and then goes to its end; once more with a second interruption after it. Real kills of real processes are in
``crashes.test_import_kills``; here is what only a certain file shows: rows that come to something else once a later row
was done. Authority: UX notes 6.5.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from claimdesk.adapters.imports.files import open_source
from claimdesk.adapters.imports.job import Choices, Job
from claimdesk.adapters.memory import MemoryStore
from claimdesk.adapters.vault import FileVault
from claimdesk.states.errors import DatabaseBusy
from claimdesk.testing import FrozenClock
from claimdesk.workflow.imports.maps import Map
from claimdesk.workflow.imports.runs import TakenUp
from imports.files import HEADER, MAP, row, text
from support.checks import all_cases, faults
from support.desks import MONDAY, Drive, make_desk

PAYMENTS = Map("payments", marketplace="US")
PROCEEDS = Map("proceeds", marketplace="US")
REGISTER = Map("certificates", marketplace="US")
RESPONSES = Map("responses", marketplace="US")
HEADERS: dict[str, Sequence[str]] = {
    "claims": HEADER,
    "payments": ("order", "type", "ref", "amount", "currency", "reason"),
    "proceeds": ("seller", "month", "gross sales", "currency"),
    "certificates": ("seller", "certificate number", "expiry"),
    "responses": ("order", "position", "grounds", "evidence"),
}
#: Of the claims of orders 114-1, 114-2 and so on.
STATES = {
    "payments": ("approved", "recovery_due"),
    "responses": ("seller_notified", "disputed"),
    "proceeds": (),
    "certificates": (),
}


class Interrupted(BaseException):
    """The process ends here."""


class Ending:
    """A store whose so-manieth write does not begin any more; ``what`` comes instead."""

    def __init__(self, store: MemoryStore, at: int, what: BaseException) -> None:
        self._store, self._at, self._what, self.writes = store, at, what, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write(self) -> Any:
        self.writes += 1
        if self.writes == self._at:
            raise self._what
        return self._store.write()


@dataclass
class World:
    """A store with what a kind of file is about: claims imported before, or claims on their way."""

    folder: Path
    kind: str

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.run = ""
        self.store, self.vault = MemoryStore(), FileVault(None)
        if self.kind == "claims":
            self.file(MAP, [row(1), row(2), row(3)], 100, 2)
            return
        drive = Drive(make_desk(self.store, vault=self.vault), FrozenClock(MONDAY))
        for state in STATES.get(self.kind, ()):
            drive.to(state)
        month = {"month": "2024-04", "amount": "10 USD"}
        drive.desk.seller_do("record_proceeds", "A2EXAMPLE", month, marketplace="US")

    def job(self, made: Map, rows: Sequence[Sequence[str]], batch: int, seed: int, store: Any = None) -> Job:
        """An import of a file, not begun."""
        path = self.folder / "june.csv"
        path.write_text(text(rows, HEADERS[made.kind]), encoding="utf-8")
        beside: dict[str, Any] = {"rejects": str(self.folder / "r.csv"), "report": str(self.folder / "p.csv")}
        desk = make_desk(store or self.store, vault=self.vault, seed=seed, plain=False)
        source = open_source(str(path), made.kind, made)
        return Job(desk, source, str(path), made, Choices(batch=batch, **beside))

    def file(
        self, made: Map, rows: Sequence[Sequence[str]], batch: int, seed: int, at: int = 0,
        what: BaseException | None = None,
    ) -> int:  # fmt: skip
        """Imports a file, or ends before one of its writes; how many writes were begun."""
        store = Ending(self.store, at, what or Interrupted())
        job = self.job(made, rows, batch, seed, store)
        with closing(job.source):
            for _ in job.results():
                pass
        self.run = job.run.id if job.run is not None else ""
        return store.writes

    def end(self) -> tuple[list[str], list[Any], list[str]]:
        """The claims with all that happened to them, the counts of the run, the files beside it."""
        assert faults(self.store) == []
        with self.store.read() as unit:
            cases = sorted(
                str((
                    c.state, c.totals.by_amazon, c.totals.recovered, [(e.type, e.verb) for e in unit.entries(c.id)],
                    [(t.kind, t.amount) for t in unit.transfers(c.id)], c.facts.get("proceeds"),
                ))
                for c in all_cases(unit)
            )  # fmt: skip
            run = unit.import_run(self.run)
        assert run is not None
        counts = [run.done, run.created, run.unchanged, run.updated, run.duplicate, run.rejected, run.warnings]
        beside = [(self.folder / n).read_text(encoding="utf-8").replace(run.id, "IMP") for n in ("r.csv", "p.csv")]
        return cases, [*counts, run.codes, run.status], beside


def assert_same_wherever_it_ends(folder: Path, made: Map, rows: Sequence[Sequence[str]], batch: int = 100) -> None:
    clean = World(folder / "clean", made.kind)
    writes = clean.file(made, rows, batch, 3)
    wanted = clean.end()
    for at in range(1, writes + 1):
        for again in (0, 3):
            world = World(folder / f"{at}-{again}", made.kind)
            with pytest.raises(Interrupted):
                world.file(made, rows, batch, 4, at)
            try:
                world.file(made, rows, batch, 5, again)
            except Interrupted:
                world.file(made, rows, batch, 6)
            assert world.end() == wanted, f"ended before write {at} of {writes}, then {again}: {rows}"


def paid(order: str, type_: str, amount: str = "600.00", ref: str = "T1") -> tuple[str, ...]:
    return (f"114-{order}", type_, ref, amount, "USD", "the bank says so")


LATER = row(1, Created_at="2024-06-02T11:00:00Z", Note="other words")  #: another time of filing: a warning
FILES: dict[str, tuple[Map, Sequence[Sequence[str]]]] = {
    "as it was, then changed": (MAP, [row(1), row(1, Note="other words"), row(9)]),
    "changed, with a warning, then the same": (MAP, [LATER, row(2, Note=""), LATER, row(9)]),
    "changed twice": (MAP, [row(1, Note="other words"), row(9), row(1, Note="and other words again"), row(1)]),
    "new, twice, with other words": (MAP, [row(9), row(9), row(9, Note="other words"), row(8)]),
    "refused, then right": (MAP, [row(1, Seller=""), row(9, Seller=""), row(1, Note="other words"), row(9)]),
    "money back before its payment": (PAYMENTS, [paid("1", "reversed"), paid("1", "paid"), paid("2", "failed")]),
    "no such amount, then another state": (
        PAYMENTS, [paid("1", "failed", "1.00"), paid("1", "paid"), paid("1", "paid")],
    ),
    "recovered before it was due": (
        PAYMENTS, [paid("1", "recovered", "100.00"), paid("2", "recovered", "100.00"), paid("2", "recovered", "5.00")],
    ),
    "a month as it was, then changed": (
        PROCEEDS, [("A2EXAMPLE", "2024-04", amount, "USD") for amount in ("10.00", "20.00", "10.00")],
    ),
    "a seller nobody knew": (
        PROCEEDS, [("B9", month, "10.00", "USD") for month in ("2024-04", "2024-05", "2024-04", "2024-05")],
    ),
    "a register of a seller nobody knew": (REGISTER, [("B9", n, "2024-12-31") for n in ("GL-1", "GL-2", "GL-1")]),
    "answers that close the way for each other": (
        RESPONSES,
        [("114-1", "reject", "broken before", "photo-1"), ("114-2", "accept", "", ""), ("114-1", "accept", "", "")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", FILES)
def test_wherever_it_ends_it_comes_to_the_same(what: str, tmp_path: Path):
    assert_same_wherever_it_ends(tmp_path, *FILES[what])


CHANGED, BACK = FILES["as it was, then changed"], FILES["money back before its payment"]


@pytest.mark.parametrize("file", [CHANGED, BACK], ids=["claims", "payments"])
def test_a_store_that_is_busy_is_no_fault_of_a_row(file: tuple[Map, Sequence[Sequence[str]]], tmp_path: Path):
    clean = World(tmp_path / "clean", file[0].kind)
    writes = clean.file(*file, 100, 3)
    for at in range(1, writes + 1):
        world = World(tmp_path / str(at), file[0].kind)
        with pytest.raises(DatabaseBusy):
            world.file(*file, 100, 4, at, DatabaseBusy("database_busy", "another process is writing"))
        world.file(*file, 100, 5)
        assert world.end() == clean.end(), at


@pytest.mark.parametrize("file", [CHANGED, BACK], ids=["claims", "payments"])
def test_who_lost_the_run_to_another_process_stops_and_rejects_no_row(
    file: tuple[Map, Sequence[Sequence[str]]], tmp_path: Path
):
    clean, world = (World(tmp_path / name, file[0].kind) for name in ("clean", "world"))
    clean.file(*file, 100, 3)
    slow = world.job(*file, 100, 4)
    with closing(slow.source):
        results = slow.results()
        next(results)
        with pytest.raises(Interrupted):  # it has taken up the run, and done no row of it
            world.file(*file, 100, 5, 2)
        with pytest.raises(TakenUp):
            for result in results:
                pytest.fail(f"a row is said to be {result.status}")
    world.file(*file, 100, 6)
    assert world.end() == clean.end()


def drawn(rng: random.Random) -> tuple[Map, list[Sequence[str]]]:
    """A file of a few rows that get in each other's way."""
    made, one = rng.choice(
        [
            (MAP, lambda: row(rng.choice([1, 2, 9]), **rng.choice([{}, {"Note": "x"}, {"Note": ""}, {"Seller": ""}]))),
            (PAYMENTS, lambda: paid(
                rng.choice("112"), rng.choice(["paid", "failed", "reversed", "recovered"]),
                rng.choice(["600.00", "600.00", "1200.00", "1.00"]), rng.choice(["T1", "T1", "T2"]),
            )),
            (PROCEEDS, lambda: (
                rng.choice(["A2EXAMPLE", "B9"]), rng.choice(["2024-04", "2024-05"]), rng.choice(["10", "20"]), "USD",
            )),
            (RESPONSES, lambda: (
                f"114-{rng.choice('112')}", rng.choice(["accept", "reject"]), "", rng.choice(["", "p"]),
            )),
        ]
    )  # fmt: skip
    return made, [one() for _ in range(rng.randint(2, 6))]


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_wherever_any_file_ends_it_comes_to_the_same(tmp_path: Path):
    seed = random.SystemRandom().randrange(1 << 32)
    rng = random.Random(seed)
    for number in range(300):
        made, rows = drawn(rng)
        try:
            assert_same_wherever_it_ends(tmp_path / str(number), made, rows, rng.choice([1, 2, 3, 100]))
        except AssertionError as error:
            error.add_note(f"seed {seed}, file {number}")
            raise
