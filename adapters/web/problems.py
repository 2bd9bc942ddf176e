"""Errors over HTTP: RFC 9457 problem details with the same members as everywhere else.

Decision: the status hangs on the error's class, as its exit code does; ``type`` of a refusal is an address that this
API answers with the code's meaning. Nothing of a request is repeated. Authority: contract section 6; UX notes 4.4.
"""

from __future__ import annotations

from typing import Any, Final

from ...states.codes import RefusalCode
from ...states.errors import ClaimdeskError, InputError

MEDIA: Final = "application/problem+json"
#: Codes with a status of their own.
_OWN: Final = {
    "unknown_verb": 404, "no_such_page": 404, "wrong_method": 405, "too_slow": 408, "too_long": 413,
    "not_json_type": 415, "roles_off": 409,
}  # fmt: skip
TITLES: Final = {
    400: "Not usable", 401: "Who is calling?", 403: "Not permitted", 404: "Not found", 405: "Not this method",
    408: "Too slow", 409: "Refused by the rules", 412: "Changed in between", 413: "Too long",
    415: "Not this type", 422: "Not usable", 500: "Internal error", 503: "Temporary, try again",
}  # fmt: skip


class HttpError(ClaimdeskError):
    """The request itself is not usable, whatever it asks for."""

    http_status = 400


def status_of(error: ClaimdeskError) -> int:
    """The status of an error."""
    return _OWN.get(error.code, error.http_status)


class ParameterError(InputError):
    """A parameter or a header is not usable."""


def problem(error: ClaimdeskError, request: str, *, of_body: bool = False) -> dict[str, Any]:
    """The body of an error's answer; ``request`` is the id under which the program's log has it.

    ``of_body``: fields of an input error are places in the request's body, which ``errors`` points to.
    """
    status = status_of(error)
    told = error.to_dict()
    message = told.pop("message")
    kind = f"/errors/{error.code}" if error.code in set(RefusalCode) else "about:blank"
    found: dict[str, Any] = {"type": kind, "title": TITLES.get(status, "Error"), "status": status,
                             "detail": message, **told, "request": request}  # fmt: skip
    if of_body and error.field and isinstance(error, InputError) and not isinstance(error, ParameterError):
        found["errors"] = [{"pointer": pointer(error.field), "detail": message}]
    return found


def pointer(field: str) -> str:
    """The JSON Pointer of a dotted field (``losses.0.amount``), as a fragment of the request's body."""
    parts = field.replace("[", ".").replace("]", "").split(".")
    return "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in parts if part)
