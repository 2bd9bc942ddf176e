"""Whether cost grows straight: time a claim and peak memory of ``claimdesk triage``, a small file and a large one.

``python -m benchmarks.growth --small 10000 --large 1000000``. The command runs in a process of its own on a new store;
what it takes for a file of one claim (its start, the making of the store) is taken off, since it would flatter the
large file. Each size once: an hour of a large run says more than five of a small one.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from .figure import Figures, figure, progress
from .table import alone
from .triage import of_file


def figures(*, quick: bool = False, small: int | None = None, large: int | None = None) -> Figures:
    """Microseconds a claim and megabytes at two sizes."""
    small, large = small or (200 if quick else 10_000), large or (1_000 if quick else 50_000)
    with tempfile.TemporaryDirectory() as folder:
        progress(f"growth: files of 1, {small} and {large} claims")
        start = min((of_file(Path(folder), 1)[0] for _ in range(3)), key=lambda ended: ended.seconds)
        few, many = (of_file(Path(folder), count)[0] for count in (small, large))
    cost_few, cost_many = (
        (ended.seconds - start.seconds) / (count - 1) * 1e6 for ended, count in ((few, small), (many, large))
    )
    return {
        f"triage of {large:,} claims beside {small:,}": figure(
            cost_many, "us a claim", floor=cost_few, ratio=cost_many / cost_few, aim="at most 1.3"
        ),
        f"peak memory at {large:,} claims beside {small:,}": figure(
            many.megabytes, "MB", floor=few.megabytes, ratio=many.megabytes / few.megabytes, aim="at most 1.1"
        ),
        "peak memory of triage, its largest process": figure(
            max(few.megabytes, many.megabytes), "MB", aim="at most 120"
        ),
        "start of the command, with a new store": figure(start.seconds * 1e3, "ms"),
    }


def main() -> None:
    """Measures and prints a table."""
    alone(figures, __doc__, small=10_000, large=50_000)


if __name__ == "__main__":
    main()
