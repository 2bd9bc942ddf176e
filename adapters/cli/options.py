"""The options every command takes. Each is kept in the call when it is given, wherever it stands."""

from __future__ import annotations

from functools import cache
from typing import Any

import click
from click.core import ParameterSource

from .call import Call


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    name = str(param.name)
    if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
        told = ctx.ensure_object(Call).told
        told[name] = told.get(name, 0) + value if param.name == "verbose" else value
    return value


def _option(*words: str, **more: Any) -> click.Option:
    return click.Option(words, expose_value=False, callback=_keep, **more)


@cache
def COMMON() -> tuple[click.Option, ...]:  # noqa: N802  # a constant that is made when it is first needed
    """The options of every command."""
    return (
        _option("--db", metavar="URL", help="Database: sqlite:///claims.db, postgresql+psycopg://…, or a path."),
        _option("--as", "actor", metavar="ACTOR", help="Who does it, for example cs:mei. Default: cli:USER."),
        _option("--reason", metavar="TEXT", help="Why; required where a person decides or money moves."),
        _option("--json", "as_json", is_flag=True, help="JSON on standard output; one object a line for lists."),
        _option(
            "--lang",
            type=click.Choice(["en", "zh-CN"], case_sensitive=False),
            help="Language of sentences; names stay as they are.",
        ),
        _option("--at", metavar="INSTANT", help="Show the past: 2024-06-03T09:00:00-07:00 (commands that read)."),
        _option("-n", "--dry-run", "dry_run", is_flag=True, help="Say what would happen; write nothing."),
        _option("-q", "--quiet", is_flag=True, help="No messages on standard error but errors."),
        _option("-v", "--verbose", count=True, help="Log to standard error as JSON; -vv says more."),
    )


@cache
def WRITE() -> tuple[click.Option, ...]:  # noqa: N802
    """The options of commands that write."""
    return (
        _option(
            "--expected-version",
            "expected",
            type=int,
            metavar="N",
            help="Refuse when the claim has changed since version N.",
        ),
        _option("--idempotency-key", "key", metavar="KEY", help="Same key and content: the first result again."),
        _option("--approved-by", "approved", metavar="ACTOR", help="The second person, where one is needed."),
    )


def write_names() -> dict[str, str]:
    """Name in the call and flag of each option of commands that write."""
    return {str(o.name): o.opts[0] for o in WRITE()}
