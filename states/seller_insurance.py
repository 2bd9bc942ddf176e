"""The lifecycle of a seller's compliance file (programme ``seller_insurance``).

The duty to hold insurance and the certificates that meet it: domain notes 2.1, SEED 000 and SEED 004, in force
in this form from 2021-09-01. Each test of a certificate is a rule, not a state. A restriction stands beside
``overdue``: a person decides it, after a notice and a way to appeal. Left out: what is restricted, which is the
marketplace's own step.
"""

from __future__ import annotations

from .codes import Described
from .lifecycle import RULES, Lifecycle, Rest, Row, State, recording


class SellerReasonCode(Described):
    """Why a seller was restricted or not, and what held on a day; the other codes of the file are shared ones."""

    IN_FORCE_ON_DAY = "in_force_on_day", "an accepted certificate on file covers the day"
    NOT_IN_FORCE_ON_DAY = "not_in_force_on_day", "no accepted certificate on file covers the day"
    GIVEN_LATER = "given_later", "the certificate that covers the day was given after it"
    ENDED_EARLY = "ended_early", "the insurer ended the cover before the day"

    RESTRICTED_BY_PERSON = "restricted_by_person", "a person restricted the seller until proof of insurance is given"
    SPARED_BY_PERSON = "spared_by_person", "a person decided that the seller is not restricted"


_STATES = (
    State(
        "not_required", Rest.OWNER, "proceeds over the line, or a request", "等待销售额达到标准或保险要求", initial=True
    ),
    State("required", Rest.CLOCK, "an accepted certificate, within thirty days", "等待三十日内提交合格的保险证明"),
    State("compliant", Rest.CLOCK, "the certificate to end", "等待保险证明到期"),
    State("overdue", Rest.OWNER, "an accepted certificate, overdue", "已逾期，等待合格的保险证明"),
)
_ALL = ("not_required", "required", "compliant", "overdue")

_ROWS = (
    Row("not_required", "require", "required", RULES, "the duty began"),
    Row("not_required", "comply", "compliant", RULES, "the duty began and a certificate in force is on file"),
    Row("required", "comply", "compliant", RULES, "an accepted certificate is in force"),
    Row("required", "lapse", "overdue", RULES, "thirty days passed without an accepted certificate"),
    Row("compliant", "lapse", "overdue", RULES, "the last accepted certificate ended"),
    Row("overdue", "comply", "compliant", RULES, "an accepted certificate is in force"),
    Row("compliant", "remind", "compliant", RULES, "the seller is told that the cover ends soon"),
    Row("overdue", "end_appeal_window", "overdue", RULES, "nobody appealed in time: a person decides on a restriction"),
    Row("overdue", "appeal", "overdue", "appeal", "the seller appeals the restriction that may follow"),
    Row("overdue", "uphold_appeal", "overdue", "decide_appeal", "the appeal is upheld: the seller is not restricted"),
    Row(
        "overdue", "deny_appeal", "overdue", "decide_appeal", "the appeal is denied: a person decides on a restriction"
    ),
    Row("overdue", "restrict", "overdue", "decide", "a person restricts the seller until proof is given"),
    Row("overdue", "spare", "overdue", "decide", "a person does not restrict the seller, or no longer does"),
    *recording(_ALL, "record_proceeds", "a month's gross proceeds are on file"),
    *recording(_ALL, "request_insurance", "the seller was asked for insurance"),
    *recording(_ALL, "record_certificate", "a certificate is judged and kept"),
    *recording(_ALL, "cancel_certificate", "the insurer ended a certificate before its last day"),
    *recording(_ALL, "update_seller", "a fact about the seller is on file"),
    *recording(_ALL, "attach_evidence", "evidence is kept"),
    *recording(_ALL, "note", "a file note, never edited"),
    *recording(_ALL, "assign", "an owner is named"),
    *recording(_ALL, "hold", "nothing automatic happens"),
    *recording(_ALL, "release_hold", "the fact behind a hold is settled"),
    *recording(_ALL, "redact", "personal data is erased; two people stand for it"),
)

# The duty lasts "throughout the remainder of the Term" (domain notes 2.1): the file has no end of its own.
LIFECYCLE = Lifecycle("seller_insurance", _STATES, _ROWS, perpetual=True)
