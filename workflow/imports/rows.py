"""Rows that are verbs: certificates, proceeds, answers, payments, evidence; one row, one ordinary command of the desk.

Decision: a row is known again by its source id (a payment by its reference, proceeds by seller and month), else by its
content, and is kept in the same transaction as what it did: run twice, or again after a crash, it acts once, whoever
runs it. What a row says of money is compared with what waits to be paid before anything moves. A row counts when the
desk learns it: it is not dated back. Authority: UX notes 6.1 and 6.5. Left out: an answer or a payment whose words
changed later, which is rejected, because it cannot be amended.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ...states.case import Case
from ...states.errors import ClaimdeskError, NotFound, StaleVersion
from ...states.money import parse as parse_money
from .. import registry
from ..desk import Desk
from ..engine import seller_file_id
from ..paying import to_send
from ..ports import CaseFilter, SourceRow
from . import updates
from .claimruns import SameFile
from .claims import amount_of
from .columns import ImportKind
from .maps import Map
from .problems import ImportCode, Problem, problem
from .reading import Plan, Row, plan, read
from .results import Result, Status
from .runs import TakenUp
from .tables import Record

_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode
_VERBS = {
    "paid": "confirm_payment",
    "failed": "fail_payment",
    "reversed": "reverse_payment",
    "recovered": "record_recovery",
}
_INSURER = ("insurer", "am_best", "sp", "global_claims_handling", "local_equivalent")
_BESIDE = ("source", "source_id", "seller_id", "marketplace", "currency")
_LIMIT = 20


class Files(Protocol):
    """The files a manifest of evidence names."""

    def digest(self, path: str) -> str:
        """SHA-256 in hex; ``Wrong`` when the file cannot be had."""
        ...

    def keep(self, path: str, sha256: str) -> None:
        """Keeps a copy, where copies are wanted."""
        ...


class AlreadyTold(Exception):
    """A row says what the claim's journal says already, under another source."""

    def __init__(self, claim: str) -> None:
        self.claim = claim
        super().__init__("already told")


#: What keeps a result, in a transaction.
Keeping = AbstractContextManager[Callable[[Result], object]]


class Wrong(Exception):
    """A row that cannot be done, and why."""

    def __init__(self, fault: Problem) -> None:
        self.fault = fault
        super().__init__(fault.code)


@dataclass(frozen=True, slots=True)
class Step:
    """What a row does: a verb on a claim or on a seller's file, its payload, and what is said beside it."""

    verb: str
    payload: Mapping[str, Any]
    claim: str | None = None
    seller: str | None = None
    reason: str | None = None
    evidence: tuple[str, ...] = ()
    version: int | None = None  #: of the claim when the row was held against its journal


class RowRun:
    """One pass over the records of a file whose rows are verbs.

    ``settle`` keeps how far the run came. It is called before a row acts when rows before it did not: killed after it,
    a run would try those again, and what was refused (a reversal that stands before its payment) could be done now.
    ``together`` is one transaction for a row and for the count of its result, handed to what it gives: for a row that
    says what could not be found out again once it is done.
    """

    def __init__(
        self,
        desk: Desk,
        made: Map,
        header: tuple[str, ...] | None,
        run: str,
        *,
        update: bool = True,
        file_sha256: str | None = None,
        options: Mapping[str, Any] | None = None,
        settle: Callable[[], object] = lambda: None,
        together: Callable[[], Keeping] | None = None,
        files: Files | None = None,
    ) -> None:
        self.desk, self.map, self.run, self.update, self.files = desk, made, run, update, files
        self.options = dict(options or {})
        self._plan = None if header is None else plan(made.kind, header, made)
        self._objects: dict[frozenset[str], Plan] = {}
        self._file = SameFile(desk, run, file_sha256)
        self._settle, self._unsettled, self._together = settle, False, together or _by_itself

    def results(self, records: Iterable[Record]) -> Iterator[Result]:
        """One result a record, in order, each written before it comes out."""
        for record in records:
            row = self._read(record)
            source_id = str(row.told.get("source_id") or row.told.get("ref") or "")[:100]
            if row.errors:
                yield Result(record, Status.REJECTED.value, row.problems, row, source_id)
                continue
            try:
                path = row.told.get("path") if self.map.kind == ImportKind.EVIDENCE.value else None
                row = self._with_digest(row)
                new = self._new_seller(row)
                with self._together() if new else _by_itself() as keep:
                    status, claim, body = self._do(row)
                    if path is not None and self.files is not None:
                        self.files.keep(path, row.told["sha256"])
                    found = (*row.problems, *(new if status == Status.CREATED else ()))
                    result = Result(record, status.value, found, row, source_id, claim, body)
                    keep(result)
                self._unsettled |= status is Status.UNCHANGED
                yield result
            except Wrong as wrong:
                self._unsettled = True
                faults = (*row.problems, _placed(row, wrong.fault))
                yield Result(record, Status.REJECTED.value, faults, row, source_id)
            except TakenUp:
                raise
            except ClaimdeskError as error:
                if error.retryable:
                    raise  # the store, not the row
                self._unsettled = True
                faults = (*row.problems, _placed(row, updates.refused(error)))
                yield Result(record, Status.REJECTED.value, faults, row, source_id, error.claim)

    def _read(self, record: Record) -> Row:
        if record.cells is None or self._plan is not None:
            return read(self._plan or Plan(self.map.kind, self.map, {}, (), (), native=False), record)
        flat = replace(record, cells=_cells(record.cells))
        names = frozenset(flat.cells or ()) | self.map.names()
        if names not in self._objects:
            if len(self._objects) > 100:
                self._objects.clear()
            self._objects[names] = plan(self.map.kind, sorted(names), self.map)
        return read(self._objects[names], flat)

    # -- one row ---------------------------------------------------------------------------------------------------

    def _do(self, row: Row) -> tuple[Status, str | None, dict[str, Any]]:
        beside = ("reason", "source") if self.map.kind == ImportKind.PAYMENTS.value else ("reason",)
        told = {name: value for name, value in row.told.items() if name not in beside}
        content = self.desk.settings.digests.of(_encode([self.map.kind, told]).encode("utf-8", "replace"))
        key = self._key(row.told, content)
        chain = updates.chain(self.desk, key)
        if chain:
            seen = [one for one in chain if one.content == content and (one is chain[-1] or self._file.holds(one.run))]
            if seen:
                mine = seen[-1].run.removesuffix(updates.AMENDING) == self.run
                return (Status.DUPLICATE if mine else Status.UNCHANGED), _shown(chain[0].claim), {}
            self._refuse_other_content(chain, row)
        try:
            step = STEPS[self.map.kind](self.desk, self.map, row)
        except AlreadyTold as told_before:
            return Status.UNCHANGED, told_before.claim, {}
        again = bool(chain)
        source = SourceRow(
            updates.amended_key(key, len(chain)) if again else key, content, "",
            self.run + updates.AMENDING if again else self.run,
        )  # fmt: skip
        if self._unsettled:
            self._settle()
            self._unsettled = False
        try:
            claim, body = self._perform(step, source, key)
        except StaleVersion:
            if not updates.chain(self.desk, key)[len(chain) :]:
                raise
            return Status.UNCHANGED, None, {}  # another import of the same row was faster
        if len(updates.chain(self.desk, key)) == len(chain):
            return Status.UNCHANGED, claim, body  # it was so already
        return (Status.UPDATED if again else Status.CREATED), claim, body

    def _with_digest(self, row: Row) -> Row:
        """A row of a manifest with the digest of its file in the place of its name, which is kept nowhere."""
        if self.map.kind != ImportKind.EVIDENCE.value:
            return row
        told = dict(row.told)
        path, digest = told.pop("path", None), told.get("sha256")
        if path is not None and self.files is not None:
            try:
                found = self.files.digest(path)
            except Wrong as wrong:
                raise Wrong(replace(wrong.fault, field="path")) from None
            if digest not in (None, found):
                message = "this file does not have the digest the manifest says"
                hint = "it is another file, or it was changed: send it again"
                raise Wrong(Problem(ImportCode.DIGEST_CLASH.value, message, hint, field="sha256"))
            return replace(row, told={**told, "sha256": found})
        if digest is None:
            raise Wrong(replace(_missing("a row needs a file that can be looked at, or its digest"), field="path"))
        seen = problem(ImportCode.FILE_NOT_SEEN, "the digest was taken as told", "say where the files are: --folder")
        return replace(row, told=told, problems=(*row.problems, replace(seen, field="path")))

    def _new_seller(self, row: Row) -> list[Problem]:
        """A seller nobody knows gets a file by its first certificate or month; a slip in its id must be seen."""
        if self.map.create_sellers or self.map.kind not in (ImportKind.CERTIFICATES.value, ImportKind.PROCEEDS.value):
            return []
        if self.desk.case_of(seller_file_id(row.told["seller_id"])) is not None:
            return []
        message = "nobody knew this seller: a file was made for it"
        fault = problem(ImportCode.SELLER_NEW, message, "check its id; --create-sellers where sellers are new")
        return [replace(fault, column=row.fields.get("seller_id", ""), field="seller_id")]

    def _key(self, told: Mapping[str, Any], content: str) -> str:
        kind = self.map.kind
        source, own = told.get("source") or self.map.name or "", told.get("source_id")
        if own:
            return f"{kind}\x1f{source}\x1f{own}"
        if kind == ImportKind.PROCEEDS.value:
            return f"{kind}\x1f\x1f{told['seller_id']}:{told['month']}"
        if kind == ImportKind.EVIDENCE.value:
            return f"{kind}\x1f\x1f{told.get('claim') or told.get('order_id')}:{told['sha256']}"
        if kind == ImportKind.PAYMENTS.value:
            if not told.get("ref"):
                raise Wrong(replace(_missing("a payment needs a reference, so that none counts twice"), field="ref"))
            return f"{kind}\x1f\x1f{told['type']}:{told['ref']}"  # whatever the source is called this time
        return f"{kind}\x1fcontent:{content}"

    def _refuse_other_content(self, chain: list[SourceRow], row: Row) -> None:
        if any(self._file.holds(one.run) for one in chain):
            message = "this row stands in this file before, with other content"
            hint = "put one of them right"
            if self.map.kind == ImportKind.PAYMENTS.value:
                hint += "; where one reference pays for several claims, give each row a source_id"
            raise Wrong(Problem(ImportCode.ROW_TWICE.value, message, hint, field=self._known_by(row)))
        if self.map.kind != ImportKind.PROCEEDS.value or not self.update:
            hint = "do it by hand, or give the row a source id of its own"
            message = "this row is on file with other content"
            raise Wrong(Problem("idempotency_mismatch", message, hint, field=self._known_by(row)))

    def _known_by(self, row: Row) -> str:
        """The column that a row of this kind is known again by."""
        own = {ImportKind.PROCEEDS.value: "month", ImportKind.PAYMENTS.value: "ref"}
        return "source_id" if row.told.get("source_id") else own.get(self.map.kind, "source_id")

    def _perform(self, step: Step, source: SourceRow, key: str) -> tuple[str | None, dict[str, Any]]:
        options: dict[str, Any] = {**self.options, **({"reason": step.reason} if step.reason else {})}
        if step.claim is None:
            market = self.map.marketplace or "US"
            file = self.desk.seller_do(
                step.verb, str(step.seller), step.payload, marketplace=market, row=source, **options
            )  # fmt: skip
            body: dict[str, Any] = {"seller": file.seller, "state": file.state}
            if step.verb == "record_certificate" and file.certificates:
                last = file.certificates[-1]
                body |= {"accepted": last.get("accepted"), "rejected_for": list(last.get("rejected_for", ()))}
            return None, body
        if step.evidence:
            mark = SourceRow(f"{key}\x1fevidence", source.content, "", self.run + ":evidence")
            with self.desk.store.read() as unit:
                kept = unit.sources([mark.key])
            if not kept:
                # An answer that is refused leaves nothing behind, its files no more than its words.
                self.desk.perform(step.verb, step.claim, step.payload, dry_run=True, **options)
                self.desk.perform("attach_evidence", step.claim, {"evidence": list(step.evidence)}, row=mark, **options)
        if step.version is not None:
            options["expected_version"] = step.version
        done = self.desk.perform(step.verb, step.claim, step.payload, row=source, **options)
        return step.claim, {"state": done.case.state}


def _by_itself() -> Keeping:
    def later(_result: Result) -> None:
        """Whoever goes through the results keeps it."""

    return nullcontext(later)


def _cells(cells: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """A JSON object as cells: lists of words between semicolons, ``insurer.name`` as the insurer."""
    found: dict[str, str] = {}
    for name, value in cells.items():
        money = amount_of(value)
        if money is not None:
            found[f"{before}{name}"] = money
        elif isinstance(value, Mapping):
            inner = _cells(value, f"{before}{name}.")  # pyright: ignore[reportUnknownArgumentType]
            found.update({k.removeprefix("certificate."): v for k, v in inner.items()})
        elif isinstance(value, list):
            found[f"{before}{name}"] = ";".join(str(one) for one in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        elif value is not None:
            found[f"{before}{name}"] = ("true" if value else "false") if isinstance(value, bool) else str(value)
    for plain in _INSURER:
        inner = f"insurer.{'name' if plain == 'insurer' else plain}"
        if inner in found:
            found[plain] = found.pop(inner)
    return found


def _placed(row: Row, fault: Problem) -> Problem:
    field = fault.field.removeprefix("certificate.")
    column = row.fields.get(field) or row.fields.get(field.partition(".")[0], "")
    return fault if fault.column else replace(fault, column=column)


def _missing(message: str) -> Problem:
    return problem(ImportCode.MISSING_VALUE, message, "fill it in, or map a column that has it")


def _shown(claim: str) -> str | None:
    return claim if claim.startswith("CLM-") else None


# ---------------------------------------------------------------- what each kind of row does


def _certificate(desk: Desk, made: Map, row: Row) -> Step:
    told = {k: v for k, v in row.told.items() if k not in _BESIDE}
    insurer = {("name" if k == "insurer" else k): told.pop(k) for k in _INSURER if k in told}
    if insurer:
        told["insurer"] = insurer
    return Step("record_certificate", {"certificate": told}, seller=row.told["seller_id"])


def _proceeds(desk: Desk, made: Map, row: Row) -> Step:
    payload = {k: row.told[k] for k in ("month", "amount", "crossed_on") if k in row.told}
    return Step("record_proceeds", payload, seller=row.told["seller_id"])


def _response(desk: Desk, made: Map, row: Row) -> Step:
    told = row.told
    by, position = told.get("by", "seller"), told["position"]
    evidence = tuple(told.get("evidence", ()))
    words = {"grounds": told["grounds"]} if "grounds" in told else {}
    if by == "insurer":
        position = {"reject": "deny"}.get(position, position)
        amount = {"amount": told["amount"]} if "amount" in told else {}
        claim = _claim(desk, told, "insurer_respond")
        return Step("insurer_respond", {"position": position, **amount, **words}, claim=claim, evidence=evidence)
    claim = _claim(desk, told, "respond")
    return Step("respond", {"position": position, "by": by, **words}, claim=claim, evidence=evidence)


def _evidence(desk: Desk, made: Map, row: Row) -> Step:
    told = row.told
    claim = _claim(desk, told, "attach_evidence")
    case = desk.case_of(claim)
    if case is not None and any(
        str(one.get("sha256", "")).removeprefix("sha256:").lower() == told["sha256"]
        for one in case.facts.get("evidence") or ()
    ):
        raise AlreadyTold(claim)  # under another name, from another program, or by hand
    piece = {name: told[name] for name in ("kind", "captured_at", "sha256") if name in told}
    return Step("attach_evidence", {"evidence": [piece]}, claim=claim)


def _payment(desk: Desk, made: Map, row: Row) -> Step:
    told = row.told
    verb = _VERBS[told["type"]]
    claim = _claim(desk, told, verb)
    payload: dict[str, Any] = {"ref": told["ref"]} if "ref" in told else {}
    if verb == "record_recovery":
        if "amount" not in told:
            raise Wrong(replace(_missing("money that came back needs its amount"), field="amount"))
        payload["amount"] = told["amount"]
        if "from" in told:
            payload["from"] = told["from"]
    version = _not_told_before(desk, claim, verb, told)
    if verb != "record_recovery" and "amount" in told:
        _same_amount(desk, claim, told["amount"], verb)
    return Step(verb, payload, claim=claim, reason=told.get("reason"), version=version)


def _not_told_before(desk: Desk, claim: str, verb: str, told: Mapping[str, Any]) -> int | None:
    """The version of the claim, none of whose entries has this reference yet.

    Two statements under two names, or a bank's line numbers as source ids, tell of one payment twice; money that came
    back would count twice. ``AlreadyTold`` when it is the same, ``Wrong`` when its amount or its own id says otherwise.
    """
    if "ref" not in told:
        return None
    with desk.store.read() as unit:
        case = unit.case(claim)
        entries = [e for e in unit.entries(claim) if e.verb == verb]
    for entry in entries:
        payload = json.loads(entry.data).get("input", {}).get("with", {})
        if payload.get("ref") != told["ref"]:
            continue
        before = payload.get("amount")
        same = before is None or "amount" not in told or parse_money(told["amount"])[0] == before
        if same and not told.get("source_id"):
            raise AlreadyTold(claim)
        message = "this reference is on file for this claim already" + ("" if same else ", with another amount")
        hint = "where it is another payment, a person records it by hand"
        raise Wrong(Problem(ImportCode.PAYMENT_KNOWN.value, message, hint, field="ref"))
    return None if case is None else case.version


def _same_amount(desk: Desk, claim: str, amount: str, verb: str) -> None:
    """A payment of another amount than the one on file is news of another payment."""
    with desk.store.read() as unit:
        case, moves = unit.case(claim), unit.transfers(claim)
    wanted = (case.totals.posted if verb == "reverse_payment" else case.totals.pending) if case is not None else None
    found = next((t for t in moves if t.id == wanted), None)
    sent_before = 0 if case is None or verb == "reverse_payment" else case.totals.pending_minor - to_send(case)
    if found is not None and parse_money(amount) != (found.amount - sent_before, found.currency):
        message = "this is not the amount that is on file for this payment"
        hint = "claimdesk ledger shows it; a person looks at the payment"
        raise Wrong(Problem(ImportCode.AMOUNT_CLASH.value, message, hint, field="amount"))


def _claim(desk: Desk, told: Mapping[str, Any], verb: str) -> str:
    """The claim a row is about: named, or the one of its order (and seller) where the verb can be done now."""
    if told.get("claim"):
        case = desk.case_of(told["claim"])
        if case is None or case.programme == registry.SELLER_FILE:
            raise NotFound("unknown_claim", "there is no such claim", field="claim", hint="claimdesk list shows them")
        if told.get("seller_id") not in (None, case.seller):
            raise Wrong(
                Problem("unknown_claim", "this claim is not this seller's", "check claim and seller", field="seller_id")
            )
        return case.id
    if not told.get("order_id"):
        raise Wrong(replace(_missing("a row needs its claim, or its order"), field="claim"))
    with desk.store.read() as unit:
        found = unit.list_cases(CaseFilter(order_id=told["order_id"], seller=told.get("seller_id"), limit=_LIMIT))
    ready = [case for case in found if _can(case, verb)]
    chosen = ready or found
    if not chosen:
        raise Wrong(
            Problem("unknown_claim", "no claim of this order is on file", "check the order's number", field="order_id")
        )
    if len(chosen) > 1:
        hint = "name the claim: " + ", ".join(case.id for case in chosen[:3])
        raise Wrong(
            replace(
                problem(ImportCode.SEVERAL_CLAIMS, f"{len(chosen)} claims of this order fit", hint), field="order_id"
            )
        )
    return chosen[0].id


def _can(case: Case, verb: str) -> bool:
    return verb in registry.programme(case.programme).lifecycle.verbs_in(case.state)


STEPS = {
    ImportKind.CERTIFICATES.value: _certificate,
    ImportKind.PROCEEDS.value: _proceeds,
    ImportKind.RESPONSES.value: _response,
    ImportKind.PAYMENTS.value: _payment,
    ImportKind.EVIDENCE.value: _evidence,
}


def unread(kind: str, header: Iterable[str], made: Map) -> list[str]:
    """The columns of a file that a kind other than claims does not keep."""
    found = plan(kind, header, made)
    return [] if kind == ImportKind.CLAIMS.value else [name for name in found.extra if name]
