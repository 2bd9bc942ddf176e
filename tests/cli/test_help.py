"""Help: every page leads with examples and ends with exit codes, and the list of commands is the catalogue's."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from claimdesk.adapters.cli.app import cli
from claimdesk.adapters.cli.catalogue import COMMANDS, PARTS
from claimdesk.adapters.cli.groups import EXITS, Page


def pages(group: click.Group = cli, head: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield (*head, name), command
        if isinstance(command, click.Group):
            yield from pages(command, (*head, name))


PAGES = list(pages())


@pytest.mark.parametrize(("words", "command"), PAGES, ids=[" ".join(w) for w, _ in PAGES])
def test_a_page_leads_with_examples_and_ends_with_exit_codes(run, words, command):
    page = run(*words, "--help")
    assert (page.code, page.err) == (0, "")
    examples, exits = page.out.index("\nExamples:\n"), page.out.index("\nExit codes:\n")
    assert page.out.index("Usage: ") < examples < exits
    if "\nOptions:\n" in page.out:
        assert examples < page.out.index("\nOptions:\n") < exits
    if "\nGlobal options:\n" in page.out:
        assert examples < page.out.index("\nGlobal options:\n") < exits


@pytest.mark.parametrize(("words", "command"), PAGES, ids=[" ".join(w) for w, _ in PAGES])
def test_a_page_says_what_it_does_in_one_sentence(words, command):
    summary = command.get_short_help_str(200)
    assert summary.endswith(".") and summary[0].isupper()
    assert isinstance(command, click.Group) or command.examples
    if isinstance(command, Page):
        assert set(command.exits) <= set(EXITS)


@pytest.mark.parametrize(("words", "group"), [(w, c) for w, c in PAGES if isinstance(c, click.Group)])
def test_the_list_of_a_group_cuts_no_sentence_short(run, words, group):
    listed = " ".join(run(*words, "--help").out.split())
    for name in group.list_commands(click.Context(group)):
        part = group.get_command(click.Context(group), name)
        assert part is not None and f" {name} {part.get_short_help_str(1000)}" in listed


@pytest.mark.parametrize("name", COMMANDS)
def test_the_catalogue_says_what_the_command_says(name):
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(200) == COMMANDS[name].line


@pytest.mark.parametrize("name", PARTS)
def test_the_list_of_a_group_says_what_its_commands_say(name):
    group = cli.get_command(click.Context(cli), name)
    assert isinstance(group, click.Group)
    for part, (_, line) in PARTS[name].items():
        command = group.get_command(click.Context(group), part)
        assert command is not None and (command.name, command.get_short_help_str(200)) == (part, line)


def test_the_first_page_lists_every_command_and_every_exit_code(run):
    page = run("--help")
    assert page.code == 0
    assert all(f"  {name} " in page.out for name in COMMANDS)
    assert all(f"{code} {meaning.split()[0]}" in " ".join(page.out.split()) for code, meaning in EXITS.items())


def test_without_words_the_help_is_a_message_and_the_exit_code_says_wrong_usage(run):
    alone = run()
    assert (alone.code, alone.out) == (2, "")
    assert "Examples:" in alone.err


def test_help_is_a_word_too(run):
    assert run("help").out == run("--help").out
    assert run("help", "seller", "set").out == run("seller", "set", "--help").out


def test_no_page_uses_the_ambiguous_word(run):
    word = "poli" + "cy"
    assert all(word not in run(*words, "--help").out.lower() for words, _ in PAGES)


def test_commands_lists_the_tree_for_people(run):
    listed = run("commands")
    assert listed.code == 0
    for words, _ in PAGES:
        assert f"claimdesk {' '.join(words)}" in listed.out


def test_commands_describes_the_tree_for_programs(run):
    tree = run("commands", "--json").json
    assert tree["exit_codes"] == {str(code): meaning for code, meaning in EXITS.items()}
    assert [c["name"] for c in tree["commands"]] == list(COMMANDS)
    do = next(c for c in tree["commands"] if c["name"] == "do")
    assert do["writes"] and [a["name"] for a in do["arguments"]] == ["VERB", "CLAIM", "[KEY=VALUE]..."]
    seller = next(c for c in tree["commands"] if c["name"] == "seller")
    assert {c["name"] for c in seller["commands"]} == {
        "list",
        "show",
        "timeline",
        "set",
        "proceeds",
        "request-insurance",
    }
    assert "--db" in [flag for o in tree["options"] for flag in o["flags"]]
