"""The key file of a log: one line, beside the vault's keys, for its owner alone.

Decision: the text form of golang.org/x/mod/sumdb/note (``PRIVATE+KEY+name+id+...``), so that the Go tools read it too;
the key's name is the log's origin. Made on first use. Left out: keys in hardware or with a key service, which are
another ``CheckpointSigner``; a second key of one log (list both in the trust file).
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Literal, overload

from ...states.errors import ConfigError
from . import files
from .signing import Cosigner, Signer
from .verifier.notes import COSIGNATURE, ED25519

_HEAD = "PRIVATE+KEY"
_OPEN_TO_OTHERS = 0o077
_SEED = 32


def signer_from(path: Path, origin: str, *, random: Callable[[int], bytes] = os.urandom) -> Signer:
    """The log's signer; its key is made when there is none."""
    if not path.exists():
        seed = random(_SEED)
        files.put_new(path, key_text(Signer(origin, seed), seed), mode=0o600)
    signer = read_signer(path)
    if signer.key.name != origin:
        raise ConfigError("other_log", f"the key file {path.name} belongs to another log", hint="name the right one")
    return signer


def cosigner_from(path: Path, name: str | None, random: Callable[[int], bytes] = os.urandom) -> Cosigner:
    """The key of a witness, made under ``name`` when there is none."""
    if not path.exists():
        if name is None:
            raise ConfigError("no_witness_key", "there is no key of a witness yet", hint="give it a name: --name")
        seed = random(_SEED)
        files.make_folders(path.parent)
        files.put_new(path, key_text(Cosigner(name, seed), seed), mode=0o600)
    found = _read(path, COSIGNATURE)
    if name is not None and found.key.name != name:
        raise ConfigError("other_witness", f"the key file {path.name} belongs to {found.key.name}", field="--name")
    return found


def read_signer(path: Path) -> Signer:
    """The signer of a key file."""
    return _read(path, ED25519)


@overload
def _read(path: Path, kind: Literal[1]) -> Signer: ...
@overload
def _read(path: Path, kind: Literal[4]) -> Cosigner: ...
def _read(path: Path, kind: int) -> Signer | Cosigner:
    hint = "it belongs to its owner alone: chmod 600, and restore it from its backup if it is damaged"
    try:
        if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & _OPEN_TO_OTHERS:
            raise ConfigError("keys_open_to_others", f"other users may read the key file {path.name}", hint=hint)
        return _parsed(path.read_bytes(), kind)
    except (OSError, ValueError, binascii.Error) as error:
        raise ConfigError("bad_keys", f"the key file {path.name} cannot be used ({type(error).__name__})",
                          hint=hint) from None  # fmt: skip


def key_text(signer: Signer | Cosigner, seed: bytes) -> bytes:
    """The line of a key file."""
    body = base64.b64encode(bytes([signer.key.kind]) + seed).decode()
    return f"{_HEAD}+{signer.key.name}+{signer.key.key_id.hex()}+{body}\n".encode()


def parse_key(data: bytes) -> Signer:
    """The signer of a key file's bytes; ValueError when they are none."""
    found = _parsed(data, ED25519)
    assert isinstance(found, Signer)  # noqa: S101  # of this kind
    return found


def _parsed(data: bytes, kind: int) -> Signer | Cosigner:
    head, key, name, number, body = data.decode("ascii").removesuffix("\n").split("+", 4)
    blob = base64.b64decode(body, validate=True)
    if f"{head}+{key}" != _HEAD or len(blob) != 1 + _SEED or blob[0] != kind:
        raise ValueError("no key of ours")
    signer = Signer(name, blob[1:]) if kind == ED25519 else Cosigner(name, blob[1:])
    if signer.key.key_id.hex() != number:
        raise ValueError("its id does not fit")
    return signer
