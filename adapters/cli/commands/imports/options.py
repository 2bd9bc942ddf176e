"""The options every import takes, and the map that comes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from .....states.errors import InputError
from ...payloads import read_text

if TYPE_CHECKING:
    from .....workflow.imports.maps import Map

_READING = (
    click.option("--map", "map_file", metavar="FILE", help="A map: which column means what (see: import map)."),
    click.option("--default", "defaults", multiple=True, metavar="COLUMN=VALUE", help="For rows that do not say it."),
    click.option("--source", "name", metavar="NAME", help="Where the rows come from, such as helpdesk."),
    click.option("--marketplace", metavar="CODE", help="Whose rules apply to rows that name none, such as US."),
    click.option("--encoding", metavar="NAME", help="auto, utf-8, utf-16, gb18030, big5, windows-1252, …"),
    click.option("--delimiter", metavar="NAME", help="auto, comma, tab, semicolon, bar, or the character."),
    click.option("--timezone", "zone", metavar="ZONE", help="Zone of local times, such as Asia/Shanghai."),
    click.option("--date-format", metavar="FORM", help="Form of days, such as %d/%m/%Y."),
    click.option("--format", "form", type=click.Choice(["auto", "csv", "jsonl"]), default="auto", show_default=True,
                 help="What the file is."),
    click.option("--create-sellers", is_flag=True, help="A seller nobody knows gets a file."),
)  # fmt: skip
_RUNNING = (
    click.option("--rejects", metavar="FILE", help="Rejected rows as they came, to correct and import again."),
    click.option("--report", metavar="FILE", help="One line a problem, with line and record number (.csv or .jsonl)."),
    click.option("--show-values", is_flag=True, help="Personal values stand in the report too."),
    click.option("--no-update", is_flag=True, help="Reject rows that are on file with other content."),
    click.option("--on-error", type=click.Choice(["continue", "stop"]), default="continue", show_default=True,
                 help="stop: nothing after the first rejected row."),
    click.option("--atomic", is_flag=True, help="All rows or none, in one transaction."),
    click.option("--batch", type=click.IntRange(1, 10_000), default=500, show_default=True, help="Rows a transaction."),
)  # fmt: skip

_Command = Callable[..., Any]


def reading(command: _Command) -> _Command:
    """How a file is read."""
    for option in reversed(_READING):
        command = option(command)
    return command


def in_folder(command: _Command) -> _Command:
    """Where the files of a manifest are."""
    words = "Of a manifest of evidence: where its files are. Left out: beside it."
    return click.option("--folder", metavar="FOLDER", help=words)(command)


def running(command: _Command) -> _Command:
    """How it is imported."""
    for option in reversed(_RUNNING):
        command = option(command)
    return reading(command)


def map_of(kind: str, told: dict[str, Any]) -> Map:
    """The map of the options of one command; the file's first, what stands on the command line over it."""
    from .....workflow.imports.maps import Map, added, read_map

    file = told["map_file"]
    made = read_map(read_text(file, "--map"), kind) if file is not None else Map(kind)
    return added(
        made,
        dict(_pair(one) for one in told["defaults"]),
        name=told["name"], marketplace=told["marketplace"], encoding=told["encoding"], delimiter=told["delimiter"],
        zone=told["zone"], date_format=told["date_format"], create_sellers=told["create_sellers"] or None,
    )  # fmt: skip


def _pair(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals or not name or not value:
        raise InputError(
            "not_key_value", "a default is COLUMN=VALUE", field="--default", hint="for example currency=USD"
        )
    return name, value
