"""The long-running process: what is due is done, the log is signed and published, again and again.

Decision: one loop, no thread and no queue; work is found in the database, so any number of workers may run beside each
other and beside commands: tasks are leased one by one, the log has one winner at a time. A fault of the log never stops
letters and payments; a busy database is waited for. Authority: architecture notes (time and work to do), trust notes
2.4. Left out: starting on boot and starting again, which the system's own supervisor does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..states.errors import ClaimdeskError, StorageError

if TYPE_CHECKING:
    from ..workflow.dispatch import TickReport
    from .desk import ClaimDesk
    from .tlog.sequencer import Sequenced

#: Entries in one step of the log; between two steps the worker may be told to stop.
STEP = 4096
#: A busy database is asked again after so many intervals at most.
_PATIENCE_MAX = 32


class _Stopped(Exception):
    """Told to stop between two steps."""


@dataclass(slots=True)
class Round:
    """What one turn of the loop came to."""

    tick: TickReport | None = None
    log: Sequenced | None = None
    fault: ClaimdeskError | None = None  #: of the desk; nothing half done is kept
    log_fault: ClaimdeskError | None = None  #: of the log; its entries go on waiting

    @property
    def moved(self) -> bool:
        """Whether anything was done."""
        ticked = self.tick is not None and any(
            (self.tick.fired, self.tick.letters, self.tick.letters_failed, self.tick.paid, self.tick.payments_failed)
        )
        return ticked or (self.log is not None and bool(self.log.added or self.log.files))

    @property
    def failed(self) -> bool:
        """Whether anybody should look."""
        failed = self.tick is not None and bool(self.tick.letters_failed or self.tick.payments_failed)
        return failed or self.fault is not None or self.log_fault is not None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        parts: dict[str, Any] = {
            "tick": self.tick.to_dict() if self.tick else None,
            "log": self.log.to_dict() if self.log else None,
            "fault": self.fault.to_dict() if self.fault else None,
            "log_fault": self.log_fault.to_dict() if self.log_fault else None,
        }
        return {name: value for name, value in parts.items() if value is not None}


class Worker:
    """Turns the loop on one desk. ``wait`` sleeps so many seconds and says whether to stop."""

    def __init__(self, desk: ClaimDesk, *, interval: float, wait: Callable[[float], bool]) -> None:
        self.desk, self.interval, self.wait = desk, interval, wait
        self._patience = 1
        self._done = Round()  # of the round under way

    def turn(self) -> Round:
        """Everything that is due, then the log."""
        done = self._done = Round()
        try:
            done.tick = self.desk.tick(progress=self._ticked)
        except ClaimdeskError as error:
            done.fault = error
        if self.desk.keeps_log:
            try:
                done.log = self._sequence()
            except ClaimdeskError as error:
                done.log_fault = error
        return done

    def _ticked(self, sofar: TickReport) -> None:
        self._done.tick = sofar
        self._between()

    def _between(self) -> None:
        if self.wait(0):
            raise _Stopped

    def _sequence(self) -> Sequenced:
        total = self.desk.sequence(most=STEP)
        fresh = total.added
        while fresh and total.waiting:
            self._done.log = total
            self._between()
            more = self.desk.sequence(most=STEP)
            fresh = more.added
            for name in ("added", "signed", "files", "repaired"):
                setattr(more, name, getattr(more, name) + getattr(total, name))
            total = more
        return total

    def run(self, told: Callable[[Round], None]) -> None:
        """Until it is told to stop; ``told`` gets every round, of the last one what was done of it."""
        try:
            while True:
                done = self.turn()
                told(done)
                if self.wait(self._pause(done)):
                    return
        except _Stopped:
            told(self._done)

    def _pause(self, done: Round) -> float:
        """Seconds to the next round: a busy or absent database is given longer and longer."""
        away = any(isinstance(fault, StorageError) for fault in (done.fault, done.log_fault))
        self._patience = min(self._patience * 2, _PATIENCE_MAX) if away else 1
        return self.interval * self._patience
