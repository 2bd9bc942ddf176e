"""Programme ``pdpi``: property damage and personal injury under the A-to-z guarantee (US, CA, UK, EU).

In force 2021-09-01 (US) and 2024-05-01 (CA, UK, EU); SEED 000, domain notes 1, readings R1 to R18.
This file says which verb, clock and state is handled where; the rules stand in the modules beside it.
"""

from __future__ import annotations

from ....states.case import Case
from ....states.codes import DeadlineKind
from ....states.pdpi import LIFECYCLE
from ...late import late
from ...plan import Command, Context, Draft, Programme
from . import intake, payment, recovery, routing, seller_path, summary
from .amounts import eligible

HANDLERS = {
    "file": intake.file,
    "amend": intake.amend,
    "assess": intake.assess,
    "provide_information": intake.provide_information,
    "request_information": intake.request_information,
    "record_screening": intake.record_screening,
    "record_certificate": intake.record_certificate,
    "withdraw": intake.withdraw,
    "reopen": intake.reopen,
    "respond": seller_path.respond,
    "insurer_respond": seller_path.insurer_respond,
    "decline_offer": seller_path.decline_offer,
    "resolve": seller_path.resolve,
    "decide_dispute": seller_path.decide_dispute,
    "deny": payment.deny_by_person,
    "confirm_payment": payment.confirm_payment,
    "fail_payment": payment.fail_payment,
    "reverse_payment": payment.reverse_payment,
    "request_insurance": recovery.request_insurance,
    "decide_recovery": recovery.decide_recovery,
    "appeal": recovery.appeal,
    "decide_appeal": recovery.decide_appeal,
    "record_recovery": recovery.record_recovery,
    "write_off": recovery.write_off,
}

FIRES = {
    DeadlineKind.SELLER_RESPONSE.value: seller_path.silence,
    DeadlineKind.SELLER_RESOLUTION.value: seller_path.resolution_lapsed,
    DeadlineKind.PROOF_OF_INSURANCE.value: recovery.proof_lapsed,
}

_SETTLED = ("recovery_waived", "recouped", "written_off", "resolved_by_seller")
_SECOND_PERSON = ("decide_dispute", "decide_recovery", "write_off", "reverse_payment")


def settle(draft: Draft, ctx: Context) -> bool:
    """One step of the rules from the present state; False when the claim rests."""
    match draft.case.state:
        case "filed":
            return routing.settle_filed(draft, ctx)
        case "seller_notified":
            return routing.reroute(draft, ctx)
        case "approved":
            return routing.reroute(draft, ctx) or payment.settle_approved(draft, ctx)
        case "amazon_paid":
            return recovery.settle_paid(draft, ctx)
        case "proof_requested":
            return recovery.settle_proof(draft, ctx)
        case "recovery_review":
            return recovery.settle_review(draft, ctx)
        case "recovery_due":
            return recovery.settle_due(draft, ctx)
        case state if state in _SETTLED:
            return recovery.settle_closed(draft, ctx)
        case _:
            return False


def needs_second_person(case: Case, ctx: Context, command: Command) -> bool:
    """Deciding money at or over the band takes two people (an assumed control, a rulebook parameter)."""
    gives = command.verb in _SECOND_PERSON and command.payload.get("decision") in (None, "step_in", "waive")
    gives = gives or command.payload.get("settlement_received") is False
    return gives and eligible(case, ctx.rulebook) >= ctx.rulebook.number("approval.second_person_from")


PROGRAMME = Programme(
    id="pdpi",
    title="A-to-z property damage and personal injury",
    title_zh="A-to-z 财产损失与人身伤害索赔",
    lifecycle=LIFECYCLE,
    opening="file",
    handlers=HANDLERS,
    fires=FIRES,
    settle=settle,
    validate=late(__name__, "payloads", "validate"),
    summary=summary.summary,
    counts=summary.counts,
    outcome=summary.outcome,
    records=frozenset(
        {
            "record_screening",
            "attach_evidence",
            "request_information",
            "provide_information",
            "record_certificate",
            "amend",
            "withdraw",
            "note",
            "assign",
            "hold",
            "release_hold",
        }
    ),
    reasoned=frozenset(
        {
            "decide_dispute",
            "decide_recovery",
            "decide_appeal",
            "record_recovery",
            "write_off",
            "reverse_payment",
            "deny",
            "release_hold",
            "reopen",
            "redirect",
        }
    ),
    second_person=needs_second_person,
    seller_first=frozenset({"record_certificate", "request_insurance"}),
    waits_on_seller=frozenset({"proof_requested", "recovery_review"}),
    waits_on_siblings=frozenset({"approved", "seller_notified"}),
    dated="incident_on",
    recognises=late(__name__, "scope", "sign"),
)
