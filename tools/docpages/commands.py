"""The command line: the help of every command, exactly as it is printed."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

import click

from .markdown import Page, code, fence, page, table

_WIDTH = "100"


def pages() -> Iterator[Page]:
    """One page."""
    from claimdesk.adapters.cli.app import cli  # noqa: PLC0415  # the command line may be left out of an installation
    from claimdesk.adapters.cli.groups import EXITS  # noqa: PLC0415

    with _plain_terminal():
        texts = dict(_walk((), cli))
    parts = [
        "`claimdesk` has one command for each job; data goes to standard output and everything else to standard error.",
        "## Exit codes",
        table(("code", "meaning"), EXITS.items()),
        "## All commands",
        fence("text", texts.pop(())),
    ]
    for path, text in texts.items():
        parts += [f"{'#' * (len(path) + 1)} {code('claimdesk ' + ' '.join(path))}", fence("text", text)]
    yield page("reference/commands.md", "Command line", *parts)


@contextmanager
def _plain_terminal() -> Iterator[None]:
    """The same width and colours on every machine."""
    before = {name: os.environ.get(name) for name in ("COLUMNS", "NO_COLOR")}
    os.environ.update(COLUMNS=_WIDTH, NO_COLOR="1")
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _walk(path: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], str]]:
    yield path, _help(path)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            try:
                found = command.get_command(context, name)
            except ModuleNotFoundError as gone:  # listed, and not written yet: told, never left out in silence
                print(f"tools/docs.py: claimdesk {name} cannot be loaded: {gone}", file=sys.stderr)
                continue
            if found is not None:
                yield from _walk((*path, name), found)


def _help(path: tuple[str, ...]) -> str:
    from claimdesk.adapters.cli.app import run  # noqa: PLC0415

    said = io.StringIO()
    with redirect_stdout(said):
        run([*path, "--help"])
    return said.getvalue()
