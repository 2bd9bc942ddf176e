"""Reports, exports, packs and audits of PostgreSQL: the same work as on SQLite comes to the same, byte for byte."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from claimdesk import ClaimDesk
from claimdesk.adapters.cli.app import cli
from claimdesk.adapters.desk import LogPlaces
from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.pack.build import Asking, build
from claimdesk.adapters.pack.verify import Pack, check
from claimdesk.adapters.reports.exports import EXPORTS, write_export
from claimdesk.adapters.reports.integrity import integrity
from claimdesk.adapters.reports.reading import records, with_office
from claimdesk.adapters.reports.tables import write_csv
from claimdesk.adapters.tlog.keys import key_text
from claimdesk.adapters.tlog.replays import replay_all
from claimdesk.adapters.tlog.sample import draw
from claimdesk.adapters.tlog.signing import Signer
from claimdesk.adapters.tlog.units import log_read
from claimdesk.adapters.tlog.verifier import verify_log
from claimdesk.adapters.vault import FileVault
from claimdesk.testing import FrozenClock
from claimdesk.workflow.reports.catalogue import REPORTS
from claimdesk.workflow.reports.shape import Asked
from support.desks import MONDAY, Drive, KeptLetters
from tlog.world import second_persons

from .made import NOW, faults, json_lines, made, report

pytestmark = pytest.mark.postgres
ORIGIN, SEED = "claimdesk.local/both", b"\x05" * 32


@dataclass
class Side:
    """The same desk on one database."""

    desk: ClaimDesk
    folder: Path
    told: str  #: a claim with personal values


def worked(url: str, folder: Path) -> Side:
    """Claims on several roads, letters, money that came back, second persons, a look, an erasure, a signed log."""
    folder.mkdir()
    key = folder / "log-key"
    key.write_bytes(key_text(Signer(ORIGIN, SEED), SEED))
    key.chmod(0o600)
    store = open_store(url)
    with store.write() as unit:
        unit.set_meta("origin", ORIGIN)
    clock, letters = FrozenClock(MONDAY), KeptLetters()
    desk = ClaimDesk.open(
        url, store=store, actor="cs:mei", clock=clock, sender=letters, payments="manual", plain=True, templates=True,
        vault=FileVault(None, random=random.Random(2).randbytes), random_bits=random.Random(1).getrandbits,
        log=LogPlaces(key, folder / "published"),
    )  # fmt: skip
    drive = Drive(desk, clock, letters=letters)
    for state in ("closed", "proof_requested", "denied"):
        drive.to(state)
    near = drive.file(losses=[{"head": "property_damage", "amount": "999.99 USD"}])
    drive.do(near, "record_screening", verdict="valid")
    back = drive.to("recovery_due")
    drive.do(back, "record_recovery", amount="400.00 USD", **{"from": "seller"})
    drive.do(back, "write_off")
    told = drive.file(claimant={"name": "Zilpha Quimby"}, description="she fell")
    gone = drive.do(drive.file(description="he fell"), "withdraw")
    desk.redact(gone.id, basis="gdpr_17", approved_by="cs:bo")
    clock.advance(days=9)
    desk.tick()
    desk.sequence()
    second_persons(drive)
    desk.personal(told.id, purpose="audit", actor="lead:lin")
    desk.sequence()
    return Side(desk, folder, told.id)


@pytest.fixture(scope="module")
def sides(postgres_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    top = tmp_path_factory.mktemp("both")
    one = worked(f"sqlite:///{top / 'claims.db'}", top / "sqlite")
    with postgres_server.database(
        postgres_server.template("empty-for-reports", lambda url: open_store(url).close())
    ) as url:
        other = worked(url, top / "postgres")
        yield one, other
        other.desk.close()
    one.desk.close()


def test_every_report_and_export_is_the_same_and_reconciles(sides):
    one, other = (side.desk for side in sides)
    assert faults(other.store) == []
    for name in REPORTS:
        mine, theirs = report(one.store, name), report(other.store, name)
        assert theirs.rows, name
        assert mine.text == theirs.text, name
        assert json_lines(one.store, name) == json_lines(other.store, name), name
    past = {"at": "2024-06-04T00:00:00.000000Z"}
    assert report(one.store, "claims", **past).text == report(other.store, "claims", **past).text
    for name in EXPORTS:
        written: list[bytes] = []
        for desk in (one, other):
            parts: list[bytes] = []
            asked = with_office(desk.store, Asked(as_of=NOW))
            population = records(desk.store, asked)
            write_export(name, desk.store, asked, population, made(desk.store), parts.append, past=False)
            written.append(b"".join(parts))
        assert written[0] == written[1], name
        assert len(written[1]) > 1000, name
    parts = []
    came = write_csv(integrity(other), Asked(as_of=NOW), (), made(other.store), parts.append)
    assert (came.found, came.foot["rows"]) == (0, 1)


def test_a_pack_is_the_same_and_checks_itself(sides, tmp_path):
    packs: list[bytes] = []
    for side in sides:
        desk = side.desk

        def personal(claim: str, desk: ClaimDesk = desk) -> dict[str, Any]:
            return desk.personal(claim, purpose="audit", actor="lead:lin")

        target = io.BytesIO()
        wanted = [c.id for c in desk.list()]
        build(desk, Asking(wanted, "auditor:chen", {"claims": len(wanted)}, personal=personal), target)
        packs.append(target.getvalue())
        place = tmp_path / "pack.zip"
        place.write_bytes(target.getvalue())
        pack = Pack(place)
        list(check(pack, str(desk.log.signer.key)))
        assert pack.faults == []
    assert packs[0] == packs[1]


def test_the_audit_replay_proofs_and_samples_of_both_are_the_same(sides):
    found = [side.desk.log.audit(sealed=side.desk.settings.vault.faults) for side in sides]
    assert all(f.ok for f in found), [f.fault for f in found]
    assert found[0].to_dict() | {"seconds": 0} == found[1].to_dict() | {"seconds": 0}
    assert 0 < found[1].anchored <= found[1].access
    again = [replay_all(side.desk.store, side.desk.settings.vault) for side in sides]
    assert [fault for _, fault in again] == [None, None]
    assert again[0][0].decisions == again[1][0].decisions > 0
    drawn = []
    for side in sides:
        with side.desk.store.read() as unit:
            row = log_read(unit).checkpoint()
            entry = unit.entries(side.told)[0]
        assert row is not None
        drawn.append((
            draw(side.desk.store, row, count=4, seed="2024Q2", by=["outcome"]).members, side.desk.log.prove(entry.id),
        ))  # fmt: skip
        assert verify_log(side.folder / "published" / "log", side.desk.log.trust()).ok
    assert drawn[0] == drawn[1]


def test_claims_are_rebuilt_and_a_tamper_in_postgresql_is_found(sides, monkeypatch, tmp_path):
    _, other = sides
    monkeypatch.chdir(tmp_path)
    env = {"CLAIMDESK_DB": other.desk.url, "CLAIMDESK_LOG_KEY": str(other.folder / "log-key"),
           "CLAIMDESK_LOG_FOLDER": str(other.folder / "published"), "USER": "auditor"}  # fmt: skip

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, list(words), env=env)
        return done.exit_code, done.output

    assert run("audit", "rebuild", "--sample", "3", "--seed", "x")[0] == 0
    assert run("audit", "verify", "--quiet")[0] == 0
    assert run("audit", "proof", other.told, "--entry", "1")[0] == 0
    assert run("audit", "sample", "--count", "3", "--seed", "x")[0] == 0
    engine: Any = getattr(other.desk.store, "engine")  # noqa: B009
    with engine.begin() as c:
        c.exec_driver_sql("SET LOCAL session_replication_role = replica")
        c.exec_driver_sql("UPDATE approval SET approver = 'lead:bo' WHERE kind = 'second' AND approver = 'lead:lin'")
    code, said = run("audit", "verify")
    assert (code, "row_differs" in said, "approval" in said) == (1, True, True), said
    assert run("audit", "rebuild")[0] == 1
