"""The log of one store with its key and its folder: what a desk, a command line and a page ask for.

Decision: the key file stands beside the vault's, the published folder beside the database, so that an embedded desk
needs no settings; everything may be given instead. Authority: trust notes 2.4, contract section 6 (``audit``).
Left out: serving the folder, which any web server does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from ...states.errors import ConfigError, IntegrityFailure, NotFound
from ...workflow.ports import Store
from ..open_store import database_url, default_keys
from .audit import Audit, SealedCheck, audit
from .cosign import WitnessClient
from .forms import proof_file
from .health import waiting_seconds
from .keys import signer_from
from .prove import Tree
from .publish import Publisher
from .sequencer import Sequenced, sequence
from .signing import CheckpointSigner, PublicHalf, Signer, checked, trust_file, with_lines
from .units import log_read
from .verifier import Report, Trust, Untrue, parse_checkpoint, parse_trust, verify_log


@dataclass(frozen=True, slots=True)
class Status:
    """How the log stands."""

    origin: str
    vkey: str
    size: int
    root: str | None
    signed_at: str | None
    published: int
    waiting: int
    oldest_waiting_seconds: float  #: 0 when nothing waits

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {name: getattr(self, name) for name in self.__slots__}


class TransparencyLog:
    """The transparency log of a store."""

    borrowed = False  #: whether its public key was taken from its own folder

    def __init__(
        self,
        store: Store,
        signer: CheckpointSigner,
        publisher: Publisher | None = None,
        *,
        witnesses: Sequence[WitnessClient] = (),
        needed: int = 0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store, self.signer, self.publisher = store, signer, publisher
        self.witnesses, self.needed, self.clock = tuple(witnesses), needed, clock
        self._first = True

    @classmethod
    def open(
        cls,
        store: Store,
        url: str | Path,
        *,
        key: Path | None = None,
        folder: Path | None = None,
        archive: Path | None = None,
        witnesses: Sequence[WitnessClient] = (),
        needed: int = 0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        looking: bool = False,
    ) -> Self:
        """The log of the store at ``url``. ``key``: the key file, ``folder``: where it is published, both beside the
        database when left out (a store in memory has neither). ``archive``: a file that gets every checkpoint.
        ``looking``: no key is made where there is none; nothing that it signs would count. Where the key file of a
        log is not at hand, the public key in its folder will do to look (``borrowed``).
        """
        with store.read() as unit:
            log = log_read(unit)
            origin, size = log.origin(), log.state().size
        if origin is None:
            raise ConfigError("no_origin", "this store has no origin yet", hint="open a desk on it first")
        key, folder = key or default_key(url), folder or default_folder(url)
        publisher = None if folder is None else Publisher(folder, archive)
        gone = bool(size) and key is not None and not key.exists()
        public = publisher.vkey() if gone and looking and publisher is not None else None
        if public is not None and public.name == origin:
            made = cls(store, PublicHalf(public), publisher, witnesses=witnesses, needed=needed, clock=clock)
            made.borrowed = True
            return made
        if gone and key is not None:  # a new key could not go on with it, and would hide the loss
            raise ConfigError("no_log_key", f"the log of this database was begun with the key file {key.name}, which is"
                              " not there", hint="restore it from its backup, or name it: log_key")  # fmt: skip
        passing = key is None or (looking and not key.exists())
        signer = Signer(origin, os.urandom(32)) if key is None or passing else signer_from(key, origin)
        return cls(store, signer, publisher, witnesses=witnesses, needed=needed, clock=clock)

    def trust_file(self) -> bytes:
        """The trust file (tlog-policy) for whoever verifies the log."""
        names = {f"witness-{i}": w.key for i, w in enumerate(self.witnesses, 1)}
        return trust_file(self.signer.key, names, self.needed)

    def trust(self) -> Trust:
        """The trust file, read."""
        return parse_trust(self.trust_file())

    def sequence(self, *, most: int | None = None, relearn: bool = False, thorough: bool | None = None) -> Sequenced:
        """Sequences, signs and publishes what waits; see ``sequencer.sequence``. Safe to call at any time, by anybody.

        The first run of a process also looks whether every published file is there, unless ``thorough`` says otherwise.
        """
        if self.publisher is not None:
            self.publisher.belongs_to(self.signer.key)
        done = sequence(
            self.store, self.signer, publisher=self.publisher, witnesses=self.witnesses, needed=self.needed,
            clock=self.clock, most=most, relearn=relearn, thorough=self._first if thorough is None else thorough,
        )  # fmt: skip
        if self.publisher is not None and self._first and done.published is not None:
            self.publisher.trust(self.signer.key, self.trust_file())
        self._first = self._first and done.published is None
        return done

    def status(self) -> Status:
        """How the log stands; ``oldest_waiting_seconds`` is the gauge to alarm on."""
        with self.store.read() as unit:
            log = log_read(unit)
            state, last, waiting = log.state(), log.checkpoint(), log.waiting_count()
            seconds = waiting_seconds(log, self.clock())
        return Status(
            self.signer.key.name, str(self.signer.key), state.size, last.root.hex() if last else None,
            last.signed_at if last else None, state.published, waiting, seconds,
        )  # fmt: skip

    def is_published(self, entry: str) -> bool:
        """Whether an entry is under a published checkpoint (with a folder), or under a signed one (without)."""
        with self.store.read() as unit:
            log = log_read(unit)
            place, state = log.place_of(entry), log.state()
        return place is not None and place < (state.size if self.publisher is None else state.published)

    def prove(self, entry: str) -> bytes:
        """The ``.tlog-proof`` file of an entry, under the published checkpoint (without a folder: the signed one).

        NotFound when the entry waits for its place or for publication.
        """
        note = None if self.publisher is None else self.publisher.checkpoint()
        with self.store.read() as unit:
            log = log_read(unit)
            place, last = log.place_of(entry), log.checkpoint()
            if note is None and self.publisher is None and last is not None:
                note = with_lines(last.note, log.cosignatures(last.size))
            size = 0 if note is None else parse_checkpoint(note).size
            if note is None or place is None or place >= size:
                raise NotFound("not_logged_yet", "this entry is not under a checkpoint yet",
                               hint="sequence the log first: claimdesk audit log")  # fmt: skip
            try:
                hashes = Tree(size, log.tile).inclusion(place)
            except ValueError:
                raise IntegrityFailure("log_unsound", "the database's own log is not sound: its tiles are not complete",
                                       hint="claimdesk audit says what else is wrong") from None  # fmt: skip
        return proof_file(place, hashes, note)

    def verify_published(
        self,
        *,
        held: Sequence[bytes] = (),
        quick: bool = False,
        thorough: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Report:
        """Checks the published folder with the verifier that outsiders have, under this log's own key."""
        if self.publisher is None:
            raise ConfigError("not_published", "this log has no folder", hint="name a folder to publish to")
        return verify_log(self.publisher.log, self.trust(), held=held, quick=quick, thorough=thorough,
                          progress=progress)  # fmt: skip

    def audit(
        self,
        *,
        held: Sequence[bytes] = (),
        sealed: SealedCheck | None = None,
        evidence: Path | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Audit:
        """The whole check: the database against its log, and with a folder what is published, and both together.

        ``held``: checkpoints kept from earlier. ``sealed``: looks into sealed values (``FileVault.faults``).
        ``evidence``: the folder of the files of evidence, each named by its id or its digest.
        """
        witnesses = [w.key for w in self.witnesses]
        found = audit(
            self.store, self.signer.key, witnesses=witnesses, sealed=sealed, evidence=evidence, progress=progress
        )
        if found.fault is None and held:
            try:
                self._continues(held)
            except Untrue as error:
                found.fault = error.fault
        if found.fault is None and self.publisher is not None:
            try:
                self._published(found, held)
            except Untrue as error:
                found.fault = error.fault
        return found

    def _continues(self, held: Sequence[bytes]) -> None:
        """Untrue unless the database continues every checkpoint that was kept from earlier."""
        with self.store.read() as unit:
            log = log_read(unit)
            state = log.state()
            tree = Tree(state.size, log.tile)
            for number, note in enumerate(held, 1):
                where = f"held checkpoint {number}"
                old = checked(note, self.signer.key, where)
                if old is None:
                    raise Untrue("bad_signature", where, "it is not signed by the key of this log")
                if old.size > state.size:
                    what = f"{where} has {old.size} entries, this database only {state.size}"
                    raise Untrue("shorter_than_held", f"entries {state.size} to {old.size - 1}", what, state.size)
                if tree.root(old.size) != old.root:
                    raise Untrue("history_changed", where, "it is not part of this database's log")

    def _published(self, found: Audit, held: Sequence[bytes]) -> None:
        with self.store.read() as unit:
            state = log_read(unit).state()
        if not state.published and (self.publisher is None or self.publisher.checkpoint() is None):
            return
        # Equal roots below say that these are the entries that were just read one by one: the tree is enough.
        report = self.verify_published(held=held, quick=True)
        found.seconds += report.seconds
        if report.fault is not None:
            raise Untrue(report.fault.code, f"published {report.fault.where}", report.fault.message, report.fault.index)
        with self.store.read() as unit:
            log = log_read(unit)
            state = log.state()
            try:
                root = Tree(state.size, log.tile).root(report.size).hex() if report.size <= state.size else None
            except ValueError:
                root = None
        if root != report.root:
            raise Untrue("history_changed", "published checkpoint", "it is not part of this database's log")
        if state.published > report.size:
            raise Untrue("published_differs", "log_state", "it says that more was published than was")


def default_key(url: str | Path) -> Path | None:
    """Where the signing key of a store is kept: beside the vault's keys; None for a store in memory."""
    beside = default_keys(url)
    return None if beside is None else beside.with_name(beside.name.removesuffix(".keys") + ".log-key")


def default_folder(url: str | Path) -> Path | None:
    """Where the log of a store is published: beside the database; None for a store in memory."""
    if default_keys(url) is None:
        return None
    found = database_url(url)
    return Path(f"{found.database}.tlog") if found.drivername == "sqlite" else Path("claimdesk.tlog")
