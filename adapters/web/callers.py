"""Who is calling: from the headers of a request to the actor the desk records.

Decision: a bearer key names its actor; ``Claimdesk-Actor`` names another one only where the key may speak for it. A
host that knows its people already gives a ``Callers`` of its own. Without keys nothing is open, unless a person opens
it for this machine alone; then ``Host`` and ``Origin`` are held against this machine's names, so that no page in a
browser can reach it, by a name of its own or from elsewhere. Authority: trust notes 5.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ...states.errors import InputError, NotPermitted
from ...workflow.control.access import name_of
from .keys import KeyFile
from .problems import ParameterError

_ELSEWHERE = ("cross-site", "same-site")
_HERE = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Unauthorized(NotPermitted):
    """Nobody known is calling."""

    http_status = 401


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts, whether they may write, and the id of their key (for the program's log)."""

    actor: str
    writes: bool = True
    key: str | None = None


class Callers(Protocol):
    """Whoever knows the caller of a request by its headers (names in lower case)."""

    def caller(self, headers: Mapping[str, str]) -> Caller:
        """The caller; Unauthorized when it is nobody known, NotPermitted when a name is not theirs to use."""
        ...


class ByKey:
    """Callers with an API key: ``Authorization: Bearer ctk_...``."""

    def __init__(self, keys: KeyFile) -> None:
        self.keys = keys

    def caller(self, headers: Mapping[str, str]) -> Caller:
        """The key's actor, or the one it speaks for."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        key = self.keys.known(token.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise Unauthorized(
                "no_key",
                "this takes an API key that stands",
                hint="Authorization: Bearer ctk_...; claimdesk actor key ACTOR makes one",
            )
        actor = named(headers.get("claimdesk-actor", key.actor), "Claimdesk-Actor")
        if not key.speaks_for(actor):
            raise NotPermitted(
                "not_permitted",
                "this key may not speak for that actor",
                field="Claimdesk-Actor",
                hint="claimdesk actor key ACTOR --acts-for NAME makes one that may",
            )
        return Caller(actor, not key.reads_only, key.id)


class AnyoneHere:
    """Everybody on this machine, under one name where a request names no other; for trying things out."""

    def __init__(self, actor: str) -> None:
        self.actor = actor

    def caller(self, headers: Mapping[str, str]) -> Caller:
        """Whom the request names, or the usual actor, for requests to this machine by its own names."""
        host = headers.get("host", "")
        name = host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
        page = headers.get("origin")
        asked_by_page = page not in (None, f"http://{host}") or headers.get("sec-fetch-site") in _ELSEWHERE
        if name not in _HERE or asked_by_page:
            raise Unauthorized(
                "no_key", "without keys only this machine is answered, by its own name", hint="http://127.0.0.1:PORT"
            )
        return Caller(named(headers.get("claimdesk-actor", self.actor), "Claimdesk-Actor"))


def named(told: str, header: str) -> str:
    """The name of an actor in a header; ParameterError for what is none."""
    try:
        return name_of(told)
    except InputError as error:
        raise ParameterError(error.code, error.message, field=header, hint="for example cs:mei") from None
