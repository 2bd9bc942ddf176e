"""What is shown of a record on the wire, alike on the command line and over HTTP.

Authority: contract sections 5 to 7 (one form everywhere). Left out: claims and sellers' files, whose views carry their
own form (``workflow.view``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..workflow.ports import TransferRow


def decisions_of(entries: Iterable[dict[str, Any]], at: datetime | None) -> list[dict[str, Any]]:
    """Every decision up to ``at``, oldest first, its reasons as the wire shows them."""
    from ..states.times import instant_text
    from ..workflow.explain import reason_json
    from ..workflow.reasons import Reason
    from ..workflow.rulebook import resolve

    limit = None if at is None else instant_text(at)
    found: list[dict[str, Any]] = []
    for entry in entries:
        made = entry.get("decision")
        if made is None or (limit is not None and entry["at"] > limit):
            continue
        version = resolve(made["rulebook"])
        found.append(
            {
                "decision": made["id"],
                "at": entry["at"],
                "kind": made["kind"],
                "outcome": made["outcome"],
                "state": entry["to"],
                "reasons": [reason_json(Reason.from_entry(r), version) for r in made["reasons"]],
                "rulebook": made["rulebook"],
                "rulebook_sha256": made["rulebook_sha256"],
            }
        )
    return found


def transfer_json(row: TransferRow) -> dict[str, Any]:
    """One transfer of money; its amount as decimal text."""
    from ..states.money import to_text

    return {
        "transfer": row.id,
        "claim": row.claim,
        "kind": row.kind,
        "amount": to_text(row.amount, row.currency),
        "debit": row.debit,
        "credit": row.credit,
        "obligation": row.obligation,
        "pending": row.pending,
        "reverses": row.reverses,
        "entry": row.entry,
        "at": row.at,
    }
