"""One run of the command line: what was told, the settings in force, and the desk opened with them.

Decision: an option counts wherever it stands, before or after the command; the last one wins. What is not told comes
from the environment, then from ``claimdesk.toml``, then from the default (contract section 6; ``adapters.config``).
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...states.errors import ConfigError, InputError, NotFound

if TYPE_CHECKING:
    from ..config import Config
    from ..desk import ClaimDesk


_NO_DATABASE = "there is no database here yet; --db names another"


class Call:
    """The options given, by name, and what hangs on them."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}
        self.began = time.perf_counter()
        self.verb = ""  #: the command, for the log line
        self.claim: str | None = None  #: the claim it was about, once known
        self.journals = False  #: whether the command leaves journal entries
        self.kept = ""  #: what is safely written so far, said when the run is interrupted
        self._config: Config | None = None

    # -- what was told ---------------------------------------------------------------------------------------------

    @property
    def as_json(self) -> bool:
        """Whether standard output holds JSON."""
        return bool(self.told.get("as_json"))

    @property
    def quiet(self) -> bool:
        """Whether messages are left out (errors never are)."""
        return bool(self.told.get("quiet"))

    @property
    def dry_run(self) -> bool:
        """Whether nothing is written."""
        return bool(self.told.get("dry_run"))

    def past(self) -> datetime | None:
        """The instant of the past view, or None for the present."""
        told = self.told.get("at")
        if told is None:
            return None
        from ...states.times import parse_instant

        return parse_instant(told, "--at")

    def writing(self) -> dict[str, Any]:
        """The options every write of the desk takes."""
        found: dict[str, Any] = {"actor": self.config.text("actor"), "dry_run": self.dry_run}
        names = {
            "reason": "reason",
            "key": "idempotency_key",
            "expected": "expected_version",
            "approved": "approved_by",
        }
        found.update({option: self.told[name] for name, option in names.items() if name in self.told})
        return found

    # -- settings --------------------------------------------------------------------------------------------------

    @property
    def config(self) -> Config:
        """The settings in force."""
        if self._config is None:
            from ..config import load

            self._config = load({k: self.told[k] for k in ("db", "actor", "lang") if k in self.told})
        return self._config

    def forget_settings(self) -> None:
        """Settings are read again: a command has changed what was told."""
        self._config = None

    @property
    def lang(self) -> str:
        """The language of sentences; names and codes are never translated."""
        return self.config.text("lang")

    def language(self) -> str:
        """The language as far as it is known; for errors, also those of the settings themselves."""
        told = self.told.get("lang") or (self._config.text("lang") if self._config is not None else None)
        told = told or os.environ.get("CLAIMDESK_LANG")
        return "zh-CN" if told == "zh-CN" else "en"

    @property
    def db(self) -> str:
        """The address of the database."""
        return self.config.text("db")

    # -- the desk --------------------------------------------------------------------------------------------------

    @contextmanager
    def desk(
        self, *, tried: bool = False, reads: bool = False, there: bool = False, spare: str = "memory:", **parts: Any
    ) -> Generator[ClaimDesk]:
        """The desk on the database in force, closed at the end; ``parts`` go before the settings.

        ``tried``: nothing will be written, as with a dry run; ``spare`` stands in for a database that is not there.
        ``reads``: so does it for a command that only reads, which says so. ``there``: without a database there is no
        answer, and an empty one would be a wrong one.
        """
        from ..desk import ClaimDesk

        url: str = self.db
        told: dict[str, Any] = {**self.config.desk(), **parts}
        missing = not self.database_exists()
        if missing and there:
            raise ConfigError("no_database", "there is no database here", field="--db", hint="--db names another")
        if missing and (tried or reads or self.dry_run):  # not even an empty database or a key is left behind
            url, told["keys"] = spare, None
        self._say_if_behind(url)
        with ClaimDesk.open(url, **told) as desk:
            try:
                yield desk
            except NotFound as error:
                error.hint = _NO_DATABASE if missing and reads else error.hint
                raise
            if missing and reads:
                self.note(_NO_DATABASE)
            elif self.signs:
                from .inline import sequence

                sequence(desk)

    def _say_if_behind(self, url: str) -> None:
        from .behind import behind

        path = sqlite_path(url)
        text = behind(path) if path is not None else None
        if text is not None:
            self.note(text)

    @property
    def signs(self) -> bool:
        """Whether the command itself gives what it writes its places in the log."""
        return self.journals and not self.dry_run and self.config.text("log") == "inline"

    def database_exists(self) -> bool:
        """Whether there is a database to read: False only for a SQLite file that nobody has made yet."""
        path = sqlite_path(self.db)
        return path is None or path.exists()

    def start_log(self) -> None:
        """Logs to standard error when ``-v`` asks for it."""
        if self.told.get("verbose"):
            from ..logs import configure

            configure(int(self.told["verbose"]) - int(self.quiet))

    # -- messages --------------------------------------------------------------------------------------------------

    def note(self, text: str) -> None:
        """A message on standard error, unless ``-q``."""
        if not self.quiet:
            from .output import say

            say(text)


def sqlite_path(db: str) -> Path | None:
    """The file of a SQLite address, or None."""
    for head in ("sqlite:///", "sqlite+pysqlite:///"):
        if db.startswith(head):
            return Path(db.removeprefix(head).partition("?")[0])
    return None


def checked_id(value: str, what: str = "claim") -> str:
    """An identifier from the command line; anything that cannot be one is refused without repeating it."""
    if not value or len(value) > 200 or any(c.isspace() or not c.isprintable() for c in value):
        raise InputError(
            "not_an_identifier",
            f"this is not the id of a {what}",
            field=what,
            hint="claimdesk list shows what is on file",
        )
    return value
