"""Files that are there whole or not at all, also after a crash.

Decision: write beside, fsync, rename, fsync the folder; the folder's fsync may be put off to the end of a batch, but
comes before anything that says the batch is there. Authority: trust notes 2.4. Left out: file systems that lie.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

from ...states.errors import StorageError


def put(path: Path, data: bytes, *, mode: int = 0o644, sync_folder: bool = True) -> None:
    """Writes a file, in the place of an older one of that name."""
    beside = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        if sync_folder:
            sync([path.parent])
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise cannot_write(path, error) from None


def put_new(path: Path, data: bytes, *, mode: int = 0o644) -> bool:
    """Writes a file that is not there yet; False when somebody else was quicker, whose file stands."""
    beside = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
    try:
        put(beside, data, mode=mode, sync_folder=False)
        try:
            os.link(beside, path)  # fails when the name is taken, and never shows half a file
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            if path.exists():
                return False
            beside.replace(path)
        sync([path.parent])
    except OSError as error:
        raise cannot_write(path, error) from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    return True


def make_folders(path: Path) -> list[Path]:
    """Makes a folder and those above it; the folders that are to be synced for it to stay."""
    missing: list[Path] = []
    folder = path
    while not folder.is_dir():
        missing.append(folder)
        if folder == folder.parent:
            break
        folder = folder.parent
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from None
    return [f.parent for f in missing]


def sync(folders: Iterable[Path]) -> None:
    """Makes the names in these folders last."""
    if os.name == "nt":
        return
    for folder in dict.fromkeys(folders):
        try:
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise cannot_write(folder, error) from None


@contextmanager
def only_one(path: Path) -> Generator[None]:
    """Holds the lock of a file; the system lets go of it when the process ends, however it ends."""
    try:
        handle = path.open("ab")
    except OSError as error:
        raise cannot_write(path, error) from None
    with handle:
        if os.name == "nt":
            import msvcrt

            while True:
                try:
                    msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
                    break
                except OSError:  # gives up after ten tries of a second
                    continue
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def read(path: Path) -> bytes | None:
    """The bytes of a file, None when there is none."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StorageError("cannot_read", f"{path.name} cannot be read ({type(error).__name__})",
                           hint="look at the folder and at who may read there") from None  # fmt: skip


def tail(path: Path, most: int) -> bytes:
    """The last bytes of a file; none when there is no file."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - most))
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise StorageError("cannot_read", f"{path.name} cannot be read ({type(error).__name__})",
                           hint="look at the folder and at who may read there") from None  # fmt: skip


def append(path: Path, data: bytes) -> None:
    """Adds to a file, which is made when there is none."""
    try:
        is_new = not path.exists()
        with path.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync([path.parent])
    except OSError as error:
        raise cannot_write(path, error) from None


def cannot_write(path: Path, error: OSError) -> StorageError:
    """Our error for a file that could not be written."""
    return StorageError("cannot_write", f"{path.name} cannot be written ({type(error).__name__})",
                        hint="look at the disk, the folder and at who may write there")  # fmt: skip
