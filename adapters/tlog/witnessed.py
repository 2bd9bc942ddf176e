"""Witnesses of a log by its settings: asked over HTTP, or by files that somebody carries there and back.

Decision: a witness is its public key (``name+id+key``) and, where there is one, an address; without an address it is
asked with a file that holds the very body of an ``add-checkpoint`` request, and answers with the very body of a
response. A cosignature counts only after it was checked against the witness's key. Authority: C2SP tlog-witness,
tlog-cosignature; trust notes 2.5. Left out: the log never waits for a witness; how many it takes before anything is
published is a setting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ...states.errors import ConfigError, InputError, NotFound
from ...workflow.ports import Store
from .cosign import Answer, WitnessClient, consistency, request
from .ports import CheckpointRow
from .publish import Publisher
from .signing import with_lines
from .units import log_read, log_write
from .verifier.fault import Untrue
from .verifier.notes import COSIGNATURE, Vkey, parse_checkpoint

_BACK = 4096  #: so many checkpoints are looked through for the one that was cosigned


@dataclass(frozen=True, slots=True)
class CarriedWitness:
    """A witness without an address: files are carried to it."""

    key: Vkey

    def submit(self, body: bytes) -> Answer:
        """Never answers by itself."""
        raise ConnectionError("this witness is asked by file")


def witness_of(text: str) -> WitnessClient:
    """A witness from its setting: ``VKEY`` or ``VKEY URL``; ConfigError when it is neither."""
    from .witness import HttpWitness

    words = text.split()
    try:
        key = Vkey.parse(words[0])
        if key.kind != COSIGNATURE or len(words) > 2:
            raise ValueError("no key of a witness")
    except (ValueError, IndexError):
        raise ConfigError(
            "bad_witness", "a witness is its public key (name+id+key, of type 4) and, if it has one, its address",
            field="log_witness", hint="claimdesk audit witness prints the key of one",
        ) from None  # fmt: skip
    return HttpWitness(words[1], key) if len(words) == 2 else CarriedWitness(key)


def witnesses_of(texts: Sequence[str], needed: int) -> list[WitnessClient]:
    """The witnesses of the settings, each name once; ConfigError when fewer than are needed."""
    found = [witness_of(text) for text in texts]
    if len({w.key.name for w in found}) != len(found):
        raise ConfigError("bad_witness", "two witnesses have one name", field="log_witness")
    if not 0 <= needed <= len(found):
        raise ConfigError("bad_witness", f"{needed} witnesses are needed, {len(found)} are named",
                          field="log_witnesses_needed", hint="name them: log_witness")  # fmt: skip
    return found


def named(witnesses: Sequence[WitnessClient], name: str) -> Vkey:
    """The key of the witness of a name; NotFound lists what there is."""
    known = {w.key.name: w.key for w in witnesses}
    if name not in known:
        raise NotFound("unknown_witness", "no witness of this name is set", field="--witness",
                       hint=f"set are: {', '.join(sorted(known)) or 'none; see log_witness'}")  # fmt: skip
    return known[name]


def request_file(store: Store, key: Vkey, old: int | None = None) -> tuple[bytes, int]:
    """(the body of an ``add-checkpoint`` request over the latest checkpoint, its size).

    ``old``: the size the witness remembers, where it said another than this database does.
    """
    with store.read() as unit:
        log = log_read(unit)
        row = log.checkpoint()
        if row is None:
            raise NotFound("no_checkpoint", "the log of this database has no checkpoint yet",
                           hint="claimdesk audit checkpoint --publish")  # fmt: skip
        known = min(log.last_cosigned(key.name), row.size) if old is None else old
        if known > row.size:
            raise InputError("bad_size", f"the log has only {row.size} entries", field="--old",
                             hint="a witness that has seen more has seen what this database lost")  # fmt: skip
        return request(known, consistency(log, known, row.size), row.note), row.size


class Taken(NamedTuple):
    """What became of an answer: the checkpoint it is about, and whether that is published with it."""

    size: int
    is_new: bool
    published: bool


def take_answer(store: Store, publisher: Publisher | None, log: Vkey, key: Vkey, data: bytes, needed: int) -> Taken:
    """Takes the cosignature in a witness's answer in, publishes it with its checkpoint, and says which that was.

    InputError when the answer is no cosignature of this witness over a checkpoint of this log; nothing was taken then.
    """
    refused = data.strip()
    if refused.isdigit():
        raise InputError("witness_refused", f"the witness remembers another size: {int(refused[:19])}",
                         field="--cosignature", hint=f"ask again with --old {int(refused[:19])}")  # fmt: skip
    row, line = _cosigned(store, key, data)
    with store.write() as unit:
        kept = log_write(unit)
        kept.lock()
        is_new = line not in kept.cosignatures(row.size)
        if is_new:
            kept.add_cosignature(row.size, key.name, key.key_id.hex(), line)
        lines = kept.cosignatures(row.size)
    if publisher is None or len(lines) < needed:
        return Taken(row.size, is_new, False)
    done = publisher.publish(store, row.size, with_lines(row.note, lines), log)
    if done.size == row.size:
        with store.write() as unit:
            kept = log_write(unit)
            state = kept.lock()
            if state.published < row.size:
                kept.set_state(state._replace(published=row.size))
    return Taken(row.size, is_new, done.size == row.size)


def _cosigned(store: Store, key: Vkey, data: bytes) -> tuple[CheckpointRow, str]:
    """The checkpoint that an answer is about, the newest first, and the line of this witness."""
    with store.read() as unit:
        log = log_read(unit)
        last = log.checkpoint()
        rows = [] if last is None else _newest(log.checkpoints(0, 1_000_000))
    for row in rows:
        try:
            # A witness may send its lines alone, or the whole checkpoint with them.
            lines = data if b"\n\n" not in data else data.rpartition(b"\n\n")[2]
            found = parse_checkpoint(row.note + lines, "the answer")
        except Untrue:
            break
        for one in found.signatures:
            if (one.name, one.key_id) == (key.name, key.key_id) and key.signed(found.text, one.payload):
                return row, one.line
    raise InputError("no_cosignature", f"this is no cosignature of {key.name} over a checkpoint of this log",
                     field="--cosignature", hint="take the file that the witness answered with, as it is")  # fmt: skip


def _newest(rows: Sequence[CheckpointRow]) -> list[CheckpointRow]:
    return list(reversed(rows[-_BACK:]))
