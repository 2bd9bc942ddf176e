"""Prints letters, for demonstrations: to standard error, because standard output carries data only."""

from __future__ import annotations

import sys
from typing import TextIO

from ...workflow.ports import Letter
from .files import as_text


class ConsoleSender:
    """Writes each letter to a stream; the address is left out."""

    name = "console"
    needs_address = False

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def send(self, letter: Letter) -> None:
        """Prints the letter between two rules."""
        stream = self._stream or sys.stderr
        stream.write(f"{'-' * 72}\n{as_text(letter, address=False)}{'-' * 72}\n")
        stream.flush()
