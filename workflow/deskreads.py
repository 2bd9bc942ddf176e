"""Reading the desk: claims now or as they stood, why, when, what money moved, what may be done next.

Nothing here writes. A past view is folded from the journal up to an instant, never reconstructed from tables.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict, Unpack

from ..states.case import Case, fold
from ..states.codes import RefusalCode
from ..states.errors import InputError, NotFound
from ..states.times import end_of_window, instant_text, local_day, parse_date, parse_instant
from . import registry
from .control.steps import FACT
from .engine import Settings, seller_file_id
from .plan import offered
from .ports import CaseFilter, EntryRow, NoticeRow, Store, TransferRow
from .rulebook import Version, book_for, resolve
from .texts.load import LANGUAGES
from .told import known_names
from .view import Claim, SellerFile, claim_view, expectations, seller_view

if TYPE_CHECKING:
    from .programmes.seller_insurance.history import Stretch


class Filters(TypedDict, total=False):
    """What a list may be narrowed by; None, or left out, means any."""

    marketplace: str | None  #: US, CA, UK, EU, ...
    state: str | None  #: where it rests
    outcome: str | None  #: what triage came to
    hold: str | None  #: the reason of a hold, or ``any``
    seller: str | None  #: the seller's id
    order_id: str | None  #: the order's number
    reading: str | None  #: with a decision that hangs on this reading
    recovery: str | None  #: the status of its recovery
    after: str | None  #: those after this id: where the page before ended
    limit: int | None  #: not more than so many


class ClaimFilters(Filters, total=False):
    """The same for claims."""

    programme: str | None  #: pdpi, order, fba or breakage_1688


class Reads:
    """The reading half of a desk."""

    store: Store
    settings: Settings

    def seller(self, seller: str, *, at: datetime | str | None = None) -> SellerFile:
        """A seller's compliance file, as it stands or stood at ``at``."""
        case = self.case_of(seller_file_id(seller), at)
        if case is None:
            raise _no_seller()
        return seller_view(case)

    def seller_timeline(
        self, seller: str, *, on: date | str | None = None, at: datetime | str | None = None
    ) -> tuple[Stretch, ...]:
        """Was insurance required, and was it in force? Stretches of days with the same answers, oldest first.

        ``on``: only the stretch around that day, with the reasons of the day. ``at``: from what was on file then.
        NotFound for a seller who is not on file.
        """
        from .programmes.seller_insurance.history import history  # noqa: PLC0415  # read only where it is asked

        case = self.case_of(seller_file_id(seller), at)
        if case is None:
            raise _no_seller()
        found = history(case, self.entries(case.id))
        if on is None:
            return tuple(found.stretches())
        return (found.around(parse_date(on, "on")),)

    def sellers(self, **filters: Unpack[Filters]) -> Iterator[SellerFile]:
        """Every seller's compliance file that fits, oldest first, read page by page; the filters are those of ``list``.

        InputError at once for a name that is no filter, a value that is no text, or a limit under 1.
        """
        known_names(filters, Filters)
        return map(seller_view, self._listed({**filters, "programme": registry.SELLER_FILE}))

    def case_of(self, claim: str, at: datetime | str | None = None) -> Case | None:
        """The case behind a claim, now or as its journal had it at an instant."""
        if shown_id(claim) == "?":
            return None  # no id of ours: nothing is asked of the store
        at = None if at is None else parse_instant(at)
        with self.store.read() as unit:
            case = unit.case(claim)
            if case is None or at is None:
                return case
            return rebuild(unit.entries(claim), at)

    def _case(self, claim: str, at: datetime | str | None = None) -> Case:
        case = self.case_of(claim, at)
        if case is None:
            raise NotFound(
                RefusalCode.UNKNOWN_CLAIM.value,
                "there is no such claim" if at is None else "not yet on file then",
                claim=shown_id(claim),
                hint="claimdesk list shows what is on file",
            )
        return case

    def get(self, claim: str, *, at: datetime | str | None = None) -> Claim:
        """The claim as it stands, or stood at ``at``."""
        return claim_view(self._case(claim, at))

    def view(self, claim: str) -> dict[str, Any]:
        """Every key a scenario may expect of this claim (or seller's file), its seller's measures beside it."""
        case = self._case(claim)
        return {**(self.measures(case.seller) if case.seller else {}), **expectations(case)}

    def measures(self, seller: str, *, as_of: date | str | None = None) -> dict[str, Any]:
        """What the claims of a seller come to together, as they stood at the end of a day, or stand now."""
        file = self.case_of(seller_file_id(seller))
        if file is None:
            return {}
        now = self.settings.clock()
        day = local_day(now, file.zone) if as_of is None else parse_date(as_of, "as_of")
        until = end_of_window(day, 0, file.zone)[1] - timedelta(microseconds=1)
        past = None if until >= now else until
        claims = [c for one in self._listed({"seller": seller}) if (c := self.case_of(one.id, past)) is not None]
        file = self.case_of(file.id, past) or file
        found: dict[str, Any] = {}
        for name in registry.names():
            measure = registry.programme(name).measures
            if measure is not None:
                found.update(measure(file, claims, day))
        return found

    def list(self, **filters: Unpack[ClaimFilters]) -> Iterator[Claim]:
        """Every claim that fits, oldest first, read page by page; without filters, every one.

        ``programme``, ``marketplace``, ``state``, ``outcome``, ``seller``, ``order_id``: what stands on it. ``hold``:
        the reason of a hold, or ``any``. ``reading``: with a decision that hangs on this reading. ``recovery``: its
        status. ``after``: those after this claim. ``limit``: not more than so many. None means any.
        InputError at once for a name that is no filter, a value that is no text, or a limit under 1.
        """
        known_names(filters, ClaimFilters)
        return map(claim_view, self._listed(filters))

    def _listed(self, wanted: Mapping[str, Any]) -> Iterator[Case]:
        for name, value in wanted.items():
            if name == "limit":
                _count(value)
            elif value is not None and not isinstance(value, str):
                raise InputError("not_text", "text is expected, one value", field=name, hint="ask once for each value")
            elif value is not None and not value.isprintable():
                raise InputError("bad_character", "control and invisible characters are not allowed", field=name)
        return self._pages(wanted)

    def _pages(self, wanted: Mapping[str, Any]) -> Iterator[Case]:
        total = wanted.get("limit")
        options: dict[str, Any] = {**wanted, "limit": 200 if total is None else min(total, 200)}
        chosen = CaseFilter(**options)
        seen = 0
        while True:
            with self.store.read() as unit:
                page = unit.list_cases(chosen)
            for case in page:
                if case.programme != registry.SELLER_FILE or wanted.get("programme") == registry.SELLER_FILE:
                    yield case
                    seen += 1
                    if total is not None and seen >= total:
                        return
            if len(page) < chosen.limit:
                return
            chosen = replace(chosen, after=page[-1].id)

    def entries(self, claim: str) -> list[dict[str, Any]]:
        """The decoded journal entries of a claim, oldest first."""
        self._case(claim)
        with self.store.read() as unit:
            return [json.loads(e.data) for e in unit.entries(claim)]

    def explain(self, claim: str, *, lang: str = "en", at: datetime | str | None = None) -> str:
        """Why the claim was decided so, as a letter to an auditor."""
        from .explain import explain  # noqa: PLC0415  # texts are loaded only where they are read

        _spoken(lang)
        case = self._case(claim, at)
        limit = None if at is None else instant_text(parse_instant(at))
        made = [e for e in self.entries(claim) if "decision" in e and (limit is None or e["at"] <= limit)]
        return explain(case, made, lang=lang, version_of=resolve)

    def timeline(self, claim: str, *, lang: str = "en") -> list[dict[str, Any]]:
        """What happened, when, by whom, in words: one history, whatever programmes the claim went through."""
        from .explain import timeline  # noqa: PLC0415

        _spoken(lang)
        entries = [entry for part in self.parts(claim) for entry in self.entries(part)]
        return [row.to_dict() for row in timeline(entries, lang)]

    def parts(self, claim: str) -> tuple[str, ...]:
        """The claims that are one history, first to last: this one, and what it went on from and goes on as."""
        found = [self._case(claim)]
        while (before := found[0].facts.get("redirected", {}).get("claim")) is not None:
            found.insert(0, self._case(before))
        while (after := found[-1].facts.get("redirected_to")) is not None:
            found.append(self._case(after["claim"]))
        return tuple(case.id for case in found)

    def actions(self, claim: str) -> dict[str, Any]:
        """What can be done now, and why not the rest."""
        case = self._case(claim)
        programme = registry.programme(case.programme)
        here = programme.lifecycle.verbs_in(case.state)
        state = programme.lifecycle.state_named(case.state)
        can = list(offered(programme, case))
        closed = dict.fromkeys(here, RefusalCode.ON_HOLD.value)
        if not case.holds:
            closed["release_hold"] = RefusalCode.NO_SUCH_HOLD.value
        waiting = {"second_person": case.facts[FACT]} if FACT in case.facts else {}
        return {
            "claim": case.id,
            "state": case.state,
            "hold": case.holds[0] if case.holds else None,
            "can": can,
            "cannot": {
                v: closed.get(v, RefusalCode.NOT_ALLOWED_FROM_STATE.value)
                for v in programme.lifecycle.verbs
                if v not in can
            },
            "waits_for": state.waits_for,
            "waits_for_zh": state.waits_for_zh,
            "next": min((d.on for d in case.deadlines if d.status == "open"), default=None),
            **waiting,
        }

    def notices(self, claim: str) -> list[NoticeRow]:
        """The letters of a claim, as queued or as handed over."""
        self._case(claim)
        with self.store.read() as unit:
            return unit.notices(claim)

    def ledger(self, claim: str | None = None, *, after: str | None = None, limit: int = 1000) -> list[TransferRow]:
        """Transfers of one claim, or of all, oldest first: at most ``limit``, those after the transfer ``after``."""
        _count(limit, least=0, none=False)
        if claim is not None:
            self._case(claim)
        with self.store.read() as unit:
            return unit.transfers(claim, after, limit)

    def balances(self) -> list[tuple[str, str, int]]:
        """(account, currency, minor units) of every account; they sum to zero per currency."""
        with self.store.read() as unit:
            return unit.balances()

    def totals(self) -> list[dict[str, Any]]:
        """Counts and money by programme, marketplace and outcome."""
        with self.store.read() as unit:
            return unit.totals()

    def rulebook(self, programme: str, marketplace: str, on: date) -> Version:
        """The rulebook version in force on a day, with this desk's overrides."""
        return book_for(programme, marketplace).at(on).override(self.settings.overrides)

    def claims_of(self, subject: str) -> list[str]:
        """The claims of one person: by the reference given for the claimant, or by a subject of the journal."""
        from .privacy import claims_of  # noqa: PLC0415  # that module builds on the engine's session

        return claims_of(self.store, self.settings.vault, subject)


def _count(value: object, *, least: int = 1, none: bool = True) -> None:
    """A number of rows, or (with ``none``) as many as there are."""
    if (value is None and none) or (type(value) is int and value >= least):
        return
    raise InputError(
        "wrong_type", f"a whole number from {least} is expected", field="limit", hint="leave it out for all"
    )


def _spoken(lang: object) -> None:
    if not isinstance(lang, str) or lang not in LANGUAGES:
        raise InputError(
            "not_a_choice",
            "there are no words in this language",
            field="lang",
            hint=f"one of: {', '.join(LANGUAGES)}",
        )


def _no_seller() -> NotFound:
    return NotFound(
        RefusalCode.UNKNOWN_SELLER.value, "there is no such seller on file", hint="claimdesk seller list shows them"
    )


def rebuild(entries: Sequence[EntryRow], at: datetime | None = None) -> Case | None:
    """The case its journal entries make, up to an instant."""
    case: Case | None = None
    limit = None if at is None else instant_text(at.astimezone(UTC))
    for row in entries:
        if limit is not None and row.at > limit:
            break
        case = fold(case, json.loads(row.data), row.leaf.hex())
    return case


def shown_id(claim: str) -> str:
    """A claim id as it may stand in an error: anything that is not one of ours is not repeated."""
    known: Any = claim
    good = isinstance(known, str) and len(known) <= 70 and known.isprintable() and known.startswith(("CLM-", "SLR-"))
    return claim if good else "?"
