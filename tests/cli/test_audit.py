"""``claimdesk audit``: what an auditor does with a database, from the command line."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimdesk import ClaimDesk
from claimdesk.adapters.tlog.sample import allotted, band
from claimdesk.adapters.tlog.signing import Signer
from claimdesk.adapters.tlog.verifier import parse_trust, verify_proof
from claimdesk.states.money import parse

LOG = Path("claimdesk.db.tlog/log")


def sql(statement: str, *values: Any) -> list[Any]:
    """What somebody who owns the file can do."""
    with closing(sqlite3.connect("claimdesk.db", isolation_level=None)) as connection:
        if not statement.startswith("SELECT"):
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute("PRAGMA ignore_check_constraints=ON")
        return connection.execute(statement, values).fetchall()


def waiting() -> int:
    return sql("SELECT count(*) FROM log_pending")[0][0]


# -- the checkpoint ----------------------------------------------------------------------------------------------------


def test_the_checkpoint_is_printed_as_it_is_published(run):
    with ClaimDesk.open("sqlite:///claimdesk.db", actor="cs:mei") as desk:
        desk.seller_do("update_seller", "A2EXAMPLE", {"in_good_standing": True}, marketplace="US")
    nothing = run("audit", "checkpoint", "--json")
    assert (nothing.code, nothing.error["code"]) == (5, "no_checkpoint")
    assert not LOG.exists() and not Path("claimdesk.db.log-key").exists()
    done = run("audit", "checkpoint", "--publish", "--json")
    assert done.code == 0 and done.json["size"] == done.json["published"] == done.json["added"] == 2
    printed = run("audit", "checkpoint")
    assert printed.out == (LOG / "checkpoint").read_text(encoding="utf-8") == done.json["checkpoint"]
    again = run("audit", "checkpoint", "--publish", "--json").json
    assert (again["added"], again["files"], again["checkpoint"]) == (0, 0, printed.out)


def test_a_lost_key_is_not_made_anew(office):
    Path("claimdesk.db.log-key").unlink()
    lost = office.run("audit", "checkpoint", "--publish", "--json")
    assert (lost.code, lost.error["code"]) == (2, "no_log_key")
    seen = office.run("doctor")
    assert seen.code == 1 and "MISSING" in seen.out
    assert not Path("claimdesk.db.log-key").exists()


def test_who_audits_needs_no_key_that_signs(office):
    """The private key is the operator's; the public half stands in the published folder."""
    Path("kept").write_text(office.run("audit", "checkpoint").out, encoding="utf-8")
    Path("claimdesk.db.log-key").unlink()
    seen = office.run("audit", "verify", "--held", "kept")
    assert (seen.code, "taken from the published folder" in seen.err) == (0, True)
    assert office.run("audit", "rebuild", "--sample", "2", "--seed", "x").code == 0
    other = Signer(office.run("audit", "checkpoint", "--json").json["origin"], bytes(32)).key
    vkey = Path("claimdesk.db.tlog/vkey")
    vkey.chmod(0o644)
    vkey.write_text(f"{other}\n", encoding="utf-8")
    forged = office.run("audit", "verify", "--json")
    assert (forged.code, forged.json["fault"]["code"]) == (1, "bad_signature")
    vkey.write_text("nothing\n", encoding="utf-8")
    assert office.run("audit", "verify", "--json").error["code"] == "no_log_key"


def test_a_lost_folder_is_written_anew_only_when_it_is_said(office):
    first = office.run("audit", "checkpoint").out
    Path("claimdesk.db.tlog").rename("elsewhere")
    refused = office.run("audit", "checkpoint", "--publish", "--json")
    assert (refused.code, refused.error["code"]) == (1, "published_missing")
    assert office.run("audit", "checkpoint", "--folder-is-lost").code == 2
    written = office.run("audit", "checkpoint", "--publish", "--folder-is-lost", "--json").json
    assert written["checkpoint"] == first
    names = {p.relative_to("claimdesk.db.tlog") for p in Path("claimdesk.db.tlog").rglob("*") if p.is_file()}
    assert names >= {p.relative_to("elsewhere") for p in Path("elsewhere").rglob("*") if p.is_file()} - {Path(".lock")}


# -- at the end of a command -------------------------------------------------------------------------------------------


def test_what_a_command_writes_is_signed_and_published_at_its_end(office):
    assert waiting() == 0  # the demonstration has signed its own
    size = office.run("audit", "checkpoint", "--json").json["size"]
    claim = office.first()
    office.run("do", "note", claim, "text=called back")
    assert waiting() == 0
    assert office.run("audit", "checkpoint", "--json").json["size"] == size + 1
    office.run("do", "note", claim, "text=never written", "--dry-run")
    office.run("do", "note", claim, "text=later", env={"CLAIMDESK_LOG": "worker"})
    assert waiting() == 1
    office.run("list")  # a command that only reads signs nothing
    assert waiting() == 1
    office.run("tick", "--until", "2024-06-12T00:00:00-07:00")
    assert waiting() == 0


def test_a_fault_of_the_log_never_fails_the_command(office):
    """The work is done and kept; standard error and doctor say what is wrong with the log."""
    shutil.copy("claimdesk.db", "backup.db")
    claim = office.first()
    office.run("do", "note", claim, "text=after the backup")
    shutil.copy("backup.db", "claimdesk.db")
    done = office.run("do", "note", claim, "text=on a restored backup")
    assert done.code == 0 and "[log_restored]" in done.err and "the entries wait" in done.err
    assert waiting() == 1
    seen = office.run("doctor", "--json")
    log = next(c for c in seen.json["checks"] if c["check"] == "log")
    assert seen.code == 1 and not log["ok"] and "log_restored" in log["seen"] and log["hint"]
    worker = office.run("worker", "--once", "--json")
    assert (worker.code, worker.lines[0]["log_fault"]["code"]) == (1, "log_restored")


def test_doctor_tells_how_the_log_stands(office):
    checks = {c["check"]: c for c in office.run("doctor", "--json").json["checks"]}
    assert checks["log"]["ok"] and "signed inline" in checks["log"]["seen"]
    assert checks["log waiting"] == {"check": "log waiting", "ok": True, "seen": "0 entries"}
    office.run("do", "note", office.first(), "text=x", env={"CLAIMDESK_LOG": "worker"})
    late = {c["check"]: c for c in office.run("doctor", "--json").json["checks"]}["log waiting"]
    assert late["ok"] and late["seen"].startswith("1 entries, the oldest for 0:00:0")


# -- verify, rebuild, proof --------------------------------------------------------------------------------------------


def one(query: str) -> str:
    return sql(query)[0][0]


#: What somebody who owns the file may do: (statement, the code that must come, what must be named).
TAMPERS: list[tuple[str, str, str]] = [
    ("UPDATE entry SET data = CAST(replace(CAST(data AS TEXT), 'valid', 'VALID') AS BLOB)", "entry_changed", "entry "),
    ("DELETE FROM entry WHERE (claim, seq) IN (SELECT claim, max(seq) FROM entry GROUP BY claim LIMIT 1)",
     "missing_leaf", "entry "),
    ("UPDATE log_leaf SET place = -place WHERE place = 3", "missing_leaf", "entry 3"),
    ("UPDATE log_checkpoint SET root = zeroblob(32)", "root_mismatch", "checkpoint "),
    ("UPDATE transfer SET amount = amount + 1 WHERE kind = 'post'", "row_differs", ", transfer "),
    ("DELETE FROM transfer WHERE kind = 'post'", "row_missing", ", transfer "),
    ("UPDATE decision SET outcome = 'auto_pay' WHERE outcome = 'deny'", "row_differs", ", decision "),
    ("DELETE FROM notice WHERE status = 'handed_over'", "row_missing", ", notice "),
    ("UPDATE notice SET body = body || ' '", "row_differs", ", notice "),
    ("UPDATE entry SET at = '2024-01-01T00:00:00.000000Z' WHERE seq = 2", "columns_differ", ", entry 2"),
    ("UPDATE \"case\" SET paid_minor = paid_minor + 1 WHERE state = 'closed'", "case_differs", "claim CLM-"),
    ("UPDATE task SET status = 'done' WHERE kind = 'deadline' AND status = 'ready'", "deadline_lost", ", deadline "),
    # A clock runs out when its work is due: put off, it never would.
    ("UPDATE task SET due_at = '2099-01-01T00:00:00.000000Z' WHERE kind = 'deadline'", "deadline_lost", ", deadline "),
    ("UPDATE task SET name = 'decide' WHERE kind = 'deadline' AND name <> 'decide'", "deadline_lost", ", deadline "),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "code", "where"), TAMPERS, ids=[f"{i}-{t[1]}" for i, t in enumerate(TAMPERS)])
def test_whatever_is_changed_in_the_file_is_found_and_named(office, statement, code, where):
    sql(statement)
    found = office.run("audit", "verify", "--json")
    assert found.code == 1, found.out
    assert not found.json["ok"]
    assert found.json["fault"]["code"] == code and where in found.json["fault"]["where"], found.json["fault"]
    for_people = office.run("audit", "verify")
    assert (for_people.code, for_people.out.split(":")[0]) == (1, "NOT OK") and f"[{code}]" in for_people.out


def test_a_sound_store_verifies_and_says_what_was_looked_at(office):
    before = LOG.stat().st_mtime_ns
    good = office.run("audit", "verify", "--sealed", "--replay", "--json")
    assert good.code == 0, good.out
    assert good.json["replay"]["decisions"] == sql("SELECT count(*) FROM decision")[0][0] > 20
    assert good.json["replay"]["skipped"] == {}
    entries = one("SELECT count(*) FROM entry")
    assert (good.json["entries"], good.json["size"], good.json["waiting"]) == (entries, entries, 0)
    assert good.json["entries_per_second"] > 0
    text = office.run("audit", "verify")
    assert (text.code, text.out.split()[:2]) == (0, ["ok:", str(entries)]) and "entries a second" in text.err
    assert LOG.stat().st_mtime_ns == before


def test_a_store_without_a_log_verifies_too_and_nothing_is_made(run):
    with ClaimDesk.open("sqlite:///claimdesk.db", actor="cs:mei") as desk:
        desk.seller_do("update_seller", "A2EXAMPLE", {"in_good_standing": True}, marketplace="US")
    good = run("audit", "verify", "--json")
    assert (good.code, good.json["size"], good.json["waiting"]) == (0, 0, 2)
    assert not [p.name for p in Path().iterdir() if "log" in p.name]


def test_a_checkpoint_kept_elsewhere_must_be_continued(office):
    Path("kept").write_text(office.run("audit", "checkpoint").out, encoding="utf-8")
    office.run("do", "note", office.first(), "text=goes on")
    assert office.run("audit", "verify", "--held", "kept").code == 0
    assert office.run("audit", "verify", "--held", "nowhere").code == 2
    # Another history of the same entries under the same key: only who kept a checkpoint can see it.
    for table in ("log_leaf", "log_tile", "log_checkpoint"):
        sql(f"DELETE FROM {table}")  # noqa: S608
    sql("UPDATE log_state SET size = 0, edge = x'', published = 0, signed = 0, origin = ''")
    sql("INSERT INTO log_pending (entry) SELECT id FROM entry ORDER BY seq, claim DESC")
    shutil.rmtree("claimdesk.db.tlog")
    assert office.run("audit", "checkpoint", "--publish").code == 0
    assert office.run("audit", "verify").code == 0
    forged = office.run("audit", "verify", "--held", "kept", "--json")
    assert (forged.code, forged.json["fault"]["code"]) == (1, "history_changed")


def test_evidence_is_compared_with_the_files_received(office):
    claim = office.first()
    Path("files").mkdir()
    Path("files/EV-1").write_bytes(b"a photograph")
    digest = hashlib.sha256(b"a photograph").hexdigest()
    evidence = json.dumps({"evidence": [{"id": "EV-1", "sha256": digest}, {"id": "EV-2"}]})
    assert office.run("do", "attach_evidence", claim, "--with", evidence).code == 0
    good = office.run("audit", "verify", "--evidence", "files", "--json")
    assert (good.code, good.json["evidence"]) == (0, 1)
    Path("files/EV-1").write_bytes(b"another photograph")
    changed = office.run("audit", "verify", "--evidence", "files", "--json").json["fault"]
    assert (changed["code"], changed["where"]) == ("evidence_differs", f"claim {claim}, evidence EV-1")
    Path("files/EV-1").unlink()
    gone = office.run("audit", "verify", "--evidence", "files", "--json").json["fault"]
    assert gone["code"] == "evidence_missing"
    assert office.run("audit", "verify", "--evidence", "nowhere").code == 2


def test_claims_are_rebuilt_from_their_entries_alone(office):
    count = one('SELECT count(*) FROM "case"')
    every = office.run("audit", "rebuild", "--json")
    assert every.code == 0 and len(every.lines) == count and all(line["equal"] for line in every.lines)
    drawn = [line["claim"] for line in office.run("audit", "rebuild", "--sample", "7", "--seed", "q2", "--json").lines]
    again = [line["claim"] for line in office.run("audit", "rebuild", "--sample", "7", "--seed", "q2", "--json").lines]
    other = [line["claim"] for line in office.run("audit", "rebuild", "--sample", "7", "--seed", "q3", "--json").lines]
    assert drawn == again != other and len(set(drawn)) == 7
    claim = office.first()
    assert (
        office.run("audit", "rebuild", claim).out
        == "ok: 1 claims rebuilt from their entries, all equal to the tables\n"
    )
    sql("UPDATE \"case\" SET outcome = 'deny' WHERE id = ?", claim)
    bad = office.run("audit", "rebuild", "--json")
    assert bad.code == 1 and [line["claim"] for line in bad.lines if not line["equal"]] == [claim]
    assert "NOT EQUAL" in office.run("audit", "rebuild", claim).out
    assert office.run("audit", "rebuild", "CLM-NOTHERE").code == 5
    assert office.run("audit", "rebuild", claim, "--sample", "2").code == 2


def test_a_proof_convinces_who_has_the_log_s_key_and_nothing_else(office):
    claim, trust = office.first(), parse_trust(Path("claimdesk.db.tlog/tlog-policy").read_bytes())
    told = office.run("audit", "proof", claim, "--json").json
    last = None
    for one_entry in told["entries"]:
        data = one_entry["entry"].encode()
        assert verify_proof(one_entry["proof"].encode(), data, trust).ok
        assert not verify_proof(one_entry["proof"].encode(), data.replace(b"2024", b"2023"), trust).ok
        assert json.loads(data)["prev"] == last
        last = one_entry["leaf"]
    assert office.run("audit", "proof", claim).out == told["entries"][-1]["proof"]
    assert office.run("audit", "proof", claim, "--entry", "1", "--out", "first").code == 0
    assert verify_proof(Path("first.tlog-proof").read_bytes(), Path("first.json").read_bytes(), trust).ok
    assert office.run("audit", "proof", claim, "--entry", "99").code == 5
    office.run("do", "note", claim, "text=waits", env={"CLAIMDESK_LOG": "worker"})
    late = office.run("audit", "proof", claim, "--json")
    assert (late.code, late.error["code"]) == (5, "not_logged_yet")


# -- log and sample ----------------------------------------------------------------------------------------------------


def test_the_log_is_narrowed_and_read_page_by_page(office):
    every = office.run("audit", "log", "--limit", "100000", "--json").lines
    assert len(every) == one("SELECT count(*) FROM entry")
    assert [e["entry"] for e in every] == sorted(e["entry"] for e in every)
    paged, after = [], "EVT-"
    while True:
        page = office.run("audit", "log", "--limit", "50", "--after", after, "--json").lines
        paged += page
        if len(page) < 50:
            break
        after = page[-1]["entry"]
    assert paged == every
    claim, rule = office.first(), "small_claim.limit"
    tests: dict[tuple[str, str], Any] = {
        ("--claim", claim): lambda e: e["claim"] == claim,
        ("--verb", "record_screening"): lambda e: e["verb"] == "record_screening",
        ("--actor", "rules"): lambda e: e["actor"] == "rules",
        ("--rule", rule): lambda e: rule in e.get("decision", {}).get("rules", ()),
        ("--from", "2024-06-10"): lambda e: e["at"] >= "2024-06-10T00:00:00",
        ("--to", "2024-06-10T09:00:00-07:00"): lambda e: e["at"] < "2024-06-10T16:00:00",
        ("--rule", "small_claim"): lambda e: False,
    }
    for words, fits in tests.items():
        assert office.run("audit", "log", *words, "--limit", "100000", "--json").lines == [e for e in every if fits(e)]
    text = office.run("audit", "log", "--claim", claim, "--limit", "1")
    assert text.code == 0 and claim in text.out and "more: --after EVT-" in text.err
    assert office.run("audit", "log", "--from", "yesterday").code == 2


def test_a_sample_is_drawn_again_from_the_same_seed_and_checkpoint(office):
    first = office.run("audit", "sample", "--count", "12", "--seed", "2024Q2", "--json").lines
    head, drawn = first[0]["sample"], first[1:]
    assert head["drawn"] == len(drawn) == max(12, len(head["strata"]))
    assert head["population"] == one("SELECT count(*) FROM \"case\" WHERE programme <> 'seller_insurance'")
    assert {line["stratum"] for line in drawn} == {s["stratum"] for s in head["strata"]}  # at least one of each
    for stratum in head["strata"]:
        assert 1 <= stratum["drawn"] == sum(line["stratum"] == stratum["stratum"] for line in drawn)
    assert office.run("audit", "sample", "--count", "12", "--seed", "2024Q3", "--json").lines[1:] != drawn
    # Everything goes on, and the same claims come out as they stood at that checkpoint.
    office.run("tick", "--until", "2024-08-01T00:00:00-07:00")
    later = office.run("audit", "sample", "--count", "12", "--seed", "2024Q2", "--size", str(head["size"]), "--json")
    assert later.lines == first
    assert office.run("audit", "sample", "--count", "12", "--seed", "2024Q2", "--json").lines != first
    assert office.run("audit", "sample", "--seed", "x", "--size", "3", "--json").error["code"] == "no_checkpoint"
    assert office.run("audit", "sample", "--seed", "x", "--by", "colour").code == 2
    assert len(office.run("audit", "sample", "--seed", "x", "--by", "none", "--count", "3").out.splitlines()) == 4


@given(st.dictionaries(st.text("abc", min_size=1), st.integers(1, 50), min_size=1), st.integers(1, 300))
def test_shares_of_a_sample(sizes: dict[str, int], count: int):
    found = allotted(sizes, count)
    assert all(1 <= found[name] <= size for name, size in sizes.items())
    assert sum(found.values()) == min(max(count, len(sizes)), sum(sizes.values()))


def test_bands_have_both_sides_of_each_limit():
    told = {"99.99 USD": "0-100", "100.00 USD": "100-500", "999.99 USD": "500-1000", "1000.00 USD": "1000-5000",
            "25000.00 USD": "25000+", "999 JPY": "500-1000"}  # fmt: skip
    for amount, wanted in told.items():
        minor, currency = parse(amount)
        assert band(minor, currency) == f"{wanted} {currency}"
