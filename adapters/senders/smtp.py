"""Letters by mail, through a mail server of the host's.

STARTTLS is required (or TLS from the first byte with ``tls="implicit"``); plain text is for a server on this very
machine only. The Message-ID follows from the notice's id, so a letter that leaves twice after a crash is one message
to every mail program. Errors never repeat an address. Left out: queues, bounces and signatures (DKIM), which the mail
server does.
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from ipaddress import ip_address

from ...states.errors import ConfigError
from ...workflow.ports import Letter
from .errors import DeliveryFailed

_PORTS = {"starttls": 587, "implicit": 465, "none": 25}


class SmtpSender:
    """Hands each letter to a mail server, one connection a letter."""

    name = "smtp"
    needs_address = True

    def __init__(
        self, host: str, port: int | None = None, *, from_address: str = "", user: str | None = None,
        password: str | None = None, tls: str = "starttls", timeout: float = 20.0,
        context: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        if tls not in _PORTS:
            raise ConfigError("bad_sender", "tls is starttls, implicit or none", field="tls")
        if tls == "none" and not _on_this_machine(host):
            raise ConfigError("mail_in_clear", "letters leave in clear to this machine only", field="tls",
                              hint="use starttls or implicit")  # fmt: skip
        if not _is_address(from_address):
            raise ConfigError("no_from_address", "the sender's address is missing", field="from_address",
                              hint="smtp://HOST:587?from=claims@example.org")  # fmt: skip
        self._host, self._port = host, port or _PORTS[tls]
        self._from = from_address
        self._login = (user, password) if user is not None else None
        self._tls, self._timeout = tls, timeout
        self._context = context

    def send(self, letter: Letter) -> None:
        """Hands the letter over, or raises."""
        if not letter.to or not _is_address(letter.to):
            raise DeliveryFailed("no_address", "no mail address is known for this letter", claim=letter.claim)
        message = self.message(letter)
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPException as error:
            raise DeliveryFailed("mail_refused", _why(error), claim=letter.claim) from None
        except (OSError, ValueError) as error:
            kind = type(error).__name__
            raise DeliveryFailed(
                "mail_not_sent", f"the mail server was not reached: {kind}", claim=letter.claim
            ) from None

    def message(self, letter: Letter) -> EmailMessage:
        """The letter as a mail message."""
        made = EmailMessage()
        made["From"] = self._from
        made["To"] = letter.to
        made["Subject"] = " ".join(letter.subject.split())
        made["Date"] = formatdate(usegmt=True)
        made["Message-ID"] = f"<{letter.id}@{self._from.rpartition('@')[2]}>"
        made["Auto-Submitted"] = "auto-generated"
        for name, value in letter.headers.items():
            made[f"X-{name}" if not name.startswith("X-") else name] = " ".join(value.split())
        made.set_content(letter.body, cte="base64" if not letter.body.isascii() else None)
        made["Content-Language"] = letter.language  # after the content, which clears every Content- header
        return made

    def _connect(self) -> smtplib.SMTP:
        context = self._context or ssl.create_default_context()
        if self._tls == "implicit":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            if self._tls == "starttls":
                server.starttls(context=context)
            if self._login is not None:
                server.login(self._login[0], self._login[1] or "")
        except BaseException:
            server.close()
            raise
        return server


def _is_address(text: str) -> bool:
    name, address = parseaddr(text)
    local, at, domain = address.rpartition("@")
    return bool(local and at and domain) and not name and address == text and text.isprintable() and " " not in text


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _why(error: smtplib.SMTPException) -> str:
    """The reply code, never the reply: servers repeat addresses in it."""
    code = getattr(error, "smtp_code", None)
    if code is None and isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next((reply[0] for reply in error.recipients.values()), None)
    return f"the mail server did not accept the letter ({code or type(error).__name__})"
