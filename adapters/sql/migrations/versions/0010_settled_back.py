"""What a seller or insurer settled and never paid may be reversed.

Frozen: it says what revision 0010 was, whatever ``triggers`` says later.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from claimdesk.adapters.sql.guards import statements

revision = "0010_settled_back"
down_revision = "0009_entries_in_order"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Puts the new guard in the place of the old one."""
    for statement in statements(op.get_context().dialect.name, "0010"):
        op.execute(sa.text(statement.replace(":", "\\:")))
