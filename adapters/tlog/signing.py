"""Signing: checkpoints with the log's key, cosignatures with a witness's.

Decision: Ed25519 only; the same text under the same key is always the same bytes, so that publishing again after a
crash publishes nothing new. Authority: C2SP signed-note, tlog-checkpoint, tlog-cosignature. Left out: other kinds of
signature, keys in hardware (anything with ``key`` and ``line`` will do).
"""

from __future__ import annotations

import base64
from typing import Protocol

from ...states.errors import ConfigError
from .verifier.notes import COSIGNATURE, ED25519, Checkpoint, Vkey, cosigned_text, parse_checkpoint

_EM_DASH = "\u2014"


class CheckpointSigner(Protocol):
    """Signs checkpoints of one log."""

    @property
    def key(self) -> Vkey:
        """The public half."""
        ...

    def line(self, text: bytes) -> str:
        """The signature line of a checkpoint's text, without its newline."""
        ...


class Signer:
    """An Ed25519 key with its name; the name of a log's key is the log's origin."""

    def __init__(self, name: str, seed: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._private.public_key().public_bytes_raw()
        self.key = Vkey.of(name, ED25519, self._public)
        Vkey.parse(str(self.key))  # a name that could not stand in a note is refused

    def line(self, text: bytes) -> str:
        """The signature line of a checkpoint's text."""
        return signature_line(self.key, self._private.sign(text))


class PublicHalf:
    """The public half of a log's key, where its key file is not: enough to look, and nothing is signed."""

    def __init__(self, key: Vkey) -> None:
        self.key = key

    def line(self, text: bytes) -> str:
        """Refused: ConfigError."""
        del text
        raise ConfigError("no_log_key", "only the public half of the log's key is here: nothing is signed with it",
                          hint="name the key file: log_key")  # fmt: skip


class Cosigner:
    """A witness's key: it signs the time, too."""

    def __init__(self, name: str, seed: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._private.public_key().public_bytes_raw()
        self.key = Vkey.of(name, COSIGNATURE, self._public)
        Vkey.parse(str(self.key))

    def line(self, text: bytes, at: int) -> str:
        """The cosignature line of a checkpoint's text at a POSIX time."""
        return signature_line(self.key, at.to_bytes(8, "big") + self._private.sign(cosigned_text(text, at)))


def signature_line(key: Vkey, payload: bytes) -> str:
    """A signature line of a note, without its newline."""
    return f"{_EM_DASH} {key.name} {base64.b64encode(key.key_id + payload).decode()}"


def checkpoint_text(origin: str, size: int, root: bytes) -> bytes:
    """What a log signs: origin, size and root, a line each."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n".encode()


def signed_checkpoint(signer: CheckpointSigner, size: int, root: bytes) -> bytes:
    """The signed note of a tree."""
    text = checkpoint_text(signer.key.name, size, root)
    return text + f"\n{signer.line(text)}\n".encode()


def with_lines(note: bytes, lines: list[str]) -> bytes:
    """A note with further signature lines."""
    return note + "".join(f"{line}\n" for line in lines).encode()


def checked(note: bytes, key: Vkey, where: str) -> Checkpoint | None:
    """The checkpoint of a note if this key signed it, else None; Untrue when it is no note."""
    found = parse_checkpoint(note, where)
    ours = [s for s in found.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
    good = bool(ours) and found.origin == key.name and all(key.signed(found.text, s.payload) for s in ours)
    return found if good else None


def trust_file(log: Vkey, witnesses: dict[str, Vkey] | None = None, needed: int = 0) -> bytes:
    """A trust file (tlog-policy): this log, these witnesses, and how many of them must have cosigned."""
    names = dict(witnesses or {})
    lines = [f"log {log}"] + [f"witness {name} {key}" for name, key in names.items()]
    if needed:
        lines += [f"group witnesses {needed} {' '.join(names)}", "quorum witnesses"]
    else:
        lines.append("quorum none")
    return "".join(f"{line}\n" for line in lines).encode()
