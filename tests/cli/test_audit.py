"""``claimdesk audit``: what an auditor does with a database, from the command line."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from claimdesk import ClaimDesk

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
