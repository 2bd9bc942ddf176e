"""Claims of a file through the one pipeline: lines into ``triage``, results out, rows with other content amended.

Decision: nothing is filed here; ``triage`` files, and its generator of results sets the pace. What it cannot know is
added: problems found while reading, the record's own number, and amendments where it finds a row on file with other
content. Authority: UX notes 6.5; contract section 5.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from ...states.errors import ClaimdeskError
from ..desk import Desk
from ..lines import Line
from ..ports import SourceRow
from ..triage import content_digest, triage
from . import updates
from .claims import ClaimReader
from .problems import ImportCode, Problem
from .reading import Row
from .results import Result, Status
from .runs import TakenUp
from .tables import Record

#: Where the values of a column come to stand in a filing, to name the column of a fault.
_COLUMN_OF: Mapping[str, tuple[str, ...]] = {
    "losses": ("amount", "heads", "currency"), "order.id": ("order_id",), "order.item.asin": ("asin",),
    "order.item.title": ("product_title",), "claimant.ref": ("claimant_ref",), "seller": ("seller_id",),
    "injury": ("kind",),
}  # fmt: skip


@dataclass(slots=True)
class _Item:
    """A record on its way: what it says, and whether it is dealt with here instead of by the pipeline."""

    record: Record
    fields: dict[str, Any] | None
    problems: tuple[Problem, ...]
    row: Row | None
    key: str | None  #: of its source and source id; None without ids
    sent: bool = False  #: it went into the pipeline
    own: bool = False  #: its claim was amended before: it is compared here

    @property
    def source_id(self) -> str:
        """The id the source gave it, as far as it is known."""
        told: Any = (self.fields or {}).get("source_id") or (self.row.told.get("source_id") if self.row else None)
        if told is None and self.record.cells is not None:
            told = self.record.cells.get("source_id")
        return str(told or "")[:100]


class SameFile:
    """Whether an earlier run was over the same file as this one."""

    def __init__(self, desk: Desk, run: str, file_sha256: str | None) -> None:
        self._desk, self._sha = desk, file_sha256
        self._known = {run: True}

    def holds(self, run: str) -> bool:
        """Whether a row that ``run`` kept came from this file."""
        name = run.removesuffix(updates.AMENDING)
        if name not in self._known:
            with self._desk.store.read() as unit:
                found = unit.import_run(name)
            self._known[name] = found is not None and self._sha is not None and found.file_sha256 == self._sha
        return self._known[name]


class ClaimRun:
    """One pass over the records of a file of claims.

    ``settle`` keeps how far the run came. It is called before a row is amended that stood in the file shortly before:
    what became of it there could not be found again after the amendment, should the run be killed then.
    """

    def __init__(
        self,
        desk: Desk,
        reader: ClaimReader,
        run: str,
        *,
        batch: int = 500,
        update: bool = True,
        show_values: bool = False,
        file_sha256: str | None = None,
        settle: Callable[[], object] = lambda: None,
    ) -> None:
        self.desk, self.reader, self.run, self.batch, self.update = desk, reader, run, batch, update
        self.show_values = show_values
        self._settle = settle
        self._lately: deque[str | None] = deque(maxlen=batch)
        self._waiting: deque[_Item] = deque()
        self._file = SameFile(desk, run, file_sha256)

    def results(self, records: Iterable[Record]) -> Iterator[Result]:
        """One result a record, in order; a batch of them is written before the first of it comes out."""
        waiting = self._waiting
        for told in triage(self.desk, self._lines(records), run_id=self.run, batch=self.batch):
            while not waiting[0].sent:
                yield self._amended(waiting.popleft())
            item = waiting.popleft()
            other = told["status"] == "rejected" and told["error"]["code"] == "idempotency_mismatch"
            if item.key is not None and (item.own or other):
                yield self._amended(item)
            else:
                self._lately.append(item.key)
                yield _told(item, told)
        while waiting:
            yield self._amended(waiting.popleft())

    def _lines(self, records: Iterable[Record]) -> Iterator[Line]:
        source = iter(records)
        while chunk := list(islice(source, self.batch)):
            items = [self._item(record) for record in chunk]
            known = updates.amended(self.desk, [item.key for item in items if item.key is not None])
            for item in items:
                item.own = item.key in known
                item.sent = not item.own
                self._waiting.append(item)
                if item.sent:
                    errors = [p for p in item.problems if p.rejects]
                    error = errors[0].to_error() if errors else None
                    yield Line(item.record.number, item.fields, error, "")

    def _item(self, record: Record) -> _Item:
        fields, problems, row = self.reader.read(record)
        key = None
        if fields is not None and isinstance(fields.get("source_id"), str) and fields["source_id"]:
            key = f"{fields.get('source') or ''}\x1f{fields['source_id']}"
        return _Item(record, fields, tuple(problems), row, key)

    # -- rows whose claim is on file with other content ------------------------------------------------------------

    def _amended(self, item: _Item) -> Result:
        try:
            return self._amend(item)
        except TakenUp:
            raise
        except ClaimdeskError as error:
            if error.retryable:
                raise  # the store, not the row
            return _rejected(item, [updates.refused(error)])
        finally:
            self._lately.append(item.key)

    def _amend(self, item: _Item) -> Result:
        desk, key, fields = self.desk, str(item.key), item.fields or {}
        content = content_digest(desk, fields)
        chain = updates.chain(desk, key)
        with desk.store.read() as unit:
            case = unit.case(chain[0].claim)
        if case is None:
            return _rejected(item, [Problem("unknown_claim", "the claim of this row is gone")])
        body: dict[str, Any] = {"state": case.state}
        seen = [row for row in chain if row.content == content and (row is chain[-1] or self._file.holds(row.run))]
        if seen:
            mine = seen[-1].run.removesuffix(updates.AMENDING) == self.run
            if seen[-1].run == self.run + updates.AMENDING:  # perhaps by an attempt that was killed before it said so
                found = updates.compare(desk, case, fields).problems
                item.problems = (*item.problems, *(p for p in found if not p.rejects))
            return _taken(item, Status.DUPLICATE if mine else Status.UNCHANGED, case.id, body)
        if any(self._file.holds(row.run) for row in chain):
            hint = "one row for each source id: put this one right, or take it out"
            message = "this source id stands in this file before, with other content"
            return _rejected(item, [Problem(ImportCode.ROW_TWICE.value, message, hint, field="source_id")], case.id)
        if not self.update:
            hint = "amend the claim, or import without --no-update"
            message = "this row is on file with other content"
            return _rejected(item, [Problem("idempotency_mismatch", message, hint, field="source_id")], case.id)
        # The same checks as a filing: what the pipeline would refuse is refused here too.
        told = {k: v for k, v in fields.items() if k not in ("programme", "marketplace", "filed_at", "screening")}
        seller = told.pop("seller", None)
        desk.file_command(case.programme, case.marketplace, told, seller or case.seller, desk.clock())
        update = updates.compare(desk, case, fields)
        item.problems = (*item.problems, *update.problems)
        if any(p.code == ImportCode.CHANGED_HERE.value for p in update.problems):
            return _rejected(item, [], case.id)
        if not update.changes:
            return _taken(item, Status.UNCHANGED, case.id, body)
        row = SourceRow(updates.amended_key(key, len(chain)), content, case.id, self.run + updates.AMENDING)
        if item.key in self._lately:
            self._settle()
        body["state"] = updates.amend(desk, case, update, row)
        body["changes"] = [c.to_dict(case.currency, show_values=self.show_values) for c in update.changes]
        for other in self._waiting:  # read ahead before this amendment was there
            other.own = other.own or (other.key == key and other.fields is not None)
        return _taken(item, Status.UPDATED, case.id, body)


def _taken(item: _Item, status: Status, claim: str, body: Mapping[str, Any]) -> Result:
    return Result(item.record, status.value, item.problems, item.row, item.source_id, claim, body)


def _rejected(item: _Item, faults: list[Problem], claim: str | None = None) -> Result:
    placed = tuple(_placed(item, fault) for fault in faults)
    return Result(item.record, Status.REJECTED.value, (*item.problems, *placed), item.row, item.source_id, claim)


def _told(item: _Item, told: Mapping[str, Any]) -> Result:
    if told["status"] != "rejected":
        return Result(item.record, told["status"], item.problems, item.row, item.source_id, told["claim"], told)
    if any(p.rejects for p in item.problems):
        return _rejected(item, [])  # found while reading; the pipeline only repeats the first
    error = told["error"]
    hint = _IN_A_FILE.get((error["code"], error["field"] or ""), error["hint"]) or ""
    return _rejected(item, [Problem(error["code"], error["message"], hint, field=error["field"] or "")])


#: What to do about a refusal of the pipeline that a file has words of its own for.
_IN_A_FILE = {
    ("unknown_seller", "seller"): "--create-sellers (create_sellers = true in a map) makes a file for each of them",
    ("missing_field", "marketplace"): "--marketplace US, a column of this name, or a const of it in a map",
    ("missing_field", "seller"): "a column seller_id, or order.sold_by = amazon where Amazon sold it itself",
}


def _placed(item: _Item, fault: Problem) -> Problem:
    """The fault with the column of the file it stands in, as far as one can be named."""
    field = fault.field
    if fault.column or not field:
        return fault
    cells = item.record.cells or {}
    if field in cells:
        return replace(fault, column=field)
    named: Mapping[str, str] = item.row.fields if item.row is not None else {}
    for path, columns in _COLUMN_OF.items():
        if field == path or field.startswith(f"{path}."):
            return replace(fault, column=next((named[c] for c in columns if c in named), ""))
    root = field.partition(".")[0]
    return replace(
        fault, column=named.get(field) or named.get(root) or next((c for c in cells if c.startswith(root)), "")
    )
