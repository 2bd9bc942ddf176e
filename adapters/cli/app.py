"""The command line as a whole: runs a command, turns whatever happens into output and an exit code.

Decision: nothing that happens here shows a traceback. Authority: contract section 6 (exit codes).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click

from ...states.errors import ClaimdeskError
from . import failures
from .call import Call
from .catalogue import COMMANDS
from .groups import Root
from .output import forget_stdout, open_streams, say


class Main(Root):
    """The outermost command; ends with the contract's exit codes."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs ``args``; with ``standalone_mode`` the process ends with the exit code, else the code is returned."""
        call = Call()
        words = list(sys.argv[1:] if args is None else args)
        if words[:1] == ["help"] and (len(words) == 1 or words[1] in COMMANDS):
            words = [*words[1:], "--help"]
        code = _guarded(self, words, call, prog_name or "claimdesk")
        if standalone_mode:
            sys.exit(code)
        return code


def _guarded(command: Main, words: list[str], call: Call, name: str) -> int:
    error: ClaimdeskError | None = None
    code = 0
    try:
        try:
            code = _run(command, words, call, name)
            sys.stdout.flush()
        except click.exceptions.Exit as end:  # --help, --version
            code = end.exit_code
        except click.exceptions.NoArgsIsHelpError as alone:
            say(alone.format_message())
            code = failures.USAGE
        except click.ClickException as wrong:
            error = failures.usage(wrong)
        except ClaimdeskError as told:
            error = told
        except (KeyboardInterrupt, click.Abort):
            say(f"interrupted: {call.kept or 'what was committed is kept, nothing else was written'}")
            code = failures.INTERRUPTED
        except Exception as wrong:  # whatever it is, nobody gets a traceback
            if failures.reader_is_gone(wrong):
                raise
            error = failures.unwritten(wrong, call.kept) or failures.internal(wrong, call.verb)
        if error is not None:
            _tell(error, call, words)
            code = error.exit_code
    except BrokenPipeError:
        forget_stdout()
        # A command that writes as it prints stopped half-way: running it again goes on where it stopped.
        code = 75 if call.kept else 0
    _log(call, code, error)
    return code


def _tell(error: ClaimdeskError, call: Call, words: list[str]) -> None:
    try:
        failures.show(error, call.as_json or _wants_json(words), _language(call, words))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError:  # standard output takes nothing more; the words may still be read
        forget_stdout()
        failures.show(error, as_json=False)


def _run(command: Main, words: list[str], call: Call, name: str) -> int:
    with command.make_context(name, words, obj=call) as ctx:
        result = command.invoke(ctx)
    return result if isinstance(result, int) else 0


def _wants_json(words: list[str]) -> bool:
    """Whether ``--json`` was asked for, also where the rest could not be understood."""
    head = words[: words.index("--")] if "--" in words else words
    return "--json" in head


def _language(call: Call, words: list[str]) -> str:
    """The language of the error, also where the words could not be understood."""
    if "lang" not in call.told:
        for word, value in zip(words, [*words[1:], ""], strict=True):
            if word in ("--lang", "--lang=zh-CN") and (value == "zh-CN" or word.endswith("zh-CN")):
                return "zh-CN"
    return call.language()


def _log(call: Call, code: int, error: ClaimdeskError | None) -> None:
    if not call.told.get("verbose"):
        return
    import time

    from ..logs import command_done

    command_done(
        verb=call.verb,
        claim=_ours(call.claim or (error.claim if error else None)),
        exit_code=code,
        outcome=error.code if error else "done" if code == 0 else "reported",
        duration_ms=int((time.perf_counter() - call.began) * 1000),
    )


def _ours(claim: str | None) -> str | None:
    """A claim id as it may stand in a log: what was typed in its place could be anything, a name too."""
    good = claim is None or (len(claim) <= 70 and claim.startswith(("CLM-", "SLR-")))
    return claim if good else "?"


cli = Main("claimdesk", help="Claim triage: file, decide by dated rules, pay once, recover, explain.")


#: Set by the completion script of a shell; its name follows click's rule.
COMPLETE = "_CLAIMDESK_COMPLETE"


def run(words: list[str]) -> int:
    """Runs the command line and returns its exit code."""
    if not open_streams():
        failures.show(failures.nowhere_to_write(), as_json=False)
        return failures.USAGE
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            with suppress(OSError):  # what waits to be written finds no room: said when the command writes
                reconfigure(errors="backslashreplace")
    asked = os.environ.get(COMPLETE)
    if asked:  # a shell wants the script that asks us, or, in that script, the words that could come next
        from click.shell_completion import shell_complete

        return shell_complete(cli, {}, "claimdesk", COMPLETE, asked)
    return cli.main(words, standalone_mode=False)
