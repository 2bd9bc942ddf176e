"""Bulk triage to PostgreSQL beside raw psycopg ``COPY`` of the very same rows (see ``floors``).

``python -m benchmarks.postgres`` (5,000 claims) or ``--claims N``. Typed claims, handed to the library in this process;
a new database for every run; a durable server on this machine (see ``server``). The floor copies into the same tables
afterwards, emptied and with their indexes: once while triggers and foreign keys rest, and once with the same guards on
both sides (``guarded``).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from . import guarded
from .figure import Figures, figure, medians, rate
from .floors import copy, postgres_rows
from .server import server
from .table import alone
from .triage import typed

_TYPED, _GUARDED = "bulk triage, typed claims, PostgreSQL", "beside raw COPY with the same guards on"


def figures(*, quick: bool = False, repeat: int = 5, claims: int | None = None) -> Figures:
    """Claims a second, as a share of what ``COPY`` does with the same rows."""
    count = claims or (500 if quick else 5_000)
    with server() as running:

        def once() -> dict[str, Any]:
            with running.database() as url, running.database() as other:
                found = measure(url, count)
                with tempfile.TemporaryDirectory() as folder:
                    took = typed(other, count, Path(folder) / "keys", beside=False)
                floor = found[_TYPED]["floor"]
                found[f"{_TYPED}, this process alone"] = rate(count, took.seconds, count / floor)
                return found

        return medians(once, repeat, f"PostgreSQL, {count} claims")


def measure(url: str, claims: int) -> dict[str, Any]:
    """One run and its floor in an empty database."""
    import psycopg  # noqa: PLC0415  # an optional package

    with tempfile.TemporaryDirectory() as folder:
        took = typed(url, claims, Path(folder) / "keys")
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        tables = postgres_rows(connection)
        plain = copy(connection, tables, claims)
        same = guarded.postgres(connection, tables)
    return {
        _TYPED: rate(claims, took.seconds, plain.seconds, "at least 0.5"),
        f"{_TYPED}, {_GUARDED}": rate(claims, took.seconds, same.seconds, "at least 0.5"),
        f"{_TYPED}, processor time of this process": figure(took.busy / claims * 1e6, "us a claim"),
        "rows a claim, PostgreSQL": figure(sum(map(len, tables.values())) / claims, "rows"),
    }


def main() -> None:
    """Measures and prints a table."""
    alone(figures, __doc__, claims=5_000, repeat=1)


if __name__ == "__main__":
    main()
