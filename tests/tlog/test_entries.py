"""The inside of entries: canonical or not, learnt by shape or read in full, always the same answer."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from claimdesk.adapters.tlog.verifier import Untrue
from claimdesk.adapters.tlog.verifier.entries import Claims, Shapes, read_entry
from claimdesk.states.journal import profile_faults
from tlog.made import ORIGIN, Story, canonical, leaf

BASE: dict[str, Any] = {
    "at": "2024-06-03T16:00:00.000000Z", "claim": "CLM-1", "log": ORIGIN, "prev": None, "seq": 1, "v": 1,
}  # fmt: skip

keys = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.integers(-(2**53) + 1, 2**53 - 1)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
bodies = st.dictionaries(keys, values, max_size=5).map(lambda more: {**more, **BASE})


def verdict(text: str, shapes: Shapes | None = None) -> Any:
    try:
        return (shapes or Shapes()).fields(text)
    except ValueError:
        return None


@given(bodies)
def test_canonical_entries_are_read(body):
    data = canonical(body)
    assert data == rfc8785.dumps(body)
    assert profile_faults(body) == []
    assert read_entry(data.decode()) == body
    shapes = Shapes()
    wanted = (BASE["at"], "CLM-1", ORIGIN, None, 1)
    assert shapes.fields(data.decode()) == wanted
    assert shapes.fields(data.decode()) == wanted  # the second time by its shape


@given(bodies, st.data())
def test_shapes_say_what_reading_in_full_says(body, data):
    """Whatever was learnt before, an altered entry gets the answer of a reader that has learnt nothing."""
    shapes = Shapes()
    text = canonical(body).decode()
    shapes.fields(text)
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    for _ in range(20):
        altered = _altered(text, rng)
        assert verdict(altered, shapes) == verdict(altered)


def _altered(text: str, rng: random.Random) -> str:
    place = rng.randrange(len(text))
    how = rng.randrange(5)
    if how == 0:
        return text[:place] + rng.choice('"\\{}[]:, 0129.eE-\x00\x1f\x7f\u2028aZ_') + text[place + 1 :]
    if how == 1:
        return text[:place] + text[place + 1 :]
    if how == 2:
        return text[:place] + rng.choice('"\\{}[]:, 01-') + text[place:]
    if how == 3:
        other = rng.randrange(len(text))
        low, high = min(place, other), max(place, other)
        return text[:low] + text[high] + text[low + 1 : high] + text[low] + text[high + 1 :] if low < high else text
    pieces = text.split('"')
    i, j = rng.randrange(len(pieces)), rng.randrange(len(pieces))
    pieces[i], pieces[j] = pieces[j], pieces[i]
    return '"'.join(pieces)


@pytest.mark.parametrize(
    "wrong",
    [
        {**BASE, "a": 1.5}, {**BASE, "a": 2**53}, {**BASE, "a": -(2**53)}, {**BASE, "A": 1}, {**BASE, "a" * 33: 1},
        {**BASE, "1a": 1}, {**BASE, "a": {"b-c": 1}}, {**BASE, "a": [[[[[[[[1]]]]]]]]},
        {**BASE, "seq": 0}, {**BASE, "seq": True}, {**BASE, "seq": "1"}, {**BASE, "prev": "x"}, {**BASE, "prev": 1},
        {**BASE, "prev": "A" * 64}, {**BASE, "at": "2024-06-03T16:00:00Z"}, {**BASE, "at": 1}, {**BASE, "claim": None},
        {**BASE, "log": 1}, {k: v for k, v in BASE.items() if k != "seq"}, {k: v for k, v in BASE.items() if k != "at"},
        {"a": BASE}, [], [BASE], "text", 1, None, 1.0, float("1e5"),
    ],
)  # fmt: skip
def test_what_is_no_entry(wrong):
    text = json.dumps(wrong, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    shapes = Shapes()
    assert verdict(text, shapes) is None
    assert verdict(text, shapes) is None  # nothing wrong is ever learnt


@pytest.mark.parametrize(
    "change",
    [
        ('"v":1', '"v": 1'), ('"v":1', '"v":01'), ('"v":1', '"v":1.0'), ('"v":1', '"v":1e0'), ('"v":1', '"v":-0'),
        ('"v":1', '"v":NaN'), ('"v":1', '"v":1,"v":1'), ('"v":1', '"a":1'), ('"v":1', '"v":"\\u0041"'),
        ('"v":1', '"v":"\\/"'), ('"v":1', '"v":"\x01"'), ('"v":1', '"v":1,'), ("}", "} "), ("}", "}}"), ("{", " {"),
    ],
)  # fmt: skip
def test_what_is_not_written_canonically(change):
    text = canonical(BASE).decode()
    shapes = Shapes()
    shapes.fields(text)
    shapes.fields(text)
    altered = text.replace(*change)
    assert altered != text
    assert verdict(altered, shapes) is None


def test_an_entry_too_deep_for_the_parser_is_refused_like_any_other():
    text = '{"a":' + "[" * 30_000 + "]" * 30_000 + ',"v":1}'
    assert verdict(text) is None


def test_only_so_many_shapes_are_kept(monkeypatch):
    monkeypatch.setattr("claimdesk.adapters.tlog.verifier.entries._SHAPES_MAX", 4)
    shapes = Shapes()
    for i in range(30):
        assert shapes.fields(canonical({**BASE, f"k{i}": "x"}).decode())[1] == "CLM-1"
        assert len(shapes._known) <= 4


def chain(entries: list[bytes], limit: int = 100) -> Claims:
    claims = Claims(ORIGIN, limit)
    for i, data in enumerate(entries):
        claims.take(i, data, leaf(data), f"entry {i}")
    return claims


def test_a_story_follows():
    story = Story().many(300)
    claims = chain(story.entries)
    assert {c: row[0] for c, row in claims.rows.items()} == {c: head[0] for c, head in story.heads.items()}


def test_each_way_a_claim_can_be_broken_is_named():
    story = Story()
    for at in ("2024-06-03T16:00:00.000000Z", "2024-06-03T16:00:00.000000Z", "2024-06-04T16:00:00.000000Z"):
        story.add(at=at)
    a, b, c = story.entries
    bodies = [json.loads(data) for data in story.entries]
    cases: list[tuple[list[bytes], str, int]] = [
        ([b, c], "claim_order", 0),
        ([a, c], "claim_order", 1),
        ([a, b, b], "claim_order", 2),
        ([a, c, b], "claim_order", 1),
        ([canonical({**bodies[0], "prev": leaf(a).hex()}), b], "claim_order", 0),
        ([a, canonical({**bodies[1], "prev": None})], "claim_chain", 1),
        ([canonical({**bodies[0], "x": 1}), b], "claim_chain", 1),
        ([a, canonical({**bodies[1], "at": "2024-06-03T15:59:59.999999Z"})], "time_goes_back", 1),
        ([a, canonical({**bodies[1], "log": "elsewhere"})], "other_log", 1),
        ([a, b + b" "], "bad_entry", 1),
        ([a, b"\xff"], "bad_entry", 1),
    ]
    for entries, code, index in cases:
        with pytest.raises(Untrue) as caught:
            chain(entries)
        assert (caught.value.fault.code, caught.value.fault.index) == (code, index)


@given(st.integers(1, 40), st.integers(0, 2**32))
def test_few_claims_in_memory_find_what_many_find(limit, seed):
    """Claims that do not fit are left to other runs; together the runs see every claim once."""
    story = Story().many(120, seed)
    waiting, seen, runs = [(0, 1)], {}, 0
    while waiting:
        claims = Claims(ORIGIN, limit, *waiting.pop())
        for i, data in enumerate(story.entries):
            claims.take(i, data, leaf(data), "")
        assert not seen.keys() & claims.rows.keys()
        seen.update({c: row[0] for c, row in claims.rows.items()})
        waiting += claims.left
        runs += 1
    assert seen == {c: head[0] for c, head in story.heads.items()}
    assert runs <= 4 * len(seen)
