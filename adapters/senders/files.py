"""Letters as files: one a letter, for a mail room, a print shop or a program that picks them up.

A file appears whole or not at all (written aside, synced, renamed). Its name is the notice's id and nothing else, in
one of 256 folders by the digest of the id, so no folder grows without bound and no name says anything about a person.
The same letter again changes nothing; a letter rendered anew under the same id replaces the file, because the desk
records what it handed over last. Left out: cleaning up, which belongs to whoever picks the files up.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from ...workflow.ports import Letter
from .errors import DeliveryFailed

_ID = re.compile(r"[A-Z]{2,8}-[0-9A-Z]{1,40}\Z", re.ASCII)


class FileSender:
    """Writes letters under ``folder``; ``address`` adds a To line.

    Each letter is on the disk when ``send`` returns. With ``sync=False`` that is so after ``flush``, once for a whole
    batch and much faster; a letter must not be recorded as handed over before.
    """

    name = "files"

    def __init__(self, folder: str | Path, *, sync: bool = True, address: bool = False) -> None:
        self.folder = Path(folder)
        self.needs_address = address
        self._sync = sync or not hasattr(os, "sync")

    def path_of(self, notice_id: str) -> Path:
        """Where the letter of this id stands."""
        if not _ID.match(notice_id):
            raise DeliveryFailed("bad_notice_id", "this is not the id of a notice")
        shard = hashlib.sha256(notice_id.encode()).hexdigest()[:2]
        return self.folder / shard / f"{notice_id}.txt"

    def send(self, letter: Letter) -> None:
        """Writes the letter whole, or raises."""
        path = self.path_of(letter.id)
        data = as_text(letter, address=self.needs_address).encode()
        try:
            if path.exists() and path.read_bytes() == data:
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            self._write(path, data)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else "input or output error"
            raise DeliveryFailed("not_written", f"the letter could not be written: {why}") from None

    def flush(self) -> None:
        """Everything sent so far is on the disk when this returns."""
        if not self._sync:
            os.sync()

    def forget(self, notice_id: str) -> bool:
        """Removes the file of a letter, overwritten first; False when there is none (any more)."""
        path = self.path_of(notice_id)
        try:
            for left in [*path.parent.glob(f".{path.name}.*.tmp"), path]:
                with left.open("r+b") as file:
                    file.write(bytes(left.stat().st_size))
                    file.flush()
                    os.fsync(file.fileno())
                left.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else "input or output error"
            raise DeliveryFailed("not_removed", f"the file of a letter could not be removed: {why}") from None
        return True

    def _write(self, path: Path, data: bytes) -> None:
        aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        try:
            handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                if self._sync:
                    os.fsync(file.fileno())
            aside.replace(path)
        except BaseException:
            with suppress(OSError):
                aside.unlink()
            raise
        if self._sync and os.name != "nt":
            _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def as_text(letter: Letter, *, address: bool) -> str:
    """The letter as text: a few header lines, an empty line, the body."""
    head = {
        "Notice": letter.id, "Claim": letter.claim, "Kind": letter.kind, "Party": letter.party,
        "Language": letter.language, "To": letter.to if address else None, "Subject": letter.subject,
    }  # fmt: skip
    lines = "".join(f"{name}: {' '.join(value.split())}\n" for name, value in head.items() if value)
    return f"{lines}\n{letter.body}"
