"""The inside of entries: canonical or not, learnt by shape, cut by place or read in full, always the same answer."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from claimdesk.adapters.tlog.forms import bundle
from claimdesk.adapters.tlog.verifier import Untrue
from claimdesk.adapters.tlog.verifier.chains import Chains
from claimdesk.adapters.tlog.verifier.entries import Shapes, read_entry
from claimdesk.adapters.tlog.verifier.fault import Fault
from claimdesk.states.journal import profile_faults
from support.desks import ROADS, Drive
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


# -- the chains --------------------------------------------------------------------------------------------------------


def followed(entries: list[bytes], *, size: int = 0, width: int = 256, thorough: bool = False) -> Chains:
    with Chains(ORIGIN, size or len(entries), thorough=thorough) as chains:
        for first in range(0, len(entries), width):
            part = entries[first : first + width]
            stops, data = [], bundle(part)
            for one in part:
                stops.append((stops[-1] if stops else 0) + 2 + len(one))
            chains.take(first, data, stops, b"".join(leaf(one) for one in part))
        chains.finish()
    return chains


def fault(entries: list[bytes], **how: Any) -> Fault | None:
    try:
        followed(entries, **how)
    except Untrue as error:
        return error.fault
    return None


@pytest.mark.parametrize("thorough", [False, True])
def test_a_story_follows(thorough: bool):
    story = Story().many(300)
    assert followed(story.entries, thorough=thorough).claims == len(story.heads)


@pytest.mark.parametrize("thorough", [False, True])
def test_each_way_a_claim_can_be_broken_is_named(thorough: bool):
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
        ([canonical({**bodies[0], "prev": "0" * 64}), b], "claim_order", 0),
        ([a, canonical({**bodies[1], "prev": None})], "claim_chain", 1),
        ([canonical({**bodies[0], "x": 1}), b], "claim_chain", 1),
        ([a, canonical({**bodies[1], "at": "2024-06-03T15:59:59.999999Z"})], "time_goes_back", 1),
        ([a, canonical({**bodies[1], "log": "elsewhere"})], "other_log", 1),
        ([a, b + b" "], "bad_entry", 1),
        ([a, b"\xff"], "bad_entry", 1),
        ([a, b"{}"], "bad_entry", 1),
        ([a, b"{" + b[b.index(b',"at"') :]], "bad_entry", 1),
        ([a, b.replace(b'{"actor"', b'{"seq":1,"actor"')], "bad_entry", 1),
        ([a, canonical({**bodies[1], "seq": 2**40})], "claim_order", 1),
    ]
    for entries, code, index in cases:
        if code == "bad_entry" and entries[1].endswith(b" ") and not thorough:
            assert fault(entries) is None  # the form of entries is for the thorough look
            continue
        found = fault(entries, thorough=thorough)
        assert found is not None
        assert (found.code, found.index) == (code, index)


#: The keys that matter, where they do not: inside other values, before and behind the real ones.
names = st.sampled_from(["at", "claim", "log", "prev", "seq", "recorded", "reason", "a", "set", "z"])
hashes = st.sampled_from([leaf(b"1").hex(), "0" * 64, "null", 'x,"prev":"y', '"', "\\", "é"])
inner = st.recursive(
    st.none() | hashes | st.integers(0, 9) | st.just(ORIGIN) | st.just("2024-06-03T16:00:00.000000Z"),
    lambda more: st.dictionaries(names, more, min_size=1, max_size=4) | st.lists(more, max_size=2),
    max_leaves=8,
)
extra = st.dictionaries(
    st.sampled_from(["actor", "approvals", "basis", "money", "reason", "recorded", "readings", "set", "zz", "cmd"]),
    inner,
    max_size=3,
)
changes = st.dictionaries(
    st.sampled_from(["at", "claim", "log", "prev", "seq"]),
    st.one_of(hashes, st.none(), st.integers(0, 12), st.just("CLM-2"), st.just("CLM-" + "9" * 40), st.just(ORIGIN)),
    max_size=1,
)


@given(st.lists(st.tuples(extra, changes, st.integers(1, 3)), min_size=1, max_size=12), st.integers(1, 5))
def test_cutting_says_of_canonical_entries_what_reading_says(steps, width):
    """Whatever stands in an entry, also things that look like the fields of the chain."""
    story = Story()
    for more, change, claim in steps:
        recorded = {"recorded": "2024-06-03T16:00:00.000000Z"} if claim == 2 else {}
        story.add(f"CLM-{claim}", **recorded, **{k: v for k, v in more.items() if k not in recorded})
        if claim == 3:
            story.entries[-1] = canonical({**json.loads(story.entries[-1]), **change})
    assert fault(story.entries, width=width) == fault(story.entries, thorough=True)


def test_what_only_looks_like_a_field_is_not_taken_for_it():
    """Canonical entries made to be cut wrongly; each is said to be what it is."""
    at, early = "2024-06-03T16:00:00.000000Z", "2023-01-01T00:00:00.000000Z"
    first = Story().add(at=at)
    real = {"at": at, "claim": "CLM-1", "seq": 2, "prev": leaf(first).hex()}
    long_reason = {"reason": "x" * 50, "recorded": at}  # puts ``recorded`` where it stands behind a hash
    made = {"actor": {"id": "cs:mei", "kind": "cs"}, "id": "EVT-1", "log": ORIGIN, "type": "note", "v": 1}
    cases: list[tuple[dict[str, Any], str | None]] = [
        ({**real}, None),
        ({**real, **long_reason}, None),
        ({**real, "at": early, "actor": {"a": 1, "at": at, "claim": "CLM-1"}}, "time_goes_back"),
        ({**real, "at": early, "actor": {"a": {"a": 1, "at": at, "claim": "CLM-1"}}}, "time_goes_back"),
        ({**real, "claim": "CLM-2", "actor": {"a": 1, "at": at, "claim": "CLM-1"}}, "claim_order"),
        ({**real, "prev": "a" * 64, "set": {"a": 1, "prev": real["prev"], "seq": 2}}, "claim_chain"),
        ({**real, "prev": None, "set": {"a": 1, "prev": real["prev"], "recorded": at, "seq": 2}}, "claim_chain"),
        ({**real, "prev": "a" * 64, "money": [{"a": 1, "prev": real["prev"], "seq": 2, "z": 1}]}, "claim_chain"),
        ({**real, "seq": 3, "recorded": {"a": "x", "seq": 2, "z": 1}}, "claim_order"),
        ({**real, "seq": 3, "readings": [{"a": "x", "seq": 2, "z": 1}]}, "claim_order"),
        ({**real, "log": "elsewhere", "set": {"a": 1, "log": "elsewhere"}}, "other_log"),
        ({**real, "log": "elsewhere", "set": {"a": 1, "log": ORIGIN, "z": 1}}, "other_log"),
        ({**real, "log": "elsewhere", "input": {"a": 1, "log": ORIGIN, "z": 1}}, "other_log"),
        ({**real, "log": "elsewhere", "money": [{"a": 1, "log": ORIGIN, "prev": "x"}]}, "other_log"),
        (
            {**real, "log": "elsewhere", "input": {"a": {"a": 1, "log": ORIGIN, "prev": real["prev"], "seq": 2}}},
            "other_log",
        ),
        ({**real, "input": {"a": 1, "log": "elsewhere", "z": 1}, "set": {"a": 1, "log": "elsewhere"}}, None),
        ({**real, "prev": "A" * 64}, "bad_entry"),
        ({**real, "prev": real["prev"].upper()}, "bad_entry"),
    ]
    for change, code in cases:
        found = fault([first, canonical({**made, **change})])
        assert (found and found.code) == code, change
    alone = canonical({**made, **real, **long_reason, "seq": 1, "prev": None})
    assert fault([alone]) is None


@pytest.mark.parametrize("before", ["actor", "claim", "log", "prev", "seq", "v"])
def test_a_second_prev_is_found_wherever_it_stands(before: str):
    """JSON lets a key come twice; which of the two a reader sees is not left to the reader."""
    story = Story()
    first, second = story.add(), story.add()
    for value in (leaf(first).hex(), "0" * 64):
        twice = second.replace(b'"%b":' % before.encode(), b'"prev":"%b","%b":' % (value.encode(), before.encode()), 1)
        assert twice.count(b'"prev":') == 2
        found = fault([first, twice])
        assert found is not None
        assert (found.code, found.index) == ("bad_entry", 1)


def test_what_is_cut_out_is_what_the_desk_wrote():
    """Not one entry of every road through the desk has to be read in full."""
    drive = Drive.start()
    for road in sorted(ROADS):
        drive.to(road)
    with drive.desk.store.read() as unit:
        entries = [row.data for claim in drive.desk.list(limit=1000) for row in unit.entries(claim.id)]
        origin = unit.meta("origin")
    assert len(entries) > 40
    assert origin is not None
    chains = Chains(origin, len(entries))
    whole = [data for data in entries if not chains._cut(0, bundle([data]), [len(data) + 2], leaf(data).hex().encode())]
    assert whole == []


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many parts and as much put aside as in a log of millions."""
    for name, value in {"_PART": 4, "_AT_ONCE": 16}.items():
        monkeypatch.setattr(f"claimdesk.adapters.tlog.verifier.chains.{name}", value)


@pytest.mark.usefixtures("small_parts")
def test_what_is_put_aside_in_a_file_is_followed_all_the_same():
    story = Story().many(700)
    chains = followed(story.entries, width=16)
    assert chains.claims == len(story.heads)
    assert len(chains._offsets) > 40  # it really was put aside, in parts
    assert len(chains._parts) > 100
    for index in (0, 100, 500):
        broken = [*story.entries[:index], canonical({**json.loads(story.entries[index]), "v": 2})]
        broken += story.entries[index + 1 :]
        names = [json.loads(data)["claim"] for data in broken]
        following = next(i for i in range(index + 1, 700) if names[i] == names[index])
        found = fault(broken, width=16)
        assert found is not None
        assert (found.code, found.index) == ("claim_chain", following)


@pytest.mark.usefixtures("small_parts")
def test_of_several_broken_claims_the_first_is_named():
    story = Story().many(300)
    broken = list(story.entries)
    places = [i for i, data in enumerate(broken) if json.loads(data)["seq"] > 1]
    for index in places[10:40:3]:
        broken[index] = canonical({**json.loads(broken[index]), "prev": "a" * 64})
    found = fault(broken, width=16)
    assert found is not None
    assert (found.code, found.index) == ("claim_chain", places[10])


def _first_fault(entries: list[bytes]) -> tuple[str, int] | None:
    """What is wrong first, told by reading every entry and remembering every claim."""
    heads: dict[str, tuple[int, str, str]] = {}
    for index, data in enumerate(entries):
        body = json.loads(data)
        known = heads.get(body["claim"])
        seq, prev = (known[0] + 1, known[1]) if known else (1, None)
        if body["seq"] != seq or (known is None and body["prev"] is not None):
            return "claim_order", index
        if body["prev"] != prev:
            return "claim_chain", index
        if known and body["at"] < known[2]:
            return "time_goes_back", index
        heads[body["claim"]] = (seq, leaf(data).hex(), body["at"])
    return None


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("seed", range(4))
def test_runs_of_a_claim_are_joined_wherever_they_were_parted(seed: int):
    """Entries left out, told twice, exchanged or given to another claim, near each other and far apart."""
    rng, found = random.Random(seed), set[str]()
    whole = Story().many(160, seed=seed).entries
    assert _first_fault(whole) is None
    assert fault(whole, size=400, width=8) is None
    for _ in range(60):
        entries = list(whole)
        for _ in range(rng.choice((1, 1, 2))):
            i, j = rng.randrange(len(entries)), rng.randrange(len(entries))
            match rng.randrange(5):
                case 0:
                    del entries[i]
                case 1:
                    entries.insert(j, entries[i])
                case 2:
                    entries[i], entries[j] = entries[j], entries[i]
                case 3:
                    body, other = json.loads(entries[i]), json.loads(entries[j])
                    entries[i] = canonical({**body, "claim": other["claim"]})
                case _:
                    body, other = json.loads(entries[i]), json.loads(entries[j])
                    change = rng.choice((("prev",), ("prev", "seq"), ("seq",), ("at",)))
                    entries[i] = canonical({**body, **{name: other[name] for name in change}})
        wanted = _first_fault(entries)
        told = fault(entries, size=400, width=8)
        assert (told and (told.code, told.index)) == wanted
        found.add(wanted[0] if wanted else "")
    assert {"claim_order", "claim_chain"} <= found
