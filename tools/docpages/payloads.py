"""Each verb's payload as a table, read from its JSON Schema and from the types behind it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Any, Literal, NotRequired, Required, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter
from typing_extensions import is_typeddict

from claimdesk.workflow import places, registry, validation
from claimdesk.workflow.desk import Desk
from claimdesk.workflow.plan import Programme

from .markdown import Page, cell, code, page, table

#: The shapes of the edge that have a name of their own.
NAMED: Mapping[str, str] = {
    "MoneyValue": "amount",
    "DateText": "date",
    "InstantText": "instant",
    "Identifier": "identifier",
    "Text": "text",
    "LongText": "long text",
    "Fact": "`true`, `false` or `unknown`",
}
_BESIDE: Mapping[str, str] = {
    "marketplace": "`US`, `CA`, `UK`, `EU`, ...: the rulebooks there are",
    "programme": "text; `pdpi` when left out",
    "seller": "the id of a seller on file, or a mapping of facts about the seller with its `id`",
    "filed_at": "instant; now when left out",
}
_SCHEMA_TYPES: Mapping[str, str] = {
    "string": "text", "integer": "whole number", "boolean": "`true` or `false`", "object": "mapping",
}  # fmt: skip
_PLAIN: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    bool: "`true` or `false`",
    dict: "mapping",
    Any: "any value",
}

FORMS = """
| form | what is taken |
| --- | --- |
| amount | `"640.00 USD"` or `{"amount": "640.00", "currency": "USD"}`, in Python also `Money`; never a number |
| date | `2024-06-01` |
| instant | RFC 3339 with an offset: `2024-06-03T09:00:00-07:00` |
| identifier | 1 to 100 visible characters without spaces |
| text | at most 500 characters |
| long text | at most 20,000 characters; kept sealed where it is about a person |
"""


def pages() -> Iterator[Page]:
    """One page a programme, and what they have in common."""
    programmes = [registry.programme(name) for name in registry.names()]
    shown = [p for p in programmes if shapes(p)]
    toc = "```{toctree}\n:hidden:\n\n" + "\n".join(p.id for p in shown) + "\n```"
    yield page(
        "reference/payloads/index.md",
        "Payloads",
        "What each verb takes: keyword arguments in Python, `--with` on the command line, `with:` in a scenario.\n"
        "A key that is not known is refused, with the nearest one as a hint.",
        "\n".join(f"- [{cell(p.title)}]({p.id}.md)" for p in shown),
        "## Forms",
        FORMS,
        toc,
    )
    for programme in shown:
        yield _programme(programme)


def shapes(programme: Programme) -> Mapping[str, Any]:
    """The shape of each verb of a programme, as its folder tells them; the opening verb first."""
    module = import_module(f"{places.package_of(programme.id)}.payloads")
    found: dict[str, Any] = {}
    for verb in dict.fromkeys([programme.opening, *programme.lifecycle.verbs]):
        shape = getattr(module, "SHAPES", {}).get(verb)
        if shape is None and hasattr(module, "adapter_of"):
            with suppress(KeyError):
                shape = module.adapter_of(verb)
        if shape is not None:
            found[verb] = shape
    return found


def _programme(programme: Programme) -> Page:
    parts: list[str] = [f"Programme [{programme.id}](../programmes/{programme.id}.md)."]
    for verb, shape in shapes(programme).items():
        parts += _verb(verb, shape, opening=verb == programme.opening)
    return page(f"reference/payloads/{programme.id}.md", f"Payloads: {programme.title}", *parts)


def _verb(verb: str, shape: Any, *, opening: bool) -> Iterator[str]:
    yield f"## {code(verb)}"
    method = getattr(Desk, verb, None)
    said = inspect.getdoc(method) if method is not None else None
    if said:
        yield said.splitlines()[0]
    rows = [*(_beside(verb) if opening else ()), *_fields(shape)]
    yield table(("field", "required", "takes"), rows) if rows else "No payload."


def _beside(verb: str) -> Iterator[tuple[str, str, str]]:
    """What the opening verb takes beside its payload."""
    method = getattr(Desk, verb, None)
    if method is None:
        return
    for name, parameter in inspect.signature(method).parameters.items():
        if name in _BESIDE:
            yield code(name), "yes" if parameter.default is parameter.empty else "", _BESIDE[name]


def _fields(shape: Any, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """The fields of a mapping; those of a mapping inside it follow with a dotted name."""
    if get_origin(shape) is Annotated and is_typeddict(get_args(shape)[0]):
        shape = get_args(shape)[0]
    if not is_typeddict(shape):
        schema = shape.json_schema() if isinstance(shape, TypeAdapter) else TypeAdapter(shape).json_schema()
        yield from _from_schema(schema, schema, prefix)
        return
    for name, hint in get_type_hints(shape, include_extras=True).items():
        kind = _bare(hint)
        yield code(prefix + name), "" if get_origin(hint) is NotRequired else "yes", _said(kind)
        inner = _inner(kind)
        if inner is not None:
            shape_inside, mark = inner
            yield from _fields(shape_inside, f"{prefix}{name}{mark}.")


def _from_schema(schema: Mapping[str, Any], root: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str, str]]:
    required = set(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        yield code(prefix + name), "yes" if name in required else "", _schema_said(field, root)
        for branch in _branches(field, root):
            mark = "[]." if branch.get("type") == "array" else "."
            inner = branch.get("items", {}) if branch.get("type") == "array" else branch
            for one in _branches(inner, root):
                yield from _from_schema(one, root, f"{prefix}{name}{mark}")


def _branches(node: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The alternatives of a schema, with references followed."""
    if "$ref" in node:
        yield from _branches(root["$defs"][str(node["$ref"]).rpartition("/")[2]], root)
    elif "anyOf" in node:
        for branch in node["anyOf"]:
            yield from _branches(branch, root)
    else:
        yield node


def _schema_said(node: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    found: dict[str, None] = {}
    for branch in _branches(node, root):
        if "enum" in branch or "const" in branch:
            found[", ".join(code(value) for value in branch.get("enum", [branch.get("const")]))] = None
        elif branch.get("type") == "array":
            found[f"list of: {_schema_said(branch.get('items', {}), root)}"] = None
        elif branch.get("type") != "null":
            found[_SCHEMA_TYPES.get(str(branch.get("type", "")), "value")] = None
    return " or ".join(found)


def _bare(hint: Any) -> Any:
    """A type without the marks that only say whether it is required."""
    while get_origin(hint) in (NotRequired, Required):
        hint = get_args(hint)[0]
    return hint


def _inner(kind: Any) -> tuple[Any, str] | None:
    """The mapping inside a type, and how its path goes on."""
    if is_typeddict(kind):
        return kind, ""
    for part in get_args(kind):
        if get_origin(kind) is Literal:
            return None
        found = _inner(part)
        if found is not None:
            return found[0], "[]" if get_origin(kind) is list else found[1]
    return None


def _said(kind: Any) -> str:
    """A type in words."""
    for name, words in NAMED.items():
        if kind == getattr(validation, name):
            return words
    if kind in _PLAIN:
        return _PLAIN[kind]
    if is_typeddict(kind):
        return "mapping"
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Literal:
        return ", ".join(code(value) for value in inside)
    if origin is Annotated:
        return _said(inside[0])
    if origin is list:
        return f"list of: {_said(inside[0])}"
    if inside:
        return " or ".join(dict.fromkeys(_said(part) for part in inside if part is not type(None)))
    return cell(getattr(kind, "__name__", kind))
