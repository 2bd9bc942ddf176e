"""Every question a desk asks goes by an index, in both databases: the plan of each is looked at, not its time.

A large store makes a question that walks a table slow long before anybody notices it in a small one. The table below
says which index answers what; whatever else is asked while claims are filed, worked on, reported and put in the log may
scan a table only where a reason stands in ``WHOLE``.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from claimdesk import ClaimDesk
from claimdesk.adapters.open_store import open_store
from claimdesk.adapters.reports.reading import records
from claimdesk.adapters.tlog.rows import rows_of
from claimdesk.workflow.lines import read_lines
from claimdesk.workflow.ports import CaseFilter
from claimdesk.workflow.reports.shape import Asked
from claimdesk.workflow.triage import triage

NOW = "2026-01-01T00:00:00.000000Z"
Question = Callable[[Any], object]


def listing(**wanted: Any) -> Question:
    return lambda unit: unit.list_cases(CaseFilter(after="CLM-00100", limit=50, **wanted))


#: Question: (how it is asked, the index that answers it). ``_pkey``: the table's own key.
TABLE: dict[str, tuple[Question, str]] = {
    "one claim": (lambda u: u.case("CLM-00007"), "case_pkey"),
    "some claims": (lambda u: u.cases(["CLM-00007", "CLM-00009"]), "case_pkey"),
    "siblings": (lambda u: u.siblings([("114-7", "2024-06-01")]), "case_group"),
    "timeline": (lambda u: u.entries("CLM-00007"), "entry_pkey"),
    "timeline, what is new": (lambda u: u.entries("CLM-00007", after=2), "entry_pkey"),
    "sealed values": (lambda u: u.sealed("CLM-00007"), "sealed_pkey"),
    "ledger of a claim": (lambda u: u.transfers("CLM-00007"), "transfer_claim"),
    "ledger, a page": (lambda u: u.transfers(after="PAY-00100", limit=50), "transfer_pkey"),
    "decisions": (lambda u: u.decisions("CLM-00007"), "decision_claim"),
    "letters": (lambda u: u.notices("CLM-00007"), "notice_claim"),
    "one letter": (lambda u: u.notice("NTC-00007"), "notice_pkey"),
    "waiting on a seller": (lambda u: u.waiting_on_seller("A7", ["closed"]), "case_seller"),
    "filed lines": (lambda u: u.sources(["\x1f1", "\x1f2"]), "source_pkey"),
    "an idempotency key": (lambda u: u.idempotency("cs:mei", "k"), "idempotency_pkey"),
    "what is due": (lambda u: u.due_tasks(NOW, ["deadline"], 100), "task_due"),
    "when something is due": (lambda u: u.next_due(["deadline"]), "task_due"),
    "list": (listing(), "case_pkey"),
    "list by state": (listing(state="disputed"), "case_state"),
    "list by seller": (listing(seller="A7"), "case_seller"),
    "list by seller and state": (listing(seller="A7", state="closed"), "case_seller"),
    "list by order": (listing(order_id="114-7"), "case_group"),
    "list by hold": (listing(hold="minor"), "case_held"),
    "list of held": (listing(hold="any", programme="pdpi"), "case_held"),
    "list by outcome": (listing(outcome="refer"), "case_outcome"),
    "list by recovery": (listing(recovery="due"), "case_recovery"),
    "list by recovery and outcome": (listing(recovery="due", outcome="auto_pay"), "case_recovery"),
    "list by programme": (listing(programme="fba"), "case_programme"),
    "list by marketplace": (listing(marketplace="UK"), "case_marketplace"),
    "list by state and programme": (listing(state="disputed", programme="pdpi"), "case_state"),
    "list by reading": (listing(reading="R5"), "decision_reading"),
}
#: The same, asked by reports and audits of a page of claims.
PAGE = "what a report reads of claims"

#: Scans of a whole table (or index), each with its reason.
WHOLE = {
    "SCAN case USING INDEX case_held": "only held claims are in it",
    "SCAN decision USING COVERING INDEX decision_reading": "only decisions that hang on a reading are in it",
    "SCAN case USING INDEX sqlite_autoindex_case_1": "in the order of ids, and no further than one page",
    "SCAN p": "in the order of the queue, and no further than one page",
    "SCAN log_pending": "what waits for its place in the log, once for each run of the sequencer",
    "SCAN log_checkpoint": "backwards from the newest, one row",
    "SCAN import_run": "backwards from the newest, and no further than one page",
    "SCAN closed_epoch": "a few rows in the life of a store",
}
#: Sums of everything, asked for by themselves and never on the way of a claim; the last one once, at the end of an
#: import that was interrupted and taken up again.
SUMS = ("totals", "balances", "sources_of")


@contextmanager
def asked(store: Any, unit: Any, statements: list[tuple[str, Any]]) -> Iterator[None]:
    """Keeps what a unit asks through SQLAlchemy, and what it asks past it."""

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        statements.append((statement, values))

    def rows(statement: str, values: Any) -> Any:
        statements.append((statement, values))
        return straight(statement, values)

    straight, unit._w.rows = unit._w.rows, rows
    event.listen(store.engine, "before_cursor_execute", keep)
    try:
        yield
    finally:
        event.remove(store.engine, "before_cursor_execute", keep)
        del unit._w.rows


def plans(store: Any, question: Question, explain: str) -> list[str]:
    """The plan of each statement that answers a question."""
    found: list[tuple[str, Any]] = []
    with store.read() as unit:
        with asked(store, unit, found):
            question(unit)
        assert found, "nothing was asked"
        # The plan is in the last column in both.
        return ["; ".join(str(row[-1]) for row in unit.connection.exec_driver_sql(f"{explain} {text}", values))
                for text, values in found]  # fmt: skip


def test_each_question_is_answered_by_its_index_on_sqlite(tmp_path: Path):
    store = open_store(tmp_path / "claims.db")
    wrong: list[str] = []
    for name, (question, index) in TABLE.items():
        key = index.removesuffix("_pkey")
        wanted = (f"{key} USING PRIMARY KEY", f"INDEX sqlite_autoindex_{key}_") if key != index else (f"INDEX {index}",)
        for plan in plans(store, question, "EXPLAIN QUERY PLAN"):
            sorts = "ORDER BY" in plan and name.startswith("list") and name != "list by order"
            if sorts or not any(f"{w} " in f"{plan} " or w in plan for w in wanted):
                wrong.append(f"{name}: {plan}")
    store.close()
    assert not wrong, "\n".join(wrong)


#: Filters by a value of the claim's own row, the rarest first, with their columns: each leads those after it.
PLAIN = {"state": "state", "recovery": "recovery_status", "outcome": "outcome", "programme": "programme",
         "marketplace": "marketplace"}  # fmt: skip


def test_a_page_that_two_filters_leave_empty_reads_no_claim(tmp_path: Path):
    store = open_store(tmp_path / "claims.db")
    with sqlite3.connect(tmp_path / "claims.db") as db:
        for first, second in combinations(PLAIN, 2):
            (plan,) = plans(store, listing(**{first: "due", second: "due"}), "EXPLAIN QUERY PLAN")
            index = re.findall(r"INDEX (\w+)", plan)[0]
            columns = [row[2] for row in db.execute(f"PRAGMA index_info({index})")]
            assert columns[:2] == [PLAIN[first], "id"] and PLAIN[second] in columns, (index, columns)
    db.close()
    store.close()


def test_whatever_is_asked_walks_no_table_on_sqlite(tmp_path: Path):
    """Statements seen while claims are filed, worked on, reported and put in the log, and all the store has ready."""
    path = tmp_path / "claims.db"
    found: dict[str, str] = {}

    def see(text: str) -> None:
        if re.match(r"\s*(SELECT|UPDATE|DELETE|INSERT|WITH)\b", text):
            found.setdefault(re.sub(r"'[^']*'|\b\d+\b", "?", text), text)

    with ClaimDesk.open(f"sqlite:///{path}", actor="cs:mei") as desk:
        store: Any = desk.store
        store.engine.dispose()  # the connections after this one are looked at
        event.listen(store.engine, "connect", lambda driver, _record: driver.set_trace_callback(see))
        told = (Path(__file__).resolve().parents[2] / "examples" / "claims.jsonl").read_text(encoding="utf-8")
        claims = [r["claim"] for r in triage(desk, read_lines(told.splitlines()[:25]), run_id="IMP-1") if "claim" in r]
        desk.tick()
        desk.sequence()
        assert len(list(records(store, Asked()))) > len(claims)
        with store.read() as unit:
            rows_of(unit, claims[:3])
            for question, _ in TABLE.values():
                question(unit)
        for look in (desk.timeline, desk.explain, desk.actions, desk.notices, desk.ledger, desk.personal):
            look(claims[0])
        desk.measures("AEXAMPLE0043")
        desk.foresee()
        ready = {name: one.text for name, one in vars(store._statements).items() if hasattr(one, "names")}
    assert len(found) > 40 and len(ready) > 30
    with sqlite3.connect(path) as db:
        for name, text in [*ready.items(), *((text, text) for text in found.values())]:
            if name in SUMS:
                continue
            plan = db.execute(f"EXPLAIN QUERY PLAN {text}", [None] * text.count("?") if name in ready else [])
            scans = {row[3] for row in plan if row[3].startswith("SCAN") and "VIRTUAL TABLE" not in row[3]}
            assert scans <= WHOLE.keys() | {"SCAN CONSTANT ROW"}, (name, scans)
            if "SCAN log_pending" in scans:
                assert text.startswith("SELECT COUNT(*)")
    db.close()


ROWS = """
SET session_replication_role = replica;
INSERT INTO "case" SELECT 'CLM-' || lpad(n::text, 5, '0'), CASE WHEN n % 997 = 0 THEN 'fba' ELSE 'pdpi' END,
  CASE WHEN n % 499 = 0 THEN 'UK' ELSE 'US' END, CASE WHEN n % 211 = 0 THEN 'disputed' ELSE 'closed' END, 3, NULL,
  '{0}', '{0}', 'A' || n % 100, '114-' || n / 2, '2024-06-01', 'USD', 'pdpi-us@2021-09-01',
  CASE WHEN n % 307 = 0 THEN 'refer' ELSE 'auto_pay' END, CASE WHEN n % 401 = 0 THEN 'minor' END,
  CASE WHEN n % 103 = 0 THEN 'due' ELSE 'waived' END, true, 100, 100, 100, 0, NULL, repeat('x', 600)
  FROM generate_series(1, {1}) n;
INSERT INTO entry SELECT 'EVT-' || n, 'CLM-' || lpad((n / 4)::text, 5, '0'), n % 4 + 1, '{0}', 'cs:mei', 'file', 'file',
  decode(repeat('61', 300), 'hex'), decode(repeat('00', 32), 'hex') FROM generate_series(4, 4 * {1}) n;
INSERT INTO decision SELECT 'DEC-' || n, 'CLM-' || lpad(n::text, 5, '0'), 'EVT-' || n * 4, 'routing', 'auto_pay', false,
  'pdpi-us@2021-09-01', CASE WHEN n % 89 = 0 THEN 'R5 R7' ELSE '' END, '{0}' FROM generate_series(1, {1}) n;
INSERT INTO transfer SELECT 'PAY-' || lpad(n::text, 5, '0'), 'CLM-' || lpad(n::text, 5, '0'), 'settle', 1, 'a', 'b',
  100, 'USD', NULL, NULL, 'EVT-' || n * 4, '{0}' FROM generate_series(1, {1}) n;
INSERT INTO notice SELECT 'NTC-' || lpad(n::text, 5, '0'), 'CLM-' || lpad(n::text, 5, '0'), 'customer_paid', 'customer',
  'en', '{0}', '{0}', '{{}}', 'queued' FROM generate_series(1, {1}) n;
INSERT INTO task SELECT 'CLM-' || lpad(n::text, 5, '0') || ':appeal:' || '{0}', 'CLM-' || lpad(n::text, 5, '0'),
  'deadline', 'appeal', '{0}', CASE WHEN n % 7 = 0 THEN 'ready' ELSE 'done' END, 0 FROM generate_series(1, {1}) n;
INSERT INTO source SELECT chr(31) || n, 'x', 'CLM-' || lpad(n::text, 5, '0'), 'IMP-1' FROM generate_series(1, {1}) n;
INSERT INTO sealed SELECT 'CLM-' || lpad(n::text, 5, '0'), 1, 's', 'e', 'w', 'n', repeat('x', 200)::bytea
  FROM generate_series(1, {1}) n;
INSERT INTO idempotency SELECT 'cs:mei', 'k' || n, 'r', 'CLM-' || lpad(n::text, 5, '0'), 1, '{0}'
  FROM generate_series(1, {1}) n;
INSERT INTO log_leaf SELECT n - 4, 'EVT-' || n, decode(repeat('00', 32), 'hex') FROM generate_series(4, 3 * {1}) n;
INSERT INTO log_pending (entry) SELECT 'EVT-' || n FROM generate_series(3 * {1} + 1, 4 * {1}) n;
SET session_replication_role = origin;
ANALYZE;
"""


@pytest.mark.postgres
def test_each_question_is_answered_by_its_index_on_postgresql(postgres_copy: str):
    """With rows enough that the planner, which counts them, would rather read an index than the table."""
    store: Any = open_store(postgres_copy)
    with store.engine.connect() as connection:
        for statement in ROWS.format(NOW, 6_000).strip().split(";\n"):
            connection.exec_driver_sql(statement.replace("%", "%%"))
        connection.commit()
    own = {"case_pkey": "case_new", "entry_pkey": "entry_place", **{f"{t}_pkey": f"{t}_new" for t in (
        "sealed", "transfer", "notice", "source", "idempotency")}}  # fmt: skip
    wrong: list[str] = []
    for name, (question, index) in TABLE.items():
        found = plans(store, hidden(question), "EXPLAIN")
        wrong += [f"{name}: {p}" for p in found if own.get(index, index) not in p or "Seq Scan" in p]
    wrong += [f"{PAGE}: {plan}" for plan in plans_of_page(store) if "Seq Scan" in plan]
    store.close()
    assert not wrong, "\n".join(wrong)


def hidden(question: Question) -> Question:
    """Asks; the rows are made up, so that they cannot be read as cases does not matter."""

    def ask(unit: Any) -> None:
        with suppress(ValueError, TypeError, KeyError):
            question(unit)

    return ask


def plans_of_page(store: Any) -> list[str]:
    """The plans of what a report reads of twenty claims; asked past SQLAlchemy, so the texts are told here."""
    from claimdesk.adapters.tlog import rows  # noqa: PLC0415

    ids = [f"CLM-{n:05d}" for n in range(100, 120)]
    with store.read() as unit:
        connection = unit.connection
        among, given = rows._among(connection), rows._given(connection)
        texts = [rows._THESE.format(among), rows._ENTRIES.format(among), rows._CLOCKS.format(given)]
        texts += [f"SELECT * FROM {table} WHERE claim IN {among} ORDER BY claim" for table in ("transfer", "notice")]  # noqa: S608
        return ["; ".join(str(r[0]) for r in connection.exec_driver_sql("EXPLAIN " + t.replace("?", "%s"), (ids,)))
                for t in texts]  # fmt: skip
