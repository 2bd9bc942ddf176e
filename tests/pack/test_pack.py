"""What is in a pack, the same bytes for the same input, and its check in a bare Python."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from markupsafe import escape

from claimdesk.adapters.pack.build import HOW, folder_of
from claimdesk.adapters.pack.claimfile import decisions_of
from claimdesk.adapters.pack.pdf import Press, can_make_pdf
from claimdesk.adapters.pack.verify import Pack, check, redone
from claimdesk.adapters.pack.verify import signed as plain_signed
from claimdesk.adapters.reports.reading import records
from claimdesk.workflow.reports.catalogue import REPORTS
from claimdesk.workflow.reports.shape import Asked
from support.desks import Drive

from .made import CANARY, desk_of, faults, made, packed, unpacked, world


@pytest.fixture(scope="module")
def drive() -> Drive:
    return world()


@pytest.fixture(scope="module")
def pack(drive: Drive) -> bytes:
    return made(drive)


@pytest.fixture(scope="module")
def key(drive: Drive) -> str:
    return str(desk_of(drive).log.signer.key)


def test_a_pack_holds_a_claim_file_for_each_claim_and_its_seller(drive, pack):
    files = unpacked(pack)
    claims = {c.id for c in drive.desk.list()}
    sellers = {f"SLR-{c.seller}" for c in drive.desk.list() if c.seller}
    manifest = json.loads(files["manifest.json"])
    assert set(manifest["claims"]) == claims | sellers
    for case in claims | sellers:
        inside = {n.removeprefix(f"claims/{case}/") for n in files if n.startswith(f"claims/{case}/")}
        assert {"events.jsonl", "claim-file.html", "decisions.json", "timeline.csv", "ledger.csv",
                "evidence.csv", "proofs/0001.tlog-proof"} <= inside  # fmt: skip
    wanted = ("index.html README.txt verify.py checkpoint log.vkey manifest.note registers/claims.csv "
              "rulebooks/pdpi-us@2021-09-01.json lifecycles/pdpi.json")  # fmt: skip
    assert set(wanted.split()) <= set(files)
    assert files["README.txt"].decode() == HOW


def test_what_a_register_means_stands_in_the_pack(pack):
    """Whoever reads it may have neither our program nor its documentation."""
    files = unpacked(pack)
    page, cover = files["registers/README.html"].decode(), files["index.html"].decode()
    registers = {n.removeprefix("registers/").removesuffix(".csv") for n in files if n.startswith("registers/")}
    assert registers - {"README.html"} == set(REPORTS) and "claimdesk report" not in files["README.txt"].decode()
    for report in REPORTS.values():
        part = page.partition(f'id="{report.id}"')[2].partition("<h2")[0]
        assert all(f"<td>{escape(c.name)}</td>" in part and escape(c.meaning) in part for c in report.columns), (
            report.id
        )
        assert escape(report.question) in part and escape(report.finding) in part
    assert "registers/README.html" in cover and "findings in the registers" in cover


def test_the_page_tells_what_happened_why_and_what_moved(drive, pack):
    claim = next(c for c in drive.desk.list(state="recovery_due"))
    page = unpacked(pack)[f"claims/{claim.id}/claim-file.html"].decode()
    parts = ["What happens next, and why", "Decisions, test by test", "Deadlines", "Money", "Evidence", "Letters",
             "Path taken", "Timeline, oldest first", "Record"]  # fmt: skip
    assert [page.index(f"<h2>{p}") for p in parts] == sorted(page.index(f"<h2>{p}") for p in parts)
    for shown in ("recovery.over_line", "1200.00 USD", "Disputed by the seller", "under the checkpoint",
                  "<pre>", drive.desk.notices(claim.id)[0].id):  # fmt: skip
        assert shown in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    reasons = [r for d in decisions_of(drive.desk.entries(claim.id)) for r in d["reasons"]]
    assert reasons and all(r["source"] and r["tested"] for r in reasons)


def test_letters_are_in_it_as_they_were_sent(drive, pack):
    files = unpacked(pack)
    sent = 0
    for claim in drive.desk.list():
        for letter in drive.desk.notices(claim.id):
            if letter.status == "handed_over":
                assert files[f"claims/{claim.id}/notices/{letter.id}.txt"].decode() == letter.body
                sent += 1
    assert sent > 5


def test_the_same_input_gives_the_same_bytes(drive, pack):
    assert made(drive) == pack
    press = Press() if can_make_pdf() else None
    some = [c.id for c in drive.desk.list()][:1]
    assert made(drive, some, press=press) == made(drive, some, press=press)
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_nothing_personal_is_in_it_unless_it_was_asked_for(drive, pack):
    assert not any(CANARY.encode() in data for data in unpacked(pack).values())
    some = [c.id for c in drive.desk.list() if c.state == "filed"]
    files = unpacked(made(drive, some, personal=drive.desk.personal))
    holding = [name for name, data in files.items() if CANARY.encode() in data]
    assert holding == [f"claims/{some[0]}/personal.json"]


# -- its own check -----------------------------------------------------------------------------------------------------


def bare(*words: str) -> subprocess.CompletedProcess[str]:
    """Python without any package, without settings, and with no way to open a connection."""
    code = ("import socket, sys, runpy\n"
            "def no(*a, **k): raise OSError('the network is off')\n"
            "socket.socket.connect = no; socket.create_connection = no; socket.getaddrinfo = no\n"
            "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')\n")  # fmt: skip
    return subprocess.run([sys.executable, "-I", "-S", "-c", code, *words], capture_output=True, text=True, check=False)


def test_it_checks_itself_in_a_bare_python_with_the_network_off(pack, key, tmp_path):
    assert socket.socket is not None
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        archive.extractall(tmp_path / "pack")
    done = bare(str(tmp_path / "pack" / "verify.py"))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "ok"), done.stdout + done.stderr
    assert "the key was taken from the pack itself" in done.stdout
    (tmp_path / "key").write_text(key)
    (tmp_path / "pack.zip").write_bytes(pack)
    own = Path(__file__).parents[2] / "adapters" / "pack" / "verify.py"
    known = bare(str(own), str(tmp_path / "pack.zip"), "--key", str(tmp_path / "key"))
    assert (known.returncode, "note:" in known.stdout) == (0, False), known.stdout
    assert "not decided again" in known.stdout
    letter = next((tmp_path / "pack").rglob("NTC-*.txt"))
    letter.write_text("something else")
    changed = bare(str(tmp_path / "pack" / "verify.py"))
    assert changed.returncode == 1
    assert letter.name in changed.stdout
    assert bare(str(own), str(tmp_path / "key")).returncode == 2


def test_an_entry_after_the_checkpoint_is_listed_as_waiting(tmp_path):
    own = world()
    claim = own.file()
    files = unpacked(made(own, [claim.id]))
    assert json.loads(files["manifest.json"])["waiting"][claim.id] == [1]
    assert faults(files, tmp_path / "pack.zip", str(desk_of(own).log.signer.key)) == []
    desk_of(own).sequence()
    assert json.loads(unpacked(made(own, [claim.id]))["manifest.json"])["waiting"] == {}


def test_a_journal_that_was_never_sequenced_is_checked_by_its_chains(tmp_path):
    own = Drive.start()
    desk = desk_of(world())
    desk.store = own.desk.store
    drive = Drive(desk, own.clock)
    own.to("closed")
    own.desk.tick()
    files = unpacked(made(drive))
    assert "checkpoint" not in files and "manifest.note" not in files
    assert faults(files, tmp_path / "pack.zip", None) == []
    some = next(n for n in files if n.endswith("events.jsonl"))
    files[some] = files[some].replace(b"cs:mei", b"cs:bad", 1)
    assert faults(files, tmp_path / "pack.zip", None)


def test_a_past_view_ends_where_it_was(drive, tmp_path, key):
    claim = next(c for c in drive.desk.list(state="recovery_due"))
    first = drive.desk.entries(claim.id)[0]["at"]
    files = unpacked(made(drive, [claim.id], at=first))
    entries = files[f"claims/{claim.id}/events.jsonl"].splitlines()
    assert 0 < len(entries) < claim.version
    assert json.loads(entries[-1])["at"] == first
    assert faults(files, tmp_path / "pack.zip", key) == []


def test_a_checkpoint_that_is_held_must_be_continued(drive, pack, key, tmp_path):
    other = world()
    other.file()
    desk_of(other).sequence()
    held = unpacked(pack)["checkpoint"]
    for note, found in ((held, 0), (unpacked(made(other))["checkpoint"], 1)):
        opened = Pack(packed(unpacked(pack), tmp_path / "pack.zip"))
        list(check(opened, key, note))
        assert len(opened.faults) == found


# -- what it decides again ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "value", "limit", "result"),
    [
        ("small_claim.limit", "999.99 USD", "under 1000.00 USD", True),
        ("small_claim.limit", "1000.00 USD", "under 1000.00 USD", False),
        ("small_claim.limit", "1000.00 USD", "at most 1000.00 USD", True),
        ("small_claim.limit", "1000.01 USD", "at most 1000.00 USD", False),
        ("small_claim.limit", "1.00 EUR", "under 1000.00 USD", None),
        ("filing.window", "day 90", "90 days", True),
        ("filing.window", "day 91", "90 days", False),
        ("filing.window", "day -2", "90 days", True),
        ("filing.window", "unknown", "90 days", None),
        ("programme.in_force_on", "2021-09-01", "2021-09-01", True),
        ("programme.in_force_on", "2021-08-31", "2021-09-01", False),
        ("scope.item_kinds", "physical", "physical", True),
        ("scope.item_kinds", "digital", "physical", False),
        ("losses.compensable", "pain_and_suffering, medical", "medical, lost_earnings", True),
        ("losses.compensable", "pain_and_suffering", "medical, lost_earnings", False),
        ("certificate.signed", "true", "required", True),
        ("certificate.signed", "false", "required", False),
        ("certificate.signed", "unknown", "required", None),
        ("recovery.duty", "required", None, None),
    ],
)
def test_a_test_is_decided_again_on_both_sides_of_its_limit(rule, value, limit, result):
    assert redone(rule, value, limit) is result


def test_what_is_decided_again_is_what_the_rules_decided(drive):
    again = 0
    for record in records(drive.desk.store, Asked()):
        for entry in record.entries:
            for reason in entry.get("decision", {}).get("reasons", ()):
                found = redone(reason["rule"], reason.get("value"), reason.get("limit"))
                assert None in (found, reason["result"]) or found == reason["result"], reason
                again += found is not None
    assert again > 30


def test_signatures_are_checked_as_the_standard_has_them():
    """RFC 8032 section 7.1, tests 1 to 3; and none with a bit changed."""
    vectors = [
        """d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a -
        e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b
        d25bf5f0595bbe24655141438e7a100b""",
        """3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c 72
        92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c
        387b2eaeb4302aeeb00d291612bb0c00""",
        """fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025 af82
        6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659
        4a7c15e9716ed28dc027beceea1ec40a""",
    ]
    for vector in vectors:
        public, message, *signature = vector.split()
        parts = bytes.fromhex(public), bytes.fromhex("".join(signature)), bytes.fromhex(message.strip("-"))
        assert plain_signed(*parts)
        assert not plain_signed(parts[0], parts[1], parts[2] + b"x")
        for where in (0, 31, 32, 63):
            wrong = bytearray(parts[1])
            wrong[where] ^= 1
            assert not plain_signed(parts[0], bytes(wrong), parts[2])


# -- PDF ---------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not can_make_pdf(), reason="the package that makes PDFs is not installed")
def test_a_pdf_is_made_with_chinese_letters_and_page_numbers(drive):
    claim = next(c for c in drive.desk.list(state="recovery_due"))
    files = unpacked(made(drive, [claim.id], press=Press(), lang="zh-CN"))
    pdf = files[f"claims/{claim.id}/claim-file.pdf"]
    assert pdf.startswith(b"%PDF-")
    assert b"STSong-Light" in pdf and b"UniGB-UCS2-H" in pdf
    assert "卷宗" in files[f"claims/{claim.id}/claim-file.html"].decode()


@pytest.mark.parametrize(
    ("case", "plain"),
    [("CLM-06H0", True), ("SLR-A2EXAMPLE", True), ("SLR-../../x", False), ("SLR-a b", False), ("SLR-\u5356", False)],
)
def test_a_folder_is_never_a_way_out(case, plain):
    assert (folder_of(case) == case) is plain
    assert "/" not in folder_of(case) and ".." not in folder_of(case)
