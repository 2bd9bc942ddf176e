"""Restore drills: a database that is older than what was published, or another one, is refused before it signs."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from claimdesk.adapters.tlog.log import TransparencyLog
from claimdesk.adapters.tlog.publish import Publisher
from claimdesk.adapters.tlog.units import log_read
from claimdesk.states.errors import IntegrityFailure
from tlog.world import Claims, Place


@dataclass
class Drill:
    """One database file, its backup, and what was published from it."""

    place: Place
    claims: Claims
    backup: Path

    @property
    def path(self) -> Path:
        return Path(self.place.url.removeprefix("sqlite:///"))

    def keep(self) -> None:
        """A backup of the database, and of nothing else."""
        self.claims.store.close()
        shutil.copyfile(self.path, self.backup)
        self.claims.store = self.place.open()

    def restore(self) -> None:
        """The backup takes the place of the database; what it did not know is forgotten."""
        self.claims.store.close()
        shutil.copyfile(self.backup, self.path)
        self.claims = Claims(self.place.open())

    def refuses(self, code: str, **more: Any) -> None:
        log = self.place.log(self.claims.store, **more)
        before = _signed(log)
        was = _published(log)
        with pytest.raises(IntegrityFailure) as caught:
            log.sequence()
        assert caught.value.code == code, caught.value
        assert _signed(log) == before, "it signed all the same"
        assert _published(log) == was, "it published all the same"


def _signed(log: TransparencyLog) -> list[Any]:
    with log.store.read() as unit:
        return log_read(unit).checkpoints(0, 10_000)


def _published(log: TransparencyLog) -> bytes | None:
    return log.publisher.checkpoint() if log.publisher else None


def begun(place: Place, seed: int) -> Drill:
    claims = Claims(place.open(), rng=random.Random(seed))
    drill = Drill(place, claims, place.folder.parent / "backup.db")
    rng = random.Random(f"before {seed}")
    for _ in range(rng.randint(1, 3)):
        claims.add(rng.randint(1, 200))
        place.log(claims.store).sequence()
    drill.keep()
    for _ in range(rng.randint(1, 3)):
        drill.claims.add(rng.randint(1, 200))
        place.log(drill.claims.store).sequence()
    return drill


def other_life(claims: Claims, count: int, seed: int) -> None:
    """Entries of claims that the restored database does not know: it goes on as if nothing had been."""
    claims.rng = random.Random(f"other {seed}")
    claims.bulk(count, each=3)


def run_drill(place: Place, seed: int) -> str:
    drill = begun(place, seed)
    kind = ("old backup", "old backup that goes on", "forked backup", "old backup, archive only")[seed % 4]
    rng = random.Random(f"kind {seed}")
    match kind:
        case "old backup":
            drill.restore()
            drill.refuses("log_restored")
        case "old backup that goes on":
            drill.restore()
            other_life(drill.claims, rng.randint(1, 300), seed)
            drill.refuses("log_restored")
        case "forked backup":
            size = _size(place)
            drill.restore()
            # Signed elsewhere with the same key, until it is longer than what was published.
            elsewhere = Publisher(place.folder.parent / "elsewhere")
            with drill.claims.store.read() as unit:
                missing = size - log_read(unit).state().size
            other_life(drill.claims, missing + rng.randint(1, 100), seed)
            place.log(drill.claims.store, publisher=elsewhere).sequence(relearn=True)
            other_life(drill.claims, 3, seed + 1)
            drill.refuses("log_forked")
        case _:
            archive = place.folder.parent / "archive"
            again = Publisher(place.folder, archive)
            drill.claims.add(1)
            place.log(drill.claims.store, publisher=again).sequence()
            assert archive.exists()
            drill.restore()
            other_life(drill.claims, 5, seed)
            lost = Publisher(place.folder.parent / "new folder", archive)
            log = place.log(drill.claims.store, publisher=lost)
            before = _signed(log)
            with pytest.raises(IntegrityFailure) as caught:
                log.sequence(relearn=True)
            assert caught.value.code == "log_restored"
            assert _signed(log) == before
    return kind


def _size(place: Place) -> int:
    report = place.log().verify_published(quick=True)
    assert report.ok
    return report.size


@pytest.mark.parametrize("seed", range(10))
def test_a_restored_database_is_refused_before_it_signs(file: Place, seed: int):
    run_drill(file, seed)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(10, 60))
def test_fifty_drills(file: Place, seed: int):
    run_drill(file, seed)


def test_the_newest_backup_goes_on(file: Place):
    """No false alarm: a backup that holds all that was published is as good as the original."""
    drill = begun(file, 1)
    drill.keep()
    drill.restore()
    other_life(drill.claims, 10, 1)
    done = file.log(drill.claims.store).sequence()
    assert done.added == 10
    assert file.log(drill.claims.store).verify_published().ok


def test_a_truncated_archive_still_remembers(file: Place):
    archive = file.folder.parent / "archive"
    claims = Claims(file.open())
    log = file.log(claims.store, publisher=Publisher(file.folder, archive))
    for count in (3, 4, 5):
        claims.add(count)
        log.sequence()
    whole = archive.read_bytes()
    assert whole.count(b"claimdesk.local/test\n") == 3
    key = log.signer.key
    for end in range(len(whole), 0, -7):
        archive.write_bytes(whole[:end])
        found = Publisher(file.folder, archive).archived(key)
        assert found is None or found.size in (3, 7, 12)
        # Whatever was cut off, the next one is found again behind it.
        archive.write_bytes(whole[:end] + b"\n\n" + (file.folder / "log/checkpoint").read_bytes())
        again = Publisher(file.folder, archive).archived(key)
        assert again is not None
        assert again.size == 12
