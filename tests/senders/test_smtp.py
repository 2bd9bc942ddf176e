"""Mail: encrypted or not at all, one Message-ID a notice, errors that repeat no address."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from claimdesk.adapters.senders import DeliveryFailed, sender_from
from claimdesk.adapters.senders.smtp import SmtpSender
from claimdesk.states.errors import ConfigError

FROM = "claims@example.org"


@pytest.fixture
def to_box(mailbox, certificate):
    def make(**settings: Any) -> SmtpSender:
        given = {"from_address": FROM, "context": certificate.client, "timeout": 5.0, **settings}
        return SmtpSender("localhost", mailbox.port, **given)

    return make


def test_a_letter_is_encrypted_and_carries_its_headers(to_box, mailbox, letter):
    to_box().send(letter)
    message = mailbox.messages[0]
    assert mailbox.encrypted == [True] and mailbox.recipients == ["jane.doe@example.org"]
    assert message["Message-ID"] == f"<{letter.id}@example.org>"
    assert message["Subject"] == letter.subject and message["From"] == FROM and message["To"] == letter.to
    assert message["Auto-Submitted"] == "auto-generated" and message["Content-Language"] == "zh-CN"
    assert message["X-Claimdesk-Notice"] == letter.id and message["Date"]
    assert message.body == letter.body


def test_the_message_id_stays_the_same_on_every_attempt(to_box, mailbox, letter):
    to_box().send(letter)
    to_box().send(letter)
    assert len({m["Message-ID"] for m in mailbox.messages}) == 1 and len(mailbox.messages) == 2


def test_a_server_without_encryption_gets_nothing(to_box, mailbox, letter):
    mailbox.starttls = False
    with pytest.raises(DeliveryFailed, match="did not accept"):
        to_box().send(letter)
    assert mailbox.raw == [] and mailbox.recipients == []


def test_a_certificate_nobody_vouches_for_is_refused(mailbox, letter):
    sender = SmtpSender("localhost", mailbox.port, from_address=FROM, timeout=5.0)
    with pytest.raises(DeliveryFailed, match="SSLCertVerificationError"):
        sender.send(letter)
    assert mailbox.raw == []


def test_a_login_goes_over_the_encrypted_line(to_box, mailbox, letter):
    to_box(user="desk", password="open sesame").send(letter)
    token = mailbox.logins[0].split()[-1]
    assert base64.b64decode(token) == b"\0desk\0open sesame"


def test_in_clear_to_this_machine_only(mailbox, letter):
    SmtpSender("127.0.0.1", mailbox.port, from_address=FROM, tls="none", timeout=5.0).send(letter)
    assert mailbox.encrypted == [False]
    with pytest.raises(ConfigError, match="this machine"):
        SmtpSender("mail.example.org", 25, from_address=FROM, tls="none")


def test_a_refused_recipient_is_named_by_code_only(to_box, mailbox, letter):
    mailbox.refuse_with = "550 no such user jane.doe@example.org"
    with pytest.raises(DeliveryFailed, match=r"\(550\)") as caught:
        to_box().send(letter)
    assert "jane" not in str(caught.value)


def test_a_server_that_says_nothing_is_given_up_on(to_box, mailbox, letter):
    mailbox.hang = True
    with pytest.raises(DeliveryFailed):
        to_box(timeout=0.3).send(letter)


@pytest.mark.parametrize(
    "to", [None, "", "no address", "a@b\r\nBcc: c@d", "Jane <jane@example.org>", "a b@c", "@c", "a@", "a@b,c@d"]
)
def test_what_is_no_address_is_not_tried(to_box, mailbox, letter, to):
    with pytest.raises(DeliveryFailed) as caught:
        to_box().send(replace(letter, to=to))
    assert caught.value.code == "no_address" and mailbox.recipients == []


def test_a_line_break_in_a_subject_makes_no_header(to_box, mailbox, letter):
    to_box().send(replace(letter, subject="one\r\nBcc: everybody@example.org", body="plain\n"))
    message = mailbox.messages[0]
    assert message["Subject"] == "one Bcc: everybody@example.org" and message["Bcc"] is None


def test_settings_from_an_address():
    sender = sender_from("smtp://desk@localhost:2525?from=claims%40example.org", password="x")
    assert isinstance(sender, SmtpSender)
    assert (sender._host, sender._port, sender._from, sender._login) == ("localhost", 2525, FROM, ("desk", "x"))
    implicit = sender_from("smtps://mail.example.org?from=claims@example.org")
    assert isinstance(implicit, SmtpSender) and (implicit._port, implicit._tls) == (465, "implicit")


@pytest.mark.parametrize(
    "url",
    ["smtp://u:secret@h", "smtp://h", "smtp://", "smtp://h:abc?from=a@b", "smtp://h?from=x", "smtp://h?from=a@b,c@d"],
)
def test_settings_that_cannot_work_are_refused_without_repeating_a_secret(url):
    with pytest.raises(ConfigError) as caught:
        sender_from(url)
    assert "secret" not in str(caught.value)
