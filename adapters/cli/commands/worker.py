"""``claimdesk worker``: the long-running process. Tick, sign, publish, and again; ends cleanly when it is told to."""

from __future__ import annotations

import select
import signal
import socket
import sys
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

import click

from ....states.errors import InputError
from ..call import Call
from ..groups import page
from ..output import put, put_json, say
from .tick import line

if TYPE_CHECKING:
    from ....states.errors import ClaimdeskError
    from ...worker import Round


@page(
    "worker",
    examples=[
        ("claimdesk worker", "until SIGTERM or Ctrl-C: tick, sign, publish, every second"),
        ("claimdesk worker --interval 0.25", "four times a second, for a busy desk"),
        ("claimdesk worker --once --json", "one round, for a timer; exit 1 when something failed"),
    ],
    exits=(0, 1, 2, 75),
    see=("tick", "audit checkpoint", "doctor"),
)
@click.option("--interval", type=click.FloatRange(0.05, 3600), default=1.0, show_default=True, metavar="SECONDS",
              help="Seconds between two rounds.")  # fmt: skip
@click.option("--once", is_flag=True, help="One round, then end.")
@click.pass_obj
def command(call: Call, interval: float, once: bool) -> int:
    """Run on: do what is due, sign the log, publish it; any number of workers may run."""
    from ...worker import Worker

    if call.dry_run:
        raise InputError("no_dry_run", "a worker has no dry run", field="--dry-run", hint="claimdesk list, doctor")
    printer = _Printer(call)
    with _stopped_by_signals() as stop, call.desk() as desk:
        worker = Worker(desk, interval=interval, wait=stop.wait)
        if once:
            done = worker.turn()
            printer.show(done)
            return _exit_code(done)
        call.note(f"working, every {interval:g} s; SIGTERM or Ctrl-C ends it")
        worker.run(printer.show)
    call.note("stopped; everything done is kept")
    return 0


def _exit_code(done: Round) -> int:
    if done.fault is not None:
        return done.fault.exit_code
    return 1 if done.failed else 0


class _Printer:
    """Says what was done, and each fault when it begins, changes and ends."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.last: dict[str, str | None] = {"desk": None, "log": None}

    def show(self, done: Round) -> None:
        """One round."""
        self._fault("desk", done.fault)
        self._fault("log", done.log_fault)
        if self.call.as_json:
            if done.moved or done.failed:
                put_json(done.to_dict())
        elif done.moved and not self.call.quiet:
            parts = [line(done.tick)] if done.tick else []
            parts += [f"log {done.log.size}, {done.log.added} new"] if done.log else []
            put(" · ".join(parts))
        sys.stdout.flush()

    def _fault(self, where: str, error: ClaimdeskError | None) -> None:
        code = error.code if error else None
        if code == self.last[where]:
            return
        if error is None:
            say(f"{where}: well again")
        else:
            say(f"{where}: {error.message} [{error.code}]")
            say(f"hint: {error.hint or 'claimdesk doctor'}")
        self.last[where] = code


class _Stop:
    """Whether to stop, and a wait that ends when somebody says so.

    No ``threading.Event``: its lock is held for moments of a wait, and a handler runs in the thread that waits.
    """

    def __init__(self) -> None:
        self._told = False
        self._here, self._there = socket.socketpair()
        self._there.setblocking(False)

    def set(self) -> None:
        """From a handler of a signal."""
        self._told = True
        with suppress(OSError):  # what was said before is enough
            self._there.send(b".")

    def wait(self, seconds: float) -> bool:
        """Sleeps at most so many seconds; whether to stop."""
        if seconds > 0 and not self._told:
            select.select([self._here], [], [], seconds)
        return self._told

    def close(self) -> None:
        """Nothing is said any more."""
        self._here.close()
        self._there.close()


@contextmanager
def _stopped_by_signals() -> Generator[_Stop]:
    """What SIGTERM and SIGINT set; what is under way is finished first."""
    with closing(_Stop()) as stop, _handled(stop):
        yield stop


@contextmanager
def _handled(stop: _Stop) -> Generator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # signals go to the main thread; a host that runs this elsewhere ends it its own way
        return

    def stopped(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, stopped) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
