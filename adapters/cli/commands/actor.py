"""``claimdesk actor``: who may do what. Roles bind once an operator switches them on, and then for good.

Decision: a grant names who gave it and is never to oneself; what a role may do is data (``actor roles`` shows it).
Authority: trust notes 5.4.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from ....states.errors import InputError
from ..call import Call, checked_id
from ..groups import family, page
from ..output import columns, put, put_json

if TYPE_CHECKING:
    from ...web.keys import ApiKey, KeyFile

_GRANTING = (0, 2, 4, 6, 75)


@page(
    "list",
    examples=[
        ("claimdesk actor list", "who holds which role, since when, from whom"),
        ("claimdesk actor list --all --json", "the access register, with what was taken back"),
    ],
    see=("actor roles", "actor conflicts"),
)
@click.argument("who", required=False, metavar="[ACTOR]")
@click.option("--all", "everything", is_flag=True, help="Also what was taken back.")
@click.pass_obj
def listing(call: Call, who: str | None, everything: bool) -> None:
    """List who holds which role."""
    with call.desk() as desk:
        found = [g for g in desk.access_register() if who in (None, g["actor"]) and (everything or g["stands"])]
        on = desk.access().roles_on
    if call.as_json:
        for one in found:
            put_json(one)
        return
    rows = [[g["actor"], g["role"], g["at"][:10], g["by"], _ended(g) or g["reason"]] for g in found]
    for line in columns(rows, ("ACTOR", "ROLE", "SINCE", "BY", "REASON") if rows else ()):
        put(line)
    if not rows:
        call.note("nobody holds a role")
    if not on:
        call.note("roles are off: every actor may do everything; switch them on with: claimdesk actor on roles")


def _ended(grant: dict[str, Any]) -> str:
    return "" if grant["stands"] else f"until {grant['revoked_at'][:10]}, by {grant['revoked_by']}"


@page(
    "grant",
    examples=[("claimdesk actor grant cs:mei handler --as it:ana --reason HR-2291", "another gives a role")],
    exits=_GRANTING,
    see=("actor roles", "actor revoke"),
    trial=False,
)
@click.argument("who", metavar="ACTOR")
@click.argument("role")
@click.pass_obj
def grant(call: Call, who: str, role: str) -> None:
    """Give a role to an actor, never to oneself."""
    with call.desk() as desk:
        made = desk.grant(checked_id(who, "actor"), role.replace("-", "_"), reason=call.told.get("reason", ""))
        against = [c for c in desk.conflicts() if c["actor"] == who and made.role.value in c["roles"]]
    _say(call, made.to_dict(), f"{made.actor}  {made.role}")
    for one in against:
        call.note(f"note: {' and '.join(one['roles'])} should not be held by one actor" + _unexplained(one))


@page(
    "revoke",
    examples=[("claimdesk actor revoke cs:mei approver --as it:ana", "a role is taken back, and binds at once")],
    exits=_GRANTING,
    see=("actor list --all",),
    trial=False,
)
@click.argument("who", metavar="ACTOR")
@click.argument("role")
@click.pass_obj
def revoke(call: Call, who: str, role: str) -> None:
    """Take a role from an actor."""
    with call.desk() as desk:
        gone = desk.revoke(checked_id(who, "actor"), role.replace("-", "_"), reason=call.told.get("reason", ""))
    _say(call, gone.to_dict(), f"{gone.actor}  {gone.role}: taken back")


@page(
    "on",
    examples=[
        ("claimdesk actor on roles --as it:ana", "from now on actors need roles, for good"),
        ("claimdesk actor on rulebooks --as it:ana", "overrides of the rulebook count only when approved"),
    ],
    exits=_GRANTING,
    see=("actor list", "doctor"),
    trial=False,
)
@click.argument("what", type=click.Choice(["roles", "rulebooks"]))
@click.pass_obj
def on(call: Call, what: str) -> None:
    """Switch a control on; there is no way back."""
    with call.desk() as desk:
        state = desk.switch_on(what, reason=call.told.get("reason", ""))
    since = next(at for control, at in state.on.items() if control.value == what)
    _say(call, {"control": what, "on": True, "since": since}, f"{what}: on since {since}")


@page(
    "roles",
    examples=[("claimdesk actor roles", "every role, what it is for, and what it may do")],
    see=("actor list", "rules show"),
)
@click.pass_obj
def roles(call: Call) -> None:
    """Show every role, what it is for and what it may do (all of it ASSUMED: no source asks for it)."""
    from datetime import UTC, datetime

    from ....states.roles import Role
    from ....workflow.control.book import House

    house = House.at(datetime.now(UTC).date(), call.config.value("rulebook") or {})
    verbs = house.verbs()
    for role in Role:
        may = [verb for verb, who in verbs.items() if role in who]
        below = list(house.version.names(f"authority.{role}")) if house.version.has(f"authority.{role}") else []
        if call.as_json:
            put_json({"role": role.value, "meaning": role.meaning, "verbs": may, "decides_below": below})
            continue
        put(f"{role.value}: {role.meaning}")
        put(f"    may     {', '.join(may) or 'write nothing on claims'}")
        if below:
            put(f"    decides below {', '.join(below)}")


@page(
    "conflicts",
    examples=[
        ("claimdesk actor conflicts", "roles that one actor should not hold together"),
        ("claimdesk actor conflicts --json", "for a review; exit 1 when one is not explained"),
    ],
    exits=(0, 1, 2, 75),
    see=("actor list",),
)
@click.pass_obj
def conflicts(call: Call) -> int:
    """List actors who hold roles that one person should not hold."""
    with call.desk() as desk:
        found = desk.conflicts()
    if call.as_json:
        for one in found:
            put_json(one)
    else:
        rows = [[c["actor"], " + ".join(c["roles"]), c["since"][:10], c["granted_by"], c["reason"] or "NOT EXPLAINED"]
                for c in found]  # fmt: skip
        for line in columns(rows, ("ACTOR", "ROLES", "SINCE", "BY", "REASON") if rows else ()):
            put(line)
        if not rows:
            call.note("no actor holds roles that conflict")
    return 1 if any(not c["explained"] for c in found) else 0


@page(
    "key",
    examples=[
        ("claimdesk actor key script:helpdesk", "a key to call the HTTP API as script:helpdesk, shown once"),
        ("claimdesk actor key script:helpdesk --acts-for cs: --days 30", "it may name cs:mei and others as who acts"),
        ("claimdesk actor key audit:lin --reads-only", "it never writes"),
    ],
    exits=(0, 2, 4, 75),
    see=("actor keys", "actor end-key", "serve"),
    trial=False,
)
@click.argument("who", metavar="ACTOR")
@click.option("--days", type=click.IntRange(1, 90), default=90, show_default=True, help="How long it stands.")
@click.option("--acts-for", multiple=True, metavar="NAME", help="Who it may act for; cs: stands for all of cs:...")
@click.option("--reads-only", is_flag=True, help="It may read, never write.")
@click.pass_obj
def key(call: Call, who: str, days: int, acts_for: tuple[str, ...], reads_only: bool) -> None:
    """Make a key of the HTTP API; it is shown once, and kept as a digest."""
    by = _key_keeper(call)
    made, token = _keys(call).make(
        checked_id(who, "actor"), by, os.urandom, days=days, acts_for=acts_for, reads_only=reads_only
    )
    if call.as_json:
        put_json({**made.to_dict(), "key": token})
        return
    put(token)
    call.note(f"key {made.id} of {made.actor}, until {made.until[:10]}; it is not shown again")


@page(
    "keys",
    examples=[("claimdesk actor keys", "whose keys stand, and until when"), ("claimdesk actor keys --all --json", "")],
    see=("actor key", "actor end-key"),
)
@click.option("--all", "everything", is_flag=True, help="Also what was ended or has run out.")
@click.pass_obj
def keys(call: Call, everything: bool) -> None:
    """List the keys of the HTTP API, never their secrets."""
    from ....states.times import instant_text

    file = _keys(call)
    now = instant_text(file.clock())
    found = [k for k in file.every() if everything or k.stands(now)]
    if call.as_json:
        for one in found:
            put_json({**one.to_dict(), "stands": one.stands(now)})
        return
    rows = [[k.id, k.actor, k.until[:10], k.made_by, _about_key(k, now)] for k in found]
    for line in columns(rows, ("ID", "ACTOR", "UNTIL", "BY", "") if rows else ()):
        put(line)
    if not rows:
        call.note("no key stands")


def _about_key(one: ApiKey, now: str) -> str:
    parts = [f"acts for {', '.join(one.acts_for)}"] if one.acts_for else []
    parts += ["reads only"] if one.reads_only else []
    if one.ended_at is not None:
        parts.append(f"ended {one.ended_at[:10]} by {one.ended_by}")
    elif not one.stands(now):
        parts.append("has run out")
    return "; ".join(parts)


@page(
    "end-key",
    examples=[("claimdesk actor end-key 5f1c9a02 --as it:ana", "it opens nothing any more, at once")],
    exits=(0, 2, 4, 75),
    see=("actor keys --all",),
    trial=False,
)
@click.argument("number", metavar="ID")
@click.pass_obj
def end_key(call: Call, number: str) -> None:
    """End a key of the HTTP API, at once."""
    by = _key_keeper(call)
    ended = _keys(call).end(number, by)
    _say(call, ended.to_dict(), f"{ended.id}  {ended.actor}: ended")


def _keys(call: Call) -> KeyFile:
    from ...web.keys import KeyFile

    return KeyFile(call.config.api_keys())


def _key_keeper(call: Call) -> str:
    """Who makes or ends a key; with roles on, an operator."""
    if call.dry_run:
        raise InputError("no_dry_run", "this has no dry run", field="--dry-run", hint="claimdesk actor keys")
    with call.desk() as desk:
        desk.permit_operator("making or ending a key")
        return desk.actor


command = family(
    "actor",
    "Who may do what: roles, grants, conflicts, and keys of the HTTP API.",
    listing,
    grant,
    revoke,
    on,
    roles,
    conflicts,
    key,
    keys,
    end_key,
    examples=[("claimdesk actor list", "who holds which role"), ("claimdesk actor roles", "what each role may do")],
)


def _say(call: Call, shown: dict[str, Any], line: str) -> None:
    if call.as_json:
        put_json(shown)
    else:
        put(line)


def _unexplained(conflict: dict[str, Any]) -> str:
    return f": {conflict['reason']}" if conflict["explained"] else "; say why with --reason"
