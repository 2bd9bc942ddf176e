"""What every store must do, whatever keeps it: put as one class of tests, so that a store of another make can take it.

Whoever subclasses ``Contract`` gives a fixture ``store`` with a fresh store.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from claimdesk import Conflict, NotFound, StaleVersion
from claimdesk.adapters.open_store import open_store
from claimdesk.states.case import Totals
from claimdesk.states.errors import StorageError
from claimdesk.workflow.plan import Sibling
from claimdesk.workflow.ports import CaseFilter, EpochRow, IdempotencyRow, ImportRun, SourceRow, Store, TaskRow
from stores.world import AMAZON, AT, Book, all_tasks, everything, handed_over, instant, number, rich, write

UNICODE = "Zoë 李雷 \U0001f9ef e\u0301 ﷺ \u2028 \" ' \\ % _ {}"


class Reading:
    """Rows come back as they were given."""

    def test_an_empty_store_answers_every_question(self, store: Store) -> None:
        with store.read() as unit:
            assert unit.case("CLM-X") is None
            assert unit.cases([]) == {} and unit.cases(["CLM-X"]) == {}
            assert unit.siblings([]) == {} and unit.siblings([("a", "b")]) == {}
            assert unit.entries("CLM-X") == unit.sealed("CLM-X") == unit.transfers() == unit.transfers("CLM-X") == []
            assert unit.decisions("CLM-X") == unit.notices("CLM-X") == unit.list_cases(CaseFilter()) == []
            assert unit.waiting_on_seller("S", ["filed"]) == unit.due_tasks(AT, ["deadline"], 5) == []
            assert unit.idempotency("a", "b") is None and unit.sources([]) == {} and unit.sources(["a"]) == {}
            assert unit.next_due(["deadline"]) is None and unit.next_due([]) is None and unit.notice("N") is None
            assert unit.totals() == unit.balances() == [] and unit.meta("a") is None

    def test_everything_of_a_set_comes_back_equal(self, store: Store) -> None:
        given = rich(Book())
        write(store, given)
        claim = given.case.id
        with store.read() as unit:
            assert unit.case(claim) == given.case
            assert unit.cases(["nobody", claim, claim]) == {claim: given.case}
            assert unit.entries(claim) == given.entries
            assert unit.transfers(claim) == unit.transfers() == given.transfers
            assert unit.decisions(claim) == given.decisions
            assert unit.notices(claim) == given.notices
            assert unit.notice(given.notices[0].id) == given.notices[0]
            assert unit.sealed(claim) == given.sealed
            assert unit.idempotency("cs:mei", f"key-{claim}") == given.idempotency[0]
            assert unit.sources([given.sources[0].key, "other"]) == {given.sources[0].key: given.sources[0]}
            assert all_tasks(unit) == given.tasks
        assert all(type(r) is type(g) for r, g in zip(unit_rows(store, claim), given.entries, strict=True))

    def test_bytes_are_kept_exactly(self, store: Store) -> None:
        book = Book()
        data = bytes(range(256)) + UNICODE.encode() + b"\x00\r\n\\x00"
        given = book.step(data=data, sealed=[book.sealed()])
        write(store, given)
        with store.read() as unit:
            found = unit.entries(book.id)[0]
            assert (found.data, found.leaf) == (data, given.entries[0].leaf)
            assert type(found.data) is type(found.leaf) is bytes
            assert unit.sealed(book.id)[0].ciphertext == bytes(range(256))

    def test_text_of_any_script_is_kept_exactly(self, store: Store) -> None:
        book = Book(id=number("CLM-李"), seller=UNICODE, order=UNICODE)
        given = book.step(
            facts={"note": UNICODE, "nested": [{"a": UNICODE}, None, True, 2**53 - 1, -1]},
            notices=[book.notice(params=UNICODE)],
            idempotency=[IdempotencyRow(UNICODE, UNICODE, "r", book.id, 1, AT)],
            sources=[SourceRow(UNICODE, UNICODE, book.id, UNICODE)],
        )
        write(store, given)
        with store.read() as unit:
            assert unit.case(book.id) == given.case
            assert unit.notices(book.id) == given.notices
            assert unit.idempotency(UNICODE, UNICODE) == given.idempotency[0]
            assert unit.sources([UNICODE]) == {UNICODE: given.sources[0]}
            assert unit.siblings([(UNICODE, "2024-06-01")]).keys() == {(UNICODE, "2024-06-01")}
            assert unit.waiting_on_seller(UNICODE, ["filed"]) == [book.id]
            assert unit.list_cases(CaseFilter(seller=UNICODE, order_id=UNICODE)) == [given.case]

    def test_amounts_are_exact(self, store: Store) -> None:
        most = 10**14
        book = Book()
        _, post = book.paid(store, most)
        with store.read() as unit:
            assert unit.transfers(book.id)[1] == post
            assert {a: n for a, _, n in unit.balances()} == {AMAZON: -most, book.customer: most}
            assert unit.totals()[0]["paid_minor"] == most
            assert all(type(n) is int for _, _, n in unit.balances())

    def test_entries_after_a_place(self, store: Store) -> None:
        book = Book()
        given = [book.step() for _ in range(5)]
        for one in given:
            write(store, one)
        with store.read() as unit:
            assert [e.seq for e in unit.entries(book.id)] == [1, 2, 3, 4, 5]
            assert [e.seq for e in unit.entries(book.id, 3)] == [4, 5]
            assert unit.entries(book.id, 5) == [] and unit.entries(book.id, 10**12) == []
            assert len(unit.entries(book.id, -1)) == 5

    def test_a_case_changes_and_is_found_by_its_new_values_only(self, store: Store) -> None:
        book = Book()
        write(store, book.step(state="proof_requested"))
        book.case = replace(book.case or pytest.fail(), seller="B9OTHER")
        write(store, book.step(state="closed", facts={"order": {"id": "999"}, "incident_on": "2024-05-05"}))
        with store.read() as unit:
            assert unit.waiting_on_seller("A2EXAMPLE", ["closed", "proof_requested"]) == []
            assert unit.waiting_on_seller("B9OTHER", ["closed"]) == [book.id]
            assert unit.waiting_on_seller("B9OTHER", ["proof_requested"]) == []
            assert unit.siblings([("114-1", "2024-06-01")]) == {}
            assert len(unit.siblings([("999", "2024-05-05")])) == 1


def unit_rows(store: Store, claim: str) -> list[Any]:
    with store.read() as unit:
        return list(unit.entries(claim))


class Lists:
    """Lists narrow and page the same everywhere."""

    def test_pages_go_through_every_case_once_in_the_order_of_ids(self, store: Store) -> None:
        books = [Book(id=i) for i in ("b", "a-1", "A", "a", "Z", "é", "a_1", "10", "9", "李")]
        write(store, *[b.step() for b in books])
        found: list[str] = []
        after = None
        while True:
            with store.read() as unit:
                page = unit.list_cases(CaseFilter(after=after, limit=3))
            if not page:
                break
            found += [c.id for c in page]
            after = found[-1]
        assert found == sorted(b.id for b in books)
        with store.read() as unit:
            assert [c.id for c in unit.list_cases(CaseFilter(after="A0", limit=2))] == ["Z", "a"]

    def test_each_filter_narrows(self, store: Store) -> None:
        plain, other = Book(), Book(seller="B1", order="222", programme="order", marketplace="UK", currency="GBP")
        shown = {"outcome": "deny", "recovery": {"status": "due"}}
        write(store, plain.step(), other.step(state="denied", columns=shown, holds=["minor", "legal"]))
        narrow: list[dict[str, Any]] = [
            {"programme": "order"}, {"marketplace": "UK"}, {"state": "denied"}, {"outcome": "deny"}, {"seller": "B1"},
            {"order_id": "222"}, {"recovery": "due"}, {"hold": "any"}, {"hold": "minor"}, {"hold": "legal"},
            {"programme": "order", "state": "denied", "hold": "legal", "seller": "B1"},
        ]  # fmt: skip
        for wanted in narrow:
            with store.read() as unit:
                assert [c.id for c in unit.list_cases(CaseFilter(**wanted))] == [other.id], wanted
        none: list[dict[str, Any]] = [{"hold": "leg"}, {"hold": "%"}, {"state": "filed", "seller": "B1"}]
        for wanted in none:
            with store.read() as unit:
                assert unit.list_cases(CaseFilter(**wanted)) == [], wanted

    def test_a_reading_is_a_whole_word_of_any_decision(self, store: Store) -> None:
        book, other = Book(), Book()
        write(store, book.step(decisions=[book.decision("triage", readings="R1 R12")]))
        write(store, book.step(decisions=[book.decision("recovery", readings="R6")]))
        write(store, other.step(decisions=[other.decision("triage", readings="R10")]))
        for reading, ids in {"R1": [book.id], "R12": [book.id], "R6": [book.id], "R10": [other.id], "R": [], "R2": [],
                             "_1": [], "R1 R12": [book.id]}.items():  # fmt: skip
            if " " in reading:
                continue
            with store.read() as unit:
                assert [c.id for c in unit.list_cases(CaseFilter(reading=reading))] == ids, reading

    def test_siblings_are_those_that_count_together(self, store: Store) -> None:
        books = [Book(), Book(), Book(), Book(order="other"), Book(incident="unknown"), Book(incident=None)]
        write(store, *[b.step() for b in books[:2]], books[2].step(columns={"counts_together": False}),
              *[b.step() for b in books[3:]])  # fmt: skip
        with store.read() as unit:
            found = unit.siblings([("114-1", "2024-06-01"), ("other", "2024-06-01"), ("x", "y"), ("114-1", "unknown")])
        assert found == {
            ("114-1", "2024-06-01"): [Sibling(b.id, "filed", 64000, 70000, 0) for b in books[:2]],
            ("other", "2024-06-01"): [Sibling(books[3].id, "filed", 64000, 70000, 0)],
        }

    def test_a_sibling_is_paid_once_amazon_paid(self, store: Store) -> None:
        book = Book()
        book.paid(store)
        with store.read() as unit:
            assert [s.paid_minor for s in unit.siblings([("114-1", "2024-06-01")])["114-1", "2024-06-01"]] == [64000]

    def test_waiting_on_a_seller(self, store: Store) -> None:
        books = [Book() for _ in range(3)]
        write(store, books[2].step(state="proof_requested"), books[0].step(state="recovery_review"),
              books[1].step(state="filed"), Book(seller=None).step(state="proof_requested"))  # fmt: skip
        with store.read() as unit:
            assert unit.waiting_on_seller("A2EXAMPLE", ["proof_requested", "recovery_review"]) == [
                books[0].id,
                books[2].id,
            ]
            assert unit.waiting_on_seller("A2EXAMPLE", []) == []
            assert unit.waiting_on_seller("A2EXAMPLE", iter(["filed"])) == [books[1].id]

    def test_transfers_page_by_id(self, store: Store) -> None:
        books = [Book() for _ in range(4)]
        for book in books:
            book.paid(store)
        with store.read() as unit:
            every = unit.transfers()
            assert [t.id for t in every] == sorted(t.id for t in every) and len(every) == 8
            assert unit.transfers(limit=3) == every[:3]
            assert unit.transfers(after=every[2].id, limit=3) == every[3:6]
            assert unit.transfers(after=every[-1].id) == []
            assert unit.transfers(books[1].id) == every[2:4]
            assert unit.transfers(books[1].id, after=every[2].id, limit=5) == [every[3]]
            assert unit.transfers(books[1].id, limit=1) == [every[2]]

    def test_totals_and_balances_add_up(self, store: Store) -> None:
        book, other, euro = Book(), Book(), Book(marketplace="DE", currency="EUR")
        _, post = book.paid(store, 50000)
        other.paid(store, 30000)
        write(store, euro.step(columns={"eligible_minor": 10, "outcome": None}))
        write(store, book.step(book.recoup(20000), totals=Totals(posted=post.id, by_amazon=50000, recovered=20000),
                               columns={"eligible_minor": 50000}))  # fmt: skip
        write(store, book.step(book.write_off(5000), columns={"eligible_minor": 50000}))
        write(store, other.step(other.settle(100)))
        with store.read() as unit:
            assert unit.balances() == [
                (AMAZON, "USD", -60000), ("amazon:written_off", "USD", -5000), (book.customer, "USD", 50000),
                (other.customer, "USD", 30100), ("seller:A2EXAMPLE", "USD", -15100),
            ]  # fmt: skip
            assert sum(n for _, _, n in unit.balances()) == 0
            assert unit.totals() == [
                {"programme": "pdpi", "marketplace": "DE", "outcome": None, "currency": "EUR", "cases": 1,
                 "eligible_minor": 10, "paid_minor": 0, "recovered_minor": 0},
                {"programme": "pdpi", "marketplace": "US", "outcome": "auto_pay", "currency": "USD", "cases": 2,
                 "eligible_minor": 114000, "paid_minor": 80000, "recovered_minor": 20000},
            ]  # fmt: skip

    def test_an_authorisation_moves_nothing_until_it_is_posted(self, store: Store) -> None:
        book = Book()
        made = book.authorize()
        write(store, book.step(made))
        write(store, book.step(book.void(made)))
        with store.read() as unit:
            assert unit.balances() == []


class Imports:
    """How far an import came is kept, for one process at a time."""

    def test_a_run_goes_on_under_one_attempt_only(self, store: Store) -> None:
        run = import_run("IMP-1")
        with store.read() as unit:
            assert unit.import_run("IMP-1") is None and unit.import_runs() == [] and unit.sources_of("IMP-1") == 0
            assert unit.unfinished_import("claims", "f" * 64, "m") is None
        with store.write() as unit:
            assert unit.put_import_run(run)
        further = run._replace(done=3, created=2, rejected=1, total=10**12, codes='{"a": 1}', updated_at=instant(2))
        with store.write() as unit:
            assert unit.put_import_run(further, attempt=1)
            taken = further._replace(attempt=2)
            assert unit.put_import_run(taken, attempt=1)
        with store.write() as unit:
            assert not unit.put_import_run(further._replace(done=9, created=8), attempt=1)  # it is another's now
            assert not unit.put_import_run(further._replace(id="IMP-0"), attempt=1)
        with store.read() as unit:
            assert unit.import_run("IMP-1") == taken == unit.unfinished_import("claims", run.file_sha256 or "", "m")
            for other in (("certificates", "f" * 64, "m"), ("claims", "e" * 64, "m"), ("claims", "f" * 64, "n")):
                assert unit.unfinished_import(*other) is None
        with store.write() as unit:
            assert unit.put_import_run(taken._replace(status="done", ended_at=instant(3)), attempt=2)
        with store.write() as unit:
            assert not unit.put_import_run(taken, attempt=2)  # what has ended stays as it is
            assert unit.unfinished_import("claims", "f" * 64, "m") is None

    def test_runs_are_listed_newest_first_and_each_once(self, store: Store) -> None:
        with store.write() as unit:
            for n in (1, 3, 2):
                unit.put_import_run(import_run(f"IMP-{n}"))
        with store.read() as unit:
            assert [r.id for r in unit.import_runs()] == ["IMP-3", "IMP-2", "IMP-1"]
            assert [r.id for r in unit.import_runs("IMP-3", limit=1)] == ["IMP-2"]
        with pytest.raises(StaleVersion), store.write() as unit:
            unit.put_import_run(import_run("IMP-2"))

    def test_the_lines_of_a_run_are_counted(self, store: Store) -> None:
        book = Book()
        write(store, book.step(sources=[SourceRow(f"k{n}", "c", book.id, "IMP-1" if n else "IMP-2") for n in range(4)]))
        with store.read() as unit:
            assert [unit.sources_of(run) for run in ("IMP-1", "IMP-2", "IMP-3")] == [3, 1, 0]


def import_run(run_id: str) -> ImportRun:
    """A run that has begun."""
    return ImportRun(
        run_id, "claims", "june.csv", "f" * 64, "m", "cs:mei", "running", 1, None, 0, 0, 0, 0, 0, 0, 0, "{}", "{}", AT,
        AT, None,
    )  # fmt: skip


class Writing:
    """All of a unit, or none of it."""

    def test_an_exception_leaves_nothing(self, store: Store) -> None:
        first = Book()
        write(store, rich(first))
        before = everything(store)
        other = Book()
        for error in (ValueError, KeyboardInterrupt, SystemExit):
            with pytest.raises(error), store.write() as unit:
                unit.set_meta("a", "b")
                unit.append([rich(Book()), replace_case(first).step(dropped=[t.id for t in all_tasks(unit)])])
                unit.lease(all_tasks(unit)[0].id, instant(28), instant(29))
                unit.notice_sent([handed_over(unit.notices(first.id)[0])])
                unit.finish_task(all_tasks(unit)[-1].id)
                unit.postpone_task(all_tasks(unit)[-1].id, instant(29))
                raise error
        assert everything(store, [other.id]) == before
        with store.read() as unit:
            assert unit.meta("a") is None and unit.idempotency("cs:mei", f"key-{other.id}") is None

    def test_a_refused_row_in_the_last_table_leaves_nothing(self, store: Store) -> None:
        write(store, rich(Book(id="CLM-A")))
        before = everything(store)
        given = rich(Book(id="CLM-B"))
        given.sources.append(SourceRow("file.jsonl:CLM-A", "x", "CLM-B", "IMP-1"))
        with pytest.raises(StaleVersion) as caught:
            write(store, Book(id="CLM-0").step(), given)
        assert caught.value.field == "source_new"
        assert everything(store, ["CLM-B", "CLM-0"]) == before
        with store.read() as unit:
            assert unit.idempotency("cs:mei", "key-CLM-B") is None

    def test_what_a_unit_wrote_it_reads(self, store: Store) -> None:
        book = Book()
        with store.write() as unit:
            unit.append([rich(book)])
            assert unit.case(book.id) == book.case
            assert len(unit.entries(book.id)) == len(unit.transfers(book.id)) == 1
            unit.append([book.step(tasks=[book.task(instant(4))])])
            assert unit.case(book.id) == book.case
        with store.read() as unit:
            assert len(unit.entries(book.id)) == 2

    def test_nothing_to_write_is_fine(self, store: Store) -> None:
        with store.write() as unit:
            unit.append([])
            unit.lock([])
            unit.notice_sent([])

    def test_an_old_version_is_stale(self, store: Store) -> None:
        book, twin = Book(), Book(id="CLM-T")
        write(store, book.step(), twin.step())
        early = replace_case(book)
        write(store, book.step())
        before = everything(store)
        with pytest.raises(StaleVersion) as caught:
            write(store, twin.step(), early.step(state="denied"))
        assert caught.value.claim == book.id and caught.value.field == "case_version"
        assert everything(store) == before

    def test_a_case_that_is_not_there_is_stale(self, store: Store) -> None:
        book = Book()
        book.step()
        with pytest.raises(StaleVersion):
            write(store, book.step())
        assert everything(store, [book.id]) == {}

    def test_making_a_case_twice_is_stale(self, store: Store) -> None:
        write(store, Book(id="CLM-1").step())
        with pytest.raises(StaleVersion) as caught:
            write(store, Book(id="CLM-1").step(state="denied"))
        assert caught.value.field == "case_new"

    def test_two_sets_of_one_case_follow_each_other(self, store: Store) -> None:
        book = Book()
        task = book.task()
        sets = [book.step(tasks=[task, book.task(instant(5))]), book.step(state="approved", dropped=[task.id])]
        write(store, *sets)
        with store.read() as unit:
            assert unit.case(book.id) == book.case
            assert [e.seq for e in unit.entries(book.id)] == [1, 2]
            assert [t.due_at for t in all_tasks(unit)] == [instant(5)]
        later = [book.step(), book.step()]
        with pytest.raises(StaleVersion):
            write(store, *reversed(later))

    def test_entries_have_no_gap_and_no_second(self, store: Store) -> None:
        book = Book()
        write(store, book.step())
        before = everything(store)
        again = book.entry(2)._replace(id=f"EVT-{book.id}-0001")
        for wrong in (book.entry(1)._replace(id="EVT-x"), book.entry(3), again, book.entry(2)._replace(seq=0)):
            with pytest.raises(StaleVersion) as caught:
                write(store, replace_case(book).step(entries=[wrong]))
            assert caught.value.field in ("entry_seq", "entry_new", "entry_place")
        assert everything(store) == before

    @pytest.mark.parametrize("table", ["decisions", "notices", "transfers", "sealed", "idempotency", "sources"])
    def test_a_row_is_made_once(self, store: Store, table: str) -> None:
        book = Book()
        given = rich(book)
        write(store, given)
        before = everything(store)
        again = replace_case(book).step()
        setattr(again, table, list(getattr(given, table)))
        with pytest.raises(Conflict):
            write(store, again)
        assert everything(store) == before

    def test_an_idempotency_key_is_used_once_for_each_principal(self, store: Store) -> None:
        book, other = Book(), Book()
        row = IdempotencyRow("cs:mei", "k", "sha256:1", book.id, 1, AT)
        write(store, book.step(idempotency=[row]))
        write(store, other.step(idempotency=[row._replace(principal="cs:li", claim=other.id)]))
        with pytest.raises(StaleVersion) as caught:
            write(store, other.step(idempotency=[row._replace(claim=other.id, request="sha256:2")]))
        assert caught.value.field == "idempotency_new"
        with store.read() as unit:
            assert unit.idempotency("cs:mei", "k") == row
            assert unit.idempotency("cs:li", "k") is not None

    def test_values_of_the_store_itself(self, store: Store) -> None:
        with store.write() as unit:
            unit.set_meta("origin", "a")
            unit.set_meta("origin", UNICODE)
            unit.set_meta("other", "")
        with store.read() as unit:
            assert (unit.meta("origin"), unit.meta("other"), unit.meta("none")) == (UNICODE, "", None)

    def test_a_big_batch(self, store: Store) -> None:
        books = [Book(order=str(i % 50)) for i in range(1200)]
        write(store, *[rich(b) for b in books])
        firsts = {b.id: b.case for b in books}
        with store.read() as unit:
            found = unit.cases([b.id for b in books])
            assert found == firsts
            assert len(unit.sources([f"file.jsonl:{b.id}" for b in books])) == 1200
            assert len(unit.siblings([(str(i), "2024-06-01") for i in range(60)])) == 50
            assert len(unit.transfers(limit=5000)) == 1200
        write(store, *[b.step(state="amazon_paid") for b in books])
        with store.read() as unit:
            assert len(unit.list_cases(CaseFilter(state="amazon_paid", limit=2000))) == 1200
            assert all(len(unit.entries(b.id)) == 2 for b in books[::100])
        with pytest.raises(StaleVersion) as caught:
            early = [replace_case(b) for b in books]
            write(store, books[700].step())
            write(store, *[b.step(state="denied") for b in early])
        assert caught.value.claim == books[700].id
        with store.read() as unit:
            assert unit.list_cases(CaseFilter(state="denied")) == []


class Tasks:
    """Work that is due: in order, taken once, given back when a worker dies."""

    def test_what_is_due_comes_in_order(self, store: Store) -> None:
        book = Book()
        tasks = [book.task(instant(5)), book.task(instant(3), "notice"), book.task(instant(4), "payment"),
                 book.task(instant(3)), book.task(instant(9))]  # fmt: skip
        write(store, book.step(tasks=tasks))
        every = ("deadline", "notice", "payment")
        due = sorted(tasks[:4], key=lambda t: (t.due_at, t.id))
        with store.read() as unit:
            assert unit.due_tasks(instant(5), every, 10) == due
            assert unit.due_tasks(instant(5), iter(every), 3) == due[:3]
            assert unit.due_tasks(instant(4), every, 10) == due[:3]
            assert unit.due_tasks(instant(5), ["deadline", "deadline"], 10) == [tasks[3], tasks[0]]
            assert unit.due_tasks(instant(2), every, 10) == unit.due_tasks(instant(9), [], 10) == []
            assert unit.next_due(every) == instant(3)
            assert unit.next_due(["payment"]) == instant(4)

    def test_a_lease_is_taken_once_until_it_ends(self, store: Store) -> None:
        book = Book()
        task = book.task()
        write(store, book.step(tasks=[task]))
        with store.write() as unit:
            assert unit.lease(task.id, instant(2), instant(4)) is None  # not due yet
            assert unit.lease("TSK-none", instant(3), instant(4)) is None
            assert unit.lease(task.id, instant(3), instant(4)) == 1
            assert unit.lease(task.id, instant(3, 1), instant(4)) is None
        with store.write() as unit:
            assert unit.due_tasks(instant(3, 59), ["deadline"], 5) == []
            assert unit.next_due(["deadline"]) is None
            leased = TaskRow(task.id, book.id, "deadline", "acknowledge", AT, "leased", 1, instant(4))
            assert unit.due_tasks(instant(4), ["deadline"], 5) == [leased]
            assert unit.lease(task.id, instant(4), instant(5)) == 2
            assert unit.lease(task.id, instant(4, 1), instant(5)) is None

    def test_a_finished_task_is_never_due(self, store: Store) -> None:
        book = Book()
        done, dead = book.task(), book.task()
        write(store, book.step(tasks=[done, dead]))
        with store.write() as unit:
            assert unit.lease(done.id, AT, instant(4)) == 1
            unit.finish_task(done.id)
            unit.finish_task(dead.id, "dead")
            unit.finish_task("TSK-none")
            unit.postpone_task(done.id, instant(3))
            unit.postpone_task(dead.id, instant(3))
            unit.postpone_task("TSK-none", instant(3))
        with store.write() as unit:
            assert all_tasks(unit) == [] and unit.next_due(["deadline"]) is None
            assert unit.lease(done.id, instant(9), instant(10)) is unit.lease(dead.id, instant(9), instant(10)) is None

    def test_a_postponed_task_is_ready_later(self, store: Store) -> None:
        book = Book()
        task = book.task()
        write(store, book.step(tasks=[task]))
        with store.write() as unit:
            unit.lease(task.id, AT, instant(4))
            unit.postpone_task(task.id, instant(6))
        with store.write() as unit:
            assert unit.due_tasks(instant(5), ["deadline"], 5) == []
            assert unit.due_tasks(instant(6), ["deadline"], 5) == [task._replace(due_at=instant(6), attempts=1)]
            assert unit.next_due(["deadline"]) == instant(6)
            assert unit.lease(task.id, instant(6), instant(7)) == 2

    def test_a_dropped_task_is_gone(self, store: Store) -> None:
        book = Book()
        task = book.task()
        write(store, book.step(tasks=[task]))
        write(store, book.step(dropped=[task.id, "TSK-none"]))
        with store.write() as unit:
            assert all_tasks(unit) == [] and unit.lease(task.id, AT, instant(4)) is None
        write(store, book.step(tasks=[task]))
        with store.read() as unit:
            assert all_tasks(unit) == [task]

    def test_a_task_written_again_is_ready_and_remembers_its_attempts(self, store: Store) -> None:
        book = Book()
        task = book.task()
        write(store, book.step(tasks=[task]))
        with store.write() as unit:
            unit.lease(task.id, AT, instant(4))
            unit.finish_task(task.id)
        write(store, book.step(tasks=[task]))
        with store.write() as unit:
            assert all_tasks(unit) == [task._replace(attempts=1)]
            assert unit.lease(task.id, AT, instant(4)) == 2


class Notices:
    """A letter is kept as it was handed over."""

    def test_a_notice_is_handed_over_once(self, store: Store) -> None:
        book = Book()
        notice = book.notice()
        write(store, book.step(notices=[notice]))
        sent = handed_over(notice, body=UNICODE)
        with store.write() as unit:
            unit.notice_sent([sent])
            unit.notice_sent([sent._replace(body="another", subject="another")])
        with store.read() as unit:
            assert unit.notice(notice.id) == sent
            assert unit.notices(book.id) == [sent]

    def test_only_the_hand_over_is_taken_from_the_row(self, store: Store) -> None:
        book = Book()
        notice = book.notice()
        write(store, book.step(notices=[notice]))
        with store.write() as unit:
            unit.notice_sent([handed_over(notice)._replace(kind="customer_paid", params="{}", language="zh-CN")])
        with store.read() as unit:
            assert unit.notice(notice.id) == handed_over(notice)

    def test_an_unknown_notice_is_named(self, store: Store) -> None:
        book = Book()
        notice = book.notice()
        write(store, book.step(notices=[notice]))
        with pytest.raises(NotFound) as caught, store.write() as unit:
            unit.notice_sent([handed_over(notice), handed_over(notice)._replace(id="NTC-none")])
        assert caught.value.code == "unknown_notice"
        with store.read() as unit:
            assert unit.notice(notice.id) == notice

    def test_notices_come_in_their_own_order(self, store: Store) -> None:
        book = Book()
        notices = [book.notice(at=instant(5)), book.notice(at=instant(3)), book.notice(at=instant(3))]
        write(store, book.step(notices=notices))
        with store.read() as unit:
            assert unit.notices(book.id) == [notices[1], notices[2], notices[0]]


class Erasing:
    """Sealed values can go for good, or under another key; nothing else of the record can."""

    def test_what_is_erased_is_gone_and_the_rest_stands(self, store: Any) -> None:
        book, other = Book(), Book()
        letter, waits = book.notice(), book.notice()
        for n in (1, 2):
            write(store, book.step(sealed=[book.sealed(n)], notices=[letter, waits][n - 1 : n]))
        write(store, other.step(sealed=[other.sealed()]))
        with store.write() as unit:
            unit.notice_sent([handed_over(letter)])
        before = everything(store)
        made = book.erasure()
        write(store, book.step(sealed=[book.sealed(3)], erasures=[made], entries=[book.redaction(3)]))
        with store.read() as unit:
            assert unit.erasures(book.id) == [made] and unit.erasures(other.id) == []
            assert [r.seq for r in unit.sealed(book.id)] == [3]  # what came with the erasure itself
            blank = handed_over(letter)._replace(subject=None, body="", params="{}")
            assert unit.notices(book.id) == [blank, waits]
        after = everything(store)
        for name in ("cases", *(f"{kind} {book.id}" for kind in ("entries", "sealed", "notices"))):
            assert before.pop(name) != after.pop(name)
        assert after == before

    def test_an_erasure_among_several_sets_of_its_case_is_done(self, store: Any) -> None:
        book = Book()
        filed = book.step(sealed=[book.sealed()])
        erased = book.step(erasures=[book.erasure()], entries=[book.redaction(2)])
        write(store, filed, erased, book.step())
        with store.read() as unit:
            assert [e.seq for e in unit.erasures(book.id)] == [2]
            assert unit.sealed(book.id) == []

    def test_an_erasure_that_fails_erases_nothing(self, store: Any) -> None:
        book = Book()
        write(store, book.step(sealed=[book.sealed()]))
        given = book.step(erasures=[book.erasure()], entries=[book.redaction(2)])
        with pytest.raises(ValueError), store.write() as unit:
            unit.append([given])
            raise ValueError
        with store.read() as unit:
            assert unit.sealed(book.id) == [book.sealed()]
            assert unit.erasures(book.id) == []

    @pytest.mark.parametrize(
        "guard, changes, holds",
        [
            ("erasure_two_people", {"approved_by": "cs:mei"}, ()),
            ("erasure_two_people", {"approved_by": "CS:Mei"}, ()),
            ("erasure_two_people", {"approved_by": ""}, ()),
            ("erasure_entry", {"asked_by": "cs:kim"}, ()),
            ("erasure_entry", {"seq": 1}, ()),
            ("erasure_held", {}, ("minor", "legal")),
        ],
    )
    def test_an_erasure_nobody_stands_for_is_refused(
        self, store: Any, guard: str, changes: dict[str, Any], holds: tuple[str, ...]
    ) -> None:
        book = Book()
        write(store, book.step(sealed=[book.sealed()], holds=holds))
        made = book.erasure()._replace(**changes)
        with pytest.raises(Conflict) as caught:
            write(store, book.step(erasures=[made], entries=[book.redaction(2)], holds=holds))
        assert caught.value.field == guard
        with store.read() as unit:
            assert unit.sealed(book.id) == [book.sealed()]

    def test_nothing_is_sealed_under_a_closed_epoch(self, store: Any) -> None:
        book, other = Book(), Book()
        write(store, book.step(sealed=[book.sealed()]))
        closed = EpochRow("e1", "e2", "cs:mei", "cs:bo", AT)
        with store.write() as unit:
            unit.close_epochs([closed])
            unit.rewrap([row._replace(epoch="e2", wrapped=b"new") for row in unit.sealed_under("e1")])
        for work in (
            lambda unit: unit.append([other.step(sealed=[other.sealed()])]),
            lambda unit: unit.rewrap([r._replace(epoch="e1") for r in unit.sealed(book.id)]),
        ):
            with pytest.raises(StaleVersion) as caught, store.write() as unit:
                work(unit)
            assert caught.value.field == "sealed_epoch"
        with pytest.raises(Conflict) as refused, store.write() as unit:
            unit.close_epochs([closed._replace(epoch="e2", approved_by="cs:MEI")])
        assert refused.value.field == "closed_epoch_two_people"
        with store.read() as unit:
            assert unit.closed_epochs() == [closed]
            assert [r.epoch for r in unit.sealed(book.id)] == ["e2"]

    def test_another_epoch_changes_the_wrapping_only(self, store: Any) -> None:
        books = [Book() for _ in range(3)]
        for book in books:
            write(store, book.step(sealed=[book.sealed()]), book.step(sealed=[book.sealed(2)]))
        with store.read() as unit:
            first = unit.sealed_under("e1", limit=4)
            assert [(r.claim, r.seq) for r in first] == [(b.id, n) for b in books[:2] for n in (1, 2)]
            rest = unit.sealed_under("e1", after=(first[-1].claim, first[-1].seq), limit=4)
            assert [(r.claim, r.seq) for r in rest] == [(books[2].id, 1), (books[2].id, 2)]
        new = [r._replace(epoch="e2", wrapped=b"new", ciphertext=b"other", nonce=b"other") for r in first]
        stranger = rest[0]._replace(subject="ff" * 16, epoch="e2")
        with store.write() as unit:
            unit.rewrap([*new, stranger])
        with store.read() as unit:
            kept = [r._replace(epoch="e2", wrapped=b"new") for r in first]
            assert unit.sealed_under("e2") == kept
            assert unit.sealed_under("e1") == rest
            assert unit.sealed(books[0].id) == kept[:2]


class Together:
    """Several threads on one store."""

    def test_no_change_is_lost(self, store: Store) -> None:
        book = Book()
        write(store, book.step())
        errors = in_threads(8, lambda _: [advance(store, book.id) for _ in range(10)])
        assert errors == []
        with store.read() as unit:
            case = unit.case(book.id)
            assert case is not None and case.version == 81
            assert [e.seq for e in unit.entries(book.id)] == list(range(1, 82))

    def test_one_of_many_makes_a_case(self, store: Store) -> None:
        won: list[int] = []

        def make(n: int) -> None:
            write(store, Book(id="CLM-ONE").step(state=f"s{n}"))
            won.append(n)

        errors = in_threads(8, make)
        assert len(won) == 1 and len(errors) == 7
        assert all(isinstance(e, StaleVersion) for e in errors), errors
        with store.read() as unit:
            assert len(unit.entries("CLM-ONE")) == 1

    def test_one_of_many_uses_a_key(self, store: Store) -> None:
        def use(n: int) -> None:
            book = Book(id=f"CLM-{n}")
            write(store, book.step(idempotency=[IdempotencyRow("cs:mei", "k", "r", book.id, 1, AT)]))

        errors = in_threads(8, use)
        assert len(errors) == 7 and all(isinstance(e, StaleVersion) for e in errors), errors
        with store.read() as unit:
            assert len(unit.list_cases(CaseFilter())) == 1

    def test_each_task_is_leased_by_one(self, store: Store) -> None:
        book = Book()
        tasks = [book.task() for _ in range(30)]
        write(store, book.step(tasks=tasks))
        taken: list[str] = []

        def work(_: int) -> None:
            for task in tasks:
                with store.write() as unit:
                    if unit.lease(task.id, AT, instant(5)) is not None:
                        taken.append(task.id)

        assert in_threads(6, work) == []
        assert sorted(taken) == [t.id for t in tasks]

    def test_writers_of_the_same_key_wait_for_each_other(self, store: Store) -> None:
        book = Book()
        write(store, book.step())
        inside: list[str] = []
        overlaps: list[str] = []

        def work(n: int) -> None:
            keys = [book.id, "incident:1:2024-06-01", "SLR-new"]
            with store.write() as unit:
                unit.lock(keys if n % 2 else list(reversed(keys)))
                if inside:
                    overlaps.append("two inside")
                inside.append("x")
                unit.meta("anything")
                inside.pop()

        assert in_threads(8, lambda n: [work(n) for _ in range(5)]) == []
        assert overlaps == []

    def test_a_view_does_not_change_while_it_is_open(self, store: Store) -> None:
        book = Book()
        write(store, book.step())
        writer = threading.Thread(target=lambda: advance(store, book.id))
        with store.read() as unit:
            first = unit.case(book.id)
            writer.start()
            writer.join(0.2)
            assert unit.case(book.id) == first
            assert len(unit.entries(book.id)) == 1
        writer.join(20)
        with store.read() as unit:
            assert len(unit.entries(book.id)) == 2


class Ending:
    """A store that was closed says so or opens anew; an ended unit never writes."""

    def test_run_gives_what_the_work_gives(self, store: Any) -> None:
        book = Book()
        assert store.run(lambda unit: [unit.append([book.step()]), unit.case(book.id)][1]) == book.case
        with pytest.raises(StorageError, match="mine"):
            store.run(lambda unit: (_ for _ in ()).throw(StorageError("mine", "mine")))


class Contract(Reading, Lists, Imports, Writing, Tasks, Notices, Erasing, Together, Ending):
    """All of it."""


# -- small helpers -------------------------------------------------------------------------------------------------


def replace_case(book: Book) -> Book:
    """The same claim as somebody else read it at this moment."""
    return replace(book)


def advance(store: Store, claim: str) -> None:
    """One more entry on a claim, planned on what stands; looks again as often as it must."""
    while True:
        try:
            with store.write() as unit:
                unit.lock([claim])
                write_next(unit, claim)
            return
        except StaleVersion:
            continue


def advance_often(url: str, times: int) -> None:
    """In a process of its own."""
    store = open_store(url, busy_timeout=60)
    for _ in range(times):
        advance(store, "CLM-SHARED")
    store.close()


def write_next(unit: Any, claim: str) -> None:
    book = Book(id=claim, case=unit.case(claim))
    unit.append([book.step()])


def in_threads(count: int, work: Any) -> list[BaseException]:
    """Runs ``work(n)`` in ``count`` threads at once; the errors they ended with."""
    errors: list[BaseException] = []
    ready = threading.Barrier(count)

    def run(n: int) -> None:
        ready.wait()
        try:
            work(n)
        except BaseException as error:  # noqa: BLE001  # the test shows it
            errors.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert not any(t.is_alive() for t in threads)
    return errors
