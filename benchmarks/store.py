"""The check of a whole store beside raw SHA-256 over the bytes of the very same entries, and its peak memory.

``python -m benchmarks.store`` (5,000 claims) or ``--claims 20000``, or ``--db FILE`` for a store that is there. Claims
of ``claims.lines`` are filed into a SQLite file and their log is signed; then the store is checked as
``claimdesk audit verify`` does it (chains, tree, every table, ledger, clocks, letters), in one process, several times.
Rates are of the best run: by the clock, and by processor time, which other work on the machine disturbs less. The
first run also pays for loading the programmes. Only the ratio means anything elsewhere.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from claimdesk import ClaimDesk
from claimdesk.adapters.tlog.audit import audit
from claimdesk.adapters.tlog.units import log_read
from claimdesk.workflow.triage import triage

from .claims import lines

_PAGE = 4096


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=5000)
    parser.add_argument("--db", help="a store that is there, instead of one made for this")
    parser.add_argument("--runs", type=int, default=3, help="of which the best counts")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{options.db or Path(folder) / 'claims.db'}"
        with ClaimDesk.open(url, actor="system:bench") as desk:
            if options.db is None:
                for _ in triage(desk, lines(options.claims), run_id="bench", batch=256):
                    pass
            desk.sequence()
            figures = measured(desk, options.runs)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {value:,}")


def measured(desk: ClaimDesk, runs: int) -> dict[str, Any]:
    """Rates of the check, and their ratio to raw hashing."""
    raw, found = list[tuple[float, float]](), list[tuple[float, float]]()
    data = list(_bytes(desk))
    for _ in range(runs):  # one after the other, so that a busy moment does not fall on one of them alone
        clock, cpu = time.perf_counter(), time.process_time()
        for entry in data:
            hashlib.sha256(entry).digest()
        raw.append((time.perf_counter() - clock, time.process_time() - cpu))
        clock, cpu = time.perf_counter(), time.process_time()
        report = audit(desk.store, desk.log.signer.key)
        found.append((time.perf_counter() - clock, time.process_time() - cpu))
        if not report.ok or report.waiting:
            raise SystemExit(f"the store was not found to be right: {report.fault}")
    size = len(data)
    (_, floor), (clock, cpu) = map(min, zip(*raw, strict=True)), map(min, zip(*found, strict=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    return {
        "entries": size,
        "bytes an entry": round(sum(map(len, data)) / size),
        "whole store, entries/s": round(size / clock),
        "whole store, entries per second of processor": round(size / cpu),
        "whole store, times the raw hashing": round(cpu / floor, 1),
        "peak memory with the entries held for the raw side, MB": round(peak),
    }


def _bytes(desk: ClaimDesk) -> Iterator[bytes]:
    with desk.store.read() as unit:
        size = log_read(unit).state().size
    for start in range(0, size, _PAGE):
        with desk.store.read() as unit:
            yield from (leaf.data for leaf in log_read(unit).leaves(start, min(size, start + _PAGE)))


if __name__ == "__main__":
    main()
