"""Personal data at the desk: what there is to erase of a claim.

Decision: an erasure is an ordinary command with an ordinary entry; what it takes away is read in its own transaction,
so that the entry says exactly what went. Authority: trust notes 5.1. Left out: whether a request must be granted,
which a person decides; the keys themselves, which are the vault's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from .engine import Session
from .plan import Command
from .ports import CaseFilter, Store, Vault

_PAGE: Final = 500


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
