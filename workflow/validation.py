"""Validation at the edge: typed payloads in, canonical JSON values out, errors that say what would be right.

pydantic checks shapes here and nowhere deeper. An error never repeats the value it refuses: a value may be personal.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from ..states.errors import ClaimdeskError, InputError
from ..states.money import parse as parse_money
from ..states.times import instant_text, parse_date, parse_instant

#: Shapes refuse keys they do not know: a misspelt key would otherwise be a fact nobody reads.
STRICT = ConfigDict(extra="forbid", strict=True)


def _custom(error: ClaimdeskError) -> PydanticCustomError:
    return PydanticCustomError(
        "claimdesk", "{message}", {"code": error.code, "message": error.message, "hint": error.hint}
    )


def _text(limit: int) -> Any:
    def check(value: object) -> object:
        if not isinstance(value, str):
            raise _custom(InputError("not_text", "text is expected", hint="put it in quotes"))
        if len(value) > limit:
            raise _custom(
                InputError("too_long", f"at most {limit} characters", hint="shorten it, or attach it as evidence")
            )
        for char in "" if value.isprintable() else value:  # what is printable has none of these
            if unicodedata.category(char) in ("Cc", "Cs", "Cf", "Co", "Cn") and char not in "\n\t":
                raise _custom(
                    InputError(
                        "bad_character",
                        "control, invisible or unassigned characters are not allowed",
                        hint="type it again without them; a file must be UTF-8",
                    )
                )
        return value

    return BeforeValidator(check)


def _identifier(value: object) -> object:
    if not isinstance(value, str):
        raise _custom(InputError("not_text", "an identifier is text", hint="put it in quotes"))
    if not value or len(value) > 100 or value != value.strip():
        raise _custom(
            InputError("not_an_identifier", "1 to 100 characters without space around them", hint="for example 114-1")
        )
    for char in "" if value.isprintable() and " " not in value else value:
        if unicodedata.category(char)[0] in "CZ":
            raise _custom(
                InputError(
                    "bad_character",
                    "spaces and invisible characters are not allowed in an identifier",
                    hint="write it without them, for example 114-1",
                )
            )
    return value


def _date(value: object) -> object:
    try:
        return parse_date(value).isoformat()
    except ClaimdeskError as error:
        raise _custom(error) from None


def _instant(value: object) -> object:
    try:
        return instant_text(parse_instant(value))
    except ClaimdeskError as error:
        raise _custom(error) from None


def _money(value: object) -> object:
    try:
        minor, currency = parse_money(value)
    except ClaimdeskError as error:
        raise _custom(error) from None
    return {"minor": minor, "currency": currency}


def _fact(value: object) -> object:
    if value is None:
        return "unknown"
    if isinstance(value, bool) or value == "unknown":
        return value
    raise _custom(InputError("not_a_fact", "true, false or unknown is expected", hint='write true, false or "unknown"'))


#: What a schema says of money: the short text or the mapping (contract section 2).
MONEY_FORMS: list[dict[str, Any]] = [
    {"type": "string", "pattern": "^[0-9]{1,15}(\\.[0-9]{1,6})? [A-Z]{3}$", "examples": ["640.00 USD"]},
    {
        "type": "object",
        "properties": {
            "amount": {"type": "string", "pattern": "^[0-9]{1,15}(\\.[0-9]{1,6})?$"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        },
        "required": ["amount", "currency"],
        "additionalProperties": False,
    },
]

Text = Annotated[str, _text(500)]
LongText = Annotated[str, _text(20_000)]
Identifier = Annotated[str, BeforeValidator(_identifier)]
DateText = Annotated[str, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
InstantText = Annotated[str, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
#: Validated to {"minor": int, "currency": code}; ``minor_of`` checks the currency and takes the number.
MoneyValue = Annotated[dict[str, Any], BeforeValidator(_money), WithJsonSchema({"anyOf": MONEY_FORMS})]
Fact = Annotated[bool | Literal["unknown"], BeforeValidator(_fact)]


def minor_of(value: Mapping[str, Any], currency: str, field: str) -> int:
    """The minor units of a validated amount; a claim lives in the currency of its marketplace."""
    if value["currency"] != currency:
        raise InputError(
            "currency_mismatch", f"this claim is in {currency}", field=field, hint=f"write the amount in {currency}"
        )
    return value["minor"]


def check(adapter: TypeAdapter[Any], payload: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """``payload`` in canonical form; the first fault as an InputError with the path of its field."""
    if not isinstance(payload, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are outside programs
        raise InputError("not_an_object", "a mapping of names to values is expected", field=where or None)
    try:
        return adapter.validate_python(dict(payload))
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        raise _input_error(faults, adapter, where) from None
    except RecursionError:
        raise InputError("too_deep", "the payload is nested too deeply", field=where or None) from None


def _input_error(faults: Sequence[Mapping[str, Any]], adapter: TypeAdapter[Any], where: str) -> InputError:
    fault, shapes = faults[0], _schema_of(adapter).get("$defs", {})
    count = len({tuple(part for part in one["loc"] if not _is_branch(part, shapes)) for one in faults})
    path = ".".join(_shown(part) for part in fault["loc"] if not _is_branch(part, shapes))
    field = ".".join(p for p in (where, path) if p) or None
    context: dict[str, Any] = fault.get("ctx", {})
    more = f" (and {count - 1} more)" if count > 1 else ""
    if fault["type"] == "claimdesk":
        field = field or context.get("field") or None  # of a fault of the whole, the field that would mend it
        return InputError(context["code"], context["message"] + more, field=field, hint=context["hint"])
    kind = fault["type"]
    if kind == "extra_forbidden":
        name = str(fault["loc"][-1])
        known = _known_beside(fault["loc"], adapter, shapes)
        close = difflib.get_close_matches(name, known, 1)
        shown = name if name.isidentifier() and len(name) < 40 else "this"
        hint = f"did you mean {close[0]}?" if close else "known: " + ", ".join(known) if known else "leave it out"
        return InputError("unknown_field", f"{shown} is not a known field{more}", field=field, hint=hint)
    if kind == "missing":
        return InputError("missing_field", f"a required field is missing{more}", field=field, hint="add it")
    if kind == "literal_error":
        return InputError(
            "not_a_choice",
            f"this is not one of the choices{more}",
            field=field,
            hint=f"one of: {str(context.get('expected', '')).replace(chr(39), '')}",
        )
    limit = next((context[k] for k in ("ge", "gt", "le", "lt") if k in context), "")
    ours = _KINDS.get(kind)
    message, hint = (ours[0].format(limit=limit), ours[1]) if ours else (str(fault["msg"]), "")
    return InputError("wrong_type", f"{message}{more}", field=field, hint=hint)


#: What pydantic misses, in our words, and how it is written.
_KINDS = {
    "dict_type": ("a mapping of names to values is expected", "{name: value, ...}"),
    "list_type": ("a list is expected", "put it in [ ], also when it is one"),
    "string_type": ("text is expected", "put it in quotes"),
    "bool_type": ("true or false is expected", "write true or false, without quotes"),
    "int_type": ("a whole number is expected", "write digits, without quotes and decimals"),
    "greater_than": ("more than {limit} is expected", "write a greater number"),
    "greater_than_equal": ("{limit} or more is expected", "write a greater number"),
    "less_than": ("less than {limit} is expected", "write a smaller number"),
    "less_than_equal": ("{limit} or less is expected", "write a smaller number"),
    "int_from_float": ("a whole number is expected", "write digits, without quotes and decimals"),
}


def _shown(part: object) -> str:
    """A place in a payload; a key that is no name may be somebody's words and is not repeated."""
    text = str(part)
    return text if len(text) < 40 and (text.isidentifier() or text.isdigit()) else "?"


def _is_branch(part: object, shapes: Mapping[str, Any]) -> bool:
    # pydantic names the branch of a union in the path; it is not a field of the payload
    return isinstance(part, str) and ("[" in part or part in _BRANCHES or part in shapes)


_BRANCHES = frozenset({"bool", "int", "constrained-int", "str", "dict", "list"})


@lru_cache(maxsize=128)  # a file may have many bad lines, and a schema takes longer to make than a line to check
def _schema_of(adapter: TypeAdapter[Any]) -> Mapping[str, Any]:
    return adapter.json_schema(mode="validation")


def _known_beside(loc: Sequence[object], adapter: TypeAdapter[Any], shapes: Mapping[str, Any]) -> list[str]:
    """The fields that may stand where the last of ``loc`` stands; a hint from elsewhere would mislead."""
    found = list(_parts_of(_schema_of(adapter), shapes))
    for part in loc[:-1]:
        if _is_branch(part, shapes):
            continue
        below = (
            [s["items"] for s in found if "items" in s]
            if isinstance(part, int)
            else [s["properties"][part] for s in found if part in s.get("properties", {})]
        )
        found = [one for schema in below for one in _parts_of(schema, shapes)]
    return sorted({name for schema in found for name in schema.get("properties", {})})


def _parts_of(schema: Mapping[str, Any], shapes: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A schema with its references followed and its alternatives apart."""
    if "$ref" in schema:
        schema = shapes[schema["$ref"].rpartition("/")[2]]
    yield schema
    for one in schema.get("anyOf", ()):
        yield from _parts_of(one, shapes)


def is_date(value: object) -> bool:
    """Whether a value is a plain date."""
    return isinstance(value, date) and not isinstance(value, datetime)
