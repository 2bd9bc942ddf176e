"""Programme ``seller_insurance``: the seller's duty to hold insurance, and the certificates that meet it.

Domain notes 2, SEED 000 and SEED 004, in force in this form from 2021-09-01 (US). One file a seller, which
claims of other programmes read. This file says which verb and clock is handled where; the rules stand in
the modules beside it.
"""

from __future__ import annotations

from ....states.codes import DeadlineKind
from ....states.seller_insurance import LIFECYCLE
from ...late import late
from ...plan import Programme
from . import clocks, compliance, ladder, summary

_RECORDS = frozenset({
    "update_seller", "record_certificate", "record_proceeds", "request_insurance", "cancel_certificate",
    "attach_evidence", "note", "assign", "hold", "release_hold",
})  # fmt: skip


PROGRAMME = Programme(
    id="seller_insurance",
    title="Seller's insurance duty and certificates",
    title_zh="卖家保险义务与保险证明",
    lifecycle=LIFECYCLE,
    opening="update_seller",
    handlers={
        "update_seller": compliance.update_seller,
        "record_certificate": compliance.record_certificate,
        "cancel_certificate": compliance.cancel_certificate,
        "record_proceeds": compliance.record_proceeds,
        "request_insurance": compliance.request_insurance,
        "appeal": ladder.appeal,
        "decide_appeal": ladder.decide_appeal,
        "decide": ladder.decide,
    },
    fires={
        DeadlineKind.INSURANCE_DUE.value: clocks.lapse,
        DeadlineKind.CERTIFICATE_END.value: clocks.lapse,
        DeadlineKind.CERTIFICATE_REMINDER.value: clocks.remind,
        DeadlineKind.RESTRICTION_APPEAL.value: ladder.window_ended,
        DeadlineKind.DUTY_REVIEW.value: clocks.review,
    },
    settle=clocks.settle,
    validate=late(__name__, "payloads", "validate"),
    summary=summary.summary,
    outcome=summary.outcome,
    records=_RECORDS,
    reasoned=frozenset({"decide", "decide_appeal", "release_hold"}),
    reads_personal=False,
)
