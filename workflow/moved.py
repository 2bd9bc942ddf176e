"""An open claim whose facts belong to another programme: it ends here, with the reason, and goes on there.

Decision: each programme's part is a claim of its own, because an entry is read under the rules it was made under, and a
database does not let a case change its programme. The two name each other, and whoever asks for the timeline of either
sees one history. Money never follows: while some has moved or is under way, the claim stays, and an ended part is not
opened again, so that one loss is never open twice. Authority: contract section 2 (a reason for a human override).
Left out: finding where a claim belongs, which is ``redirects``.
"""

from __future__ import annotations

from typing import Any

from ..states.codes import NoticeKind, Party, RefusalCode
from ..states.money import to_text
from .plan import REDIRECT, Command, Context, Draft, Refusal, decision
from .reasons import Decision, Reason

#: The step that ends the part of the programme that is left.
SEND_ON = "send_on"

_LETTERS = {Party.CUSTOMER: NoticeKind.CUSTOMER_REDIRECTED, Party.SELLER: NoticeKind.SELLER_REDIRECTED}


def redirect(draft: Draft, ctx: Context, command: Command) -> Refusal | None:
    """Ends the claim here; whoever had a letter about it is told its new number."""
    case, to = draft.case, command.payload["to"]
    refused = _money(draft)
    if refused is not None:
        return refused
    goes_on = ctx.new_id("CLM")
    why = Reason.from_entry(command.payload["why"])
    told = {n.party for n in case.notices}
    letters = [
        draft.notice(ctx, kind, party, number=goes_on, rules=[why.rule])
        for party, kind in _LETTERS.items()
        if party.value in told
    ]
    draft.take(
        SEND_ON,
        set={"redirected_to": {"programme": to, "claim": goes_on}, "information": None},
        decision=decision(ctx, Decision(REDIRECT, to, (why,))),
        deadlines=draft.all_settled(),
        notices=letters,
    )
    return None


def _money(draft: Draft) -> Refusal | None:
    """A payment under way, or money that moved and was not taken back, keeps the claim where it is."""
    case, totals = draft.case, draft.case.totals
    if totals.pending is not None:
        code = RefusalCode.PAYMENT_UNDER_WAY
        why = Reason(code, "redirect.money", to_text(totals.pending_minor, case.currency), False)
        return draft.refuse(code, "a payment is under way; wait for its outcome", why)
    stands = totals.by_amazon + totals.by_seller + totals.by_insurer
    if stands == 0 and totals.posted is None:
        return None
    code = RefusalCode.MONEY_MOVED
    why = Reason(code, "redirect.money", to_text(stands, case.currency), False)
    hint = "what was paid in error is reversed first; what is left is a claim of its own"
    return draft.refuse(code, "money moved under this programme, and stays there", why, hint=hint)


def opened_again(draft: Draft) -> Refusal | None:
    """The refusal to reopen a part that went on elsewhere; None for every other claim."""
    known: dict[str, Any] | None = draft.case.facts.get("redirected_to")
    if known is None:
        return None
    code = RefusalCode.NOT_ALLOWED_FROM_STATE
    why = Reason(code, "redirect.one_open", known["claim"], False)
    return draft.refuse(code, f"the claim goes on under {known['programme']}", why, hint=f"see {known['claim']}")
