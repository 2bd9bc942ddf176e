"""The shapes of the generic verbs' payloads, for programmes that take them as they are.

Decision: notes, owners, holds, evidence and payments read the same in every programme, so a new one need not write them
again. Authority: contract section 3. Left out: what a programme narrows for itself (which task a note may close).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from ..states.codes import HoldReason, LegalBasis
from .validation import STRICT, Identifier, LongText, Text

UNKNOWN = "unknown"


_FIELDS_MAX, _FIELD_NAME_MAX, _FIELD_MAX = 500, 500, 100_000


def _as_received(value: object) -> object:
    """Columns of a source that no fact of ours holds, as one JSON text: the journal then names none of them."""
    if not isinstance(value, Mapping):
        raise _fault("not_an_object", "the fields of a source are a mapping of names to texts", "")
    told: dict[str, str] = {}
    for name, text in value.items():  # pyright: ignore[reportUnknownVariableType]
        if not isinstance(name, str) or not isinstance(text, str):
            raise _fault("not_text", "a field of a source is text under a name", "put it in quotes")
        if len(name) > _FIELD_NAME_MAX or len(text) > _FIELD_MAX:
            raise _fault("too_long", f"at most {_FIELD_MAX} characters under a name of {_FIELD_NAME_MAX}", "")
        if any("\ud800" <= c <= "\udfff" for c in name + text):
            raise _fault("bad_character", "text that is no Unicode", "say which encoding the file is in")
        told[name] = text
    if len(told) > _FIELDS_MAX:
        raise _fault("too_many", f"at most {_FIELDS_MAX} fields of a source", "leave some out")
    return json.dumps(told, ensure_ascii=False)


def _fault(code: str, message: str, hint: str, field: str = "") -> PydanticCustomError:
    told = {"code": code, "message": message, "hint": hint, "field": field}
    return PydanticCustomError("claimdesk", "{message}", told)


#: What a source said beside the facts we know, kept as received: personal, and sealed.
SourceFields = Annotated[
    str,
    BeforeValidator(_as_received),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "string", "maxLength": _FIELD_MAX}}),
]


class Evidence(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    id: NotRequired[Identifier]
    kind: NotRequired[Text]
    sha256: NotRequired[Identifier]
    received_at: NotRequired[Text]
    captured_at: NotRequired[Text]


class EvidencePayload(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    evidence: list[Evidence | Identifier]


class Hold(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    hold: NotRequired[Identifier]
    pause_clocks: NotRequired[bool]


class Note(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    text: NotRequired[LongText]
    done: NotRequired[Literal["refer", "hold_review"]]


def _noted(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if not str(value.get("text") or "").strip() and value.get("done") is None:
        raise _fault("missing_field", "a note says something", "give text, or done for a task that is done", "text")
    return value


#: Of a note's payload: an entry that says nothing would look like one that was lost.
SAYS_SOMETHING = AfterValidator(_noted)


class Assign(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    owner: NotRequired[Identifier]


class Payment(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    ref: NotRequired[Identifier]
    by: NotRequired[Identifier]


def _basis(value: object) -> object:
    """A legal basis by its code, or as people write it ("GDPR Art. 17(1)(a)")."""
    if isinstance(value, str):
        plain = re.sub(r"[^a-z0-9]+", "_", value.casefold()).strip("_")
        return next((code.value for pattern, code in _BASES if pattern.fullmatch(plain)), value)
    return value


#: How people write the bases that have a citation; what does not fit must be the code itself.
_BASES = tuple(
    (re.compile(pattern, re.ASCII), code)
    for pattern, code in (
        (r"(art(icle)?_17_)?gdpr((_art(icle)?)?_?17(_[0-9])?(_[a-f])?)?", LegalBasis.GDPR_17),
        (r"(art(icle)?_17_)?uk_gdpr((_art(icle)?)?_?17(_[0-9])?(_[a-f])?)?", LegalBasis.UK_GDPR_17),
        (r"ccpa|(ccpa_)?(cal_civ_code_)?(s_|section_)?1798_105(_[a-d])?", LegalBasis.CCPA_1798_105),
        (r"pipeda((_principle)?_4_5_3)?", LegalBasis.PIPEDA_4_5_3),
        (r"pipl((_art(icle)?)?_47)?", LegalBasis.PIPL_47),
    )
)
_Bases = Literal[
    "gdpr_17", "uk_gdpr_17", "ccpa_1798_105", "pipeda_4_5_3", "pipl_47", "court_order", "kept_in_error",
    "retention_ended",
]  # fmt: skip


class Redact(TypedDict):
    """What ``redact`` takes: a legal basis by its code. Words of one's own are a reason, and sealed."""

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    basis: Annotated[_Bases, BeforeValidator(_basis)]


class Redirect(TypedDict):
    """What ``redirect`` takes: the programme a claim belongs to, and the facts of its ``file`` that were learnt since.

    ``facts`` are added to what is on file and read there too: the order, the item, the evidence, the claimant.
    """

    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]
    to: Identifier
    facts: NotRequired[dict[str, Any]]
    marketplace: NotRequired[Identifier]


class Nothing(TypedDict):
    __pydantic_config__ = STRICT  # pyright: ignore[reportGeneralTypeIssues]


#: Verbs that every programme may take with these shapes.
GENERIC: Mapping[str, Any] = {
    "attach_evidence": EvidencePayload,
    "note": Annotated[Note, SAYS_SOMETHING],
    "assign": Assign,
    "hold": Hold,
    "release_hold": Hold,
    "redact": Redact,
    "redirect": Redirect,
    "confirm_payment": Payment,
    "fail_payment": Payment,
    "reverse_payment": Payment,
    "deny": Nothing,
    "withdraw": Nothing,
    "reopen": Nothing,
}


def without_reason(verb: str, given: dict[str, Any]) -> dict[str, Any]:
    """A reason may stand in the payload; for a hold it may name the hold."""
    reason = given.pop("reason", None)
    given.pop("approved_by", None)
    known = {r.value for r in HoldReason}
    if verb in ("hold", "release_hold") and "hold" not in given and reason in known:
        given["hold"] = reason
    if verb == "hold":
        given.setdefault("hold", HoldReason.OTHER.value)
    return given


def listed(evidence: list[Any]) -> list[dict[str, Any]]:
    """Evidence as a list of mappings; a bare text is an id."""
    return [{"id": e} if isinstance(e, str) else e for e in evidence]


def told(value: object) -> object:
    """Nothing in the place of a fact is an unknown fact."""
    return UNKNOWN if value is None else value
