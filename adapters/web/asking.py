"""One request as an endpoint sees it: checked parameters, a strictly read body, who asks.

Decision: a parameter nobody reads would be a question that was not asked, so unknown ones and repeated ones are
refused; a body is one JSON object, read as strictly as a line of an intake file. Authority: trust notes 5.5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ...states.errors import InputError
from ...workflow.lines import parse_object
from ..config import suggest
from .callers import Caller, named
from .problems import HttpError, ParameterError

BODY_MAX: Final = 1_048_576
#: Headers that change what a write does: none of them may be overlooked.
BESIDE: Final = ("idempotency-key", "if-match", "claimdesk-approved-by")
_ETAG = re.compile(r'"([0-9]{1,9})"\Z', re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answers: a status, JSON (or lines of it), and headers."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {})
    lines: bool = False  #: one JSON value a line


@dataclass(frozen=True, slots=True)
class Ask:
    """One request."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    caller: Caller

    def text(self, name: str) -> str | None:
        """A parameter, or None."""
        return self.query.get(name)

    def number(self, name: str, usual: int, most: int) -> int:
        """A whole number from 1 to ``most``."""
        told = self.query.get(name)
        if told is None:
            return usual
        if not told.isascii() or not told.isdecimal() or len(told) > 9 or not 1 <= int(told) <= most:
            raise ParameterError("out_of_range", f"a whole number from 1 to {most} is expected", field=name)
        return int(told)

    @property
    def dry_run(self) -> bool:
        """Whether nothing is to be written."""
        told = self.query.get("dry_run", "false")
        if told not in ("true", "false"):
            raise ParameterError("wrong_type", "true or false is expected", field="dry_run")
        return told == "true"

    def body(self) -> dict[str, Any]:
        """The JSON object of the body; an empty body is an empty object."""
        return parse_object(self.decoded()) if self.raw.strip() else {}

    def decoded(self) -> str:
        """The body as text."""
        try:
            return self.raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InputError("not_utf8", "the body is not UTF-8 text", hint="send UTF-8") from None

    def options(self) -> dict[str, Any]:
        """What every write of the desk takes beside its payload."""
        found: dict[str, Any] = {"actor": self.caller.actor, "dry_run": self.dry_run}
        if "idempotency-key" in self.headers:
            found["idempotency_key"] = self.headers["idempotency-key"]
        if "claimdesk-approved-by" in self.headers:  # an empty one was lost on its way: nobody approved
            found["approved_by"] = named(self.headers["claimdesk-approved-by"], "Claimdesk-Approved-By")
        match = self.headers.get("if-match")
        if match is not None and match != "*":
            version = _ETAG.match(match)
            if version is None:
                raise HttpError("not_a_version", "If-Match holds the ETag of the claim", field="If-Match", hint='"5"')
            found["expected_version"] = int(version[1])
        return found


def single(pairs: Sequence[tuple[str, str]], known: Sequence[str]) -> dict[str, str]:
    """The parameters of a query, each known and told once."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            hint = suggest(name, tuple(known)) if known else "there is: none here"
            raise ParameterError("unknown_parameter", "there is no such parameter here", field=name[:40], hint=hint)
        if name in found:
            raise ParameterError("told_twice", "a parameter is told once", field=name)
        found[name] = value
    return found


def checked_headers(headers: Mapping[str, str], read: Sequence[str]) -> None:
    """HttpError for a header that stands beside a write and that this endpoint would not read."""
    for name in BESIDE:
        if name in headers and name not in read:
            raise HttpError("not_here", f"{name} does not apply here", field=name, hint="leave it out")


def etag(version: int) -> str:
    """A claim's version as an entity tag."""
    return f'"{version}"'
