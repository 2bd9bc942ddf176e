"""The reader of intake files: any text gives lines, never an exception, and no line is lost or read two ways."""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Iterator
from typing import Any, NotRequired, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimdesk import InputError
from claimdesk.workflow import lines as module
from claimdesk.workflow.lines import LINE_BYTES_MAX, Line, parse_object, read_lines, unflatten
from claimdesk.workflow.validation import Fact


def lines(text: str, name: str = "") -> list[Line]:
    return list(read_lines(text.splitlines(keepends=True), name))


def codes(text: str, name: str = "") -> list[tuple[int, str | None]]:
    return [(line.number, line.error.code if line.error else None) for line in lines(text, name)]


# ---------------------------------------------------------------- JSON


@pytest.mark.parametrize("depth", [33, 100, 300, 400, 500, 700, 950, 1500, 5000, 100_000])
@pytest.mark.parametrize("shape", ["list", "object"])
def test_deep_nesting_is_refused_at_every_depth(depth, shape):
    """Also where the parser still manages and only a later look would run out of stack."""
    inside = "[" * depth + "]" * depth if shape == "list" else '{"a":' * depth + "1" + "}" * depth
    with pytest.raises(InputError) as refused:
        parse_object(f'{{"a":{inside}}}')
    assert refused.value.code == "too_deep"


_LEAVES = st.one_of(
    st.none(), st.booleans(), st.text(max_size=4), st.sampled_from(['":', '" :', "\\", " a", "null"]),
    st.sampled_from([0, -1, 2**53, 2**63, 2**64, 10**25, 1.5, -0.0, 1e300]),
)  # fmt: skip
_OBJECTS = st.dictionaries(
    st.sampled_from(["a", "b", "a b", '"', "ä"]),
    st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner)),
    max_size=4,
)
#: What makes one text out of another: a key that stands twice, room before a colon, numbers without end.
_CHANGES = [
    ("", ""),
    ('"b"', '"a"'),
    ('":', '" :'),
    ('":', '"\t:'),
    ('"', '"\r'),
    ("0", "-0"),
    ("1", "1e999"),
    ("}", "}}"),
]


@given(_OBJECTS, st.sampled_from([(",", ":"), (", ", ": "), (" ,", " : ")]), st.booleans(), st.sampled_from(_CHANGES))
def test_the_quick_reader_reads_what_the_strict_one_reads_or_leaves_it(value, separators, plain, change):
    text = json.dumps(value, separators=separators, ensure_ascii=plain).replace(*change)
    quick = module._quickly(text)
    if quick is not None:
        strict = json.loads(text, object_pairs_hook=module._pairs, parse_constant=module._constant)
        assert quick == strict
        assert json.dumps(quick) == json.dumps(strict), "also where 1 == True"


def test_the_quick_reader_reads_a_plain_line():
    assert module._quickly('{"a": 1, "b": {"c": ["x", null, true]}}') == {"a": 1, "b": {"c": ["x", None, True]}}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"a": 1, "a": 2}', "duplicate_key"),
        ('{"a": {"b": 1, "b": 1}}', "duplicate_key"),
        ('{"a": 1, "\\u0061": 2}', "duplicate_key"),
        ('{"a": NaN}', "not_json"),
        ('{"a": Infinity}', "not_json"),
        ('{"a": -Infinity}', "not_json"),
        ('{"a": 1e999}', "not_json"),
        ('{"a": -1e999}', "not_json"),
        ('{"a": ' + "9" * 5000 + "}", "not_json"),
        ("[]", "not_an_object"),
        ("null", "not_an_object"),
        ('"text"', "not_an_object"),
        ("", "not_json"),
        ("{", "not_json"),
        ('{"a": 1} {"b": 2}', "not_json"),
        ("{'a': 1}", "not_json"),
        ('{"a": "\t"}', "not_json"),
        ('{"a": ' + " " * LINE_BYTES_MAX + "1}", "line_too_long"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_json_that_two_readers_could_read_differently_is_refused(text, code):
    with pytest.raises(InputError) as refused:
        parse_object(text)
    assert refused.value.code == code
    assert refused.value.hint


def test_a_refused_line_does_not_repeat_its_values():
    for text in ('{"CANARY": 1, "CANARY": 2', '{"a": "CANARY", "a": "CANARY"}', "CANARY"):
        with pytest.raises(InputError) as refused:
            parse_object(text)
        assert "CANARY" not in str(refused.value.to_dict())


@given(st.text(max_size=200))
def test_any_text_is_an_object_or_a_refusal(text):
    try:
        found = parse_object(text)
    except InputError:
        return
    assert json.loads(text) == found


@given(st.lists(st.text(st.characters(exclude_characters="\r\n"), max_size=60), max_size=8))
def test_every_line_that_is_not_blank_comes_back_once_with_its_number(texts):
    """A bad line is a line with an error; what follows it is read on."""
    stream = ['{"marketplace": "US"}\n', *(f"{t}\n" for t in texts), '{"marketplace": "CA"}\n']
    found = list(read_lines(stream))
    wanted = [n for n, text in enumerate(stream, 1) if text.strip()]
    assert [line.number for line in found] == wanted
    assert found[0].fields == {"marketplace": "US"}
    assert found[-1].fields == {"marketplace": "CA"}
    assert all((line.fields is None) != (line.error is None) for line in found)


def test_a_first_line_that_is_no_json_does_not_turn_the_file_into_csv():
    """A comma in a broken first line is no header: the good lines after it are still read."""
    assert codes('oops, bad\n{"marketplace": "US"}\n') == [(1, "not_json"), (2, None)]


# ---------------------------------------------------------------- CSV


def test_a_column_named_twice_is_refused_on_every_line():
    """One of the two values would be lost without a word (JSON refuses the same)."""
    assert codes("marketplace,marketplace\nUS,CA\nUS,US\n", "x.csv") == [(2, "duplicate_key"), (3, "duplicate_key")]


@pytest.mark.parametrize(
    "header", ["order,order.id", "order.id,order", "losses.0,losses.0.head", "losses.0.head,losses.0"]
)
def test_a_column_that_is_value_and_group_at_once_is_refused_in_either_order(header):
    assert codes(f"{header}\n1,2\n", "x.csv") == [(2, "header_clash")]


def test_two_names_of_one_list_place_are_refused():
    assert codes("marketplace,losses.0.head,losses.00.head\nUS,a,b\n", "x.csv") == [(2, "header_clash")]


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 3000 + ",marketplace\n1,US\n",
        "losses." + "9" * 5000 + ".head,losses.1.head\nx,y\n",
        "claimant.age,marketplace\n" + "9" * 5000 + ",US\n",
        ",".join(f"c{n}" for n in range(5000)) + "\n" + ",".join("x" * 5000) + "\n",
    ],
    ids=["deep header", "long list number", "long number", "many columns"],
)
def test_a_monstrous_csv_gives_lines_and_no_exception(text):
    for line in lines(text, "x.csv"):
        assert (line.fields is None) != (line.error is None)


def test_a_header_that_cannot_be_read_loses_no_line():
    """Without names nothing can be read: every record after it is a line with that error, none becomes the header."""
    found = codes('"a"b,c\nmarketplace,order.id\nUS,1\n', "x.csv")
    assert [number for number, _ in found] == [1, 2, 3]
    assert all(code is not None for _, code in found)


NAMES = st.lists(
    st.sampled_from(
        ["marketplace", "order.id", "losses.0.head", "losses.0.amount", "losses.1.head", "claimant.age", "order"]
    )
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    min_size=1,
    max_size=6,
)
CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["true", "unknown", "17", "US"]
)


@given(NAMES, st.lists(st.lists(CELLS, max_size=6), max_size=5))
def test_any_table_gives_a_line_for_every_record(names, records):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(records)
    for line in lines(out.getvalue(), "x.csv"):
        assert (line.fields is None) != (line.error is None)


@given(st.text(max_size=300))
def test_any_text_as_csv_gives_lines(text):
    for line in lines(text, "x.csv"):
        assert (line.fields is None) != (line.error is None)


@given(
    st.dictionaries(
        st.sampled_from(["marketplace", "order.id", "losses.0.head", "description"]),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20),
        min_size=1,
    )
)
def test_csv_and_json_of_one_record_are_the_same_fields(cells):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(cells)
    writer.writerow(cells.values())
    (line,) = lines(out.getvalue(), "x.csv")
    wanted: dict = {}
    for name, value in cells.items():
        match name:
            case "order.id":
                wanted["order"] = {"id": value}
            case "losses.0.head":
                wanted["losses"] = [{"head": value}]
            case _:
                wanted[name] = value
    assert line.fields == wanted


def _columns(shape: Any, kind: object, before: str = "") -> Iterator[str]:
    """The dotted names of a filing's fields of one kind."""
    for name, hint in get_type_hints(shape, include_extras=True).items():
        told = get_args(hint)[0] if get_origin(hint) is NotRequired else hint
        if told == kind:
            yield before + name
        for part in (told, *get_args(told)):  # also a group that may be null
            if hasattr(part, "__required_keys__"):
                yield from _columns(part, kind, f"{before}{name}.")


@pytest.mark.parametrize("programme", ["pdpi", "order", "fba", "breakage_1688"])
def test_a_cell_tells_a_fact_of_every_programme(programme):
    """A cell is text: without this, no claim of a programme whose facts are not known here can be told in a CSV."""
    shapes = importlib.import_module(f"claimdesk.workflow.programmes.{programme}.payloads")
    facts = list(_columns(shapes.FileFacts, Fact))
    assert facts
    for name in facts:
        told = unflatten([name], ["TRUE"])
        for part in name.split("."):
            told = told[part]
        assert told is True, name
    assert unflatten(["units"], ["2"]) == {"units": 2}
