"""The lifecycle of an ordinary A-to-z order claim (programme ``order``): not delivered, not as described, not refunded.

States as the contract names them, section 3; the outcomes are those of domain notes 3.2 (granted at the seller's or at
Amazon's cost, denied, refunded by the seller, withdrawn). An outcome stays the state of the claim: both sides may
appeal theirs for thirty days, and ``closed`` is kept for orders that were cancelled. Left out: claims that Amazon's own
customer service handles (fulfilled by Amazon), and payments that come back, which the sources do not speak of here.
"""

from __future__ import annotations

from .codes import Described
from .lifecycle import RULES, Lifecycle, Rest, Row, State, recording


class OrderReasonCode(Described):
    """Why a decision on an order claim came out as it did; ``late_filing`` and other shared codes are in ``codes``."""

    NO_CHARGEBACK = "no_chargeback", "no chargeback is open for the order"
    CHARGEBACK = "chargeback", "a chargeback bars the claim"
    SELLER_FULFILLED = "seller_fulfilled", "sold and fulfilled by the seller"
    NOT_SELLER_FULFILLED = "not_seller_fulfilled", "fulfilled by Amazon: customer service, not this process"
    NOT_REFUNDED_BEFORE = "not_refunded_before", "the seller had not refunded the customer before the claim"
    ALREADY_REFUNDED = "already_refunded", "the seller refunded the customer before the claim"
    SELLER_CONTACTED = "seller_contacted", "the seller was contacted in time before the claim"
    DELIVERY_OVERDUE = "delivery_overdue", "late enough for a parcel that did not arrive, or delivered"
    RETURN_MADE = "return_made", "the return was requested or made"
    GROUND_KNOWN = "ground_known", "what the claim is about is known"
    AMOUNT_KNOWN = "amount_known", "what the customer paid is known"
    AWAITING_DECISION = "awaiting_decision", "a person decides the claim"
    SELLER_DID_NOT_REPLY = "seller_did_not_reply", "the seller did not reply to the customer before the claim"
    ANSWER_MISSED = "answer_missed", "the seller did not answer a request for information in time"
    SELLER_AT_FAULT = "seller_at_fault", "the seller answers for the claim"
    CARRIER_UNPROTECTED = "carrier_unprotected", "the carrier's fault is the seller's without a protected label"
    NOBODY_AT_FAULT = "nobody_at_fault", "the seller is not at fault: Amazon pays"
    LABEL_PROTECTED = "label_protected", "a protected label, shipped in time and never delivered: Amazon pays"
    LABEL_RETURNING = "label_returning", "a protected label, undeliverable or refused: the seller pays, not counted"
    NOT_SUBSTANTIATED = "not_substantiated", "a person found that the claim is not supported"
    REFUNDED_IN_FULL = "refunded_in_full", "the seller refunded all of it after the claim was filed"
    REFUNDED_BY_AMAZON = "refunded_by_amazon", "Amazon refunded the customer at its own cost"
    ORDER_CANCELLED = "order_cancelled", "the order was cancelled"
    MONEY_REVERSED = "money_reversed", "the seller gets back what was debited"
    MONEY_KEPT = "money_kept", "what was debited stays debited"
    ODR_REVERSED = "odr_reversed", "the claim no longer counts in the order defect rate"
    ODR_KEPT = "odr_kept", "whether the claim counts stays as it was"
    DENIAL_REVERSED = "denial_reversed", "the customer's appeal was upheld"
    DENIAL_KEPT = "denial_kept", "the customer's appeal was denied"


_STATES = (
    State("filed", Rest.OWNER, "a person to grant or to deny", "等待人工决定是否支持", initial=True),
    State("information_requested", Rest.CLOCK, "the information asked for", "等待补充材料"),
    State("granted_seller_funded", Rest.END, "nothing; the seller may appeal for 30 days", "无；卖家可在 30 天内申诉"),
    State("granted_amazon_funded", Rest.END, "nothing", "无"),
    State("denied", Rest.END, "nothing; the customer may appeal for 30 days", "无；顾客可在 30 天内申诉"),
    State("refunded_by_seller", Rest.END, "nothing", "无"),
    State("withdrawn", Rest.END, "nothing", "无"),
    State("appealed", Rest.OWNER, "a person to decide the appeal", "等待人工决定申诉"),
    State("closed", Rest.END, "nothing", "无"),
)

_ALL = tuple(s.name for s in _STATES)
_OPEN = ("filed", "information_requested", "appealed")
_GRANTED = ("granted_seller_funded", "granted_amazon_funded")


def _grants(state: str, suffix: str, verb: str, seller: str, amazon: str) -> tuple[Row, Row]:
    return (
        Row(state, f"seller_pays{suffix}", "granted_seller_funded", verb, seller),
        Row(state, f"amazon_pays{suffix}", "granted_amazon_funded", verb, amazon),
    )


def _rows() -> tuple[Row, ...]:
    asked = "information_requested"
    rows: list[Row] = [
        Row("filed", "rule_out", "denied", RULES, "a fact puts the claim outside the programme"),
        Row(asked, "rule_out", "denied", RULES, "a fact told meanwhile puts the claim outside the programme"),
        Row("filed", "ask_customer", asked, RULES, "a fact is missing"),
        Row("filed", "request_information", asked, "request_information", "more is asked of one of the two"),
        Row("appealed", "request_information", asked, "request_information", "more is asked of the one who appeals"),
        Row(asked, "provide_information", "filed", "provide_information", "the answer is on file"),
        Row(asked, "answer_appeal", "appealed", "provide_information", "the answer to a request during the appeal"),
        Row(asked, "resume_appeal", "appealed", RULES, "no answer: the appeal is decided on what is on file"),
        *_grants("filed", "", "decide", "granted, the seller pays", "granted, Amazon pays"),
        *_grants(asked, "", "decide", "granted without an answer, the seller pays", "the same, Amazon pays"),
        *_grants("filed", "_on_silence", RULES, "no reply before the claim: the seller pays", "the same, Amazon pays"),
        *_grants(asked, "_on_silence", RULES, "no answer of the seller: the seller pays", "the same, Amazon pays"),
        *_grants("appealed", "_on_appeal", "decide_appeal", "denial reversed: the seller pays", "or Amazon pays"),
        Row("filed", "find_unsupported", "denied", "decide", "a person finds the claim not supported"),
        Row(asked, "find_unsupported", "denied", "decide", "not supported, and the customer did not answer"),
        Row("granted_seller_funded", "debit_seller", "granted_seller_funded", RULES, "the seller's account is debited"),
        Row("granted_seller_funded", "appeal", "appealed", "appeal", "the seller appeals"),
        Row("denied", "appeal", "appealed", "appeal", "the customer appeals"),
        Row("appealed", "give_money_back", "granted_amazon_funded", "decide_appeal", "the seller gets the money back"),
        Row("appealed", "keep_grant", "granted_seller_funded", "decide_appeal", "what was debited stays debited"),
        Row("appealed", "keep_denial", "denied", "decide_appeal", "the customer's appeal is denied"),
    ]
    for state in _OPEN:
        rows += [
            Row(state, "refund_by_amazon", "granted_amazon_funded", "refund", "Amazon refunds at its own cost"),
            Row(state, "close_as_refunded", "refunded_by_seller", RULES, "the seller refunded all of it"),
            Row(state, "withdraw", "withdrawn", "withdraw", "the customer withdraws"),
            Row(state, "cancel_order", "closed", "cancel_order", "the order was cancelled"),
        ]
    rows += [
        Row(s, "send_on", "closed", "redirect", "its facts belong to another programme, where it goes on")
        for s in ("filed", asked, "denied")
    ]
    rows += [Row(s, "record_refund", s, "refund", "the seller refunded, in part or in full") for s in _OPEN]
    rows += recording(_OPEN, "amend", "a fact of the filing is corrected")
    rows += recording(_GRANTED, "confirm_payment", "the payment reached the customer")
    rows += recording(_GRANTED, "fail_payment", "the payment failed and is tried again")
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


LIFECYCLE = Lifecycle("order", _STATES, _rows(), reopening=frozenset({"appeal", "send_on"}))
