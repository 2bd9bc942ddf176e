"""Imported once by a server of processes, before they are forked off it: what every run of a command loads lazily."""

from __future__ import annotations

import tempfile
from pathlib import Path

import claimdesk.adapters.cli.commands.triage  # noqa: F401  # so is the rest of the command line
from claimdesk import ClaimDesk
from claimdesk.testing import FrozenClock
from support.desks import BIG, MONDAY, SMALL, filing, seller

with (
    tempfile.TemporaryDirectory() as _folder,
    ClaimDesk.open(
        f"sqlite:///{Path(_folder) / 'warm.db'}", actor="warm", clock=FrozenClock(MONDAY), templates=True
    ) as _desk,
):
    for _number, _amount in enumerate((SMALL, BIG)):
        _claim = _desk.file(**filing(_amount, f"114-{_number}", seller=seller(certificates=["valid"])))
        _desk.record_screening(_claim.id, verdict="valid", by="adjuster:one")
    _desk.tick()
    _desk.sequence()
