"""``claimdesk commands``: the whole command line, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from ..call import Call
from ..groups import EXITS, Page, page
from ..options import COMMON, WRITE
from ..output import columns, put, put_json

if TYPE_CHECKING:
    from ..groups import Root


@page(
    "commands",
    examples=[
        ("claimdesk commands", "every command in one list"),
        ("claimdesk commands --json", "with options, arguments and exit codes"),
    ],
    exits=(0, 2),
    see=("schema",),
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List every command and option, for people and programs."""
    call: Call = ctx.obj
    root = ctx.find_root()
    tree = _group(cast("Root", root.command), root)
    if call.as_json:
        shared = {
            "options": [_parameter(p) for p in COMMON()],
            "options_of_writing_commands": [_parameter(p) for p in WRITE()],
            "exit_codes": {str(code): meaning for code, meaning in EXITS.items()},
        }
        put_json({"command": "claimdesk", **shared, "commands": tree})
        return
    for line in columns(_rows(tree, "")):
        put(line)


def _rows(tree: list[dict[str, Any]], head: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for one in tree:
        words = " ".join([one["name"], *(_word(a) for a in one["arguments"])])
        rows.append((f"claimdesk {head}{words}", one["summary"]))
        rows += _rows(one.get("commands", []), f"{head}{one['name']} ")
    return rows


def _word(argument: dict[str, Any]) -> str:
    name = argument["name"]
    return name if argument["required"] or name.startswith("[") else f"[{name}]"


def _group(group: click.Group, ctx: click.Context) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in group.list_commands(ctx):
        one = cast("click.Command", group.get_command(ctx, name))
        inner = click.Context(one, info_name=name, parent=ctx)
        described = _command(one, inner, name)
        if isinstance(one, click.Group):
            described["commands"] = _group(one, inner)
        found.append(described)
    return found


def _command(one: click.Command, ctx: click.Context, name: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": name,
        "summary": one.get_short_help_str(200),
        "help": one.help or "",
        "arguments": [_parameter(p) for p in one.params if isinstance(p, click.Argument)],
        "options": [_parameter(p) for p in one.params if isinstance(p, click.Option)],
    }
    if isinstance(one, Page):
        described |= {
            "writes": one.writes,
            "past_view": one.past,
            "exit_codes": list(one.exits),
            "examples": [line for line, _ in one.examples],
        }
    return described


def _parameter(param: click.Parameter) -> dict[str, Any]:
    kind = param.type
    described: dict[str, Any] = {
        "name": param.human_readable_name if isinstance(param, click.Argument) else str(param.name),
        "type": kind.name,
        "required": param.required,
        "repeated": bool(param.multiple or param.nargs == -1),
    }
    if isinstance(kind, click.Choice):
        described["choices"] = [str(c) for c in kind.choices]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType, reportUnknownArgumentType]
    if isinstance(param, click.Option):
        described |= {"flags": [*param.opts, *param.secondary_opts], "is_flag": param.is_flag, "help": param.help or ""}
    return described
