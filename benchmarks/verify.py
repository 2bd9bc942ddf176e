"""Verification of a published log beside raw SHA-256 over the very same bytes, and peak memory at several sizes.

``python -m benchmarks.verify`` (100,000 entries) or ``--entries 1000000 --memory 100000,1000000``. A log of real
entries under new ids is written to a temporary folder (see ``synthetic``), then checked by the verifier that outsiders
have, in a process of its own, once for each depth: ``quick`` (signature, leaf hashes, tiles, root), ``chains`` (also
every claim's chain; what is done when nothing else is said) and ``thorough`` (also the form of every entry). Rates are
of the best of several runs: by the clock, and by processor time, which other work on the machine disturbs less. The
raw side reads the same bundles and hashes each in one piece, in this process. Only the ratio means anything elsewhere.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from .figure import named
from .synthetic import write_log

_DEPTHS: dict[str, list[str]] = {"quick": ["--quick"], "chains": [], "thorough": ["--thorough"]}


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--memory", default="", help="sizes for peak memory, for example 100000,1000000")
    parser.add_argument("--runs", type=int, default=3, help="of each measurement, of which the best counts")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    sizes = {options.entries, *(int(s) for s in options.memory.split(",") if s)}
    for size in sorted(sizes):
        with tempfile.TemporaryDirectory() as folder:
            length, trust = write_log(Path(folder), size)
            if size == options.entries:
                figures = {**speed(Path(folder), trust, size, length, options.runs), **figures}
            if len(sizes) > 1:
                figures[f"peak memory at {size} entries, MB"] = round(_verify(Path(folder), trust, "chains")[2], 1)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {value:,}")


def figures(*, quick: bool = False, repeat: int = 3) -> dict[str, Any]:
    """The rates of ``speed`` for a log of 100,000 entries."""
    size = 2_000 if quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        length, trust = write_log(Path(folder), size)
        found = speed(Path(folder), trust, size, length, repeat)
    return named("log", found, {"chains, entries/s": "at least 200000"})


def speed(folder: Path, trust: Path, size: int, length: int, runs: int) -> dict[str, Any]:
    """Rates of each depth, and their ratios to raw hashing."""
    raw: list[tuple[float, float]] = []
    found: dict[str, list[tuple[float, float, float]]] = {depth: [] for depth in _DEPTHS}
    for _ in range(runs):  # one after the other, so that a busy moment does not fall on one of them alone
        raw.append(_raw(folder / "log"))
        for depth in _DEPTHS:
            found[depth].append(_verify(folder, trust, depth))
    clock, cpu = (min(column) for column in zip(*raw, strict=True))
    figures: dict[str, Any] = {
        "entries": size,
        "bytes an entry": round(length / size),
        "raw SHA-256, MB/s": round(length / clock / 1e6),
        "raw SHA-256, entries/s": round(size / clock),
    }
    for depth, rows in found.items():
        seconds, busy, memory = (min(column) for column in zip(*rows, strict=True))
        figures |= {
            f"{depth}, entries/s": round(size / seconds),
            f"{depth}, entries per second of processor": round(size / busy),
            f"{depth}, times the raw hashing": round(busy / cpu, 2),
            f"{depth}, peak memory, MB": round(memory, 1),
        }
    return figures


def _raw(log: Path) -> tuple[float, float]:
    """Seconds, by the clock and of processor time, of reading and hashing all bundles."""
    bundles = sorted(path for path in (log / "tile/entries").rglob("*") if path.is_file())
    clock, cpu = time.perf_counter(), time.process_time()
    for path in bundles:
        hashlib.sha256(path.read_bytes()).digest()
    return time.perf_counter() - clock, time.process_time() - cpu


#: Starts the verifier from a small process: a child's peak memory counts what its parent had when it was made.
_STARTER = """
import json, resource, subprocess, sys
told = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE).stdout
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([json.loads(told), used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


def _verify(folder: Path, trust: Path, depth: str) -> tuple[float, float, float]:
    """Seconds by the clock, seconds of processor time with start-up, peak memory in MB."""
    program = [sys.executable, "-m", "claimdesk.adapters.tlog.verifier", "log", str(folder / "log")]
    program += ["--trust", str(trust), "--json", *_DEPTHS[depth]]
    done = subprocess.run([sys.executable, "-I", "-S", "-c", _STARTER, *program], stdout=subprocess.PIPE, check=True)
    report, busy, memory = json.loads(done.stdout)
    if not report["ok"]:
        raise SystemExit(f"the log was not found to be right: {report['fault']}")
    return report["seconds"], busy, memory / (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
