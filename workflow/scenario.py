"""Scenarios run: given a world, when these steps, then this is expected - on a fake clock, on any store.

Decision: a case drives the public desk and nothing else: what an owner of the rules writes is what a caller gets.
Time moves from one due instant to the next, and letters leave at once; each case lives under names of its own, so that
a store may hold many. Authority: contract sections 4 and 8. Left out: finding a store by its address (the caller
hands over how to open a desk), and writing to a terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, cast

from ..states.errors import ClaimdeskError, InputError
from ..states.times import instant_text, local_day, parse_instant
from . import coverage, registry
from .desk import Desk
from .deskverbs import Options
from .engine import seller_file_id
from .plan import Programme
from .ports import Letter
from .rulebook import book_for
from .scenario_compare import Difference, differences
from .scenario_load import BadCase, Scenario, Step, find, good, load, read
from .view import Claim

__all__ = [
    "BadCase",
    "Difference",
    "OpenDesk",
    "Result",
    "Scenario",
    "find",
    "load",
    "load_all",
    "read_all",
    "run",
    "run_case",
]

#: Opens a desk with the keywords of ``ClaimDesk.open``; for example ``partial(ClaimDesk.open, "memory:")``.
OpenDesk = Callable[..., Desk]

_SELLER = "SCENARIO-SELLER"
_DUE_MAX = 100_000
#: Whose verb it is when a step names no actor; what is left out is done by ``scenario``.
_ACTORS: Mapping[str, str] = {
    "withdraw": "customer",
    "provide_information": "customer",
    "decline_offer": "customer",
    "respond": "seller",
    "resolve": "seller",
    "appeal": "seller",
    "record_certificate": "seller",
    "insurer_respond": "insurer",
    "confirm_payment": "bank",
    "fail_payment": "bank",
    "reverse_payment": "bank",
}
_NOT_OURS = ("actor", "dry_run", "filed_at", "idempotency_key")


@dataclass(frozen=True, slots=True)
class Result:
    """What one case came to."""

    name: str
    file: str
    differences: tuple[Difference, ...]
    error: InputError | None = None  #: why the case cannot be run, or not to its end

    @property
    def ok(self) -> bool:
        """Whether everything expected holds."""
        return not self.differences

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of the contract."""
        return {
            "name": self.name,
            "file": self.file,
            "ok": self.ok,
            "differences": [d.to_dict() for d in self.differences],
        }


def load_all(paths: Iterable[str | Path], tags: Iterable[str] = ()) -> list[Scenario]:
    """Every case of files and folders, checked before anything runs; with ``tags``, only those that carry one."""
    return good(read_all(paths, tags))


def read_all(paths: Iterable[str | Path], tags: Iterable[str] = ()) -> list[Scenario | BadCase]:
    """As ``load_all``; a bad case or file stands in its place with its error and hides none beside it."""
    wanted = set(tags)
    cases = [case for path in find(paths) for case in read(path)]
    return [c for c in cases if not wanted or wanted & set(c.tags) or (isinstance(c, BadCase) and not c.tags)]


def run(cases: Iterable[Scenario | BadCase], open_desk: OpenDesk, *, namespace: str = "") -> Iterator[Result]:
    """Runs cases one after the other; one that cannot be run falls short with its error, and the next one runs.

    ``namespace`` keeps the cases of a store that outlives them apart.
    """
    for number, case in enumerate(cases, 1):
        if isinstance(case, BadCase):
            yield _cannot_run(case.name, case.file, case.error)
            continue
        try:
            yield run_case(case, open_desk, namespace=f"{namespace}.{number}" if namespace else "")
        except InputError as error:
            yield _cannot_run(case.name, case.file, error)


def _cannot_run(name: str, file: str, error: InputError) -> Result:
    found = Difference(None, error.field or "case", "a case that can be run", _said(error))
    return Result(name, file, (found,), error)


def run_case(case: Scenario, open_desk: OpenDesk, *, namespace: str = "") -> Result:
    """Runs one case on a desk of its own.

    With a ``namespace`` sellers, orders and keys are renamed by it, and ids are drawn anew: for a store that other
    cases use too. Without one the run repeats itself exactly.
    """
    clock = _Clock(case.steps[0].at)
    with open_desk(
        actor="scenario",
        clock=clock,
        sender=_Taken(),
        payments=case.payments,
        overlays=case.overlays,
        rulebook_overrides=case.rulebook,
        random_bits=None if namespace else Random(case.name).getrandbits,  # noqa: S311  # ids, not secrets
        plain=True,
        templates=True,
    ) as desk:
        play = _Play(case, desk, clock, namespace)
        play.given()
        for step in case.steps:
            if not play.step(step):
                break
        else:
            play.compare(case.expect, None)
        return Result(case.name, case.file, tuple(play.found))


class _Clock:
    """Stands still until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class _Taken:
    """A sender that takes every letter at once."""

    name = "scenario"

    def send(self, letter: Letter) -> None:
        """Taken."""


class _Play:
    """One case on one desk."""

    def __init__(self, case: Scenario, desk: Desk, clock: _Clock, namespace: str) -> None:
        self.case = case
        self.desk = desk
        self.clock = clock
        self.namespace = namespace
        self.claims: list[str] = []  # by order of filing
        self.names: dict[str, str] = {}
        self.marks: dict[str, set[str]] = {}  # the order numbers and sources' numbers that claims were filed with
        self.last: str | None = None
        self.moved = False  # whether a claim went on under another programme
        self.found: list[Difference] = []
        self.about_seller = case.programme == registry.SELLER_FILE
        self.seller = self._own(str(case.seller.get("id", _SELLER)))

    # -- the world before the first step -------------------------------------------------------------------------

    def given(self) -> None:
        """The seller as given, on file before the first step."""
        facts = {**self.case.seller, "id": self.seller}
        if "proceeds_12m" not in facts:
            facts.setdefault("proceeds_complete", True)  # the plain seller has sold nothing that the case does not tell
        try:
            self.desk.seller_do("update_seller", self.seller, facts, marketplace=self.case.marketplace, lenient=True)
        except InputError as error:
            raise self.case.where.at("given.seller").wrong(error.code, _said(error), error.hint) from None
        if self.about_seller:
            self.last = seller_file_id(self.seller)

    # -- a step --------------------------------------------------------------------------------------------------

    def step(self, step: Step) -> bool:
        """One step and what is expected after it; False when the rest of the case makes no sense any more."""
        self._advance(step.at)
        before = self._snapshot() if step.refused else {}
        refusal = self._try(step)
        if step.refused:
            self._compare_refusal(step, refusal, before)
        elif refusal is not None:
            self.found.append(Difference(step.number, "do", "done", f"refused: {refusal.code} ({refusal.message})"))
            return False
        self.desk.tick()  # the letters of this step leave at once
        self.compare(step.expect, step.number)
        return True

    def compare(self, expected: Mapping[str, Any], step: int | None) -> None:
        """Keeps what does not hold of the claim last acted on."""
        if expected:
            self.found += differences(expected, self._view(), step)

    def _try(self, step: Step) -> ClaimdeskError | None:
        try:
            self._do(step)
        except InputError as error:
            if step.refused is not None:
                return error  # it was refused; whether for what the case says is compared
            if error.message.startswith(step.where.file):
                raise  # it says its place already
            key = f"with.{error.field}" if error.field else "with"
            raise step.where.at(key).wrong(error.code, _said(error), error.hint) from None
        except ClaimdeskError as error:
            if error.exit_code in (3, 5, 6):  # refused, not found, conflict: what the rules say
                return error
            raise
        return None

    def _do(self, step: Step) -> None:
        if step.verb == "tick":
            return
        programme = self._programme(step)
        if step.verb == programme.opening and not self.about_seller:
            self._file(step)
        elif self._of_seller(step, programme):
            self.desk.seller_do(
                step.verb,
                self.seller,
                self._payload(step),
                marketplace=self.case.marketplace,
                actor=self._actor(step),
                at=step.at,
                lenient=self._lenient(step),
            )
        else:
            claim = self._claim(step)
            options: Options = {
                "actor": self._actor(step),
                "at": step.at,
                "lenient": self._lenient(step),
            }
            if step.reason is not None:
                options["reason"] = step.reason
            if step.key is not None:
                options["idempotency_key"] = self._own(step.key)
            if step.version is not None:
                options["expected_version"] = step.version
            if claim in self.claims:
                self.last = claim
            done = self.desk.do(step.verb, claim, self._payload(step), **options)
            if isinstance(done, Claim) and done.continued_as is not None:
                self._goes_on(done.id, done.continued_as)

    def _of_seller(self, step: Step, programme: Programme) -> bool:
        """Whether a step is about the seller's file: in its own cases, by its own verbs, or where no claim takes it.

        Before there is a claim, and after the last one ended: a certificate comes for the claims that follow.
        """
        if self.about_seller or step.verb not in programme.lifecycle.verbs:
            return True
        if step.claim is not None or step.verb not in ("record_certificate", "request_insurance"):
            return False
        last = self.desk.case_of(self.claims[-1]) if self.claims else None
        return last is None or (step.refused is None and step.verb not in programme.lifecycle.verbs_in(last.state))

    def _programme(self, step: Step) -> Programme:
        """The programme whose verbs the step has: that of the claim it is about, which may have been moved."""
        known = self.desk.case_of(self._claim(step)) if self.moved and not self.about_seller else None
        return registry.programme(known.programme if known is not None else self.case.programme)

    def _goes_on(self, left: str, new: str) -> None:
        """From now on the steps about a claim that was moved are about what it goes on as."""
        self.moved = True
        self.claims[self.claims.index(left)] = self.last = new
        self.names = {name: new if claim == left else claim for name, claim in self.names.items()}
        self.marks = {mark: {new if c == left else c for c in claims} for mark, claims in self.marks.items()}

    def _file(self, step: Step) -> None:
        told = self._payload(step)
        payload: dict[str, Any] = _written({k: v for k, v in told.items() if k != "seller"})
        payload |= {"seller": told["seller"]} if "seller" in told else {}
        for name in _NOT_OURS:
            if name in payload:
                raise InputError("unknown_field", f"{name} is not a field of a claim", field=name)
        programme = registry.programme(str(payload.get("programme", self.case.programme)))
        meant = registry.programme(self.case.programme)  # a claim filed elsewhere is moved to where it belongs
        order: dict[str, Any] = payload.setdefault("order", {}) if programme.of_orders or meant.of_orders else {}
        if isinstance(order, dict):  # pyright: ignore[reportUnnecessaryIsInstance]  # it is checked with the rest
            order.setdefault("id", self._own(f"ORDER-{len(self.claims) + 1}"))
        if meant.dated is not None:
            payload.setdefault(meant.dated, local_day(step.at, self._zone()).isoformat())
        sold_by: Any = order.get("sold_by", "seller") if isinstance(order, dict) else "seller"  # pyright: ignore[reportUnnecessaryIsInstance]
        seller: Any = payload.pop("seller", None if sold_by == "amazon" else self.seller)
        reason: Any = payload.pop("reason", None)
        made = self.desk.file(
            programme=str(payload.pop("programme", self.case.programme)),
            marketplace=payload.pop("marketplace", self.case.marketplace),
            seller=seller,
            filed_at=step.at,
            actor=self._actor(step),
            reason=step.reason if step.reason is not None else str(reason or ""),
            idempotency_key=self._own(step.key) if step.key is not None else None,
            **payload,
        )
        if made.id not in self.claims:
            self.claims.append(made.id)
        if step.claim is not None:
            self.names[str(step.claim)] = made.id
        for mark in _marks(step.payload):
            self.marks.setdefault(mark, set()).add(made.id)
        self.last = made.id

    # -- who and which -------------------------------------------------------------------------------------------

    def _claim(self, step: Step) -> str:
        """The claim a step is about: by its name, by when it was filed, or by its order; else the one filed last."""
        if step.claim is None:
            if not self.claims:
                raise step.where.wrong("no_claim", f"{step.verb} needs a claim, and none was filed before it")
            return self.claims[-1]
        found = self.names.get(str(step.claim))
        if found is None and isinstance(step.claim, int) and 1 <= step.claim <= len(self.claims):
            found = self.claims[step.claim - 1]
        if found is None and isinstance(step.claim, str) and step.claim.startswith("CLM-"):
            found = step.claim  # an id as it stands, for a claim that is not there
        if found is None:  # no name of its own: by what was filed with it, when only one claim has that
            filed = self.marks.get(str(step.claim), ())
            found = next(iter(filed)) if len(filed) == 1 else None
        if found is None:
            known = ", ".join(self.names) or "none is named"
            raise step.where.at("claim").wrong(
                "no_such_name", "no claim was filed under this name", f"named at file: {known}; or 1, 2, ..."
            )
        return found

    def _actor(self, step: Step) -> str:
        if step.actor is not None:
            return step.actor
        by = step.payload.get("by")
        if step.verb in ("respond", "resolve", "appeal") and by in ("seller", "insurer", "customer"):
            return str(by)
        return _ACTORS.get(step.verb, "scenario")

    def _lenient(self, step: Step) -> bool:
        """Neither a reason nor a second person is asked for, unless the step names an actor or an empty reason."""
        told = step.reason if step.reason is not None else step.payload.get("reason")
        return step.actor is None and not (isinstance(told, str) and not told.strip())

    def _zone(self) -> str:
        return book_for(self.case.programme, self.case.marketplace).zone

    # -- names of its own ----------------------------------------------------------------------------------------

    def _own(self, name: str) -> str:
        return f"{name}~{self.namespace}" if self.namespace else name

    def _payload(self, step: Step) -> dict[str, Any]:
        """The payload as written, with this run's own names for orders, sellers and lines."""
        found = dict(step.payload)
        order, seller = found.get("order"), found.get("seller")
        if isinstance(order, dict):
            own: dict[str, Any] = dict(order)  # pyright: ignore[reportUnknownArgumentType]
            if isinstance(own.get("id"), str):
                own["id"] = self._own(own["id"])
            found["order"] = own
        if isinstance(seller, str):
            found["seller"] = self._own(seller)
        elif isinstance(seller, dict) and isinstance(seller.get("id"), str):  # pyright: ignore[reportUnknownMemberType]
            found["seller"] = {**seller, "id": self._own(seller["id"])}  # pyright: ignore[reportUnknownArgumentType]
        if isinstance(found.get("source_id"), str):
            found["source_id"] = self._own(found["source_id"])
        if step.verb == "note" and not found and step.reason is None:
            found["text"] = "looked at"  # what a case expects is of the claim last acted on: this turns to one
        if step.verb == "amend" and "seller" not in found and _turns_out_sold_by_a_seller(found.get("order")):
            known = self.desk.case_of(self._claim(step))
            if known is not None and known.seller is None:
                found["seller"] = self.seller  # the one given, as at file
        return found

    # -- time ----------------------------------------------------------------------------------------------------

    def _advance(self, to: datetime) -> None:
        """Moves the clock on, stopping at every instant at which something of this case falls due."""
        self.desk.tick()
        while (due := self._next_due(to)) is not None:
            self.clock.now = due
            self.desk.tick()
        self.clock.now = to
        self.desk.tick()

    def _next_due(self, to: datetime) -> datetime | None:
        mine = {*self.claims, seller_file_id(self.seller)}
        now = instant_text(self.clock.now)
        with self.desk.store.read() as unit:
            tasks = unit.due_tasks(instant_text(to), ("deadline",), _DUE_MAX)
        later = [t.due_at for t in tasks if t.claim in mine and t.due_at > now]
        return parse_instant(min(later)) if later else None

    # -- looking -------------------------------------------------------------------------------------------------

    def _view(self) -> dict[str, Any]:
        """The claim last acted on, with what its seller's file shows beside it."""
        seller = self.desk.view(seller_file_id(self.seller))
        if self.last is None:
            return {}
        if self.about_seller:
            return seller
        beside = {k: seller.get(k) for k in ("required", "due_on", "certificate")}
        if coverage.required(self.desk.case_of(seller_file_id(self.seller))):
            beside["required"] = True  # as given: it is not computed for the claims of other programmes
        claim = {k: v for k, v in self.desk.view(self.last).items() if v is not None or k not in beside}
        return {**beside, **claim}

    def _snapshot(self) -> dict[str, Any]:
        """Everything a refused step must leave as it was: cases with their journal, money, clocks, tasks, letters."""
        found: dict[str, Any] = {"claims": tuple(self.claims)}
        for each in (*self.claims, seller_file_id(self.seller)):
            case = self.desk.case_of(each)
            if case is None:
                continue
            found[each] = {
                "version": case.version,
                "journal": (case.head, len(self.desk.entries(each))),
                "money": tuple(t.id for t in self.desk.ledger(each)),
                "tasks": (case.tasks, case.deadlines, case.holds),
                "notices": tuple(n.id for n in self.desk.notices(each)),
            }
        return found

    def _compare_refusal(self, step: Step, refusal: ClaimdeskError | None, before: Mapping[str, Any]) -> None:
        actual = "done" if refusal is None else refusal.code
        if actual != step.refused:
            self.found.append(Difference(step.number, "refused", step.refused, actual))
            return
        after = self._snapshot()
        for each, was in before.items():
            if after.get(each) != was:
                changed = [k for k in was if after[each][k] != was[k]] if isinstance(was, dict) else ["claims"]  # pyright: ignore[reportUnknownVariableType]
                said = "changed: " + ", ".join(str(k) for k in changed)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
                self.found.append(Difference(step.number, "refused", "nothing changed", said))


def _turns_out_sold_by_a_seller(order: object) -> bool:
    return isinstance(order, Mapping) and cast("Mapping[str, object]", order).get("sold_by") == "seller"


def _written(value: Any) -> Any:
    """A filing without the names after which nothing is written: they are left out; what is not known says so."""
    if not isinstance(value, dict):
        return value
    named: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
    return {k: _written(v) for k, v in named.items() if v is not None}


def _marks(payload: Mapping[str, Any]) -> Iterator[str]:
    order: Any = payload.get("order")
    found: list[Any] = [payload.get("source_id"), order.get("id") if isinstance(order, Mapping) else None]  # pyright: ignore[reportUnknownMemberType]
    yield from (mark for mark in found if isinstance(mark, str))


def _said(error: ClaimdeskError) -> str:
    return error.message
