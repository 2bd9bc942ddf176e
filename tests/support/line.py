"""A line to a PostgreSQL server that breaks where a test says: before, inside or after any message, either way.

Clients come in by TCP on the loopback address; every message of the protocol is passed on by itself, so that what has
arrived when the line breaks is exactly what was sent before. Authority: PostgreSQL, "Message Formats".
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.engine import URL, make_url

Way = Literal["there", "back"]
Where = Literal["before", "inside", "after"]


@dataclass(frozen=True)
class Cut:
    """Where the line breaks: at so-manieth message from when it was told, on its way there or back."""

    way: Way
    message: int
    where: Where


class Line:
    """Every connection over it breaks at its cut; a new one works."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._cut: Cut | None = None
        self.passed = _nothing()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def told(self, cut: Cut | None) -> None:
        """Counts from now on, and breaks there once."""
        with self._lock:
            self._cut, self.passed = cut, _nothing()

    def close(self) -> None:
        """Nobody comes in any more, and nothing comes out."""
        self._listener.close()
        for end in self._open:
            _end(end)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._path)
            self._open += [client, server]
            threading.Thread(target=self._pass, args=(client, server, "there"), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, "back"), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, way: Way) -> None:
        with suppress(OSError):
            for message in _messages(source, begun=way == "back"):
                where = self._breaks(way)
                if where == "after":
                    target.sendall(message)
                elif where == "inside":
                    target.sendall(message[: max(1, len(message) // 2)])
                if where is not None:
                    time.sleep(0.005)  # what was sent is read
                    break
                target.sendall(message)
        _end(target)
        _end(source)
        source.close()  # by the only one who reads from it

    def _breaks(self, way: Way) -> Where | None:
        with self._lock:
            number = self.passed[way]
            self.passed[way] += 1
            if self._cut is None or (self._cut.way, self._cut.message) != (way, number):
                return None
            return self._cut.where


def _nothing() -> dict[Way, int]:
    return {"there": 0, "back": 0}


def _messages(source: socket.socket, *, begun: bool) -> Iterator[bytes]:
    """Each has its length behind a letter; the first of a client has no letter."""
    kept = b""
    while data := source.recv(65536):
        kept += data
        while len(kept) >= 5:
            length = struct.unpack("!I", kept[1:5] if begun else kept[:4])[0] + begun
            if len(kept) < length:
                break
            yield kept[:length]
            kept, begun = kept[length:], True


def _end(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def line_to(url: str) -> Iterator[tuple[Line, str]]:
    """A line to the server of an address that names its socket, and the address over the line."""
    plain = make_url(url)
    line = Line(f"{plain.query['host']}/.s.PGSQL.5432")
    over = URL.create(
        plain.drivername, plain.username, host="127.0.0.1", port=line.port, database=plain.database,
        query={"sslmode": "disable", "gssencmode": "disable", "application_name": "line"},
    )  # fmt: skip
    try:
        yield line, over.render_as_string(hide_password=False)
    finally:
        line.close()
