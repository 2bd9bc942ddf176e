"""At which revision the tables of this version stand; told apart from the tables, so that a reader need not load them.

A test holds ``HEAD`` equal to the last revision that the migration tool finds.
"""

from __future__ import annotations

from typing import Final

#: Every revision there ever was, oldest first; the last one is the tables'.
KNOWN: Final = (
    "0001_first_tables",
    "0002_log",
    "0003_privacy",
    "0004_control",
    "0005_imports",
    "0006_queries",
    "0007_quick_guards",
    "0008_two_filters",
    "0009_entries_in_order",
    "0010_settled_back",
)
HEAD: Final = KNOWN[-1]
#: The table that keeps it.
VERSION_TABLE: Final = "claimdesk_version"
#: The first SQLite library without the WAL reset bug (a database could be damaged by two connections).
WAL_SAFE: Final = (3, 51, 3)
