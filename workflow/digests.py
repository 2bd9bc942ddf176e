"""Digests of what was filed and asked, kept to know it again: keyed, so that nobody guesses what they stand for.

Decision: a plain hash of a line with a name and an amount could be found by trying names, by whoever holds a copy of
the database; under a key that is kept outside it cannot. A store remembers which key it began with, and another key is
refused before it is used: with it nothing would be known again, and a file could be filed twice. Stores that were made
before keep their plain digests. Authority: trust notes 5.1 and 7.
"""

from __future__ import annotations

from ..states.errors import ConfigError
from ..states.journal import sha256_text
from .ports import ReadUnit, Vault, WriteUnit

#: Names in the store's own values: how it digests, and what its key makes of a known text.
KIND, CHECK = "digests", "digest_check"
KEYED = "keyed"


class Digests:
    """Digests under the vault's key, for one store."""

    def __init__(self, vault: Vault, origin: str, kind: str | None) -> None:
        self._vault = vault
        self._known = origin.encode()
        self._keyed = kind == KEYED
        self._verified = not self._keyed

    def of(self, data: bytes) -> str:
        """The digest of ``data``; ``verify`` must have been asked before it is written or compared."""
        return self._vault.digest(data) if self._keyed else sha256_text(data)

    def check(self, unit: ReadUnit) -> None:
        """ConfigError when the vault's key is not the one this store began with; writes nothing."""
        kept = None if self._verified else unit.meta(CHECK)
        if kept is not None:
            if kept != self._vault.digest(self._known):
                raise _other_keys()
            self._verified = True

    def verify(self, unit: WriteUnit) -> None:
        """ConfigError when the vault's key is not the one this store began with; asks the store only once."""
        if self._verified:
            return
        made, kept = self._vault.digest(self._known), unit.meta(CHECK)
        if kept is None:
            unit.set_meta(CHECK, made)  # it may still be thrown away with this unit: looked at again the next time
        elif kept != made:
            raise _other_keys()
        else:
            self._verified = True


def is_under(vault: Vault, origin: str | None, check: str | None) -> bool:
    """Whether a vault has the key that a store began with; ``check`` is what the store remembers of it."""
    return check is None or vault.digest((origin or "").encode()) == check


def _other_keys() -> ConfigError:
    return ConfigError(
        "other_keys",
        "this key file is not the one the database began with: personal values could not be read, and what was filed"
        " would not be known again; nothing is written under it",
        field="keys",
        hint="restore the key file from its backup, or name it with CLAIMDESK_KEYS",
    )
