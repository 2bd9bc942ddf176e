"""``transitions`` with the SQLAlchemy ORM, a commit a claim: as both projects' pages show it.

From https://github.com/pytransitions/transitions/blob/master/examples/Frequently%20asked%20questions.ipynb (an ORM
model gets a machine of its own when it is made) and https://github.com/pytransitions/transitions/issues/141 (the same
with SQLAlchemy); the session as in https://docs.sqlalchemy.org/en/20/orm/session_basics.html. Kinder than the issue,
which commits at every change of state: all steps of a claim are one commit here. SQLite as SQLAlchemy opens it.

It keeps the state of each claim and a row for each step. It does not do the rest (see the package).
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import ForeignKey, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from transitions import EventData, Machine

from .lifecycle import INITIAL, STATES, TRANSITIONS, Claim, Left, walk

TITLE = "transitions + SQLAlchemy ORM, a machine and a commit a claim"


class Base(DeclarativeBase):
    """The tables."""


class ClaimRow(Base):
    """A claim with its own machine."""

    __tablename__ = "claim"

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str]
    seller: Mapped[str]
    minor: Mapped[int]
    filed_at: Mapped[str]
    state: Mapped[str]
    steps: Mapped[list[StepRow]] = relationship()

    def bind(self) -> Machine:
        """Gives the claim its triggers."""
        return Machine(
            model=self, states=list(STATES), transitions=[list(t) for t in TRANSITIONS], initial=self.state,
            auto_transitions=False, send_event=True, after_state_change="keep",
        )  # fmt: skip

    def keep(self, event: EventData) -> None:
        """The machine's callback: one row for the step."""
        step = event.transition
        assert step is not None, "nothing changed"
        self.steps.append(
            StepRow(seq=len(self.steps) + 1, trigger=event.event.name, source=step.source, target=self.state,
                    at=self.filed_at, record=event.kwargs["record"])
        )  # fmt: skip


class StepRow(Base):
    """One step of a claim."""

    __tablename__ = "step"

    claim: Mapped[str] = mapped_column(ForeignKey("claim.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    trigger: Mapped[str]
    source: Mapped[str | None]
    target: Mapped[str]
    at: Mapped[str]
    record: Mapped[str | None]


class DecisionRow(Base):
    """A decision."""

    __tablename__ = "decision"

    id: Mapped[str] = mapped_column(primary_key=True)
    claim: Mapped[str] = mapped_column(ForeignKey("claim.id"))
    kind: Mapped[str]
    outcome: Mapped[str]
    reasons: Mapped[str]


class TransferRow(Base):
    """A transfer of money."""

    __tablename__ = "transfer"

    id: Mapped[str] = mapped_column(primary_key=True)
    claim: Mapped[str] = mapped_column(ForeignKey("claim.id"))
    kind: Mapped[str]
    debit: Mapped[str]
    credit: Mapped[str]
    amount: Mapped[int]


class NoticeRow(Base):
    """A letter to send."""

    __tablename__ = "notice"

    id: Mapped[str] = mapped_column(primary_key=True)
    claim: Mapped[str] = mapped_column(ForeignKey("claim.id"))
    kind: Mapped[str]
    party: Mapped[str]
    params: Mapped[str]


class ClockRow(Base):
    """A clock that runs."""

    __tablename__ = "clock"

    id: Mapped[str] = mapped_column(primary_key=True)
    claim: Mapped[str] = mapped_column(ForeignKey("claim.id"))
    kind: Mapped[str]
    due: Mapped[str] = mapped_column(index=True)


_BESIDE = {"decision": DecisionRow, "transfer": TransferRow, "notice": NoticeRow, "clock": ClockRow}


class Peer:
    """The database and the work."""

    def __init__(self, folder: Path, full: bool) -> None:
        self.full = full
        self.engine = create_engine(f"sqlite:///{folder / 'claims.db'}")
        Base.metadata.create_all(self.engine)

    def run(self, claims: list[Claim]) -> None:
        """Files every claim and walks it along its path."""
        for claim in claims:
            with Session(self.engine) as session:
                row = ClaimRow(id=claim.id, order_id=claim.order, seller=claim.seller, minor=claim.minor,
                               filed_at=claim.at, state=INITIAL)  # fmt: skip
                way = walk(claim, self.full)
                (_, filed), *later = way.steps
                row.steps.append(StepRow(seq=1, trigger="file", source=None, target=INITIAL, at=claim.at, record=filed))
                self.machine(row)
                session.add(row)
                for trigger, record in later:
                    getattr(row, trigger)(record=record)
                for name, rows in way.rows.items():
                    session.add_all([_BESIDE[name](**told) for told in rows])
                session.commit()

    def machine(self, row: ClaimRow) -> None:
        """A machine for this claim alone."""
        row.bind()

    def left(self) -> Left:
        """What stands in the database."""
        with Session(self.engine) as session:
            states = session.execute(select(ClaimRow.state, func.count()).group_by(ClaimRow.state))
            steps = session.scalar(select(func.count()).select_from(StepRow)) or 0
            return Left({state: int(number) for state, number in states}, steps)

    def close(self) -> None:
        """Lets the database go."""
        self.engine.dispose()
