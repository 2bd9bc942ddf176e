"""The audit: a whole database against its own log, row by row; the first thing that does not check out is named.

Decision: first the log in its own order (leaves, tiles, checkpoints, all made again from the entries' bytes), then
every claim (its chain, its places in the log, and that the tables tell what its entries tell: case, transfers,
decisions, letters), that its ledger breaks no rule, and that its clocks are what their recipes make. It reads page by
page and holds nobody up. Authority: trust notes 1 (row 5), 2.4, 2.5 and 4 (F15).
Left out: what no entry tells (other work to do, keys of commands, filed lines, how a letter was addressed); dropped
guards, which ``db check`` finds; the published folder, which is the verifier's.
"""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from ...states.case import Case, fold
from ...states.errors import IntegrityFailure
from ...states.journal import sha256_text
from ...workflow import registry
from ...workflow.ports import DecisionRow, ErasureRow, NoticeRow, SealedRow, Store, TransferRow
from ..rows import CaseRow, case_row
from .accesschecks import AccessJournal, SecondPersons
from .claimchecks import check_clocks, check_evidence, check_ledger
from .edge import Edge
from .ports import CheckpointRow, LogRead, State
from .prove import tile_widths
from .rows import ClaimRows, Logged, astray, case_of, claim_rows, is_kept, same_rows
from .signing import checked, with_lines
from .units import log_read
from .verifier.entries import Shapes
from .verifier.fault import Fault, Untrue, safe
from .verifier.notes import Checkpoint, Vkey, parse_checkpoint
from .verifier.tree import WIDTH

_PAGE: Final = 4096
_CLAIMS: Final = 500
_OF_SECOND: Final = frozenset({"waits", "answered"})
_sha256 = hashlib.sha256

#: (sealed row, the commitments of its entry) -> names of fields that are not what was committed to.
SealedCheck = Callable[[SealedRow, Sequence[dict[str, str]]], Iterable[str]]


@dataclass(slots=True)
class Audit:
    """What an audit came to. ``fault`` is the first bad item, None when everything checks out."""

    fault: Fault | None = None
    size: int = 0  #: of the log
    entries: int = 0  #: journal entries looked at
    claims: int = 0
    checkpoints: int = 0
    waiting: int = 0  #: entries that have no place in the log yet
    evidence: int = 0  #: files of evidence looked at
    access: int = 0  #: entries of the access journal
    anchored: int = 0  #: the last of them whose hash an entry of a claim names
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether everything checks out."""
        return self.fault is None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        fault = None if self.fault is None else self.fault.to_dict()
        rest = {name: getattr(self, name) for name in self.__slots__ if name not in ("fault", "seconds")}
        return {"ok": self.ok, "fault": fault, **rest, "seconds": round(self.seconds, 3)}


def audit(
    store: Store,
    key: Vkey,
    *,
    witnesses: Sequence[Vkey] = (),
    sealed: SealedCheck | None = None,
    evidence: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> Audit:
    """Checks a whole store against its log.

    ``key`` is the log's public key, ``witnesses`` are those of the witnesses that cosigned; ``sealed`` looks into
    sealed values; ``evidence`` is the folder of its files; ``progress`` is told the entries done.
    """
    report, started = Audit(), time.perf_counter()
    collecting = gc.isenabled()
    gc.disable()  # nothing here makes cycles, and the collector would walk every page of rows again and again
    try:
        _LogCheck(store, key, witnesses, report).run()
        access = AccessJournal(store, key.name)
        report.access = len(access.rows)
        _claims(store, ClaimAudit(key.name, report, access, sealed, evidence), progress)
    except Untrue as error:
        report.fault = error.fault
    except IntegrityFailure as error:
        report.fault = Fault(error.code, "log", error.message)
    finally:
        if collecting:
            gc.enable()
    report.seconds = time.perf_counter() - started
    return report


# -- the log ---------------------------------------------------------------------------------------------------------


class _LogCheck:
    """The log in its own order."""

    def __init__(self, store: Store, key: Vkey, witnesses: Sequence[Vkey], report: Audit) -> None:
        self.store, self.key, self.report = store, key, report
        self.witnesses = {k.name: k for k in witnesses}
        self.edge = Edge()
        self.rows: dict[int, bytes] = {}  #: of every level, the hashes of the tile that is not full yet
        self.last: CheckpointRow | None = None

    def run(self) -> None:
        """Makes the log again from the entries and compares."""
        with self.store.read() as unit:
            log = log_read(unit)
            state, origin = log.state(), log.origin()
        self.report.size = state.size
        for where, name in (("meta", origin), ("log_state", state.origin if state.size else self.key.name)):
            if name != self.key.name:
                raise Untrue("other_log", where, f"this database keeps the log {safe(name)}")
        while self.edge.size < state.size:
            with self.store.read() as unit:
                self._page(log_read(unit), min(self.edge.size + _PAGE, state.size))
        with self.store.read() as unit:
            log = log_read(unit)
            for level, hashes in self.rows.items():
                self._tile(log, level, self.edge.size >> (8 * (level + 1)), hashes)
            now = log.state()
            if now.size == state.size:
                self._end(log, now)

    def _page(self, log: LogRead, end: int) -> None:
        # The bytes are hashed once, where their claim is checked; here it is enough that both say the same hash.
        leaves = log.hashes(self.edge.size, end)
        for wanted, (place, hashed, leaf) in enumerate(leaves, self.edge.size):
            if place != wanted:
                raise Untrue("missing_leaf", f"entry {wanted}", "it has no place in the log any more", wanted)
            if hashed != leaf:
                raise Untrue(
                    "entry_changed", f"entry {place}", "the journal has another hash for it than the log", place
                )
        if len(leaves) != end - self.edge.size:
            place = self.edge.size + len(leaves)
            raise Untrue("missing_leaf", f"entry {place}", "it has no place in the log any more", place)
        done = 0
        while done < len(leaves):
            after = self.last.size if self.last else 0
            following = next(iter(log.checkpoints(after, 1)), None)
            stop = len(leaves) if following is None else min(len(leaves), done + following.size - self.edge.size)
            self._grow(log, [hashed for _, hashed, _ in leaves[done:stop]])
            done = stop
            if following is not None and following.size == self.edge.size:
                self._checkpoint(log, following)

    def _grow(self, log: LogRead, hashes: Sequence[bytes]) -> None:
        first = self.edge.size
        for level, fresh in self.edge.add(hashes).items():
            number = first >> (8 * (level + 1))
            row = self.rows.get(level, b"") + b"".join(fresh)
            while len(row) >= 32 * WIDTH:
                self._tile(log, level, number, row[: 32 * WIDTH])
                row, number = row[32 * WIDTH :], number + 1
            self.rows[level] = row

    def _tile(self, log: LogRead, level: int, number: int, hashes: bytes) -> None:
        found = log.tile(level, number)
        # The last tile may have grown meanwhile.
        if hashes and found[: len(hashes)] != hashes:
            raise Untrue("tile_changed", f"tile {level}/{number}", "it does not hold the hashes of its entries")

    def _checkpoint(self, log: LogRead, row: CheckpointRow) -> None:
        where = f"checkpoint {row.size}"
        if self.edge.root() != row.root:
            raise Untrue("root_mismatch", where, "its root is not that of the entries before it")
        try:
            found = checked(row.note, self.key, where)
        except Untrue:
            found = None
        if found is None:
            raise Untrue("bad_signature", where, "its note is not signed by the log's key")
        if (found.size, found.root) != (row.size, row.root):
            raise Untrue("checkpoint_changed", where, "its note speaks of another tree")
        for line in log.cosignatures(row.size):
            self._cosignature(found, row.note, line, f"cosignature of checkpoint {row.size}")
        self.last = row
        self.report.checkpoints += 1

    def _cosignature(self, found: Checkpoint, note: bytes, line: str, where: str) -> None:
        try:
            given = parse_checkpoint(with_lines(note, [line]), where).signatures[-1]
        except Untrue:
            raise Untrue("bad_signature", where, "it is no signature line") from None
        key = self.witnesses.get(given.name)
        if key is not None and (given.key_id != key.key_id or not key.signed(found.text, given.payload)):
            raise Untrue("bad_signature", where, "it does not fit the checkpoint")

    def _end(self, log: LogRead, state: State) -> None:
        size = self.edge.size
        if state.edge != self.edge.packed():
            raise Untrue("edge_changed", "log_state", "the right edge is not that of the entries")
        if (self.last.size if self.last else 0) != size:
            raise Untrue("missing_checkpoint", f"checkpoint {size}", "the last entries are under no checkpoint")
        if state.signed != self.report.checkpoints:
            raise Untrue("missing_checkpoint", "log_checkpoint",
                         f"{state.signed} were signed, {self.report.checkpoints} are there")  # fmt: skip
        if log.checkpoints(size, 1) or log.leaves(size, size + 1):
            raise Untrue("log_too_short", "log_state", f"there is more of the log than its {size} entries")
        if log.tile_count() != sum(-(-count // WIDTH) for count in tile_widths(size)):
            raise Untrue("tile_changed", "log_tile", f"there are more or fewer tiles than {size} entries make")


# -- the claims ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClaimAudit:
    """What claims are checked with, and the report that counts them."""

    origin: str
    report: Audit
    access: AccessJournal
    sealed: SealedCheck | None = None
    evidence: Path | None = None
    shapes: Shapes = field(default_factory=Shapes)  #: forms of entries that were met before

    def check(self, rows: ClaimRows) -> None:
        """Untrue at the first thing of this claim that does not check out."""
        _Claim(rows, self).check()


def _claims(store: Store, one: ClaimAudit, progress: Callable[[int], None] | None) -> None:
    after, report = "", one.report
    while True:
        with store.read() as unit:
            page = claim_rows(unit, after, _CLAIMS)
        for rows in page:
            one.check(rows)
        if progress is not None and page:
            progress(report.entries)
        if len(page) < _CLAIMS:
            break
        after = page[-1].claim
    with store.read() as unit:
        for what, which in astray(unit):
            raise Untrue("astray", f"{what} {safe(which)}", "a row that belongs to nothing")
    report.access, report.anchored = len(one.access.rows), one.access.anchored


class _Claim:
    """One claim: its entries, and what the tables tell of it."""

    def __init__(self, rows: ClaimRows, told: ClaimAudit) -> None:
        self.rows, self.origin, self.report, self.sealed = rows, told.origin, told.report, told.sealed
        self.evidence, self.shapes, self.access = told.evidence, told.shapes, told.access
        self.second = SecondPersons()
        self.seqs: dict[str, int] = {}
        self.transfers: list[TransferRow] = []
        self.decisions: list[DecisionRow] = []
        self.notices: dict[str, dict[str, Any]] = {}
        self.commitments: dict[int, list[dict[str, str]]] = {}
        self.erasures: list[ErasureRow] = []
        self.erased: set[str] = set()  #: letters whose text an erasure took

    def check(self) -> None:
        """Untrue at the first thing that does not check out."""
        rows = self.rows
        case: Case | None = None
        head: str | None = None
        at, place = "", -1
        for seq, logged in enumerate(rows.entries, 1):
            body = self._entry(logged, seq, head, at, place)
            row = logged.row
            head, at = row.leaf.hex(), row.at
            place = place if logged.place is None else logged.place
            try:
                case = fold(case, body, head)
                self._tells(body, seq, case.currency)
            except (KeyError, IndexError, TypeError, ValueError, AttributeError):
                raise Untrue(
                    "entry_meaningless", self._where(seq), "it cannot be folded into a case", logged.place
                ) from None
            self.seqs[row.id] = seq
            if "access_journal" in body:
                self.access.check_named(body["access_journal"], self._where(seq), logged.place)
        self.report.entries += len(rows.entries)
        self.report.claims += 1
        self._case(case)
        self._beside()
        if case is not None:
            check_ledger(rows, case, self.transfers, self.seqs)
            check_clocks(rows, case)
            if self.evidence is not None:
                self.report.evidence += check_evidence(rows, case, self.evidence)

    def _where(self, seq: int) -> str:
        return f"claim {self.rows.claim}, entry {seq}"

    def _entry(self, logged: Logged, seq: int, head: str | None, at: str, before: int) -> dict[str, Any]:
        row, place, hashed, waits = logged
        data, leaf = row.data, row.leaf
        if _sha256(b"\x00" + data).digest() != leaf or (hashed is not None and hashed != leaf):
            raise Untrue("entry_changed", self._where(seq), "its bytes do not have its hash", place)
        try:
            body = self.shapes.body(data.decode(), orjson.loads)
        except ValueError as error:
            message = f"it is not a canonical entry: {safe(error)}"
            raise Untrue("bad_entry", self._where(seq), message, place) from None
        try:
            same = (
                body["id"] == row.id and body["claim"] == row.claim and body["seq"] == row.seq and body["at"] == row.at
                and body["verb"] == row.verb and body["type"] == row.type and body["actor"]["id"] == row.actor
            )  # fmt: skip
        except (KeyError, TypeError):
            same = False
        if not same:
            raise Untrue("columns_differ", self._where(seq), "its columns are not what its bytes say", place)
        if row.seq != seq or body["prev"] != head:
            raise Untrue("claim_chain", self._where(seq), "it does not follow the entry before", place)
        if row.at < at:
            raise Untrue("time_goes_back", self._where(seq), f"{row.at} after {at}", place)
        if body["log"] != self.origin:
            raise Untrue("other_log", self._where(seq), "it belongs to another log", place)
        if place is None:
            if not waits:
                raise Untrue("not_logged", self._where(seq), "it has no place in the log and does not wait for one")
            self.report.waiting += 1
        elif waits:
            raise Untrue("logged_twice", self._where(seq), "it has a place in the log and waits for another", place)
        elif place <= before:
            message = "it stands in the log before an earlier entry of its claim"
            raise Untrue("log_order", self._where(seq), message, place)
        return body

    def _tells(self, body: dict[str, Any], seq: int, currency: str) -> None:
        """What the tables should hold because of this entry."""
        if "money" in body:
            self.transfers += [_transfer(move, body) for move in body["money"]]
        if "decision" in body:
            self.decisions.append(_decision(body["decision"], body))
        if "notices" in body:
            for op in body["notices"]:
                if op["op"] == "queued":
                    self.notices[op["id"]] = {"kind": op["kind"], "party": op["party"], "at": body["at"]}
                elif op["id"] in self.notices:
                    self.notices[op["id"]] |= {"given": op["at"], "channel": op["channel"], "sha256": op["sha256"]}
        if "pii" in body:
            self.commitments[seq] = body["pii"]
        if body["type"] in _OF_SECOND or "second" in body or "break_glass" in body:
            self.second.tells(body, currency)
        if "redaction" in body:
            gone = body["redaction"]
            second = body.get("second") or f"{body['actor']['id']}:second"
            self.erasures.append(
                ErasureRow(body["id"], body["claim"], seq, body["actor"]["id"], second, gone["basis"], body["at"])
            )
            self.erased.update(gone["letters"])

    def _case(self, folded: Case | None) -> None:
        where = f"claim {self.rows.claim}"
        if folded is None:
            raise Untrue("no_entries", where, "it has no entries")
        if not is_kept(self.rows.kept, folded):
            kept = case_of(self.rows.kept)
            names = [n for n in Case.__dataclass_fields__ if getattr(folded, n) != getattr(kept, n, None)]
            raise Untrue("case_differs", where, f"it is not what its entries make: {', '.join(names)}")
        programme = registry.programme(folded.programme)
        columns = {**programme.summary(folded), "outcome": programme.outcome(folded)}
        wanted, row = case_row(folded, columns, None), self.rows.row
        if wanted == row:
            return
        for name in CaseRow._fields:
            if getattr(wanted, name) != getattr(row, name):
                raise Untrue("case_differs", where, f"its column {name} is not what its entries make")

    def _beside(self) -> None:
        rows = self.rows
        same_rows("transfer", rows.claim, self.transfers, rows.transfers)
        same_rows("decision", rows.claim, self.decisions, rows.decisions)
        told = dict(self.notices)
        for notice in rows.notices:
            wanted = told.pop(notice.id, None)
            wrong = _wrong_letter(notice, wanted, erased=notice.id in self.erased)
            if wrong is not None:
                raise Untrue(wrong[0], f"claim {rows.claim}, notice {safe(notice.id)}", wrong[1])
        for missing in told:
            raise Untrue("row_missing", f"claim {rows.claim}, notice {missing}", "it is not in its table any more")
        self.second.check(rows, self.access)
        self._sealed()
        if self.sealed is not None:
            for row in rows.sealed:
                wrong = list(self.sealed(row, self.commitments.get(row.seq, [])))
                if wrong:
                    where = f"claim {rows.claim}, sealed values of entry {row.seq}"
                    raise Untrue("sealed_differ", where, f"not what was committed to: {', '.join(wrong)}")

    def _sealed(self) -> None:
        """Sealed values went by erasures on record, and by nothing else."""
        rows = self.rows
        if self.erasures != rows.erasures:
            raise Untrue("row_differs", f"claim {rows.claim}, erasures", "they are not those its entries tell")
        last = self.erasures[-1].seq if self.erasures else 0
        kept = {row.seq: row.subject for row in rows.sealed}
        for seq, told in self.commitments.items():
            where = f"claim {rows.claim}, sealed values of entry {seq}"
            if seq not in kept and seq >= last:
                raise Untrue("row_missing", where, "they are gone, and no erasure took them")
            if seq in kept and seq < last:
                raise Untrue("row_not_told", where, "they are there, although they were erased")
            if seq in kept and any(c["subject"] != kept[seq] for c in told):
                raise Untrue("row_differs", where, "they are of another subject than their entry says")
        for seq in kept.keys() - self.commitments.keys():
            raise Untrue("row_not_told", f"claim {rows.claim}, sealed values of entry {seq}", "no entry speaks of them")


def _wrong_letter(notice: NoticeRow, wanted: dict[str, Any] | None, *, erased: bool) -> tuple[str, str] | None:
    """(code, message) of a letter that is not as its entries tell."""
    if wanted is None:
        return "row_not_told", "no entry speaks of it"
    if (notice.kind, notice.party, notice.at) != (wanted["kind"], wanted["party"], wanted["at"]):
        return "row_differs", "it is not what its entry says"
    given = (wanted.get("given"), wanted.get("channel"), wanted.get("sha256"))
    status = "queued" if given[0] is None else "handed_over"
    kept = None if notice.body is None else sha256_text(notice.body.encode())
    if erased and (notice.subject, notice.body) == (None, ""):
        kept = given[2]  # the text is gone for good; its digest stays in the record
    if (notice.handed_over_at, notice.channel, notice.sha256) != given or (kept, notice.status) != (given[2], status):
        return "row_differs", "it is not the letter that was handed over"
    return None


def _transfer(move: dict[str, Any], body: dict[str, Any]) -> TransferRow:
    return TransferRow(
        move["id"], body["claim"], move["kind"], move.get("obligation"), move["debit"], move["credit"], move["amount"],
        move["currency"], move.get("pending"), move.get("reverses"), body["id"], body["at"],
    )  # fmt: skip


def _decision(made: dict[str, Any], body: dict[str, Any]) -> DecisionRow:
    readings = " ".join(sorted({r for reason in made["reasons"] for r in reason.get("readings", ())}))
    return DecisionRow(
        made["id"], body["claim"], body["id"], made["kind"], made["outcome"], bool(made.get("exempt")),
        made["rulebook"], readings, body["at"],
    )  # fmt: skip
