"""Processes of our own that start in milliseconds: forked off a server that has loaded everything once."""

from __future__ import annotations

import multiprocessing
import os
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

WARM = "support.warm"


@cache
def warm_context() -> Any:
    """A context whose processes have everything loaded and nothing open; a plain one where there is no fork."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver  # noqa: PLC0415  # not on every system

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([WARM])
    # The server does not take over our path before Python 3.12, and a module it cannot find it leaves out in silence.
    with patch.dict(os.environ, {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}):
        forkserver.ensure_running()
    return context
