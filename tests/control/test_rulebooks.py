"""Changes of the rulebook: proposed and tested by one, approved by another, before they take effect."""

from __future__ import annotations

from typing import Any

import pytest

from claimdesk import ClaimdeskError, Conflict
from claimdesk.testing import FrozenClock
from claimdesk.workflow.control.access import change_digest
from claimdesk.workflow.control.state import ControlKind, entry
from claimdesk.workflow.desk import Desk
from control.office import office
from support.desks import filing, make_desk

VALUES = {"small_claim.comparator": "at_most"}
RUN = "sha256:" + "9f" * 32
JULY = "2024-07-01T00:00:00-07:00"


def refused(call: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(ClaimdeskError) as caught:
        call(*args, **more)
    return caught.value.code


def with_overrides(desk: Desk, clock: FrozenClock, values: Any = None) -> Desk:
    return make_desk(
        desk.store, vault=desk.settings.vault, clock=clock, seed=7, actor="script:nightly",
        rulebook_overrides=VALUES if values is None else values,
    )  # fmt: skip


def test_from_a_proposal_to_a_rulebook_in_force(store: Any) -> None:
    clock = FrozenClock("2024-06-03T09:00:00-07:00")
    desk = office(store, clock=clock)
    mine = with_overrides(desk, clock)
    assert mine.file(**filing(order="1-0")).state == "filed", "not switched on: overrides count at once"
    desk.switch_on("rulebooks", by="it:ana")
    with pytest.raises(ClaimdeskError, match="was never proposed") as never:
        mine.file(**filing(order="1-1"))
    assert (never.value.code, never.value.exit_code) == ("rulebook_unapproved", 4)
    assert with_overrides(desk, clock, {}).file(**filing(order="1-2")).state == "filed", "the release's own"
    assert len(list(mine.list())) == 2, "reading is not using"

    told = {"test_run": RUN, "effective_at": JULY}
    assert refused(desk.propose_rulebook, VALUES, by="cs:mei", **told) == "not_permitted"
    assert refused(desk.propose_rulebook, {}, by="rules:ada", **told) == "nothing_changed"
    assert refused(desk.propose_rulebook, {"no.such": "1"}, by="rules:ada", **told) == "unknown_parameter"
    assert refused(desk.propose_rulebook, VALUES, by="rules:ada", test_run="", effective_at=JULY) == "no_test_run"
    change = desk.propose_rulebook(VALUES, by="rules:ada", reason="CHG-9", **told)
    assert change.digest == change_digest(mine.settings.overrides)
    assert refused(desk.propose_rulebook, VALUES, by="rules:ada", **told) == "change_known"
    assert refused(mine.tick) == "rulebook_unapproved"
    assert refused(desk.approve_rulebook, change.digest, by="rules:ada") == "not_permitted"
    desk.grant("rules:ada", "rule_approver", by="it:ana")
    assert refused(desk.approve_rulebook, change.digest, by="rules:ada") == "self_approval"
    head = change.digest.removeprefix("sha256:")[:12]
    assert desk.approve_rulebook(head, by="rules:tom").approver == "rules:tom"
    assert refused(desk.approve_rulebook, head, by="rules:tom") == "change_known"
    with pytest.raises(ClaimdeskError, match="has not taken effect yet"):
        mine.file(**filing(order="1-3"))
    clock.set("2024-07-01T00:00:00-07:00")
    claim = mine.file(**filing(order="1-4", incident_on="2024-06-30"))
    assert claim.rulebook.endswith("+small_claim.comparator=at_most")
    (row,) = desk.rulebook_register()
    assert (row["status"], row["author"], row["approver"], row["test_run"]) == (
        "effective",
        "rules:ada",
        "rules:tom",
        RUN,
    )

    later = {"small_claim.comparator": "under"}
    desk.propose_rulebook(later, by="rules:ada", test_run=RUN, effective_at="2024-07-02T00:00:00-07:00")
    desk.approve_rulebook(change_digest(later), by="rules:tom")
    clock.set("2024-07-02T00:00:00-07:00")
    with pytest.raises(ClaimdeskError, match="was replaced by a later one"):
        mine.note(claim.id, text="x")


def test_a_change_that_nobody_approved_in_time_never_takes_effect(store: Any) -> None:
    clock = FrozenClock("2024-06-03T09:00:00-07:00")
    desk = office(store, clock=clock)
    desk.switch_on("rulebooks", by="it:ana")
    change = desk.propose_rulebook(VALUES, by="rules:ada", test_run=RUN, effective_at=JULY)
    clock.set("2024-07-01T00:00:00.000001-07:00")
    assert refused(desk.approve_rulebook, change.digest, by="rules:tom") == "approved_too_late"
    assert desk.rulebook_register()[0]["status"] == "lapsed"
    late, state = "2024-07-01T07:00:00.000001Z", desk.access()
    for by, at, guard in (
        ("rules:tom", late, "rulebook_late"),
        ("rules:ada", "2024-06-30T00:00:00.000000Z", "control_role"),
        ("cs:mei", "2024-06-30T00:00:00.000000Z", "control_role"),
    ):
        with pytest.raises(Conflict) as stopped, desk.store.write() as unit:
            unit.add_control([entry(desk.settings.log, state, at, by, ControlKind.RULEBOOK_APPROVED, change.digest)])
        assert stopped.value.field == guard
    desk.grant("rules:ada", "rule_approver", by="it:ana")
    row = entry(desk.settings.log, desk.access(), "2024-06-30T00:00:00.000000Z", "rules:ada",
                ControlKind.RULEBOOK_APPROVED, change.digest)  # fmt: skip
    with pytest.raises(Conflict) as own, desk.store.write() as unit:
        unit.add_control([row])
    assert own.value.field == "rulebook_self"
