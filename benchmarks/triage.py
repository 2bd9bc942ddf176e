"""Triage to SQLite beside raw ``sqlite3`` writing the very same rows, and peak memory at two sizes.

``python -m benchmarks.triage`` (20,000 claims) or ``--claims N --memory 2000,200000``. The raw side reads every row
of every table the run wrote and inserts them in batches of 500 claims' worth into a new file with the same tables
and indexes, journal mode and synchronous setting, but without our triggers: the floor pays for no check. Both sides run
one after the other; only the ratio means anything on a shared machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from .claims import lines

_BATCH = 500


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=20_000)
    parser.add_argument("--memory", default="", help="sizes for peak memory, for example 2000,200000")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    # First, while this process is small: a child counts what its parent held when it was made.
    for size in [int(s) for s in options.memory.split(",") if s]:
        with tempfile.TemporaryDirectory() as folder:
            figures[f"peak memory at {size} claims, MB"] = round(_triage(Path(folder), size)[1], 1)
    with tempfile.TemporaryDirectory() as folder:
        figures.update(measure(Path(folder), options.claims))
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {value}")


def measure(folder: Path, claims: int) -> dict[str, Any]:
    """Seconds and ratios of one run."""
    seconds, memory, database = _triage(folder, claims)
    tables = _rows(database)
    rows = sum(len(r) for r in tables.values())
    plain = _raw(folder / "plain.db", database, tables, claims)
    return {
        "claims": claims,
        "rows written": rows,
        "triage --json, s": round(seconds, 2),
        "triage, claims/s": round(claims / seconds),
        "raw sqlite3, s": round(plain, 2),
        "raw sqlite3, claims/s": round(claims / plain),
        "ratio to raw": round(plain / seconds, 3),
        "peak memory, MB": round(memory, 1),
    }


def _triage(folder: Path, claims: int) -> tuple[float, float, Path]:
    source, database, log = folder / "claims.jsonl", folder / "claims.db", folder / "out.jsonl"
    with source.open("w") as out:
        out.writelines(line + "\n" for line in lines(claims))
    program = [
        str(Path(sys.executable).with_name("claimdesk")),
        "triage",
        str(source),
        "--json",
        "--db",
        f"sqlite:///{database}",
    ]
    started = time.perf_counter()
    with log.open("wb") as out:
        child = subprocess.Popen(program, stdout=out)  # our own program
        _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"triage ended with {os.waitstatus_to_exitcode(status)}")
    return seconds, _megabytes(usage), database


def _megabytes(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _rows(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    with sqlite3.connect(database) as db:
        names = [
            n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        ]
        return {n: db.execute(f'SELECT * FROM "{n}"').fetchall() for n in names}  # noqa: S608  # our own names


def _raw(target: Path, source: Path, tables: dict[str, list[tuple[Any, ...]]], claims: int) -> float:
    with sqlite3.connect(source) as db:
        mode = db.execute("PRAGMA journal_mode").fetchone()[0]
        schema = [
            s
            for (s,) in db.execute(
                "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL "
                "AND name NOT LIKE 'sqlite_%'"
            )
        ]
    db = sqlite3.connect(target, isolation_level=None)
    db.execute(f"PRAGMA journal_mode={mode}")
    db.execute("PRAGMA synchronous=EXTRA" if mode != "wal" else "PRAGMA synchronous=FULL")
    for statement in sorted(schema, key=lambda s: not s.lstrip().upper().startswith("CREATE TABLE")):
        db.execute(statement)
    batches = -(-claims // _BATCH)
    started = time.perf_counter()
    for i in range(batches):
        db.execute("BEGIN IMMEDIATE")
        for name, rows in tables.items():
            part = rows[len(rows) * i // batches : len(rows) * (i + 1) // batches]
            if part:
                db.executemany(f'INSERT INTO "{name}" VALUES ({",".join("?" * len(part[0]))})', part)  # noqa: S608
        db.execute("COMMIT")
    seconds = time.perf_counter() - started
    db.close()
    return seconds


if __name__ == "__main__":
    main()
