"""``claimdesk audit``: the record checked, proved to others, sampled. One module a command, listed in the catalogue.

Decision: a command is plugged in by its module here and one line in ``catalogue.PARTS``; nothing of it is loaded before
it is asked for. Authority: contract section 6, trust notes 2, 5 and 6.
"""

from __future__ import annotations

from ...groups import late_family

command = late_family(
    "audit",
    "Check the record, prove it to others, draw samples from it.",
    examples=[
        ("claimdesk audit verify", "is everything as it was written?"),
        ("claimdesk audit checkpoint --publish", "sign what waits, and publish it"),
        ("claimdesk audit pack --sample 25 --seed 2024Q2 -o pack.zip", "a sample for an auditor, to check offline"),
    ],
    exits=(0, 1, 2, 5, 75),
)
