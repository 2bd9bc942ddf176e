"""The command that makes reports: on standard output or whole into a file, with an exit code that can alarm."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys

import pytest

from claimdesk.workflow.reports.catalogue import REPORTS


def body_and_footer(text: str) -> tuple[bytes, dict[str, str]]:
    head, _, rest = text.partition("# report,")
    lines = csv.reader(io.StringIO("# report," + rest, newline=""))
    return head.encode(), {name.removeprefix("# "): value for name, value in lines}


def test_the_list_names_every_report_with_its_question(office):
    listed = office.run("report", "--list")
    assert listed.code == 0
    assert all(f"{r.id} " in listed.out and r.question in listed.out for r in REPORTS.values())
    told = [row["report"] for row in office.run("report", "--list", "--json").lines]
    assert set(told) == {*REPORTS, "integrity", "ledger", "ocel", "xes"}


def test_a_report_is_csv_with_its_footer_and_the_books_balance(office):
    done = office.run("report", "trial-balance", "--as", "auditor:chen")
    assert (done.code, done.err) == (0, "")
    body, foot = body_and_footer(done.out.replace("\r\n", "\n").replace("\n", "\r\n"))
    assert foot["body_sha256"] == "sha256:" + hashlib.sha256(body).hexdigest()
    assert foot["generated_by"] == "auditor:chen"
    assert foot["control"] == "every account equals the ledger"
    assert {value for name, value in foot.items() if name.startswith("ledger_sum.")} == {"0.00"}


def test_a_file_is_whole_or_not_there(office):
    target = office.folder / "claims.csv"
    done = office.run("report", "claims", "--from", "2024-06-01", "-o", "claims.csv")
    assert (done.code, done.out) == (0, "")
    body, foot = body_and_footer(target.read_bytes().decode())
    assert foot["body_sha256"] in done.err
    assert foot["parameters.from"] == "2024-06-01"
    assert body.count(b"\r\n") == int(foot["rows"]) + 1
    if sys.platform != "win32":
        assert target.stat().st_mode & 0o077 == 0
    assert office.run("report", "claims", "-o", "nowhere/claims.csv").code == 2
    assert [f.name for f in office.folder.glob(".claims*")] == []


def test_findings_alarm(office, on_the_day):
    claim = office.first("--state", "seller_notified")
    assert office.run("report", "notices").code == 0
    assert office.run("do", "withdraw", claim).code == 0
    on_the_day.advance(hours=23)
    assert office.run("report", "notices").code == 0
    on_the_day.advance(hours=1)
    late = office.run("report", "notices", "-q", "--json")
    assert (late.code, late.err) == (1, "")
    assert {row["claim"] for row in late.lines[:-1] if row["late"]} == {claim}
    assert late.lines[-1]["footer"]["findings"] > 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("report",), 2, "missing_field"),
        (("report", "nonsense"), 5, "unknown_report"),
        (("report", "claims", "--from", "yesterday"), 2, "not_a_date"),
        (("report", "claims", "--from", "2024-06-02", "--to", "2024-06-01"), 2, "bad_period"),
        (("report", "claims", "--csv", "--json"), 2, "not_here"),
        (("report", "claims", "--at", "2024-06-03"), 2, "not_an_instant"),
    ],
)
def test_what_cannot_be_asked_for_is_said(office, words, code, says):
    done = office.run(*words)
    assert done.code == code
    assert says in done.err + done.out


def test_an_empty_population_is_an_honest_empty_register(office):
    done = office.run("report", "claims", "--seller", "A2NOBODY", "--json")
    assert done.code == 0
    (last,) = done.lines
    assert (last["footer"]["rows"], last["footer"]["totals"]) == (0, {})


def test_the_integrity_report_says_what_the_audit_says(office):
    assert office.run("audit", "checkpoint", "--publish").code == 0
    done = office.run("report", "integrity", "--json")
    assert (done.code, done.lines[0]["result"]) == (0, "intact")
    assert done.lines[0]["size"] == done.lines[0]["entries"] == done.lines[-1]["footer"]["as_of"]["checkpoint"]
    assert office.run("report", "integrity", "--programme", "pdpi").code == 2


def test_exports_are_made_in_the_forms_of_their_tools(office):
    book = office.run("report", "ledger", "--format", "beancount")
    assert book.code == 0
    assert " balance Liabilities:Customers  -" in book.out
    assert "; body_sha256: sha256:" in book.out
    assert office.run("report", "ocel", "-o", "claims.ocel.json").code == 0
    data = (office.folder / "claims.ocel.json").read_bytes()
    log = json.loads(data)
    foot = json.loads((office.folder / "claims.ocel.json.footer.json").read_text())["footer"]
    assert foot["rows"] == len(log["events"])
    assert (
        foot["body_sha256"] == "sha256:" + hashlib.sha256((office.folder / "claims.ocel.json").read_bytes()).hexdigest()
    )
    assert office.run("report", "xes").out.startswith("<?xml")
    assert office.run("report", "xes", "--json").code == 2
    assert office.run("report", "claims", "--format", "beancount").code == 2
