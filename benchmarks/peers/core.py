"""One shared ``transitions`` machine with SQLAlchemy Core, 500 claims a transaction: the fastest that these two allow.

The machine as in https://github.com/pytransitions/transitions#readme (a model that is added once); rows by ``insert()``
with a list of parameters, as in
https://docs.sqlalchemy.org/en/20/tutorial/dbapi_transactions.html#sending-multiple-parameters. One model object goes
through all claims: its state is set to that of the claim, so that nothing is bound a claim. SQLite as SQLAlchemy opens
it.

It keeps the state of each claim and a row for each step. It does not do the rest (see the package).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, create_engine, func, insert, select
from transitions import EventData, Machine

from .lifecycle import BESIDE, INITIAL, STATES, TRANSITIONS, Claim, Left, walk

TITLE = "transitions, one shared machine + SQLAlchemy Core, 500 claims a commit"

_BATCH = 500
_metadata = MetaData()
_claim = Table(
    "claim", _metadata, Column("id", String, primary_key=True), Column("order_id", String), Column("seller", String),
    Column("minor", Integer), Column("filed_at", String), Column("state", String),
)  # fmt: skip
_step = Table(
    "step", _metadata, Column("claim", ForeignKey("claim.id"), primary_key=True),
    Column("seq", Integer, primary_key=True), Column("trigger", String), Column("source", String),
    Column("target", String), Column("at", String),
    Column("record", String),
)  # fmt: skip
_BESIDE = {
    name: Table(
        name, _metadata, *(Column(c, ForeignKey("claim.id") if c == "claim" else String, primary_key=c == "id",
                                  index=c == "due") for c in columns),
    ) for name, columns in BESIDE.items()
}  # fmt: skip


class Walker:
    """The one model: which claim it is on, and the rows of the batch."""

    state: str

    def __init__(self) -> None:
        self.claim: Claim | None = None
        self.seq = 0
        self.steps: list[dict[str, Any]] = []

    def begin(self, claim: Claim, record: str | None) -> None:
        """Turns to a new claim."""
        self.claim, self.seq, self.state = claim, 1, INITIAL
        self._add("file", None, record)

    def keep(self, event: EventData) -> None:
        """The machine's callback: one row for the step."""
        step = event.transition
        assert step is not None, "nothing changed"
        self.seq += 1
        self._add(event.event.name, step.source, event.kwargs["record"])

    def _add(self, trigger: str, source: str | None, record: str | None) -> None:
        claim = self.claim
        assert claim is not None
        self.steps.append(
            {"claim": claim.id, "seq": self.seq, "trigger": trigger, "source": source, "target": self.state,
             "at": claim.at, "record": record}
        )  # fmt: skip


class Peer:
    """The database and the work."""

    def __init__(self, folder: Path, full: bool) -> None:
        self.full = full
        self.engine = create_engine(f"sqlite:///{folder / 'claims.db'}")
        _metadata.create_all(self.engine)
        self.walker = Walker()
        Machine(
            model=self.walker, states=list(STATES), transitions=[list(t) for t in TRANSITIONS], initial=INITIAL,
            auto_transitions=False, send_event=True, after_state_change="keep",
        )  # fmt: skip

    def run(self, claims: list[Claim]) -> None:
        """Files every claim and walks it along its path."""
        walker = self.walker
        for first in range(0, len(claims), _BATCH):
            rows: list[dict[str, Any]] = []
            beside: dict[str, list[dict[str, Any]]] = {name: [] for name in _BESIDE}
            walker.steps = []
            for claim in claims[first : first + _BATCH]:
                way = walk(claim, self.full)
                (_, filed), *later = way.steps
                walker.begin(claim, filed)
                for trigger, record in later:
                    getattr(walker, trigger)(record=record)
                rows.append({"id": claim.id, "order_id": claim.order, "seller": claim.seller, "minor": claim.minor,
                             "filed_at": claim.at, "state": walker.state})  # fmt: skip
                for name, told in way.rows.items():
                    beside[name] += told
            with self.engine.begin() as connection:
                connection.execute(insert(_claim), rows)
                connection.execute(insert(_step), walker.steps)
                for name, told in beside.items():
                    if told:
                        connection.execute(insert(_BESIDE[name]), told)

    def left(self) -> Left:
        """What stands in the database."""
        with self.engine.connect() as connection:
            states = connection.execute(select(_claim.c.state, func.count()).group_by(_claim.c.state))
            steps = connection.scalar(select(func.count()).select_from(_step)) or 0
            return Left({state: int(number) for state, number in states}, steps)

    def close(self) -> None:
        """Lets the database go."""
        self.engine.dispose()
