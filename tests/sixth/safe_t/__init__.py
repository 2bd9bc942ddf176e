"""A toy programme of another package: SAFE-T, the reimbursement of sellers (domain notes 3.4)."""

from __future__ import annotations

from claimdesk.states.codes import DeadlineKind, NoticeKind, ReasonCode
from claimdesk.workflow.plan import Programme

from . import payloads, rules
from .lifecycle import LIFECYCLE, SafeTDeadline, SafeTNotice, SafeTReasonCode

PROGRAMME = Programme(
    id="safe_t",
    title="Reimbursement of sellers (toy)",
    title_zh="卖家赔偿（示例）",
    lifecycle=LIFECYCLE,
    opening="file",
    handlers={
        "file": rules.file,
        "send_photos": rules.send_photos,
        "withdraw": rules.withdraw,
        "confirm_payment": rules.confirm_payment,
        "fail_payment": rules.fail_payment,
    },
    fires={SafeTDeadline.PHOTOS.value: rules.lapse_photos},
    settle=rules.settle,
    validate=payloads.validate,
    summary=rules.summary,
    outcome=rules.outcome,
    records=frozenset({"note", "hold", "release_hold", "withdraw"}),
    reasoned=frozenset({"release_hold"}),
    reads_others=frozenset({"file", "send_photos"}),
    dated="refund_debited_on",
    codes={ReasonCode: SafeTReasonCode, DeadlineKind: SafeTDeadline, NoticeKind: SafeTNotice},
)
