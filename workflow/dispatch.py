"""Doing what is due: letters out, payments out, clocks that ran out. No thread of its own; safe to run twice.

Letters are handed over first, then payments, then clocks in the order of their own instants; each clock acts at its
own instant, once, also after months of silence. A letter may leave twice after a crash, always under the same id.
A payment leaves only after its attempt was written down, is looked up before it is sent again, and "unknown" is
never read as "not paid". What meets another writer is written again, as every command is; what was sent before it is
not sent again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from ..states.case import Case, Deadline
from ..states.journal import sha256_text
from ..states.times import instant_text, local_day, parse_instant
from .again import again
from .engine import Done, Session, Settings, locks_of
from .paying import to_send
from .plan import Command, Refusal
from .ports import (
    Letter,
    NoticeRow,
    NoticeSender,
    PaymentGateway,
    PaymentOrder,
    PaymentState,
    Store,
    TaskRow,
    WriteUnit,
)
from .rulebook import resolve

if TYPE_CHECKING:
    from .notices import Rendered

_T = TypeVar("_T")
_BATCH = 200
_ATTEMPTS_MAX = 12
_LEASE = timedelta(minutes=5)
#: Seconds after the lease was taken in which a payment call may begin; with its time-out it ends before the lease.
_CALL_WITHIN = 240.0
#: Beyond this a payment without an answer needs a person: provider keys live 24 hours at least.
_PAYMENT_SILENCE_MAX = timedelta(hours=20)


@dataclass(slots=True)
class TickReport:
    """What a tick did."""

    fired: dict[str, int] = field(default_factory=lambda: {})
    letters: int = 0
    letters_failed: int = 0
    paid: int = 0
    payments_failed: int = 0
    payments_unknown: int = 0
    waiting: int = 0  #: clocks that are due but wait for a letter to be handed over, or for paused clocks
    next_due: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "fired": dict(sorted(self.fired.items())),
            "letters": self.letters,
            "letters_failed": self.letters_failed,
            "paid": self.paid,
            "payments_failed": self.payments_failed,
            "payments_unknown": self.payments_unknown,
            "waiting": self.waiting,
            "next_due": self.next_due,
        }


class Dispatcher:
    """Runs what is due on one store."""

    def __init__(self, store: Store, settings: Settings, sender: NoticeSender, gateway: PaymentGateway) -> None:
        self.store = store
        self.settings = settings
        self.sender = sender
        self.gateway = gateway
        self.monotonic: Callable[[], float] = time.monotonic

    def tick(self, until: datetime | None = None, progress: Callable[[TickReport], None] | None = None) -> TickReport:
        """Everything due by ``until`` (now, when left out)."""
        now = until or self.settings.clock()
        report = TickReport()
        skip: set[str] = set()
        while True:
            moved = self._letters(now, report)
            moved += self._payments(now, report)
            moved += self._clocks(now, report, skip)
            if progress is not None:
                progress(report)
            if not moved:
                break
        report.waiting = len(skip)
        with self.store.read() as unit:
            report.next_due = unit.next_due(("deadline", "payment", "notice"))
        return report

    # -- letters -------------------------------------------------------------------------------------------------

    def letters(self, now: datetime, report: TickReport | None = None) -> int:
        """Hands over every letter that is due; returns how many."""
        kept = report or TickReport()
        total = 0
        while moved := self._letters(now, kept):
            total += moved
        return total

    def _letters(self, now: datetime, report: TickReport) -> int:
        taken = self._lease(("notice",), now)
        if not taken:
            return 0
        sent: list[NoticeRow] = []
        failed: list[tuple[TaskRow, int]] = []
        with self.store.read() as unit:
            cases = unit.cases([t.claim for t, _ in taken])
            rows = [(task, attempt, unit.notice(task.id)) for task, attempt in taken]
            addresses = (
                {c: self._address(unit.sealed(c)) for c in {t.claim for t, _ in taken}} if self._needs_address() else {}
            )
        for task, attempt, row in rows:
            if row is None:
                continue
            try:
                sent.append(self._send(row, cases[task.claim], addresses.get(task.claim), now))
            except Exception:  # noqa: BLE001  # a sender may fail in any way; the letter stays and is tried again
                failed.append((task, attempt))
        flush = getattr(self.sender, "flush", None)
        if flush is not None and sent:
            flush()  # a batch of files is made durable once, before anything says that it was handed over
        self._write(lambda unit: self._settle_letters(unit, sent, failed, now))
        report.letters += len(sent)
        report.letters_failed += len(failed)
        return len(sent)

    def _needs_address(self) -> bool:
        return bool(getattr(self.sender, "needs_address", False))

    def _address(self, sealed: list[Any]) -> str | None:
        claimant: dict[str, Any] = self.settings.vault.unseal(sealed).get("claimant") or {}
        return claimant.get("contact")

    def _send(self, row: NoticeRow, case: Case, address: str | None, now: datetime) -> NoticeRow:
        from .notices import render  # noqa: PLC0415  # templates are loaded only where letters are written

        if row.status == "handed_over":
            return row
        on = local_day(now, case.zone)
        letter: Rendered = render(row, case, resolve(case.rulebook), handed_over_on=on)
        to = address if row.party == "customer" else case.facts.get(f"{row.party}_contact")
        self.sender.send(
            Letter(
                row.id,
                row.claim,
                row.kind,
                row.party,
                row.language,
                letter.subject,
                letter.body,
                to,
                {"Claimdesk-Notice": row.id},
            )
        )
        return row._replace(
            status="handed_over",
            handed_over_at=instant_text(now.astimezone(UTC)),
            channel=self.sender.name,
            sha256=sha256_text(letter.body.encode()),
            subject=letter.subject,
            body=letter.body,
        )

    def _settle_letters(
        self, unit: WriteUnit, sent: list[NoticeRow], failed: list[tuple[TaskRow, int]], now: datetime
    ) -> None:
        by_claim: dict[str, list[NoticeRow]] = {}
        for row in sent:
            by_claim.setdefault(row.claim, []).append(row)
        unit.lock(sorted(by_claim))
        session = Session(unit, self.settings)
        session.prefetch(by_claim, ())
        for claim, rows in by_claim.items():
            self.hand_over(session, claim, rows)
        session.flush()
        unit.notice_sent(sent)
        for row in sent:
            unit.finish_task(row.id)
        for task, attempt in failed:
            if attempt >= _ATTEMPTS_MAX:
                unit.finish_task(task.id, "dead")
            else:
                unit.postpone_task(task.id, instant_text(now + timedelta(minutes=min(2**attempt, 360))))

    def hand_over(self, session: Session, claim: str, rows: list[NoticeRow]) -> None:
        """One entry a claim, in its own time; a clock that waited for a late letter starts with the hand-over."""
        case = session.case(claim)
        if case is None:
            return
        waiting = {d.notice for d in case.deadlines if d.status in ("open", "ran_out")}
        given: list[dict[str, Any]] = []
        at = max(parse_instant(rows[-1].at), parse_instant(case.updated_at))
        for row in rows:
            handed = parse_instant(row.handed_over_at)
            late = row.kind in waiting and local_day(handed, case.zone) > local_day(parse_instant(row.at), case.zone)
            if late:
                at = max(at, handed)
            given.append(
                {"id": row.id, "channel": row.channel, "sha256": row.sha256, "at": row.handed_over_at, "late": late}
            )
        session.execute(Command("hand_over", {"notices": given}, "rules", at, claim=claim, lenient=True))

    def forget(self, claim: str) -> int:
        """The sender's own copies of erased letters go too, as far as it keeps any; how many went.

        Looks at every erasure of the claim, so that one that was interrupted is finished by the next.
        """
        forget = getattr(self.sender, "forget", None)
        if forget is None:
            return 0
        with self.store.read() as unit:
            entries = [json.loads(e.data) for e in unit.entries(claim) if e.type == "redact"]
        letters = dict.fromkeys(n for e in entries for n in e.get("redaction", {}).get("letters", ()))
        return sum(bool(forget(letter)) for letter in letters)

    # -- payments ------------------------------------------------------------------------------------------------

    def _payments(self, now: datetime, report: TickReport) -> int:
        """The payment that is due first; how many were tried."""
        if self.gateway.settles_at_once or self.settings.payments != "gateway":
            return 0
        began = self.monotonic()
        leased = self._lease(("payment",), now, 1)
        for task, attempt in leased:
            self._payment(task, attempt, now, began, report)
        return len(leased)

    def _payment(self, task: TaskRow, attempt: int, now: datetime, began: float, report: TickReport) -> None:
        sending = Command(
            "send_payment", {"ref": task.id, "attempt": attempt}, "rules", now, claim=task.claim, lenient=True
        )
        done = self._one(sending)
        if isinstance(done, Refusal):
            self._free(task, now + timedelta(hours=1)) if str(done.code) == "on_hold" else self._finish(task)
            return
        before: dict[str, Any] = (done.before.facts.get("payment") if done.before else None) or {}
        doubted = before.get("ref") == task.id
        silent = doubted and now - parse_instant(done.case.facts["payment"]["since"]) > _PAYMENT_SILENCE_MAX
        order = PaymentOrder(task.id, task.claim, to_send(done.case), done.case.currency, attempt)
        # A worker that was asleep has lost its lease: what it looked up is old, and so may be the provider's key.
        answer = self._ask_provider(order, doubted, lambda: not silent and self.monotonic() - began < _CALL_WITHIN)
        if answer == PaymentState.PAID:
            self._paid(task, now, report)
            return
        if answer == PaymentState.FAILED:
            self._one(self._news("fail_payment", task, now))
            report.payments_failed += 1
        else:
            report.payments_unknown += 1
        if silent and answer != PaymentState.FAILED:
            self._finish(task, "dead")
        else:
            self._free(task, now + timedelta(minutes=min(2**attempt, 240)))

    def _paid(self, task: TaskRow, now: datetime, report: TickReport) -> None:
        if isinstance(self._one(self._news("confirm_payment", task, now)), Refusal):
            # A hold was set during the call: the money has moved, and the claim takes the news in at the release.
            report.payments_unknown += 1
            self._free(task, now + timedelta(hours=1))
            return
        self._finish(task)
        report.paid += 1

    def _news(self, verb: str, task: TaskRow, now: datetime) -> Command:
        return Command(verb, {"ref": task.id}, f"bank:{self.gateway.name}", now, claim=task.claim, lenient=True)

    def _ask_provider(self, order: PaymentOrder, doubted: bool, may_send: Callable[[], bool]) -> str:
        try:
            if order.attempt > 1:
                known = self.gateway.look_up(order.ref)
                # A failure that is on record already is no news: after it the payment is sent again.
                if known == PaymentState.PAID or (known == PaymentState.FAILED and doubted):
                    return known
                if known not in (PaymentState.ABSENT, PaymentState.FAILED):
                    return PaymentState.UNKNOWN
            return self.gateway.pay(order) if may_send() else PaymentState.UNKNOWN
        except Exception:  # noqa: BLE001  # whatever a provider's client raises, the outcome is not known
            return PaymentState.UNKNOWN

    # -- clocks --------------------------------------------------------------------------------------------------

    def _clocks(self, now: datetime, report: TickReport, skip: set[str]) -> int:
        with self.store.read() as unit:
            due = [
                t
                for t in unit.due_tasks(instant_text(now.astimezone(UTC)), ("deadline",), _BATCH + len(skip))
                if t.id not in skip
            ]
        if not due:
            return 0
        return self._fire_batch(due, now, report, skip)

    def catch_up(self, case: Case, now: datetime) -> None:
        """Lets the clocks of one claim that ran out by ``now`` act before somebody acts on the claim.

        A late tick must not let a late answer count (R10): the clock moves the claim on at its own instant first.
        """
        if not overdue(case, now):
            return

        def caught_up(unit: WriteUnit) -> None:
            session = self._session(unit, [case])
            self.catch_up_in(session, case.id, now)
            session.flush()

        self._write(caught_up)

    def catch_up_in(self, session: Session, case_id: str, now: datetime) -> None:
        """The same within a session (a dry run sees what the real one would)."""
        moved = True
        while moved:
            case, moved = session.case(case_id), False
            for clock in overdue(case, now) if case else ():
                if isinstance(session.execute(firing(case_id, clock.kind, clock.due)), Done):
                    moved = True
                    break

    def _fire_batch(self, due: list[TaskRow], now: datetime, report: TickReport, skip: set[str]) -> int:
        with self.store.read() as unit:
            cases = unit.cases([t.claim for t in due])
        fired, waiting = self._write(lambda unit: self._fire_in(unit, list(cases.values()), due, now))
        for task in fired:
            report.fired[task.name] = report.fired.get(task.name, 0) + 1
        skip.update(task.id for task in waiting)
        return len(fired) or 1

    def _fire_in(
        self, unit: WriteUnit, cases: Sequence[Case], due: list[TaskRow], now: datetime
    ) -> tuple[list[TaskRow], list[TaskRow]]:
        """(the clocks that acted, those that wait for a letter or for paused clocks)."""
        fired: list[TaskRow] = []
        waiting: list[TaskRow] = []
        session = self._session(unit, cases)
        for task in due:
            done = session.execute(firing(task.claim, task.name, task.due_at))
            if isinstance(done, Refusal):
                if str(done.code) == "not_yet":
                    unit.finish_task(task.id)
                else:
                    waiting.append(task)
                continue
            fired.append(task)
            if _opens_work(done, now):
                break  # what this clock started may be due before the next one, or need its letter first
        session.flush()
        return fired, waiting

    # -- small steps ---------------------------------------------------------------------------------------------

    def _lease(self, kinds: Iterable[str], now: datetime, limit: int = _BATCH) -> list[tuple[TaskRow, int]]:
        # A tick may take long: the lease counts from the moment it is taken, not from the tick's beginning.
        until = instant_text((max(now, self.settings.clock()) + _LEASE).astimezone(UTC))
        text = instant_text(now.astimezone(UTC))
        with self.store.read() as unit:
            due = unit.due_tasks(text, kinds, limit)
        if not due:
            return []
        taken = self._write(lambda unit: [(task, unit.lease(task.id, text, until)) for task in due])
        return [(task, attempt) for task, attempt in taken if attempt is not None]

    def _one(self, command: Command) -> Done | Refusal:
        with self.store.read() as unit:
            case = unit.case(str(command.claim))

        def executed(unit: WriteUnit) -> Done | Refusal:
            # Its incident and its seller too: what a payment came to is decided on the others of its incident.
            session = self._session(unit, [case] if case else [])
            done = session.execute(command)
            session.flush()
            return done

        return self._write(executed)

    def _free(self, task: TaskRow, at: datetime) -> None:
        self._write(lambda unit: unit.postpone_task(task.id, instant_text(at.astimezone(UTC))))

    def _finish(self, task: TaskRow, status: str = "done") -> None:
        self._write(lambda unit: unit.finish_task(task.id, status))

    def _write(self, step: Callable[[WriteUnit], _T]) -> _T:
        """What ``step`` comes to in a transaction of its own; it may be run more than once, and is kept once."""

        def unit_of_work() -> _T:
            with self.store.write() as unit:
                return step(unit)

        return again(unit_of_work)

    def _session(self, unit: WriteUnit, cases: Sequence[Case]) -> Session:
        """A session in which nobody else writes these cases, wherever they have been moved since they were read."""
        keys, names = locks_of(cases), [case.id for case in cases]
        unit.lock(keys)
        session = Session(unit, self.settings)
        if len(names) > 1:
            session.prefetch(names, ())
        session.lock_more(names, keys)
        return session


def firing(claim: str, kind: str, due: str) -> Command:
    """The command of a clock that ran out, at its own instant."""
    return Command("fire", {"kind": kind, "due": due}, "rules", parse_instant(due), claim=claim, lenient=True)


def overdue(case: Case, now: datetime) -> list[Deadline]:
    text = instant_text(now.astimezone(UTC))
    return sorted((d for d in case.deadlines if d.status == "open" and d.due <= text), key=lambda d: d.due)


def _opens_work(done: Done, now: datetime) -> bool:
    if done.made is None:
        return False
    text = instant_text(now.astimezone(UTC))
    old = {(d.kind, d.due) for d in (done.before.deadlines if done.before else ())}
    return any(d.status == "open" and d.due <= text and (d.kind, d.due) not in old for d in done.case.deadlines)
