"""Webhooks: signed so that others can verify, thin, followed nowhere, and kept out of the host's own network."""

from __future__ import annotations

import base64
import json
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from claimdesk.adapters.senders import DeliveryFailed, EndpointGone, addresses, sender_from
from claimdesk.adapters.senders.addresses import is_allowed, networks, resolve
from claimdesk.adapters.senders.signing import headers, signer
from claimdesk.adapters.senders.webhook import WebhookSender, thin_body
from claimdesk.states.errors import ConfigError

OLD = "whsec_" + base64.b64encode(b"o" * 32).decode()
NEW = "whsec_" + base64.b64encode(b"n" * 24).decode()
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = PRIVATE.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
ASYMMETRIC = "whsk_" + base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def to_receiver(receiver, certificate):
    def make(**settings: Any) -> WebhookSender:
        given = {
            "keys": [NEW],
            "ports": [receiver.port],
            "allow": ["127.0.0.0/8"],
            "context": certificate.client,
            "timeout": 5.0,
            **settings,
        }
        return WebhookSender(f"https://127.0.0.1:{receiver.port}/claims?desk=1", **given)

    return make


# -- signatures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_an_independent_receiver_verifies_both_keys_of_a_rotation(to_receiver, receiver, letter, secret):
    to_receiver(keys=[NEW, OLD]).send(letter)
    got = receiver.got[0]
    told = Webhook(secret).verify(got.body, got.headers)
    assert told["type"] == "notice.written" and told["data"]["notice"] == letter.id
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(b"x" * 32).decode()).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(got.body + b" ", got.headers)


def test_an_ed25519_signature_is_over_id_time_and_body(to_receiver, receiver, letter):
    to_receiver(keys=[ASYMMETRIC, NEW]).send(letter)
    got = receiver.got[0]
    signatures = [part.split(",") for part in got.headers["webhook-signature"].split(" ")]
    assert [version for version, _ in signatures] == ["v1a", "v1"]
    message = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    public = Ed25519PublicKey.from_public_bytes(PUBLIC)
    public.verify(base64.b64decode(signatures[0][1]), message)
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(signatures[0][1]), message + b" ")
    Webhook(NEW).verify(got.body, got.headers)


def test_a_private_key_may_carry_its_public_half():
    whole = "whsk_" + base64.b64encode(b"k" * 32 + PUBLIC).decode()
    assert signer(whole)(b"message") == signer(ASYMMETRIC)(b"message")


def test_our_signature_is_the_one_others_make():
    body = b'{"a":1}'
    ours = headers([signer(NEW)], "NTC-1", 1_700_000_000, body)["webhook-signature"]
    assert ours == Webhook(NEW).sign("NTC-1", datetime.fromtimestamp(1_700_000_000, UTC), body.decode())


@pytest.mark.parametrize(
    "key",
    [
        "",
        "whsec",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        "whsk_" + base64.b64encode(b"x" * 31).decode(),
        "whpk_" + base64.b64encode(b"x" * 32).decode(),
        "whsec_not base64 secret",
    ],
)
def test_what_is_no_key_is_refused_without_being_shown(key):
    with pytest.raises(ConfigError) as caught:
        signer(key)
    assert len(key) < 6 or key not in str(caught.value)


# -- what is sent --------------------------------------------------------------------------------------------------


def test_the_body_is_thin_and_about_nobody(letter):
    body = thin_body(replace(letter, subject="Jane Doe", body="Dear Jane"), 1_717_430_400.25)
    told = json.loads(body)
    assert told["timestamp"] == "2024-06-03T16:00:00.250000Z" and len(body) < 1_000
    assert set(told["data"]) == {"notice", "claim", "kind", "party", "language", "sha256"}
    assert b"Jane" not in body and b"example.org" not in body


def test_the_id_stays_and_the_time_moves_on_with_each_attempt(to_receiver, receiver, letter):
    now = time.time()
    ticks = iter([now, now + 60])
    sender = to_receiver(clock=lambda: next(ticks))
    receiver.status = 503
    with pytest.raises(DeliveryFailed):
        sender.send(letter)
    receiver.status = 200
    sender.send(letter)
    one, two = (r.headers for r in receiver.got)
    assert one["webhook-id"] == two["webhook-id"] == letter.id
    assert int(two["webhook-timestamp"]) - int(one["webhook-timestamp"]) == 60
    assert receiver.got[0].path == "/claims?desk=1" and one["content-type"] == "application/json"


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308, 400, 401, 404, 413, 429, 500, 503])
def test_anything_but_a_yes_is_a_failure_and_is_tried_again(to_receiver, receiver, letter, status):
    receiver.status, receiver.location = status, f"https://127.0.0.1:{receiver.port}/elsewhere"
    sender = to_receiver()
    with pytest.raises(DeliveryFailed, match=str(status)) as caught:
        sender.send(letter)
    assert caught.value.retryable and not sender.disabled
    assert [r.path for r in receiver.got] == ["/claims?desk=1"]  # no redirect was followed


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_yes_is_enough(to_receiver, receiver, letter, status):
    receiver.status = status
    to_receiver().send(letter)


def test_gone_switches_the_endpoint_off(to_receiver, receiver, letter):
    receiver.status = 410
    sender = to_receiver()
    for _ in range(3):
        with pytest.raises(EndpointGone) as caught:
            sender.send(letter)
        assert not caught.value.retryable
    assert sender.disabled and len(receiver.got) == 1


def test_a_receiver_that_hangs_is_given_up_on(to_receiver, receiver, letter):
    receiver.hang = True
    began = time.monotonic()
    with pytest.raises(DeliveryFailed, match="TimeoutError"):
        to_receiver(timeout=0.3).send(letter)
    assert time.monotonic() - began < 5


def test_a_certificate_nobody_vouches_for_is_refused(receiver, letter):
    sender = WebhookSender(
        f"https://127.0.0.1:{receiver.port}/", keys=[NEW], ports=[receiver.port], allow=["127.0.0.0/8"], timeout=5.0
    )
    with pytest.raises(DeliveryFailed, match="SSLCertVerificationError"):
        sender.send(letter)
    assert receiver.got == []


# -- where it may go -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.1", "100.64.0.1"),
        *("192.0.0.8", "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1"),
        *("::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1", "2001:db8::1"),
    ],
)
def test_no_letter_goes_into_a_network_of_ones_own(address):
    assert not is_allowed(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_letters_go_out_into_the_world(address):
    assert is_allowed(address)


def test_a_deployment_may_allow_a_range_of_its_own():
    own = networks(["10.1.0.0/16", "fd00:1::/32"])
    assert is_allowed("10.1.2.3", own) and is_allowed("fd00:1::5", own) and is_allowed("::ffff:10.1.2.3", own)
    assert not is_allowed("10.2.0.1", own) and not is_allowed("127.0.0.1", own)


def test_the_loopback_address_is_not_reached_unless_allowed(receiver, certificate, letter):
    sender = WebhookSender(
        f"https://127.0.0.1:{receiver.port}/", keys=[NEW], ports=[receiver.port], context=certificate.client
    )
    with pytest.raises(DeliveryFailed) as caught:
        sender.send(letter)
    assert caught.value.code == "webhook_not_allowed" and receiver.got == []


def test_one_bad_address_of_a_name_refuses_them_all(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 443)) for a in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *a, **k: found)
    with pytest.raises(DeliveryFailed, match="not one letters may go to"):
        resolve("example.org", 443)


def test_a_name_is_looked_up_once_so_that_it_cannot_change_in_between(to_receiver, receiver, monkeypatch, letter):
    real, asked = socket.getaddrinfo, []

    def answer(host: str, port: int, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return real(host, port, *rest, **more) if len(asked) == 1 else real("127.0.0.9", port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    to_receiver().send(letter)
    assert asked == ["127.0.0.1"] and len(receiver.got) == 1


def test_the_address_is_checked_again_once_the_connection_stands(to_receiver, receiver, monkeypatch, letter):
    sender = to_receiver(allow=["127.0.0.2/32"])
    monkeypatch.setattr("claimdesk.adapters.senders.webhook.resolve", lambda *a: [(int(socket.AF_INET), "127.0.0.1")])
    with pytest.raises(DeliveryFailed) as caught:
        sender.send(letter)
    assert caught.value.code == "webhook_not_allowed" and receiver.got == []


def test_a_name_nobody_knows(letter):
    sender = WebhookSender("https://name.invalid/", keys=[NEW])
    with pytest.raises(DeliveryFailed, match="looked up"):
        sender.send(letter)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://example.org/",
            "https://example.org:22/",
            "https://user@example.org/",
            "https://user:pw@example.org/",
        ),
        *("https:///path", "https://example.org/#part", "https://example.org:99999/", "ftp://example.org/"),
    ],
)
def test_only_https_to_a_plain_host_on_a_known_port(url):
    with pytest.raises(ConfigError):
        WebhookSender(url, keys=[NEW])


@pytest.mark.parametrize("keys", [[], [NEW] * 5])
def test_a_webhook_without_a_key_does_not_exist(keys):
    with pytest.raises(ConfigError):
        sender_from("https://example.org/hook", keys=keys)


@pytest.mark.parametrize("name", ["", "carrier-pigeon", "http://example.org/", "files:", "files", "mailto:a@b"])
def test_an_unknown_sender_says_what_there_is(name):
    with pytest.raises(ConfigError, match="files:FOLDER"):
        sender_from(name)
