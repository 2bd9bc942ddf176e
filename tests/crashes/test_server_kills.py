"""An import into a server, killed or cut off from it at any moment and run again, comes to what a clean one comes to.

Decision: the files are those of ``test_import_kills``; here the process dies at a moment, or every session of the
database is ended under it: then it must say so by its exit code (75), and nothing else may come out. Compared with a
clean run are the claims, the counts of the run, the rejects file and the report, byte by byte. CLAIMDESK_KILLS says
how many faults.
"""

from __future__ import annotations

import os
import random
import shutil
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from claimdesk import ClaimDesk
from claimdesk.adapters.open_store import open_store
from support.checks import all_cases, faults
from support.crashes import Death, import_file, worker
from support.desks import SMALL, filing

from .test_import_kills import ALONE, CLAIMS, COUNTS, PAYMENTS, Kind, adds_up, forget_what_was_said
from .test_kills import KILLED

try:
    import psycopg
except ImportError:  # the tests that need it are skipped with the server
    psycopg: Any = None

pytest.importorskip("multiprocessing.popen_forkserver", reason="no fork")
pytestmark = pytest.mark.postgres

AWAY = 75
FAULTS_A_ROUND = (3, 8)
AGAIN = 20


@dataclass
class Place:
    """A folder and its database."""

    folder: Path
    url: str

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "claimdesk.toml").write_text(f'db = "{self.url}"\nactor = "cs:mei"\n', encoding="utf-8")

    def run(self, kind: Kind, file: Path, death: Death | None = None) -> int:
        alone = ALONE if kind is CLAIMS else ()
        return worker(import_file, str(self.folder), *kind.words(file, *alone), death=death)

    def end_sessions(self) -> None:
        """As an administrator does, or a fail-over; again and again, or most fall between two commands, unnoticed."""
        plain = make_url(self.url).set(drivername="postgresql", database="postgres")
        with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
            asked = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            for _ in range(AGAIN):
                connection.execute(asked, (make_url(self.url).database,))
                time.sleep(0.005)

    def ended(self) -> bool:
        """Whether the import came to its end, whatever was heard of it."""
        with closing(open_store(self.url)) as store, store.read() as unit:
            return any(one.file == "june.csv" and one.status == "done" for one in unit.import_runs())

    def end(self) -> tuple[Any, ...]:
        """What it came to: claims, counts, files."""
        with closing(open_store(self.url)) as store:
            assert faults(store) == []
            with store.read() as unit:
                runs = [one for one in unit.import_runs() if one.file == "june.csv"]
                cases = all_cases(unit)
                posts = Counter(t.claim for t in unit.transfers(limit=100_000) if t.kind == "post")
        run = runs[-1]
        assert len(runs) == 1 and adds_up(run)
        names = {c.id: str((c.facts.get("order") or {}).get("id") or c.seller) for c in cases}
        claims = sorted((names[c.id], c.state, c.version, c.totals.by_amazon, posts[c.id]) for c in cases)
        beside: list[bytes] = []
        for name in ("r.csv", "p.csv"):
            data = (self.folder / name).read_bytes().replace(run.id.encode(), b"IMP")
            for claim, shown in names.items():
                data = data.replace(claim.encode(), shown.encode())
            beside.append(data)
        return claims, {name: value for name, value in run._asdict().items() if name in COUNTS}, beside


@dataclass
class Tally:
    """What was done to the imports, and what it came to."""

    faults: Counter[str] = field(default_factory=Counter)
    rounds: int = 0


def cut_imports(folder: Path, server: Any, kind: Kind, *, wanted: int, seed: int) -> Tally:
    before, file, _ = kind.files(folder)
    world = Place(folder / "world", server.create())
    if kind is PAYMENTS:
        waiting(world)
    assert world.run(kind, before) == 0
    forget_what_was_said(world.folder)

    def copy(name: str) -> Place:
        shutil.copytree(world.folder, folder / name)
        return Place(folder / name, server.create(make_url(world.url).database))

    clean = copy("clean")
    began = time.monotonic()
    assert clean.run(kind, file) == 1  # some rows are rejected
    seconds = time.monotonic() - began
    expected = clean.end()
    rng, tally = random.Random(seed), Tally()
    while tally.faults.total() < wanted:
        tally.rounds += 1
        place = copy(f"round-{tally.rounds}")
        for _ in range(rng.randint(*FAULTS_A_ROUND)):
            moment = rng.uniform(0, seconds)
            if rng.random() < 0.5:
                code = place.run(kind, file, Death(seconds=0.001 + moment))
            else:
                timer = threading.Timer(moment, place.end_sessions)
                timer.start()
                code = place.run(kind, file)
                timer.join()
            assert code in (1, KILLED, AWAY), f"seed {seed}, round {tally.rounds}: exit code {code}"
            tally.faults[{KILLED: "killed", AWAY: "cut off", 1: "not noticed"}[code]] += 1
            if place.ended():
                break  # the next would be a run of its own
        else:
            assert place.run(kind, file) == 1
        assert place.end() == expected, f"seed {seed}, round {tally.rounds}"
        server.drop(place.url)
        shutil.rmtree(place.folder)
    return tally


def waiting(place: Place) -> None:
    """Claims that wait for their payment."""
    keys = str(place.folder / "claimdesk.keys")
    with ClaimDesk.open(place.url, actor="cs:mei", payments="manual", keys=keys) as desk:
        for n in range(1, 31):
            told = filing(SMALL, f"114-{n}", incident_on=str(date.today() - timedelta(days=3)))  # noqa: DTZ011
            claim = desk.file(**told)
            desk.record_screening(claim.id, verdict="valid", by="adjuster:one")


@pytest.mark.parametrize("kind", [CLAIMS, PAYMENTS], ids=lambda kind: kind.name)
@pytest.mark.long
@pytest.mark.timeout(7200)
def test_an_import_into_a_server_survives_what_is_done_to_it(kind: Kind, tmp_path: Path, postgres_server: Any) -> None:
    wanted = int(os.environ.get("CLAIMDESK_KILLS", "300"))
    seed = random.SystemRandom().randrange(1 << 32)
    began = time.monotonic()
    tally = cut_imports(tmp_path, postgres_server, kind, wanted=wanted, seed=seed)
    told = f"{tally.rounds} rounds, {dict(tally.faults)}, {time.monotonic() - began:.0f} s"
    print(f"{kind.name}, seed {seed}: {told}")  # noqa: T201
    assert tally.faults["killed"] and tally.faults["cut off"], "nothing was done to them"
