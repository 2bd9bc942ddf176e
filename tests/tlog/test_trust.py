"""Trust files: every rule of the C2SP document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimdesk.adapters.tlog.signing import Cosigner, trust_file
from claimdesk.adapters.tlog.verifier import Untrue, parse_trust
from tlog.made import SIGNER, STRANGER

W = [Cosigner(f"witness.example/{i}", bytes([i]) * 32).key for i in range(1, 7)]
LOG = f"log {SIGNER.key}"
EXAMPLE = f"""
# the example of the specification
{LOG} https://log.example

witness X1 {W[0]}
\twitness  X2\t{W[1]} https://witness.example/2
witness X3 {W[2]}
group X-witnesses 2 X1 X2 X3
witness Y1 {W[3]}
witness Y2 {W[4]}
witness Y3 {W[5]}
group Y-witnesses any Y1 Y2 Y3
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def test_the_example_of_the_specification():
    trust = parse_trust(EXAMPLE.encode())
    assert trust.logs == (SIGNER.key,)
    assert list(trust.witnesses) == ["X1", "X2", "X3", "Y1", "Y2", "Y3"]
    assert trust.enough(trust.quorum, {"X1", "X3", "Y2"})
    assert not trust.enough(trust.quorum, {"X1", "Y1", "Y2", "Y3"})
    assert not trust.enough(trust.quorum, {"X1", "X2", "X3"})
    assert not trust.enough(trust.quorum, set())


def test_what_we_write_is_read_back():
    assert parse_trust(trust_file(SIGNER.key)).quorum == "none"
    trust = parse_trust(trust_file(SIGNER.key, {"a": W[0], "b": W[1]}, 2))
    assert (trust.groups, trust.quorum) == ({"witnesses": (2, ("a", "b"))}, "witnesses")
    assert not trust.enough("witnesses", {"a"})
    assert trust.enough("witnesses", {"a", "b"})


def test_only_the_quorum_is_mandatory():
    assert parse_trust(b"quorum none\n").logs == ()
    assert parse_trust(f"witness \u212a {W[0]}\nquorum \u212a".encode()).quorum == "\u212a"
    assert parse_trust(b"# \xff\xfe any octets\nquorum none").quorum == "none"


@pytest.mark.parametrize(
    "wrong",
    [
        "", LOG, f"{LOG}\nquorum w", f"{LOG}\n{LOG}\nquorum none", "quorum none\nquorum none", "quorum",
        "quorum none x",
        f"{LOG} a b\nquorum none", "log\nquorum none", "log x\nquorum none", f"witness none {W[0]}\nquorum none",
        f"witness a {W[0]}\nwitness a {W[1]}\nquorum a", f"witness a {W[0]}\nwitness b {W[0]}\nquorum a",
        f"witness a {W[0]}\ngroup a any a\nquorum a", f"group g any a\nwitness a {W[0]}\nquorum g",
        f"quorum a\nwitness a {W[0]}", f"witness a {W[0]}\ngroup g 2 a\nquorum g",
        f"witness a {W[0]}\ngroup g 0 a\nquorum g",
        f"witness a {W[0]}\ngroup g 01 a\nquorum g", f"witness a {W[0]}\ngroup g any a a\nquorum g",
        f"witness a {W[0]}\ngroup g some a\nquorum g", f"witness a {W[0]}\ngroup g any\nquorum g",
        f"witness a {W[0]}\ngroup g any a\ngroup h any a\nquorum h", f"witness a {W[0]}\ngroup g any none\nquorum g",
        "group g any g\nquorum g", "quorum none\r\n", "quorum\x00none", "quorum none\x7f", "unknown line\nquorum none",
        f"witness a {W[0]}\ngroup g \u0661 a\nquorum g",
    ],
)  # fmt: skip
def test_what_is_no_trust_file(wrong):
    with pytest.raises(Untrue, match="bad_trust_file"):
        parse_trust(wrong.encode())


@given(st.binary(max_size=300))
def test_anything_else_is_refused_the_same_way(data):
    for made in (data, EXAMPLE.encode()[:80] + data):
        try:
            parse_trust(made)
        except Untrue as error:
            assert error.fault.code == "bad_trust_file"


def test_two_keys_of_one_log():
    trust = parse_trust(f"{LOG}\nlog {STRANGER.key}\nquorum none\n".encode())
    assert trust.logs == (SIGNER.key, STRANGER.key)
