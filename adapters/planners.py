"""Planning in other processes: a few children that open the same store and plan batches ahead of the writer.

Decision: children are our own program started anew (no fork: a parent may have threads and open databases), spoken to
through their standard input and output, so that a password in the store's address is seen by nobody; a child that fails
or cannot start costs its batch a second planning here, nothing else. Authority: architecture notes (one writer on
SQLite, planning beside it). Left out: other machines.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from mmap import mmap
from queue import SimpleQueue
from typing import Any, Final, Self

from ..workflow.lines import Line
from ..workflow.speculate import Ahead, Planning
from .handover import read, receive

#: Batches written between two times that a child sequences the log.
SIGNED: Final = 4
#: More children than this wait for the one writer.
MOST: Final = 4


def usual_width() -> int:
    """How many children are worth having here: one for each processor, none where there is only one."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(count, MOST) if count > 1 else 0


class PlanningFailed(Exception):
    """A child could not plan a batch; ``str`` is the name of its error, never its text."""


class ChildPlanners:
    """Children for one desk, from ``start`` or the first batch on. Use as a context manager."""

    def __init__(self, opening: Mapping[str, Any], width: int, *, sign: bool = False) -> None:
        self.width = width
        self._sign = sign
        self._written = 0
        self._signing: Future[mmap] | None = None
        self._opening = opening
        self._idle: SimpleQueue[_Child] = SimpleQueue()
        self._children: list[_Child] = []
        self._threads = ThreadPoolExecutor(max_workers=width, thread_name_prefix="planner")

    @property
    def started(self) -> bool:
        """Whether there are children."""
        return bool(self._children)

    def start(self) -> None:
        """Starts the children, which open the desk meanwhile."""
        while len(self._children) < self.width:
            child = _Child(self._opening)
            self._children.append(child)
            self._idle.put(child)

    def submit(self, lines: Sequence[Line], run_id: str) -> Planning:
        """Has a batch planned by the next child that is free."""
        self.start()
        told = [(line.number, line.fields, line.text) for line in lines]
        return _Answer(self._threads.submit(self._asked, (told, run_id)))

    def written(self) -> None:
        """A batch was written; now and then a child sequences the log, which waits for the disk most of its time."""
        self._written += 1
        idle = self._signing is None or self._signing.done()
        if self._sign and idle and self._written % SIGNED == 0:
            self._signing = self._threads.submit(self._asked, None)

    def _asked(self, what: object) -> mmap:
        child = self._idle.get()
        try:
            return child.asked(what)
        finally:
            self._idle.put(child)

    def close(self) -> None:
        """Ends the children; what they were planning is thrown away."""
        for child in self._children:
            child.end()
        self._threads.shutdown(cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_how: object) -> None:
        if kind is None and self._signing is not None:
            wait([self._signing])  # whatever came of it, what still waits is sequenced by the command itself
        self.close()


class _Answer:
    """A batch under way; kept as it came until it is wanted, in a third of the room, and handed out once."""

    def __init__(self, coming: Future[mmap]) -> None:
        self._coming = [coming]

    def result(self) -> Ahead:
        """The batch, once it has come; an exception when there is none."""
        with self._coming.pop().result() as answer:
            found = read(answer)
        if not isinstance(found, Ahead):
            raise PlanningFailed(str(found))
        return found


class _Child:
    """One child and its two pipes."""

    def __init__(self, opening: Mapping[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "claimdesk.adapters.planner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C goes to the whole group of the terminal, also to a child that is still being loaded.
            process_group=0 if os.name == "posix" else None,
        )
        self._sound = True
        into: Any = self._process.stdin
        with suppress(OSError):  # a child that is gone already says so when it is asked
            pickle.dump(dict(opening), into, protocol=pickle.HIGHEST_PROTOCOL)
            into.flush()

    def asked(self, what: object) -> mmap:
        """What the child answers, pickled; whatever a broken pipe raises. A child that failed once is not asked again:
        what it says next could be the answer to an earlier question."""
        if not self._sound:
            raise PlanningFailed("a child that failed before")
        self._sound = False
        into: Any = self._process.stdin
        pickle.dump(what, into, protocol=pickle.HIGHEST_PROTOCOL)
        into.flush()
        answers: Any = self._process.stdout
        found = receive(answers)
        self._sound = True
        return found

    def end(self) -> None:
        """Ends the child at once: it has nothing of its own to lose."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
