"""Personal values: sealed so that nothing else opens them, committed to so that nobody changes them, erased."""

from __future__ import annotations

import base64
import json
import os
import random
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from claimdesk import ConfigError, IntegrityFailure
from claimdesk.adapters.open_store import default_vault, open_store
from claimdesk.adapters.vault import FileVault, flattened
from claimdesk.states.journal import commitment
from claimdesk.workflow.ports import SealedRow
from stores.world import Book, write

VALUES: dict[str, Any] = {
    "claimant": {"name": "Zoë 李雷", "email": "zoe@example.org", "adult": True},
    "injury": {"parts": ["hand", "eye"], "since": None, "days": 12},
    "reason": "",
}
CANARY = "Zoë-CANARY-4711"


def seeded(seed: int = 1) -> Callable[[int], bytes]:
    return random.Random(seed).randbytes


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "claims.db.keys"


@pytest.fixture
def vault(keys: Path) -> FileVault:
    return FileVault(keys)


# -- sealing and opening -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["a file", "memory"])
def test_what_is_sealed_is_opened_again(keys: Path, where: str) -> None:
    vault = FileVault(keys if where == "a file" else None)
    row, commitments = vault.seal("CLM-1", 3, VALUES)
    assert (row.claim, row.seq) == ("CLM-1", 3)
    assert vault.unseal([row]) == VALUES
    assert vault.faults(row, commitments) == []
    if where == "a file":
        assert FileVault(keys).unseal([row]) == VALUES
    assert FileVault(None).unseal([row]) == {}


def test_nothing_of_the_values_shows(vault: FileVault, keys: Path) -> None:
    row, commitments = vault.seal("CLM-1", 1, {"claimant": {"name": CANARY}})
    shown = repr(row) + repr(commitments) + keys.read_text() + repr(vault)
    assert CANARY not in shown and "CANARY" not in shown
    for part in (row.wrapped, row.ciphertext, row.nonce):
        assert b"CANARY" not in part


def test_the_same_values_never_look_the_same(vault: FileVault) -> None:
    first, told = vault.seal("CLM-1", 1, VALUES)
    second, told_again = vault.seal("CLM-1", 1, VALUES)
    assert first.subject != second.subject
    assert first.nonce != second.nonce and first.wrapped != second.wrapped and first.ciphertext != second.ciphertext
    assert not {c["commit"] for c in told} & {c["commit"] for c in told_again}
    assert len(first.nonce) == 12 and len(first.wrapped) == 12 + 32 + 16


def test_randomness_is_given(tmp_path: Path) -> None:
    rows = [FileVault(tmp_path / name, random=seeded()).seal("CLM-1", 1, VALUES) for name in ("a", "b")]
    assert rows[0] == rows[1]
    assert FileVault(tmp_path / "c", random=seeded(2)).seal("CLM-1", 1, VALUES) != rows[0]


def test_later_values_stand_over_earlier_ones(vault: FileVault) -> None:
    rows = [vault.seal("CLM-1", n, v)[0] for n, v in enumerate([
        {"claimant": {"name": "Ann", "email": "a@b"}, "reason": "first"},
        {"claimant": {"email": "c@d"}, "reason": "second", "injury": {"x": 1}},
        {"injury": "none", "reason": "third"},
    ], start=1)]  # fmt: skip
    wanted = {"claimant": {"name": "Ann", "email": "c@d"}, "reason": "third", "injury": "none"}
    assert vault.unseal(rows) == vault.unseal(rows[::-1]) == wanted
    assert vault.unseal([]) == {}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "a_b", "c1"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(values=st.dictionaries(st.sampled_from(["name", "a", "a_b", "injury"]), json_values))
def test_any_json_values(values: dict[str, Any]) -> None:
    vault = FileVault(None)
    row, commitments = vault.seal("CLM-1", 1, values)
    assert vault.unseal([row]) == values
    assert vault.faults(row, commitments) == []
    assert len({c["field"] for c in commitments}) == len(commitments) == len(list(flattened(values)))


def test_values_are_named_flat() -> None:
    assert dict(flattened(VALUES)) == {
        "claimant_name": "Zoë 李雷", "claimant_email": "zoe@example.org", "claimant_adult": "true",
        "injury_parts_0": "hand", "injury_parts_1": "eye", "injury_since": "null", "injury_days": "12", "reason": "",
    }  # fmt: skip
    assert dict(flattened({"a": {"b": "1"}, "a_b": "2", "e": {}, "l": []})) == {
        "a_b": "1", "a_b_2": "2", "e": "{}", "l": "[]"}  # fmt: skip


# -- bound to its place --------------------------------------------------------------------------------------------


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize("change", [
    lambda r: r._replace(claim="CLM-2"), lambda r: r._replace(seq=2), lambda r: r._replace(subject="00" * 16),
    lambda r: r._replace(epoch="e9-00000000"), lambda r: r._replace(nonce=flipped(r.nonce, 0)),
    lambda r: r._replace(ciphertext=flipped(r.ciphertext, 0)),
    lambda r: r._replace(ciphertext=flipped(r.ciphertext, 40)),
    lambda r: r._replace(wrapped=flipped(r.wrapped, 0)), lambda r: r._replace(wrapped=flipped(r.wrapped, 20)),
    lambda r: r._replace(wrapped=b""), lambda r: r._replace(ciphertext=b""), lambda r: r._replace(nonce=b""),
    lambda r: r._replace(wrapped=r.wrapped[:-1]), lambda r: r._replace(ciphertext=r.ciphertext + b"\x00"),
])  # fmt: skip
def test_an_altered_or_moved_row_does_not_open(vault: FileVault, change: Callable[[SealedRow], SealedRow]) -> None:
    row, commitments = vault.seal("CLM-1", 1, VALUES)
    other, _ = vault.seal("CLM-1", 2, {"reason": "other"})
    bad = change(row)
    assert vault.open(bad) is None
    assert vault.faults(bad, commitments) == ["not readable"]
    assert vault.unseal([bad, other]) == {"reason": "other"}
    again = vault.rewrap(bad)
    assert again is None or vault.open(again) is None


def test_parts_of_two_rows_do_not_fit_together(vault: FileVault) -> None:
    first, second = vault.seal("CLM-1", 1, VALUES)[0], vault.seal("CLM-1", 2, {"reason": "b"})[0]
    assert vault.open(first._replace(wrapped=second.wrapped)) is None
    assert vault.open(first._replace(nonce=second.nonce, ciphertext=second.ciphertext)) is None


def test_the_format_can_be_read_without_our_code(vault: FileVault, keys: Path) -> None:
    """The scheme as it stands in the notes, done by hand: another program must come to the same."""
    row, commitments = vault.seal("CLM-1", 7, {"claimant": {"name": "Zoë"}})
    kept = json.loads(keys.read_text())
    epoch_key = base64.b64decode(next(e["key"] for e in kept["epochs"] if e["id"] == row.epoch))
    bound = f'["claimdesk",1,"CLM-1","{row.subject}",7,"{row.epoch}"]'.encode()
    data_key = AESGCM(epoch_key).decrypt(row.wrapped[:12], row.wrapped[12:], bound)
    bound = f'["claimdesk",1,"CLM-1","{row.subject}",7,null]'.encode()
    body = json.loads(AESGCM(data_key).decrypt(row.nonce, row.ciphertext, bound))
    assert body["values"] == {"claimant": {"name": "Zoë"}}
    key = base64.b64decode(body["keys"]["claimant_name"])
    assert len(key) == 32
    assert commitments == [
        {"field": "claimant_name", "commit": commitment(key, "claimant_name", "Zoë"), "subject": row.subject}
    ]


def test_a_changed_commitment_is_found(vault: FileVault) -> None:
    row, commitments = vault.seal("CLM-1", 1, VALUES)
    commitments[0] = {**commitments[0], "commit": commitments[1]["commit"]}
    assert vault.faults(row, commitments) == [commitments[0]["field"]]
    assert vault.faults(row, commitments[1:]) == [commitments[0]["field"]]
    extra = {**commitments[1], "field": "invented"}
    assert vault.faults(row, [*commitments[1:], extra]) == sorted([commitments[0]["field"], "invented"])


# -- epochs and erasure --------------------------------------------------------------------------------------------


def test_a_new_epoch_wraps_anew_and_touches_no_value(vault: FileVault) -> None:
    row, commitments = vault.seal("CLM-1", 1, VALUES)
    lost, _ = vault.seal("CLM-2", 1, VALUES)
    old = row.epoch
    new = vault.new_epoch()
    assert new != old
    kept = vault.rewrap(row)
    assert kept is not None and kept.epoch == new
    assert (kept.ciphertext, kept.nonce, kept.subject) == (row.ciphertext, row.nonce, row.subject)
    assert vault.unseal([row]) == vault.unseal([kept]) == VALUES
    vault.forget_epoch(old)
    # A copy in a backup is as dead as the row itself.
    assert vault.open(row) is None and vault.open(lost) is None
    assert vault.unseal([kept]) == VALUES and vault.faults(kept, commitments) == []
    assert vault.seal("CLM-3", 1, VALUES)[0].epoch == new


def test_a_forgotten_key_is_nowhere_in_the_file(vault: FileVault, keys: Path) -> None:
    vault.seal("CLM-1", 1, VALUES)
    old = json.loads(keys.read_text())["epochs"][0]
    vault.new_epoch()
    vault.forget_epoch(old["id"])
    assert old["key"] not in keys.read_text()
    assert FileVault(keys).seal("CLM-1", 2, VALUES)[0].epoch != old["id"]


def test_the_current_epoch_is_not_forgotten(vault: FileVault) -> None:
    epoch = vault.seal("CLM-1", 1, VALUES)[0].epoch
    with pytest.raises(ConfigError) as caught:
        vault.forget_epoch(epoch)
    assert caught.value.code == "epoch_in_use"


def test_an_epoch_begun_by_another_process_is_known(keys: Path) -> None:
    mine, theirs = FileVault(keys), FileVault(keys)
    mine.seal("CLM-1", 1, VALUES)
    theirs.new_epoch()
    assert mine.unseal([theirs.seal("CLM-1", 2, VALUES)[0]]) == VALUES


def test_an_erased_row_leaves_the_others(vault: FileVault, tmp_path: Path) -> None:
    book = Book()
    with closing(open_store(tmp_path / "claims.db")) as store:
        for n in (1, 2):
            row, _ = vault.seal(book.id, n, {"claimant": {"name" if n == 1 else "email": str(n)}})
            write(store, book.step(sealed=[row]))
        with store.read() as unit:
            rows = unit.sealed(book.id)
    assert vault.unseal(rows) == {"claimant": {"name": "1", "email": "2"}}
    assert vault.unseal(rows[1:]) == {"claimant": {"email": "2"}}


# -- the key file --------------------------------------------------------------------------------------------------


def test_the_key_file_is_made_on_first_use_for_its_owner_alone(vault: FileVault, keys: Path) -> None:
    assert not keys.exists()
    assert vault.unseal([]) == {} and not keys.exists()
    vault.seal("CLM-1", 1, VALUES)
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert [p.name for p in keys.parent.iterdir()] == [keys.name]


@pytest.mark.skipif(os.name == "nt", reason="there are no such rights here")
def test_a_key_file_that_others_may_read_is_refused(vault: FileVault, keys: Path) -> None:
    vault.seal("CLM-1", 1, VALUES)
    keys.chmod(0o640)
    with pytest.raises(ConfigError) as caught:
        FileVault(keys).seal("CLM-1", 1, VALUES)
    assert caught.value.code == "keys_open_to_others" and "600" in caught.value.hint


@pytest.mark.parametrize("text", [
    "", "{", "[]", "{}", '{"v": 1}', '{"v": 2, "epochs": [], "current": ""}', '{"v": 1, "epochs": [], "current": ""}',
    '{"v": 1, "epochs": [{"id": "e1", "key": "c2hvcnQ="}], "current": "e1"}',
    '{"v": 1, "epochs": [{"id": "e1", "key": "***"}], "current": "e1"}',
    '{"v": 1, "epochs": [{"id": "e1"}], "current": "e1"}', "\x00\xff",
])  # fmt: skip
def test_a_damaged_key_file_is_refused_and_never_replaced(keys: Path, text: str) -> None:
    keys.touch(mode=0o600)
    keys.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError) as caught:
        FileVault(keys).seal("CLM-1", 1, VALUES)
    assert caught.value.code == "bad_keys" and "c2hvcnQ" not in str(caught.value)
    assert keys.read_text(encoding="latin-1") == text


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        FileVault(tmp_path / "no" / "keys").seal("CLM-1", 1, VALUES)
    assert caught.value.code == "cannot_keep_keys"


def test_many_first_users_at_once_share_one_key(keys: Path) -> None:
    rows: list[SealedRow] = []
    ready = threading.Barrier(8)

    def work(n: int) -> None:
        vault = FileVault(keys)
        ready.wait()
        rows.append(vault.seal("CLM-1", n, {"reason": str(n)})[0])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(30)
    assert len({row.epoch for row in rows}) == 1
    assert FileVault(keys).unseal(rows) == {"reason": "7"}
    assert [p.name for p in keys.parent.iterdir()] == [keys.name]


def test_where_links_are_not_possible(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", no_link)
    vault = FileVault(keys)
    assert vault.unseal([vault.seal("CLM-1", 1, VALUES)[0]]) == VALUES
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600


def test_threads_share_a_vault(vault: FileVault) -> None:
    errors: list[BaseException] = []

    def work(n: int) -> None:
        try:
            for seq in range(50):
                row, commitments = vault.seal(f"CLM-{n}", seq, VALUES)
                assert vault.unseal([row]) == VALUES and not vault.faults(row, commitments)
        except BaseException as error:  # noqa: BLE001  # shown below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert errors == []


# -- errors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, b"bytes", float("nan"), float("inf"), f"{CANARY}\ud800", {CANARY: {1}}]
)
def test_what_is_no_json_is_refused_without_showing_it(vault: FileVault, value: Any) -> None:
    with pytest.raises(IntegrityFailure) as caught:
        vault.seal("CLM-1", 1, {"claimant": {"name": CANARY, "bad": value}})
    assert caught.value.code == "not_sealable"
    error: BaseException | None = caught.value
    assert error is not None and error.__cause__ is None and error.__suppress_context__
    assert CANARY not in f"{error!r} {error}"


def test_errors_of_the_key_file_name_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "secret-folder" / "keys"
    with pytest.raises(ConfigError) as caught:
        FileVault(path).seal("CLM-1", 1, VALUES)
    assert "secret-folder" not in str(caught.value)


# -- with a store --------------------------------------------------------------------------------------------------


def test_a_copy_of_the_database_opens_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'claims.db'}"
    vault, book = default_vault(url), Book()
    with closing(open_store(url)) as store:
        row, _ = vault.seal(book.id, 1, {"claimant": {"name": CANARY}})
        write(store, book.step(sealed=[row]))
    assert (tmp_path / "claims.db.keys").exists()
    data = (tmp_path / "claims.db").read_bytes()
    assert CANARY.encode() not in data
    assert b"CANARY" not in data
    stolen = tmp_path / "stolen"
    stolen.mkdir()
    (stolen / "claims.db").write_bytes(data)
    with closing(open_store(stolen / "claims.db")) as store, store.read() as unit:
        rows = unit.sealed(book.id)
        assert vault.unseal(rows) == {"claimant": {"name": CANARY}}
        assert default_vault(stolen / "claims.db").unseal(rows) == {}


def test_the_ciphers_are_loaded_when_they_are_needed() -> None:
    code = (
        "import sys\nfrom claimdesk.adapters.vault import FileVault\nv = FileVault(None)\n"
        "assert 'cryptography' not in sys.modules\nv.seal('c', 1, {})\nassert 'cryptography' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
