"""The command line as a test sees it: words in; standard output, standard error and an exit code out."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from claimdesk.adapters.cli.app import cli
from claimdesk.testing import FrozenClock, valid_certificate
from claimdesk.workflow import desk as desks
from support.commandline import Desk, Outcome


def invoke(words: tuple[str, ...], stdin: str | bytes | None = None, env: dict[str, str] | None = None) -> Outcome:
    """One command, in this process; no command may ever show a traceback."""
    done = CliRunner().invoke(cli, list(words), input=stdin, env=env)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    for text in (done.stdout, done.stderr):
        assert "Traceback" not in text
    return Outcome(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, without settings of the machine."""
    for name in list(os.environ):
        if name.startswith("CLAIMDESK_") and name != "CLAIMDESK_HYPOTHESIS":
            monkeypatch.delenv(name)
    monkeypatch.setenv("USER", "tester")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "reports"))
    (tmp_path / "reports").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(place: Path) -> Callable[..., Outcome]:
    """Runs a command in the empty folder."""

    def command(*words: str, stdin: str | bytes | None = None, env: dict[str, str] | None = None) -> Outcome:
        return invoke(words, stdin, env)

    return command


@pytest.fixture(scope="session")
def office_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example claims of the first programme, filed once for all tests."""
    folder = tmp_path_factory.mktemp("office")
    claims = Path(__file__).resolve().parents[2] / "adapters" / "cli" / "data" / "claims.jsonl"
    done = invoke(("demo", str(claims), "--db", f"sqlite:///{folder / 'claimdesk.db'}", "--json"))
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def office(office_files: Path, run: Callable[..., Outcome], place: Path) -> Desk:
    """The example claims in the default database of the working folder."""
    shutil.copytree(office_files, place, dirs_exist_ok=True)
    return Desk(run, place)


@pytest.fixture
def on_the_day(monkeypatch: pytest.MonkeyPatch) -> FrozenClock:
    """The clock of the machine stands at noon of the day after the example claims were filed."""
    clock = FrozenClock("2024-06-11T12:00:00-07:00")
    monkeypatch.setattr(desks, "_system_clock", clock)
    return clock


@pytest.fixture
def certificate(place: Path) -> Callable[..., str]:
    """Writes a certificate that passes every test into a file and gives its name."""

    def written(**overrides: Any) -> str:
        paper = valid_certificate(**{"submitted_at": "2024-06-03", **overrides})
        (place / "certificate.json").write_text(json.dumps(paper), encoding="utf-8")
        return "certificate.json"

    return written
