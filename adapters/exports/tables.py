"""The tables: which columns an export has, and the row of each claim, seller, certificate and transfer.

A row is plain values under the names of the columns; an amount is decimal text beside a ``currency`` column. The same
list is what ``claimdesk schema`` prints and what the sidecar holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ...states.case import Case
from ...states.money import to_decimal_text
from ...workflow.ports import TransferRow
from ...workflow.reports.shape import Column, Kind
from ...workflow.view import claim_view, seller_view


class Table(NamedTuple):
    """One thing that can be exported: its name, what a row is, its columns as CSV, what a line is as JSON Lines."""

    name: str
    what: str
    columns: tuple[Column, ...]
    line: str


def _text(name: str, meaning: str) -> Column:
    return Column(name, meaning)


def _money(name: str, meaning: str) -> Column:
    return Column(name, meaning, Kind.MONEY)


_CURRENCY = _text("currency", "ISO 4217 code of every amount of the row")

CLAIMS: Final = Table(
    "claims",
    "A claim as it stands.",
    (
        _text("claim", "the claim's id"),
        _text("programme", "the programme it is decided under"),
        _text("marketplace", "where it was bought"),
        _text("state", "where it stands"),
        _text("outcome", "what triage came to"),
        Column("filed_at", "when it was filed", Kind.INSTANT),
        Column("updated_at", "when it last changed", Kind.INSTANT),
        Column("version", "how many entries its journal has", Kind.COUNT),
        _text("seller", "the seller's id"),
        _text("order", "the order's id"),
        _text("incident_on", "the day of the incident, or unknown"),
        _CURRENCY,
        _money("eligible_amount", "what the claim is worth under the rules"),
        _money("paid_by_amazon", "what Amazon has paid the customer and not had back"),
        _money("paid_by_seller", "the same of the seller"),
        _money("paid_by_insurer", "the same of the insurer"),
        _text("recovery_status", "none, pending, review, due, appealed, waived, recouped or written_off"),
        _money("recovery_amount", "what is still asked"),
        _text("recovery_from", "from whom"),
        _text("holds", "the holds that stand, oldest first"),
        _text("reasons", "the codes of the last decision"),
        _text("tasks", "reports and referrals that are open"),
        _text("owner", "whose work it is"),
        _text("rulebook", "the rulebook version it is decided by"),
        _text("source", "where it came from"),
        _text("source_id", "its number there"),
    ),
    "what was filed, as a line of an intake file: claimdesk schema file",
)  # fmt: skip

SELLERS: Final = Table(
    "sellers",
    "A seller's compliance file as it stands.",
    (
        _text("seller", "the seller's id"),
        _text("state", "where the file stands"),
        Column("version", "how many entries its journal has", Kind.COUNT),
        Column("required", "whether insurance is required of the seller", Kind.FLAG),
        _text("due_on", "the last day to bring it"),
        _text("legal_entity", "the seller's legal name"),
        _text("entity_type", "corporation or single_member_llc"),
        _text("elected_country", "the country whose rules the seller chose"),
        _text("in_good_standing", "true, false or unknown"),
        Column("certificates", "certificates on file", Kind.COUNT),
        Column("accepted", "of them accepted", Kind.COUNT),
        _text("rulebook", "the rulebook version the file is kept by"),
    ),
    "the file with every fact and certificate, as claimdesk seller show --json",
)

_PAPER = ("number", "type", "basis", "per_occurrence", "aggregate", "deductible", "starts_on", "ends_on",
          "additional_insured", "insured_name", "file_name", "submitted_on")  # fmt: skip

CERTIFICATES: Final = Table(
    "certificates",
    "A certificate of insurance with its verdict.",
    (
        _text("seller", "the seller's id"),
        _text("number", "the number of the insurer's paper"),
        _text("type", "commercial_general, umbrella, excess or other"),
        _text("basis", "occurrence or claims_made"),
        _text("per_occurrence", "the limit of one occurrence, with its currency"),
        _text("aggregate", "the limit of all of them, with its currency"),
        _text("deductible", "what the seller bears, with its currency"),
        _text("starts_on", "first day of cover"),
        _text("ends_on", "last day of cover"),
        _text("insurer", "the insurer's name"),
        _text("am_best", "its rating by A.M. Best"),
        _text("sp", "its rating by Standard & Poor's"),
        _text("additional_insured", "the wording about who else is insured"),
        _text("insured_name", "who is insured"),
        _text("file_name", "the file it came in"),
        _text("submitted_on", "the day it was handed in"),
        Column("accepted", "whether it was accepted", Kind.FLAG),
        _text("rejected_for", "the codes it was rejected for"),
        _text("unknown", "what was not told and keeps it from being accepted"),
    ),
    "every fact of the certificate beside its seller and its verdict",
)

LEDGER: Final = Table(
    "ledger",
    "A transfer of money.",
    (
        _text("transfer", "the transfer's id"),
        _text("claim", "the claim it belongs to"),
        _text("kind", "authorize, post, void, reverse, recoup, write_off or settle"),
        _CURRENCY,
        _money("amount", "how much, always positive"),
        _text("debit", "the account it leaves"),
        _text("credit", "the account it comes to"),
        Column("obligation", "which payment of the claim it is about", Kind.COUNT),
        _text("pending", "the authorisation it posts or voids"),
        _text("reverses", "the transfer it takes back"),
        _text("entry", "the journal entry it stands in"),
        Column("at", "when", Kind.INSTANT),
    ),
    "the transfer, as claimdesk ledger --json",
)

TABLES: Final[Mapping[str, Table]] = {t.name: t for t in (CLAIMS, SELLERS, CERTIFICATES, LEDGER)}


def claim_row(case: Case) -> dict[str, Any]:
    """A claim as it stands."""
    shown = claim_view(case).to_dict()
    recovery = shown["recovery"]
    found = {c.name: shown.get(c.name) for c in CLAIMS.columns}
    for name in ("eligible_amount", "paid_by_amazon", "paid_by_seller", "paid_by_insurer"):
        found[name] = str(shown[name]).partition(" ")[0]
    found |= {
        "currency": case.currency,
        "recovery_status": recovery["status"],
        "recovery_amount": str(recovery["amount"]).partition(" ")[0],
        "recovery_from": recovery["from"],
        "source": case.facts.get("source"),
        "source_id": case.facts.get("source_id"),
    }
    return found | {name: _words(found[name]) for name in ("holds", "reasons", "tasks")}


def seller_row(case: Case) -> dict[str, Any]:
    """A seller's file as it stands."""
    shown = seller_view(case).to_dict()
    papers = shown["certificates"]
    told = {name: _fact(case.facts.get(name)) for name in ("legal_entity", "entity_type", "elected_country",
                                                           "in_good_standing")}  # fmt: skip
    return {**{c.name: shown.get(c.name) for c in SELLERS.columns}, **told, "certificates": len(papers),
            "accepted": sum(bool(p.get("accepted")) for p in papers)}  # fmt: skip


def certificate_rows(case: Case) -> list[dict[str, Any]]:
    """The certificates of a seller's file, in the order they are on file."""
    found: list[dict[str, Any]] = []
    for paper in case.facts.get("certificates", ()):
        insurer: Mapping[str, Any] = paper.get("insurer") or {}
        found.append({
            "seller": case.seller, **{name: paper.get(name) for name in _PAPER},
            "insurer": insurer.get("name"), "am_best": insurer.get("am_best"), "sp": insurer.get("sp"),
            "accepted": paper.get("accepted"), "rejected_for": _words(paper.get("rejected_for", ())),
            "unknown": _words(paper.get("unknown", ())),
        })  # fmt: skip
    return found


def transfer_row(row: TransferRow) -> dict[str, Any]:
    """A transfer."""
    amount = to_decimal_text(row.amount, row.currency)
    return {"transfer": row.id, "claim": row.claim, "kind": row.kind, "currency": row.currency, "amount": amount,
            "debit": row.debit, "credit": row.credit, "obligation": row.obligation, "pending": row.pending,
            "reverses": row.reverses, "entry": row.entry, "at": row.at}  # fmt: skip


def _words(values: Any) -> str:
    return " ".join(values or ())


def _fact(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
