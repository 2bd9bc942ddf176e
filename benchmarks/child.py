"""A program run in a process of its own: seconds by the clock, seconds of processor time, peak memory in MB.

It is started from a small process between, because a child's peak memory counts what its parent had when it was made.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_STARTER = """
import json, resource, subprocess, sys, time
with open(sys.argv[1], "wb") as out:
    started = time.perf_counter()
    code = subprocess.run(sys.argv[2:], stdout=out).returncode
    seconds = time.perf_counter() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a program took; ``megabytes`` is the peak of its largest process."""

    seconds: float
    busy: float
    megabytes: float


def run(program: list[str], out: Path = Path("/dev/null"), good: tuple[int, ...] = (0,)) -> Ended:
    """Runs a program to its end, its standard output into ``out``; SystemExit when it ends in another way."""
    told = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _STARTER, str(out), *program], stdout=subprocess.PIPE, check=True
    )
    code, seconds, busy, memory = json.loads(told.stdout)
    if code not in good:
        raise SystemExit(f"{program[0]} ended with {code}")
    return Ended(seconds, busy, memory / (1024 * 1024 if sys.platform == "darwin" else 1024))


def claimdesk(*words: str) -> list[str]:
    """The command line of this environment."""
    return [str(Path(sys.executable).with_name("claimdesk")), *words]
