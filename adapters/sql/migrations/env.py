"""Alembic's entry: runs the revisions on the connection it is given, or writes them as SQL.

Decision: whoever calls gives the connection and owns its transaction (``claimdesk.adapters.sql.migrate``), so that an
upgrade is one transaction on both databases. Left out: configuration files; there is nothing to configure.
"""

from __future__ import annotations

from typing import Any

from alembic import context

from claimdesk.adapters.sql.revision import VERSION_TABLE
from claimdesk.adapters.sql.tables import metadata

_COMMON: dict[str, Any] = {
    "target_metadata": metadata,
    "version_table": VERSION_TABLE,
    "render_as_batch": True,  # SQLite changes a table by making it anew
    "transactional_ddl": True,
    "compare_type": True,
}

if context.is_offline_mode():
    context.configure(dialect_name=context.config.attributes["dialect"], literal_binds=True, **_COMMON)
else:
    context.configure(connection=context.config.attributes["connection"], **_COMMON)

with context.begin_transaction():
    context.run_migrations()
