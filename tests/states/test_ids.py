"""Identifiers: later is greater, and a slip of the tongue on the telephone is found out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimdesk.states.ids import PREFIXES, IdFactory, encode, is_well_formed

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NUMBERS = st.integers(0, 2**80 - 1)


def factory(millis, bits):
    ticks, draws = iter(millis), iter(bits)
    return IdFactory(lambda: next(ticks), lambda: next(draws))


def forms(body: str, n: int, char: str) -> str:
    return body[:n] + char + body[n + 1 :]


@given(st.lists(st.tuples(st.integers(0, 2**41), st.integers(0, 2**32 - 1)), min_size=2, max_size=60))
def test_a_later_identifier_is_greater_as_text(draws):
    """Whatever clock and randomness say, the order of making is the order of text; a clock set back changes nothing."""
    make = factory((m for m, _ in draws), (b for _, b in draws))
    made = [make("CLM") for _ in draws]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_a_million_identifiers_of_one_millisecond_differ():
    """Inside one millisecond the number counts up, so a million claims at once get a million ids."""
    make = IdFactory(lambda: 1_717_405_200_000, lambda: 2**32 - 1)
    first, last = make("CLM"), ""
    for _ in range(20_000):
        last = make("CLM")
    assert last > first


@given(st.integers(0, 2**47), st.integers(0, 2**32 - 1))
def test_an_id_of_a_later_millisecond_is_greater_whatever_the_randomness(millis, bits):
    one = factory([millis], [2**32 - 1])("EVT")
    other = factory([millis + 1], [bits])("EVT")
    assert one < other


@given(NUMBERS)
def test_an_encoded_number_is_well_formed_and_unambiguous(number):
    text = encode(number)
    assert re.fullmatch(f"[{ALPHABET}]{{17}}", text)
    assert int("".join(f"{ALPHABET.index(c):05b}" for c in text[:16]), 2) == number
    for prefix in PREFIXES:
        assert is_well_formed(f"{prefix}-{text}", prefix)


@given(NUMBERS)
def test_every_single_wrong_character_is_found(number):
    body = encode(number)
    for n in range(17):
        for char in ALPHABET:
            if char != body[n]:
                assert not is_well_formed(f"CLM-{forms(body, n, char)}", "CLM"), (body, n, char)


@given(NUMBERS)
def test_every_swap_of_neighbours_is_found(number):
    body = encode(number)
    for n in range(16):
        if body[n] != body[n + 1]:
            swapped = body[:n] + body[n + 1] + body[n] + body[n + 2 :]
            assert not is_well_formed(f"CLM-{swapped}", "CLM"), (body, n)


@pytest.mark.parametrize(
    "text",
    [
        "", "CLM", "CLM-", "-", "CLM-0", "clm-00000000000000000", "CLM_00000000000000000", "CLM00000000000000000",
        "CLM-0000000000000000", "CLM-000000000000000000", "CLM-0000000000000000O", "CLM-0000000000000000\n",
        "DEC-00000000000000000", "CLM-\uff10\uff10000000000000000", "CLM-00000000000000000 ", " CLM-00000000000000000",
    ],
)  # fmt: skip
def test_what_is_no_identifier_of_this_kind_is_not_taken_for_one(text):
    assert not is_well_formed(text, "CLM")


@given(st.text(max_size=40))
def test_any_text_is_well_formed_or_not_and_never_an_exception(text):
    is_well_formed(text, "CLM")
    is_well_formed(f"CLM-{text}", "CLM")


def test_the_letters_that_are_misheard_are_not_used():
    assert not set("ILOU") & set(encode(2**80 - 1) + encode(0) + encode(int("10" * 40, 2)))


def test_the_kinds_are_those_of_the_contract_and_of_second_persons():
    assert set(PREFIXES) == {"CLM", "DEC", "EVT", "NTC", "PAY", "IMP", "PRP", "GLS"}
