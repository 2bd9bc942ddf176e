"""Opening what is imported: its digest, its encoding and its records, without holding the file in memory.

Decision: a file is gone through once before anything is written, so that its encoding is settled to the last byte, its
digest names the run and the number of its records is known. What a program still adds to it meanwhile is left for the
next import; a file that is another one by the end of the run says so. What is piped in can be read once only: its
encoding is settled by its beginning, its digest is known at its end. Authority: UX notes 6.5 and 6.6.
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

from ...states.errors import InputError, StorageError
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
    stream: io.RawIOBase | io.BufferedReader
    hashing: _Hashing | None = None
    whole: _Whole | None = None

    @property
    def piped(self) -> bool:
        """Whether it can be read once only."""
        return self.hashing is not None

    @property
    def records(self) -> Iterator[Record]:
        """Its records, once."""
        return self.table.records

    def finished(self) -> str | None:
        """The digest, once every record was read; StorageError when the file is not the one that was begun."""
        if self.whole is not None and not self.whole.is_same():
            raise StorageError(
                "file_changed", "the file changed while it was read", field="FILE",
                hint="what was done is kept; the same import again reads it as it is now, and does no row twice",
            )  # fmt: skip
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
        if self.hashing is None or self.hashing.own:
            self.stream.close()


def open_source(place: str, kind: str, made: Map, form: str = "auto", *, any_header: bool = False) -> Source:
    """The file at ``place`` (``-``: standard input), its encoding and records settled as far as they can be."""
    if place == "-":
        return _piped(sys.stdin.buffer, "standard input", kind, made, form, any_header)
    path = Path(place)
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe with a name, as of <(…) in a shell
            return _piped(path.open("rb"), path.name, kind, made, form, any_header, own=True)
        encodings.refuse_other_forms(_head(path))
        sha256, size = _digest(path)
        encoding = (
            encodings.settled(encodings.told(made.encoding), _head(path))
            if made.encoding != "auto"
            else encodings.detect(lambda: _chunks(path, size))
        )
        with closing(_Whole(path, size)) as first:
            counted = _table(first, encoding, path.name, kind, made, form, any_header)
            total = sum(1 for _ in counted.records)
        stream = _Whole(path, size, sha256)
    except OSError as error:
        raise InputError(
            "cannot_read", f"the file cannot be read: {error.strerror}", field="FILE",
            hint="give the path of a file, or - for standard input",
        ) from None  # fmt: skip
    if encoding.codec == "utf-8-sig":
        encoding = replace(encoding, mark=_head(path).startswith(b"\xef\xbb\xbf"))
    found = _table(stream, encoding, path.name, kind, made, form, any_header)
    return Source(named(path), encoding, found, sha256, total, stream, whole=stream)


def named(path: Path) -> str:
    """The name of a file on one line, as a store and a report can hold it: a name may be any bytes on some systems."""
    return " ".join(path.name.encode("utf-8", "backslashreplace").decode().split())


def _piped(
    raw: IO[bytes], name: str, kind: str, made: Map, form: str, any_header: bool, *, own: bool = False
) -> Source:
    # Whoever writes JSON Lines may wait for the answer to the first of them; it is UTF-8 by RFC 8259.
    head = _some(raw, _HEAD) if form == "jsonl" else raw.read(_HEAD)
    encodings.refuse_other_forms(head)
    hashing = _Hashing(head, raw, own=own)
    if made.encoding != "auto":
        encoding = encodings.settled(encodings.told(made.encoding), head)
    else:
        encoding = encodings.detect(lambda: [head], whole=len(head) < _HEAD)
    stream: Any = io.BufferedReader(hashing)
    found = _table(stream, encoding, "", kind, made, form, any_header)
    return Source(name, encoding, found, None, None, stream, hashing)


class _Hashing(io.RawIOBase):
    """Standard input with the beginning that was looked at put back; its digest grows as it is read."""

    def __init__(self, head: bytes, rest: IO[bytes], *, own: bool = False) -> None:
        self._head, self._rest, self.own = head, rest, own
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """What comes next."""
        found = self._head[: len(buffer)] or _some(self._rest, len(buffer))
        self._head = self._head[len(found) :]
        self._digest.update(found)
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        """Closes what was opened for it."""
        if self.own:
            self._rest.close()
        super().close()

    def hexdigest(self) -> str:
        """The digest of what was read so far."""
        return self._digest.hexdigest()


class _Whole(io.RawIOBase):
    """The bytes a file had when its digest was taken, and whether they are the same when they are read."""

    def __init__(self, path: Path, size: int, sha256: str | None = None) -> None:
        self._file = path.open("rb")
        self._left, self._sha256 = size, sha256
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """What comes next."""
        found = self._file.read(min(len(buffer), self._left))
        self._left -= len(found)
        if self._sha256 is not None:
            self._digest.update(found)
        buffer[: len(found)] = found
        return len(found)

    def is_same(self) -> bool:
        """Whether what was read to the end is what the digest was taken of."""
        while self._left and self.read(_CHUNK):
            pass
        return self._digest.hexdigest() == self._sha256

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
        super().close()


def _table(stream: Any, encoding: Encoding, name: str, kind: str, made: Map, form: str, any_header: bool) -> Table:
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
        found = _some(self._stream, len(buffer))
        buffer[: len(found)] = found
        return len(found)


def _some(stream: Any, size: int) -> bytes:
    """What is there by now, and at least one byte of it; nothing at the end."""
    return (stream.read1 if hasattr(stream, "read1") else stream.read)(size) or b""


def _digest(path: Path) -> tuple[str, int]:
    """SHA-256 of a file, and of how many bytes it is."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()


def _chunks(path: Path, size: int) -> Iterable[bytes]:
    with closing(_Whole(path, size)) as file:
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
