"""Bulk triage to SQLite beside raw ``sqlite3`` writing the very same rows (see ``floors``).

``python -m benchmarks.triage`` (20,000 claims) or ``--claims N``. Twice: from typed claims (ready mappings handed to
the library, in this process, the store open and made), and from a file of JSON Lines (the command ``claimdesk triage
--json``, its start, the making of the store and every line of its answer included). Journal, ledger, notices and
deadlines are on: there is no way to turn them off. Both sides run one after the other on the same disk; only the ratio
means anything on a shared machine.

Each kind is held against two floors: the rows alone (``floors``), and the same rows into the same database with its
triggers and foreign keys (``guarded``).
"""

from __future__ import annotations

import gc
import json
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from claimdesk import ClaimDesk
from claimdesk.workflow.lines import Line
from claimdesk.workflow.triage import triage

from . import child, guarded
from .claims import lines
from .figure import Figures, Took, figure, medians, rate, taking
from .floors import rows_of, sqlite
from .table import alone

#: From so many claims on planners start at once: what the command takes for a long file.
LONG = 3_000
_GUARDED = "beside raw sqlite3 with the same guards on"
_TYPED, _FILE = "bulk triage, typed claims, SQLite", "bulk triage, JSON Lines, SQLite, whole command"


def figures(*, quick: bool = False, repeat: int = 5, claims: int | None = None) -> Figures:
    """Claims a second, as shares of what raw ``sqlite3`` does with the same rows."""
    count = claims or (500 if quick else 20_000)

    def once() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            return measure(Path(folder), count)

    return medians(once, repeat, f"triage of {count} claims")


def measure(folder: Path, claims: int) -> dict[str, Any]:
    """One run of each kind, each followed by its floor."""
    found: dict[str, Any] = {}
    database = folder / "typed.db"
    took = typed(f"sqlite:///{database}", claims)
    tables = rows_of(database)
    plain = sqlite(folder / "raw.db", database, tables, claims)
    found[_TYPED] = rate(claims, took.seconds, plain.seconds, "at least 0.75")
    same = guarded.sqlite(folder / "raw.db", database, tables)
    found[f"{_TYPED}, {_GUARDED}"] = rate(claims, took.seconds, same.seconds, "at least 0.75")
    alone = typed(f"sqlite:///{folder / 'alone.db'}", claims, beside=False)
    found[f"{_TYPED}, this process alone"] = rate(claims, alone.seconds, plain.seconds)
    found[f"{_TYPED}, this process alone, processor time"] = _processor(claims, alone, plain)
    found["rows a claim"] = figure(sum(map(len, tables.values())) / claims, "rows")
    ended, database = of_file(folder, claims)
    tables = rows_of(database)
    plain = sqlite(folder / "raw.db", database, tables, claims)
    found[_FILE] = rate(claims, ended.seconds, plain.seconds, "at least 0.5")
    same = guarded.sqlite(folder / "raw.db", database, tables)
    found[f"{_FILE}, {_GUARDED}"] = rate(claims, ended.seconds, same.seconds, "at least 0.5")
    found[f"{_FILE}, processor time"] = _processor(claims, Took(ended.seconds, ended.busy), plain)
    return found


def _processor(claims: int, took: Took, plain: Took) -> dict[str, Any]:
    """What other work on the machine disturbs least; waiting for the disk is not in it."""
    return figure(took.busy / claims * 1e6, "us a claim", floor=plain.busy / claims * 1e6, ratio=took.busy / plain.busy)


def typed(url: str, claims: int, keys: Path | None = None, *, beside: bool = True) -> Took:
    """What it takes to triage ready mappings into a new store at ``url``, whose making is not counted.

    ``keys``: the key file. ``beside``: other processes may plan while this one writes; their start is counted, and
    whoever has this many lines says so beforehand, as the command does.
    """
    ready = [Line(n, json.loads(text), None, "") for n, text in enumerate(lines(claims), 1)]
    with ClaimDesk.open(url, actor="system:bench", keys=None if keys is None else str(keys)) as desk:
        gc.collect()
        gc.freeze()  # the claims wait in memory and are no garbage of the run
        with taking() as took, desk.planned_beside(at_once=claims >= LONG) if beside else nullcontext():
            created = sum(result["status"] == "created" for result in triage(desk, ready, run_id="bench"))
        gc.unfreeze()
    if created != claims:
        raise SystemExit(f"{claims - created} of {claims} claims were not created")
    return took


def write_file(path: Path, claims: int) -> Path:
    """A file of intake lines."""
    with path.open("w", encoding="utf-8") as out:
        out.writelines(line + "\n" for line in lines(claims))
    return path


def of_file(folder: Path, claims: int) -> tuple[child.Ended, Path]:
    """The command on a file of so many claims, and the database it made, in a new folder inside ``folder``."""
    home = Path(tempfile.mkdtemp(dir=folder))  # a store has its keys and its log beside it
    source, database = write_file(home / "claims.jsonl", claims), home / "claims.db"
    program = child.claimdesk("triage", str(source), "--json", "--db", f"sqlite:///{database}")
    return child.run(program, home / "out.jsonl"), database


def main() -> None:
    """Measures and prints a table."""
    alone(figures, __doc__, claims=20_000, repeat=1)


if __name__ == "__main__":
    main()
