"""Every code a caller may meet, one enum per kind, each with its one-line meaning.

The names are the contract's and are never reused for something else. Texts for people, in English and
Simplified Chinese, live in ``workflow/texts``; a code without both texts fails the tests.
"""

from __future__ import annotations

from enum import StrEnum


class Described(StrEnum):
    """A string enum whose members carry a one-line meaning."""

    _value_: str
    meaning: str

    def __new__(cls, value: str, meaning: str) -> Described:
        made = str.__new__(cls, value)
        made._value_ = value
        made.meaning = meaning
        return made


class ReasonCode(Described):
    """Why a decision came out as it did (programme ``pdpi`` and the seller's compliance file)."""

    IN_FORCE = "in_force", "filed on or after the day the programme came into force"
    NOT_IN_FORCE = "not_in_force", "filed before the programme came into force"
    FILED_IN_TIME = "filed_in_time", "filed within the filing window after the incident"
    LATE_FILING = "late_filing", "filed after the filing window"
    ITEM_IN_SCOPE = "item_in_scope", "a physical item"
    ITEM_SCOPE = "item_scope", "digital items, services and stored value are excluded"
    STORE_IN_SCOPE = "store_in_scope", "bought in Amazon's own store"
    STORE_SCOPE = "store_scope", "items bought from linked companies in other stores are excluded"
    COMPENSABLE_LOSS = "compensable_loss", "at least one head of loss can be compensated"
    NO_COMPENSABLE_LOSS = "no_compensable_loss", "no head of loss that can be compensated"
    CAUSE_ACCEPTED = "cause_accepted", "a defect of the product, or not yet known"
    NOT_PRODUCT_DEFECT = "not_product_defect", "the cause is not a defect of the product"
    INCONSISTENT_DATES = "inconsistent_dates", "the dates do not fit together and are asked about"
    FACT_UNKNOWN = "fact_unknown", "a fact the rules need was not told and is asked about"
    SCREENED_VALID = "screened_valid", "screening found the claim valid"
    SCREENED_OUT = "screened_out", "screening found the claim unsubstantiated, frivolous, fraudulent or abusive"
    SCREENING_INCONCLUSIVE = "screening_inconclusive", "screening could not tell; the customer is asked"
    AWAITING_SCREENING = "awaiting_screening", "no verdict of a person or outside expert is on file"
    UNDER_SMALL_CLAIM_LIMIT = "under_small_claim_limit", "the eligible amount is under the line"
    NOT_UNDER_SMALL_CLAIM_LIMIT = "not_under_small_claim_limit", "the eligible amount is not under the line"
    SOLD_BY_AMAZON = "sold_by_amazon", "sold by Amazon itself: paid whatever the amount, nothing to recover"
    CEILING_APPLIED = "ceiling_applied", "the ceiling of the programme caps the amount"
    ALREADY_PAID = "already_paid", "the claim was paid before and is not paid again"
    INJURY_TO_PERSON = "injury_to_person", "the rulebook sends injuries under the line to a person"
    SELLER_SILENT = "seller_silent", "the seller did not answer within the window"
    SELLER_ACCEPTED = "seller_accepted", "the seller accepted"
    SELLER_REJECTED = "seller_rejected", "the seller rejected"
    INSURER_ACCEPTED = "insurer_accepted", "the insurer accepted or offered"
    INSURER_DENIED = "insurer_denied", "the insurer denied"
    OFFER_DECLINED = "offer_declined", "the customer declined the offer"
    RESOLUTION_LAPSED = "resolution_lapsed", "not resolved within the window"
    STEPPED_IN = "stepped_in", "a person stepped in after a dispute"
    DISPUTE_UPHELD = "dispute_upheld", "a person upheld the dispute"
    DENIED_BY_PERSON = "denied_by_person", "a person denied the claim, with a reason"
    RESOLVED_DIRECTLY = "resolved_directly", "the seller or insurer settled with the customer"
    INSURED_ON_NOTICE_DAY = "insured_on_notice_day", "an accepted certificate was on file on the notice day"
    PROOF_IN_TIME = "proof_in_time", "proof of insurance was given in time"
    INSURED_ON_INCIDENT_DAY = (
        "insured_on_incident_day",
        "the cover was in force on the incident date (other reading of R6)",
    )
    NO_PROOF_ON_FILE = "no_proof_on_file", "no accepted certificate that counts is on file"
    NO_PROOF_IN_TIME = "no_proof_in_time", "no proof of insurance within the window"
    GOOD_STANDING = "good_standing", "nothing on file says the seller breaks the selling rules"
    NOT_IN_GOOD_STANDING = "not_in_good_standing", "the seller breaks the selling rules, or may: a person decides"
    INSURANCE_REQUIRED = "insurance_required", "the seller had to hold insurance or was asked for it"
    INSURANCE_NOT_REQUIRED = "insurance_not_required", "the seller neither had to hold insurance nor was asked for it"
    OVER_LINE_RECOVERY = "over_line_recovery", "not a small claim: what Amazon paid is asked back, insured or not"
    RECOVERY_WAIVED_BY_PERSON = "recovery_waived_by_person", "a person waived the recovery"
    RECOVERY_PURSUED_BY_PERSON = "recovery_pursued_by_person", "a person pursued the recovery"
    APPEAL_UPHELD = "appeal_upheld", "the appeal was upheld"
    APPEAL_DENIED = "appeal_denied", "the appeal was denied"
    RECOVERED_IN_FULL = "recovered_in_full", "all of the money came back"
    WRITTEN_OFF = "written_off", "the rest cannot be recovered"
    OTHER_VENUE = "other_venue", "a claim in another venue is open"
    SANCTIONS_MATCH = (
        "sanctions_match",
        "the claimant may be a sanctioned person: nothing is decided without instruction",
    )
    CLAIMANT_MINOR = "claimant_minor", "the claimant is a minor: a settlement may need a court's approval"
    FRAUD_REVIEW = "fraud_review", "two or more indicators: referred to a person, never denied for them"
    BELONGS_ELSEWHERE = "belongs_elsewhere", "filed under another programme than the one its facts belong to"
    CERTIFICATE_ACCEPTED = "certificate_accepted", "the certificate passed every test"
    CERTIFICATE_REJECTED = "certificate_rejected", "the certificate failed at least one test"
    CERTIFICATE_INCOMPLETELY_KNOWN = "certificate_incompletely_known", "a fact of the certificate is not known"
    PROCEEDS_OVER_LINE = "proceeds_over_line", "gross proceeds passed the line"
    THREE_MONTHS_OVER_LINE = "three_months_over_line", "gross proceeds passed the line three months running"
    INSURANCE_REQUESTED = "insurance_requested", "the seller was asked for insurance"


class RefusalCode(Described):
    """Why a verb was refused; the first test that fails is the code, in this order."""

    UNKNOWN_CLAIM = "unknown_claim", "there is no such claim"
    UNKNOWN_SELLER = "unknown_seller", "there is no such seller on file"
    STALE_VERSION = "stale_version", "the claim changed since it was read"
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch", "the same key came with other content"
    NOT_ALLOWED_FROM_STATE = "not_allowed_from_state", "the step does not exist from this state"
    ON_HOLD = "on_hold", "a hold stands"
    NEEDS_REASON = "needs_reason", "a reason is required"
    NEEDS_SECOND_PERSON = "needs_second_person", "a second person must approve"
    LATE_APPEAL = "late_appeal", "the appeal window has ended"
    AMOUNT_OVER_BALANCE = "amount_over_balance", "more than is still asked"
    NOT_YET = "not_yet", "too early"
    NO_SUCH_CERTIFICATE = "no_such_certificate", "no certificate of this number on file covers this day"
    NO_SUCH_HOLD = "no_such_hold", "this hold does not stand"
    NOTICE_NOT_HANDED_OVER = "notice_not_handed_over", "the notice this clock depends on was not handed over yet"
    PAYMENT_UNDER_WAY = "payment_under_way", "a payment was already sent and its outcome is not known yet"
    MONEY_MOVED = "money_moved", "money moved under this programme, and stays there"
    NOTHING_TO_APPEAL = "nothing_to_appeal", "there is no decision this party may appeal"
    CONTACT_SELLER_FIRST = "contact_seller_first", "the seller must be contacted first and given time to answer"
    TOO_EARLY = "too_early", "filed before the day from which a claim may be filed"
    RETURN_FIRST = "return_first", "the item must be returned, or its return requested, first"


class HoldReason(Described):
    """Why nothing automatic happens to a claim and no money moves."""

    OTHER_VENUE = "other_venue", "a claim in another venue is open (customer terms, domain notes 1.7)"
    MINOR = "minor", "the claimant is a minor: settlement may need a court's approval"
    SANCTIONS = "sanctions", "the claimant may be a sanctioned person"
    MEDICARE_UNKNOWN = "medicare_unknown", "an injury, and Medicare status is not known"
    COVERAGE_QUESTION = "coverage_question", "ended cover may have covered the incident day"
    FRAUD_REVIEW = "fraud_review", "two or more fraud indicators: a person looks"
    PAYMENT_REVERSED = "payment_reversed", "the payment came back: a person releases it to pay again, or denies"
    INJURY_REVIEW = "injury_review", "the rulebook sends this injury to a person"
    VOLUME_REVIEW = "volume_review", "many claims of one party in a short time: a person looks"
    LEGAL = "legal", "kept as it is for legal reasons"
    OTHER = "other", "set by a person for the reason given"


class TaskKind(Described):
    """Reports and referrals open for a person."""

    MEDICARE_REPORT = "medicare_report", "report the payment under Medicare Section 111"
    CPSC_REPORT = "cpsc_report", "report to the product safety commission"
    OFAC_REPORT = "ofac_report", "report blocked property"
    REFER = "refer", "refer to special investigation"
    HOLD_REVIEW = "hold_review", "look at a hold and release it or keep it"
    APPROVAL = "approval", "approve what somebody proposed, or turn it down"
    BREAK_GLASS_REVIEW = "break_glass_review", "review what was done in an emergency"


class DeadlineKind(Described):
    """The clocks."""

    ACKNOWLEDGE = "acknowledge", "acknowledge the claim to the customer"
    INFORMATION = "information", "the information asked for"
    SELLER_RESPONSE = "seller_response", "the seller's answer"
    SELLER_RESOLUTION = "seller_resolution", "the seller or insurer to resolve what was accepted"
    PROOF_OF_INSURANCE = "proof_of_insurance", "the seller's proof of insurance"
    APPEAL = "appeal", "an appeal"
    DECIDE = "decide", "a decision by the desk"
    PAY = "pay", "payment after approval"
    MEDICARE_REPORT = "medicare_report", "the Medicare Section 111 report"
    CPSC_REPORT = "cpsc_report", "the product safety report"
    CPSC_INVESTIGATION = "cpsc_investigation", "the product safety investigation"
    OFAC_REPORT = "ofac_report", "the blocked property report"
    STATUS_LETTER = "status_letter", "the next status letter to the customer"
    INVESTIGATION = "investigation", "the start of an investigation"
    INSURANCE_DUE = "insurance_due", "the seller's insurance"
    VALUATION_CONTEST = "valuation_contest", "the seller's contest of a valuation"
    CERTIFICATE_END = "certificate_end", "the last accepted certificate ends"
    CERTIFICATE_REMINDER = "certificate_reminder", "the next letter that says when the cover ends"
    RESTRICTION_APPEAL = "restriction_appeal", "the seller's appeal against a restriction that may follow"
    DUTY_REVIEW = "duty_review", "a rule change that may begin the duty"


class NoticeKind(Described):
    """The letters."""

    CUSTOMER_ACKNOWLEDGED = "customer_acknowledged", "the claim was received"
    CUSTOMER_INFORMATION_REQUESTED = "customer_information_requested", "more information is needed"
    CUSTOMER_PAID = "customer_paid", "the customer was paid"
    CUSTOMER_DENIED = "customer_denied", "the claim was denied, with all reasons"
    CUSTOMER_RESOLVED = "customer_resolved", "the seller or insurer settled"
    CUSTOMER_WITHDRAWN = "customer_withdrawn", "the withdrawal is confirmed"
    CUSTOMER_DECISION_DELAYED = "customer_decision_delayed", "the decision needs more time"
    CUSTOMER_REDIRECTED = "customer_redirected", "the claim goes on under another programme, with a new number"
    SELLER_INFORMED = "seller_informed", "a step of a claim, for information"
    SELLER_NOTIFIED = "seller_notified", "a claim to answer"
    SELLER_PROOF_REQUESTED = "seller_proof_requested", "proof of insurance is asked for"
    SELLER_PAID_NO_RECOVERY = "seller_paid_no_recovery", "paid, nothing is asked back"
    SELLER_RECOVERY_DUE = "seller_recovery_due", "paid, and asked back"
    SELLER_APPEAL_DECIDED = "seller_appeal_decided", "the appeal was decided"
    SELLER_CERTIFICATE_REJECTED = "seller_certificate_rejected", "a certificate was not accepted"
    SELLER_CLAIM_WITHDRAWN = "seller_claim_withdrawn", "the customer withdrew"
    SELLER_REDIRECTED = "seller_redirected", "the claim goes on under another programme, with a new number"
    SELLER_INSURANCE_REQUIRED = "seller_insurance_required", "insurance is needed, and by when it is to be shown"
    SELLER_CERTIFICATE_ENDING = "seller_certificate_ending", "the cover ends soon"
    SELLER_INSURANCE_OVERDUE = "seller_insurance_overdue", "insurance is overdue, and what may follow"
    SELLER_RESTRICTED = "seller_restricted", "the seller is restricted until proof of insurance is given"
    SELLER_RESTRICTION_ENDED = "seller_restriction_ended", "the seller is not restricted any more"
    INSURER_TENDERED = "insurer_tendered", "the claim is sent to the insurer"


class Party(Described):
    """Whom a notice is for."""

    CUSTOMER = "customer", "the claimant"
    SELLER = "seller", "the seller"
    INSURER = "insurer", "the seller's insurer"


class Outcome(Described):
    """What triage came to."""

    AUTO_PAY = "auto_pay", "paid at once, or approved and waiting for the payment"
    NOTIFY_SELLER = "notify_seller", "the seller is asked first"
    DENY = "deny", "denied"
    REQUEST_INFORMATION = "request_information", "the customer is asked"
    HOLD = "hold", "a hold stands"
    REFER = "refer", "a person or outside expert decides next"


class CertificateFault(Described):
    """Why a certificate of insurance is not accepted (domain notes 2.2)."""

    TYPE = "type", "not commercial general, umbrella or excess liability"
    BASIS = "basis", "not on an occurrence basis"
    LIMIT = "limit", "under the limit per occurrence"
    AGGREGATE = "aggregate", "under the aggregate limit"
    COVERAGE = "coverage", "products, products/completed operations or bodily injury missing"
    DEDUCTIBLE = "deductible", "the deductible is too high"
    DEDUCTIBLE_UNLISTED = "deductible_unlisted", "the deductible is not shown on the certificate"
    PRODUCT_COVERAGE = "product_coverage", "not all products are covered"
    JURISDICTION = "jurisdiction", "the jurisdiction of the store is not covered"
    ADDITIONAL_INSURED = "additional_insured", "the additional insured is missing or worded otherwise"
    NAME = "name", "the insured is not the seller's legal entity"
    RATING = "rating", "the insurer's rating is under A-"
    CLAIMS_HANDLING = "claims_handling", "the insurer cannot handle claims globally"
    NOTICE = "notice", "under thirty days' notice of cancellation"
    INCOMPLETE = "incomplete", "the certificate is not completed in its entirety"
    SIGNATURE = "signature", "the certificate is not signed"
    FORM = "form", "not on an ACORD form"
    VALIDITY = "validity", "not valid for long enough after it was submitted"
    FILE_TYPE = "file_type", "not a PDF or Word file"


class LegalBasis(Described):
    """Why personal data is erased. Whether a request must be granted is a legal question that a person decides."""

    GDPR_17 = "gdpr_17", "the person asked, under article 17 of the GDPR"
    UK_GDPR_17 = "uk_gdpr_17", "the person asked, under article 17 of the UK GDPR"
    CCPA_1798_105 = "ccpa_1798_105", "the person asked, under section 1798.105 of the California Civil Code"
    PIPEDA_4_5_3 = "pipeda_4_5_3", "not needed any more, under principle 4.5.3 of PIPEDA (Canada)"
    PIPL_47 = "pipl_47", "the person asked, under article 47 of the Personal Information Protection Law (China)"
    COURT_ORDER = "court_order", "a court or an authority ordered it"
    KEPT_IN_ERROR = "kept_in_error", "it should not have been on file"
    RETENTION_ENDED = "retention_ended", "the time it had to be kept has ended"


class ReadPurpose(Described):
    """Why somebody looked at injury data or at a free text."""

    HANDLING = "handling", "to handle the claim"
    PAYMENT = "payment", "to pay, or to report a payment"
    APPEAL = "appeal", "to decide a dispute or an appeal"
    RECOVERY = "recovery", "to recover from a seller or an insurer"
    SAFETY_REPORT = "safety_report", "to report to a product safety authority"
    LEGAL_CLAIM = "legal_claim", "to bring or to answer a legal claim"
    AUDIT = "audit", "to audit the desk"
    ACCESS_REQUEST = "access_request", "to answer the person who asked what is on file"
    OTHER = "other", "as said in words, which are sealed"
