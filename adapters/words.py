"""The words a list of claims may be narrowed by, held against those there are.

Decision: programmes are loaded only for a word that hangs on them. Authority: contract section 6 (``list``).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection

from ..states.errors import InputError


def checked_words(wanted: dict[str, str], head: str = "") -> None:
    """Refuses a word that no claim can have: an empty answer to a misspelt question would mislead.

    ``head``: what stands before a name where it was told (``--``).
    """
    from ..workflow import registry

    if "programme" in wanted:
        registry.programme(wanted["programme"])  # or it is refused
    for name, known in _WORDS.items():
        told = wanted.get(name)
        words: Collection[str] = known(wanted.get("programme")) if told is not None else ()
        if told is not None and told not in words:
            close = difflib.get_close_matches(told, sorted(words), 1)
            raise InputError(
                "not_a_choice",
                f"no claim can have this {name}",
                field=f"{head}{name}",
                hint=f"did you mean {close[0]}?" if close else "one of: " + ", ".join(sorted(words)),
            )


def _states(programme: str | None) -> Collection[str]:
    """Every programme is loaded for this, unless one is named: only where a state was told."""
    from ..workflow import registry

    names = registry.names() if programme is None else (programme,)
    return {s.name for name in names for s in registry.programme(name).lifecycle.states}


def _outcomes(_programme: str | None) -> Collection[str]:
    from ..states.codes import Outcome

    return {o.value for o in Outcome}


def _recoveries(_programme: str | None) -> Collection[str]:
    return {"none", "pending", "review", "due", "appealed", "waived", "recouped", "written_off"}


_WORDS: dict[str, Callable[[str | None], Collection[str]]] = {
    "state": _states, "outcome": _outcomes, "recovery": _recoveries,
}  # fmt: skip
