"""The public library: names, signatures and docstrings, read with inspect."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, get_type_hints

import claimdesk
from claimdesk import testing
from claimdesk.states.errors import ClaimdeskError
from claimdesk.workflow import deskreads, deskverbs, dispatch, ports, rulebook, view

from .markdown import Page, cell, code, fence, page, table

#: Names of the standard library that say enough without their module.
_SHORT = re.compile(r"\b(?:collections\.abc|typing|typing_extensions|datetime|pathlib|types|decimal)\.")
_OURS = re.compile(r"\bclaimdesk(?:\.\w+)*\.(?=[A-Z])")
_INSIDE = re.compile(r"\b(Command|Session|Done|Writing|Case)\b")
_WIDTH = 100

#: What a reader of a desk gets back, beside the names at the top of the package.
RETURNED = (view.DeadlineView, view.RecoveryView, dispatch.TickReport, rulebook.Version, rulebook.Parameter)
#: What a host may put in the place of a shipped part.
PORTS = (
    ports.NoticeSender, ports.Letter, ports.PaymentGateway, ports.PaymentOrder, ports.PaymentState, ports.Vault,
    ports.Store,
)  # fmt: skip


def pages() -> Iterator[Page]:
    """One page."""
    yield page(
        "reference/library.md",
        "Library",
        """What `import claimdesk` gives you, and nothing else, is the public library.
Results are frozen; `to_dict()` makes JSON-ready values.
Every write takes the same [options](#options-of-every-write).""",
        "## Names",
        table(("name", "what it is"), [(code(name), cell(_first(getattr(claimdesk, name)))) for name in _names()]),
        "## ClaimDesk",
        *_desk(),
        "## Options of every write",
        table(("option", "takes", "what it does"), _options(deskverbs.Options)),
        "## Filters of a list",
        inspect.getdoc(deskreads.Filters) or "",
        table(("filter", "takes", "what fits"), _options(deskreads.ClaimFilters)),
        "## Results",
        *_several((claimdesk.Claim, claimdesk.SellerFile, claimdesk.Money, *RETURNED)),
        "## Errors",
        "The [errors page](errors.md) has them all with their codes, exit codes and HTTP statuses.",
        "## Ports",
        "Give `ClaimDesk.open` an object with these methods, and it stands where the shipped part stood.",
        *_several(PORTS),
        "## For tests: `claimdesk.testing`",
        "Nothing in it is for production.",
        *_several(getattr(testing, name) for name in testing.__all__),
    )


def _names() -> list[str]:
    """Classes, then errors, then the rest."""

    def kind(name: str) -> tuple[bool, bool, str]:
        value = getattr(claimdesk, name)
        error = inspect.isclass(value) and issubclass(value, ClaimdeskError)
        return (name.startswith("_"), error, name)

    return sorted(claimdesk.__all__, key=kind)


def _options(kind: type[Any]) -> list[tuple[str, str, str]]:
    """The names of a typed dictionary; what each means stands beside it in its source."""
    hints = get_type_hints(kind)
    source = inspect.getsource(inspect.getmodule(kind) or kind)
    meant = dict(re.findall(r"^ {4}(\w+): .*#: (.+)$", source, re.MULTILINE))
    return [(code(name), _shown(hint), meant[name]) for name, hint in hints.items()]


def _first(value: Any) -> str:
    if isinstance(value, str):
        return f"the version, {value}"
    return (inspect.getdoc(value) or "").splitlines()[0]


def _several(things: Iterable[Any]) -> Iterator[str]:
    for thing in things:
        yield f"### {thing.__name__}"
        if inspect.isclass(thing):
            yield from _class(thing, methods_of=(thing,))
        else:
            yield _signature(thing.__name__, thing)
            yield inspect.getdoc(thing) or ""


def _desk() -> Iterator[str]:
    """The desk, class by class: what is written down together is shown together."""
    yield inspect.getdoc(claimdesk.ClaimDesk) or ""
    seen: set[str] = set()
    for kind in claimdesk.ClaimDesk.__mro__:
        found = [(name, method) for name, method in _methods((kind,)) if name not in seen and not _internal(method)]
        seen.update(vars(kind))
        if not found:
            continue
        if kind is claimdesk.ClaimDesk:
            yield "### Opening"
        else:
            yield f"### {kind.__name__}"
            yield _first(kind)
        for name, method in found:
            yield f"#### {code(name)}"
            yield _signature(name, method)
            yield inspect.getdoc(method) or ""


def _internal(method: Any) -> bool:
    """Whether a method speaks of parts that are not public: it serves the modules around the desk."""
    return bool(_INSIDE.search(str(inspect.signature(method))))


def _class(kind: type[Any], methods_of: Iterable[type[Any]]) -> Iterator[str]:
    yield inspect.getdoc(kind) or ""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        rows = [(code(f.name), _shown(hints[f.name])) for f in fields(kind) if not f.name.startswith("_")]
        yield table(("field", "type"), rows)
    elif issubclass(kind, Enum) or not list(_methods(methods_of)):
        rows = [(code(name), code(value)) for name, value in vars(kind).items() if name.isupper()]
        yield table(("name", "value"), rows)
    for name, method in _methods(methods_of):
        yield _signature(name, method)
        yield inspect.getdoc(method) or ""


def _methods(kinds: Iterable[type[Any]]) -> Iterator[tuple[str, Any]]:
    """Public methods in the order they are written down, those of the nearest class first; each name once."""
    seen: set[str] = set()
    for kind in kinds:
        if not kind.__module__.startswith("claimdesk."):
            continue
        for name, value in vars(kind).items():
            if name.startswith("_") or name in seen:
                continue
            method = value.__func__ if isinstance(value, classmethod | staticmethod) else value
            if isinstance(method, property):
                method = method.fget
            if inspect.isfunction(method) and inspect.getdoc(method):
                seen.add(name)
                yield name, method


def _signature(name: str, method: Any) -> str:
    signature = inspect.signature(method)
    parameters = [p for p in signature.parameters.values() if p.name not in ("self", "cls")]
    shown = _clean(str(signature.replace(parameters=parameters)))
    text = f"{name}{shown}"
    if len(text) > _WIDTH:
        text = _broken(name, parameters, signature)
    return fence("text", text)


def _broken(name: str, parameters: list[inspect.Parameter], signature: inspect.Signature) -> str:
    """One parameter a line."""
    lines: list[str] = []
    keywords = False
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not keywords:
            lines.append("    *,")
            keywords = True
        lines.append(f"    {_clean(str(parameter))},")
    returned = signature.return_annotation
    after = "" if returned is signature.empty else f" -> {_clean(_text(returned))}"
    return "\n".join([f"{name}(", *lines, f"){after}"])


def _text(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else _type(annotation)


def _shown(hint: Any) -> str:
    return code(cell(_type(hint)))


def _type(hint: Any) -> str:
    return _clean(hint.__name__ if inspect.isclass(hint) and not getattr(hint, "__args__", None) else str(hint))


def _clean(text: str) -> str:
    """A signature without the modules and quotes that only machines need."""
    text = _OURS.sub("", _SHORT.sub("", text))
    text = re.sub(r"Unpack\[(\w+)\]", r"\1", text)
    return re.sub(r"(?<=[:>] )'([^']+)'", r"\1", text).replace("<class '", "").replace("'>", "")
