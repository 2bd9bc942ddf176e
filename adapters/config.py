"""Settings of the programs: what was told on the command line, the environment, ``claimdesk.toml``, the default.

Decision: the nearest ``claimdesk.toml`` upward of the working folder counts, alone; each setting knows where it came
from; an unknown key or a wrong kind of value is refused with the file and the key, because a misspelt setting that
nobody reads is worse than none. Addresses of files in it are meant from its own folder.
Authority: contract section 6. Left out: secrets; the address of a server takes its password from ``.pgpass``.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..states.errors import ConfigError

FILE = "claimdesk.toml"


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: its kind (text, list, table, count), variable of the environment, words, default, meaning."""

    kind: str
    variable: str | None
    meaning: str
    words: tuple[str, ...] = ()
    default: Any = None
    is_path: bool = False


#: Every setting there is.
KEYS: Mapping[str, Key] = {
    "db": Key("text", "CLAIMDESK_DB", "the database", default="sqlite:///claimdesk.db", is_path=True),
    "actor": Key("text", "CLAIMDESK_ACTOR", "who acts when --as is left out"),
    "lang": Key("text", "CLAIMDESK_LANG", "language of sentences", ("en", "zh-CN"), "en"),
    "keys": Key("text", "CLAIMDESK_KEYS", "the file with the keys of sealed values", is_path=True),
    "api_keys": Key("text", "CLAIMDESK_API_KEYS", "the file with the keys of the HTTP API", is_path=True),
    "log": Key(
        "text",
        "CLAIMDESK_LOG",
        "who signs the log: inline (each command, at its end) or worker",
        ("inline", "worker"),
        "inline",
    ),
    "log_key": Key("text", "CLAIMDESK_LOG_KEY", "the file with the transparency log's signing key", is_path=True),
    "log_folder": Key("text", "CLAIMDESK_LOG_FOLDER", "the folder the transparency log is published in", is_path=True),
    "log_archive": Key(
        "text", "CLAIMDESK_LOG_ARCHIVE", "a file that gets every checkpoint, better on another machine", is_path=True
    ),
    "log_witness": Key(
        "list", "CLAIMDESK_LOG_WITNESS", "who cosigns the log: public keys, each with an address or without", default=()
    ),
    "log_witnesses_needed": Key(
        "count", "CLAIMDESK_LOG_WITNESSES_NEEDED", "how many must have cosigned before anything is published", default=0
    ),
    "sender": Key(
        "text", "CLAIMDESK_SENDER", "how letters leave: files:FOLDER, console, smtp://…, https://…", is_path=True
    ),
    "payments": Key("text", "CLAIMDESK_PAYMENTS", "how payments are made", ("instant", "manual", "gateway")),
    "gateway": Key("text", "CLAIMDESK_GATEWAY", "the payment gateway"),
    "overlays": Key("list", "CLAIMDESK_OVERLAYS", "rule overlays in force, such as us_ny_reg64", default=()),
    "language": Key("table", None, "language of letters by party: customer, seller, insurer", default={}),
    "rulebook": Key("table", None, "parameters of the rulebook to override, by dotted name", default={}),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A value in force and where it came from: flag, environment, file or default."""

    name: str
    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Config:
    """The settings in force."""

    settings: Mapping[str, Setting]
    file: Path | None

    def value(self, name: str) -> Any:
        """The value of one setting."""
        return self.settings[name].value

    def text(self, name: str) -> str:
        """The value of a setting that is text and has a default."""
        return str(self.settings[name].value)

    def desk(self) -> dict[str, Any]:
        """What ``ClaimDesk.open`` takes beside the address."""
        found = {name: self.value(name) for name in ("actor", "keys", "sender", "payments", "gateway", "overlays")}
        found["language"] = self.value("language") or None
        found["rulebook_overrides"] = self.value("rulebook") or None
        found["log"] = self._log()
        return found

    def api_keys(self) -> Path:
        """The file with the keys of the HTTP API."""
        from .web.keys import default_key_file

        told = self.value("api_keys")
        return default_key_file(self.text("db")) if told is None else Path(told)

    def _log(self) -> Any:
        from .desk import LogPlaces

        told = {name: self.value(f"log_{name}") for name in ("key", "folder", "archive")}
        places = {name: None if value is None else Path(value) for name, value in told.items()}
        return LogPlaces(
            **places, witnesses=tuple(self.value("log_witness")), needed=self.value("log_witnesses_needed")
        )


def load(told: Mapping[str, Any], environ: Mapping[str, str] | None = None, start: Path | None = None) -> Config:
    """The settings in force for ``told`` (from the command line); ConfigError names the file and the key."""
    environ = os.environ if environ is None else environ
    file = find(start or Path.cwd())
    written = read(file) if file else {}
    settings: dict[str, Setting] = {}
    for name, key in KEYS.items():
        settings[name] = _one(name, key, told, environ, written, file)
    return Config(settings, file)


def find(start: Path) -> Path | None:
    """The nearest settings file in ``start`` or a folder above it."""
    for folder in (start, *start.parents):
        candidate = folder / FILE
        if candidate.is_file():
            return candidate
    return None


def _one(
    name: str,
    key: Key,
    told: Mapping[str, Any],
    environ: Mapping[str, str],
    written: Mapping[str, Any],
    file: Path | None,
) -> Setting:
    if told.get(name) is not None:
        return Setting(name, _checked(name, key, told[name], "the command line"), "flag")
    if key.variable and environ.get(key.variable):
        raw: Any = environ[key.variable]
        if key.kind == "list":
            raw = [part.strip() for part in raw.split(",") if part.strip()]
        return Setting(name, _checked(name, key, raw, f"the variable {key.variable}"), f"environment {key.variable}")
    if name in written and file is not None:
        value = _checked(name, key, written[name], str(file))
        return Setting(name, _from_folder(value, file.parent) if key.is_path else value, f"file {file}")
    if name == "actor":
        return Setting(name, _default_actor(environ), "default")
    return Setting(name, key.default, "default")


def _default_actor(environ: Mapping[str, str]) -> str:
    user = environ.get("USER") or environ.get("LOGNAME") or environ.get("USERNAME") or "unknown"
    return "cli:" + (re.sub(r"[^A-Za-z0-9._@-]", "_", user)[:60] or "unknown")


def read(file: Path) -> dict[str, Any]:
    """The settings file's content, its keys checked."""
    import tomllib

    try:
        data = tomllib.loads(file.read_text("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("bad_settings_file", f"{file} is not TOML: {error}", hint="see https://toml.io") from None
    except OSError as error:
        raise ConfigError(
            "bad_settings_file", f"{file} cannot be read: {error.strerror}", hint="look at who may read it"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError("bad_settings_file", f"{file} is not UTF-8 text", hint="save it as UTF-8") from None
    for name in data:
        if name not in KEYS:
            raise ConfigError(
                "unknown_setting",
                f"{file} has a key that is no setting: {name[:40]}",
                field=name[:40],
                hint=suggest(name, tuple(KEYS)),
            )
    return data


def suggest(name: str, known: tuple[str, ...]) -> str:
    """``did you mean ...?``, or everything there is."""
    close = difflib.get_close_matches(name, known, 1)
    return f"did you mean {close[0]}?" if close else "there is: " + ", ".join(known)


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def _texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(_text(v) for v in value)  # pyright: ignore[reportUnknownVariableType]


def _table(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(v, str | int | list) for v in value.values())  # pyright: ignore[reportUnknownVariableType]


def _count(value: Any) -> bool:
    if isinstance(value, str):
        return value.isdecimal() and len(value) < 4
    return type(value) is int and 0 <= value < 1000


_KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ("a text", _text),
    "list": ("a list of texts", _texts),
    "table": ("a table", _table),
    "count": ("a whole number", _count),
}


def _checked(name: str, key: Key, value: Any, where: str) -> Any:
    what, fits = _KINDS[key.kind]
    if not fits(value):
        raise ConfigError("bad_setting", f"{name} must be {what} ({where})", field=name, hint=key.meaning)
    if key.words and value not in key.words:
        raise ConfigError(
            "bad_setting", f"{name} is one of {', '.join(key.words)} ({where})", field=name, hint=key.meaning
        )
    if name == "actor" and (len(value) > 100 or any(c.isspace() for c in value)):
        raise ConfigError(
            "bad_actor",
            f"an actor is 1 to 100 characters without spaces ({where})",
            field="actor",
            hint="for example cs:mei or script:nightly",
        )
    if key.kind == "table":
        return _flat(value)
    if name == "db" and "://" not in value and not value.startswith((":memory:", "memory:")):
        return f"sqlite:///{value}"
    if key.kind == "count":
        return int(value)
    return tuple(value) if key.kind == "list" else value


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    return dict(table)


def _from_folder(value: Any, folder: Path) -> Any:
    """A relative path in the settings file, from that file's folder."""
    if not isinstance(value, str):
        return value
    for head in ("sqlite:///", "files:"):
        if value.startswith(head):
            path = value.removeprefix(head)
            return head + str(folder / path) if path and not Path(path).is_absolute() else value
    return value if ":" in value or Path(value).is_absolute() else str(folder / value)


def without_password(address: str) -> str:
    """A database address as it may be shown."""
    return re.sub(r"(://[^/@:]*):[^@]*@", r"\1:***@", address)
