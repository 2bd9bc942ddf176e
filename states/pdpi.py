"""The lifecycle of a property damage or personal injury claim (programme ``pdpi``).

States and verbs as the contract names them, section 3; the path rules are readings R5 to R14 of the domain notes,
in force with the programme from 2021-09-01 (SEED 000). Left out: holds, which stand beside the state, and
partial recovery, which is a balance and not a state.
"""

from __future__ import annotations

from .lifecycle import RULES, Lifecycle, Rest, Row, State, recording

_STATES = (
    State("filed", Rest.OWNER, "screening", "等待甄别", initial=True),
    State("information_requested", Rest.CLOCK, "the customer's information", "等待顾客补充材料"),
    State("seller_notified", Rest.CLOCK, "the seller's answer", "等待卖家回复"),
    State(
        "responded",
        Rest.CLOCK,
        "the seller or insurer to resolve what they accepted",
        "等待卖家或保险人解决已接受的索赔",
    ),
    State("disputed", Rest.OWNER, "a person to step in or to deny", "等待人工决定介入或拒赔"),
    State("approved", Rest.OWNER, "the payment to be confirmed", "等待赔付确认"),
    State("amazon_paid", Rest.PASSING, "passes on at once", "立即进入下一步"),
    State("proof_requested", Rest.CLOCK, "the seller's proof of insurance", "等待卖家提交保险证明"),
    State("recovery_review", Rest.OWNER, "a person to waive or to pursue", "等待人工决定免追偿或追偿"),
    State("recovery_due", Rest.OWNER, "the seller or insurer to reimburse, or to appeal", "等待卖家或保险人偿还或申诉"),
    State("recovery_appealed", Rest.OWNER, "a person to decide the appeal", "等待人工决定申诉"),
    State("recovery_waived", Rest.PASSING, "closes by itself", "自动结案"),
    State("recouped", Rest.PASSING, "closes by itself", "自动结案"),
    State("written_off", Rest.PASSING, "closes by itself", "自动结案"),
    State("resolved_by_seller", Rest.PASSING, "closes by itself", "自动结案"),
    State("denied", Rest.END, "nothing; can be reopened with new facts", "无；可凭新事实重开"),
    State("withdrawn", Rest.END, "nothing; can be reopened with new facts", "无；可凭新事实重开"),
    State("closed", Rest.END, "nothing; can be reopened with new facts", "无；可凭新事实重开"),
)

_ALL = tuple(s.name for s in _STATES)
#: Nothing was approved yet, or the claim was denied.
_MOVABLE = ("filed", "information_requested", "seller_notified", "responded", "disputed", "denied")
_ENDS = ("denied", "withdrawn", "closed")
_OPEN = tuple(s for s in _ALL if s not in _ENDS)
_UNPAID = ("filed", "information_requested", "seller_notified", "responded", "disputed", "approved")
_SETTLED = ("recovery_waived", "recouped", "written_off", "resolved_by_seller")
_PAID_OPEN = (
    "amazon_paid",
    "proof_requested",
    "recovery_review",
    "recovery_due",
    "recovery_appealed",
    "recovery_waived",
    "recouped",
    "written_off",
)


def _rows() -> tuple[Row, ...]:
    rows: list[Row] = [
        Row(
            "filed",
            "record_screening",
            "filed",
            "record_screening",
            "a verdict of a person or outside expert is on file",
        ),
        Row("filed", "rule_out", "denied", RULES, "a fact puts the claim outside the programme"),
        Row("filed", "screen_out", "denied", RULES, "screened out before the seller is asked"),
        Row("filed", "ask_customer", "information_requested", RULES, "a fact is missing or does not fit"),
        Row(
            "filed",
            "request_information",
            "information_requested",
            "request_information",
            "more is asked of the customer",
        ),
        Row(
            "disputed",
            "request_information",
            "information_requested",
            "request_information",
            "more is asked of the customer",
        ),
        Row("information_requested", "provide_information", "filed", "provide_information", "the customer answered"),
        Row("filed", "approve", "approved", RULES, "valid and under the line, or sold by Amazon itself"),
        Row(
            "filed",
            "notify_seller",
            "seller_notified",
            RULES,
            "valid and not under the line: the seller is asked first",
        ),
        Row("filed", "close_as_paid", "closed", RULES, "reopened, valid, and already paid"),
        Row(
            "seller_notified",
            "give_information",
            "seller_notified",
            "respond",
            "the seller sends information without a position",
        ),
        Row("seller_notified", "accept_liability", "responded", "respond", "the seller accepts"),
        Row("seller_notified", "reject_liability", "disputed", "respond", "the seller rejects"),
        Row("seller_notified", "insurer_accepts", "responded", "insurer_respond", "the insurer accepts or offers"),
        Row("seller_notified", "insurer_denies", "disputed", "insurer_respond", "the insurer denies"),
        Row("seller_notified", "step_in_on_silence", "approved", RULES, "seven days without an answer"),
        Row("seller_notified", "approve", "approved", RULES, "assessed under the line"),
        Row("seller_notified", "rule_out", "denied", RULES, "nothing that can be compensated is left"),
        Row("responded", "insurer_accepts", "responded", "insurer_respond", "the insurer accepts or offers"),
        Row("responded", "insurer_denies", "disputed", "insurer_respond", "the insurer denies"),
        Row("responded", "decline_offer", "disputed", "decline_offer", "the customer declines the offer"),
        Row("responded", "lapse_resolution", "disputed", RULES, "thirty days without a resolution"),
        Row("responded", "resolve", "resolved_by_seller", "resolve", "the seller or insurer settled with the customer"),
        Row("disputed", "step_in", "approved", "decide_dispute", "a person steps in"),
        Row("disputed", "uphold_dispute", "denied", "decide_dispute", "a person upholds the seller's dispute"),
        Row("approved", "confirm_payment", "amazon_paid", "confirm_payment", "the payment reached the customer"),
        Row("approved", "fail_payment", "approved", "fail_payment", "the payment failed and is tried again"),
        Row(
            "approved",
            "notify_seller",
            "seller_notified",
            RULES,
            "routed again before a payment: no longer under the line",
        ),
        Row("approved", "rule_out", "denied", RULES, "nothing that can be compensated is left"),
        Row("amazon_paid", "waive_recovery", "recovery_waived", RULES, "small claim, insured seller: no recovery"),
        Row("amazon_paid", "request_proof", "proof_requested", RULES, "small claim, seller must prove insurance"),
        Row("amazon_paid", "refer_recovery", "recovery_review", RULES, "a person decides on recovery"),
        Row("amazon_paid", "demand_recovery", "recovery_due", RULES, "over the line: recovery is due"),
        Row("amazon_paid", "close", "closed", RULES, "sold by Amazon itself: nothing to recover"),
        Row("proof_requested", "waive_recovery", "recovery_waived", RULES, "proof given in time"),
        Row("proof_requested", "refer_recovery", "recovery_review", RULES, "proof given, but a person must decide"),
        Row("proof_requested", "demand_recovery", "recovery_due", RULES, "seven days without proof"),
        Row("recovery_review", "waive_by_decision", "recovery_waived", "decide_recovery", "a person waives"),
        Row("recovery_review", "pursue_by_decision", "recovery_due", "decide_recovery", "a person pursues"),
        Row(
            "recovery_review",
            "request_insurance",
            "proof_requested",
            "request_insurance",
            "the seller is asked for insurance",
        ),
        Row("recovery_review", "waive_recovery", "recovery_waived", RULES, "proof given while a person was to decide"),
        Row("recovery_due", "record_recovery", "recovery_due", "record_recovery", "part of the money came back"),
        Row("recovery_due", "complete_recovery", "recouped", "record_recovery", "all of the money came back"),
        Row("recovery_due", "appeal", "recovery_appealed", "appeal", "the seller appeals"),
        Row("recovery_due", "write_off", "written_off", "write_off", "the rest cannot be recovered"),
        Row(
            "recovery_appealed",
            "record_recovery",
            "recovery_appealed",
            "record_recovery",
            "part of the money came back",
        ),
        Row("recovery_appealed", "uphold_appeal", "recovery_waived", "decide_appeal", "the seller's appeal is upheld"),
        Row("recovery_appealed", "deny_appeal", "recovery_due", "decide_appeal", "the seller's appeal is denied"),
    ]
    rows += [Row(s, "close", "closed", RULES, "no clock, hold, balance or appeal is open") for s in _SETTLED]
    rows += [Row(s, "withdraw", "withdrawn", "withdraw", "the customer withdraws") for s in _UNPAID]
    rows += [Row(s, "deny", "denied", "deny", "a person denies, with a reason") for s in _UNPAID]
    rows += [
        Row(s, "reverse_payment", "approved", "reverse_payment", "the payment came back or was made in error")
        for s in (*_PAID_OPEN, "closed")
    ]
    rows += [Row(s, "reopen", "filed", "reopen", "new facts; a new screening follows") for s in _ENDS]
    rows += [
        Row(s, "send_on", "closed", "redirect", "its facts belong to another programme, where it goes on")
        for s in _MOVABLE
    ]
    rows += recording(_UNPAID, "assess", "the amounts supported replace the amounts claimed")
    rows += recording(_UNPAID, "amend", "a fact of the filing is corrected")
    rows += recording(_OPEN, "record_certificate", "a certificate is judged and kept")
    rows += recording(
        [s for s in _OPEN if s != "recovery_review"], "request_insurance", "the seller is asked for insurance"
    )
    rows += recording(_ALL, "attach_evidence", "evidence is kept")
    rows += recording(_ALL, "note", "a file note, never edited")
    rows += recording(_ALL, "assign", "an owner is named")
    rows += recording(_ALL, "hold", "nothing automatic happens and no money moves")
    rows += recording(_ALL, "release_hold", "the fact behind a hold is settled")
    rows += recording(_ALL, "redact", "personal data is erased; two people stand for it")
    return tuple(rows)


LIFECYCLE = Lifecycle("pdpi", _STATES, _rows(), reopening=frozenset({"reopen", "reverse_payment", "send_on"}))
