"""Personal data at the desk: what there is to erase of a claim, whose claims there are, what is read and on record.

Decision: an erasure is an ordinary command with an ordinary entry; what it takes away is read in its own transaction,
so that the entry says exactly what went. A look at more than how a person is reached is on record before anything is
shown. Authority: trust notes 5.1. Left out: whether a request must be granted, which a person decides; the keys
(``rotation``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from ..states.codes import ReadPurpose
from ..states.errors import InputError
from .engine import Session, Settings
from .plan import Command
from .ports import CaseFilter, Store, Vault

_PAGE: Final = 500
_PURPOSES: Final = tuple(p.value for p in ReadPurpose)


def with_found(session: Session, command: Command) -> Command:
    """The command with what it erases: the subjects of sealed values, their epochs, the letters that were sent."""
    claim = str(command.claim)
    # What was sealed with an earlier erasure is its reason: alone it is nothing to erase again.
    reasons = {e.seq for e in session.unit.erasures(claim)}
    rows = session.unit.sealed(claim)
    if all(r.seq in reasons for r in rows):
        rows = []
    letters = [n.id for n in session.unit.notices(claim) if n.status == "handed_over" and n.body]
    found: dict[str, Any] = {
        "subjects": [r.subject for r in rows],
        "epochs": sorted({r.epoch for r in rows}),
        "letters": letters,
    }
    return replace(command, found=found)


def claims_of(store: Store, vault: Vault, subject: str) -> list[str]:
    """The claims of one person: by the reference the host gave the claimant, or by a subject of the journal.

    References are sealed, so every claim is looked into: some microseconds for each value on file.
    """
    found: list[str] = []
    wanted = CaseFilter(limit=_PAGE)
    while True:
        with store.read() as unit:
            page = unit.list_cases(wanted)
            for case in page:
                rows = unit.sealed(case.id)
                claimant: Mapping[str, Any] = (vault.unseal(rows) if rows else {}).get("claimant") or {}
                if claimant.get("ref") == subject or any(r.subject == subject for r in rows):
                    found.append(case.id)
        if len(page) < _PAGE:
            return found
        wanted = replace(wanted, after=page[-1].id)


#: What is known to say how a person is reached, and nothing of their health. Everything else is treated as if it did:
#: a free text may tell of an injury.
CONTACT: Final = frozenset({"ref", "name", "contact"})


def contact_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The part of personal values that is shown without a purpose."""
    told: Mapping[str, Any] = values.get("claimant") or {}
    claimant = {name: value for name, value in told.items() if name in CONTACT}
    return {"claimant": claimant} if claimant else {}


def sensitive_names(values: Mapping[str, Any]) -> list[str]:
    """The names of the values that need a purpose: injury, age, Medicare status, every free text."""
    found: list[str] = []
    for name, value in values.items():
        if name in ("claimant", "injury") and isinstance(value, Mapping):
            parts: Mapping[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
            found += [f"{name}.{part}" for part in parts if name == "injury" or part not in CONTACT]
        else:
            found.append(name)
    return sorted(found)


def unsealed(store: Store, settings: Settings, claim: str, *, all_of_it: bool = False) -> dict[str, Any]:
    """The personal values of a claim; ``all_of_it``: an error where the keys are not the store's own."""
    with store.read() as unit:
        rows = unit.sealed(claim)
        if all_of_it and rows:  # nothing to see would otherwise look like nothing there
            settings.digests.check(unit)
    return settings.vault.unseal(rows) if rows else {}


def look_at(claim: str, values: Mapping[str, Any], purpose: object, actor: str, at: datetime) -> Command | None:
    """What puts a look at these values on record; None where there is nothing to see that needs a purpose.

    A purpose in words of one's own is sealed. InputError for one that is no text, or none at all.
    """
    if not isinstance(purpose, str) or not purpose.strip() or len(purpose) > 500:
        hint = "one of: " + ", ".join(_PURPOSES)
        raise InputError("not_text", "a purpose is a code or a few words", field="purpose", hint=hint)
    names = sensitive_names(values)
    if not names:
        return None
    known = purpose in _PURPOSES
    payload = {"purpose": purpose if known else ReadPurpose.OTHER.value, "fields": names}
    told = {} if known else {"purpose": purpose}
    return Command("reveal", payload, actor, at, claim=claim, personal=told, lenient=True)
