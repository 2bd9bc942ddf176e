"""The log inside a unit of work, whatever store the unit is of.

Authority: ``ports``. Left out: stores that others wrote; they hand over their own ``log_read`` and ``log_write``.
"""

from __future__ import annotations

from typing import Any

from ...states.errors import ConfigError
from ...workflow.ports import ReadUnit, WriteUnit
from ..memory import MemoryRead, MemoryWrite
from .ports import LogRead, LogWrite


def log_read(unit: ReadUnit) -> LogRead:
    """The log as this unit sees it."""
    if isinstance(unit, MemoryRead):
        from .memory_unit import MemoryLog

        return MemoryLog(unit)
    return _sql(unit)


def log_write(unit: WriteUnit) -> LogWrite:
    """The log in this unit, to be added to."""
    if isinstance(unit, MemoryWrite):
        from .memory_unit import MemoryLogWrite

        return MemoryLogWrite(unit)
    return _sql(unit)


def _sql(unit: Any) -> Any:
    from .sql_unit import SqlLog

    connection = getattr(unit, "connection", None)
    if connection is None:
        raise ConfigError("no_log", "this store has no tables for a transparency log")
    return SqlLog(connection)
