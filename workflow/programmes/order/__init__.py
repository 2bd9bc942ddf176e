"""Programme ``order``: the ordinary A-to-z order guarantee (US, CA, UK, EU) and the order defect rate.

Not delivered, not as described, return not refunded; domain notes 3, readings R3, R4, R15, R19 and O1 to O15 of the
rulebook's register. This file says which verb, clock and state is handled where; the rules stand in the modules beside
it, their words in ``texts``, the letters of this programme in ``letters``.
"""

from __future__ import annotations

from ....states.case import Case
from ....states.codes import DeadlineKind
from ....states.order import LIFECYCLE
from ...late import late
from ...plan import Command, Context, Draft, Programme
from . import appeals, counting, granting, intake, summary
from .amounts import eligible

HANDLERS = {
    "file": intake.file,
    "amend": intake.amend,
    "request_information": intake.request_information,
    "provide_information": intake.provide_information,
    "withdraw": intake.withdraw,
    "cancel_order": intake.cancel_order,
    "decide": granting.decide,
    "refund": granting.refund,
    "confirm_payment": granting.confirm_payment,
    "fail_payment": granting.fail_payment,
    "appeal": appeals.appeal,
    "decide_appeal": appeals.decide_appeal,
}

FIRES = {DeadlineKind.INFORMATION.value: intake.answer_missed}

_GIVES = {"decide": "grant", "decide_appeal": "upheld"}


def settle(draft: Draft, ctx: Context) -> bool:
    """One step of the rules from the present state; False when the claim rests."""
    match draft.case.state:
        case "filed":
            return granting.settle_refunded(draft, ctx) or intake.settle_filed(draft, ctx)
        case "information_requested":
            return granting.settle_refunded(draft, ctx) or intake.settle_asked(draft, ctx)
        case "appealed":
            return granting.settle_refunded(draft, ctx)
        case "granted_seller_funded" | "granted_amazon_funded":
            return granting.settle_granted(draft, ctx)
        case _:
            return False


def needs_second_person(case: Case, ctx: Context, command: Command) -> bool:
    """Giving money at or over the band takes two people (an assumed control, a rulebook parameter)."""
    gives = command.payload.get("decision") == _GIVES.get(command.verb, "")
    gives = gives or (command.verb == "refund" and command.payload.get("by") == "amazon")
    return gives and eligible(case, ctx.rulebook) >= ctx.rulebook.number("approval.second_person_from")


PROGRAMME = Programme(
    id="order",
    title="A-to-z order guarantee",
    title_zh="A-to-z 订单保障索赔",
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
            "attach_evidence",
            "provide_information",
            "amend",
            "withdraw",
            "note",
            "assign",
            "hold",
            "release_hold",
        }
    ),
    reasoned=frozenset({"decide", "decide_appeal", "release_hold", "redirect"}),
    second_person=needs_second_person,
    reads_others=frozenset(
        {"amend", "provide_information", "release_hold", "decide", "decide_appeal", "refund", "fire"}
    ),
    others_of_order=True,
    measures=counting.measures,
    recognises=late(__name__, "scope", "sign"),
)
