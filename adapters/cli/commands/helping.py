"""``claimdesk help``: topics that belong to no one command, and what any code, state or verb means, offline.

Decision: a code is looked up in the catalogues that letters and errors are made of, so that the two cannot differ; a
command's name leads to its own page of help. Authority: UX notes 5.1 (C13) and 10. Left out: the rulebooks, which
``claimdesk rules show`` prints with their sources.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping

import click

from ....states.errors import NotFound
from ..call import Call
from ..groups import EXITS, page
from ..output import columns, put, put_json

#: What a script does about an exit code.
_THEN: Mapping[int, str] = {
    0: "go on; a dry run ends as if it were done",
    1: "look at what is reported: rejected lines, a broken chain, failing scenarios",
    2: "correct the command line or the settings; the same again will not help",
    3: "read the hint: it says what can be done now",
    4: "let somebody else do it, or have the role granted",
    5: "look at the id; claimdesk list shows what is on file",
    6: "read the claim again, then decide",
    75: "run it again later; nothing was written unless it says so",
    130: "run it again; what was committed is kept, and is said",
}

_FORMATS = """
A table or sentences where a person reads; --json for programs.
--json prints one object, or one object a line where a command lists things; an empty list prints nothing.
claimdesk triage prints JSON lines also where its output is no terminal: one a line of the file, in its order.
Standard output holds data only. Messages, progress and errors go to standard error; -q leaves out all but errors.
An error with --json is {"error": {"code", "message", "hint", ...}} on standard output, and words on standard error.
- reads standard input. Files of claims are JSON Lines or CSV in UTF-8; claimdesk import reads other files.
claimdesk schema prints the JSON Schema of every payload, claimdesk commands --json every command and option.
"""
_TIME = """
An instant has an offset: 2024-06-03T09:00:00-07:00, or Z for world time. One without is refused.
A day is YYYY-MM-DD and stays a day. Stored instants are world time (UTC), and are printed with their zone.
A clock of days ends at the end of its last day in the marketplace's zone; show, actions and letters print both zones.
Clocks act at their own instant however late claimdesk tick runs.
--at INSTANT shows a claim as it stood then; a file's filed_at says when a claim was filed.
"""
_MONEY = """
An amount is decimal text with an ISO 4217 currency: "640.00 USD", or {"amount": "640.00", "currency": "USD"}.
A float, a bare number, a negative amount and more decimals than the currency has are refused.
A claim lives in the currency of its marketplace; two currencies are never added.
No amount is rounded but where a rulebook says so, and then half up.
paid_by_amazon, paid_by_seller and paid_by_insurer are what each has paid and not had back; recovery is what is asked.
claimdesk ledger lists every transfer; claimdesk ledger --balances proves that they sum to zero.
"""


def _exit_codes() -> list[str]:
    return columns([(code, meaning, _THEN[code]) for code, meaning in EXITS.items()], ("CODE", "MEANING", "WHAT TO DO"))


def _environment() -> list[str]:
    from ...config import FILE, KEYS

    rows = [(key.variable, key.meaning) for key in KEYS.values() if key.variable]
    rows += [
        ("NO_COLOR", "set, it keeps tables without colours and bold type"),
        ("TERM=dumb", "no counter and no colours"),
        ("PGPASSWORD, ~/.pgpass", "the password of a PostgreSQL server; it does not belong in an address"),
    ]
    return [
        f"An option beats the environment, the environment beats the nearest {FILE} upward, that beats the default.",
        "claimdesk config show --show-origin prints every setting in force and where it comes from.",
        "",
        *columns(rows),
    ]


def _glossary() -> list[str]:
    from ....workflow.texts.load import catalogue

    found = catalogue("words")
    lines: list[str] = []
    for section in ("State", "Verb", "DeadlineKind", "NoticeKind", "HoldReason", "Outcome"):
        rows = [(name, entry["en"].rstrip("."), entry["zh-CN"].rstrip("。")) for name, entry in found[section].items()]
        lines += ["", f"{section}s", *(f"  {line}" for line in columns(rows))]
    return lines[1:]


def _text(text: str) -> Callable[[], list[str]]:
    return lambda: text.strip().splitlines()


#: The topics; each gives its lines.
TOPICS: Mapping[str, tuple[str, Callable[[], list[str]]]] = {
    "exit-codes": ("what each exit code means, and what a script does then", _exit_codes),
    "formats": ("what is printed where, and what is read", _text(_FORMATS)),
    "environment": ("variables and settings, and which one counts", _environment),
    "time": ("instants, days, clocks and zones", _text(_TIME)),
    "money": ("how amounts are written, counted and proved", _text(_MONEY)),
    "glossary": ("states, verbs, clocks and letters in English and Chinese", _glossary),
}


@page(
    "help",
    examples=[
        ("claimdesk help exit-codes", "a topic: " + ", ".join(TOPICS)),
        ("claimdesk help on_hold", "a code of an error or a reason, a state, a verb, a letter"),
        ("claimdesk help explain", "the help of a command"),
    ],
    exits=(0, 2, 5),
    see=("commands", "schema"),
)
@click.argument("word", metavar="[COMMAND|TOPIC|CODE]")
@click.pass_obj
def command(call: Call, word: str) -> None:
    """Explain a command, a topic, or any code, state or verb, without a network."""
    if word in TOPICS:
        lines = TOPICS[word][1]()
        if call.as_json:
            put_json({"topic": word, "lines": lines})
            return
        for line in lines:
            put(line)
        return
    from ....workflow.texts.faults import codes, meanings

    found = list(meanings(word))
    if not found:
        close = difflib.get_close_matches(word, [*TOPICS, *codes()], 1)
        raise NotFound(
            "unknown_topic",
            "there is no help on this",
            hint=f"did you mean {close[0]}?" if close else "one of: " + ", ".join(TOPICS) + "; or a command, or a code",
        )
    if call.as_json:
        put_json({"code": word, "meanings": [{"is": kind.split()[0], "en": en, "zh-CN": zh} for kind, en, zh in found]})
        return
    for kind, en, zh in found:
        put(f"{word}  {kind}")
        put(f"  {en}")
        put(f"  {zh}")
