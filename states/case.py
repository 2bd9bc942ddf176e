"""A case: anything with a lifecycle and a journal chain (a claim, or a seller's compliance file).

A case is never edited. It is what folding its journal entries in order gives: ``fold`` is the only place where
an entry changes anything, for the live claim, for a rebuild from the journal and for a past view alike.
Personal data is not in a case; it stands beside it, sealed (``Sealed`` in the ports).
Facts are JSON values; money in them is whole minor units of the case's currency; dates are ISO text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from .times import parse_instant

_Value = TypeVar("_Value")


# Without slots, all of them: ``_changed`` copies one dictionary, which folding does more than anything.
@dataclass(frozen=True)
class Deadline:
    """A clock: an instant and the recipe that made it.

    ``on`` is the local date of the last good moment, ``due`` the first instant too late (UTC text).
    ``status``: open, met, missed (it ran out and acted), cancelled, or ran_out (it ran out
    under a hold and acts at the release).
    ``recipe``: ``{"from": day 0, "days": n, "type": "calendar" | "business" | "hours" | "date",
    "zone": ..., "calendar": ..., "event": ...}``.
    ``notice``: the kind of the notice this clock needs handed over before it may run out, or None.
    """

    kind: str
    on: str
    due: str
    recipe: dict[str, Any]
    status: str = "open"
    notice: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "kind": self.kind,
            "on": self.on,
            "due": self.due,
            "recipe": self.recipe,
            "status": self.status,
            "notice": self.notice,
        }

    def op(self, how: str, **parts: Any) -> dict[str, Any]:
        """The journalled op on this clock alone: a law may set one of the same kind beside the programme's own."""
        overlay = self.recipe.get("overlay")
        return {"op": how, "kind": self.kind, "was": self.due, **({"overlay": overlay} if overlay else {}), **parts}

    def is_meant(self, op: dict[str, Any]) -> bool:
        """Whether an op is about this clock; without ``was`` it is about every clock of its kind."""
        if self.kind != op["kind"] or self.status not in ("open", "ran_out"):
            return False
        return "was" not in op or (op["was"], op.get("overlay")) == (self.due, self.recipe.get("overlay"))


@dataclass(frozen=True)
class NoticeRef:
    """A notice of this case: id, kind, party, the instant it was queued for, and when it was handed over (or None)."""

    id: str
    kind: str
    party: str
    at: str
    handed_over: str | None = None


@dataclass(frozen=True)
class Totals:
    """Money of a claim in minor units, folded from its transfers."""

    pending: str | None = None  #: id of the authorised transfer that is neither posted nor void
    pending_minor: int = 0
    posted: str | None = None  #: id of the post that stands (not reversed)
    obligation: int = 0  #: number of the latest obligation to pay
    by_amazon: int = 0
    by_seller: int = 0
    by_insurer: int = 0
    recovered: int = 0
    recoupments: int = 0  #: how many recoup transfers there are (their obligation numbers)
    written_off: int = 0


@dataclass(frozen=True)
class Case:
    """A case as its entries make it. ``version`` is the number of entries, ``head`` the hash of the last one."""

    id: str
    programme: str
    marketplace: str
    currency: str
    zone: str
    rulebook: str
    opened_at: str
    state: str
    version: int
    head: str | None
    updated_at: str
    seller: str | None
    facts: dict[str, Any]
    path: tuple[str, ...]
    holds: tuple[str, ...] = ()
    released: tuple[str, ...] = ()  #: hold reasons a person has settled for good
    deadlines: tuple[Deadline, ...] = ()
    tasks: tuple[str, ...] = ()
    notices: tuple[NoticeRef, ...] = ()
    totals: Totals = Totals()
    codes: tuple[str, ...] = ()  #: reason codes of the last decision
    owner: str | None = None

    @property
    def opened(self) -> datetime:
        """The instant the case was filed."""
        return parse_instant(self.opened_at)

    def deadline(self, kind: str) -> Deadline | None:
        """The open (or run-out) deadline of this kind."""
        for found in self.deadlines:
            if found.kind == kind and found.status in ("open", "ran_out"):
                return found
        return None

    def has_notice(self, kind: str) -> bool:
        """Whether a notice of this kind is on file."""
        return any(n.kind == kind for n in self.notices)


def fold(case: Case | None, entry: dict[str, Any], head: str | None) -> Case:
    """The case after ``entry`` (decoded, without its bytes' hash); ``head`` is the entry's leaf hash in hex."""
    if case is None:
        opening = entry["opening"]
        case = Case(
            id=entry["claim"],
            programme=opening["programme"],
            marketplace=opening["marketplace"],
            currency=opening["currency"],
            zone=opening["zone"],
            rulebook=opening["rulebook"],
            opened_at=entry["at"],
            state=entry["to"],
            version=0,
            head=None,
            updated_at=entry["at"],
            seller=opening.get("seller"),
            facts={},
            path=(entry["to"],),
        )
    changes: dict[str, Any] = {"version": case.version + 1, "head": head, "updated_at": entry["at"]}
    to = entry["to"]
    if to != case.state:
        changes["state"] = to
        changes["path"] = (*case.path, to)
    patch = entry.get("set")
    if patch:
        facts = {**case.facts, **patch}
        changes["facts"] = {k: v for k, v in facts.items() if v is not None} if None in patch.values() else facts
    if "owner" in entry:
        changes["owner"] = entry["owner"]
    if "seller" in entry:
        changes["seller"] = entry["seller"]
    if "decision" in entry:
        changes["codes"] = tuple(r["code"] for r in entry["decision"]["reasons"])
    if "holds" in entry:
        changes.update(_fold_holds(case, entry["holds"]))
    if "deadlines" in entry:
        changes["deadlines"] = _fold_deadlines(case.deadlines, entry["deadlines"])
    if "tasks" in entry:
        changes["tasks"] = _fold_tasks(case.tasks, entry["tasks"])
    if "notices" in entry:
        changes["notices"] = _fold_notices(case.notices, entry["notices"], entry["at"])
    if "money" in entry:
        changes["totals"] = _fold_money(case.totals, entry["money"])
        changes["facts"] = _fold_recovered(changes.get("facts", case.facts), entry["money"])
    made = object.__new__(Case)
    object.__setattr__(made, "__dict__", case.__dict__ | changes)
    return made


def _changed(old: _Value, /, **changes: Any) -> _Value:
    """``dataclasses.replace`` without its per-field checks: folding is the hottest step of a bulk run."""
    made = object.__new__(old.__class__)
    object.__setattr__(made, "__dict__", old.__dict__ | changes)
    return made


def chained(case: Case, version: int, head: str | None) -> Case:
    """The same case at the end of its chain: ``version`` entries, the last one hashed to ``head``."""
    return _changed(case, version=version, head=head)


def _fold_holds(case: Case, ops: list[dict[str, Any]]) -> dict[str, Any]:
    holds, released = list(case.holds), list(case.released)
    for op in ops:
        if op["op"] == "set" and op["reason"] not in holds:
            holds.append(op["reason"])
        elif op["op"] == "release" and op["reason"] in holds:
            holds.remove(op["reason"])
            released.append(op["reason"])
    return {"holds": tuple(holds), "released": tuple(released)}


def _fold_deadlines(deadlines: tuple[Deadline, ...], ops: list[dict[str, Any]]) -> tuple[Deadline, ...]:
    found = list(deadlines)
    for op in ops:
        if op["op"] == "open":
            found.append(Deadline(op["kind"], op["on"], op["due"], op["recipe"], "open", op.get("notice")))
            continue
        for i, deadline in enumerate(found):
            if deadline.is_meant(op):
                if op["op"] == "moved":
                    found[i] = _changed(deadline, on=op["on"], due=op["due"], recipe=op["recipe"], status="open")
                else:
                    found[i] = _changed(deadline, status=op["op"])
    return tuple(found)


def _fold_tasks(tasks: tuple[str, ...], ops: list[dict[str, Any]]) -> tuple[str, ...]:
    found = list(tasks)
    for op in ops:
        if op["op"] == "open" and op["kind"] not in found:
            found.append(op["kind"])
        elif op["op"] == "done" and op["kind"] in found:
            found.remove(op["kind"])
    return tuple(found)


def _fold_notices(notices: tuple[NoticeRef, ...], ops: list[dict[str, Any]], at: str) -> tuple[NoticeRef, ...]:
    found = list(notices)
    for op in ops:
        if op["op"] == "queued":
            found.append(NoticeRef(op["id"], op["kind"], op["party"], at))
        else:
            found = [_changed(n, handed_over=op["at"]) if n.id == op["id"] else n for n in found]
    return tuple(found)


def _fold_recovered(facts: dict[str, Any], transfers: list[dict[str, Any]]) -> dict[str, Any]:
    """The recoupments that stand, one by one: a reversal names each of them, and no entry has to repeat the others."""
    kept: list[dict[str, Any]] = facts.get("recovered", [])
    for move in transfers:
        if move["kind"] == "recoup":
            kept = [*kept, {"id": move["id"], "amount": move["amount"], "account": move["debit"]}]
        elif move["kind"] == "reverse":
            kept = [r for r in kept if r["id"] != move["reverses"]]
    if kept == facts.get("recovered", []):
        return facts
    rest = {k: v for k, v in facts.items() if k != "recovered"}
    return {**rest, "recovered": kept} if kept else rest


def _fold_money(totals: Totals, transfers: list[dict[str, Any]]) -> Totals:
    for move in transfers:
        kind, amount = move["kind"], move["amount"]
        match kind:
            case "authorize":
                totals = _changed(totals, pending=move["id"], pending_minor=amount, obligation=move["obligation"])
            case "post":
                totals = _changed(
                    totals, pending=None, pending_minor=0, posted=move["id"], by_amazon=totals.by_amazon + amount
                )
            case "void":
                totals = _changed(totals, pending=None, pending_minor=0)
            case "reverse":
                if move["reverses"] == totals.posted:
                    # What was given up went with it: the database counts write-offs since the last post.
                    totals = _changed(totals, posted=None, by_amazon=totals.by_amazon - amount, written_off=0)
                elif "by" in move:
                    totals = _settled(totals, move["by"], -amount)
                else:
                    totals = _changed(totals, recovered=totals.recovered - amount)
            case "recoup":
                totals = _changed(totals, recovered=totals.recovered + amount, recoupments=move["obligation"])
            case "write_off":
                totals = _changed(totals, written_off=totals.written_off + amount)
            case "settle":
                totals = _settled(totals, move["by"], amount)
            case _:
                raise ValueError(f"unknown transfer kind {kind!r}")
    return totals


def _settled(totals: Totals, by: str, amount: int) -> Totals:
    if by == "insurer":
        return _changed(totals, by_insurer=totals.by_insurer + amount)
    return _changed(totals, by_seller=totals.by_seller + amount)
