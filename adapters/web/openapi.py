"""The OpenAPI document: made from the table of endpoints and from the shapes that check every payload.

Decision: one path for each verb, though one endpoint serves them all, so that a client made from the document has a
method for each. Payloads are those of ``claimdesk schema``; answers name what is always there and allow more.
Authority: UX notes 4.5 (OpenAPI 3.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final

from ...workflow import places, registry
from ...workflow.generic import carried_out
from ...workflow.texts.load import words
from .answers import SCHEMAS
from .asking import BESIDE
from .endpoints import ENDPOINTS, PARAMETERS, Endpoint
from .problems import MEDIA, TITLES

_REF: Final = "#/components/schemas/"
_REASON: Final = {
    "type": "string",
    "maxLength": 20_000,
    "description": "why; required where a person decides or money moves",
}
_SELLER: Final = registry.SELLER_FILE
HEADERS: Final = {
    "Idempotency-Key": "the same key and content gives the first result again, other content is refused",
    "If-Match": "the ETag of the claim as it was read; refused as stale when it has changed since",
    "Claimdesk-Actor": "who acts, where the key may speak for them",
    "Claimdesk-Approved-By": "a second person who approved, while roles are off",
}


_NAMED: Final = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
_TAG: Final = {"type": "string", "pattern": '^"[0-9]{1,9}"$', "examples": ['"5"']}


@cache
def document() -> dict[str, Any]:
    """The whole document; JSON-ready."""
    from claimdesk import __version__

    made = _Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        for path, operation in _operations(endpoint, made):
            paths.setdefault(path, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "claimdesk",
            "version": __version__,
            "summary": "A-to-z claims: filed, screened, decided, paid, recovered, with every reason on record.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted({**SCHEMAS, **made.found}.items())),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "an API key: ctk_..."}},
        },
        "security": [{"key": []}],
    }


class _Schemas:
    """The payload schemas met so far, by the name they have in the document."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}

    def of(self, programme: str, verb: str) -> str | None:
        """The name of a verb's payload; None where it has none."""
        at = _SELLER if verb in registry.programme(programme).seller_first else programme
        name = f"{at}.{verb}"
        if name in self.found:
            return name
        payloads = import_module(f"{places.package_of(at)}.payloads")
        try:
            schema = payloads.adapter_of(verb).json_schema(ref_template=f"{_REF}{at}.part.{{model}}")
        except KeyError:
            return None
        for model, inner in schema.pop("$defs", {}).items():
            self.found[f"{at}.part.{model}"] = inner
        properties = {**schema.get("properties", {})}
        properties.setdefault("reason", _REASON)
        if verb == registry.programme(at).opening and at != _SELLER:
            properties = {**_OPENING, **properties}
            schema["required"] = ["marketplace", *schema.get("required", ())]
        self.found[name] = {**schema, "title": name, "properties": properties}
        return name


_OPENING: Final[Mapping[str, Any]] = {
    "programme": {"type": "string", "description": "pdpi when left out"},
    "marketplace": {"type": "string", "examples": ["US"]},
    "seller": {
        "description": "the id of a seller on file, or facts about the seller with its id",
        "anyOf": [{"type": "string"}, {"type": "object", "required": ["id"]}],
    },
    "filed_at": {"type": "string", "format": "date-time", "description": "now when left out"},
}


def claims_programmes() -> list[str]:
    """The programmes whose cases are claims."""
    return [name for name in registry.names() if name != _SELLER]


def verbs_of(programme: str) -> list[str]:
    """The verbs that are posted to a case of a programme: all it carries out but the one that opens it."""
    found = registry.programme(programme)
    return [v for v in carried_out(found) if v != found.opening]


def _operations(endpoint: Endpoint, made: _Schemas) -> Iterator[tuple[str, dict[str, Any]]]:
    if endpoint.takes not in ("verb", "seller_verb"):
        yield endpoint.path, _operation(endpoint, endpoint.name, endpoint.summary, _taken(endpoint, made))
        return
    programmes = claims_programmes() if endpoint.takes == "verb" else [_SELLER]
    by_verb: dict[str, list[str]] = {}
    for programme in programmes:
        for verb in verbs_of(programme):
            name = made.of(programme, verb)
            if name is not None and name not in by_verb.setdefault(verb, []):
                by_verb[verb].append(name)
    head = endpoint.name.rpartition(".")[0]
    does = "Proposes: " if endpoint.name.endswith("propose") else ""
    for verb, names in by_verb.items():
        whole = f"{endpoint.name}.{verb}" if does else f"{head}.{verb}"
        yield (
            endpoint.path.replace("{verb}", verb),
            _operation(endpoint, whole, does + words("Verb", verb, "en", default=verb), _body(names)),
        )


def _taken(endpoint: Endpoint, made: _Schemas) -> dict[str, Any] | None:
    match endpoint.takes:
        case "file":
            names = [made.of(p, registry.programme(p).opening) for p in claims_programmes()]
            return _body([name for name in names if name is not None], required=True)
        case "lines":
            return {"required": True, "content": {"application/jsonl": {"schema": {"type": "string"}}}}
        case "purpose":
            return _body(["Purpose"], required=True)
        case "reason":
            return _body(["Reasoned"])
        case _:
            return None


def _body(names: list[str], *, required: bool = False) -> dict[str, Any]:
    refs = [{"$ref": _REF + name} for name in names]
    return {
        "required": required,
        "content": {"application/json": {"schema": refs[0] if len(refs) == 1 else {"anyOf": refs}}},
    }


def _operation(endpoint: Endpoint, name: str, summary: str, body: dict[str, Any] | None) -> dict[str, Any]:
    inside = [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{") and part != "{verb}"]
    parameters = [{"name": one, "in": "path", "required": True, "schema": {"type": "string"}} for one in inside] + [
        {"name": one, "in": "query", "description": PARAMETERS[one], "schema": _KINDS.get(one, {"type": "string"})}
        for one in endpoint.query
    ]
    if endpoint.writes:
        parameters += [
            {"name": header, "in": "header", "description": why, "schema": _NAMED if header != "If-Match" else _TAG}
            for header, why in HEADERS.items()
            if header.lower() not in BESIDE or header.lower() in endpoint.headers
        ]
    kind = "application/jsonl" if endpoint.answers == "Lines" else "application/json"
    good = {"description": "done", "content": {kind: {"schema": {"$ref": _REF + endpoint.answers}}}}
    problems = {"description": "problem details", "content": {MEDIA: {"schema": {"$ref": _REF + "Problem"}}}}
    statuses = [status for status in TITLES if status != 415 or endpoint.writes]
    found: dict[str, Any] = {
        "operationId": name.replace(".", "_"),
        "summary": summary,
        "tags": [endpoint.path.split("/")[2]],
        "parameters": parameters,
        "responses": {"200": good, **({"201": good} if endpoint.status == 201 else {}),
                      **({"304": {"description": "not changed"}} if name == "claims.show" else {}),
                      **{str(status): problems for status in statuses}},
    }  # fmt: skip
    return found if body is None else {**found, "requestBody": body}


_KINDS: Final[Mapping[str, Any]] = {
    "dry_run": {"type": "boolean", "default": False},
    "limit": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50},
    "lang": {"enum": ["en", "zh-CN"], "default": "en"},
    "at": {"type": "string", "format": "date-time"},
    "until": {"type": "string", "format": "date-time"},
    "as_of": {"type": "string", "format": "date"},
}
