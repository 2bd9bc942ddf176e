"""The sequencer: gives waiting entries their places, signs what came of it, publishes it. One winner at a time.

Decision: one transaction takes what waits (never "the ids after the last": entries commit out of order), adds leaves
and tiles, signs and keeps the checkpoint; only after the commit is anything published, and publishing again gives the
same bytes. Nothing is signed that does not continue the checkpoint before it and every checkpoint that was kept outside
this database: a restored or forked database is refused before it signs. Authority: trust notes 2.4 and 2.5.
Left out: a thread or a timer; whoever has reason to calls ``sequence``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ...states.errors import IntegrityFailure
from ...states.journal import leaf_hash
from ...states.times import instant_text
from ...workflow.ports import Store
from .cosign import WitnessClient, ask_memory, cosign
from .edge import Edge
from .ports import CheckpointRow, LogRead, LogWrite, State, Waiting
from .prove import Tree
from .publish import NOTHING, AtHand, Publisher, signed_by
from .signing import CheckpointSigner, checked, signed_checkpoint, with_lines
from .units import log_read, log_write
from .verifier.fault import Untrue
from .verifier.notes import Checkpoint
from .verifier.tree import EMPTY_ROOT, WIDTH

BATCH: Final = 2048
_RESTORED: Final = (
    "do not go on with this database: restore a newer backup, or keep it apart and begin a new log; "
    "the published log has what is missing here"
)


@dataclass(slots=True)
class Sequenced:
    """What a run did."""

    added: int = 0  #: entries that got their place
    size: int = 0  #: of the log now
    signed: int = 0  #: checkpoints
    published: int | None = None  #: size of the published checkpoint; None without a folder
    files: int = 0  #: written by the publication
    repaired: int = 0  #: published files that were gone and were written again
    cosigned: int = 0  #: cosignatures of the latest checkpoint
    waiting: int = 0  #: entries that still wait

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {name: getattr(self, name) for name in self.__slots__}


def sequence(
    store: Store,
    signer: CheckpointSigner,
    *,
    publisher: Publisher | None = None,
    witnesses: Sequence[WitnessClient] = (),
    needed: int = 0,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    batch: int = BATCH,
    most: int | None = None,
    relearn: bool = False,
    thorough: bool = False,
) -> Sequenced:
    """Sequences what waits (at most ``most`` entries), signs, has it cosigned and publishes it.

    ``needed``: how many of ``witnesses`` must have cosigned before a checkpoint is published. ``relearn`` accepts
    that the published folder is gone although this database published before; say so once, after looking why.
    ``thorough`` looks for every published file, not only the latest, and writes again what is gone.
    IntegrityFailure when the database does not continue what was published: then nothing was signed.
    """
    done = Sequenced()
    run = _Run(store, signer, publisher, witnesses, needed, clock, relearn, thorough)
    run.catch_up(done)
    while most is None or done.added < most:
        limit = batch if most is None else min(batch, most - done.added)
        at_hand = run.take(limit)
        taken = len(at_hand.entries)
        done.added += taken
        done.signed += 1 if taken else 0
        if not taken:
            break
        run.publish(done, at_hand)
        if taken < limit:
            break
    with store.read() as unit:
        log = log_read(unit)
        done.size, done.waiting = log.state().size, log.waiting_count()
    return done


def agrees(store: Store, signer: CheckpointSigner, publisher: Publisher | None) -> None:
    """IntegrityFailure when the sequencer would refuse to sign: the database does not continue what was published.

    Looks only. Witnesses are not asked.
    """
    if publisher is not None:
        publisher.belongs_to(signer.key)
    _Run(store, signer, publisher, (), 0, lambda: datetime.now(UTC), relearn=False, thorough=False).agree()


class _Run:
    """One run of the sequencer."""

    def __init__(
        self,
        store: Store,
        signer: CheckpointSigner,
        publisher: Publisher | None,
        witnesses: Sequence[WitnessClient],
        needed: int,
        clock: Callable[[], datetime],
        relearn: bool,
        thorough: bool,
    ) -> None:
        self.store, self.signer, self.publisher = store, signer, publisher
        self.witnesses, self.needed, self.clock = witnesses, needed, clock
        self.relearn, self.thorough = relearn, thorough

    # -- before anything is signed ---------------------------------------------------------------------------------

    def catch_up(self, done: Sequenced) -> None:
        """Looks at what is remembered outside, then publishes what a crash left unpublished."""
        state, last = self.agree()
        if self.witnesses:
            ask_memory(self.store, self.witnesses, last or self._nothing())
        if self.publisher is not None:
            note = self.publisher.checkpoint()
            if note is not None:
                done.published = signed_by(self.signer.key, note, "the published checkpoint").size
                repaired = self.publisher.repair(self.store, done.published, everything=self.thorough)
                done.repaired = len(repaired.files)
        if state.size and (done.published or 0) < state.size:
            self.publish(done)

    def agree(self) -> tuple[State, CheckpointRow | None]:
        """The log as it stands; IntegrityFailure unless it continues what is remembered outside."""
        remembered = self._remembered()  # before the database, which may meanwhile only grow
        with self.store.read() as unit:
            log = log_read(unit)
            state, last = log.state(), log.checkpoint()
            self._agrees(log, state, remembered)
        return state, last

    def _nothing(self) -> CheckpointRow:
        """An empty tree, to ask a witness whether it knows better."""
        return CheckpointRow(0, EMPTY_ROOT, signed_checkpoint(self.signer, 0, EMPTY_ROOT), "")

    def _agrees(self, log: LogRead, state: State, remembered: Sequence[tuple[str, Checkpoint]]) -> None:
        """IntegrityFailure unless the log continues its last checkpoint and all that are remembered outside."""
        self._own(log, state)
        lost = self.publisher is not None and state.published and self.publisher.checkpoint() is None
        if lost and not self.relearn:
            raise IntegrityFailure(
                "published_missing", f"this database published {state.published} entries, the folder holds nothing",
                hint="name the right folder; when it is really lost, say so once and it is written anew: "
                "claimdesk audit checkpoint --publish --folder-is-lost",
            )  # fmt: skip
        for where, found in remembered:
            if found.size > state.size:
                raise IntegrityFailure(
                    "log_restored", f"{where} has {found.size} entries, this database only {state.size}", hint=_RESTORED
                )
            if self._root(log, state, found.size) != found.root:
                raise IntegrityFailure(
                    "log_forked",
                    f"{where}, of {found.size} entries, is not part of this log",
                    hint=_RESTORED,
                )

    def _own(self, log: LogRead, state: State) -> None:
        origin = log.origin()
        if origin is not None and origin != self.signer.key.name:
            raise IntegrityFailure("other_log", "the key belongs to another log than the entries of this store",
                                   hint="the key file's name and the store's origin must be the same")  # fmt: skip
        if state.origin not in ("", self.signer.key.name):
            raise IntegrityFailure("other_log", "this database keeps another log", hint="use the key it was begun with")
        last = log.checkpoint()
        if (last.size if last else 0) != state.size:
            raise _unsound("its last checkpoint is not of its size")
        if last is None:
            return
        try:
            found = checked(last.note, self.signer.key, "the last checkpoint")
        except Untrue:
            found = None
        if found is None or (found.size, found.root) != (last.size, last.root):
            raise _unsound("its last checkpoint is not signed by this log's key")
        if Edge(state.size, state.edge).root() != last.root:
            raise _unsound("its right edge does not make the root of its last checkpoint")

    def _remembered(self) -> list[tuple[str, Checkpoint]]:
        """What was kept outside the database."""
        found: list[tuple[str, Checkpoint]] = []
        publisher = self.publisher
        if publisher is None:
            return found
        note = publisher.checkpoint()
        if note is not None:
            found.append(("the published checkpoint", signed_by(self.signer.key, note, "the published checkpoint")))
        archived = publisher.archived(self.signer.key)
        if archived is not None:
            found.append(("the last archived checkpoint", archived))
        return found

    def _root(self, log: LogRead, state: State, size: int) -> bytes:
        if size == state.size:
            return Edge(state.size, state.edge).root()
        try:
            return Tree(state.size, log.tile).root(size)
        except ValueError:
            raise _unsound("its tiles are not complete") from None

    # -- one transaction -------------------------------------------------------------------------------------------

    def take(self, limit: int) -> AtHand:
        """Gives at most ``limit`` waiting entries their places and signs the tree; the entries, in their places."""
        with self.store.read() as unit:
            if log_read(unit).first_waiting() is None:
                return NOTHING
        with self.store.write() as unit:
            log = log_write(unit)
            state = log.lock()
            rows = log.waiting(limit)
            if not rows:
                return NOTHING
            self._agrees(log, state, self._remembered())
            for row in rows:
                if leaf_hash(row.data) != row.leaf:
                    raise _unsound(f"the bytes of entry {row.entry} are not those it was written with")
            self._add(log, state, rows)
        return AtHand(state.size, [row.data for row in rows])

    def _add(self, log: LogWrite, state: State, rows: Sequence[Waiting]) -> None:
        edge = Edge(state.size, state.edge)
        log.add_leaves(state.size, [(row.entry, row.leaf) for row in rows])
        counts = [state.size >> 8 * level for level in range(8)]
        for level, fresh in edge.add([row.leaf for row in rows]).items():
            _fill(log, level, counts[level], fresh)
        log.no_longer_waiting(rows)
        root = edge.root()
        note = signed_checkpoint(self.signer, edge.size, root)
        log.add_checkpoint(CheckpointRow(edge.size, root, note, instant_text(self.clock().astimezone(UTC))))
        grown = state._replace(origin=self.signer.key.name, size=edge.size, edge=edge.packed(), signed=state.signed + 1)
        log.set_state(grown)

    # -- after the commit ------------------------------------------------------------------------------------------

    def publish(self, done: Sequenced, at_hand: AtHand = NOTHING) -> None:
        """Has the latest checkpoint cosigned and publishes it. ``at_hand``: what ``take`` gave."""
        with self.store.read() as unit:
            row = log_read(unit).checkpoint()
        if row is None:
            return
        fresh = cosign(self.store, self.witnesses, row) if self.witnesses else []
        if fresh:
            with self.store.write() as unit:
                log = log_write(unit)
                log.lock()
                for key, line in fresh:
                    log.add_cosignature(row.size, key.name, key.key_id.hex(), line)
        with self.store.read() as unit:
            lines = log_read(unit).cosignatures(row.size)
        done.cosigned = len(lines)
        if self.publisher is None or done.cosigned < self.needed:
            return
        found = self.publisher.publish(self.store, row.size, with_lines(row.note, lines), self.signer.key, at_hand)
        done.published = found.size
        done.files += len(found.files)
        with self.store.write() as unit:
            log = log_write(unit)
            state = log.lock()
            if state.published < row.size:
                log.set_state(state._replace(published=row.size))


def _fill(log: LogWrite, level: int, count: int, fresh: Sequence[bytes]) -> None:
    """Adds hashes to the tiles of a level that has ``count`` hashes."""
    done = 0
    while done < len(fresh):
        number, width = divmod(count, WIDTH)
        part = fresh[done : done + WIDTH - width]
        old = log.tile(level, number) if width else b""
        if len(old) != 32 * width:
            raise _unsound(f"tile {level}/{number} is not as full as it should be")
        log.put_tile(level, number, old + b"".join(part), is_new=not width)
        done += len(part)
        count += len(part)


def _unsound(why: str) -> IntegrityFailure:
    return IntegrityFailure("log_unsound", f"the database's own log is not sound: {why}",
                            hint="nothing was signed; claimdesk audit says what else is wrong")  # fmt: skip
