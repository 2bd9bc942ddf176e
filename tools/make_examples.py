"""Made-up claims for a first look: examples/claims.jsonl and examples/claims.csv.

    python3 tools/make_examples.py --write    write both files anew
    python3 tools/make_examples.py --check    exit 1 when they are not what this program makes

Decision: one seed, whole numbers only and no wall clock, so that every machine writes the same bytes. Authority:
contract section 5 for the lines; SEED 000 for the share of small claims (more than 80 of 100 are under the line).
Left out: real people, real sellers, real orders. Every party, product and number here is invented.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from madeup.claims import PATHS, Maker
from madeup.market import weighted
from madeup.odd import broken, early, incidents, text

FOLDER = Path(__file__).resolve().parent.parent / "examples"
SEED = 20210901
LINES = 500
REPEATED = 6
RETOLD = 2


class Lines(NamedTuple):
    """The lines of claims.jsonl, and which of them no reader may take."""

    all: list[str]
    broken: frozenset[str]


def claims() -> Lines:
    """The lines of claims.jsonl."""
    maker = Maker(SEED)
    odd = [*early(maker), *incidents(maker)]
    wrong = broken(maker)
    made = list(odd)
    for _ in range(LINES - len(odd) - len(wrong) - REPEATED - RETOLD):
        marketplace = weighted(maker.dice, [("US", 76), ("CA", 6), ("UK", 9), ("EU", 9)])
        path = weighted(maker.dice, PATHS)
        made.append(maker.claim(path, marketplace, maker.day(marketplace)))
    made.sort(key=lambda line: (datetime.fromisoformat(line["filed_at"]), line["source_id"]))
    lines = [text(line) for line in _sellers_before_ids(made, maker)]
    # The same line again is the same claim; the same source id with other content is refused.
    for position in sorted(maker.dice.sample(range(40, len(lines)), REPEATED), reverse=True):
        lines.insert(min(len(lines), position + maker.dice.randrange(1, 30)), lines[position])
    for position in sorted(maker.dice.sample(range(60, 300), RETOLD), reverse=True):
        wrong.append(text({**json.loads(lines[position]), "description": "Told again, in other words."}))
        lines.insert(position + 25, wrong[-1])
    for each in wrong[:-RETOLD]:
        lines.insert(maker.dice.randrange(20, len(lines)), each)
    return Lines(lines, frozenset(wrong))


def _sellers_before_ids(made: list[dict[str, Any]], maker: Maker) -> list[dict[str, Any]]:
    """The first line in time that names a seller tells of them in full, and so does one before which they changed."""
    known = {s.id: s for s in maker.sellers}
    told: dict[str, Any] = {}
    for line in made:
        given = line.get("seller")
        if given is None:
            continue
        name = given if isinstance(given, str) else given["id"]
        now = known[name].on(datetime.fromisoformat(line["filed_at"]).date())
        if told.get(name) != now:
            line["seller"] = told[name] = now
    return made


def flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Nested values as dotted names; the entries of a list are counted."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from flat(inner, f"{name}.{i}")
    else:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


def table(lines: Lines) -> str:
    """The CSV twin: every sixth good line, where nothing needs an empty list, which no cell can say."""
    rows: list[dict[str, str]] = []
    told: set[str] = set()
    good = [json.loads(line) for line in dict.fromkeys(lines.all) if line not in lines.broken]
    for line in good[::6]:
        seller = line.get("seller")
        if isinstance(seller, str) and seller not in told:
            continue  # a seller is written out where the file first names them
        if isinstance(seller, dict) and not seller["certificates"]:
            continue
        if isinstance(seller, dict):
            told.add(seller["id"])
        rows.append(dict(flat(line)))
    header = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def files() -> dict[str, str]:
    """Every file this program makes, by name."""
    lines = claims()
    return {"claims.jsonl": "".join(f"{line}\n" for line in lines.all), "claims.csv": table(lines)}


def main(words: list[str]) -> int:
    made = files()
    if words == ["--write"]:
        FOLDER.mkdir(exist_ok=True)
        for name, content in made.items():
            (FOLDER / name).write_bytes(content.encode())
            print(f"wrote examples/{name}: {content.count(chr(10))} lines")
        return 0
    if words == ["--check"]:
        stale = [n for n, c in made.items() if not (FOLDER / n).is_file() or (FOLDER / n).read_bytes() != c.encode()]
        for name in stale:
            print(f"examples/{name} is not what tools/make_examples.py makes; run it with --write")
        return 1 if stale else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
