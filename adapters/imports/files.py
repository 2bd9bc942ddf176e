"""Opening what is imported: its digest, its encoding and its records, without holding the file in memory.

Decision: a file is gone through once before anything is written, so that its encoding is settled to the last byte, its
digest names the run and the number of its records is known. What is piped in can be read once only: its encoding is
settled by its beginning, its digest is known at its end. Authority: UX notes 6.5 and 6.6.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from ...states.errors import InputError
from ...workflow.imports import encodings
from ...workflow.imports.columns import known
from ...workflow.imports.encodings import Encoding
from ...workflow.imports.maps import Map
from ...workflow.imports.tables import Record, Table, table

_CHUNK, _HEAD = 1 << 20, 1 << 18


@dataclass(slots=True)
class Source:
    """An open file of records. ``sha256`` and ``total`` are None for what is piped in, until its end."""

    name: str
    encoding: Encoding
    table: Table
    sha256: str | None
    total: int | None
    stream: IO[bytes]
    hashing: _Hashing | None = None

    @property
    def records(self) -> Iterator[Record]:
        """Its records, once."""
        return self.table.records

    def finished(self) -> str | None:
        """The digest, once every record was read."""
        return self.sha256 or (self.hashing.hexdigest() if self.hashing is not None else None)

    def shown(self) -> str:
        """For people: how it was read."""
        parts = [self.encoding.shown, self.table.shown]
        if self.total is not None:
            parts.append(f"{self.total:,} record{'' if self.total == 1 else 's'}")
        if self.table.header_line > 1:
            parts.append(f"header on line {self.table.header_line}, what stands before it is left out")
        return f"Read {self.name}: {', '.join(parts)}"

    def close(self) -> None:
        """Closes the file; standard input is only let go of."""
        if self.hashing is None:
            self.stream.close()


def open_source(place: str, kind: str, made: Map, form: str = "auto", *, any_header: bool = False) -> Source:
    """The file at ``place`` (``-``: standard input), its encoding and records settled as far as they can be."""
    if place == "-":
        return _piped(kind, made, form, any_header)
    path = Path(place)
    try:
        encodings.refuse_other_forms(_head(path))
        sha256 = _digest(path)
        encoding = (
            encodings.settled(encodings.told(made.encoding), _head(path))
            if made.encoding != "auto"
            else encodings.detect(lambda: _chunks(path))
        )
        with closing(_opened(path)) as first:
            counted = _table(first, encoding, path.name, kind, made, form, any_header)
            total = sum(1 for _ in counted.records)
        stream = _opened(path)
    except OSError as error:
        raise InputError(
            "cannot_read", f"the file cannot be read: {error.strerror}", field="FILE",
            hint="give the path of a file, or - for standard input",
        ) from None  # fmt: skip
    if encoding.codec == "utf-8-sig":
        encoding = replace(encoding, mark=_head(path).startswith(b"\xef\xbb\xbf"))
    found = _table(stream, encoding, path.name, kind, made, form, any_header)
    return Source(path.name, encoding, found, sha256, total, stream)


def _piped(kind: str, made: Map, form: str, any_header: bool) -> Source:
    raw = sys.stdin.buffer
    head = raw.read(_HEAD)
    encodings.refuse_other_forms(head)
    hashing = _Hashing(head, raw)
    if made.encoding != "auto":
        encoding = encodings.settled(encodings.told(made.encoding), head)
    else:
        encoding = encodings.detect(lambda: [head], whole=len(head) < _HEAD)
    stream: Any = io.BufferedReader(hashing)
    found = _table(stream, encoding, "", kind, made, form, any_header)
    return Source("standard input", encoding, found, None, None, stream, hashing)


class _Hashing(io.RawIOBase):
    """Standard input with the beginning that was looked at put back; its digest grows as it is read."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head, self._rest = head, rest
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """What comes next."""
        found = self._head[: len(buffer)] or self._rest.read(len(buffer)) or b""
        self._head = self._head[len(found) :]
        self._digest.update(found)
        buffer[: len(found)] = found
        return len(found)

    def hexdigest(self) -> str:
        """The digest of what was read so far."""
        return self._digest.hexdigest()


def _table(
    stream: IO[bytes], encoding: Encoding, name: str, kind: str, made: Map, form: str, any_header: bool
) -> Table:
    text = io.TextIOWrapper(_Kept(stream), encoding=encoding.codec, errors="claimdesk-escape", newline="")
    mapped = made.names()
    return table(
        text, known=lambda header: header in mapped or known(kind, header), name=name, kind=form,
        delimiter=made.delimiter, any_header=any_header or bool(mapped),
    )  # fmt: skip


class _Kept(io.BufferedReader):
    """A stream that whoever opened it closes, also when the reader over it is thrown away."""

    def __init__(self, stream: Any) -> None:
        super().__init__(_Through(stream))


class _Through(io.RawIOBase):
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self._stream.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


def _opened(path: Path) -> IO[bytes]:
    return path.open("rb")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _chunks(path: Path) -> Iterable[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1 << 12)


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no text, as ``surrogateescape`` keeps them; half a character of two bytes is one mark.

    That handler gives up on a byte below 0x80, which a file of UTF-16 that was cut off ends with.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    found = error.object[error.start : error.end]
    plain = next((n for n, byte in enumerate(found) if byte < 0x80), len(found))
    if not plain:
        return "\udcff", error.end
    return "".join(chr(0xDC00 + byte) for byte in found[:plain]), error.start + plain


codecs.register_error("claimdesk-escape", _escape)
