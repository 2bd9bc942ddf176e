"""The witness: every answer of the protocol, never a step back, and what the log does with its answers."""

from __future__ import annotations

import base64
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from claimdesk.adapters.tlog.cosign import Answer, request
from claimdesk.adapters.tlog.publish import Publisher
from claimdesk.adapters.tlog.signing import Cosigner, Signer, signed_checkpoint
from claimdesk.adapters.tlog.units import log_read
from claimdesk.adapters.tlog.verifier import Trust, parse_checkpoint
from claimdesk.adapters.tlog.witness import BODY_MAX, HttpWitness, Witness, server
from claimdesk.states.errors import ConfigError, IntegrityFailure
from tlog.made import ORIGIN, SIGNER, STRANGER, leaf, mth, subproof
from tlog.world import Claims, Place

KEY = Cosigner("witness.example/w1", b"\x21" * 32)
LEAVES = [leaf(str(n).encode()) for n in range(40)]


def note(size: int, leaves: list[bytes] | None = None) -> bytes:
    return signed_checkpoint(SIGNER, size, mth((leaves or LEAVES)[:size]))


def proof(old: int, size: int) -> list[bytes]:
    return subproof(old, LEAVES[:size]) if 0 < old < size else []


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness", KEY, [SIGNER.key], clock=lambda: 1_700_000_000.5)


def test_it_cosigns_what_continues(witness: Witness):
    last = 0
    for size in (3, 3, 8, 9, 40):
        answer = witness.submit(request(last, proof(last, size), note(size)))
        assert answer.status == 200, answer
        found = parse_checkpoint(note(size) + answer.body)
        line = found.signatures[-1]
        assert int.from_bytes(line.payload[:8], "big") == 1_700_000_000
        assert KEY.key.signed(found.text, line.payload)
        last = size


def test_every_refusal_of_the_protocol(witness: Witness):
    good = request(0, [], note(8))
    other = Signer("other.example", b"\x01" * 32)
    assert witness.submit(request(0, [], signed_checkpoint(other, 8, mth(LEAVES[:8])))) == Answer(404, b"unknown log\n")
    assert witness.submit(request(0, [], signed_checkpoint(STRANGER, 8, mth(LEAVES[:8])))).status == 403
    assert witness.submit(request(9, [], note(8))).status == 400
    assert witness.submit(request(0, [LEAVES[0]], note(8))).status == 422
    assert witness.submit(request(3, proof(3, 8), note(8))) == Answer(409, b"0\n")
    assert witness.submit(good).status == 200
    assert witness.submit(good) == Answer(409, b"8\n")
    assert witness.submit(request(8, [], note(8))).status == 200
    assert witness.submit(request(8, [LEAVES[0]], note(8))).status == 422
    forked = [*LEAVES[:7], leaf(b"x"), *LEAVES[8:]]
    assert witness.submit(request(8, [], note(8, forked))) == Answer(409, b"8\n")
    assert witness.submit(request(8, proof(8, 20), note(20, forked))).status == 422
    assert witness.submit(request(8, [], note(20))).status == 422
    assert witness.submit(request(8, proof(8, 20), note(20))).status == 200
    assert witness.submit(request(20, [], note(8))).status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"", b"old", b"old 0\n\n", b"old 00\n\n" + note(8), b"old -1\n\n" + note(8), b"new 0\n\n" + note(8),
        b"old 0\nAAAA\n\n" + note(8), b"old 0\n!\n\n" + note(8), b"old 0\n" + note(8), b"old 0\n\nhello",
        b"\xff", b"old 0\n" + b"".join(base64.b64encode(LEAVES[0]) + b"\n" for _ in range(64)) + b"\n" + note(8),
        b"old 0\n\n" + note(8) + b"\xe2\x80\x94 a AAAAAAAA\n" * 6000,
    ],
)  # fmt: skip
def test_what_is_no_request(witness: Witness, body: bytes):
    assert witness.submit(body).status == 400


def test_it_remembers_after_a_restart(witness: Witness, tmp_path: Path):
    assert witness.submit(request(0, [], note(8))).status == 200
    again = Witness(tmp_path / "witness", KEY, [SIGNER.key])
    assert again.submit(request(0, [], note(3))) == Answer(409, b"8\n")


def test_it_writes_down_before_it_answers(witness: Witness, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("claimdesk.adapters.tlog.witness.files.put", broken)
    with pytest.raises(OSError, match="disk full"):
        witness.submit(request(0, [], note(8)))
    monkeypatch.undo()
    assert witness.submit(request(0, [], note(3))).status == 200


def test_many_at_once_never_step_back(witness: Witness):
    signed: list[int] = []

    def work(size: int) -> None:
        for old in range(size + 1):
            if witness.submit(request(old, proof(old, size), note(size))).status == 200:
                signed.append(size)
                return

    threads = [threading.Thread(target=work, args=(size,)) for size in (5, 12, 20, 33, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert signed == sorted(signed)


# -- over the network --------------------------------------------------------------------------------------------------


@contextmanager
def served(witness: Witness) -> Iterator[str]:
    web = server(witness)
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{web.server_address[1]}/"
    finally:
        web.shutdown()
        web.server_close()
        thread.join(10)


def test_over_http(witness: Witness):
    with served(witness) as url:
        far = HttpWitness(url, KEY.key)
        assert far.submit(request(0, [], note(8))).status == 200
        assert far.submit(request(0, [], note(8))) == Answer(409, b"8\n")
        assert far.submit(b"x" * (BODY_MAX + 1)).status == 413
        wrong = urllib.request.Request(url + "other", data=b"x", method="POST")  # noqa: S310  # our own server
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(wrong, timeout=5)  # noqa: S310
        with caught.value as error:
            assert error.code == 404
    with pytest.raises(OSError):  # whatever the system says
        far.submit(request(0, [], note(8)))
    with pytest.raises(ConfigError, match="bad_witness"):
        HttpWitness("file:///etc/passwd", KEY.key)


# -- with a log --------------------------------------------------------------------------------------------------------


def test_a_published_checkpoint_carries_the_cosignature(place: Place, witness: Witness):
    claims = Claims(place.open())
    log = place.log(claims.store, witnesses=[witness], needed=1)
    for count in (3, 300, 7):
        claims.add(count)
        done = log.sequence()
        assert (done.cosigned, done.published) == (1, len(claims.written))
        report = log.verify_published()
        assert report.ok, report.fault
        assert report.witnesses == ("witness-1",)
    assert b"group witnesses 1 witness-1\nquorum witnesses\n" in (place.folder / "tlog-policy").read_bytes()
    proof_file = log.prove(claims.written[0])
    assert proof_file.count("\u2014".encode()) == 2
    # A process that knows nothing of what was cosigned asks again and gets on.
    assert place.log(claims.store, witnesses=[witness], needed=1).sequence().published == len(claims.written)


class Deaf:
    """A witness that does not answer, or not as it should."""

    key = KEY.key

    def __init__(self, answer: Answer | None = None) -> None:
        self.answer = answer

    def submit(self, body: bytes) -> Answer:
        if self.answer is None:
            raise ConnectionError("no line")
        return self.answer


@pytest.mark.parametrize(
    "answer", [None, Answer(500, b""), Answer(404, b""), Answer(403, b""), Answer(200, b"hello"), Answer(200, b"")]
)
def test_a_witness_that_does_not_answer_holds_back_only_what_needs_it(
    file: Place, answer: Answer | None, witness: Witness
):
    claims = Claims(file.open())
    claims.add(3)
    log = file.log(claims.store, witnesses=[Deaf(answer)])
    assert log.sequence().published == 3  # not needed
    claims.add(3)
    strict = file.log(claims.store, witnesses=[Deaf(answer)], needed=1)
    done = strict.sequence()
    assert (done.size, done.published, done.cosigned) == (6, 3, 0)
    assert not strict.is_published(claims.written[-1])
    # As soon as it answers, what was held back is published.
    done = file.log(claims.store, witnesses=[witness], needed=1).sequence()
    assert (done.added, done.published, done.cosigned) == (0, 6, 1)


def test_a_strangers_line_is_not_kept(file: Place):
    claims = Claims(file.open())
    claims.add(3)
    stranger = Cosigner(KEY.key.name, b"\x55" * 32)

    class Liar(Deaf):
        """Signs with another key."""

        def submit(self, body: bytes) -> Answer:
            text = parse_checkpoint(body.partition(b"\n\n")[2]).text
            return Answer(200, f"{stranger.line(text, 5)}\n".encode())

    done = file.log(claims.store, witnesses=[Liar()]).sequence()
    assert done.cosigned == 0


@pytest.mark.parametrize("lost_all", [False, True])
def test_a_witness_remembers_what_a_restored_database_forgot(file: Place, witness: Witness, lost_all: bool):
    """Even when the published folder is gone, too: nothing is signed."""
    claims = Claims(file.open())
    path = Path(file.url.removeprefix("sqlite:///"))
    backup = path.with_suffix(".backup")
    if not lost_all:
        claims.add(5)
        file.log(claims.store, witnesses=[witness]).sequence()
    claims.store.close()
    shutil.copyfile(path, backup)
    claims.store = file.open()
    claims.add(5)
    file.log(claims.store, witnesses=[witness]).sequence()
    claims.store.close()
    shutil.copyfile(backup, path)
    shutil.rmtree(file.folder)
    again = Claims(file.open())
    again.bulk(20, each=2)
    log = file.log(again.store, witnesses=[witness])
    with log.store.read() as unit:
        before = log_read(unit).checkpoints(0, 100)
    with pytest.raises(IntegrityFailure) as caught:
        log.sequence(relearn=True)
    assert caught.value.code == "log_restored"
    with log.store.read() as unit:
        assert log_read(unit).checkpoints(0, 100) == before


def test_a_witness_tells_a_fork(file: Place, witness: Witness, tmp_path: Path):
    claims = Claims(file.open())
    claims.add(5)
    file.log(claims.store, witnesses=[witness]).sequence()
    other = Place("sqlite", f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "other")
    with other.stack:
        theirs = Claims(other.open())
        theirs.bulk(30, each=2)
        other.log(theirs.store).sequence()  # signed without the witness
        theirs.bulk(2)
        log = other.log(theirs.store, witnesses=[witness])
        with pytest.raises(IntegrityFailure) as caught:
            log.sequence()
        assert caught.value.code == "log_forked"


def test_the_trust_file_of_a_log_names_its_witnesses(file: Place, witness: Witness):
    claims = Claims(file.open())
    log = file.log(claims.store, publisher=Publisher(file.folder), witnesses=[witness], needed=1)
    trust = log.trust()
    assert isinstance(trust, Trust)
    assert (trust.logs[0].name, list(trust.witnesses)) == (ORIGIN, ["witness-1"])
