"""What a PostgreSQL role needs: the application's, the sequencer's, and an auditor's who only reads.

Decision: the application owns nothing. It may add to the record and never change it, so that even its own password
does not let anybody switch a guard off. Authority: trust notes 2.3 (roles). Left out: SQLite, where whoever may write
the file may do anything.
"""

from __future__ import annotations

import re

from ...states.errors import ConfigError
from .revision import VERSION_TABLE
from .tables import metadata

_ADDED_TO = (
    *("entry", "transfer", "decision", "idempotency", "source", "erasure", "closed_epoch"),
    *("control", "proposal", "answer", "approval"),
)
_CHANGED = ("case", "notice", "meta", "import_run")
_EMPTIED = ("task", "sealed")
#: The log is the sequencer's alone: entries begin to wait by a trigger that needs no right of its writer.
_LOGGED = ("log_leaf", "log_tile", "log_checkpoint", "log_cosignature")
_LOG_CHANGED = ("log_tile", "log_state")
_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z", re.ASCII)


def grants(role: str, *, auditor: bool = False, sequencer: bool = False) -> list[str]:
    """The statements that give ``role`` what it needs, to be run by the owner of the tables."""
    if not _ROLE.match(role):
        raise ConfigError("bad_role", "a role is named with lower-case letters, digits and _", field="role")
    every = [*(f'"{name}"' for name in sorted(metadata.tables)), "standing", VERSION_TABLE]
    found = [f"GRANT SELECT ON {', '.join(every)} TO {role}"]
    if auditor:
        return found
    if sequencer:
        found += [f'GRANT INSERT ON "{name}" TO {role}' for name in _LOGGED]
        found += [f'GRANT UPDATE ON "{name}" TO {role}' for name in _LOG_CHANGED]
        return [*found, f'GRANT DELETE ON "log_pending" TO {role}']
    found += [f'GRANT INSERT ON "{name}" TO {role}' for name in _ADDED_TO]
    found += [f'GRANT INSERT, UPDATE ON "{name}" TO {role}' for name in _CHANGED]
    found += [f'GRANT INSERT, UPDATE, DELETE ON "{name}" TO {role}' for name in _EMPTIED]
    return found
