"""The sequencer on every store: nothing is left out, nothing is signed that does not continue, crashes lose nothing."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from claimdesk.adapters.memory import MemoryStore
from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.tlog import files, sequencer
from claimdesk.adapters.tlog.edge import Edge
from claimdesk.adapters.tlog.log import TransparencyLog, default_folder, default_key
from claimdesk.adapters.tlog.ports import CheckpointRow, State
from claimdesk.adapters.tlog.publish import Publisher
from claimdesk.adapters.tlog.signing import Signer, signed_checkpoint
from claimdesk.adapters.tlog.units import log_read, log_write
from claimdesk.adapters.tlog.verifier import parse_checkpoint, verify_log, verify_proof
from claimdesk.adapters.tlog.verifier.tree import fold
from claimdesk.states.errors import ConfigError, IntegrityFailure, NotFound
from stores.world import Book
from tlog.made import leaf, mth, sha
from tlog.world import ORIGIN, SEED, Claims, Clock, Place


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def whole(log: TransparencyLog, size: int) -> None:
    """The published log is right and holds ``size`` entries."""
    report = log.verify_published()
    assert report.ok, report.fault
    assert report.size == size


def test_an_empty_journal_has_nothing_to_sign(place: Place):
    Claims(place.open())
    log = place.log()
    done = log.sequence()
    assert (done.added, done.signed, done.size, done.published) == (0, 0, 0, None)
    assert log.status().to_dict() | {"vkey": ""} == {
        "origin": ORIGIN, "vkey": "", "size": 0, "root": None, "signed_at": None, "published": 0, "waiting": 0,
        "oldest_waiting_seconds": 0.0,
    }  # fmt: skip
    assert not (place.folder / "log").exists()


def test_what_waits_gets_its_place_is_signed_and_published(place: Place):
    claims = Claims(place.open())
    log = place.log()
    sizes = [1, 1, 5, 248, 1, 300, 3]
    for count in sizes:
        claims.add(count)
        assert log.status().waiting == count
        done = log.sequence()
        assert (done.added, done.signed, done.waiting) == (count, 1, 0)
        assert done.size == done.published == len(claims.written)
        whole(log, len(claims.written))
    with place.open().read() as unit:
        found = log_read(unit)
        rows = found.leaves(0, 10_000)
        assert [r.place for r in rows] == list(range(sum(sizes)))
        assert sorted(r.entry for r in rows) == sorted(claims.written)
        assert [found.place_of(r.entry) for r in rows] == [r.place for r in rows]
        assert [c.size for c in found.checkpoints(0, 100)] == [sum(sizes[: i + 1]) for i in range(len(sizes))]
        last = found.checkpoint()
        assert last is not None
        assert last.root == mth([leaf(r.data) for r in rows])
        assert found.place_of("EVT-unknown") is None
    assert log.sequence().to_dict() | {"files": 0} == {
        "added": 0, "size": 559, "signed": 0, "published": 559, "files": 0, "repaired": 0, "cosigned": 0, "waiting": 0,
    }  # fmt: skip


def test_old_checkpoints_stay_readable(place: Place):
    """What was published at some size can be checked for ever: partial files go only when the full ones are there."""
    claims, log = Claims(place.open()), place.log()
    notes: list[bytes] = []
    for count in (100, 100, 100, 100, 300):
        claims.add(count)
        log.sequence()
        notes.append((place.folder / "log/checkpoint").read_bytes())
    assert log.verify_published(held=notes).held == (100, 200, 300, 400, 700)
    for note in notes:
        files = {**tree(place.folder / "log"), "checkpoint": note}
        assert verify_log(files.get, log.trust()).ok
    assert not list((place.folder / "log").rglob("000.p/*/../../entries/000.p"))
    assert not (place.folder / "log/tile/entries/000.p").exists()
    assert (place.folder / "log/tile/entries/002.p/188").exists()


def test_a_backlog_is_taken_in_batches(file: Place, monkeypatch):
    claims, log = Claims(file.open()), file.log()
    claims.bulk(1200)
    done = sequencer.sequence(log.store, log.signer, publisher=log.publisher, clock=Clock(), batch=500)
    assert (done.added, done.signed, done.size) == (1200, 3, 1200)
    whole(log, 1200)
    claims.bulk(100)
    assert log.sequence(most=30).to_dict() | {"files": 0} == {
        "added": 30, "size": 1230, "signed": 1, "published": 1230, "files": 0, "repaired": 0, "cosigned": 0,
        "waiting": 70,
    }  # fmt: skip
    whole(log, 1230)


def test_more_than_one_tile_of_level_one(file: Place):
    """The sequencer goes on from a tree of 65,400 leaves, of which only the hashes are there."""
    claims, log = Claims(file.open()), file.log(publisher=None)
    old = [sha(b"%d" % i) for i in range(65_400)]
    edge = Edge()
    with claims.store.write() as unit:
        connection: Any = getattr(unit, "connection")  # noqa: B009
        for name in ("log_leaf_made", "log_checkpoint_made", "log_state_kept"):  # they ask for the leaves, too
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        made = log_write(unit)
        for level, hashes in edge.add(old).items():
            for number in range(-(-len(hashes) // 256)):
                made.put_tile(level, number, b"".join(hashes[256 * number : 256 * number + 256]), is_new=True)
        note = signed_checkpoint(log.signer, edge.size, edge.root())
        made.add_checkpoint(CheckpointRow(edge.size, edge.root(), note, "2024-06-03T16:00:00.000000Z"))
        made.set_state(State(ORIGIN, edge.size, edge.packed(), 0, 1))
    claims.add(300)
    assert log.sequence().size == 65_700
    with claims.store.read() as unit:
        found = log_read(unit)
        leaves = [*old, *(row.hash for row in found.leaves(65_400, 65_700))]
        assert [len(found.tile(2, 0)), len(found.tile(1, 0)), len(found.tile(1, 1))] == [32, 32 * 256, 0]
        assert found.tile(0, 255) == b"".join(leaves[65_280:65_536])
        assert found.tile(1, 0)[-32:] == mth(leaves[65_280:65_536])
        assert found.tile(2, 0) == fold(b"".join(leaves[:65_536]))
        last = found.checkpoint()
        assert last is not None
        assert last.root == fold(b"".join(leaves))


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_whole_log_with_more_than_one_tile_of_level_one(file: Place):
    claims, log = Claims(file.open()), file.log()
    claims.bulk(66_000)
    assert log.sequence().size == 66_000
    report = log.verify_published()
    assert report.ok, report.fault
    assert (file.folder / "log/tile/2/000.p/1").exists()
    assert report.claims == len(claims.books)


def test_a_claims_entries_keep_their_order(place: Place):
    claims, log = Claims(place.open()), place.log()
    claims.add(200, claims=3)
    log.sequence()
    with place.open().read() as unit:
        order = [r.entry for r in log_read(unit).leaves(0, 1000)]
    for book in claims.books:
        assert [e for e in order if f"-{book.removeprefix('CLM-')}-" in e] == sorted(
            e for e in claims.written if f"-{book.removeprefix('CLM-')}-" in e
        )


def test_the_same_entries_make_the_same_files(tmp_path: Path, file: Place):
    """Signatures are deterministic: published twice, byte for byte the same."""
    claims, log = Claims(file.open()), file.log()
    claims.add(300)
    log.sequence()
    other = file.log(publisher=Publisher(tmp_path / "again"))
    other.sequence(relearn=True)
    assert tree(tmp_path / "again") == tree(file.folder)


# -- crashes -----------------------------------------------------------------------------------------------------------


class Stop(BaseException):
    """The process ends here."""


def cut(monkeypatch: pytest.MonkeyPatch, target: Any, name: str, after: int) -> None:
    """Ends the process in the middle of call number ``after``."""
    real, calls = getattr(target, name), [0]

    def stopped(*args: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] > after:
            raise Stop
        return real(*args, **named)

    monkeypatch.setattr(target, name, stopped)


@pytest.mark.parametrize("after", range(12))
def test_a_crash_while_publishing_is_made_good_by_the_next_run(file: Place, after: int):
    claims, log = Claims(file.open()), file.log()
    claims.add(250)
    log.sequence()
    claims.add(20)
    with pytest.MonkeyPatch.context() as patch:
        cut(patch, files, "put", after)
        try:
            file.log().sequence()
        except Stop:
            report = log.verify_published()  # what is published is still right
            assert report.ok, report.fault
            assert report.size in (250, 270)
    again = file.log()
    done = again.sequence()
    assert done.published == 270
    whole(again, 270)
    assert not [p for p in file.folder.rglob(".*") if p.name != ".lock"]


@pytest.mark.parametrize("step", ["add_leaves", "put_tile", "no_longer_waiting", "add_checkpoint", "set_state"])
def test_a_crash_before_the_commit_leaves_nothing(place: Place, step: str, monkeypatch):
    claims, log = Claims(place.open()), place.log()
    claims.add(30)
    log.sequence()
    claims.add(30)
    with place.open().write() as unit:
        kind = type(sequencer.log_write(unit))
    with pytest.MonkeyPatch.context() as patch:
        cut(patch, kind, step, 0)
        with pytest.raises(Stop):
            place.log().sequence()
    with place.open().read() as unit:
        found = log_read(unit)
        assert (found.state().size, found.waiting_count(), len(found.leaves(0, 100))) == (30, 30, 30)
    assert place.log().sequence().added == 30
    whole(log, 60)


def test_two_sequencers_at_once_take_each_entry_once(database: Place):
    claims = Claims(database.open())
    claims.add(1, claims=1)
    database.log().sequence()
    errors: list[BaseException] = []
    stop = threading.Event()

    def work() -> None:
        try:
            log = database.log()
            while not stop.is_set():
                sequencer.sequence(log.store, log.signer, publisher=log.publisher, clock=Clock(), batch=7)
        except BaseException as error:  # noqa: BLE001  # shown below
            errors.append(error)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for _ in range(40):
        claims.add(5)
    stop.set()
    for worker in workers:
        worker.join(60)
    assert errors == []
    log = database.log()
    log.sequence()
    whole(log, 201)


def test_an_entry_that_commits_late_is_not_skipped(postgres_copy: str, tmp_path: Path):
    """Numbers are given before the commit; whoever asked for "the ones after the last" would never see this one."""
    found = Place("postgres", postgres_copy, tmp_path / "published")
    with found.stack:
        claims, other = Claims(found.open()), Claims(found.open())
        claims.add(3, claims=1)
        log = found.log()
        log.sequence()
        slow = other.store.write()
        other.books["CLM-9"] = book = Book(id="CLM-9")
        with slow as unit:
            unit.append([book.step(entries=[other._entry("CLM-9")])])
            claims.add(4, claims=1)  # commits before, with a higher number
            assert log.sequence().added == 4
        assert log.sequence().added == 1
        whole(log, 8)


# -- what is refused ---------------------------------------------------------------------------------------------------


def refused(log: TransparencyLog, code: str, **more: Any) -> None:
    before = tree(log.publisher.folder) if log.publisher else {}
    with log.store.read() as unit:
        was = log_read(unit).checkpoints(0, 1000)
    with pytest.raises(IntegrityFailure) as caught:
        log.sequence(**more)
    assert caught.value.code == code, caught.value
    with log.store.read() as unit:
        assert log_read(unit).checkpoints(0, 1000) == was, "it was signed all the same"
    if log.publisher:
        assert tree(log.publisher.folder) == before


def test_another_key_or_origin_is_refused(place: Place, tmp_path: Path):
    claims = Claims(place.open())
    claims.add(3)
    other = Signer("claimdesk.local/other", SEED)
    with pytest.raises(IntegrityFailure, match="other_log"):
        TransparencyLog(place.open(), other, None).sequence()
    place.log().sequence()
    claims.add(3)
    stranger = TransparencyLog(place.open(), Signer(ORIGIN, b"\x01" * 32), Publisher(tmp_path / "x"), clock=Clock())
    refused(stranger, "log_unsound")
    theirs = TransparencyLog(place.open(), Signer(ORIGIN, b"\x01" * 32), Publisher(place.folder), clock=Clock())
    refused(theirs, "other_log")


def test_a_published_checkpoint_that_is_none_is_refused(file: Place):
    claims, log = Claims(file.open()), file.log()
    claims.add(3)
    log.sequence()
    claims.add(3)
    (file.folder / "log/checkpoint").write_bytes(b"hello\n")
    refused(file.log(), "published_not_ours")
    good = parse_checkpoint(_latest(log))
    (file.folder / "log/checkpoint").write_bytes(good.text + "\n\u2014 x AAAAAAAA\n".encode())
    refused(file.log(), "published_not_ours")


def _latest(log: TransparencyLog) -> bytes:
    with log.store.read() as unit:
        row = log_read(unit).checkpoint()
    assert row is not None
    return row.note


def test_a_lost_folder_is_refused_until_it_is_said(place: Place):
    claims, log = Claims(place.open()), place.log()
    claims.add(300)
    log.sequence()
    shutil.rmtree(place.folder / "log")
    claims.add(1)
    refused(place.log(), "published_missing")
    done = place.log().sequence(relearn=True)
    assert done.published == 301
    whole(place.log(), 301)


def test_published_files_that_are_gone_are_written_again(file: Place):
    claims, log = Claims(file.open()), file.log()
    claims.add(600)
    log.sequence()
    before = tree(file.folder)
    for name in ("log/tile/entries/000", "log/tile/0/001", "log/tile/1/000.p/2"):
        (file.folder / name).unlink()
    (file.folder / "log/tile/0/000").write_bytes(b"short")
    done = file.log().sequence()  # the first run of a process looks at every file
    assert done.repaired == 4
    assert tree(file.folder) == before
    assert file.log().sequence().repaired == 0


def test_a_published_tile_that_differs_stops_the_publication(file: Place):
    claims, log = Claims(file.open()), file.log()
    claims.add(250)
    log.sequence()
    claims.add(20)
    forged = file.folder / "log/tile/0/000"
    forged.write_bytes(b"\x01" * 8192)
    with pytest.raises(IntegrityFailure, match="published_differs"):
        log.sequence()
    assert forged.read_bytes() == b"\x01" * 8192


# -- proofs, places, status --------------------------------------------------------------------------------------------


def test_a_proof_of_every_entry(place: Place):
    claims, log = Claims(place.open()), place.log()
    made = claims.add(260)
    with pytest.raises(NotFound):
        log.prove(made[0])
    assert not log.is_published(made[0])
    log.sequence()
    late = claims.add(1)[0]
    with place.open().read() as unit:
        data = {r.entry: r.data for r in log_read(unit).leaves(0, 1000)}
    for entry in made[::13]:
        assert log.is_published(entry)
        report = verify_proof(log.prove(entry), data[entry], log.trust())
        assert report.ok, report.fault
        assert not verify_proof(log.prove(entry), data[entry] + b" ", log.trust()).ok
    for unknown in (late, "EVT-unknown"):
        with pytest.raises(NotFound) as caught:
            log.prove(unknown)
        assert caught.value.code == "not_logged_yet"
        assert not log.is_published(unknown)


def test_without_a_folder_the_signed_checkpoint_counts(place: Place):
    claims, log = Claims(place.open()), place.log(publisher=None)
    entry = claims.add(3)[0]
    done = log.sequence()
    assert (done.size, done.published) == (3, None)
    assert log.is_published(entry)
    with place.open().read() as unit:
        row = next(r for r in log_read(unit).leaves(0, 10) if r.entry == entry)
    assert verify_proof(log.prove(entry), row.data, log.trust()).ok
    with pytest.raises(ConfigError, match="not_published"):
        log.verify_published()


def test_how_long_the_oldest_waits(file: Place):
    claims, log = Claims(file.open()), file.log()
    claims.add(2)
    assert isinstance(log.clock, Clock)
    log.clock.pass_by(7)
    found = log.status()
    assert (found.waiting, found.oldest_waiting_seconds) == (2, 7.0)
    log.sequence()
    assert log.status().oldest_waiting_seconds == 0


def test_opened_by_its_address_everything_stands_beside_the_database(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'claims.db'}"
    store = open_store(url)
    with pytest.raises(ConfigError, match="no_origin"):
        TransparencyLog.open(store, url)
    claims = Claims(store)
    claims.add(5)
    log = TransparencyLog.open(store, url)
    log.sequence()
    assert {p.name for p in tmp_path.iterdir()} - {"claims.db-journal"} == {
        "claims.db",
        "claims.db.log-key",
        "claims.db.tlog",
    }
    assert sorted(p.name for p in (tmp_path / "claims.db.tlog").iterdir()) == [
        ".lock", "log", "origin", "tlog-policy", "vkey",
    ]  # fmt: skip
    assert (tmp_path / "claims.db.tlog/vkey").read_text() == f"{log.signer.key}\n"
    assert (tmp_path / "claims.db.tlog/origin").read_text() == f"{ORIGIN}\n"
    assert (tmp_path / "claims.db.log-key").stat().st_mode & 0o777 == 0o600
    again = TransparencyLog.open(store, url)
    assert again.signer.key == log.signer.key
    assert again.sequence().published == 5
    store.close()


def test_places(tmp_path: Path):
    assert default_key("memory:") is None
    assert default_folder("memory:") is None
    assert default_key("postgresql://host/claims") == Path("claimdesk.log-key")
    assert default_folder("postgresql://host/claims") == Path("claimdesk.tlog")
    assert default_key(tmp_path / "a.db") == tmp_path / "a.db.log-key"
    assert default_folder("a.db") == Path("a.db.tlog")


def test_a_log_in_memory_needs_no_files():
    store = MemoryStore()
    claims = Claims(store)
    entry = claims.add(3)[0]
    log = TransparencyLog.open(store, "memory:")
    assert log.sequence().size == 3
    assert log.is_published(entry)


def test_a_store_without_a_log_is_named():
    class Foreign:
        """A unit somebody else wrote."""

    with pytest.raises(ConfigError, match="no_log"):
        log_read(Foreign())  # pyright: ignore[reportArgumentType]
