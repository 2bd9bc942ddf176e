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
    "PRP": "a proposal that waits for a second person",
    "GLS": "a step done in an emergency, to be reviewed",
}


def _times(value: int, power: int) -> int:
    """``value`` times the ``power``-th power of 2 in the field of 32 elements (x**5 + x**2 + 1)."""
    for _ in range(power):
        value = value << 1 ^ (value >> 4) * 0b100101
    return value


# Each place has a weight of its own, so that the check finds every wrong character and every swap of two. (A
# remainder modulo 31 would find no swap at all: 32 is 1 there, and the remainder only the sum of the digits.)
_WEIGHED = [[_times(digit, power) for digit in range(32)] for power in range(17)]
_CHECK = [
    bytes([first ^ second for first in _WEIGHED[16 - place] for second in _WEIGHED[15 - place]])
    for place in range(0, 16, 2)
]


def encode(number: int) -> str:
    """17 characters for an 80-bit number: 16 digits and the check character."""
    return _ended(_begun(number >> 20), number)


_Begun = tuple[int, str, int]


def _begun(upper: int) -> _Begun:
    """The upper 60 bits, their 12 digits, and their share of the check."""
    a, b, c = upper >> 50, (upper >> 40) & 1023, (upper >> 30) & 1023
    d, e, f = (upper >> 20) & 1023, (upper >> 10) & 1023, upper & 1023
    pairs, (ca, cb, cc, cd, ce, cf, _, _) = _PAIRS, _CHECK
    text = pairs[a] + pairs[b] + pairs[c] + pairs[d] + pairs[e] + pairs[f]
    return upper, text, ca[a] ^ cb[b] ^ cc[c] ^ cd[d] ^ ce[e] ^ cf[f]


def _ended(begun: _Begun, number: int) -> str:
    """All 17 characters of a number whose upper bits are begun already."""
    g, h = (number >> 10) & 1023, number & 1023
    return f"{begun[1]}{_PAIRS[g]}{_PAIRS[h]}{_ALPHABET[begun[2] ^ _CHECK[6][g] ^ _CHECK[7][h]]}"


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

    __slots__ = ("_begun", "_last", "_millis", "_random32")

    def __init__(self, millis: Callable[[], int], random32: Callable[[], int]) -> None:
        self._millis = millis
        self._random32 = random32
        self._last = -1
        self._begun = _begun(0)

    def __call__(self, prefix: str) -> str:
        """A new identifier, greater than every earlier one of this factory."""
        millis = self._millis() & 0xFFFFFFFFFFFF
        last = self._last
        # Within one millisecond (or when the clock went back) the next number follows; randomness is not free.
        number = last + 1 if last >= 0 and millis <= last >> 32 else (millis << 32) | (self._random32() >> 1)
        self._last = number
        begun = self._begun
        if begun[0] != number >> 20:  # numbers that follow each other share their upper bits
            self._begun = begun = _begun(number >> 20)
        return f"{prefix}-{_ended(begun, number)}"
