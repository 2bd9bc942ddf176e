"""``claimdesk config show``: the settings in force and where each comes from. Passwords are not shown."""

from __future__ import annotations

from typing import Any

import click

from ..call import Call
from ..groups import family, page
from ..output import columns, put, put_json


@page(
    "show",
    examples=[
        ("claimdesk config show", "the settings in force"),
        ("claimdesk config show --show-origin", "and where each comes from"),
    ],
    exits=(0, 2),
    see=("doctor",),
)
@click.option("--show-origin", is_flag=True, help="Say where each setting comes from.")
@click.pass_obj
def show(call: Call, show_origin: bool) -> None:
    """Show the settings in force and where each comes from."""
    from ...config import KEYS, without_password

    config = call.config
    found: list[dict[str, Any]] = []
    for name, setting in config.settings.items():
        value = without_password(setting.value) if isinstance(setting.value, str) else setting.value
        found.append({"name": name, "value": value, "origin": setting.origin, "meaning": KEYS[name].meaning})
    if call.as_json:
        put_json({"file": str(config.file) if config.file else None, "settings": found})
        return
    rows = [[s["name"], _text(s["value"]), *([s["origin"]] if show_origin else [])] for s in found]
    for line in columns(rows):
        put(line)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k}={v}" for k, v in value.items())  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list | tuple):
        return ", ".join(str(v) for v in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return "" if value is None else str(value)


command = family(
    "config",
    "Show the settings in force and where each comes from.",
    show,
    examples=[("claimdesk config show --show-origin", "settings and where they come from")],
)
