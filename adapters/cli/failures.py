"""What went wrong, in the form the caller needs: words on standard error, an object with ``--json``, an exit code.

Decision: an error of ours carries its own exit code; anything unexpected becomes ``internal`` with a report file
that names places in the code and nothing else: no message, no value, no argument, because each may be personal.
Authority: contract section 6; UX notes 5.4.
"""

from __future__ import annotations

import errno
import os
import platform
import re
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...states.errors import ClaimdeskError
from .output import clean, put_json, say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from traceback import FrameSummary

USAGE, INTERRUPTED = 2, 130
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class Usage(ClaimdeskError):
    """The command line is not usable."""


class Internal(ClaimdeskError):
    """A fault of this program."""


class Unwritten(ClaimdeskError):
    """What was to be written found no room."""

    exit_code = 75
    retryable = True


def usage(error: click.ClickException) -> ClaimdeskError:
    """click's complaint as one of ours; what stood on the command line is repeated only where it is a name."""
    hint = str(getattr(error, "hint", "") or "")
    message = error.format_message().rstrip(".")
    if isinstance(error, click.NoSuchOption):
        close = list(error.possibilities or ())
        message = f"there is no option {error.option_name[:40]}"
        hint = f"did you mean {close[0]}?" if close else _help_hint(error)
    elif isinstance(error, click.MissingParameter) and error.param is not None:
        option = isinstance(error.param, click.Option)
        message = f"{max(error.param.opts, key=len) if option else error.param.human_readable_name} is missing"
    elif message.startswith("Got unexpected extra argument"):
        message = "there are more words than this command takes"
    elif isinstance(error, click.BadParameter) and error.param is not None:
        message = f"{max(error.param.opts, key=len)} has a value that does not fit"
        hint = hint or "; ".join(part for part in (_fitting(error.param.type), _help_hint(error)) if part)
    else:
        message = message[:1].lower() + message[1:]
    return Usage("usage", message, hint=hint or _help_hint(error))


def _fitting(kind: Any) -> str:
    """Which values fit an option."""
    if isinstance(kind, click.Choice):
        return "one of: " + ", ".join(map(str, kind.choices))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    if not isinstance(kind, click.IntRange | click.types.IntParamType):
        return ""
    low, high = getattr(kind, "min", None), getattr(kind, "max", None)
    limits = (
        (("of at least", low), ("of at most", high)) if high is None or low is None else (("from", low), ("to", high))
    )
    return " ".join(["a whole number", *(f"{word} {limit}" for word, limit in limits if limit is not None)])


def _help_hint(error: click.ClickException) -> str:
    ctx = getattr(error, "ctx", None)
    return f"{ctx.command_path if ctx is not None else 'claimdesk'} --help"


def show(error: ClaimdeskError, as_json: bool, lang: str = "en") -> None:
    """The error, where it belongs: always in words, and as an object where a program reads."""
    if as_json:
        put_json({"error": error.to_dict()})
    for line in (_translated(error, lang) if lang != "en" else None) or lines(error):
        say(line)


def lines(error: ClaimdeskError) -> list[str]:
    """The error for people: what, code, then what applies."""
    found = [f"error: {error.message} [{error.code}]"]
    rows: list[tuple[str, str]] = []
    told = (("claim", error.claim), ("field", error.field), ("state", error.state))
    rows += [(label, value) for label, value in told if value not in (None, "", "?")]
    rows += [("unmet", _unmet(reason)) for reason in error.unmet]
    if error.allowed:
        rows.append(("you can", ", ".join(error.allowed)))
    if error.next_on:
        rows.append(("next", error.next_on))
    found += [f"  {label.ljust(7)}  {value}" for label, value in rows]
    if error.hint and not error.hint.startswith("you can: "):
        found.append(f"hint: {error.hint}")
    return found


def _unmet(reason: Mapping[str, Any]) -> str:
    rule = str(reason.get("rule") or reason.get("code") or "")
    what = str(reason.get("tested") or "")
    value = reason.get("value")
    on_file = f"on file: {value}" if value not in (None, "") else ""
    said = "; ".join(part for part in (what, on_file) if part)
    return f"{rule}: {said}" if said else rule


def _translated(error: ClaimdeskError, lang: str) -> list[str] | None:
    """The error in another language; None where there are no words for it."""
    from ...workflow.explain import refusal_text

    try:
        return refusal_text(error.to_dict(), lang).splitlines()
    except Exception:  # noqa: BLE001  # an error must be told, if need be in English
        return None


# ---------------------------------------------------------------- faults of ours


def internal(error: BaseException, verb: str) -> ClaimdeskError:
    """An unexpected exception, with a report file that holds no value of any claim."""
    try:
        where = _write_report(error, verb)
    except OSError:
        return Internal("internal", "internal error", hint="no report could be written")
    return Internal("internal", "internal error", hint=f"please send this report, it holds no personal data: {where}")


def _write_report(error: BaseException, verb: str) -> Path:
    handle, name = tempfile.mkstemp(
        prefix=f"claimdesk-report-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-", suffix=".txt"
    )
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(report(error, verb)) + "\n")
    return Path(name)


def report(error: BaseException, verb: str) -> list[str]:
    """Versions, the command's name, and the places in the code the exception came through."""
    from traceback import extract_tb

    from claimdesk import __version__

    found = [
        f"claimdesk {__version__}",
        f"python {platform.python_version()} on {platform.system()} {platform.machine()}",
        f"command {verb if re.fullmatch(r'[a-z_ -]{1,40}', verb) else '-'}",
    ]
    seen: set[int] = set()
    fault: BaseException | None = error
    while fault is not None and id(fault) not in seen:
        seen.add(id(fault))
        found.append(f"{type(fault).__module__}.{type(fault).__qualname__}")
        found += [f"  {_place(f)}" for f in extract_tb(fault.__traceback__)[-40:]]
        fault = fault.__cause__ or fault.__context__
    return [clean(line) for line in found]


def _place(frame: FrameSummary) -> str:
    path = Path(frame.filename)
    return f"{'/'.join(path.parts[-3:])}:{frame.lineno} in {frame.name}"


def unwritten(error: BaseException, kept: str) -> ClaimdeskError | None:
    """What to say when no more output could be written, such as to a full disk; None when it was something else."""
    if not isinstance(error, OSError) or error.errno not in _FULL:
        return None
    return Unwritten(
        "cannot_write",
        f"the output cannot be written: {error.strerror}",
        hint=kept or "make room for it, then run it again",
    )


def nowhere_to_write() -> ClaimdeskError:
    """What to say when standard output is closed; nothing is begun then."""
    return Usage(
        "cannot_write",
        "standard output is closed; nothing was done",
        hint="give it somewhere to go; > /dev/null throws it away",
    )


def reader_is_gone(error: BaseException) -> bool:
    """Whether whoever read standard output has stopped reading."""
    return isinstance(error, BrokenPipeError)
