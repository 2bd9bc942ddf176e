"""python-statemachine with its documented way to persist: a model whose state property reads and writes a row.

From https://python-statemachine.readthedocs.io/en/latest/auto_examples/sqlite_persistent_model_machine.html and
https://python-statemachine.readthedocs.io/en/latest/integrations.html: a machine is made for each model, the property
writes the state and appends to a history. Kinder than the page, which commits at every write and reads the row at every
access: here 500 claims are one transaction, and the property answers from the object. ``StateMachine`` is the class
that the page recommends for few writes. Plain ``sqlite3``, as on the page.

It keeps the state of each claim and a row for each step. It does not do the rest (see the package).
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from statemachine import State, StateMachine

from .lifecycle import BESIDE, Claim, Left, walk

TITLE = "python-statemachine + sqlite3, 500 claims a commit"

_BATCH = 500
_SCHEMA = """
CREATE TABLE claim (id TEXT PRIMARY KEY, order_id TEXT, seller TEXT, minor INTEGER, filed_at TEXT, state TEXT);
CREATE TABLE step (claim TEXT REFERENCES claim, seq INTEGER, source TEXT, target TEXT, at TEXT, record TEXT,
  PRIMARY KEY (claim, seq));
CREATE TABLE decision (id TEXT PRIMARY KEY, claim TEXT REFERENCES claim, kind TEXT, outcome TEXT, reasons TEXT);
CREATE TABLE transfer (
  id TEXT PRIMARY KEY, claim TEXT REFERENCES claim, kind TEXT, debit TEXT, credit TEXT, amount INTEGER);
CREATE TABLE notice (id TEXT PRIMARY KEY, claim TEXT REFERENCES claim, kind TEXT, party TEXT, params TEXT);
CREATE TABLE clock (id TEXT PRIMARY KEY, claim TEXT REFERENCES claim, kind TEXT, due TEXT);
CREATE INDEX clock_due ON clock (due);
"""
_INTO = {
    name: f"INSERT INTO {name} VALUES ({', '.join(':' + column for column in columns)})"  # noqa: S608  # our names
    for name, columns in BESIDE.items()
}


class Workflow(StateMachine):
    """The life of a claim."""

    filed = State(initial=True)
    denied = State(final=True)
    approved = State()
    amazon_paid = State()
    proof_requested = State(final=True)
    recovery_waived = State()
    closed = State(final=True)
    seller_notified = State()
    responded = State()
    disputed = State(final=True)

    record_screening = filed.to.itself()
    screen_out = filed.to(denied)
    approve = filed.to(approved) | responded.to(approved)
    notify_seller = filed.to(seller_notified)
    confirm_payment = approved.to(amazon_paid)
    request_proof = amazon_paid.to(proof_requested)
    waive_recovery = amazon_paid.to(recovery_waived)
    close = recovery_waived.to(closed)
    accept = seller_notified.to(responded)
    reject = seller_notified.to(disputed)


class Model:
    """A claim whose state is written as it changes."""

    def __init__(self, db: sqlite3.Connection, claim: Claim, record: str | None) -> None:
        self._db, self._claim, self._seq = db, claim, 0
        self._state: str | None = None
        self.record = record  #: of the step that comes next
        row = (claim.id, claim.order, claim.seller, claim.minor, claim.at)
        db.execute("INSERT INTO claim (id, order_id, seller, minor, filed_at) VALUES (?, ?, ?, ?, ?)", row)

    @property
    def state(self) -> str | None:
        """Where the claim stands."""
        return self._state

    @state.setter
    def state(self, value: str | None) -> None:
        self._seq += 1
        claim = self._claim
        self._db.execute("UPDATE claim SET state = ? WHERE id = ?", (value, claim.id))
        self._db.execute(
            "INSERT INTO step VALUES (?, ?, ?, ?, ?, ?)",
            (claim.id, self._seq, self._state, value, claim.at, self.record),
        )
        self._state = value


class Peer:
    """The database and the work."""

    def __init__(self, folder: Path, full: bool) -> None:
        self.full = full
        self.db = sqlite3.connect(folder / "claims.db")
        self.db.executescript(_SCHEMA)

    def run(self, claims: list[Claim]) -> None:
        """Files every claim and walks it along its path."""
        for first in range(0, len(claims), _BATCH):
            for claim in claims[first : first + _BATCH]:
                way = walk(claim, self.full)
                (_, filed), *later = way.steps
                model = Model(self.db, claim, filed)
                workflow = Workflow(model=model)
                for trigger, record in later:
                    model.record = record
                    workflow.send(trigger)
                for name, rows in way.rows.items():
                    self.db.executemany(_INTO[name], rows)
            self.db.commit()

    def left(self) -> Left:
        """What stands in the database."""
        states = dict(self.db.execute("SELECT state, COUNT(*) FROM claim GROUP BY state"))
        return Left(states, self.db.execute("SELECT COUNT(*) FROM step").fetchone()[0])

    def close(self) -> None:
        """Lets the database go."""
        self.db.close()
