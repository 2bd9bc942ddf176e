"""Triage of a file: every line filed, screened and decided, in batches, each batch one transaction.

The same plan as a single command, line by line; only the write is shared. A bad line never stops the file and is
never lost: read = created + unchanged + duplicate + rejected. A line is known again by its source and source id
(or, without them, by its content), so running a file twice, or again after a crash, creates nothing twice.
Everything happens at the instant of filing (``filed_at``), so a backlog is decided by the rules of its day.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import orjson

from ..states.case import Case
from ..states.codes import ReasonCode
from ..states.errors import ClaimdeskError, IdempotencyMismatch, InputError, StaleVersion, StorageError
from ..states.money import to_text
from ..states.times import parse_instant
from . import places, registry
from .again import again, passes
from .desk import Desk
from .engine import Session, group_of, seller_file_id
from .explain import reason_json
from .lines import Line, parsed
from .plan import Command, Refusal
from .ports import SourceRow
from .reasons import Reason
from .rulebook import resolve
from .speculate import Ahead, AheadLine, Planners, Planning, Watched, case_key, group_key, source_key

#: Batches of a file that are planned here before others are asked: a short file is done before they have started.
_ALONE = 3
#: The same where the others were started before the first line was read.
_READY = 1
#: Which of them tells that the file is not so short, and has the others start meanwhile.
_STARTING = 1
_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
_KINDS = ("routing", "eligibility", "screening", "hold")


@dataclass(slots=True)
class Summary:
    """Counts by status, by outcome (with money per currency) and by error code."""

    read: int = 0
    created: int = 0
    unchanged: int = 0
    duplicate: int = 0
    rejected: int = 0
    outcomes: dict[str, dict[str, Any]] = field(default_factory=lambda: {})
    errors: dict[str, int] = field(default_factory=lambda: {})

    def add(self, result: dict[str, Any]) -> None:
        """Counts one result."""
        self.read += 1
        status = result["status"]
        setattr(self, status, getattr(self, status) + 1)
        if status == "rejected":
            code = result["error"]["code"]
            self.errors[code] = self.errors.get(code, 0) + 1
            return
        if status == "duplicate":
            return
        row = self.outcomes.setdefault(result["outcome"], {"claims": 0, "eligible": {}, "paid": {}})
        row["claims"] += 1
        for name, key in (("eligible", "eligible_amount"), ("paid", "paid_by_amazon")):
            amount, _, currency = result[key].partition(" ")
            row[name][currency] = row[name].get(currency, 0) + _minor(amount)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values; money as text per currency."""

        def shown(sums: dict[str, int]) -> list[str]:
            return [to_text(minor, currency) for currency, minor in sorted(sums.items())]

        return {
            "read": self.read,
            "created": self.created,
            "unchanged": self.unchanged,
            "duplicate": self.duplicate,
            "rejected": self.rejected,
            "errors": dict(sorted(self.errors.items())),
            "outcomes": {
                name: {"claims": row["claims"], "eligible": shown(row["eligible"]), "paid": shown(row["paid"])}
                for name, row in sorted(self.outcomes.items())
            },
        }


def _minor(amount: str) -> int:
    return int(amount.replace(".", ""))


@dataclass(frozen=True, slots=True)
class _Ready:
    """A line that may be filed."""

    line: Line
    key: str
    content: str
    command: Command
    seller: Any
    screening: dict[str, Any] | None


def triage(
    desk: Desk, lines: Iterable[Line], *, run_id: str, batch: int = 500, dry_run: bool = False
) -> Iterator[dict[str, Any]]:
    """One result a line, in input order; see the contract's section 5 for its keys (and ``status``).

    With planners (``Desk.planners``) a long file is planned beside the writing; what is written is the same.
    """
    desk.permit(desk.actor, "file", "record_screening")
    source = iter(lines)
    planners = None if dry_run else desk.planners
    batches = iter(lambda: list(islice(source, batch)), [])
    alone = None if planners is None else _READY if planners.started else _ALONE
    for number, chunk in enumerate(islice(batches, alone)):
        if planners is not None and number == _STARTING:
            planners.start()
        yield from _batch(desk, chunk, run_id, dry_run)
    if planners is not None:
        yield from _beside(desk, batches, planners, run_id)


def _beside(desk: Desk, batches: Iterable[list[Line]], planners: Planners, run_id: str) -> Iterator[dict[str, Any]]:
    """Batches planned elsewhere while earlier ones are written, in input order."""
    under_way: deque[tuple[list[Line], Planning]] = deque()
    for chunk in batches:
        under_way.append((chunk, planners.submit([line for line in chunk if line.error is None], run_id)))
        if len(under_way) > planners.width:
            yield from _taken(desk, *under_way.popleft(), run_id)
            planners.written()
    while under_way:
        yield from _taken(desk, *under_way.popleft(), run_id)


def _taken(desk: Desk, chunk: list[Line], planning: Planning, run_id: str) -> list[dict[str, Any]]:
    try:
        ahead = planning.result()
    except Exception:  # noqa: BLE001  # whatever became of it there, it can be planned here
        return _batch(desk, chunk, run_id, dry_run=False)
    if [was.result["line"] for was in ahead.lines] != [line.number for line in chunk if line.error is None]:
        return _batch(desk, chunk, run_id, dry_run=False)  # the answer to something else: no line may take another's
    try:
        return _settle(desk, chunk, ahead, run_id)
    except (StaleVersion, StorageError) as failed:
        if not passes(failed):
            raise
        return _batch(desk, chunk, run_id, dry_run=False)


def plan_ahead(desk: Desk, lines: Iterable[Line], run_id: str) -> Ahead:
    """A batch planned with nothing written: what each line would come to, and what that hangs on."""
    now = desk.clock()
    prepared = [_prepare(desk, line, now) for line in lines]
    ready = [p for p in prepared if isinstance(p, _Ready)]
    session = Watched(desk)
    known = _known_before(session, ready)
    asked = [p.key for p in ready]
    found = Ahead([], session.versions, session.groups, {k: known[k] for k in asked if k in known}, asked)
    for p in prepared:
        if isinstance(p, dict):
            found.lines.append(AheadLine(p, [], frozenset(), unsure=False))
            continue
        session.begin()
        result = _line(desk, session, p, known, run_id)
        found.lines.append(AheadLine(result, *session.taken(source_key(p.key))))
    return found


def _settle(desk: Desk, chunk: list[Line], ahead: Ahead, run_id: str) -> list[dict[str, Any]]:
    """Takes a planned batch over, in one transaction; a line whose ground has moved is planned anew in its place."""
    results: list[dict[str, Any]] = []
    standing: list[Any] = []
    planned = iter(ahead.lines)
    with desk.writing() as session:
        unit = session.unit
        desk.settings.digests.verify(unit)
        unit.lock(sorted({*(f"incident:{g[0]}:{g[1]}" for g in ahead.groups), *ahead.sellers()}))
        moved = ahead.moved(unit)
        for line in chunk:
            if line.error is not None:
                results.append(_rejected(line, line.error))
                continue
            was = next(planned)
            if not was.unsure and moved.isdisjoint(was.keys):
                session.flush()  # nothing, unless the line before was planned anew
                standing += was.sets
                results.append(was.result)
                continue
            if standing:
                unit.append_ready(standing)
                session.forget()
                standing = []
            results.append(_anew(desk, session, line, run_id))
            moved |= was.keys | _touched(session)
        session.flush()
        if standing:
            unit.append_ready(standing)
    return results


def _anew(desk: Desk, session: Session, line: Line, run_id: str) -> dict[str, Any]:
    prepared = _prepare(desk, line, desk.clock())
    if isinstance(prepared, dict):
        return prepared
    known = _known_before(session, [prepared])
    staged = (row for rows in session.unwritten.values() for row in rows.sources)
    known.update({row.key: row for row in staged})
    return _line(desk, session, prepared, known, run_id)


def _touched(session: Session) -> set[str]:
    """The names of what the session has changed and not written yet."""
    found: set[str] = set()
    for case_id, rows in session.unwritten.items():
        found.add(case_key(case_id))
        found.update(source_key(row.key) for row in rows.sources)
        group = group_of(rows.case)
        if group is not None:
            found.add(group_key(group))
    return found


def _batch(desk: Desk, lines: list[Line], run_id: str, dry_run: bool) -> list[dict[str, Any]]:
    now = desk.clock()
    prepared = [_prepare(desk, line, now) for line in lines]
    return again(lambda: _write(desk, prepared, run_id, dry_run))


def _prepare(desk: Desk, line: Line, now: datetime) -> _Ready | dict[str, Any]:
    line = parsed(line)
    if line.fields is None:
        return _rejected(line, line.error or InputError("not_json", "this line cannot be read"))
    fields = dict(line.fields)
    try:
        programme = fields.pop("programme", "pdpi")
        marketplace = _required(fields, "marketplace")
        filed_at = fields.pop("filed_at", None)
        at = parse_instant(filed_at, "filed_at") if filed_at is not None else now
        seller, screening = fields.pop("seller", None), fields.pop("screening", None)
        if not isinstance(programme, str):
            raise InputError("not_text", "a programme is text", field="programme", hint="for example pdpi")
        command = desk.file_command(programme, marketplace, fields, seller, at)
        verdict = _screening(str(command.programme), screening)
        digest = content_digest(desk, line.fields)
        told = (command.payload.get("source"), command.payload.get("source_id"))
        key = f"{told[0] or ''}\x1f{told[1]}" if told[1] else f"content:{digest}"
        return _Ready(line, key, digest, command, seller, verdict)
    except ClaimdeskError as error:
        return _rejected(line, error)


def content_digest(desk: Desk, fields: dict[str, Any]) -> str:
    """What the fields of a line are known again by, also with a lone surrogate or a very long number in them."""
    try:
        data = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        data = _encode(fields).encode("utf-8", "replace")
    return desk.settings.digests.of(data)


def _required(fields: dict[str, Any], name: str) -> str:
    value = fields.pop(name, None)
    if not isinstance(value, str) or not value:
        raise InputError("missing_field", "a required field is missing", field=name, hint="for example US")
    return value


def _screening(programme: str, told: Any) -> dict[str, Any] | None:
    if told is None:
        return None
    if not isinstance(told, dict):
        raise InputError(
            "not_an_object", "a screening is a mapping", field="screening", hint="screening: {verdict, by}"
        )
    found = registry.programme(programme)
    try:
        canonical, personal = found.validate("record_screening", told, "USD", False)  # pyright: ignore[reportUnknownArgumentType]
    except InputError as error:
        error.field = f"screening.{error.field}" if error.field else "screening"
        raise
    return {"payload": canonical, "personal": personal}


def _write(desk: Desk, prepared: list[_Ready | dict[str, Any]], run_id: str, dry_run: bool) -> list[dict[str, Any]]:
    ready = [p for p in prepared if isinstance(p, _Ready)]
    with desk.writing(dry_run) as session:
        desk.settings.digests.verify(session.unit)
        keys = {f"incident:{g[0]}:{g[1]}" for g in map(_group, ready) if g}
        session.unit.lock(sorted(keys.union(*map(_sellers, ready))))
        known = _known_before(session, ready)
        return [p if isinstance(p, dict) else _line(desk, session, p, known, run_id) for p in prepared]


def _known_before(session: Session, ready: Iterable[_Ready]) -> dict[str, SourceRow]:
    """The lines that were filed before; what all of them look at is read at once."""
    ready = list(ready)
    sellers = [seller_file_id(p.command.payload["seller"]) for p in ready if p.command.payload.get("seller")]
    session.prefetch(sellers, [g for g in map(_group, ready) if g])
    known = session.unit.sources([p.key for p in ready])
    session.prefetch([row.claim for row in known.values()], ())
    return known


def _sellers(ready: _Ready) -> list[str]:
    """The seller whose other claims the rules of a line read: nobody else may file one of them meanwhile."""
    command, seller = ready.command, ready.command.payload.get("seller")
    reads = command.verb in registry.programme(str(command.programme)).reads_others
    return [seller_file_id(seller)] if seller and reads else []


def _group(ready: _Ready) -> tuple[str, str] | None:
    payload = ready.command.payload
    incident = payload.get("incident_on")
    return (payload["order"]["id"], incident) if incident and incident != "unknown" and "order" in payload else None


def _line(desk: Desk, session: Session, ready: _Ready, known: dict[str, SourceRow], run_id: str) -> dict[str, Any]:
    row = known.get(ready.key)
    if row is not None:
        return _known(session, ready, row, run_id)
    mark = session.mark()
    try:
        done = desk.file_in(session, ready.command, ready.seller)
        decisions = _decisions(done.made.bodies if done.made else ())
        case = done.case
        if ready.screening is not None and case.state == case_initial(case):
            command = Command(
                "record_screening",
                ready.screening["payload"],
                ready.command.actor,
                ready.command.at,
                claim=case.id,
                personal=ready.screening["personal"],
            )
            screened = session.execute(command)
            if not isinstance(screened, Refusal):
                case = screened.case
                decisions += _decisions(screened.made.bodies if screened.made else ())
    except ClaimdeskError as error:
        if error.retryable:
            raise  # the store, not the line
        session.back_to(mark)
        return _rejected(ready.line, error)
    case = session.case(case.id) or case  # as it will be kept: its outside view is made once
    made = SourceRow(ready.key, ready.content, case.id, run_id)
    session.keep_source(case.id, made)
    known[ready.key] = made
    return _result(session, ready.line, "created", case, decisions)


def case_initial(case: Case) -> str:
    """The state a new case of this programme starts in."""
    return registry.programme(case.programme).lifecycle.initial


def _known(session: Session, ready: _Ready, row: SourceRow, run_id: str) -> dict[str, Any]:
    if row.content != ready.content:
        return _rejected(
            ready.line,
            IdempotencyMismatch(
                "idempotency_mismatch",
                "this source id was filed before with other content",
                claim=row.claim,
                field="source_id",
                hint="amend the claim, or give the line a source id of its own",
            ),
        )
    case = session.case(row.claim)
    if case is None:
        return _rejected(ready.line, InputError("unknown_claim", "the claim of this line is gone", claim=row.claim))
    entries = [json.loads(e.data) for e in session.entries(row.claim)]
    return _result(session, ready.line, "duplicate" if row.run == run_id else "unchanged", case, _decisions(entries))


def _decisions(bodies: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [b["decision"] for b in bodies if "decision" in b and b["decision"]["kind"] in _KINDS]


def _result(session: Session, line: Line, status: str, case: Case, decisions: list[dict[str, Any]]) -> dict[str, Any]:
    shown = session.shown(case)
    version = resolve(case.rulebook)
    reasons: list[dict[str, Any]] = decisions[-1]["reasons"] if decisions else []
    ordered = sorted(reasons or [_AWAITING], key=_decisive)
    return {
        "line": line.number,
        "status": status,
        "claim": case.id,
        "state": case.state,
        "outcome": shown["outcome"],
        "eligible_amount": shown["eligible_amount"],
        "paid_by_amazon": shown["paid_by_amazon"],
        "recovery": {"status": shown["recovery"]["status"], "amount": shown["recovery"]["amount"]},
        "reasons": [dict(_shown(_frozen(r), version.ref)) for r in ordered],
        "rulebook": version.ref,
        "rulebook_sha256": version.sha256,
        **_redirected(case),
    }


def _redirected(case: Case) -> dict[str, Any]:
    """Under which programme the line was told, where it belongs and why; nothing for a line that was told right."""
    told = case.facts.get("redirected")
    if told is None:
        return {}
    why = Reason.from_entry(told["reason"])
    shown = reason_json(why, resolve(case.rulebook))
    return {"redirected": {"from": told["from"], "to": case.programme, "reason": shown}}


_AWAITING = Reason(ReasonCode.AWAITING_SCREENING, "screening.verdict", "none", None).to_entry()


def _frozen(reason: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    if "readings" not in reason:  # the only part that is a list
        return tuple(reason.items())
    return tuple([(k, v if k != "readings" else tuple(v)) for k, v in reason.items()])


@places.kept_up_to(2048)
def _shown(reason: tuple[tuple[str, Any], ...], ref: str) -> dict[str, Any]:
    """The wire form of a journalled reason; a bulk file has the same few over and over."""
    return reason_json(Reason.from_entry(dict(reason)), resolve(ref))


def _decisive(reason: dict[str, Any]) -> int:
    """The reason a reader looks for first: what failed, then what is unknown, then the line, then the rest."""
    result = reason["result"]
    if result is False:
        return 0
    if result is None:
        return 1
    return 2 if reason["rule"] in ("small_claim.limit", "routing.sold_by") else 3


def _rejected(line: Line, error: ClaimdeskError) -> dict[str, Any]:
    told = error.to_dict()
    return {
        "line": line.number,
        "status": "rejected",
        "error": {
            "code": told["code"],
            "field": told.get("field"),
            "message": told["message"],
            "hint": told.get("hint", ""),
        },
    }
