"""Claims as a store sees them, made by hand: rows with the right shape and nothing of the rules behind them."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from claimdesk.states.case import Case, Deadline, NoticeRef, Totals
from claimdesk.workflow.ports import (
    CaseFilter,
    DecisionRow,
    EntryRow,
    ErasureRow,
    IdempotencyRow,
    NoticeRow,
    ReadUnit,
    SealedRow,
    SourceRow,
    Store,
    TaskRow,
    TransferRow,
    WriteSet,
)

AT = "2024-06-03T16:00:00.000000Z"
AMAZON = "amazon:concessions"
_COUNT = itertools.count(1)


def instant(day: int, second: int = 0) -> str:
    return f"2024-06-{day:02d}T16:00:{second:02d}.000000Z"


def number(prefix: str) -> str:
    """An id that sorts by when it was made."""
    return f"{prefix}-{next(_COUNT):08d}"


@dataclass
class Book:
    """One claim's story; each ``step`` is the write set of its next entry."""

    id: str = field(default_factory=lambda: number("CLM"))
    seller: str | None = "A2EXAMPLE"
    order: str | None = "114-1"
    incident: str | None = "2024-06-01"
    programme: str = "pdpi"
    marketplace: str = "US"
    currency: str = "USD"
    case: Case | None = None

    @property
    def customer(self) -> str:
        return f"customer:{self.id}"

    @property
    def owing(self) -> str:
        return f"seller:{self.seller}"

    @property
    def next_entry(self) -> str:
        """The id of the entry the next step will write."""
        return f"EVT-{self.id}-{(self.case.version if self.case else 0) + 1:04d}"

    def step(
        self,
        *money: TransferRow,
        state: str = "filed",
        data: bytes | None = None,
        columns: Mapping[str, Any] | None = None,
        facts: Mapping[str, Any] | None = None,
        holds: Sequence[str] = (),
        totals: Totals | None = None,
        decisions: Sequence[DecisionRow] = (),
        notices: Sequence[NoticeRow] = (),
        tasks: Sequence[TaskRow] = (),
        dropped: Sequence[str] = (),
        sealed: Sequence[SealedRow] = (),
        idempotency: Sequence[IdempotencyRow] = (),
        sources: Sequence[SourceRow] = (),
        entries: Sequence[EntryRow] | None = None,
        erasures: Sequence[ErasureRow] = (),
    ) -> WriteSet:
        before = self.case.version if self.case else 0
        entry = self.entry(before + 1, data)
        old = self.case or self._first()
        self.case = replace(
            old, version=before + 1, head=entry.leaf.hex(), state=state, path=(*old.path, state), updated_at=AT,
            facts={**old.facts, **(facts or {})}, holds=tuple(holds), totals=totals or old.totals,
        )  # fmt: skip
        shown = {"outcome": "auto_pay", "eligible_minor": 64000, "asked_minor": 70000, "counts_together": True,
                 "recovery": {"status": "none"}, **(columns or {})}  # fmt: skip
        return WriteSet(
            self.case, before, shown, list(entries if entries is not None else [entry]), list(money), list(decisions),
            list(notices), list(tasks), list(dropped), list(sealed), list(idempotency), list(sources), list(erasures),
        )  # fmt: skip

    def _first(self) -> Case:
        facts: dict[str, Any] = {}
        if self.order is not None:
            facts["order"] = {"id": self.order, "sold_by": "seller"}
        if self.incident is not None:
            facts["incident_on"] = self.incident
        return Case(self.id, self.programme, self.marketplace, self.currency, "America/Los_Angeles", "pdpi-us@1", AT,
                    "filed", 0, None, AT, self.seller, facts, ())  # fmt: skip

    def entry(self, seq: int, data: bytes | None = None) -> EntryRow:
        body = data if data is not None else f'{{"claim":"{self.id}","seq":{seq}}}'.encode()
        return EntryRow(f"EVT-{self.id}-{seq:04d}", self.id, seq, AT, "cs:mei", "note", "note", body,
                        hashlib.sha256(b"\x00" + body).digest())  # fmt: skip

    def redaction(self, seq: int) -> EntryRow:
        """The entry of an erasure."""
        return self.entry(seq)._replace(verb="redact", type="redact")

    def erasure(self) -> ErasureRow:
        """The erasure that the next step tells."""
        seq = (self.case.version if self.case else 0) + 1
        return ErasureRow(self.next_entry, self.id, seq, "cs:mei", "cs:bo", "gdpr_17", AT)

    def move(self, kind: str, debit: str, credit: str, amount: int, **more: Any) -> TransferRow:
        """A transfer of the next step."""
        row = TransferRow(number("PAY"), self.id, kind, None, debit, credit, amount, self.currency, None, None,
                          self.next_entry, AT)  # fmt: skip
        return row._replace(**more)

    def authorize(self, amount: int = 64000, obligation: int = 1) -> TransferRow:
        return self.move("authorize", AMAZON, self.customer, amount, obligation=obligation)

    def post(self, made: TransferRow) -> TransferRow:
        return self.move("post", made.debit, made.credit, made.amount, obligation=made.obligation, pending=made.id)

    def void(self, made: TransferRow) -> TransferRow:
        return self.move("void", made.credit, made.debit, made.amount, obligation=made.obligation, pending=made.id)

    def reverse(self, made: TransferRow) -> TransferRow:
        return self.move("reverse", made.credit, made.debit, made.amount, reverses=made.id)

    def recoup(self, amount: int, obligation: int = 1) -> TransferRow:
        return self.move("recoup", self.owing, AMAZON, amount, obligation=obligation)

    def write_off(self, amount: int) -> TransferRow:
        return self.move("write_off", "amazon:written_off", self.owing, amount)

    def settle(self, amount: int) -> TransferRow:
        return self.move("settle", self.owing, self.customer, amount)

    def decision(
        self, kind: str = "recovery", *, exempt: bool = False, readings: str = "", outcome: str = "due"
    ) -> DecisionRow:
        return DecisionRow(number("DEC"), self.id, self.next_entry, kind, outcome, exempt, "pdpi-us@1", readings, AT)

    def notice(self, kind: str = "customer_acknowledged", **more: Any) -> NoticeRow:
        return NoticeRow(number("NTC"), self.id, kind, "customer", "en", AT, AT, '{"amount":1}')._replace(**more)

    def task(self, due: str = AT, kind: str = "deadline", name: str = "acknowledge") -> TaskRow:
        return TaskRow(number("TSK"), self.id, kind, name, due)

    def sealed(self, seq: int = 1) -> SealedRow:
        return SealedRow(self.id, seq, "s" * 32, "e1", bytes(range(60)), b"n" * 12, bytes(range(256)))

    def paid(self, store: Store, amount: int = 64000) -> tuple[TransferRow, TransferRow]:
        """Writes the first two entries: authorised, then posted."""
        made = self.authorize(amount)
        write(store, self.step(made, state="approved"))
        post = self.post(made)
        write(
            store, self.step(post, state="amazon_paid", totals=Totals(posted=post.id, obligation=1, by_amazon=amount))
        )
        return made, post


def rich(book: Book) -> WriteSet:
    """A first step with something in every table."""
    made = book.step(
        book.authorize(), state="approved", facts={"losses": [{"head": "property_damage", "amount": 64000}]},
        decisions=[book.decision("triage", readings="R1 R12", outcome="auto_pay")], notices=[book.notice()],
        tasks=[book.task(), book.task(instant(9), "payment", "pay")], sealed=[book.sealed()],
        idempotency=[IdempotencyRow("cs:mei", f"key-{book.id}", "sha256:00", book.id, 1, AT)],
        sources=[SourceRow(f"file.jsonl:{book.id}", "sha256:01", book.id, "IMP-1")], holds=["minor", "legal"],
    )  # fmt: skip
    full = replace(
        made.case,
        deadlines=(Deadline("appeal", "2024-07-01", instant(30), {"from": "2024-06-01", "days": 30}, "open", None),),
        notices=(NoticeRef(made.notices[0].id, "customer_acknowledged", "customer", AT),),
        tasks=("refer",), codes=("under_small_claim_limit",), owner="cs:mei", released=("sanctions",),
        totals=Totals(pending=made.transfers[0].id, pending_minor=64000, obligation=1),
    )  # fmt: skip
    book.case = made.case = full
    return made


def write(store: Store, *sets: WriteSet) -> None:
    with store.write() as unit:
        unit.append(sets)


def everything(store: Store, claims: Sequence[str] = ()) -> dict[str, Any]:
    """All that can be read, to compare two states of a store."""
    with store.read() as unit:
        cases = unit.list_cases(CaseFilter(limit=100_000))
        ids = [c.id for c in cases] + [c for c in claims if c not in {k.id for k in cases}]
        found: dict[str, Any] = {
            "cases": cases, "transfers": unit.transfers(limit=100_000), "tasks": all_tasks(unit),
            "totals": unit.totals(), "balances": unit.balances(),
            **{f"entries {c}": unit.entries(c) for c in ids},
            **{f"decisions {c}": unit.decisions(c) for c in ids},
            **{f"notices {c}": unit.notices(c) for c in ids},
            **{f"sealed {c}": unit.sealed(c) for c in ids},
        }  # fmt: skip
    return {name: rows for name, rows in found.items() if rows}


def all_tasks(unit: ReadUnit) -> list[TaskRow]:
    return unit.due_tasks("9999-12-31T00:00:00.000000Z", ("deadline", "notice", "payment"), 100_000)


def handed_over(notice: NoticeRow, body: str = "Dear customer") -> NoticeRow:
    return notice._replace(
        status="handed_over", handed_over_at=instant(4), channel="files", sha256="ab", subject="s", body=body
    )
