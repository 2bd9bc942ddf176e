"""API keys: who may call over HTTP, under which name, until when. One file beside the other keys of a desk.

Decision: a key is shown once and kept as an id with a SHA-256 (it is 32 random bytes, so no slow hash is needed); it
names the actor it stands for, and may be allowed to name others it speaks for. At most ninety days; ended keys stay in
the file, so that an id of the log can be looked up. Authority: trust notes 5.3. Left out: people's own log-in, which a
host brings along (``callers.Callers``).
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from ...states.errors import ConfigError, InputError
from ...states.roles import same_person
from ...states.times import instant_text, parse_instant
from ...workflow.control.access import name_of
from ..tlog import files

DAYS_MAX = 90
_TOKEN = re.compile(r"ctk_([0-9a-f]{8})_([0-9a-f]{64})\Z", re.ASCII)
_NOBODY = sha256(b"").digest()  #: compared with where there is no such key, so that both take the same time


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key: whose it is, until when, and what it may do. The secret itself is nowhere."""

    id: str
    actor: str
    sha256: str
    made_at: str
    made_by: str
    until: str
    acts_for: tuple[str, ...] = ()  #: actors it may name instead; one that ends in ``:`` stands for all that begin so
    reads_only: bool = False
    ended_at: str | None = None
    ended_by: str | None = None

    def stands(self, now: str) -> bool:
        """Whether it opens anything at this instant."""
        return self.ended_at is None and now < self.until

    def speaks_for(self, actor: str) -> bool:
        """Whether it may act under this name."""
        return actor == self.actor or any(
            (actor.startswith(one) and actor != one) if one.endswith(":") else actor == one for one in self.acts_for
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values, without the digest."""
        found = asdict(self)
        del found["sha256"]
        return {**found, "acts_for": list(self.acts_for)}


class KeyFile:
    """The keys of a desk, in a file only its owner can read."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path, self.clock = path, clock
        self._seen: tuple[int, int, int] | None = None
        self._keys: tuple[ApiKey, ...] = ()

    def every(self) -> tuple[ApiKey, ...]:
        """Every key there ever was, oldest first; read anew whenever the file has changed."""
        try:
            about = self.path.stat()
        except FileNotFoundError:
            return ()
        except OSError:  # a file that cannot be looked at is not one without keys: the next one made would replace it
            raise _unreadable(self.path) from None
        seen = about.st_mtime_ns, about.st_size, about.st_ino
        if seen != self._seen:
            self._keys, self._seen = _read(self.path), seen
        return self._keys

    def known(self, token: str) -> ApiKey | None:
        """The key a secret belongs to, while it stands; None for any other."""
        parts = _TOKEN.match(token)
        found = None if parts is None else next((k for k in self.every() if k.id == parts[1]), None)
        wanted = _NOBODY if found is None else bytes.fromhex(found.sha256)
        same = hmac.compare_digest(sha256(token.encode("utf-8", "replace")).digest(), wanted)
        return found if same and found is not None and found.stands(instant_text(self.clock())) else None

    def make(
        self, actor: str, by: str, random_bytes: Callable[[int], bytes], *,
        days: int = DAYS_MAX, acts_for: Sequence[str] = (), reads_only: bool = False,
    ) -> tuple[ApiKey, str]:  # fmt: skip
        """A new key and its secret, which nobody can ask for again.

        InputError for names that are no actors' or are the rules' own, or for more than ninety days.
        """
        for name in (actor, *acts_for):
            if same_person(name_of(name), "rules"):
                raise InputError("not_an_actor", "rules is the engine's own name", field="actor", hint="cs:mei")
        if not 1 <= days <= DAYS_MAX:
            raise InputError("out_of_range", f"a key stands 1 to {DAYS_MAX} days", field="days")
        number, secret, now = random_bytes(4).hex(), random_bytes(32).hex(), self.clock()
        token = f"ctk_{number}_{secret}"
        made = ApiKey(
            number, actor, sha256(token.encode()).hexdigest(), instant_text(now), by,
            instant_text(now + timedelta(days=days)), tuple(acts_for), reads_only,
        )  # fmt: skip
        with files.only_one(self._lock):
            self._write((*self.every(), made))
        return made, token

    def end(self, number: str, by: str) -> ApiKey:
        """Ends a key at once. InputError when there is none of this id, or when it was ended before."""
        with files.only_one(self._lock):
            found = next((k for k in self.every() if k.id == number), None)
            if found is None or found.ended_at is not None:
                raise InputError("no_such_key", "no key of this id stands", field="id", hint="claimdesk actor keys")
            ended = replace(found, ended_at=instant_text(self.clock()), ended_by=by)
            self._write([ended if k is found else k for k in self.every()])
        return ended

    @property
    def _lock(self) -> Path:
        return self.path.with_name(f"{self.path.name}.lock")

    def _write(self, keys: Sequence[ApiKey]) -> None:
        data = json.dumps({"v": 1, "keys": [asdict(k) for k in keys]}, indent=1).encode()
        files.put(self.path, data + b"\n", mode=0o600)


def _read(path: Path) -> tuple[ApiKey, ...]:
    try:
        told: Any = json.loads(path.read_bytes())
        if told["v"] != 1:
            raise ValueError("another version")
        found = tuple(_one(dict(one)) for one in told["keys"])
    except (OSError, ValueError, KeyError, TypeError, InputError):
        raise _unreadable(path) from None
    return found


def _unreadable(path: Path) -> ConfigError:
    return ConfigError(
        "bad_key_file", f"{path.name} cannot be read as a file of API keys", hint="restore it, or begin a new one"
    )


def _one(told: dict[str, Any]) -> ApiKey:
    """One key as the file has it; ValueError or TypeError for what is none."""
    told["acts_for"] = tuple(told["acts_for"])
    found = ApiKey(**told)
    if len(bytes.fromhex(found.sha256)) != 32:
        raise ValueError("no digest")
    parse_instant(found.until)
    return found


def default_key_file(url: str) -> Path:
    """Where a desk's API keys are kept: beside the keys of its sealed values."""
    from ..open_store import default_keys  # database libraries load only when a place has to be found

    return (default_keys(url) or Path("claimdesk.keys")).with_suffix(".api-keys")
