"""Triage of a file and the demonstration: one result a line, nothing lost, nothing twice."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

SELLER = {"id": "A2T", "in_good_standing": True, "insurance_required": False}


def line(number: int, **changes: object) -> str:
    claim = {
        "source": "test",
        "source_id": f"T-{number}",
        "marketplace": "US",
        "filed_at": "2024-06-10T09:00:00-07:00",
        "incident_on": "2024-06-01",
        "order": {"id": f"114-{number}"},
        "seller": SELLER,
        "losses": [{"head": "property_damage", "amount": "640.00 USD"}],
        "cause": "product_defect",
        "other_venue": False,
        "screening": {"verdict": "valid", "by": "adjuster:one"},
    }
    return json.dumps({**claim, **changes})


def test_one_result_a_line_in_order_when_nobody_watches(run):
    Path("c.jsonl").write_text("\n".join([line(1), "{", line(2)]) + "\n", encoding="utf-8")
    done = run("triage", "c.jsonl")
    assert done.code == 1
    assert [(r["line"], r["status"]) for r in done.lines] == [(1, "created"), (2, "rejected"), (3, "created")]
    assert done.lines[1]["error"]["code"] == "not_json"
    assert "line 2" in done.err and "not_json" in done.err


def test_the_same_file_again_creates_nothing(run):
    Path("c.jsonl").write_text("\n".join([line(1), line(1), line(2)]) + "\n", encoding="utf-8")
    first, again = run("triage", "c.jsonl", "--json"), run("triage", "c.jsonl", "--json")
    assert [r["status"] for r in first.lines] == ["created", "duplicate", "created"]
    assert [r["status"] for r in again.lines] == ["unchanged"] * 3
    assert [r["claim"] for r in first.lines] == [r["claim"] for r in again.lines]
    assert (first.code, again.code) == (0, 0)


def test_standard_input_is_read(run):
    assert [r["status"] for r in run("triage", "-", stdin=line(1) + "\n").lines] == ["created"]


def test_a_dry_run_writes_nothing(run):
    done = run("triage", "-", "--dry-run", "--json", stdin=line(1) + "\n")
    assert [r["status"] for r in done.lines] == ["created"]
    assert [one.name for one in Path().iterdir()] == ["reports"], "not even an empty database"
    assert run("list", "--json").lines == []


def test_bytes_that_are_no_text_cost_their_line_only(run):
    done = run("triage", "-", "--json", stdin=b'{"marketplace": "\xff\xfe"}\n' + line(1).encode() + b"\n")
    assert [r["status"] for r in done.lines] == ["rejected", "created"]


def test_rejected_lines_come_back_as_they_came_and_can_be_given_again(run):
    bad = line(2, losses=[{"head": "property_damage", "amount": 6.5}])
    Path("c.jsonl").write_text("\n".join([line(1), bad, "", line(3), "not json"]) + "\n", encoding="utf-8")
    run("triage", "c.jsonl", "--rejects", "r.jsonl")
    assert Path("r.jsonl").read_text(encoding="utf-8") == f"{bad}\nnot json\n"
    Path("r.jsonl").write_text(bad.replace("6.5", '"6.50 USD"') + "\n", encoding="utf-8")
    assert [r["status"] for r in run("triage", "r.jsonl").lines] == ["created"]


def test_rejected_records_of_a_table_keep_their_header_and_their_line_breaks(run):
    names = ["source", "source_id", "marketplace", "incident_on", "order.id", "seller.id", "losses.0.head",
             "losses.0.amount", "cause", "description"]  # fmt: skip
    rows = [
        ["t", "1", "US", "2024-06-01", "o1", "A2T", "medical", "1.00 USD", "product_defect", "a,\nb"],
        ["t", "2", "US", "01/06/2024", "o2", "A2T", "medical", "1.00 USD", "product_defect", "c,\n\nd"],
        ["t", "3", "US", "2024-06-01", "o3", "A2T", "medical", "1 dollar", "product_defect", "e"],
    ]
    with Path("c.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *rows])
    done = run("triage", "c.csv", "--rejects", "r.csv")
    assert [(r["line"], r["status"]) for r in done.lines] == [(2, "created"), (4, "rejected"), (7, "rejected")]
    with Path("r.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [names, *rows[1:]]


def test_the_rejects_file_never_replaces_its_source(run):
    Path("c.jsonl").write_text("not json\n", encoding="utf-8")
    done = run("triage", "c.jsonl", "--rejects", "c.jsonl")
    assert done.code == 2
    assert Path("c.jsonl").read_text(encoding="utf-8") == "not json\n"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("table", [False, True], ids=["lines", "table"])
def test_a_file_in_utf_16_is_named_as_one_and_not_line_by_line(run, encoding, table):
    """Excel's "Unicode text": of its lines not one could be read, and each would be rejected in words of its own."""
    text = "marketplace,order.id\nUS,114-1\n" if table else '{"marketplace": "US"}\n'
    Path("c.csv" if table else "c.jsonl").write_bytes(text.encode(encoding))
    for source, stdin in (("c.csv" if table else "c.jsonl", None), ("-", text.encode(encoding))):
        done = run("triage", source, "--json", stdin=stdin)
        assert (done.code, done.error["code"], len(done.lines)) == (2, "not_utf8", 1)
        assert "UTF-16" in done.err and "claimdesk import claims" in done.err
    if table:
        assert run("import", "plan", "claims", "c.csv").err.startswith("Read c.csv: UTF-16")


@pytest.mark.parametrize("source", ["nowhere.jsonl", "."])
def test_a_file_that_cannot_be_read_is_said_so(run, source):
    done = run("triage", source)
    assert (done.code, "[cannot_read]" in done.err) == (2, True)


def test_many_rejected_lines_are_grouped_by_what_is_wrong(run):
    bad = [line(n, marketplace="") for n in range(30)] + [line(n, cause="bad luck") for n in range(3)]
    done = run("triage", "-", stdin="\n".join(bad) + "\n")
    assert "Rejected, 33 of them, by what is wrong:" in done.err
    assert "  30  missing_field  marketplace" in done.err
    assert "lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 20 more" in done.err
    assert "  3  not_a_choice  cause" in done.err


# ---------------------------------------------------------------- for a person


def test_the_demonstration_shows_outcomes_money_and_what_is_wrong(run):
    done = run("demo")
    assert done.code == 0
    for outcome in ("auto_pay", "notify_seller", "deny", "request_information", "hold", "refer"):
        assert f"\n {outcome} " in done.out
    assert "114 lines read = 105 created + 0 unchanged + 1 duplicate + 8 rejected" in done.out
    heads, *rows = [line.split() for line in done.out.splitlines() if line.startswith((" outcome", " deny", " auto"))]
    assert heads == ["outcome", "pdpi", "breakage_1688", "fba", "order"]
    assert {row[0]: row[1:] for row in rows} == {"auto_pay": ["15", "14", "1", "-"], "deny": ["7", "7", "5", "8"]}
    assert " breakage_1688 paid              -   13617.78 " in done.out
    assert "23 sellers' files (seller_insurance): 2 compliant, 19 not_required, 1 overdue, 1 required" in done.out
    assert "3 certificates: 2 accepted, 1 not" in done.out and " paid with nothing asked back: " in done.out
    assert "letters handed over" in done.out
    assert "line 39  naive_instant" in done.err and "filed_at" in done.err and "hint: write RFC 3339" in done.err


def test_the_demonstration_says_what_to_type_next_and_it_works(run):
    done = run("demo")
    typed = [x.split("  ")[0].split()[1:] for x in map(str.strip, done.err.splitlines()) if x.startswith("claimdesk ")]
    assert {words[0] for words in typed} == {"explain", "timeline", "actions", "tick", "seller", "ledger"}
    outputs = {" ".join(words): run(*words) for words in typed}
    assert {o.code for o in outputs.values()} == {0}
    explained = [o.out for words, o in outputs.items() if words.startswith("explain")]
    assert any("(closed)" in text for text in explained) and any("(recovery_review)" in text for text in explained)


@pytest.mark.parametrize("lang", ["en", pytest.param("zh-CN", marks=pytest.mark.long)])
def test_the_demonstration_shows_a_decision_with_its_reasons(run, lang):
    """One command, and whoever has a minute has seen what this is about."""
    done = run("demo", "--lang", lang)
    head, because = {"en": ("One of them, with its reasons:", "Because"), "zh-CN": ("其中一项及其理由:", "依据")}[lang]
    shown = done.out.partition(head)[2]
    assert because in shown and "recovery.cover_on" in shown and "pdpi-us@2021-09-01" in shown
    claim = "CLM-" + shown.split("CLM-")[1].split()[0]
    assert run("show", claim, "--db", "sqlite:///claimdesk-demo.db", "--json").json["state"] == "closed"
    if lang == "zh-CN":
        tried = run("demo", "--dry-run", "--db", "sqlite:///new.db", "--lang", lang)
        assert tried.code == 0 and head not in tried.out and head not in run("demo", "--json", "--lang", lang).out


def test_the_demonstration_again_creates_nothing_twice(run):
    run("demo")
    again = run("demo")
    assert again.code == 0
    assert "114 lines read = 0 created + 106 unchanged + 0 duplicate + 8 rejected" in again.out
    assert "Nothing was created twice" in again.out
    assert "letters handed over" not in again.out


def test_the_demonstration_never_goes_where_work_is_kept_by_itself(run, place):
    run("demo", env={"CLAIMDESK_DB": "sqlite:///work.db"})
    assert (place / "claimdesk-demo.db").exists()
    assert not (place / "work.db").exists()


def test_the_examples_reach_every_outcome_and_name_nobody():
    path = Path(__file__).resolve().parents[2] / "adapters" / "cli" / "data" / "claims.jsonl"
    text = path.read_text(encoding="utf-8")
    assert "@" not in text.replace("@example.org", "")
    assert set(json.loads(text.splitlines()[0])["claimant"]) == {
        "ref",
        "name",
        "contact",
        "age",
        "medicare",
        "sanctions",
    }


def test_a_line_of_a_programme_that_files_no_claims_is_rejected_and_stops_nothing(run):
    wrong = '{"programme": "seller_insurance", "marketplace": "US", "seller": {"id": "A1EXAMPLE"}}'
    done = run("triage", "-", "--json", stdin=f"{wrong}\n{line(1)}\n{wrong}\n")
    assert (done.code, [r["status"] for r in done.lines]) == (1, ["rejected", "created", "rejected"])
    error = done.lines[0]["error"]
    assert (error["code"], error["field"]) == ("not_a_claim", "programme")
    assert "claimdesk seller set" in error["hint"]


@pytest.mark.parametrize(
    ("changes", "code", "field", "message"),
    [
        ({"seller": {"id": "A1", "certificates": "x"}}, "wrong_type", "seller.certificates", "a list is expected"),
        ({"claimant": {"age": -1}}, "wrong_type", "claimant.age", "0 or more is expected"),
        ({"order": "114-1"}, "wrong_type", "order", "a mapping of names to values is expected"),
        ({"other_venue": "yes"}, "not_a_fact", "other_venue", "true, false or unknown is expected"),
    ],
)
def test_a_rejected_line_says_what_where_and_what_would_be_right(run, changes, code, field, message):
    error = run("triage", "-", "--json", stdin=line(1, **changes)).json["error"]
    assert (error["code"], error["field"], error["message"]) == (code, field, message)
    assert error["hint"]
