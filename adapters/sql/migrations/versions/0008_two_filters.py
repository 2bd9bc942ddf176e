"""Lists by two filters: what the second one asks stands in the index of the first, so no claim is read to be left out.

Frozen: it says what revision 0008 was, whatever ``tables`` says today.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_two_filters"
down_revision = "0007_quick_guards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the indexes anew with more columns."""
    asked = sa.text("recovery_status NOT IN ('none', 'waived')")
    for name in ("case_state", "case_recovery", "case_outcome", "case_programme"):
        op.drop_index(name, "case")
    place = ["programme", "marketplace"]
    op.create_index("case_state", "case", ["state", "id", "outcome", "recovery_status", *place])
    op.create_index(
        "case_recovery",
        "case",
        ["recovery_status", "id", "outcome", *place],
        sqlite_where=asked,
        postgresql_where=asked,
    )
    op.create_index("case_outcome", "case", ["outcome", "id", *place])
    op.create_index("case_programme", "case", ["programme", "id", "marketplace"])
