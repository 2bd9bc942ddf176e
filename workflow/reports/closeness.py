"""Why claims were denied and what became of it, and which decisions came close to a line.

Authority: UX notes 9.3 (denials, boundary cases), 10 CCR 2695.7(b)(1) (a denial lists all bases). Decision: a denial
is a step into ``denied``, so every programme has the same register; a line is one that the decision itself recorded
with the value on file, so nothing is measured that was not tested. Left out: tests of words, which have no distance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from ...states.money import CURRENCY_DIGITS, to_decimal_text
from ...states.times import days_between, parse_date
from .. import registry
from ..texts.timeline import by_rules, is_manual
from .money import effects
from .shape import Asked, Dated, Kind, Record, Report, columns, part, per_case

#: How near an amount is to its line to be listed, as a part of the line; a day is near by one day.
NEAR: Final = Decimal("0.01")
ON_IT: Final = "on it"
_MONEY = re.compile(r"(?:[a-z_]+ )?([0-9]+(?:\.[0-9]+)?) ([A-Z]{3})\Z")
_DAYS = re.compile(r"(?:day )?([0-9]+)(?: days?)?\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def _denials(record: Record, asked: Asked) -> Iterator[Dated]:
    case = record.case
    if case.programme == registry.SELLER_FILE:
        return
    lifecycle = registry.programme(case.programme).lifecycle
    for n, entry in enumerate(record.entries):
        if entry["to"] != "denied" or entry.get("from") == "denied":
            continue
        made = part(entry, "decision")
        failed = [r for r in made.get("reasons", ()) if r["result"] is False]
        later = next((e for e in record.entries[n + 1 :] if e.get("from") == "denied" and e["to"] != "denied"), None)
        paid = sum(e.paid for e in effects(record.transfers) if later is not None and e.row.at >= later["at"])
        letter = next((op["id"] for op in entry.get("notices", ()) if op["op"] == "queued"), None)
        yield (
            entry["at"],
            {
                "claim": case.id,
                "entry": entry["id"],
                "decision": made.get("id"),
                "denied_at": entry["at"],
                "programme": case.programme,
                "marketplace": case.marketplace,
                "seller": case.seller,
                "rules": " ".join(dict.fromkeys(r["rule"] for r in failed)),
                "reasons": " ".join(dict.fromkeys(r["code"] for r in failed)),
                "tests": len(made.get("reasons", ())),
                "by_person": not by_rules(entry, lifecycle) and is_manual(entry.get("actor")),
                "by": entry["actor"]["id"],
                "verb": entry["verb"],
                "letter": letter,
                "left_at": None if later is None else later["at"],
                "left_by": None if later is None else later["verb"],
                "state": case.state,
                "currency": case.currency,
                "paid_since": paid,
                "rulebook": made.get("rulebook") or case.rulebook,
            },
        )


DENIALS = Report(
    "denials",
    18,
    "Why was each claim denied, by which rule, and which denials did not stand?",
    "the day of the denial",
    columns(
        ("claim", "claim"),
        ("entry", "journal entry of the denial"),
        ("decision", "decision"),
        ("denied_at", "denied", Kind.INSTANT),
        ("programme", "programme"),
        ("marketplace", "marketplace"),
        ("seller", "seller"),
        ("rules", "every rule that was not met"),
        ("reasons", "every code that speaks against the claim"),
        ("tests", "tests the decision hangs on", Kind.COUNT),
        ("by_person", "a person decided, not the rules", Kind.FLAG),
        ("by", "by whom, or after whose verb"),
        ("verb", "by or after which verb"),
        ("letter", "the letter that tells it"),
        ("left_at", "when the denial was left: reopened, or reversed on appeal", Kind.INSTANT),
        ("left_by", "by which verb"),
        ("state", "state of the claim now"),
        ("currency", "currency"),
        ("paid_since", "paid after the denial was left, and not reversed", Kind.MONEY),
        ("rulebook", "rulebook version"),
    ),
    per_case(_denials),
    finds=lambda row: not row["reasons"],
    finding="denials that name no reason",
)


def apart(value: Any, limit: Any) -> str | None:
    """How far a value is from its line, in words, when it is near: 1 % of an amount, one day; None otherwise."""
    if not isinstance(value, str) or not isinstance(limit, str):
        return None
    money, line = _MONEY.match(value), _MONEY.match(limit)
    if money is not None and line is not None:
        return _money_apart(money, line)
    if _DATE.match(value) and _DATE.match(limit):
        return _days_apart(days_between(parse_date(limit, "limit"), parse_date(value, "value")))
    day, length = _DAYS.match(value), _DAYS.match(limit)
    return None if day is None or length is None else _days_apart(int(day[1]) - int(length[1]))


def _money_apart(money: re.Match[str], line: re.Match[str]) -> str | None:
    code = money[2]
    if code != line[2] or code not in CURRENCY_DIGITS:
        return None
    off, limit = Decimal(money[1]) - Decimal(line[1]), Decimal(line[1])
    if abs(off) > limit * NEAR:
        return None
    if not off:
        return ON_IT
    amount = to_decimal_text(int(abs(off).scaleb(CURRENCY_DIGITS[code])), code)
    return f"{amount} {code} {'below' if off < 0 else 'above'}"


def _days_apart(days: int) -> str | None:
    return {-1: "1 day before", 0: ON_IT, 1: "1 day after"}.get(days)


def _boundaries(record: Record, asked: Asked) -> Iterator[Dated]:
    case = record.case
    seen: set[tuple[str, str, str]] = set()
    for entry in record.entries:
        made = part(entry, "decision")
        reasons: list[Mapping[str, Any]] = made.get("reasons", [])
        for reason in reasons:
            found = apart(reason.get("value"), reason.get("limit"))
            key = (reason["rule"], str(reason.get("value")), str(reason.get("limit")))
            if found is None or key in seen:
                continue
            seen.add(key)
            yield (
                entry["at"],
                {
                    "claim": case.id,
                    "seller": case.seller,
                    "entry": entry["id"],
                    "decision": made["id"],
                    "decided_at": entry["at"],
                    "programme": case.programme,
                    "marketplace": case.marketplace,
                    "rule": reason["rule"],
                    "value": reason["value"],
                    "limit": reason["limit"],
                    "apart": found,
                    "passed": reason["result"],
                    "code": reason["code"],
                    "outcome": made.get("outcome"),
                    "state": case.state,
                    "rulebook": made["rulebook"],
                },
            )


BOUNDARIES = Report(
    "boundaries",
    19,
    "Which decisions hang on a value within 1 % of a line, or within a day of one?",
    "the day of the decision",
    columns(
        ("claim", "claim"),
        ("seller", "seller"),
        ("entry", "journal entry of the first decision that hangs on it"),
        ("decision", "decision"),
        ("decided_at", "decided", Kind.INSTANT),
        ("programme", "programme"),
        ("marketplace", "marketplace"),
        ("rule", "the rule that draws the line"),
        ("value", "the value on file"),
        ("limit", "the line"),
        ("apart", "where the value lies from the line"),
        ("passed", "what the test came to; empty when it is not known", Kind.FLAG),
        ("code", "reason code"),
        ("outcome", "what the decision came to"),
        ("state", "state of the claim now"),
        ("rulebook", "rulebook version"),
    ),
    per_case(_boundaries),
)
