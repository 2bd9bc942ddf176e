"""What is recorded on a seller's compliance file: facts, proceeds, requests, certificates.

Domain notes 2; contract sections 3 and 8. Each certificate is judged by the rulebook in force on the day it
was given and keeps that verdict; one that left facts open is judged again when the seller's facts change.
The duty is computed anew from everything on file whenever proceeds or a request arrive. Left out: a way
back out of the duty, which the contract with the seller does not have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from ....states.case import Case
from ....states.codes import NoticeKind, Party, ReasonCode, RefusalCode
from ....states.times import local_day, parse_date, parse_instant
from ...plan import Command, Context, Draft, Refusal, decision, next_instant
from ...reasons import Decision, Reason
from ...rulebook import book_for
from .certificate import Verdict, judge
from .cover import in_force_between
from .duty import Duty, duty
from .proceeds import by_month

#: How many certificates the file shows; what is dropped stays in the journal. Accepted ones are kept longest.
_SHOWN = 24


def duty_of(facts: Mapping[str, Any], marketplace: str, on: date) -> Duty:
    """The duty that follows from facts on file."""
    country = facts.get("elected_country") or marketplace
    requests = [parse_date(day) for day in facts.get("requests", ())]
    return duty(by_month(facts.get("proceeds")), requests, country, on, book_for("seller_insurance", marketplace))


def update_seller(draft: Draft, ctx: Context, command: Command) -> None:
    """Facts about the seller, by ``update_seller`` or inline beside a claim; the first ones open the file."""
    told = {k: v for k, v in command.payload.items() if k not in ("id", "seller", "certificates")}
    given: Sequence[Mapping[str, Any]] = command.payload.get("certificates", ())
    if draft.case is None:  # pyright: ignore[reportUnnecessaryComparison]  # a draft begins without its case
        seller = command.payload.get("seller") or command.payload.get("id")
        draft.open(command.claim or f"SLR-{seller}", ctx.rulebook, seller, told)
        if told.get("proceeds") or told.get("requests"):
            draft.add(**_duty_parts(draft.case, ctx, told))
    else:
        patch = _patch(draft.case.facts, told)
        parts: dict[str, Any] = {}
        if {"proceeds", "requests", "elected_country"} & patch.keys():
            parts = _duty_parts(draft.case, ctx, {**draft.case.facts, **patch})
        draft.take("update_seller", **{**parts, "set": {**patch, **parts.get("set", {})}})
        if patch:
            _judge_again(draft, ctx)
    for certificate in given:
        if not _on_file(draft.case, certificate):
            begins = certificate.get("starts_on")
            _keep(draft, ctx, certificate, parse_date(begins) if begins else ctx.today)


def record_certificate(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """Judges a certificate as of the day it was given, and keeps it with its verdict."""
    certificate: Mapping[str, Any] = command.payload["certificate"]
    if submitted_on(certificate, draft.case.zone, ctx.today) > ctx.today:
        return _not_yet(draft.case, "certificate.submitted_at", str(certificate.get("submitted_at")))
    verdict = _keep(draft, ctx, certificate, ctx.today)
    # A claim that records a certificate writes to its seller itself.
    if verdict.rejected_for and "from_claim" not in command.payload:
        letter = draft.notice(
            ctx,
            NoticeKind.SELLER_CERTIFICATE_REJECTED,
            Party.SELLER,
            rejected_for=list(verdict.rejected_for),
            number=certificate.get("number"),
        )
        draft.add(notices=[letter])
    return None


def cancel_certificate(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The insurer ended a certificate early; told again with another day, that one holds (its own last day: as before).

    What was decided while the cover was thought to run stays decided: no source says that it is looked at again.
    """
    number, ended_on = command.payload["number"], command.payload["ended_on"]
    on_file: Sequence[Mapping[str, Any]] = draft.case.facts.get("certificates", ())
    kept = [{**c, "ended_on": ended_on} if _ends(c, number, ended_on) else c for c in on_file]
    if not any(_ends(c, number, ended_on) for c in on_file):
        code = RefusalCode.NO_SUCH_CERTIFICATE
        why = Reason(code, "certificate.cancelled", number, False, ended_on)
        hint = "the number as it stands on file, and a day from its first to its last"
        message = "no certificate of this number on file covers this day"
        return Refusal(code, message, draft.case.state, (why,), (), hint, next_instant(draft.case))
    draft.take("cancel_certificate", set={"certificates": kept})
    return None


def _ends(certificate: Mapping[str, Any], number: str, day: str) -> bool:
    days = in_force_between(certificate)
    return certificate.get("number") == number and days is not None and days[0] <= day <= days[1]


def record_proceeds(draft: Draft, ctx: Context, command: Command) -> None:
    """A month's gross proceeds; the same month again replaces what was told before."""
    months = {k: command.payload[k] for k in ("month", "amount", "crossed_on") if command.payload.get(k) is not None}
    patch = _patch(draft.case.facts, {"proceeds": [months]})
    parts = _duty_parts(draft.case, ctx, {**draft.case.facts, **patch})
    draft.take("record_proceeds", **{**parts, "set": {**patch, **parts["set"]}})
    _judge_again(draft, ctx)


def request_insurance(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """The seller was asked for insurance: that counts from its day, whatever the sales (SEED 004)."""
    on = parse_date(command.payload.get("on") or ctx.today)
    if on > ctx.today:
        return _not_yet(draft.case, "duty.request", on.isoformat())
    patch = _patch(draft.case.facts, {"requests": [on.isoformat()]})
    parts = _duty_parts(draft.case, ctx, {**draft.case.facts, **patch})
    draft.take("request_insurance", **{**parts, "set": {**patch, **parts["set"]}})
    return None


def submitted_on(certificate: Mapping[str, Any], zone: str, otherwise: date) -> date:
    """The local day a certificate was given, as told or else ``otherwise``."""
    told = certificate.get("submitted_at")
    if told is None:
        return otherwise
    return parse_date(told) if len(told) == 10 else local_day(parse_instant(told), zone)


def duty_facts(case: Case, found: Duty) -> dict[str, Any]:
    """What the file keeps of a duty. Once begun it stays; without proceeds or requests nothing is known."""
    if found.required and found.since is not None and found.due_on is not None:
        return {
            "required": True,
            "required_since": found.since.isoformat(),
            "due_on": found.due_on.isoformat(),
        }
    return {} if case.facts.get("required") is True else {"required": False}


def decided(ctx: Context, found: Duty) -> dict[str, Any]:
    """The journalled decision on the duty, under the rulebook of the day it began."""
    then = replace(ctx, rulebook=ctx.version_at(found.since or ctx.today))
    return decision(then, Decision("duty", "required" if found.required else "not_required", found.reasons))


def _duty_parts(case: Case, ctx: Context, facts: Mapping[str, Any]) -> dict[str, Any]:
    found = duty_of(facts, case.marketplace, ctx.today)
    return {"set": duty_facts(case, found), "decision": decided(ctx, found)}


def _patch(facts: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What ``told`` changes: months are replaced one by one, requests are added, the rest is replaced."""
    new = dict(told)
    if "proceeds" in told:
        months = {**by_month(facts.get("proceeds")), **by_month(told["proceeds"])}
        new["proceeds"] = [dict(months[m]) for m in sorted(months)]
    if "requests" in told:
        new["requests"] = sorted({*facts.get("requests", ()), *told["requests"]})
    return {k: v for k, v in new.items() if facts.get(k) != v}


def _verdict_of(draft: Draft, ctx: Context, certificate: Mapping[str, Any], on: date) -> tuple[dict[str, Any], Verdict]:
    verdict = judge(certificate, draft.case.facts, on, ctx.version_at(on))
    kept = {
        **certificate,
        "accepted": verdict.accepted,
        "rejected_for": list(verdict.rejected_for),
        "unknown": list(verdict.unknown),
        "submitted_on": on.isoformat(),
    }
    return kept, verdict


def _keep(draft: Draft, ctx: Context, certificate: Mapping[str, Any], otherwise: date) -> Verdict:
    on = submitted_on(certificate, draft.case.zone, otherwise)
    kept, verdict = _verdict_of(draft, ctx, _as_ended(draft.case, certificate), on)
    on_file = _shown([*draft.case.facts.get("certificates", ()), kept])
    draft.take("record_certificate", set={"certificates": on_file}, decision=_explained(ctx, on, kept, verdict))
    return verdict


def _as_ended(case: Case, certificate: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same paper shown again does not bring back cover that its insurer has ended."""
    for known in case.facts.get("certificates", ()):
        ended = known.get("ended_on")
        if ended is not None and _ends(certificate, known["number"], ended):
            return {**certificate, "ended_on": ended}
    return certificate


def _judge_again(draft: Draft, ctx: Context) -> None:
    """Those that left facts open: as of the day they were given, with what is known of the seller now."""
    for i, old in enumerate(draft.case.facts.get("certificates", ())):
        if not old["unknown"]:
            continue
        certificate = {k: v for k, v in old.items() if k not in ("accepted", "rejected_for", "unknown", "submitted_on")}
        on = parse_date(old["submitted_on"])
        kept, verdict = _verdict_of(draft, ctx, certificate, on)
        if kept != old:
            on_file = [*draft.case.facts["certificates"]]
            on_file[i] = kept
            why = _explained(ctx, on, kept, verdict)
            draft.take("record_certificate", set={"certificates": on_file}, decision=why)


def _explained(ctx: Context, on: date, kept: Mapping[str, Any], verdict: Verdict) -> dict[str, Any]:
    then = replace(ctx, rulebook=ctx.version_at(on))
    result = None if verdict.code == ReasonCode.CERTIFICATE_INCOMPLETELY_KNOWN else verdict.accepted
    listed = ", ".join((*verdict.rejected_for, *(f"{name} unknown" for name in verdict.unknown)))
    overall = Reason(verdict.code, "certificate.verdict", kept.get("number"), result, listed or None)
    outcome = "accepted" if verdict.accepted else "rejected" if verdict.rejected_for else "incomplete"
    return decision(then, Decision("certificate", outcome, (overall, *verdict.reasons)))


def _shown(certificates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    while len(certificates) > _SHOWN:
        certificates.remove(next((c for c in certificates if not c["accepted"]), certificates[0]))
    return certificates


def _on_file(case: Case, certificate: Mapping[str, Any]) -> bool:
    return any(certificate.items() <= known.items() for known in case.facts.get("certificates", ()))


def _not_yet(case: Case, rule: str, value: str) -> Refusal:
    why = Reason(RefusalCode.NOT_YET, rule, value, False)
    return Refusal(RefusalCode.NOT_YET, "this day has not come yet", case.state, (why,), (), "", next_instant(case))
