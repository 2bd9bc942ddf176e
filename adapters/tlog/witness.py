"""A witness of our own: cosigns a checkpoint only when it continues the one it cosigned before.

Decision: it remembers one checkpoint for each log, written down before it answers, one request at a time for each log;
it keeps nothing else and knows nothing of claims. Run by somebody else than the log, on another machine, with its own
key. Authority: C2SP tlog-witness, tlog-cosignature. Left out: transport security (put it behind a web server), more
than Ed25519.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Final
from urllib import error, request
from urllib.parse import urlsplit

from ...states.errors import ConfigError
from . import files
from .cosign import CONFLICT, OK, UNPROVED, Answer
from .signing import Cosigner
from .verifier import Trust, Untrue, parse_checkpoint
from .verifier.notes import Checkpoint, Vkey
from .verifier.tree import is_consistent

BODY_MAX: Final = 65_536
_PROOF_MAX: Final = 63
_PATH: Final = "/add-checkpoint"


class Witness:
    """The witness itself. ``submit`` answers a request body; it is also its own client, for one process."""

    def __init__(
        self, folder: Path, cosigner: Cosigner, logs: Sequence[Vkey], *, clock: Callable[[], float] = time.time
    ) -> None:
        self.folder, self._cosigner, self._clock = folder, cosigner, clock
        self.key = cosigner.key
        self._logs: dict[str, Trust] = {k.name: Trust(tuple(o for o in logs if o.name == k.name)) for k in logs}
        self._lock = Lock()
        files.make_folders(folder)

    def submit(self, body: bytes) -> Answer:
        """Answers an ``add-checkpoint`` request."""
        try:
            old, proof, found, note = _parsed(body)
        except (ValueError, binascii.Error, Untrue):
            return Answer(400, b"this is no request\n")
        known = self._logs.get(found.origin)
        if known is None:
            return Answer(404, b"unknown log\n")
        try:
            known.check(found)
        except Untrue:
            return Answer(403, b"no good signature of that log\n")
        if old > found.size:
            return Answer(400, b"the old size is larger\n")
        kept = self.folder / f"{hashlib.sha256(found.origin.encode()).hexdigest()}.checkpoint"
        with self._lock, files.only_one(kept.with_suffix(".lock")):
            before = files.read(kept)
            last = None if before is None else parse_checkpoint(before)
            size = 0 if last is None else last.size
            if old != size or (last is not None and found.size == size and found.root != last.root):
                return Answer(CONFLICT, f"{size}\n".encode())
            if last is not None and not is_consistent(size, found.size, last.root, found.root, proof):
                return Answer(UNPROVED, b"the proof does not lead from the old tree to this one\n")
            if last is None and proof:
                return Answer(UNPROVED, b"there is nothing to prove yet\n")
            files.put(kept, note)
        return Answer(OK, f"{self._cosigner.line(found.text, int(self._clock()))}\n".encode())


def _parsed(body: bytes) -> tuple[int, list[bytes], Checkpoint, bytes]:
    head, blank, note = body.partition(b"\n\n")
    lines = head.decode("ascii").split("\n")
    match = re.fullmatch(r"old (0|[1-9][0-9]{0,18})", lines[0], re.ASCII)
    if match is None or not blank or len(lines) > _PROOF_MAX + 1 or len(body) > BODY_MAX:
        raise ValueError("no request")
    proof = [base64.b64decode(line, validate=True) for line in lines[1:]]
    if any(len(h) != 32 for h in proof):
        raise ValueError("no hash")
    return int(match[1]), proof, parse_checkpoint(note), note


class HttpWitness:
    """A witness behind an address (its submission prefix)."""

    def __init__(self, url: str, key: Vkey, *, timeout: float = 10.0) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ConfigError("bad_witness", "a witness has an http address", field="witness")
        self.url, self.key, self.timeout = url.rstrip("/"), key, timeout

    def submit(self, body: bytes) -> Answer:
        """Sends a request body; OSError when there is no answer."""
        # The scheme was looked at above.
        wanted = request.Request(self.url + _PATH, data=body, method="POST")  # noqa: S310
        try:
            with request.urlopen(wanted, timeout=self.timeout) as answer:  # noqa: S310
                return Answer(answer.status, answer.read(BODY_MAX))
        except error.HTTPError as refused:
            with refused:
                return Answer(refused.code, refused.read(BODY_MAX))


def server(witness: Witness, host: str = "127.0.0.1", port: int = 0) -> ThreadingHTTPServer:
    """A web server for a witness; ``serve_forever`` runs it."""

    class Handler(BaseHTTPRequestHandler):
        """One request."""

        timeout = 10

        def do_POST(self) -> None:  # the name that the standard library calls
            """Answers a request."""
            length = self.headers.get("Content-Length", "")
            if self.path != _PATH or not length.isdigit() or int(length) > BODY_MAX:
                answer = Answer(404 if self.path != _PATH else 413, b"")
                self.close_connection = True
            else:
                answer = witness.submit(self.rfile.read(int(length)))
            self.send_response(answer.status)
            size = answer.status == CONFLICT
            self.send_header("Content-Type", "text/x.tlog.size" if size else "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the standard library's name
            """Says nothing: whoever runs it has a web server in front that does."""

    return ThreadingHTTPServer((host, port), Handler)
