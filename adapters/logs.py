"""The program's log: JSON on standard error, from an allow-list of keys, never a person's data.

Decision: a key that is not listed is dropped, and so is a value that is not a plain word, a number or a yes or no; a
log line cannot carry free text at all, whoever writes it. Records of other libraries keep their logger and level only.
Exceptions keep their type and the places in the code. The library is silent until a host or the command line asks.
Authority: trust notes 5.2. Left out: the journal, which is the record of what was decided; a log is not.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from functools import cache
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger, ProcessorFormatter

NAME = "claimdesk"

#: The keys a line may have, and the shape their values must have.
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+@/ -]{0,99}\Z", re.ASCII)
_ID = re.compile(r"(CLM|DEC|EVT|NTC|PAY|IMP)-[0-9A-Z]{17}\Z", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_. -]{0,79}\Z", re.ASCII)
_KEY = re.compile(r"[0-9a-f]{8}\Z", re.ASCII)
_STAMP = re.compile(r"[0-9TZ:.+-]{10,35}\Z", re.ASCII)
ALLOWED: Mapping[str, re.Pattern[str]] = {
    "event": _NAME,
    "level": _NAME,
    "logger": _WORD,
    "timestamp": _STAMP,
    "verb": _NAME,
    "claim": _ID,
    "outcome": _NAME,
    "state": _NAME,
    "code": _NAME,
    "programme": _NAME,
    "rulebook": _WORD,
    "run": _ID,
    "entry": _ID,
    "notice": _ID,
    "kind": _NAME,
    "lines": _NAME,
    "count": _NAME,
    "attempt": _NAME,
    "exit_code": _NAME,
    "duration_ms": _NAME,
    "status": _NAME,
    "request": _WORD,
    "key": _KEY,
}
_EXCEPTION = "exception"
_LEVELS = (logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)


def logger(name: str = NAME) -> BoundLogger:
    """A structured logger under ``claimdesk``; silent until ``configure`` was called or a host listens."""
    import structlog

    logging.getLogger(NAME).addHandler(logging.NullHandler())
    made: BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _exceptions(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return made


def configure(verbosity: int, stream: TextIO | None = None) -> None:
    """Logs to ``stream`` (standard error): -1 errors, 0 warnings, 1 one line a command, 2 everything."""
    level = _LEVELS[max(0, min(verbosity + 1, len(_LEVELS) - 1))]
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h, _Handler)]:
        root.removeHandler(handler)
    root.addHandler(_Handler(stream))
    root.setLevel(logging.WARNING)
    logging.getLogger(NAME).setLevel(level)
    # Each trigger of the state machine would be a line, and its messages name objects.
    logging.getLogger("transitions").setLevel(logging.WARNING)


def command_done(**fields: Any) -> None:
    """The one line of a command: verb, claim, outcome, duration_ms, exit_code."""
    if logging.getLogger(NAME).isEnabledFor(logging.INFO):
        logger().info("command", **{k: v for k, v in fields.items() if v is not None})


class _Handler(logging.StreamHandler[TextIO]):
    """Writes where standard error is now; structlog is loaded with the first line only."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__(stream or sys.stderr)

    def format(self, record: logging.LogRecord) -> str:
        return _formatter().format(record)


@cache
def _formatter() -> ProcessorFormatter:
    import structlog

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            _only_where_from,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _exceptions(),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            allow,
            structlog.processors.JSONRenderer(ensure_ascii=True, sort_keys=True),
        ],
    )


@cache
def _exceptions() -> Any:
    from structlog.processors import ExceptionRenderer
    from structlog.tracebacks import ExceptionDictTransformer

    return ExceptionRenderer(ExceptionDictTransformer(show_locals=False, max_frames=30))


def _only_where_from(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What another library says may hold anything; that it said something is enough."""
    return {k: v for k, v in event.items() if k in ("_record", "_from_structlog", "exc_info")} | {"event": "foreign"}


def allow(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """The listed keys with values of the right shape; the last processor before the line is written."""
    kept: dict[str, Any] = {}
    for name, value in event.items():
        if name == _EXCEPTION:
            kept[name] = _places(value)
        elif name in ALLOWED and _fits(name, value):
            kept[name] = value
    kept.setdefault("event", "unnamed")
    return kept


def _fits(name: str, value: Any) -> bool:
    if isinstance(value, bool | int):
        return True
    return isinstance(value, str) and ALLOWED[name].match(value) is not None


def _places(found: Any) -> list[dict[str, Any]]:
    """Type and places of each exception; its text may hold anything and is left out."""
    stacks = cast("list[dict[str, Any]]", found) if isinstance(found, list) else []
    return [
        {"type": str(one.get("exc_type", "")), "at": [f"{f['name']}:{f['lineno']}" for f in one.get("frames", ())]}
        for one in stacks
    ]
