"""Identifiers: prefixed, sortable by creation, safe to read over the phone.

48 bits of time in milliseconds and 32 bits that start at random and count up inside one millisecond,
in Crockford's base 32 (no I, L, O, U), with one check character at the end. Time and randomness are injected.
"""

from __future__ import annotations

from collections.abc import Callable

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_VALUE = {c: i for i, c in enumerate(_ALPHABET)}

PREFIXES: dict[str, str] = {
    "CLM": "a claim",
    "DEC": "a decision",
    "EVT": "a journal entry",
    "NTC": "a notice",
    "PAY": "a transfer of money",
    "IMP": "an import or triage run",
}


def _times(value: int, power: int) -> int:
    """``value`` times the ``power``-th power of 2 in the field of 32 elements (x**5 + x**2 + 1)."""
    for _ in range(power):
        value = value << 1 ^ (value >> 4) * 0b100101
    return value


# Each place has a weight of its own, so that the check finds every wrong character and every swap of two. (A
# remainder modulo 31 would find no swap at all: 32 is 1 there, and the remainder only the sum of the digits.)
_CHECK = [
    bytes(_times(pair >> 5, 16 - place) ^ _times(pair & 31, 15 - place) for pair in range(1024))
    for place in range(0, 16, 2)
]


def encode(number: int) -> str:
    """17 characters for an 80-bit number: 16 digits and the check character."""
    a, b, c, d = number >> 70, (number >> 60) & 1023, (number >> 50) & 1023, (number >> 40) & 1023
    e, f, g, h = (number >> 30) & 1023, (number >> 20) & 1023, (number >> 10) & 1023, number & 1023
    pairs, (ca, cb, cc, cd, ce, cf, cg, ch) = _PAIRS, _CHECK
    check = ca[a] ^ cb[b] ^ cc[c] ^ cd[d] ^ ce[e] ^ cf[f] ^ cg[g] ^ ch[h]
    return f"{pairs[a]}{pairs[b]}{pairs[c]}{pairs[d]}{pairs[e]}{pairs[f]}{pairs[g]}{pairs[h]}{_ALPHABET[check]}"


def is_well_formed(text: str, prefix: str) -> bool:
    """Whether ``text`` is an id of this kind with a right check character."""
    head, dash, body = text.partition("-")
    if head != prefix or not dash or len(body) != 17 or any(c not in _VALUE for c in body):
        return False
    number = 0
    for char in body[:16]:
        number = number * 32 + _VALUE[char]
    return encode(number) == body


class IdFactory:
    """Makes identifiers from an injected clock (milliseconds) and source of random bits."""

    __slots__ = ("_last", "_millis", "_random32")

    def __init__(self, millis: Callable[[], int], random32: Callable[[], int]) -> None:
        self._millis = millis
        self._random32 = random32
        self._last = -1

    def __call__(self, prefix: str) -> str:
        """A new identifier, greater than every earlier one of this factory."""
        millis = self._millis() & 0xFFFFFFFFFFFF
        last = self._last
        # Within one millisecond (or when the clock went back) the next number follows; randomness is not free.
        number = last + 1 if last >= 0 and millis <= last >> 32 else (millis << 32) | (self._random32() >> 1)
        self._last = number
        return f"{prefix}-{encode(number)}"
