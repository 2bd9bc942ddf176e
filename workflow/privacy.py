"""Personal data at the desk: what there is to erase of a claim, whose claims there are, keys changed, reads on record.

Decision: an erasure is an ordinary command with an ordinary entry; what it takes away is read in its own transaction,
so that the entry says exactly what went. Authority: trust notes 5.1. Left out: whether a request must be granted,
which a person decides; the keys themselves, which are the vault's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from .again import again
from .engine import Session
from .plan import Command
from .ports import CaseFilter, EpochRow, RotatingVault, SealedRow, Store, Vault

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


# -- keys ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a change of keys came to: the new epoch, those that are closed, how many data keys were wrapped anew."""

    epoch: str
    closed: tuple[str, ...]
    rewrapped: int
    unreadable: int  #: values whose key was gone already, or that were altered
    dry_run: bool = False


def rotate_keys(store: Store, vault: RotatingVault, *, asked_by: str, approved_by: str, at: str) -> Rotation:
    """Begins an epoch, wraps every data key under it, and destroys the keys of all epochs before.

    Whatever was erased before stays unreadable in every copy of the database from then on, as far as no copy of the
    old key file is left. Safe to be killed anywhere and run again, and while others write: the store refuses what is
    sealed under a closed epoch, and whoever tried it does it again under the new one.
    """
    old = vault.epochs()
    new = vault.new_epoch()

    def closed() -> None:
        with store.write() as unit:
            known = {row.epoch for row in unit.closed_epochs()}
            unit.close_epochs([EpochRow(epoch, new, asked_by, approved_by, at) for epoch in old if epoch not in known])

    again(closed)
    rewrapped = unreadable = 0
    for epoch in old:
        done, lost = _rewrap(store, vault, epoch)
        rewrapped, unreadable = rewrapped + done, unreadable + lost
    for epoch in old:
        vault.forget_epoch(epoch)
    scrub = getattr(store, "scrub", None)
    if scrub is not None:
        scrub()
    return Rotation(new, old, rewrapped, unreadable)


def would_rotate(store: Store, vault: RotatingVault) -> Rotation:
    """The same, without doing anything."""
    old, count = vault.epochs(), 0
    for epoch in old:
        for page in _pages(store, epoch):
            count += len(page)
    return Rotation("", old, count, 0, dry_run=True)


def _rewrap(store: Store, vault: RotatingVault, epoch: str) -> tuple[int, int]:
    rewrapped = unreadable = 0
    for page in _pages(store, epoch):
        made = [vault.rewrap(row) for row in page]
        fresh = [row for row in made if row is not None]

        def kept(fresh: list[SealedRow] = fresh) -> None:
            with store.write() as unit:
                unit.rewrap(fresh)

        again(kept)
        rewrapped, unreadable = rewrapped + len(fresh), unreadable + len(made) - len(fresh)
    return rewrapped, unreadable


def _pages(store: Store, epoch: str) -> Iterator[list[SealedRow]]:
    after: tuple[str, int] | None = None
    while True:
        with store.read() as unit:
            page = unit.sealed_under(epoch, after, _PAGE)
        if page:
            yield page
            after = page[-1].claim, page[-1].seq
        if len(page) < _PAGE:
            return


# -- reading ---------------------------------------------------------------------------------------------------------

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
