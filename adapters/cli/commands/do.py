"""``claimdesk do VERB CLAIM``: one verb on one claim. What it may hold, ``claimdesk schema VERB`` says."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import click

from ....states.errors import InputError
from ..call import Call, checked_id
from ..groups import page
from ..output import put, put_json
from ..payloads import read_object, schema_of, with_words

if TYPE_CHECKING:
    from ...desk import ClaimDesk

#: The verbs that are about no claim of their own; each is a command too.
_NO_CLAIM = ("file", "tick")


@page(
    "do",
    examples=[
        ("claimdesk do record_screening CLM-… verdict=valid by=adjuster:one", "a verdict"),
        ('claimdesk do resolve CLM-… amount="640.00 USD" by=seller', "money is text with its currency"),
        ("claimdesk do assess CLM-… --with @assessment.json", "a payload from a file"),
        ('claimdesk do decide_recovery CLM-… decision=waive --reason "…" --as cs:mei', "a person decides"),
        ("claimdesk do deny CLM-… --reason … --dry-run --json", "see it, write nothing"),
        ("claimdesk do file --with @claim.json", "as claimdesk file --from; do tick is claimdesk tick"),
    ],
    writes=True,
    see=("actions CLAIM", "schema VERB"),
)
@click.argument("verb")
@click.argument("claim", required=False)
@click.argument("words", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--with", "payload", metavar="JSON|@FILE|-", help="The payload as a JSON object.")
@click.option("--break-glass", is_flag=True, help="An emergency: without role or second person, to be reviewed.")
@click.pass_obj
def command(
    call: Call, verb: str, claim: str | None, words: tuple[str, ...], payload: str | None, break_glass: bool
) -> int:
    """Do one verb on one claim."""
    verb = verb.replace("-", "_")
    call.verb = f"do {verb}"
    given = read_object(payload, "--with") if payload is not None else {}
    if verb in _NO_CLAIM:
        return _without_claim(call, verb, words if claim is None else (claim, *words), given, break_glass)
    if claim is None:
        raise InputError("missing_field", "CLAIM is missing", field="CLAIM", hint=f"claimdesk do {verb} CLAIM")
    call.claim = checked_id(claim)
    _one(call, verb, claim, words, given, break_glass)
    return 0


def _without_claim(call: Call, verb: str, words: tuple[str, ...], given: dict[str, Any], break_glass: bool) -> int:
    """``do file`` and ``do tick``: the commands of these names, told in the words of this one."""
    if break_glass or (words and "=" not in words[0]) or (verb == "tick" and (words or given)):
        what = "takes no claim, only a payload" if verb == "file" else "takes neither claim nor payload"
        raise InputError("not_here", f"{verb} {what}", field="verb", hint=f"claimdesk {verb} --help")
    if verb == "file":
        from .filing import file, given_by

        file(call, given_by(given, words))
        return 0
    from .tick import command as tick

    return int(click.get_current_context().invoke(tick, until=None))


def _one(call: Call, verb: str, claim: str, words: tuple[str, ...], given: dict[str, Any], break_glass: bool) -> None:
    with call.desk() as desk:
        programme = programme_of(desk, claim, verb)
        built = with_words(given, words, schema_of(programme, verb) if words else None)
        before = _state_of(desk, claim)
        doing = desk.break_glass if break_glass else desk.do
        done = doing(verb, claim, built, **call.writing()).to_dict()
    if call.as_json:
        put_json({**done, "dry_run": call.dry_run})
        return
    moved = f"{before} -> {done['state']}" if before != done["state"] else done["state"]
    put(f"{claim}  {verb}: {moved}" + ("  (dry run, nothing written)" if call.dry_run else ""))
    goes_on = done.get("continued_as") if verb == "redirect" else None
    if goes_on is not None:
        put(f"{goes_on}  goes on under {built['to']}")
    if not call.dry_run and claim.startswith("CLM-"):
        call.note(f"next: claimdesk explain {goes_on or claim}")


def _state_of(desk: ClaimDesk, claim: str) -> str | None:
    case = desk.case_of(claim)
    return case.state if case is not None else None


def programme_of(desk: ClaimDesk, claim: str, verb: str) -> str:
    """The programme whose payload the verb takes; a verb that no programme knows is refused with a near miss."""
    from ....workflow import registry

    case = desk.case_of(claim)
    if case is None:
        known = sorted({v for name in registry.names() for v in verbs_of(name)})
        if verb not in known:
            raise unknown_verb(verb, known)
        return "pdpi"  # the desk says that there is no such claim
    known = verbs_of(case.programme)
    if verb not in known:
        raise unknown_verb(verb, known)
    return registry.SELLER_FILE if verb in registry.programme(case.programme).seller_first else case.programme


def verbs_of(name: str) -> list[str]:
    """The verbs a programme carries out."""
    from ....workflow import registry
    from ....workflow.generic import carried_out

    return carried_out(registry.programme(name))


def unknown_verb(verb: str, known: list[str]) -> InputError:
    """The error for a verb that does not exist."""
    close: Any = difflib.get_close_matches(verb, known, 1)
    return InputError(
        "unknown_verb",
        "there is no such verb",
        field="verb",
        hint=f"did you mean {close[0]}?" if close else "one of: " + ", ".join(known),
    )
