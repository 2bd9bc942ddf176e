"""Identifiers: prefixed, sortable by creation, safe to read over the phone.

48 bits of time in milliseconds and 32 bits that start at random and count up inside one millisecond,
in Crockford's base 32 (no I, L, O, U), with one check character at the end. Time and randomness are injected.
"""

from __future__ import annotations

from collections.abc import Callable

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
_VALUE = {c: i for i, c in enumerate(_ALPHABET)}
_MODULUS = 31  # the largest prime below 32: the check finds every single wrong character and swap of neighbours

PREFIXES: dict[str, str] = {
    "CLM": "a claim",
    "DEC": "a decision",
    "EVT": "a journal entry",
    "NTC": "a notice",
    "PAY": "a transfer of money",
    "IMP": "an import or triage run",
}


def encode(number: int) -> str:
    """17 characters for an 80-bit number: 16 digits and the check character."""
    pairs = _PAIRS
    return (
        pairs[number >> 70]
        + pairs[(number >> 60) & 1023]
        + pairs[(number >> 50) & 1023]
        + pairs[(number >> 40) & 1023]
        + pairs[(number >> 30) & 1023]
        + pairs[(number >> 20) & 1023]
        + pairs[(number >> 10) & 1023]
        + pairs[number & 1023]
        + _ALPHABET[number % _MODULUS]
    )


def is_well_formed(text: str, prefix: str) -> bool:
    """Whether ``text`` is an id of this kind with a right check character."""
    head, dash, body = text.partition("-")
    if head != prefix or not dash or len(body) != 17 or any(c not in _VALUE for c in body):
        return False
    number = 0
    for char in body[:16]:
        number = number * 32 + _VALUE[char]
    return _ALPHABET[number % _MODULUS] == body[16]


class IdFactory:
    """Makes identifiers from an injected clock (milliseconds) and source of random bits."""

    __slots__ = ("_last", "_millis", "_random32")

    def __init__(self, millis: Callable[[], int], random32: Callable[[], int]) -> None:
        self._millis = millis
        self._random32 = random32
        self._last = -1

    def __call__(self, prefix: str) -> str:
        """A new identifier, greater than every earlier one of this factory."""
        number = ((self._millis() & 0xFFFFFFFFFFFF) << 32) | (self._random32() >> 1)
        if number <= self._last:
            number = self._last + 1
        self._last = number
        return f"{prefix}-{encode(number)}"
