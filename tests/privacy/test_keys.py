"""Keys are changed so that what was erased is gone from every copy; digests are keyed; looks are on record."""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from claimdesk import ClaimDesk, ConfigError, InputError, Refused
from claimdesk.adapters.vault import FileVault
from claimdesk.testing import FrozenClock
from claimdesk.workflow.lines import read_lines
from claimdesk.workflow.triage import triage
from cli.conftest import invoke
from privacy.conftest import MARK, filed
from support.checks import assert_sound
from support.desks import MONDAY, snapshot

LINE = {
    "marketplace": "US", "incident_on": "2024-06-01", "seller": {"id": "A2EXAMPLE"}, "order": {"id": "114-7"},
    "losses": [{"head": "medical", "amount": "640.00 USD"}], "claimant": {"name": MARK}, "filed_at": MONDAY,
    "cause": "product_defect",
}  # fmt: skip


_RUNS = itertools.count()


def run_triage(desk: ClaimDesk, *lines: dict[str, Any]) -> list[str]:
    read = read_lines([json.dumps(line) + "\n" for line in lines])
    return [r["status"] for r in triage(desk, read, run_id=f"IMP-{next(_RUNS)}")]


# -- change of keys ---------------------------------------------------------------------------------------------------


def test_new_keys_open_everything_and_the_old_ones_nothing(desk: ClaimDesk, tmp_path: Path) -> None:
    kept, gone = filed(desk), filed(desk, "114-2")
    copies = {claim: snapshot(desk.store, claim)[claim]["sealed"] for claim in (kept, gone)}
    values = desk.personal(kept, purpose="audit")
    desk.redact(gone, basis="gdpr_17", approved_by="cs:bo")
    before = snapshot(desk.store, kept)
    old = FileVault(tmp_path / "claims.keys").epochs()

    would = desk.rotate_keys(approved_by="cs:bo", dry_run=True)
    done = desk.rotate_keys(approved_by="cs:bo")

    assert (would.closed, would.rewrapped, would.dry_run) == (old, done.rewrapped, True)
    assert (done.closed, done.unreadable) == (old, 0)
    assert FileVault(tmp_path / "claims.keys").epochs() == (done.epoch,)
    assert desk.personal(kept, purpose="audit") == values
    # The entries and the values themselves were not touched.
    after = snapshot(desk.store, kept)
    assert [(r.nonce, r.ciphertext) for r in after[kept]["sealed"]][:3] == [
        (r.nonce, r.ciphertext) for r in before[kept]["sealed"]
    ]
    # Rows of a backup: the erased ones open no more, those of the others neither (they are wrapped anew now).
    vault = FileVault(tmp_path / "claims.keys")
    assert [vault.open(row) for rows in copies.values() for row in rows] == [None] * 6
    with desk.store.read() as unit:
        assert [(r.epoch, r.successor, r.asked_by, r.approved_by) for r in unit.closed_epochs()] == [
            (epoch, done.epoch, "cs:mei", "cs:bo") for epoch in old
        ]
    assert_sound(desk.store, [MARK])


def test_who_seals_meanwhile_seals_under_the_new_key(opened: Callable[..., ClaimDesk], tmp_path: Path) -> None:
    """A process that still has the old key in hand is refused by the store, and does it again under the new one."""
    first, second = opened(), opened()
    claim = filed(first)
    second.note(claim, text="before")
    stale = second.settings.vault
    looks: list[bool] = []
    again = stale.refresh
    stale.refresh = lambda: looks.append(True) or (len(looks) > 1 and again())  # type: ignore[method-assign, func-returns-value]
    done = first.rotate_keys(approved_by="cs:bo")
    later = second.file(**{k: v for k, v in LINE.items() if k != "filed_at"}).id
    assert len(looks) > 1
    with first.store.read() as unit:
        assert {r.epoch for c in (claim, later) for r in unit.sealed(c)} == {done.epoch}
    assert first.personal(later)["claimant"]["name"] == MARK


@pytest.mark.parametrize("second", ["cs:mei", "CS:Mei", "ｃｓ：mei", "rules", "Script:x"])
def test_a_change_of_keys_takes_two(second: str) -> None:
    with ClaimDesk.open("memory:", actor="cs:mei") as desk, pytest.raises(Refused) as caught:
        desk.rotate_keys(approved_by=second)
    assert caught.value.code == "needs_second_person"


KILLED = """
import os, signal, sys
from claimdesk import ClaimDesk
from claimdesk.adapters.sql.units import SqlWrite
from claimdesk.adapters import vault

def die(*args, **more): os.kill(os.getpid(), signal.SIGKILL)

url, where = sys.argv[1:]
if where == "wrapping":
    SqlWrite.rewrap = die
elif where == "destroying":
    vault._wipe = lambda path, done=[]: die() if done else done.append(1)
else:
    vault.FileVault.forget_epoch = die
ClaimDesk.open(url, actor="cs:mei").rotate_keys(approved_by="cs:bo")
"""


@pytest.mark.parametrize("where", ["wrapping", pytest.param("before destroying", marks=pytest.mark.long), "destroying"])
def test_killed_while_keys_change(tmp_path: Path, where: str) -> None:
    url = f"sqlite:///{tmp_path / 'claims.db'}"
    with ClaimDesk.open(url, actor="cs:mei", clock=FrozenClock(MONDAY)) as desk:
        claim = filed(desk)
        values = desk.personal(claim, purpose="audit")
    done = subprocess.run([sys.executable, "-c", KILLED, url, where], check=False, capture_output=True)
    assert done.returncode == -9, done.stderr
    with ClaimDesk.open(url, actor="cs:mei", clock=FrozenClock(MONDAY)) as desk:
        assert desk.personal(claim, purpose="audit") == values
        finished = desk.rotate_keys(approved_by="cs:bo")
        assert desk.personal(claim, purpose="audit") == values
        assert FileVault(tmp_path / "claims.db.keys").epochs() == (finished.epoch,)
    assert sorted(p.name for p in tmp_path.iterdir() if "keys" in p.name) == ["claims.db.keys"]


def test_the_command_for_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path / 'claimdesk.db'}"
    with ClaimDesk.open(url, actor="cs:mei", clock=FrozenClock(MONDAY)) as desk:
        claim = filed(desk)
    words = ("db", "rotate-keys", "--as", "ops:kim", "--db", url)
    assert invoke(words).code == 3
    assert invoke((*words, "--approved-by", "OPS:kim")).code == 3
    assert invoke((*words, "--approved-by", "cs:bo", "--json")).json["rewrapped"] > 0
    shutil.copy(tmp_path / "claimdesk.db.keys", tmp_path / "shared.keys")
    elsewhere = {"CLAIMDESK_KEYS": str(tmp_path / "shared.keys")}
    refused = invoke((*words, "--approved-by", "cs:bo"), env=elsewhere)
    assert (refused.code, "keys_may_be_shared" in refused.err) == (2, True)
    would = invoke((*words, "--approved-by", "cs:bo", "--dry-run", "--only-this-database"), env=elsewhere)
    assert would.code == 0
    shown = invoke(("show", claim, "--reveal", "--purpose", "audit", "--db", url))
    assert f"{MARK}-name" in shown.out


# -- digests ----------------------------------------------------------------------------------------------------------


def test_what_is_kept_to_know_a_line_again_cannot_be_guessed(desk: ClaimDesk, url: str) -> None:
    assert run_triage(desk, LINE) == ["created"]
    assert run_triage(desk, LINE) == ["unchanged"]
    assert run_triage(desk, {**LINE, "claimant": {"name": "Another"}}) == ["created"]
    filing = {k: v for k, v in LINE.items() if k != "filed_at"}
    made = desk.file(**filing, idempotency_key="k")
    assert desk.file(**filing, idempotency_key="k").id == made.id
    with desk.store.read() as unit:
        row = unit.idempotency("cs:mei", "k")
    assert row is not None
    assert row.request.startswith("hmac-sha256:")
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
            kept = raw.execute("SELECT key, content FROM source").fetchall()
        raw.close()
        assert all("hmac-sha256:" in key and content.startswith("hmac-sha256:") for key, content in kept)


def test_another_key_file_is_refused_before_anything_is_filed_twice(
    opened: Callable[..., ClaimDesk], tmp_path: Path
) -> None:
    desk = opened()
    run_triage(desk, LINE)
    claim = next(iter(desk.list())).id
    keys = tmp_path / "other.keys"
    for code in ("keys_missing", "other_keys"):
        other = opened(keys=str(keys))
        for work in (
            lambda: run_triage(other, LINE),  # noqa: B023  # called at once
            lambda: other.file(**{**LINE, "idempotency_key": "k"}),  # noqa: B023
            lambda: other.note(claim, text="seen"),  # noqa: B023
            lambda: other.personal(claim, purpose="audit"),  # noqa: B023
            other.tick,
        ):
            with pytest.raises(ConfigError) as caught:
                work()
            assert (caught.value.code, caught.value.exit_code) == (code, 2)
            assert keys.exists() == (code == "other_keys"), "no key file is made in place of a lost one"
        # Reading goes on.
        assert other.get(claim).version == desk.get(claim).version
        FileVault(keys).digest(b"")
    assert opened(keys=str(keys)).personal(claim) == {}
    # A change of keys does not change what is known again.
    desk.rotate_keys(approved_by="cs:bo")
    assert run_triage(opened(), LINE) == ["unchanged"]


def test_doctor_says_what_hangs_on_a_key_file_that_is_lost_or_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    keys, url = tmp_path / "claimdesk.db.keys", f"sqlite:///{tmp_path / 'claimdesk.db'}"
    with ClaimDesk.open(url, actor="cs:mei", clock=FrozenClock(MONDAY)) as desk:
        claim = filed(desk)
    words = ("doctor", "--db", url)
    assert "WRONG  keys" not in invoke(words).out
    shutil.move(keys, tmp_path / "kept")
    for seen in ("MISSING", "not the one this database began with"):
        told = invoke(words)
        assert told.code != 0
        assert f"{keys}: {seen}" in told.out
        assert "personal values of 1 claims hang on it" in told.out + told.err
        looked = invoke(("show", claim, "--reveal", "--purpose", "audit", "--db", url))
        assert looked.code == 2
        assert "restore" in looked.err
        assert invoke(("show", claim, "--db", url)).code == 0, "what is not sealed is shown as ever"
        FileVault(keys).digest(b"")
    shutil.move(tmp_path / "kept", keys)
    assert "WRONG  keys" not in invoke(words).out


def test_a_store_of_before_keeps_its_digests(tmp_path: Path) -> None:
    path = tmp_path / "claims.db"
    with ClaimDesk.open(f"sqlite:///{path}", actor="cs:mei", clock=FrozenClock(MONDAY)) as desk:
        desk.list()
    with sqlite3.connect(path) as raw:
        raw.execute("DELETE FROM meta WHERE name LIKE 'digest%'")
    raw.close()
    for keys in ("one.keys", "two.keys"):
        with ClaimDesk.open(f"sqlite:///{path}", actor="cs:mei", keys=str(tmp_path / keys)) as desk:
            assert run_triage(desk, LINE) == ["created" if keys == "one.keys" else "unchanged"]


def test_a_key_file_of_before_gets_its_key_for_digests_once(tmp_path: Path) -> None:
    path = tmp_path / "k.keys"
    vault = FileVault(path)
    vault.seal("CLM-1", 1, {"a": "b"})
    kept = json.loads(path.read_text())
    del kept["digest"]
    path.write_text(json.dumps(kept))
    first = FileVault(path).digest(b"x")
    assert first == FileVault(path).digest(b"x") != FileVault(None).digest(b"x")
    shutil.copy(path, tmp_path / "copy.keys")
    assert FileVault(tmp_path / "copy.keys").digest(b"x") == first


# -- looks ------------------------------------------------------------------------------------------------------------


def test_a_look_at_sensitive_data_is_on_record_before_it_is_shown(desk: ClaimDesk) -> None:
    claim = filed(desk)
    before = snapshot(desk.store, claim)
    assert desk.personal(claim) == {
        "claimant": {"contact": f"{MARK}@example.org", "name": f"{MARK}-name", "ref": f"{MARK}-ref"}
    }
    assert snapshot(desk.store, claim) == before  # nothing sensitive was shown, nothing is written
    shown = desk.personal(claim, purpose="appeal", actor="auditor:ann")
    assert shown["injury"]["severity"] == f"{MARK}-injury"
    *_, entry = desk.entries(claim)
    assert (entry["actor"]["id"], entry["type"]) == ("auditor:ann", "reveal")
    assert entry["access"] == {
        "purpose": "appeal",
        "fields": ["claimant.age", "description", "findings", "injury.kind", "injury.severity", "text"],
    }
    assert "for: a dispute or an appeal (claimant.age" in desk.timeline(claim)[-1]["details"][0]
    same = {k: v for k, v in desk.view(claim).items() if k != "version"}
    desk.personal(claim, purpose=f"{MARK} asked me to")  # words of one's own are sealed
    *_, entry = desk.entries(claim)
    assert entry["access"]["purpose"] == "other"
    assert MARK not in json.dumps(entry)
    assert {k: v for k, v in desk.view(claim).items() if k != "version"} == same
    assert_sound(desk.store, [MARK])


def test_a_look_needs_a_purpose_and_something_to_look_at(desk: ClaimDesk) -> None:
    claim = filed(desk)
    desk.redact(claim, basis="gdpr_17", approved_by="cs:bo")
    before = snapshot(desk.store, claim)
    assert desk.personal(claim, purpose="audit") == {}
    assert snapshot(desk.store, claim) == before
    for purpose in ("", "  ", "x" * 501):
        with pytest.raises(InputError):
            desk.personal(claim, purpose=purpose)


def test_the_command_that_reveals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path / 'claimdesk.db'}"
    with ClaimDesk.open(url, actor="cs:mei", clock=FrozenClock(MONDAY)) as desk:
        claim = filed(desk)
    show = ("show", claim, "--db", url)
    for words in ((), ("--reveal",), ("--purpose", "audit"), ("--reveal", "--purpose", "audit", "--at", MONDAY)):
        done = invoke((*show, *words))
        assert done.code == (2 if words else 0)
        assert MARK not in done.out + done.err
    shown = invoke((*show, "--reveal", "--purpose", "audit", "--json", "--as", "auditor:ann")).json
    assert shown["personal"]["injury"]["severity"] == f"{MARK}-injury"
    assert invoke(("timeline", claim, "--db", url, "--json")).lines[-1]["by"] == "auditor:ann"
