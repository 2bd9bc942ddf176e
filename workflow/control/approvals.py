"""Second persons: a step is proposed, waits, and is done when somebody else approves it in their own name.

With roles on, naming an approver is no approval. A proposal keeps what was asked for; its approval plans the step anew
and does both in one transaction, under the author's name with the approver beside it. In an emergency the glass may be
broken: the step is done at once, marked, and waits for a review. Authority: trust notes 5.4. Left out: more than two
people for one step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from typing_extensions import Unpack

from ...states.case import Case
from ...states.codes import RefusalCode
from ...states.errors import ConfigError, Conflict, InputError, NotFound, NotPermitted, Refused, StaleVersion
from ...states.roles import Role, Verdict, Waiting, same_person
from ...states.times import instant_text
from .. import registry
from ..deskverbs import Options, checked_trial
from ..dispatch import Dispatcher
from ..engine import Done, Session, locks_of, raised
from ..plan import Command, Refusal
from ..ports import AnswerRow, ProposalRow
from ..view import Claim, claim_view
from .access import Access, named
from .state import AccessState, review_day
from .steps import FACT, Attached

_OURS = "the desk's own control (ASSUMED)"
#: Stands in for the second person while a proposal is tried.
_SOMEBODY = "somebody:else"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What waits for a second person, or waited; ``roles``: whoever holds one of them may answer."""

    id: str
    claim: str
    kind: str
    verb: str
    author: str
    roles: tuple[str, ...]
    amount_minor: int
    currency: str
    at: str
    verdict: str | None = None
    answered_by: str | None = None
    answered_at: str | None = None

    @property
    def review_by(self) -> str | None:
        """The day by which an emergency is to be reviewed: the next one that is no Saturday or Sunday."""
        return review_day(self.at) if self.kind == Waiting.BREAK_GLASS.value else None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        found: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return {**found, "roles": list(self.roles), "review_by": self.review_by}


class Approvals(Access):
    """The part of a desk where second persons come in."""

    # What the other parts of the desk give to this one.
    dispatcher: Dispatcher

    def _prepared(self, verb: str, claim: str, payload: Mapping[str, Any], options: Options) -> tuple[Case, Command]:
        raise NotImplementedError

    def _retried(self, step: Callable[[Session], Done], keys: Sequence[str], dry_run: bool) -> Done:
        raise NotImplementedError

    def case_of(self, claim: str, at: datetime | None = None) -> Case | None:
        """The case behind a claim."""
        raise NotImplementedError

    def with_found(self, session: Session, command: Command) -> Command:
        """The command with what its verb acts on and the request does not say."""
        raise NotImplementedError

    # -- proposing -----------------------------------------------------------------------------------------------

    def propose(
        self, verb: str, claim: str, payload: Mapping[str, Any] | None = None, **options: Unpack[Options]
    ) -> Proposal:
        """Proposes a step; it is tried, not done, and waits for somebody else's approval."""
        author = self.who(options.get("actor"))
        state = self.permit(author, verb)
        self._needs_roles(state)
        if options.get("approved_by"):
            raise self._no_approval(state, verb)
        if verb in ("amend", "redirect"):  # both bring facts of the claim, which a proposal does not keep
            raise InputError("not_here", "a correction is not proposed, it is made", field="verb")
        case, command = self._prepared(verb, claim, {} if payload is None else payload, options)
        command = replace(command, key=None, expected_version=None, lenient=False)
        dry_run = bool(options.get("dry_run"))

        def tried(session: Session) -> Done:
            attached = Attached(claim, proposal_id="PRP-")
            return self._does(session, replace(command, second=_SOMEBODY, attached=attached), state)

        self._retried(tried, locks_of([case]), True)
        row = self._row(Waiting.PROPOSAL, case, command, self.house().may_approve(verb))

        def step(session: Session) -> Done:
            return self._waits(session, row, command)

        self._retried(step, locks_of([case]), dry_run)
        return proposal_of(row, None) if dry_run else self.proposal(row.id)

    def _row(self, kind: Waiting, case: Case, command: Command, roles: frozenset[Role]) -> ProposalRow:
        amount = registry.programme(case.programme).summary(case)["eligible_minor"]
        made = self.settings.new_id("PRP" if kind is Waiting.PROPOSAL else "GLS")
        at = instant_text(command.at)
        return ProposalRow(made, case.id, "", kind.value, command.verb, command.actor, " ".join(sorted(roles)), amount,
                           case.currency, at)  # fmt: skip

    def _waits(self, session: Session, row: ProposalRow, command: Command) -> Done:
        """The claim's own entry of what waits. What is personal in it, with the reason, is sealed."""
        case = session.case(row.claim)
        told: dict[str, Any] = {"id": row.id, "kind": row.kind, "verb": row.verb, "author": row.author,
                                "roles": row.roles.split(" "), "amount": row.amount, "at": row.at,
                                "state": case.state if case else None}  # fmt: skip
        if row.kind == Waiting.PROPOSAL.value:
            told["payload"] = dict(command.payload)
        sealed = {_sealed_name(row.id): dict(command.personal)} if command.personal else {}
        return session.do(
            Command("wait", told, row.author, command.at, claim=row.claim, personal=sealed, lenient=True,
                    attached=Attached(row.claim, proposal=row))
        )  # fmt: skip

    def _does(self, session: Session, command: Command, state: AccessState) -> Done:
        """The step itself, with the tests that only roles bring."""
        done = session.execute(self.with_found(session, command))
        if isinstance(done, Refusal):
            raise raised(self.worded(done, state, command.verb), command.claim)
        self.second_needed(done, command, state)
        return done

    # -- answering -----------------------------------------------------------------------------------------------

    def approve(self, proposal: str, *, actor: str | None = None, reason: str = "", dry_run: bool = False) -> Claim:
        """Approves what somebody else proposed, and does it."""
        checked_trial(dry_run)
        row, person, state = self._to_answer(proposal, actor, Waiting.PROPOSAL)
        self.permit(row.author, row.verb)
        at = self.clock()
        case = self.case_of(row.claim)
        if case is not None and not dry_run:
            self.dispatcher.catch_up(case, at)
            case = self.case_of(row.claim)
        waiting: Sequence[dict[str, Any]] = case.facts.get(FACT, ()) if case else ()
        kept = next((one for one in waiting if one["id"] == row.id), None)
        if case is None or kept is None:
            raise NotFound("unknown_proposal", "this proposal does not stand on its claim", claim=row.claim)
        _as_proposed(case, kept, row)
        with self.store.read() as unit:
            sealed = self.settings.vault.unseal(unit.sealed(row.claim))
        personal: dict[str, Any] = sealed.get(_sealed_name(row.id)) or {}
        marks = {"proposal": row.id, "access_journal": {"seq": state.seq, "head": state.head}}
        command = Command(
            row.verb, kept["payload"], row.author, at, claim=row.claim, personal=personal,
            reason=str(personal.get("reason", "")), second=person,
            attached=Attached(row.claim, proposal_id=row.id, marks=marks),
        )  # fmt: skip

        def step(session: Session) -> Done:
            _as_proposed(session.case(row.claim) or case, kept, row)  # with nobody beside it: it may have moved since
            self._answered(session, row, person, Verdict.APPROVED, at, reason)
            return self._does(session, command, state)

        done = self._retried(step, locks_of([case], command.payload), dry_run)
        return claim_view(done.case, dry_run=dry_run)

    def turn_down(self, proposal: str, *, actor: str | None = None, reason: str) -> Proposal:
        """Turns down what somebody else proposed, with a reason."""
        row, person, _ = self._to_answer(proposal, actor, Waiting.PROPOSAL)
        return self._only_answered(row, person, Verdict.TURNED_DOWN, _told(reason))

    def withdraw_proposal(self, proposal: str, *, actor: str | None = None, reason: str = "") -> Proposal:
        """Takes back what one proposed oneself."""
        row, answer = self._found(proposal)
        person = self.who(actor)
        if answer is not None or row.kind != Waiting.PROPOSAL.value:
            raise self._answered_before(row, answer)
        if person != row.author:
            raise NotPermitted("not_permitted", "only its author takes a proposal back", hint="or turn it down")
        return self._only_answered(row, person, Verdict.WITHDRAWN, reason)

    def review(self, emergency: str, *, actor: str | None = None, objected: bool = False, reason: str) -> Proposal:
        """Reviews what somebody else did in an emergency; ``objected``: it should not have been done."""
        row, person, _ = self._to_answer(emergency, actor, Waiting.BREAK_GLASS)
        return self._only_answered(row, person, Verdict.OBJECTED if objected else Verdict.REVIEWED, _told(reason))

    def _only_answered(self, row: ProposalRow, person: str, verdict: Verdict, reason: str) -> Proposal:
        at = self.clock()
        case = self.case_of(row.claim)

        def step(session: Session) -> Done:
            return self._answered(session, row, person, verdict, at, reason)

        self._retried(step, locks_of([case] if case else []), False)
        return self.proposal(row.id)

    def _answered(
        self, session: Session, row: ProposalRow, person: str, verdict: Verdict, at: datetime, reason: str
    ) -> Done:
        kept = AnswerRow(row.id, row.claim, "", row.author, person, verdict.value, "")
        told = {"proposal": row.id, "kind": row.kind, "verb": row.verb, "author": row.author, "verdict": verdict.value}
        return session.do(
            Command("answer", told, person, at, claim=row.claim, personal={"reason": reason} if reason else {},
                    reason=reason, lenient=True, attached=Attached(row.claim, answer=kept))
        )  # fmt: skip

    def _to_answer(self, name: str, actor: str | None, kind: Waiting) -> tuple[ProposalRow, str, AccessState]:
        row, answer = self._found(name)
        person, state = self.who(actor), self.access()
        self._needs_roles(state)
        if answer is not None or row.kind != kind.value:
            raise self._answered_before(row, answer)
        roles = frozenset(Role(r) for r in row.roles.split(" "))
        others = [n for n in state.holders(roles) if not same_person(n, row.author)]
        if same_person(person, row.author):
            raise Refused(
                RefusalCode.NEEDS_SECOND_PERSON.value,
                "nobody answers what they proposed or did themselves",
                claim=row.claim,
                hint=f"who may: {named(others)}",
                unmet=(_unmet("needs_second_person", "somebody else than the author", person),),
            )
        if not state.roles_of(person) & roles:
            raise NotPermitted(
                "not_permitted",
                f"this takes the role {' or '.join(sorted(roles))}",
                claim=row.claim,
                hint=f"who may: {named(others)}",
                unmet=(_unmet("not_permitted", f"role {' or '.join(sorted(roles))}", person),),
            )
        return row, person, state

    def _found(self, name: str) -> tuple[ProposalRow, AnswerRow | None]:
        with self.store.read() as unit:
            known: Any = name  # callers are outside
            found = unit.proposal(name) if isinstance(known, str) and known.isprintable() else None
        if found is None:
            raise NotFound("unknown_proposal", "there is no such proposal", hint="claimdesk proposal list")
        return found

    def _answered_before(self, row: ProposalRow, answer: AnswerRow | None) -> Conflict | InputError:
        if answer is None:
            word = "review it" if row.kind == Waiting.BREAK_GLASS.value else "approve it, or turn it down"
            return InputError("not_here", f"this is a {row.kind}", field="proposal", hint=word)
        return Conflict("answered", f"this was answered before: {answer.verdict}", claim=row.claim)

    # -- emergencies ---------------------------------------------------------------------------------------------

    def break_glass(
        self, verb: str, claim: str, payload: Mapping[str, Any] | None = None, **options: Unpack[Options]
    ) -> Claim:
        """Does a step in an emergency: without its role or second person, marked, and to be reviewed by another.

        State, holds, the verb's own tests and the guards of the money stand as ever.
        """
        author, state = self.who(options.get("actor")), self.access()
        self._needs_roles(state)
        roles = self.house().may_break_glass()
        if not state.roles_of(author) & roles:
            raise self._not_permitted(state, author, "breaking the glass", roles)
        case, command = self._prepared(verb, claim, {} if payload is None else payload, options)
        _told(command.reason)
        row = self._row(Waiting.BREAK_GLASS, case, command, self.house().may_review())
        marks = {"break_glass": row.id, "access_journal": {"seq": state.seq, "head": state.head}}
        glass = Attached(claim, proposal_id=row.id, glass=True, marks=marks)
        command = replace(command, second=None, lenient=False, attached=glass)

        def step(session: Session) -> Done:
            self._does(session, command, state)
            return self._waits(session, row, replace(command, personal={}))

        dry_run = bool(options.get("dry_run"))
        done = self._retried(step, locks_of([case], command.payload), dry_run)
        return claim_view(done.case, dry_run=dry_run)

    # -- looking -------------------------------------------------------------------------------------------------

    def proposal(self, name: str) -> Proposal:
        """A proposal, or an emergency, with what became of it."""
        return proposal_of(*self._found(name))

    def waiting(self, claim: str | None = None) -> list[Proposal]:
        """What waits for a second person: of one claim or of all, oldest first."""
        found: list[ProposalRow] = []
        with self.store.read() as unit:
            while page := unit.waiting(claim, found[-1].id if found else None):
                found += page
                if claim is not None:
                    break
        return [proposal_of(row, None) for row in found]

    # -- tests that only roles bring -----------------------------------------------------------------------------

    def second_needed(self, done: Done, command: Command, state: AccessState) -> None:
        """Raises when what was planned takes a second person, or more authority than the actor's, and has neither."""
        if not state.roles_on or done.made is None or done.repeated or command.second:
            return
        if command.attached is not None and command.attached.glass:
            return
        case = done.case
        house, amount = self.house(), registry.programme(case.programme).summary(case)["eligible_minor"]
        giving = [b["type"] for b in done.made.bodies if b["type"] in house.second_types(case.programme)]
        for kind in giving:
            band = state.bands.get((case.programme, kind, case.currency))
            if band is not None and amount >= band:
                raise Refused(
                    RefusalCode.NEEDS_SECOND_PERSON.value,
                    f"{command.verb} needs a second person at this amount",
                    claim=case.id,
                    hint=self._how(state, command.verb, command.actor),
                    unmet=(_unmet("needs_second_person", "a second person from this amount on", kind),),
                )
        roles = state.roles_of(command.actor) & house.may_do(command.verb)
        limits = [house.authority(role, case.currency) for role in roles]
        if giving and limits and all(limit is not None and amount >= limit for limit in limits):
            free = frozenset(r for r in house.may_do(command.verb) if house.authority(r, case.currency) is None)
            error = self._not_permitted(state, command.actor, command.verb, free, " at this amount")
            error.claim = case.id
            raise error

    def worded(self, refusal: Refusal, state: AccessState, verb: str) -> Refusal:
        """With roles on, a refusal for want of a second person says how one comes in."""
        if state.roles_on and str(refusal.code) == RefusalCode.NEEDS_SECOND_PERSON.value:
            return replace(refusal, hint=self._how(state, verb, ""))
        return refusal

    def no_naming(self, state: AccessState, verb: str, second: str | None) -> None:
        """With roles on, an approver is not named by others."""
        if state.roles_on and second:
            raise self._no_approval(state, verb)

    def _no_approval(self, state: AccessState, verb: str) -> Refused:
        return Refused(
            RefusalCode.NEEDS_SECOND_PERSON.value,
            "naming somebody is no approval where roles are on: they approve in their own name",
            hint=self._how(state, verb, ""),
            unmet=(_unmet("needs_second_person", "an approval in their own name", None),),
        )

    def _how(self, state: AccessState, verb: str, actor: str) -> str:
        who = [n for n in state.holders(self.house().may_approve(verb)) if not same_person(n, actor)]
        return f"propose it: claimdesk proposal make {verb} CLAIM; who may approve: {named(who)}"

    def _needs_roles(self, state: AccessState) -> None:
        if not state.roles_on:
            raise ConfigError(
                "roles_off",
                "roles are off here: a second person is named (approved_by), and nobody is kept from a step",
                hint="claimdesk actor on roles",
            )


def proposal_of(row: ProposalRow, answer: AnswerRow | None) -> Proposal:
    """A proposal as it is shown."""
    shown = Proposal(row.id, row.claim, row.kind, row.verb, row.author, tuple(row.roles.split(" ")), row.amount,
                     row.currency, row.at)  # fmt: skip
    if answer is None:
        return shown
    return replace(shown, verdict=answer.verdict, answered_by=answer.person, answered_at=answer.at)


def _as_proposed(case: Case, kept: Mapping[str, Any], row: ProposalRow) -> None:
    """StaleVersion where state or amount are not those that were proposed."""
    amount = registry.programme(case.programme).summary(case)["eligible_minor"]
    if (case.state, amount) == (kept["state"], row.amount):
        return
    raise StaleVersion(
        "proposal_stale",
        "the claim has moved on since this was proposed",
        claim=row.claim,
        state=case.state,
        hint="turn it down, and have it proposed again",
        unmet=(_unmet("proposal_stale", "state and amount as proposed", case.state),),
    )


def _sealed_name(proposal: str) -> str:
    return f"proposal {proposal}"


def _told(reason: str) -> str:
    if not reason.strip():
        raise Refused(
            RefusalCode.NEEDS_REASON.value,
            "this needs a reason",
            hint="give a reason (--reason TEXT, reason=...)",
            unmet=(_unmet("needs_reason", "a reason", None),),
        )
    return reason


def _unmet(code: str, tested: str, value: str | None) -> dict[str, Any]:
    return {"code": code, "rule": "control.second_person", "tested": tested, "value": value, "result": False,
            "source": _OURS}  # fmt: skip
