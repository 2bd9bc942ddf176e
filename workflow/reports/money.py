"""Payments, the trial balance, what does not reconcile, and what came back or was given up.

Authority: trust notes 3.1 and 6 (4, 5 and 8). Decision: the trial balance is added up from the same transfers the
register lists, and every claim's own totals are added up from its journal and compared with its transfers, so a
report that disagrees with the ledger says so itself. Accounts of customers, sellers and insurers are shown as one
control account each: there is one for every claim or party.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from ...states.ledger import MOVING, TransferKind
from ...states.times import local_day, parse_instant
from ..ports import TransferRow
from .shape import Asked, Dated, Kind, Record, Report, Row, columns, per_case

#: Kinds of transfer that move something; an authorisation reserves and a void frees.
#: A payment that is not known to have arrived is looked at within this many working days (trust notes 6, report 5).
BREAK_DAYS = 1


def control_account(account: str) -> str:
    """The account in the trial balance: one for all customers, one for all sellers, one for all insurers."""
    head, _, _ = account.partition(":")
    return {"customer": "customers", "seller": "sellers", "insurer": "insurers"}.get(head, account)


def _shown(row: TransferRow) -> dict[str, Any]:
    return {
        "transfer": row.id,
        "claim": row.claim,
        "at": row.at,
        "kind": row.kind,
        "debit": row.debit,
        "credit": row.credit,
        "currency": row.currency,
        "amount": row.amount,
        "obligation": row.obligation,
        "pending": row.pending,
        "reverses": row.reverses,
        "entry": row.entry,
    }


class Effect(NamedTuple):
    """A transfer, and what it adds to what the claim comes to, in minor units."""

    row: TransferRow
    paid: int = 0  #: to what the claimant was paid by the programme
    recovered: int = 0  #: to what was had back
    written_off: int = 0
    settled: int = 0  #: to what a seller or insurer paid the customer itself


def effects(transfers: Iterable[TransferRow]) -> list[Effect]:
    """What each transfer of one claim adds; a reversal takes away what it reverses.

    With a payment that came back goes what was given up of it, as the claim itself has it: nothing is left to recover.
    """
    kinds: dict[str, str] = {}
    given_up = 0
    found: list[Effect] = []
    for row in transfers:
        kinds[row.id] = row.kind
        of = kinds.get(row.reverses or "")
        written_off = row.amount if row.kind == "write_off" else -given_up if of == "post" else 0
        given_up += written_off
        found.append(
            Effect(
                row,
                paid=row.amount if row.kind == "post" else -row.amount if of == "post" else 0,
                recovered=row.amount if row.kind == "recoup" else -row.amount if of == "recoup" else 0,
                written_off=written_off,
                settled=row.amount if row.kind == "settle" else -row.amount if of == "settle" else 0,
            )
        )
    return found


def _payments(record: Record, asked: Asked) -> Iterator[Dated]:
    for made in effects(record.transfers):
        row = made.row
        yield row.at, {**_shown(row), "moved": row.amount if row.kind in MOVING else 0, "paid": made.paid}


_TRANSFER = (
    ("transfer", "transfer; the key sent to the provider"),
    ("claim", "claim"),
    ("at", "when", Kind.INSTANT),
    ("kind", "authorize, post, void, reverse, recoup, write_off or settle"),
    ("debit", "account debited"),
    ("credit", "account credited"),
    ("currency", "currency"),
    ("amount", "amount", Kind.MONEY),
    ("obligation", "number of the obligation", Kind.COUNT),
    ("pending", "the authorisation it resolves"),
    ("reverses", "the transfer it undoes"),
    ("entry", "journal entry that made it"),
)

PAYMENTS = Report(
    "payments",
    4,
    "Which money was authorised, paid, undone, recovered or given up, transfer by transfer?",
    "the day of a transfer",
    columns(
        *_TRANSFER,
        ("moved", "the amount where something moved; 0 for an authorisation or a void", Kind.MONEY),
        ("paid", "added to what claimants were paid by the programme; negative for a reversal", Kind.MONEY),
    ),
    per_case(_payments),
)


class _TrialBalance:
    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.sums: dict[tuple[str, str], list[int]] = {}

    def of(self, record: Record) -> Iterable[Dated]:
        """Adds the case's transfers; no row of its own."""
        for row in record.transfers:
            if row.kind in MOVING and self.asked.dated(row.at, record.case.zone):
                self._add(row.debit, row.currency, 0, row.amount)
                self._add(row.credit, row.currency, 1, row.amount)
        return ()

    def _add(self, account: str, currency: str, side: int, amount: int) -> None:
        self.sums.setdefault((currency, control_account(account)), [0, 0])[side] += amount

    def end(self) -> Iterator[Row]:
        """One row an account, by currency."""
        for (currency, account), (debits, credited) in sorted(self.sums.items()):
            yield {
                "account": account,
                "currency": currency,
                "debits": debits,
                "credits": credited,
                "balance": credited - debits,
            }


TRIAL_BALANCE = Report(
    "trial-balance",
    4,
    "Do debits equal credits, and what does each account come to?",
    "the day of a transfer",
    columns(
        ("account", "account; customers, sellers and insurers together"),
        ("currency", "currency"),
        ("debits", "debited", Kind.MONEY),
        ("credits", "credited", Kind.MONEY),
        ("balance", "credits less debits; comes to zero over all accounts", Kind.MONEY),
    ),
    _TrialBalance,
    finding="accounts that differ from the ledger, or currencies that do not come to zero",
)


# -- what does not reconcile -------------------------------------------------------------------------------------------


def _working_days(since: date, until: date) -> int:
    """Weekdays after ``since`` up to ``until``."""
    count, day = 0, since
    while day < until:
        day += timedelta(days=1)
        count += day.weekday() < 5
    return count


def _totals_of(transfers: Iterable[TransferRow]) -> dict[str, int]:
    found = effects(transfers)
    return {
        "posted": sum(e.paid for e in found),
        "recovered": sum(e.recovered for e in found),
        "written_off": sum(e.written_off for e in found),
        "settled": sum(e.settled for e in found),
    }


def _breaks(record: Record, asked: Asked) -> Iterator[Dated]:
    case = record.case
    totals = case.totals
    told = {
        "posted": totals.by_amazon,
        "recovered": totals.recovered,
        "written_off": totals.written_off,
        "settled": totals.by_seller + totals.by_insurer,
    }
    for name, kept in _totals_of(record.transfers).items():
        if kept != told[name]:
            yield None, _break(record, asked, "ledger_differs", None, kept - told[name], case.updated_at)
    resolved = {row.pending for row in record.transfers if row.kind in ("post", "void")}
    for row in record.transfers:
        if row.kind == TransferKind.AUTHORIZE.value and row.id not in resolved:
            call: dict[str, Any] = case.facts.get("payment") or {}
            kind = "unknown" if call.get("ref") == row.id else "failed" if _failed(record) else "unpaid"
            yield row.at, _break(record, asked, kind, row.id, row.amount, row.at)


def _failed(record: Record) -> bool:
    return any(entry["type"] == "fail_payment" for entry in record.entries[-3:])


def _break(record: Record, asked: Asked, kind: str, transfer: str | None, amount: int, since: str) -> Row:
    case = record.case
    begun = local_day(parse_instant(since), case.zone)
    now = local_day(parse_instant(asked.as_of or case.updated_at), case.zone)
    age = _working_days(begun, now)
    return {
        "claim": case.id,
        "break": kind,
        "transfer": transfer,
        "currency": case.currency,
        "amount": amount,
        "since": since,
        "working_days": age,
        "aged": kind == "ledger_differs" or age > BREAK_DAYS,
        "state": case.state,
        "holds": " ".join(case.holds),
    }


BREAKS = Report(
    "breaks",
    5,
    "Which payments are not known to have arrived, and where do claim and ledger differ?",
    "the day of the authorisation",
    columns(
        ("claim", "claim"),
        ("break", "unpaid; failed; unknown: sent and not answered; ledger_differs: journal and transfers disagree"),
        ("transfer", "the authorisation"),
        ("currency", "currency"),
        ("amount", "amount that is open, or the difference", Kind.MONEY),
        ("since", "open since", Kind.INSTANT),
        ("working_days", "weekdays it is open", Kind.COUNT),
        ("aged", "open for longer than one working day, or a difference", Kind.FLAG),
        ("state", "state of the claim"),
        ("holds", "holds that stand"),
    ),
    per_case(_breaks),
    finds=lambda row: bool(row["aged"]),
    finding="breaks older than one working day",
)


# -- what came back ----------------------------------------------------------------------------------------------------

_BACK = frozenset({"recoup", "reverse", "write_off", "void"})


def _original(row: TransferRow, earlier: list[TransferRow]) -> str | None:
    """What a transfer undoes or recovers: the post that stood when it was made, unless it names its own."""
    if row.reverses or row.pending:
        return row.reverses or row.pending
    undone = {r.reverses for r in earlier}
    return next((r.id for r in reversed(earlier) if r.kind == "post" and r.id not in undone), None)


def _recoveries(record: Record, asked: Asked) -> Iterator[Dated]:
    earlier: list[TransferRow] = []
    for made in effects(record.transfers):
        row = made.row
        if row.kind in _BACK:
            original = _original(row, earlier)
            yield (
                row.at,
                {
                    **_shown(row),
                    "original": original,
                    "recovered": made.recovered,
                    "written_off": made.written_off,
                    "tied": original is not None,
                    "state": record.case.state,
                },
            )
        earlier.append(row)


RECOVERIES = Report(
    "recoveries",
    8,
    "What was recouped, reversed, voided or written off, and which payment does it belong to?",
    "the day of a transfer",
    columns(
        *_TRANSFER,
        ("original", "the payment or authorisation it belongs to"),
        ("recovered", "added to what was had back; negative where it was given back", Kind.MONEY),
        ("written_off", "given up; negative where the payment it was given up of came back", Kind.MONEY),
        ("tied", "it belongs to a payment or authorisation", Kind.FLAG),
        ("state", "state of the claim"),
    ),
    per_case(_recoveries),
    finds=lambda row: not row["tied"],
    finding="transfers without an original",
)
