"""Whatever is typed: an exit code of the contract, an error in words, never a traceback or an internal error."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimdesk.adapters.cli.app import cli
from claimdesk.workflow import registry

CODES = {0, 1, 2, 3, 4, 5, 6, 75}
VERBS = sorted(set(registry.programme("pdpi").lifecycle.verbs) | {"file", "tick", "update_seller", "fire", "hand_over"})
KEYS = [
    "verdict",
    "by",
    "losses",
    "amount",
    "decision",
    "position",
    "certificate",
    "hold",
    "evidence",
    "text",
    "on",
    "reason",
    "approved_by",
    "order",
    "seller",
    "marketplace",
    "claimant",
    "from",
    "kind",
    "items",
    "owner",
]
TYPED = ["do", "list", "show", "seller", "--json", "-n", "--at", "--db", "--lang", "-v"]
KNOWN = ["valid", "US", "640.00 USD", "2024-06-01", "true", "unknown", "waive", "A2P"]
text = st.text(max_size=12) | st.sampled_from(KNOWN)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | text
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | text, inner, max_size=3),
    max_leaves=8,
)
payloads = st.dictionaries(st.sampled_from(KEYS) | text, values, max_size=5)
words = st.lists(
    st.builds(lambda k, sign, v: f"{k}{sign}{v}", st.sampled_from(KEYS) | text, st.sampled_from(["=", ":=", ""]), text),
    max_size=4,
)
FUZZ = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def judged(line: list[str], stdin: str | bytes | None = None) -> Any:
    done = CliRunner().invoke(cli, line, input=stdin)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert done.exit_code in CODES
    assert "[internal]" not in done.stderr, line
    assert "Traceback" not in done.stdout + done.stderr
    if done.exit_code > 1:
        assert done.stderr.startswith("error: ")
    return done


@pytest.fixture
def claims(office) -> list[str]:
    return [office.first("--state", s) for s in ("recovery_review", "closed", "denied", "filed")]


@FUZZ
@given(verb=st.sampled_from(VERBS), which=st.integers(0, 3), payload=payloads, more=words)
def test_any_payload_of_do(claims, verb, which, payload, more):
    given_json = json.dumps(payload)
    judged(["do", verb, claims[which], f"--with={given_json}", "--dry-run", "--json", "--", *more])


@FUZZ
@given(payload=payloads, more=words)
def test_any_payload_of_file(place, payload, more):
    judged(["file", "--from", "-", "--dry-run", "--", *more], stdin=json.dumps(payload).encode())


@FUZZ
@given(payload=payloads | st.just({}))
def test_any_certificate(place, payload):
    judged(["certificate", "record", "A2F", "--from", "-", "--dry-run"], stdin=json.dumps(payload).encode())


@FUZZ
@given(raw=st.binary(max_size=200) | text.map(str.encode))
def test_any_bytes_of_a_file(place, raw):
    done = judged(["triage", "-", "--json", "--dry-run"], stdin=raw)
    assert all(json.loads(line)["status"] == "rejected" for line in done.stdout.splitlines())


@FUZZ
@given(line=st.lists(st.sampled_from([*VERBS, *TYPED]) | st.text(string.printable, max_size=8), max_size=6))
def test_any_line(place, line):
    if line and "demo" not in line:
        judged([*line])
