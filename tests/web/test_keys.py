"""Who may call: keys that stand, whom they speak for, and what is open without any."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from claimdesk.adapters.web.callers import AnyoneHere, ByKey, Unauthorized
from claimdesk.adapters.web.keys import KeyFile, default_key_file
from claimdesk.states.errors import ConfigError, InputError, NotPermitted
from claimdesk.testing import FrozenClock

from .served import CLAIM, serving

NOON = "2024-06-03T12:00:00+00:00"


def bits(count: int) -> bytes:
    bits.number += 1  # type: ignore[attr-defined]
    return bits.number.to_bytes(count, "big")  # type: ignore[attr-defined]


bits.number = 0  # type: ignore[attr-defined]


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "k", FrozenClock(NOON))


def test_a_key_is_kept_as_a_digest_in_a_file_of_its_own(keys: KeyFile):
    made, token = keys.make("script:helpdesk", "it:ana", bits)
    assert token.startswith(f"ctk_{made.id}_")
    assert token.split("_")[2] not in keys.path.read_text()
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert "sha256" not in made.to_dict()
    assert keys.known(token) == made
    assert KeyFile(keys.path, keys.clock).known(token) == made, "another process knows it too"


@pytest.mark.parametrize(
    ("after", "stands", "why"),
    [
        (timedelta(), True, "just made"),
        (timedelta(days=30) - timedelta(microseconds=1), True, "the last moment"),
        (timedelta(days=30), False, "its days are over"),
    ],
)
def test_a_key_stands_for_its_days(keys: KeyFile, after: timedelta, stands: bool, why: str):
    _, token = keys.make("cs:mei", "it:ana", bits, days=30)
    later = datetime.fromisoformat(NOON).astimezone(UTC) + after
    assert (KeyFile(keys.path, lambda: later).known(token) is not None) is stands, why


@pytest.mark.parametrize(("days", "good"), [(0, False), (1, True), (90, True), (91, False)])
def test_no_key_stands_longer_than_ninety_days(keys: KeyFile, days: int, good: bool):
    if good:
        keys.make("cs:mei", "it:ana", bits, days=days)
        return
    with pytest.raises(InputError) as refused:
        keys.make("cs:mei", "it:ana", bits, days=days)
    assert refused.value.code == "out_of_range"


def test_an_ended_key_opens_nothing_from_then_on(keys: KeyFile):
    made, token = keys.make("cs:mei", "it:ana", bits)
    other = KeyFile(keys.path, keys.clock)
    assert other.known(token) is not None
    assert keys.end(made.id, "it:raj").ended_by == "it:raj"
    assert other.known(token) is None, "a server that runs looks again"
    with pytest.raises(InputError):
        keys.end(made.id, "it:raj")
    assert [k.id for k in keys.every()] == [made.id], "it stays on file"


@pytest.mark.parametrize("name", ["rules", "RULES", "", " cs:mei", "cs:\x00"])
def test_the_rules_and_what_is_no_name_have_no_key(keys: KeyFile, name: str):
    with pytest.raises(InputError):
        keys.make(name, "it:ana", bits)
    with pytest.raises(InputError):
        keys.make("script:x", "it:ana", bits, acts_for=[name])


@pytest.mark.parametrize(
    ("told", "actor", "why"),
    [
        (None, "script:desk", "its own name when none is told"),
        ("script:desk", "script:desk", "its own name"),
        ("cs:mei", "cs:mei", "one of those it speaks for"),
        ("lead:lin", "lead:lin", "the one it names"),
        ("cs:", None, "a head is no name"),
        ("lead:bo", None, "another one"),
        ("CS:mei", None, "another spelling is another name"),
        ("rules", None, "nobody speaks for the rules"),
        ("", None, "no name"),
        ("cs:a\tb", None, "no name"),
    ],
)
def test_a_key_speaks_for_whom_it_was_made(keys: KeyFile, told: str | None, actor: str | None, why: str):
    _, token = keys.make("script:desk", "it:ana", bits, acts_for=["cs:", "lead:lin"])
    headers = {"authorization": f"Bearer {token}"} | ({} if told is None else {"claimdesk-actor": told})
    if actor is None:
        with pytest.raises((NotPermitted, InputError)):
            ByKey(keys).caller(headers)
    else:
        assert ByKey(keys).caller(headers).actor == actor, why


@pytest.mark.parametrize(
    "bearer", ["", "Bearer", "Bearer x", "Bearer ctk_00000000_" + "0" * 64, "Basic abc", "Bearer \xe9"]
)
def test_without_a_key_that_stands_nobody_is_known(keys: KeyFile, bearer: str):
    keys.make("cs:mei", "it:ana", bits)
    with pytest.raises(Unauthorized):
        ByKey(keys).caller({"authorization": bearer})


@pytest.mark.parametrize("text", ["", "[]", '{"v": 2, "keys": []}', '{"v": 1, "keys": [{"id": "x"}]}', "\x00"])
def test_a_key_file_that_cannot_be_read_opens_nothing(keys: KeyFile, text: str):
    keys.path.write_text(text)
    with pytest.raises(ConfigError) as refused:
        keys.every()
    assert refused.value.code == "bad_key_file"


@pytest.mark.parametrize(
    ("headers", "good", "why"),
    [
        ({"host": "127.0.0.1:8400"}, True, "this machine"),
        ({"host": "localhost"}, True, "this machine"),
        ({"host": "[::1]:8400"}, True, "this machine"),
        ({"host": "claims.example:8400"}, False, "a name somebody pointed at this machine"),
        ({"host": "localhost.evil.example"}, False, "not this machine"),
        ({}, False, "no name"),
        ({"host": "localhost:8400", "origin": "http://localhost:8400"}, True, "a page of its own"),
        ({"host": "localhost:8400", "origin": "https://evil.example"}, False, "a page from elsewhere"),
        ({"host": "localhost:8400", "origin": "null"}, False, "a page from nowhere"),
        ({"host": "localhost:8400", "sec-fetch-site": "cross-site"}, False, "a page from elsewhere"),
        ({"host": "localhost:8400", "sec-fetch-site": "none"}, True, "typed by a person"),
    ],
)
def test_what_is_open_is_open_to_this_machine_alone(headers: dict[str, str], good: bool, why: str):
    if good:
        assert AnyoneHere("cs:mei").caller(headers).actor == "cs:mei", why
    else:
        with pytest.raises(Unauthorized):
            AnyoneHere("cs:mei").caller(headers)


def test_keys_over_a_connection(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/c.db"
    file = KeyFile(default_key_file(url))
    desk, wrote = file.make("script:desk", "it:ana", bits, acts_for=["cs:"])
    _, reads = file.make("audit:lin", "it:ana", bits, reads_only=True)
    with serving(url, ByKey(file), sender="memory") as api:
        nobody = api.get("/v1/claims")
        assert (nobody.status, nobody.code) == (401, "no_key")
        assert nobody.headers["www-authenticate"] == "Bearer"
        api.bearer = reads
        assert api.get("/v1/claims").status == 200
        tried = api.post("/v1/claims?dry_run=true", CLAIM)
        assert (tried.status, tried.code) == (403, "not_permitted")
        api.bearer = wrote
        claim = api.post("/v1/claims", CLAIM, claimdesk_actor="cs:mei").json["claim"]
        assert api.desk.entries(claim)[0]["actor"]["id"] == "cs:mei"
        assert api.get("/v1/claims", claimdesk_actor="lead:lin").status == 403
        file.end(desk.id, "it:ana")
        assert api.get("/v1/claims").status == 401


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("sqlite:///claims.db", "claims.db.api-keys"),
        ("sqlite:////srv/claims.db?journal=delete", "/srv/claims.db.api-keys"),
        ("postgresql+psycopg://claims@localhost/claims", "claimdesk.api-keys"),
        ("memory:", "claimdesk.api-keys"),
    ],
)
def test_where_keys_are_kept(url: str, place: str):
    assert default_key_file(url) == Path(place)


def test_a_file_that_cannot_be_looked_at_is_not_one_without_keys(tmp_path: Path):
    """Read as empty, the next key made would take the place of all the others."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError):
        KeyFile(tmp_path / "file" / "keys").every()
