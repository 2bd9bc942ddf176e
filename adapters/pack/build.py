"""Builds an audit pack: each claim and its seller's file, registers, rulebooks, lifecycles, proofs and the manifest.

Decision: one claim at a time goes into the archive, so that memory does not grow with the pack. What lies under the
log's latest checkpoint is proved by it; what was written since is listed as waiting. The manifest is signed with the
log's key where it is at hand, under a first line of its own, so that it can never be taken for a checkpoint.
Authority: trust notes 2.2 and 6, UX notes 9.2. Left out: the pieces of evidence themselves, which stay with the host.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import IO, TYPE_CHECKING, Any

from ...states.errors import ConfigError, IntegrityFailure, NotFound
from ...workflow import registry
from ...workflow.engine import seller_file_id
from ...workflow.explain import timeline
from ...workflow.reports.catalogue import REPORTS
from ...workflow.reports.shape import Asked, Record
from ...workflow.rulebook import Version, resolve
from ..reports.footer import AsOf, Made
from ..reports.reading import record_of, with_office
from ..reports.tables import CsvTable, safe_cell
from ..tlog.forms import proof_file
from ..tlog.prove import Tree
from ..tlog.rows import ClaimRows, claim_rows
from ..tlog.signing import with_lines
from ..tlog.units import log_read
from .claimfile import Standing, claim_file, decisions_of, evidence_of, json_bytes
from .pages import claim_page, columns_page, cover_page

if TYPE_CHECKING:
    from ..desk import ClaimDesk
    from .pdf import Press

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}\Z", re.ASCII)
FIRST_LINE = "claimdesk audit pack v1"

HOW = """python3 verify.py                       checks everything in this pack; needs Python 3.11 and nothing else
python3 verify.py --key KEYFILE         the same, with the log's public key from somewhere else than this pack
python3 verify.py --held CHECKPOINT     also: the log continues a checkpoint that you kept

Take verify.py itself from a place you trust (it comes with claimdesk as adapters/pack/verify.py), and the key from
whoever runs the log. events.jsonl holds the exact bytes of the journal, one entry a line; each line's proof is in
proofs/ in the form of c2sp.org/tlog-proof. What each column of a register means stands in registers/README.html.
"""


@dataclass(frozen=True, slots=True)
class Asking:
    """What a pack is asked for. ``how`` says in words how the claims were chosen."""

    claims: Sequence[str]
    by: str
    how: Mapping[str, Any]
    lang: str = "en"
    at: str | None = None  #: a past view, UTC text
    press: Press | None = None  #: makes the PDFs; None: pages only
    personal: Callable[[str], Mapping[str, Any]] | None = None  #: the personal values of a claim, where permitted
    sign: bool = True


@dataclass(slots=True)
class Built:
    """What was built."""

    claims: int = 0
    files: int = 0
    waiting: int = 0  #: entries that are not under the checkpoint
    signed: bool = False
    manifest_sha256: str = ""


@dataclass(slots=True)
class _Log:
    """The checkpoint of the pack, and the tree its proofs come from."""

    state: AsOf
    note: bytes | None = None
    tree: Tree | None = None


class _Archive:
    """Files into a zip, always the same bytes for the same content."""

    def __init__(self, target: IO[bytes]) -> None:
        self.zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)
        self.files: dict[str, dict[str, Any]] = {}

    def put(self, name: str, data: bytes, *, listed: bool = True) -> None:
        """Adds a file."""
        about = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        about.compress_type, about.external_attr, about.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
        self.zip.writestr(about, data)
        if listed:
            self.files[name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


def folder_of(case_id: str) -> str:
    """The folder of a case; an id that is no safe file name is written as its digest."""
    return case_id if _PLAIN.match(case_id) else "SLR-" + hashlib.sha256(case_id.encode()).hexdigest()[:20]


def rulebook_file(ref: str) -> str:
    """The file of a rulebook version."""
    return "rulebooks/" + re.sub(r"[^A-Za-z0-9@._-]", "_", ref)[:120] + ".json"


def build(desk: ClaimDesk, asking: Asking, target: IO[bytes], progress: Callable[[int], None] | None = None) -> Built:
    """Writes a pack to ``target``. NotFound when a claim is not on file."""
    pack = _Pack(desk, asking, target)
    try:
        return pack.build(progress)
    finally:
        pack.close()


class _Pack:
    def __init__(self, desk: ClaimDesk, asking: Asking, target: IO[bytes]) -> None:
        self.desk, self.asking, self.archive, self.built = desk, asking, _Archive(target), Built()
        self.log = self._log()
        self.claims: dict[str, dict[str, Any]] = {}
        self.shown: list[dict[str, Any]] = []
        self.waiting: dict[str, list[int]] = {}
        self.rulebooks: dict[str, Version] = {}
        self.programmes: set[str] = set()
        self.open: dict[str, tuple[CsvTable, IO[bytes]]] = {}

    def build(self, progress: Callable[[int], None] | None) -> Built:
        """All of it, in the order of the archive."""
        from claimdesk import __version__

        wanted = sorted(set(self.asking.claims))
        as_of = self._as_of(wanted)
        asked = with_office(self.desk.store, Asked(as_of=as_of, claims=frozenset(wanted)), at=self.asking.at)
        made = Made(__version__, as_of, self.asking.by, self.log.state)
        for report in REPORTS.values():
            file = tempfile.TemporaryFile()  # noqa: SIM115  # closed when its register is in the archive
            self.open[report.id] = CsvTable(report, asked, made, file.write), file
        sellers: set[str] = set()
        for done, claim in enumerate(wanted, 1):
            record = self._claim(claim, as_of)
            if record.case.seller and record.case.programme != registry.SELLER_FILE:
                sellers.add(seller_file_id(record.case.seller))
            if progress is not None:
                progress(done)
        for name in sorted(sellers - set(wanted)):
            if self._rows(name) is not None:
                self._claim(name, as_of)
        registers = self._registers()
        self._rules()
        self._rest(registers, made)
        return self.built

    def close(self) -> None:
        """Lets go of everything, also of a pack that came to nothing."""
        for _, file in self.open.values():
            file.close()
        self.archive.zip.close()

    # -- reading -----------------------------------------------------------------------------------------------------

    def _log(self) -> _Log:
        """The latest checkpoint, and the tiles below it; nothing is signed or sequenced for a pack."""
        store = self.desk.store

        def tile(level: int, number: int) -> bytes:
            with store.read() as unit:
                return log_read(unit).tile(level, number)

        with store.read() as unit:
            log = log_read(unit)
            origin, last, waiting = log.origin(), log.checkpoint(), log.waiting_count()
            lines = [] if last is None else log.cosignatures(last.size)
        if last is None:
            return _Log(AsOf(origin, waiting=waiting))
        state = AsOf(origin, last.size, last.root.hex(), last.signed_at, waiting)
        return _Log(state, with_lines(last.note, lines), Tree(last.size, tile))

    def _rows(self, claim: str) -> ClaimRows | None:
        # The greatest text before the id: what is read next after it is the case itself.
        before = claim[:-1] + chr(ord(claim[-1]) - 1) + "\U0010ffff"
        with self.desk.store.read() as unit:
            found = claim_rows(unit, before, 1)
        return found[0] if found and found[0].claim == claim else None

    def _as_of(self, wanted: Sequence[str]) -> str:
        """The instant at which clocks and ages are looked at: of the checkpoint, or of the last step of the claims."""
        if self.asking.at is not None:
            return self.asking.at
        with self.desk.store.read() as unit:
            known = unit.cases(list(wanted))
        for claim in wanted:
            if claim not in known:
                raise NotFound("unknown_claim", "there is no such claim", claim=claim,
                               hint="claimdesk list shows what is on file")  # fmt: skip
        return max([self.log.state.signed_at or "", *(case.updated_at for case in known.values())])

    # -- one claim ---------------------------------------------------------------------------------------------------

    def _claim(self, claim: str, as_of: str) -> Record:
        rows = self._rows(claim)
        record = None if rows is None else record_of(rows, self.asking.at)
        if rows is None or record is None:
            raise NotFound("unknown_claim", "there is no such claim, or not yet then", claim=claim)
        folder = folder_of(claim)
        covered, waiting = self._proofs(rows, record, folder)
        put = self._putter(folder)
        put("events.jsonl", b"".join(logged.row.data + b"\n" for logged in rows.entries[: len(record.entries)]))
        standing = Standing(self.log.state.origin, self.log.state.size, self.log.state.root, covered)
        file = claim_file(record, standing, as_of, self.asking.lang)
        put("claim-file.html", claim_page(file))
        if self.asking.press is not None:
            put("claim-file.pdf", self.asking.press.claim_pdf(file))
        put("decisions.json", json_bytes(decisions_of(record.entries)))
        put("timeline.csv", _table(_timeline(record, self.asking.lang)))
        put("ledger.csv", _table(_ledger(record)))
        put("evidence.csv", _table([("evidence", "digest", "received_at"), *evidence_of(record)]))
        for letter in record.notices:
            if letter.status == "handed_over" and letter.body:  # an erased letter has none
                put(f"notices/{letter.id}.txt", letter.body.encode())
        if self.asking.personal is not None and record.case.programme != registry.SELLER_FILE:
            put("personal.json", json_bytes(self.asking.personal(claim)))
        for table, _ in self.open.values():
            table.take(record)
        self._met(record)
        self.claims[claim] = {"folder": folder, "entries": len(record.entries), "head": record.case.head}
        self.shown.append({"claim": claim, "programme": record.case.programme, "state": record.case.state,
                           "entries": len(record.entries), "folder": folder,
                           "pdf": self.asking.press is not None})  # fmt: skip
        if waiting:
            self.waiting[claim] = waiting
        self.built.claims += 1
        self.built.waiting += len(waiting)
        return record

    def _putter(self, folder: str) -> Callable[[str, bytes], None]:
        return lambda name, data: self.archive.put(f"claims/{folder}/{name}", data)

    def _proofs(self, rows: ClaimRows, record: Record, folder: str) -> tuple[int, list[int]]:
        """(how many entries are under the checkpoint, the numbers of those that are not)."""
        covered, waiting = 0, list[int]()
        for seq, logged in enumerate(rows.entries[: len(record.entries)], 1):
            tree, note = self.log.tree, self.log.note
            if tree is None or note is None or logged.place is None or logged.place >= tree.size:
                waiting.append(seq)
                continue
            try:
                hashes = tree.inclusion(logged.place)
            except ValueError:
                raise IntegrityFailure("log_unsound", "the database's own log is not sound: its tiles are not complete",
                                       hint="claimdesk audit says what else is wrong") from None  # fmt: skip
            self.archive.put(f"claims/{folder}/proofs/{seq:04d}.tlog-proof", proof_file(logged.place, hashes, note))
            covered += 1
        return covered, waiting

    def _met(self, record: Record) -> None:
        self.programmes.add(record.case.programme)
        for ref in [record.case.rulebook, *(e["decision"]["rulebook"] for e in record.entries if "decision" in e)]:
            if ref not in self.rulebooks:
                self.rulebooks[ref] = resolve(ref)

    # -- the rest ----------------------------------------------------------------------------------------------------

    def _registers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for name, (table, file) in self.open.items():
            came = table.finish()
            file.seek(0)
            self.archive.put(f"registers/{name}.csv", file.read())
            file.close()
            report = REPORTS[name]
            about = {"question": report.question, "finding": report.finding, "dated_by": report.dated_by}
            rows = {"rows": came.foot["rows"], "findings": came.found}
            found.append({"name": name, **about, **rows, "columns": report.columns})
        self.archive.put("registers/README.html", columns_page(found))
        return found

    def _rules(self) -> None:
        for ref, version in sorted(self.rulebooks.items()):
            self.archive.put(rulebook_file(ref), json_bytes(rulebook_json(version)))
        for name in sorted(self.programmes):
            self.archive.put(f"lifecycles/{name}.json", json_bytes(lifecycle_json(name)))

    def _rest(self, registers: list[dict[str, Any]], made: Made) -> None:
        put = self.archive.put
        put("verify.py", (files("claimdesk.adapters.pack") / "verify.py").read_bytes().replace(b"\r\n", b"\n"))
        put("README.txt", HOW.encode())
        key = None
        if self.log.note is not None:
            put("checkpoint", self.log.note)
            key = self._key()
        if key is not None:
            put("log.vkey", f"{key.key}\n".encode())
        state = self.log.state.to_dict()
        cover = {
            "asked for by": self.asking.by, "chosen": ", ".join(f"{k} {v}" for k, v in self.asking.how.items()),
            "as of": made.at, "claims": str(len(self.asking.claims)), "files of sellers beside them":
            str(self.built.claims - len(set(self.asking.claims))), "rulebooks": ", ".join(sorted(self.rulebooks)),
            "log": f"{state['origin']}, checkpoint {state['checkpoint']}", "entries not under it": self.built.waiting,
            "findings in the registers": sum(row["findings"] for row in registers),
            "personal data": "yes" if self.asking.personal else "no", "code": f"claimdesk {made.version}",
        }  # fmt: skip
        put("index.html", cover_page(cover=cover.items(), claims=self.shown, registers=registers, how=HOW))
        manifest = json_bytes({
            "pack": 1, "code": f"claimdesk {made.version}", "as_of": made.at, "asked_by": self.asking.by,
            "chosen": dict(self.asking.how), "past_view": self.asking.at, "lang": self.asking.lang, "log": state,
            "personal": self.asking.personal is not None, "pdf": self.asking.press is not None,
            "claims": self.claims, "waiting": self.waiting, "signed": key is not None, "files": self.archive.files,
        })  # fmt: skip
        self.built.manifest_sha256 = hashlib.sha256(manifest).hexdigest()
        put("manifest.json", manifest, listed=False)
        if key is not None:
            text = f"{FIRST_LINE}\n{key.key.name}\n{self.built.manifest_sha256}\n"
            put("manifest.note", f"{text}\n{key.line(text.encode())}\n".encode(), listed=False)
        self.archive.zip.close()
        self.built.files, self.built.signed = len(self.archive.files), key is not None

    def _key(self) -> Any:
        """The log's signer, where its key is at hand; an auditor need not have it."""
        if not self.asking.sign:
            return None
        try:
            return self.desk.log.signer
        except ConfigError:
            return None


def rulebook_json(version: Version) -> dict[str, Any]:
    """A version with everything its digest covers, in the digest's own order, and its register of readings."""
    return {
        "ref": version.ref, "currency": version.currency, "zone": version.zone, "since": version.since.isoformat(),
        "sha256": version.sha256,
        "values": [[p.name, p.kind, p.value, p.since.isoformat(), p.source, p.confidence.value]
                   for p in version.values.values()],
        "readings": [{"id": r.id, "question": r.question, "chosen": r.chosen, "other": r.other, "by": r.by,
                      "on": r.on.isoformat(), "sources": list(r.sources)} for r in version.readings.values()],
    }  # fmt: skip


def lifecycle_json(programme: str) -> dict[str, Any]:
    """The table of a programme's lifecycle."""
    found = registry.programme(programme).lifecycle
    return {
        "programme": programme, "initial": found.initial, "ends": sorted(found.ends),
        "states": [{"state": s.name, "waits_for": s.waits_for} for s in found.states],
        "rows": [{"state": r.state, "trigger": r.trigger, "to": r.to, "verb": r.verb, "meaning": r.meaning}
                 for r in found.rows],
    }  # fmt: skip


def _table(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([safe_cell(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in row])
    return text.getvalue().encode("utf-8", "backslashreplace")


def _timeline(record: Record, lang: str) -> Iterator[Sequence[object]]:
    yield "seq", "entry", "at", "recorded_at", "what", "by", "manual", "head"
    for row, entry, head in zip(timeline(record.entries, lang), record.entries, record.heads, strict=True):
        what = "; ".join([row.what, *row.details])
        manual = "yes" if row.manual else "no"
        yield row.seq, entry["id"], entry["at"], entry.get("recorded", entry["at"]), what, row.by, manual, head


def _ledger(record: Record) -> Iterator[Sequence[object]]:
    yield ("transfer", "at", "kind", "debit", "credit", "amount_minor", "currency", "obligation", "pending", "reverses",
           "entry")  # fmt: skip
    for r in record.transfers:
        yield (r.id, r.at, r.kind, r.debit, r.credit, r.amount, r.currency, r.obligation, r.pending, r.reverses,
               r.entry)  # fmt: skip
