"""Where each programme keeps what is its own: rulebooks, words, letters and the shapes of its payloads.

A shipped programme is a package under ``workflow/programmes``; one of a host's own is whatever package the host names,
with the same folders inside (``texts``, ``letters``, ``payloads.py``) and its rulebooks in ``rulebooks``. What is
remembered of such files is forgotten when a programme is added, so that nobody has to add one first of all.
Left out: the programmes themselves, which ``registry`` knows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pkgutil import iter_modules
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

#: The package of the shipped programmes.
SHIPPED = f"{__package__}.programmes"

_added: dict[str, str] = {}
_forget: list[Callable[[], None]] = []


def kept(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """``functools.cache`` for what is read from programmes' files: forgotten when a programme is added."""
    made = cache(function)
    _forget.append(made.cache_clear)
    return made  # pyright: ignore[reportReturnType]  # the cache takes what the function takes


def kept_up_to(size: int) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """``functools.lru_cache`` of ``size``, forgotten likewise."""

    def made(function: Callable[_P, _R]) -> Callable[_P, _R]:
        found = lru_cache(size)(function)
        _forget.append(found.cache_clear)
        return found  # pyright: ignore[reportReturnType]

    return made


@cache
def shipped() -> frozenset[str]:
    """The programmes that come with the package."""
    return frozenset(m.name for m in iter_modules([str(f) for f in _shipped_path()]) if m.ispkg)


def _shipped_path() -> list[str]:
    from . import programmes  # noqa: PLC0415  # the folder only; no programme is imported

    return list(programmes.__path__)


def add(programme: str, package: str) -> None:
    """From now on ``programme`` keeps its files in ``package``."""
    _added[programme] = package
    for forget in _forget:
        forget()


def remove(programme: str) -> None:
    """Forgets a place again."""
    _added.pop(programme, None)
    for forget in _forget:
        forget()


def added() -> dict[str, str]:
    """The packages of the programmes that did not come with this one, by programme."""
    return dict(_added)


def package_of(programme: str) -> str:
    """The dotted name of the package that holds a programme's files."""
    return _added.get(programme) or f"{SHIPPED}.{programme}"


def folder_of(programme: str) -> Traversable:
    """The folder of that package."""
    if programme in _added:
        return files(_added[programme])
    return files(SHIPPED) / programme  # the folder above it, or every shipped programme would be imported for its words


def folders() -> list[tuple[str, Traversable]]:
    """Every programme that is known with its folder: the shipped ones by name, then the others as they were added."""
    return [(name, folder_of(name)) for name in (*sorted(shipped()), *_added)]
