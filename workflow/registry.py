"""The programmes there are: found by folder, plus those a host registers.

A programme is a package under ``workflow/programmes`` with a ``PROGRAMME``; nothing else names it. A host adds its
own with ``register`` (a lifecycle, rules and a rulebook), and the desk, the command line and the docs know it at once.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ..states.errors import InputError
from . import programmes
from .plan import Programme

#: The programme of the seller's compliance file, which claims read.
SELLER_FILE = "seller_insurance"

_found: dict[str, Programme] = {}


def register(programme: Programme) -> None:
    """Adds a programme of the host's own."""
    _found[programme.id] = programme


def programme(name: str) -> Programme:
    """The programme called ``name``; InputError lists what there is."""
    if name not in _found:
        if name in names():
            _found[name] = import_module(f"{programmes.__name__}.{name}").PROGRAMME
        else:
            raise InputError(
                "unknown_programme",
                "there is no such programme",
                field="programme",
                hint="one of: " + ", ".join(names()),
            )
    return _found[name]


def names() -> tuple[str, ...]:
    """Every programme, shipped and registered."""
    shipped = {m.name for m in iter_modules(programmes.__path__) if m.ispkg}
    return tuple(sorted(shipped | set(_found)))
