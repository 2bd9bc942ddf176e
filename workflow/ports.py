"""What the workflow needs from outside: stores, clocks, keys, letters out, payments out.

The protocols are proved by one contract suite over every adapter. A store keeps rows it does not interpret; every
number and word in them was decided by a plan. Instants in rows are fixed-width UTC text (text order is time order).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from ..states.case import Case
from .plan import Sibling


class EntryRow(NamedTuple):
    """One journal entry: its exact bytes, and what lists are filtered by. Insert only; (claim, seq) is unique."""

    id: str
    claim: str
    seq: int
    at: str
    actor: str
    verb: str
    type: str
    data: bytes
    leaf: bytes


class TransferRow(NamedTuple):
    """One transfer. The constraints of the store make a double payment impossible (see ``adapters/sql/tables.py``)."""

    id: str
    claim: str
    kind: str
    obligation: int | None
    debit: str
    credit: str
    amount: int
    currency: str
    pending: str | None
    reverses: str | None
    entry: str
    at: str


class DecisionRow(NamedTuple):
    """What a decision hangs on, for lists: the reasons stand in the entry. ``readings`` is space-separated."""

    id: str
    claim: str
    entry: str
    kind: str
    outcome: str
    exempt: bool
    rulebook: str
    readings: str
    at: str


class NoticeRow(NamedTuple):
    """A notice: queued with its parameters, then rendered and kept exactly as handed over."""

    id: str
    claim: str
    kind: str
    party: str
    language: str
    at: str
    queued_at: str  #: wall time it was queued
    params: str  #: JSON text
    status: str = "queued"  #: queued, handed_over
    handed_over_at: str | None = None
    channel: str | None = None
    sha256: str | None = None
    subject: str | None = None
    body: str | None = None


class TaskRow(NamedTuple):
    """Work to do at an instant: a clock (``deadline``), a letter (``notice``) or a payment (``payment``).

    The id is deterministic and is the idempotency key sent outside. ``name`` is the deadline kind, the
    notice kind, or "pay".
    """

    id: str
    claim: str
    kind: str
    name: str
    due_at: str
    status: str = "ready"  #: ready, leased, done, dead
    attempts: int = 0
    lease_until: str | None = None


class SealedRow(NamedTuple):
    """Personal values given with one entry, encrypted. ``wrapped`` is the data key under the epoch key ``epoch``."""

    claim: str
    seq: int
    subject: str
    epoch: str
    wrapped: bytes
    nonce: bytes
    ciphertext: bytes


class ErasureRow(NamedTuple):
    """An erasure two people stand for. Writing it removes what was sealed before its entry and blanks sent letters."""

    entry: str
    claim: str
    seq: int
    asked_by: str
    approved_by: str
    basis: str
    at: str


class EpochRow(NamedTuple):
    """An epoch whose key is given up: from then on nothing is sealed under it. Two people stand for it."""

    epoch: str
    successor: str
    asked_by: str
    approved_by: str
    at: str


class IdempotencyRow(NamedTuple):
    """What a key was first used for. ``request`` is the digest of the content; ``claim`` and ``version`` the result."""

    principal: str
    key: str
    request: str
    claim: str
    version: int
    at: str


class SourceRow(NamedTuple):
    """One filed line: its natural key, the digest of its content and the claim it made."""

    key: str
    content: str
    claim: str
    run: str


class ImportRun(NamedTuple):
    """One import: what was read, by whom, how far it came, what it came to. Counts are of records.

    ``attempt`` goes up each time the run is taken up again, so that only one process carries it on. ``codes`` and
    ``places`` are JSON text: what was wrong, by code; how the file is written and how long what was written beside is.
    """

    id: str
    kind: str
    file: str
    file_sha256: str | None  #: None for what was piped in, until its end
    map_sha256: str
    actor: str
    status: str  #: running, done, stopped
    attempt: int
    total: int | None  #: records of the file, where it was counted
    done: int
    created: int
    unchanged: int
    updated: int
    duplicate: int
    rejected: int
    warnings: int
    codes: str
    places: str
    started_at: str
    updated_at: str
    ended_at: str | None


class ControlRow(NamedTuple):
    """One entry of the access journal: its exact bytes, and what its guards read. Insert only; seq has no gap.

    ``subject`` is the actor who gets a role, the control switched on, the programme of a band, or the digest of a
    change of the rulebook; ``role`` a role, or the entry type of a band.
    """

    seq: int
    at: str
    actor: str
    kind: str
    subject: str
    role: str | None
    currency: str | None
    amount: int | None
    effective_at: str | None
    evidence: str | None
    data: bytes
    leaf: bytes


class ProposalRow(NamedTuple):
    """What waits for a second person. ``roles`` are the words of those who may answer, with spaces between."""

    id: str
    claim: str
    entry: str
    kind: str
    verb: str
    author: str
    roles: str
    amount: int
    currency: str
    at: str


class AnswerRow(NamedTuple):
    """What became of a proposal, or of the review of an emergency. One for each, never by its author."""

    proposal: str
    claim: str
    entry: str
    author: str
    person: str
    verdict: str
    at: str


class ApprovalRow(NamedTuple):
    """The second person of one entry; ``kind`` break_glass: there was none, and ``proposal`` is its review."""

    entry: str
    claim: str
    kind: str
    verb: str
    author: str
    approver: str | None
    proposal: str | None
    at: str


@dataclass(slots=True)
class WriteSet:
    """Everything one case's plan writes: all of it, or none. ``before`` is the version it was planned on (0: new)."""

    case: Case
    before: int
    columns: Mapping[str, Any]  #: the outside view, for indexed columns
    entries: list[EntryRow] = field(default_factory=lambda: [])
    transfers: list[TransferRow] = field(default_factory=lambda: [])
    decisions: list[DecisionRow] = field(default_factory=lambda: [])
    notices: list[NoticeRow] = field(default_factory=lambda: [])
    tasks: list[TaskRow] = field(default_factory=lambda: [])
    dropped_tasks: list[str] = field(default_factory=lambda: [])
    sealed: list[SealedRow] = field(default_factory=lambda: [])
    idempotency: list[IdempotencyRow] = field(default_factory=lambda: [])
    sources: list[SourceRow] = field(default_factory=lambda: [])
    erasures: list[ErasureRow] = field(default_factory=lambda: [])
    proposals: tuple[ProposalRow, ...] = ()
    answers: tuple[AnswerRow, ...] = ()
    approvals: tuple[ApprovalRow, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list of cases may be narrowed by; None means any. Keyset: ``after`` is the last id of the page before."""

    programme: str | None = None
    marketplace: str | None = None
    state: str | None = None
    outcome: str | None = None
    hold: str | None = None  #: a hold reason, or "any"
    seller: str | None = None
    order_id: str | None = None
    reading: str | None = None  #: cases with a decision that hangs on this reading
    recovery: str | None = None
    after: str | None = None
    limit: int = 50


class ReadUnit(Protocol):
    """A consistent view of the store."""

    def case(self, case_id: str) -> Case | None: ...
    def cases(self, case_ids: Sequence[str]) -> dict[str, Case]: ...
    def versions(self, case_ids: Sequence[str]) -> dict[str, int]:
        """The versions of those of the cases that exist."""
        ...

    def siblings(self, groups: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[Sibling]]:
        """Claims that count together, by (order id, incident date): those with ``counts_together``, all sides."""
        ...

    def entries(self, case_id: str, after: int = 0) -> list[EntryRow]: ...
    def sealed(self, case_id: str) -> list[SealedRow]: ...
    def erasures(self, case_id: str) -> list[ErasureRow]:
        """The erasures of a case, oldest first."""
        ...

    def sealed_under(self, epoch: str, after: tuple[str, int] | None = None, limit: int = 1000) -> list[SealedRow]:
        """A page of the values whose data keys an epoch wraps, by claim and place."""
        ...

    def closed_epochs(self) -> list[EpochRow]: ...
    def transfers(
        self, case_id: str | None = None, after: str | None = None, limit: int = 1000
    ) -> list[TransferRow]: ...
    def decisions(self, case_id: str) -> list[DecisionRow]: ...
    def notices(self, case_id: str) -> list[NoticeRow]: ...
    def list_cases(self, wanted: CaseFilter) -> list[Case]: ...
    def waiting_on_seller(self, seller: str, states: Iterable[str]) -> list[str]: ...
    def idempotency(self, principal: str, key: str) -> IdempotencyRow | None: ...
    def sources(self, keys: Sequence[str]) -> dict[str, SourceRow]: ...
    def sources_of(self, run: str) -> int:
        """How many filed lines a run kept (looks through all of them: for runs that were taken up again)."""
        ...

    def import_run(self, run_id: str) -> ImportRun | None: ...
    def import_runs(self, before: str | None = None, limit: int = 50) -> list[ImportRun]:
        """A page of imports, newest first; ``before`` is the last id of the page before."""
        ...

    def unfinished_import(self, kind: str, file_sha256: str, map_sha256: str) -> ImportRun | None:
        """The newest import of this file under this map that did not come to its end."""
        ...

    def due_tasks(self, now: str, kinds: Iterable[str], limit: int) -> list[TaskRow]:
        """Ready tasks due by ``now`` and leased ones whose lease has ended, earliest due first, then by id."""
        ...

    def next_due(self, kinds: Iterable[str]) -> str | None:
        """The due instant of the earliest ready task of these kinds."""
        ...

    def notice(self, notice_id: str) -> NoticeRow | None: ...
    def totals(self) -> list[dict[str, Any]]:
        """Per programme, marketplace, outcome and currency: how many, and what is eligible, paid, recovered."""
        ...

    def balances(self) -> list[tuple[str, str, int]]:
        """(account, currency, credits minus debits) over what moved: post, reverse, recoup, write_off, settle."""
        ...

    def meta(self, name: str) -> str | None: ...
    def control(self, after: int = 0) -> list[ControlRow]:
        """The access journal after a place in it."""
        ...

    def waiting(self, claim: str | None = None, after: str | None = None, limit: int = 1000) -> list[ProposalRow]:
        """What waits for a second person and has no answer yet: of one claim, or a page of all, oldest first."""
        ...

    def proposals(self, after: str | None = None, limit: int = 1000) -> list[tuple[ProposalRow, AnswerRow | None]]:
        """A page of everything that ever waited, by id, with what became of it."""
        ...

    def proposal(self, proposal_id: str) -> tuple[ProposalRow, AnswerRow | None] | None: ...
    def approvals(self, claim: str | None = None, after: str | None = None, limit: int = 1000) -> list[ApprovalRow]:
        """A page of the second persons of entries, by entry."""
        ...


class Ahead(NamedTuple):
    """What a command reads besides the cases it locks: sealed values of a case, claims of an (order, incident date)."""

    sealed: str | None = None
    group: tuple[str, str] | None = None


class WriteUnit(ReadUnit, Protocol):
    """A transaction with the right to write. Nothing is kept unless the block ends without an exception."""

    def lock(self, keys: Sequence[str], ahead: Ahead | None = None) -> None:
        """Serialises writers of the same keys (case ids and incident groups) until the end of the transaction.

        ``ahead``: what the writer will most likely ask next, which may come with the answer.
        """
        ...

    def append(self, sets: Sequence[WriteSet], *, last: bool = False) -> None:
        """Writes every set; StaleVersion when a case has moved on from ``before``, Conflict when a constraint bites.

        ``last``: nothing follows in this unit, so the commit may go out with the rows.
        """
        ...

    def append_ready(self, sets: Sequence[Any]) -> None:
        """Writes sets that this store's ``ready`` made, in this process or in another; errors as of ``append``."""
        ...

    def lease(self, task_id: str, now: str, until: str) -> int | None:
        """Takes a due task (compare and set); the new attempt number, or None when somebody else has it."""
        ...

    def finish_task(self, task_id: str, status: str = "done") -> None: ...
    def postpone_task(self, task_id: str, due_at: str) -> None:
        """Frees a leased task to be tried again at ``due_at``."""
        ...

    def notice_sent(self, rows: Sequence[NoticeRow]) -> None:
        """Keeps notices exactly as handed over; a notice already handed over is never changed."""
        ...

    def rewrap(self, rows: Sequence[SealedRow]) -> None:
        """Keeps the same values under another epoch; only ``epoch`` and ``wrapped`` are taken from the rows."""
        ...

    def close_epochs(self, rows: Sequence[EpochRow]) -> None:
        """From now on nothing is sealed under these epochs; returns when every write that began before has ended."""
        ...

    def set_meta(self, name: str, value: str) -> None: ...
    def put_import_run(self, row: ImportRun, attempt: int | None = None) -> bool:
        """Keeps a run: a new one, or, if it still runs under ``attempt``, as it stands now; whether it did."""
        ...

    def add_control(self, rows: Sequence[ControlRow]) -> None:
        """Adds to the access journal; Conflict when one of its guards bites."""
        ...


class Store(Protocol):
    """Where cases are kept."""

    def read(self) -> AbstractContextManager[ReadUnit]: ...
    def write(self) -> AbstractContextManager[WriteUnit]: ...
    def look(self, after: int, claim: str | None) -> tuple[list[ControlRow], Case | None]:
        """What stands before a command: the access journal after a place, and the claim (None: there is none)."""
        ...

    def ready(self, rows: WriteSet) -> Any:
        """A set in a form that goes to other processes quickly; ValueError for what no filing brings."""
        ...

    def close(self) -> None: ...


class Vault(Protocol):
    """Seals personal values; the epoch keys live outside the store."""

    def seal(self, claim: str, seq: int, values: Mapping[str, Any]) -> tuple[SealedRow, list[dict[str, str]]]:
        """(the row to keep, commitments for the journal entry: field, commit, subject)."""
        ...

    def unseal(self, rows: Sequence[SealedRow]) -> dict[str, Any]:
        """The personal values of a case, later rows over earlier ones; what cannot be opened any more is left out."""
        ...

    def digest(self, data: bytes) -> str:
        """A keyed digest, always the same for the same data; its key lives outside the store too."""
        ...

    def refresh(self) -> None:
        """Looks whether another process has begun an epoch, so that nothing is sealed under one that is closed."""
        ...


class RotatingVault(Vault, Protocol):
    """A vault whose epochs can be given up."""

    def epochs(self) -> tuple[str, ...]:
        """The epochs there are keys for, oldest first; the last one seals."""
        ...

    def new_epoch(self) -> str: ...
    def rewrap(self, row: SealedRow) -> SealedRow | None:
        """The same values with their data key under the current epoch; None when it cannot be opened."""
        ...

    def forget_epoch(self, epoch: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered notice on its way out. ``to`` is an address or None when the desk knows none."""

    id: str
    claim: str
    kind: str
    party: str
    language: str
    subject: str
    body: str
    to: str | None
    headers: Mapping[str, str]


class NoticeSender(Protocol):
    """Hands a letter over. Returning means it was accepted; an exception means it will be tried again.

    A sender that keeps what it handed over also has ``forget(notice_id) -> bool``: its copy goes.
    """

    name: str

    def send(self, letter: Letter) -> None: ...


class PaymentState:
    """What a provider may answer."""

    PAID = "paid"
    FAILED = "failed"
    UNKNOWN = "unknown"
    ABSENT = "absent"  #: the provider has never seen this reference (only a look-up may say so)


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """A payment to make. ``ref`` is the transfer id: the provider's idempotency key, for ever the same."""

    ref: str
    claim: str
    amount_minor: int
    currency: str
    attempt: int


class PaymentGateway(Protocol):
    """Pays customers. ``settles_at_once``: confirms inside the plan, without any call (the sandbox)."""

    name: str
    settles_at_once: bool

    def pay(self, order: PaymentOrder) -> str: ...
    def look_up(self, ref: str) -> str: ...


Clock = Callable[[], datetime]
