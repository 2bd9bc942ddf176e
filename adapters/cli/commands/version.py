"""``claimdesk version``: the version, and with ``--json`` what it runs on."""

from __future__ import annotations

import click

from ..call import Call
from ..groups import page
from ..output import put, put_json


@page(
    "version",
    examples=[("claimdesk version", "one line"), ("claimdesk version --json", "with Python and SQLite")],
    exits=(0, 2),
)
@click.pass_obj
def command(call: Call) -> None:
    """Print the version."""
    from claimdesk import __version__

    if not call.as_json:
        put(f"claimdesk {__version__}")
        return
    import platform
    import sqlite3

    put_json(
        {
            "version": __version__,
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "system": platform.system(),
        }
    )
