"""Journal entries: the bytes an independent implementation of RFC 8785 would make, or no entry at all."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import unicodedata
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from claimdesk import IntegrityFailure
from claimdesk.states.journal import (
    ENTRY_BYTES_MAX,
    canonical,
    commitment,
    leaf_hash,
    profile_faults,
    sha256_text,
)

KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,31}\Z", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
BODIES = st.dictionaries(KEYS, VALUES, max_size=8)


@given(BODIES)
def test_the_bytes_are_those_of_rfc_8785(body):
    """Another implementation, written by others from the standard, makes the same bytes of the same body."""
    assert canonical(body) == rfc8785.dumps(body)


def some_value(draw: random.Random, depth: int) -> object:
    kind = draw.randrange(8 if depth < 6 else 5)
    match kind:
        case 0:
            return draw.choice([None, True, False])
        case 1:
            return draw.randint(-(2**53) + 1, 2**53 - 1) >> draw.randrange(53)
        case 2 | 3 | 4:
            planes = draw.choice([(0, 0x80), (0, 0x3000), (0x3000, 0xD800), (0xE000, 0x10000), (0x10000, 0x110000)])
            return "".join(chr(draw.randrange(*planes)) for _ in range(draw.randrange(12)))
        case 5:
            return [some_value(draw, depth + 1) for _ in range(draw.randrange(4))]
        case _:
            return {some_key(draw): some_value(draw, depth + 1) for _ in range(draw.randrange(5))}


def some_key(draw: random.Random) -> str:
    rest = "".join(draw.choice("abcxyz019_") for _ in range(draw.randrange(32)))
    return draw.choice("abcxyz") + rest


def test_thousands_of_bodies_have_the_bytes_of_rfc_8785():
    """Every plane of Unicode, both ends of the integers, any nesting that the profile allows."""
    draw = random.Random(8785)
    for _ in range(4000):
        body: Any = {some_key(draw): some_value(draw, 2) for _ in range(draw.randrange(1, 9))}
        assert canonical(body) == rfc8785.dumps(body)
        assert profile_faults(body) == []


@given(BODIES)
def test_a_body_survives_its_bytes(body):
    assert json.loads(canonical(body)) == body
    assert canonical(json.loads(canonical(body))) == canonical(body)


@pytest.mark.parametrize(
    "text",
    [
        "\x00",
        "\x1f",
        "\x7f",
        "\x80",
        "\u2028",
        "\u2029",
        '"',
        "\\",
        "/",
        "\b\f\n\r\t",
        "\ufeff",
        "\U0001f600",
        "\ue000",
    ],
    ids=ascii,
)
def test_characters_that_writers_disagree_about(text):
    assert canonical({"a": text}) == rfc8785.dumps({"a": text})


def test_keys_sort_by_code_point():
    body = {"b": 1, "a_": 2, "a0": 3, "aa": 4, "a": 5}
    assert canonical(body) == b'{"a":5,"a0":3,"a_":2,"aa":4,"b":1}' == rfc8785.dumps(body)


@pytest.mark.parametrize(
    "value",
    [
        "\ud800",
        "ok \udfff",
        ["\ud800"],
        {"a": "\ud800"},
        float("nan"),
        float("inf"),
        -float("inf"),
        object(),
        b"x",
        {1, 2},
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_canonical_form_is_no_entry(value):
    with pytest.raises(IntegrityFailure) as failed:
        canonical({"a": value})
    assert failed.value.code == "entry_not_canonical"


def test_a_nesting_without_end_is_no_entry():
    loop: dict = {}
    loop["a"] = loop
    with pytest.raises(IntegrityFailure):
        canonical(loop)
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(IntegrityFailure):
        canonical({"a": deep})


def test_an_entry_holds_at_most_what_a_bundle_can_count():
    room = ENTRY_BYTES_MAX - len(b'{"a":""}')
    assert len(canonical({"a": "x" * room})) == ENTRY_BYTES_MAX
    with pytest.raises(IntegrityFailure) as failed:
        canonical({"a": "x" * (room + 1)})
    assert failed.value.code == "entry_too_long"
    with pytest.raises(IntegrityFailure):
        canonical({"a": "\u20ac" * (room // 3 + 1)})  # bytes count, not characters


@given(BODIES)
def test_a_generated_body_is_in_profile_unless_it_is_too_deep(body):
    assert all("deeper" in fault for fault in profile_faults(body))


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"a": 1.0}, "a float"),
        ({"a": [0.5]}, "a float"),
        ({"a": 2**53}, "an integer over"),
        ({"a": -(2**53)}, "an integer over"),
        ({"A": 1}, "key 'A'"),
        ({"": 1}, "key ''"),
        ({"1a": 1}, "key '1a'"),
        ({"a-b": 1}, "key 'a-b'"),
        ({"a" * 33: 1}, "key"),
        ({"\u00e4": 1}, "key"),
        ({"a\n": 1}, "key"),
        ({1: 1}, "key 1"),
        ({"a": {"b": {"C": 1}}}, "$.a.b: key 'C'"),
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}}, "deeper than 8"),
        ({"a": "\ud800"}, "a lone surrogate"),
        ({"a": ["\udfff"]}, "a lone surrogate"),
        ({"a": b"x"}, "no JSON value"),
        ({"a": {1}}, "no JSON value"),
    ],
    ids=ascii,
)
def test_each_fault_of_the_profile_is_named(body, fault):
    assert any(fault in found for found in profile_faults(body)), profile_faults(body)


@pytest.mark.parametrize(
    "body",
    [
        {"a": 2**53 - 1, "b": -(2**53) + 1},
        {"a": True},
        {"a" * 32: None},
        {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}},
    ],
    ids=ascii,
)
def test_the_last_good_values_of_the_profile(body):
    assert profile_faults(body) == []


def test_hashes_are_those_of_the_standards():
    """RFC 6962 section 2.1: the leaf of the empty entry, and of one byte."""
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"x") == hashlib.sha256(b"\x00x").digest()
    assert sha256_text(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.binary(min_size=32, max_size=32), TEXTS, st.from_regex(r"[a-z_]{1,20}\Z", fullmatch=True))
def test_a_commitment_is_an_hmac_over_field_and_normal_form(key, value, field):
    message = field.encode() + b"\x00" + unicodedata.normalize("NFC", value).encode()
    assert commitment(key, field, value) == "hmac-sha256:" + hmac.new(key, message, "sha256").hexdigest()
    assert commitment(key, field, unicodedata.normalize("NFD", value)) == commitment(key, field, value)


def test_a_commitment_tells_apart_key_field_and_value():
    one = commitment(b"k" * 32, "name", "Ann")
    assert len({one, commitment(b"l" * 32, "name", "Ann"), commitment(b"k" * 32, "note", "Ann"),
                commitment(b"k" * 32, "name", "Bob")}) == 4  # fmt: skip
