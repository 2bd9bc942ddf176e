"""Who may do what: roles, what the access journal records, and when two names are one person.

The words stand here, pure; which role may do which verb and up to which amount is data
(``workflow/control/house.toml``). Authority: trust notes 5.4 (roles and four eyes). Left out: how a person proves
who they are, which is the host's part.
"""

from __future__ import annotations

import unicodedata

from .codes import Described


class Role(Described):
    """What an actor is for. An actor may hold several; no role is held without a grant on record."""

    INTAKE = "intake", "takes claims and facts in, decides nothing"
    HANDLER = "handler", "works claims and decides them, up to an amount"
    APPROVER = "approver", "decides at any amount, and is the second person of others' decisions"
    FINANCE = "finance", "confirms and takes back payments, books what came back, writes off"
    RULE_AUTHOR = "rule_author", "proposes changes of the rulebook"
    RULE_APPROVER = "rule_approver", "approves changes of the rulebook that somebody else proposed"
    AUDITOR = "auditor", "reads everything, writes nothing"
    PRIVACY = "privacy", "redacts personal data and sets holds for legal reasons"
    OPERATOR = "operator", "runs the system and grants roles to others; decides no claim"
    SCRIPT = "script", "a program: files, records what parties say, does what is due"


class ControlKind(Described):
    """What an entry of the access journal records."""

    GRANT = "grant", "a role was given to an actor, by another"
    REVOKE = "revoke", "a role was taken from an actor"
    ON = "on", "a control was switched on, for good: roles, or rulebooks"
    BAND = "band", "from this amount on a step of this type takes two people"
    RULEBOOK_PROPOSED = "rulebook_proposed", "a change of the rulebook was proposed, with its test run"
    RULEBOOK_APPROVED = "rulebook_approved", "a second person approved a change of the rulebook"


class Control(Described):
    """What can be switched on. There is no way back: a control that its subjects can switch off is none."""

    ROLES = "roles", "actors need roles, and a second person approves in their own name"
    RULEBOOKS = "rulebooks", "overrides of the rulebook count only when approved"


class Waiting(Described):
    """What waits for a second person."""

    PROPOSAL = "proposal", "a step that is done once somebody else approves it"
    BREAK_GLASS = "break_glass", "a step that was done in an emergency, without its second person: to be reviewed"


class Verdict(Described):
    """What became of what waited."""

    APPROVED = "approved", "a second person approved it, and it was done"
    TURNED_DOWN = "turned_down", "a second person turned it down"
    WITHDRAWN = "withdrawn", "its author took it back"
    REVIEWED = "reviewed", "a second person found the emergency well founded"
    OBJECTED = "objected", "a second person found that it should not have been done"


def same_person(one: str, other: str) -> bool:
    """Whether two actor names are read as one person: equal but for case and for forms of the same letters."""
    return _plain(one) == _plain(other)


def stands_with(second: str | None, actor: str) -> bool:
    """Whether ``second`` names a person, and another one than ``actor``; rules and scripts are no persons."""
    plain = _plain(second or "")
    return bool(plain) and plain != _plain(actor) and plain != "rules" and not plain.startswith("script:")


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
