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
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Final, Self

from ..workflow.lines import Line
from ..workflow.speculate import Ahead

#: More children than this wait for the one writer.
MOST: Final = 4


def usual_width() -> int:
    """How many children are worth having here: one for each processor, none where there is only one."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(count, MOST) if count > 1 else 0


class PlanningFailed(Exception):
    """A child could not plan a batch; ``str`` is the name of its error, never its text."""


class ChildPlanners:
    """Children for one desk, started when the first batch is given. Use as a context manager."""

    def __init__(self, opening: Mapping[str, Any], width: int) -> None:
        self.width = width
        self._opening = opening
        self._idle: SimpleQueue[_Child] = SimpleQueue()
        self._children: list[_Child] = []
        self._threads = ThreadPoolExecutor(max_workers=width, thread_name_prefix="planner")

    def submit(self, lines: Sequence[Line], run_id: str) -> Future[Ahead]:
        """Has a batch planned by the next child that is free."""
        if not self._children:
            for _ in range(self.width):
                child = _Child(self._opening)
                self._children.append(child)
                self._idle.put(child)
        return self._threads.submit(self._planned, [(line.number, line.fields, line.text) for line in lines], run_id)

    def _planned(self, lines: list[tuple[int, dict[str, Any] | None, str]], run_id: str) -> Ahead:
        child = self._idle.get()
        try:
            return child.planned(lines, run_id)
        finally:
            self._idle.put(child)

    def close(self) -> None:
        """Ends the children; what they were planning is thrown away."""
        for child in self._children:
            child.end()
        self._threads.shutdown(cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_how: object) -> None:
        self.close()


class _Child:
    """One child and its two pipes."""

    def __init__(self, opening: Mapping[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "claimdesk.adapters.planner"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._told = False
        self._opening = opening

    def planned(self, lines: list[tuple[int, dict[str, Any] | None, str]], run_id: str) -> Ahead:
        """A batch; PlanningFailed, or whatever a broken pipe raises."""
        into: Any = self._process.stdin
        out: Any = self._process.stdout
        if not self._told:
            pickle.dump(dict(self._opening), into, protocol=pickle.HIGHEST_PROTOCOL)
            self._told = True
        pickle.dump((lines, run_id), into, protocol=pickle.HIGHEST_PROTOCOL)
        into.flush()
        found: Any = pickle.load(out)  # noqa: S301  # from our own child
        if not isinstance(found, Ahead):
            raise PlanningFailed(str(found))
        return found

    def end(self) -> None:
        """Ends the child at once: it has nothing of its own to lose."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
