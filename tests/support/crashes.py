"""Processes that are killed in the middle of their work: SIGKILL, which nothing can catch and nothing can tidy up.

A worker is forked from a server that has loaded everything, so that it costs milliseconds. It dies at a statement of
its own choosing (exact, repeatable), or at one of its calls that change a file (exact, by strace; whatever a kill can
leave behind lies between two of these), or when the test kills it (anywhere, also inside a write).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from claimdesk import ClaimDesk
from claimdesk.states.times import parse_instant
from claimdesk.workflow.ports import PaymentOrder, PaymentState

from .processes import warm_context

#: Calls that change files, or wait for the disk; a name with a question mark is not known to every processor.
CALLS = ",".join(
    f"?{name}" for name in (
        "write", "writev", "pwrite64", "pwritev", "fsync", "fdatasync", "truncate", "ftruncate", "rename", "renameat",
        "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Death:
    """When a worker dies: before its so-manieth SQL statement or call that changes a file, or so many seconds after
    it began. ``child``: at that statement, or the first one when it has any, one or two of its own children die."""

    statement: int = 0
    seconds: float = 0.0
    call: int = 0
    child: int = 0

    @classmethod
    def drawn(cls, rng: random.Random, statements: int, seconds: float) -> Death:
        """One of the two, anywhere in a run that takes so many statements and seconds."""
        if rng.random() < 0.5:
            return cls(statement=rng.randint(1, statements))
        return cls(seconds=rng.uniform(0.0, seconds))


#: What a worker leaves in its folder: its children when it died; its children that it killed.
ORPHANS, SLAIN = "orphans", "slain"


def worker(work: Any, *words: Any, death: Death | None = None) -> int:
    """Runs ``work(*words)`` in a process of its own that dies as told; its exit code, -9 when it was killed."""
    death = death or Death()
    process = warm_context().Process(target=_work, args=(work, words, death), daemon=True)
    process.start()
    tracer = _tracer(process.pid, f"inject={CALLS}:signal=KILL:when={death.call}") if death.call else None
    try:
        process.join(death.seconds or 120)
        if process.is_alive() and death.seconds:
            left = children(process.pid)
            process.kill()
            process.join(60)
            _note(ORPHANS, left, Path(words[0]))
        assert process.exitcode is not None, "the worker hangs"
        return process.exitcode
    finally:
        if process.is_alive():
            process.kill()
        if tracer is not None:
            tracer.wait(60)


def _work(work: Any, words: tuple[Any, ...], death: Death) -> None:
    if death.statement or death.child:
        _die_at(death.statement, death.child)
    elif death.call:
        _wait_for_a_tracer()
    work(*words)


def children(pid: int) -> list[int]:
    """The processes that a process has started and that have not ended (none where the system does not say)."""
    found: list[int] = []
    tasks = Path(f"/proc/{pid}/task")
    with suppress(OSError):  # it has ended meanwhile
        for task in tasks.iterdir():
            with suppress(OSError):  # or one of its threads
                found += [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
    return [child for child in found if alive(child)]


def alive(pid: int) -> bool:
    """Whether a process is there and has not ended (one that nobody has asked how it ended has)."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return told.rpartition(")")[2].split()[0] not in "ZX"


def noted(folder: Path, name: str) -> list[int]:
    """The processes noted in a folder; they are forgotten by it."""
    path = folder / name
    found = [int(pid) for pid in path.read_text(encoding="ascii").split()] if path.exists() else []
    path.unlink(missing_ok=True)
    return found


def _note(name: str, pids: Sequence[int], folder: Path = Path()) -> None:
    if pids:
        with (folder / name).open("a", encoding="ascii") as file:
            file.writelines(f"{pid}\n" for pid in pids)


# ---------------------------------------------------------------- at a call that changes a file


@cache
def can_trace() -> bool:
    """Whether there is an strace here that may look at our processes."""
    if shutil.which("strace") is None:
        return False
    asked = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
    with suppress(OSError):
        scope = Path("/proc/sys/kernel/yama/ptrace_scope").read_text(encoding="ascii").strip()
        return asked.returncode == 0 and (scope == "0" or os.geteuid() == 0)
    return asked.returncode == 0


def calls(work: Any, folder: Path, *words: Any) -> int:
    """How many calls that change files a worker in a folder makes until its end."""
    process = warm_context().Process(target=_work, args=(work, (str(folder), *words), Death(call=1)), daemon=True)
    process.start()
    tracer = _tracer(process.pid, output=folder / "calls")
    process.join(120)
    tracer.wait(60)
    return sum("(" in line for line in (folder / "calls").read_text(encoding="utf-8", errors="replace").splitlines())


def _tracer(pid: int, *told: str, output: Path = Path(os.devnull)) -> subprocess.Popen[bytes]:
    options = [word for expression in (f"trace={CALLS}", *told) for word in ("-e", expression)]
    return subprocess.Popen(
        ["strace", "-f", "-qq", "-s", "0", "-o", str(output), *options, "-p", str(pid)], stderr=subprocess.DEVNULL
    )


def _wait_for_a_tracer() -> None:
    until = time.monotonic() + 30
    while "TracerPid:\t0\n" in Path("/proc/self/status").read_text(encoding="ascii"):
        assert time.monotonic() < until, "strace does not come"
        time.sleep(0.001)


# ---------------------------------------------------------------- at a statement


def statements(work: Any, folder: Path, *words: Any) -> int:
    """How many SQL statements a worker in a folder makes until its end."""
    worker(_counted, work, str(folder), *words)
    return int((folder / "statements").read_text(encoding="ascii"))


def _counted(work: Any, folder: str, *words: Any) -> None:
    """Keeps the number in a file all along: a worker ends without tidying up."""
    with (Path(folder) / "statements").open("w", encoding="ascii") as kept:

        def keep(done: int) -> None:
            kept.seek(0)
            kept.write(str(done))
            kept.flush()

        _count(keep)
        work(folder, *words)


def _die_at(statement: int, child: int) -> None:
    slain = False

    def die(done: int) -> None:
        nonlocal slain
        there = children(os.getpid()) if done >= (statement if slain or not child else child) > 0 else []
        if child and not slain and done >= child and there:
            slain = True
            chosen = there[child % len(there) :][: 1 + child % 2]
            for one in chosen:
                os.kill(one, signal.SIGKILL)
            _note(SLAIN, chosen)
        if statement and done >= statement:
            _note(ORPHANS, there)
            os.kill(os.getpid(), signal.SIGKILL)

    _count(die)


def _count(tell: Callable[[int], None]) -> None:
    """Every connection of this process counts its statements, BEGIN and COMMIT included."""
    from sqlalchemy import event  # noqa: PLC0415  # here and below: only what dies needs it
    from sqlalchemy.engine import Engine  # noqa: PLC0415

    done = 0

    def count(_text: str) -> None:
        nonlocal done
        done += 1
        tell(done)

    @event.listens_for(Engine, "connect")
    def _watch(connection: Any, _record: Any) -> None:
        connection.set_trace_callback(count)


# ---------------------------------------------------------------- what workers do


def triage(folder: str, file: str, batch: int, *beside: str) -> None:
    """``claimdesk triage FILE --json`` in a folder; what it prints is added to ``told``, its complaints to ``said``."""
    from claimdesk.adapters.cli.app import run  # noqa: PLC0415

    os.chdir(folder)
    for name in [name for name in os.environ if name.startswith("CLAIMDESK_")]:
        del os.environ[name]
    with Path("told").open("a", encoding="utf-8") as told, Path("said").open("a", encoding="utf-8") as said:
        sys.stdout, sys.stderr = told, said
        code = run(["triage", file, "--json", "--batch", str(batch), *beside])
        told.flush()
    os._exit(code)


def import_file(folder: str, kind: str, file: str, batch: int, *more: str) -> None:
    """``claimdesk import KIND FILE --json`` in a folder, with rejects and a report beside it; told, said as above."""
    from claimdesk.adapters.cli.app import run  # noqa: PLC0415

    os.chdir(folder)
    for name in [name for name in os.environ if name.startswith("CLAIMDESK_")]:
        del os.environ[name]
    beside = ["--rejects", "r.csv", "--report", "p.csv"]
    with Path("told").open("a", encoding="utf-8") as told, Path("said").open("a", encoding="utf-8") as said:
        sys.stdout, sys.stderr = told, said
        code = run(["import", kind, file, *more, *beside, "--json", "--batch", str(batch)])
        told.flush()
    os._exit(code)


def tick(folder: str, now: str) -> None:
    """One tick at an instant, with a provider that never forgets and never forgives, and letters as files."""
    desk = open_desk(Path(folder), now)
    desk.tick()
    desk.close()
    os._exit(0)


def open_desk(folder: Path, now: str, **more: Any) -> ClaimDesk:
    """The desk of a folder at an instant, paying by ``Till``."""
    return ClaimDesk.open(
        f"sqlite:///{folder / 'claimdesk.db'}", actor="cs:mei", clock=lambda: parse_instant(now, "now"),
        payments="gateway", gateway=Till(folder / "till"), sender=f"files:{folder / 'letters'}", templates=True, **more,
    )  # fmt: skip


class Till:
    """A provider without keys: every call is an effect, one line in its own file, there before it answers."""

    name = "till"
    settles_at_once = False

    def __init__(self, path: Path) -> None:
        self.path = path

    def pay(self, order: PaymentOrder) -> str:
        """Pays, each time it is called."""
        with self.path.open("a", encoding="ascii") as file:
            file.write(f"{order.ref}\n")
        time.sleep(0.001)  # the answer is on its way: a good moment to die
        return PaymentState.PAID

    def look_up(self, ref: str) -> str:
        """Whether it was paid."""
        return PaymentState.PAID if self.effects()[ref] else PaymentState.ABSENT

    def effects(self) -> Counter[str]:
        """How often each reference was paid."""
        return Counter(self.path.read_text(encoding="ascii").split() if self.path.exists() else ())


# ---------------------------------------------------------------- what is left behind


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The whole lines of what a worker printed; what it was printing when it died is not one."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("}")]


def later(now: str, **time_: float) -> str:
    """An instant after another."""
    moved: datetime = parse_instant(now, "now") + timedelta(**time_)
    return moved.isoformat()
