"""What a command came to, and a desk worked through the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """Exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON value."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON Lines; an empty output is an empty list."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> dict[str, Any]:
        """The error object of ``--json``: the last line."""
        return self.lines[-1]["error"]


class Desk:
    """A working folder with claims in its default database."""

    def __init__(self, run: Callable[..., Outcome], folder: Path) -> None:
        self.run = run
        self.folder = folder

    def first(self, *filters: str) -> str:
        """The id of the first claim that fits."""
        found = self.run("list", *filters, "--limit", "1", "--json")
        assert found.lines, filters
        return found.lines[0]["claim"]

    def show(self, claim: str) -> dict[str, Any]:
        """A claim as it stands."""
        return self.run("show", claim, "--json").json
