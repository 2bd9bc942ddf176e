"""Journal entries: exact canonical bytes, a sequence per case and the hash of the entry before.

The bytes are RFC 8785 canonical JSON in a restricted profile (lower-case ASCII keys, no floats, integers within
2**53 - 1, no lone surrogates, depth at most 8), for which orjson's sorted compact form is byte-identical (tested
against a reference implementation) and far faster. The leaf hash is RFC 6962's. Stored bytes are never made again:
every projection and every check reads them as they are. Personal data never stands in an entry; a keyed commitment
does.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from math import isfinite
from typing import Any

import orjson

from .errors import IntegrityFailure

ENTRY_BYTES_MAX = 65_535  # one entry bundle holds 16-bit lengths
_DEPTH_MAX = 8
_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}\Z", re.ASCII)
_INTEGER_MAX = 2**53 - 1

# What is no plain JSON value (an instant, a record, a number beyond the profile) is refused, not made into a text.
_PLAIN = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_STRICT = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER | _PLAIN


def canonical(body: dict[str, Any]) -> bytes:
    """The canonical bytes of ``body``; raises IntegrityFailure when it cannot be an entry."""
    try:
        data = orjson.dumps(body, option=_STRICT)
    except (ValueError, TypeError) as error:
        raise IntegrityFailure(
            "entry_not_canonical", f"a journal entry cannot hold this: {type(error).__name__}"
        ) from None
    # orjson writes null for what is not a number; where each null is known to be one, nothing else has to be looked at.
    if b"null" in data and data.count(b"null") != _nothings(body) and not _is_finite(body):
        raise IntegrityFailure("entry_not_canonical", "a journal entry cannot hold a number without end")
    if len(data) > ENTRY_BYTES_MAX:
        raise IntegrityFailure("entry_too_long", f"a journal entry holds at most {ENTRY_BYTES_MAX} bytes")
    return bytes(memoryview(data))  # a copy: the writer leaves some eight thousand bytes of room behind what it wrote


def _nothings(body: dict[str, Any]) -> int:
    """How many values on the two upper levels are None: where nearly all of an entry's are."""
    found = 0
    for value in body.values():
        kind = value.__class__
        if value is None:
            found += 1
        elif kind is dict:
            found += list(value.values()).count(None)
        elif kind is list:
            for one in value:
                if one.__class__ is dict:
                    found += list(one.values()).count(None)
    return found


def _is_finite(body: dict[str, Any]) -> bool:
    """Whether no number in ``body`` is infinite or none at all."""
    groups: list[Any] = [body]
    for group in groups:  # grows while it is read
        inside: Any = group.values() if hasattr(group, "values") else group
        for value in inside:
            kind = value.__class__
            if kind is dict or kind is list or kind is tuple:
                groups.append(value)
            elif kind is float and not isfinite(value):
                return False
    return True


def profile_faults(value: object, depth: int = 1, path: str = "$") -> list[str]:
    """What in ``value`` falls outside the restricted profile (used by tests and by the checker)."""
    if depth > _DEPTH_MAX:
        return [f"{path}: deeper than {_DEPTH_MAX}"]
    if isinstance(value, dict):
        found: list[str] = []
        for key, item in value.items():  # pyright: ignore[reportUnknownVariableType]
            if not isinstance(key, str) or not _KEY.match(key):
                found.append(f"{path}: key {key!r}")
            found += profile_faults(item, depth + 1, f"{path}.{key}")  # pyright: ignore[reportUnknownArgumentType]
        return found
    if isinstance(value, list | tuple):
        return [f for i, item in enumerate(value) for f in profile_faults(item, depth + 1, f"{path}[{i}]")]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    fault = _leaf_fault(value)
    return [f"{path}: {fault}"] if fault else []


def _leaf_fault(value: object) -> str | None:
    if isinstance(value, str):
        return "a lone surrogate" if any("\ud800" <= c <= "\udfff" for c in value) else None
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return "an integer over 2**53 - 1" if abs(value) > _INTEGER_MAX else None
    return "a float" if isinstance(value, float) else "no JSON value"


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || entry), RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x00" + data).digest()


def commitment(key: bytes, field: str, value: str) -> str:
    """``hmac-sha256:...`` over field name, NUL and the NFC text, under a 32-byte key of its own."""
    text = value if value.isascii() else unicodedata.normalize("NFC", value)
    return "hmac-sha256:" + hmac.digest(key, b"%b\x00%b" % (field.encode(), text.encode()), "sha256").hex()


def sha256_text(data: bytes) -> str:
    """``sha256:`` and the hex digest."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
