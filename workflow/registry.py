"""The programmes there are: the shipped ones by folder, those a host registers, and those of installed packages.

A shipped programme is a package under ``workflow/programmes`` with a ``PROGRAMME``; nothing else names it. A host adds
its own with ``register``, or by an entry point of the group ``claimdesk.programmes`` whose value is the package that
holds a ``PROGRAMME``. The desk, the command line, the scenarios and the docs know it at once. Installed packages are
looked through only when something is asked that the shipped programmes do not answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..states.codes import Described
from ..states.errors import ConfigError, InputError
from . import places
from .plan import Programme
from .rulebook import books_of

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

#: The programme of the seller's compliance file, which claims read.
SELLER_FILE = "seller_insurance"

#: The group of entry points under which an installed package names its programme.
GROUP = "claimdesk.programmes"

_found: dict[str, Programme] = {}


def register(programme: Programme, package: str) -> None:
    """Adds a programme of the host's own; ``package`` is the dotted name of the package with its files.

    The package holds ``rulebooks/*.toml`` (at least one), ``texts/*.toml``, ``letters/*.j2`` and ``payloads``, each in
    the form the shipped programmes have (how-to: Add a rule, a value or a programme). ConfigError says everything that
    is wrong with it. Registering the same programme again changes nothing.
    """
    if _found.get(programme.id) is programme and places.package_of(programme.id) == package:
        return
    faults = list(_faults(programme))
    if not faults:
        places.add(programme.id, package)
        _found[programme.id] = programme
        faults = list(_faults_of_files(programme))
    if faults:
        if _found.get(programme.id) is programme:
            forget(programme.id)
        raise ConfigError(
            "programme_unsound", f"programme {programme.id!r} of {package}: " + "; ".join(faults), field="programme"
        )


def forget(name: str) -> None:
    """Takes a registered programme out again (tests of hosts); a shipped one stays."""
    if name not in places.shipped():
        _found.pop(name, None)
        places.remove(name)


def _faults(programme: Programme) -> Iterator[str]:
    name, life = programme.id, programme.lifecycle
    if not name.isidentifier() or name != name.lower():
        yield "its id is lower-case letters, digits and underscores"
    if name in places.shipped() or name in _found:
        yield "there is a programme of this id already"
    if life.name != name:
        yield f"its lifecycle is called {life.name!r}"
    from .generic import GENERIC  # noqa: PLC0415  # the generic verbs build on the planner

    for verb in dict.fromkeys((programme.opening, *life.verbs)):
        if verb not in programme.handlers and (verb not in GENERIC or verb == programme.opening):
            yield f"nothing handles the verb {verb}"
    for verb in programme.handlers:
        if verb != programme.opening and verb not in life.verbs:
            yield f"{verb} is handled, but no row of the lifecycle has it"
    for kind, own in programme.codes.items():
        both = sorted({m.value for m in kind} & {m.value for m in own})
        if both:
            yield f"{own.__name__} says again what {kind.__name__} has: {', '.join(both)}"


def _faults_of_files(programme: Programme) -> Iterator[str]:
    if not books_of(programme.id):
        yield "there is no rulebook of it in rulebooks/*.toml"
    try:
        import_module(f"{places.package_of(programme.id)}.payloads").adapter_of(programme.opening)
    except (ImportError, AttributeError, KeyError):
        yield f"payloads.adapter_of does not know the verb {programme.opening}"


#: A longer name is no name of ours and is not repeated.
_SHOWN = 30


def programme(name: str) -> Programme:
    """The programme called ``name``; InputError lists what there is."""
    known = _found.get(name) if isinstance(name, str) else None  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are outside
    if known is not None:
        return known
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError("not_text", "a programme is text", field="programme", hint="for example pdpi")
    if name in places.shipped():
        _found[name] = import_module(places.package_of(name)).PROGRAMME
    elif name in _installed():
        _load(name)
    else:
        shown = f"there is no programme {name}" if name.isidentifier() and len(name) <= _SHOWN else ""
        raise InputError(
            "unknown_programme",
            shown or "there is no such programme",
            field="programme",
            hint="one of: " + ", ".join(names()) + "; one of your own must be installed or registered",
        )
    return _found[name]


def names() -> tuple[str, ...]:
    """Every programme: shipped, registered and installed."""
    return tuple(sorted(places.shipped() | set(_found) | set(_installed())))


def load_installed() -> bool:
    """Registers what installed packages bring; whether that was anything new."""
    new = [name for name in _installed() if name not in _found]
    for name in new:
        _load(name)
    return bool(new)


def codes_of(name: str, kind: type[Described]) -> tuple[str, ...]:
    """The codes of a kind that a programme may use: the shared ones and its own."""
    own = programme(name).codes.get(kind)
    return (*(m.value for m in kind), *(m.value for m in own or ()))


@cache
def _installed() -> dict[str, EntryPoint]:
    """The entry points of installed packages, by programme; a shipped programme is not replaced."""
    from importlib.metadata import entry_points  # noqa: PLC0415  # slow to import and seldom asked for

    return {point.name: point for point in entry_points(group=GROUP)}


def _load(name: str) -> None:
    point = _installed()[name]
    try:
        module: Any = import_module(point.module)
        found = module.PROGRAMME
    except Exception as error:  # code of others: whatever it is, it names the package
        raise ConfigError(
            "programme_broken",
            f"the programme {name!r} of the installed package {point.module!r} cannot be loaded: "
            f"{type(error).__name__}",
            hint="mend the package, or take it out",
        ) from error
    if found.id != name:
        raise ConfigError("programme_unsound", f"the entry point {name!r} leads to the programme {found.id!r}")
    register(found, point.module)
