"""The endpoints: one table, each row a call of the desk. The OpenAPI document and the reference are made from it.

Authority: contract sections 3 and 6 (one name everywhere). Left out: imports of long files, exports, reports and
audits, which are the command line's: a request is short.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ...states.errors import InputError, NotFound
from ...states.times import instant_text, parse_instant
from ..desk import ClaimDesk
from ..shown import decisions_of, transfer_json
from ..words import checked_words
from .asking import Answer, Ask, etag
from .problems import HttpError, ParameterError

#: Parameters of lists, and what each means.
FILTERS: Final = {
    "programme": "a programme, such as pdpi",
    "marketplace": "a marketplace, such as US",
    "state": "a state, such as disputed",
    "outcome": "what triage came to, such as auto_pay",
    "hold": "a hold's reason, or any",
    "seller": "a seller's id",
    "order": "an order's id",
    "reading": "with a decision that hangs on this reading, such as R5",
    "recovery": "the status of the recovery, such as due",
}
#: Every parameter, and what it means.
PARAMETERS: Final = {
    **FILTERS,
    "after": "only what comes after this id: the next of the page before",
    "limit": "at most so many (1 to 1000), 50 when left out",
    "at": "as it stood at this instant (RFC 3339 with an offset)",
    "as_of": "the last day of the sixty (YYYY-MM-DD), today when left out",
    "lang": "the language of sentences: en or zh-CN",
    "dry_run": "true: what would happen, nothing is written",
    "claim": "of one claim",
    "until": "with dry_run: what would be done up to this instant (RFC 3339 with an offset)",
}
LIMIT_MAX: Final = 1000
_ONCE: Final = ("idempotency-key",)
_BESIDE: Final = (*_ONCE, "if-match", "claimdesk-approved-by")
_PAGED: Final = ("after", "limit")
_OF_THE_CALL: Final = ("actor", "idempotency_key", "dry_run", "self", "approved_by", "expected_version")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint: its address, what it does, which parameters it takes, what it answers."""

    name: str  #: the operation, and the name it has in the program's log
    method: str
    path: str
    does: Callable[[ClaimDesk, Ask], Answer]
    summary: str
    query: tuple[str, ...] = ()
    takes: str | None = None  #: which payload: ``file``, ``verb``, ``seller_verb``, ``reason``, ``purpose``, ``lines``
    answers: str = "Object"  #: the schema of a good answer
    status: int = 200
    headers: tuple[str, ...] = ()  #: of those that stand beside a write, which it reads

    @property
    def writes(self) -> bool:
        """Whether it may write; a key that only reads is refused."""
        return self.method == "POST"


# ---------------------------------------------------------------- claims


def _listed(desk: ClaimDesk, ask: Ask) -> Answer:
    wanted: dict[str, Any] = {name: ask.query[name] for name in FILTERS if name in ask.query}
    checked_words(wanted)
    wanted = {"order_id" if name == "order" else name: value for name, value in wanted.items()}
    return _page("claims", "claim", ask, lambda limit: desk.list(**wanted, after=ask.text("after"), limit=limit))


def _page(name: str, of: str, ask: Ask, found: Callable[[int], Any]) -> Answer:
    """A page: one more than asked for is read, so that the end is known without counting."""
    limit = ask.number("limit", 50, LIMIT_MAX)
    shown = [one.to_dict() for one in found(limit + 1)]
    more = len(shown) > limit
    return Answer({name: shown[:limit], "next": shown[limit - 1][of] if more else None})


def _filed(desk: ClaimDesk, ask: Ask) -> Answer:
    given, options = ask.body(), ask.options()
    for name in _OF_THE_CALL:
        if name in given:
            raise InputError(
                "unknown_field", f"{name} is not a known field", field=name, hint="there are headers for it"
            )
    if "marketplace" not in given:
        raise InputError("missing_field", "a required field is missing", field="marketplace", hint="for example US")
    made = desk.file(**given, **options)
    headers = {"location": f"/v1/claims/{made.id}", "etag": etag(made.version)}
    return Answer(made.to_dict()) if ask.dry_run else Answer(made.to_dict(), 201, headers)


def _shown(desk: ClaimDesk, ask: Ask) -> Answer:
    claim = desk.get(ask.path["claim"], at=ask.text("at"))
    if ask.text("at") is not None:
        return Answer(claim.to_dict())
    headers = {"etag": etag(claim.version)}
    if ask.headers.get("if-none-match") == headers["etag"]:
        return Answer(None, 304, headers)
    return Answer(claim.to_dict(), headers=headers)


def _done(desk: ClaimDesk, ask: Ask) -> Answer:
    verb = ask.path["verb"]
    if verb == "file":
        raise InputError("unknown_verb", "a claim is filed at /v1/claims", field="verb", hint="POST /v1/claims")
    after = desk.do(verb, ask.path["claim"], ask.body(), **ask.options())
    headers = {} if ask.dry_run else {"etag": etag(after.version)}
    return Answer({**after.to_dict(), "dry_run": ask.dry_run}, headers=headers)


def _claim_ticked(desk: ClaimDesk, ask: Ask) -> Answer:
    if ask.body():
        raise InputError("unknown_field", "a tick takes nothing", field=min(ask.body())[:40])
    desk.get(ask.path["claim"])  # refuses a claim that is not on file
    if not ask.dry_run:
        desk.tick()
    claim = desk.get(ask.path["claim"])
    return Answer(claim.to_dict(), headers={"etag": etag(claim.version)})


def _explained(desk: ClaimDesk, ask: Ask) -> Answer:
    claim, at = ask.path["claim"], ask.text("at")
    text = desk.explain(claim, lang=ask.query.get("lang", "en"), at=at)
    shown = desk.get(claim, at=at)
    made = decisions_of(desk.entries(claim), None if at is None else parse_instant(at, "at"))
    return Answer({"claim": shown.id, "state": shown.state, "outcome": shown.outcome, "decisions": made, "text": text})


def _timeline(desk: ClaimDesk, ask: Ask) -> Answer:
    claim, at = ask.path["claim"], ask.text("at")
    limit = None if at is None else instant_text(parse_instant(at, "at"))
    if at is not None:
        desk.get(claim, at=at)  # refuses a claim that was not on file then
    rows = [
        row for row in desk.timeline(claim, lang=ask.query.get("lang", "en")) if limit is None or row["at"] <= limit
    ]
    return Answer({"claim": claim, "timeline": rows})


def _actions(desk: ClaimDesk, ask: Ask) -> Answer:
    return Answer(desk.actions(ask.path["claim"]))


def _ledger(desk: ClaimDesk, ask: Ask) -> Answer:
    limit = ask.number("limit", 50, LIMIT_MAX)
    rows = desk.ledger(ask.path["claim"], after=ask.text("after"), limit=limit + 1)
    more = rows[limit - 1].id if len(rows) > limit else None
    return Answer({"transfers": [transfer_json(row) for row in rows[:limit]], "next": more})


def _personal(desk: ClaimDesk, ask: Ask) -> Answer:
    told = ask.body()
    unknown = told.keys() - {"purpose"}
    if unknown or not isinstance(told.get("purpose"), str):
        raise InputError("missing_field", "a purpose is needed, and nothing else", field="purpose", hint="handling")
    claim = ask.path["claim"]
    return Answer({"claim": claim, "personal": desk.personal(claim, purpose=told["purpose"])})


# ---------------------------------------------------------------- sellers


def _sellers(desk: ClaimDesk, ask: Ask) -> Answer:
    wanted: dict[str, Any] = {name: ask.query[name] for name in ("marketplace", "state") if name in ask.query}
    checked_words({**wanted, "programme": "seller_insurance"})
    return _page("sellers", "file", ask, lambda limit: desk.sellers(**wanted, after=ask.text("after"), limit=limit))


def _seller(desk: ClaimDesk, ask: Ask) -> Answer:
    found = desk.seller(ask.path["seller"], at=ask.text("at"))
    return Answer(found.to_dict(), headers={} if ask.text("at") else {"etag": etag(found.version)})


def _seller_done(desk: ClaimDesk, ask: Ask) -> Answer:
    told, options = ask.body(), ask.options()
    marketplace = told.pop("marketplace", "US")
    if not isinstance(marketplace, str):
        raise InputError("not_text", "a marketplace is text", field="marketplace", hint="for example US")
    after = desk.seller_do(ask.path["verb"], ask.path["seller"], told, marketplace=marketplace, **options)
    headers = {} if ask.dry_run else {"etag": etag(after.version)}
    return Answer({**after.to_dict(), "dry_run": ask.dry_run}, headers=headers)


def _odr(desk: ClaimDesk, ask: Ask) -> Answer:
    seller, day = ask.path["seller"], ask.text("as_of")
    desk.seller(seller)  # refuses a seller who is not on file
    return Answer({"seller": seller, "as_of": day, **desk.measures(seller, as_of=day)})


# ---------------------------------------------------------------- second persons


def _proposed(desk: ClaimDesk, ask: Ask) -> Answer:
    made = desk.propose(ask.path["verb"], ask.path["claim"], ask.body(), **ask.options())
    return Answer(made.to_dict(), 200 if ask.dry_run else 201)


def _waiting(desk: ClaimDesk, ask: Ask) -> Answer:
    return Answer({"proposals": [one.to_dict() for one in desk.waiting(ask.text("claim"))]})


def _answered(desk: ClaimDesk, ask: Ask) -> Answer:
    told, how, name = ask.body(), ask.path["answer"], ask.path["proposal"]
    reason = told.pop("reason", "")
    if told or not isinstance(reason, str):
        raise InputError("unknown_field", "a reason is all it takes", field=min(told, default="reason")[:40])
    if how == "approve":
        return Answer({**desk.approve(name, reason=reason, dry_run=ask.dry_run).to_dict(), "proposal": name})
    if ask.dry_run:
        raise HttpError("no_dry_run", "this answer has no dry run", field="dry_run")
    answers: dict[str, Callable[[], Any]] = {
        "turn_down": lambda: desk.turn_down(name, reason=reason),
        "withdraw": lambda: desk.withdraw_proposal(name, reason=reason),
        "review": lambda: desk.review(name, reason=reason),
        "object": lambda: desk.review(name, reason=reason, objected=True),
    }
    if how not in answers:
        raise NotFound("no_such_page", "there is no such answer", hint="one of: approve, " + ", ".join(answers))
    return Answer(answers[how]().to_dict())


# ---------------------------------------------------------------- the desk


def _triaged(desk: ClaimDesk, ask: Ask) -> Answer:
    from ...workflow.lines import read_lines
    from ...workflow.triage import triage

    lines = read_lines(io.StringIO(ask.decoded(), newline=""))
    run = desk.settings.new_id("IMP")
    return Answer(list(triage(desk, lines, run_id=run, dry_run=ask.dry_run)), lines=True)


def _ticked(desk: ClaimDesk, ask: Ask) -> Answer:
    if ask.dry_run:
        return Answer({**desk.foresee(ask.text("until")).to_dict(), "dry_run": True})
    if ask.text("until") is not None:  # a clock that is not due would run out early, for everybody
        raise ParameterError("not_here", "only a dry run looks ahead", field="until", hint="dry_run=true")
    return Answer({**desk.tick().to_dict(), "dry_run": False})


ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint("claims.list", "GET", "/v1/claims", _listed, "Claims that fit, oldest first, a page at a time.",
             (*FILTERS, *_PAGED), answers="ClaimPage"),
    Endpoint("claims.file", "POST", "/v1/claims", _filed, "Files a claim; the rules run on as far as they may.",
             ("dry_run",), takes="file", answers="Claim", status=201, headers=_ONCE),
    Endpoint("claims.show", "GET", "/v1/claims/{claim}", _shown, "A claim as it stands, or stood.",
             ("at",), answers="Claim"),
    Endpoint("claims.explain", "GET", "/v1/claims/{claim}/explain", _explained,
             "Why it was decided so, rule by rule.", ("at", "lang"), answers="Explanation"),
    Endpoint("claims.timeline", "GET", "/v1/claims/{claim}/timeline", _timeline,
             "What happened, when and by whom.", ("at", "lang"), answers="Timeline"),
    Endpoint("claims.actions", "GET", "/v1/claims/{claim}/actions", _actions,
             "What can be done now, and why not the rest.", answers="Actions"),
    Endpoint("claims.ledger", "GET", "/v1/claims/{claim}/ledger", _ledger,
             "The transfers of money of a claim.", _PAGED, answers="TransferPage"),
    Endpoint("claims.personal", "POST", "/v1/claims/{claim}/personal", _personal,
             "Personal data, for a purpose; the look is on record before anything is shown.", takes="purpose",
             answers="Personal"),
    Endpoint("claims.propose", "POST", "/v1/claims/{claim}/proposals/{verb}", _proposed,
             "Proposes a step that takes two people; done when another approves it.", ("dry_run",), takes="verb",
             answers="Proposal", status=201),
    Endpoint("claims.tick", "POST", "/v1/claims/{claim}/tick", _claim_ticked,
             "Does what is due on the desk, and shows the claim after it.", ("dry_run",), answers="Claim"),
    Endpoint("claims.do", "POST", "/v1/claims/{claim}/{verb}", _done, "One verb on one claim.",
             ("dry_run",), takes="verb", answers="Claim", headers=_BESIDE),
    Endpoint("proposals.list", "GET", "/v1/proposals", _waiting, "What waits for a second person.",
             ("claim",), answers="ProposalPage"),
    Endpoint("proposals.answer", "POST", "/v1/proposals/{proposal}/{answer}", _answered,
             "Answers it: approve, turn_down, withdraw, or for an emergency review or object.", ("dry_run",),
             takes="reason"),
    Endpoint("sellers.list", "GET", "/v1/sellers", _sellers, "Sellers' compliance files, a page at a time.",
             ("marketplace", "state", *_PAGED), answers="SellerPage"),
    Endpoint("sellers.show", "GET", "/v1/sellers/{seller}", _seller, "A seller's compliance file.",
             ("at",), answers="SellerFile"),
    Endpoint("sellers.odr", "GET", "/v1/sellers/{seller}/odr", _odr, "The order defect rate over sixty days.",
             ("as_of",)),
    Endpoint("sellers.do", "POST", "/v1/sellers/{seller}/{verb}", _seller_done,
             "One verb on a seller's file; a new seller gets one.", ("dry_run",), takes="seller_verb",
             answers="SellerFile", headers=_BESIDE),
    Endpoint("triage", "POST", "/v1/triage", _triaged,
             "Files, screens and triages lines of JSON, at most a mebibyte; one result a line, in order.",
             ("dry_run",), takes="lines", answers="Lines"),
    Endpoint("tick", "POST", "/v1/tick", _ticked, "Does what is due: letters, payments, clocks.",
             ("until", "dry_run")),
)  # fmt: skip
