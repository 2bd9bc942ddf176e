"""The verifier on published logs: what is right is accepted, what was altered is named by its place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimdesk.adapters.tlog.forms import bundle, proof_file
from claimdesk.adapters.tlog.signing import Cosigner, signed_checkpoint, trust_file, with_lines
from claimdesk.adapters.tlog.verifier import (
    Report,
    Untrue,
    parse_checkpoint,
    parse_trust,
    verifier_folder,
    verify_log,
    verify_proof,
)
from claimdesk.adapters.tlog.verifier.command import main
from claimdesk.adapters.tlog.verifier.log import bundle_entries
from claimdesk.adapters.tlog.verifier.proof import parse_proof
from tlog.made import ORIGIN, SIGNER, STRANGER, Story, canonical, leaf, mth, path, published, trust

TRUST = trust()


def checked(files: dict[str, bytes], **more: Any) -> Report:
    return verify_log(files.get, TRUST, **more)


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


def bad(report: Report) -> tuple[str, str]:
    assert report.fault is not None
    assert not report.ok
    return report.fault.code, report.fault.where


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 1000])
def test_right_logs_are_accepted(size):
    story = Story().many(size)
    files = published(story.entries)
    held = [signed_checkpoint(SIGNER, n, mth([leaf(e) for e in story.entries[:n]])) for n in {0, 1, size // 2, size}
            if n <= size]  # fmt: skip
    for quick, thorough in ((False, False), (True, False), (False, True)):
        report = checked(files, held=held, quick=quick, thorough=thorough)
        assert report.ok, report.fault
        assert (report.size, report.entries, report.origin) == (size, size, ORIGIN)
        assert report.root == mth([leaf(e) for e in story.entries]).hex()
        assert report.held == tuple(sorted({0, 1, size // 2, size} & set(range(size + 1))))
        assert report.claims == (None if quick else len(story.heads))
    assert json.loads(json.dumps(report.to_dict()))["ok"] is True


def test_a_log_of_three_levels():
    """65,536 entries and some: tiles of level 2 appear."""
    files = published([b"%d" % i for i in range(65_536 + 300)])
    assert "tile/2/000.p/1" in files
    told: list[int] = []
    report = checked(files, progress=told.append, quick=True)
    assert report.ok, report.fault
    assert told[-1] == 65_836
    files["tile/2/000.p/1"] = b"\x00" * 32
    assert bad(checked(files, quick=True)) == ("tile_changed", "tile/2/000.p/1")


def test_the_full_tile_serves_where_the_partial_one_is_gone():
    """A log that has grown keeps its old checkpoint's tiles inside the full ones."""
    story = Story().many(600)
    files = published(story.entries)
    before = published(story.entries[:300])
    files |= {name: before[name] for name in ("checkpoint", "tile/1/000.p/1")}
    report = checked(files)
    assert (report.ok, report.size) == (True, 300)


def edited(entries: list[bytes], index: int, **change: Any) -> list[bytes]:
    return [*entries[:index], canonical({**json.loads(entries[index]), **change}), *entries[index + 1 :]]


STORY = Story().many(700)
FILES = published(STORY.entries)
HELD = [published(STORY.entries[:n])["checkpoint"] for n in (256, 300, 690)]


@pytest.mark.parametrize("index", [0, 1, 255, 256, 300, 511, 512, 699])
def test_an_edited_entry_is_named(index):
    files = {**FILES}
    number = index // 256
    name = f"tile/entries/{number:03d}" + ("" if number < 2 else ".p/188")
    files[name] = bundle(edited(STORY.entries, index, v=2)[256 * number : 256 * number + 256])
    assert bad(checked(files)) == ("entry_changed", f"entry {index}")
    found = checked(files).fault
    assert found is not None
    assert found.index == index


def test_edited_with_its_tile_the_checkpoint_gives_it_away():
    made = published(edited(STORY.entries, 600, v=2))
    assert bad(checked({**made, "checkpoint": FILES["checkpoint"]}, quick=True)) == ("root_mismatch", "checkpoint")
    low = published(edited(STORY.entries, 100, v=2))
    lower = {n: d for n, d in low.items() if n.startswith(("tile/0/", "tile/entries/"))}
    assert bad(checked({**FILES, **lower}, quick=True)) == ("tile_changed", "tile/1/000.p/2")


def test_signed_again_with_the_real_key_an_earlier_checkpoint_gives_it_away():
    made = published(edited(STORY.entries, 100, v=2))
    assert checked(made, quick=True).ok
    assert bad(checked(made)) == ("claim_chain", f"entry {_next_of_claim(100)}")
    assert bad(checked(made, held=HELD, quick=True)) == ("history_changed", "entries 0 to 255")
    late = published(edited(STORY.entries, 280, v=2))
    assert bad(checked(late, held=HELD, quick=True)) == ("history_changed", "entries 256 to 299")


def _next_of_claim(index: int) -> int:
    claim = json.loads(STORY.entries[index])["claim"]
    return next(i for i in range(index + 1, 700) if json.loads(STORY.entries[i])["claim"] == claim)


def test_a_shorter_log_is_named():
    short = published(STORY.entries[:500])
    assert checked(short).ok
    assert bad(checked(short, held=HELD)) == ("shorter_than_held", "entries 500 to 689")


def test_a_fork_is_named():
    fork = published([*STORY.entries[:400], *Story(heads=_heads(400)).many(300, seed=9).entries])
    assert checked(fork).ok
    assert bad(checked(fork, held=HELD)) == ("history_changed", "entries 300 to 689")
    assert checked(fork, held=HELD[:2]).ok


def _heads(count: int) -> dict[str, tuple[int, str, str]]:
    found: dict[str, tuple[int, str, str]] = {}
    for data in STORY.entries[:count]:
        body = json.loads(data)
        found[body["claim"]] = (body["seq"], leaf(data).hex(), body["at"])
    return found


def test_another_key_and_another_log():
    assert bad(checked(published(STORY.entries, STRANGER))) == ("unknown_key", "checkpoint")
    other = [published(STORY.entries[:10], STRANGER)["checkpoint"]]
    assert bad(checked(FILES, held=other)) == ("unknown_key", "held checkpoint 1")
    assert bad(checked({**FILES, "checkpoint": b"hello"})) == ("bad_note", "checkpoint")
    assert bad(checked({})) == ("missing_file", "checkpoint")
    mixed = [*STORY.entries[:5], Story(origin="elsewhere").add("CLM-X")]
    assert bad(checked(published(mixed))) == ("other_log", "entry 5")


@pytest.mark.parametrize(
    ("name", "change", "wanted"),
    [
        ("tile/entries/001", None, ("missing_file", "tile/entries/001")),
        ("tile/0/001", None, ("missing_file", "tile/0/001")),
        ("tile/1/000.p/2", None, ("missing_file", "tile/1/000")),
        ("tile/entries/002.p/188", None, ("missing_file", "tile/entries/002")),
        ("tile/entries/001", lambda d: d[:-1], ("bad_bundle", "tile/entries/001")),
        ("tile/entries/001", lambda d: d[:1], ("bad_bundle", "tile/entries/001")),
        ("tile/entries/001", lambda d: d + b"\x00", ("bad_bundle", "tile/entries/001")),
        ("tile/entries/002.p/188", lambda d: d + b"\x00\x00", ("bad_bundle", "tile/entries/002.p/188")),
        ("tile/0/001", lambda d: d[:-32], ("bad_tile", "tile/0/001")),
        ("tile/0/001", lambda d: d + b"\x00" * 32, ("bad_tile", "tile/0/001")),
        ("tile/0/002.p/188", lambda d: d + b"\x00", ("bad_tile", "tile/0/002.p/188")),
        ("tile/0/001", lambda d: d[:64] + b"\x00" + d[65:], ("entry_changed", "entry 258")),
        ("tile/1/000.p/2", lambda d: d[:40] + b"\x00" + d[41:], ("tile_changed", "tile/1/000.p/2")),
        ("tile/1/000.p/2", lambda d: d + b"\x00", ("bad_tile", "tile/1/000.p/2")),
        ("tile/1/000.p/2", lambda d: d[:-32], ("bad_tile", "tile/1/000.p/2")),
    ],
)  # fmt: skip
def test_a_broken_file_is_named(name, change, wanted):
    files = {**FILES}
    data = files.pop(name)
    if change is not None:
        files[name] = change(data)
    found = bad(checked(files, quick=True))
    assert found[0] == wanted[0]
    assert found[1].split(".p/")[0] == wanted[1].split(".p/")[0]


def test_swapped_entries_of_two_claims():
    entries = list(STORY.entries)
    i = 20
    j = next(n for n in range(i + 1, 700) if json.loads(entries[n])["claim"] != json.loads(entries[i])["claim"])
    one, two = json.loads(entries[i]), json.loads(entries[j])
    entries[i], entries[j] = canonical({**one, "claim": two["claim"]}), canonical({**two, "claim": one["claim"]})
    assert bad(checked(published(entries), held=HELD, quick=True))[0] == "history_changed"
    assert bad(checked(published(entries)))[0] in ("claim_order", "claim_chain")


@settings(max_examples=200)
@given(st.data())
def test_any_flipped_bit_in_any_file_is_found(data):
    files = {**FILES}
    name = data.draw(st.sampled_from(sorted(files)))
    place = data.draw(st.integers(0, len(files[name]) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    files[name] = files[name][:place] + bytes([files[name][place] ^ bit]) + files[name][place + 1 :]
    assert not checked(files, quick=True).ok


def test_what_breaks_first_is_named_first():
    """A claim that broke before a file that is wrong, and the other way round."""
    broken = published(edited(STORY.entries, 100, v=2))
    following = _next_of_claim(100)
    for number, wanted in ((2, ("claim_chain", f"entry {following}")), (0, ("bad_tile", "tile/0/000"))):
        files = {**broken}
        name = next(n for n in files if n.startswith(f"tile/0/{number:03d}"))
        files[name] = files[name][:-1]
        assert following < 512
        assert bad(checked(files))[0] == wanted[0]
    assert bad(checked(broken, thorough=True)) == ("claim_chain", f"entry {following}")


def test_how_deep_a_look_goes_is_told():
    spaced = Story()
    spaced.add("CLM-1")
    spaced.entries[0] += b" "  # the same to every reader of JSON, yet not the canonical bytes
    files = published(spaced.entries)
    assert checked(files, quick=True).to_dict()["thorough"] is False
    assert checked(files).ok
    report = checked(files, thorough=True)
    assert bad(report) == ("bad_entry", "entry 0")
    assert report.to_dict()["thorough"] is True


def test_witnesses_that_are_asked_for_must_have_signed(tmp_path):
    witness = Cosigner("witness.example", b"\x03" * 32)
    wanted = parse_trust(trust_file(SIGNER.key, {"compliance": witness.key}, 1))
    assert bad(verify_log(FILES.get, wanted)) == ("no_quorum", "checkpoint")
    text = parse_checkpoint(FILES["checkpoint"]).text
    files = {**FILES, "checkpoint": with_lines(FILES["checkpoint"], [witness.line(text, 1_700_000_000)])}
    report = verify_log(written(tmp_path, files), wanted, held=HELD)  # what was held needs no cosignature
    assert (report.ok, report.witnesses) == (True, ("compliance",))


# -- proofs ----------------------------------------------------------------------------------------------------------


def test_a_proof_shows_one_entry():
    leaves = [leaf(e) for e in STORY.entries]
    for index in (0, 255, 256, 699):
        proof = proof_file(index, path(index, leaves), FILES["checkpoint"])
        report = verify_proof(proof, STORY.entries[index], TRUST)
        assert report.ok, report.fault
        assert bad(verify_proof(proof, STORY.entries[index] + b" ", TRUST)) == ("not_included", f"entry {index}")
        assert bad(verify_proof(proof, STORY.entries[index - 1], TRUST)) == ("not_included", f"entry {index}")
        moved = proof.replace(f"index {index}\n".encode(), b"index 7\n")
        assert bad(verify_proof(moved, STORY.entries[index], TRUST)) == ("not_included", "entry 7")
    assert bad(verify_proof(proof, STORY.entries[699], trust(STRANGER))) == ("unknown_key", "proof")


def test_extra_data_is_carried():
    proof = proof_file(0, [], signed_checkpoint(SIGNER, 1, leaf(b"{}")), b"more")
    assert parse_proof(proof).extra == b"more"
    assert verify_proof(proof, b"{}", TRUST).ok


@pytest.mark.parametrize(
    "change",
    [
        (b"@v1", b"@v2"), (b"index 0\n", b""), (b"index 0", b"index 00"), (b"index 0", b"index -1"),
        (b"index 0", b"index"),
                (b"\n\n", b"\n"), (b"index 0\n", b"index 0\nAAAA\n"), (b"index 0\n", b"index 0\n!\n"),
        (b"index", b"extra !\nindex"),
    ],
)  # fmt: skip
def test_what_is_no_proof_file(change):
    proof = proof_file(0, [], signed_checkpoint(SIGNER, 1, leaf(b"{}")))
    broken = proof.replace(change[0], change[1], 1)
    assert broken != proof
    assert bad(verify_proof(broken, b"{}", TRUST))[0] in ("bad_proof", "bad_note")


@given(st.binary(max_size=200))
def test_anything_else_is_no_proof_file(data):
    head = b"c2sp.org/tlog-proof@v1\n"
    for made in (data, head + data, head + b"index 0\n\n" + data):
        assert not verify_proof(made, b"{}", TRUST).ok


@given(st.lists(st.binary(min_size=0, max_size=300), max_size=20))
def test_bundles_read_back(entries):
    assert list(bundle_entries(bundle(entries))) == entries


def test_an_entry_too_long_for_a_bundle():
    assert list(bundle_entries(bundle([b"x" * 65_535]))) == [b"x" * 65_535]
    with pytest.raises(ValueError, match="too long"):
        bundle([b"x" * 65_536])


# -- command line and independence -----------------------------------------------------------------------------------


def test_on_the_command_line(tmp_path, capsys):
    log = written(tmp_path / "log", FILES)
    trusted, held, entry, proof = (tmp_path / n for n in ("trust", "held", "entry.json", "entry.tlog-proof"))
    trusted.write_bytes(trust_file(SIGNER.key))
    held.write_bytes(HELD[0])
    entry.write_bytes(STORY.entries[3])
    proof.write_bytes(proof_file(3, path(3, [leaf(e) for e in STORY.entries]), FILES["checkpoint"]))
    words = ["log", str(log), "--trust", str(trusted), "--held", str(held)]
    assert main(words) == 0
    assert capsys.readouterr().out.startswith(f"ok: {ORIGIN}, 700 entries, root ")
    assert main([*words, "--json", "--quick"]) == 0
    assert json.loads(capsys.readouterr().out)["held"] == [256]
    assert main(["proof", str(proof), str(entry), "--trust", str(trusted)]) == 0
    entry.write_bytes(b"{}")
    assert main(["proof", str(proof), str(entry), "--trust", str(trusted)]) == 1
    assert "not_included" in capsys.readouterr().out
    (log / "tile/0/001").unlink()
    assert main(words) == 1
    assert capsys.readouterr().out.startswith("BAD: tile/0/001: there is no such file [missing_file]")
    assert main(["log", str(log), "--trust", str(tmp_path / "absent")]) == 2
    assert main(["log", str(log), "--trust", str(held)]) == 2
    assert "bad_trust_file" in capsys.readouterr().err


def test_a_trust_file_from_the_logs_own_folder_is_refused(tmp_path, capsys):
    log = written(tmp_path / "log", {**FILES, "trust": trust_file(SIGNER.key)})
    with pytest.raises(SystemExit) as caught:
        main(["log", str(log), "--trust", str(log / "trust")])
    assert caught.value.code == 2
    assert "must not come from the folder" in capsys.readouterr().err


def test_a_copy_of_the_folder_runs_alone_with_the_standard_library(tmp_path):
    """As an auditor would: no claimdesk, no other package, another name."""
    log = written(tmp_path / "log", FILES)
    (tmp_path / "trust").write_bytes(trust_file(SIGNER.key))
    copy = tmp_path / "tools" / "check"
    copy.mkdir(parents=True)
    for source in verifier_folder().glob("*.py"):
        (copy / source.name).write_bytes(source.read_bytes())
    alone = [sys.executable, "-I", "-S", str(copy), "log", str(log), "--trust", str(tmp_path / "trust"), "--json"]
    done = subprocess.run(alone, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["claims"] == len(STORY.heads)


def test_untrue_says_where():
    assert str(Untrue("code", "here", "what")) == "here: what [code]"
