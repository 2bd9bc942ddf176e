"""The log: JSON from an allow-list, one line a command, never a person's data, silent until asked."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimdesk.adapters import logs

CLAIM = "CLM-0123456789ABCDEFG"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root, ours = logging.getLogger(), logging.getLogger(logs.NAME)
    kept = (list(root.handlers), root.level, ours.level)
    made = io.StringIO()
    logs.configure(2, made)
    yield made
    root.handlers[:] = kept[0]
    root.setLevel(kept[1])
    ours.setLevel(kept[2])


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_holds_what_is_listed(stream):
    logs.command_done(verb="do respond", claim=CLAIM, outcome="done", duration_ms=12, exit_code=0)
    (line,) = lines(stream)
    del line["timestamp"]
    assert line == {"event": "command", "level": "info", "logger": "claimdesk", "verb": "do respond", "claim": CLAIM,
                    "outcome": "done", "duration_ms": 12, "exit_code": 0}  # fmt: skip


def test_what_is_not_listed_is_dropped_and_so_is_free_text(stream):
    logs.logger().warning(
        "Jane Doe called", name="Jane Doe", claim="Jane Doe", outcome="Jane Doe\n{}", rulebook=["Jane"]
    )
    (line,) = lines(stream)
    assert set(line) == {"event", "level", "logger", "timestamp"}
    assert line["event"] == "unnamed"


def test_an_exception_keeps_its_type_and_places_only(stream):
    try:
        raise ValueError("Jane Doe")
    except ValueError:
        logs.logger().exception("failed")
    (line,) = lines(stream)
    assert line["event"] == "failed"
    assert line["exception"][0]["type"] == "ValueError"  # type: ignore[index]
    assert "Jane" not in stream.getvalue()


def test_other_libraries_are_named_but_not_quoted(stream):
    logging.getLogger("sqlalchemy.pool").warning("lost %s", "Jane Doe")
    logging.getLogger("transitions.core").info("Jane Doe moved")
    (line,) = lines(stream)
    assert (line["event"], line["logger"], line["level"]) == ("foreign", "sqlalchemy.pool", "warning")
    assert "Jane" not in stream.getvalue()


def test_transitions_speaks_from_warnings_on(stream):
    assert logging.getLogger("transitions").level == logging.WARNING


@pytest.mark.parametrize(
    ("verbosity", "heard"), [(-1, []), (0, ["warned"]), (1, ["said", "warned"]), (2, ["all", "said", "warned"])]
)
def test_levels(stream, verbosity, heard):
    made = io.StringIO()
    logs.configure(verbosity, made)
    logs.logger().debug("all")
    logs.logger().info("said")
    logs.logger().warning("warned")
    assert [line["event"] for line in lines(made)] == heard


@given(st.text())
def test_no_text_breaks_out_of_its_line(text):
    made = io.StringIO()
    handler = logs._Handler(made)
    ours = logging.getLogger("claimdesk.test")
    ours.propagate = False
    ours.handlers[:] = [handler]
    ours.setLevel(logging.INFO)
    logs.logger("claimdesk.test").info(text, verb=text, code=text, anything=text)
    assert made.getvalue().isascii()
    (line,) = lines(made)
    assert line["level"] == "info"


def test_the_library_is_silent_by_default():
    code = "from claimdesk.adapters import logs; logs.logger().error('loud', claim='x'); logs.command_done(verb='x')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
