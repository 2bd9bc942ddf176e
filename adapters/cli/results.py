"""What triage came to, for a person: a table by outcome, the rejected lines, what to type next.

Decision: no value of a line is repeated, only where it stands and what would be right (UX notes 6.4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .output import clean, columns, console, say

if TYPE_CHECKING:
    from ...workflow.triage import Summary
    from .call import Call

#: With more rejected lines than this they are grouped by code.
_MANY = 20
_LISTED = 10


def put_summary(summary: Summary, *, dry_run: bool = False) -> None:
    """Counts and money by outcome, and the sum that shows that no line was lost."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    shown = summary.to_dict()
    out = console()
    if shown["outcomes"]:
        table = Table(box=SIMPLE_HEAD, pad_edge=False, safe_box=True)
        for head, side in (
            ("outcome", "left"),
            ("claims", "right"),
            ("eligible", "right"),
            ("paid by Amazon", "right"),
        ):
            table.add_column(head, justify=side, no_wrap=True)  # pyright: ignore[reportArgumentType]
        for name, row in shown["outcomes"].items():
            table.add_row(name, str(row["claims"]), "\n".join(row["eligible"]), "\n".join(row["paid"]))
        out.print(table)
    parts = [f"{shown[name]} {name}" for name in ("created", "unchanged", "duplicate", "rejected")]
    would = " (dry run, nothing written)" if dry_run else ""
    out.print(f"{shown['read']} lines read = {' + '.join(parts)}{would}")
    if summary.read and not summary.created and summary.unchanged:
        out.print("Nothing was created twice: every claim of this file was on file already.")


def put_rejected(rejected: Sequence[Mapping[str, Any]]) -> None:
    """The rejected lines on standard error; grouped by code when there are many."""
    if not rejected:
        return
    say()
    if len(rejected) <= _MANY:
        say(f"Rejected, {len(rejected)} of them:")
        rows = [_row(one) for one in rejected]
        for line in columns(rows):
            say(f"  {line}")
        return
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in rejected:
        groups.setdefault((one["error"]["code"], one["error"].get("field") or ""), []).append(one)
    say(f"Rejected, {len(rejected)} of them, by what is wrong:")
    for (code, field), ones in sorted(groups.items(), key=lambda item: -len(item[1])):
        error = ones[0]["error"]
        say(f"  {len(ones)}  {code}{f'  {field}' if field else ''}  {error['message']}{_hint(error)}")
        more = f" and {len(ones) - _LISTED} more" if len(ones) > _LISTED else ""
        say(f"      lines {', '.join(str(one['line']) for one in ones[:_LISTED])}{more}")


def _row(one: Mapping[str, Any]) -> list[str]:
    error = one["error"]
    return [f"line {one['line']}", error["code"], error.get("field") or "-", f"{error['message']}{_hint(error)}"]


def _hint(error: Mapping[str, Any]) -> str:
    return f"  hint: {error['hint']}" if error.get("hint") else ""


#: What to look at first, by outcome and state, in this order.
_WORTH = (
    ("auto_pay:closed", "explain {}", "why it was paid and nothing is asked back"),
    ("recovery_review", "explain {}", "why a person decides on recovery"),
    ("notify_seller", "timeline {}", "the seller was asked first"),
    ("request_information", "actions {}", "what the customer is asked"),
    ("hold", "show {}", "a hold stands"),
    ("deny", "explain {}", "why it was denied"),
    ("refer", "actions {}", "what waits for a person"),
    ("auto_pay", "timeline {}", "from filing to payment"),
)


def put_next(call: Call, shown: Mapping[str, str], more: Sequence[tuple[str, str]] = ()) -> None:
    """Commands to type next, with the ids of this run."""
    lines = [(line.format(shown[key]), what) for key, line, what in _WORTH if key in shown][:4]
    lines += [*more]
    if not lines or call.quiet:
        return
    suffix = f" --db {call.told['db']}" if "db" in call.told else ""
    say()
    say("Next:")
    for line in columns([[f"claimdesk {line}{suffix}", what] for line, what in lines]):
        say(f"  {clean(line)}")
