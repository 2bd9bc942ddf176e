"""A row whose claim is on file with other content: what changed, and whether it may be amended.

Decision: three sides are compared, not two. What the source said last is read from the journal (the filing and the
amendments of earlier imports), what it says now from the row, what is on file from the claim: only what the source
changed is amended, and where a person changed the same value meanwhile, the row is rejected and a person decides. What
is empty now is not taken back. Authority: UX notes 6.5. Left out: a filing date, which stands; losses once screened,
which change by ``assess`` alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...states.case import Case
from ...states.errors import ClaimdeskError
from ...states.money import to_text
from ...states.times import instant_text, parse_instant
from .. import registry
from ..desk import Desk
from ..inputs import payload_of
from ..patching import merge
from ..ports import SourceRow
from .problems import ImportCode, Problem, problem

#: What marks an amendment as an import's own: the beginning of its (sealed) reason.
MARK = "import "
#: What the rows of a run's amendments say beside its id, so that they are counted apart.
AMENDING = "+"
_BESIDE = ("programme", "marketplace", "filed_at", "seller", "screening", "source", "source_id")
_PERSONAL = ("claimant", "injury", "description", "source_fields", "findings")


@dataclass(frozen=True, slots=True)
class Change:
    """One value by its dotted name: as the source said it before, and as it says it now."""

    field: str
    old: Any
    new: Any

    def to_dict(self, currency: str, *, show_values: bool) -> dict[str, Any]:
        """JSON-ready; what may be personal is masked."""
        if self.field.partition(".")[0] in _PERSONAL and not show_values:
            return {"field": self.field, "old": "<masked>" if self.old is not None else None, "new": "<masked>"}
        return {"field": self.field, "old": _shown(self.old, currency), "new": _shown(self.new, currency)}


@dataclass(frozen=True, slots=True)
class Update:
    """What a row changes: the payload of ``amend``, a screening that was not there before, the changes one by one."""

    payload: dict[str, Any]
    screening: Mapping[str, Any] | None
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]


def amended(desk: Desk, keys: list[str]) -> set[str]:
    """Which of these rows were ever amended; one query."""
    with desk.store.read() as unit:
        found = unit.sources([amended_key(key, 1) for key in keys])
    return {key for key in keys if amended_key(key, 1) in found}


def chain(desk: Desk, key: str) -> list[SourceRow]:
    """Every content a key was taken in with, oldest first: the filing, then its amendments."""
    with desk.store.read() as unit:
        found = list(unit.sources([key]).values())
        while more := unit.sources([amended_key(key, len(found))]):
            found += more.values()
    return found


def amended_key(key: str, n: int) -> str:
    """The key of the n-th amendment of a row."""
    return f"{key}\x1f\x1f{n}"


def compare(desk: Desk, case: Case, fields: Mapping[str, Any]) -> Update:
    """What ``fields`` changes of the claim it was filed as."""
    programme = registry.programme(case.programme)
    facts = {k: v for k, v in fields.items() if k not in _BESIDE}
    canonical, personal = programme.validate("amend", facts, case.currency, False)
    before, here, screened, erased = _sides(desk, case)
    if erased:  # what was erased does not come back with the next file
        facts = {k: v for k, v in facts.items() if k not in personal}
    now = canonical if erased else {**canonical, **personal}
    changes: list[Change] = []
    clashes: list[str] = []
    for name, value in sorted(_leaves(now).items()):
        old = before.get(name)
        if value == old:
            continue
        on_file = here.get(name)
        if on_file not in (old, value):
            clashes.append(name)
        elif on_file != value:
            changes.append(Change(name, old, value))
    found: list[Problem] = []
    if clashes:
        found.append(
            problem(
                ImportCode.CHANGED_HERE,
                f"a person changed this here since: {', '.join(clashes)[:200]}",
                "amend the claim by hand, or give the row what is on file",
            )
        )
    gone = sorted(set(before) - set(_leaves(now)) - {"source", "source_id", "seller"} - _defaults(before))
    if gone:
        found.append(problem(ImportCode.NOT_TAKEN_BACK, f"empty now, and left as it was: {', '.join(gone)[:200]}"))
    filed = fields.get("filed_at")
    if filed is not None and instant_text(parse_instant(filed, "filed_at")) != case.opened_at:
        found.append(problem(ImportCode.FILING_STANDS, "another filing time is told now; the first one stands"))
    roots = {c.field.partition(".")[0] for c in changes}
    payload = {name: facts[name] for name in facts if name in roots}
    _seller(fields.get("seller"), case, payload, changes)
    screening: Any = fields.get("screening") if not screened and case.state == programme.lifecycle.initial else None
    if screening is not None:
        changes.append(Change("screening", None, str(dict(screening).get("verdict"))))
    return Update(payload, screening, tuple(changes), tuple(found))


def _sides(desk: Desk, case: Case) -> tuple[dict[str, Any], dict[str, Any], bool, bool]:
    """(what the source said last, what is on file, by dotted name, whether it was screened, whether erased)."""
    with desk.store.read() as unit:
        rows = {row.seq: row for row in unit.sealed(case.id)}
        erased = bool(unit.erasures(case.id))
        entries = [e for e in unit.entries(case.id) if e.verb in ("file", "amend")]
        entries = [e for e in entries if b'"input"' in e.data]  # the first of each plan
    vault = desk.settings.vault
    said: dict[str, Any] = {}
    for entry in entries:
        personal = vault.unseal([rows[entry.seq]]) if entry.seq in rows else {}
        reason = str(personal.pop("reason", ""))
        if entry.verb == "amend" and not reason.startswith(MARK):
            continue
        said = merge(said, {**payload_of(json.loads(entry.data)), **personal})
    personal_now = vault.unseal(list(rows.values())) if rows else {}
    here = {**case.facts, **{k: v for k, v in personal_now.items() if k != "reason"}}
    return _leaves(said), _leaves(here), bool(case.facts.get("screening")), erased


def _leaves(value: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Values by dotted name; a list is one value, as ``amend`` replaces it."""
    found: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            found.update(_leaves(inner, f"{before}{name}."))  # pyright: ignore[reportUnknownArgumentType]
        elif inner is not None:
            found[f"{before}{name}"] = inner
    return found


def _defaults(before: Mapping[str, Any]) -> set[str]:
    """What the filing filled in by itself, or says of itself: nobody told it, so nobody took it back."""
    usual = {"order.item.kind": "physical", "order.item.store": "amazon", "order.sold_by": "seller"}
    found = {name for name, value in usual.items() if before.get(name) == value}
    found |= {name for name, value in before.items() if value == "unknown"}
    return found | {name for name in before if name.startswith(("redirected", "as_filed"))}


def _seller(told: Any, case: Case, payload: dict[str, Any], changes: list[Change]) -> None:
    new: Any = told.get("id") if isinstance(told, Mapping) else told  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if new is not None and new != case.seller:
        payload["seller"] = told
        changes.append(Change("seller", case.seller, new))


def _shown(value: Any, currency: str) -> Any:
    if not isinstance(value, list):
        return value
    found: list[Any] = []
    for one in value:  # pyright: ignore[reportUnknownVariableType]
        told: dict[str, Any] = dict(one) if isinstance(one, Mapping) else {}  # pyright: ignore[reportUnknownArgumentType]
        is_loss = {"head", "amount"} <= set(told)
        found.append(f"{told['head']} {to_text(told['amount'], currency)}" if is_loss else one)
    return found


def amend(desk: Desk, case: Case, update: Update, source: SourceRow) -> str:
    """Amends the claim as the row says; its state then. The row is kept with the last step."""
    reason = f"{MARK}{source.run.removesuffix(AMENDING)}"
    state = case.state
    steps: list[tuple[str, Mapping[str, Any]]] = []
    if update.payload:
        steps.append(("amend", update.payload))
    if update.screening is not None:
        steps.append(("record_screening", update.screening))
    for n, (verb, payload) in enumerate(steps):
        more: dict[str, Any] = {"row": source} if n == len(steps) - 1 else {}
        state = desk.perform(verb, case.id, payload, reason=reason, **more).case.state
    return state


def refused(error: ClaimdeskError) -> Problem:
    """A refusal of the desk as a problem of the row."""
    return Problem(error.code, error.message, error.hint, field=error.field or "")
