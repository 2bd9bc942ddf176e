"""What every store refuses, by name, and the same rules in Python for the store that has no database.

Decision: the guard against paying twice sits where the money is written, not in the workflow: unique indexes and
triggers in a database, this module in memory, one name for each rule in all of them, so that one list of attacks
is put to every store. Authority: trust notes 3.1 and 3.2; ledger shape of the two-phase transfer.
Left out: whether a payment is owed at all, which is the rules' part, and the hash chain, which the verifier reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ..states.errors import Conflict, StaleVersion
from ..states.ledger import TransferKind
from ..workflow.ports import DecisionRow, EntryRow, ErasureRow, TransferRow

#: name -> what it says; a database uses the same names for its indexes, checks and triggers.
GUARDS: Final[dict[str, str]] = {
    "transfer_shape": "a transfer names what its kind needs, moves a positive amount between two accounts",
    "transfer_isolation": "money is written at READ COMMITTED, where the guards see what is committed",
    "transfer_entry": "a transfer comes from a journal entry of the same claim",
    "transfer_currency": "a transfer is in the currency of its claim",
    "one_effect": "one entry has one effect of each kind",
    "authorize_once": "an obligation is authorised once",
    "authorize_open": "money is reserved once at a time",
    "resolved_once": "an authorisation is posted or void once",
    "post_authorized": "a post or void names an authorisation of the same claim, amount and parties",
    "post_stands": "a claim is paid once; the payment that stands must be reversed before another",
    "reversed_once": "a transfer is reversed once",
    "reverse_names": "a reversal undoes a post, a recoupment or a settlement of the same claim, all of it",
    "reverse_recouped": "what was recouped is given back before the payment it was asked for is undone",
    "recoup_once": "a recoupment has a number of its own",
    "recoup_paid": "nothing is recouped or written off before the customer was paid",
    "recoup_accounts": "a recoupment goes to the account that paid, and is not taken from the one that was paid",
    "recoup_exempt": "nothing is recouped from a party whose recovery was given up",
    "recoup_sum": "recoupments and write-offs stay within what was paid",
    "exempt_recouped": "recovery is not given up while a recoupment stands",
    "entry_case": "a journal entry belongs to a case on file",
    "decision_entry": "a decision comes from a journal entry of the same claim",
    "decision_once": "one entry has one decision",
    "entry_fixed": "journal entries are never changed or removed",
    "transfer_fixed": "transfers are never changed or removed",
    "decision_fixed": "decisions are never changed or removed",
    "notice_fixed": "a notice that was handed over is never changed or removed",
    "erasure_two_people": "two people stand for an erasure: who asks and who approves",
    "erasure_entry": "an erasure comes from the journal entry of whoever asked for it",
    "erasure_held": "nothing is erased under a legal hold",
    "erasure_fixed": "erasures are never changed or removed",
    "sealed_fixed": "sealed values are never changed; only their keys are wrapped anew",
    "sealed_erased": "sealed values are removed by an erasure of their claim only",
    "closed_epoch_two_people": "two people stand for a change of keys: who asks and who approves",
    "closed_epoch_fixed": "a closed epoch stays closed",
    "case_fixed": "a case keeps its id, programme and currency, never goes back a version and is never removed",
}

#: Who may do what, and who approves: the rules of the access journal and of the second person.
CONTROL_GUARDS: Final[dict[str, str]] = {
    "control_next": "entries of the access journal follow each other without a gap",
    "control_fixed": "the access journal is never changed or removed",
    "control_self": "nobody grants a role to themselves",
    "control_role": "whoever writes to the access journal holds the role for it",
    "control_roles": "there are the roles that there are",
    "rulebook_self": "nobody approves a change of the rulebook that they proposed themselves",
    "rulebook_late": "a change of the rulebook is approved before it takes effect, once, after it was proposed",
    "rulebook_tested": "a change of the rulebook names its test run and when it takes effect",
    "proposal_fixed": "what waits for a second person is never changed or removed",
    "answer_self": "nobody answers their own proposal, except by taking it back",
    "answer_of": "an answer belongs to a proposal on file and names its author",
    "answer_role": "whoever answers holds a role that may",
    "answer_once": "a proposal is answered once",
    "answer_fixed": "answers are never changed or removed",
    "approval_self": "nobody approves what they did themselves",
    "approval_entry": "an approval belongs to an entry of the same claim, step and author",
    "approval_answer": "with roles on, an approval was given by the approver themselves",
    "approval_missing": "at this amount the step needs a second person on record",
    "approval_fixed": "approvals are never changed or removed",
}

#: The rules of the transparency log; only a database has them, in memory there is nobody to guard against.
LOG_GUARDS: Final[dict[str, str]] = {
    "log_pending_new": "an entry waits for its place in the log once, and not again when it has one",
    "log_pending_fixed": "an entry waits until it has its place in the log",
    "log_leaf_next": "places in the log follow each other without a gap",
    "log_leaf_entry": "an entry has one place in the log, under its own hash",
    "log_leaf_fixed": "places in the log are never changed or removed",
    "log_tile_fixed": "tiles of the log are added to, never changed or removed",
    "log_checkpoint_next": "a checkpoint is signed once for each size, over all leaves there are, and sizes grow",
    "log_checkpoint_fixed": "checkpoints are never changed or removed",
    "log_cosignature_fixed": "cosignatures are never changed or removed",
    "log_state_fixed": "a log keeps its origin and never shrinks",
}

#: Somebody else was first: the unit of work is stale and may be tried again from its beginning.
STALE: Final[dict[str, str]] = {
    "case_new": "the claim was made in between",
    "case_version": "the claim has changed since it was read",
    "entry_seq": "another entry was written to this claim in between",
    "entry_place": "another entry was written to this claim in between",
    "entry_new": "this entry is on file already",
    "transfer_new": "this transfer is on file already",
    "decision_new": "this decision is on file already",
    "notice_new": "this notice is on file already",
    "proposal_new": "this proposal is on file already",
    "approval_new": "this approval is on file already",
    "sealed_new": "these values are on file already",
    "sealed_epoch": "the keys were changed in between",
    "erasure_new": "this erasure is on file already",
    "closed_epoch_new": "this epoch was closed in between",
    "idempotency_new": "this idempotency key was used in between",
    "source_new": "this line was filed in between",
    "import_run_new": "this import is on file already",
}


def refusal(name: str, claim: str | None = None) -> Conflict:
    """The error of a guard; ``field`` carries its name."""
    if name in STALE:
        return StaleVersion(
            "stale_version", STALE[name], field=name, claim=claim, hint="read it again and repeat the step"
        )
    meaning = GUARDS.get(name) or LOG_GUARDS.get(name) or CONTROL_GUARDS.get(name) or "a rule of the store"
    return Conflict(
        "constraint",
        f"the store refuses this: {meaning}",
        field=name,
        claim=claim,
        hint="nothing was written; look at what stands on the claim",
    )


class Posted(NamedTuple):
    """A transfer on file with the place of its entry in the claim's journal."""

    seq: int
    row: TransferRow


def well_shaped(row: TransferRow) -> bool:
    """Whether a transfer carries what its kind needs and nothing else."""
    if row.amount <= 0 or row.debit == row.credit:
        return False
    pending, reverses = row.pending is not None, row.reverses is not None
    match row.kind:
        case TransferKind.AUTHORIZE | TransferKind.RECOUP:
            return row.obligation is not None and not pending and not reverses
        case TransferKind.POST | TransferKind.VOID:
            return pending and not reverses
        case TransferKind.REVERSE:
            return reverses and not pending
        case TransferKind.WRITE_OFF | TransferKind.SETTLE:
            return not pending and not reverses
        case _:
            return False


def check_transfer(
    row: TransferRow, seq: int | None, currency: str | None, filed: Sequence[Posted], exempt: bool
) -> str | None:
    """The first guard that ``row`` would break, or None.

    ``seq`` is the place of the row's entry in its claim (None: no such entry), ``filed`` the claim's transfers in
    the order they were written, ``exempt`` whether its latest recovery decision gave the recovery up.
    """
    if not well_shaped(row):
        return "transfer_shape"
    if seq is None:
        return "transfer_entry"
    if currency != row.currency:
        return "transfer_currency"
    if row.kind != TransferKind.REVERSE and any(p.row.entry == row.entry and p.row.kind == row.kind for p in filed):
        return "one_effect"
    match row.kind:
        case TransferKind.AUTHORIZE:
            return _authorize(row, filed)
        case TransferKind.POST | TransferKind.VOID:
            return _resolve(row, filed)
        case TransferKind.REVERSE:
            return _reverse(row, filed)
        case TransferKind.RECOUP | TransferKind.WRITE_OFF:
            return _recover(row, seq, filed, exempt)
        case _:
            return None


def standing(filed: Sequence[Posted], kind: str) -> Iterator[Posted]:
    """Transfers of ``kind`` that are not reversed."""
    undone = {p.row.reverses for p in filed if p.row.kind == TransferKind.REVERSE}
    return (p for p in filed if p.row.kind == kind and p.row.id not in undone)


def _authorize(row: TransferRow, filed: Sequence[Posted]) -> str | None:
    made = [p.row for p in filed if p.row.kind == TransferKind.AUTHORIZE]
    if any(a.obligation == row.obligation for a in made):
        return "authorize_once"
    closed = {p.row.pending for p in filed}
    return "authorize_open" if any(a.id not in closed for a in made) else None


def _resolve(row: TransferRow, filed: Sequence[Posted]) -> str | None:
    made = next((p.row for p in filed if p.row.id == row.pending and p.row.kind == TransferKind.AUTHORIZE), None)
    if made is None or (made.amount, made.obligation) != (row.amount, row.obligation):
        return "post_authorized"
    parties = (made.debit, made.credit) if row.kind == TransferKind.POST else (made.credit, made.debit)
    if parties != (row.debit, row.credit):
        return "post_authorized"
    if any(p.row.pending == row.pending for p in filed):
        return "resolved_once"
    if row.kind == TransferKind.POST and any(standing(filed, TransferKind.POST)):
        return "post_stands"
    return None


def _reverse(row: TransferRow, filed: Sequence[Posted]) -> str | None:
    undone = next((p.row for p in filed if p.row.id == row.reverses), None)
    if undone is None or undone.kind not in (TransferKind.POST, TransferKind.RECOUP, TransferKind.SETTLE):
        return "reverse_names"
    if (undone.amount, undone.credit, undone.debit) != (row.amount, row.debit, row.credit):
        return "reverse_names"
    if any(p.row.reverses == row.reverses for p in filed):
        return "reversed_once"
    if undone.kind == TransferKind.POST and any(standing(filed, TransferKind.RECOUP)):
        return "reverse_recouped"
    return None


def _recover(row: TransferRow, seq: int, filed: Sequence[Posted], exempt: bool) -> str | None:
    paid = next((p for p in standing(filed, TransferKind.POST) if p.seq < seq), None)
    recoup = row.kind == TransferKind.RECOUP
    if recoup and any(p.row.kind == TransferKind.RECOUP and p.row.obligation == row.obligation for p in filed):
        return "recoup_once"
    if paid is None:
        return "recoup_paid"
    if recoup and (row.credit != paid.row.debit or row.debit == paid.row.credit):
        return "recoup_accounts"
    if recoup and exempt:
        return "recoup_exempt"
    back = sum(p.row.amount for p in standing(filed, TransferKind.RECOUP))
    # A payment that came back takes its write-offs with it: only those after the payment that stands count.
    lost = sum(p.row.amount for p in filed if p.row.kind == TransferKind.WRITE_OFF and p.seq > paid.seq)
    return "recoup_sum" if back + lost + row.amount > paid.row.amount else None


def on_recovery(decision: DecisionRow) -> bool:
    """Whether a decision says if a recovery is pursued or given up."""
    return decision.exempt or decision.kind == "recovery"


def ledger_order(rows: Sequence[TransferRow]) -> Sequence[TransferRow]:
    """Rows in the order they can be written: inside one entry, recoupments are given back before a payment is undone.

    A reversal of a recoupment pays out again, so its parties are those of a payment; the payment's own reversal
    runs the other way. Rows of other kinds and entries keep their places.
    """
    if sum(r.kind == TransferKind.REVERSE for r in rows) < 2:
        return rows
    found = list(rows)
    start = 0
    while start < len(found):
        end = start + 1
        while end < len(found) and found[end].entry == found[start].entry:
            end += 1
        found[start:end] = _reversals_last(found[start:end])
        start = end
    return found


def _reversals_last(rows: list[TransferRow]) -> list[TransferRow]:
    places = [i for i, r in enumerate(rows) if r.kind == TransferKind.REVERSE]
    undone = {rows[i].credit for i in places}  # the account that paid and now gets its money back
    ordered = sorted((rows[i] for i in places), key=lambda r: r.debit not in undone)
    for place, row in zip(places, ordered, strict=True):
        rows[place] = row
    return rows


def two_people(asked_by: str, approved_by: str) -> bool:
    """Whether two people stand for something: both are named, and they are not the same."""
    return bool(asked_by and approved_by) and asked_by.lower() != approved_by.lower()


def erasure_fault(row: ErasureRow, entry: EntryRow | None, hold: str | None) -> str | None:
    """The first guard that an erasure would break, or None; ``hold`` is what stands on its claim."""
    if not two_people(row.asked_by, row.approved_by):
        return "erasure_two_people"
    told = None if entry is None else (entry.claim, entry.seq, entry.type, entry.actor)
    if told != (row.claim, row.seq, "redact", row.asked_by):
        return "erasure_entry"
    return "erasure_held" if "legal" in (hold or "").split() else None
