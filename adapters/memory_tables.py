"""The tables of the store in memory: dictionaries, and the orders that lists need."""

from __future__ import annotations

from typing import Any

from ..workflow.ports import (
    AnswerRow,
    ApprovalRow,
    ControlRow,
    DecisionRow,
    EntryRow,
    EpochRow,
    ErasureRow,
    IdempotencyRow,
    ImportRun,
    NoticeRow,
    ProposalRow,
    SealedRow,
    SourceRow,
    TaskRow,
    TransferRow,
)
from .guards import Posted
from .rows import CaseRow


class Tables:
    """The rows, and the orders that lists need."""

    def __init__(self) -> None:
        self.cases: dict[str, CaseRow] = {}
        self.entries: dict[str, list[EntryRow]] = {}
        self.entry_place: dict[str, tuple[str, int]] = {}
        self.ledger: dict[str, list[Posted]] = {}
        self.transfers: dict[str, TransferRow] = {}
        self.decisions: dict[str, list[tuple[int, DecisionRow]]] = {}
        self.decision_ids: dict[str, DecisionRow] = {}
        self.decided: dict[str, str] = {}
        self.notices: dict[str, NoticeRow] = {}
        self.notices_of: dict[str, list[str]] = {}
        self.tasks: dict[str, TaskRow] = {}
        self.sealed: dict[tuple[str, int], SealedRow] = {}
        self.erasures: dict[str, list[ErasureRow]] = {}
        self.closed_epochs: dict[str, EpochRow] = {}
        self.idempotency: dict[tuple[str, str], IdempotencyRow] = {}
        self.sources: dict[str, SourceRow] = {}
        self.meta: dict[str, str] = {}
        self.import_runs: dict[str, ImportRun] = {}
        self.by_id: list[str] = []
        self.transfer_ids: list[str] = []
        self.by_due: dict[str, list[tuple[str, str]]] = {}
        self.by_seller: dict[str, dict[str, None]] = {}
        self.by_group: dict[tuple[str, str], dict[str, None]] = {}
        self.control: dict[int, ControlRow] = {}
        self.proposals: dict[str, ProposalRow] = {}
        self.answers: dict[str, AnswerRow] = {}
        self.approvals: dict[str, ApprovalRow] = {}
        # The transparency log's own (adapters/tlog): what waits for its place, in order, and what has one.
        self.log_waiting: dict[str, int] = {}
        self.log_leaves: dict[int, tuple[str, bytes]] = {}
        self.log_places: dict[str, int] = {}
        self.log_tiles: dict[tuple[int, int], bytes] = {}
        self.log_checkpoints: dict[int, tuple[Any, ...]] = {}
        self.log_cosignatures: dict[tuple[int, str, str], str] = {}
        self.log_state: dict[str, tuple[Any, ...]] = {}


def free(task: TaskRow, now: str) -> bool:
    """Whether a task waits, or its lease has run out."""
    return task.status == "ready" or (task.status == "leased" and (task.lease_until or "") <= now)


def group_of_row(row: CaseRow) -> tuple[str, str] | None:
    """(order, incident day) of a row, or None."""
    return None if row.order_id is None or row.incident_on is None else (row.order_id, row.incident_on)
