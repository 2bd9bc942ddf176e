"""What is past its time is found by the schedule, told with its reason, and erased where nothing stands against it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from claimdesk import ClaimDesk, ConfigError
from claimdesk.testing import FrozenClock
from claimdesk.workflow import desk as desks
from claimdesk.workflow.retention import Rule, schedule, shipped, survey
from cli.conftest import invoke
from privacy.conftest import MARK, filed
from support.desks import MONDAY

ENDED = date(2024, 6, 3)


@pytest.mark.parametrize(
    ("years", "whole", "ended", "last"),
    [
        (7, False, date(2024, 6, 3), date(2031, 6, 3)),
        (4, True, date(2024, 6, 3), date(2028, 12, 31)),  # the current year and the preceding four
        (4, True, date(2024, 1, 1), date(2028, 12, 31)),
        (4, True, date(2024, 12, 31), date(2028, 12, 31)),
        (1, False, date(2024, 2, 29), date(2025, 3, 1)),  # no such day: a day longer, never shorter
        (4, False, date(2024, 2, 29), date(2028, 2, 29)),
        (0, False, date(2024, 6, 3), date(2024, 6, 3)),
    ],
)
def test_the_last_day(years: int, whole: bool, ended: date, last: date) -> None:
    assert Rule("x", ("*",), ("*",), years, "s", whole_years=whole).last_day(ended) == last


def test_every_rule_has_a_source_and_a_schedule_of_ones_own_stays_above_the_floor() -> None:
    assert all(rule.source for rule in shipped())
    assert max(rule.years for rule in shipped()) == 7
    own = schedule('[[rule]]\nid = "mine"\nprogrammes = ["*"]\nmarketplaces = ["*"]\nyears = 1\nsource = "ours"\n')
    assert [rule.id for rule in own] == ["mine", "us_ca.current_and_four"]


GOOD = "[[rule]]\nid = 'a'\nprogrammes = ['*']\nmarketplaces = ['*']\nyears = 1\nsource = 's'\n"


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "rule = 1", "[[rule]]\nid = 'a'", GOOD.replace("1", "-1"), GOOD.replace("1", "true"),
        GOOD.replace("['*']", "'*'"), GOOD.replace("'s'", "''"), GOOD + "more = 1\n",
    ],
)  # fmt: skip
def test_a_bad_schedule_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        schedule(text)
    assert caught.value.code == "bad_schedule"


def ended(desk: ClaimDesk, order: str) -> str:
    claim = filed(desk, order)
    desk.do("decide_recovery", claim, {"decision": "waive"}, reason="small", approved_by="cs:bo")
    desk.tick()
    assert desk.get(claim).state == "closed"
    return claim


def test_what_is_past_its_time(desk: ClaimDesk, clock: FrozenClock) -> None:
    due, held, other, erased = (ended(desk, f"114-{n}") for n in range(4))
    still_open = filed(desk, "114-8")
    desk.hold(held, hold="legal", reason="a suit")
    desk.hold(other, hold="other", reason="looked at")
    desk.redact(erased, basis="gdpr_17", approved_by="cs:bo")

    def counts(at: str, text: str | None = None) -> dict[str, Any]:
        clock.set(at)
        return survey(desk.store, clock(), schedule(text)).counts()

    # A schedule of one's own is shorter, but not shorter than the law's.
    own = '[[rule]]\nid = "mine"\nprogrammes = ["*"]\nmarketplaces = ["*"]\nyears = 1\nsource = "ours"\n'
    assert counts("2028-12-31T23:59:59-08:00", own)["due"] == 0
    assert counts("2029-01-01T00:00:00-08:00", own)["due"] == 1
    [past] = survey(desk.store, clock(), schedule(own)).due
    assert (past.claim, past.rule, past.ended_on, past.kept_to) == (
        due, "us_ca.current_and_four", ENDED, date(2028, 12, 31),
    )  # fmt: skip
    # Both sides of the limit, in the marketplace's zone.
    assert counts("2031-06-03T23:59:59-07:00")["not_yet"] == 4
    found = counts("2031-06-04T00:00:00-07:00")
    assert found == {"due": 1, "blocked": 2, "blocked_by": {"hold": 1, "legal_hold": 1}, "not_yet": 0, "open": 1,
                     "nothing_left": 1}  # fmt: skip
    # A look or a note does not make the time begin anew.
    desk.personal(due, purpose="audit")
    assert [p.claim for p in survey(desk.store, clock(), schedule()).due] == [due]
    assert desk.get(still_open).state != "closed"


def test_the_command_for_what_is_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clock = FrozenClock(MONDAY)
    monkeypatch.setattr(desks, "_system_clock", clock)
    url = f"sqlite:///{tmp_path / 'claimdesk.db'}"
    with ClaimDesk.open(url, actor="cs:mei") as desk:
        first, held = ended(desk, "114-1"), ended(desk, "114-2")
        desk.hold(held, hold="legal", reason="a suit")
    clock.set("2032-01-01T00:00:00Z")
    due = ("redact", "--due", "--db", url, "--as", "privacy:lea")
    shown = invoke((*due, "--json"))
    assert shown.code == 0
    *rows, last = shown.lines
    assert {r["claim"]: r["blocked"] for r in rows} == {first: [], held: ["legal_hold"]}
    assert last["summary"] == {"due": 1, "blocked": 1, "blocked_by": {"legal_hold": 1}, "not_yet": 0, "open": 0,
                               "nothing_left": 0, "erased": 0}  # fmt: skip
    assert "nothing was erased" in invoke(due).err
    assert invoke((*due, "--yes")).code == 3  # one person
    assert invoke((*due, first)).code == invoke((*due, "--basis", "gdpr_17")).code == 2
    (tmp_path / "mine.toml").write_text("x")
    assert invoke((*due, "--schedule", "mine.toml")).code == 2
    done = invoke((*due, "--yes", "--approved-by", "cs:bo", "--json"))
    assert (done.code, done.lines[-1]["summary"]["erased"]) == (0, 1)
    again = invoke((*due, "--yes", "--approved-by", "cs:bo", "--json"))
    assert again.lines[-1]["summary"] | {"due": 0, "erased": 0, "nothing_left": 1} == again.lines[-1]["summary"]
    assert "erased on 2032-01-01 under retention_ended" in invoke(("show", first, "--db", url)).out
    kept = invoke(("show", held, "--db", url, "--reveal", "--purpose", "audit"))
    assert f"{MARK}-injury" in kept.out
