"""The API as a test sees it: a real server on this machine, asked over a real connection."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from claimdesk.adapters.desk import ClaimDesk
from claimdesk.adapters.web.app import application
from claimdesk.adapters.web.callers import AnyoneHere, Callers
from claimdesk.adapters.web.openapi import document
from claimdesk.adapters.web.serving import server

CLAIM = {
    "marketplace": "US",
    "seller": {"id": "A2EXAMPLE", "insurance_required": True, "in_good_standing": True},
    "order": {"id": "114-1"},
    "incident_on": "2024-06-01",
    "losses": [{"head": "property_damage", "amount": "640.00 USD"}],
    "cause": "product_defect",
}
VALID = {"verdict": "valid", "by": "adjuster:one"}


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def code(self) -> str:
        return str(self.json["code"])


@dataclass(slots=True)
class Api:
    """A client that holds every answer against the description of the API."""

    port: int
    desk: ClaimDesk
    bearer: str | None = None

    def ask(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Said:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.bearer is not None:
            told.setdefault("authorization", f"Bearer {self.bearer}")
        data = raw
        if body is not None:
            data = json.dumps(body).encode()
        if data is not None:
            told.setdefault("content-type", "application/json")
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request(method, path, data, told)
            got = line.getresponse()
            said = Said(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
        finally:
            line.close()
        held(method, path, said)
        return said

    def get(self, path: str, **headers: str) -> Said:
        return self.ask("GET", path, None, raw=None, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Said:
        return self.ask("POST", path, {} if body is None else body, raw=None, **headers)

    def filed(self, **parts: Any) -> str:
        """A claim that waits for its screening."""
        made = self.post("/v1/claims", {**CLAIM, **parts})
        assert made.status == 201, made.raw
        return str(made.json["claim"])


def held(method: str, path: str, said: Said) -> None:
    """AssertionError for an answer that is not as the description says."""
    assert said.headers["cache-control"] == "no-store"
    assert said.headers["x-request-id"]
    if said.status >= 400:
        assert said.headers["content-type"] == "application/problem+json", said.raw
        told = said.json
        assert told["status"] == said.status
        assert told["detail"]
        assert told["request"] == said.headers["x-request-id"]
        _validator("Problem").validate(told)
        return
    name = _answers(method, path.partition("?")[0])
    if name is not None and said.raw and said.headers["content-type"] == "application/json":
        _validator(name).validate(said.json)


def _answers(method: str, path: str) -> str | None:
    parts = path.split("/")
    for known, operations in document()["paths"].items():
        wanted = known.split("/")
        fits = len(wanted) == len(parts) and all(
            a == b or a.startswith("{") for a, b in zip(wanted, parts, strict=True)
        )
        if fits and method.lower() in operations:
            content = operations[method.lower()]["responses"]["200"]["content"]
            schema = next(iter(content.values()))["schema"]
            return str(schema["$ref"].rpartition("/")[2])
    return None


_VALIDATORS: dict[str, Any] = {}


def _validator(name: str) -> Any:
    if name not in _VALIDATORS:
        whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": f"#/components/schemas/{name}",
                 "components": document()["components"]}  # fmt: skip
        _VALIDATORS[name] = jsonschema_rs.validator_for(whole)
    return _VALIDATORS[name]


@contextmanager
def serving(url: str, callers: Callers | None = None, *, width: int = 4, **options: Any) -> Iterator[Api]:
    """A server over a database for as long as the block lasts; ``desk`` is one more desk on it."""
    options.setdefault("actor", "system:http")
    app = application(lambda: ClaimDesk.open(url, **options), callers or AnyoneHere("cs:mei"), width=width)
    port: list[int] = []
    begun = threading.Event()

    def ready(number: int) -> None:
        port.append(number)
        begun.set()

    one = server(app, "127.0.0.1", 0, ready)
    thread = threading.Thread(target=lambda: asyncio.run(one.serve()), name="served")
    with ClaimDesk.open(url, **options) as desk:
        thread.start()
        try:
            assert begun.wait(20), "the server did not begin"
            yield Api(port[0], desk)
        finally:
            one.should_exit = True
            thread.join(30)
    assert not thread.is_alive()
