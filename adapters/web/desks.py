"""Desks for requests: a few threads, each with a desk of its own, so that no two requests share one.

Decision: a desk belongs to one thread of work; more threads than a database has use for would only wait for it. A desk
that cannot be opened fails its request and is tried again with the next. Authority: ``workflow.desk`` (one desk per
thread of work). Left out: asynchronous databases.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ..desk import ClaimDesk

_Found = TypeVar("_Found")


class Desks:
    """Threads with desks. ``open_desk`` is called once in each thread, when it first has work."""

    def __init__(self, open_desk: Callable[[], ClaimDesk], width: int) -> None:
        self._open = open_desk
        self._threads = ThreadPoolExecutor(max_workers=width, thread_name_prefix="desk")
        self._mine = threading.local()
        self._all: list[ClaimDesk] = []

    async def do(self, work: Callable[[ClaimDesk], _Found]) -> _Found:
        """What ``work`` gives, done in one of the threads; it is finished even when nobody waits for it any more."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._with_mine, work)

    def _with_mine(self, work: Callable[[ClaimDesk], _Found]) -> _Found:
        desk: ClaimDesk | None = getattr(self._mine, "desk", None)
        if desk is None:
            desk = self._mine.desk = self._open()
            self._all.append(desk)
        return work(desk)

    def close(self) -> None:
        """Waits for what is under way, then gives the connections back."""
        self._threads.shutdown(wait=True)
        while self._all:
            self._all.pop().close()
