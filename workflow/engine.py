"""The one write path: load, plan, seal, write - all of it in one transaction, or none.

A ``Session`` is the view of one transaction with its own unwritten changes over it, so that a single command, a
batch of a thousand lines and a scenario step all run the same code; only when ``flush`` is called differs.
Commands on other cases that belong to a change (the seller's file, siblings of one incident, claims that wait for
a certificate) are executed in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from ..states.case import Case, fold
from ..states.codes import RefusalCode
from ..states.errors import IdempotencyMismatch, NotFound, Refused, StaleVersion
from ..states.times import instant_text, local_day
from . import registry
from .digests import Digests
from .patching import merge
from .plan import Command, Context, Plan, Programme, Refusal, Sibling, plan
from .ports import CaseFilter, EntryRow, IdempotencyRow, SourceRow, Vault, WriteSet, WriteUnit
from .rulebook import Version, book_for, resolve
from .sealing import copied, joined, write_set


@dataclass(frozen=True, slots=True)
class Settings:
    """What a desk was opened with."""

    clock: Callable[[], datetime]
    new_id: Callable[[str], str]
    vault: Vault
    log: str
    digests: Digests
    payments: str = "instant"
    overlays: frozenset[str] = frozenset()
    overrides: Mapping[str, Any] = field(default_factory=lambda: {})
    plain: bool = False  #: scenario files: what is left out takes the plain case
    templates: bool = False  #: whether the literal ``valid`` stands for a certificate
    language: Mapping[str, str] = field(default_factory=lambda: {"customer": "en", "seller": "en", "insurer": "en"})


@lru_cache(maxsize=4096)
def _version_cached(book: str, marketplace: str, day: date, overrides: str) -> Version:
    version = book_for(book, marketplace).at(day)
    return version.override(json.loads(overrides)) if overrides != "{}" else version


def seller_file_id(seller: str) -> str:
    """The id of a seller's compliance file."""
    return f"SLR-{seller}"


#: How many claims are read at a time.
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Done:
    """What a command came to. ``repeated``: the idempotency key was known, nothing was written."""

    case: Case
    before: Case | None
    made: Plan | None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """What a session held of each case (staged rows, view, personal values) before it was touched since a point."""

    cases: dict[str, tuple[WriteSet | None, Case | None, dict[str, Any] | None]] = field(default_factory=lambda: {})
    siblings: dict[tuple[str, str], list[Sibling]] = field(default_factory=lambda: {})


class Session:
    """One transaction's view with its unwritten changes over it."""

    def __init__(self, unit: WriteUnit, settings: Settings) -> None:
        self.unit = unit
        self.settings = settings
        settings.vault.refresh()  # another process may have begun an epoch
        self._cases: dict[str, Case | None] = {}
        self._staged: dict[str, WriteSet] = {}
        self._siblings: dict[tuple[str, str], list[Sibling]] = {}
        self._personal: dict[str, dict[str, Any]] = {}
        self._mark: Mark | None = None
        self._shown: dict[str, tuple[Case, dict[str, Any]]] = {}
        self._overrides = json.dumps(settings.overrides, sort_keys=True, default=str)

    # -- reading -------------------------------------------------------------------------------------------------

    def case(self, case_id: str) -> Case | None:
        """The case as this transaction sees it."""
        if case_id not in self._cases:
            self._cases[case_id] = self.unit.case(case_id)
        return self._cases[case_id]

    def know_absent(self, case_id: str) -> None:
        """Tells the session that there is no such case yet (a batch made the id itself)."""
        self._cases.setdefault(case_id, None)

    def prefetch(self, case_ids: Iterable[str], groups: Iterable[tuple[str, str]]) -> None:
        """Loads cases and incident groups in two queries (batches)."""
        wanted = [c for c in dict.fromkeys(case_ids) if c not in self._cases]
        if wanted:
            found = self.unit.cases(wanted)
            for case_id in wanted:
                self._cases[case_id] = found.get(case_id)
        keys = [g for g in dict.fromkeys(groups) if g not in self._siblings]
        if keys:
            known = self.unit.siblings(keys)
            for key in keys:
                self._siblings[key] = list(known.get(key, ()))

    def siblings(self, case: Case, key: tuple[str, str] | None = None) -> tuple[Sibling, ...]:
        """The claims that count together with this one (R2), without itself; ``key``: as of another incident."""
        wanted = key or group_of(case)
        return () if wanted is None else self._alike(wanted, case.programme, case.marketplace, case.id)

    def _alike(self, key: tuple[str, str], programme: str, marketplace: str, but: str | None) -> tuple[Sibling, ...]:
        if key not in self._siblings:
            self._siblings[key] = list(self.unit.siblings([key]).get(key, ()))
        found: list[Sibling] = []
        for sibling in self._siblings[key]:
            if sibling.id == but:
                continue
            other = self.case(sibling.id)  # an order number of another store is another order
            if other is not None and (other.programme, other.marketplace) == (programme, marketplace):
                found.append(sibling)
        return tuple(found)

    def others(self, programme: str, seller: str, but: str | None, order: str | None = None) -> tuple[Case, ...]:
        """The seller's other claims in a programme (of one order), oldest first, this transaction's own with them."""
        found: dict[str, Case] = {}
        wanted = CaseFilter(programme=programme, seller=seller, order_id=order, limit=_PAGE)
        while page := self.unit.list_cases(wanted):
            found.update({c.id: c for c in page})
            if len(page) < _PAGE:
                break
            wanted = replace(wanted, after=page[-1].id)
        mine = (c for c in self._cases.values() if c is not None and (c.programme, c.seller) == (programme, seller))
        found.update({c.id: c for c in mine if order is None or _order_of(c) == order})
        return tuple(found[name] for name in sorted(found) if name != but)

    def lock_more(self, case_ids: Sequence[str], held: Iterable[str], payload: Mapping[str, Any] | None = None) -> None:
        """Locks what these cases need beside what is held: one may have been moved since it was looked at."""
        cases = [case for case_id in case_ids if (case := self.case(case_id)) is not None]
        if more := set(locks_of(cases, payload)).difference(held):
            self.unit.lock(sorted(more))

    @property
    def seals(self) -> bool:
        """Whether something sealed is among what waits to be written: then it must be under the store's own keys."""
        return any(rows.sealed for rows in self._staged.values())

    def personal(self, case_id: str) -> dict[str, Any]:
        """The personal values of a case, unsealed."""
        if case_id not in self._personal:
            rows = self.unit.sealed(case_id) if not self._is_new(case_id) else []
            staged = self._staged.get(case_id)
            self._personal[case_id] = self.settings.vault.unseal([*rows, *(staged.sealed if staged else ())])
        return self._personal[case_id]

    def _is_new(self, case_id: str) -> bool:
        staged = self._staged.get(case_id)
        return staged is not None and staged.before == 0

    def entries(self, case_id: str) -> list[EntryRow]:
        """The journal of a case, with what this transaction adds to it."""
        staged = self._staged.get(case_id)
        return [*self.unit.entries(case_id), *(staged.entries if staged else ())]

    def version(self, programme: str, marketplace: str, day: date) -> Version:
        """The rulebook version in force on ``day``, with this desk's overrides."""
        return _version_cached(programme, marketplace, day, self._overrides)

    # -- doing ---------------------------------------------------------------------------------------------------

    def execute(self, command: Command) -> Done | Refusal:
        """One command and everything that belongs to it. Nothing is written before ``flush``."""
        known = self.known(command)
        if known is not None:
            return known
        case = self.case(command.claim) if command.claim else None
        if case is None and command.programme is None:
            raise NotFound(
                RefusalCode.UNKNOWN_CLAIM.value,
                "there is no such claim",
                claim=command.claim,
                hint="claimdesk list shows what is on file",
            )
        programme = registry.programme(case.programme if case else str(command.programme))
        if case is not None and command.verb in programme.seller_first and case.seller:
            refused = self._seller_first(programme, case, command)
            if refused is not None:
                return refused
        ctx = self._context(programme, case, command)
        made = plan(programme, case, command, ctx)
        if isinstance(made, Refusal):
            return made
        if made.bodies:
            self._stage(programme, case, made, command, ctx)
        done = Done(made.case, case, made)
        self._remember_key(command, made.case)
        self._ripple(programme, case, made.case, command)
        return done

    def do(self, command: Command) -> Done:
        """The same, with a refusal raised."""
        done = self.execute(command)
        if isinstance(done, Refusal):
            raise raised(done, command.claim)
        return done

    def _context(self, programme: Programme, case: Case | None, command: Command) -> Context:
        settings = self.settings
        if case is None:
            marketplace = str(command.marketplace)
            zone = book_for(programme.id, marketplace).zone
            rulebook = self.version(programme.id, marketplace, local_day(command.at, zone))
            seller = command.payload.get("seller")
            personal: Mapping[str, Any] = command.personal
            siblings: tuple[Sibling, ...] = ()
            key = told_group(command.payload)
            if key is not None:
                siblings = self._alike(key, programme.id, marketplace, None)
        else:
            marketplace, seller = case.marketplace, command.payload.get("seller") or case.seller
            rulebook = resolve(case.rulebook)
            personal = command.personal
            if programme.reads_personal:
                personal = merge(self.personal(case.id), command.personal)
            siblings = self.siblings(case, _corrected_group(case, command.payload))
        others: tuple[Case, ...] = ()
        if seller and command.verb in programme.reads_others:
            told: Mapping[str, Any] = command.payload.get("order") or {}
            order = told.get("id") or _order_of(case) if programme.others_of_order else None
            others = self.others(programme.id, seller, case.id if case else None, order)
        return Context(
            now=command.at,
            rulebook=rulebook,
            new_id=settings.new_id,
            version_at=lambda day: self.version(programme.id, marketplace, day),
            seller=self.case(seller_file_id(seller)) if seller and programme.id != registry.SELLER_FILE else None,
            siblings=siblings,
            personal=personal,
            payments=settings.payments,
            overlays=settings.overlays,
            others=others,
            overrides="" if self._overrides == "{}" else self._overrides,
        )

    def _stage(self, programme: Programme, before: Case | None, made: Plan, command: Command, ctx: Context) -> None:
        language = self.settings.language
        if programme.language is not None:
            language = dict.fromkeys(language, programme.language)
        file = made.case if programme.id == registry.SELLER_FILE else ctx.seller
        if file is not None and "language" in file.facts:
            language = {**language, "seller": file.facts["language"]}
        told = (before or made.case).facts
        if "language" in told:
            language = {**language, "customer": told["language"]}
        rows = write_set(
            before,
            made,
            command,
            ctx,
            log=self.settings.log,
            vault=self.settings.vault,
            language=language,
            recorded=instant_text(self.settings.clock().astimezone(UTC)),
        )
        case_id = made.case.id
        staged = self._staged.get(case_id)
        self._touch(case_id, staged)
        self._staged[case_id] = joined(staged, rows) if staged else rows
        self._cases[case_id] = rows.case
        if before is None:
            self._personal[case_id] = dict(command.personal)  # just told: no need to unseal it again
        elif command.personal:
            self._personal.pop(case_id, None)
        self._note_sibling(before, rows.case)

    def shown(self, case: Case) -> dict[str, Any]:
        """The outside view of a case with its outcome, made once for each version of it."""
        known = self._shown.get(case.id)
        if known is not None and known[0] is case:
            return known[1]
        programme = registry.programme(case.programme)
        made = {**programme.summary(case), "outcome": programme.outcome(case)}
        self._shown[case.id] = case, made
        return made

    def _note_sibling(self, before: Case | None, after: Case) -> None:
        key = group_of(after)
        for known in (group_of(before) if before else None, key):
            if known is None or known not in self._siblings:
                continue
            if self._mark is not None:
                self._mark.siblings.setdefault(known, self._siblings[known])
            self._siblings[known] = [s for s in self._siblings[known] if s.id != after.id]
        if key is None or key not in self._siblings:
            return
        counted = self._counts(after)
        if counted is not None:
            self._siblings[key].append(Sibling(after.id, after.state, *counted, after.totals.by_amazon))

    def _counts(self, case: Case) -> tuple[int, int] | None:
        """The minor units (eligible, asked) a claim counts with among those of its incident."""
        counts = registry.programme(case.programme).counts
        if counts is not None:
            return counts(case)
        shown = self.shown(case)
        return (shown["eligible_minor"], shown["asked_minor"]) if shown.get("counts_together") else None

    # -- what belongs to a command --------------------------------------------------------------------------------

    def _seller_first(self, programme: Programme, case: Case, command: Command) -> Refusal | None:
        if command.verb not in programme.lifecycle.verbs_in(case.state):
            return None  # the claim itself refuses, with its own words
        file_id = seller_file_id(str(case.seller))
        if self.case(file_id) is None:
            return None
        done = self.execute(
            replace(
                command,
                claim=file_id,
                personal={},
                key=None,
                expected_version=None,
                payload={**command.payload, "from_claim": case.id},
            )
        )
        return done if isinstance(done, Refusal) else None

    def _ripple(self, programme: Programme, before: Case | None, after: Case, command: Command) -> None:
        if programme.id == registry.SELLER_FILE:
            if before is not None and before.facts.get("certificates") != after.facts.get("certificates"):
                self._recheck_waiting(after, command)
            return
        if command.found is not None and "opening" in command.found:
            self._go_on(after, command.found["opening"])
        if before is None or command.verb == "recheck" or not programme.waits_on_siblings:
            return
        groups = {group_of(before), group_of(after)} - {None}
        siblings = {s.id: s for key in groups for s in self.siblings(after, key) if not s.paid}
        waiting = [s.id for s in siblings.values() if s.state in programme.waits_on_siblings]
        moved = waiting and (len(groups) > 1 or self._counted(before) != self._counted(after))
        for sibling in waiting if moved else ():
            self._internal(sibling, "recheck", {}, command)

    def _go_on(self, left: Case, opening: Command) -> None:
        """Opens under another programme what was left here, on its first filing date where it was not too soon then."""
        made = replace(opening, claim=left.facts["redirected_to"]["claim"])
        self.know_absent(str(made.claim))
        done = self.execute(replace(made, at=left.opened))
        if isinstance(done, Refusal):
            done = self.execute(made)
        if isinstance(done, Refusal):
            raise raised(done, left.id)

    def _counted(self, case: Case) -> int:
        return (self._counts(case) or (0,))[0]

    def _recheck_waiting(self, seller_file: Case, command: Command) -> None:
        states = sorted({s for name in registry.names() for s in registry.programme(name).waits_on_seller})
        seller = str(seller_file.seller)
        waiting = set(self.unit.waiting_on_seller(seller, states))
        waiting |= {c.id for c in self._cases.values() if c and c.seller == seller and c.state in states}
        for case_id in sorted(waiting):
            case = self.case(case_id)
            if case_id != command.payload.get("from_claim") and case is not None and case.state in states:
                self._internal(case_id, "recheck", {}, command)

    def _internal(self, case_id: str, verb: str, payload: Mapping[str, Any], cause: Command) -> None:
        self.do(Command(verb, payload, "rules", cause.at, claim=case_id, lenient=True))

    # -- keys and writing ----------------------------------------------------------------------------------------

    def known(self, command: Command) -> Done | None:
        """What the command's key came to the first time, as it stood then; None for a new key."""
        if command.key is None:
            return None
        row = self.unit.idempotency(command.actor, command.key)
        if row is None:
            return None
        self.settings.digests.verify(self.unit)
        if row.request != request_digest(command, self.settings.digests):
            raise IdempotencyMismatch(
                RefusalCode.IDEMPOTENCY_MISMATCH.value,
                "this key was used for other content",
                claim=row.claim,
                hint="use a new key, or send what was sent first",
            )
        case: Case | None = None
        for entry in self.unit.entries(row.claim)[: row.version]:
            case = fold(case, json.loads(entry.data), entry.leaf.hex())
        if case is None:
            raise NotFound(RefusalCode.UNKNOWN_CLAIM.value, "the claim of this key is gone", claim=row.claim)
        return Done(case, case, None, repeated=True)

    def _remember_key(self, command: Command, case: Case) -> None:
        if command.key is None:
            return
        self.settings.digests.verify(self.unit)
        row = IdempotencyRow(
            command.actor,
            command.key,
            request_digest(command, self.settings.digests),
            case.id,
            case.version,
            instant_text(self.settings.clock()),
        )
        staged = self._staged.get(case.id)
        if staged is not None:
            staged.idempotency.append(row)

    def keep_source(self, case_id: str, row: SourceRow) -> None:
        """Remembers the natural key of a filed line with the claim it made."""
        self._staged[case_id].sources.append(row)

    def mark(self) -> Mark:
        """A point to come back to when one line of a batch is refused; the latest one counts."""
        self._mark = Mark()
        return self._mark

    def _touch(self, case_id: str, staged: WriteSet | None) -> None:
        """Remembers what was held of a case before the first change since the mark."""
        if self._mark is None or case_id in self._mark.cases:
            return
        # Staged rows grow in place (``joined``), so what must come back is a copy.
        kept = None if staged is None else copied(staged)
        self._mark.cases[case_id] = kept, self._cases.get(case_id), self._personal.get(case_id)

    def back_to(self, mark: Mark) -> None:
        """Undoes what was staged since ``mark``: a refused line leaves nothing behind, also not on older cases."""
        for case_id, (staged, case, personal) in mark.cases.items():
            self._staged.pop(case_id, None)
            self._cases.pop(case_id, None)  # read again, unless it was known
            self._personal.pop(case_id, None)
            if staged is not None:
                self._staged[case_id] = staged
            if case is not None:
                self._cases[case_id] = case
            if personal is not None:
                self._personal[case_id] = personal
        self._siblings.update(mark.siblings)
        self._mark = None

    def forget(self) -> None:
        """What was read is read again: the unit has been written to beside this session. Nothing may be unwritten."""
        self._cases.clear()
        self._siblings.clear()
        self._personal.clear()

    @property
    def unwritten(self) -> Mapping[str, WriteSet]:
        """What is staged and not yet written, by case."""
        return self._staged

    def flush(self, *, last: bool = False) -> None:
        """Writes every unwritten change; ``last``: nothing else is done in this transaction."""
        if self._staged:
            for rows in self._staged.values():
                rows.columns = self.shown(rows.case)
            self.unit.append(list(self._staged.values()), last=last)
            self._staged = {}
        self._mark = None


def request_digest(command: Command, digests: Digests) -> str:
    """The digest of what was asked (verb, claim, payload, personal values)."""
    body = [command.verb, command.claim, command.programme, command.marketplace, command.payload, command.personal]
    body.append(command.told)
    return digests.of(json.dumps(body, sort_keys=True, default=str).encode())


def group_of(case: Case) -> tuple[str, str] | None:
    """(order id, incident date) of a claim, or None."""
    order, incident = case.facts.get("order"), case.facts.get("incident_on")
    if not isinstance(order, dict) or not isinstance(incident, str) or incident == "unknown":
        return None
    return order["id"], incident  # pyright: ignore[reportUnknownVariableType]


def _order_of(case: Case | None) -> str | None:
    order: Mapping[str, Any] = case.facts.get("order") or {} if case else {}
    return order.get("id")


def told_group(payload: Mapping[str, Any]) -> tuple[str, str] | None:
    """(order id, incident date) of a filing, or None."""
    if payload.get("incident_on") and "order" in payload:
        return payload["order"]["id"], payload["incident_on"]
    return None


def _corrected_group(case: Case, payload: Mapping[str, Any]) -> tuple[str, str] | None:
    """The group a correction moves a claim into, or None when it stays where it is."""
    order: Mapping[str, Any] = payload.get("order") or {}
    number, incident = order.get("id"), payload.get("incident_on")
    if not number and not incident:
        return None
    now = group_of(case) or ("", "")
    number, incident = str(number or now[0]), str(incident or now[1])
    return (number, incident) if number and incident not in ("", "unknown") else None


def raised(refusal: Refusal, claim: str | None) -> Refused | StaleVersion | NotFound:
    """The exception of a refusal."""
    kinds: dict[str, type[Any]] = {
        RefusalCode.STALE_VERSION.value: StaleVersion,
        RefusalCode.UNKNOWN_CLAIM.value: NotFound,
        RefusalCode.UNKNOWN_SELLER.value: NotFound,
    }
    kind = kinds.get(str(refusal.code), Refused)
    return kind(
        str(refusal.code),
        refusal.message,
        hint=refusal.hint,
        state=refusal.state,
        claim=claim,
        unmet=_unmet(refusal),
        allowed=refusal.allowed,
        next_on=refusal.next_on,
    )


def _unmet(refusal: Refusal) -> tuple[dict[str, Any], ...]:
    """Each reason with what was tested, its source and the rulebook version, as the contract's section 3 asks."""
    from .explain import reason_json  # noqa: PLC0415  # texts are loaded only where they are read

    if refusal.rulebook is None:
        return tuple(r.to_entry() for r in refusal.unmet)
    version = resolve(refusal.rulebook)
    return tuple({**r.to_entry(), **reason_json(r, version), "rulebook": version.ref} for r in refusal.unmet)


def locks_of(cases: Sequence[Case], payload: Mapping[str, Any] | None = None) -> list[str]:
    """The keys to lock for these cases: themselves, their seller's file and their incident group.

    ``payload``: of a command that may move them into another group, whose claims are counted with them from then on.
    """
    found: list[str] = []
    for case in cases:
        found.append(case.id)
        if case.seller:
            found.append(seller_file_id(case.seller))
        groups = (group_of(case), _corrected_group(case, payload or {}))
        found += [f"incident:{key[0]}:{key[1]}" for key in groups if key]
    return sorted(set(found))
