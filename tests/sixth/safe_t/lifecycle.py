"""The lifecycle of a SAFE-T claim, and the codes that are this programme's own."""

from __future__ import annotations

from claimdesk.states.codes import Described
from claimdesk.states.lifecycle import RULES, Lifecycle, Rest, Row, State, recording


class SafeTReasonCode(Described):
    """Why a decision on a SAFE-T claim came out as it did."""

    WITHIN_DAYS = "within_days_of_debit", "filed soon enough after the refund was debited"
    AFTER_DAYS = "after_days_of_debit", "filed too long after the refund was debited"
    NO_ORDER_CLAIM = "no_order_claim", "the order has no A-to-z claim"
    ORDER_CLAIM = "order_claim", "the order has an A-to-z claim"
    FIRST_OF_ORDER = "first_of_order", "no other claim for the same order"
    SECOND_OF_ORDER = "second_of_order", "the order has a claim already"
    PHOTOS_SENT = "photos_sent", "the photos are on file"
    NO_PHOTOS = "no_photos", "the photos did not come in time"
    UP_TO_CAP = "up_to_cap", "what was refunded, up to the cap"


class SafeTDeadline(Described):
    """The clocks that are this programme's own."""

    PHOTOS = "photos", "the seller's photos"


class SafeTNotice(Described):
    """The letters that are this programme's own."""

    PHOTOS_REQUESTED = "seller_photos_requested", "photos are asked for"


STATES = (
    State("filed", Rest.PASSING, "the rules", "由规则推进", initial=True),
    State("awaiting_photos", Rest.CLOCK, "the seller's photos", "等待卖家照片"),
    State("approved", Rest.OWNER, "the payment to be confirmed", "等待付款确认"),
    State("denied", Rest.END, "nothing", "无"),
    State("closed", Rest.END, "nothing", "无"),
)

ROWS = (
    Row("filed", "ask_photos", "awaiting_photos", RULES, "photos are asked for"),
    Row("filed", "approve", "approved", RULES, "every condition is met"),
    Row("filed", "rule_out", "denied", RULES, "a condition is not met"),
    Row("awaiting_photos", "send_photos", "filed", "send_photos", "the photos came"),
    Row("awaiting_photos", "lapse_photos", "denied", RULES, "no photos within the window"),
    Row("approved", "confirm_payment", "closed", "confirm_payment", "the payment reached the seller"),
    Row("approved", "fail_payment", "approved", "fail_payment", "the payment failed and is tried again"),
    *(Row(s, "withdraw", "closed", "withdraw", "the seller withdraws") for s in ("filed", "awaiting_photos")),
    *recording([s.name for s in STATES], "note", "a file note, never edited"),
    *recording([s.name for s in STATES], "hold", "nothing automatic happens and no money moves"),
    *recording([s.name for s in STATES], "release_hold", "the fact behind a hold is settled"),
)

LIFECYCLE = Lifecycle("safe_t", STATES, ROWS)
