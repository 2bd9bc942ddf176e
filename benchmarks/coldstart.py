"""What a command waits before it does anything: ``version``, ``--help`` and ``show`` of one claim on SQLite.

``python -m benchmarks.coldstart`` (``--runs 10``). Beside them bare Python and ``import sqlalchemy``, all of them turn
by turn, so that a busy moment falls on every one alike; medians and their ratios. Bytecode is written first, as for
any installed package; every program is started as a shell starts it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from .claims import lines

#: figure: (the command measured, what it is compared with, at most so many times that)
GOALS = {
    "claimdesk version": ("version", "python -c pass", 3.0),
    "claimdesk --help": ("help", "python -c pass", 9.0),
    "claimdesk show CLAIM": ("show", "python -c 'import sqlalchemy'", 1.3),
}


def main() -> None:
    """Measures and prints a table; exit 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = figures(options.runs)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print(f"{'command':<32}  {'median, ms':>10}  {'times':>5}  {'goal':>4}  compared with")
        for name, one in found.items():
            ratio = "" if "ratio" not in one else f"{one['ratio']:.2f}"
            goal = "" if "goal" not in one else f"{one['goal']:g}"
            print(f"{name:<32}  {one['ms']:>10.1f}  {ratio:>5}  {goal:>4}  {one.get('of', '')}".rstrip())
    sys.exit(any(not one.get("met", True) for one in found.values()))


def figures(runs: int = 10) -> dict[str, Any]:
    """By command: its median in milliseconds, and for ours the ratio, what it is compared with and the goal."""
    with tempfile.TemporaryDirectory() as folder:
        commands = _commands(Path(folder))
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON") and k != "CLAIMDESK_DB"}
        for command in commands.values():
            _seconds(command, environment, folder)  # bytecode is written, the files are in memory
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                taken[name].append(_seconds(command, environment, folder))
    medians = {name: statistics.median(times) * 1000 for name, times in taken.items()}
    found: dict[str, Any] = {}
    for name, median in medians.items():
        found[name] = {"ms": round(median, 1)}
        if name in GOALS:
            _, floor, goal = GOALS[name]
            ratio = median / medians[floor]
            found[name] |= {"ratio": round(ratio, 2), "of": floor, "goal": goal, "met": ratio <= goal}
    return found


def _commands(folder: Path) -> dict[str, list[str]]:
    program = str(Path(sys.executable).with_name("claimdesk"))
    told = subprocess.run(
        [program, "triage", "-", "--json", "--db", f"sqlite:///{folder / 'claims.db'}"],
        input="\n".join(lines(20)), capture_output=True, text=True, check=True,
    )  # fmt: skip
    claim = json.loads(told.stdout.splitlines()[0])["claim"]
    ours = {
        "version": ["version"],
        "help": ["--help"],
        "show": ["show", claim, "--db", f"sqlite:///{folder}/claims.db"],
    }
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        "python -c 'import sqlalchemy'": [sys.executable, "-c", "import sqlalchemy"],
        **{name: [program, *ours[which]] for name, (which, _, _) in GOALS.items()},
    }


def _seconds(command: list[str], environment: dict[str, str], folder: str) -> float:
    started = time.perf_counter()
    subprocess.run(command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
