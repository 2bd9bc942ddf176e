"""The lifecycle of an FBA inventory reimbursement (programme ``fba``); the claimant is the seller.

States as the contract names them, section 3; the way through them is SEED 002 and domain notes 4: filed, then denied
by a fact or decided by a person (reimburse, replace, deny), contested within the window, reversed when the units are
found. Denied, replaced, reversed and closed await nothing. Left out: the questions a claim is asked, which stand
beside the state ``filed``, and money on its way, which is a balance and not a state.
"""

from __future__ import annotations

from .codes import Described
from .lifecycle import RULES, Lifecycle, Rest, Row, State, recording


class FbaReasonCode(Described):
    """Why a decision on a reimbursement came out as it did; ``too_early`` is a refusal and stands in ``codes``."""

    WINDOW_OPEN = "window_open", "filed inside the window of its type"
    LATE = "late", "after the last day of the window"
    REGISTERED = "registered", "registered in FBA when it was lost or damaged"
    NOT_REGISTERED = "not_registered", "not registered in FBA when it was lost or damaged"
    COMPLIANT = "compliant", "meets the product and inventory requirements"
    NOT_COMPLIANT = "not_compliant", "does not meet the product or inventory requirements"
    QUANTITY_MATCHES = "quantity_matches", "items and quantities are those of the shipping plan"
    QUANTITY_MISMATCH = "quantity_mismatch", "items or quantities are not those of the shipping plan"
    NOT_DISPOSED = "not_disposed", "neither waiting for disposal nor disposed of"
    DISPOSAL = "disposal", "waiting for disposal, or disposed of"
    NOT_DEFECTIVE = "not_defective", "not defective"
    DEFECTIVE = "defective", "the item is defective"
    NOT_CUSTOMER_DAMAGED = "not_customer_damaged", "not damaged by a customer"
    CUSTOMER_DAMAGED = "customer_damaged", "damaged by a customer"
    ACCOUNT_NORMAL = "account_normal", "the selling account is in normal status"
    ACCOUNT_STATUS = "account_status", "the selling account is not in normal status"
    NOT_REIMBURSED_BEFORE = "not_reimbursed_before", "not reimbursed and not claimed before"
    DUPLICATE = "duplicate", "reimbursed or claimed before"
    CLAIMED_ALIKE = "claimed_alike", "another claim names the same type, day and FNSKU: a person looks"
    AUTOMATIC = "automatic", "lost in a fulfilment centre: reimbursed without a person"
    AWAITING_PERSON = "awaiting_person", "a person reimburses, replaces or denies"
    REIMBURSED_BY_PERSON = "reimbursed_by_person", "a person decided to reimburse"
    REPLACED_BY_PERSON = "replaced_by_person", "a person decided to replace the units with new ones"
    INDICATORS_COMPARED = "indicators_compared", "price indicators considered, one price chosen"
    COMPARABLE_PRICE = "comparable_price", "no price indicator known: the price of a comparable product"
    PROCEEDS = "proceeds", "estimated sale price less referral and fulfilment fees"
    DISCOUNTED_PROCEEDS = "discounted_proceeds", "unsellable when removed: discounted sale price less fees"
    REFUND_LESS_FEES = "refund_less_fees", "refund or replacement price less applicable fees"
    SOURCING_COST = "sourcing_cost", "lost before a customer order: the seller's sourcing cost"
    SOURCING_ESTIMATE = "sourcing_estimate", "lost before a customer order: Amazon's estimate of the sourcing cost"
    VALUED_BY_PERSON = "valued_by_person", "a person set the value of a unit"
    WITHIN_CAP = "within_cap", "the value of a unit is within the cap"
    CAP_APPLIED = "cap_applied", "the cap limits the value of a unit"
    COST_GIVEN = "cost_given", "the seller's cost takes the place of Amazon's estimate"
    CONTEST_UPHELD = "contest_upheld", "the valuation was contested with success"
    CONTEST_DENIED = "contest_denied", "the valuation stays as it was"
    VALUATION_NOT_LOWERED = "valuation_not_lowered", "a contest does not lower a reimbursement"
    UNITS_FOUND = "units_found", "reimbursed units were found: their reimbursement is reversed"
    REIMBURSED_IN_ERROR = "reimbursed_in_error", "the reimbursement was made in error or came back"
    MANY_FILINGS = "many_filings", "many claims of one seller in a short time: a person looks, nothing is denied"


_STATES = (
    State(
        "filed",
        Rest.OWNER,
        "a person to reimburse, to replace or to deny",
        "等待人工决定赔偿、换货或拒绝",
        initial=True,
    ),
    State("denied", Rest.END, "nothing; can be reopened with new facts", "无；可凭新事实重开"),
    State("reimbursed", Rest.CLOCK, "the end of the window for a contest", "等待估值异议期结束"),
    State("replaced", Rest.END, "nothing", "无"),
    State("contested", Rest.OWNER, "a person to decide the contest", "等待人工决定估值异议"),
    State("reversed", Rest.END, "nothing; can be reopened with new facts", "无；可凭新事实重开"),
    State("closed", Rest.END, "nothing", "无"),
)

_ALL = tuple(s.name for s in _STATES)
_PAID = ("reimbursed", "contested", "closed")


def _rows() -> tuple[Row, ...]:
    rows: list[Row] = [
        Row("filed", "rule_out", "denied", RULES, "a fact rules the reimbursement out"),
        Row("filed", "reimburse_at_once", "reimbursed", RULES, "lost in a fulfilment centre: without a person"),
        Row("filed", "reimburse", "reimbursed", "decide", "a person reimburses"),
        Row("filed", "replace", "replaced", "decide", "a person replaces the units"),
        Row("filed", "decline", "denied", "decide", "a person denies"),
        Row("filed", "deny", "denied", "deny", "a person denies, with a reason"),
        Row("filed", "withdraw", "closed", "withdraw", "the seller withdraws"),
        Row("reimbursed", "value_again", "reimbursed", RULES, "the seller's cost replaces Amazon's estimate"),
        Row("reimbursed", "confirm_payment", "reimbursed", "confirm_payment", "the credit reached the seller"),
        Row("reimbursed", "fail_payment", "reimbursed", "fail_payment", "the credit failed and is tried again"),
        Row("reimbursed", "contest_valuation", "contested", "contest_valuation", "the seller contests the valuation"),
        Row("reimbursed", "close", "closed", RULES, "the window for a contest has ended"),
        Row("contested", "uphold_contest", "reimbursed", "decide_contest", "a person values the units anew"),
        Row("contested", "deny_contest", "reimbursed", "decide_contest", "the valuation stays as it was"),
        Row("contested", "end_contest", "reimbursed", RULES, "the account did not stay normal during the contest"),
        Row("denied", "reopen", "filed", "reopen", "new facts"),
        Row("reversed", "reopen", "filed", "reopen", "new facts"),
        Row("closed", "reopen", "filed", "reopen", "new facts, where nothing was reimbursed"),
    ]
    rows += [Row(s, "reverse_found", "reversed", "record_found", "all reimbursed units were found") for s in _PAID]
    rows += [Row(s, "reverse_part", s, "record_found", "some reimbursed units were found") for s in _PAID]
    rows += [
        Row(s, "reverse_payment", "reversed", "reverse_payment", "made in error, or the credit came back")
        for s in _PAID
    ]
    rows += [
        Row(s, "send_on", "closed", "redirect", "its facts belong to another programme, where it goes on")
        for s in ("filed", "denied")
    ]
    rows += recording(("closed",), "contest_valuation", "refused: the window has ended")
    rows += recording(("filed", "reimbursed", "contested"), "amend", "a fact of the filing is corrected")
    for state in ("filed", "contested"):
        rows.append(Row(state, "ask_claimant", state, "request_information", "more is asked of the seller"))
        rows.append(Row(state, "take_answer", state, "provide_information", "the seller answered"))
    for verb, meaning in (
        ("attach_evidence", "evidence is kept"),
        ("note", "a file note, never edited"),
        ("assign", "an owner is named"),
        ("hold", "nothing automatic happens and no money moves"),
        ("release_hold", "the fact behind a hold is settled"),
        ("redact", "personal data is erased; two people stand for it"),
    ):
        rows += recording(_ALL, verb, meaning)
    return tuple(rows)


LIFECYCLE = Lifecycle(
    "fba", _STATES, _rows(), reopening=frozenset({"reopen", "reverse_found", "reverse_payment", "send_on"})
)
