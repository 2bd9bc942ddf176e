"""The options that narrow a list of claims, the same for whatever lists them.

Authority: contract section 6 (``list``). Left out: which page of the list, which each command says itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--state", help="A state, such as disputed."),
    click.option(
        "--outcome", help="What triage came to: auto_pay, notify_seller, deny, request_information, hold, refer."
    ),
    click.option("--hold", help="A hold's reason, or any."),
    click.option("--seller", help="A seller's id."),
    click.option("--order", "order_id", help="An order's id."),
    click.option("--reading", help="A reading of the ambiguity register, such as R5."),
    click.option("--programme", help="A programme, such as pdpi."),
    click.option("--marketplace", help="A marketplace, such as US."),
    click.option("--recovery", help="none, pending, review, due, appealed, waived, recouped or written_off."),
)


def narrowed(command: _F) -> _F:
    """Gives a command the options, in the order they stand here."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
