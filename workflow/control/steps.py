"""What a proposal, its answer, an emergency and its review leave on a claim, and the rows that go with them.

The claim shows what waits and who may answer (``facts["second_person"]`` and a task); the rows beside it are what the
store's own guards read. None of these is a step of the lifecycle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...states.codes import TaskKind
from ...states.roles import Waiting
from ..ports import AnswerRow, ApprovalRow, ProposalRow, WriteSet

if TYPE_CHECKING:
    from ..plan import Command, Context, Draft

FACT = "second_person"
_TASKS = {Waiting.PROPOSAL.value: TaskKind.APPROVAL.value, Waiting.BREAK_GLASS.value: TaskKind.BREAK_GLASS_REVIEW.value}


class Attached:
    """What a command carries beside its payload when a second person has to do with it."""

    __slots__ = ("answer", "claim", "glass", "marks", "proposal", "proposal_id")

    def __init__(
        self,
        claim: str,
        *,
        proposal_id: str | None = None,
        proposal: ProposalRow | None = None,
        answer: AnswerRow | None = None,
        glass: bool = False,
        marks: Mapping[str, Any] | None = None,
    ) -> None:
        self.claim = claim
        self.proposal_id = proposal_id  #: the proposal that was approved, or the emergency to review
        self.proposal = proposal  #: a row to keep, its entry to be filled in
        self.answer = answer  #: the same
        self.glass = glass  #: done in an emergency: no second person is asked for
        self.marks: Mapping[str, Any] = marks or {}  #: what the entries say of it


def wait(draft: Draft, ctx: Context, command: Command) -> None:
    """A proposal begins to wait, or an emergency to be reviewed."""
    what: dict[str, Any] = dict(command.payload)
    waiting = [*draft.case.facts.get(FACT, ()), what]
    draft.mark("waits", set={FACT: waiting}, tasks=[{"op": "open", "kind": _TASKS[what["kind"]]}])


def answer(draft: Draft, ctx: Context, command: Command) -> None:
    """It was answered: the claim shows it no more."""
    name = command.payload["proposal"]
    before: list[dict[str, Any]] = list(draft.case.facts.get(FACT, ()))
    rest = [one for one in before if one["id"] != name]
    gone = next((_TASKS[one["kind"]] for one in before if one["id"] == name), None)
    done = gone is not None and gone not in {_TASKS[one["kind"]] for one in rest}
    draft.mark(
        "answered",
        set={FACT: rest or None},
        tasks=[{"op": "done", "kind": gone}] if done else [],
        answer=dict(command.payload),
    )


def attach(found: WriteSet, command: Command) -> None:
    """The rows of second persons that belong to the entries of a command."""
    own = command.attached
    if own is not None and own.claim != found.case.id:
        own = None
    first = found.entries[0]
    if own is not None and own.proposal is not None:
        found.proposals += (own.proposal._replace(entry=first.id, at=first.at),)
    if own is not None and own.answer is not None:
        found.answers += (own.answer._replace(entry=first.id, at=first.at),)
    glass = own is not None and own.glass
    if not (command.second or glass):
        return
    name = own.proposal_id if own is not None else None
    kind, second = ("break_glass", None) if glass else ("second", command.second)
    found.approvals += tuple(
        ApprovalRow(e.id, e.claim, kind, e.verb, e.actor, second, name, e.at) for e in found.entries
    )
