"""One contract, put to every sender: it arrives whole, the same id is the same letter, and failure raises."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from claimdesk.adapters.senders import DeliveryFailed, FileSender, MemorySender, sender_from
from claimdesk.workflow.notices import render
from claimdesk.workflow.ports import Letter, NoticeSender
from notices.world import samples

from .servers import Mailbox, Receiver, Tls, closed_port

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@dataclass
class Case:
    """A sender, what arrived through it by notice id, and a sender of the same kind that cannot deliver."""

    sender: NoticeSender
    arrived: Callable[[], dict[str, str]]
    broken: Callable[[], NoticeSender] | None


@pytest.fixture(params=["memory", "console", "files", "smtp", "webhook"])
def case(request: pytest.FixtureRequest, tmp_path: Path, certificate: Tls) -> Case:
    return globals()[f"_{request.param}"](request, tmp_path, certificate)


def _memory(request: Any, folder: Path, certificate: Tls) -> Case:
    sender = sender_from("memory")
    assert isinstance(sender, MemorySender)
    return Case(sender, lambda: {k.id: k.body for k in sender.letters}, None)


def _console(request: Any, folder: Path, certificate: Tls) -> Case:
    stream = StringIO()

    def arrived() -> dict[str, str]:
        found: dict[str, str] = {}
        for part in stream.getvalue().split("-" * 72 + "\n"):
            if part:
                head, _, body = part.partition("\n\n")
                found[head.partition("Notice: ")[2].partition("\n")[0]] = body
        return found

    return Case(sender_from("console", stream=stream), arrived, None)


def _files(request: Any, folder: Path, certificate: Tls) -> Case:
    def arrived() -> dict[str, str]:
        found = [p.read_text("utf-8").partition("\n\n") for p in (folder / "letters").rglob("*.txt")]
        return {head.partition("Notice: ")[2].partition("\n")[0]: body for head, _, body in found}

    def broken() -> NoticeSender:
        (folder / "file").touch()
        return sender_from(f"files:{folder / 'file'}")

    return Case(sender_from(f"files:{folder / 'letters'}"), arrived, broken)


def _smtp(request: Any, folder: Path, certificate: Tls) -> Case:
    box: Mailbox = request.getfixturevalue("mailbox")
    settings: dict[str, Any] = {"context": certificate.client, "from_address": "claims@example.org", "timeout": 5.0}

    def arrived() -> dict[str, str]:
        return {str(m["Message-ID"]).strip("<>").partition("@")[0]: m.body for m in box.messages}

    return Case(
        sender_from(f"smtp://localhost:{box.port}", **settings),
        arrived,
        lambda: sender_from(f"smtp://localhost:{closed_port()}", **settings),
    )


def _webhook(request: Any, folder: Path, certificate: Tls) -> Case:
    receiver: Receiver = request.getfixturevalue("receiver")

    def to(port: int) -> NoticeSender:
        settings: dict[str, Any] = {"ports": [port], "allow": ["127.0.0.0/8"], "context": certificate.client}
        return sender_from(f"https://127.0.0.1:{port}/claims", keys=[SECRET], timeout=5.0, **settings)

    def arrived() -> dict[str, str]:
        told = [json.loads(r.body)["data"] for r in receiver.got]
        return {t["notice"]: t["sha256"] for t in told}

    return Case(to(receiver.port), arrived, lambda: to(closed_port()))


def _expected(case: Case, letter: Letter) -> str:
    return hashlib.sha256(letter.body.encode()).hexdigest() if case.sender.name == "webhook" else letter.body


def test_a_letter_arrives_whole(case, letter):
    assert case.sender.send(letter) is None
    assert case.arrived() == {letter.id: _expected(case, letter)}


def test_the_same_letter_again_is_the_same_letter(case, letter):
    for _ in range(3):
        case.sender.send(letter)
    assert case.arrived() == {letter.id: _expected(case, letter)}


def test_two_letters_are_two(case, letter):
    other = replace(letter, id="NTC-01HX0000000000002", body="Another.\n")
    case.sender.send(letter)
    case.sender.send(other)
    assert case.arrived() == {letter.id: _expected(case, letter), other.id: _expected(case, other)}


def test_a_sender_has_a_name_and_says_whether_it_needs_an_address(case):
    assert case.sender.name.isidentifier()
    assert case.sender.needs_address is (case.sender.name == "smtp")


def test_what_cannot_be_delivered_raises_and_says_nothing_about_anybody(case, letter):
    if case.broken is None:
        return  # these two cannot fail
    with pytest.raises(DeliveryFailed) as caught:
        case.broken().send(letter)
    assert caught.value.retryable and caught.value.exit_code == 75
    told = f"{caught.value} {caught.value!r} {caught.value.to_dict()}"
    assert "jane" not in told and "640" not in told and "第一行" not in told
    assert caught.value.__suppress_context__


def test_every_kind_of_letter_goes_out(case):
    sample = samples()[0]
    made = render(sample.notice, sample.case, sample.version)
    row = sample.notice
    case.sender.send(
        Letter(row.id, row.claim, row.kind, row.party, "en", made.subject, made.body, "jane@example.org", {})
    )
    assert row.id in case.arrived()


def test_files_are_the_default_folder_of_a_path():
    sender = sender_from("files:some/where")
    assert isinstance(sender, FileSender) and sender.folder == Path("some/where")
