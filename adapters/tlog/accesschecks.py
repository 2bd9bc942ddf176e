"""The access journal and second persons in an audit: the chain of grants, and who proposed, answered and approved.

Decision: the access journal is no part of the transparency log, but every step that a second person approved names
its head, and those steps are; so the journal is fixed up to the last head that an entry names (``anchored``), and what
came after it only by its own chain. Rows of second persons must be exactly those the claims' entries tell, and each
must keep the rules that guard every store. Authority: trust notes 2.5 (T7) and 5.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...states.roles import Verdict
from ...workflow.control.state import faults
from ...workflow.ports import AnswerRow, ApprovalRow, ControlRow, EntryRow, ProposalRow, Store
from ..control_guards import check_answer, check_approval, check_control
from ..guards import CONTROL_GUARDS
from .rows import ClaimRows, same_rows
from .verifier.fault import Untrue, safe


class AccessJournal:
    """The access journal, found to be whole when it is made; Untrue with the first entry that is not.

    It grows while others write: an entry that names a later head is met with the rows that are new.
    """

    def __init__(self, store: Store, log: str) -> None:
        self._store, self._log = store, log
        self.rows: list[ControlRow] = []
        self.anchored = 0  #: the last entry whose hash an entry of a claim names
        self._look()

    def _look(self) -> None:
        with self._store.read() as unit:
            new = unit.control(len(self.rows))
        before = len(self.rows)
        self.rows += new
        found = faults(self.rows, self._log)
        if found:
            place, _, message = found[0].partition(": ")
            raise Untrue("access_journal", f"access journal, {place}", message)
        for i in range(before, len(self.rows)):
            broken = check_control(self.rows[i], self.rows[:i])
            if broken is not None:
                where = f"access journal, entry {i + 1}"
                raise Untrue("access_rule", where, f"it breaks {broken}: {CONTROL_GUARDS[broken]}")

    def check_named(self, named: Any, where: str, place: int | None) -> None:
        """Untrue unless the entry of the journal that an entry of a claim names is there, with the hash it names."""
        seq, head = named.get("seq"), named.get("head")
        if type(seq) is not int or seq < 0:
            raise Untrue("access_journal", where, "it names no place in the access journal", place)
        if seq > len(self.rows):
            self._look()
        if seq > len(self.rows):
            raise Untrue("access_journal", f"access journal, entry {seq}",
                         f"it is gone, although {where} names it", place)  # fmt: skip
        if (self.rows[seq - 1].leaf.hex() if seq else None) != head:
            raise Untrue("access_journal", f"access journal, entry {seq}",
                         f"it is not the one that {where} names", place)  # fmt: skip
        self.anchored = max(self.anchored, seq)

    def at(self, instant: str) -> Iterable[Sequence[ControlRow]]:
        """The journal as it may have stood at an instant: within one, no row says which came first."""
        first = sum(row.at < instant for row in self.rows)
        last = sum(row.at <= instant for row in self.rows)
        return (self.rows[:n] for n in range(last, first - 1, -1))


class SecondPersons:
    """What the tables should hold of second persons because of a claim's entries."""

    __slots__ = ("answers", "approvals", "proposals")

    def __init__(self) -> None:
        self.proposals: list[ProposalRow] = []
        self.answers: list[AnswerRow] = []
        self.approvals: list[ApprovalRow] = []

    def tells(self, body: dict[str, Any], currency: str) -> None:
        """Takes in what an entry tells."""
        name, claim, at, actor = body["id"], body["claim"], body["at"], body["actor"]["id"]
        if body["type"] == "waits":
            told = body["set"]["second_person"][-1]
            self.proposals.append(
                ProposalRow(told["id"], claim, name, told["kind"], told["verb"], told["author"],
                            " ".join(told["roles"]), told["amount"], currency, at)
            )  # fmt: skip
        if "answer" in body and body["type"] == "answered":
            told = body["answer"]
            self.answers.append(AnswerRow(told["proposal"], claim, name, told["author"], actor, told["verdict"], at))
        if "second" in body:
            proposal = body.get("proposal")
            self.approvals.append(ApprovalRow(name, claim, "second", body["verb"], actor, body["second"], proposal, at))
        elif "break_glass" in body:
            self.approvals.append(
                ApprovalRow(name, claim, "break_glass", body["verb"], actor, None, body["break_glass"], at)
            )

    def check(self, rows: ClaimRows, journal: AccessJournal) -> None:
        """Untrue at the first row that is not as the entries tell, or that breaks a rule."""
        same_rows("proposal", rows.claim, self.proposals, rows.proposals)
        same_rows("answer", rows.claim, self.answers, rows.answers, key="proposal")
        same_rows("approval", rows.claim, self.approvals, rows.approvals, key="entry")
        if not rows.answers and not rows.approvals:
            return
        proposals = {row.id: row for row in rows.proposals}
        answers = {row.proposal: row for row in rows.answers}
        for row in rows.answers:
            broken = _broken(row, proposals.get(row.proposal), journal)
            self._rule("answer", rows.claim, row.proposal, broken)
        entries = {logged.row.id: logged.row for logged in rows.entries}
        for row in rows.approvals:
            named = row.proposal or ""
            entry: EntryRow | None = entries.get(row.entry)
            broken = check_approval(row, proposals.get(named), answers.get(named), entry, False)
            self._rule("approval", rows.claim, row.entry, broken)

    @staticmethod
    def _rule(kind: str, claim: str, name: str, broken: str | None) -> None:
        if broken is not None:
            where = f"claim {claim}, {kind} {safe(name)}"
            raise Untrue("access_rule", where, f"it breaks {broken}: {CONTROL_GUARDS[broken]}")


def _broken(row: AnswerRow, about: ProposalRow | None, journal: AccessJournal) -> str | None:
    """The rule an answer breaks, however the access journal stood in its instant; None where it keeps them."""
    if row.verdict == Verdict.WITHDRAWN.value:
        return check_answer(row, about, False, ())
    broken: str | None = None
    for rows in journal.at(row.at):
        broken = check_answer(row, about, False, rows)
        if broken != "answer_role":
            return broken
    return broken
