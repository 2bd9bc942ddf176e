"""This engine beside the peers: claims a second in one run, and what share of raw ``sqlite3`` each reaches.

Ours is typed bulk triage to SQLite with everything on. A peer is run **bare** (a step is its trigger and two states)
and **full** (with the records and the rows beside them, see ``lifecycle``). The share is of raw ``sqlite3`` writing the
very rows that a way of working wrote, so it says how much of what the disk allows is reached, whatever is written; the
aims are for the shares of full runs. Claims a second stand beside them without an aim: even a full peer writes fewer
rows than we do and checks nothing, and a bare one writes a fifth.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..figure import Figures, figure, medians, progress
from ..floors import rows_of, sqlite
from ..triage import typed
from .lifecycle import expected

#: Module to (short name, claims of a run, aim for our share over its share). The slow ones get fewer claims.
PEERS: dict[str, tuple[str, int, str]] = {
    "orm": ("transitions + ORM, a commit a claim", 300, "at least 30"),
    "orm_shared": ("transitions shared + ORM, a commit a claim", 300, "at least 1"),
    "core": ("transitions shared + Core, batches", 5_000, "at least 1"),
    "statechart": ("python-statemachine, batches", 2_000, "at least 1"),
    "events": ("eventsourcing, batches", 5_000, "at least 1"),
    "durable": ("DBOS, a workflow a claim", 60, "at least 1"),
}
_HOME = Path(__file__).resolve().parent.parent.parent
_NAMED = "CLAIMDESK_PEERS"


def environment() -> Path:
    """Where the environment of the peers is: ``CLAIMDESK_PEERS``, or ``.venv-peers`` in the checkout."""
    return Path(os.environ.get(_NAMED) or _HOME / ".venv-peers")


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def set_up(folder: Path) -> None:
    """Makes the environment from the pinned and hashed list."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pinned = Path(__file__).with_name("requirements-peers.txt")
    pip = [str(_python(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(pinned)], check=True)


def figures(
    *, quick: bool = False, repeat: int = 5, only: list[str] | None = None, claims: int | None = None
) -> Figures:
    """Every peer; LookupError without their environment."""
    python = _python(environment())
    if not python.exists():
        raise LookupError("the peers have no environment yet: python -m benchmarks.peers --setup")
    names = only or list(PEERS)
    ours = claims or (500 if quick else 20_000)  # as in ``benchmarks.triage``: the start of the planners counts

    def once() -> dict[str, Any]:
        return measure(python, names, ours, 10 if quick else 1)

    return medians(once, repeat, "peers")


def measure(python: Path, names: list[str], claims: int, less: int) -> dict[str, Any]:
    """One run of ours, then one of each peer in both kinds."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "ours.db"
        seconds = typed(f"sqlite:///{database}", claims).seconds
        rate = claims / seconds
        share = sqlite(Path(folder) / "raw.db", database, rows_of(database), claims).seconds / seconds
    shares: dict[str, Any] = {}
    rates: dict[str, Any] = {}
    for name in names:
        title, count, aim = PEERS[name]
        for kind in ("full", "bare"):
            progress(f"{name}, {kind}")
            theirs, floor = run(python, name, max(count // less, 20), kind)
            rates[f"claims/s beside {title}, {kind}"] = figure(rate, "claims/s", floor=theirs, ratio=rate / theirs)
            if kind == "full":
                reached = theirs / floor
                shares[f"share of raw sqlite3, beside {title}"] = figure(
                    share, "of own floor", floor=reached, ratio=share / reached, aim=aim
                )
    return shares | rates


def run(python: Path, name: str, count: int, kind: str) -> tuple[float, float]:
    """Claims a second of one peer, and of raw ``sqlite3`` with the same rows; SystemExit when it left too little."""
    with tempfile.TemporaryDirectory() as folder:
        program = [str(python), "-m", f"{__package__}.one", name, str(count), folder, kind]
        told = json.loads(subprocess.run(program, cwd=_HOME, stdout=subprocess.PIPE, check=True).stdout)
        wanted = expected(count)
        if told["left"] != {"states": wanted.states, "steps": wanted.steps}:
            raise SystemExit(f"{name} left {told['left']}, and should have left {wanted}")
        database = Path(folder) / "claims.db"
        plain = sqlite(Path(folder) / "raw.db", database, rows_of(database), count).seconds
    return count / told["seconds"], count / plain
