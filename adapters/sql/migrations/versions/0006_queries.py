"""Indexes for the lists of a large store: each filter by its own, none that sorts a whole seller.

Frozen: it says what revision 0006 was, whatever ``tables`` says today.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_queries"
down_revision = "0005_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the indexes; the one over sellers is made anew in another order."""
    asked = sa.text("recovery_status NOT IN ('none', 'waived')")
    read = sa.text("readings <> ''")
    op.drop_index("case_seller", "case")
    op.create_index("case_seller", "case", ["seller", "id", "state"])
    op.create_index("case_programme", "case", ["programme", "id"])
    op.create_index("case_marketplace", "case", ["marketplace", "id"])
    op.create_index("case_outcome", "case", ["outcome", "id"])
    op.create_index("case_recovery", "case", ["recovery_status", "id"], sqlite_where=asked, postgresql_where=asked)
    op.create_index("decision_reading", "decision", ["claim", "readings"], sqlite_where=read, postgresql_where=read)
    op.create_index("answer_claim", "answer", ["claim"])
