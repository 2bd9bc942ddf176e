"""Letters as files: whole or not there, named by the notice only, replaced only by a newer rendering."""

from __future__ import annotations

import os
import stat
from dataclasses import replace

import pytest

from claimdesk.adapters.senders import DeliveryFailed, FileSender
from claimdesk.adapters.senders import files as module


def test_names_say_the_notice_and_nothing_else(tmp_path, letter):
    sender = FileSender(tmp_path)
    sender.send(letter)
    found = [p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()]
    assert found == [sender.path_of(letter.id).relative_to(tmp_path)]
    assert len(found[0].parts) == 2 and len(found[0].parts[0]) == 2 and found[0].parts[1] == f"{letter.id}.txt"


@pytest.mark.skipif(os.name == "nt", reason="no such permissions")
def test_a_letter_is_readable_by_its_owner_only(tmp_path, letter):
    FileSender(tmp_path).send(letter)
    assert stat.S_IMODE(FileSender(tmp_path).path_of(letter.id).stat().st_mode) == 0o600


def test_the_address_stands_in_the_file_only_where_asked_for(tmp_path, letter):
    FileSender(tmp_path / "a").send(letter)
    FileSender(tmp_path / "b", address=True).send(letter)
    assert "jane" not in FileSender(tmp_path / "a").path_of(letter.id).read_text("utf-8")
    assert "\nTo: jane.doe@example.org\n" in FileSender(tmp_path / "b").path_of(letter.id).read_text("utf-8")


def test_the_same_letter_is_not_written_twice(tmp_path, letter):
    sender = FileSender(tmp_path)
    sender.send(letter)
    before = sender.path_of(letter.id).stat()
    sender.send(letter)
    after = sender.path_of(letter.id).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_letter_rendered_anew_replaces_the_file(tmp_path, letter):
    sender = FileSender(tmp_path)
    sender.send(letter)
    sender.send(replace(letter, body="The date that then holds.\n"))
    assert sender.path_of(letter.id).read_text("utf-8").endswith("\n\nThe date that then holds.\n")


def test_a_crash_while_writing_leaves_the_old_letter_and_no_rubbish(tmp_path, letter, monkeypatch):
    sender = FileSender(tmp_path)
    sender.send(letter)
    before = sender.path_of(letter.id).read_bytes()

    def fail(handle: int) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(module.os, "fsync", fail)
    with pytest.raises(DeliveryFailed, match="No space left"):
        sender.send(replace(letter, body="newer\n"))
    assert sender.path_of(letter.id).read_bytes() == before
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == [f"{letter.id}.txt"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "NTC-../x", "", "NTC-", "ntc-1", "NTC-1\n", "NTC-1/2", "N" * 300])
def test_an_id_never_becomes_a_path(tmp_path, letter, name):
    with pytest.raises(DeliveryFailed):
        FileSender(tmp_path / "letters").send(replace(letter, id=name))
    assert list(tmp_path.iterdir()) == []


def test_a_line_break_in_a_subject_makes_no_header(tmp_path, letter):
    sender = FileSender(tmp_path)
    sender.send(replace(letter, subject="one\r\nTo: somebody@example.org"))
    assert "\nSubject: one To: somebody@example.org\n" in sender.path_of(letter.id).read_text("utf-8")


def test_without_syncing_the_letter_is_the_same(tmp_path, letter):
    FileSender(tmp_path / "a").send(letter)
    sender = FileSender(tmp_path / "b", sync=False)
    sender.send(letter)
    sender.flush()
    one, two = (next((tmp_path / f).rglob("*.txt")).read_bytes() for f in ("a", "b"))
    assert one == two
