"""Every class of change in a pack is rejected, and its place is named: with the manifest as it was, and made anew."""

from __future__ import annotations

import base64
import io
import json
import random
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import pytest

from claimdesk.adapters.pack.verify import main
from claimdesk.adapters.tlog.signing import Signer, signed_checkpoint
from support.desks import Drive

from .made import Change, Files, desk_of, faults, made, mended, packed, unpacked, unsigned, world


@pytest.fixture(scope="module")
def drive() -> Drive:
    return world()


@pytest.fixture(scope="module")
def pack(drive: Drive) -> Files:
    """Enough for every change: claims with and without letters, money and decisions."""
    wanted = [c.id for c in drive.desk.list() if c.state in ("closed", "written_off", "recovery_due")]
    return unpacked(made(drive, wanted[:3]))


@pytest.fixture(scope="module")
def key(drive: Drive) -> str:
    return str(desk_of(drive).log.signer.key)


def _claims(files: Files, name: str = "events.jsonl") -> list[str]:
    return sorted(n for n in files if n.startswith("claims/CLM-") and n.endswith(name))


def _lines(files: Files, name: str) -> list[bytes]:
    return files[name].splitlines()


def _long(files: Files) -> str:
    return max(_claims(files), key=lambda n: len(_lines(files, n)))


def _set(files: Files, name: str, lines: list[bytes]) -> None:
    files[name] = b"".join(line + b"\n" for line in lines)


def _entry(files: Files, change: str, value: object, *, where: str) -> None:
    """Changes the first entry that has ``where``; its canonical form is kept."""
    for name in _claims(files):
        lines = _lines(files, name)
        for i, line in enumerate(lines):
            entry = json.loads(line)
            if where in entry:
                target = entry
                *path, last = change.split(".")
                for step in path:
                    target = target[int(step)] if step.isdigit() else target[step]
                target[last] = value
                lines[i] = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
                return _set(files, name, lines)
    raise AssertionError(where)


def edit_entry(files: Files) -> None:
    _entry(files, "actor.id", "cs:nobody", where="decision")


def forge_decision(files: Files) -> None:
    _entry(files, "decision.outcome", "denied", where="decision")


def forge_test(files: Files) -> None:
    _entry(files, "decision.reasons.0.result", False, where="decision")


def edit_transfer(files: Files) -> None:
    _entry(files, "money.0.amount", 1, where="money")


def backdate(files: Files) -> None:
    _entry(files, "at", "2024-01-01T00:00:00.000000Z", where="decision")


def delete_entry(files: Files) -> None:
    name = _long(files)
    lines = _lines(files, name)
    _set(files, name, lines[:2] + lines[3:])


def reorder(files: Files) -> None:
    name = _long(files)
    lines = _lines(files, name)
    _set(files, name, [lines[0], lines[2], lines[1], *lines[3:]])


def swap_claims(files: Files) -> None:
    one, other = _claims(files)[:2]
    files[one], files[other] = files[other], files[one]


def swap_proofs(files: Files) -> None:
    one, other = _claims(files, "0001.tlog-proof")[:2]
    files[one], files[other] = files[other], files[one]


def drop_proof(files: Files) -> None:
    del files[_claims(files, "0002.tlog-proof")[0]]


def re_sign(files: Files) -> None:
    """Another key under the log's name."""
    lines = files["checkpoint"].decode().split("\n")
    other = Signer(lines[0], b"\x09" * 32)
    files["checkpoint"] = signed_checkpoint(other, int(lines[1]), base64.b64decode(lines[2]))


def fork(files: Files) -> None:
    lines = files["checkpoint"].decode().split("\n")
    lines[2] = "A" * 43 + "="
    files["checkpoint"] = "\n".join(lines).encode()


def shrink(files: Files) -> None:
    lines = files["checkpoint"].decode().split("\n")
    lines[1] = "3"
    files["checkpoint"] = "\n".join(lines).encode()


def drop_letter(files: Files) -> None:
    del files[next(n for n in files if "/notices/" in n)]


def edit_letter(files: Files) -> None:
    name = next(n for n in files if "/notices/" in n)
    files[name] = files[name].replace(b"You", b"Who", 1)


def edit_ledger(files: Files) -> None:
    name = next(n for n in _claims(files, "ledger.csv") if b",60000," in files[n])
    files[name] = files[name].replace(b",60000,", b",60001,", 1)


def edit_timeline(files: Files) -> None:
    name = _claims(files, "timeline.csv")[0]
    files[name] = files[name].replace(b"2024-06-03T", b"2024-06-02T", 1)


def edit_decisions(files: Files) -> None:
    name = next(n for n in _claims(files, "decisions.json") if b'"outcome": "auto_pay"' in files[n])
    files[name] = files[name].replace(b'"outcome": "auto_pay"', b'"outcome": "deny"', 1)


def edit_rulebook(files: Files) -> None:
    name = "rulebooks/pdpi-us@2021-09-01.json"
    files[name] = files[name].replace(b"100000", b"200000", 1)


def edit_lifecycle(files: Files) -> None:
    files["lifecycles/pdpi.json"] = files["lifecycles/pdpi.json"].replace(
        b'"trigger": "approve"', b'"trigger": "refuse"'
    )


def edit_register(files: Files) -> None:
    files["registers/claims.csv"] = files["registers/claims.csv"].replace(b"600.00", b"600.01", 1)


def drop_from_register(files: Files) -> None:
    lines = files["registers/payments.csv"].split(b"\r\n")
    files["registers/payments.csv"] = b"\r\n".join([*lines[:1], *lines[2:]])


def drop_claim(files: Files) -> None:
    folder = _claims(files)[0].rsplit("/", 1)[0]
    for name in [n for n in files if n.startswith(folder)]:
        del files[name]


def edit_page(files: Files) -> None:
    name = _claims(files, "claim-file.html")[0]
    files[name] = files[name].replace(b"Claim file", b"Claim fiIe", 1)


def edit_verifier(files: Files) -> None:
    files["verify.py"] += b"\n# changed\n"


def add_file(files: Files) -> None:
    files["claims/extra.txt"] = b"more"


#: Change, and where it is found when the manifest is made anew and not signed (None: only a signature tells).
CHANGES: list[tuple[Change, str | None]] = [
    (edit_entry, "events.jsonl"), (forge_decision, "events.jsonl"), (forge_test, "events.jsonl"),
    (edit_transfer, "events.jsonl"), (backdate, "events.jsonl"), (delete_entry, "events.jsonl"),
    (reorder, "events.jsonl"), (swap_claims, "events.jsonl"), (swap_proofs, "0001.tlog-proof"),
    (drop_proof, "0002.tlog-proof"), (re_sign, "checkpoint"), (fork, "checkpoint"), (shrink, "checkpoint"),
    (drop_letter, "notices/NTC-"), (edit_letter, "notices/NTC-"), (edit_ledger, "ledger.csv"),
    (edit_timeline, "timeline.csv"), (edit_decisions, "decisions.json"), (edit_rulebook, "events.jsonl"),
    (edit_lifecycle, "events.jsonl"), (edit_register, "registers/claims.csv"),
    (drop_from_register, "registers/payments.csv"), (drop_claim, "events.jsonl"), (edit_page, None),
    (edit_verifier, None), (add_file, None),
]  # fmt: skip


@pytest.mark.parametrize(("change", "place"), CHANGES, ids=[c.__name__ for c, _ in CHANGES])
def test_a_change_is_rejected_and_its_place_is_named(pack, key, tmp_path, change, place):
    files = dict(pack)
    change(files)
    touched = {n for n in {*files, *pack} if files.get(n) != pack.get(n)}
    assert touched
    plain = faults(files, tmp_path / "pack.zip", key)
    assert any(name in fault for name in touched for fault in plain), plain
    mended(files)
    made_anew = faults(files, tmp_path / "pack.zip", key)
    assert any("manifest" in fault for fault in made_anew)
    unsigned(files)
    without = faults(files, tmp_path / "pack.zip", key)
    if place is None:
        assert without == [], "only the signature speaks for pages"
    else:
        assert any(place in fault for fault in without), without


def test_a_pack_nobody_changed_raises_no_alarm(pack, key, tmp_path):
    assert faults(dict(pack), tmp_path / "pack.zip", key) == []
    without = dict(pack)
    unsigned(without)
    assert faults(without, tmp_path / "pack.zip", key) == []


def test_the_end_of_a_claim_cannot_be_cut_off_unseen(pack, key, tmp_path):
    files = dict(pack)
    name = _long(files)
    lines = _lines(files, name)
    _set(files, name, lines[:-1])
    del files[f"{name.rsplit('/', 1)[0]}/proofs/{len(lines):04d}.tlog-proof"]
    mended(files)
    assert any("manifest" in f for f in faults(files, tmp_path / "pack.zip", key))
    unsigned(files)
    assert faults(files, tmp_path / "pack.zip", key), "timeline and registers still tell of it"


RECORD = "/events.jsonl"


def _bytes(data: bytes, rng: random.Random) -> bytes:
    """Some bytes at a random place are flipped, changed, cut out, put in, told twice or moved."""
    place = rng.randrange(len(data))
    other = min(len(data), place + rng.randint(1, 80))
    match rng.choice(("bit", "byte", "cut", "more", "twice", "end", "move")):
        case "bit":
            return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]
        case "byte":
            return data[:place] + rng.choice((b"0", b"9", b'"', b"a", b",", b"\n", b"\0", b"\xff")) + data[place + 1 :]
        case "cut":
            return data[:place] + data[other:]
        case "more":
            return data[:place] + rng.randbytes(rng.randint(1, 40)) + data[place:]
        case "twice":
            return data[:other] + data[place:other] + data[other:]
        case "end":
            return data[:place]
        case _:
            return data[:place] + data[other:] + data[place:other]


def tampered(pack: Files, rng: random.Random) -> tuple[Files, str] | None:
    """One file of a pack is changed at random, taken out, put in twice, or takes another's place; None: it came out
    the same."""
    name = rng.choice(sorted(pack))
    files = dict(pack)
    how = rng.choice(("bytes",) * 7 + ("gone", "again", "swapped"))
    other = rng.choice(sorted(pack))
    match how:
        case "bytes" if pack[name]:
            files[name] = _bytes(pack[name], rng)
        case "gone":
            del files[name]
        case "again":
            files[f"{name.rpartition('.')[0]}-{rng.randint(2, 9)}.{name.rpartition('.')[2]}"] = pack[name]
        case _:
            files[name], files[other] = pack[other], pack[name]
    return None if files == pack else (files, f"{how}: {name}")


def judged(place: Path, key: str) -> int:
    """The exit code of the pack's own program."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        return main([str(place), "--key", key])


def many(pack: Files, key: str, place: Path, count: int, seed: int) -> int:
    """So many tampers, each of a new copy; every one is found. How many were found by what the entries themselves say:
    with the manifest made anew and no signature asked for."""
    done = deeper = 0
    whole = packed(pack, place).read_bytes()
    assert judged(place, key) == 0
    for n in range(2 * count):
        if done == count:
            break
        rng = random.Random(f"{seed}:{n}")
        if rng.random() < 0.1:  # the archive itself
            place.write_bytes(_bytes(whole, rng))
            with suppress(Exception):
                if unpacked(place.read_bytes()) == pack:
                    continue  # a byte that says nothing: dates, hints for the unpacker
            done += 1
            assert judged(place, key) != 0, f"nobody noticed (seed {seed}:{n}): the archive"
            continue
        found = tampered(pack, rng)
        if found is None:
            continue
        files, what = found
        done += 1
        assert judged(packed(files, place), key) != 0, f"nobody noticed (seed {seed}:{n}): {what}"
        name = what.partition(": ")[2]
        if name.endswith(RECORD) and files.get(name, b"").splitlines() != pack[name].splitlines():
            if not {"manifest.json", "manifest.note"} <= {n for n in files if files[n] == pack.get(n)}:
                continue  # it changed places with the manifest, and nobody can make that anew
            mended(files)
            unsigned(files)
            deeper += 1
            assert judged(packed(files, place), key) != 0, f"nobody noticed, made anew (seed {seed}:{n}): {what}"
    return deeper


@pytest.fixture(scope="module")
def small(drive: Drive) -> Files:
    """One claim with money, decisions and letters, and its seller's file."""
    wanted = next(c.id for c in drive.desk.list() if c.state == "closed")
    return unpacked(made(drive, [wanted]))


def test_what_is_changed_at_random_is_found(small, key, tmp_path):
    assert many(small, key, tmp_path / "pack.zip", 40, 7) > 0


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_ten_thousand_random_changes_are_found(small, key, tmp_path):
    assert many(small, key, tmp_path / "pack.zip", 10_000, 11) > 100
