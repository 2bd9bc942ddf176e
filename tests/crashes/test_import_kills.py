"""An import killed at any point and run again comes to what an import comes to that nobody disturbed.

Decision: the file holds every kind of row: new ones, known ones, changed ones, ones that stand twice, ones that are
rejected. Compared with a clean run are the claims with all that happened to them, the counts of the run, the rejects
file and the report, byte by byte. Authority: UX notes 6.5; contract section 5. CLAIMDESK_KILLS says how many kills.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from claimdesk.adapters.open_store import open_store
from claimdesk.workflow.ports import ImportRun
from imports.files import CHINESE, row, text
from support.crashes import Death, import_claims, lines_of, statements, worker
from support.processes import warm_context

from .test_kills import KILLED, assert_whole

pytest.importorskip("multiprocessing.popen_forkserver", reason="no fork")

BATCH = 7
COUNTS = ("done", "created", "unchanged", "updated", "duplicate", "rejected", "warnings", "codes", "status")


def files(folder: Path) -> tuple[Path, Path]:
    """The file that was imported before, and the one whose import is killed."""
    known = [row(n) for n in range(1, 16)]
    rows = [row(n, Note="other words") if n % 3 == 0 else row(n) for n in range(1, 16)]  # changed, or as it was
    for n in range(16, 52):
        rows.append(row(n, Claim_amount="１００") if n % 7 == 0 else row(n))
        if n % 5 == 0:
            rows += [row(n), row(n - 3)]  # twice
        if n % 6 == 0:
            rows += [row(n, Claim_amount="¥1", Currency=""), row(n - 1, Note="again, with other words")]
        if n % 11 == 0:
            rows += [row(3, Note="other words"), row(6, Note="and other words again"), ["not", "a", "row"]]
    before, after = folder / "before.csv", folder / "june.csv"
    before.write_bytes(text(known, CHINESE).encode("gb18030"))
    after.write_bytes(text(rows, CHINESE).encode("gb18030"))
    return before, after


@dataclass(frozen=True)
class End:
    """What a folder comes to."""

    cases: list[str]
    run: dict[str, Any]
    beside: list[bytes]


def end_of(folder: Path) -> End:
    cases = assert_whole(folder, log=True)
    with closing(open_store(folder / "claimdesk.db")) as store, store.read() as unit:
        *again, run = (one for one in unit.import_runs() if one.file == "june.csv")
    assert adds_up(run)
    for later in again:  # the kill came after the end of the run: then there was nothing left to do
        assert adds_up(later) and (later.rejected, later.total) == (run.rejected, run.total)
        assert not later.created and not later.updated and not later.duplicate
    newest = again[0].id if again else run.id
    beside = [(folder / name).read_bytes().replace(newest.encode(), b"IMP") for name in ("r.csv", "p.csv")]
    told = {name: value for name, value in run._asdict().items() if name in COUNTS}
    return End(sorted(map(repr, cases.values())), told, beside)


def adds_up(run: ImportRun) -> bool:
    """Nothing was lost: every record of the file is counted once."""
    return run.done == run.total == run.created + run.unchanged + run.updated + run.duplicate + run.rejected


def killed_and_continued(folder: Path, file: Path, clean: End, deaths: Sequence[Death]) -> int:
    kills = 0
    for death in deaths:
        kills += worker(import_claims, str(folder), str(file), BATCH, death=death) == KILLED
    (folder / "said").write_text("", encoding="utf-8")
    assert worker(import_claims, str(folder), str(file), BATCH) == 1  # some rows are rejected
    said = (folder / "said").read_text(encoding="utf-8")
    assert "Traceback" not in said and "internal" not in said, said
    assert end_of(folder) == clean
    told = [line for line in lines_of(folder / "told") if line["status"] in ("created", "updated")]
    assert all(line["claim"] for line in told)
    return kills


def kill_imports(folder: Path, *, kills: int, seed: int) -> None:
    before, file = files(folder)
    warm_context()
    world = folder / "world"
    world.mkdir()
    assert worker(import_claims, str(world), str(before), BATCH) == 0
    for name in ("told", "said", "r.csv", "p.csv"):
        (world / name).unlink(missing_ok=True)
    for name in ("clean", "counting"):
        shutil.copytree(world, folder / name)
    began = time.monotonic()
    assert worker(import_claims, str(folder / "clean"), str(file), BATCH) == 1
    seconds = time.monotonic() - began
    count = statements(import_claims, folder / "counting", str(file), BATCH)
    clean = end_of(folder / "clean")
    assert clean.run["status"] == "done" and all(clean.run[name] for name in COUNTS[:7]), "every kind of row is there"
    rng = random.Random(seed)
    done = rounds = 0
    while done < kills:
        rounds += 1
        place = folder / f"round-{rounds}"
        shutil.copytree(world, place)
        deaths = [Death.drawn(rng, count, seconds) for _ in range(rng.randint(1, 4))]
        try:
            done += killed_and_continued(place, file, clean, deaths)
        except AssertionError as error:
            error.add_note(f"seed {seed}, round {rounds}: {deaths}")
            raise
        shutil.rmtree(place)
    print(f"{done} kills in {rounds} rounds of {clean.run['done']} records, {count} statements a run")  # noqa: T201


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_an_import_killed_a_thousand_times_comes_to_what_a_clean_one_comes_to(tmp_path: Path):
    kills = int(os.environ.get("CLAIMDESK_KILLS", "1000"))
    kill_imports(tmp_path, kills=kills, seed=random.SystemRandom().randrange(1 << 32))
