"""Printing: data on standard output, everything else on standard error.

Decision: with ``--json`` a command prints one object, or one object a line where it lists things; nothing at all is
valid JSON Lines for an empty list. Control characters of whatever is printed for people are written out, so that no
stored text can steer a terminal. Authority: contract section 6, trust notes 5.5.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import orjson


def clean(text: object) -> str:
    """``text`` with control and direction characters written out (``\\x1b``); a line break stays."""
    shown = str(text)
    if shown.isascii() and shown.isprintable():
        return shown
    return "".join(c if c == "\n" or c.isprintable() or c == "\u3000" else _written(c) for c in shown)


def _written(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def put(text: str = "") -> None:
    """A line for people on standard output."""
    sys.stdout.write(clean(text) + "\n")


def put_json(value: Any) -> None:
    """One JSON value on one line of standard output."""
    sys.stdout.write(as_json(value) + "\n")


def put_line(value: Any) -> None:
    """One of many results: the same JSON without spaces, which takes a tenth of the time to write."""
    if _takes_utf8():
        try:
            sys.stdout.write(orjson.dumps(value, default=str).decode() + "\n")
            return
        except TypeError:
            pass  # a lone surrogate, a very long number
    put_json(value)


def _takes_utf8() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"


_as_it_is = json.JSONEncoder(ensure_ascii=False, default=str).encode
_escaped = json.JSONEncoder(default=str).encode


def as_json(value: Any) -> str:
    """Compact JSON on one line; text as it is when standard output can hold it."""
    # A lone surrogate can come from a file name only; escaped, it is valid JSON and harms nobody.
    text = (_as_it_is if _takes_utf8() else _escaped)(value)
    return text.encode("utf-8", "backslashreplace").decode() if not text.isascii() else text


def say(text: str = "") -> None:
    """A line on standard error, after whatever stands on standard output so far; nobody may be there to read it."""
    sys.stdout.flush()
    with suppress(OSError):
        sys.stderr.write(clean(text) + "\n")


def width(text: str) -> int:
    """Columns of a terminal that ``text`` takes (Chinese characters take two)."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


def columns(rows: Iterable[Sequence[object]], head: Sequence[str] = (), right: Iterable[int] = ()) -> list[str]:
    """Rows as aligned lines; the columns in ``right`` are flush right, the last one is not padded."""
    cells = [[clean(c).replace("\n", " ") for c in row] for row in ([head, *rows] if head else rows)]
    if not cells:
        return []
    flush = set(right)
    widths = [max(width(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines: list[str] = []
    for row in cells:
        parts: list[str] = []
        for i, cell in enumerate(row):
            pad = " " * (widths[i] - width(cell))
            parts.append(pad + cell if i in flush else cell + pad)
        lines.append("  ".join(parts).rstrip())
    return lines


def is_terminal(stream: Any) -> bool:
    """Whether a person watches ``stream``."""
    return bool(getattr(stream, "isatty", lambda: False)()) and os.environ.get("TERM") != "dumb"


def console() -> Any:
    """Where tables are drawn: plain where nobody watches or colours are not wanted, and wide enough for a file."""
    from rich.console import Console

    watched = is_terminal(sys.stdout)
    colour = watched and "NO_COLOR" not in os.environ
    return Console(
        file=sys.stdout,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        width=None if watched else 110,
        force_terminal=colour or None,
    )


def open_streams() -> bool:
    """Standard streams the caller has closed lead nowhere: else a file opened next, a database, takes their number.

    False when standard output was one of them: whatever is done then, nobody would learn what came out.
    """
    told = sys.stdout is not None  # pyright: ignore[reportUnnecessaryComparison]  # None when it was closed
    while (nowhere := os.open(os.devnull, os.O_RDWR)) <= 2:  # the three of every program
        os.set_inheritable(nowhere, True)
    os.close(nowhere)
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]  # so it is when it was closed
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    return told


def forget_stdout() -> None:
    """Whoever read standard output is gone: nothing more is written there, also not at the end of the process."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):  # a stream of a test or of a host has no number
        return
