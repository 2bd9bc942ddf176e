"""The HTTP API: its endpoints, parameters, headers and statuses, from the table that serves them."""

from __future__ import annotations

from collections.abc import Iterator

from claimdesk.adapters.web.endpoints import ENDPOINTS, PARAMETERS, Endpoint
from claimdesk.adapters.web.openapi import HEADERS
from claimdesk.adapters.web.problems import TITLES

from .markdown import Page, cell, code, codes, page, table

_TAKES = {
    "file": "the payload of `file`, with `programme`, `marketplace`, `seller`, `filed_at`",
    "verb": "the verb's [payload](payloads/index.md), and `reason`",
    "seller_verb": "the verb's [payload](payloads/index.md), `reason`, and `marketplace` for a new seller",
    "reason": "`reason`",
    "purpose": "`purpose`: a code, or words of one's own",
    "lines": "lines of JSON, as [`claimdesk triage`](commands.md) reads them",
}
_MEANT = {
    400: "a header or a parameter does not fit here", 401: "no key that stands", 403: "this actor or key may not",
    404: "no such claim, seller, verb or address", 405: "another method", 408: "the body took over 30 seconds",
    409: "the rules do not allow it now; `unmet` and `allowed` say more",
    412: "the claim has changed since it was read", 413: "a body of over a mebibyte",
    415: "a body that is not `application/json`",
    422: "the input is not usable, or a key came with other content", 500: "a fault of the program or its settings",
    503: "nothing was written; the same request again, in a second",
}  # fmt: skip


def pages() -> Iterator[Page]:
    """One page."""
    yield page(
        "reference/http.md",
        "HTTP",
        "What [`claimdesk serve`](commands.md) answers; [how to use it](../howto/http.md).",
        "`GET /openapi.json` describes all of it (OpenAPI 3.1), each verb at an address of its own, with its schema.\n"
        "`GET /healthz` says whether it runs, `GET /readyz` whether the database answers; both need no key.",
        "Bodies and answers are JSON in UTF-8; names and values are those of the library and the command line.",
        "## Endpoints",
        table(("method", "address", "what it does", "parameters", "body"), [_row(e) for e in ENDPOINTS]),
        "## Parameters",
        table(("name", "meaning"), [(code(name), cell(meaning)) for name, meaning in PARAMETERS.items()]),
        "An unknown parameter is refused, and so is one that is told twice.",
        "## Headers of a request",
        table(("name", "meaning"), [("`Authorization`", "`Bearer ctk_...`: an API key"),
                                    *((code(name), cell(meaning)) for name, meaning in HEADERS.items()),
                                    ("`X-Request-Id`", "8 to 64 letters, digits, `._-`; left out, one is made")]),
        "## Statuses",
        "Errors are problem details (RFC 9457) with the members of every [error](errors.md), and `request`.",
        table(("status", "title", "meaning"), [(s, cell(t), cell(_MEANT[s])) for s, t in TITLES.items()]),
    )  # fmt: skip


def _row(endpoint: Endpoint) -> tuple[str, ...]:
    body = _TAKES[endpoint.takes] if endpoint.takes else ""
    return endpoint.method, code(endpoint.path), cell(endpoint.summary), codes(endpoint.query), body
