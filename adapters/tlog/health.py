"""How the log of a store stands, for ``doctor`` and for monitoring. Looks only: no key is made, nothing is signed.

Decision: the age of the oldest waiting entry is the gauge to alarm on (trust notes 2.5, T4); whether the database
continues what was published is asked here too, before the next signature would be refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ...states.errors import ClaimdeskError
from ...states.times import parse_instant
from ...workflow.ports import Store
from .keys import read_signer
from .ports import LogRead
from .publish import Publisher
from .sequencer import agrees
from .units import log_read


@dataclass(frozen=True, slots=True)
class Health:
    """Size, last checkpoint, what waits, and the fault that would keep it from being signed."""

    size: int
    published: int
    signed_at: str | None
    waiting: int
    oldest_waiting_seconds: float  #: 0 when nothing waits
    key: str  #: private, open_to_others, missing (although there is a log), or not_made_yet
    fault: ClaimdeskError | None = None


def waiting_seconds(log: LogRead, now: datetime) -> float:
    """How long the oldest waiting entry has waited since it was written."""
    first = log.first_waiting()
    if first is None:
        return 0.0
    body = json.loads(first.data)
    written = parse_instant(body.get("recorded", body["at"]))
    return max(0.0, (now.astimezone(UTC) - written).total_seconds())


def health(store: Store, key: Path | None, publisher: Publisher | None, clock: Callable[[], datetime]) -> Health:
    """The health of a log with this key file and published folder."""
    with store.read() as unit:
        log = log_read(unit)
        state, last = log.state(), log.checkpoint()
        waiting, seconds = log.waiting_count(), waiting_seconds(log, clock())
    how, fault = "not_made_yet", None
    if key is not None and key.exists():
        how = "private"
        try:
            agrees(store, read_signer(key), publisher)
        except ClaimdeskError as error:
            fault = error
            how = "open_to_others" if error.code == "keys_open_to_others" else how
    elif state.size and key is not None:
        how = "missing"
    return Health(state.size, state.published, last.signed_at if last else None, waiting, seconds, how, fault)
