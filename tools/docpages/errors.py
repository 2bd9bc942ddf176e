"""Errors: the types, sorted by what the caller does next, and every code with its message."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import claimdesk
from claimdesk.states.codes import RefusalCode
from claimdesk.states.errors import ClaimdeskError

from .markdown import Page, cell, code, page, table
from .sources import module_name, raised_in, trees

#: The exit codes of the command line that no error carries.
OTHER_EXITS = ((0, "done"), (130, "interrupted; what was written is said"))


def pages() -> Iterator[Page]:
    """One page."""
    types = _types()
    yield page(
        "reference/errors.md",
        "Errors and exit codes",
        "Every error is a `ClaimdeskError`, and carries `code`, `message` and `hint`, never empty.",
        """Where they apply, it also carries:

- `field` and `claim`: where it went wrong;
- `state`: where the claim stands;
- `unmet`: the tests that failed;
- `allowed`: what can be done now;
- `next_on`: the day a clock changes something.""",
        "An error never repeats the value it refuses, because a value may be personal.\n"
        "`claimdesk help CODE` explains any code, in English and Chinese and without a network.",
        "## Types",
        "Those of the library are imported from `claimdesk`; the others are the command line's and our own tables'.",
        table(
            ("type", "of", "imported from", "meaning", "exit code", "HTTP status", "try again"),
            [_type(kind) for kind in types],
        ),
        "Other exit codes: " + "; ".join(f"{number} {meaning}" for number, meaning in OTHER_EXITS) + ".",
        "## Codes of refusals",
        "The first test that fails is the code, in this order; the words stand with the [codes](codes.md#refusals).",
        table(("code", "meaning"), [(code(member.value), cell(member.meaning)) for member in RefusalCode]),
        "## Codes of the other errors",
        "Read from the source; `...` stands for what is filled in.",
        table(("code", "type", "message"), _codes(types)),
    )


def _types() -> list[type[ClaimdeskError]]:
    for path in trees():  # a class that nobody has imported yet is no subclass of anything
        if path.startswith(("states/", "workflow/", "adapters/cli/", "adapters/web/")):
            import_module(f"claimdesk.{module_name(path)}")
    return list(_family(ClaimdeskError))


def _family(kind: type[ClaimdeskError]) -> Iterator[type[ClaimdeskError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__.startswith("claimdesk."):
            yield from _family(child)


def _type(kind: type[ClaimdeskError]) -> tuple[object, ...]:
    parent = kind.__bases__[0].__name__
    meaning = cell((kind.__doc__ or "").strip().splitlines()[0])
    again = "yes" if kind.retryable else ""
    status = kind.http_status
    place = code("claimdesk") if kind.__name__ in claimdesk.__all__ else ""
    first = "" if kind is ClaimdeskError else code(parent)
    return code(kind.__name__), first, place, meaning, kind.exit_code, status, again


def _codes(types: list[type[ClaimdeskError]]) -> list[tuple[str, str, str]]:
    names = {kind.__name__ for kind in types}
    found: dict[tuple[str, str], dict[str, None]] = {}
    for path in trees():
        for kind, name, message in raised_in(path):
            if kind in names:
                found.setdefault((name, kind), {})[message] = None
    rows: list[tuple[str, str, str]] = []
    for (name, kind), messages in sorted(found.items()):
        said = "<br>".join(cell(message) for message in messages if message)
        rows.append((code(name), code(kind), said))
    return rows
