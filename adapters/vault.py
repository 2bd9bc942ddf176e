"""Personal values, sealed: one data key for each sealing, wrapped by an epoch key that is kept outside the store.

Decision: AES-256-GCM with random 96-bit nonces. The data key's wrapping is bound to claim, subject, place, schema and
epoch, the values to the same without the epoch, so that a new epoch only wraps the data keys again and never touches
the values. For each value the journal gets a keyed commitment; its 32-byte key lies among the sealed values, so that
erasing them also makes the commitment mean nothing. Authority: trust notes 2.2 and 5.1. Left out: key services and
hardware (another ``Vault`` does that); who asked for an erasure, which is an entry of the journal.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import orjson

from ..states.errors import ConfigError, IntegrityFailure
from ..states.journal import commitment
from ..workflow.ports import SealedRow

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SCHEMA: Final = 1
_KEY: Final = 32
_NONCE: Final = 12
_SUBJECT: Final = 16
_OPEN_TO_OTHERS: Final = 0o077
_MISSING: Final = (
    "the key file {} is not there: names, contacts, injuries and free texts of this database cannot be read, and"
    " nothing is sealed under a new key instead"
)
_WAY_ON: Final = "restore it from its backup, or name it with CLAIMDESK_KEYS; claimdesk doctor says what hangs on it"

Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Opened:
    """Sealed values in clear: the values themselves and the key of each field's commitment."""

    values: dict[str, Any]
    keys: dict[str, bytes]


class FileVault:
    """Seals with epoch keys from a file, made on first use; without a path the keys die with the process."""

    def __init__(
        self, path: str | Path | None, *, random: Random = os.urandom, begun: Callable[[], bool] | None = None
    ) -> None:
        """``begun``: whether something is there that only a key file made earlier can open; then none is made."""
        self.path = None if path is None else Path(path)
        self._random, self._begun = random, begun
        self._lock = Lock()
        self._keys: dict[str, AESGCM] = {}
        self._current = ""
        self._digest = b""
        self._seen: tuple[int, ...] = ()
        self._gone: set[str] = set()

    # -- the port ------------------------------------------------------------------------------------------------

    def seal(self, claim: str, seq: int, values: Mapping[str, Any]) -> tuple[SealedRow, list[dict[str, str]]]:
        """(the row to keep, commitments for the journal entry: field, commit, subject)."""
        self._load()
        fields = list(flattened(values))
        bits = self._random(_SUBJECT + _KEY + 2 * _NONCE + _KEY * len(fields))
        subject, bits = bits[:_SUBJECT].hex(), bits[_SUBJECT:]
        data_key, bits = bits[:_KEY], bits[_KEY:]
        nonce, wrap_nonce, bits = bits[:_NONCE], bits[_NONCE : 2 * _NONCE], bits[2 * _NONCE :]
        keys = {name: bits[i * _KEY : (i + 1) * _KEY] for i, (name, _) in enumerate(fields)}
        plain = _packed(values, keys)  # refuses what is no JSON, before anything else reads it
        commitments = [
            {"field": name, "commit": commitment(keys[name], name, text), "subject": subject} for name, text in fields
        ]
        epoch = self._current
        bound = _bound(claim, subject, seq)
        wrapped = self._keys[epoch].encrypt(wrap_nonce, data_key, _bound(claim, subject, seq, epoch))
        ciphertext = _cipher(data_key).encrypt(nonce, plain, bound)
        return SealedRow(claim, seq, subject, epoch, wrap_nonce + wrapped, nonce, ciphertext), commitments

    def unseal(self, rows: Sequence[SealedRow]) -> dict[str, Any]:
        """The personal values of a case, later rows over earlier ones; what cannot be opened is left out."""
        found: dict[str, Any] = {}
        for row in sorted(rows, key=lambda r: r.seq):
            opened = self.open(row)
            if opened is not None:
                found = _merged(found, opened.values)
        return found

    def digest(self, data: bytes) -> str:
        """``hmac-sha256:...`` of ``data`` under a key of its own, which no epoch ends."""
        self._load()
        if not self._digest:
            self._add_digest_key()
        return "hmac-sha256:" + hmac.digest(self._digest, data, "sha256").hex()

    def refresh(self) -> None:
        """Reads the key file again where another process has changed it."""
        if self.path is None or not self._keys:
            return
        try:
            now = _shape(self.path)
        except OSError:
            return  # what was read goes on to serve; the next process says that the file is gone
        if now != self._seen:
            with self._lock:
                self._take(self._read())

    # -- beyond the port -----------------------------------------------------------------------------------------

    def open(self, row: SealedRow) -> Opened | None:
        """The values of one row and their commitment keys; None when its key is gone or it was altered."""
        data_key = self._unwrapped(row)
        if data_key is None:
            return None
        plain = _opened(_cipher(data_key), row.nonce, row.ciphertext, _bound(row.claim, row.subject, row.seq))
        return None if plain is None else _unpacked(plain)

    def faults(self, row: SealedRow, commitments: Sequence[Mapping[str, str]]) -> list[str]:
        """Fields whose sealed value is not what the journal entry committed to (names only)."""
        opened = self.open(row)
        if opened is None:
            return ["not readable"]
        made = {name: commitment(opened.keys.get(name, b""), name, text) for name, text in flattened(opened.values)}
        told = {c["field"]: c["commit"] for c in commitments if c["subject"] == row.subject}
        return sorted(name for name in {*made, *told} if made.get(name) != told.get(name))

    def rewrap(self, row: SealedRow) -> SealedRow | None:
        """The same values with their data key under the current epoch; None when it cannot be opened."""
        data_key = self._unwrapped(row)
        if data_key is None:
            return None
        nonce, epoch = self._random(_NONCE), self._current
        wrapped = self._keys[epoch].encrypt(nonce, data_key, _bound(row.claim, row.subject, row.seq, epoch))
        return row._replace(epoch=epoch, wrapped=nonce + wrapped)

    def epochs(self) -> tuple[str, ...]:
        """The epochs there are keys for, oldest first; the last one seals."""
        self._load()
        self.refresh()
        return tuple(e["id"] for e in self._kept["epochs"])

    def new_epoch(self) -> str:
        """Begins an epoch: what is sealed from now on is under a new key. Its name."""
        self._load()
        with self._lock:
            kept = self._read() if self.path is not None else self._kept
            made = _with_new(kept, self._random)
            self._keep(made)
            return made["current"]

    def forget_epoch(self, epoch: str) -> None:
        """Destroys an epoch's key: every copy of what it still wraps becomes unreadable, in backups too."""
        self._load()
        with self._lock:
            kept = self._read() if self.path is not None else self._kept
            if epoch == kept["current"]:
                raise ConfigError("epoch_in_use", "the current epoch cannot be forgotten", hint="begin a new one first")
            epochs = [e for e in kept["epochs"] if e["id"] != epoch]
            self._keep({**kept, "epochs": epochs}, wiped=True)

    # -- epoch keys ----------------------------------------------------------------------------------------------

    def _unwrapped(self, row: SealedRow) -> bytes | None:
        self._load()
        key = self._keys.get(row.epoch) or self._from_elsewhere(row.epoch)
        if key is None:
            return None
        bound = _bound(row.claim, row.subject, row.seq, row.epoch)
        return _opened(key, row.wrapped[:_NONCE], row.wrapped[_NONCE:], bound)

    def _from_elsewhere(self, epoch: str) -> AESGCM | None:
        # Another process may have begun an epoch since the file was read; a destroyed one is not looked for again.
        if self.path is None or epoch in self._gone:
            return None
        with self._lock:
            self._take(self._read())
            if epoch not in self._keys:
                self._gone.add(epoch)
            return self._keys.get(epoch)

    def _load(self) -> None:
        if self._keys:
            return
        with self._lock:
            if self._keys:
                return
            if self.path is None:
                self._take(self._first())
                return
            if not self.path.exists():
                if self._begun is not None and self._begun():
                    raise ConfigError("keys_missing", _MISSING.format(self.path.name), field="keys", hint=_WAY_ON)
                _create(self.path, self._first())
            self._take(self._read())

    def _first(self) -> dict[str, Any]:
        made = _with_new({"v": SCHEMA, "epochs": [], "current": ""}, self._random)
        return {**made, "digest": base64.b64encode(self._random(_KEY)).decode()}

    def _add_digest_key(self) -> None:
        """A key file of an earlier version gets its key for digests when one is first asked for."""
        with self._lock:
            kept = self._read() if self.path is not None else self._kept
            if not kept.get("digest"):
                kept = {**kept, "digest": base64.b64encode(self._random(_KEY)).decode()}
            self._keep(kept)

    def _take(self, kept: dict[str, Any]) -> None:
        self._kept = kept
        self._current = kept["current"]
        self._keys = {e["id"]: _cipher(base64.b64decode(e["key"])) for e in kept["epochs"]}
        self._digest = base64.b64decode(kept.get("digest", ""))

    def _keep(self, made: dict[str, Any], *, wiped: bool = False) -> None:
        if self.path is not None:
            _replace(self.path, made, wiped=wiped)
            self._seen = _shape(self.path)
        self._take(made)

    def _read(self) -> dict[str, Any]:
        path = self.path
        assert path is not None  # noqa: S101  # only called where there is a file
        hint = "it belongs to its owner alone: chmod 600, and restore it from its backup if it is damaged"
        try:
            if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & _OPEN_TO_OTHERS:
                raise ConfigError("keys_open_to_others", f"other users may read the key file {path.name}", hint=hint)
            self._seen = _shape(path)
            kept: dict[str, Any] = json.loads(path.read_bytes())
            sound = kept["v"] == SCHEMA and any(e["id"] == kept["current"] for e in kept["epochs"])
            sound = sound and all(len(base64.b64decode(e["key"], validate=True)) == _KEY for e in kept["epochs"])
            sound = sound and len(base64.b64decode(kept.get("digest", ""), validate=True)) in (0, _KEY)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                "bad_keys", f"the key file {path.name} cannot be used ({type(error).__name__})", hint=hint
            ) from None
        if not sound:
            raise ConfigError("bad_keys", f"the key file {path.name} is not one of ours", hint=hint)
        return kept


def _with_new(kept: dict[str, Any], random: Random) -> dict[str, Any]:
    bits = random(_KEY + 4)
    name = f"e{len(kept['epochs']) + 1}-{bits[_KEY:].hex()}"
    made = {"id": name, "key": base64.b64encode(bits[:_KEY]).decode()}
    return {**kept, "epochs": [*kept["epochs"], made], "current": name}


def _create(path: Path, kept: dict[str, Any]) -> None:
    """Writes the first key file; when another process was quicker, its file stands."""
    beside = _written(path, kept)
    try:
        # A link fails when the name is taken, and never shows half a file.
        os.link(beside, path)
        _sync_folder(path.parent)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        if not path.exists():
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _shape(path: Path) -> tuple[int, ...]:
    """What tells that a file was put in the place of another."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _replace(path: Path, kept: dict[str, Any], *, wiped: bool = False) -> None:
    """Puts a new key file in the place of the old one; ``wiped``: the old one's bytes are overwritten.

    The new file stands before the old one is touched, so that a crash never leaves none. A copy that a crash left is
    overwritten the next time.
    """
    old = path.with_name(f".{path.name}.old")
    if wiped:
        with suppress(OSError):  # a file system without links: the old file is replaced, not overwritten
            _wipe(old)
            os.link(path, old)
    _written(path, kept).replace(path)
    _sync_folder(path.parent)
    if wiped:
        _wipe(old)
        _sync_folder(path.parent)


def _wipe(path: Path) -> None:
    """Overwrites a file and removes it; a disk that writes elsewhere may still hold it, a backup does."""
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return


def _written(path: Path, kept: dict[str, Any]) -> Path:
    beside = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigError(
            "cannot_keep_keys",
            f"the key file {path.name} cannot be made ({type(error).__name__})",
            hint="look at the folder and at who may write there",
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(json.dumps(kept, indent=1).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return beside


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _cipher(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _opened(cipher: AESGCM, nonce: bytes, ciphertext: bytes, bound: bytes) -> bytes | None:
    from cryptography.exceptions import InvalidTag

    try:
        return cipher.decrypt(nonce, ciphertext, bound)
    except (InvalidTag, ValueError):
        return None


def _bound(claim: str, subject: str, seq: int, epoch: str | None = None) -> bytes:
    # JSON keeps the parts apart: no two different lists give the same text.
    parts = ["claimdesk", SCHEMA, claim, subject, seq, epoch]
    return orjson.dumps(parts) if claim.isascii() else _plain(parts).encode()


_plain = json.JSONEncoder(separators=(",", ":")).encode
_pack = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode


def _packed(values: Mapping[str, Any], keys: Mapping[str, bytes]) -> bytes:
    """The bytes to be sealed; of values that were flattened already, so that each leaf is known to be JSON."""
    body = {"values": values, "keys": {n: base64.b64encode(k).decode() for n, k in keys.items()}}
    try:
        return orjson.dumps(body)
    except TypeError:  # a long number, a key that is a number, half a character
        pass
    try:
        return _pack(body).encode()
    except (TypeError, ValueError):  # UnicodeEncodeError holds the text it stumbled over
        raise IntegrityFailure("not_sealable", "personal values must be JSON values") from None


def _unpacked(plain: bytes) -> Opened:
    body = json.loads(plain)
    return Opened(body["values"], {name: base64.b64decode(key) for name, key in body["keys"].items()})


def flattened(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """(field, text) of every value: nested names are joined with ``_``, what is no text is its JSON."""
    found: list[tuple[str, str]] = []
    _leaves(values, prefix, found)
    if len(dict(found)) == len(found):
        yield from found
        return
    taken: set[str] = set()
    for name, text in found:
        unique, count = name, 2
        while unique in taken:
            unique, count = f"{name}_{count}", count + 1
        taken.add(unique)
        yield unique, text


def _leaves(value: Any, name: str, found: list[tuple[str, str]]) -> None:
    if isinstance(value, str):
        found.append((name, value))
        return
    if isinstance(value, Mapping) and value:
        items: list[tuple[str, Any]] = sorted([(str(k), v) for k, v in value.items()])  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    elif isinstance(value, list | tuple) and value:
        items = [(str(i), v) for i, v in enumerate(value)]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    else:
        found.append((name, _packed_leaf(value)))
        return
    for key, item in items:
        _leaves(item, f"{name}_{key}" if name else key, found)


def _packed_leaf(value: Any) -> str:
    try:
        return _pack(value)
    except (TypeError, ValueError):
        raise IntegrityFailure("not_sealable", "personal values must be JSON values") from None


def _merged(old: dict[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(old)
    for name, value in new.items():
        kept = found.get(name)
        if isinstance(kept, dict) and isinstance(value, dict):
            value = _merged(kept, value)  # noqa: PLW2901  # pyright: ignore[reportUnknownArgumentType]
        found[name] = value
    return found
