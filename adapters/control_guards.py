"""The guards of roles and second persons for the store that has no database: the triggers of revision 0004, in Python.

Each returns the name of the first rule that is broken (``guards.CONTROL_GUARDS``), or None. Decision: they read rows
only, never what the desk believes, so that a desk whose own checks were taken away is stopped here as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..states.roles import ControlKind, Role, Verdict, Waiting, same_person
from ..workflow.ports import AnswerRow, ApprovalRow, ControlRow, EntryRow, ProposalRow

_ROLES = frozenset(r.value for r in Role)
_NEEDED = {
    ControlKind.RULEBOOK_PROPOSED.value: Role.RULE_AUTHOR.value,
    ControlKind.RULEBOOK_APPROVED.value: Role.RULE_APPROVER.value,
}
_STEPS = (Verdict.APPROVED.value, Verdict.TURNED_DOWN.value, Verdict.WITHDRAWN.value)
#: Bulk intake and clocks are no steps of a person's.
NOT_A_PERSONS = frozenset({"file", "record_screening", "update_seller", "fire", "hand_over", "recheck", "send_payment"})


def roles_on(journal: Iterable[ControlRow]) -> bool:
    """Whether actors need roles."""
    return any((r.kind, r.subject) == ("on", "roles") for r in journal)


def held(journal: Iterable[ControlRow], actor: str) -> frozenset[str]:
    """The roles an actor holds."""
    found: set[str] = set()
    for row in journal:
        if row.subject == actor and row.kind == "grant":
            found.add(str(row.role))
        elif row.subject == actor and row.kind == "revoke":
            found.discard(str(row.role))
    return frozenset(found)


def check_control(row: ControlRow, journal: Sequence[ControlRow]) -> str | None:
    """The first guard that a new entry of the access journal would break."""
    if row.seq != len(journal) + 1:
        return "control_next"
    if row.kind in ("grant", "revoke") and row.role not in _ROLES:
        return "control_roles"
    if row.kind == "grant" and same_person(row.actor, row.subject):
        return "control_self"
    needed = _NEEDED.get(row.kind, Role.OPERATOR.value)
    if (row.kind == "on" or roles_on(journal)) and needed not in held(journal, row.actor):
        return "control_role"
    proposed = next((r for r in journal if (r.kind, r.subject) == ("rulebook_proposed", row.subject)), None)
    if row.kind == "rulebook_proposed":
        return "rulebook_tested" if row.effective_at is None or row.evidence is None or proposed else None
    if row.kind != "rulebook_approved":
        return None
    if proposed is None or row.at > str(proposed.effective_at):
        return "rulebook_late"
    if any((r.kind, r.subject) == (row.kind, row.subject) for r in journal):
        return "rulebook_late"
    return "rulebook_self" if same_person(proposed.actor, row.actor) else None


def check_answer(
    row: AnswerRow, about: ProposalRow | None, answered: bool, journal: Sequence[ControlRow]
) -> str | None:
    """The first guard that an answer would break."""
    if answered:
        return "answer_once"
    if about is None or (about.claim, about.author) != (row.claim, row.author):
        return "answer_of"
    if (about.kind == Waiting.PROPOSAL.value) != (row.verdict in _STEPS):
        return "answer_of"
    withdrawn = row.verdict == Verdict.WITHDRAWN.value
    own = row.person == row.author if withdrawn else same_person(row.person, row.author)
    if own != withdrawn:
        return "answer_self"
    if not withdrawn and not held(journal, row.person) & set(about.roles.split(" ")):
        return "answer_role"
    return None


def check_approval(
    row: ApprovalRow, about: ProposalRow | None, answer: AnswerRow | None, entry: EntryRow | None, on: bool
) -> str | None:
    """The first guard that a second person of an entry would break."""
    second = row.kind == "second"
    if second != (row.approver is not None) or (row.approver is not None and same_person(row.approver, row.author)):
        return "approval_self"
    if entry is not None and (entry.claim, entry.verb, entry.actor) != (row.claim, row.verb, row.author):
        return "approval_entry"
    same = about is not None and (about.claim, about.verb, about.author) == (row.claim, row.verb, row.author)
    kind = Waiting.PROPOSAL if second else Waiting.BREAK_GLASS
    good = same and about is not None and about.kind == kind.value
    if second and good:
        good = answer is not None and (answer.verdict, answer.person) == (Verdict.APPROVED.value, row.approver)
    needed = row.proposal is not None or on if second else True
    return "approval_answer" if needed and not good else None


def check_entry(
    entry: EntryRow, case: Any, approvals: Mapping[str, ApprovalRow], journal: Sequence[ControlRow]
) -> str | None:
    """The first guard that a journal entry of a claim would break for want of a second person."""
    if not journal or entry.verb in NOT_A_PERSONS:
        return None
    kept = approvals.get(entry.id)
    if kept is not None:
        fits = (kept.claim, kept.verb, kept.author) == (entry.claim, entry.verb, entry.actor)
        return None if fits else "approval_entry"
    wanted = (case.programme, entry.type, case.currency)
    bands = [r.amount for r in journal if r.kind == "band" and (r.subject, r.role, r.currency) == wanted]
    return "approval_missing" if bands and case.eligible_minor >= (bands[-1] or 0) else None
