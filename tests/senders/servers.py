"""Real servers on the loopback address: a mail server with STARTTLS and an HTTPS server, each in a thread."""

from __future__ import annotations

import email
import socket
import socketserver
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Tls:
    """A certificate of this run's own, for the server, and what a client needs to trust it."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def tls(folder: Path) -> Tls:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "server.pem", folder / "server.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, private)
    return Tls(server, ssl.create_default_context(cafile=str(certificate)))


# -- mail ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mail:
    """A message as a mail program would show it."""

    parsed: Message

    def __getitem__(self, name: str) -> str | None:
        found = self.parsed[name]
        return None if found is None else str(make_header(decode_header(found)))

    @property
    def body(self) -> str:
        data = self.parsed.get_payload(decode=True)
        assert isinstance(data, bytes)
        return data.decode(self.parsed.get_content_charset("ascii")).replace("\r\n", "\n")


@dataclass
class Mailbox:
    """What a mail server took in, and how it behaves."""

    port: int = 0
    starttls: bool = True
    refuse_with: str = ""
    hang: bool = False
    logins: list[bytes] = field(default_factory=lambda: [])
    recipients: list[str] = field(default_factory=lambda: [])
    encrypted: list[bool] = field(default_factory=lambda: [])
    raw: list[bytes] = field(default_factory=lambda: [])

    @property
    def messages(self) -> list[Mail]:
        return [Mail(email.message_from_bytes(data)) for data in self.raw]


class _MailHandler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        box: Mailbox = self.server.box  # type: ignore[attr-defined]
        context: ssl.SSLContext = self.server.tls  # type: ignore[attr-defined]
        if box.hang:
            self.server.let_go.wait(10)  # type: ignore[attr-defined]
            return
        self._say("220 localhost ready")
        encrypted = False
        while line := self.rfile.readline():
            words = line.decode("utf-8").strip()
            verb = words.partition(" ")[0].upper()
            if verb == "EHLO":
                more = ["250-STARTTLS"] if box.starttls and not encrypted else []
                self._say("250-localhost", *more, "250-SMTPUTF8", "250-8BITMIME", "250 AUTH PLAIN")
            elif verb == "STARTTLS":
                self._say("220 go ahead")
                self.connection = context.wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb")
                self.wfile = self.connection.makefile("wb")  # type: ignore[assignment]
                encrypted = True
            elif verb == "AUTH":
                box.logins.append(words.encode())
                self._say("235 welcome")
            elif verb == "MAIL":
                self._say("250 ok")
            elif verb == "RCPT":
                box.recipients.append(words.partition("<")[2].partition(">")[0])
                self._say(box.refuse_with or "250 ok")
            elif verb == "DATA":
                self._say("354 go on")
                box.raw.append(self._data())
                box.encrypted.append(encrypted)
                self._say("250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                break
            else:
                self._say("250 ok")
        if encrypted:
            self.connection.close()

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        self.wfile.flush()

    def _data(self) -> bytes:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) and line != b".\r\n":
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up, or does not trust us, is part of the tests; anything else is said."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


@contextmanager
def mail_server(context: ssl.SSLContext) -> Iterator[Mailbox]:
    box = Mailbox()
    server = _Server(("127.0.0.1", 0), _MailHandler)
    server.box, server.tls = box, context  # type: ignore[attr-defined]
    server.let_go = threading.Event()  # type: ignore[attr-defined]
    box.port = int(server.server_address[1])
    with _running(server):
        yield box
        server.let_go.set()  # type: ignore[attr-defined]


# -- web -----------------------------------------------------------------------------------------------------------


@dataclass
class Received:
    """One request a receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What a web server got, and what it answers."""

    port: int = 0
    status: int = 204
    location: str = ""
    hang: bool = False
    got: list[Received] = field(default_factory=lambda: [])


class _WebHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        receiver.got.append(Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if receiver.hang:
            self.server.let_go.wait(10)  # type: ignore[attr-defined]
            return
        self.send_response(receiver.status)
        if receiver.location:
            self.send_header("location", receiver.location)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_request(self, *args: Any) -> None:
        """Says nothing."""


class _WebServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


@contextmanager
def web_server(context: ssl.SSLContext) -> Iterator[Receiver]:
    receiver = Receiver()
    server = _WebServer(("127.0.0.1", 0), _WebHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.receiver = receiver  # type: ignore[attr-defined]
    server.let_go = threading.Event()  # type: ignore[attr-defined]
    receiver.port = int(server.server_address[1])
    with _running(server):
        yield receiver
        server.let_go.set()  # type: ignore[attr-defined]


@contextmanager
def _running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
