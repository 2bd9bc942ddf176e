"""``claimdesk import``: files as other programs write them. One module a command, listed in the catalogue.

Decision: what an import came to is data and goes to standard output; how a file was read, and that a run is continued,
is a message. Authority: UX notes 6; contract section 6.
"""

from __future__ import annotations

from ...groups import late_family

command = late_family(
    "import",
    "Import claims and what belongs to them: plan first, lose nothing, take up again.",
    examples=[
        ("claimdesk import map june.csv -o helpdesk.toml", "a draft of a map, to be corrected"),
        ("claimdesk import plan june.csv --map helpdesk.toml", "what would come out; nothing is written"),
        ("claimdesk import claims june.csv --map helpdesk.toml --rejects june.rejects.csv", "import it"),
        ("claimdesk import claims june.rejects.csv --map helpdesk.toml", "the corrected rows"),
    ],
    exits=(0, 1, 2, 4, 5, 6, 75, 130),
)
