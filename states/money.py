"""Money: an exact amount in one currency.

Inside, an amount is a whole number of minor units (cents); outside it is decimal text with an
ISO 4217 code. A float, a bare number, more decimals than the currency has, a negative amount or a
sum over two currencies is refused, because each of them has cost somebody money before.
Conversion between currencies is left out on purpose: a claim lives in one currency.
"""

from __future__ import annotations

import re
from decimal import Decimal

from .errors import InputError

#: Minor units per ISO 4217 code (the digits after the decimal point).
CURRENCY_DIGITS: dict[str, int] = {
    "USD": 2,
    "CAD": 2,
    "MXN": 2,
    "GBP": 2,
    "EUR": 2,
    "CNY": 2,
    "SEK": 2,
    "PLN": 2,
    "AUD": 2,
    "INR": 2,
    "BRL": 2,
    "TRY": 2,
    "SGD": 2,
    "AED": 2,
    "SAR": 2,
    "CHF": 2,
    "JPY": 0,
    "BHD": 3,
}

#: The largest amount one field may hold: integers in journal entries stay exact in every JSON reader
#: up to 2**53 - 1, and sums of a claim's few amounts must stay below that too.
MAX_MINOR = 10**14

_AMOUNT = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,6})?\Z", re.ASCII)
_SHORT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?) ([A-Z]{3})\Z", re.ASCII)
_HINT = 'write it as {"amount": "640.00", "currency": "USD"} or "640.00 USD"'


def to_minor(amount: object, currency: object, field: str = "amount") -> int:
    """Minor units of a decimal text such as ``"640.00"`` in ``currency``.

    Raises InputError naming ``field`` for anything that is not exact decimal text.
    """
    if not isinstance(currency, str) or currency not in CURRENCY_DIGITS:
        raise InputError(
            "unknown_currency",
            "this currency is not known",
            field=field,
            hint="use an ISO 4217 code: " + ", ".join(sorted(CURRENCY_DIGITS)),
        )
    if isinstance(amount, Decimal):
        if not amount.is_finite():
            raise InputError("not_an_amount", "an amount must be a finite decimal", field=field, hint=_HINT)
        # Written out in full, 1E+999999999 would fill the memory before anything could refuse it.
        amount = format(amount, "f") if -30 < amount.adjusted() < 30 else str(amount)
    if not isinstance(amount, str):
        raise InputError("not_decimal_text", "an amount must be decimal text, not a number", field=field, hint=_HINT)
    if amount.startswith("-"):
        raise InputError("negative_amount", "an amount cannot be negative", field=field, hint=_HINT)
    if not _AMOUNT.match(amount):
        raise InputError("not_an_amount", "this is not a decimal amount", field=field, hint=_HINT)
    whole, _, fraction = amount.partition(".")
    digits = CURRENCY_DIGITS[currency]
    if len(fraction) > digits:
        raise InputError("too_many_decimals", f"{currency} has {digits} decimals", field=field, hint=_HINT)
    minor = int(whole) * 10**digits + int((fraction + "0" * digits)[:digits] or "0")
    if minor > MAX_MINOR:
        raise InputError(
            "amount_too_large", "no claim is this large", field=field, hint=f"at most {to_text(MAX_MINOR, currency)}"
        )
    return minor


def half_up(amount: int, parts: int) -> int:
    """``amount / parts`` in whole minor units, a half rounded up; neither may be negative."""
    return (2 * amount + parts) // (2 * parts)


def to_text(minor: int, currency: str) -> str:
    """``64000, "USD"`` as ``"640.00 USD"``."""
    return f"{to_decimal_text(minor, currency)} {currency}"


def to_decimal_text(minor: int, currency: str) -> str:
    """``64000, "USD"`` as ``"640.00"``."""
    digits = CURRENCY_DIGITS.get(currency, 2)
    if digits == 0:
        return str(minor)
    sign, minor = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{minor // 10**digits}.{minor % 10**digits:0{digits}d}"


def parse(value: object, field: str = "amount") -> tuple[int, str]:
    """(minor units, currency) of any accepted form: Money, the mapping or the short text."""
    if isinstance(value, Money):
        return value.minor, value.currency
    if isinstance(value, str):
        found = _SHORT.match(value)
        if found is None:
            if value.startswith("-"):
                raise InputError("negative_amount", "an amount cannot be negative", field=field, hint=_HINT)
            raise InputError("not_an_amount", "this is not an amount with a currency", field=field, hint=_HINT)
        return to_minor(found[1], found[2], field), found[2]
    if isinstance(value, dict):
        extra = set(value) - {"amount", "currency"}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        if extra or "amount" not in value or "currency" not in value:
            raise InputError("not_an_amount", "money needs exactly amount and currency", field=field, hint=_HINT)
        currency: object = value["currency"]  # pyright: ignore[reportUnknownVariableType]
        return to_minor(value["amount"], currency, field), str(currency)  # pyright: ignore[reportUnknownArgumentType]
    raise InputError(
        "not_decimal_text", "an amount must be decimal text with a currency, not a number", field=field, hint=_HINT
    )


class Money:
    """An exact amount: ``Money("640.00", "USD")``.

    Immutable, comparable and addable within one currency. ``minor`` is the whole number of minor units.
    """

    __slots__ = ("currency", "minor")
    minor: int
    currency: str

    def __init__(self, amount: str | Decimal, currency: str) -> None:
        object.__setattr__(self, "minor", to_minor(amount, currency))
        object.__setattr__(self, "currency", currency)

    @classmethod
    def of_minor(cls, minor: int, currency: str) -> Money:
        """The amount of ``minor`` minor units (cents)."""
        made = object.__new__(cls)
        object.__setattr__(made, "minor", minor)
        object.__setattr__(made, "currency", currency)
        return made

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("Money is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("Money is immutable")

    @property
    def amount(self) -> str:
        """The decimal text, for example ``"640.00"``."""
        return to_decimal_text(self.minor, self.currency)

    def _same(self, other: Money) -> None:
        if not isinstance(other, Money):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are outside programs
            raise TypeError(f"money goes with money, not with {type(other).__name__}")
        if other.currency != self.currency:
            raise InputError(
                "mixed_currency",
                f"{self.currency} and {other.currency} cannot be combined",
                field="currency",
                hint="a claim lives in one currency",
            )

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money.of_minor(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        if other.minor > self.minor:
            raise InputError("negative_amount", "an amount cannot be negative", field="amount", hint=_HINT)
        return Money.of_minor(self.minor - other.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and (self.minor, self.currency) == (other.minor, other.currency)

    def __hash__(self) -> int:
        return hash((self.minor, self.currency))

    def __str__(self) -> str:
        return to_text(self.minor, self.currency)

    def __repr__(self) -> str:
        return f"Money({self.amount!r}, {self.currency!r})"

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (Money, (self.amount, self.currency))

    def to_dict(self) -> dict[str, str]:
        """The wire form: ``{"amount": "640.00", "currency": "USD"}``."""
        return {"amount": self.amount, "currency": self.currency}
