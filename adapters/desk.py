"""ClaimDesk: the desk with its parts found by address (store, keys, letters, payments).

The embedded default is SQLite with letters kept as files beside it and the sandbox gateway: no account, no server,
no thread. Everything may be given instead: a store, a vault, a sender, a gateway, a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ..states.errors import ConfigError
from ..workflow.desk import Desk
from ..workflow.ports import NoticeSender, PaymentGateway, Store, Vault
from ..workflow.told import visible
from .gateways import ManualGateway, SandboxGateway

if TYPE_CHECKING:
    from .tlog.log import TransparencyLog
    from .tlog.sequencer import Sequenced

_GATEWAYS: Mapping[str, Callable[[], PaymentGateway]] = {"sandbox": SandboxGateway, "manual": ManualGateway}


@dataclass(frozen=True, slots=True)
class LogPlaces:
    """Where the transparency log has what it needs; what is left out stands beside the database."""

    key: Path | None = None  #: the file with the signing key
    folder: Path | None = None  #: what is published
    archive: Path | None = None  #: a file that gets every checkpoint, better on another machine
    witnesses: tuple[str, ...] = ()  #: who cosigns: ``VKEY``, or ``VKEY URL`` where they have an address
    needed: int = 0  #: how many of them must have cosigned before a checkpoint is published


class ClaimDesk(Desk):
    """A claim desk. ``with ClaimDesk.open("sqlite:///claims.db", actor="cs:mei") as desk: ...``"""

    url = "memory:"  #: the address it was opened with
    log_places = LogPlaces()
    opened_with: Mapping[str, Any] | None = None  #: how another process opens the same desk; None: it cannot

    @classmethod
    def open(
        cls,
        url: str | Path,
        *,
        actor: str,
        clock: Callable[[], datetime] | None = None,
        sender: NoticeSender | str | None = None,
        gateway: PaymentGateway | str | None = None,
        payments: str | None = None,
        overlays: Sequence[str] = (),
        rulebook_overrides: Mapping[str, Any] | None = None,
        language: Mapping[str, str] | None = None,
        keys: str | None = None,
        log: LogPlaces | None = None,
        store: Store | None = None,
        vault: Vault | None = None,
        random_bits: Callable[[int], int] | None = None,
        plain: bool = False,
        templates: bool = False,
    ) -> Self:
        """A desk on the store at ``url`` (``sqlite:///claims.db``, ``postgresql+psycopg://...``, ``memory:``).

        The store is made and migrated on first use; the folder of a SQLite file must be there. ``actor``: who acts
        where a call names nobody. ``clock``: gives an instant with an offset; left out, it is now. ``sender``: an
        object, or ``files:FOLDER``, ``console``, ``memory``, ``smtp://...``, ``https://...``. ``gateway``: an object,
        ``sandbox`` or ``manual``. ``payments``: instant, manual or gateway. ``overlays``: the laws switched on, by
        name. ``rulebook_overrides``: parameters by dotted name. ``language``: ``en`` or ``zh-CN``, by party (customer,
        seller, insurer). ``keys``: the key file. ``log``: where the transparency log's key and its published folder
        are. ``store``, ``vault``, ``random_bits``: parts of one's own, in their places. ``plain`` and ``templates``
        are for scenarios: what is left out takes the plain case, and ``valid`` stands for a certificate.
        ConfigError, InputError or RulebookError for a setting that is not usable, SchemaMismatch for a database of
        another version, StorageError for one that cannot be reached.
        """
        from .open_store import default_vault, open_store  # database libraries load only when one is opened

        if not isinstance(url, str | Path):  # pyright: ignore[reportUnnecessaryIsInstance]  # a variable that is not set
            raise ConfigError("no_database", "no database is named", hint="a path, or the text of an address")
        url, actor = str(url), visible(actor, "actor")  # a path is as good as its text
        if payments not in (None, "instant", "manual", "gateway"):
            raise ConfigError("bad_setting", "payments is instant, manual or gateway", field="payments")
        kept = store or open_store(url)
        made = cls(
            kept,
            vault or default_vault(url, keys, kept),
            actor=actor,
            sender=_sender(url, sender),
            gateway=_gateway(gateway, payments),
            clock=clock,
            payments=payments,
            overlays=overlays,
            rulebook_overrides=rulebook_overrides,
            language=language,
            random_bits=random_bits,
            plain=plain,
            templates=templates,
        )
        made.url, made.log_places = url, log or LogPlaces()
        plain_parts = all(part is None for part in (store, vault, clock, random_bits)) and not plain and not templates
        if plain_parts and all(part is None or isinstance(part, str) for part in (sender, gateway)):
            made.opened_with = {
                "url": url, "actor": actor, "sender": sender, "gateway": gateway, "payments": payments,
                "overlays": tuple(overlays), "rulebook_overrides": rulebook_overrides, "language": language,
                "keys": keys, "log": log,
            }  # fmt: skip
        return made

    @contextmanager
    def planned_beside(self, width: int | None = None, *, sign: bool = False, at_once: bool = False) -> Generator[Self]:
        """Long files are planned in ``width`` other processes while this one writes (None: as many as are worth it).

        A desk that was given parts of its own (a store, a clock, a sender object) plans alone: no other process has
        them. Nothing is started for a short file. ``sign``: they also sequence the log now and then;
        ``at_once``: they start before it is known how long the file is.
        """
        from .planners import ChildPlanners, usual_width  # a desk that files one claim needs none of it

        count = usual_width() if width is None else width
        if self.opened_with is None or count < 1 or not self.keeps_log:
            yield self
            return
        self.settings.digests.of(b"")  # the keys are made here, once
        with ChildPlanners(self.opened_with, count, sign=sign) as planners:
            self.planners = planners
            if at_once:
                planners.start()
            try:
                yield self
            finally:
                self.planners = None

    @cached_property
    def log(self) -> TransparencyLog:
        """The transparency log over the journal of this store; its key is made when there is no log yet."""
        from .tlog.log import TransparencyLog
        from .tlog.witnessed import witnesses_of

        places = self.log_places
        return TransparencyLog.open(
            self.store,
            self.url,
            key=places.key,
            folder=places.folder,
            archive=places.archive,
            clock=self.clock,
            witnesses=witnesses_of(places.witnesses, places.needed),
            needed=places.needed,
        )

    @property
    def keeps_log(self) -> bool:
        """Whether the log outlives the process: a store in memory has neither key nor folder of its own."""
        from .open_store import default_keys

        return self.log_places.key is not None or default_keys(self.url) is not None

    def sequence(self, *, most: int | None = None, relearn: bool = False, thorough: bool | None = None) -> Sequenced:
        """Gives the entries that wait their places in the log, signs the checkpoint and publishes it.

        Safe to call at any time, by anybody, as often as wanted; ``most``: not more than so many entries; ``thorough``:
        looks whether every published file is there (left out, the first time).
        IntegrityFailure, before anything is signed, when the database does not continue what was published.
        """
        return self.log.sequence(most=most, relearn=relearn, thorough=thorough)


def _gateway(gateway: PaymentGateway | str | None, payments: str | None) -> PaymentGateway:
    if gateway is None:
        return ManualGateway() if payments == "manual" else SandboxGateway()
    if not isinstance(gateway, str):
        if not callable(getattr(gateway, "pay", None)) or not callable(getattr(gateway, "look_up", None)):
            raise ConfigError("bad_setting", "a gateway has pay and look_up", field="gateway")
        return gateway
    if gateway not in _GATEWAYS:
        raise ConfigError(
            "bad_setting", "there is no such gateway", field="gateway", hint="one of: " + ", ".join(_GATEWAYS)
        )
    return _GATEWAYS[gateway]()


def _sender(url: str, sender: NoticeSender | str | None) -> NoticeSender:
    if sender is not None and not isinstance(sender, str):
        if not callable(getattr(sender, "send", None)):
            raise ConfigError("bad_setting", "a sender has send, or is the text of an address", field="sender")
        return sender
    from .senders import sender_from

    if sender is None:
        sender = "memory" if url.startswith(("memory", ":memory:")) else f"files:{letters_folder(url)}"
    return sender_from(sender)


def letters_folder(url: str) -> str:
    """Where the letters of a store are kept: beside the SQLite file, else ``claimdesk-letters``."""
    if url.startswith("sqlite:///"):
        return url.removeprefix("sqlite:///") + ".letters"
    return "claimdesk-letters"
