"""Reports made of a store, read back as a stranger reads them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from claimdesk.adapters.reports.control import LedgerControl
from claimdesk.adapters.reports.footer import Made, as_of
from claimdesk.adapters.reports.reading import records, with_office
from claimdesk.adapters.reports.tables import write_csv, write_json
from claimdesk.workflow.ports import Store
from claimdesk.workflow.reports.catalogue import REPORTS
from claimdesk.workflow.reports.shape import Asked

NOW = "2026-01-05T12:00:00.000000Z"


@dataclass(frozen=True)
class Read:
    """A report as a stranger reads it."""

    rows: list[dict[str, str]]
    foot: dict[str, str]
    found: int
    text: str

    def total(self, column: str) -> dict[str, Decimal]:
        """The sum of a column by currency, from its rows."""
        found: dict[str, Decimal] = {}
        for row in self.rows:
            if row[column]:
                found[row["currency"]] = found.get(row["currency"], Decimal(0)) + Decimal(row[column])
        return {currency: amount for currency, amount in found.items() if amount}

    def told(self, column: str) -> dict[str, Decimal]:
        """The same sum as the footer tells it."""
        head = f"totals.{column}."
        found = {k.removeprefix(head): Decimal(v) for k, v in self.foot.items() if k.startswith(head)}
        return {currency: amount for currency, amount in found.items() if amount}


def made(store: Store) -> Made:
    return Made("0", NOW, "auditor:chen", as_of(store))


def report(store: Store, name: str, *, at: str | None = None, **asked: Any) -> Read:
    """A report as CSV, its footer checked against its body."""
    wanted = with_office(store, Asked(as_of=at or NOW, **asked), at=at)
    parts: list[bytes] = []
    control = LedgerControl(store) if name == "trial-balance" and wanted.is_everything and at is None else None
    came = write_csv(REPORTS[name], wanted, records(store, wanted, at=at), made(store), parts.append, control)
    return read_csv(b"".join(parts), came.found)


def read_csv(data: bytes, found: int = 0) -> Read:
    """Body and footer of a CSV report; the footer's digest and number of rows fit the body."""
    cut = data.index(b"# report,")
    body, rest = data[:cut], data[cut:]
    foot = {name.removeprefix("# "): value for name, value in csv.reader(io.StringIO(rest.decode(), newline=""))}
    rows = list(csv.DictReader(io.StringIO(body.decode(), newline="")))
    assert foot["body_sha256"] == "sha256:" + hashlib.sha256(body).hexdigest()
    assert int(foot["rows"]) == len(rows)
    return Read(rows, foot, found, data.decode())


def json_lines(store: Store, name: str) -> list[dict[str, Any]]:
    wanted = with_office(store, Asked(as_of=NOW))
    parts: list[bytes] = []
    write_json(REPORTS[name], wanted, records(store, wanted), made(store), parts.append)
    return [json.loads(line) for line in b"".join(parts).splitlines()]


def faults(store: Store) -> list[str]:
    """Where reports and ledger do not come to the same, to the cent."""
    found: list[str] = []
    register, payments, trial = report(store, "claims"), report(store, "payments"), report(store, "trial-balance")
    back, breaks = report(store, "recoveries"), report(store, "breaks")
    ledger: dict[tuple[str, str], Decimal] = {}
    sides: dict[str, str] = {}
    with store.read() as unit:
        for account, currency, minor in unit.balances():
            head = account.partition(":")[0]
            name = {"customer": "customers", "seller": "sellers", "insurer": "insurers"}.get(head, account)
            places = 0 if currency == "JPY" else 2
            ledger[name, currency] = ledger.get((name, currency), Decimal(0)) + Decimal(minor).scaleb(-places)
            sides[name] = account
    told = {(row["account"], row["currency"]): Decimal(row["balance"]) for row in trial.rows}
    if {k: v for k, v in told.items() if v} != {k: v for k, v in ledger.items() if v}:
        found.append(f"trial balance {told}, ledger {ledger}")
    if any(trial.total("balance").values()) or trial.total("debits") != trial.total("credits"):
        found.append("debits are not credits")
    if trial.found or trial.foot["control"] != "every account equals the ledger":
        found.append(f"the control says: {trial.foot['control']}")
    pairs = (
        ("posted", register.total("posted"), payments.total("paid")),
        ("recovered", register.total("recovered"), back.total("recovered")),
        ("written off", register.total("written_off"), back.total("written_off")),
        ("moved", payments.total("moved"), trial.total("debits")),
    )
    found += [f"{what}: {one} and {other}" for what, one, other in pairs if one != other]
    for read in (register, payments, trial, back, breaks):
        found += [
            f"{read.foot['report']}.{name}: the footer says otherwise"
            for name in (n for n in (read.rows[0] if read.rows else {}) if f"totals.{n}." in "".join(read.foot))
            if read.total(name) != read.told(name)
        ]
    found += [f"{r['claim']}: ledger differs" for r in breaks.rows if r["break"] == "ledger_differs"]
    open_now = {r["transfer"]: r["amount"] for r in breaks.rows if r["transfer"]}
    authorised = sum(register.total("authorised").values())
    if sum(Decimal(a) for a in open_now.values()) != authorised:
        found.append(f"open authorisations {open_now}, register {authorised}")
    if back.found:
        found.append("a recovery or reversal without its original")
    if report(store, "exemptions").found:
        found.append("an exempt seller was charged")
    return found
