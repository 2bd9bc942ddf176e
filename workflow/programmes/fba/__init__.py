"""Programme ``fba``: reimbursement of inventory lost or damaged while Amazon fulfils it; the claimant is the seller.

SEED 002, domain notes 4, readings R3, R4, R15, R19 and F1 to F6 of the rulebook's register. This file says which
verb, clock and state is handled where; the rules stand in the modules beside it, their words in ``texts``, the
letters of this programme in ``letters``.
"""

from __future__ import annotations

from ....states.case import Case
from ....states.codes import DeadlineKind
from ....states.fba import LIFECYCLE
from ...late import late
from ...plan import Command, Context, Draft, Programme
from . import deciding, intake, payment, summary
from .letter_facts import letter_facts
from .valuation import total

HANDLERS = {
    "file": intake.file,
    "amend": intake.amend,
    "request_information": intake.request_information,
    "provide_information": intake.provide_information,
    "withdraw": intake.withdraw,
    "reopen": intake.reopen,
    "decide": deciding.decide,
    "deny": deciding.deny,
    "contest_valuation": deciding.contest_valuation,
    "decide_contest": deciding.decide_contest,
    "confirm_payment": payment.confirm_payment,
    "fail_payment": payment.fail_payment,
    "reverse_payment": payment.reverse_payment,
    "record_found": payment.record_found,
}

FIRES = {
    DeadlineKind.INFORMATION.value: intake.no_answer,
    DeadlineKind.VALUATION_CONTEST.value: deciding.window_ended,
}


def settle(draft: Draft, ctx: Context) -> bool:
    """One step of the rules from the present state; False when the claim rests."""
    match draft.case.state:
        case "filed":
            return intake.settle_filed(draft, ctx)
        case "reimbursed":
            return deciding.settle_cost(draft, ctx) or payment.settle_reimbursed(draft, ctx)
        case "contested":
            return deciding.settle_contested(draft, ctx)
        case _:
            return False


def needs_second_person(case: Case, ctx: Context, command: Command) -> bool:
    """Deciding money at or over the band takes two people (an assumed control, a rulebook parameter)."""
    gives = command.payload.get("decision") in ("reimburse", "upheld")
    return gives and (total(case, ctx.rulebook) or 0) >= ctx.rulebook.number("approval.second_person_from")


PROGRAMME = Programme(
    id="fba",
    title="FBA inventory reimbursement",
    title_zh="亚马逊物流库存赔偿",
    lifecycle=LIFECYCLE,
    opening="file",
    handlers=HANDLERS,
    fires=FIRES,
    settle=settle,
    validate=late(__name__, "payloads", "validate"),
    summary=summary.summary,
    outcome=summary.outcome,
    records=frozenset(
        {
            "amend",
            "provide_information",
            "contest_valuation",
            "attach_evidence",
            "withdraw",
            "note",
            "assign",
            "hold",
            "release_hold",
        }
    ),
    reasoned=frozenset(
        {"decide", "decide_contest", "deny", "record_found", "reverse_payment", "release_hold", "reopen", "redirect"}
    ),
    second_person=needs_second_person,
    reads_personal=False,
    dated="event_on",
    letter_facts=letter_facts,
    of_orders=False,  # what is lost in a fulfilment centre belongs to no order
    reads_others=frozenset({"file", "amend", "provide_information", "decide", "release_hold"}),
    recognises=late(__name__, "scope", "sign"),
)
