"""Every kind of letter, made by the planner where the rules send it, on a boundary case of its own.

``SAMPLES`` names each letter with its notice row, the case and the rulebook it is rendered under.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from claimdesk.states.case import Case
from claimdesk.workflow.ports import NoticeRow
from claimdesk.workflow.rulebook import Version
from seller_insurance.driver import File
from texts.driver import Drive

VALID = {"verdict": "valid", "by": "adjuster:one"}
LOSS = "property_damage"
DIGEST = "9f3c" * 16


class Sample(NamedTuple):
    """One letter to render."""

    name: str
    notice: NoticeRow
    case: Case
    version: Version


def lose(amount: str, *, head: str = LOSS, marketplace: str = "US", **more: object) -> dict[str, Any]:
    currency = {"US": "USD", "UK": "GBP", "EU": "EUR", "CA": "CAD"}[marketplace]
    return {"losses": [{"head": head, "amount": f"{amount} {currency}"}], **more}


def _last(made: Drive, kind: str, name: str = "") -> Sample:
    notice = [n for n in made.letters if n.kind == kind][-1]
    assert made.case is not None
    return Sample(name or kind, notice, made.case, made.version)


def _acknowledged() -> Sample:
    evidence = [{"id": "EVD-1", "kind": "photo", "sha256": DIGEST}, {"id": "EVD-2", "kind": "CANARY-KIND"}]
    losses = [{"head": LOSS, "amount": "0.01 USD"}, {"head": "pain_and_suffering", "amount": "50.00 USD"}]
    return _last(Drive().file(losses=losses, evidence=evidence), "customer_acknowledged")


def _asked_dates() -> Sample:
    made = Drive().file(incident_on="2024-06-04")
    return _last(made, "customer_information_requested", "customer_information_requested-dates")


def _asked_proof() -> Sample:
    made = Drive().file().do("record_screening", "2024-06-04", verdict="inconclusive", by="adjuster:one")
    return _last(made, "customer_information_requested")


def _asked_items() -> Sample:
    made = Drive("UK").file(**lose("640.00", marketplace="UK"))
    made.do("request_information", "2024-06-04", items=["A photo of the plug", "The date of purchase"], reason="other")
    return _last(made, "customer_information_requested", "customer_information_requested-items")


def _insured(marketplace: str = "US", **overrides: Any) -> Drive:
    made = Drive(marketplace, **overrides).sell(insurance_required=True)
    return made.certify("2024-01-05", number="GL-7731")


def _paid() -> Sample:
    losses = [{"head": LOSS, "amount": "999.99 USD"}, {"head": "pain_and_suffering", "amount": "200.00 USD"}]
    made = _insured().file(losses=losses).do("record_screening", "2024-06-04", **VALID)
    return _last(made, "customer_paid")


def _paid_at_ceiling() -> Sample:
    order = {"id": "114-1", "sold_by": "amazon", "item": {"asin": "B0EXAMPLE1"}}
    made = Drive().file(**lose("1000000.01", order=order)).do("record_screening", "2024-06-04", **VALID)
    return _last(made, "customer_paid", "customer_paid-ceiling")


def _denied_facts() -> Sample:
    made = Drive().file(incident_on="2024-03-04", order={"id": "114-1", "item": {"kind": "digital"}})
    return _last(made, "customer_denied", "customer_denied-late-and-out-of-scope")


def _denied_screened() -> Sample:
    made = Drive().file().do("record_screening", "2024-06-04", verdict="fraudulent", by="siu:canary")
    return _last(made, "customer_denied", "customer_denied-screened")


def _denied_by_person() -> Sample:
    made = Drive().file().do("deny", "2024-06-04", reason="CANARY-REASON")
    return _last(made, "customer_denied")


def _over(marketplace: str = "US", amount: str = "1000.00", **facts: Any) -> Drive:
    made = _insured(marketplace).file(**lose(amount, marketplace=marketplace, **facts))
    return made.do("record_screening", "2024-06-04", **VALID)


def _resolved() -> Iterator[Sample]:
    made = _over().do("respond", "2024-06-11", actor="seller", position="accept")
    made.do("resolve", "2024-06-20", actor="seller", amount="800.00 USD")
    yield _last(made, "customer_resolved")
    yield _last(made, "seller_informed", "seller_informed-resolved")


def _withdrawn() -> Iterator[Sample]:
    made = _over().do("withdraw", "2024-06-05", actor="customer")
    yield _last(made, "customer_withdrawn")
    yield _last(made, "seller_claim_withdrawn")


def _moved() -> Iterator[Sample]:
    made = _over().do("redirect", "2024-06-05", actor="cs:mei", to="order")
    yield _last(made, "customer_redirected")
    yield _last(made, "seller_redirected")


def _delayed() -> Sample:
    made = Drive("UK").file(**lose("640.00", marketplace="UK"))
    found = _last(made, "customer_acknowledged")
    params = json.dumps({"due_on": "2024-07-31"})
    notice = found.notice._replace(kind="customer_decision_delayed", params=params)
    return Sample("customer_decision_delayed", notice, found.case, found.version)


def _disputed() -> Iterator[Sample]:
    made = _over().do("respond", "2024-06-11", actor="seller", position="reject", grounds="CANARY-GROUNDS")
    made.do("decide_dispute", "2024-06-20", decision="deny")
    yield _last(made, "seller_informed", "seller_informed-dispute-upheld")
    yield _last(made, "customer_denied", "customer_denied-dispute-upheld")
    again = _over().do("respond", "2024-06-11", actor="seller", position="reject")
    again.do("deny", "2024-06-12")
    yield _last(again, "seller_informed", "seller_informed-denied")


def _approved() -> Sample:
    return _last(_insured().file().do("record_screening", "2024-06-04", **VALID), "seller_informed")


def _silent() -> Iterator[Sample]:
    made = _over(seller_is_reseller=True)
    yield _last(made, "seller_notified", "seller_notified-reseller")
    made.tick("2024-06-30")
    yield _last(made, "seller_informed", "seller_informed-stepped-in")
    yield _last(made, "seller_recovery_due", "seller_recovery_due-over-the-line")
    made.do("write_off", "2024-08-01")
    yield _last(made, "seller_informed", "seller_informed-written-off")


def _notified() -> Iterator[Sample]:
    made = _over("EU", "2400.00", evidence=[{"id": "EVD-9", "kind": "repair_quote", "sha256": f"sha256:{DIGEST}"}])
    yield _last(made, "seller_notified")
    yield _last(made, "insurer_tendered")


def _proof() -> Iterator[Sample]:
    made = Drive().sell(insurance_required=True).file(**lose("999.99")).do("record_screening", "2024-06-04", **VALID)
    yield _last(made, "seller_proof_requested")
    notice = _last(made, "seller_proof_requested").notice
    params = json.dumps({"rejected_for": ["limit", "additional_insured", "validity", "signature"], "number": "GL-7731"})
    assert made.case is not None
    rejected = notice._replace(kind="seller_certificate_rejected", params=params)
    yield Sample("seller_certificate_rejected", rejected, made.case, made.version)
    made.certify("2024-06-11", number="GL-8800").recheck("2024-06-11")
    yield _last(made, "seller_paid_no_recovery", "seller_paid_no_recovery-proof-on-day-7")
    late = Drive().sell(insurance_required=True).file(**lose("999.99")).do("record_screening", "2024-06-04", **VALID)
    late.tick("2024-06-30")
    yield _last(late, "seller_recovery_due")
    late.do("appeal", "2024-07-12", actor="seller").do("decide_appeal", "2024-07-20", decision="denied")
    yield _last(late, "seller_appeal_decided")


def _appeal_upheld() -> Sample:
    made = _over().tick("2024-06-30")
    made.do("appeal", "2024-07-01", actor="seller").do("decide_appeal", "2024-07-20", decision="upheld")
    return _last(made, "seller_appeal_decided", "seller_appeal_decided-upheld")


def _no_recovery() -> Sample:
    return _last(
        _insured().file(**lose("999.99")).do("record_screening", "2024-06-04", **VALID), "seller_paid_no_recovery"
    )


def _seller_file_rejected() -> Sample:
    made = Drive().sell(insurance_required=True).certify("2024-01-05", number="GL-1", acord=False, signed=False)
    assert made.seller is not None
    row = _acknowledged().notice
    params = json.dumps({"rejected_for": ["signature", "form"], "number": "GL-1"})
    notice = row._replace(kind="seller_certificate_rejected", party="seller", params=params, claim=made.seller.id)
    version = made.seller_book.at(made.seller_book.dates[-1])
    return Sample("seller_certificate_rejected-on-the-sellers-file", notice, made.seller, version)


def _compliance() -> Iterator[Sample]:
    """The letters of the seller's own file, from the day the duty begins to the end of a restriction."""
    file = File().open("2024-01-02")

    def written(name: str, kind: str) -> Sample:
        assert file.case is not None
        row = [n for n in file.letters if n.kind == kind][-1]
        return Sample(name, row, file.case, file.version(date(2024, 1, 2)))

    file.do("record_proceeds", "2024-02-01", month="2024-01", amount="10000.01 USD", crossed_on="2024-01-20")
    yield written("seller_insurance_required", "seller_insurance_required")
    certificate = {"template": "valid", "number": "GL-7731", "ends_on": "2024-06-30"}
    file.do("record_certificate", "2024-02-19", certificate=certificate)
    file.do("tick", "2024-05-31")
    yield written("seller_certificate_ending", "seller_certificate_ending")
    file.do("tick", "2024-07-01")
    yield written("seller_insurance_overdue", "seller_insurance_overdue")
    file.do("appeal", "2024-07-31", by="seller", grounds="CANARY-GROUNDS")
    file.do("decide_appeal", "2024-08-05", decision="denied")
    yield written("seller_appeal_decided-on-the-sellers-file", "seller_appeal_decided")
    file.do("decide", "2024-08-06", decision="restrict")
    yield written("seller_restricted", "seller_restricted")
    file.do("record_certificate", "2024-08-07", certificate={"template": "valid", "ends_on": "2025-06-30"})
    yield written("seller_restriction_ended", "seller_restriction_ended")
    again = (
        File({"requests": ["2024-01-02"]}, **{"overdue.restriction": "none"})
        .open("2024-01-02")
        .do("tick", "2024-02-02")
    )
    assert again.case is not None
    version = again.version(date(2024, 1, 2))
    yield Sample("seller_insurance_overdue-no-restriction", again.letters[-1], again.case, version)
    spared = File({"requests": ["2024-01-02"]}).open("2024-01-02").do("appeal", "2024-02-03", by="seller")
    spared.do("decide_appeal", "2024-02-10", decision="upheld")
    assert spared.case is not None
    yield Sample(
        "seller_appeal_decided-on-the-sellers-file-upheld", spared.letters[-1], spared.case,
        spared.version(date(2024, 1, 2)),
    )  # fmt: skip


@cache
def samples() -> tuple[Sample, ...]:
    """Every letter, by name."""
    found = [
        *(
            _acknowledged(),
            _asked_dates(),
            _asked_proof(),
            _asked_items(),
            _paid(),
            _paid_at_ceiling(),
            _denied_facts(),
        ),
        *(
            _denied_screened(),
            _denied_by_person(),
            *_resolved(),
            *_withdrawn(),
            *_moved(),
            _delayed(),
            *_disputed(),
            _approved(),
        ),
        *(*_silent(), *_notified(), *_proof(), _appeal_upheld(), _no_recovery(), _seller_file_rejected()),
        *_compliance(),
    ]
    assert len({s.name for s in found}) == len(found)
    return tuple(sorted(found, key=lambda s: s.name))
