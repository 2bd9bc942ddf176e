"""What does not check out, and where."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not check out: what, where, and the entry's place in the log when it is one entry."""

    code: str
    where: str
    message: str
    index: int | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.message} [{self.code}]"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values; without a place in the log where there is none."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class Untrue(Exception):
    """A check failed."""

    def __init__(self, code: str, where: str, message: str, index: int | None = None) -> None:
        super().__init__(f"{where}: {message} [{code}]")
        self.fault = Fault(code, where, message, index)


def safe(text: object) -> str:
    """Text from outside as it may stand in a message: short and printable."""
    shown = str(text)[:120]
    return shown if shown.isprintable() else ascii(shown)
