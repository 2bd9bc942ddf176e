"""The ledger as a Beancount file: plain-text accounting that tools of others read, check and add up.

Decision: a transfer is a transaction of two postings, debits positive, as accountants write it (our own balances are
credits less debits); an authorisation or a void moves nothing and is a ``custom`` line. At the end stand balance
assertions with what the database itself adds up, so that ``bean-check`` proves that both are the same. Accounts open
on one early day, because claims come in the order of their ids and not of their dates. Authority: Beancount language
syntax. Left out: prices and conversion; a claim lives in one currency.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from ...states.ledger import MOVING
from ...states.money import to_decimal_text, to_text
from ...states.times import local_day, parse_instant
from ...workflow.ports import TransferRow
from ...workflow.reports.shape import Asked, Record
from .control import Balances
from .footer import Made, flat, footer
from .tables import Came, Sink

OPENED: Final = "1970-01-01"
_PLAIN = re.compile(r"[A-Z0-9][A-Za-z0-9-]*\Z", re.ASCII)
_HEADS = {
    "customer": "Liabilities:Customers",
    "seller": "Assets:Sellers",
    "insurer": "Assets:Insurers",
}
_CONTROL = {"customers": "Liabilities:Customers", "sellers": "Assets:Sellers", "insurers": "Assets:Insurers"}
_OWN = {"amazon:concessions": "Expenses:Amazon:Concessions", "amazon:written_off": "Expenses:Amazon:Written-off"}


def account_name(account: str) -> str:
    """The Beancount account of one of ours; two accounts never share a name."""
    if account in _OWN:
        return _OWN[account]
    head, _, rest = account.partition(":")
    return f"{_HEADS.get(head, 'Equity:Other:' + _part(head))}:{_part(rest)}"


def _part(text: str) -> str:
    """A name as one part of an account; what Beancount does not take is written in hexadecimal digits."""
    if _PLAIN.match(text) and not text.startswith("Q-"):
        return text
    return "Q-" + text.encode("utf-8", "surrogatepass").hex()


def quoted(text: str) -> str:
    """A Beancount string."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _moving(record: Record, row: TransferRow) -> Iterator[str]:
    day = local_day(parse_instant(row.at), record.case.zone)
    amount = to_text(row.amount, row.currency)
    if row.kind not in MOVING:
        yield f"{day} custom {quoted(row.kind)} {quoted(row.id)} {quoted(row.claim)} {amount}"
        return
    yield f"{day} * {quoted(row.claim)} {quoted(row.kind)} ^{row.claim}"
    yield f"  transfer: {quoted(row.id)}"
    yield f"  entry: {quoted(row.entry)}"
    yield f"  at: {quoted(row.at)}"
    if row.reverses:
        yield f"  reverses: {quoted(row.reverses)}"
    yield f"  {account_name(row.debit)}  {amount}"
    yield f"  {account_name(row.credit)}  -{amount}"


def write_beancount(
    asked: Asked, population: Iterable[Record], made: Made, sink: Sink, balances: Balances | None = None
) -> Came:
    """The ledger; ``balances``: what the database adds up itself, for the assertions (of everything only)."""
    whole = hashlib.sha256()

    def put(*lines: str) -> None:
        data = "".join(f"{line}\n" for line in lines).encode()
        whole.update(data)
        sink(data)

    put('option "title" "claimdesk ledger"', 'option "inferred_tolerance_default" "*:0"', "")
    opened: set[str] = set()
    rows, last = 0, date(1970, 1, 1)
    sums: dict[tuple[str, str], int] = {}
    for parent in _CONTROL.values():
        put(f"{OPENED} open {parent}")
    for record in population:
        for row in record.transfers:
            day = local_day(parse_instant(row.at), record.case.zone)
            if not asked.dated(row.at, record.case.zone):
                continue
            if row.kind in MOVING:
                for account in (row.debit, row.credit):
                    if account not in opened:
                        put(f"{OPENED} open {account_name(account)}", f"  account: {quoted(account)}")
                        opened.add(account)
                key = "moved", row.currency
                sums[key] = sums.get(key, 0) + row.amount
            put(*_moving(record, row))
            rows, last = rows + 1, max(last, day)
        # A claim's own account is not met again: the memory needed is that of the sellers, not of the claims.
        opened.discard(f"customer:{record.case.id}")
    if balances is not None:
        put("", f"; what the database itself adds up, on {last}")
        put(*_assertions(balances, last + timedelta(days=1)))
    totals: dict[str, dict[str, str]] = {}
    for (name, currency), minor in sorted(sums.items()):
        totals.setdefault(name, {})[currency] = to_decimal_text(minor, currency)
    foot = footer("ledger", ("beancount",), asked, made, rows=rows, totals=totals,
                  body_sha256="sha256:" + whole.hexdigest())  # fmt: skip
    sink("".join(f"; {name}: {'' if value is None else value}\n" for name, value in flat(foot)).encode())
    return Came(foot, 0)


def _assertions(balances: Balances, day: date) -> Iterator[str]:
    for (currency, account), minor in sorted(balances.items()):
        name = _CONTROL.get(account) or account_name(account)
        yield f"{day} balance {name}  {to_decimal_text(-minor, currency)} {currency}"
