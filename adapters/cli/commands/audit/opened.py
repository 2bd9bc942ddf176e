"""What the commands of ``audit`` share: the log opened to look at, a counter for a person, one way to say a fault."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .....states.errors import InputError, IntegrityFailure, NotFound
from ...call import Call
from ...output import is_terminal

if TYPE_CHECKING:
    from ....desk import ClaimDesk
    from ....tlog.log import TransparencyLog
    from ....tlog.ports import CheckpointRow
    from ....tlog.verifier.fault import Fault


def log_of(desk: ClaimDesk) -> TransparencyLog:
    """The log, opened only to look: no key is made."""
    from ....tlog.log import TransparencyLog
    from ....tlog.witnessed import witnesses_of

    places = desk.log_places
    return TransparencyLog.open(
        desk.store, desk.url, key=places.key, folder=places.folder, archive=places.archive, clock=desk.clock,
        witnesses=witnesses_of(places.witnesses, places.needed), needed=places.needed, looking=True,
    )  # fmt: skip


def checkpoint_of(desk: ClaimDesk, size: int | None = None) -> CheckpointRow:
    """The checkpoint of a size, or the latest; NotFound when there is none."""
    from ....tlog.units import log_read

    with desk.store.read() as unit:
        row = log_read(unit).checkpoint(size)
    if row is None:
        what = "the log of this database has no checkpoint yet" if size is None else "no checkpoint has this size"
        raise NotFound("no_checkpoint", what, hint="claimdesk audit checkpoint --publish")
    return row


class Counter:
    """So many done, on standard error while a person watches."""

    def __init__(self, call: Call, what: str) -> None:
        self.what = what
        self.watched = is_terminal(sys.stderr) and not call.quiet

    def __call__(self, done: int) -> None:
        """Shows how many are done."""
        if self.watched:
            sys.stderr.write(f"\r{done} {self.what}")
            sys.stderr.flush()

    def end(self) -> None:
        """Takes the counter away."""
        if self.watched:
            sys.stderr.write("\r\x1b[K")


def counted(call: Call, what: str) -> Counter:
    """A counter of this run."""
    return Counter(call, what)


def told(fault: Fault) -> dict[str, Any]:
    """A fault, JSON-ready."""
    found = {"code": fault.code, "where": fault.where, "message": fault.message, "index": fault.index}
    return {name: value for name, value in found.items() if value is not None}


def read_bytes(path: str, field: str) -> bytes:
    """The bytes of a file that was named on the command line."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError("cannot_read", f"the file cannot be read: {error.strerror}", field=field) from None


def sealed_check(desk: ClaimDesk) -> Callable[..., Any]:
    """What looks into sealed values; they need the keys of this desk."""
    found: Any = getattr(desk.settings.vault, "faults", None)
    if found is None:
        raise IntegrityFailure("no_sealed_check", "the vault of this desk cannot check what it sealed")
    return found
