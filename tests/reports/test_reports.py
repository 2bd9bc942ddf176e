"""Every report: columns as they say, footer over body, to the cent with the ledger, and nothing personal in it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimdesk import ClaimDesk, ClaimdeskError
from claimdesk.adapters.reports.integrity import integrity
from claimdesk.adapters.reports.reading import records
from claimdesk.adapters.reports.tables import safe_cell, write_csv
from claimdesk.adapters.tlog.log import TransparencyLog
from claimdesk.states.times import instant_text, parse_instant
from claimdesk.testing import FrozenClock, valid_certificate
from claimdesk.workflow.reports.catalogue import REPORTS
from claimdesk.workflow.reports.closeness import apart
from claimdesk.workflow.reports.shape import Asked, Kind
from support.desks import PAYLOADS, ROADS, Drive, filing, seller
from tlog.world import second_persons

from .made import NOW, faults, json_lines, made, read_csv, report

CANARY = "Zilpha Quimby"


def busy_desk() -> Drive:
    """A desk with a claim in every state, money that came back in parts, was given back, reversed and written off."""
    drive = Drive.start(overlays=("us_ca_fair_claims",))
    for state in ROADS:
        drive.to(state)
    part = drive.to("recovery_due")
    drive.do(part, "record_recovery", amount="400.00 USD", **{"from": "seller"})
    drive.do(part, "write_off")
    back = drive.to("recovery_due")
    drive.do(back, "record_recovery", amount="100.00 USD", **{"from": "insurer"})
    drive.do(back, "reverse_payment")
    returned = drive.to("recovery_due")
    drive.do(returned, "write_off")
    drive.do(returned, "reverse_payment")  # the money came back after all, and what was given up of it with it
    waived = drive.to("recovery_due")
    drive.do(waived, "record_recovery", amount="300.00 USD", **{"from": "seller"})
    drive.do(waived, "appeal", by="seller")
    drive.do(waived, "decide_appeal", decision="upheld")
    kept = drive.file()
    drive.do(kept, "hold", hold="legal")
    drive.do(kept, "release_hold", hold="legal")
    told = drive.file(claimant={"name": CANARY, "contact": f"{CANARY}@example.com"}, description=f"{CANARY} fell")
    drive.do(told, "note", text=f"{CANARY} called")
    drive.desk.tick()
    second_persons(drive)
    drive.desk.personal(told.id, purpose=f"{CANARY} asked for her file", actor="lead:bo")
    return drive


@pytest.fixture(scope="module")
def drive() -> Drive:
    return busy_desk()


def test_every_report_comes_to_what_the_ledger_comes_to(drive):
    assert faults(drive.desk.store) == []
    register = report(drive.desk.store, "claims")
    assert register.total("recovered") == {"USD": Decimal("400.00")}
    assert register.total("written_off") == {"USD": Decimal("800.00")}
    assert report(drive.desk.store, "recoveries").total("written_off") == {"USD": Decimal("800.00")}
    assert not [row for row in report(drive.desk.store, "breaks").rows if row["break"] == "ledger_differs"]
    assert len(register.rows) == sum(1 for _ in drive.desk.list())


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    roads=st.lists(st.sampled_from(sorted(ROADS)), min_size=1, max_size=3),
    steps=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(sorted(PAYLOADS)), st.integers(0, 9)), max_size=12),
)
def test_after_anything_that_was_done_the_reports_reconcile(roads, steps):
    drive = Drive.start()
    claims = [drive.to(state).id for state in roads]
    for which, verb, days in steps:
        drive.clock.advance(days=days)
        try:
            drive.desk.do(verb, claims[which % len(claims)], PAYLOADS[verb], reason="so", approved_by="cs:bo")
        except ClaimdeskError:
            continue
    assert faults(drive.desk.store) == []


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_the_same_in_csv_and_json_and_holds_nothing_personal(drive, name):
    store, known = drive.desk.store, REPORTS[name]
    table = report(store, name)
    *rows, last = json_lines(store, name)
    assert table.rows, "a report nothing is in proves nothing"
    assert [list(row) for row in rows] == [[c.name for c in known.columns]] * len(table.rows)
    for shown, row in zip(table.rows, rows, strict=True):
        for column in known.columns:
            value = row[column.name]
            expected = "" if value is None else {True: "yes", False: "no"}[value] if column.kind is Kind.FLAG else value
            assert shown[column.name] == safe_cell(str(expected)) or column.kind in (Kind.MONEY, Kind.COUNT)
            if column.kind is Kind.MONEY and value is not None:
                assert isinstance(value, str)
                assert Decimal(shown[column.name]) == Decimal(value)
    assert last["footer"]["rows"] == len(rows)
    assert {"report", "code", "logic_sha256", "query_sha256", "parameters", "as_of", "totals", "generated_at",
            "generated_by", "body_sha256"} <= last["footer"].keys()  # fmt: skip
    assert CANARY not in table.text + json.dumps([rows, last], ensure_ascii=False)


def test_the_footer_says_as_of_which_checkpoint(drive):
    store = drive.desk.store
    assert report(store, "claims").foot["as_of.checkpoint"] == "not sequenced"
    own = busy_desk()
    log = TransparencyLog.open(own.desk.store, "memory:")
    done = log.sequence()
    foot = report(own.desk.store, "claims").foot
    assert (foot["as_of.checkpoint"], foot["as_of.waiting"]) == (str(done.size), "0")
    assert foot["as_of.root"] == log.status().root


def test_a_record_without_a_checkpoint_is_said_to_have_none(tmp_path):
    url = f"sqlite:///{tmp_path / 'claims.db'}"
    with ClaimDesk.open(url, actor="auditor:chen") as desk:
        asked, parts = Asked(as_of=NOW), list[bytes]()
        came = write_csv(integrity(desk), asked, (), made(desk.store), parts.append)
        assert came.found == 1
        assert read_csv(b"".join(parts)).rows[0]["result"] == "not sequenced"
        assert not list(tmp_path.glob("*.log-key")), "a report makes no key"


def test_another_question_has_another_digest(drive):
    store = drive.desk.store
    first, again = report(store, "claims"), report(store, "claims")
    other = report(store, "claims", programme="pdpi")
    assert first.text == again.text
    assert first.foot["query_sha256"] != other.foot["query_sha256"]
    assert first.foot["logic_sha256"] == other.foot["logic_sha256"]


def test_the_period_is_of_local_days_and_both_ends_count(drive):
    store = drive.desk.store
    rows = report(store, "claims").rows
    days = sorted({parse_instant(r["received_at"]).date() for r in rows})
    inside = report(store, "claims", since=days[0], until=days[-1]).rows
    assert len(inside) == len(rows)
    assert report(store, "claims", until=days[0] - timedelta(days=1)).rows == []
    # 23:00 in Los Angeles is the next day in UTC; the day is the marketplace's.
    late = Drive.start()
    late.clock.advance(hours=14)
    late.file()
    assert len(report(late.desk.store, "claims", since=date(2024, 6, 3), until=date(2024, 6, 3)).rows) == 1
    assert report(late.desk.store, "claims", since=date(2024, 6, 4)).rows == []


def test_a_population_is_narrowed_and_never_by_accident(drive):
    store = drive.desk.store
    assert report(store, "claims", programme="order").rows == []
    assert {r["seller"] for r in report(store, "claims", seller="A2REQUIRED").rows} == {"A2REQUIRED"}
    law = report(store, "timeliness", jurisdiction="us_ca_fair_claims").rows
    assert law
    assert {r["law"] for r in law} == {"us_ca_fair_claims"}


def test_a_past_view_shows_what_was_known_then():
    drive = Drive.start()
    claim = drive.to("approved")
    at = instant_text(drive.clock())
    drive.clock.advance(days=1)
    drive.do(claim, "confirm_payment")
    store = drive.desk.store
    assert report(store, "claims", at=at).total("posted") == {}
    assert report(store, "claims", at=at).total("authorised") == {"USD": Decimal("600.00")}
    assert report(store, "payments", at=at).total("paid") == {}
    assert report(store, "claims").total("posted") == {"USD": Decimal("600.00")}


# -- single reports ----------------------------------------------------------------------------------------------------


def test_clocks_are_met_late_missed_open_or_overdue():
    drive = Drive.start()
    drive.to("seller_notified")
    drive.desk.tick()

    def result(at: str) -> dict[str, str]:
        return {r["clock"]: r["result"] for r in report(drive.desk.store, "timeliness", at=at).rows}

    # The last good day is 10 June; it ends at 07:00 UTC of the 11th.
    assert result("2024-06-11T06:59:59.999999Z")["seller_response"] == "open"
    assert result("2024-06-11T07:00:00.000000Z")["seller_response"] == "overdue"
    drive.clock.advance(days=8)
    drive.desk.tick()
    assert {r["clock"]: r["result"] for r in report(drive.desk.store, "timeliness").rows}["seller_response"] == "missed"


def test_a_payment_nobody_confirmed_is_a_break_after_one_working_day():
    drive = Drive.start()
    claim = drive.to("approved")  # on a Monday
    store = drive.desk.store
    for at, aged in (("2024-06-03", "no"), ("2024-06-04", "no"), ("2024-06-05", "yes")):
        row = report(store, "breaks", at=f"{at}T20:00:00.000000Z").rows[0]
        assert (row["claim"], row["break"], row["amount"], row["aged"]) == (claim.id, "unpaid", "600.00", aged)
    drive.do(claim, "fail_payment")
    assert report(store, "breaks").rows[0]["break"] == "failed"
    drive.do(claim, "confirm_payment")
    assert report(store, "breaks").rows == []


def test_a_transfer_the_journal_does_not_tell_is_found():
    drive = Drive.start()
    claim = drive.to("closed")
    asked = Asked(as_of=NOW, claims=frozenset({claim.id}))
    (record,) = records(drive.desk.store, asked)
    more = [row._replace(amount=row.amount + 1) if row.kind == "post" else row for row in record.transfers]
    for moved, wrong in ((record.transfers, []), (tuple(more), [1]), (record.transfers[:1], [-60_000])):
        found = REPORTS["breaks"].collector(asked).of(replace(record, transfers=moved))
        assert [row["amount"] for _, row in found if row["break"] == "ledger_differs"] == wrong


APART = [  # (value, limit, where it lies, why)
    ("990.00 USD", "under 1000.00 USD", "10.00 USD below", "one in a hundred, and it counts"),
    ("989.99 USD", "under 1000.00 USD", None, "a cent more than that"),
    ("1010.00 USD", "at_most 1000.00 USD", "10.00 USD above", "on the other side"),
    ("1010.01 USD", "at_most 1000.00 USD", None, "a cent more than that"),
    ("1000.00 USD", "under 1000.00 USD", "on it", "where the sources disagree"),
    ("100500 JPY", "under 100000 JPY", "500 JPY above", "a currency without decimals"),
    ("1000.00 EUR", "under 1000.00 USD", None, "two currencies have no distance"),
    ("day 89", "90 days", "1 day before", "the day before the last good one"),
    ("day 91", "90 days", "1 day after", "the first day that is late"),
    ("day 92", "90 days", None, "further than a day"),
    ("2021-09-01", "2021-09-01", "on it", "the first day of the programme"),
    ("2021-08-31", "2021-09-01", "1 day before", "the day before it"),
    ("2021-08-30", "2021-09-01", None, "two days before it"),
    ("physical", "physical", None, "words have no distance"),
    (None, "90 days", None, "not known"),
    (True, None, None, "no line at all"),
]


def test_what_lies_near_a_line_is_told_from_what_does_not():
    assert [(value, limit, apart(value, limit)) for value, limit, _, _ in APART] == [row[:3] for row in APART]


def test_a_denial_is_listed_with_all_that_speaks_against_it_and_what_became_of_it():
    drive = Drive.start()
    late = drive.file(incident_on="2024-01-01", cause="carrier")
    back = drive.to("denied")
    kept = drive.to("denied")
    drive.do(back, "reopen")
    drive.do(back, "record_screening", verdict="valid")
    found = report(drive.desk.store, "denials")
    rows = {row["claim"]: row for row in found.rows}
    assert set(rows) == {late.id, back.id, kept.id} and found.found == 0
    assert rows[late.id]["reasons"].split() == ["late_filing", "not_product_defect"], "all bases, not the first"
    assert (rows[late.id]["by_person"], rows[late.id]["letter"][:4], rows[late.id]["left_at"]) == ("no", "NTC-", "")
    assert rows[back.id]["left_by"] == "reopen" and rows[back.id]["state"] != "denied"
    assert rows[kept.id]["left_by"] == "" and rows[kept.id]["state"] == "denied"
    assert [r["passed"] for r in report(drive.desk.store, "boundaries").rows if r["claim"] == late.id] == []
    near = drive.file(losses=[{"head": "property_damage", "amount": "999.99 USD"}])
    drive.do(near, "record_screening", verdict="valid")
    (row,) = [r for r in report(drive.desk.store, "boundaries").rows if r["claim"] == near.id]
    assert (row["rule"], row["apart"], row["passed"]) == ("small_claim.limit", "0.01 USD below", "yes")


def test_automatic_payments_carry_what_they_hung_on(drive):
    rows = report(drive.desk.store, "auto-pay").rows
    assert all(r["not_passed"] == "0" and r["rulebook"] == "pdpi-us@2021-09-01" for r in rows)
    assert {r["limit"] for r in rows} == {"under 1000.00 USD"}, "what a person stepped in for is not among them"
    assert len({r["inputs_sha256"] for r in rows}) < len(rows), "the same facts have the same digest"


def test_an_exempt_seller_is_shown_with_the_evidence_of_the_day():
    drive = Drive.start()
    drive.to("closed")
    row = report(drive.desk.store, "exemptions").rows[0]
    assert (row["exempt"], row["by"], row["recouped"], row["exempt_recouped"]) == ("yes", "rules", "0.00", "no")
    assert "2020-01-01 to 2030-12-31" in row["evidence"]


def test_what_people_decided_is_listed_with_the_second_person(drive):
    rows = report(drive.desk.store, "overrides").rows
    assert {"decide_dispute", "deny", "write_off", "reverse_payment", "decide_appeal"} <= {r["verb"] for r in rows}
    assert {r["second"] for r in rows if r["verb"] == "write_off"} == {"cs:bo"}
    assert all(r["reason_sealed"] == "yes" for r in rows if r["verb"] == "write_off")
    assert not any(r["actor"] == "rules" for r in rows)


def test_a_letter_that_waits_for_a_day_is_found():
    drive = Drive.start()
    drive.letters.fails = True
    drive.file()
    drive.desk.tick()
    store = drive.desk.store
    early = report(store, "notices", at="2024-06-04T15:59:00.000000Z")
    late = report(store, "notices", at="2024-06-04T16:00:00.000000Z")
    assert (early.found, late.found) == (0, 1)
    assert late.rows[0]["status"] == "waiting"


def test_decisions_are_held_against_the_rulebooks(drive):
    table = report(drive.desk.store, "rule-changes")
    versions = [r for r in table.rows if r["changed"] == "version"]
    assert {r["rulebook"] for r in versions if int(r["decisions"])} >= {"pdpi-us@2021-09-01"}
    assert table.found == 0
    assert any(r["was"] and r["now"] and r["source"] for r in table.rows), "later versions say what they changed"
    asked = Asked(as_of=NOW)
    collector = REPORTS["rule-changes"].collector(asked)
    for record in records(drive.desk.store, asked):
        for entry in record.entries:
            if "decision" in entry:
                entry["decision"]["rulebook_sha256"] = "0" * 64
        list(collector.of(record))
    assert any(REPORTS["rule-changes"].finds(row) for row in collector.end())


def test_a_claim_before_the_first_day_and_a_sellers_file_are_no_findings():
    """The first version denies what came before it; what is told of a seller goes by the day it is about."""
    with ClaimDesk.open("memory:", actor="cs:mei", clock=FrozenClock("2024-06-03T09:00:00-07:00")) as desk:
        for filed_at in ("2021-08-31T09:00:00-07:00", "2021-09-02T09:00:00-07:00"):
            desk.file(**{**filing(order=filed_at[:10]), "filed_at": filed_at, "incident_on": filed_at[:10]})
        told = {"certificates": [valid_certificate(starts_on="2024-02-01")]}
        desk.seller_do("update_seller", "A2EXAMPLE", told, at="2022-01-01T09:00:00-07:00")
        table = report(desk.store, "rule-changes")
        assert table.found == 0, [r for r in table.rows if r["changed"] == "version" and r["before_effect"] != "0"]
        asked = Asked(as_of=NOW)
        collector = REPORTS["rule-changes"].collector(asked)
        for record in records(desk.store, asked):
            for entry in record.entries:
                if "decision" in entry and record.case.programme == "pdpi":
                    entry["decision"]["rulebook"] = "order-us@2022-01-01"  # there were others before it
            list(collector.of(record))
        early = [r for r in collector.end() if r.get("before_effect")]
        assert [r["rulebook"] for r in early] == ["order-us@2022-01-01"]


def test_a_legal_hold_is_in_the_register_of_erasures(drive):
    rows = report(drive.desk.store, "erasures").rows
    assert [r["what"] for r in rows] == ["legal_hold_set", "legal_hold_release"]


# -- spreadsheets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A2EXAMPLE", "A2EXAMPLE"),
        ("", ""),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "' =1"),
        ("\r=1", "' =1"),
        ("  =1", "'  =1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("\uff20x", "'\uff20x"),
        ("a=1", "a=1"),
        ("line\nbreak", "line break"),
        ("\u202ecod.exe", " cod.exe"),
    ],
)
def test_a_cell_is_never_a_formula(text, shown):
    assert safe_cell(text) == shown


def test_hostile_names_stay_in_their_cells():
    drive = Drive.start()
    name = '=HYPERLINK("http://example.com","x")'
    drive.desk.file(**filing(order=name, seller=seller(id="A2HOSTILE")))
    table = report(drive.desk.store, "claims")
    assert table.rows[0]["order"] == "'" + name
    raw = list(csv.reader(io.StringIO(table.text, newline="")))
    assert not any(cell.startswith("=") for line in raw for cell in line)


def test_questions_are_questions_and_columns_have_meanings():
    for known in REPORTS.values():
        assert known.question.endswith("?")
        assert all(c.meaning for c in known.columns)
        assert len({c.name for c in known.columns}) == len(known.columns)
        assert not known.money or any(c.name == "currency" for c in known.columns)
