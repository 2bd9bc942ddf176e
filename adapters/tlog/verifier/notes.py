"""Signed notes: checkpoints, signature lines and verifier keys.

Authority: c2sp.org signed-note, tlog-checkpoint and tlog-cosignature (Ed25519). Left out: other kinds of signature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Final, NamedTuple

from .ed25519 import ed25519_verify
from .fault import Untrue

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
_NOTE_MAX: Final = 262_144
_SIGNATURES_MAX: Final = 100


class Signature(NamedTuple):
    """One signature line of a note."""

    name: str
    key_id: bytes
    payload: bytes
    line: str


class Checkpoint(NamedTuple):
    """A parsed checkpoint; believe it only after its signatures were checked."""

    origin: str
    size: int
    root: bytes
    text: bytes  #: what is signed
    signatures: tuple[Signature, ...]


def base64_bytes(text: str) -> bytes:
    found = base64.b64decode(text, validate=True)
    if base64.b64encode(found).decode() != text:
        raise ValueError("not canonical base64")
    return found


def _is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name) and name.isprintable()


def _not_a_note(where: str, why: str) -> Untrue:
    return Untrue("bad_note", where, f"this is no signed checkpoint ({why})")


def parse_checkpoint(note: bytes, where: str = "checkpoint") -> Checkpoint:
    """A checkpoint from its note; Untrue when it is none."""
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise _not_a_note(where, "no UTF-8") from None
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n") or len(note) > _NOTE_MAX or any(c < " " and c != "\n" for c in whole):
        raise _not_a_note(where, "its form")
    text += "\n"
    rows = text.split("\n")
    if len(rows) < 4 or not all(rows[:-1]) or not re.fullmatch(r"0|[1-9][0-9]{0,18}", rows[1], re.ASCII):
        raise _not_a_note(where, "its lines")
    try:
        root = base64_bytes(rows[2])
        signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
    except (ValueError, binascii.Error):
        raise _not_a_note(where, "its base64 or a signature line") from None
    if len(root) != 32 or len(signatures) > _SIGNATURES_MAX:
        raise _not_a_note(where, "its root or too many signatures")
    return Checkpoint(rows[0], int(rows[1]), root, text.encode(), signatures)


def _signature(line: str) -> Signature:
    dash, name, blob = line.split(" ")
    payload = base64_bytes(blob)
    if dash != "\u2014" or not _is_key_name(name) or len(payload) < 5:
        raise ValueError("no signature line")
    return Signature(name, payload[:4], payload[4:], line)


class Vkey(NamedTuple):
    """A public key as signed notes write it: ``name+hex(id)+base64(type || key)``."""

    name: str
    key_id: bytes
    kind: int
    key: bytes

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([self.kind]) + self.key).decode()}"

    @classmethod
    def of(cls, name: str, kind: int, key: bytes) -> Vkey:
        """The vkey of a public key; its id is made from the rest."""
        return cls(name, hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4], kind, key)

    @classmethod
    def parse(cls, text: str) -> Vkey:
        """A vkey from its text; ValueError when it is none."""
        name, _, rest = text.partition("+")
        number, _, blob = rest.partition("+")
        data = base64_bytes(blob)
        if not _is_key_name(name) or not re.fullmatch(r"[0-9a-f]{8}", number) or len(data) < 2:
            raise ValueError("no vkey")
        found = cls(name, bytes.fromhex(number), data[0], data[1:])
        if found.kind in (ED25519, COSIGNATURE) and (len(found.key) != 32 or found != cls.of(name, data[0], data[1:])):
            raise ValueError("no vkey: its id does not fit its key")
        return found

    def signed(self, text: bytes, payload: bytes) -> bool:
        """Whether ``payload`` is this key's signature of a checkpoint's text."""
        if self.kind == ED25519:
            return ed25519_verify(self.key, payload, text)
        if self.kind == COSIGNATURE and len(payload) == 72:
            at = int.from_bytes(payload[:8], "big")
            return at < 2**63 and ed25519_verify(self.key, payload[8:], cosigned_text(text, at))
        return False


def cosigned_text(text: bytes, at: int) -> bytes:
    """What a witness signs (c2sp.org/tlog-cosignature, Ed25519)."""
    return b"cosignature/v1\ntime " + str(at).encode() + b"\n" + text
