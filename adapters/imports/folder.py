"""The files a manifest of evidence names: their digests, and copies that are named by them.

Decision: a name in a manifest stays inside its folder, whatever it says and wherever a link in it leads; the name
itself may say who somebody is ("scan passport J Smith.jpg"), so it goes into no message, and what is copied is named by
its digest, as ``audit verify --evidence`` looks for it. A file is read in blocks: a video is no larger than a photo.
Left out: looking into files; what they show is for people. Authority: UX notes 6.1 (I7).
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PureWindowsPath

from ...states.errors import InputError, StorageError
from ...workflow.imports.problems import ImportCode, problem
from ...workflow.imports.rows import Wrong

_BLOCK = 1 << 20


class Folder:
    """The folder the names of a manifest are meant in. ``kept``: where copies go, or None."""

    def __init__(self, root: Path, kept: Path | None = None) -> None:
        if not root.is_dir():
            raise InputError(
                "cannot_read", "there is no such folder", field="--folder", hint="give the folder of the files"
            )
        self._root = root.resolve()
        self._kept = kept
        if kept is not None:
            try:
                kept.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                message = f"the folder of the copies cannot be made: {error.strerror}"
                raise InputError("cannot_write", message, field="--copy-to") from None

    def digest(self, path: str) -> str:
        """SHA-256 of a file in hex; ``Wrong`` when it is not there, is empty or stands outside the folder."""
        found, size = hashlib.sha256(), 0
        try:
            for block in _blocks(self._found(path)):
                found.update(block)
                size += len(block)
        except OSError:
            raise _missing("this file cannot be read") from None
        if not size:
            raise Wrong(problem(ImportCode.FILE_EMPTY, "this file is empty", "send the file again"))
        return found.hexdigest()

    def keep(self, path: str, sha256: str) -> None:
        """A copy under its digest, whole or not there; one that is there already stays.

        The claim has the file by then, so what goes wrong here is no fault of the row: StorageError ends the run, and
        the same import again makes the copies that are missing.
        """
        if self._kept is None or (self._kept / sha256).is_file():
            return
        beside = self._kept / f".{sha256}.{os.getpid()}"
        try:
            found = hashlib.sha256()
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                for block in _blocks(self._found(path)):
                    found.update(block)
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            if found.hexdigest() != sha256:
                raise _changed()
            beside.replace(self._kept / sha256)
        except Wrong:
            raise _changed() from None
        except OSError as error:
            raise _not_kept(error) from None
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)

    def _found(self, path: str) -> Path:
        """The file itself; manifests are written on other systems, so both slashes and both forms of accents fit."""
        windows = PureWindowsPath(path)
        if windows.drive or windows.root or ".." in windows.parts:
            raise _outside()
        plain = path.replace("\\", "/")
        for name in dict.fromkeys((path, plain, *(unicodedata.normalize(f, plain) for f in ("NFC", "NFD")))):
            try:
                real = (self._root / name).resolve()
                there = real.is_file()
            except (OSError, ValueError):  # a name no file can have
                continue
            if there:
                if not real.is_relative_to(self._root):
                    raise _outside()
                return real
        raise _missing("there is no such file in the folder")


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _missing(message: str) -> Wrong:
    return Wrong(problem(ImportCode.FILE_MISSING, message, "put the name right, or say where the files are: --folder"))


def _outside() -> Wrong:
    return Wrong(
        problem(ImportCode.FILE_OUTSIDE, "this name leads out of the folder", "a name in the folder, without ..")
    )


def _not_kept(error: OSError) -> StorageError:
    message = f"the copies cannot be written: {error.strerror}"
    return StorageError("cannot_write", message, field="--copy-to", hint="make room there, then the same import again")


def _changed() -> StorageError:
    message = "a file changed or went away while it was copied"
    return StorageError("cannot_write", message, field="--copy-to", hint="the same import again")
