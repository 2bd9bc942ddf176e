"""Errors: one page of types, sorted by what the caller does next.

Every error carries ``code``, ``message``, ``hint`` and, where it applies, ``field``, ``state``,
``unmet`` and ``allowed``; it never renders empty and never contains personal data.
The exit code of the command line and the HTTP status hang on the class (``exit_code``, ``http_status``).
"""

from __future__ import annotations

from typing import Any


class ClaimdeskError(Exception):
    """Something claimdesk could not do."""

    exit_code = 2
    http_status = 500
    retryable = False

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        hint: str = "",
        field: str | None = None,
        state: str | None = None,
        claim: str | None = None,
        unmet: tuple[dict[str, Any], ...] = (),
        allowed: tuple[str, ...] = (),
        next_on: str | None = None,
    ) -> None:
        self.code = code
        self.message = message or (type(self).__doc__ or code).splitlines()[0]
        self.hint = hint
        self.field = field
        self.state = state
        self.claim = claim
        self.unmet = unmet
        self.allowed = allowed
        self.next_on = next_on
        super().__init__(code, self.message)

    def __str__(self) -> str:
        where = f" (at {self.field})" if self.field else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.message}{where} [{self.code}]{hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.to_dict()))

    def to_dict(self) -> dict[str, Any]:
        """The error as the wire shows it; empty parts are left out, ``code`` and ``message`` never."""
        parts: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "field": self.field,
            "claim": self.claim,
            "state": self.state,
            "unmet": list(self.unmet),
            "allowed": list(self.allowed),
            "next": self.next_on,
            "retryable": self.retryable,
        }
        return {k: v for k, v in parts.items() if v not in (None, "", []) or k in ("code", "message")}


def _rebuild(kind: type[ClaimdeskError], parts: dict[str, Any]) -> ClaimdeskError:
    return kind(
        parts["code"],
        parts["message"],
        hint=parts.get("hint", ""),
        field=parts.get("field"),
        state=parts.get("state"),
        claim=parts.get("claim"),
        unmet=tuple(parts.get("unmet", ())),
        allowed=tuple(parts.get("allowed", ())),
        next_on=parts.get("next"),
    )


class InputError(ClaimdeskError):
    """The input is not usable: what, where, and what would be right."""

    exit_code = 2
    http_status = 422


class ConfigError(ClaimdeskError):
    """The configuration is not usable."""

    exit_code = 2


class RulebookError(ClaimdeskError):
    """The rulebook is not usable or none is in force."""

    exit_code = 2


class NotFound(ClaimdeskError):
    """There is no such thing on file."""

    exit_code = 5
    http_status = 404


class Refused(ClaimdeskError):
    """The rules do not allow this now."""

    exit_code = 3
    http_status = 409


class NotPermitted(ClaimdeskError):
    """This actor may not do that."""

    exit_code = 4
    http_status = 403


class Conflict(ClaimdeskError):
    """Somebody else changed this in between, or the same key came with other content."""

    exit_code = 6
    http_status = 412


class StaleVersion(Conflict):
    """The claim has changed since you read it."""


class IdempotencyMismatch(Conflict):
    """The same idempotency key came with other content."""

    http_status = 422


class StorageError(ClaimdeskError):
    """The store could not do it; nothing was written."""

    exit_code = 75
    http_status = 503
    retryable = True


class DatabaseBusy(StorageError):
    """Another process is writing; nothing was changed, try again."""


class SchemaMismatch(ClaimdeskError):
    """The database schema does not fit this version."""

    exit_code = 2


class IntegrityFailure(ClaimdeskError):
    """The record does not check out."""

    exit_code = 1
