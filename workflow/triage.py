"""Triage of a file: every line filed, screened and decided, in batches, each batch one transaction.

The same plan as a single command, line by line; only the write is shared. A bad line never stops the file and is
never lost: read = created + unchanged + duplicate + rejected. A line is known again by its source and source id
(or, without them, by its content), so running a file twice, or again after a crash, creates nothing twice.
Everything happens at the instant of filing (``filed_at``), so a backlog is decided by the rules of its day.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from ..states.case import Case
from ..states.codes import ReasonCode
from ..states.errors import ClaimdeskError, IdempotencyMismatch, InputError, StaleVersion
from ..states.money import to_text
from ..states.times import parse_instant
from . import registry
from .desk import Desk
from .engine import Session, seller_file_id
from .explain import reason_json
from .lines import Line
from .plan import Command, Refusal
from .ports import SourceRow
from .reasons import Reason
from .rulebook import resolve

_TRIES = 8
_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode
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
    """One result a line, in input order; see the contract's section 5 for its keys (and ``status``)."""
    desk.permit(desk.actor, "file", "record_screening")
    source = iter(lines)
    while chunk := list(islice(source, batch)):
        yield from _batch(desk, chunk, run_id, dry_run)


def _batch(desk: Desk, lines: list[Line], run_id: str, dry_run: bool) -> list[dict[str, Any]]:
    now = desk.clock()
    prepared = [_prepare(desk, line, now) for line in lines]
    for attempt in range(_TRIES):
        try:
            return _write(desk, prepared, run_id, dry_run)
        except StaleVersion:
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _prepare(desk: Desk, line: Line, now: datetime) -> _Ready | dict[str, Any]:
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
        digest = desk.settings.digests.of(_encode(line.fields).encode("utf-8", "replace"))
        told = (command.payload.get("source"), command.payload.get("source_id"))
        key = f"{told[0] or ''}\x1f{told[1]}" if told[1] else f"content:{digest}"
        return _Ready(line, key, digest, command, seller, verdict)
    except ClaimdeskError as error:
        return _rejected(line, error)


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
        groups = [_group(p) for p in ready]
        session.unit.lock(sorted({f"incident:{g[0]}:{g[1]}" for g in groups if g}))
        sellers = [seller_file_id(p.command.payload["seller"]) for p in ready if p.command.payload.get("seller")]
        session.prefetch(sellers, [g for g in groups if g])
        known = session.unit.sources([p.key for p in ready])
        session.prefetch([row.claim for row in known.values()], ())
        return [p if isinstance(p, dict) else _line(desk, session, p, known, run_id) for p in prepared]


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
        session.back_to(mark)
        return _rejected(ready.line, error)
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
    entries = [json.loads(e.data) for e in session.unit.entries(row.claim)]
    return _result(session, ready.line, "duplicate" if row.run == run_id else "unchanged", case, _decisions(entries))


def _decisions(bodies: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [b["decision"] for b in bodies if "decision" in b and b["decision"]["kind"] in _KINDS]


def _result(session: Session, line: Line, status: str, case: Case, decisions: list[dict[str, Any]]) -> dict[str, Any]:
    shown = session.shown(case)
    version = resolve(case.rulebook)
    reasons = [Reason.from_entry(r) for r in decisions[-1]["reasons"]] if decisions else []
    if not reasons:
        reasons = [Reason(ReasonCode.AWAITING_SCREENING, "screening.verdict", "none", None)]
    ordered = sorted(reasons, key=_decisive)
    return {
        "line": line.number,
        "status": status,
        "claim": case.id,
        "state": case.state,
        "outcome": shown["outcome"],
        "eligible_amount": shown["eligible_amount"],
        "paid_by_amazon": shown["paid_by_amazon"],
        "recovery": {"status": shown["recovery"]["status"], "amount": shown["recovery"]["amount"]},
        "reasons": [reason_json(r, version) for r in ordered],
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


def _decisive(reason: Reason) -> int:
    """The reason a reader looks for first: what failed, then what is unknown, then the line, then the rest."""
    if reason.result is False:
        return 0
    if reason.result is None:
        return 1
    return 2 if reason.rule in ("small_claim.limit", "routing.sold_by") else 3


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
