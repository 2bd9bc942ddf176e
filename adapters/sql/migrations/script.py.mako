"""${message}

Written once, never changed after its release. On SQLite a table that is made anew by a batch loses its triggers and
its STRICT: give ``table_kwargs`` and run the statements of ``guards`` for it again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables to this revision."""
    ${upgrades if upgrades else "pass"}
