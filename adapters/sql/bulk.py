"""From how many rows on PostgreSQL takes them in a stream for each table.

Decision: a few rows go out together in one round trip; from a handful on COPY is less work on both sides.
Left out: how either is done (``pipeline``).
"""

from __future__ import annotations

from typing import Final

#: From this many rows in one call on, they are copied.
MANY: Final = 40
