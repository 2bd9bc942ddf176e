"""A witness asked by files: what it is asked, what it answers, and what the log does with the answer."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from claimdesk.adapters.tlog.verifier import parse_checkpoint, parse_trust, verify_log
from support.commandline import Desk, Outcome

NAME = "compliance.example/w1"
Run = Callable[..., Outcome]


def settings(place: Path, *lines: str) -> None:
    (place / "claimdesk.toml").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def asked(office: Desk, *more: str) -> Outcome:
    """The request is carried to the witness; its answer."""
    done = office.run("audit", "checkpoint", "--witness", NAME, "--request", "request", *more)
    assert (done.code, done.out) == (0, ""), done.err
    answer = office.run("audit", "witness", "request", "--folder", "w", "--log", "claimdesk.db.tlog/vkey")
    Path("answer").write_text(answer.out, encoding="utf-8")
    return answer


def taken(office: Desk) -> Outcome:
    return office.run("audit", "checkpoint", "--witness", NAME, "--cosignature", "answer")


def published() -> bytes:
    return Path("claimdesk.db.tlog/log/checkpoint").read_bytes()


def write_on(office: Desk) -> None:
    assert office.run("do", "note", office.first(), "--with", '{"text": "one more"}').code == 0


def test_a_witness_is_asked_by_file_and_its_cosignature_is_published(office: Desk):
    made = office.run("audit", "witness", "--folder", "w", "--name", NAME)
    assert made.code == 0, made.err
    vkey = made.out.strip()
    assert vkey == office.run("audit", "witness", "--folder", "w", "--json").json["vkey"]
    assert Path("w/witness.key").stat().st_mode & 0o077 == 0
    settings(office.folder, f'log_witness = ["{vkey}"]')
    assert office.run("audit", "checkpoint", "--publish").code == 0
    assert asked(office).code == 0
    done = taken(office)
    assert (done.code, "published with it" in done.err) == (0, True), done.err
    note = parse_checkpoint(published())
    assert [s.name for s in note.signatures][1:] == [NAME]
    assert "known before" in taken(office).err
    assert office.run("audit", "verify", "--quiet").code == 0
    # Who verifies asks for the witness, and needs nothing of ours.
    log = Path("claimdesk.db.tlog/vkey").read_text()
    trust = parse_trust(f"log {log.strip()}\nwitness w {vkey}\nquorum w\n".encode())
    assert verify_log("claimdesk.db.tlog/log", trust).fault is None
    write_on(office)
    assert office.run("audit", "checkpoint", "--publish").code == 0
    fault = verify_log("claimdesk.db.tlog/log", trust).fault
    assert fault is not None
    assert fault.code == "no_quorum", "the newer checkpoint is not cosigned yet"
    assert asked(office).code == 0, "it continues what the witness has seen"
    assert taken(office).code == 0
    assert verify_log("claimdesk.db.tlog/log", trust).fault is None


def test_nothing_is_published_before_enough_witnesses_cosigned(office: Desk):
    assert office.run("audit", "checkpoint", "--publish").code == 0
    before = published()
    vkey = office.run("audit", "witness", "--folder", "w", "--name", NAME).out.strip()
    settings(office.folder, f'log_witness = ["{vkey}"]', "log_witnesses_needed = 1")
    write_on(office)
    assert office.run("audit", "checkpoint", "--publish").code == 0
    assert published() == before
    assert asked(office).code == 0
    write_on(office)  # the log grows while the request is on its way
    assert office.run("audit", "checkpoint", "--publish").code == 0
    done = taken(office)
    assert "published with it" in done.err, done.err
    assert published() != before
    settings(office.folder, "log_witnesses_needed = 1")
    assert "bad_witness" in office.run("audit", "checkpoint", "--publish").err


def test_what_does_not_continue_or_does_not_fit_is_refused(office: Desk):
    vkey = office.run("audit", "witness", "--folder", "w", "--name", NAME).out.strip()
    other = office.run("audit", "witness", "--folder", "x", "--name", NAME).out.strip()
    assert vkey != other
    settings(office.folder, f'log_witness = ["{vkey}"]')
    assert office.run("audit", "checkpoint", "--publish").code == 0
    shutil.copytree("w", "older")
    assert asked(office).code == 0
    good = Path("answer").read_text(encoding="utf-8")
    for bad in ("", "nonsense\n", good.replace(" ", "  "), good[:-9] + good[-8:]):
        Path("answer").write_text(bad, encoding="utf-8")
        done = taken(office)
        assert (done.code, "no_cosignature" in done.err) == (2, True), bad
    stranger = office.run("audit", "witness", "request", "--folder", "x", "--log", "claimdesk.db.tlog/vkey")
    Path("answer").write_text(stranger.out, encoding="utf-8")
    assert "no_cosignature" in taken(office).err, "another key under the same name"
    Path("answer").write_text(good, encoding="utf-8")
    assert taken(office).code == 0
    # The witness remembers another size than this database: it says which, and is asked from there.
    shutil.rmtree("w")
    shutil.copytree("older", "w")
    write_on(office)
    assert office.run("audit", "checkpoint", "--publish").code == 0
    refused = asked(office)
    assert (refused.code, refused.out) == (1, "0\n")
    assert "ask again with --old 0" in taken(office).err
    assert asked(office, "--old", "0").code == 0
    assert taken(office).code == 0
    # A log that lost entries is not cosigned.
    assert office.run("audit", "checkpoint", "--witness", NAME, "--request", "r", "--old", "999999").code == 2


def test_settings_and_options_that_make_no_sense_are_refused(office: Desk):
    for setting in ('log_witness = ["nonsense"]', 'log_witnesses_needed = "many"', "log_witnesses_needed = -1"):
        settings(office.folder, setting)
        done = office.run("audit", "checkpoint", "--publish")
        assert done.code == 2, setting
    settings(office.folder)
    for words in (
        ("--witness", NAME), ("--request", "r"), ("--witness", NAME, "--request", "r"), ("--old", "1"),
        ("--witness", NAME, "--request", "r", "--cosignature", "a"),
    ):  # fmt: skip
        assert office.run("audit", "checkpoint", *words).code in (2, 5), words
    assert office.run("audit", "witness", "--folder", "w").code == 2, "no key, no name"
    assert office.run("audit", "witness", "--folder", "w", "--name", NAME).code == 0
    Path("r").write_bytes(b"old 0\n\nnonsense")
    assert office.run("audit", "witness", "r", "--folder", "w").code == 2, "no log to watch"
    assert office.run("audit", "witness", "r", "--folder", "w", "--name", "another.example").code == 2
