"""The lifecycle of a 1688 breakage claim (programme ``breakage_1688``); the payer is an insurer.

States as the contract names them, section 3: the insurer pays what the cover gives and then has recourse against the
merchant (SEED 003). ``filed`` decides at once where the facts are known. ``recouped``, ``denied`` and ``closed`` await
nothing. Left out: the dispute between insurer and merchant, which their own contract rules.
"""

from __future__ import annotations

from .codes import Described
from .lifecycle import RULES, Lifecycle, Rest, Row, State, recording


class BreakageReasonCode(Described):
    """Why a decision on a breakage claim came out as it did; ``not_in_force`` and ``in_force`` are shared codes."""

    ENROLLED = "enrolled", "the order joined the service"
    NOT_ENROLLED = "not_enrolled", "the order did not join the service"
    CATEGORY_COVERED = "category_covered", "the goods are of a designated category"
    CATEGORY = "category", "the goods are of no designated category"
    EVIDENCE_VALID = "evidence_valid", "the buyer gave valid evidence"
    EVIDENCE = "evidence", "the buyer gave no valid evidence"
    PERIL_COVERED = "peril_covered", "at least one sub-order arrived damaged"
    PERIL = "peril", "no sub-order arrived damaged"
    AMOUNT_TOLD = "amount_told", "the amounts of the damaged sub-orders are known"
    RECEIPT_RECENT = "receipt_recent", "filed soon enough after receipt to be decided without a person"
    RECEIPT_LONG_AGO = "receipt_long_ago", "filed long after receipt: a person decides"
    DATES_UNFIT = "dates_unfit", "the dates do not fit together: a person decides"
    BENEFIT = "benefit", "a share of each damaged sub-order, up to the cap"
    GRANTED_BY_PERSON = "granted_by_person", "a person granted the claim"
    NOT_CLAIMED_BEFORE = "not_claimed_before", "no other claim names these sub-orders"
    CLAIMED_BEFORE = "claimed_before", "another claim names one of these sub-orders: a person decides"
    AWAITING_GRANT = "awaiting_grant", "a person grants or denies"
    RECOURSE = "recourse", "the insurer paid and has recourse against the merchant"


_STATES = (
    State("filed", Rest.OWNER, "a person to grant or to deny", "等待人工决定赔付或拒赔", initial=True),
    State("paid", Rest.OWNER, "the insurer's payment to be confirmed", "等待保险公司付款确认"),
    State("recourse_open", Rest.OWNER, "the merchant to reimburse the insurer", "等待商家向保险公司偿还"),
    State("recouped", Rest.END, "nothing", "无"),
    State("denied", Rest.END, "nothing; can be reopened with new facts", "无；可凭新事实重开"),
    State("closed", Rest.END, "nothing", "无"),
)

_ALL = tuple(s.name for s in _STATES)


def _rows() -> tuple[Row, ...]:
    rows: list[Row] = [
        Row("filed", "rule_out", "denied", RULES, "a fact puts the claim outside the cover"),
        Row("filed", "pay", "paid", RULES, "every condition of the cover is met"),
        Row("filed", "grant", "paid", "decide", "a person grants"),
        Row("filed", "decline", "denied", "decide", "a person denies"),
        Row("filed", "deny", "denied", "deny", "a person denies, with a reason"),
        Row("filed", "withdraw", "closed", "withdraw", "the buyer withdraws"),
        Row("paid", "confirm_payment", "paid", "confirm_payment", "the payment reached the buyer"),
        Row("paid", "fail_payment", "paid", "fail_payment", "the payment failed and is tried again"),
        Row("paid", "open_recourse", "recourse_open", RULES, "the insurer has recourse against the merchant"),
        Row("paid", "close", "closed", RULES, "nothing was to be paid, so nothing is asked back"),
        Row("recourse_open", "record_recovery", "recourse_open", "record_recovery", "part of the money came back"),
        Row("recourse_open", "complete_recovery", "recouped", "record_recovery", "all of the money came back"),
        Row("recourse_open", "write_off", "closed", "write_off", "the rest is given up"),
        Row("denied", "reopen", "filed", "reopen", "new facts"),
        Row("closed", "reopen", "filed", "reopen", "new facts, where nothing was paid"),
    ]
    rows += [
        Row(s, "reverse_payment", "filed", "reverse_payment", "the payment came back or was made in error")
        for s in ("recourse_open", "recouped", "closed")
    ]
    rows += [
        Row(s, "send_on", "closed", "redirect", "its facts belong to another programme, where it goes on")
        for s in ("filed", "denied")
    ]
    rows += recording(("filed",), "amend", "a fact of the filing is corrected")
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


LIFECYCLE = Lifecycle("breakage_1688", _STATES, _rows(), reopening=frozenset({"reopen", "reverse_payment", "send_on"}))
