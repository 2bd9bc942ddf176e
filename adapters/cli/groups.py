"""The shapes of the command line: a group that loads its commands late, and pages of help that lead with examples.

Every command takes the global options, so they may stand before or after its name. A command says itself whether it
writes and whether it can show the past; what does not fit is refused before anything is opened.
Authority: contract section 6; UX notes 5.1 and 5.5.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from ...states.errors import InputError
from .call import Call
from .catalogue import ALIASES, COMMANDS, PARTS, Entry
from .options import COMMON, WRITE, write_names

EXITS: Mapping[int, str] = {
    0: "done",
    1: "ran, and found something to report",
    2: "wrong usage or configuration",
    3: "refused by the rules",
    4: "not permitted",
    5: "not found",
    6: "conflict",
    75: "temporary, try again",
    130: "interrupted",
}
_READS = (0, 2, 5, 75)
_WRITES = (0, 2, 3, 4, 5, 6, 75)


class _Help:
    """The parts of a help page that click does not know."""

    examples: Sequence[tuple[str, str]] = ()
    exits: Sequence[int] = _READS
    see: Sequence[str] = ()

    def write_examples(self, formatter: click.HelpFormatter) -> None:
        """The examples, before anything else."""
        if self.examples:
            with formatter.section("Examples"):
                pad = max(len(line) for line, _ in self.examples)
                for line, what in self.examples:
                    formatter.write(f"  {line.ljust(pad)}  {what}".rstrip() + "\n")

    def write_end(self, formatter: click.HelpFormatter) -> None:
        """Exit codes and related commands, at the end."""
        with formatter.section("Exit codes"):
            formatter.write_text(" · ".join(f"{code} {EXITS[code]}" for code in self.exits))
        if self.see:
            formatter.write_paragraph()
            formatter.write_text("See also: " + ", ".join(f"claimdesk {s}" for s in self.see))


class Page(_Help, click.Command):
    """A command with its page of help."""

    writes = False
    past = False
    journals = False  #: it leaves journal entries, which get their places in the log at its end
    trial = True  #: whether -n is honoured, or has nothing to leave out; where it is neither, it is refused

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Usage, what it does, examples, options, exit codes."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self.write_examples(formatter)
        own = [p.get_help_record(ctx) for p in self.params if isinstance(p, click.Option)]
        rows = [r for r in own if r is not None]
        if rows:
            with formatter.section("Options"):
                formatter.write_dl(rows)
        with formatter.section("Global options"):
            formatter.write_text(_shared_line(self))
        self.write_end(formatter)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own parameters and the shared ones."""
        shared = [*COMMON(), *(WRITE() if self.writes else ())]
        return [*super().get_params(ctx), *shared]

    def invoke(self, ctx: click.Context) -> Any:
        """Runs it, unless an option was given that does not fit."""
        call = call_of(ctx)
        call.verb = ctx.command_path.partition(" ")[2]
        call.journals = self.writes or self.journals
        if call.told.get("at") is not None and not self.past:
            raise click.UsageError("--at shows a past view; this command has none", ctx)
        if not self.writes:
            for name, flag in write_names().items():
                if name in call.told:
                    raise click.UsageError(f"{flag} belongs to commands that write", ctx)
        if call.dry_run and not self.trial:
            raise InputError(
                "no_dry_run",
                "this step has no dry run; nothing was done",
                field="--dry-run",
                hint=f"{ctx.command_path} --help says what it does",
            )
        call.start_log()
        return super().invoke(ctx)


def _shared_line(page: Page) -> str:
    names = ["--db", "--as", "--reason", "--json", "--lang"]
    names += ["--at"] if page.past else []
    names += ["-n/--dry-run", "-q", "-v"] if page.trial else ["-q", "-v"]
    if page.writes:
        names += ["--expected-version", "--idempotency-key", "--approved-by"]
    return ", ".join(names) + ": before or after the command; claimdesk --help explains them."


#: So alike are a slip of the finger and the word that was meant.
_NEAR = 0.75


def _is_verb(name: str) -> bool:
    from ...workflow.deskverbs import Verbs  # only when there is no such command

    return name not in ("do", "seller_do") and not name.startswith("_") and callable(getattr(Verbs, name, None))


class Family(_Help, click.Group):
    """A group: its commands are listed in order; a near miss is suggested."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own parameters and every shared one."""
        return [*super().get_params(ctx), *COMMON(), *WRITE()]

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order they were added."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of the next word; a near miss is suggested."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            path = " ".join([*ctx.command_path.split(" ")[1:], ""])
            close = difflib.get_close_matches(name.lower(), self.list_commands(ctx), 1, 0.5)
            hint = f'did you mean "{path}{close[0]}"?' if close else f"{ctx.command_path} --help lists the commands"
            verb = name.replace("-", "_")
            near = difflib.get_close_matches(name.lower(), close, 1, _NEAR)
            if not path and not near and _is_verb(verb):
                hint = f"it is a verb: claimdesk do {verb} CLAIM"
            error = click.UsageError(f'there is no command "{path}{name[:40]}"', ctx)
            error.hint = hint  # pyright: ignore[reportAttributeAccessIssue]  # read by failures.usage
            raise error
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each with its whole sentence; click would cut it off."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, part.get_short_help_str(1000)) for name, part in self.commands.items()])

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Usage, what it holds, examples, commands, exit codes."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self.write_examples(formatter)
        self.format_commands(ctx, formatter)
        self.write_end(formatter)


class LateFamily(Family):
    """A group whose commands stand in ``catalogue.PARTS``; each is loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """As the catalogue lists them."""
        return list(PARTS[str(self.name)])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded now."""
        known = ALIASES.get(str(self.name), {})
        found = PARTS[str(self.name)].get(known.get(cmd_name, cmd_name))
        return None if found is None else import_module(f".commands.{found[0]}", __package__).command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the catalogue: nothing is loaded for a list."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in PARTS[str(self.name)].items()])


class Root(Family):
    """The whole command line."""

    examples = (
        ("claimdesk demo", "see it work"),
        ("claimdesk triage claims.jsonl", "file and triage a file of claims"),
        ("claimdesk explain CLM-…", "why it was decided so"),
        ("claimdesk list --state disputed --json", "what waits for a person"),
    )
    exits = tuple(EXITS)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, loaded or not."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded now."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        return import_module(f".commands.{entry.module}", __package__).command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The outermost context holds the call."""
        extra.setdefault("obj", Call())
        return super().make_context(info_name, args, parent, **extra)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """By section, from the catalogue: nothing is loaded for a list."""
        for title, entries in sections().items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.line) for name, entry in entries.items()])
        with formatter.section("Global options (before or after the command)"):
            formatter.write_dl([r for p in [*COMMON(), *WRITE()] if (r := p.get_help_record(ctx)) is not None])


def sections() -> dict[str, dict[str, Entry]]:
    """The commands by section, in order."""
    found: dict[str, dict[str, Entry]] = {}
    for name, entry in COMMANDS.items():
        found.setdefault(entry.section, {})[name] = entry
    return found


def call_of(ctx: click.Context) -> Call:
    """The call a context belongs to."""
    return ctx.ensure_object(Call)


def page(
    name: str,
    *,
    examples: Sequence[tuple[str, str]],
    writes: bool = False,
    past: bool = False,
    journals: bool = False,
    trial: bool = True,
    exits: Sequence[int] | None = None,
    see: Sequence[str] = (),
) -> Callable[[Callable[..., Any]], Page]:
    """Makes a function a command; its docstring is its help."""

    def made(function: Callable[..., Any]) -> Page:
        command = click.command(name, cls=Page)(function)
        command.examples, command.writes, command.past, command.see = examples, writes, past, see
        command.journals, command.trial = journals, trial
        command.exits = exits or (_WRITES if writes else _READS)
        return command

    return made


def family(name: str, help_text: str, *pages: Page, examples: Sequence[tuple[str, str]] = ()) -> Family:
    """A group of commands."""
    made = Family(name, help=help_text, no_args_is_help=False)
    made.examples = examples
    made.exits = sorted({code for p in pages for code in p.exits})
    for one in pages:
        made.add_command(one)
    return made


def late_family(
    name: str, help_text: str, *, examples: Sequence[tuple[str, str]] = (), exits: Sequence[int] = _READS
) -> LateFamily:
    """A group of the commands that ``catalogue.PARTS`` names."""
    made = LateFamily(name, help=help_text, no_args_is_help=False)
    made.examples, made.exits = examples, exits
    return made
