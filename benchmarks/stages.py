"""Where bulk triage spends its processor time, stage by stage: a few functions are timed, so nothing looks dearer.

``python -m benchmarks.stages [--claims N]``; also part of ``python -m benchmarks.profile bulk``. A stage's time is its
own without that of stages inside it. What no stage covers is the rest: the view of the transaction,
digests, the collector.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from claimdesk.adapters.sql.statements import Statement
from claimdesk.workflow import engine
from claimdesk.workflow import triage as bulk
from claimdesk.workflow.desk import Desk

from .triage import typed

#: Where a function stands, its name, what it does. One that has gone since is passed over.
STAGES: tuple[tuple[Any, str, str], ...] = (
    (Desk, "file_command", "check the line"),
    (bulk, "_screening", "check the screening"),
    (Desk, "_know_seller", "the seller's file"),
    (engine, "plan", "decide (plan)"),
    (engine, "write_set", "make rows: entries, chain, sealed values"),
    (bulk, "_result", "the line's result"),
    (Statement, "many", "write rows, guards with them"),
    (Statement, "rows", "read"),
)


def stages(claims: int) -> list[str]:
    """Microseconds a claim of each stage, in this process alone."""
    took: dict[str, int] = {}
    inside = [0]
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        typed(f"sqlite:///{folder}/warm.db", 50, beside=False)
        for place, name, what in STAGES:
            if hasattr(place, name):
                stack.enter_context(_timed(place, name, what, took, inside))
        whole = typed(f"sqlite:///{folder}/claims.db", claims, beside=False).busy / claims * 1e6
    own = {what: spent / claims / 1e3 for what, spent in took.items()}
    whole = max(whole, sum(own.values()))  # the clock of a process ticks a hundred times a second: no tick for a few
    told = sorted(own.items(), key=lambda item: -item[1])
    rest = whole - sum(own.values())
    shown = [*told, ("the rest", rest), ("all, processor time", whole)]
    return [f"{spent:9,.1f} us a claim  {spent / whole:6.1%}  {what}" for what, spent in shown]


@contextmanager
def _timed(place: Any, name: str, what: str, took: dict[str, int], inside: list[int]) -> Iterator[None]:
    real: Callable[..., Any] = getattr(place, name)

    def timed(*given: Any, **named: Any) -> Any:
        inside.append(0)
        started = time.thread_time_ns()
        try:
            return real(*given, **named)
        finally:
            spent = time.thread_time_ns() - started
            took[what] = took.get(what, 0) + spent - inside.pop()
            inside[-1] += spent

    with mock.patch.object(place, name, timed):
        yield


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", type=int, default=4_000)
    print("\n".join(stages(parser.parse_args().claims)))


if __name__ == "__main__":
    main()
