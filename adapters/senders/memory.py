"""Keeps letters in memory, for tests and for programs that deliver them themselves."""

from __future__ import annotations

from ...workflow.ports import Letter


class MemorySender:
    """The letters handed over, in order; the same id again replaces the earlier copy."""

    name = "memory"
    needs_address = False

    def __init__(self) -> None:
        self._kept: dict[str, Letter] = {}

    @property
    def letters(self) -> list[Letter]:
        """Every letter, once, in the order they first came."""
        return list(self._kept.values())

    def send(self, letter: Letter) -> None:
        """Keeps the letter."""
        self._kept[letter.id] = letter

    def forget(self, notice_id: str) -> bool:
        """Lets go of a letter; False when it is not kept."""
        return self._kept.pop(notice_id, None) is not None
