"""A canonical payload as somebody would tell it: amounts with their currency again, nothing the desk added itself.

Decision: where an amount stands is read from the JSON Schema of the very shape that checks the payload, so a new
programme needs no line here. Authority: contract sections 2 and 5. Left out: whether the result reads back as the same
facts, which ``filings`` tries for each line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, cast

from ...states.money import to_text
from ...workflow import places
from ...workflow.validation import MONEY_FORMS

#: Tells a value again, in a currency.
Teller = Callable[[Any, str], Any]


@cache
def teller_of(programme: str, verb: str) -> tuple[frozenset[str], Teller]:
    """(the names a payload of this verb may have, what tells it again)."""
    payloads: Any = import_module(f"{places.package_of(programme)}.payloads")
    schema: dict[str, Any] = payloads.adapter_of(verb).json_schema()
    return frozenset(_resolved(schema, schema).get("properties", {})), _teller(schema, schema)


def told(payload: Mapping[str, Any], programme: str, verb: str, currency: str) -> dict[str, Any]:
    """The payload as it can be told; names that are no part of the verb's payload are left out."""
    names, tell = teller_of(programme, verb)
    return tell({name: value for name, value in payload.items() if name in names}, currency)


def _resolved(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Mapping[str, Any]:
    ref = schema.get("$ref")
    return whole["$defs"][ref.rpartition("/")[2]] if ref else schema


def _teller(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Teller:
    schema = _resolved(schema, whole)
    if "anyOf" in schema:
        return _any_of([_resolved(s, whole) for s in schema["anyOf"]], whole)
    if schema.get("type") == "array":
        each = _teller(schema.get("items", {}), whole)
        return lambda value, currency: _list(each, value, currency)
    if "properties" in schema:
        parts = {name: _teller(part, whole) for name, part in schema["properties"].items()}
        return lambda value, currency: _mapping(parts, value, currency)
    return _as_it_is


def _any_of(branches: Sequence[Mapping[str, Any]], whole: Mapping[str, Any]) -> Teller:
    # An amount or something else (``"unknown"``): its two forms stand among the others.
    money = all(form in branches for form in MONEY_FORMS)
    inner = {b["type"]: _teller(b, whole) for b in branches if b.get("type") in ("array", "object")
             and b not in MONEY_FORMS}  # fmt: skip

    def tell(value: Any, currency: str) -> Any:
        if money and type(value) is int:
            return to_text(value, currency)
        kind = "array" if isinstance(value, list) else "object" if isinstance(value, dict) else ""
        return inner[kind](value, currency) if kind in inner else value  # pyright: ignore[reportUnknownVariableType]

    return tell


def _list(each: Teller, value: object, currency: str) -> Any:
    return [each(v, currency) for v in cast("list[Any]", value)] if isinstance(value, list) else value


def _mapping(parts: Mapping[str, Teller], value: object, currency: str) -> Any:
    if not isinstance(value, dict):
        return value
    given = cast("dict[str, Any]", value)
    return {name: parts[name](v, currency) if name in parts else v for name, v in given.items()}


def _as_it_is(value: Any, currency: str) -> Any:
    return value
