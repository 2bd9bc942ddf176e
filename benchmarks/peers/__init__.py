"""The same small life of a claim on what people would pick instead, each written as its own documentation shows it.

Peers are measured in an environment of their own (``python -m benchmarks.peers --setup``), pinned in
``requirements-peers.txt``; none of them is a dependency of the package. ``lifecycle`` holds what all of them share: the
claims, their path, and what every peer has to leave behind. A peer keeps one durable row or event a step. None of them
does the rest of the work: no reasons, no journal that can be checked, no clocks, no letters, no ledger of two phases,
no sealing of personal data, no seller's file, no check of what came in, no knowing a line again.
"""

from __future__ import annotations

from typing import Any


def figures(*, quick: bool = False, repeat: int = 5) -> dict[str, Any]:
    """This engine beside every peer; LookupError without the environment of the peers."""
    from .compare import figures as compared  # noqa: PLC0415  # a peer's own process must not load the engine

    return compared(quick=quick, repeat=repeat)
