"""The same with one machine for all claims, each added as a model and taken away again.

From https://github.com/pytransitions/transitions#readme ("Alternative initialization patterns": ``add_model``,
``remove_model`` and ``model=None``), which is what the project advises for many models. Otherwise as ``orm``.
"""

from __future__ import annotations

from pathlib import Path

from transitions import Machine

from .lifecycle import INITIAL, STATES, TRANSITIONS
from .orm import ClaimRow
from .orm import Peer as OwnMachine

TITLE = "transitions, one shared machine + SQLAlchemy ORM, a commit a claim"


class Peer(OwnMachine):
    """The database and the work."""

    def __init__(self, folder: Path, full: bool) -> None:
        super().__init__(folder, full)
        self.shared = Machine(
            model=None, states=list(STATES), transitions=[list(t) for t in TRANSITIONS], initial=INITIAL,
            auto_transitions=False, send_event=True, after_state_change="keep",
        )  # fmt: skip

    def machine(self, row: ClaimRow) -> None:
        """The shared machine; the claim before is done with."""
        for done in list(self.shared.models):
            self.shared.remove_model(done)
        self.shared.add_model(row, initial=row.state)
