"""Signed notes, keys and Ed25519: known answers of Go's note package, RFC 8032 and C2SP, and what is no note."""

from __future__ import annotations

import base64
import builtins
import random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from claimdesk.adapters.tlog.signing import (
    Cosigner,
    Signer,
    checked,
    checkpoint_text,
    signed_checkpoint,
    trust_file,
    with_lines,
)
from claimdesk.adapters.tlog.verifier import Untrue, Vkey, parse_checkpoint, parse_trust
from claimdesk.adapters.tlog.verifier.ed25519 import ed25519_verify, plain_ed25519_verify
from claimdesk.adapters.tlog.verifier.notes import cosigned_text
from tlog.made import ORIGIN, SIGNER, STRANGER, mth

# From the documentation of golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_TEXT = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)
# RFC 8032 section 7.1: key, message, signature.
RFC_8032 = [
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     ("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
      "655141438e7a100b")),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     ("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
      "b00d291612bb0c00")),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     ("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
      "c027beceea1ec40a")),
]  # fmt: skip
# From the C2SP document on checkpoints.
C2SP = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+"
    "zyWE+xeMcTOAYQ8=\n"
    "\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0"
    "xUe+mbIUBkBIfZ+qnA==\n"
)
ROOT = mth([b"\x05" * 32])
NOTE = signed_checkpoint(SIGNER, 1, ROOT)


def test_the_answer_of_go():
    signer = Signer("PeterNeumann", GO_SEED)
    assert str(signer.key) == GO_VKEY
    assert Vkey.parse(GO_VKEY) == signer.key
    assert signer.line(GO_TEXT) == GO_LINE
    assert signer.key.signed(GO_TEXT, base64.b64decode(GO_LINE.split(" ")[2])[4:])
    assert not signer.key.signed(GO_TEXT + b"\n", base64.b64decode(GO_LINE.split(" ")[2])[4:])


@pytest.mark.parametrize("verify", [ed25519_verify, plain_ed25519_verify])
@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_answers_of_rfc_8032(verify, key, message, signature):
    key, message, signature = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    assert verify(key, signature, message)
    assert not verify(key, signature, message + b"x")
    for place in (0, 31, 32, 63):
        assert not verify(key, signature[:place] + bytes([signature[place] ^ 1]) + signature[place + 1 :], message)
    q = 2**252 + 27742317777372353535851937790883648493
    more = int.from_bytes(signature[32:], "little") + q  # the same signature written another way
    assert not verify(key, signature[:32] + more.to_bytes(32, "little"), message)
    assert not verify(b"\xff" * 32, signature, message)
    assert not verify(key[:31], signature, message)
    assert not verify(key, signature[:63], message)


def test_both_ways_to_check_a_signature_agree():
    rng = random.Random(8)
    for _ in range(40):
        private = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
        key, message = private.public_key().public_bytes_raw(), rng.randbytes(rng.randrange(100))
        good = private.sign(message)
        assert plain_ed25519_verify(key, good, message)
        place = rng.randrange(64)
        bad = good[:place] + bytes([good[place] ^ 1 << rng.randrange(8)]) + good[place + 1 :]
        assert ed25519_verify(key, bad, message) == plain_ed25519_verify(key, bad, message) is False
        other = rng.randbytes(32)
        assert ed25519_verify(other, good, message) == plain_ed25519_verify(other, good, message) is False


def test_without_the_cryptography_package_the_plain_way_is_taken(monkeypatch):
    real = builtins.__import__

    def lacking(name: str, *rest: Any) -> Any:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", lacking)
    key, message, signature = (bytes.fromhex(part) for part in RFC_8032[1])
    assert ed25519_verify(key, signature, message)
    assert not ed25519_verify(key, signature, message + b"x")


def test_the_checkpoint_of_the_c2sp_document():
    found = parse_checkpoint(C2SP.encode())
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20852163)
    assert base64.b64encode(found.root) == b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    assert [s.name for s in found.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert [s.key_id.hex() for s in found.signatures] == ["033de0ae", "8d66cf3f"]
    assert [len(s.payload) for s in found.signatures] == [64, 72]
    assert int.from_bytes(found.signatures[1].payload[:8], "big") == 1679315147
    text = cosigned_text(found.text, 1679315147)
    assert text.startswith(b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUY")


def test_our_checkpoint_is_written_as_the_specification_says():
    root = base64.b64encode(ROOT).decode()
    assert NOTE.decode().startswith(f"{ORIGIN}\n1\n{root}\n\n\u2014 {ORIGIN} ")
    assert NOTE.endswith(b"\n")
    assert signed_checkpoint(SIGNER, 1, ROOT) == NOTE  # the same bytes each time
    found = checked(NOTE, SIGNER.key, "checkpoint")
    assert found is not None
    assert (found.origin, found.size, found.root, found.text) == (ORIGIN, 1, ROOT, checkpoint_text(ORIGIN, 1, ROOT))
    assert checked(NOTE, STRANGER.key, "checkpoint") is None


def test_a_cosignature_counts_and_other_lines_are_ignored():
    witness, stranger = Cosigner("witness.example/w1", b"\x01" * 32), Cosigner("witness.example/w1", b"\x02" * 32)
    text = checkpoint_text(ORIGIN, 1, ROOT)
    note = with_lines(NOTE, [stranger.line(text, 5), witness.line(text, 1_700_000_000)])
    trust = parse_trust(trust_file(SIGNER.key, {"w1": witness.key}, 1))
    assert trust.check(parse_checkpoint(note)) == ("w1",)
    assert parse_trust(trust_file(SIGNER.key)).check(parse_checkpoint(note)) == ()
    with pytest.raises(Untrue, match="no_quorum"):
        trust.check(parse_checkpoint(with_lines(NOTE, [stranger.line(text, 5)])))
    bad = witness.line(text, 5).replace(witness.line(text, 5)[-20:-8], "AAAAAAAAAAAA")
    with pytest.raises(Untrue, match="bad_signature"):
        trust.check(parse_checkpoint(with_lines(NOTE, [bad])))


def test_who_signed():
    trust = parse_trust(trust_file(SIGNER.key))
    with pytest.raises(Untrue, match="unknown_key"):
        trust.check(parse_checkpoint(signed_checkpoint(STRANGER, 1, ROOT)))
    with pytest.raises(Untrue, match="unknown_log"):
        trust.check(parse_checkpoint(signed_checkpoint(Signer("other.example", b"\x07" * 32), 1, ROOT)))
    with pytest.raises(Untrue, match="bad_signature"):
        trust.check(parse_checkpoint(NOTE.replace(b"\n1\n", b"\n2\n")))


@pytest.mark.parametrize(
    "wrong",
    [
        b"", b"\n\n", b"a\n1\n", NOTE[:-1], NOTE + b"\n", NOTE.replace(b"\n1\n", b"\n01\n"),
        NOTE.replace(b"\n1\n", b"\n-1\n"), NOTE.replace(b"\n1\n", b"\n1 \n"), NOTE.replace(b"\n1\n", b"\n\n"),
        NOTE.replace(b"\n1\n", b"\n" + b"9" * 20 + b"\n"), NOTE.replace(b"\n1\n", "\n\u0661\n".encode()),
        NOTE.replace(b"=\n\n", b"\n\n"), NOTE.replace("\u2014".encode(), b"-"),
        NOTE.replace(b" claimdesk", b"  claimdesk"), NOTE + b"\xe2\x80\x94 a AAAA\n",
        NOTE.replace(b"\n", b"\r\n"), b"\x00" + NOTE, b"\xff" + NOTE, NOTE[:-2] + b"\n",
        NOTE + b"junk\n", NOTE * 2000, NOTE + NOTE.split(b"\n\n")[1] * 101,
        "a\n1\nAAAA\n\n\u2014 a AAAAAAAA\n".encode(), "\u2014 a AAAAAAAA\n".encode(),
    ],
)  # fmt: skip
def test_what_is_no_checkpoint(wrong):
    with pytest.raises(Untrue, match="bad_note"):
        parse_checkpoint(wrong)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_anything_else_is_refused_the_same_way(data):
    for made in (data, NOTE[:20] + data, data + NOTE):
        try:
            parse_checkpoint(made)
        except Untrue as error:
            assert error.fault.code == "bad_note"


@pytest.mark.parametrize(
    "wrong",
    [
        "", "a", "a+b", "a+00000000+AQ==", GO_VKEY.replace("c74f20a3", "c74f20a4"), GO_VKEY.replace("Peter", "Petra"),
        GO_VKEY.replace("c74f20a3", "C74F20A3"), " " + GO_VKEY, GO_VKEY + "=", "a b+c74f20a3+AQ==", GO_VKEY[:-1],
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)  # fmt: skip
def test_what_is_no_key(wrong):
    with pytest.raises(ValueError):
        Vkey.parse(wrong)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b", "a\u200b"])
def test_a_name_that_could_not_stand_in_a_note_gets_no_key(name):
    with pytest.raises(ValueError):
        Signer(name, b"\x01" * 32)
    with pytest.raises(ValueError):
        Cosigner(name, b"\x01" * 32)


def test_a_kind_of_key_we_cannot_check_never_counts():
    other = Vkey.of("witness.example/pq", 0x06, b"\x09" * 1312)
    assert Vkey.parse(str(other)) == other
    assert not other.signed(b"text", b"\x00" * 2428)
