"""What the endpoints answer, as JSON Schema: the members that are always there, and their kinds.

Decision: written out, since views are plain records without shapes of their own; a test holds every schema against
what is really answered. More members may come: clients must not refuse them. Left out: facts, whose shapes are the
payloads'.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...states.codes import Outcome

_TEXT: Final = {"type": "string"}
_MAYBE: Final = {"type": ["string", "null"]}
_MONEY: Final = {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? [A-Z]{3}$", "examples": ["640.00 USD"]}
_INSTANT: Final = {"type": "string", "format": "date-time"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_YES_NO: Final = {"type": "boolean"}
_COUNT: Final = {"type": "integer", "minimum": 0}


def _object(members: Mapping[str, Any], *, optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    found = {"type": "object", "required": list(members), "properties": {**members, **(optional or {})}}
    return found if members else {"type": "object"}


def _page(name: str, of: str) -> dict[str, Any]:
    return _object({name: {"type": "array", "items": {"$ref": f"#/components/schemas/{of}"}}, "next": _MAYBE})


_DEADLINE: Final = _object({"kind": _TEXT, "on": {"type": "string", "format": "date"}, "due": _INSTANT, "status": _TEXT,
                            "recipe": {"type": "object"}})  # fmt: skip
_DEADLINES: Final = {"type": "array", "items": _DEADLINE}
_REASON: Final = _object({"code": _TEXT, "rule": _TEXT, "tested": _TEXT, "value": _MAYBE,
                          "result": {"type": ["boolean", "null"]}, "source": _TEXT})  # fmt: skip

SCHEMAS: Final[Mapping[str, Any]] = {
    "Object": {"type": "object"},
    "Problem": _object(
        {"type": _TEXT, "title": _TEXT, "status": _COUNT, "detail": _TEXT, "code": _TEXT, "request": _TEXT},
        optional={
            "hint": _TEXT, "field": _TEXT, "claim": _TEXT, "state": _TEXT, "allowed": _TEXTS, "next": _TEXT,
            "retryable": _YES_NO, "unmet": {"type": "array", "items": {"type": "object"}},
            "errors": {"type": "array", "items": _object({"pointer": _TEXT, "detail": _TEXT})},
        },
    ),
    "Claim": _object(
        {
            "claim": _TEXT, "programme": _TEXT, "marketplace": _TEXT, "state": _TEXT, "version": _COUNT,
            "outcome": {"enum": [one.value for one in Outcome]}, "filed_at": _INSTANT, "updated_at": _INSTANT,
            "seller": _MAYBE, "order": _MAYBE, "incident_on": _MAYBE, "eligible_amount": _MONEY,
            "paid_by_amazon": _MONEY, "paid_by_seller": _MONEY, "paid_by_insurer": _MONEY,
            "recovery": _object({"status": _TEXT, "amount": _MONEY, "from": _MAYBE}),
            "withholding_allowed": _YES_NO, "odr_counted": _YES_NO, "hold": _MAYBE, "holds": _TEXTS, "reasons": _TEXTS,
            "visited": _TEXTS, "deadlines": _DEADLINES, "tasks": _TEXTS, "owner": _MAYBE, "rulebook": _TEXT,
            "dry_run": _YES_NO, "erased": {"type": ["object", "null"]},
        },
        optional={"redirected_from": _TEXT, "continues": _TEXT, "continued_as": _TEXT},
    ),
    "SellerFile": _object({
        "file": _TEXT, "seller": _TEXT, "state": _TEXT, "version": _COUNT, "required": _YES_NO, "due_on": _MAYBE,
        "certificates": {"type": "array", "items": {"type": "object"}}, "facts": {"type": "object"},
        "visited": _TEXTS, "deadlines": _DEADLINES, "rulebook": _TEXT,
    }),
    "Explanation": _object({
        "claim": _TEXT, "state": _TEXT, "outcome": _TEXT, "text": _TEXT,
        "decisions": {"type": "array", "items": _object({
            "decision": _TEXT, "at": _INSTANT, "kind": _TEXT, "outcome": _TEXT, "state": _TEXT,
            "reasons": {"type": "array", "items": _REASON}, "rulebook": _TEXT, "rulebook_sha256": _TEXT,
        })},
    }),
    "Timeline": _object({"claim": _TEXT, "timeline": {"type": "array", "items": {"type": "object"}}}),
    "Actions": _object({
        "claim": _TEXT, "state": _TEXT, "hold": _MAYBE, "can": _TEXTS, "cannot": {"type": "object"},
        "waits_for": _TEXT, "next": _MAYBE,
    }),
    "Transfer": _object({
        "transfer": _TEXT, "claim": _TEXT, "kind": _TEXT, "amount": _MONEY, "debit": _TEXT, "credit": _TEXT,
        "obligation": {"type": ["integer", "null"]}, "pending": _MAYBE, "reverses": _MAYBE, "entry": _TEXT,
        "at": _INSTANT,
    }),
    "Proposal": _object({
        "id": _TEXT, "claim": _TEXT, "kind": _TEXT, "verb": _TEXT, "author": _TEXT, "roles": _TEXTS,
        "amount_minor": _COUNT, "currency": _TEXT, "at": _INSTANT, "verdict": _MAYBE, "review_by": _MAYBE,
    }),
    "Personal": _object({"claim": _TEXT, "personal": {"type": "object"}}),
    "ClaimPage": _page("claims", "Claim"),
    "SellerPage": _page("sellers", "SellerFile"),
    "TransferPage": _page("transfers", "Transfer"),
    "ProposalPage": _object({"proposals": {"type": "array", "items": {"$ref": "#/components/schemas/Proposal"}}}),
    "Purpose": {"type": "object", "required": ["purpose"], "properties": {"purpose": _TEXT},
                "additionalProperties": False},
    "Reasoned": {"type": "object", "properties": {"reason": _TEXT}, "additionalProperties": False},
    "Lines": {"type": "string", "description": "one JSON object a line, as claimdesk triage --json prints them"},
}  # fmt: skip
