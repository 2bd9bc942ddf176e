"""Claims of a file: what a row comes to, what is on file already, what a plan says, what is given back."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from claimdesk import InputError
from claimdesk.states.case import Case
from claimdesk.workflow.desk import Desk
from claimdesk.workflow.imports import maps
from imports.files import HEADER, MAP, imported, row, text
from support.desks import make_desk

ROOT = Path(__file__).resolve().parents[2]
LINES = ROOT / "adapters" / "cli" / "data" / "claims.jsonl"


def said(results) -> list[tuple[str, list[str]]]:
    return [(r.status, sorted({str(p.code) for p in r.problems})) for r in results]


def case_of(desk: Desk, claim: str | None) -> Case:
    found = desk.case_of(str(claim))
    assert found is not None
    return found


def test_a_row_becomes_a_claim_with_everything_it_said():
    desk = make_desk(plain=False)
    (one,) = imported(desk, text([[*row(), "Zoë", "zh-CN"]], (*HEADER, "Buyer Name", "Locale")), "IMP-1")
    assert (one.status, one.problems) == ("created", ())
    case = case_of(desk, one.claim)
    assert case.facts["order"]["id"] == "0114-1" and case.facts["incident_on"] == "2024-06-01"
    assert case.facts["losses"] == [{"head": "property_damage", "amount": 120000}]
    assert (case.seller, case.facts["source"], case.facts["language"]) == ("A2EXAMPLE", "helpdesk", "zh-CN")
    personal = desk.personal(case.id, purpose="claim_handling")
    assert json.loads(personal["source_fields"]) == {"Note": "glass", "Buyer Name": "Zoë"}
    with desk.store.read() as unit:  # kept as received, and nowhere in clear
        entries = b"".join(e.data for e in unit.entries(case.id))
    assert b"glass" not in entries and b"Zo" not in entries and b"Buyer" not in entries


def test_every_fault_of_a_row_is_told_and_only_that_row_is_rejected():
    rows = [
        row(1), row(2, Created_at="2024-06-02 10:00", Date_of_Loss="03/04/2024"), row(3, Claim_type="both"),
        row(4, Claim_type="theft"), row(5, Claim_amount="¥100", Currency=""), row(6, Claim_amount=""), row(7, Order=""),
        row(8, Claim_amount="１００"), row(1), row(9, Claim_amount="0"), row(10, Ticket_ID=""), row(11, Currency="CAD"),
        row(12, Order="1.14E+14"), row(13, Seller=""), row(14, Claim_type="人身伤害"),
    ]  # fmt: skip
    found = said(imported(make_desk(plain=False), text(rows), "IMP-1"))
    assert found == [
        ("created", []), ("rejected", ["date_unclear", "no_time_zone"]), ("rejected", ["heads_needed"]),
        ("rejected", ["unknown_value"]), ("rejected", ["currency_unclear"]), ("rejected", ["missing_value"]),
        ("rejected", ["missing_value"]), ("created", ["full_width"]), ("duplicate", []), ("created", []),
        ("rejected", ["missing_value"]), ("rejected", ["currency_mismatch"]), ("rejected", ["spreadsheet_number"]),
        ("rejected", ["missing_field"]), ("created", []),
    ]  # fmt: skip


def test_heads_of_loss_are_split_as_written_and_must_sum():
    header = (*HEADER, "heads")
    rows = [
        [*row(1, Claim_type="both", Claim_amount="640"), "property:500;medical:140"],
        [*row(2, Claim_type="both", Claim_amount="640"), "property:500;medical:139"],
        [*row(3, Claim_type="both", Claim_amount=""), '{"medical": 10.10, "误工费": "5"}'],
        [*row(4, Claim_type="both"), "roof:5"],
        [*row(5, Claim_type="both"), "[]"],  # an amount does not get lost behind empty heads
        [*row(6, Claim_type="both"), " ; "],
    ]
    desk = make_desk(plain=False)
    results = imported(desk, text(rows, header), "IMP-1")
    assert said(results) == [
        ("created", []), ("rejected", ["heads_clash"]), ("created", []), ("rejected", ["unknown_value"]),
        ("rejected", ["heads_needed"]), ("rejected", ["heads_needed"]),
    ]  # fmt: skip
    assert [loss["head"] for loss in case_of(desk, results[0].claim).facts["losses"]] == ["property_damage", "medical"]


def test_a_row_with_other_content_is_amended_and_no_work_of_a_person_is_undone():
    desk = make_desk(plain=False)
    first = imported(desk, text([row(1), row(2), row(3)]), "IMP-1")
    changed = text([row(1, Claim_amount="1,300.00", Note="roof"), row(2, Claim_amount="900"), row(3)])
    desk.do("amend", str(first[1].claim), {"losses": [{"head": "property_damage", "amount": "1000.00 USD"}]})
    results = imported(desk, changed, "IMP-2")
    assert said(results) == [("updated", []), ("rejected", ["changed_here"]), ("unchanged", [])]
    assert results[0].body["changes"] == [
        {"field": "losses", "old": ["property_damage 1200.00 USD"], "new": ["property_damage 1300.00 USD"]},
        {"field": "source_fields", "old": "<masked>", "new": "<masked>"},
    ]
    with desk.store.read() as unit:
        assert [e.verb for e in unit.entries(str(first[0].claim))][-1] == "amend"
    assert case_of(desk, first[1].claim).facts["losses"][0]["amount"] == 100000
    assert said(imported(desk, changed, "IMP-3")) == [
        ("unchanged", []),
        ("rejected", ["changed_here"]),
        ("unchanged", []),
    ]
    # an earlier file again says something else: that is an amendment too
    assert said(imported(desk, text([row(1)]), "IMP-4")) == [("updated", [])]


def test_without_updates_other_content_is_rejected_and_in_one_file_always():
    desk = make_desk(plain=False)
    imported(desk, text([row(1)]), "IMP-1")
    other = text([row(1, Claim_amount="1")])
    assert said(imported(desk, other, "IMP-2", update=False)) == [("rejected", ["idempotency_mismatch"])]
    twice = text([row(2), row(2, Claim_amount="1"), row(2), row(1, Claim_amount="2"), row(1, Claim_amount="3")])
    assert said(imported(desk, twice, "IMP-3")) == [
        ("created", []), ("rejected", ["row_twice"]), ("duplicate", []), ("updated", []), ("rejected", ["row_twice"]),
    ]  # fmt: skip


def test_what_may_not_be_amended_is_rejected_with_the_desks_own_words():
    desk = make_desk(plain=False)
    (one,) = imported(desk, text([row(1)]), "IMP-1")
    desk.record_screening(str(one.claim), verdict="valid", by="adjuster:one")
    (again,) = imported(desk, text([row(1, Claim_amount="1")]), "IMP-2")
    assert said([again]) == [("rejected", ["not_allowed_from_state"])]
    assert again.problems[0].hint == "use assess"


def test_what_was_erased_does_not_come_back_with_the_next_file():
    desk = make_desk(plain=False)
    (one,) = imported(desk, text([row(1)]), "IMP-1")
    desk.redact(str(one.claim), basis="gdpr_17", reason="asked", approved_by="cs:bo")
    (again,) = imported(desk, text([row(1, Note="new words")]), "IMP-2")
    assert again.status == "unchanged"
    assert "source_fields" not in desk.personal(str(one.claim), purpose="claim_handling")


def test_what_is_empty_now_stays_and_so_does_the_first_filing_time():
    desk = make_desk(plain=False)
    (one,) = imported(desk, text([row(1)]), "IMP-1")
    (again,) = imported(desk, text([row(1, Note="", Created_at="2024-06-02T10:00:01Z")]), "IMP-2")
    assert said([again]) == [("unchanged", ["filing_stands", "not_taken_back"])]
    assert "glass" in desk.personal(str(one.claim), purpose="claim_handling")["source_fields"]
    (moved,) = imported(desk, text([row(1, Seller="B2OTHER")]), "IMP-3")
    assert said([moved]) == [("updated", [])] and case_of(desk, one.claim).seller == "B2OTHER"


def test_a_screening_that_comes_later_is_recorded():
    desk = make_desk(plain=False)
    header = (*HEADER, "screening.verdict")
    (one,) = imported(desk, text([[*row(1, Claim_amount="600"), ""]], header), "IMP-1")
    assert case_of(desk, one.claim).state == "filed"
    (later,) = imported(desk, text([[*row(1, Claim_amount="600"), "valid"]], header), "IMP-2")
    assert (later.status, later.body["state"]) == ("updated", "approved")


def test_a_map_reads_another_programs_words():
    made = maps.read_map(
        """
        [source]
        name = "helpdesk"
        timezone = "Asia/Shanghai"
        date_format = "%d.%m.%Y"
        decimal = ","
        marketplace = "US"
        [columns]
        source_id = "Nr"
        filed_at = { from = "Wann", format = "%d.%m.%Y %H:%M" }
        incident_on = "Tag"
        amount = { from = "金额", strip = ["ca."] }
        currency = { const = "USD" }
        kind = { from = "Tags", values = { "pd" = "property_damage", "受伤" = "personal_injury" } }
        seller_id = { from = "Merchant", pattern = "A[0-9A-Z]{5,13}" }
        order_id = "Bestellung"
        [rules]
        create_sellers = true
        """,
        "claims",
    )
    header = ("Nr", "Wann", "Tag", "金额", "Tags", "Merchant", "Bestellung", "Notiz")
    good = ("7", "02.06.2024 10:00", "01.06.2024", "ca. 1.200,50", "PD", "A2EXAMPLE", "0815", "x")
    desk = make_desk(plain=False)
    rows = [good, (*good[:5], "B2EXAMPLE", *good[6:]), ("8", *good[1:4], "theft", *good[5:])]
    one, *others = imported(desk, text(rows, header), "IMP-1", made)
    assert said(others) == [("rejected", ["pattern_mismatch"]), ("rejected", ["unknown_value"])]
    case = case_of(desk, one.claim)
    assert case.facts["losses"] == [{"head": "property_damage", "amount": 120050}]
    assert case.opened_at.startswith("2024-06-02T02:00") and case.facts["source_id"] == "7"
    lines = "\n".join(json.dumps(dict(zip(header, r, strict=True))) for r in rows)
    assert said(imported(desk, lines, "IMP-2", made))[0] == ("unchanged", []), "the same rows as JSON Lines"


@pytest.mark.parametrize(
    ("words", "where", "hint"),
    [
        ("[colums]\nsource_id = 'x'", "colums", "did you mean columns?"),
        ("[columns]\nsourceid = 'x'", "columns.sourceid", "did you mean source_id?"),
        ("[columns]\namount = 5", "columns.amount", "from"),
        ("[columns]\namount = { strip = ['x'] }", "columns.amount", "add from or const"),
        ("[columns]\namount = { formt = 'x' }", "columns.amount.formt", "did you mean format?"),
        ("[columns]\nseller_id = { from = 'x', pattern = '(' }", "columns.seller_id.pattern", "A[0-9A-Z]"),
        ("[columns]\nkind = { from = 'x', values = ['pd'] }", "columns.kind.values", "property_damage"),
        ("[source]\nencoding = 'klingon'", "encoding", "gb18030"),
        ("[source]\ntimezone = 'Beijing'", "source.timezone", "Asia/Shanghai"),
        ("[source]\ndate_format = 'dd/mm'", "source.date_format", "%d/%m/%Y"),
        ("[source]\ndecimal = ';'", "source.decimal", "decimal"),
        ("[source]\ndecimal = ','\nthousands = ','", "source.thousands", "thousands"),
        ("[source]\nname = 5", "source.name", "quotes"),
        ("[rules]\nunknown_value = 'drop'", "rules.unknown_value", "reject, warn"),
        ("[rules]\ncreate_sellers = 'yes'", "rules.create_sellers", "true"),
        ("columns = 5", "columns", "[columns]"),
        ("[columns", None, "one key a line"),
    ],
)
def test_a_map_that_cannot_be_used_says_where_and_what_would_be_right(words, where, hint):
    with pytest.raises(InputError) as caught:
        maps.read_map(words, "claims")
    assert (caught.value.code, caught.value.field) == ("bad_map", where) and hint in caught.value.hint


def test_any_name_of_the_contract_may_be_mapped_for_every_programme():
    made = maps.read_map(
        """
        [source]
        name = "helpdesk"
        marketplace = "US"
        programme = "order"
        [columns]
        "order.id" = "Order"
        "order.price" = "Price"
        "order.fulfilled_by" = { const = "seller" }
        "order.max_estimated_delivery_on" = "ETA"
        "order.tracking" = { from = "Tracking", values = { "-" = "none" } }
        ground = { const = "not_received" }
        seller_contacted_at = "Contacted"
        chargeback = { const = "false" }
        [rules]
        create_sellers = true
        """,
        "claims",
    )
    header = ("Ticket ID", "Created at", "Seller", "Order", "Price", "ETA", "Tracking", "Contacted", "Mood")
    good = (
        "1",
        "2024-06-20T10:00:00Z",
        "A2EXAMPLE",
        "0114",
        "25.00 USD",
        "2024-06-01",
        "-",
        "2024-06-10T10:00:00Z",
        "sad",
    )
    desk = make_desk(plain=False)
    found = imported(desk, text([good, (*good[:4], "25", *good[5:])], header), "IMP-1", made)
    assert said(found) == [("created", []), ("rejected", ["not_an_amount"])]
    assert found[1].problems[0].column == "Price"
    case = case_of(desk, found[0].claim)
    assert (case.programme, case.facts["ground"], case.facts["order"]["price"]) == ("order", "not_received", 2500)
    assert (case.facts["chargeback"], case.facts["order"]["id"]) == (False, "0114")
    assert "sad" in desk.personal(case.id, purpose="claim_handling")["source_fields"]


def test_numbers_and_facts_of_dotted_columns_are_what_the_payload_says():
    header = ("source", "source_id", "marketplace", "programme", "filed_at", "type", "units", "item.registered", "Mood",
              "item.title", "event_on", "seller")  # fmt: skip
    good = (
        "hd",
        "1",
        "US",
        "fba",
        "2025-03-01T10:00:00Z",
        "fulfilment_centre",
        "3",
        "true",
        "sad",
        "true",
        "2025-02-01",
        "A2",
    )
    desk = make_desk(plain=False)
    desk.seller_do("update_seller", "A2", {"legal_entity": "Lumen Ltd"})
    found = imported(desk, text([good, (*good[:6], "three", *good[7:])], header), "IMP-1", maps.Map("claims"))
    assert [r.status for r in found] == ["created", "rejected"], said(found)
    facts = case_of(desk, found[0].claim).facts
    assert (facts["units"], facts["item"]["registered"], facts["item"]["title"]) == (3, True, "true")


def test_a_value_nobody_knows_may_be_left_out_with_a_warning_where_a_row_does_not_need_it():
    header = (*HEADER, "delivered")
    made = replace(MAP, unknown_value="warn", columns={
        "delivered_on": maps.Rule(source="delivered", values={"gestern": "2024-05-31"})})  # fmt: skip
    rows = [[*row(1), "gestern"], [*row(2), "neulich"], [*row(3, Claim_type="theft"), ""]]
    desk = make_desk(plain=False)
    results = imported(desk, text(rows, header), "IMP-1", made)
    assert said(results) == [("created", []), ("created", ["value_left_out"]), ("rejected", ["unknown_value"])]
    assert case_of(desk, results[0].claim).facts["delivered_on"] == "2024-05-31"
    with pytest.raises(InputError, match="missing_column"):
        imported(desk, text([row(1)]), "IMP-2", made)


@pytest.mark.skipif(not LINES.exists(), reason="not the whole checkout")
def test_lines_of_the_contract_are_the_same_claims_for_triage_and_for_an_import():
    from claimdesk.workflow.lines import read_lines  # noqa: PLC0415
    from claimdesk.workflow.triage import triage  # noqa: PLC0415

    desk = make_desk(plain=False)
    lines = LINES.read_text(encoding="utf-8").splitlines(keepends=True)[:12]
    before = list(triage(desk, read_lines(lines), run_id="IMP-1"))
    after = imported(desk, "".join(lines), "IMP-2", maps.Map("claims"))
    for one, other in zip(before, after, strict=True):
        same = {"created": "unchanged"}.get(one["status"], one["status"])
        assert (same, one["line"]) == (other.status, other.record.line)
        assert one.get("claim") == other.claim


def test_a_rejects_file_is_read_again_without_its_own_columns():
    header = (*HEADER, "_line", "_errors", "_hints")
    rows = [[*row(1), "2", "x: y", "z"], [*row(2)[:-1], "2", "x: y", "z"]]
    results = imported(make_desk(plain=False), text(rows, header), "IMP-1")
    assert said(results) == [("created", []), ("rejected", ["wrong_cell_count"])]
    assert next(iter(csv.reader([results[0].record.raw])))[-3:] == ["2", "x: y", "z"]


def test_a_line_of_another_program_may_hold_money_as_the_contract_writes_it():
    line = {"created at": "2024-06-02T10:00:00Z", "DOL": "2024-06-01", "claim type": "pd", "merchant": "A2",
            "order number": "114-1"}  # fmt: skip
    told = [({"amount": "640.00", "currency": "USD"}, "created"), ({"amount": "640.00"}, "rejected"),
            ({"amount": 640.0, "currency": "USD"}, "rejected")]  # fmt: skip
    words = "".join(json.dumps({**line, "ticket": str(n), "amount": m}) + "\n" for n, (m, _) in enumerate(told))
    desk = make_desk(plain=False)
    results = imported(desk, words, "IMP-1")
    assert [r.status for r in results] == [status for _, status in told]
    assert desk.get(str(results[0].claim)).to_dict()["eligible_amount"] == "640.00 USD"
