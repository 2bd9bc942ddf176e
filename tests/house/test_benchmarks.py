"""The benchmarks run: each module once on a handful of claims. What they measure is asserted nowhere."""

from __future__ import annotations

import importlib
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from claimdesk import ClaimDesk

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch):
    """A module of the benchmarks, by name. The checkout is importable for one test only."""
    monkeypatch.syspath_prepend(ROOT)

    def load(name: str) -> Any:
        return importlib.import_module(f"benchmarks.{name}" if name else "benchmarks")

    yield load
    for name in [n for n in sys.modules if n.partition(".")[0] == "benchmarks"]:
        del sys.modules[name]


AIMS = [
    (
        {"value": 3.0, "ratio": 0.75, "aim": "at least 0.75"},
        True,
        "the ratio counts where there is one, the aim is met",
    ),
    ({"value": 3.0, "ratio": 0.74, "aim": "at least 0.75"}, False, "just below"),
    ({"value": 120.0, "aim": "at most 120"}, True, "no ratio: the value counts"),
    ({"value": 121.0, "aim": "at most 120"}, False, "just above"),
    ({"value": 1.0, "ratio": 9.0, "aim": ""}, None, "no aim"),
    ({"value": "n/a", "aim": "at least 1"}, None, "not a number"),
    ({"value": 1.0, "aim": "about 1"}, None, "words that are no aim"),
]


def test_figures_and_table(bench, capsys):
    figure, table = bench("figure"), bench("table")
    for told, wanted, why in AIMS:
        assert figure.met(figure.whole(told)) is wanted, why
    told = figure.whole({"ms": 30.0, "ratio": 3.0, "of": "python -c pass", "goal": 3.0, "met": True})
    assert (told["value"], told["unit"], told["floor"], told["aim"]) == (30.0, "ms", 10.0, "at most 3.0")
    assert figure.met(told) is True
    turns = iter([1.0, 9.0, 2.0])
    found = figure.medians(lambda: {"a": figure.figure(turn := next(turns), "s", ratio=turn), "b": 4}, 3)
    assert found["a"]["value"] == found["a"]["ratio"] == 2.0
    assert found["b"]["value"] == 4
    table.show(found)
    assert [line.split() for line in capsys.readouterr().out.splitlines()][1:] == [["a", "2", "s", "2"], ["b", "4"]]
    assert table.markdown(found)[2] == "| a | 2 | s |  | 2 |  |  |"


def test_growth_takes_the_start_off(bench, monkeypatch):
    growth, child = bench("growth"), bench("child")
    taken = {1: child.Ended(1.0, 1.0, 50), 11: child.Ended(2.0, 2.0, 60), 101: child.Ended(13.0, 13.0, 63)}
    monkeypatch.setattr(growth, "of_file", lambda folder, count: (taken[count], folder))
    found = list(growth.figures(small=11, large=101).values())
    assert (found[0]["floor"], found[0]["value"], found[0]["ratio"]) == pytest.approx((100_000, 120_000, 1.2))
    assert (found[1]["ratio"], found[2]["value"]) == pytest.approx((1.05, 63))


def test_the_table_of_a_million_claims(bench, tmp_path):
    million, child = bench("million"), bench("child")
    few = million.Run(100, 0, child.Ended(2.0, 1.5, 80.0), 1, 2, 3, 520, child.Ended(0.1, 0.1, 30))
    many = million.Run(1_000, 500, child.Ended(7.0, 6.5, 84.0), 1, 2, 3, 5_200, child.Ended(0.2, 0.1, 30))
    told = million.table(few, many, 1.0, {"python": "3.11"})
    assert "| microseconds a claim | 10,000 | 12,000 |" in told, "the start is off, and only what was new counts"
    assert "stood there before (cut off and given again) | 0 | 500 |" in told
    assert "100: 1.20 (aim" in told and "way: 1.05 (aim" in told
    page = tmp_path / "page.md"
    page.write_text(f"above\n{million._BEGIN}\nold\n{million._END}\nbelow\n")
    million.write("new", page)
    assert page.read_text() == f"above\n{million._BEGIN}\n\nnew\n\n{million._END}\nbelow\n"
    assert million._BEGIN in million.PAGE.read_text(encoding="utf-8"), "the page has a place for the table"


def test_a_profile_keeps_what_people_wrote(bench, tmp_path):
    profile = bench("profile")
    text = profile.profiled("decide", claims=10)
    assert "us a claim without the profiler" in text
    assert "plan.py" in text
    assert "all, processor time" in bench("stages").stages(5)[-1]
    target = profile.keep("decide", text, tmp_path)
    target.write_text(target.read_text().replace("(nothing yet)", "a cache of instants: 12 %"))
    profile.keep("decide", "new\n", tmp_path)
    assert target.read_text() == f"new\n\n{profile.TRIED}\n\na cache of instants: 12 %\n"


def test_triage_and_floor(bench, tmp_path):
    floors, made, raw = bench("floors"), tmp_path / "typed.db", tmp_path / "raw.db"
    assert bench("triage").typed(f"sqlite:///{made}", 12).seconds > 0
    rows = floors.rows_of(made)
    assert len(rows["case"]) > 12
    assert floors.sqlite(raw, made, rows, 12).seconds > 0
    copied = floors.rows_of(raw)
    assert {n: len(r) for n, r in copied.items()} == {n: len(r) for n, r in rows.items()}, "the floor writes every row"


def test_the_floor_of_deciding_keeps_the_same_record(bench):
    found = bench("decide").figures(claims=60, repeat=1)  # AssertionError when a record differs
    assert found["transitions a claim"]["value"] > 3


def test_postgresql(bench, postgres_database):
    found = bench("postgres").measure(postgres_database, 8)
    assert found["bulk triage, typed claims, PostgreSQL"]["ratio"] > 0
    assert found["rows a claim, PostgreSQL"]["value"] > 10


def test_the_peers_walk_the_same_way(bench):
    life = bench("peers.lifecycle")
    for claim in life.claims(300):
        bare, full = life.walk(claim, False), life.walk(claim, True)
        assert [step for step, _ in bare.steps] == [step for step, _ in full.steps], claim.id
        assert all(json.loads(str(record))["type"] == step for step, record in full.steps)
    left = life.expected(300)
    assert set(left.states) == {"filed", "denied", "seller_notified", "proof_requested", "closed"}
    assert sum(left.states.values()) == 300


def test_one_table(bench, capsys, monkeypatch):
    """The command finds its modules, passes on what they take, and says what is left out."""
    main = bench("__main__")
    assert main.modules()[:5] == ["triage", "growth", "decide", "postgres", "peers"]
    assert "coldstart" in main.modules()

    def none_here():
        raise LookupError("nothing to run it with")

    monkeypatch.setattr(main, "modules", lambda: ["decide", "postgres"])
    monkeypatch.setattr(main, "apart", main.here)
    monkeypatch.setattr(bench("decide"), "figures", lambda *, repeat: {"decided": repeat})
    monkeypatch.setattr(bench("postgres"), "figures", none_here)
    assert main.main(["--quick", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["figures"]["decided"]["value"] == 1
    assert told["left out"] == {"postgres": "nothing to run it with"}
    assert told["machine"]["sqlite"]


@pytest.mark.long
def test_peers_and_the_rest(bench):
    """Every peer leaves what it should, where there is an environment for them; the older modules give figures too."""
    assert all(told["value"] > 0 for told in bench("triage").figures(quick=True, repeat=1).values())
    assert bench("verify").figures(quick=True, repeat=1)
    assert bench("journal").figures(quick=True)
    try:
        assert bench("peers").figures(quick=True, repeat=1)
    except LookupError as error:
        pytest.skip(str(error))


@pytest.mark.long
def test_a_grown_store_is_many_claims_that_can_be_worked_on(bench, tmp_path, monkeypatch):
    """Each copy has ids of its own, reads as a claim, and takes a command."""
    grown, queries, latency = bench("grown"), bench("queries"), bench("latency")
    monkeypatch.setattr(grown, "BASE", 12)
    path = tmp_path / "grown.db"
    assert grown.grown(path, 40) == 48
    with ClaimDesk.open(f"sqlite:///{path}", actor="cs:mei") as desk:
        found = list(desk.list(limit=100))
        assert len({c.id for c in found}) == len({c.order_id for c in found}) == 48
        copied = found[-1]
        assert desk.timeline(copied.id) and desk.ledger(copied.id) == desk.ledger(copied.id, limit=50)
        assert desk.note(copied.id, text="seen").version == copied.version + 1
    asked = queries._ask_all(path, 6)
    assert set(asked) == set(queries.QUESTIONS) and all(len(times) == 6 for times in asked.values())
    told = latency._Sqlite(path).measure(8)
    assert {name: tuple(map(len, times)) for name, times in told.items()} == {
        "file": (8, 8, 8),
        "record_screening": (8, 8, 8),
    }
    with sqlite3.connect(path) as db:  # the guards stand again, and a floor left as many rows as a command
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").fetchone()[0] > 20
        entries = dict(db.execute("SELECT claim, count(*) FROM entry WHERE claim LIKE 'CLM-%' GROUP BY claim"))
        own = {c for c in entries if c.startswith("CLM-Y")}
        assert len(own) == 16 and {entries[c] for c in own} == {1}
    db.close()


@pytest.mark.long
def test_a_cold_start_is_measured_beside_its_floor(bench):
    found = bench("coldstart").figures(runs=1)
    assert found["claimdesk version"]["ratio"] > 0 and set(bench("coldstart").GOALS) < set(found)
