"""Keys changed: every data key wrapped under a new epoch, the epochs before given up. Two people stand for it.

Decision: after an erasure the values could still be read in an older copy of the database with the old key; changing
the keys ends that. Authority: trust notes 5.1. Left out: how a key is kept, which is the vault's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..states.codes import RefusalCode
from ..states.errors import ConfigError, Refused
from ..states.roles import stands_with
from .again import again
from .ports import EpochRow, RotatingVault, SealedRow, Store, Vault
from .told import visible

_PAGE: Final = 500


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


def with_epochs(vault: Vault) -> RotatingVault:
    """The vault, whose epochs can be given up; ConfigError where its keys are kept elsewhere."""
    known: Any = vault
    if not hasattr(known, "forget_epoch"):
        raise ConfigError("keys_elsewhere", "the keys of this desk are changed where they are kept")
    return known


def by_two_people(asked_by: str, approved_by: object) -> tuple[str, str]:
    """Who asks for a change of keys and who approved it; Refused where that is one person, or none."""
    second = visible(approved_by, "approved_by")
    if stands_with(second, asked_by):
        return asked_by, second
    raise Refused(
        RefusalCode.NEEDS_SECOND_PERSON.value,
        "a change of keys needs a second person",
        hint="name another person who approved (approved_by); rules and scripts are no persons",
    )
