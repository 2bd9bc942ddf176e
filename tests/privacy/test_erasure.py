"""Personal data is erased by two people under a legal basis; the record stays whole, and says that it was."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from claimdesk import ClaimDesk, InputError, Refused
from claimdesk.adapters.tlog.log import TransparencyLog
from claimdesk.states.journal import sha256_text
from claimdesk.testing import FrozenClock
from claimdesk.workflow import privacy
from privacy.conftest import MARK, filed
from support.checks import assert_sound
from support.commandline import Outcome
from support.desks import snapshot

BASIS: dict[str, Any] = {"basis": "gdpr_17", "approved_by": "cs:bo"}


def readable(desk: ClaimDesk, claim: str) -> dict[str, Any]:
    """What the keys still open, without a look on record."""
    with desk.store.read() as unit:
        return desk.settings.vault.unseal(unit.sealed(claim))


def test_what_is_erased_is_gone_and_everything_else_works(desk: ClaimDesk, tmp_path: Path) -> None:
    claim, other = filed(desk), filed(desk, "114-2")
    before, told = desk.get(claim), desk.entries(claim)
    assert MARK in json.dumps(readable(desk, claim))
    sent = {n.id: n for n in desk.notices(claim)}
    files = {p.stem for p in (tmp_path / "letters").rglob("*.txt")}
    assert set(sent) <= files

    after = desk.redact(claim, **BASIS, reason="asked by letter")

    assert after.erased == {"at": "2024-06-03T16:00:00.000000Z", "basis": "gdpr_17"}
    assert before.erased is None
    same = {k: v for k, v in after.to_dict().items() if k not in ("erased", "version")}
    assert same == {k: v for k, v in before.to_dict().items() if k not in ("erased", "version")}
    assert readable(desk, claim) == {"reason": "asked by letter"}
    for kept in desk.notices(claim):
        assert (kept.subject, kept.body, kept.params) == (None, "", "{}")
        assert kept.sha256 == sent[kept.id].sha256
    assert {p.stem for p in (tmp_path / "letters").rglob("*.txt")} == files - set(sent)
    # The journal only grew, and its one new entry holds nothing personal.
    *old, new = desk.entries(claim)
    assert old == told
    assert (new["actor"]["id"], new["second"], new["redaction"]["basis"]) == ("cs:mei", "cs:bo", "gdpr_17")
    assert new["redaction"]["values"] == len([e for e in told if "pii" in e]) == 3
    assert MARK not in json.dumps(new)
    assert new["redaction"]["subjects"] == [e["pii"][0]["subject"] for e in told if "pii" in e]
    for lang, words in (("en", "GDPR, article 17"), ("zh-CN", "《通用数据保护条例》第 17 条")):
        assert words in desk.explain(claim, lang=lang)
        assert words in desk.timeline(claim, lang=lang)[-1]["details"][0]
    assert_sound(desk.store, [MARK])
    # The other claim of the same person was not asked about.
    assert MARK in json.dumps(readable(desk, other))
    assert desk.claims_of(f"{MARK}-ref") == [other]
    # Life goes on, and what is told from now on is kept again, until it is erased too.
    desk.note(claim, text="asked again")
    assert readable(desk, claim)["text"] == "asked again"
    desk.redact(claim, **BASIS)
    assert readable(desk, claim) == {}


def test_a_letter_that_was_kept_elsewhere_still_proves_itself(desk: ClaimDesk) -> None:
    claim = filed(desk)
    [letter, *_] = desk.notices(claim)
    desk.redact(claim, **BASIS)
    handed = [op for e in desk.entries(claim) for op in e.get("notices", ()) if op["op"] == "handed_over"]
    told = {op["id"]: op["sha256"] for op in handed}
    assert told[letter.id] == sha256_text(str(letter.body).encode())


def test_erasing_again_changes_nothing(desk: ClaimDesk) -> None:
    claim = filed(desk)
    first = desk.redact(claim, **BASIS, reason="asked", idempotency_key="r1")
    before = snapshot(desk.store, claim)
    assert desk.redact(claim, **BASIS, reason="asked", idempotency_key="r1").version == first.version
    assert desk.redact(claim, basis="ccpa_1798_105", approved_by="cs:bo").version == first.version
    assert snapshot(desk.store, claim) == before


def test_a_dry_run_says_what_would_go(desk: ClaimDesk, tmp_path: Path) -> None:
    claim = filed(desk)
    before = snapshot(desk.store, claim)
    files = sorted((tmp_path / "letters").rglob("*.txt"))
    done = desk.perform("redact", claim, {"basis": "gdpr_17"}, approved_by="cs:bo", dry_run=True)
    assert done.made is not None
    assert done.made.bodies[-1]["redaction"]["values"] == 3
    assert snapshot(desk.store, claim) == before
    assert sorted((tmp_path / "letters").rglob("*.txt")) == files


@pytest.mark.parametrize(
    "second",
    [None, "", "cs:mei", "CS:MEI", "ｃｓ：ｍｅｉ", "rules", "Script:nightly"],
    ids=lambda s: f"approved by {s!r}",
)
def test_two_people_stand_for_it(second: str | None) -> None:
    with ClaimDesk.open("memory:", actor="cs:mei", clock=FrozenClock("2024-06-03T09:00:00-07:00")) as desk:
        claim = filed(desk)
        options: dict[str, Any] = {} if second is None else {"approved_by": second}
        with pytest.raises((Refused, InputError)) as caught:
            desk.redact(claim, basis="gdpr_17", **options)
        assert caught.value.code == "needs_second_person"
        assert MARK in json.dumps(readable(desk, claim))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("gdpr_17", "gdpr_17"),
        ("GDPR Art. 17(1)(a)", "gdpr_17"),
        ("Article 17 GDPR", "gdpr_17"),
        ("UK GDPR 17", "uk_gdpr_17"),
        ("CCPA § 1798.105", "ccpa_1798_105"),
        ("PIPL Article 47", "pipl_47"),
        ("GDPR Art. 17 John Example", None),  # words of one's own could name a person: they are no basis
        ("he asked", None),
        ("", None),
        (17, None),
    ],
)
def test_a_legal_basis_is_one_of_a_list(said: Any, kept: str | None) -> None:
    with ClaimDesk.open("memory:", actor="cs:mei", clock=FrozenClock("2024-06-03T09:00:00-07:00")) as desk:
        claim = filed(desk)
        if kept is None:
            with pytest.raises(InputError) as caught:
                desk.redact(claim, basis=said, approved_by="cs:bo")
            assert "John" not in str(caught.value)
            return
        assert (desk.redact(claim, basis=said, approved_by="cs:bo").erased or {})["basis"] == kept


def test_a_legal_hold_beats_it(desk: ClaimDesk) -> None:
    claim = filed(desk)
    with pytest.raises(Refused) as caught:
        desk.hold(claim, hold="legal")
    assert caught.value.code == "needs_reason"
    desk.hold(claim, hold="legal", reason="a suit was filed")
    desk.hold(claim, hold="other", reason="looked at")
    with pytest.raises(Refused) as caught:
        desk.redact(claim, **BASIS)
    assert caught.value.code == "on_hold"
    assert "redact" not in caught.value.allowed and "redact" not in desk.actions(claim)["can"]
    assert MARK in json.dumps(readable(desk, claim))
    for second in (None, "cs:mei"):
        with pytest.raises(Refused) as caught:
            options: dict[str, Any] = {} if second is None else {"approved_by": second}
            desk.release_hold(claim, hold="legal", reason="settled", **options)
        assert caught.value.code == "needs_second_person"
    desk.release_hold(claim, hold="legal", reason="settled", approved_by="cs:bo")
    # Any other hold stops money and the rules, not an erasure.
    assert desk.redact(claim, **BASIS).hold == "other"
    entries = {e["type"]: e for e in desk.entries(claim)}
    assert entries["release_hold"]["second"] == "cs:bo"


def test_the_audit_stays_green_and_tells_an_erasure_that_nobody_made(
    url: str, opened: Callable[..., ClaimDesk]
) -> None:
    desk = opened()
    claim, _ = filed(desk), filed(desk, "114-2")
    desk.redact(claim, **BASIS)
    log = TransparencyLog.open(desk.store, "memory:")
    log.sequence()
    vault: Any = desk.settings.vault
    found = log.audit(sealed=vault.faults)
    assert found.ok, found.fault
    if not url.startswith("sqlite"):
        return
    with desk.store.write() as unit:
        connection: Any = getattr(unit, "connection")  # noqa: B009
        connection.exec_driver_sql("DROP TRIGGER sealed_stays")
        connection.exec_driver_sql("DELETE FROM sealed WHERE claim <> ? AND seq = 1", (claim,))
    fault = log.audit().fault
    assert fault is not None
    assert (fault.code, fault.message) == ("row_missing", "they are gone, and no erasure took them")


KILLED = """
import os, signal, sys
from claimdesk import ClaimDesk
from claimdesk.adapters.senders.files import FileSender
from claimdesk.adapters.sql.units import SqlWrite

def die(*args): os.kill(os.getpid(), signal.SIGKILL)

url, claim, where = sys.argv[1:]
if where == "before it is kept":
    whole = SqlWrite._erase
    SqlWrite._erase = lambda self, rows: (whole(self, rows), die())
else:
    FileSender.forget = die
ClaimDesk.open(url, actor="cs:mei").redact(claim, basis="gdpr_17", approved_by="cs:bo")
"""


@pytest.mark.parametrize("where", ["before it is kept", "before the files go"])
def test_killed_half_way(tmp_path: Path, where: str) -> None:
    """All of it or nothing in the database; the files go when it is run again."""
    url = f"sqlite:///{tmp_path / 'claims.db'}"
    with ClaimDesk.open(url, actor="cs:mei", clock=FrozenClock("2024-06-03T09:00:00-07:00")) as desk:
        claim = filed(desk)
        before = snapshot(desk.store, claim)
    done = subprocess.run([sys.executable, "-c", KILLED, url, claim, where], check=False, capture_output=True)
    assert done.returncode == -9, done.stderr
    with ClaimDesk.open(url, actor="cs:mei", clock=FrozenClock("2024-06-03T10:00:00-07:00")) as desk:
        if where == "before it is kept":
            assert snapshot(desk.store, claim) == before
        else:
            assert readable(desk, claim) == {}
        assert list((tmp_path / "claims.db.letters").rglob("*.txt"))
        version = desk.get(claim).version
        assert desk.redact(claim, **BASIS).version == version + (where == "before it is kept")
        assert not list((tmp_path / "claims.db.letters").rglob("*.txt"))
        assert_sound(desk.store, [MARK])
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or MARK.encode() not in file.read_bytes()


def test_letters_that_wait_go_out_after_it(opened: Callable[..., ClaimDesk]) -> None:
    desk = opened()
    claim = desk.file(marketplace="US", incident_on="2024-06-01", seller={"id": "A2EXAMPLE"}, order={"id": "114-9"},
                      losses=[{"head": "property_damage", "amount": "10.00 USD"}], claimant={"name": MARK})  # fmt: skip
    desk.request_information(claim.id, items=[f"{MARK} photo"])
    assert MARK in desk.notices(claim.id)[-1].params
    desk.redact(claim.id, **BASIS)
    assert MARK not in desk.notices(claim.id)[-1].params  # what a person wrote in a letter that waits goes too
    assert desk.tick().letters == 2
    assert all(n.status == "handed_over" and n.body for n in desk.notices(claim.id))
    assert privacy.claims_of(desk.store, desk.settings.vault, f"{MARK}-ref") == []


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cli.conftest import invoke  # noqa: PLC0415  # a command line needs its own fixtures only here

    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path / 'claimdesk.db'}"
    with ClaimDesk.open(url, actor="cs:mei", clock=FrozenClock("2024-06-03T09:00:00-07:00")) as desk:
        first, second, third = (filed(desk, f"114-{n}") for n in range(3))
        desk.hold(second, hold="legal", reason="a suit")
    two = ("--basis", "gdpr_17", "--as", "privacy:lea", "--approved-by", "cs:bo")

    def run(*words: str, stdin: str | None = None) -> Outcome:
        done = invoke(("redact", *words, "--db", url), stdin)
        assert MARK not in done.out + done.err
        return done

    assert run(*two).code == 2  # nothing named
    assert run(first, "--subject", "x", *two).code == 2
    assert run(first, "--approved-by", "cs:bo").code == 2  # no basis
    assert run(first, "--basis", "gdpr_17").code == 3  # one person
    assert run("CLM-none", *two).code == 5
    would = run(first, *two, "--dry-run", "--json")
    assert (would.code, would.lines[0]["changed"], would.lines[0]["values"]) == (0, True, 3)
    done = run("--subject", "-", *two, "--json", stdin=f"{MARK}-ref\n")
    assert done.code == 3  # one of them is under a legal hold; the others are erased nevertheless
    assert {line["claim"]: line.get("values") or line["error"]["code"] for line in done.lines} == {
        first: 3, second: "on_hold", third: 3,
    }  # fmt: skip
    again = run(first, *two, "--json")
    assert (again.code, again.lines[0]["changed"], again.lines[0]["basis"]) == (0, False, "gdpr_17")
    assert run(first, *two).out == f"{first}  nothing left to erase\n"
    assert "erased on 2" in invoke(("show", first, "--db", url)).out
