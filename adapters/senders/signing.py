"""Standard Webhooks signatures: ``v1`` (HMAC-SHA256) and ``v1a`` (Ed25519) over ``id.timestamp.body``.

Keys are text: ``whsec_`` and base64 of 24 to 64 bytes for HMAC, ``whsk_`` and base64 of an Ed25519 private key. During
a rotation both the old and the new key sign, so a receiver may change over at any moment. Left out: verifying, which
is the receiver's job; the tests do it with an independent implementation.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence

from ...states.errors import ConfigError

Signer = Callable[[bytes], str]

_HINT = "whsec_ and base64 of 24 to 64 bytes, or whsk_ and base64 of an Ed25519 private key"


def signer(key: str) -> Signer:
    """What signs with this key; ConfigError (without the key) when it is not one."""
    prefix, underscore, encoded = key.partition("_")
    try:
        secret = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if underscore and prefix == "whsec" and 24 <= len(secret) <= 64:
        return lambda message: "v1," + _text(hmac.new(secret, message, hashlib.sha256).digest())
    if underscore and prefix == "whsk" and len(secret) in (32, 64):
        return _ed25519(secret[:32])  # 64 bytes: the seed and the public key after it
    raise ConfigError("bad_webhook_key", "this is not a webhook key", field="keys", hint=_HINT)


def _ed25519(seed: bytes) -> Signer:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(seed)
    return lambda message: "v1a," + _text(private.sign(message))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def headers(signers: Sequence[Signer], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of one attempt."""
    message = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(message) for sign in signers),
    }
