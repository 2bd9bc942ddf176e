"""``claimdesk import`` end to end: plans that equal runs, rejects that go round, runs that are taken up again."""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from claimdesk.adapters.cli.commands.imports import running
from claimdesk.adapters.imports import job as jobs
from cli.conftest import place, run  # noqa: F401  # fixtures
from imports.files import CHINESE, HEADER, row, text
from support.commandline import Outcome

BASIC = ("--source", "helpdesk", "--marketplace", "US", "--create-sellers")
#: Good and bad rows, a row twice, and one that is on file with other content.
ROWS = [
    row(1), row(2, Claim_amount="¥100", Currency=""), row(3, Date_of_Loss="03/04/2024"), row(1), row(4),
    row(4, Claim_amount="5"), row(5, Order=""), row(6, Claim_amount="１００"), row(7, Note='line\nbreak, "quoted"'),
    row(8),
]  # fmt: skip
WANTED = {"read": 10, "created": 5, "unchanged": 0, "updated": 0, "duplicate": 1, "rejected": 4, "warnings": 1}


def written(folder: Path, name: str, words: str, encoding: str = "utf-8") -> str:
    (folder / name).write_bytes(words.encode(encoding))
    return name


def counts(done: Outcome) -> dict[str, Any]:
    """The counts of the last import."""
    return {k: v for k, v in done.json.items() if k in WANTED}


def stored(run: Any) -> list[dict[str, Any]]:  # noqa: F811
    return run("import", "list", "--json").lines


@pytest.mark.parametrize(("encoding", "header"), [("utf-8", HEADER), ("gb18030", CHINESE)])
def test_a_plan_counts_what_the_run_counts_and_writes_nothing(run, place, encoding, header):  # noqa: F811
    june = written(place, "june.csv", text(ROWS, header, ";"), encoding)
    there = set(place.iterdir())
    plan = run("import", "plan", june, *BASIC, "--json")
    assert plan.code == 1 and counts(plan) == WANTED
    assert set(place.iterdir()) == there, "not even an empty database"
    assert stored(run) == [] and run("list", "--json").lines == []
    done = run("import", "claims", june, *BASIC, "--json")
    assert done.code == 1
    told = {k: sum(line["status"] == k for line in done.lines) for k in ("created", "duplicate", "rejected", "updated")}
    assert told == {k: WANTED[k] for k in told}
    assert [(line["record"], line["line"]) for line in done.lines] == [*((n, n + 1) for n in range(1, 10)), (10, 12)]
    (kept,) = stored(run)
    assert {k: v for k, v in kept.items() if k in WANTED} | {"read": kept["done"]} == WANTED
    assert (kept["status"], kept["total"], kept["delimiter"]) == ("done", 10, "semicolon")
    again = run("import", "run", june, *BASIC)  # the second name of the command
    assert "0 created · 0 updated · 6 unchanged" in again.out and "4 rejected" in again.out
    shown = run("import", "show", kept["run"])
    assert "currency_unclear" in shown.out and shown.code == 0 and encoding.upper() in shown.out
    assert run("import", "show", "IMP-0").code == 5


def test_the_plan_of_a_long_backlog_is_not_held_in_memory_and_leaves_nothing(run, place, monkeypatch):  # noqa: F811
    """Before the first import there is no database; a file stands in for it, and goes."""
    made: list[Path] = []

    class Folder(TemporaryDirectory[str]):
        def __enter__(self) -> str:
            made.append(Path(self.name))
            return super().__enter__()

        def __exit__(self, *gone: Any) -> None:
            assert [p.name for p in Path(self.name).glob("*.db")] == ["plan.db"] and not [
                *Path(self.name).glob("*.keys")
            ]
            super().__exit__(*gone)

    monkeypatch.setattr(running, "TemporaryDirectory", Folder)
    june = written(place, "june.csv", text(ROWS))
    there = set(place.iterdir())
    short = run("import", "plan", june, *BASIC, "--json")
    assert (counts(short), made) == (WANTED, [])
    monkeypatch.setattr(running, "_LONG", 0)
    for words in (("import", "plan"), ("import", "claims", "-n")):
        done = run(*words, june, *BASIC, "--json")
        assert done.code == 1 and (words[1] != "plan" or counts(done) == WANTED)
    assert len(made) == 2 and not any(folder.exists() for folder in made) and set(place.iterdir()) == there
    run("import", "claims", june, *BASIC)
    again = run("import", "plan", june, *BASIC, "--json")
    assert counts(again)["unchanged"] == 6 and len(made) == 2, "the database itself, once there is one"


@pytest.mark.parametrize(
    ("encoding", "name"), [("utf-8-sig", "a.csv"), ("gb18030", "a.csv"), ("utf-16", "a.csv"), ("utf-8", "a.jsonl")]
)
def test_a_rejects_file_is_corrected_and_imported_as_it_is(run, place, encoding, name):  # noqa: F811
    words = text(ROWS, CHINESE)
    if name.endswith("jsonl"):
        words = "".join(json.dumps(dict(zip(CHINESE, r, strict=True)), ensure_ascii=False) + "\n" for r in ROWS)
    june = written(place, name, words, encoding)
    out = f"rejects{Path(name).suffix}"
    done = run("import", "claims", june, *BASIC, "--rejects", out, "--report", "report.csv")
    assert done.code == 1 and f"in {out}" in done.err
    raw = (place / out).read_bytes().decode(encoding)
    if name.endswith("csv"):
        header, *rows = csv.reader(raw.splitlines(keepends=True))
        assert header == [*CHINESE, "_line", "_errors", "_hints"]
        assert [r[: len(CHINESE)] for r in rows] == [ROWS[i] for i in (1, 2, 5, 6)], "the columns are untouched"
        assert [r[-3] for r in rows] == ["3", "4", "7", "8"] and "currency_unclear" in rows[0][-2] and rows[0][-1]
    for wrong, right in (
        ("¥100", "100 USD"),
        ("03/04/2024", "2024-04-03"),
        ('"5"', '"1,200.00"'),
        (",5,", ',"1,200.00",'),
    ):
        raw = raw.replace(wrong, right)
    (place / out).write_bytes(raw.encode(encoding))
    fixed = run("import", "claims", out, *BASIC, "--json")
    assert [line["status"] for line in fixed.lines] == ["created", "created", "unchanged", "rejected"], fixed.lines
    with (place / "report.csv").open(encoding="utf-8", newline="") as file:
        report = list(csv.DictReader(file))
    assert [(r["record"], r["code"], r["severity"], r["action"]) for r in report] == [
        ("2", "currency_unclear", "error", "rejected"), ("3", "date_unclear", "error", "rejected"),
        ("6", "row_twice", "error", "rejected"), ("7", "missing_value", "error", "rejected"),
        ("8", "full_width", "warning", "imported"),
    ]  # fmt: skip
    assert (report[1]["value"], report[1]["column"], report[1]["source_id"]) == ("03/04/2024", "出险日期", "3")
    assert run("import", "claims", june, *BASIC, "--rejects", june).code == 2  # never over the file itself


def test_what_a_row_lacks_is_put_right_in_the_words_of_a_file(run, place):  # noqa: F811
    june = written(place, "june.csv", text([row(1)]))
    hints = {
        run("import", "plan", june, *words, "--json").json["codes"][0]["hint"]
        for words in (("--source", "helpdesk", "--marketplace", "US"), ("--source", "helpdesk", "--create-sellers"))
    }
    assert hints == {
        "--create-sellers (create_sellers = true in a map) makes a file for each of them",
        "--marketplace US, a column of this name, or a const of it in a map",
    }


def test_all_or_nothing_and_nothing_after_the_first_error(run, place):  # noqa: F811
    june = written(place, "june.csv", text(ROWS))
    done = run("import", "claims", june, *BASIC, "--atomic")
    assert (done.code, "nothing was written" in done.err) == (1, True)
    assert stored(run) == [] and run("list", "--json").lines == []
    stopped = run("import", "claims", june, *BASIC, "--on-error", "stop", "--json")
    assert [line["status"] for line in stopped.lines] == ["created", "rejected"]
    assert stored(run)[0]["status"] == "stopped" and len(run("list", "--json").lines) == 1
    good = written(place, "good.csv", text([row(n) for n in range(1, 6)]))
    assert run("import", "claims", good, *BASIC, "--atomic", "--batch", "2").code == 0
    assert len(run("list", "--json").lines) == 5


def test_what_is_piped_in_is_read_once_and_known_again(run, place):  # noqa: F811
    words = text(ROWS, CHINESE).encode("gb18030")
    done = run("import", "claims", "-", *BASIC, "--json", "--rejects", "r.csv", stdin=words)
    assert [line["status"] for line in done.lines].count("created") == 5
    again = run("import", "claims", "-", *BASIC, "--json", stdin=words)
    assert [line["status"] for line in again.lines].count("unchanged") == 6
    first, second = stored(run)
    assert first["file_sha256"] == second["file_sha256"] is not None and first["total"] is None


@pytest.mark.parametrize("at", [1, 5])
def test_an_interrupted_run_is_continued_and_comes_to_the_same(run, place, monkeypatch, at):  # noqa: F811
    june = written(place, "june.csv", text(ROWS))
    beside = ("--rejects", "r.csv", "--report", "p.jsonl", "--batch", "3")
    assert run("import", "claims", june, *BASIC, *beside, "--db", "sqlite:///clean.db").code == 1
    clean = [(place / name).read_bytes() for name in ("r.csv", "p.jsonl")]

    class Gone(KeyboardInterrupt):
        pass

    seen = 0

    def write(self: Any, run_: Any, result: Any, keep: Any = jobs.Job._write) -> None:
        nonlocal seen
        keep(self, run_, result)
        seen += 1
        if seen == at:
            raise Gone

    monkeypatch.setattr(jobs.Job, "_write", write)
    assert run("import", "claims", june, *BASIC, *beside).code == 130
    (broken,) = stored(run)
    assert (broken["status"], broken["done"]) == ("running", (at - 1) // 3 * 3)
    done = run("import", "claims", june, *BASIC, *beside)
    assert f"{broken['run']} was interrupted after {broken['done']} of 10" in done.err
    (kept,) = stored(run)
    assert (kept["status"], kept["attempt"], kept["run"]) == ("done", 2, broken["run"])
    (other,) = run("import", "list", "--json", "--db", "sqlite:///clean.db").lines
    assert {k: kept[k] for k in WANTED if k != "read"} == {k: other[k] for k in WANTED if k != "read"}
    assert kept["codes"] == other["codes"]
    found = [
        (place / name).read_bytes().replace(kept["run"].encode(), other["run"].encode())
        for name in ("r.csv", "p.jsonl")
    ]
    assert found == clean
    assert len(run("list", "--json").lines) == 5


def test_only_one_process_carries_a_run_on(run, place, monkeypatch):  # noqa: F811
    june = written(place, "june.csv", text(ROWS))
    begun = jobs.begin

    def taken_up(desk: Any, *words: Any, **more: Any) -> Any:
        found = begun(desk, *words, **more)
        with desk.store.write() as unit:  # another process does the same a moment later
            unit.put_import_run(found.row._replace(attempt=2), attempt=1)
        return found

    monkeypatch.setattr(jobs, "begin", taken_up)
    done = run("import", "claims", june, *BASIC, "--json", "--batch", "3")
    assert (done.code, done.error["code"]) == (6, "import_taken_up")


def test_a_draft_of_a_map_says_how_sure_it_is_and_applies_nothing(run, place):  # noqa: F811
    header = ("工单号", "报案时间", "出险日期", "类型", "卖家编号", "Bestellnummer", "索赔金额", "Kommentar")
    kinds = ("pd", "pd", "theft", "theft")
    rows = [
        (str(n), f"2024-06-0{n} 10:00", f"0{n}/04/2024", kind, "A2", f"011{n}", "1.200,50", "x")
        for n, kind in enumerate(kinds, 1)
    ]
    june = written(place, "june.csv", text(rows, header), "gb18030")
    done = run("import", "map", june, "-o", "m.toml")
    assert done.code == 0 and "source_id" in done.err and "GB18030" in done.err
    words = (place / "m.toml").read_text(encoding="utf-8")
    for part in ('timezone = "?"', 'date_format = "?"', "%d/%m/%Y", 'decimal = ","', 'marketplace = "?"',
                 '"theft" = "?"', "# order_id", "# currency",
                 '# "Kommentar" is kept as received', "99%: by its header"):  # fmt: skip
        assert part in words, part
    assert tomllib.loads(words)["columns"]["source_id"] == "工单号"
    wrong = run("import", "plan", june, "--map", "m.toml", "--json")
    assert (wrong.code, wrong.error["code"]) == (2, "bad_map"), "a draft as it is decides nothing"
    assert run("import", "map", june, "-o", "m.toml").code == 2  # nobody's map is replaced
    told = run("import", "map", june, "--json").lines
    assert {g["header"]: g["column"] for g in told}["报案时间"] == "filed_at"
    assert all(0 <= g["confidence"] <= 1 for g in told)


def test_other_kinds_of_files_go_the_same_way(run, place):  # noqa: F811
    sales = written(
        place, "sales.csv", text([("A2", "2024-04", "1"), ("A2", "2024-13", "1")], ("seller", "month", "sales"))
    )
    words = ("--default", "currency=USD")
    plan = run("import", "plan", "proceeds", sales, *words, "--json")
    assert {k: counts(plan)[k] for k in ("read", "created", "rejected")} == {"read": 2, "created": 1, "rejected": 1}
    assert run("seller", "list", "--json").lines == []
    done = run("import", "proceeds", sales, *words, "--rejects", "r.csv", "--json")
    assert [line["status"] for line in done.lines] == ["created", "rejected"] and done.code == 1
    assert run("seller", "show", "A2", "--json").json["state"] == "not_required"
    assert run("import", "plan", "letters", sales).code == 2 and run("import", "claims", "gone.csv").code == 2


def test_nothing_that_cannot_be_had_back_is_written_over(run, place):  # noqa: F811
    """A slip in the name of an output must not cost a database, its keys, the file that is read or the other output."""
    june = written(place, "june.csv", text(ROWS))
    written(place, "m.toml", '[rules]\nunknown_value = "reject"\n')
    assert run("import", "claims", june, *BASIC).code == 1
    kept = {path.name: path.read_bytes() for path in place.iterdir() if path.is_file()}
    stores = [name for name in kept if name.startswith("claimdesk.db") and not name.endswith(("-journal", "-shm"))]
    assert {"claimdesk.db", "claimdesk.db.keys"} <= set(stores)
    for name in (*stores, june, ".", "gone/report.csv"):
        for option in ("--rejects", "--report"):
            done = run("import", "claims", june, *BASIC, option, name, "--json")
            assert (done.code, done.error["code"], done.error["field"]) == (2, "cannot_write", option), name
        done = run("export", "claims", "--out", name, "--json") if name != june else done
        assert (done.code, done.error["code"]) == (2, "cannot_write"), name
    for name in stores:
        assert run("triage", "-", "--rejects", name, stdin="{}\n").code == 2
        assert run("report", "claims", "-o", name).code == 2
    assert run("import", "claims", june, *BASIC, "--rejects", "r.csv", "--report", "./r.csv").code == 2
    assert run("import", "claims", june, *BASIC, "--map", "m.toml", "--report", "./m.toml").code == 2
    assert {path.name: path.read_bytes() for path in place.iterdir() if path.is_file()} == kept
    assert len(stored(run)) == 1, "a run that could not begin is no run"


def test_a_report_says_nothing_of_a_person_where_a_cell_holds_what_it_should_not(run, place):  # noqa: F811
    """A number to call in the amount, an injury in the kind: kind and length, unless values are asked for."""
    odd = [row(1, Claim_amount="Jane 555-1234"), row(2, Claim_type="broken leg"), row(3, Claim_amount="640 dollars")]
    june = written(place, "june.csv", text(odd))
    for more, wanted in (
        ((), ["<text, 13 characters>", "<text, 10 characters>", "640 dollars"]),
        (("--show-values",), ["Jane 555-1234", "broken leg", "640 dollars"]),
    ):
        assert run("import", "plan", june, *BASIC, "--report", "p.csv", *more).code == 1
        with (place / "p.csv").open(encoding="utf-8", newline="") as file:
            assert [line["value"] for line in csv.DictReader(file)] == wanted


def test_a_file_that_was_cut_off_in_the_middle_of_a_character_rejects_its_last_row(run, place):  # noqa: F811
    june = place / "june.csv"
    june.write_bytes(text([row(1), row(2)]).encode("utf-16")[:-9])
    done = run("import", "claims", "june.csv", *BASIC, "--rejects", "r.csv", "--json")
    assert [(line["status"], line.get("error", {}).get("code")) for line in done.lines] == [
        ("created", None), ("rejected", "bad_encoding"),
    ]  # fmt: skip
    assert (place / "r.csv").read_bytes().decode("utf-16").startswith("Ticket ID,")
