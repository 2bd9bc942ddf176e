"""Programme ``breakage_1688``: the breakage cover of 1688 orders; an insurer pays, in CNY, and has recourse.

SEED 003, domain notes 5, readings R3, R4, R15 and R21. This file says which verb and state is handled where; the rules
stand in the modules beside it, their words in ``texts``, the letters of this programme in ``letters``. Its letters are
Chinese where nobody names a language.
"""

from __future__ import annotations

from ....states.breakage_1688 import LIFECYCLE
from ....states.case import Case
from ...late import late
from ...plan import Command, Context, Draft, Fire, Programme
from . import benefit, intake, payment, recourse, summary
from .letter_facts import letter_facts

HANDLERS = {
    "file": intake.file,
    "amend": intake.amend,
    "decide": intake.decide,
    "deny": intake.deny,
    "withdraw": intake.withdraw,
    "reopen": intake.reopen,
    "confirm_payment": payment.confirm_payment,
    "fail_payment": payment.fail_payment,
    "reverse_payment": payment.reverse_payment,
    "record_recovery": recourse.record_recovery,
    "write_off": recourse.write_off,
}

FIRES: dict[str, Fire] = {}

_DECIDES = ("decide", "write_off", "reverse_payment")


def settle(draft: Draft, ctx: Context) -> bool:
    """One step of the rules from the present state; False when the claim rests."""
    match draft.case.state:
        case "filed":
            return intake.settle_filed(draft, ctx)
        case "paid":
            return payment.settle_paid(draft, ctx)
        case _:
            return False


def needs_second_person(case: Case, ctx: Context, command: Command) -> bool:
    """Deciding money at or over the band takes two people (an assumed control, a rulebook parameter)."""
    gives = command.payload.get("decision") in (None, "grant")
    owed = benefit.total(benefit.not_ruled_out(case), ctx.rulebook) or 0
    return command.verb in _DECIDES and gives and owed >= ctx.rulebook.number("approval.second_person_from")


PROGRAMME = Programme(
    id="breakage_1688",
    title="1688 breakage cover",
    title_zh="1688 破损包赔",
    lifecycle=LIFECYCLE,
    opening="file",
    handlers=HANDLERS,
    fires=FIRES,
    settle=settle,
    validate=late(__name__, "payloads", "validate"),
    summary=summary.summary,
    outcome=summary.outcome,
    records=frozenset({"amend", "attach_evidence", "withdraw", "note", "assign", "hold", "release_hold"}),
    reasoned=frozenset(
        {"decide", "deny", "record_recovery", "write_off", "reverse_payment", "release_hold", "reopen", "redirect"}
    ),
    second_person=needs_second_person,
    dated="received_on",
    reads_others=frozenset({"file", "amend", "decide", "release_hold"}),
    language="zh-CN",
    letter_facts=letter_facts,
    recognises=late(__name__, "scope", "sign"),
)
