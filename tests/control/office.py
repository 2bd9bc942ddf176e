"""The people of a small office, and a desk on which they hold their roles."""

from __future__ import annotations

from typing import Any

from claimdesk.states.roles import Role
from claimdesk.testing import FrozenClock
from claimdesk.workflow.desk import Desk
from support.desks import MONDAY, make_desk

#: One person for each role; lin and bo both approve.
PEOPLE = {
    "in:ann": Role.INTAKE,
    "cs:mei": Role.HANDLER,
    "lead:lin": Role.APPROVER,
    "lead:bo": Role.APPROVER,
    "fin:kai": Role.FINANCE,
    "rules:ada": Role.RULE_AUTHOR,
    "rules:tom": Role.RULE_APPROVER,
    "audit:eva": Role.AUDITOR,
    "priv:noor": Role.PRIVACY,
    "it:ana": Role.OPERATOR,
    "it:raj": Role.OPERATOR,
    "script:nightly": Role.SCRIPT,
}


def office(store: Any = None, *, on: bool = True, **options: Any) -> Desk:
    """A desk whose actors hold their roles; ``on``: roles are switched on."""
    options.setdefault("clock", FrozenClock(MONDAY))
    desk = make_desk(store, **options)
    for name, role in PEOPLE.items():
        desk.grant(name, role, by="setup")
    if on:
        desk.switch_on("roles", by="it:ana")
    return desk
