"""Who is insured: the marketplace as additional insured, and the seller by the name on file.

Domain notes 2.2 rows 7 and 8. The wording of 2021-09-01 must stand exactly; older wordings pass before that
day (the day is assumed). From 2022-06-27 a single-member LLC may be insured under its trade name. White
space is folded, nothing else: a name that merely resembles is another name.
"""

from __future__ import annotations

from collections.abc import Sequence

from ....states.codes import CertificateFault as Fault
from .findings import Finding, Subject, folded, found, known

_NAME = "certificate.insured_name"


def additional_insured(subject: Subject) -> Finding:
    """Row 7: the exact wording; being named as certificate holder alone is not enough."""
    rule = "certificate.additional_insured"
    accepted = subject.rulebook.names(rule)
    limit = " / ".join(accepted)
    told = subject.certificate.get("additional_insured")
    if told in (None, "unknown"):
        # Nothing beside Amazon as holder is an answer; "unknown" is none.
        if told is None and _amazon_is_holder(subject.fact("certificate_holder")):
            return found(Fault.ADDITIONAL_INSURED, rule, False, value="certificate holder only", limit=limit)
        return found(Fault.ADDITIONAL_INSURED, rule, None, limit=limit, asks=("additional_insured",))
    passes = folded(told) in {folded(wording) for wording in accepted}
    return found(Fault.ADDITIONAL_INSURED, rule, passes, value=folded(told) or "nobody", limit=limit)


def _amazon_is_holder(told: object) -> bool:
    return told is True or "amazon" in str(told).casefold()


def insured_name(subject: Subject) -> Finding:
    """Row 8: the insured is the legal entity on file; with none on file there is nothing to compare."""
    told = subject.fact("insured_name")
    if told is None:
        return found(Fault.NAME, _NAME, None, asks=("insured_name",))
    name = folded(told)
    legal = known(subject.seller.get("legal_entity"))
    if legal is not None and name == folded(legal):
        return found(Fault.NAME, _NAME, True, value=name, limit=folded(legal))
    if subject.rulebook.text(_NAME) == "trade_name_for_single_member_llc":
        by_trade_name = _trade_name(subject, name)
        if by_trade_name is not None:
            return by_trade_name
    if legal is None:
        return found(Fault.NAME, _NAME, None, value=name, limit="the legal entity (none on file)")
    return found(Fault.NAME, _NAME, False, value=name, limit=folded(legal))


def _trade_name(subject: Subject, name: str) -> Finding | None:
    trade_names: Sequence[str] = known(subject.seller.get("trade_names")) or ()
    if name not in {folded(t) for t in trade_names}:
        return None
    limit = "trade name of a single-member LLC"
    entity = known(subject.seller.get("entity_type"))
    if entity == "single_member_llc":
        return found(Fault.NAME, _NAME, True, value=name, limit=limit)
    if entity is None and known(subject.seller.get("legal_entity")) is not None:
        return found(Fault.NAME, _NAME, None, value=name, limit=limit, asks=("entity_type",))
    return None
