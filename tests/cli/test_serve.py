"""``claimdesk serve`` as a process, and the keys that open it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from claimdesk.adapters import web


@contextmanager
def served(place: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process of its own, and the address it says it serves."""
    code = "import sys; from claimdesk.adapters.cli.app import run; sys.exit(run(sys.argv[1:]))"
    told = [sys.executable, "-c", code, "serve", "--port", "0", *words]
    process = subprocess.Popen(told, cwd=place, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            found = re.search(r"serving (http://\S+);", line)
            if found:
                break
        else:
            raise AssertionError("it did not begin")
        yield process, found[1]
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def asked(address: str, key: str | None = None, body: Any = None) -> Any:
    headers = {"Content-Type": "application/json"} | ({} if key is None else {"Authorization": f"Bearer {key}"})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, headers)  # noqa: S310  # our own address
    with urllib.request.urlopen(request, timeout=20) as got:  # noqa: S310  # our own address
        return json.load(got)


def test_it_serves_whoever_has_a_key_until_it_is_told_to_stop(place: Path, run):
    made = run("actor", "key", "script:desk", "--json")
    key = json.loads(made.out)["key"]
    claim = {"marketplace": "US", "seller": {"id": "A1"}, "order": {"id": "1"}, "incident_on": "2024-06-01",
             "filed_at": "2024-06-02T09:00:00Z", "losses": [{"head": "medical", "amount": "60.00 USD"}]}  # fmt: skip
    with served(place) as (process, address):
        filed = asked(f"{address}/v1/claims", key, claim)
        assert asked(f"{address}/v1/claims/{filed['claim']}", key)["state"] == "filed"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert "stopped; everything done is kept" in process.stderr.read()
    shown = run("show", filed["claim"], "--json")
    assert json.loads(shown.out)["claim"] == filed["claim"]


def test_the_worker_beside_it_does_what_is_due(place: Path, run):
    with served(place, "--open", "--as", "cs:mei") as (_, address):
        claim = {"marketplace": "US", "order": {"id": "2", "sold_by": "amazon"}, "incident_on": "2024-06-01",
                 "losses": [{"head": "medical", "amount": "60.00 USD"}]}  # fmt: skip
        filed = asked(f"{address}/v1/claims", None, claim)
        end = time.monotonic() + 20
        while asked(f"{address}/v1/claims/{filed['claim']}")["version"] == filed["version"]:
            assert time.monotonic() < end, "no letter was handed over"
            time.sleep(0.05)


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("--dry-run",), "no_dry_run", "a server has none"),
        (("--open", "--host", "0.0.0.0"), "not_here", "without keys nobody else is answered"),  # noqa: S104
        (("--threads", "0"), "usage", "nothing would be done"),
        (("--port", "65536"), "usage", "no port"),
    ],
)
def test_what_cannot_be_served_is_refused(place: Path, run, words: tuple[str, ...], code: str, why: str):
    done = run("serve", *words)
    assert done.code == 2, why
    assert f"[{code}]" in done.err


@pytest.mark.skipif(os.name == "nt", reason="two may listen on one port there")
def test_an_address_that_is_taken(place: Path, run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("serve", "--open", "--port", str(taken.getsockname()[1]), "--no-worker")
    assert (done.code, "[cannot_listen]" in done.err) == (2, True)


def test_without_the_package_it_says_which_to_install(place: Path, run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "claimdesk.adapters.web.serving", raising=False)
    monkeypatch.delattr(web, "serving", raising=False)
    done = run("serve")
    assert done.code == 2
    assert 'pip install "claimdesk[web]"' in done.err


def test_a_key_is_shown_once_listed_and_ended(place: Path, run):
    made = run("actor", "key", "script:desk", "--acts-for", "cs:", "--days", "30", "--as", "it:ana")
    token = made.out.strip()
    number = token.split("_")[1]
    assert re.fullmatch(r"ctk_[0-9a-f]{8}_[0-9a-f]{64}", token)
    listed = run("actor", "keys")
    assert number in listed.out
    assert "acts for cs:" in listed.out
    assert token.split("_")[2] not in listed.out
    ended = run("actor", "end-key", number, "--as", "it:ana")
    assert ended.code == 0
    assert "no key stands" in run("actor", "keys").err
    (row,) = run("actor", "keys", "--all", "--json").lines
    assert (row["stands"], row["ended_by"], row["acts_for"]) == (False, "it:ana", ["cs:"])
    assert run("actor", "end-key", number).code == 2
    assert run("actor", "key", "rules").code == 2


def test_with_roles_on_only_an_operator_makes_keys(place: Path, run):
    grants = (("it:ana", "operator"), ("cs:mei", "handler"), ("lead:lin", "approver"))
    for who, role in grants:
        assert run("actor", "grant", who, role, "--as", "setup").code == 0
    assert run("actor", "on", "roles", "--as", "it:ana").code == 0
    refused = run("actor", "key", "cs:mei", "--as", "cs:mei")
    assert (refused.code, "[not_permitted]" in refused.err) == (4, True)
    assert run("actor", "key", "cs:mei", "--as", "it:ana").code == 0
