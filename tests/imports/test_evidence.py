"""A manifest of evidence: files held against their digests, added to their claims once, their names kept nowhere."""

from __future__ import annotations

import hashlib
import json
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from claimdesk import InputError, StorageError
from claimdesk.adapters.imports.folder import Folder
from claimdesk.workflow.imports import maps
from claimdesk.workflow.imports.columns import EVIDENCE_KINDS
from claimdesk.workflow.imports.rows import RowRun, Wrong
from cli.conftest import place, run  # noqa: F401  # fixtures
from imports.files import opened, text
from support.desks import BIG, SMALL, Drive, filing

ROOT = Path(__file__).resolve().parents[2]
HEADER = ("path", "order", "kind", "captured at", "sha256")
ONE, TWO = b"one picture", b"a film " * 300_000  # more than one block


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def inbox(place_: Path) -> Path:
    """A folder as a phone and a colleague leave it."""
    root = place_ / "inbox"
    (root / "film").mkdir(parents=True)
    named = {"IMG_1.jpg": ONE, "IMG_1 (copy).jpg": ONE, "film/passport J Smith.mov": TWO, "empty.pdf": b"",
             "x.pdf": b"x", unicodedata.normalize("NFD", "Quittung für é.pdf"): b"accents"}  # fmt: skip
    for name, content in named.items():
        (root / name).write_bytes(content)
    (place_ / "secret.txt").write_bytes(b"not for us")
    (root / "link.txt").symlink_to(place_ / "secret.txt")
    return root


#: (cells, status, codes): each row alone, in this order, one after another into one store.
ROWS: list[tuple[tuple[str, ...], str, list[str]]] = [
    (("IMG_1.jpg", "114-1", "Photo", "2024-06-01T10:00:00Z", sha(ONE)), "created", []),
    (("IMG_1 (copy).jpg", "114-1", "照片", "2024-06-01T10:00:00Z", ""), "duplicate", []),  # the same under another name
    (("IMG_1.jpg", "114-1", "video", "", ""), "rejected", ["row_twice"]),  # the same, and something else said of it
    (("film\\passport J Smith.mov", "114-2", "", "2024-06-01", "SHA256:" + sha(TWO).upper()), "created", []),
    ((unicodedata.normalize("NFC", "Quittung für é.pdf"), "114-2", "收据", "", ""), "created", []),
    (("x.pdf", "114-2", "", "", sha(ONE)), "rejected", ["digest_clash"]),
    (("x.pdf", "114-2", "", "", "abc"), "rejected", ["digest_unreadable"]),
    (("empty.pdf", "114-2", "", "", ""), "rejected", ["file_empty"]),
    (("gone.pdf", "114-2", "", "", ""), "rejected", ["file_missing"]),
    (("film", "114-2", "", "", ""), "rejected", ["file_missing"]),  # a folder is no file
    (("../secret.txt", "114-2", "", "", ""), "rejected", ["file_outside"]),
    (("film/../../secret.txt", "114-2", "", "", ""), "rejected", ["file_outside"]),
    (("link.txt", "114-2", "", "", ""), "rejected", ["file_outside"]),
    (("/etc/hostname", "114-2", "", "", ""), "rejected", ["file_outside"]),
    (("C:\\x.pdf", "114-2", "", "", ""), "rejected", ["file_outside"]),
    (("x.pdf", "999", "", "", ""), "rejected", ["unknown_claim"]),
    (("x.pdf", "", "", "", ""), "rejected", ["missing_value"]),
    (("x.pdf", "114-2", "x-ray of a broken leg", "", ""), "rejected", ["unknown_value"]),
    (("x.pdf", "114-2", "", "03/04/2024", ""), "rejected", ["date_unclear"]),
    (("", "114-2", "", "", sha(b"elsewhere")), "created", ["file_not_seen"]),
    (("", "114-2", "", "", ""), "rejected", ["missing_value"]),
]


def imported(drive: Drive, words: str, run_: str, files: Folder | None) -> list[tuple[str, list[str]]]:
    found = opened(words, "evidence")
    rows = RowRun(drive.desk, maps.Map("evidence"), found.header, run_, file_sha256=words, files=files)
    return [(r.status, sorted({str(p.code) for p in r.problems})) for r in rows.results(found.records)]


def test_each_row_is_held_against_its_file_and_no_name_is_kept(tmp_path):
    drive = Drive.start()
    claims = [drive.desk.file(**filing(amount, f"114-{n}")).id for n, amount in enumerate((BIG, SMALL), 1)]
    root, kept = inbox(tmp_path), tmp_path / "kept"
    words = text([cells for cells, _, _ in ROWS], HEADER)
    found = imported(drive, words, "IMP-1", Folder(root, kept))
    assert [(cells, *got) for (cells, _, _), got in zip(ROWS, found, strict=True)] == ROWS
    assert sorted(p.name for p in kept.iterdir()) == sorted((sha(ONE), sha(TWO), sha(b"accents")))
    first, second = (drive.desk.case_of(claim) for claim in claims)
    assert first is not None and second is not None
    assert first.facts["evidence"] == [{"captured_at": "2024-06-01T10:00:00Z", "kind": "photo", "sha256": sha(ONE)}]
    assert [e["sha256"] for e in second.facts["evidence"]] == [sha(TWO), sha(b"accents"), sha(b"elsewhere")]
    with drive.desk.store.read() as unit:
        journal = b"".join(e.data for claim in claims for e in unit.entries(claim))
    assert not [word for word in (b"IMG_1", b"Smith", b"Quittung", b"leg") if word in journal]
    (kept / sha(TWO)).unlink()  # a crash between the row and its copy
    again = imported(drive, words + "\n", "IMP-2", Folder(root, kept))
    assert [status for status, _ in again] == [
        "unchanged" if s in ("created", "duplicate") else s for _, s, _ in ROWS
    ]  # fmt: skip
    assert (kept / sha(TWO)).read_bytes() == TWO, "the same import again makes it good"
    by_claim = text([("x.pdf", claims[0]), ("IMG_1.jpg", claims[0])], ("path", "claim"))
    assert imported(drive, by_claim, "IMP-3", Folder(root)) == [("created", []), ("unchanged", [])]
    piped = text([("x.pdf", "114-2", "", "", ""), ("x.pdf", "114-2", "", "", sha(b"x"))], HEADER)
    assert imported(drive, piped, "IMP-4", None) == [("rejected", ["missing_value"]), ("created", ["file_not_seen"])]


def test_a_folder_gives_nothing_away_and_takes_nothing_half(tmp_path, monkeypatch):
    root = inbox(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        Folder(tmp_path / "gone")
    with pytest.raises(Wrong) as caught:
        Folder(root).digest("passport Jane Roe.pdf")
    assert "Jane" not in f"{caught.value} {caught.value.fault}"
    folder = Folder(root, tmp_path / "kept")
    for name in ("x.pdf", "gone.pdf"):  # the claim has it by then: the run ends, the row is not rejected
        with pytest.raises(StorageError, match="while it was copied") as ended:
            folder.keep(name, sha(b"what it was"))
        assert ended.value.retryable
    assert list((tmp_path / "kept").iterdir()) == [], "neither half a copy nor a wrong one"
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be made"):
        Folder(root, tmp_path / "file" / "kept")


def test_a_plan_counts_what_the_run_does_and_the_copies_hold_in_an_audit(run, place):  # noqa: F811
    def told(*words: str) -> dict[str, Any]:
        return {k: v for k, v in run(*words, "--json").json.items() if k in ("created", "duplicate", "rejected")}

    inbox(place)
    lines = [
        {"marketplace": "US", "filed_at": "2024-06-03T09:00:00-07:00", "incident_on": "2024-06-01",
         "order": {"id": f"114-{n}"}, "losses": [{"head": "property_damage", "amount": "640.00 USD"}],
         "seller": {"id": "A2"}} for n in (1, 2)
    ]  # fmt: skip
    run("triage", "-", "--json", "-q", stdin="".join(json.dumps(line) + "\n" for line in lines))
    rows = [cells for cells, status, _ in ROWS if status != "rejected" and cells[0]]
    (place / "m.csv").write_text(text([*rows, ("gone.pdf", "114-2", "", "", "")], HEADER), encoding="utf-8")
    assert run("import", "plan", "claims", "m.csv", "--folder", "inbox", "--json").error["code"] == "not_here"
    wanted = {"created": 3, "duplicate": 1, "rejected": 1}
    assert told("import", "plan", "evidence", "m.csv", "--folder", "inbox") == wanted
    assert (
        run("import", "evidence", "m.csv", "--folder", "gone").code == 2 and run("import", "list", "--json").lines == []
    )
    done = run("import", "evidence", "m.csv", "--folder", "inbox", "--copy-to", "kept", "--rejects", "r.csv", "--json")
    assert {k: sum(one["status"] == k for one in done.lines) for k in wanted} == wanted and done.code == 1
    assert run("audit", "verify", "--evidence", "kept").code == 0
    (place / "inbox" / "gone.pdf").write_bytes(b"found again")
    fixed = run("import", "evidence", "r.csv", "--folder", "inbox", "--copy-to", "kept")
    assert (fixed.code, "1 created" in fixed.out) == (0, True), "the rejected row, imported as it is"
    assert run("audit", "verify", "--evidence", "kept", "--json").json["evidence"] == 4
    assert told("import", "plan", "evidence", "m.csv", "--folder", "inbox") == dict.fromkeys(wanted, 0)


def test_a_kind_is_one_that_a_letter_has_a_word_for():
    words = tomllib.loads((ROOT / "workflow" / "texts" / "words.toml").read_text(encoding="utf-8"))
    assert set(EVIDENCE_KINDS) == set(words["Evidence"])
