"""Ed25519 signatures, checked by ``cryptography`` where it is installed and in plain numbers where it is not.

Authority: RFC 8032 section 5.1.7. Left out: signing; speed of the plain way (a log has one signature).
"""

from __future__ import annotations

import hashlib
from typing import Final


def ed25519_verify(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether ``signature`` is an Ed25519 signature of ``message`` (RFC 8032)."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return plain_ed25519_verify(key, signature, message)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


_P: Final = 2**255 - 19
_Q: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, _P - 2, _P) % _P
_Point = tuple[int, int, int, int]


def _add(a: _Point, b: _Point) -> _Point:
    e = (a[1] - a[0]) * (b[1] - b[0]) % _P
    f = (a[1] + a[0]) * (b[1] + b[0]) % _P
    g, h = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    e, g, h, f = f - e, h - g, h + g, f + e
    return e * g % _P, h * f % _P, g * h % _P, e * f % _P


def _multiply(point: _Point, times: int) -> _Point:
    found: _Point = (0, 1, 1, 0)
    while times:
        if times & 1:
            found = _add(found, point)
        point = _add(point, point)
        times >>= 1
    return found


def _point(data: bytes) -> _Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def plain_ed25519_verify(key: bytes, signature: bytes, message: bytes) -> bool:
    """RFC 8032 section 5.1.7 in plain numbers: slow (milliseconds), for machines that have nothing else."""
    if len(key) != 32 or len(signature) != 64:
        return False
    public, scalar = _point(key), int.from_bytes(signature[32:], "little")
    if public is None or scalar >= _Q:
        return False
    base = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))
    assert base is not None  # noqa: S101  # a constant
    times = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _Q
    x, y, z, _ = _add(_multiply(base, scalar), _multiply((_P - public[0], public[1], 1, _P - public[3]), times))
    inverse = pow(z, _P - 2, _P)
    x, y = x * inverse % _P, y * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]
