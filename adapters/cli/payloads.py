"""Payloads from the command line: JSON (text, ``@file`` or ``-``) and ``key=value`` words.

Decision: JSON is read as strictly as an intake line. A word is text unless the verb's schema says that a number, a
yes or no, or a list stands there; ``key:=JSON`` says it outright. Nothing given is ever repeated in an error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...states.errors import InputError

_BYTES_MAX = 1_048_576
_DEPTH_MAX = 16


def read_text(place: str, what: str) -> str:
    """The text of a file, or of standard input for ``-``; at most a mebibyte of UTF-8."""
    try:
        if place == "-":
            raw = sys.stdin.buffer.read(_BYTES_MAX + 1)
        else:
            with Path(place).open("rb") as file:
                raw = file.read(_BYTES_MAX + 1)
    except OSError as error:
        raise InputError(
            "cannot_read",
            f"{what} cannot be read: {error.strerror or 'no such file'}",
            field=what,
            hint="give the path of a file, or - for standard input",
        ) from None
    if len(raw) > _BYTES_MAX:
        raise InputError("too_long", f"{what} is longer than {_BYTES_MAX} bytes", field=what)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("not_utf8", f"{what} is not UTF-8 text", field=what, hint="save it as UTF-8") from None


def read_object(given: str, what: str) -> dict[str, Any]:
    """A JSON object written out, in ``@file``, or on standard input (``-`` or ``@-``)."""
    return object_of(read_text(given.removeprefix("@"), what) if given.startswith("@") or given == "-" else given, what)


def object_of(text: str, what: str) -> dict[str, Any]:
    """The JSON object of a text, strictly read."""
    from ...workflow.lines import parse_object

    try:
        return parse_object(text)
    except InputError as error:
        error.field = f"{what}: {error.field}" if error.field else what
        raise


def with_words(
    payload: Mapping[str, Any], words: Iterable[str], schema: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """``payload`` with ``key=value`` words added; dotted keys go into mappings, numbers into lists."""
    tree: dict[str, Any] = {}
    for word in words:
        name, value = _split(word)
        path = name.split(".")
        if not all(path) or len(path) > _DEPTH_MAX or len(name) > 200:
            raise InputError(
                "not_a_key", "a key is dotted names, such as order.id", hint="key=value, for example verdict=valid"
            )
        _put(tree, path, _Leaf(value[0], value[1]))
    return _merged(dict(payload), _plain(tree, _Schema(schema or {}, schema or {})))


def _split(word: str) -> tuple[str, tuple[str, bool]]:
    head, equals, value = word.partition("=")
    if not equals or not head:
        raise InputError(
            "not_key_value",
            "a word after the claim is key=value",
            field="key=value",
            hint='for example amount="640.00 USD"; --with takes JSON',
        )
    return (head.removesuffix(":"), (value, True)) if head.endswith(":") else (head, (value, False))


class _Leaf:
    """A value as it was typed; ``raw`` means JSON. A key given twice is a list."""

    def __init__(self, text: str, raw: bool) -> None:
        self.values = [(text, raw)]


def _put(tree: dict[str, Any], path: list[str], leaf: _Leaf) -> None:
    place: Any = tree
    for part in path[:-1]:
        place = place.setdefault(part, {})
        if isinstance(place, _Leaf):
            raise InputError("key_clash", "a key is a value and a group at once", hint="use one of the two")
    known = place.get(path[-1])
    if known is None:
        place[path[-1]] = leaf
    elif isinstance(known, _Leaf):
        known.values += leaf.values
    else:
        raise InputError("key_clash", "a key is a value and a group at once", hint="use one of the two")


def _plain(node: Any, schema: _Schema) -> Any:
    if isinstance(node, _Leaf):
        return _listed(node, schema)
    found = {name: _plain(inner, schema.member(name)) for name, inner in node.items()}
    if found and all(k.isascii() and k.isdigit() and len(k) < 6 for k in found):
        return [found[k] for k in sorted(found, key=int)]
    return found


def _listed(leaf: _Leaf, schema: _Schema) -> Any:
    kinds = schema.kinds()
    values: list[Any] = [_value(text, raw, kinds | schema.item().kinds()) for text, raw in leaf.values]
    if len(values) > 1:
        return values
    first: object = values[0]
    wanted = "array" in kinds and "string" not in kinds and not isinstance(first, list | int)
    return values if wanted else values[0]


def _value(text: str, raw: bool, kinds: frozenset[str]) -> Any:
    if raw:
        from ...workflow.lines import parse_object

        return parse_object(f'{{"value":{text}}}').get("value")
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    if "integer" in kinds and text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    return text


def _merged(into: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in more.items():
        old = into.get(name)
        into[name] = _merged(dict(old), value) if isinstance(old, dict) and isinstance(value, dict) else value  # pyright: ignore[reportUnknownArgumentType]
    return into


class _Schema:
    """The little of a JSON Schema that tells which kind of value stands at a key."""

    def __init__(self, node: Mapping[str, Any], root: Mapping[str, Any]) -> None:
        self._nodes = tuple(_branches(node, root, 0))
        self._root = root

    def kinds(self) -> frozenset[str]:
        """The JSON types that may stand here; empty when anything may."""
        return frozenset(str(n["type"]) for n in self._nodes if "type" in n)

    def member(self, name: str) -> _Schema:
        """What stands under ``name``."""
        for node in self._nodes:
            if name in node.get("properties", {}):
                return _Schema(node["properties"][name], self._root)
        return self.item() if name.isdigit() else _Schema({}, {})

    def item(self) -> _Schema:
        """What stands in a list here."""
        for node in self._nodes:
            if "items" in node:
                return _Schema(node["items"], self._root)
        return _Schema({}, {})


def _branches(node: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> list[Mapping[str, Any]]:
    if depth > 8:
        return []
    if "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]
        return _branches(root.get("$defs", {}).get(name, {}), root, depth + 1)
    inner = node.get("anyOf") or node.get("oneOf")
    if inner:
        return [b for branch in inner for b in _branches(branch, root, depth + 1)]
    return [node]


def schema_of(programme: str, verb: str) -> Mapping[str, Any]:
    """The JSON Schema of a verb's payload; empty when the programme shows none."""
    from importlib import import_module

    from ...workflow import places, registry

    registry.programme(programme)  # one of an installed package has its place from now on
    payloads = import_module(f"{places.package_of(programme)}.payloads")
    try:
        return payloads.adapter_of(verb).json_schema()
    except KeyError:
        return {}
