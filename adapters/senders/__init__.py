"""Senders: how a letter leaves. Each hands it over once under the notice's id, or fails so that it is tried again.

``sender_from`` takes what stands in a setting: ``memory``, ``console``, ``files:FOLDER``, ``smtp://HOST:PORT``,
``smtps://HOST:PORT`` or ``https://HOST/PATH``. One contract suite is put to all of them. Left out: retries and
queues, which are the dispatcher's; and bounces, which come back to the host's mail system.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from ...states.errors import ConfigError
from ...workflow.ports import NoticeSender
from .console import ConsoleSender
from .errors import DeliveryFailed, EndpointGone
from .files import FileSender
from .memory import MemorySender

__all__ = ["ConsoleSender", "DeliveryFailed", "EndpointGone", "FileSender", "MemorySender", "sender_from"]

_KNOWN = "memory, console, files:FOLDER, smtp://HOST:PORT, smtps://HOST:PORT or https://HOST/PATH"


def sender_from(url_or_name: str, **settings: Any) -> NoticeSender:
    """The sender a setting names; ``settings`` are that sender's own (keys, password, timeout, ...)."""
    head, colon, rest = url_or_name.partition(":")
    if url_or_name == "memory":
        return MemorySender(**settings)
    if url_or_name == "console":
        return ConsoleSender(**settings)
    if head == "files" and colon and rest:
        return FileSender(rest, **settings)
    if head in ("smtp", "smtps"):
        return _smtp(urlsplit(url_or_name), settings)
    if head == "https":
        from .webhook import WebhookSender

        return WebhookSender(url_or_name, **settings)
    shown = url_or_name if url_or_name.isidentifier() else head
    raise ConfigError("unknown_sender", f"there is no sender {shown!r}", hint=f"one of: {_KNOWN}")


def _smtp(url: SplitResult, settings: dict[str, Any]) -> NoticeSender:
    from .smtp import SmtpSender

    if url.password is not None:
        raise ConfigError(
            "password_in_url", "a password does not belong in an address", hint="give it as the setting password"
        )
    try:
        port = url.port
    except ValueError:
        raise ConfigError("bad_sender", "the port is not a number", hint="smtp://HOST:587") from None
    if not url.hostname:
        raise ConfigError("bad_sender", "the mail server is missing", hint="smtp://HOST:587?from=claims@example.org")
    query = dict(parse_qsl(url.query))
    if "from" in query:
        settings.setdefault("from_address", query["from"])
    if url.username:
        settings.setdefault("user", url.username)
    if url.scheme == "smtps":
        settings.setdefault("tls", "implicit")
    return SmtpSender(url.hostname, port, **settings)
