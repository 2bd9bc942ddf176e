"""Imported once by a server of processes, before they are forked off it: what every run of a command loads lazily."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import claimdesk.adapters.cli.app
import claimdesk.adapters.cli.commands.imports.claims
import claimdesk.adapters.cli.commands.imports.payments
import claimdesk.adapters.cli.commands.imports.running
import claimdesk.adapters.cli.commands.triage
import claimdesk.adapters.cli.inline
import claimdesk.adapters.planners  # noqa: F401  # so is the rest of the command line
from claimdesk import ClaimDesk
from claimdesk.adapters.imports.files import open_source
from claimdesk.adapters.imports.job import Choices, Job
from claimdesk.testing import FrozenClock
from claimdesk.workflow.imports.maps import Map
from support.desks import BIG, MONDAY, SMALL, filing, seller

_MAP = Map("claims", name="warm", marketplace="US", create_sellers=True)
_ROW = "1,2024-06-02T10:00:00Z,2024-06-01,property damage,A2EXAMPLE,0114-1,600,USD,备注\r\n"
_HEADER = "工单号,报案时间,出险日期,类型,卖家编号,订单号,金额,币种,备注\r\n"

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
    _file = Path(_folder) / "warm.csv"
    _file.write_bytes((_HEADER + _ROW).encode("gb18030"))
    with closing(open_source(str(_file), "claims", _MAP)) as _source:
        for _ in Job(_desk, _source, str(_file), _MAP, Choices()).results():
            pass
    _desk.sequence()
