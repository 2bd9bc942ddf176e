"""The program of one child that plans batches: ``python -m claimdesk.adapters.planner``, spoken to in pickles.

Decision: what it reads is how to open the desk, then batches of lines; what it answers is a batch planned ahead, or the
name of an error. It writes no claim; asked for nothing (None), it sequences the log. It ends with its parent.
Authority: ``planners``.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from typing import Any, Final

from ..workflow.lines import Line
from ..workflow.triage import plan_ahead
from .desk import ClaimDesk
from .handover import send
from .open_store import open_store

#: A planner asks for a few rows by their keys, again and again for the same sellers.
_CACHE_KIB: Final = 2_048


def main() -> None:
    """Answers until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a parent that is interrupted says what becomes of its children
    asked = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints does not print into the answers
    try:
        opening: dict[str, Any] = pickle.load(asked)  # noqa: S301  # from our own parent
    except EOFError:
        return
    try:
        store = open_store(opening["url"], cache_kib=_CACHE_KIB)
        opened = ClaimDesk.open(**opening, store=store)
    except Exception:  # noqa: BLE001  # whoever writes meets the same error and says it once; or was killed meanwhile
        return
    with opened as desk:
        gc.freeze()
        gc.set_threshold(200_000, 50, 100)
        while True:
            try:
                what: Any = pickle.load(asked)  # noqa: S301
            except EOFError:
                return
            answer = _sequenced(desk) if what is None else _planned(desk, *what)
            try:
                send(answers, answer)
            except BrokenPipeError:  # the parent was killed: nobody is left to answer, or to complain to
                os._exit(0)


def _sequenced(desk: ClaimDesk) -> str | None:
    try:
        desk.sequence(thorough=False)
    except Exception as error:  # noqa: BLE001  # the entries go on waiting; the command sequences at its end, and says it
        return type(error).__name__
    return None


def _planned(desk: ClaimDesk, lines: list[tuple[int, dict[str, Any] | None, str]], run_id: str) -> Any:
    try:
        return plan_ahead(desk, [Line(number, fields, None, text) for number, fields, text in lines], run_id)
    except Exception as error:  # noqa: BLE001  # the writer plans the batch itself and meets the error, if it is one
        return type(error).__name__


if __name__ == "__main__":
    main()
