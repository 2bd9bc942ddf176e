"""A function that is imported when it is first called: who only looks at claims does not pay for what checks filings.

Authority: the goals of a cold start (``benchmarks/coldstart.py``); ``tests/cli/test_entry.py`` holds what they ask.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


def late(package: str, module: str, name: str) -> Callable[..., Any]:
    """The function ``name`` of ``package.module``; whoever calls it first imports the module."""
    found: list[Callable[..., Any]] = []

    def call(*given: Any) -> Any:
        if not found:
            found.append(getattr(import_module(f"{package}.{module}"), name))
        return found[0](*given)

    return call
