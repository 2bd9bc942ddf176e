"""Twelve ways to falsify the record, by whoever owns the database: each is found, and the place is named.

Every attack begins with the same small store, whose log is published in a folder that the attacker does not have, and
with the guards of the database out of the way. Where an attacker would cover the traces, the attack does: hashes,
tiles and checkpoints are made again, some with the real signing key.
"""

# ruff: noqa: S608  # the statements are the attack

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.tlog.audit import Audit
from claimdesk.adapters.tlog.log import TransparencyLog
from claimdesk.adapters.tlog.publish import Publisher
from claimdesk.adapters.tlog.signing import Signer
from claimdesk.adapters.tlog.units import log_read
from claimdesk.states.errors import IntegrityFailure
from claimdesk.workflow.ports import Store
from support.desks import Drive
from tlog.made import canonical, leaf
from tlog.world import SEED, Clock

ORIGIN = "claimdesk.local/tampered"


@dataclass
class Scene:
    """A database under attack, and what outsiders hold."""

    store: Store
    folder: Path  #: the published log, which the attacker does not have
    backup: Callable[[], None]  #: puts the database back to an earlier day

    def log(self, folder: Path | None = None) -> TransparencyLog:
        return TransparencyLog(self.store, Signer(ORIGIN, SEED), Publisher(folder or self.folder), clock=Clock())

    def audit(self) -> Audit:
        return self.log().audit()

    @contextmanager
    def owner(self) -> Iterator[Callable[..., list[Any]]]:
        """Plain SQL with the rights of the owner, without guards; everything in one transaction."""
        engine: Any = getattr(self.store, "engine")  # noqa: B009
        with engine.connect() as c:

            def run(statement: str, **values: Any) -> list[Any]:
                done = c.execute(text(statement), values)
                if done.returns_rows:
                    return [[bytes(v) if isinstance(v, memoryview) else v for v in row] for row in done.all()]
                assert done.rowcount > 0, f"nothing was changed by {statement}"
                return []

            if engine.dialect.name == "sqlite":
                c.exec_driver_sql("PRAGMA foreign_keys=OFF")
                c.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
                for (name,) in run("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
                    c.exec_driver_sql(f"DROP TRIGGER {name}")
            else:
                c.exec_driver_sql("SET LOCAL session_replication_role = replica")
            yield run
            c.commit()
        engine.dispose()

    def place(self, entry: str) -> int:
        with self.store.read() as unit:
            found = log_read(unit).place_of(entry)
        assert found is not None
        return found

    def entries(self, verb: str | None = None) -> list[tuple[str, str, int, dict[str, Any]]]:
        """(id, claim, seq, body) of every entry that has a place in the log, in that order."""
        with self.store.read() as unit:
            log = log_read(unit)
            rows = [(leaf.entry, json.loads(leaf.data)) for leaf in log.leaves(0, log.state().size)]
        return [(name, b["claim"], b["seq"], b) for name, b in rows if verb is None or b["verb"] == verb]

    def rewrite(self, run: Callable[..., list[Any]], name: str, **change: Any) -> None:
        """Changes an entry and everything in its claim that hangs on it: bytes, hashes, columns, the chain."""
        (claim, seq) = run("SELECT claim, seq FROM entry WHERE id = :name", name=name)[0]
        rows = run("SELECT id, data FROM entry WHERE claim = :claim AND seq >= :seq ORDER BY seq", claim=claim, seq=seq)
        head = None
        for row, data in rows:
            body = json.loads(data)
            body |= change if row == name else {"prev": head}
            made = canonical(body)
            head = leaf(made).hex()
            run("UPDATE entry SET data = :data, leaf = :leaf, at = :at WHERE id = :row",
                data=made, leaf=leaf(made), at=body["at"], row=row)  # fmt: skip
            run("UPDATE log_leaf SET hash = :leaf WHERE entry = :row", leaf=leaf(made), row=row)
        run('UPDATE "case" SET head = :head WHERE id = :claim', head=head, claim=claim)
        old = run('SELECT body FROM "case" WHERE id = :claim', claim=claim)[0][0]
        body = json.loads(old)
        run('UPDATE "case" SET body = :body WHERE id = :claim', body=_with_head(old, body, head), claim=claim)

    def sign_again(self, run: Callable[..., list[Any]], order: str = "place") -> None:
        """Makes the whole log anew from the entries as they are now; signed with the real key by ``resigned``."""
        names = [row[0] for row in run(f"SELECT entry FROM log_leaf ORDER BY {order}")]
        for table in ("log_leaf", "log_tile", "log_checkpoint"):
            run(f"DELETE FROM {table}")
        run("UPDATE log_state SET origin = '', size = 0, edge = :none, published = 0, signed = 0", none=b"")
        waiting = [row[0] for row in run("SELECT entry FROM log_pending ORDER BY n")]
        if waiting:
            run("DELETE FROM log_pending")
        for name in names + waiting:
            run("INSERT INTO log_pending (entry) VALUES (:name)", name=name)

    def resigned(self) -> None:
        """The sequencer signs what there is, with the real key, into another folder."""
        self.log(self.folder.with_name("elsewhere")).sequence(relearn=True)


def _with_head(old: str, body: Any, head: str | None) -> str:
    before = body["head"] if isinstance(body, dict) else next(v for v in body if isinstance(v, str) and len(v) == 64)
    return old.replace(before, str(head))


# -- the store ---------------------------------------------------------------------------------------------------------


def build(store: Store, folder: Path, early: Callable[[], None]) -> None:
    """A few claims with money, decisions and letters; ``early`` is called on an earlier day."""
    with store.write() as unit:
        unit.set_meta("origin", ORIGIN)
    log = TransparencyLog(store, Signer(ORIGIN, SEED), Publisher(folder), clock=Clock())
    drive = Drive.start(store, seed=5)
    first = drive.valid()
    log.sequence()
    early()
    drive.clock.advance(hours=1)
    drive.desk.note(first.id, text="an hour later")
    drive.valid("1200.00 USD")
    log.sequence()
    drive.valid()
    drive.desk.tick()
    drive.clock.advance(hours=1)
    drive.desk.note(first.id, text="two hours later")
    log.sequence()
    drive.file()  # waits for its place


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store as an SQLite file, its backup of an earlier day, and the published log."""
    folder = tmp_path_factory.mktemp("tampers")
    store = open_store(folder / "claims.db")
    build(store, folder / "published", lambda: _backup(folder / "claims.db", folder / "backup.db"))
    store.close()
    return folder


def _backup(path: Path, target: Path) -> None:
    shutil.copyfile(path, target)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def scene(request: pytest.FixtureRequest, original: Path, tmp_path: Path) -> Iterator[Scene]:
    """A copy of the store for one attack."""
    if request.param == "sqlite":
        published, target = original / "published", tmp_path / "claims.db"
        shutil.copyfile(original / "claims.db", target)
        made = Scene(open_store(target), tmp_path / "published", lambda: _backup(original / "backup.db", target))
        shutil.copytree(published, made.folder)
        yield made
        made.store.close()
        return
    server: Any = request.getfixturevalue("postgres_server")
    yield from _on_postgres(server, tmp_path)
