"""Tells a receiver over HTTPS that a letter was written, signed after Standard Webhooks.

The body is thin: ids, kind, party, language and the letter's digest, never the letter and nobody's data; the receiver
fetches the letter from the desk. A redirect is a failure, 410 switches the endpoint off. The name is looked up once,
the connection goes to that address and is checked again once it stands (trust notes 5.3). Retries are the
dispatcher's, under the same ``webhook-id``; a receiver drops what it has seen.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from ...states.errors import ConfigError
from ...states.times import instant_text
from ...workflow.ports import Letter
from .addresses import Network, is_allowed, networks, resolve
from .errors import DeliveryFailed, EndpointGone
from .signing import headers, signer

_ANSWER_MAX = 65_536
_KEYS_MAX = 4  # an old and a new one of each kind


class WebhookSender:
    """Posts to ``url``, signed with every key of ``keys`` (two of a kind during a rotation).

    ``ports`` and ``allow`` (ranges such as ``10.1.0.0/16``) widen what may be reached; ``context`` carries other
    certificate authorities. ``disabled`` is True once the receiver answered 410.
    """

    name = "webhook"
    needs_address = False

    def __init__(
        self, url: str, *, keys: Sequence[str] = (), timeout: float = 20.0, ports: Sequence[int] = (443,),
        allow: Sequence[str] = (), context: ssl.SSLContext | None = None, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        if not 1 <= len(keys) <= _KEYS_MAX:
            raise ConfigError("no_webhook_key", f"a webhook needs 1 to {_KEYS_MAX} keys", field="keys")
        self._signers = [signer(key) for key in keys]
        self._host, self._port, self._path = _target(url, ports)
        self._allowed: tuple[Network, ...] = networks(allow)
        self._timeout = timeout
        self._context = context or ssl.create_default_context()
        self._clock = clock
        self.disabled = False

    def send(self, letter: Letter) -> None:
        """Posts once; anything but a 2xx answer raises."""
        if self.disabled:
            raise EndpointGone("webhook_gone", "the receiver is switched off: it answered 410")
        now = self._clock()
        body = thin_body(letter, now)
        status = self._post(body, headers(self._signers, letter.id, int(now), body))
        if status == 410:
            self.disabled = True
            raise EndpointGone("webhook_gone", "the receiver answered 410 and is switched off")
        if not 200 <= status < 300:
            kind = "a redirect, which is not followed" if 300 <= status < 400 else "a refusal"
            raise DeliveryFailed("webhook_refused", f"the receiver answered {status}: {kind}", claim=letter.claim)

    def _post(self, body: bytes, signed: dict[str, str]) -> int:
        connection = _Pinned(self._host, self._port, self._allowed, self._context, self._timeout)
        try:
            given = {"content-type": "application/json", "user-agent": "claimdesk", "accept": "*/*", **signed}
            connection.request("POST", self._path, body=body, headers=given)
            answer = connection.getresponse()
            answer.read(_ANSWER_MAX)
        except (OSError, http.client.HTTPException) as error:
            raise DeliveryFailed(
                "webhook_not_reached", f"the receiver was not reached: {type(error).__name__}"
            ) from None
        finally:
            connection.close()
        return answer.status


class _Pinned(http.client.HTTPSConnection):
    """A connection to the address that was looked up and checked, and to no other."""

    def __init__(
        self, host: str, port: int, allowed: Sequence[Network], context: ssl.SSLContext, timeout: float
    ) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._allowed, self._tls = allowed, context

    def connect(self) -> None:
        family, address = resolve(self.host, self.port, self._allowed)[0]
        plain = socket.socket(socket.AddressFamily(family), socket.SOCK_STREAM)
        try:
            plain.settimeout(self.timeout)
            plain.connect((address, self.port))
            if not is_allowed(str(plain.getpeername()[0]), self._allowed):
                raise DeliveryFailed("webhook_not_allowed", "the receiver's address is not one letters may go to")
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


def _target(url: str, ports: Sequence[int]) -> tuple[str, int, str]:
    parts = urlsplit(url)
    try:
        port = parts.port or 443
    except ValueError:
        port = 0
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or parts.fragment:
        raise ConfigError("bad_webhook_url", "a webhook goes to https://HOST/PATH, without a user name in it")
    if port not in ports:
        raise ConfigError(
            "webhook_port", "letters do not go to this port", hint=f"allowed: {', '.join(map(str, ports))}"
        )
    return parts.hostname, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def thin_body(letter: Letter, now: float) -> bytes:
    """What the receiver is told: enough to fetch the letter, nothing about a person."""
    told = {
        "type": "notice.written",
        "timestamp": instant_text(datetime.fromtimestamp(now, UTC)),
        "data": {
            "notice": letter.id, "claim": letter.claim, "kind": letter.kind, "party": letter.party,
            "language": letter.language, "sha256": hashlib.sha256(letter.body.encode()).hexdigest(),
        },
    }  # fmt: skip
    return json.dumps(told, separators=(",", ":")).encode()
