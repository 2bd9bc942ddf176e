"""Processes that are killed in the middle of their work: SIGKILL, which nothing can catch and nothing can tidy up.

A worker is forked from a server that has loaded everything, so that it costs milliseconds. It dies at a statement of
its own choosing (exact, repeatable), or when the test kills it (anywhere, also inside a write).
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from claimdesk import ClaimDesk
from claimdesk.states.times import parse_instant
from claimdesk.workflow.ports import PaymentOrder, PaymentState

from .processes import warm_context


@dataclass(frozen=True)
class Death:
    """When a worker dies: before its so-manieth SQL statement, or so many seconds after it began."""

    statement: int = 0
    seconds: float = 0.0

    @classmethod
    def drawn(cls, rng: random.Random, statements: int, seconds: float) -> Death:
        """One of the two, anywhere in a run that takes so many statements and seconds."""
        if rng.random() < 0.5:
            return cls(statement=rng.randint(1, statements))
        return cls(seconds=rng.uniform(0.0, seconds))


def worker(work: Any, *words: Any, death: Death | None = None) -> int:
    """Runs ``work(*words)`` in a process of its own that dies as told; its exit code, -9 when it was killed."""
    process = warm_context().Process(target=_work, args=(work, words, death.statement if death else 0), daemon=True)
    process.start()
    try:
        process.join(death.seconds if death is not None and death.seconds else 120)
        if process.is_alive() and death is not None and death.seconds:
            process.kill()
            process.join(60)
        assert process.exitcode is not None, "the worker hangs"
        return process.exitcode
    finally:
        if process.is_alive():
            process.kill()


def _work(work: Any, words: tuple[Any, ...], statement: int) -> None:
    if statement:
        _die_at(statement)
    work(*words)


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


def _die_at(statement: int) -> None:
    def die(done: int) -> None:
        if done >= statement:
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


def import_claims(folder: str, file: str, batch: int) -> None:
    """``claimdesk import claims FILE --json`` in a folder, with rejects and a report beside it; told, said as above."""
    from claimdesk.adapters.cli.app import run  # noqa: PLC0415

    os.chdir(folder)
    for name in [name for name in os.environ if name.startswith("CLAIMDESK_")]:
        del os.environ[name]
    options = ["--source", "helpdesk", "--marketplace", "US", "--create-sellers"]
    beside = ["--rejects", "r.csv", "--report", "p.csv"]
    with Path("told").open("a", encoding="utf-8") as told, Path("said").open("a", encoding="utf-8") as said:
        sys.stdout, sys.stderr = told, said
        code = run(["import", "claims", file, *options, *beside, "--json", "--batch", str(batch)])
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
