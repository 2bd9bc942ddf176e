"""The guards of money in PostgreSQL look up less; they refuse the same.

Frozen: it says what revision 0007 was, whatever ``triggers`` says later.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from claimdesk.adapters.sql.guards import statements

revision = "0007_quick_guards"
down_revision = "0006_queries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Puts the new bodies in the place of the old ones."""
    for statement in statements(op.get_context().dialect.name, "0007"):
        op.execute(sa.text(statement.replace(":", "\\:")))
