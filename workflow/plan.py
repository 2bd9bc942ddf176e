"""Planning: a command, a case and frozen facts in; a plan or a refusal out. No I/O, no clock, no randomness.

A ``Draft`` is the working copy inside one plan. Every step of it is an entry body (what will be journalled), and
the draft's own case is the fold of those bodies, so a plan cannot say one thing and record another.
Interactive, bulk, scenario and back-test runs all come through ``plan``; only what happens to the plan differs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ..states.case import Case, Deadline, fold
from ..states.codes import DeadlineKind, Described, HoldReason, Outcome, Party, RefusalCode, TaskKind
from ..states.ledger import TransferKind
from ..states.lifecycle import Lifecycle
from ..states.roles import stands_with
from ..states.times import end_of_hours, end_of_window, instant_text, local_day, parse_instant
from . import overlays
from .reasons import Decision, Reason
from .rulebook import Version
from .signs import Sign

if TYPE_CHECKING:
    from .control.steps import Attached


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asks for. ``payload`` is canonical (validated); ``personal`` is sealed, never journalled."""

    verb: str
    payload: Mapping[str, Any]
    actor: str
    at: datetime
    claim: str | None = None
    personal: Mapping[str, Any] = field(default_factory=lambda: {})
    reason: str = ""
    second: str | None = None  #: a second person who approved
    key: str | None = None  #: idempotency key
    expected_version: int | None = None
    programme: str | None = None  #: only for the verb that opens a case
    marketplace: str | None = None
    told: Any = None  #: what else the request said (a filing's seller and date): part of what its key stands for
    found: Mapping[str, Any] | None = None  #: what the desk found to act on (an erasure); no part of the request
    attached: Attached | None = None  #: what a proposal, its approval or an emergency brings along
    lenient: bool = False  #: scenario steps without an actor of their own: no reason or second person is asked


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another claim of the same order and incident that counts together with this one (R2)."""

    id: str
    state: str
    eligible_minor: int
    asked_minor: int
    paid_minor: int

    @property
    def paid(self) -> bool:
        """Whether a payment of Amazon's stands."""
        return self.paid_minor > 0


@dataclass(frozen=True, slots=True)
class Context:
    """The frozen facts a plan may read beside the case."""

    now: datetime
    rulebook: Version
    new_id: Callable[[str], str]
    version_at: Callable[[date], Version]  #: the same rulebook on another day (certificates, duties)
    seller: Case | None = None
    siblings: tuple[Sibling, ...] = ()
    personal: Mapping[str, Any] = field(default_factory=lambda: {})
    payments: str = "instant"  #: instant, manual or gateway
    overlays: frozenset[str] = frozenset()
    overrides: str = ""  #: the desk's own values over the rulebook's (JSON), empty for none
    others: tuple[Case, ...] = ()  #: the seller's other claims in this programme (``Programme.reads_others``)

    @property
    def today(self) -> date:
        """The day of ``now`` in the marketplace's zone."""
        return local_day(self.now, self.rulebook.zone)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no that teaches: which test failed, where the claim stands, what may be done now, when something changes."""

    code: RefusalCode | str
    message: str
    state: str | None = None
    unmet: tuple[Reason, ...] = ()
    allowed: tuple[str, ...] = ()
    hint: str = ""
    next_on: str | None = None
    rulebook: str | None = None  #: the version it was tested under


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen: the entry bodies in order, the case after them, and the letters to queue."""

    case: Case
    bodies: tuple[dict[str, Any], ...]
    personal: Mapping[str, Any]
    notices: tuple[dict[str, Any], ...] = ()  #: rows to queue: id, kind, party, params


Handler = Callable[["Draft", Context, Command], "Refusal | None"]
Fire = Callable[["Draft", Context, Deadline], None]
Settle = Callable[["Draft", Context], bool]
#: (the seller's file, the seller's claims, as of this day) to values by name; see ``Programme.measures``.
Measures = Callable[[Case, Sequence[Case], date], Mapping[str, Any]]


@dataclass(frozen=True)
class Programme:
    """One programme: its lifecycle, what each verb does, what each clock does, and how the rules run on.

    ``opening`` is the verb that makes a case. ``settle`` is one step of the rules; it returns False at rest.
    ``records`` are the verbs allowed under a hold; ``reasoned`` need a reason of the actor.
    """

    id: str
    title: str
    title_zh: str
    lifecycle: Lifecycle
    opening: str
    handlers: Mapping[str, Handler]
    fires: Mapping[str, Fire]
    settle: Settle
    validate: Callable[[str, Mapping[str, Any], str, bool], tuple[dict[str, Any], dict[str, Any]]]
    summary: Callable[[Case], dict[str, Any]]
    outcome: Callable[[Case], str]
    records: frozenset[str]
    reasoned: frozenset[str] = frozenset()
    second_person: Callable[[Case, Context, Command], bool] = lambda case, ctx, command: False
    seller_first: frozenset[str] = frozenset()  #: verbs that are done on the seller's file first, then here
    waits_on_seller: frozenset[str] = frozenset()  #: states that look again when the seller's file changes
    reads_personal: bool = True  #: whether its rules read personal facts (they are unsealed only then)
    waits_on_siblings: frozenset[str] = frozenset()  #: states that look again when a sibling's amount changes
    dated: str | None = None  #: the fact that a scenario dates with the day of filing when it is left out
    measures: Measures | None = None  #: what the claims of one seller come to together
    reads_others: frozenset[str] = frozenset()  #: verbs whose rules read the seller's other claims here
    others_of_order: bool = False  #: of those, only the ones of the claim's order
    language: str | None = None  #: the language of its letters where neither claim nor seller names one
    letter_facts: Callable[[Case, str], Sequence[tuple[str, str]]] | None = (
        None  #: what a letter says the claim is about
    )
    #: Its own codes beside the shared ones, by the kind they add to: ``{ReasonCode: MyReasonCode}``.
    codes: Mapping[type[Described], type[Described]] = field(default_factory=lambda: {})
    recognises: Callable[[Mapping[str, Any], str], Sign | None] | None = None  #: whether a filing's facts are its own
    #: The minor units (eligible, asked) a claim counts with among others of its incident, None where it does not;
    #: for a programme that can tell them more cheaply than by the outside view.
    counts: Callable[[Case], tuple[int, int] | None] | None = None
    of_orders: bool = True  #: whether its claims name an order (a scenario fills one in)


#: What an entry leaves out.
_NOTHING: Any = (None, [], {}, ())
_ANOTHER = "name another person who approved (approved_by); rules and scripts are no persons"


class Draft:
    """The working copy of one case while a plan is made."""

    __slots__ = ("at", "bodies", "case", "lifecycle", "notices", "now", "programme", "shown")

    def __init__(self, case: Case | None, programme: Programme, now: datetime) -> None:
        self.case: Case = case  # type: ignore[assignment]  # set by ``open`` before anything reads it
        self.programme = programme
        self.lifecycle = programme.lifecycle
        self.now = now if case is None else max(now, parse_instant(case.updated_at))
        self.at = instant_text(self.now)
        self.bodies: list[dict[str, Any]] = []
        self.notices: list[dict[str, Any]] = []
        self.shown = 0  #: how many bodies the overlays have seen

    # -- entries -------------------------------------------------------------------------------------------------

    def open(
        self, claim: str, rulebook: Version, seller: str | None, facts: dict[str, Any], trigger: str = "file"
    ) -> None:
        """The first entry of a new case."""
        body: dict[str, Any] = {
            "claim": claim,
            "type": trigger,
            "at": self.at,
            "to": self.lifecycle.initial,
            "set": facts,
            "opening": {
                "programme": self.lifecycle.name,
                "marketplace": rulebook.marketplace,
                "currency": rulebook.currency,
                "zone": rulebook.zone,
                "rulebook": rulebook.ref,
                "seller": seller,
            },
        }
        self.bodies.append(body)
        self.case = fold(None, body, None)

    def take(self, trigger: str, **parts: Any) -> None:
        """One step: ``trigger`` must exist from the present state; ``parts`` are what the entry holds."""
        to = self.lifecycle.next(self.case.state, trigger)
        if to is None:
            raise AssertionError(f"{self.lifecycle.name}: no step {trigger} from {self.case.state}")
        body: dict[str, Any] = {
            "claim": self.case.id,
            "type": trigger,
            "at": self.at,
            "from": self.case.state,
            "to": to,
        }
        body.update({name: value for name, value in parts.items() if value or value not in _NOTHING})
        self.bodies.append(body)
        self.case = fold(self.case, body, None)

    def mark(self, kind: str, **parts: Any) -> None:
        """An entry that is no step of the lifecycle: the state stays as it is."""
        body: dict[str, Any] = {
            "claim": self.case.id,
            "type": kind,
            "at": self.at,
            "from": self.case.state,
            "to": self.case.state,
        }
        body.update({name: value for name, value in parts.items() if value or value not in _NOTHING})
        self.bodies.append(body)
        self.case = fold(self.case, body, None)

    def add(self, **parts: Any) -> None:
        """Adds to the last entry of this plan (its state step stands; lists are extended, facts merged)."""
        if not self.bodies:
            self.take("amend", **parts)
            return
        body = self.bodies[-1]
        if body["type"] == REDIRECT and parts.get("decision"):
            self.mark("examined", **parts)  # an entry holds one decision
            return
        extra: dict[str, Any] = {"claim": self.case.id, "at": body["at"], "to": self.case.state}
        for name, value in parts.items():
            if not value and value in _NOTHING:
                continue
            extra[name] = value
            if name in body and isinstance(value, list):
                body[name] = [*body[name], *value]
            elif name in body and isinstance(value, dict):
                body[name] = {**body[name], **value}
            else:
                body[name] = value
        version, head = self.case.version, self.case.head
        self.case = fold(self.case, extra, head)
        object.__setattr__(self.case, "version", version)

    def refuse(self, code: RefusalCode | str, message: str, *unmet: Reason, hint: str = "") -> Refusal:
        """A no, with what may be done now; nothing of the draft is kept."""
        return refuse(self.programme, self.case, code, message, *unmet, hint=hint)

    # -- parts of entries ----------------------------------------------------------------------------------------

    def deadline(
        self, kind: Described, days: int, start: date, *, event: str, notice: Described | None = None
    ) -> dict[str, Any]:
        """An opened clock of ``days`` calendar days after day 0 ``start`` (R3)."""
        zone = self.case.zone
        last, due = end_of_window(start, days, zone)
        recipe = {"from": start.isoformat(), "days": days, "type": "calendar", "zone": zone, "event": event}
        return {
            "op": "open",
            "kind": kind.value,
            "on": last.isoformat(),
            "due": instant_text(due),
            "recipe": recipe,
            "notice": notice.value if notice else None,
        }

    def deadline_hours(
        self, kind: Described, hours: int, *, event: str, notice: Described | None = None
    ) -> dict[str, Any]:
        """An opened clock of ``hours`` elapsed hours from now; exactly so many is in time (R3)."""
        last, due = end_of_hours(self.now, hours, self.case.zone)
        recipe = {"from": instant_text(self.now), "hours": hours, "type": "hours", "zone": self.case.zone}
        return {
            "op": "open",
            "kind": kind.value,
            "on": last.isoformat(),
            "due": instant_text(due),
            "recipe": {**recipe, "event": event},
            "notice": notice.value if notice else None,
        }

    def settled(self, *kinds: Described, how: str = "met") -> list[dict[str, Any]]:
        """Closing ops for those of ``kinds`` that are open."""
        wanted = {k.value for k in kinds}
        return [d.op(how) for d in self.case.deadlines if own_clock(d) and d.kind in wanted]

    def all_settled(self, how: str = "cancelled") -> list[dict[str, Any]]:
        """Closing ops for every open clock."""
        return [d.op(how) for d in self.case.deadlines if own_clock(d)]

    def target(self, ctx: Context, event: str) -> list[dict[str, Any]]:
        """The desk's own target for a decision, unless an overlay's clock already runs for it."""
        if any(
            d.kind == DeadlineKind.DECIDE.value and d.status == "open" and not own_clock(d) for d in self.case.deadlines
        ):
            return []
        return [self.deadline(DeadlineKind.DECIDE, ctx.rulebook.number("desk.target"), ctx.today, event=event)]

    def notice(self, ctx: Context, kind: Described, party: Party, **params: Any) -> dict[str, Any]:
        """A queued notice; its row carries ``params``, the entry only id, kind and party."""
        made, what, whom = ctx.new_id("NTC"), kind.value, party.value
        row = {"id": made, "claim": self.case.id, "kind": what, "party": whom, "at": self.at, "params": params}
        self.notices.append(row)
        return {"op": "queued", "id": made, "kind": what, "party": whom}

    def money(
        self, ctx: Context, kind: TransferKind, debit: str, credit: str, amount: int, **more: Any
    ) -> dict[str, Any]:
        """One transfer row."""
        return {
            "id": ctx.new_id("PAY"),
            "kind": kind.value,
            "debit": debit,
            "credit": credit,
            "amount": amount,
            "currency": self.case.currency,
            **more,
        }


def own_clock(clock: Deadline) -> bool:
    """Whether a clock still runs and is the programme's own; an overlay closes its own clocks."""
    return clock.status in ("open", "ran_out") and "overlay" not in clock.recipe


def decision(ctx: Context, made: Decision) -> dict[str, Any]:
    """The journalled form of a decision."""
    entry: dict[str, Any] = {
        "id": ctx.new_id("DEC"),
        "kind": made.kind,
        "outcome": made.outcome,
        "reasons": [r.to_entry() for r in made.reasons],
        "rulebook": ctx.rulebook.ref,
        "rulebook_sha256": ctx.rulebook.sha256,
    }
    if made.exempt:
        entry["exempt"] = True
    if made.inputs:
        entry["inputs"] = made.inputs
    return entry


def next_instant(case: Case) -> str | None:
    """The local date of the nearest open clock, for refusals."""
    dates = [d.on for d in case.deadlines if d.status == "open"]
    return min(dates) if dates else None


def open_verbs(programme: Programme, case: Case) -> tuple[str, ...]:
    """The verbs of the claim's state that no hold closes."""
    here = programme.lifecycle.verbs_in(case.state)
    if not case.holds:
        return here
    legal = HoldReason.LEGAL.value in case.holds  # what a court may ask for is not erased, whoever asks
    # Contract section 8: under payment_reversed a person releases the hold to pay again, or denies.
    denies = {"deny"} if case.holds == (HoldReason.PAYMENT_REVERSED.value,) else frozenset[str]()
    return tuple(v for v in here if v in programme.records or v in denies or (v == "redact" and not legal))


def offered(programme: Programme, case: Case) -> tuple[str, ...]:
    """The open verbs that something can come of: a hold is released only where one stands."""
    verbs = open_verbs(programme, case)
    return verbs if case.holds else tuple(v for v in verbs if v != "release_hold")


def refuse(
    programme: Programme,
    case: Case,
    code: RefusalCode | str,
    message: str,
    *unmet: Reason,
    hint: str = "",
    no: str = "",
) -> Refusal:
    """A refusal with everything it must carry; ``no``: the verb that is not to be tried again as things stand."""
    allowed = tuple(v for v in offered(programme, case) if v != no)
    if not unmet:
        unmet = (Reason(str(code), f"lifecycle.{programme.id}", case.state, False),)
    hint = hint or f"you can: {', '.join(allowed)}"
    return Refusal(code, message, case.state, unmet, allowed, hint, next_instant(case), case.rulebook)


def plan(programme: Programme, case: Case | None, command: Command, ctx: Context) -> Plan | Refusal:
    """The one planner. Order of refusals: claim, version, state, hold, reason, second person, the verb's own test."""
    draft = Draft(case, programme, ctx.now)
    if case is None:
        handler = programme.handlers[programme.opening]
    else:
        refusal = _common_tests(programme, case, command, ctx)
        if refusal is not None:
            return refusal
        handler = _handler(programme, command.verb)
    refusal = handler(draft, ctx, command)
    if refusal is not None and case is not None and not refusal.allowed:
        no = command.verb if refusal.code in _NOT_AGAIN else ""
        return refuse(programme, case, refusal.code, refusal.message, *refusal.unmet, hint=refusal.hint, no=no)
    if refusal is not None:
        return refusal
    if case is None and "redirected" in command.payload:
        why = Reason.from_entry(command.payload["redirected"]["reason"])
        draft.mark(REDIRECT, decision=decision(ctx, Decision(REDIRECT, programme.id, (why,))))
    show_overlays(draft, ctx)
    run_on(programme, draft, ctx)
    return Plan(draft.case, tuple(draft.bodies), command.personal, tuple(draft.notices))


#: Verbs the engine itself issues; they exist in every state and refuse themselves where they do not apply.
INTERNAL = frozenset({"fire", "recheck", "hand_over", "send_payment", "reveal", "wait", "answer"})


#: Refusals that another payload would not change.
_NOT_AGAIN = frozenset({RefusalCode.NOT_YET, RefusalCode.LATE_APPEAL})


#: The entry of a claim that was filed under another programme.
REDIRECT = "redirect"


def _handler(programme: Programme, verb: str) -> Handler:
    from .generic import GENERIC, fire_with  # noqa: PLC0415  # the generic verbs build on this module

    if verb == "fire":
        return fire_with(programme)
    return programme.handlers.get(verb) or GENERIC[verb]


def _common_tests(programme: Programme, case: Case, command: Command, ctx: Context) -> Refusal | None:
    if command.expected_version is not None and command.expected_version != case.version:
        return refuse(
            programme,
            case,
            RefusalCode.STALE_VERSION,
            f"the claim is at version {case.version}, not {command.expected_version}",
            Reason("stale_version", "concurrency", str(case.version), False, str(command.expected_version)),
        )
    verb = command.verb
    if verb in INTERNAL:
        return None
    if verb not in programme.lifecycle.verbs_in(case.state):
        return refuse(
            programme,
            case,
            RefusalCode.NOT_ALLOWED_FROM_STATE,
            f"{verb} is not possible while the claim is {case.state}",
        )
    if verb not in open_verbs(programme, case):
        return refuse(
            programme,
            case,
            RefusalCode.ON_HOLD,
            f"{verb} is not possible while a hold stands: " + ", ".join(case.holds),
            *(Reason("on_hold", f"hold.{h}", h, False) for h in case.holds),
            hint="settle the fact behind it, then release_hold",
        )
    if command.lenient:
        return None
    if (verb in programme.reasoned or _places_legal_hold(command)) and not command.reason.strip():
        return refuse(
            programme,
            case,
            RefusalCode.NEEDS_REASON,
            f"{verb} needs a reason",
            Reason("needs_reason", "control.reason", None, False),
            hint="give a reason (--reason TEXT, reason=...)",
        )
    if _takes_two(case, command):
        if not stands_with(command.second, command.actor):
            return refuse(
                programme,
                case,
                RefusalCode.NEEDS_SECOND_PERSON,
                f"{verb} needs a second person",
                Reason("needs_second_person", "control.two_people", command.second, False),
                hint=_ANOTHER,
            )
    elif _alone(command) and (command.second or programme.second_person(case, ctx, command)):
        banded = ctx.rulebook.has("approval.second_person_from")  # a seller's file has no amount to name
        rule = "approval.second_person_from" if banded else "control.two_people"
        return refuse(
            programme,
            case,
            RefusalCode.NEEDS_SECOND_PERSON,
            f"{verb} needs a second person{' at this amount' if banded else ''}",
            Reason("needs_second_person", rule, command.second, False),
            hint=_ANOTHER,
        )
    return None


def _places_legal_hold(command: Command) -> bool:
    return command.verb == "hold" and command.payload.get("hold") == HoldReason.LEGAL.value


def _takes_two(case: Case, command: Command) -> bool:
    """Erasing personal data and lifting what forbids it take two people, whatever the amount (trust notes 5.1, 5.4)."""
    if command.verb == "redact":
        return True
    legal = HoldReason.LEGAL.value
    return command.verb == "release_hold" and legal in case.holds and command.payload.get("hold") in (None, legal)


def _alone(command: Command) -> bool:
    """Whether no other person is named; the actor, the rules and a script are no second person at any amount."""
    if command.attached is not None and command.attached.glass:
        return False  # an emergency: done without, and reviewed afterwards
    return not stands_with(command.second, command.actor)


def show_overlays(draft: Draft, ctx: Context) -> None:
    """Lets the overlays that are switched on see the steps taken since they last looked."""
    if not ctx.overlays:
        return
    while draft.shown < len(draft.bodies):
        draft.shown += 1
        overlays.step(draft, ctx, draft.bodies[draft.shown - 1])


def run_on(programme: Programme, draft: Draft, ctx: Context) -> None:
    """The rules run on by themselves as far as they may, then rest."""
    from .generic import fire_run_out  # noqa: PLC0415  # the generic verbs build on this module

    for _ in range(32):
        if draft.case.holds or not (programme.settle(draft, ctx) or fire_run_out(programme, draft, ctx)):
            return
        show_overlays(draft, ctx)
    raise AssertionError(f"{programme.id}: the rules do not come to rest from {draft.case.state}")


def set_holds(held: Sequence[tuple[Described, Reason]], draft: Draft, ctx: Context) -> bool:
    """Sets these holds, unless a person has settled that fact for good; False when none was set."""
    asked = [*held, *overlays.held(draft.case, ctx)] if ctx.overlays else held
    settled = {*draft.case.holds, *draft.case.released}
    once = dict(reversed(asked))  # an overlay's hold may be among ``held`` already
    new = [(r, once.pop(r)) for r, _ in asked if r in once and r.value not in settled]
    if not new:
        return False
    refer = any(r is HoldReason.FRAUD_REVIEW for r, _ in new)
    parts: dict[str, Any] = {
        "holds": [{"op": "set", "reason": r.value} for r, _ in new],
        "tasks": [{"op": "open", "kind": TaskKind.REFER.value}] if refer else [],
        "decision": decision(ctx, Decision("hold", Outcome.HOLD.value, tuple(why for _, why in new))),
    }
    if draft.bodies and "decision" in draft.bodies[-1]:
        draft.take("hold", **parts)  # an entry holds one decision
    else:
        draft.add(**parts)
    return True
