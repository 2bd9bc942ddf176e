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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.tlog.audit import Audit
from claimdesk.adapters.tlog.edge import Edge
from claimdesk.adapters.tlog.log import TransparencyLog
from claimdesk.adapters.tlog.publish import Publisher
from claimdesk.adapters.tlog.signing import Signer
from claimdesk.adapters.tlog.units import log_read
from claimdesk.states.errors import IntegrityFailure
from claimdesk.workflow.ports import Store
from support.desks import Drive
from tlog.made import canonical, leaf
from tlog.world import SEED, Clock, second_persons

ORIGIN = "claimdesk.local/tampered"


@dataclass
class Scene:
    """A database under attack, and what outsiders hold."""

    store: Store
    folder: Path  #: the published log, which the attacker does not have
    backup: Callable[[Store], Store]  #: puts the database back to an earlier day

    def log(self, folder: Path | None = None) -> TransparencyLog:
        return TransparencyLog(self.store, Signer(ORIGIN, SEED), Publisher(folder or self.folder), clock=Clock())

    def audit(self) -> Audit:
        return self.log().audit()

    @contextmanager
    def owner(self) -> Iterator[Callable[..., list[Any]]]:
        """Plain SQL with the rights of the owner, without guards; everything in one transaction."""
        own: Any = getattr(self.store, "engine")  # noqa: B009
        sqlite = own.dialect.name == "sqlite"
        engine = create_engine(
            own.url, poolclass=NullPool, isolation_level="AUTOCOMMIT" if sqlite else "READ COMMITTED"
        )
        own.dispose()
        with engine.connect() as c:

            def run(statement: str, **values: Any) -> list[Any]:
                done = c.execute(text(statement), values)
                if done.returns_rows:
                    return [[bytes(v) if isinstance(v, memoryview) else v for v in row] for row in done.all()]
                assert done.rowcount > 0, f"nothing was changed by {statement}"
                return []

            if sqlite:
                for name in ("foreign_keys=OFF", "ignore_check_constraints=ON", "synchronous=OFF"):
                    c.exec_driver_sql(f"PRAGMA {name}")
                for (name,) in run("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
                    c.exec_driver_sql(f"DROP TRIGGER {name}")
            else:
                c.exec_driver_sql("SET LOCAL session_replication_role = replica")
            yield run
            c.commit()

    def place(self, entry: str) -> int:
        with self.store.read() as unit:
            found = log_read(unit).place_of(entry)
        assert found is not None
        return found

    def covering(self, place: int) -> str:
        """The first checkpoint over a place."""
        with self.store.read() as unit:
            sizes = [row.size for row in log_read(unit).checkpoints(0, 100)]
        return f"checkpoint {next(size for size in sizes if size > place)}"

    def entries(self, verb: str | None = None) -> list[tuple[str, str, int, dict[str, Any]]]:
        """(id, claim, seq, body) of every entry that has a place in the log, in that order."""
        with self.store.read() as unit:
            log = log_read(unit)
            rows = [(leaf.entry, json.loads(leaf.data)) for leaf in log.leaves(0, log.state().size)]
        return [(name, b["claim"], b["seq"], b) for name, b in rows if verb is None or b["verb"] == verb]

    def typed(self, kind: str) -> tuple[str, str, int, dict[str, Any]]:
        """The first entry of a type."""
        return next(e for e in self.entries() if e[3]["type"] == kind)

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
        body = old.replace(json.loads(old)["head"], str(head))
        run('UPDATE "case" SET body = :body WHERE id = :claim', body=body, claim=claim)

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
    second_persons(drive)
    drive.desk.grant("cs:bo", "handler", by="it:ana")
    drive.clock.advance(hours=1)
    drive.desk.note(first.id, text="two hours later")
    log.sequence()
    drive.file()  # waits for its place


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store as a file, its backup of an earlier day, and the published log."""
    folder = tmp_path_factory.mktemp("tampers")
    store = open_store(folder / "claims.db")
    build(store, folder / "published", lambda: _copy(folder / "claims.db", folder / "backup.db"))
    store.close()
    return folder


def _copy(path: Path, target: Path) -> None:
    shutil.copyfile(path, target)


def _sqlite(made: Path, tmp_path: Path) -> Iterator[Scene]:
    target = tmp_path / "claims.db"

    def backup(store: Store) -> Store:
        store.close()
        _copy(made / "backup.db", target)
        return open_store(target)

    _copy(made / "claims.db", target)
    shutil.copytree(made / "published", tmp_path / "published")
    scene = Scene(open_store(target), tmp_path / "published", backup)
    yield scene
    scene.store.close()


def _postgres(server: Any, tmp_path: Path) -> Iterator[Scene]:
    kept = server.folder / "tampers"

    def made(url: str) -> None:
        store = open_store(url)
        kept.mkdir()

        def early() -> None:
            store.close()
            copied = make_url(server.create(make_url(url).database)).database
            (kept / "backup").write_text(copied or "")

        build(store, kept / "published", early)
        store.close()

    with server.database(server.template("tampers", made)) as url:

        def backup(store: Store) -> Store:
            store.close()
            server.drop(url)
            return open_store(stack.enter_context(server.database((kept / "backup").read_text())))

        shutil.copytree(kept / "published", tmp_path / "published")
        with ExitStack() as stack:
            scene = Scene(open_store(url), tmp_path / "published", backup)
            yield scene
            scene.store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """A copy of the store for one attack."""
    if request.param == "sqlite":
        yield from _sqlite(request.getfixturevalue("on_sqlite"), tmp_path)
    else:
        yield from _postgres(request.getfixturevalue("postgres_server"), tmp_path)


# -- the attacks: each says where it struck ----------------------------------------------------------------------------


def edit_bytes(s: Scene) -> str:
    name, _, _, body = s.typed("approve")
    with s.owner() as run:
        run("UPDATE entry SET data = :data WHERE id = :name", data=canonical({**body, "to": "closed"}), name=name)
    return f"claim {body['claim']}, entry {body['seq']}"


def edit_with_its_hashes(s: Scene) -> str:
    name, *_ = s.typed("approve")
    with s.owner() as run:
        s.rewrite(run, name, verb="deny")
        run("UPDATE entry SET verb = 'deny' WHERE id = :name", name=name)
    return s.covering(s.place(name))


def delete_an_entry(s: Scene) -> str:
    name, *_ = s.typed("approve")
    place = s.place(name)
    with s.owner() as run:
        run("DELETE FROM entry WHERE id = :name", name=name)
    return f"entry {place}"


def delete_a_claim_without_a_trace(s: Scene) -> str:
    claim = s.entries()[-1][1]
    with s.owner() as run:
        run("DELETE FROM log_leaf WHERE entry IN (SELECT id FROM entry WHERE claim = :claim)", claim=claim)
        for table in TABLES:
            if run(f"SELECT COUNT(*) FROM {table} WHERE claim = :claim", claim=claim)[0][0]:
                run(f"DELETE FROM {table} WHERE claim = :claim", claim=claim)
        run('DELETE FROM "case" WHERE id = :claim', claim=claim)
        s.sign_again(run)
    s.resigned()
    return "published checkpoint"


def reorder_the_log(s: Scene) -> str:
    one, other = s.entries()[2], next(e for e in s.entries() if e[1] != s.entries()[2][1])
    here, there = s.place(one[0]), s.place(other[0])
    with s.owner() as run:
        for name, place in ((one[0], 999_999), (other[0], here), (one[0], there)):
            run("UPDATE log_leaf SET place = :place WHERE entry = :name", place=place, name=name)
    return s.covering(min(here, there))


def reorder_a_claim(s: Scene) -> str:
    _, claim, seq, _ = s.typed("approve")
    with s.owner() as run:
        for old, new in ((seq, 999), (seq - 1, seq), (999, seq - 1)):
            run("UPDATE entry SET seq = :new WHERE claim = :claim AND seq = :old", new=new, claim=claim, old=old)
    return f"claim {claim}, entry {seq - 1}"


def truncate_the_entries(s: Scene) -> str:
    size = len(s.entries())
    with s.owner() as run:
        run("DELETE FROM entry WHERE id IN (SELECT entry FROM log_leaf WHERE place >= :place)", place=size - 3)
    return f"entry {size - 3}"


def truncate_the_log(s: Scene) -> str:
    """Back to the checkpoint before, as if the last entries had never been given a place."""
    with s.store.read() as unit:
        log = log_read(unit)
        before, last = log.checkpoints(0, 100)[-2:]
        names = [row.entry for row in log.leaves(before.size, last.size)]
        edge, tile = Edge(), log.tile(0, 0)[: 32 * before.size]
        edge.add([row.hash for row in log.leaves(0, before.size)])
    with s.owner() as run:
        run("DELETE FROM log_leaf WHERE place >= :size", size=before.size)
        run("DELETE FROM log_checkpoint WHERE size > :size", size=before.size)
        run("UPDATE log_tile SET hashes = :tile", tile=tile)
        run("UPDATE log_state SET size = :size, edge = :edge, published = :size, signed = signed - 1",
            size=before.size, edge=edge.packed())  # fmt: skip
        for name in names:
            run("INSERT INTO log_pending (entry) VALUES (:name)", name=name)
    return "published checkpoint"


def sign_again_what_was_changed(s: Scene) -> str:
    name, *_ = s.typed("approve")
    with s.owner() as run:
        s.rewrite(run, name, actor={"id": "cs:other", "kind": "cs"})
        run("UPDATE entry SET actor = 'cs:other' WHERE id = :name", name=name)
        s.sign_again(run)
    s.resigned()
    return "published checkpoint"


def swap_the_claims_of_entries(s: Scene) -> str:
    one, other = [e for e in s.entries() if e[3]["type"] == "file"][:2]
    with s.owner() as run:
        for name, claim, seq in ((one[0], other[1], 999), (other[0], one[1], 1), (one[0], other[1], 1)):
            run("UPDATE entry SET claim = :claim, seq = :seq WHERE id = :name", claim=claim, seq=seq, name=name)
    return f"claim {min(one[1], other[1])}, entry 1"


def swap_the_claims_of_payments(s: Scene) -> str:
    with s.owner() as run:
        (one, here), (other, there) = [run("SELECT id, claim FROM transfer ORDER BY id")[i] for i in (0, -1)]
        assert here != there
        for name, claim in ((one, "nowhere"), (other, here), (one, there)):
            run("UPDATE transfer SET claim = :claim WHERE id = :name", claim=claim, name=name)
    return f"claim {min(here, there)}, transfer {other if here < there else one}"


def forge_an_outcome(s: Scene) -> str:
    with s.owner() as run:
        name, claim = run("SELECT id, claim FROM decision WHERE outcome <> 'auto_pay' ORDER BY claim, id")[0]
        run("UPDATE decision SET outcome = 'auto_pay' WHERE id = :name", name=name)
    return f"claim {claim}, decision {name}"


def forge_a_decision(s: Scene) -> str:
    with s.owner() as run:
        claim = run("SELECT claim FROM decision ORDER BY claim")[0][0]
        run("INSERT INTO decision (id, claim, entry, kind, outcome, exempt, rulebook, readings, at)"
            " SELECT 'DEC-FORGED', d.claim, e.id, d.kind, 'auto_pay', d.exempt, d.rulebook, d.readings, d.at"
            " FROM decision d JOIN entry e ON e.claim = d.claim WHERE e.seq = 1 AND d.claim = :claim LIMIT 1",
            claim=claim)  # fmt: skip
    return f"claim {claim}, decision DEC-FORGED"


def forge_an_entry(s: Scene) -> str:
    """Right in itself and in its claim, and kept from the log."""
    _, claim, _, body = s.typed("approve")
    with s.owner() as run:
        seq, head = run("SELECT seq, leaf FROM entry WHERE claim = :claim ORDER BY seq DESC LIMIT 1", claim=claim)[0]
        made = {**body, "id": "EVT-FORGED", "seq": seq + 1, "prev": head.hex(), "at": "2024-07-01T00:00:00.000000Z"}
        made |= {"type": "note", "to": body["from"]}
        data = canonical({k: v for k, v in made.items() if k not in ("decision", "money", "notices")})
        run("INSERT INTO entry (id, claim, seq, at, actor, verb, type, data, leaf) VALUES"
            " ('EVT-FORGED', :claim, :seq, :at, :actor, :verb, 'note', :data, :leaf)",
            claim=claim, seq=seq + 1, at=made["at"], actor=body["actor"]["id"], verb=body["verb"], data=data,
            leaf=leaf(data))  # fmt: skip
    return f"claim {claim}, entry {seq + 1}"


def edit_the_amount_of_a_transfer(s: Scene) -> str:
    with s.owner() as run:
        name, claim = run("SELECT id, claim FROM transfer WHERE kind = 'authorize' ORDER BY claim")[0]
        run("UPDATE transfer SET amount = amount + 1 WHERE id = :name", name=name)
    return f"claim {claim}, transfer {name}"


def edit_who_is_paid(s: Scene) -> str:
    with s.owner() as run:
        name, claim = run("SELECT id, claim FROM transfer WHERE kind = 'authorize' ORDER BY claim")[0]
        run("UPDATE transfer SET credit = 'customer:me' WHERE id = :name", name=name)
    return f"claim {claim}, transfer {name}"


def backdate_a_column(s: Scene) -> str:
    name, claim, seq, _ = s.typed("approve")
    with s.owner() as run:
        run("UPDATE entry SET at = '2024-01-01T00:00:00.000000Z' WHERE id = :name", name=name)
    return f"claim {claim}, entry {seq}"


def backdate_an_entry(s: Scene) -> str:
    """With everything that hangs on it, signed again with the real key, before the entry before it."""
    name, claim, seq, _ = s.entries("note")[-1]
    with s.owner() as run:
        s.rewrite(run, name, at="2024-06-03T15:59:59.000000Z")
        s.sign_again(run)
    s.resigned()
    return f"claim {claim}, entry {seq}"


def restore_an_old_backup(s: Scene) -> str:
    s.store = s.backup(s.store)
    return "published checkpoint"


def fork(s: Scene) -> str:
    """Another life from an old backup, signed elsewhere with the real key until it is longer than what was seen."""
    wanted = len(s.entries()) + 3
    s.store = s.backup(s.store)
    drive = Drive.start(s.store, seed=77)
    drive.clock.advance(hours=2)
    drive.orders = 50
    while len(s.entries()) < wanted:
        drive.valid()
        s.resigned()
    return "published checkpoint"


def drop_a_queued_notice(s: Scene) -> str:
    with s.owner() as run:
        name, claim = run("SELECT id, claim FROM notice WHERE status = 'queued' ORDER BY claim, id")[0]
        run("DELETE FROM notice WHERE id = :name", name=name)
    return f"claim {claim}, notice {name}"


def drop_a_notice_with_its_mention(s: Scene) -> str:
    """Out of the table and out of its entry, hashes and all."""
    with s.owner() as run:
        name, claim = run("SELECT id, claim FROM notice WHERE status = 'handed_over' ORDER BY claim, id")[0]
        found = next(e for e in s.entries() if e[1] == claim and name in json.dumps(e[3].get("notices", [])))
        s.rewrite(run, found[0], notices=[n for n in found[3]["notices"] if n["id"] != name])
        run("DELETE FROM notice WHERE id = :name", name=name)
    return s.covering(s.place(found[0]))


def change_a_letter(s: Scene) -> str:
    with s.owner() as run:
        name, claim = run("SELECT id, claim FROM notice WHERE status = 'handed_over' ORDER BY claim, id")[0]
        run("UPDATE notice SET body = body || ' P.S.' WHERE id = :name", name=name)
    return f"claim {claim}, notice {name}"


def edit_who_approved(s: Scene) -> str:
    with s.owner() as run:
        name, claim = run("SELECT entry, claim FROM approval WHERE kind = 'second'")[0]
        run("UPDATE approval SET approver = 'lead:bo' WHERE entry = :name", name=name)
    return f"claim {claim}, approval {name}"


def edit_who_granted(s: Scene) -> str:
    with s.owner() as run:
        run("UPDATE control SET actor = 'it:raj' WHERE seq = 2")
    return "access journal, entry 2"


def chain_again(run: Callable[..., list[Any]], change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    """Makes the access journal anew, right in itself, after a change of its entries."""
    bodies = change([json.loads(data) for (data,) in run("SELECT data FROM control ORDER BY seq")])
    run("DELETE FROM control")
    head = None
    names = ("at", "actor", "kind", "subject", "role", "currency", "amount", "effective_at", "evidence")
    for seq, body in enumerate(bodies, 1):
        data = canonical({**body, "seq": seq, "prev": head})
        head = leaf(data).hex()
        told = {name: body.get(name) for name in names}
        run("INSERT INTO control (seq, at, actor, kind, subject, role, currency, amount, effective_at, evidence, data,"
            " leaf) VALUES (:seq, :at, :actor, :kind, :subject, :role, :currency, :amount, :effective_at, :evidence,"
            " :data, :leaf)", seq=seq, data=data, leaf=leaf(data), **told)  # fmt: skip


def edit_who_granted_with_its_chain(s: Scene) -> str:
    def other(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
        bodies[1]["actor"] = "it:raj"
        return bodies

    with s.owner() as run:
        chain_again(run, other)
    return f"access journal, entry {named_head(s)}"


def named_head(s: Scene) -> int:
    """The entry of the access journal that the first claim's entry names, in the order of the audit."""
    return min((e[1], e[2], e[3]["access_journal"]["seq"]) for e in s.entries() if "access_journal" in e[3])[2]


def delete_an_answer(s: Scene) -> str:
    with s.owner() as run:
        name, claim = run("SELECT proposal, claim FROM answer ORDER BY claim")[0]
        run("DELETE FROM answer WHERE proposal = :name", name=name)
    return f"claim {claim}, answer {name}"


def delete_what_needs_a_review(s: Scene) -> str:
    with s.owner() as run:
        name, claim = run("SELECT id, claim FROM proposal WHERE kind = 'break_glass'")[0]
        run("DELETE FROM proposal WHERE id = :name", name=name)
    return f"claim {claim}, proposal {name}"


def delete_a_grant(s: Scene) -> str:
    with s.owner() as run:
        run("DELETE FROM control WHERE seq = 1")
    return "access journal, entry 1"


def truncate_the_access_journal(s: Scene) -> str:
    """Back to the entry before the head that the claims name."""
    with s.owner() as run:
        run("DELETE FROM control WHERE seq >= :seq", seq=named_head(s))
    return f"access journal, entry {named_head(s)}"


def forge_an_approval(s: Scene) -> str:
    name, claim, _, _ = s.typed("approve")
    with s.owner() as run:
        run("INSERT INTO approval (entry, claim, kind, verb, author, approver, proposal, at)"
            " SELECT id, claim, 'second', verb, actor, 'lead:bo', NULL, at FROM entry WHERE id = :name",
            name=name)  # fmt: skip
    return f"claim {claim}, approval {name}"


def forge_a_grant(s: Scene) -> str:
    """The last entry of the access journal, which no claim names, is made another: right in itself, but to oneself."""
    with s.owner() as run:
        chain_again(run, lambda bodies: [*bodies[:-1], {**bodies[-1], "subject": "it:ana", "role": "approver"}])
        last = run("SELECT MAX(seq) FROM control")[0][0]
    return f"access journal, entry {last}"


TABLES = ("approval", "answer", "proposal", "transfer", "decision", "notice", "sealed", "task", "entry")
#: class -> attacks and how each is found
TAMPERS: dict[str, list[tuple[Callable[[Scene], str], str]]] = {
    "edit": [
        (edit_bytes, "entry_changed"), (edit_with_its_hashes, "root_mismatch"), (edit_who_approved, "row_differs"),
        (edit_who_granted, "access_journal"), (edit_who_granted_with_its_chain, "access_journal"),
    ],
    "delete": [
        (delete_an_entry, "missing_leaf"), (delete_a_claim_without_a_trace, "history_changed"),
        (delete_an_answer, "row_missing"), (delete_what_needs_a_review, "row_missing"),
        (delete_a_grant, "access_journal"),
    ],
    "reorder": [(reorder_the_log, "root_mismatch"), (reorder_a_claim, "columns_differ")],
    "truncate": [
        (truncate_the_entries, "missing_leaf"), (truncate_the_log, "history_changed"),
        (truncate_the_access_journal, "access_journal"),
    ],
    "re-sign": [(sign_again_what_was_changed, "history_changed")],
    "swap claims": [(swap_the_claims_of_entries, "columns_differ"), (swap_the_claims_of_payments, "row_not_told")],
    "forge a decision": [
        (forge_an_outcome, "row_differs"), (forge_a_decision, "row_not_told"), (forge_an_entry, "not_logged"),
        (forge_an_approval, "row_not_told"), (forge_a_grant, "access_rule"),
    ],
    "edit a transfer": [(edit_the_amount_of_a_transfer, "row_differs"), (edit_who_is_paid, "row_differs")],
    "backdate": [(backdate_a_column, "columns_differ"), (backdate_an_entry, "time_goes_back")],
    "fork": [(fork, "history_changed")],
    "restore an old backup": [(restore_an_old_backup, "history_changed")],
    "drop a notice": [
        (drop_a_queued_notice, "row_missing"), (drop_a_notice_with_its_mention, "root_mismatch"),
        (change_a_letter, "row_differs"),
    ],
}  # fmt: skip
#: What is right in itself: without anything kept elsewhere nobody could tell. The checkpoint kept elsewhere does.
SEAMLESS = (delete_a_claim_without_a_trace, sign_again_what_was_changed, fork, restore_an_old_backup)


def test_there_are_twelve_classes():
    assert len(TAMPERS) == 12


def test_nothing_is_found_where_nothing_was_done(scene: Scene):
    found = scene.audit()
    assert found.fault is None
    assert found.waiting == 1
    assert 0 < found.anchored < found.access, "what nothing names is said to be fixed by nothing"
    with scene.owner() as run:  # the guards alone are no part of the record; ``db check`` misses them
        run("SELECT 1")
    assert scene.audit().fault is None


def _everywhere() -> Iterator[Any]:
    """Every attack on SQLite, the first of each class on PostgreSQL; the others there in the long run."""
    for name, attacks in TAMPERS.items():
        for number, (attack, code) in enumerate(attacks):
            marks = [pytest.mark.postgres, *([pytest.mark.long] if number else [])]
            words = f"{name}: {attack.__name__}"
            yield pytest.param("sqlite", attack, code, id=f"sqlite, {words}")
            yield pytest.param("postgres", attack, code, id=f"postgres, {words}", marks=marks)


@pytest.mark.parametrize(("scene", "attack", "code"), list(_everywhere()), indirect=["scene"])
def test_what_was_tampered_with_is_found_and_named(scene: Scene, attack: Callable[[Scene], str], code: str):
    kept = (scene.folder / "log/checkpoint").read_bytes()
    where = attack(scene)
    found = scene.audit().fault
    assert found is not None, "nobody noticed"
    assert (found.code, found.where) == (code, where), found
    if attack in SEAMLESS:
        elsewhere = scene.folder.with_name("elsewhere")
        log = scene.log(elsewhere)
        log.sequence(relearn=True)
        assert log.audit().fault is None  # it is no accident that the published checkpoint gave it away
        named = log.verify_published(held=[kept]).fault
        assert named is not None
        assert named.code in ("history_changed", "shorter_than_held")
        assert named.where.startswith("entries ")
        with pytest.raises(IntegrityFailure) as refused:  # nor does the real log sign on
            scene.log().sequence()
        assert refused.value.code in ("log_restored", "log_forked")
