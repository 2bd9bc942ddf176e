"""Publication: the log as plain files in a folder, for any web server, any copy and any verifier.

Decision: tiles and bundles first, the checkpoint last, each file whole or not at all; the same log always gives the
same files, so whatever a crash cut short is simply done again. A full tile on disk that differs from ours is history
somebody has seen: nothing is published over it. A partial tile goes when the full one is published, not before.
Authority: C2SP tlog-tiles, trust notes 2.4 and 2.5. Left out: uploading (any tool that copies the checkpoint last).

    FOLDER/log/checkpoint, FOLDER/log/tile/...     what is published
    FOLDER/origin, FOLDER/vkey, FOLDER/tlog-policy  for whoever is to verify it, to be handed over by another way
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ...states.errors import IntegrityFailure
from ...workflow.ports import Store
from . import files
from .forms import bundle
from .ports import LogRead
from .prove import tile_widths
from .signing import checked
from .units import log_read
from .verifier.fault import Untrue
from .verifier.notes import Checkpoint, Vkey
from .verifier.tree import WIDTH, tile_path

_BUNDLES: Final = -1
_ARCHIVE_TAIL: Final = 65_536
_AT_ONCE: Final = 16  # files gathered in one reading transaction
_DASH: Final = "\u2014 ".encode()


@dataclass(slots=True)
class Published:
    """What a publication wrote."""

    size: int = 0  #: of what is published now
    files: list[str] = field(default_factory=lambda: [])
    removed: int = 0


@dataclass(frozen=True, slots=True)
class AtHand:
    """Entries that follow each other in the log, from a place on."""

    first: int
    entries: Sequence[bytes]

    def of(self, start: int, end: int) -> Sequence[bytes] | None:
        """The entries of these places; None unless all of them are here."""
        if start < self.first or end > self.first + len(self.entries):
            return None
        return self.entries[start - self.first : end - self.first]


NOTHING: Final = AtHand(0, ())


class Publisher:
    """Keeps a folder equal to a log."""

    def __init__(self, folder: Path, archive: Path | None = None) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.archive = archive  #: every published checkpoint, one after the other, better kept on another machine

    # -- what outsiders have seen ----------------------------------------------------------------------------------

    def checkpoint(self) -> bytes | None:
        """The checkpoint that is published, None when there is none."""
        return files.read(self.log / "checkpoint")

    def archived(self, key: Vkey) -> Checkpoint | None:
        """The last checkpoint of the archive that this key signed."""
        if self.archive is None:
            return None
        for note in _notes(files.tail(self.archive, _ARCHIVE_TAIL)):
            with suppress(Untrue):
                found = checked(note, key, "archive")
                if found is not None:
                    return found
        return None

    # -- publishing ------------------------------------------------------------------------------------------------

    def belongs_to(self, key: Vkey) -> None:
        """IntegrityFailure when the folder holds another log."""
        for name, data in _names(key).items():
            if files.read(self.folder / name) not in (None, data):
                raise IntegrityFailure("other_log", "the folder holds another log",
                                       hint="name another folder, or the key of the log that is there")  # fmt: skip

    def vkey(self) -> Vkey | None:
        """The public key that stands in the folder; None where there is none that can be read."""
        try:
            return Vkey.parse((files.read(self.folder / "vkey") or b"").decode().strip())
        except ValueError:
            return None

    def trust(self, key: Vkey, trust_file: bytes) -> None:
        """Writes what whoever verifies the log needs to know, beside the log."""
        for name, data in {**_names(key), "tlog-policy": trust_file}.items():
            self._keep(name, data)

    def _keep(self, name: str, data: bytes) -> None:
        if files.read(self.folder / name) != data:
            files.put(self._made(self.folder) / name, data)

    def publish(self, store: Store, size: int, note: bytes, key: Vkey, at_hand: AtHand = NOTHING) -> Published:
        """Publishes the tree of ``size`` leaves under ``note``; nothing when as much or more is published already.

        ``at_hand``: what was given places and committed just now, which need not be read again.
        """
        done = Published()
        with files.only_one(self._made(self.folder) / ".lock"):
            before, old = self.checkpoint(), 0
            if before is not None:
                old = signed_by(key, before, "the published checkpoint").size
            done.size = old
            if old > size or before == note:
                return done
            self._write_all(store, list(_changed(old, size)), done, at_hand)
            self._archive(note)
            files.put(self._made(self.log) / "checkpoint", note)
            done.files.append("checkpoint")
            done.size = size
            self._tidy(old, size, done)
        return done

    def repair(self, store: Store, size: int, *, everything: bool) -> Published:
        """Writes again what a published tree of ``size`` leaves should have here and has not.

        Only the last tile of each level is looked for, unless ``everything`` is.
        """
        done = Published()
        wanted = _changed(0 if everything else size - 1, size) if size else ()
        missing = [item for item in wanted if not self._is_there(*item)]
        if missing:
            with files.only_one(self._made(self.folder) / ".lock"):
                self._write_all(store, missing, done)
        return done

    def _made(self, folder: Path) -> Path:
        files.sync(files.make_folders(folder))
        return folder

    def _is_there(self, level: int, number: int, width: int) -> bool:
        for kind in {width, WIDTH}:
            path = self.log / _path(level, number, kind)
            with suppress(OSError):
                if path.stat().st_size == 32 * kind or (level == _BUNDLES and path.is_file()):
                    return True
        return False

    def _write_all(
        self, store: Store, items: list[tuple[int, int, int]], done: Published, at_hand: AtHand = NOTHING
    ) -> None:
        # What a log has at some size never changes: no reading transaction need stay open while files are written.
        folders: list[Path] = []
        for start in range(0, len(items), _AT_ONCE):
            part = items[start : start + _AT_ONCE]
            with store.read() as unit:
                log = log_read(unit)
                found = [
                    _bundle(log, n, w, at_hand) if level == _BUNDLES else _tile(log, level, n, w)
                    for level, n, w in part
                ]
            for item, data in zip(part, found, strict=True):
                self._write(_path(*item), data, done, folders)
        files.sync(folders)

    def _write(self, name: str, data: bytes, done: Published, folders: list[Path]) -> None:
        path = self.log / name
        old = files.read(path)
        if old == data:
            return
        if old is not None and len(old) >= len(data):
            raise IntegrityFailure(
                "published_differs", f"the published file {name} is not what this log has there",
                hint="the database or the folder was changed; compare both with a checkpoint kept elsewhere",
            )  # fmt: skip
        folders += [*files.make_folders(path.parent), path.parent]
        files.put(path, data, sync_folder=False)
        done.files.append(name)

    def _archive(self, note: bytes) -> None:
        if self.archive is not None and note not in _notes(files.tail(self.archive, _ARCHIVE_TAIL))[:1]:
            files.append(self.archive, b"\n\n" + note)

    def _tidy(self, before: int, size: int, done: Published) -> None:
        """Takes partial tiles away where the full one is published now."""
        for level, number, width in _changed(before, size):
            if width != WIDTH:
                continue
            folder = self.log / f"{_path(level, number, WIDTH)}.p"
            with suppress(OSError):
                for part in sorted(folder.iterdir()):
                    part.unlink()
                    done.removed += 1
                folder.rmdir()


def _names(key: Vkey) -> dict[str, bytes]:
    return {"origin": f"{key.name}\n".encode(), "vkey": f"{key}\n".encode()}


def signed_by(key: Vkey, note: bytes, where: str) -> Checkpoint:
    """The checkpoint of a note that this key signed; IntegrityFailure for any other."""
    try:
        found = checked(note, key, where)
    except Untrue as error:
        raise IntegrityFailure("published_not_ours", f"{where} is no checkpoint ({error.fault.message})",
                               hint="look who writes to that folder") from None  # fmt: skip
    if found is None:
        raise IntegrityFailure("published_not_ours", f"{where} is not signed by this log's key",
                               hint="name the folder and the key file that belong together")  # fmt: skip
    return found


def _path(level: int, number: int, width: int) -> str:
    return tile_path(None if level == _BUNDLES else level, number, width)


def _changed(before: int, size: int) -> Iterator[tuple[int, int, int]]:
    """(level, number, width) of what a tree of ``size`` leaves has and one of ``before`` leaves has not."""
    old = tile_widths(before)
    for level, count in enumerate(tile_widths(size)):
        done = old[level] if level < len(old) else 0
        if count == done:
            continue
        for number in range(done // WIDTH, -(-count // WIDTH)):
            width = min(WIDTH, count - number * WIDTH)
            yield level, number, width
            if level == 0:
                yield _BUNDLES, number, width


def _tile(log: LogRead, level: int, number: int, width: int) -> bytes:
    found = log.tile(level, number)[: 32 * width]
    if len(found) != 32 * width:
        raise _incomplete(f"tile {level}/{number}")
    return found


def _bundle(log: LogRead, number: int, width: int, at_hand: AtHand) -> bytes:
    first = number * WIDTH
    here = at_hand.of(first, first + width)
    if here is not None:
        return bundle(here)
    rows = log.leaves(first, first + width)
    if len(rows) != width:
        raise _incomplete(f"entries {first} to {first + width - 1}")
    return bundle(row.data for row in rows)


def _incomplete(what: str) -> IntegrityFailure:
    return IntegrityFailure("log_incomplete", f"the database does not hold all of its own log: {what}",
                            hint="restore it from a backup; claimdesk audit says what else is wrong")  # fmt: skip


def _notes(data: bytes) -> list[bytes]:
    """The notes of an archive, the latest first; what a crash cut short is left out, or has no good signature."""
    parts = [part.strip(b"\n") for part in data.split(b"\n\n")]
    pairs = [(parts[i - 1], parts[i]) for i in range(len(parts) - 1, 0, -1) if parts[i].startswith(_DASH)]
    return [text + b"\n\n" + lines + b"\n" for text, lines in pairs]
