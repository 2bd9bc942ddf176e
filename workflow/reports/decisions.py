"""What the rules paid by themselves, who was exempted from recovery and on what evidence, and what people decided.

Authority: trust notes 6 (6, 7 and 9), domain notes 1.5 (the exemption of insured sellers). Decision: the evidence is
the one the decision itself recorded, as known then; what became of it later stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...states.journal import canonical, sha256_text
from ...states.roles import Verdict, same_person
from .. import registry
from ..control.state import review_day
from ..texts.timeline import by_rules, is_manual
from .money import effects
from .shape import Asked, Dated, Kind, Record, Report, columns, part, per_case

_NOTHING: Mapping[str, Any] = {}


def inputs_digest(made: Mapping[str, Any]) -> str:
    """The digest of what a decision hung on: every test with its value and limit, and the inputs it names."""
    return sha256_text(canonical({"inputs": made.get("inputs"), "reasons": made["reasons"]}))


def _automatic(record: Record, entry: Mapping[str, Any]) -> bool:
    lifecycle = registry.programme(record.case.programme).lifecycle
    return by_rules(entry, lifecycle) or not is_manual(entry.get("actor"))


def _authorises(entry: Mapping[str, Any]) -> bool:
    return any(move["kind"] == "authorize" for move in entry.get("money", ()))


def _reason(made: Mapping[str, Any], rule: str) -> Mapping[str, Any]:
    return next((r for r in made["reasons"] if r["rule"] == rule), _NOTHING)


def _auto_pay(record: Record, asked: Asked) -> Iterator[Dated]:
    case = record.case
    for entry in record.entries:
        made = part(entry, "decision")
        if not made or not _authorises(entry) or not _automatic(record, entry):
            continue
        line = _reason(made, "small_claim.limit")
        posts = [r for r in record.transfers if r.kind == "post"]
        undone = {r.reverses for r in record.transfers if r.kind == "reverse"}
        yield (
            entry["at"],
            {
                "claim": case.id,
                "decision": made["id"],
                "entry": entry["id"],
                "decided_at": entry["at"],
                "marketplace": case.marketplace,
                "seller": case.seller,
                "value": line.get("value"),
                "limit": line.get("limit"),
                "tests": len(made["reasons"]),
                "not_passed": sum(r["result"] is not True for r in made["reasons"]),
                "rulebook": made["rulebook"],
                "rulebook_sha256": made["rulebook_sha256"],
                "inputs_sha256": inputs_digest(made),
                "by": entry["actor"]["id"],
                "verb": entry["verb"],
                "currency": case.currency,
                "paid": sum(r.amount for r in posts if r.id not in undone),
                "state": case.state,
            },
        )


AUTO_PAY = Report(
    "auto-pay",
    6,
    "Which claims did the rules pay by themselves, under which rulebook and on which facts?",
    "the day of the decision",
    columns(
        ("claim", "claim"),
        ("decision", "decision"),
        ("entry", "journal entry of the decision"),
        ("decided_at", "decided", Kind.INSTANT),
        ("marketplace", "marketplace"),
        ("seller", "seller"),
        ("value", "the amount that was tested"),
        ("limit", "the line it was tested against"),
        ("tests", "tests the decision hangs on", Kind.COUNT),
        ("not_passed", "tests that did not pass", Kind.COUNT),
        ("rulebook", "rulebook version"),
        ("rulebook_sha256", "its digest"),
        ("inputs_sha256", "digest of every test with its value and limit"),
        ("by", "after whose verb"),
        ("verb", "after which verb"),
        ("currency", "currency"),
        ("paid", "paid on the claim and not reversed", Kind.MONEY),
        ("state", "state of the claim"),
    ),
    per_case(_auto_pay),
    finds=lambda row: bool(row["not_passed"]),
    finding="automatic payments with a test that did not pass",
)


def _exemptions(record: Record, asked: Asked) -> Iterator[Dated]:
    case = record.case
    stood = sum(e.recovered for e in effects(record.transfers))
    made_ones = [e for e in record.entries if part(e, "decision").get("kind") == "recovery"]
    for entry in made_ones:
        made = entry["decision"]
        proof: Mapping[str, Any] = next((r for r in made["reasons"] if r["code"] in _PROOFS), _NOTHING)
        is_last = entry is made_ones[-1]
        yield (
            entry["at"],
            {
                "claim": case.id,
                "seller": case.seller,
                "decision": made["id"],
                "decided_at": entry["at"],
                "outcome": made["outcome"],
                "exempt": bool(made.get("exempt")),
                "evidence": proof.get("value"),
                "evidence_test": proof.get("code"),
                "as_of_day": proof.get("limit"),
                "loss_on": case.facts.get("incident_on"),
                "notice_on": case.facts.get("notice_on"),
                "seller_file_version": part(made, "inputs").get("seller_file_version"),
                "by": "rules" if _automatic(record, entry) else entry["actor"]["id"],
                "latest": is_last,
                "currency": case.currency,
                "posted": case.totals.by_amazon if is_last else 0,
                "recouped": stood if is_last else 0,
                "exempt_recouped": is_last and bool(made.get("exempt")) and stood > 0,
                "rulebook": made["rulebook"],
            },
        )


#: The tests that speak of insurance.
_PROOFS = frozenset({
    "insured_on_notice_day", "proof_in_time", "insured_on_incident_day", "no_proof_on_file", "no_proof_in_time",
})  # fmt: skip

EXEMPTIONS = Report(
    "exemptions",
    7,
    "Which sellers were exempt from recovery, and on what insurance evidence as known at the decision?",
    "the day of the decision",
    columns(
        ("claim", "claim"),
        ("seller", "seller"),
        ("decision", "decision"),
        ("decided_at", "decided", Kind.INSTANT),
        ("outcome", "waived, proof_requested, review, due"),
        ("exempt", "recovery from the seller was given up", Kind.FLAG),
        ("evidence", "insurance evidence on file then"),
        ("evidence_test", "which test it answered"),
        ("as_of_day", "the day it was tested for"),
        ("loss_on", "date of loss as told", Kind.DAY),
        ("notice_on", "day the seller was told of the claim", Kind.DAY),
        ("seller_file_version", "version of the seller's file that was read", Kind.COUNT),
        ("by", "rules, or who decided"),
        ("latest", "the decision that stands", Kind.FLAG),
        ("currency", "currency"),
        ("posted", "paid by the programme, on the row that stands", Kind.MONEY),
        ("recouped", "had back, on the row that stands", Kind.MONEY),
        ("exempt_recouped", "exempt, and yet charged: never", Kind.FLAG),
        ("rulebook", "rulebook version"),
    ),
    per_case(_exemptions),
    finds=lambda row: bool(row["exempt_recouped"]),
    finding="exempt sellers that were charged",
)


# -- people ------------------------------------------------------------------------------------------------------------


def _moved(entry: Mapping[str, Any]) -> int:
    return sum(m["amount"] for m in entry.get("money", ()) if m["kind"] != "post")


def _overrides(record: Record, asked: Asked) -> Iterator[Dated]:
    case = record.case
    second = _Second(record, asked)
    for entry in record.entries:
        made = part(entry, "decision")
        released = [op["reason"] for op in entry.get("holds", ()) if op["op"] == "release"]
        money = [m["kind"] for m in entry.get("money", ())]
        emergency = entry.get("break_glass") is not None
        if _automatic(record, entry) and not emergency:
            continue
        if not (made or released or money or emergency or entry["verb"] in ("reopen", "redact")):
            continue
        actor, other = entry["actor"]["id"], entry.get("second")
        yield (
            entry["at"],
            {
                "claim": case.id,
                "entry": entry["id"],
                "at": entry["at"],
                "verb": entry["verb"],
                "step": entry["type"],
                "decision": f"{made['kind']}.{made['outcome']}" if made else None,
                "released_holds": " ".join(released),
                "actor": actor,
                "second": other,
                "second_is_actor": other is not None and same_person(other, actor),
                **second.columns(entry),
                "break_glass": emergency,
                "reason_sealed": any(p["field"].startswith("reason") for p in entry.get("pii", ())),
                "money": " ".join(money),
                "currency": case.currency,
                "amount": _moved(entry),
                "rulebook": made.get("rulebook", case.rulebook),
            },
        )


class _Second:
    """How second persons came in, on one claim."""

    def __init__(self, record: Record, asked: Asked) -> None:
        self.as_of = asked.as_of
        self.proposals = {row.id: row for row in record.proposals}
        self.answers = {row.proposal: row for row in record.answers}

    def columns(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """The columns that speak of them."""
        glass, name = entry.get("break_glass"), entry.get("proposal") or entry.get("break_glass")
        about, answer = self.proposals.get(name or ""), self.answers.get(name or "")
        found: dict[str, Any] = {"proposal": name, "review_missing": False}
        if glass is None:
            how = "in their own name" if name else "named"
            return {**found, "approved_how": how if entry.get("second") else None,
                    "proposed_at": about.at if about else None}  # fmt: skip
        due = review_day(about.at if about else entry["at"])
        reviewed = answer.at if answer else None
        late = (reviewed or self.as_of)[:10] > due
        objected = answer is not None and answer.verdict == Verdict.OBJECTED.value
        return {
            **found,
            "review_by": due,
            "reviewed_at": reviewed,
            "reviewed_by": answer.person if answer else None,
            "review": answer.verdict if answer else None,
            "review_missing": late or objected,
        }


OVERRIDES = Report(
    "overrides",
    9,
    "What did people decide, release or pay by hand, and who approved it with them?",
    "the day of the step",
    columns(
        ("claim", "claim"),
        ("entry", "journal entry"),
        ("at", "when", Kind.INSTANT),
        ("verb", "what was asked for"),
        ("step", "what happened"),
        ("decision", "decision made by it"),
        ("released_holds", "holds released"),
        ("actor", "who"),
        ("second", "the second person"),
        ("second_is_actor", "the second person is the first: never", Kind.FLAG),
        ("proposal", "what was approved, or waits for review"),
        ("approved_how", "in their own name, or named by the actor"),
        ("proposed_at", "proposed", Kind.INSTANT),
        ("break_glass", "done in an emergency, without a second person", Kind.FLAG),
        ("review_by", "the emergency is to be reviewed by", Kind.DAY),
        ("reviewed_at", "reviewed", Kind.INSTANT),
        ("reviewed_by", "who reviewed it"),
        ("review", "reviewed: well founded; objected: it should not have been done"),
        ("review_missing", "not reviewed in time, or objected to", Kind.FLAG),
        ("reason_sealed", "a reason was given and is sealed", Kind.FLAG),
        ("money", "kinds of transfer it made"),
        ("currency", "currency"),
        ("amount", "authorised, undone, recouped, settled or given up by it", Kind.MONEY),
        ("rulebook", "rulebook version"),
    ),
    per_case(_overrides),
    finds=lambda row: bool(row["second_is_actor"] or row["review_missing"]),
    finding="steps approved by the person who took them, or emergencies not reviewed in time or objected to",
)
