"""``claimdesk worker``: rounds, an end when it is told, one winner of the log however many there are."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from claimdesk import ClaimDesk
from claimdesk.adapters.cli.commands.worker import _stopped_by_signals
from claimdesk.adapters.worker import Round, Worker
from claimdesk.states.errors import StorageError
from claimdesk.testing import FrozenClock


def filed(desk: ClaimDesk, number: int) -> str:
    return desk.file(
        marketplace="US", incident_on="2024-06-01", order={"id": f"114-{number}"}, seller={"id": "A2EXAMPLE"},
        losses=[{"head": "property_damage", "amount": "640.00 USD"}],
    ).id  # fmt: skip


def test_one_round_does_what_is_due_and_signs_it(run):
    with ClaimDesk.open("sqlite:///claimdesk.db", actor="cs:mei") as desk:
        filed(desk, 1)
    done = run("worker", "--once", "--json")
    assert done.code == 0
    assert (done.lines[0]["tick"]["letters"], done.lines[0]["log"]["waiting"]) == (2, 0)
    assert done.lines[0]["log"]["published"] == done.lines[0]["log"]["size"] == done.lines[0]["log"]["added"] > 2
    idle = run("worker", "--once", "--json")
    assert (idle.code, idle.out) == (0, "")
    assert run("worker", "--once", "--dry-run").code == 2


def test_a_backlog_is_signed_step_by_step_and_a_stop_is_heard_between_two(place, monkeypatch):
    monkeypatch.setattr("claimdesk.adapters.worker.STEP", 2)
    with ClaimDesk.open("sqlite:///claims.db", actor="cs:mei", clock=FrozenClock("2024-06-03T09:00:00-07:00")) as desk:
        for number in range(4):
            filed(desk, number)
        told: list[Round] = []
        asked: list[float] = []

        def stops_at(count: int) -> Any:
            def wait(seconds: float) -> bool:
                asked.append(seconds)
                return len(asked) >= count

            return wait

        Worker(desk, interval=1, wait=stops_at(5)).run(told.append)
        status = desk.log.status()
        assert status.waiting and status.published == status.size > 0  # what was signed is signed
        (part,) = told  # and what was done is told
        assert part.tick is not None and part.tick.letters == 4
        assert part.log is not None and part.log.added == status.size
        told.clear()
        assert asked == [0] * 5
        asked.clear()
        Worker(desk, interval=1, wait=stops_at(50)).turn()
        assert desk.log.status().waiting == 0
        asked.clear()
        monkeypatch.setattr(desk, "tick", _busy)
        Worker(desk, interval=1, wait=stops_at(9)).run(told.append)
        assert asked == [2, 4, 8, 16, 32, 32, 32, 32, 32]  # a busy database is given longer and longer
        assert all(r.failed and r.fault is not None for r in told)


def _busy(*_args: Any, **_named: Any) -> None:
    raise StorageError("database_busy", "another process is writing")


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    code = "import sys; from claimdesk.adapters.cli.app import run; sys.exit(run(sys.argv[1:]))"
    environ = {**os.environ, "USER": "tester"}
    return subprocess.Popen(
        [sys.executable, "-c", code, "worker", "--interval", "0.05", *words], cwd=folder, env=environ,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def until(done: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
@pytest.mark.timeout(20)
def test_a_signal_at_any_moment_ends_the_waiting():
    """A lock that is taken while waiting would be asked for again by the handler, in the same thread, for ever."""
    for _ in range(100):
        with _stopped_by_signals() as stop:
            sender = threading.Timer(0.001, os.kill, (os.getpid(), signal.SIGTERM))
            sender.start()
            while not stop.wait(0):
                pass
            assert stop.wait(60)
            sender.join()


@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
def test_workers_beside_each_other_do_each_thing_once_and_end_when_told(place):
    with ClaimDesk.open("sqlite:///claimdesk.db", actor="cs:mei") as desk:
        filed(desk, 0)
        workers = [started(place, "--json"), started(place, "--json")]
        try:
            for number in range(1, 6):
                filed(desk, number)

            def settled() -> bool:
                with closing(sqlite3.connect("claimdesk.db")) as found:
                    letters = found.execute("SELECT count(*) FROM notice WHERE status = 'queued'").fetchone()[0]
                    return not letters and not found.execute("SELECT count(*) FROM log_pending").fetchone()[0]

            until(settled)
        finally:
            for worker, number in zip(workers, (signal.SIGTERM, signal.SIGINT), strict=True):
                worker.send_signal(number)
            ends = [worker.communicate(timeout=30) for worker in workers]
        assert [w.returncode for w in workers] == [0, 0], ends
        rounds = [json.loads(line) for out, _ in ends for line in out.splitlines()]
        with closing(sqlite3.connect("claimdesk.db")) as found:
            letters = found.execute("SELECT count(*) FROM notice").fetchone()[0]
        assert sum(r["tick"]["letters"] for r in rounds) == letters >= 6
        status = desk.log.status()
        assert sum(r.get("log", {}).get("added", 0) for r in rounds) == status.size
        assert not [r for r in rounds if "log_fault" in r or "fault" in r]
        assert desk.log.audit().ok
