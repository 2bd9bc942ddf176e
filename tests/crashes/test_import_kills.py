"""An import killed at any point and run again comes to what an import comes to that nobody disturbed.

Decision: two kinds of files, claims and payments; each holds every kind of row: new ones, known ones, changed ones,
ones that stand twice, ones that are rejected, some of them too long for a buffer, ones that a later row makes possible.
Compared with a clean run are the claims with all that happened to them, the counts of the run, the rejects file and the
report, byte by byte. A death is drawn from what is left of the course,
so that nearly every one happens; where the process stood is read from a copy of what it left, so that nothing is mended
before the import itself mends it, and the places are counted: a course that is never cut somewhere proves nothing about
it. In some rounds the killed process has planners beside it (they must end by themselves; the next run does not wait
for that), or some of these are killed (the import goes on); in some the import begins without a database, in some a
file beside it is taken away. Authority: UX notes 6.5; contract section 5. CLAIMDESK_KILLS says how many kills; TMPDIR
where, in memory unless told, where no write waits for a disk.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from claimdesk import ClaimDesk
from claimdesk.adapters.open_store import open_store
from claimdesk.workflow.ports import ImportRun
from imports.files import CHINESE, row, text
from support.crashes import (
    ORPHANS,
    SLAIN,
    Death,
    alive,
    calls,
    can_trace,
    import_file,
    lines_of,
    noted,
    statements,
    worker,
)
from support.desks import SMALL, filing
from support.processes import warm_context

from .test_kills import KILLED, assert_whole

pytest.importorskip("multiprocessing.popen_forkserver", reason="no fork")

BATCH = 7
COUNTS = ("done", "created", "unchanged", "updated", "duplicate", "rejected", "warnings", "codes", "status")
ALONE, BESIDE = ("--workers", "0"), ("--workers", "2")
KILLS_A_ROUND = (6, 12)
AT_THE_END = 0.06  #: of a course, where a quarter of the last deaths of a round are
LONG = "长" * 5_000  #: is in the rejects file before any checkpoint says so
#: One round in so many has planners; one in so many begins without a database.
PLANNED, FROM_NOTHING = 5, 6
MANY = 300  #: from so many kills on, every part of the course must have been hit
NOTHING, ENDED = "nothing begun", "ended"


@dataclass(frozen=True)
class Kind:
    """A kind of import: its files (of before, the one that is killed, one of a single record), its options.

    ``again``: a run after the end of another may be killed too, for it changes nothing (what a payment file had
    refused may be possible the next time). ``losing``: in so many rounds a file beside it is taken away meanwhile.
    """

    name: str
    files: Callable[[Path], tuple[Path, Path, Path]]
    options: tuple[str, ...]
    counts: tuple[str, ...]  #: which of them the file must come to
    world: Callable[[Path], None] | None = None
    again: bool = True
    losing: float = 0.0

    def words(self, file: Path, *more: str) -> tuple[Any, ...]:
        """What a worker is told beside its folder."""
        return (self.name, str(file), BATCH, *self.options, *more)


def written(folder: Path, header: Sequence[str], **files: Sequence[Sequence[str]]) -> tuple[Path, Path, Path]:
    for name, rows in files.items():
        (folder / f"{name}.csv").write_bytes(text(rows, header).encode("gb18030"))
    return folder / "before.csv", folder / "june.csv", folder / "one.csv"


def claim_files(folder: Path) -> tuple[Path, Path, Path]:
    known = [row(n) for n in range(1, 16)]
    rows = [row(n, Note="other words") if n % 3 == 0 else row(n) for n in range(1, 16)]  # changed, or as it was
    rows[8] = row(9, Note="other words", Created_at="2024-06-02T11:00:00Z")  # with a warning
    for n in range(16, 52):
        rows.append(row(n, Claim_amount="１００") if n % 7 == 0 else row(n))
        if n % 5 == 0:
            rows += [row(n), row(n - 3)]  # twice
        if n % 6 == 0:
            rows += [row(n, Claim_amount="¥1", Currency="", Note=LONG), row(n - 1, Note="again, with other words")]
        if n % 11 == 0:
            rows += [row(3, Note="other words"), row(6, Note="and other words again"), ["not", "a", "row"]]
    return written(folder, CHINESE, before=known, june=rows, one=known[:1])


def paid(n: int, type_: str = "paid", amount: str = "600.00", why: str = "", ref: str = "") -> list[str]:
    return [f"114-{n}", type_, ref or f"T{n}", amount, "USD", why]


def payment_files(folder: Path) -> tuple[Path, Path, Path]:
    known = [paid(n) for n in range(1, 6)]
    rows = list(known)
    for n in range(6, 31):
        if n % 4 == 0:
            rows.append(paid(n, "reversed", why="before its payment: refused, then and later"))
        if n % 6 == 0:
            rows += [paid(n, amount="1.00"), paid(n, "failed", amount="600.00", ref=f"F{n}")]
        rows.append(paid(n))
        if n % 5 == 0:
            rows += [paid(n), paid(n, "reversed", why="returned"), paid(n, ref=f"U{n}"), paid(99, why=LONG)]
    return written(
        folder, ("order", "type", "ref", "amount", "currency", "reason"), before=known, june=rows, one=known[:1]
    )


def payment_world(folder: Path) -> None:
    """Claims that wait for their payment."""
    with ClaimDesk.open(f"sqlite:///{folder / 'claimdesk.db'}", actor="cs:mei", payments="manual") as desk:
        for n in range(1, 31):
            claim = desk.file(**filing(SMALL, f"114-{n}", incident_on=str(date.today() - timedelta(days=3))))  # noqa: DTZ011
            desk.record_screening(claim.id, verdict="valid", by="adjuster:one")
        desk.sequence()


CLAIMS = Kind(
    "claims", claim_files, ("--source", "helpdesk", "--marketplace", "US", "--create-sellers"), COUNTS[:7], losing=0.3
)
PAYMENTS = Kind(
    "payments", payment_files, (), ("done", "created", "unchanged", "duplicate", "rejected"), payment_world, again=False
)


# ---------------------------------------------------------------- what a folder comes to


@dataclass(frozen=True)
class End:
    """What a folder comes to."""

    cases: list[str]
    run: dict[str, Any]
    beside: list[bytes]
    again: bool  #: whether the kill came after the end of the run: then the next one had nothing left to do


def end_of(folder: Path) -> End:
    cases = assert_whole(folder, log=True)
    with closing(open_store(folder / "claimdesk.db")) as store, store.read() as unit:
        *again, run = (one for one in unit.import_runs() if one.file == "june.csv")
    assert adds_up(run)
    for later in again:
        assert adds_up(later) and (later.rejected, later.total) == (run.rejected, run.total)
        assert not later.created and not later.updated and not later.duplicate
    newest = again[0].id if again else run.id
    beside = [(folder / name).read_bytes().replace(newest.encode(), b"IMP") for name in ("r.csv", "p.csv")]
    told = {name: value for name, value in run._asdict().items() if name in COUNTS}
    by_line: dict[int, str] = {}
    for line in lines_of(folder / "told"):  # what anybody was told of is there, and stays what it was
        if line["status"] in ("created", "updated", "unchanged", "duplicate"):
            assert line["claim"] in cases and by_line.setdefault(line["line"], line["claim"]) == line["claim"]
    return End(sorted(map(repr, cases.values())), told, beside, bool(again))


def adds_up(run: ImportRun) -> bool:
    """Nothing was lost: every record of the file is counted once."""
    return run.done == run.total == run.created + run.unchanged + run.updated + run.duplicate + run.rejected


# ---------------------------------------------------------------- what a killed process leaves


@dataclass(frozen=True)
class Left:
    """How far the import came, and what it was in the middle of."""

    place: str
    share: float  #: of the records, done at the last checkpoint of a run that is not ended
    traces: tuple[str, ...] = ()

    @classmethod
    def in_(cls, folder: Path) -> Left:
        """Read from a copy: whoever opens the database itself takes back what was half written."""
        if not (folder / "claimdesk.db").exists():
            return cls(NOTHING, 0.0, ("no database",))
        aside = folder / "aside"
        aside.mkdir()
        for name in ("claimdesk.db", "claimdesk.db-journal"):
            with suppress(FileNotFoundError):
                shutil.copyfile(folder / name, aside / name)
        journal = aside / "claimdesk.db-journal"
        traces = ["a transaction to take back"] if journal.exists() and any(journal.read_bytes()[:8]) else []
        with closing(sqlite3.connect(aside / "claimdesk.db")) as connection:
            connection.row_factory = sqlite3.Row
            try:
                run = connection.execute(
                    "SELECT * FROM import_run WHERE file = 'june.csv' ORDER BY started_at DESC, id DESC LIMIT 1"
                ).fetchone()
            except sqlite3.OperationalError:
                run = None  # no tables yet
        shutil.rmtree(aside)
        if run is None:
            return cls(NOTHING, 0.0, tuple(traces))
        if run["status"] != "running":
            return cls(ENDED, 0.0, tuple(traces))
        for name, length in json.loads(run["places"]).get("beside", {}).items():
            path = folder / name.partition(":")[2]
            if path.exists() and path.stat().st_size > length:
                traces.append("a file beside it to cut back")
        return cls(_part(run["done"], run["total"]), run["done"] / run["total"], tuple(dict.fromkeys(traces)))


def _part(done: int, total: int) -> str:
    return f"{done * 5 // total * 20}-{done * 5 // total * 20 + 20} %" if done else "begun, nothing counted"


def parts() -> list[str]:
    """Every part of a course."""
    return [NOTHING, "begun, nothing counted", *(_part(n, 5) for n in range(1, 5)), _part(1, 100), ENDED]


# ---------------------------------------------------------------- deaths drawn from what is left


@dataclass(frozen=True)
class Course:
    """How long a run is: statements, calls that change a file (0: not known), seconds; ``least``: of one record."""

    statements: int
    calls: int
    seconds: float
    least: tuple[int, int, float]

    def death(self, rng: random.Random, share: float, left: int) -> Death:
        """A death of a run with this share of its records done: in the next of its ``left`` parts, or at its end."""
        here = rng.random() * min(1.0, 2 / left)
        if left <= 2 and rng.random() < 0.25:
            here = 1 - rng.random() * AT_THE_END
        statements, calls, seconds = (
            least + (1 - share) * (whole - least)
            for least, whole in zip(self.least, (self.statements, self.calls, self.seconds), strict=True)
        )
        kinds = ["statement", "seconds", *(["call"] if calls else [])]
        match rng.choice(kinds):
            case "statement":
                statement = 1 + int(here * statements)
                return Death(statement=statement, child=0 if calls else rng.choice([0, rng.randint(1, statement)]))
            case "call":
                return Death(call=1 + int(here * calls))
            case _:
                return Death(seconds=0.001 + here * seconds)


def measured(folder: Path, world: Path, kind: Kind, file: Path, one: Path, *more: str) -> Course:
    """What a run that nobody disturbs takes, with these options."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(world, folder / name))

    def taken(file: Path, name: str) -> tuple[int, int, float]:
        told = kind.words(file, *more)
        began = time.monotonic()
        assert worker(import_file, str(copy(name)), *told) in (0, 1)
        seconds = time.monotonic() - began
        called = calls(import_file, copy(f"{name}-calls"), *told) if can_trace() and more != BESIDE else 0
        return statements(import_file, copy(f"{name}-counting"), *told), called, seconds

    name = "".join(more).strip("-")
    least = taken(one, f"one-{name}")
    return Course(*taken(file, f"clean-{name}"), least=least)


# ---------------------------------------------------------------- rounds


@dataclass
class Tally:
    """What was killed, by kind of death, and where it stood."""

    kills: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    traces: Counter[str] = field(default_factory=Counter)
    orphans: int = 0
    slain: int = 0
    rounds: Counter[str] = field(default_factory=Counter)

    def shown(self) -> str:
        """Everything, a line each."""
        counters = (("rounds", self.rounds), ("kills", self.kills), ("where", self.places), ("left", self.traces))
        lines = [f"{name}: {sum(told.values())}: {dict(sorted(told.items()))}" for name, told in counters]
        return "\n".join([*lines, f"planners that lost their import: {self.orphans}; planners killed: {self.slain}"])


@dataclass
class Round:
    """One folder, killed again and again and then left alone."""

    kind: Kind
    folder: Path
    rng: random.Random
    course: Course
    tally: Tally
    planned: bool
    deaths: list[Death] = field(default_factory=list)
    orphans: list[int] = field(default_factory=list)

    def die(self, file: Path, share: float, left: int) -> int:
        """One run that is to be killed; how many were."""
        death = self.course.death(self.rng, share, left)
        self.deaths.append(death)
        if self._run(file, death) != KILLED:
            return 0
        if (self.folder / "said").exists():
            self.no_fault_was_said()
        self.tally.kills["statement" if death.statement else "call" if death.call else "moment"] += 1
        self.orphans += noted(self.folder, ORPHANS)
        self.tally.slain += len(noted(self.folder, SLAIN))
        return 1

    def lose_a_file(self) -> None:
        """Somebody takes away a file beside the import, or half of it: it is written again from its beginning."""
        for path in self.rng.sample([self.folder / "r.csv", self.folder / "p.csv"], self.rng.choice([1, 1, 2])):
            if path.exists():
                data = path.read_bytes()
                path.unlink()
                if self.rng.random() < 0.5:
                    path.write_bytes(data[: len(data) // 2])
                self.tally.traces["a file beside it taken away"] += 1

    def lose_planners(self, file: Path, ends: Sequence[End]) -> None:
        """The import goes on without them, and comes to the same."""
        self.deaths.append(Death(child=self.rng.randint(1, self.course.statements)))
        assert self._run(file, self.deaths[-1]) == 1
        self.no_fault_was_said()
        self.tally.slain += len(noted(self.folder, SLAIN))
        assert end_of(self.folder) in ends

    def _run(self, file: Path, death: Death | None) -> int:
        more = () if self.kind.name != "claims" else BESIDE if self.planned else ALONE
        code = worker(import_file, str(self.folder), *self.kind.words(file, *more), death=death)
        assert code in ((0, 1) if death is None else (0, 1, KILLED)), f"exit code {code}"
        return code

    def to_the_end(self, file: Path) -> int:
        """A run that nobody disturbs; its exit code."""
        code = self._run(file, None)
        self.no_fault_was_said()
        return code

    def planners_ended(self) -> None:
        """Planners end when whoever asked them is gone."""
        self.tally.orphans += len(self.orphans)
        until = time.monotonic() + 30
        while left := [pid for pid in self.orphans if alive(pid)]:
            assert time.monotonic() < until, f"planners {left} go on without the import"
            time.sleep(0.01)

    def no_fault_was_said(self) -> None:
        said = (self.folder / "said").read_text(encoding="utf-8")
        assert not any(word in said for word in ("Traceback", "internal", "not signed")), said


def kill_imports(folder: Path, kind: Kind, *, kills: int, seed: int, planned: int = PLANNED) -> Tally:
    """``planned``: one round in so many has planners; 0: none."""
    before, file, one = kind.files(folder)
    warm_context()
    world = folder / "world"
    world.mkdir()
    if kind.world is not None:
        kind.world(world)
    alone = ALONE if kind is CLAIMS else ()
    assert worker(import_file, str(world), *kind.words(before, *alone)) == 0
    forget_what_was_said(world)
    courses = {False: measured(folder, world, kind, file, one, *alone)}
    if planned:
        courses[True] = measured(folder, world, kind, file, one, *BESIDE)
    undisturbed = next(folder.glob("clean-*0" if alone else "clean-"))
    ends = [end_of(undisturbed)]
    assert ends[0].run["status"] == "done" and all(ends[0].run[name] for name in kind.counts), "every kind of row"
    if kind.again:
        assert worker(import_file, str(undisturbed), *kind.words(file, *alone)) == 1
        ends.append(end_of(undisturbed))
    rng = random.Random(seed)
    tally = Tally()
    while (left := kills - tally.kills.total()) > 0:
        number = tally.rounds.total() + 1
        new = number % FROM_NOTHING == 0 and kind.world is None
        beside = bool(planned) and number % planned == 0
        tally.rounds["with planners" if beside else "from nothing" if new else "alone"] += 1
        place = folder / f"round-{number}"
        here = Round(kind, place, rng, courses[beside], tally, beside)
        try:
            if new:
                place.mkdir()
                for _ in range(3):  # no run of june.csv is begun: the whole course is left
                    tally.places["first import of all" if here.die(before, 0.8, 1) else "too late"] += 1
                assert here.to_the_end(before) == 0
                forget_what_was_said(place)
            for lost in (folder / f"round-{number}-{n}" for n in range(2 if beside else 0)):
                here.folder = Path(shutil.copytree(world, lost))
                here.lose_planners(file, ends)
                shutil.rmtree(lost)
            here.folder = place
            if not new:
                shutil.copytree(world, place)
            killed_and_continued(here, file, min(left, rng.randint(*KILLS_A_ROUND)))
            assert end_of(place) in ends
            here.planners_ended()
        except AssertionError as error:
            error.add_note(f"seed {seed}, round {number}: {here.deaths}")
            raise
        shutil.rmtree(place)
    return tally


def forget_what_was_said(folder: Path) -> None:
    for name in ("told", "said", "r.csv", "p.csv"):
        (folder / name).unlink(missing_ok=True)


def killed_and_continued(here: Round, file: Path, kills: int) -> None:
    share = 0.0
    beside = here.rng.randrange(kills) if here.rng.random() < here.kind.losing else None
    for n in range(kills):
        if n == beside:
            here.lose_a_file()
        if here.die(file, share, kills - n):
            left = Left.in_(here.folder)
            here.tally.places[left.place] += 1
            here.tally.traces.update(left.traces)
            if share and left.share == share:
                here.tally.traces["taken up again, no further counted"] += 1
            share = left.share
        else:
            left, share = None, 0.0
            here.tally.places["too late"] += 1
        if not here.kind.again and (left is None or left.place == ENDED):
            return
    assert here.to_the_end(file) == 1  # some rows are rejected


def test_an_import_killed_a_few_times_comes_to_what_a_clean_one_comes_to(tmp_path: Path):
    kill_imports(tmp_path, CLAIMS, kills=3, seed=1, planned=0)  # planners take their time to start


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", [CLAIMS, PAYMENTS], ids=lambda kind: kind.name)
def test_an_import_killed_a_thousand_times_comes_to_what_a_clean_one_comes_to(kind: Kind, tmp_path: Path):
    kills = int(os.environ.get("CLAIMDESK_KILLS", "1000"))
    seed = random.SystemRandom().randrange(1 << 32)
    began = time.monotonic()
    planned = PLANNED if kind is CLAIMS else 0
    tally = kill_imports(tmp_path, kind, kills=kills, seed=seed, planned=planned)
    print(f"{kind.name}, seed {seed}, in {tmp_path}, {time.monotonic() - began:.0f} s\n{tally.shown()}")  # noqa: T201
    if kills >= MANY:
        missed = [part for part in parts() if not tally.places[part]]
        assert not missed, f"never killed there: {missed}"
        assert not planned or (tally.orphans and tally.slain), "planners were never touched"
