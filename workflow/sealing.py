"""From plans to rows: entry bytes, hashes, transfers, tasks, sealed values. The last pure step before a store.

Each entry of a plan gets its id, its place in the case's chain and its exact bytes; everything else a plan says
(money, decisions, letters, clocks) becomes rows that name the entry they came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..states.case import Case, chained
from ..states.journal import canonical, leaf_hash, sha256_text
from .control.steps import attach
from .inputs import inputs
from .jsontext import json_text
from .plan import Command, Context, Plan
from .ports import DecisionRow, EntryRow, ErasureRow, NoticeRow, TaskRow, TransferRow, Vault, WriteSet

_OPEN = ("open",)


def write_set(
    before: Case | None,
    made: Plan,
    command: Command,
    ctx: Context,
    *,
    log: str,
    vault: Vault,
    language: Mapping[str, str],
    recorded: str,
) -> WriteSet:
    """The rows of one plan, without the columns. ``language`` gives the language of each party's letters."""
    seq = before.version if before else 0
    head = before.head if before else None
    found = WriteSet(case=made.case, before=seq, columns={})
    personal = dict(made.personal)
    actor = {"id": command.actor, "kind": command.actor.partition(":")[0]}
    command_digest = sha256_text(f"{command.actor}\0{command.key}".encode()) if command.key else None
    told = inputs(made.bodies, command, ctx) if made.bodies else None
    for body in made.bodies:
        seq += 1
        entry: dict[str, Any] = {
            **body,
            "v": 1,
            "id": ctx.new_id("EVT"),
            "log": log,
            "seq": seq,
            "prev": head,
            "actor": actor,
            "verb": command.verb,
        }
        if told is not None:
            entry["input"], told = told, None
        if command_digest:
            entry["cmd"] = command_digest
        if recorded != body["at"]:
            entry["recorded"] = recorded
        if command.second:
            entry["second"] = command.second
        if command.attached is not None and command.attached.claim == made.case.id:
            entry.update(command.attached.marks)
        if personal:
            row, commitments = vault.seal(made.case.id, seq, personal)
            entry["pii"] = commitments
            found.sealed.append(row)
            personal = {}
        data = canonical(entry)
        leaf = leaf_hash(data)
        head = leaf.hex()
        found.entries.append(
            EntryRow(
                entry["id"], made.case.id, seq, entry["at"], command.actor, command.verb, entry["type"], data, leaf
            )
        )
        _rows_of(found, entry)
    found.case = chained(made.case, seq, head)
    if command.second or command.attached is not None:
        attach(found, command)
    _letters(found, made, language, recorded)
    _clock_tasks(found, before)
    if ctx.payments == "gateway":
        _payment_tasks(found, before, made.bodies)
    return found


def _letters(found: WriteSet, made: Plan, language: Mapping[str, str], recorded: str) -> None:
    for notice in made.notices:
        found.notices.append(
            NoticeRow(
                notice["id"],
                notice["claim"],
                notice["kind"],
                notice["party"],
                language.get(notice["party"], "en"),
                notice["at"],
                recorded,
                json_text(notice["params"]),
            )
        )
        found.tasks.append(TaskRow(notice["id"], made.case.id, "notice", notice["kind"], notice["at"]))


def _rows_of(found: WriteSet, entry: dict[str, Any]) -> None:
    for move in entry.get("money", ()):
        found.transfers.append(
            TransferRow(
                move["id"],
                entry["claim"],
                move["kind"],
                move.get("obligation"),
                move["debit"],
                move["credit"],
                move["amount"],
                move["currency"],
                move.get("pending"),
                move.get("reverses"),
                entry["id"],
                entry["at"],
            )
        )
    if "redaction" in entry:
        asked = entry["actor"]["id"]
        second = entry.get("second") or f"{asked}:second"  # a scenario step without people of its own
        basis = entry["redaction"]["basis"]
        row = ErasureRow(entry["id"], entry["claim"], entry["seq"], asked, second, basis, entry["at"])
        found.erasures.append(row)
    made = entry.get("decision")
    if made:
        readings = " ".join(sorted({r for reason in made["reasons"] for r in reason.get("readings", ())}))
        found.decisions.append(
            DecisionRow(
                made["id"],
                entry["claim"],
                entry["id"],
                made["kind"],
                made["outcome"],
                bool(made.get("exempt")),
                made["rulebook"],
                readings,
                entry["at"],
            )
        )


def _clock_tasks(found: WriteSet, before: Case | None) -> None:
    if (() if before is None else before.deadlines) == found.case.deadlines:
        return

    def open_clocks(case: Case | None) -> dict[str, TaskRow]:
        if case is None:
            return {}
        clocks = [d for d in case.deadlines if d.status in _OPEN]
        return {
            f"{case.id}:{d.kind}:{d.due}": TaskRow(f"{case.id}:{d.kind}:{d.due}", case.id, "deadline", d.kind, d.due)
            for d in clocks
        }

    old, new = open_clocks(before), open_clocks(found.case)
    found.tasks += [row for key, row in new.items() if key not in old]
    found.dropped_tasks += [key for key in old if key not in new]


def _payment_tasks(found: WriteSet, before: Case | None, bodies: Sequence[Mapping[str, Any]]) -> None:
    old = before.totals.pending if before else None
    new = found.case.totals.pending
    # A payment that failed is tried again, also when the machine had given it up and a person says that it failed.
    failed = any(body["type"] == "fail_payment" for body in bodies)
    if new is not None and (new != old or failed):
        found.tasks.append(TaskRow(new, found.case.id, "payment", "pay", found.case.updated_at))
    if old is not None and new != old:
        found.dropped_tasks.append(old)


_GROWING = ("entries", "transfers", "decisions", "notices", "sealed", "idempotency", "sources", "erasures")


def copied(rows: WriteSet) -> WriteSet:
    """The same rows in lists of their own, so that a later ``joined`` into the original leaves them alone."""
    lists = {name: list(getattr(rows, name)) for name in ("tasks", "dropped_tasks", *_GROWING)}
    return replace(rows, **lists)


def joined(first: WriteSet, second: WriteSet) -> WriteSet:
    """Two plans of one case in one transaction, as one set."""
    first.case = second.case
    created = {t.id for t in first.tasks}
    gone = set(second.dropped_tasks)
    first.tasks = [t for t in first.tasks if t.id not in gone] + second.tasks
    first.dropped_tasks += [t for t in second.dropped_tasks if t not in created]
    for name in _GROWING:
        getattr(first, name).extend(getattr(second, name))
    first.proposals += second.proposals
    first.answers += second.answers
    first.approvals += second.approvals
    return first
