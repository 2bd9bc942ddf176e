"""``python -m benchmarks``: every figure in one table, each beside its floor and its aim.

Each module runs in a process of its own, so that one does not slow the next. The table and JSON come on standard
output, progress on standard error. A module that cannot run here (no PostgreSQL, no environment for the peers) is left
out, and the last lines say why. The exit code is 0 however the aims turn out: a busy machine is no error.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import os
import platform
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from .figure import Figures, met, progress, whole
from .table import rows

#: The order of the table; other modules with figures come after these.
_FIRST = ("triage", "growth", "decide", "postgres", "peers", "latency", "queries", "coldstart", "verify", "journal")
_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parent


def modules() -> list[str]:
    """The modules that have figures."""
    found = {p.stem for p in _HERE.glob("[a-z]*.py") if "def figures(" in p.read_text(encoding="utf-8")}
    found |= {p.parent.name for p in _HERE.glob("*/__init__.py") if "def figures(" in p.read_text(encoding="utf-8")}
    return [name for name in _FIRST if name in found] + sorted(found - set(_FIRST))


def main(words: list[str] | None = None) -> int:
    """Runs the modules and prints the table."""
    every = modules()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="NAME", action="append", choices=every, help="; ".join(every))
    parser.add_argument("--repeat", type=int, default=5, help="runs of which the median counts (5)")
    parser.add_argument("--quick", action="store_true", help="small sizes, one run: whether it works, not how fast")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--part", action="store_true", help=argparse.SUPPRESS)  # one process of a larger run
    options = parser.parse_args(words)
    repeat = 1 if options.quick else options.repeat
    about, warning = machine(), busy()
    if warning and not options.part:
        progress(warning)
    names = options.only or every
    found: Figures = {}
    missing: dict[str, str] = {}
    for name in names:
        try:
            found |= here(name, options.quick, repeat) if len(names) == 1 else apart(name, options.quick, repeat)
        except LookupError as error:
            missing[name] = str(error.args[0])
    if options.json:
        judged = {name: {**told, "met": met(told)} for name, told in found.items()}
        print(json.dumps({"machine": about, "busy": warning, "figures": judged, "left out": missing}, indent=2))
        return 0
    print("\n".join([*(f"{key}: {value}" for key, value in about.items()), "", *rows(found)]))
    for name, why in missing.items():
        print(f"left out: {name}: {why}")
    if warning:
        print(warning)
    return 0


def here(name: str, quick: bool, repeat: int) -> Figures:
    """The figures of one module; LookupError says why there are none."""
    module = importlib.import_module(f"{__package__}.{name}")
    given: dict[str, Any] = {"quick": quick, "repeat": repeat}
    asked = inspect.signature(module.figures).parameters
    progress(f"{name} ...")
    told = module.figures(**{key: value for key, value in given.items() if key in asked})
    return {key: whole(value) for key, value in told.items()}


def apart(name: str, quick: bool, repeat: int) -> Figures:
    """The same in a process of its own."""
    program = [sys.executable, "-m", __package__ or "benchmarks", "--only", name, "--json", "--part", "--repeat"]
    program += [str(repeat), *(["--quick"] if quick else [])]
    done = subprocess.run(program, cwd=_ROOT, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise LookupError(f"it ended with {done.returncode}; its own words stand above")
    told = json.loads(done.stdout)
    for why in told["left out"].values():
        raise LookupError(why)
    return told["figures"]


def machine() -> dict[str, str]:
    """What the figures were taken on."""
    found = {
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, {platform.system()} {platform.release()}",
        "processor": _processor(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": sqlite3.sqlite_version,
    }
    if hasattr(os, "getloadavg"):
        found["load at the start"] = ", ".join(f"{n:.2f}" for n in os.getloadavg())
    return found


def _processor() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("model name")), "")


def busy() -> str:
    """A warning when something else was running in the last minute."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load < 0.5:
        return ""
    return f"this machine is busy (load {load:.2f} before anything was measured): hold only the ratios for anything"


if __name__ == "__main__":
    sys.exit(main())
