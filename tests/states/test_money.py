"""Money: exact in, exact out, and everything inexact refused by name."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimdesk import InputError, Money
from claimdesk.states.money import CURRENCY_DIGITS, MAX_MINOR, parse, to_decimal_text, to_minor, to_text

CURRENCIES = st.sampled_from(sorted(CURRENCY_DIGITS))
MINOR = st.integers(0, MAX_MINOR)

EXACT = [
    ("640.00", "USD", 64000),
    ("640", "USD", 64000),
    ("640.0", "USD", 64000),
    ("0", "USD", 0),
    ("0.00", "EUR", 0),
    ("0.01", "GBP", 1),
    ("000640.00", "USD", 64000),
    ("999.99", "USD", 99999),
    ("1000", "JPY", 1000),
    ("0.001", "BHD", 1),
    ("1.5", "BHD", 1500),
    ("1000000000000.00", "USD", MAX_MINOR),
]

REFUSED = [
    (640, "not_decimal_text"),
    (640.0, "not_decimal_text"),
    (0.1, "not_decimal_text"),
    (True, "not_decimal_text"),
    (None, "not_decimal_text"),
    (b"640.00", "not_decimal_text"),
    (["640.00"], "not_decimal_text"),
    (float("nan"), "not_decimal_text"),
    ("640.001", "too_many_decimals"),
    ("640.000", "too_many_decimals"),
    ("-1.00", "negative_amount"),
    ("-0.00", "negative_amount"),
    ("", "not_an_amount"),
    (" 640.00", "not_an_amount"),
    ("640.00 ", "not_an_amount"),
    ("640.00\n", "not_an_amount"),
    ("+640.00", "not_an_amount"),
    ("640,00", "not_an_amount"),
    ("1,000.00", "not_an_amount"),
    ("1_000.00", "not_an_amount"),
    ("6.4e2", "not_an_amount"),
    ("1E3", "not_an_amount"),
    (".50", "not_an_amount"),
    ("5.", "not_an_amount"),
    ("0x10", "not_an_amount"),
    ("$640.00", "not_an_amount"),
    ("NaN", "not_an_amount"),
    ("Infinity", "not_an_amount"),
    ("\u0666\u0664\u0660.00", "not_an_amount"),  # Arabic-Indic digits
    ("\uff16\uff14\uff10.00", "not_an_amount"),  # full-width digits
    ("6\u00b2", "not_an_amount"),  # a superscript is a digit to str.isdigit
    ("640\uff0e00", "not_an_amount"),  # full-width full stop
    ("9" * 5000, "not_an_amount"),
    ("1000000000000.01", "amount_too_large"),
    ("999999999999999", "amount_too_large"),
    (Decimal("NaN"), "not_an_amount"),
    (Decimal("sNaN"), "not_an_amount"),
    (Decimal("-Infinity"), "not_an_amount"),
    (Decimal(-1), "negative_amount"),
    (Decimal("0.001"), "too_many_decimals"),
    (Decimal("1E+20"), "not_an_amount"),
    (Decimal("1E-20"), "not_an_amount"),
    (Decimal("1E+999999999999999999"), "not_an_amount"),
    (Decimal("1E-999999999999999999"), "not_an_amount"),
]


@pytest.mark.parametrize(("amount", "currency", "minor"), EXACT)
def test_decimal_text_is_read_exactly(amount, currency, minor):
    assert Money(amount, currency).minor == minor


@pytest.mark.parametrize(("amount", "code"), REFUSED, ids=lambda value: repr(value)[:30])
def test_what_is_not_exact_decimal_text_is_refused_by_name(amount, code):
    with pytest.raises(InputError) as refused:
        Money(amount, "USD")
    assert refused.value.code == code
    assert refused.value.hint


@pytest.mark.parametrize("currency", ["usd", "US", "USDX", "XXX", "", None, 840, "USD ", "\uff35SD", ["USD"], {}])
def test_an_unknown_currency_is_refused(currency):
    with pytest.raises(InputError) as refused:
        Money("1.00", currency)
    assert refused.value.code == "unknown_currency"


@given(MINOR, CURRENCIES)
def test_minor_units_survive_text_and_back(minor, currency):
    """Printing and reading again changes nothing, in the long form and in the short form."""
    money = Money.of_minor(minor, currency)
    assert parse(str(money)) == (minor, currency)
    assert parse(money.to_dict()) == (minor, currency)
    assert parse(money) == (minor, currency)
    assert to_minor(Decimal(money.amount), currency) == minor


@given(MINOR, CURRENCIES)
def test_the_text_is_the_exact_decimal(minor, currency):
    text = to_decimal_text(minor, currency)
    assert Decimal(text) == Decimal(minor).scaleb(-CURRENCY_DIGITS[currency])
    assert len(text.partition(".")[2]) == CURRENCY_DIGITS[currency]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=0, max_value=10**12), st.just("USD"))
def test_a_finite_decimal_with_fitting_places_is_taken_whole(amount, currency):
    assert Decimal(Money(amount, currency).amount) == amount


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_a_refusal(text):
    """What is accepted is plain ASCII digits with at most two decimals, and its value is that of the text."""
    try:
        money = Money(text, "USD")
    except InputError:
        return
    assert text.isascii()
    assert Decimal(money.amount) == Decimal(text)


@given(st.text(max_size=30))
def test_any_short_form_is_an_amount_or_a_refusal(text):
    try:
        minor, currency = parse(text)
    except InputError:
        return
    amount, _, code = text.partition(" ")
    assert (Decimal(amount).scaleb(CURRENCY_DIGITS[code]), code) == (minor, currency)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=4,
)


@given(ANYTHING | st.fixed_dictionaries({"amount": ANYTHING, "currency": ANYTHING}))
def test_a_value_of_any_type_is_an_amount_or_a_refusal(value):
    try:
        parse(value)
    except InputError as refused:
        assert refused.code
        assert refused.message


@pytest.mark.parametrize(
    "value",
    [
        {"amount": "1.00"},
        {"currency": "USD"},
        {},
        {"amount": "1.00", "currency": "USD", "minor": 100},
        {"Amount": "1.00"},
    ],
    ids=str,
)
def test_the_mapping_holds_exactly_amount_and_currency(value):
    with pytest.raises(InputError) as refused:
        parse(value)
    assert refused.value.code == "not_an_amount"


def test_the_short_form_needs_one_space_and_a_code():
    for text in ("640.00USD", "640.00  USD", "USD 640.00", "640.00\u00a0USD", "640.00 usd", "640.00", "640.00 USD "):
        with pytest.raises(InputError):
            parse(text)


@given(MINOR, MINOR, CURRENCIES)
def test_sums_and_differences_are_exact(first, second, currency):
    a, b = Money.of_minor(first, currency), Money.of_minor(second, currency)
    assert (a + b).minor == first + second
    if second <= first:
        assert (a - b).minor == first - second
    else:
        with pytest.raises(InputError) as refused:
            _ = a - b
        assert refused.value.code == "negative_amount"


@given(MINOR, MINOR, CURRENCIES, CURRENCIES)
def test_two_currencies_are_never_combined_or_compared(first, second, one, other):
    a, b = Money.of_minor(first, one), Money.of_minor(second, other)
    if one == other:
        assert (a < b) == (first < second)
        assert (a <= b) == (first <= second)
        assert (a == b) == (first == second)
        return
    assert a != b
    for act in (lambda: a + b, lambda: a - b, lambda: a < b, lambda: a <= b, lambda: a > b, lambda: a >= b):
        with pytest.raises(InputError) as refused:
            act()
        assert refused.value.code == "mixed_currency"


@pytest.mark.parametrize("other", [1, 1.0, "1.00 USD", None, Decimal(1)], ids=repr)
def test_money_and_a_bare_number_are_not_combined(other):
    """A sum or comparison with something that is not money is a type error, as for every Python type."""
    money = Money("1.00", "USD")
    for act in (lambda: money + other, lambda: money - other, lambda: money < other, lambda: money <= other):
        with pytest.raises(TypeError):
            act()
    assert money != other


def test_money_is_immutable_hashable_and_travels():
    money = Money("640.00", "USD")
    for name, value in (("minor", 1), ("currency", "EUR"), ("extra", 1)):
        with pytest.raises(AttributeError):
            setattr(money, name, value)
    assert {money: 1}[Money("640.00", "USD")] == 1
    assert copy.deepcopy(money) == money
    assert pickle.loads(pickle.dumps(money)) == money  # noqa: S301  # our own bytes
    assert repr(money) == "Money('640.00', 'USD')"
    assert to_text(-5, "USD") == "-0.05 USD"


def test_money_cannot_be_deleted_from():
    with pytest.raises(AttributeError):
        del Money("1.00", "USD").minor


def test_a_refused_amount_is_not_repeated_in_the_error():
    """An amount may stand where something personal was meant; the error names the field only."""
    with pytest.raises(InputError) as refused:
        to_minor("CANARY", "USD", "losses.0.amount")
    assert "CANARY" not in str(refused.value.to_dict())
    assert refused.value.field == "losses.0.amount"
