"""Actors and their roles: grants, switches, the test before every write, and the registers a report reads.

The test costs one look at the access journal for a command or a run, never one for each claim. Names are those the
host gives: this part says what ``cs:mei`` may do, not whether it is she who asks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ...states.case import Case
from ...states.errors import ConfigError, Conflict, InputError, NotPermitted
from ...states.journal import sha256_text
from ...states.roles import Control, ControlKind, Role, Waiting, same_person
from ...states.times import instant_text, local_day, parse_instant
from ..again import again
from ..engine import Settings
from ..ports import ControlRow, Store
from ..rulebook import shipped
from ..told import visible
from .book import House
from .state import AccessState, Change, Grant, entry, faults

_NAMED = 5
_REASON_MAX = 200


class Access:
    """The part of a desk that knows who may do what."""

    store: Store
    settings: Settings
    actor: str
    clock: Callable[[], datetime]
    _access: AccessState

    # -- looking -------------------------------------------------------------------------------------------------

    def access(self) -> AccessState:
        """The access journal as it stands; only what is new since the last look is read."""
        return self._looked(None)[0]

    def _looked(self, claim: str | None) -> tuple[AccessState, Case | None]:
        new, case = self.store.look(self._access.seq, claim)
        if new:
            self._access.take(new)
        return self._access, case

    def _access_in(self, unit: Any) -> AccessState:
        new = unit.control(self._access.seq)
        if new:
            self._access.take(new)
        return self._access

    def house(self) -> House:
        """The house's parameters in force, with this desk's overrides."""
        return House.at(local_day(self.clock(), "UTC"), self.settings.overrides)

    def who(self, actor: str | None) -> str:
        """Who acts: the one named, or the desk's own. A name that is empty was lost somewhere; InputError."""
        return name_of(self.actor if actor is None else actor)

    def permit(self, actor: str, *actions: str) -> AccessState:
        """NotPermitted unless ``actor`` may do each action (a verb, or ``tick``); everything while roles are off."""
        return self.permit_on(None, actor, *actions)[0]

    def permit_on(self, claim: str | None, actor: str, *actions: str) -> tuple[AccessState, Case | None]:
        """``permit``, and the claim as it stands beside it: both are looked at before every command."""
        state, case = self._looked(claim)
        self._rulebook_allowed(state)
        if state.roles_on:
            mine, house = state.roles_of(actor), self.house()
            for action in actions:
                if not mine & house.may_do(action):
                    raise self._not_permitted(state, actor, action, house.may_do(action))
        return state, case

    def _not_permitted(
        self, state: AccessState, actor: str, action: str, roles: frozenset[Role], over: str = ""
    ) -> NotPermitted:
        needed = " or ".join(sorted(roles))
        has = ", ".join(sorted(state.roles_of(actor))) or "none"
        return NotPermitted(
            "not_permitted",
            f"{action}{over} takes the role {needed}",
            hint=f"who may: {named(state.holders(roles))}; in an emergency: break the glass, with a reason",
            unmet=({"code": "not_permitted", "rule": f"verb.{action}", "tested": f"role {needed}", "value": has,
                    "result": False, "source": "the desk's own control (ASSUMED)"},),
        )  # fmt: skip

    # -- grants --------------------------------------------------------------------------------------------------

    def grant(self, actor: str, role: Role | str, *, reason: str = "", by: str | None = None) -> Grant:
        """Gives a role to an actor, never to oneself. ``reason`` is kept in clear: a ticket, no personal data."""
        who, what, by = name_of(actor), _role(role), self.who(by)
        if same_person(who, by):
            raise NotPermitted(
                "self_grant", "nobody grants a role to themselves", hint="ask another who holds the role operator"
            )

        def rows(state: AccessState) -> list[ControlRow]:
            self._operator(state, by)
            if what in state.roles_of(who):
                return []
            return [self._entry(state, by, ControlKind.GRANT, who, role=what.value, reason=_reason(reason))]

        state = self._add(rows)
        return next(g for g in reversed(state.grants) if (g.actor, g.role) == (who, what) and g.stands)

    def revoke(self, actor: str, role: Role | str, *, reason: str = "", by: str | None = None) -> Grant:
        """Takes a role from an actor; the last operator keeps theirs."""
        who, what, by = name_of(actor), _role(role), self.who(by)

        def rows(state: AccessState) -> list[ControlRow]:
            self._operator(state, by)
            if what not in state.roles_of(who):
                raise InputError("no_such_grant", "this actor does not hold this role", field="role")
            if what is Role.OPERATOR and state.roles_on and state.holders({Role.OPERATOR}) == [who]:
                raise ConfigError("last_operator", "nobody could grant roles any more", hint="grant operator first")
            return [self._entry(state, by, ControlKind.REVOKE, who, role=what.value, reason=_reason(reason))]

        state = self._add(rows)
        return next(g for g in reversed(state.grants) if (g.actor, g.role) == (who, what))

    def switch_on(self, what: Control | str, *, reason: str = "", by: str | None = None) -> AccessState:
        """Switches a control on, for good. The amounts from which two people decide are fixed in the store with it;
        doing it again takes them from the rulebooks anew."""
        control, by = _control(what), self.who(by)

        def rows(state: AccessState) -> list[ControlRow]:
            if Role.OPERATOR not in state.roles_of(by):
                raise NotPermitted(
                    "not_permitted",
                    "switching a control on takes the role operator",
                    hint="have another actor grant it: claimdesk actor grant ACTOR operator",
                )
            if control is Control.ROLES and not (state.holders({Role.HANDLER}) and state.holders({Role.APPROVER})):
                raise ConfigError(
                    "nobody_could_work",
                    "with roles on, nobody could decide a claim",
                    hint="grant handler and approver first, to different actors",
                )
            found: list[ControlRow] = []
            if control not in state.on:
                found.append(self._entry(state, by, ControlKind.ON, control.value, reason=_reason(reason)))
            for (programme, kind, currency), amount in self._bands() if control is Control.ROLES else ():
                if state.bands.get((programme, kind, currency)) != amount:
                    after = _after(state, found)
                    found.append(self._entry(after, by, ControlKind.BAND, programme, role=kind, currency=currency,
                                             amount=amount))  # fmt: skip
            return found

        return self._add(rows)

    def _bands(self) -> Iterator[tuple[tuple[str, str, str], int]]:
        house, now = self.house(), self.clock()
        for book in shipped().values():
            version = book.at(local_day(now, book.zone)).override(self.settings.overrides)
            if version.has("approval.second_person_from"):
                for kind in house.second_types(book.programme):
                    yield (book.programme, kind, book.currency), version.number("approval.second_person_from")

    def permit_operator(self, what: str, by: str | None = None) -> None:
        """NotPermitted, once roles are on, for whoever is no operator."""
        self._operator(self.access(), self.who(by), what)

    def _operator(self, state: AccessState, by: str, what: str = "granting a role") -> None:
        if state.roles_on and Role.OPERATOR not in state.roles_of(by):
            raise self._not_permitted(state, by, what, frozenset({Role.OPERATOR}))

    # -- changes of the rulebook -----------------------------------------------------------------------------------

    def propose_rulebook(
        self, values: Mapping[str, Any], *, test_run: str, effective_at: datetime | str, reason: str = "",
        by: str | None = None,
    ) -> Change:  # fmt: skip
        """Proposes overrides of the rulebook as a whole; ``test_run`` is the digest of the run that tried them."""
        by, digest, at = self.who(by), change_digest(values), parse_instant(effective_at, "effective_at")
        self.known_parameters(values)
        evidence = _evidence(test_run)

        def rows(state: AccessState) -> list[ControlRow]:
            if state.roles_on and Role.RULE_AUTHOR not in state.roles_of(by):
                raise self._not_permitted(state, by, "proposing a rulebook", frozenset({Role.RULE_AUTHOR}))
            if digest in state.changes:
                raise Conflict("change_known", "this change was proposed before", hint="claimdesk rules changes")
            told = json.loads(json.dumps(values, sort_keys=True, default=str))
            return [self._entry(state, by, ControlKind.RULEBOOK_PROPOSED, digest, effective_at=instant_text(at),
                                evidence=evidence, reason=_reason(reason), values=told)]  # fmt: skip

        return self._add(rows).changes[digest]

    def approve_rulebook(self, change: str, *, reason: str = "", by: str | None = None) -> Change:
        """Approves a change somebody else proposed, before it takes effect. ``change``: its digest, or its head."""
        by = self.who(by)

        def rows(state: AccessState) -> list[ControlRow]:
            known = self._change(state, change)
            if state.roles_on and Role.RULE_APPROVER not in state.roles_of(by):
                raise self._not_permitted(state, by, "approving a rulebook", frozenset({Role.RULE_APPROVER}))
            if same_person(known.author, by):
                raise NotPermitted(
                    "self_approval",
                    "nobody approves a change they proposed themselves",
                    hint=f"who may: {named([n for n in state.holders({Role.RULE_APPROVER}) if n != by])}",
                )
            if known.approved_at is not None:
                raise Conflict("change_known", "this change was approved before")
            if self._now() > known.effective_at:
                raise Conflict(
                    "approved_too_late",
                    f"it was to take effect at {known.effective_at}, without approval it does not",
                    hint="propose it again, with a later time",
                )
            return [self._entry(state, by, ControlKind.RULEBOOK_APPROVED, known.digest, reason=_reason(reason))]

        return self._change(self._add(rows), change)

    def _change(self, state: AccessState, change: str) -> Change:
        found = [c for d, c in state.changes.items() if change and change in (d, d.removeprefix("sha256:")[:12])]
        if len(found) != 1:
            raise InputError(
                "unknown_change", "there is no such change", field="change", hint="claimdesk rules changes"
            )
        return found[0]

    def known_parameters(self, values: Mapping[str, Any]) -> None:
        """InputError or RulebookError for a parameter that no rulebook has, or a value it cannot have."""
        if not values:
            raise InputError("nothing_changed", "a change names at least one parameter", field="values")
        unread = set(values) - set(self.house().version.override(values).values)
        for book in shipped().values():
            for version in book.versions:
                unread -= set(version.override(values).values)
        if unread:
            raise InputError(
                "unknown_parameter",
                "no rulebook has this parameter",
                field=min(unread)[:60],
                hint="claimdesk rules show BOOK lists them",
            )

    def _rulebook_allowed(self, state: AccessState) -> None:
        if not state.rulebooks_on or not self.settings.overrides:
            return
        mine, now = change_digest(self.settings.overrides), self._now()
        current = state.in_force(now)
        if current is not None and current.digest == mine:
            return
        known = state.changes.get(mine)
        why = "was never proposed"
        if known is not None:
            why = {"approved": "has not taken effect yet", "effective": "was replaced by a later one"}.get(
                known.status(now), "was not approved"
            )
        raise NotPermitted(
            "rulebook_unapproved",
            f"this desk's overrides of the rulebook are not the approved ones: the change {why}",
            hint="claimdesk rules propose, then another: claimdesk rules approve; or open it without them",
            unmet=({"code": "rulebook_unapproved", "rule": "control.rulebooks", "tested": "the change in force",
                    "value": mine, "result": False, "source": "the desk's own control (ASSUMED)"},),
        )  # fmt: skip

    # -- registers -------------------------------------------------------------------------------------------------

    def conflicts(self) -> list[dict[str, Any]]:
        """Actors who hold two roles that one person should not hold; explained when the later grant gave a reason."""
        state = self.access()
        found: list[dict[str, Any]] = []
        for actor in sorted({g.actor for g in state.grants if g.stands}):
            mine = {g.role: g for g in state.grants if g.actor == actor and g.stands}
            for one, other in self.house().conflicts():
                if one in mine and other in mine:
                    later = max(mine[one], mine[other], key=lambda g: g.seq)
                    found.append({"actor": actor, "roles": [one.value, other.value], "since": later.at,
                                  "granted_by": later.by, "explained": bool(later.reason),
                                  "reason": later.reason})  # fmt: skip
        return found

    def access_register(self) -> list[dict[str, Any]]:
        """Every grant there ever was, oldest first: who, which role, since when, by whom, until when."""
        return [g.to_dict() for g in self.access().grants]

    def rulebook_register(self) -> list[dict[str, Any]]:
        """Every change of the rulebook that was proposed, oldest first."""
        now = self._now()
        return [c.to_dict(now) for c in self.access().changes.values()]

    def second_person_register(self) -> Iterator[dict[str, Any]]:
        """Every proposal and emergency with what became of it, oldest first."""
        after: str | None = None
        while True:
            with self.store.read() as unit:
                page = unit.proposals(after)
            for row, answer in page:
                yield {**row._asdict(), "roles": row.roles.split(" "), "verdict": answer.verdict if answer else None,
                       "answered_by": answer.person if answer else None,
                       "answered_at": answer.at if answer else None}  # fmt: skip
            if not page:
                return
            after = page[-1][0].id

    def break_glass_register(self) -> list[dict[str, Any]]:
        """Every emergency, and its review."""
        return [row for row in self.second_person_register() if row["kind"] == Waiting.BREAK_GLASS]

    def access_faults(self) -> list[str]:
        """Where the access journal is not whole; empty when it is."""
        with self.store.read() as unit:
            return faults(unit.control(), self.settings.log)

    # -- writing ---------------------------------------------------------------------------------------------------

    def _now(self) -> str:
        return instant_text(self.clock())

    def _entry(self, state: AccessState, by: str, kind: ControlKind, subject: str, **parts: Any) -> ControlRow:
        return entry(self.settings.log, state, self._now(), by, kind, subject, **parts)

    def _add(self, rows: Callable[[AccessState], Sequence[ControlRow]]) -> AccessState:
        def added() -> None:
            with self.store.write() as unit:
                unit.lock(["control"])
                unit.add_control(rows(self._access_in(unit)))

        again(added)
        return self.access()


def _after(state: AccessState, rows: Sequence[ControlRow]) -> AccessState:
    return AccessState(seq=rows[-1].seq, head=rows[-1].leaf.hex()) if rows else state


def change_digest(values: Mapping[str, Any]) -> str:
    """The name of a change: the digest of its values."""
    return sha256_text(json.dumps(dict(values), sort_keys=True, default=str).encode())


def name_of(value: object) -> str:
    """The name of an actor: 1 to 255 visible characters, without space around it."""
    return visible(value, "actor")


def named(actors: Sequence[str]) -> str:
    """Actors for a sentence: some of them, or nobody."""
    more = len(actors) - _NAMED
    return (", ".join(actors[:_NAMED]) or "nobody yet") + (f" and {more} more" if more > 0 else "")


def _role(value: object) -> Role:
    if not isinstance(value, str) or value not in set(Role):
        raise InputError("unknown_role", "there is no such role", field="role", hint="one of: " + ", ".join(Role))
    return Role(str(value))


def _control(value: object) -> Control:
    if not isinstance(value, str) or value not in set(Control):
        raise InputError(
            "unknown_control", "there is no such control", field="what", hint="one of: " + ", ".join(Control)
        )
    return Control(str(value))


def _reason(text: str) -> str:
    if len(text) > _REASON_MAX or not text.isprintable():
        raise InputError(
            "too_long", f"at most {_REASON_MAX} printable characters", field="reason", hint="name a ticket, no person"
        )
    return text


def _evidence(text: object) -> str:
    if not isinstance(text, str) or not 8 <= len(text) <= 100 or not text.isprintable() or " " in text:
        raise InputError(
            "no_test_run",
            "a change names the digest of its test run",
            field="test_run",
            hint="sha256sum of what claimdesk scenario run --json printed",
        )
    return text
