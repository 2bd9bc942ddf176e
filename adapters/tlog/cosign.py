"""Asking witnesses: they cosign what continues what they have seen, and remember it.

Decision: a witness that remembers more than this database has, or something else, is as good a warning as a published
checkpoint, and is asked before anything is signed. One that does not answer is no reason to stop; how many are needed
before anything is published is the caller's rule. Authority: C2SP tlog-witness, trust notes 2.5.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from ...states.errors import IntegrityFailure
from ...workflow.ports import Store
from .ports import CheckpointRow, LogRead
from .prove import Tree
from .units import log_read
from .verifier.fault import Untrue
from .verifier.notes import Vkey, parse_checkpoint

OK, CONFLICT, UNPROVED = 200, 409, 422


class Answer(NamedTuple):
    """A witness's answer."""

    status: int
    body: bytes


class WitnessClient(Protocol):
    """A way to a witness. ``submit`` raises OSError when there is no answer."""

    @property
    def key(self) -> Vkey: ...
    def submit(self, body: bytes) -> Answer: ...


def request(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """The body of an ``add-checkpoint`` request."""
    lines = [f"old {old}", *[base64.b64encode(h).decode() for h in proof], "", ""]
    return "\n".join(lines).encode() + note


def ask_memory(store: Store, witnesses: Sequence[WitnessClient], row: CheckpointRow) -> None:
    """IntegrityFailure when a witness remembers what the latest checkpoint does not continue.

    The checkpoint is shown to each witness again; that asks for nothing new.
    """
    for witness in witnesses:
        with suppress(OSError):
            _show(store, witness, row)


def cosign(store: Store, witnesses: Sequence[WitnessClient], row: CheckpointRow) -> list[tuple[Vkey, str]]:
    """The cosignature lines that the witnesses give for a checkpoint, as far as they answer."""
    found: list[tuple[Vkey, str]] = []
    for witness in witnesses:
        with suppress(OSError):
            answer = _show(store, witness, row)
            found += [(witness.key, line) for line in _lines(witness.key, row, answer.body)]
    return found


def _show(store: Store, witness: WitnessClient, row: CheckpointRow) -> Answer:
    # Never inside a transaction: a witness may take its time.
    with store.read() as unit:
        log = log_read(unit)
        old = min(log.last_cosigned(witness.key.name), row.size)
        body = request(old, consistency(log, old, row.size), row.note)
    answer = witness.submit(body)
    known = _size(answer.body) if answer.status == CONFLICT else None
    if known is not None and known > row.size:
        with store.read() as unit:
            if log_read(unit).state().size >= known:
                raise ConnectionError("another sequencer was ahead")
        raise IntegrityFailure(
            "log_restored", f"witness {witness.key.name} has seen {known} entries, this database has {row.size}",
            hint="do not go on with this database: restore a newer backup",
        )  # fmt: skip
    if known is not None and known != old:
        with store.read() as unit:
            body = request(known, consistency(log_read(unit), known, row.size), row.note)
        old, answer = known, witness.submit(body)
    if answer.status == UNPROVED or (answer.status == CONFLICT and _size(answer.body) in (None, old)):
        raise IntegrityFailure(
            "log_forked", f"witness {witness.key.name} has seen another log than this database keeps",
            hint="do not go on with this database; compare it with the published log",
        )  # fmt: skip
    if answer.status != OK:
        raise ConnectionError(f"witness answered {answer.status}")
    return answer


def consistency(log: LogRead, old: int, size: int) -> list[bytes]:
    """The proof that the tree of ``size`` entries continues the one of ``old``."""
    try:
        return Tree(size, log.tile).consistency(old) if 0 < old < size else []
    except ValueError:
        raise IntegrityFailure("log_unsound", "the database's own log is not sound: its tiles are not complete",
                               hint="claimdesk audit says what else is wrong") from None  # fmt: skip


def _size(body: bytes) -> int | None:
    text = body.strip()
    return int(text) if text.isdigit() and len(text) < 20 else None


def _lines(key: Vkey, row: CheckpointRow, body: bytes) -> list[str]:
    """The witness's own lines that fit the checkpoint; what else it says is ignored."""
    try:
        found = parse_checkpoint(row.note + body, "witness")
    except Untrue:
        return []
    ours = [s for s in found.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
    return [s.line for s in ours if key.signed(found.text, s.payload)][:1]
