"""A claim as a line of an intake file again: what was filed, when, about whom, and the screening told with it.

Decision: a line holds what the desk was told at the instant of filing, put together from the first entries of the
claim's journal and from its seller's file at the version the rules saw then. So an empty store comes to the same claim
in the same starting state; what happened later is no part of it (the history is another form). Each line is read back
on the spot by the checks of an intake, and must come to the same facts. Authority: UX notes 6.6, contract section 5.
Left out: personal values, unless they are asked for with a purpose; the look is on record before anything is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ...states.case import Case
from ...states.errors import ClaimdeskError
from ...workflow import registry
from ...workflow.engine import seller_file_id
from ...workflow.inputs import payload_of
from ...workflow.ports import CaseFilter, ReadUnit
from ..tlog.replays import Past
from .told import teller_of, told

if TYPE_CHECKING:
    from ..desk import ClaimDesk

_PAGE: Final = 200
#: What the desk adds to a filing by itself.
_ADDED: Final = ("seller", "redirected")
#: What the desk adds to a certificate when it judges it.
_JUDGED: Final = ("accepted", "rejected_for", "unknown", "submitted_on")
#: The name under which a line says which personal values are left out although its decision may hang on them. No
#: intake knows it, so such a line is refused and not decided anew without them.
LEFT_OUT: Final = "left_out"
#: The source of a claim that was filed without a number of its own: its id here keeps lines apart.
OWN_SOURCE: Final = "claimdesk"


def claims(desk: ClaimDesk, wanted: CaseFilter, limit: int | None) -> Iterator[list[Case]]:
    """Every claim that fits, a page at a time, by id; no sellers' files."""
    return pages(desk, wanted, limit, lambda case: case.programme != registry.SELLER_FILE)


def pages(
    desk: ClaimDesk, wanted: CaseFilter, limit: int | None, fits: Callable[[Case], bool] = lambda case: True
) -> Iterator[list[Case]]:
    """Every case that fits, a page at a time, by id. Each page is a read of its own, so no writer is held up."""
    chosen, left = replace(wanted, limit=_PAGE), limit
    while left is None or left > 0:
        with desk.store.read() as unit:
            page = unit.list_cases(chosen)
        found = [case for case in page if fits(case)][:left]
        if found:
            yield found
        if len(page) < _PAGE:
            return
        left = None if left is None else left - len(found)
        chosen = replace(chosen, after=page[-1].id)


class Filings:
    """Makes the lines. ``purpose``: personal values too, and why; None leaves them out."""

    def __init__(self, desk: ClaimDesk, purpose: str | None = None) -> None:
        self.desk, self.purpose = desk, purpose
        self.left_out = 0  #: claims with personal values that are not in their line
        self.continued = 0  #: claims that go on from another one, which is the one that was filed
        self.held_back = 0  #: of them those that an intake refuses, because their decision may hang on one
        self.not_the_same: list[str] = []  #: claims whose line does not read back as the facts on file
        self._past = Past()

    def lines(self, page: Sequence[Case]) -> Iterator[dict[str, Any]]:
        """The lines of these claims."""
        if self.purpose is not None:
            for case in page:  # on record first, and before a read begins that a writer would wait for
                self.desk.personal(case.id, purpose=self.purpose)
        with self.desk.store.read() as unit:
            self._past.unit = unit
            for case in page:
                if "claim" in (case.facts.get("redirected") or ()):
                    self.continued += 1  # it was filed once, as the claim that it goes on from
                else:
                    yield self.line(unit, case)

    def line(self, unit: ReadUnit, case: Case) -> dict[str, Any]:
        """The line of one claim."""
        entries: list[dict[str, Any]] = [json.loads(row.data) for row in unit.entries(case.id)]
        first = entries[0]
        opening: Mapping[str, str] = first["opening"]  # what it was filed under; a claim may have been moved since
        programme, payload = opening["programme"], payload_of({"input": {}, **first})
        wire = told(payload, programme, registry.programme(programme).opening, opening["currency"])
        self._check(case, opening, wire, {k: v for k, v in payload.items() if k not in _ADDED})
        screening = _screening(entries)
        personal: Mapping[int, Mapping[str, Any]] = {}
        if self.purpose is not None:
            personal = {row.seq: self.desk.settings.vault.unseal([row]) for row in unit.sealed(case.id)}
        filed = personal.get(first["seq"], {})
        if "as_filed" in filed and "redirected" in payload:  # it was told of another programme, and is so again
            programme, wire = payload["redirected"]["from"], json.loads(filed["as_filed"])
        else:
            names, _ = teller_of(programme, registry.programme(programme).opening)
            wire |= {name: _as_told(name, value) for name, value in filed.items() if name in names}
        if not wire.get("source_id"):
            wire |= {"source": OWN_SOURCE, "source_id": case.id}
        line: dict[str, Any] = {
            "programme": programme,
            "marketplace": opening["marketplace"],
            "filed_at": _short(first["at"]),
            **{name: wire.pop(name) for name in ("source", "source_id") if name in wire},
            **_sorted(wire),
        }
        if screening is not None:
            findings = personal.get(screening["seq"], {})
            line["screening"] = _sorted({**screening["told"], **findings})
        if "seller" in payload:
            line["seller"] = self._seller(str(payload["seller"]), first)
        self._count(first, line)
        return line

    def _seller(self, seller: str, first: Mapping[str, Any]) -> dict[str, Any]:
        """The seller as the rules saw them at the filing."""
        version = first.get("input", {}).get("seen", {}).get("seller")
        if version is None:
            return {"id": seller}
        file = self._past(seller_file_id(seller), version)
        facts = {**file.facts, "id": seller}
        papers = [{k: v for k, v in paper.items() if k not in _JUDGED} for paper in facts.get("certificates", ())]
        facts["certificates"] = papers
        if not papers:
            del facts["certificates"]
        shown = told(facts, registry.SELLER_FILE, "update_seller", file.currency)
        return {"id": shown.pop("id"), **_sorted(shown)}

    def _check(
        self, case: Case, opening: Mapping[str, str], wire: Mapping[str, Any], payload: Mapping[str, Any]
    ) -> None:
        """Reads the line back: the same facts, or the claim is named."""
        programme = registry.programme(opening["programme"])
        try:
            again, _ = programme.validate(programme.opening, wire, opening["currency"], False)
        except ClaimdeskError:
            again = {}
        if again != payload:
            self.not_the_same.append(case.id)

    def _count(self, first: Mapping[str, Any], line: dict[str, Any]) -> None:
        sealed = [one["field"] for one in first.get("pii", ())]
        if not sealed or self.purpose is not None:
            return
        self.left_out += 1
        seen: Mapping[str, Any] = first.get("input", {}).get("seen", {})
        if "overlays" in seen or "overrides" in seen:  # the rules of a jurisdiction read age, sanctions, injuries
            self.held_back += 1
            line[LEFT_OUT] = sealed


def _screening(entries: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The screening told together with the filing: by the same actor, at the same instant, the next thing done."""
    first = entries[0]
    for entry in entries[1:]:
        if "input" not in entry:
            continue  # a step of the rules within the plan before
        same = entry["verb"] == "record_screening" and entry["at"] == first["at"] and entry["actor"] == first["actor"]
        found = payload_of(entry)
        return {"seq": entry["seq"], "told": found.get("screening", found)} if same else None
    return None


def _as_told(name: str, value: Any) -> Any:
    """A sealed value as an intake takes it: the columns of a source are kept as one text, and told as a mapping."""
    return json.loads(value) if name == "source_fields" and isinstance(value, str) else value


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        given: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        return {name: _sorted(given[name]) for name in sorted(given)}
    if isinstance(value, list):
        return [_sorted(v) for v in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _short(instant: str) -> str:
    return instant.replace(".000000Z", "Z")


def history(unit: ReadUnit, case: Case) -> bytes:
    """A claim with every entry of its journal, oldest first, each of them the very bytes that are on record."""
    entries = b",".join(row.data for row in unit.entries(case.id))
    return b'{"claim":' + json.dumps(case.id).encode() + b',"entries":[' + entries + b"]}\n"
