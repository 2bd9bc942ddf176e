"""``claimdesk proposal``: what waits for a second person, and its answer.

With roles on, a step that takes two people is made as a proposal and done when somebody else approves it in their own
name; a step done in an emergency (``claimdesk do … --break-glass``) waits here for its review.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..call import Call, checked_id
from ..groups import family, page
from ..output import columns, put, put_json
from ..payloads import read_object, schema_of, with_words
from .do import programme_of

if TYPE_CHECKING:
    from ....workflow.control.approvals import Proposal

_ANSWERS = (0, 2, 3, 4, 5, 6, 75)


@page(
    "make",
    examples=[
        ('claimdesk proposal make write_off CLM-… --reason "insolvent" --as fin:kai', "a step that takes two people"),
        ("claimdesk proposal make decide_dispute CLM-… decision=step_in --reason … --json", "its number for a program"),
    ],
    exits=_ANSWERS,
    see=("proposal approve", "do"),
)
@click.argument("verb")
@click.argument("claim")
@click.argument("words", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--with", "payload", metavar="JSON|@FILE|-", help="The payload as a JSON object.")
@click.pass_obj
def make(call: Call, verb: str, claim: str, words: tuple[str, ...], payload: str | None) -> None:
    """Propose a step; it is tried, not done, until somebody else approves it."""
    call.claim, verb = checked_id(claim), verb.replace("-", "_")
    given = read_object(payload, "--with") if payload is not None else {}
    with call.desk() as desk:
        built = with_words(given, words, schema_of(programme_of(desk, claim, verb), verb) if words else None)
        made = desk.propose(verb, claim, built, **call.writing())
    _say(call, made)
    if not call.dry_run:
        call.note(f"next, by {' or '.join(made.roles)}: claimdesk proposal approve {made.id}")


@page(
    "list",
    examples=[
        ("claimdesk proposal list", "what waits for a second person"),
        ("claimdesk proposal list --role approver", "what waits for a role"),
        ("claimdesk proposal list --all --json", "everything that ever waited, with what became of it"),
        ("claimdesk proposal list --all --emergencies", "every broken glass and its review"),
    ],
    see=("proposal approve", "proposal review"),
)
@click.option("--claim", help="Of one claim.")
@click.option("--role", help="Only what a holder of this role may answer.")
@click.option("--emergencies", is_flag=True, help="Only steps done in an emergency.")
@click.option("--all", "everything", is_flag=True, help="Also what was answered.")
@click.pass_obj
def listing(call: Call, claim: str | None, role: str | None, emergencies: bool, everything: bool) -> None:
    """List what waits for a second person."""
    with call.desk() as desk:
        if everything:
            found = [r for r in desk.second_person_register() if claim in (None, r["claim"])]
        else:
            found = [p.to_dict() for p in desk.waiting(claim)]
    found = [r for r in found if (role is None or role in r["roles"]) and (not emergencies or r["kind"] != "proposal")]
    if call.as_json:
        for one in found:
            put_json(one)
        return
    rows = [[r["id"], r["verb"], r["claim"], r["author"], r["at"][:16], _stands(r)] for r in found]
    for line in columns(rows, ("ID", "STEP", "CLAIM", "BY", "SINCE", "WAITS FOR") if rows else ()):
        put(line)
    if not rows:
        call.note("nothing waits for a second person")


def _stands(row: dict[str, Any]) -> str:
    if row["verdict"] is not None:
        return f"{row['verdict']} by {row['answered_by']}"
    what = "review by " if row["kind"] == "break_glass" else ""
    return what + " or ".join(row["roles"]) + (f", until {row['review_by']}" if row.get("review_by") else "")


@page(
    "approve",
    examples=[("claimdesk proposal approve PRP-… --as lead:lin", "it is done now, under both names")],
    exits=_ANSWERS,
    see=("proposal list", "proposal refuse"),
)
@click.argument("proposal")
@click.pass_obj
def approve(call: Call, proposal: str) -> None:
    """Approve what somebody else proposed, and do it."""
    name = checked_id(proposal, "proposal")
    with call.desk() as desk:
        before = desk.proposal(name)
        claim = desk.approve(name, reason=call.told.get("reason", ""), dry_run=call.dry_run)
    call.claim = claim.id
    if call.as_json:
        put_json({**claim.to_dict(), "proposal": name, "dry_run": call.dry_run})
        return
    put(f"{claim.id}  {before.verb}: {claim.state}" + ("  (dry run, nothing written)" if call.dry_run else ""))


@page(
    "refuse",
    examples=[('claimdesk proposal refuse PRP-… --reason "ask the insurer first" --as lead:lin', "it is not done")],
    exits=_ANSWERS,
    see=("proposal list", "proposal approve"),
    trial=False,
)
@click.argument("proposal")
@click.pass_obj
def refuse(call: Call, proposal: str) -> None:
    """Turn down what somebody else proposed, with a reason."""
    with call.desk() as desk:
        _say(call, desk.turn_down(checked_id(proposal, "proposal"), reason=call.told.get("reason", "")))


@page(
    "withdraw",
    examples=[("claimdesk proposal withdraw PRP-… --as cs:mei", "its author takes it back")],
    exits=_ANSWERS,
    see=("proposal list",),
    trial=False,
)
@click.argument("proposal")
@click.pass_obj
def withdraw(call: Call, proposal: str) -> None:
    """Take back what you proposed yourself."""
    with call.desk() as desk:
        _say(call, desk.withdraw_proposal(checked_id(proposal, "proposal"), reason=call.told.get("reason", "")))


@page(
    "review",
    examples=[
        ('claimdesk proposal review GLS-… --reason "fire at the office, well founded" --as lead:lin', ""),
        ('claimdesk proposal review GLS-… --objected --reason "an approver was on duty" --as lead:lin', ""),
    ],
    exits=_ANSWERS,
    see=("proposal list --emergencies", "do"),
    trial=False,
)
@click.argument("emergency")
@click.option("--objected", is_flag=True, help="It should not have been done.")
@click.pass_obj
def review(call: Call, emergency: str, objected: bool) -> None:
    """Review what somebody else did in an emergency."""
    with call.desk() as desk:
        name = checked_id(emergency, "proposal")
        _say(call, desk.review(name, objected=objected, reason=call.told.get("reason", "")))


command = family(
    "proposal",
    "What waits for a second person: propose, approve, review.",
    make,
    listing,
    approve,
    refuse,
    withdraw,
    review,
    examples=[("claimdesk proposal list", "what waits for a second person")],
)


def _say(call: Call, shown: Proposal) -> None:
    if call.as_json:
        put_json(shown.to_dict())
        return
    put(f"{shown.id}  {shown.verb} of {shown.claim}: {_stands(shown.to_dict())}")
