"""States that no claim rests in: asked on a claim put there by hand, the planner refuses and runs on as elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claimdesk.states.case import Case
from claimdesk.workflow import registry
from claimdesk.workflow.plan import Command, Context, Plan, Refusal, plan
from claimdesk.workflow.rulebook import resolve
from support.desks import PASSING, PAYLOADS, Drive, stored

PDPI = registry.programme("pdpi")


def standing_in(state: str, held: bool) -> tuple[Drive, Case]:
    """A paid claim whose state is put back by hand: no command leaves one there."""
    drive = Drive.start()
    case = stored(drive.desk.store, drive.to("recovery_due").id)
    return drive, replace(case, state=state, holds=("legal",) if held else (), deadlines=())


def asked(drive: Drive, case: Case, verb: str) -> Plan | Refusal:
    payload, personal = PDPI.validate(verb, PAYLOADS[verb], case.currency, False)
    version = resolve(case.rulebook)
    ctx = Context(drive.clock(), version, drive.desk.settings.new_id, lambda day: version, payments="manual")
    command = Command(verb, payload, "cs:mei", drive.clock(), case.id, personal, "because it is so", "cs:bo")
    return plan(PDPI, case, command, ctx)


@pytest.mark.parametrize("state", PASSING)
@pytest.mark.parametrize("held", [False, True], ids=["free", "held"])
@pytest.mark.parametrize("verb", [v for v in PAYLOADS if v not in PDPI.seller_first])
def test_a_verb_in_a_passing_state(state, held, verb):
    drive, case = standing_in(state, held)
    made = asked(drive, case, verb)
    offered = PDPI.lifecycle.verbs_in(state)
    if verb == "release_hold" and not held:
        assert isinstance(made, Refusal)
        assert made.code == "no_such_hold"
    elif verb not in offered:
        assert isinstance(made, Refusal)
        assert made.code == "not_allowed_from_state"
    elif held and verb not in PDPI.records:
        assert isinstance(made, Refusal)
        assert made.code == "on_hold"
    else:
        assert isinstance(made, Plan)
        held_after = bool(made.case.holds)
        assert held_after == ((held and verb != "release_hold") or verb in ("hold", "reverse_payment"))
        assert held_after or made.case.state not in PASSING, "the rules run on as soon as they may"
        return
    assert made.unmet and made.allowed and made.state == state
