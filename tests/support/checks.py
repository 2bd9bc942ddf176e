"""What must hold of every case in a store at every moment, whatever was done to it; each broken rule as a sentence."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from claimdesk.states.case import Case, fold
from claimdesk.states.journal import canonical, profile_faults
from claimdesk.workflow import registry
from claimdesk.workflow.ports import CaseFilter, EntryRow, NoticeRow, ReadUnit, Store, TaskRow, TransferRow

from .desks import KINDS, LATER

#: Steps of the engine that are no step of a lifecycle.
ENGINE = {"hand_over", "send_payment", "ran_out", "clock_missed", "reveal", "redirect", "examined"}


def all_cases(unit: ReadUnit) -> list[Case]:
    found: list[Case] = []
    while True:
        page = unit.list_cases(CaseFilter(after=found[-1].id if found else None, limit=500))
        found += page
        if len(page) < 500:
            return found


def faults(store: Store, canaries: Sequence[str] = (), seen: dict[str, int] | None = None) -> list[str]:
    """Every rule that does not hold. ``seen`` (case, version) spares a second look at a journal that did not grow."""
    with store.read() as unit:
        cases = all_cases(unit)
        waiting = unit.due_tasks(LATER, KINDS, 1_000_000)
        found = [f"balance of {currency} is {total}" for currency, total in sums(unit).items() if total]
        for case in cases:
            known = seen is not None and seen.get(case.id) == case.version
            looks = _of_work(unit, case, waiting) if known else _of_case(unit, case, waiting, canaries)
            found += [f"{case.id} ({case.state}): {fault}" for fault in looks]
            if seen is not None:
                seen[case.id] = case.version
    return found


def assert_sound(store: Store, canaries: Sequence[str] = ()) -> None:
    found = faults(store, canaries)
    assert not found, "\n".join(found)


def sums(unit: ReadUnit) -> dict[str, int]:
    """The ledger's sum per currency: zero, when every transfer has two sides."""
    found: Counter[str] = Counter()
    for _, currency, amount in unit.balances():
        found[currency] += amount
    return dict(found)


def _of_case(unit: ReadUnit, case: Case, waiting: Sequence[TaskRow], canaries: Sequence[str]) -> Iterator[str]:
    rows = unit.entries(case.id)
    yield from chain_faults(case, rows)
    yield from _content_faults(case, rows, canaries)
    transfers = unit.transfers(case.id, limit=100_000)
    yield from money_faults(case, rows, transfers)
    yield from _decision_faults(case, rows, unit.decisions(case.id), transfers)
    yield from _of_work(unit, case, waiting)


def _of_work(unit: ReadUnit, case: Case, waiting: Sequence[TaskRow]) -> Iterator[str]:
    yield from _task_faults(case, [t for t in waiting if t.claim == case.id])
    yield from _notice_faults(case, unit.notices(case.id))


def chain_faults(case: Case, rows: Sequence[EntryRow]) -> Iterator[str]:
    """One unbroken chain of exact bytes whose fold is the stored case."""
    head: str | None = None
    at = ""
    folded: Case | None = None
    for n, row in enumerate(rows, 1):
        body = json.loads(row.data)
        if (row.seq, body["seq"]) != (n, n):
            yield f"entry {n} has number {row.seq} ({body['seq']})"
        if body["prev"] != head:
            yield f"entry {n} does not name the one before"
        if row.leaf != hashlib.sha256(b"\x00" + row.data).digest():
            yield f"entry {n} has another hash"
        if (row.id, row.claim, row.at, row.type, row.verb) != tuple(
            body[k] for k in ("id", "claim", "at", "type", "verb")
        ):
            yield f"entry {n} and its row differ"
        if body["at"] < at:
            yield f"entry {n} is before the one before it"
        if body["at"] > body.get("recorded", body["at"]) and "recorded" not in body:
            yield f"entry {n} lies in the future"
        head, at = row.leaf.hex(), body["at"]
        folded = fold(folded, body, head)
    if folded != case:
        yield f"the fold of the entries differs: {_difference(folded, case)}"
    if case.version != len(rows):
        yield f"version {case.version}, but {len(rows)} entries"


def _difference(folded: Case | None, case: Case) -> str:
    if folded is None:
        return "there are no entries"
    names = [n for n in Case.__dataclass_fields__ if getattr(folded, n) != getattr(case, n)]
    return "; ".join(f"{n}: {getattr(folded, n)!r} from the entries, {getattr(case, n)!r} kept" for n in names)


def _content_faults(case: Case, rows: Sequence[EntryRow], canaries: Sequence[str]) -> Iterator[str]:
    life = registry.programme(case.programme).lifecycle
    state: str | None = None
    for row in rows:
        body = json.loads(row.data)
        if canonical(body) != row.data:
            yield f"entry {row.seq} is not canonical"
        yield from (f"entry {row.seq} out of profile: {fault}" for fault in profile_faults(body))
        if state is not None and body["from"] != state:
            yield f"entry {row.seq} says from {body['from']}, the claim was {state}"
        if state is not None and body["type"] not in ENGINE and life.next(state, body["type"]) != body["to"]:
            yield f"entry {row.seq}: no step {body['type']} from {state} to {body['to']}"
        state = body["to"]
        text = row.data.decode()
        yield from (f"entry {row.seq} holds a personal value: {c}" for c in canaries if c in text)


def money_faults(case: Case, rows: Sequence[EntryRow], transfers: Sequence[TransferRow]) -> Iterator[str]:
    """Paid at most once, within what was authorised; recovered at most what was paid; the case says the same."""
    told = [move["id"] for row in rows for move in json.loads(row.data).get("money", ())]
    if Counter(told) != Counter(t.id for t in transfers):
        yield "the entries and the ledger tell of different transfers"
    by_kind: dict[str, list[TransferRow]] = {}
    for row in transfers:
        by_kind.setdefault(row.kind, []).append(row)
        if row.amount <= 0 or row.debit == row.credit or row.currency != case.currency:
            yield f"transfer {row.id} is ill-formed"
    authorised = {t.id: t for t in by_kind.get("authorize", ())}
    posts, voids = by_kind.get("post", []), by_kind.get("void", [])
    reversed_ids = Counter(t.reverses for t in by_kind.get("reverse", ()))
    resolved = Counter(t.pending for t in [*posts, *voids])
    obligations = Counter(t.obligation for t in authorised.values())
    yield from (f"obligation {n} is authorised {times} times" for n, times in obligations.items() if times > 1)
    yield from (f"authorisation {i} is resolved {times} times" for i, times in resolved.items() if times > 1)
    yield from (f"transfer {i} is reversed {times} times" for i, times in reversed_ids.items() if times > 1)
    yield from (f"post {p.id} is not within its authorisation" for p in posts if not _within(p, authorised))
    standing = [p for p in posts if p.id not in reversed_ids]
    if len(standing) > 1:
        yield f"PAID TWICE: {[p.id for p in standing]}"
    open_ones = [a for a in authorised if a not in resolved]
    if len(open_ones) > 1:
        yield f"{len(open_ones)} authorisations are open at once"
    if standing and open_ones:
        yield "paid, and authorised to be paid again"
    paid = sum(p.amount for p in standing)
    recouped = sum(r.amount for r in by_kind.get("recoup", ()) if r.id not in reversed_ids)
    if recouped > paid:
        yield f"{recouped} recovered of {paid} paid"
    totals = case.totals
    settled = sum(s.amount for s in by_kind.get("settle", ()) if s.id not in reversed_ids)
    kept = (totals.by_amazon, totals.recovered, totals.by_seller + totals.by_insurer)
    if kept != (paid, recouped, settled):
        yield f"the case says {kept} paid, recovered, settled; the ledger {(paid, recouped, settled)}"
    pending = open_ones[0] if open_ones else None
    if (totals.pending, totals.pending_minor) != (pending, authorised[pending].amount if pending else 0):
        yield f"the case says {totals.pending} is pending, the ledger {pending}"
    if totals.posted != (standing[0].id if standing else None):
        yield "the case and the ledger name different standing payments"


def _within(post: TransferRow, authorised: dict[str, TransferRow]) -> bool:
    made = authorised.get(post.pending or "")
    return made is not None and (post.amount, post.obligation) == (made.amount, made.obligation)


def _decision_faults(
    case: Case, rows: Sequence[EntryRow], kept: Sequence[Any], transfers: Sequence[TransferRow]
) -> Iterator[str]:
    told = [(row.id, json.loads(row.data).get("decision")) for row in rows]
    decided = [(entry, made["id"], made["kind"], bool(made.get("exempt"))) for entry, made in told if made]
    if decided != [(d.entry, d.id, d.kind, d.exempt) for d in kept]:
        yield "the entries and the decisions kept differ"
    last = [d for d in kept if d.kind == "recovery" or d.exempt]
    undone = {t.reverses for t in transfers if t.kind == "reverse"}
    pursued = [t.id for t in transfers if t.kind == "recoup" and t.id not in undone]
    if last and last[-1].exempt and pursued:
        yield f"exempt, and pursued by {pursued}"
    if case.facts.get("recovery", {}).get("status") == "waived" and case.totals.recovered:
        yield "waived, and yet something is recovered"


def _task_faults(case: Case, waiting: Sequence[TaskRow]) -> Iterator[str]:
    clocks = {f"{case.id}:{d.kind}:{d.due}" for d in case.deadlines if d.status == "open"}
    kept = {t.id for t in waiting if t.kind == "deadline"}
    if clocks != kept:
        yield f"clocks {sorted(clocks - kept)} have no task; tasks {sorted(kept - clocks)} have no clock"
    letters = {n.id for n in case.notices if n.handed_over is None}
    queued = {t.id for t in waiting if t.kind == "notice"}
    if letters != queued:
        yield f"letters {sorted(letters - queued)} have no task; tasks {sorted(queued - letters)} have no letter"


def _notice_faults(case: Case, kept: Sequence[NoticeRow]) -> Iterator[str]:
    told = {(n.id, n.kind, n.party, n.handed_over) for n in case.notices}
    rows = {(n.id, n.kind, n.party, n.handed_over_at) for n in kept}
    if told != rows:
        yield f"letters of the case and letters kept differ: {sorted(map(str, told ^ rows))}"
