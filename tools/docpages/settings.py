"""Settings: every one there is, where it may be told, and what it means."""

from __future__ import annotations

from collections.abc import Iterator

from claimdesk.adapters.config import FILE, KEYS

from .markdown import Page, cell, code, page, table


def pages() -> Iterator[Page]:
    """One page."""
    rows = [
        (code(name), code(key.variable) if key.variable else "", key.kind, _default(key.default), cell(key.meaning))
        for name, key in KEYS.items()
    ]
    yield page(
        "reference/settings.md",
        "Settings",
        f"An option of the command line beats the environment, the environment beats the nearest `{FILE}` in the "
        "working folder or a folder above it, and that beats the default.",
        table(("setting", "variable", "kind", "default", "meaning"), rows),
        "A key that is no setting is refused, with the nearest one as a hint.\n"
        "Addresses of files are meant from the folder of the file they stand in.\n"
        "Passwords stand in none of them: see [PostgreSQL](../howto/postgresql.md#name-it) and "
        "[letters](../howto/letters.md).",
        "`claimdesk config show --show-origin` prints what is in force and where it comes from; `claimdesk help "
        "environment` prints this list.",
        "`NO_COLOR` keeps tables without colours, and `TERM=dumb` leaves out the counter as well.",
    )


def _default(value: object) -> str:
    return "" if value in (None, (), {}) else code(str(value))
