"""Settings: flag, environment, the nearest claimdesk.toml, default; each says where it came from."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from claimdesk.adapters import config
from claimdesk.states.errors import ConfigError


def test_the_order_is_flag_environment_file_default(place):
    (place / "claimdesk.toml").write_text(
        'db = "sqlite:///file.db"\nlang = "zh-CN"\nactor = "cs:file"\n', encoding="utf-8"
    )
    environ = {"CLAIMDESK_DB": "sqlite:///env.db", "USER": "u"}
    found = config.load({"db": "sqlite:///flag.db"}, environ, place)
    assert (found.text("db"), found.settings["db"].origin) == ("sqlite:///flag.db", "flag")
    found = config.load({}, environ, place)
    assert (found.text("db"), found.settings["db"].origin) == ("sqlite:///env.db", "environment CLAIMDESK_DB")
    found = config.load({}, {}, place)
    assert found.text("db") == f"sqlite:///{place / 'file.db'}"
    assert found.settings["lang"].origin == f"file {place / 'claimdesk.toml'}"
    assert found.settings["overlays"].origin == "default"


def test_the_file_is_found_upward_and_the_nearest_counts_alone(place):
    inner = place / "a" / "b"
    inner.mkdir(parents=True)
    (place / "claimdesk.toml").write_text('actor = "cs:far"\nlang = "zh-CN"\n', encoding="utf-8")
    assert config.load({}, {}, inner).text("actor") == "cs:far"
    (place / "a" / "claimdesk.toml").write_text('actor = "cs:near"\n', encoding="utf-8")
    found = config.load({}, {}, inner)
    assert (found.text("actor"), found.text("lang")) == ("cs:near", "en")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ('databse = "x"', "unknown_setting", "databse"),
        ("db = 5", "bad_setting", "db must be a text"),
        ('db = ""', "bad_setting", "db must be a text"),
        ('lang = "fr"', "bad_setting", "lang is one of en, zh-CN"),
        ('overlays = "minors"', "bad_setting", "overlays must be a list"),
        ("language = 1", "bad_setting", "language must be a table"),
        ("db = [", "bad_settings_file", "is not TOML"),
        ('payments = "cash"', "bad_setting", "payments is one of"),
    ],
)
def test_what_does_not_fit_is_refused_with_file_and_key(place, text, code, said):
    (place / "claimdesk.toml").write_text(text + "\n", encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        config.load({}, {}, place)
    assert refused.value.code == code
    assert said in refused.value.message and "claimdesk.toml" in refused.value.message
    assert refused.value.hint


def test_a_near_miss_of_a_key_is_suggested(run, place):
    (place / "claimdesk.toml").write_text('overlay = ["minors"]\n', encoding="utf-8")
    wrong = run("config", "show")
    assert wrong.code == 2
    assert "hint: did you mean overlays?" in wrong.err and "  field    overlay" in wrong.err


def test_files_in_the_settings_are_meant_from_their_own_folder(place):
    (place / "claimdesk.toml").write_text(
        'db = "claims.db"\nkeys = "secret.keys"\nsender = "files:letters"\n', encoding="utf-8"
    )
    found = config.load({}, {}, place / "reports")
    assert found.text("db") == f"sqlite:///{place / 'claims.db'}"
    assert found.text("keys") == str(place / "secret.keys")
    assert found.text("sender") == f"files:{place / 'letters'}"


def test_settings_reach_the_desk(office):
    Path("claimdesk.toml").write_text(
        'actor = "script:nightly"\n[rulebook]\n"small_claim.limit" = "100.00 USD"\n', encoding="utf-8"
    )
    claim = office.first()
    office.run("do", "assign", claim)
    assert office.show(claim)["owner"] == "script:nightly"


def test_config_show_says_where_each_setting_comes_from(run):
    shown = run("config", "show", "--show-origin", env={"CLAIMDESK_DB": "postgresql://u:secret@h/db"})
    assert "postgresql://u:***@h/db" in shown.out and "environment CLAIMDESK_DB" in shown.out
    assert "secret" not in shown.out
    assert run("config", "show", "--json").json["file"] is None


def test_a_password_never_shows(run):
    wrong = run("list", "--db", "postgresql://u:secretword@localhost:1/x", "-v")
    assert wrong.code in (2, 75)
    assert "secretword" not in wrong.out + wrong.err


# ---------------------------------------------------------------- database and doctor


def test_the_database_is_made_checked_and_named(run, place):
    assert run("db", "check").code == 1
    assert not (place / "claimdesk.db").exists()
    assert run("db", "current").out == "nothing\n"
    made = run("db", "upgrade")
    assert made.code == 0 and made.out.endswith(", new\n")
    assert run("db", "check").code == 0
    assert run("db", "upgrade").out.endswith("(nothing to do)\n")


def test_a_database_of_a_later_version_is_not_to_be_upgraded(run, place):
    run("db", "upgrade")
    with closing(sqlite3.connect(place / "claimdesk.db")) as later:
        later.execute("update claimdesk_version set version_num = '9999_later'")
        later.commit()
    for words in (("db", "check"), ("doctor",)):
        told = run(*words)
        assert (told.code, "a later version made it" in told.err, "db upgrade" in told.err) == (1, True, False)
    assert run("list", "--json").error["code"] == "schema_newer"


def test_the_sql_can_be_read_first(run, place):
    done = run("db", "upgrade", "--sql")
    assert done.code == 0
    assert "CREATE TABLE" in done.out
    assert not (place / "claimdesk.db").exists()


def test_a_store_in_memory_has_no_database_to_upgrade(run):
    assert run("db", "upgrade", "--db", "memory:").code == 2


def test_the_doctor_finds_a_new_desk_in_order(run, place):
    assert run("doctor").code == 0
    assert not (place / "claimdesk.db").exists()


def test_the_doctor_looks_at_everything(office):
    found = office.run("doctor", "--json").json
    assert found["ok"] is True
    names = [c["check"] for c in found["checks"]]
    assert {
        "database",
        "schema",
        "sqlite",
        "journal mode",
        "synchronous",
        "file",
        "time zones",
        "keys",
        "clock",
    } <= set(names)


def test_the_doctor_sees_keys_that_others_may_read(office):
    keys = Path("claimdesk.db.keys")
    keys.chmod(0o644)
    found = office.run("doctor")
    assert found.code == 1
    assert "WRONG" in found.out and "chmod 600" in found.err


def test_the_doctor_misses_lost_keys(office):
    Path("claimdesk.db.keys").unlink()
    found = office.run("doctor")
    assert found.code == 1
    assert "MISSING" in found.out


def test_the_doctor_knows_a_file_that_is_no_database(run, place):
    (place / "claimdesk.db").write_text("hello\n" * 500, encoding="utf-8")
    found = run("doctor", "--json")
    assert found.code == 1
    assert not found.json["ok"]
