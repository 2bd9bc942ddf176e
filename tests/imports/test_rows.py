"""Certificates, proceeds, answers and payments: one row, one verb, once, whoever imports it and how often."""

from __future__ import annotations

import json
from typing import Any

from claimdesk.testing import valid_certificate
from claimdesk.workflow.desk import Desk
from claimdesk.workflow.imports import maps
from claimdesk.workflow.imports.rows import RowRun, unread
from imports.files import opened, text
from support.desks import BIG, SMALL, Drive, filing, make_desk


def imported(
    desk: Desk, kind: str, words: str, run: str, **options: Any
) -> list[tuple[str, list[str], dict[str, Any]]]:
    found = opened(words, kind)
    made = maps.Map(kind, marketplace="US")
    rows = RowRun(desk, made, found.header if found.kind == "csv" else None, run, file_sha256=words, **options)
    return [(r.status, sorted({str(p.code) for p in r.problems}), dict(r.body)) for r in rows.results(found.records)]


def said(results: Any) -> list[tuple[str, list[str]]]:
    return [(status, codes) for status, codes, _ in results]


REGISTER = (
    "Seller", "Certificate number", "CGL", "Basis", "Each occurrence limit", "Aggregate", "Currency", "Covers",
    "All products", "Covers USA", "Additional insured", "Insured", "Carrier", "AM Best", "Effective", "Expiry", "Page",
)  # fmt: skip


def paper(number: str, **other: str) -> list[str]:
    told = dict(zip(REGISTER, (
        "A2EXAMPLE", number, "x", "Occurrence basis", "1,000,000", "2000000", "USD", "products;bodily_injury", "yes",
        "是", "Amazon.com Services LLC", "Lumen Ltd", "Example Mutual", "A+", "2024-01-01", "2024-12-31", "7",
    ), strict=True))  # fmt: skip
    return list((told | {k.replace("_", " "): v for k, v in other.items()}).values())


def test_a_register_of_certificates_is_judged_row_by_row_and_once():
    desk = make_desk()
    header = [h if h != "CGL" else "Cover type" for h in REGISTER]
    rows = [paper("GL-1"), paper("GL-2", Expiry="2023-01-01"), paper("GL-3", Basis="sometimes"), paper("GL-1"),
            paper("GL-4", Expiry="03/04/2024")]  # fmt: skip
    rows = [[c if c != "x" else "CGL" for c in r] for r in rows]
    words = text(rows, header)
    found = imported(desk, "certificates", words, "IMP-1")
    assert said(found) == [
        ("created", ["seller_new"]), ("rejected", ["ends_before_start"]), ("rejected", ["unknown_value"]),
        ("duplicate", []), ("rejected", ["date_unclear"]),
    ]  # fmt: skip
    assert found[0][2]["seller"] == "A2EXAMPLE" and isinstance(found[0][2]["accepted"], bool | str | None)
    (kept,) = desk.seller("A2EXAMPLE").certificates
    assert (kept["number"], kept["per_occurrence"], kept["covers_usa"]) == ("GL-1", "1000000.00 USD", True)
    assert kept["insurer"] == {"name": "Example Mutual", "am_best": "A+"}
    other = make_desk(desk.store, actor="cs:bo", vault=desk.settings.vault, seed=2)
    assert said(imported(other, "certificates", words + "\n", "IMP-2"))[0] == ("unchanged", []), "whoever imports it"
    assert unread("certificates", header, maps.Map("certificates")) == ["Page"]
    flag = text([[c if c != "x" else "CGL" for c in paper("GL-9", Additional_insured="Y")]], header)
    assert said(imported(desk, "certificates", flag, "IMP-2b")) == [("created", ["name_unknown"])]
    judged = desk.seller("A2EXAMPLE").certificates[-1]
    assert "additional_insured" in judged["unknown"] and "additional_insured" not in judged["rejected_for"]
    line = '{"seller_id": "B2", "certificate": {"number": "N", "covers": ["products"], "insurer": {"name": "I"}}}\n'
    assert said(imported(desk, "certificates", line, "IMP-3")) == [("created", ["seller_new"])]
    assert desk.seller("B2").certificates[0]["insurer"] == {"name": "I"}


def test_certificates_that_were_exported_come_to_the_same_verdicts_elsewhere():
    """Also where a local rating stands for the two that are asked for; once it was left out."""
    desk = make_desk()
    own = {**valid_certificate(), "number": "GL-1", "submitted_at": "2024-05-02T09:00:00-07:00"}
    local = {**own, "number": "GL-2", "insurer": {"name": "Example Mutual", "local_equivalent": True,
                                                  "global_claims_handling": True}}  # fmt: skip
    for paper_ in (own, local):
        desk.seller_do("record_certificate", "A2EXAMPLE", {"certificate": paper_})
    kept = desk.seller("A2EXAMPLE").certificates
    assert kept[1]["insurer"]["local_equivalent"] is True
    lines = "".join(json.dumps({"seller": "A2EXAMPLE", **paper_}) + "\n" for paper_ in kept)
    assert '"submitted_at"' in lines and '"submitted_on"' in lines, "the instant, and the day the desk added"
    other = make_desk()
    assert said(imported(other, "certificates", lines, "IMP-1")) == [("created", ["seller_new"]), ("created", [])]
    again = other.seller("A2EXAMPLE").certificates
    names = ("accepted", "rejected_for", "unknown", "submitted_on")
    assert [[one.get(n) for n in names] for one in again] == [[one.get(n) for n in names] for one in kept]
    assert again[1]["insurer"] == kept[1]["insurer"]
    table = text([("A3", "GL-3", "2024-05-02")], ("seller", "number", "submitted_on"))  # as a table of ours has it
    imported(other, "certificates", table, "IMP-2")
    assert other.seller("A3").certificates[0]["submitted_on"] == "2024-05-02"


def test_a_month_told_again_replaces_what_was_told_and_no_month_counts_twice():
    desk = make_desk()
    header = ("seller", "month", "gross sales", "currency")
    rows = [("A2EXAMPLE", "2024-04", "9,999.00", "USD"), ("A2EXAMPLE", "2024年5月", "10,000.01", "USD"),
            ("A2EXAMPLE", "2024-13", "1", "USD"), ("A2EXAMPLE", "2024-04", "9,999.00", "USD"),
            ("A2EXAMPLE", "2024-04", "1", "USD"), ("B2", "2024-04", "12", "CAD")]  # fmt: skip
    found = imported(desk, "proceeds", text(rows, header), "IMP-1")
    assert said(found) == [
        ("created", ["seller_new"]), ("created", []), ("rejected", ["date_unreadable"]), ("duplicate", []),
        ("rejected", ["row_twice"]), ("created", ["seller_new"]),
    ]  # fmt: skip
    assert found[1][2]["state"] == "required", "over the line of the insurance duty"
    other = text([("A2EXAMPLE", "2024-04", "8,000", "USD")], header)
    assert said(imported(desk, "proceeds", other, "IMP-2", update=False)) == [("rejected", ["idempotency_mismatch"])]
    assert said(imported(desk, "proceeds", other, "IMP-3")) == [("updated", [])]
    assert said(imported(desk, "proceeds", other, "IMP-4")) == [("unchanged", [])]
    months = desk.case_of("SLR-A2EXAMPLE").facts["proceeds"]  # pyright: ignore[reportOptionalMemberAccess]
    assert [m["amount"] for m in months] == ["8000.00 USD", "10000.01 USD"]


def test_answers_find_their_claim_by_order_and_count_once():
    drive = Drive.start()
    big = drive.valid(BIG)  # order 114-1, waits for its seller
    drive.valid(SMALL)  # order 114-2, does not
    header = ("ticket", "source", "order", "answer", "comments", "attachments", "by")
    rows = [("1", "hd", "114-1", "拒绝", "not our product", "a.jpg;b.jpg", ""),
            ("1", "hd", "114-1", "reject", "", "", ""),
            ("2", "hd", "114-2", "accept", "", "", ""), ("3", "hd", "999", "accept", "", "", ""),
            ("4", "hd", "", "accept", "", "", ""), ("5", "hd", "114-1", "perhaps", "", "", "")]  # fmt: skip
    found = imported(drive.desk, "responses", text(rows, header), "IMP-1")
    assert said(found) == [
        ("created", []), ("rejected", ["row_twice"]), ("rejected", ["not_allowed_from_state"]),
        ("rejected", ["unknown_claim"]), ("rejected", ["missing_value"]), ("rejected", ["unknown_value"]),
    ]  # fmt: skip
    assert found[0][2] == {"state": "disputed"}
    case = drive.desk.case_of(big.id)
    assert case is not None and [e["id"] for e in case.facts["evidence"]] == ["a.jpg", "b.jpg"]
    assert drive.desk.personal(big.id, purpose="claim_handling")["grounds"] == "not our product"
    assert said(imported(drive.desk, "responses", text(rows[:1], header), "IMP-2")) == [("unchanged", [])]
    late = text([("2", "hd", "114-1", "accept", "changed our mind", "c.jpg", "")], header)
    assert said(imported(drive.desk, "responses", late, "IMP-2b")) == [("rejected", ["not_allowed_from_state"])]
    case = drive.desk.case_of(big.id)
    assert case is not None and len(case.facts["evidence"]) == 2, "a refused answer leaves no files behind either"
    two = [drive.desk.file(**filing(BIG, "115-1", incident_on=day)).id for day in ("2024-06-01", "2024-05-01")]
    for claim in two:
        drive.desk.record_screening(claim, verdict="valid", by="adjuster:one")
    row = text([("9", "hd", "115-1", "accept", "", "", "")], header)
    assert said(imported(drive.desk, "responses", row, "IMP-3")) == [("rejected", ["several_claims"])]
    named = text([("9", "hd", two[0], "offer", "insurer", "500", "USD")],
                 ("ticket", "source", "claim id", "answer", "by", "offer", "currency"))  # fmt: skip
    ((status, codes, body),) = imported(drive.desk, "responses", named, "IMP-4")
    assert (status, codes, body) == ("created", [], {"state": "responded"})


def test_a_payment_counts_once_and_only_in_the_amount_that_waits():
    drive = Drive.start()
    small = drive.valid(SMALL)
    header = ("reference", "order", "type", "amount", "currency")
    rows = [("B-0", "114-1", "paid", "599.99", "USD"), ("B-1", "114-1", "paid", "600.00", "USD"),
            ("B-1", "114-1", "paid", "600.00", "USD"), ("", "114-1", "paid", "600.00", "USD"),
            ("B-2", "114-1", "paid", "600.00", "USD"), ("B-3", "114-1", "paid", "-600.00", "USD")]  # fmt: skip
    found = imported(drive.desk, "payments", text(rows, header), "IMP-1")
    assert said(found) == [
        ("rejected", ["amount_clash"]), ("created", []), ("duplicate", []), ("rejected", ["missing_value"]),
        ("rejected", ["not_allowed_from_state"]), ("rejected", ["negative_amount"]),
    ]  # fmt: skip
    with drive.desk.store.read() as unit:
        assert [t.amount for t in unit.transfers(small.id) if t.kind == "post"] == [60000]
    other = make_desk(drive.desk.store, actor="cs:bo", vault=drive.desk.settings.vault, seed=2, clock=drive.clock)
    assert said(imported(other, "payments", text(rows[1:2], header), "IMP-2")) == [("unchanged", [])]
    changed = text([("B-1", "114-1", "paid", "1.00", "USD")], header)
    assert said(imported(other, "payments", changed, "IMP-3")) == [("rejected", ["idempotency_mismatch"])]
    due = drive.to("recovery_due")
    back = (*header, "payer")
    order = f"114-{drive.orders}"
    rows = [("R-1", order, "追回", "500", "USD", "seller"),
            ("R-1", order, "追回", "500", "USD", "seller"),
            ("R-2", order, "recovered", "", "USD", "seller"),
            ("R-3", order, "recovered", "5000", "USD", "seller")]  # fmt: skip
    assert said(imported(drive.desk, "payments", text(rows[:1], back), "IMP-4")) == [("rejected", ["needs_reason"])]
    found = imported(drive.desk, "payments", text(rows, back), "IMP-4", options={"reason": "statement of June"})
    assert said(found) == [
        ("created", []), ("duplicate", []), ("rejected", ["missing_value"]), ("rejected", ["amount_over_balance"]),
    ]  # fmt: skip
    assert drive.desk.get(due.id).to_dict()["recovery"]["amount"] == "700.00 USD"
    for name, amount, more, wanted in [
        ("another name of the source", "500", {"source": "bank"}, ("unchanged", [])),
        ("another amount", "499", {"source": "bank"}, ("rejected", ["idempotency_mismatch"])),
        ("the bank's own number", "500", {"source id": "77"}, ("rejected", ["payment_known"])),
        ("the same, another amount", "1", {"source id": "78"}, ("rejected", ["payment_known"])),
    ]:
        told = text([("R-1", order, "recovered", amount, "USD", "seller", *more.values())], (*back, *more))
        found = imported(drive.desk, "payments", told, "IMP-4b", options={"reason": "statement of July"})
        assert said(found) == [wanted], name
    assert drive.desk.get(due.id).to_dict()["recovery"]["amount"] == "700.00 USD", "no money came back twice"
    line = f'{{"ref": "V-1", "claim": "{small.id}", "type": "reversed", "amount": "600.00 USD"}}\n'
    assert said(imported(drive.desk, "payments", line, "IMP-5", options={"reason": "bounced"}))[0][0] == "created"
