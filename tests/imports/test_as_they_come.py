"""Files as they come: pipes, odd names, files that change meanwhile, marks of spreadsheets, lines one by one."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from typing import Any

import pytest

from claimdesk.workflow.imports import encodings, values
from cli.conftest import place, run  # noqa: F401  # fixtures
from imports.files import HEADER, row, text
from imports.test_commands import BASIC, ROWS, WANTED, stored, written

pytestmark = pytest.mark.usefixtures("place")


def test_a_plan_gives_the_rejects_of_the_run(run, place):  # noqa: F811
    """They can be corrected before anything is written; the option was once taken, and nothing came of it."""
    june = written(place, "june.csv", text(ROWS))
    assert run("import", "plan", june, *BASIC, "--rejects", "plan.csv").code == 1
    assert run("import", "claims", june, *BASIC, "-n", "--rejects", "dry.csv").code == 1
    assert stored(run) == []
    run("import", "claims", june, *BASIC, "--rejects", "run.csv")
    assert (place / "plan.csv").read_bytes() == (place / "dry.csv").read_bytes() == (place / "run.csv").read_bytes()


def test_of_all_or_nothing_no_program_is_told_of_claims_that_are_not_there(run, place):  # noqa: F811
    """Each line once said created, with the id of a claim, before it was known that all of it is taken back."""
    june = written(place, "june.csv", text(ROWS))
    done = run("import", "claims", june, *BASIC, "--atomic", "--json", "--quiet")
    assert done.code == 1 and len(done.lines) == len(ROWS) and "nothing was written" in done.err
    assert all(line["taken_back"] is True for line in done.lines)
    planned = run("import", "claims", june, *BASIC, "-n", "--json")
    assert all(line["dry_run"] is True for line in planned.lines)
    good = written(place, "good.csv", text([row(n) for n in range(1, 4)]))
    done = run("import", "claims", good, *BASIC, "--atomic", "--json")
    assert [sorted({"taken_back", "dry_run"} & set(line)) for line in done.lines] == [[]] * 3
    assert {line["claim"] for line in done.lines} == {c["claim"] for c in run("list", "--json").lines}


def test_a_pipe_with_a_name_is_read_like_standard_input(run, place):  # noqa: F811
    """As ``<(iconv …)`` in a shell is: it was opened several times, and said to be empty or waited for ever."""
    os.mkfifo(place / "pipe")
    words = text(ROWS).encode("utf-16")
    feeder = threading.Thread(target=(place / "pipe").write_bytes, args=(words,), daemon=True)
    feeder.start()
    done = run("import", "claims", "pipe", *BASIC, "--json", "--rejects", "r.csv")
    feeder.join(10)
    assert [line["status"] for line in done.lines].count("created") == WANTED["created"]
    (kept,) = stored(run)
    assert (kept["file"], kept["total"]) == ("pipe", None) and kept["file_sha256"]


def test_a_file_may_have_any_name(run, place):  # noqa: F811
    words = text(ROWS).encode()
    for n, (name, shown) in enumerate(
        [(b"\xff\xfe.csv", "\\udcff\\udcfe.csv"), (b"two\nlines.csv", "two lines.csv"), (b"-x.csv", "-x.csv")]
    ):
        Path(os.fsdecode(bytes(place) + b"/" + name)).write_bytes(words)
        done = run("import", "claims", *BASIC, "--report", "p.csv", "--rejects", "r.csv", "--", os.fsdecode(name))
        assert done.code == 1 and "internal" not in done.err, (name, done.err)
        assert stored(run)[0]["file"] == shown and len(stored(run)) == n + 1
        assert shown in (place / "p.csv").read_text(encoding="utf-8")


def test_what_a_program_adds_meanwhile_is_left_for_the_next_import(run, place, monkeypatch):  # noqa: F811
    """The digest, the count and the records are of the same bytes, so the run says what it did."""
    june = place / "june.csv"
    june.write_text(text([row(n) for n in range(1, 4)]), encoding="utf-8", newline="")
    half = text([row(4)]).splitlines(keepends=True)[1][:40]
    with monkeypatch.context() as patch:
        _meanwhile(patch, lambda: june.write_bytes(june.read_bytes() + half.encode()))
        done = run("import", "claims", "june.csv", *BASIC, "--json")
    assert [line["status"] for line in done.lines] == ["created"] * 3, done.lines
    (kept,) = stored(run)
    assert (kept["status"], kept["done"], kept["total"]) == ("done", 3, 3)
    june.write_text(text([row(n) for n in range(1, 5)]), encoding="utf-8", newline="")
    assert run("import", "claims", "june.csv", *BASIC, "--json").lines[3]["status"] == "created"


def test_a_file_that_is_another_one_by_the_end_is_told(run, place, monkeypatch):  # noqa: F811
    june = place / "june.csv"
    june.write_text(text([row(n) for n in range(1, 4)]), encoding="utf-8", newline="")
    with monkeypatch.context() as patch:
        _meanwhile(patch, lambda: june.write_bytes(june.read_bytes().replace(b"0114-2", b"0114-7")))
        done = run("import", "claims", "june.csv", *BASIC, "--json")
    assert (done.code, done.lines[-1]["error"]["code"]) == (75, "file_changed")
    assert [line["status"] for line in done.lines[:-1]] == ["created"] * 3
    assert stored(run)[0]["status"] == "stopped"
    assert [line["status"] for line in run("import", "claims", "june.csv", *BASIC, "--json").lines] == ["unchanged"] * 3


def _meanwhile(patch: pytest.MonkeyPatch, change: Any) -> None:
    """``change`` happens between the first look at a file and the reading of its records."""
    detect = encodings.detect

    def after(*told: Any, **more: Any) -> Any:
        found = detect(*told, **more)
        change()
        return found

    patch.setattr(encodings, "detect", after)


def test_what_a_spreadsheet_marks_as_text_is_that_text(run, place):  # noqa: F811
    """A ticket with the mark and without it is one ticket; two of them would be two claims, and paid twice."""
    plain = written(place, "plain.csv", text([row(88001), row(88002, Note="=SUM(A1)")]))
    marked = written(place, "marked.csv", text([row(88001, Ticket_ID="'88001"), row(88002, Note="=SUM(A1)")]))
    assert [line["status"] for line in run("import", "claims", plain, *BASIC, "--json").lines] == ["created"] * 2
    done = run("import", "claims", marked, *BASIC, "--json").lines
    assert [line["status"] for line in done] == ["unchanged"] * 2
    assert done[0]["warnings"][0]["code"] == "spreadsheet_text"
    cells = {"'=1+1": "=1+1", "'-A1": "-A1", "'@x": "@x", "'007": "007", "'s-Gravenhage": "'s-Gravenhage",
             "'1' and '2'": "'1' and '2'", "O'Neil": "O'Neil", "''": "''", "'": "'"}  # fmt: skip
    assert {cell: values.text(cell)[0] for cell in cells} == cells
    assert all(values.identifier(cell)[0] is None for cell in ("8,8E+04", "1.1E+14"))  # as a German Excel writes it


def test_heads_are_written_as_the_file_writes_amounts(run, place):  # noqa: F811
    header = (*HEADER[:6], "heads", "currency")
    words = text([(*row(1)[:6], "property:1.200,50; medical:140,00", "USD")], header, ";")
    (place / "m.toml").write_text('[source]\ndecimal = ","\nthousands = "."\n', encoding="utf-8")
    done = run("import", "claims", written(place, "june.csv", words), *BASIC, "--map", "m.toml", "--json")
    (line,) = done.lines
    assert (line["status"], line["eligible_amount"]) == ("created", "1340.50 USD"), line


def test_a_draft_says_what_it_takes_a_column_for_and_what_it_cannot_tell(run, place):  # noqa: F811
    header = ("工单号", "报案时间", "出险日期", "标签", "卖家编号", "订单号", "金额", "币种", "描述")
    rows = [
        (str(n), "2024-06-01 10:00", day, kind, "A2", f"011{n}", amount, "", "x")
        for n, (day, kind, amount) in enumerate(
            [("45443", "烧坏", "1 200,50"), ("2024-06-01", "烧坏", "7,5"), ("2024-06-01", "烫伤", "640")], 1
        )
    ]
    june = written(place, "june.csv", text(rows, header, ";"))
    words = run("import", "map", june).out
    for part in (
        'decimal = ","', 'thousands = " "', "the only way to read them all", "67% of the values read so, the first of",
        "a spreadsheet's number of a day", '= { from = "标签", values = {', '"烫伤" = "?"',
        "a column above may be it", 'currency = { from = "币种", const = "USD" }', "# create_sellers = true",
    ):  # fmt: skip
        assert part in words, (part, words)
    told = re.sub(r"# kind +=(?= { from)", "kind =", words).replace('"?"', '"x"', 3)
    tomllib.loads(told)
    (place / "m.toml").write_text(told, encoding="utf-8")
    wrong = run("import", "plan", june, "--map", "m.toml", "--json")
    assert wrong.error["field"].startswith("columns.kind.values."), "a word that nobody explained decides nothing"
    both = written(place, "both.csv", text([(*rows[0][:6], a, *rows[0][7:]) for a in ("1.200", "1,200")], header, ";"))
    assert 'decimal = "?"' in run("import", "map", both).out, "no way reads both: nothing is proposed"


def test_lines_that_are_piped_in_are_answered_as_they_are_kept(place):  # noqa: F811
    """Whoever writes one line at a time sees what became of it before the end of the file."""
    told = run_line(1), run_line(2), run_line(3)
    program = str(Path(sys.executable).parent / "claimdesk")
    command = [program, "import", "claims", "-", "--format", "jsonl", "--batch", "1",
               "--workers", "0", "--create-sellers"]  # fmt: skip
    with subprocess.Popen(command, cwd=place, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert isinstance(child.stdin, io.TextIOBase) and isinstance(child.stdout, io.TextIOBase)
        child.stdin.write(told[0] + told[1])
        child.stdin.flush()
        assert '"created"' in child.stdout.readline()  # the pipe is still open
        child.stdin.write(told[2])
        child.stdin.close()
        assert [line.count('"created"') for line in child.stdout] == [1, 1]


def run_line(number: int) -> str:
    """A claim as a line of JSON."""
    return (
        f'{{"marketplace": "US", "filed_at": "2024-06-03T09:00:00-07:00", "incident_on": "2024-06-01", "source": "h", '
        f'"source_id": "{number}", "order": {{"id": "114-{number}"}}, "seller": {{"id": "A2EXAMPLE"}}, '
        f'"losses": [{{"head": "property_damage", "amount": "640.00 USD"}}]}}\n'
    )
