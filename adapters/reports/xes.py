"""A classic event log, XES in XML: one trace a claim, with the concept, time, lifecycle and organizational extensions.

Decision: written as it is read, one trace at a time. The footer is a comment after the log. Authority: IEEE 1849-2023
(eXtensible Event Stream). Left out: sellers' files, which are no cases of the claims process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any
from xml.sax.saxutils import quoteattr

from ...states.money import to_decimal_text
from ...workflow import registry
from ...workflow.reports.shape import Asked, Record, part
from .events import Event, events
from .footer import Made, flat, footer
from .tables import Came, Sink

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2023" xes.features="" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
  <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
  <global scope="trace">
    <string key="concept:name" value="unknown"/>
  </global>
  <global scope="event">
    <string key="concept:name" value="unknown"/>
    <date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
    <string key="lifecycle:transition" value="complete"/>
    <string key="org:resource" value="unknown"/>
    <string key="org:role" value="unknown"/>
  </global>
  <classifier name="Step" keys="concept:name"/>
  <classifier name="StepAndRole" keys="concept:name org:role"/>
  <string key="concept:name" value="claimdesk"/>
  <string key="lifecycle:model" value="standard"/>
"""


def write_xes(asked: Asked, population: Iterable[Record], made: Made, sink: Sink) -> Came:
    """The event log."""
    whole, traces, count = hashlib.sha256(), 0, 0

    def put(text: str) -> None:
        data = text.encode("utf-8", "backslashreplace")
        whole.update(data)
        sink(data)

    put(
        _HEAD + '  <string key="concept:name" value="claimdesk"/>\n  <string key="lifecycle:model" value="standard"/>\n'
    )
    for record in population:
        if record.case.programme == registry.SELLER_FILE:
            continue
        chosen = [e for e in events(record) if asked.dated(e.at, record.case.zone)]
        if not chosen:
            continue
        put("  <trace>\n" + "".join(_trace(record)) + "".join(map(_event, chosen)) + "  </trace>\n")
        traces, count = traces + 1, count + len(chosen)
    put("</log>\n")
    foot = footer("xes", ("trace", "event"), asked, made, rows=count, traces=traces, totals={},
                  body_sha256="sha256:" + whole.hexdigest())  # fmt: skip
    lines = "".join(f"{name}: {'' if value is None else value}\n" for name, value in flat(foot))
    sink(f"<!--\n{lines.replace('--', '- -')}-->\n".encode())
    return Came(foot, 0)


def _value(kind: str, key: str, value: Any, indent: str) -> str:
    return f"{indent}<{kind} key={quoteattr(key)} value={quoteattr(_clean(value))}/>\n"


def _clean(value: Any) -> str:
    """Text that XML 1.0 can hold."""
    return "".join(c if c.isprintable() else " " for c in str(value))


def _trace(record: Record) -> Iterator[str]:
    case = record.case
    number = part(case.facts, "order").get("id")
    texts: dict[str, Any] = {
        "concept:name": case.id, "programme": case.programme, "marketplace": case.marketplace, "seller": case.seller,
        "order": number, "rulebook": case.rulebook, "outcome": registry.programme(case.programme).outcome(case),
        "currency": case.currency, "paid": to_decimal_text(case.totals.by_amazon, case.currency),
    }  # fmt: skip
    for key, value in texts.items():
        if value is not None:
            yield _value("string", key, value, "    ")


def _event(event: Event) -> str:
    entry = event.entry
    made: Any = entry.get("decision")
    lines = [
        _value("string", "concept:name", event.type, "      "),
        _value("string", "concept:instance", event.id, "      "),
        _value("date", "time:timestamp", event.time.replace("Z", "+00:00"), "      "),
        _value("string", "lifecycle:transition", "complete", "      "),
        _value("string", "org:resource", entry["actor"]["id"], "      "),
        _value("string", "org:role", entry["actor"]["kind"], "      "),
        _value("int", "seq", entry["seq"], "      "),
        _value("date", "told_at", event.at.replace("Z", "+00:00"), "      "),
        _value("string", "verb", entry["verb"], "      "),
        _value("string", "state", entry["to"], "      "),
    ]
    if made:
        lines.append(_value("string", "decision", f"{made['kind']}.{made['outcome']}", "      "))
        lines.append(_value("string", "decision_rulebook", made["rulebook"], "      "))
    return "    <event>\n" + "".join(lines) + "    </event>\n"
