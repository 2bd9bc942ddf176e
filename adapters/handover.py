"""How a planner's answer goes through a pipe: its length, then the batch in parts.

Decision: pickles, because both ends are our own program in the same version; in parts, because a pickler remembers
every object it has seen, which for a whole batch is more memory than the batch; lines as plain tuples, which take half
the time of the records they are; received in memory of its own, because
what megabytes leave behind in a heap grows with the file. Authority: ``planners``. Left out: other machines.
"""

from __future__ import annotations

import pickle
from io import BytesIO
from mmap import mmap
from typing import IO, Any, Final

from ..workflow.speculate import Ahead, AheadLine
from .sql.ready import Ready

#: How many bytes stand before an answer to say how long it is.
_LENGTH: Final = 8
#: Lines in one part.
_PART: Final = 50


class BrokenOff(Exception):
    """There is no answer, or not all of one."""


def send(pipe: IO[bytes], answer: Ahead | str | None) -> None:
    """Writes an answer: a batch, the name of an error, or None."""
    out = BytesIO()
    pickler = pickle.Pickler(out, protocol=pickle.HIGHEST_PROTOCOL)
    lines: list[Any] = []
    if isinstance(answer, Ahead):
        lines, answer.lines = answer.lines, lines
    pickler.dump(answer)
    for start in range(0, len(lines), _PART):
        pickler.clear_memo()
        pickler.dump([_plain(line) for line in lines[start : start + _PART]])
    pipe.write(out.tell().to_bytes(_LENGTH, "big"))
    pipe.write(out.getbuffer())
    pipe.flush()


def receive(pipe: IO[bytes]) -> mmap:
    """An answer as it came, to be closed by whoever reads it; BrokenOff when it does not come whole."""
    length = int.from_bytes(pipe.read(_LENGTH), "big")
    if length == 0:
        raise BrokenOff("no answer")
    found = mmap(-1, length)
    if pipe.readinto(found) != length:  # type: ignore[attr-defined]  # a buffered reader has it
        found.close()
        raise BrokenOff("an answer that breaks off")
    return found


def read(answer: mmap) -> Ahead | str | None:
    """What was sent."""
    found: Any = pickle.load(answer)  # type: ignore[arg-type]  # noqa: S301  # from our own child
    if isinstance(found, Ahead):
        while answer.tell() < len(answer):
            part: list[_Plain] = pickle.load(answer)  # type: ignore[arg-type]  # noqa: S301
            found.lines += [
                AheadLine(told, [Ready._make(s) for s in sets], keys, sure) for told, sets, keys, sure in part
            ]
    return found


_Plain = tuple[dict[str, Any], list[tuple[Any, ...]], frozenset[str], bool]


def _plain(line: AheadLine) -> _Plain:
    return line.result, [tuple(s) for s in line.sets], line.keys, line.unsure
