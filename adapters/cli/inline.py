"""The log at the end of a command that left journal entries: they get their places, and the checkpoint is published.

Decision: what the command did is committed before this begins and stays whatever happens here; a fault of the log is
said on standard error and by ``claimdesk doctor``, the entries go on waiting, the exit code is the command's own.
Authority: trust notes 2.4 (embedded use). Left out: a store in memory, whose log nobody could ever check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...states.errors import ClaimdeskError
from .output import say

if TYPE_CHECKING:
    from ..desk import ClaimDesk


def sequence(desk: ClaimDesk) -> None:
    """Sequences what waits; never an exception."""
    try:
        if desk.keeps_log:
            desk.sequence(thorough=False)
    except ClaimdeskError as error:
        say(f"log: not signed, the entries wait: {error.message} [{error.code}]")
        say(f"hint: {error.hint or 'claimdesk doctor'}")
    except Exception as error:  # noqa: BLE001  # whatever it is, the command is done and its work is kept
        say(f"log: not signed, the entries wait: {type(error).__name__}; claimdesk doctor looks at it")
