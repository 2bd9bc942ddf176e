"""A file that takes its name when it is whole, for its owner alone: not everybody may read an export or a pack."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ...states.errors import InputError, StorageError
from ..outputs import check_output


@contextmanager
def whole_file(target: str | Path, option: str = "--output") -> Generator[IO[bytes]]:
    """A file to write to; whatever goes wrong leaves nothing behind, and an older file of that name as it was."""
    path = check_output(target, option)
    if straight(path):
        with _through(path, option) as through:
            yield through
        return
    path = path.resolve() if path.is_symlink() else path  # the file it leads to is replaced, not the link
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "w+b", opener=_private) as file:  # pathlib's has no opener
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        _gone(beside)
        kind = StorageError if error.errno in _PASSING else InputError  # a place that is wrong stays wrong
        raise kind("cannot_write", f"the file cannot be written: {error.strerror}", field=option,
                   hint="look at the folder and at who may write there") from None  # fmt: skip
    except BaseException:
        _gone(beside)
        raise


def straight(path: Path) -> bool:
    """Whether a name is a device or a pipe: it is written to; a file in its place would break the machine."""
    try:
        return path.exists() and not path.is_file()
    except OSError:
        return False  # whoever opens it says what is wrong


@contextmanager
def _through(path: Path, option: str) -> Generator[IO[bytes]]:
    try:
        with path.open("wb") as file:
            yield file
    except OSError as error:
        kind = StorageError if error.errno in _PASSING else InputError
        raise kind("cannot_write", f"the file cannot be written: {error.strerror}", field=option) from None


#: What another try may not meet again.
_PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)


def _gone(beside: Path) -> None:
    with suppress(OSError):  # the folder may be a file, or not there
        beside.unlink(missing_ok=True)


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
