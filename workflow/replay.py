"""Plans made again from what their entries say: same facts, same pinned rulebook, and so the same bytes.

For each plan in a journal the command and everything the rules saw is put together again (``inputs``), ``plan`` runs,
and each entry it makes, with the ids it was given then, must come out byte for byte as it is on record. So no decision
can stand in the record that the rules do not make of those facts. Authority: trust notes 6 (100 % replay).
Left out: erasures (they decide nothing); whether the facts were true, which no program can tell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from ..states.case import Case, fold
from ..states.errors import ClaimdeskError
from ..states.journal import canonical
from ..states.times import parse_instant
from . import registry
from .engine import seller_file_id
from .inputs import payload_of
from .patching import merge
from .paying import settlements
from .plan import Command, Context, Refusal, Sibling, plan
from .ports import EntryRow, SealedRow
from .rulebook import Version, book_for, resolve

#: What the desk adds around a body; everything else of an entry is the plan's.
_AROUND: Final = (
    *("v", "id", "log", "seq", "prev", "actor", "verb", "cmd", "recorded", "second", "pii", "input"),
    *("proposal", "access_journal", "break_glass"),
)

#: (case id, version) -> the case as it stood; KeyError when it never did.
Look = Callable[[str, int], Case]
#: The personal values of sealed rows, as far as they can be opened.
Unseal = Callable[[Sequence[SealedRow]], dict[str, Any]]


@dataclass(slots=True)
class Replayed:
    """What replaying came to. ``fault``: (entry's seq, what differs) of the first plan that comes out otherwise."""

    plans: int = 0
    decisions: int = 0  #: decisions made again, all byte-equal unless there is a fault
    skipped: dict[str, int] = field(default_factory=lambda: {})  #: decisions not made again, by reason
    fault: tuple[int, str] | None = None

    def add(self, other: Replayed) -> None:
        """Adds another claim's."""
        self.plans += other.plans
        self.decisions += other.decisions
        for why, count in other.skipped.items():
            self.skipped[why] = self.skipped.get(why, 0) + count


class _Ids:
    """Gives the ids that a plan was given then: of each kind in the order they were made, which is their own order."""

    def __init__(self, group: Sequence[Mapping[str, Any]]) -> None:
        found: dict[str, list[str]] = {}
        for entry in group:
            made = [op["id"] for op in entry.get("notices", ()) if op["op"] == "queued"]
            made += [move["id"] for move in entry.get("money", ())]
            made += [entry["decision"]["id"]] if "decision" in entry else []
            told: Mapping[str, Any] = entry.get("set", {})
            goes_on: Mapping[str, str] | None = told.get("redirected_to")
            made += [goes_on["claim"]] if goes_on else []
            for name in made:
                found.setdefault(name.partition("-")[0], []).append(name)
        self._left = {kind: sorted(names) for kind, names in found.items()}

    def __call__(self, kind: str) -> str:
        left = self._left.get(kind)
        return left.pop(0) if left else f"{kind}-NONE"


def replay(rows: Sequence[EntryRow], sealed: Sequence[SealedRow], look: Look, unseal: Unseal) -> Replayed:
    """Makes every plan of one case again; stops at the first that comes out otherwise than it is on record."""
    report = Replayed()
    entries: list[dict[str, Any]] = [json.loads(row.data) for row in rows]
    starts = [i for i, entry in enumerate(entries) if "input" in entry]
    committed = {entry["seq"] for entry in entries if "pii" in entry}
    case: Case | None = None
    done = 0
    for place, start in enumerate(starts):
        end = starts[place + 1] if place + 1 < len(starts) else len(entries)
        for i in range(done, start):  # written before inputs were: on record, but not to be made again
            _skip(report, entries[i], "no inputs on record")
            case = fold(case, entries[i], rows[i].leaf.hex())
        before = entries[:start]
        report.fault = _group(
            entries[start:end], rows[start:end], case, (sealed, committed, before), look, unseal, report
        )
        if report.fault is not None:
            return report
        for i in range(start, end):
            case = fold(case, entries[i], rows[i].leaf.hex())
        done = end
    for entry in entries[done:]:
        _skip(report, entry, "no inputs on record")
    return report


def _skip(report: Replayed, entry: Mapping[str, Any], why: str) -> None:
    if "decision" in entry:
        report.skipped[why] = report.skipped.get(why, 0) + 1


def _group(
    group: Sequence[dict[str, Any]],
    rows: Sequence[EntryRow],
    case: Case | None,
    beside: tuple[Sequence[SealedRow], set[int], Sequence[Mapping[str, Any]]],
    look: Look,
    unseal: Unseal,
    report: Replayed,
) -> tuple[int, str] | None:
    """One plan; (seq, what differs) when it comes out otherwise."""
    first = group[0]
    if first["verb"] == "redact":
        return None
    sealed, committed, before = beside
    wrong = _differs(group, rows, case, sealed, before, look, unseal)
    if wrong is None:
        report.plans += 1
        report.decisions += sum("decision" in entry for entry in group)
        return None
    if _unreadable(sealed, committed, first["seq"], unseal):
        for entry in group:
            _skip(report, entry, "personal values are erased or cannot be opened")
        return None
    return wrong


def _unreadable(sealed: Sequence[SealedRow], committed: set[int], until: int, unseal: Unseal) -> bool:
    """Whether personal values that the rules could read then cannot be read now."""
    there = {row.seq: row for row in sealed}
    return any(seq not in there or not unseal([there[seq]]) for seq in committed if seq <= until)


def _differs(
    group: Sequence[dict[str, Any]],
    rows: Sequence[EntryRow],
    case: Case | None,
    sealed: Sequence[SealedRow],
    before: Sequence[Mapping[str, Any]],
    look: Look,
    unseal: Unseal,
) -> tuple[int, str] | None:
    first = group[0]
    try:
        command, ctx, programme = again(group, before, case, sealed, look, unseal)
        made = plan(programme, case, command, ctx)
    except (ClaimdeskError, AssertionError, KeyError, TypeError, ValueError, AttributeError, LookupError) as error:
        return first["seq"], f"it cannot be made again ({type(error).__name__})"
    if isinstance(made, Refusal):
        return first["seq"], f"the rules refuse it: {made.code}"
    for entry, row, body in zip(group, rows, made.bodies, strict=False):
        around = {name: entry[name] for name in _AROUND if name in entry}
        if canonical({**body, **around}) != row.data:
            told = {name: value for name, value in entry.items() if name not in _AROUND}
            names = [n for n in sorted({*told, *body}) if told.get(n) != body.get(n)]
            return entry["seq"], f"made again it differs in {', '.join(names) or 'its bytes'}"
    if len(made.bodies) != len(group):
        return first["seq"], f"made again it has {len(made.bodies)} entries, not {len(group)}"
    return None


def _found(command: Command, before: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """What the desk found for the command to act on, read from the entries before it."""
    if command.verb != "reopen":
        return None
    return settlements(move for entry in before for move in entry.get("money", ()))


def again(
    group: Sequence[dict[str, Any]],
    before: Sequence[Mapping[str, Any]],
    case: Case | None,
    sealed: Sequence[SealedRow],
    look: Look,
    unseal: Unseal,
) -> tuple[Command, Context, Any]:
    """The command and the context of a plan, as they were; ``before``: the entries of the case that came before it."""
    first = group[0]
    told: Mapping[str, Any] = first["input"]
    seen: Mapping[str, Any] = told.get("seen", {})
    payload = payload_of(first)
    opening: Mapping[str, str] = first.get("opening") or {}
    programme = registry.programme(case.programme if case is not None else opening["programme"])
    rulebook = resolve(case.rulebook if case is not None else opening["rulebook"])
    marketplace: str = case.marketplace if case is not None else opening["marketplace"]
    now = parse_instant(told.get("now", first["at"]))
    personal = unseal([row for row in sealed if row.seq == first["seq"]])
    command = Command(
        first["verb"], payload, first["actor"]["id"], now, claim=first["claim"], personal=personal, reason="on record",
        second=first.get("second"), programme=programme.id, marketplace=marketplace, lenient=True,
    )  # fmt: skip
    if case is not None and programme.reads_personal:
        personal = merge(unseal([row for row in sealed if row.seq < first["seq"]]), personal)
    seller = payload.get("seller") or (case.seller if case is not None else None)
    overrides: str = seen.get("overrides", "")

    def version_at(day: date) -> Version:
        version = book_for(programme.id, marketplace).at(day)
        return version.override(json.loads(overrides)) if overrides else version

    ctx = Context(
        now=now,
        rulebook=rulebook,
        new_id=_Ids(group),
        version_at=version_at,
        seller=look(seller_file_id(str(seller)), seen["seller"]) if "seller" in seen else None,
        siblings=tuple(Sibling(*told) for told in seen.get("siblings", ())),
        personal=personal,
        payments=seen.get("payments", "instant"),
        overlays=frozenset(seen.get("overlays", ())),
        others=tuple(look(name, version) for name, version in seen.get("others", ())),
        overrides=overrides,
    )
    return replace(command, found=_found(command, before)), ctx, programme
