"""What a letter says: the values its template may name, from the notice, the claim and the pinned rulebook.

Only what the reader may be told is gathered here: codes that speak of suspicion have no words for letters, evidence is
named by number and digest, and a seller's letter names no head of loss (an injury is the customer's affair). Free text
of others is the product's title and what a person asks the customer for, on one line each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any

from ...states.case import Case
from ...states.errors import RulebookError
from ...states.times import local_day, parse_date, parse_instant, zone_of
from ..catalogue import can_quote, reason_part, reason_text, rule_says, value_words
from ..ports import NoticeRow
from ..reasons import Reason
from ..registry import SELLER_FILE, names, programme
from ..rulebook import Version, book_for
from .formats import city, day, last_in, last_moment, moment, money, spaced
from .load import line, words

_BEIJING = "Asia/Shanghai"
_TITLE_MAX = 120

#: Rules a letter quotes beside those of its reasons. One that the rulebook at hand does not have is left out.
_RULES: Mapping[str, tuple[str, ...]] = {
    "customer_acknowledged": ("filing.window", "screening.verdict", "process.withdrawal"),
    "customer_information_requested": ("information.window",),
    "customer_paid": ("losses.compensable",),
    "customer_denied": (),
    "customer_resolved": ("seller.resolution_window",),
    "customer_withdrawn": ("process.withdrawal",),
    "customer_redirected": (),
    "customer_decision_delayed": ("process.rights",),
    "seller_informed": ("process.rights",),
    "seller_notified": ("seller.response_window",),
    "seller_proof_requested": ("recovery.proof_window",),
    "seller_paid_no_recovery": ("small_claim.limit",),
    "seller_recovery_due": ("recovery.appeal_window",),
    "seller_appeal_decided": ("recovery.appeal",),
    "seller_certificate_rejected": (),
    "seller_claim_withdrawn": ("process.withdrawal",),
    "seller_redirected": (),
    "seller_insurance_required": ("duty.grace",),
    "seller_certificate_ending": ("renewal.window",),
    "seller_insurance_overdue": (),
    "seller_restricted": ("overdue.restriction",),
    "seller_restriction_ended": ("overdue.restriction",),
    "insurer_tendered": ("seller.response_window", "process.rights"),
}

#: How the amount of a letter is called.
_AMOUNT_LABEL: Mapping[str, str] = {
    "customer_paid": "paid",
    "customer_resolved": "settled",
    "seller_informed": "eligible",
    "seller_notified": "eligible",
    "seller_proof_requested": "at_stake",
    "seller_paid_no_recovery": "paid",
    "seller_recovery_due": "asked",
    "seller_appeal_decided": "asked",
    "insurer_tendered": "eligible",
}
_STEP_LABEL = {"resolved": "settled", "written_off": "given_up"}

#: What an accepted certificate shows, in the letter that asks for one.
_WANTS = (
    "seller_proof_requested",
    "seller_insurance_required",
    "seller_certificate_ending",
    "seller_insurance_overdue",
)
_WANTED = ("type", "limit", "aggregate", "additional_insured", "name", "signature", "validity", "file_type")


# -- values --------------------------------------------------------------------------------------------------------


def values(notice: NoticeRow, case: Case, version: Version, lang: str, handed_over_on: date | None) -> dict[str, Any]:
    """Every name the templates of this notice's party may use, filled in."""
    params: dict[str, Any] = json.loads(notice.params)
    queued = today = local_day(parse_instant(notice.at), case.zone)
    restarted = _restarted_on(notice, case, queued, handed_over_on)
    if restarted is not None and handed_over_on is not None:
        today = handed_over_on
    reasons = [r for r in map(Reason.from_entry, params.get("reasons") or ()) if reason_part(r, "letter", lang) != ""]
    filed = day(local_day(case.opened, case.zone), lang)
    amount = params.get("amount")
    found: dict[str, Any] = {
        "claim": case.id,
        "notice": notice.id,
        "filed": filed,
        "today": day(today, lang),
        "book": version.ref,
        "amount": _amount(amount, case, lang),
        "paid_something": bool(amount),
        "facts": _facts(notice.kind, params, case, filed, lang),
        "looked_at": [_basis(case, filed, lang), *_evidence_count(case, lang), *(_sentence(r, lang) for r in reasons)],
        "rules": _rules(notice.kind, reasons, case, version, lang, params.get("rules") or ()),
        "evidence": _evidence(case, lang),
        "number": params.get("number") or params.get("certificate"),
        "appeal_days": _days("recovery.appeal_window", version, lang),
        **(
            _by_hours(notice, params, case, lang, late=handed_over_on is not None and handed_over_on > queued)
            if params.get("due_at")
            else _by(restarted or _due_on(notice, params, case), case.zone, lang)
        ),
    }
    match notice.party:
        case "customer":
            found.update(_for_customer(notice, params, case, version, reasons, lang))
            if found["capped"]:
                found["rules"].append((rule_says("claim.ceiling", version, lang), "claim.ceiling"))
        case "seller":
            found.update(_for_seller(notice.kind, params, case, today, lang))
            found["rules"] += _fault_rules(params, case, today, lang)
        case _:
            found["losses"] = _losses(case.facts.get("losses"), case, lang)
            found["insured"] = _one_line(params.get("insured"))
    return found


def _amount(minor: int | None, case: Case, lang: str) -> str:
    return words("Letter", "not_stated", lang) if minor is None else money(minor, case.currency, lang)


def _facts(kind: str, params: Mapping[str, Any], case: Case, filed: str, lang: str) -> list[tuple[str, str]]:
    if case.programme == SELLER_FILE:
        return [(words("Letter", "file", lang), case.id)]
    order = _mapping(case.facts.get("order"))
    missing = words("Letter", "not_stated", lang)
    filed_on = words("Letter", "claim_filed", lang).replace("{claim}", case.id).replace("{filed}", filed)
    incident = case.facts.get("incident_on")
    own = programme(case.programme).letter_facts
    if own is not None:
        return [(words("Letter", "claim", lang), filed_on), *own(case, lang), *_told_amount(kind, params, case, lang)]
    found = [
        (words("Letter", "claim", lang), filed_on),
        (words("Letter", "order", lang), _one_line(order.get("id")) or missing),
        (words("Letter", "product", lang), _product(_mapping(order.get("item")), lang) or missing),
    ]
    if _dated(case.programme) == "incident_on":
        shown = day(parse_date(incident), lang) if _known(incident) else missing
        found.append((words("Letter", "incident", lang), shown))
    losses: Sequence[Mapping[str, Any]] = case.facts.get("losses") or ()
    claimed = sum(int(loss["amount"]) for loss in losses) if losses else params.get("claimed")
    found.append((words("Letter", "claimed", lang), _amount(claimed, case, lang)))
    return [*found, *_told_amount(kind, params, case, lang)]


def _told_amount(kind: str, params: Mapping[str, Any], case: Case, lang: str) -> list[tuple[str, str]]:
    if params.get("amount") is None or kind not in _AMOUNT_LABEL:
        return []
    label = _STEP_LABEL.get(params.get("step", ""), _AMOUNT_LABEL[kind])
    return [(_of_programme(label, case, lang), _amount(params["amount"], case, lang))]


@cache
def _dated(name: str) -> str | None:
    """The fact that dates the claims of a programme."""
    return programme(name).dated if name in names() else None


def _mapping(fact: Any) -> Mapping[str, Any]:
    return fact if isinstance(fact, Mapping) else {"title": fact}  # pyright: ignore[reportUnknownVariableType]


def _known(fact: object) -> bool:
    return fact not in (None, "unknown")


def _one_line(text: object) -> str:
    """Text of others on one line, without control characters, not longer than a line should be."""
    kept = str(text or "")
    if not kept.isprintable():
        kept = "".join(c if c.isprintable() else " " for c in kept)
    kept = " ".join(kept.split())
    return kept if len(kept) <= _TITLE_MAX else kept[: _TITLE_MAX - 1] + "…"


def _product(item: Mapping[str, Any], lang: str) -> str:
    title, asin = _one_line(item.get("title")), _one_line(item.get("asin"))
    quoted = f'"{title}"' if lang == "en" else f"“{title}”"
    code = f" (ASIN {asin})" if lang == "en" else f"（ASIN {asin}）"
    return (quoted if title else "") + (code if asin and title else f"ASIN {asin}" if asin else "")


def _basis(case: Case, filed: str, lang: str) -> str:
    return words("Letter", "basis_file" if case.programme == SELLER_FILE else "basis", lang).replace("{filed}", filed)


def _evidence_count(case: Case, lang: str) -> Iterator[str]:
    kept: Sequence[Any] = case.facts.get("evidence") or ()
    if kept:
        yield words("Letter", "evidence_count", lang).replace("{count}", str(len(kept)))


def _evidence(case: Case, lang: str) -> list[str]:
    """Evidence by number, kind and digest; what a host calls it could name a person and is not shown."""
    found: list[str] = []
    kept: Sequence[Mapping[str, Any]] = case.facts.get("evidence") or ()
    for number, item in enumerate(kept, 1):
        kind = str(item.get("kind", "document"))
        what = words("Evidence", kind, lang, default=words("Evidence", "document", lang))
        digest = str(item.get("sha256", "")).removeprefix("sha256:")
        text = words("Letter", "evidence_item", lang).replace("{number}", str(number)).replace("{what}", what)
        found.append(
            f"{text}{', ' if lang == 'en' else '，'}SHA-256 {digest}" if re.fullmatch(r"[0-9a-f]{64}", digest) else text
        )
    return found


def _sentence(reason: Reason, lang: str) -> str:
    return reason_part(reason, "letter", lang) or reason_text(reason, lang)


def _rules(
    kind: str, reasons: Sequence[Reason], case: Case, version: Version, lang: str, told: Sequence[str] = ()
) -> list[tuple[str, str]]:
    verbs = programme(case.programme).lifecycle.verbs
    usual = [r for r in _RULES.get(kind, ()) if r != "screening.verdict" or "record_screening" in verbs]
    own = [rule for rule in (*told, *usual) if can_quote(rule, version)]
    names = dict.fromkeys([*(r.rule for r in reasons), *own])
    return [(rule_says(rule, version, lang), rule) for rule in names]


def _days(rule: str, version: Version, lang: str) -> str:
    return value_words(version.get(rule).shown, lang) if version.has(rule) else ""


# -- dates ---------------------------------------------------------------------------------------------------------


def _restarted_on(notice: NoticeRow, case: Case, queued: date, handed_over_on: date | None) -> date | None:
    """The last good day of a clock that waits for this letter and starts anew because it leaves on a later day."""
    clock = next((d for d in case.deadlines if d.status in ("open", "ran_out") and d.notice == notice.kind), None)
    if handed_over_on is None or handed_over_on <= queued or clock is None:
        return None
    days = clock.recipe.get("days")
    return None if days is None else handed_over_on + timedelta(days=int(days))


def _due_on(notice: NoticeRow, params: Mapping[str, Any], case: Case) -> date | None:
    told = params.get("due_on")
    if told is None and notice.kind == "seller_certificate_rejected":
        proof = case.deadline("proof_of_insurance") or case.deadline("insurance_due")
        told = proof.on if proof else None
    return parse_date(told) if told else None


def _by(on: date | None, zone: str, lang: str) -> dict[str, str]:
    if on is None:
        return {"by": "", "by_short": ""}
    return {"by": last_moment(on, zone, lang), "by_short": _short(on, zone, lang)}


def _by_hours(notice: NoticeRow, params: Mapping[str, Any], case: Case, lang: str, *, late: bool) -> dict[str, str]:
    """A clock of hours ends at an instant; one that starts anew with a late letter is told by its hours."""
    clock = next((d for d in case.deadlines if d.status in ("open", "ran_out") and d.notice == notice.kind), None)
    if late and clock is not None and "hours" in clock.recipe:
        text = words("Letter", "hours_after", lang).replace("{hours}", str(clock.recipe["hours"]))
        return {"by": text, "by_short": text}
    at = parse_instant(params["due_at"])
    if lang == "en":
        local = at.astimezone(zone_of(case.zone))
        short = f"{day(local.date(), lang)}, {local:%H:%M} {city(case.zone, lang)} time"
    else:
        local = at.astimezone(zone_of(_BEIJING))
        short = f"{city(_BEIJING, lang)}时间 {day(local.date(), lang)}{local:%H:%M}"
    return {"by": moment(at, case.zone, lang), "by_short": short}


def _short(on: date, zone: str, lang: str) -> str:
    if lang == "en":
        return f"{day(on, lang)}, 23:59 {city(zone, lang)} time"
    return f"{city(_BEIJING, lang)}时间 {last_in(on, zone, _BEIJING, lang)}"


# -- each party's own ----------------------------------------------------------------------------------------------


def _of_programme(name: str, case: Case, lang: str) -> str:
    """A sentence that a programme may say otherwise than the rest."""
    return words("Letter", f"{name}_{case.programme}", lang, default=words("Letter", name, lang))


def _losses(losses: Sequence[Mapping[str, Any]] | None, case: Case, lang: str) -> list[tuple[str, str]]:
    return [
        (words("Head", loss["head"], lang, default=str(loss["head"])), money(loss["amount"], case.currency, lang))
        for loss in losses or ()
    ]


def _for_customer(
    notice: NoticeRow, params: Mapping[str, Any], case: Case, version: Version, reasons: Sequence[Reason], lang: str
) -> dict[str, Any]:
    losses: Sequence[Mapping[str, Any]] = params.get("losses") or case.facts.get("losses") or ()
    heads = version.names("losses.compensable") if version.has("losses.compensable") else ()
    paid = [x for x in losses if x["head"] in heads]
    count = words("Letter", "one_reason" if len(reasons) == 1 else "more_reasons", lang)
    return {
        "losses": _losses(losses, case, lang),
        "paid": _losses(paid, case, lang),
        "not_paid": _losses([x for x in losses if x["head"] not in heads] if heads else (), case, lang),
        "capped": notice.kind == "customer_paid"
        and bool(heads)
        and sum(x["amount"] for x in paid) > (params.get("amount") or 0),
        "asked": list(_asked(params, reasons, version, lang))
        if notice.kind == "customer_information_requested"
        else [],
        "count": count.replace("{count}", str(len(reasons))),
        "helps": list(dict.fromkeys(text for r in reasons if (text := reason_part(r, "helps", lang)))),
        "payer": words("Letter", f"payer_{params.get('by', 'seller')}", lang),
        "rights": _of_programme("rights", case, lang),
        "stands": words("State", case.state, lang, default=case.state),
    }


def _asked(
    params: Mapping[str, Any], reasons: Sequence[Reason], version: Version, lang: str
) -> Iterator[tuple[str, str]]:
    """What the customer is asked for, each with its why."""
    said = False
    for item in params.get("items") or ():
        said = True
        yield _one_line(item), ""
    for reason in reasons:
        if reason.code == "fact_unknown" and reason.value:
            said = True
            fact = words("Fact", reason.value, lang, default=value_words(reason.value, lang))
            yield words("Letter", "tell_us", lang).replace("{what}", fact), rule_says(reason.rule, version, lang)
        elif reason.code == "inconsistent_dates":
            said = True
            yield words("Request", "inconsistent_dates", lang), reason_text(reason, lang)
        elif reason.code == "screening_inconclusive":
            said = True
            yield words("Request", "proof_of_loss", lang), _sentence(reason, lang)
    if not said:
        yield words("Request", str(params.get("reason", "other")), lang, default=words("Request", "other", lang)), ""


def _for_seller(kind: str, params: Mapping[str, Any], case: Case, today: date, lang: str) -> dict[str, Any]:
    recovery: Mapping[str, Any] = case.facts.get("recovery") or {}
    wanted = _WANTED if kind in _WANTS else ()
    return {
        "step": params.get("step", ""),
        "path": params.get("path", ""),
        "producer": params.get("producer") is True,
        "withholding": params.get("withholding", recovery.get("withholding")) is True,
        "decision": params.get("decision", ""),
        "account": _of_programme("account", case, lang),
        "wanted": [_right(code, case.marketplace, today, lang) for code in wanted],
        "faults": [
            (words("CertificateFault", code, lang, part="wrong"), _right(code, case.marketplace, today, lang))
            for code in params.get("rejected_for") or ()
        ],
    }


@lru_cache(4096)
def _certificates(marketplace: str, on: date) -> Version | None:
    try:
        return book_for(SELLER_FILE, marketplace).at(on)
    except RulebookError:
        return None


@lru_cache(4096)
def _right(code: str, marketplace: str, on: date, lang: str) -> str:
    """What would be right, under the rulebook for certificates of that day."""
    book = _certificates(marketplace, on)
    known = line("CertificateFault", code) or {}
    rule, said = known["rule"], known["right"][lang]
    if book is None or "{it}" not in said:
        return said
    if code == "deductible" and book.text("certificate.deductible_rule") == "large_sellers":
        return rule_says("certificate.deductible_proceeds_line", book, lang)
    value = value_words(book.get(rule).shown or "none", lang) if book.has(rule) else ""
    text = said.replace("{it}", value)
    return text if lang == "en" else spaced(text)


def _fault_rules(params: Mapping[str, Any], case: Case, on: date, lang: str) -> list[tuple[str, str]]:
    book = _certificates(case.marketplace, on)
    if book is None:
        return []
    names = dict.fromkeys((line("CertificateFault", code) or {})["rule"] for code in params.get("rejected_for") or ())
    return [(rule_says(rule, book, lang), f"{rule}, {book.ref}") for rule in names]
