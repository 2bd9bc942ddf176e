"""``claimdesk export``: the data as files, for spreadsheets and other programs, and to be filed again elsewhere."""

from __future__ import annotations

from ...groups import late_family

command = late_family(
    "export",
    "Write claims, sellers, certificates or the ledger as JSON Lines or CSV.",
    examples=[
        ("claimdesk export claims --out claims.jsonl", "what was filed; another store triages it to the same claims"),
        ("claimdesk export claims --state disputed --excel --out disputed.csv", "a table for a spreadsheet"),
        ("claimdesk export ledger --format csv --out ledger.csv", "every transfer of money"),
    ],
    exits=(0, 1, 2, 5, 75),
)
