"""An object-centric event log, OCEL 2.0 in JSON: claims, sellers, payments, notices and rulebooks, and what happened.

Decision: events are written as they are read and objects are kept in a temporary file until the end, so that memory
does not grow with the store. A claim's state is an attribute with a time. Amounts are whole minor units beside their
currency: a reader's float would lose cents. Every value is text, as the standard's own schema has it, and its type
stands in the lists of types. Authority: OCEL 2.0 specification (ocel-standard.org), section 8.3 and its JSON schema.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...workflow.reports.shape import Asked, Record
from .events import Event, events, payment_of, rulebook_id, seller_id
from .footer import Made, footer
from .tables import Came, Sink

_EPOCH = "1970-01-01T00:00:00.000000Z"  #: the time of an attribute that never changes, as the specification has it
_EVENT_ATTRIBUTES = (
    ("seq", "integer"), ("verb", "string"), ("actor", "string"), ("actor_kind", "string"), ("from", "string"),
    ("to", "string"), ("recorded_at", "time"), ("told_at", "time"), ("decision", "string"), ("second", "string"),
)  # fmt: skip
_OBJECTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "claim": (("programme", "string"), ("marketplace", "string"), ("currency", "string"), ("eligible_minor", "integer"),
              ("paid_minor", "integer"), ("outcome", "string"), ("state", "string")),
    "seller": (("seller", "string"),),
    "payment": (("kind", "string"), ("amount_minor", "integer"), ("currency", "string")),
    "notice": (("kind", "string"), ("party", "string")),
    "rulebook": (("version", "string"),),
}  # fmt: skip


def write_ocel(asked: Asked, population: Iterable[Record], made: Made, sink: Sink) -> Came:
    """The event log as one JSON object; the footer stands in no file of the standard and is handed back."""
    whole, counts, kinds = hashlib.sha256(), {"events": 0, "objects": 0}, dict[str, None]()

    def put(text: str) -> None:
        data = text.encode("utf-8", "backslashreplace")
        whole.update(data)
        sink(data)

    shared: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryFile("w+b") as things:
        put('{"events":[\n')
        for record in population:
            chosen = [e for e in events(record) if asked.dated(e.at, record.case.zone)]
            if not chosen:
                continue
            for event in chosen:
                kinds[event.type] = None
                put(("," if counts["events"] else "") + _json(_event(event)) + "\n")
                counts["events"] += 1
            for thing in _objects(record, chosen, shared):
                things.write((_json(thing) + "\n").encode("utf-8", "backslashreplace"))
        for thing in shared.values():
            things.write((_json(thing) + "\n").encode("utf-8", "backslashreplace"))
        put('],"objects":[\n')
        things.seek(0)
        for line in things:
            put(("," if counts["objects"] else "") + line.decode())
            counts["objects"] += 1
    put('],"eventTypes":')
    put(_json([{"name": kind, "attributes": _types(_EVENT_ATTRIBUTES)} for kind in sorted(kinds)]))
    put(',"objectTypes":')
    put(_json([{"name": kind, "attributes": _types(names)} for kind, names in _OBJECTS.items()]) + "}\n")
    digest = "sha256:" + whole.hexdigest()
    foot = footer("ocel", sorted(kinds), asked, made, rows=counts["events"], objects=counts["objects"], totals={},
                  body_sha256=digest)  # fmt: skip
    return Came(foot, 0)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _types(names: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in names]


def _event(event: Event) -> dict[str, Any]:
    entry = event.entry
    made: Any = entry.get("decision")
    values = {
        "seq": entry["seq"],
        "verb": entry["verb"],
        "actor": entry["actor"]["id"],
        "actor_kind": entry["actor"]["kind"],
        "from": entry.get("from"),
        "to": entry["to"],
        "recorded_at": entry.get("recorded", event.at),
        "told_at": event.at,
        "decision": f"{made['kind']}.{made['outcome']}" if made else None,
        "second": entry.get("second"),
    }
    return {
        "id": event.id,
        "type": event.type,
        "time": event.time,
        "attributes": [{"name": name, "value": str(value)} for name, value in values.items() if value is not None],
        "relationships": [{"objectId": link.id, "qualifier": link.how} for link in event.links],
    }


def _still(**values: Any) -> list[dict[str, Any]]:
    return [{"name": n, "time": _EPOCH, "value": str(v)} for n, v in values.items() if v is not None]


def _objects(record: Record, chosen: list[Event], shared: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The things that only this case has; what several share (sellers, rulebooks) is noted for the end."""
    from ...workflow import registry

    case = record.case
    met = {link for event in chosen for link in event.links}
    for link in sorted(met):
        if link.type == "rulebook":
            ref = link.id.partition(":")[2]
            shared.setdefault(link.id, {"id": link.id, "type": "rulebook", "attributes": _still(version=ref)})
        elif link.type == "seller":
            shared.setdefault(link.id, _seller(link.id))
    if case.programme != registry.SELLER_FILE:
        related = [{"objectId": rulebook_id(case.rulebook), "qualifier": "pinned to"}]
        pinned = rulebook_id(case.rulebook)
        shared.setdefault(pinned, {"id": pinned, "type": "rulebook", "attributes": _still(version=case.rulebook)})
        if case.seller:
            related.append({"objectId": seller_id(case.seller), "qualifier": "filed against"})
            shared.setdefault(seller_id(case.seller), _seller(seller_id(case.seller)))
        programme = registry.programme(case.programme)
        attributes = _still(
            programme=case.programme, marketplace=case.marketplace, currency=case.currency,
            eligible_minor=programme.summary(case)["eligible_minor"], paid_minor=case.totals.by_amazon,
            outcome=programme.outcome(case),
        )  # fmt: skip
        state: str | None = None
        for event in chosen:
            if event.entry["to"] != state:
                state = event.entry["to"]
                attributes.append({"name": "state", "time": event.time, "value": state})
        yield {"id": case.id, "type": "claim", "attributes": attributes, "relationships": related}
    yield from _payments(record, met)
    yield from _notices(record, met)


def _seller(name: str) -> dict[str, Any]:
    return {"id": name, "type": "seller", "attributes": _still(seller=name.removeprefix("SLR-"))}


def _payments(record: Record, met: Iterable[Any]) -> Iterator[dict[str, Any]]:
    wanted, payments = {link.id for link in met if link.type == "payment"}, dict[str, str]()
    for entry in record.entries:
        for move in entry.get("money", ()):
            payments[move["id"]] = payment_of(move, payments)
            if payments[move["id"]] in wanted:
                wanted.discard(payments[move["id"]])
                yield {
                    "id": payments[move["id"]],
                    "type": "payment",
                    "attributes": _still(
                        kind=move["kind"], amount_minor=move["amount"],
                        currency=move.get("currency", record.case.currency),
                    ),
                    "relationships": [{"objectId": record.case.id, "qualifier": "of"}],
                }  # fmt: skip


def _notices(record: Record, met: Iterable[Any]) -> Iterator[dict[str, Any]]:
    wanted = {link.id for link in met if link.type == "notice"}
    for letter in record.case.notices:
        if letter.id in wanted:
            yield {
                "id": letter.id,
                "type": "notice",
                "attributes": _still(kind=letter.kind, party=letter.party),
                "relationships": [{"objectId": record.case.id, "qualifier": "about"}],
            }
