"""``claimdesk audit``: what an auditor does with a database, from the command line."""

from __future__ import annotations

import json
from pathlib import Path


def test_the_checkpoint_is_printed_as_it_is_published(office):
    nothing = office.run("audit", "checkpoint", "--json")
    assert (nothing.code, nothing.error["code"]) == (5, "no_checkpoint")
    done = office.run("audit", "checkpoint", "--publish", "--json")
    assert done.code == 0 and done.json["size"] == done.json["published"] == done.json["added"] > 0
    printed = office.run("audit", "checkpoint")
    assert printed.out == Path("claimdesk.db.tlog/log/checkpoint").read_text() == done.json["checkpoint"]
    again = office.run("audit", "checkpoint", "--publish", "--json").json
    assert (again["added"], again["files"], again["checkpoint"]) == (0, 0, printed.out)


def test_a_lost_key_is_not_made_anew(office):
    office.run("audit", "checkpoint", "--publish")
    Path("claimdesk.db.log-key").unlink()
    lost = office.run("audit", "checkpoint", "--publish", "--json")
    assert (lost.code, lost.error["code"]) == (2, "no_log_key")
    assert not Path("claimdesk.db.log-key").exists()


def test_a_lost_folder_is_written_anew_only_when_it_is_said(office):
    first = office.run("audit", "checkpoint", "--publish", "--json").json
    Path("claimdesk.db.tlog").rename("elsewhere")
    refused = office.run("audit", "checkpoint", "--publish", "--json")
    assert refused.code == 1 and json.loads(refused.out)["error"]["code"] == "published_missing"
    assert office.run("audit", "checkpoint", "--folder-is-lost").code == 2
    written = office.run("audit", "checkpoint", "--publish", "--folder-is-lost", "--json").json
    assert written["checkpoint"] == first["checkpoint"]
    names = {p.relative_to("claimdesk.db.tlog") for p in Path("claimdesk.db.tlog").rglob("*") if p.is_file()}
    assert names >= {p.relative_to("elsewhere") for p in Path("elsewhere").rglob("*") if p.is_file()} - {Path(".lock")}
