"""What a shell is offered when somebody presses Tab."""

from __future__ import annotations

import pytest

from claimdesk.adapters.cli.app import COMPLETE, run


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("claimdesk tri", ["triage"]),
        ("claimdesk d", ["demo", "do", "db", "doctor"]),
        ("claimdesk db ch", ["check"]),
        ("claimdesk triage --re", ["--rejects", "--reason"]),
        ("claimdesk nothing-like-it", []),
    ],
)
def test_what_could_come_next_is_offered(place, capsys, monkeypatch, typed, offered):
    words = typed.split(" ")
    monkeypatch.setenv(COMPLETE, "bash_complete")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    assert run([]) == 0
    told = [line.partition(",")[2] for line in capsys.readouterr().out.splitlines() if line]
    assert sorted(told) == sorted(offered)


def test_nothing_is_written_by_a_shell_that_asks(place, monkeypatch):
    monkeypatch.setenv(COMPLETE, "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "claimdesk show CLM-")
    monkeypatch.setenv("COMP_CWORD", "2")
    run([])
    assert not list(place.glob("*.db"))


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_shell_gets_its_script(place, capsys, monkeypatch, shell):
    monkeypatch.setenv(COMPLETE, f"{shell}_source")
    assert run([]) == 0
    assert COMPLETE in capsys.readouterr().out


def test_a_shell_nobody_knows_is_an_error(place, monkeypatch):
    monkeypatch.setenv(COMPLETE, "tcsh_source")
    assert run([]) != 0
