"""Help: every page leads with examples and ends with exit codes, and the list of commands is the catalogue's."""

from __future__ import annotations

import re
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


TOPICS = ["exit-codes", "formats", "environment", "time", "money", "glossary"]
MEANT = [
    ("on_hold", "refusal", "until it is released", "解除之前"),
    ("not_utf8", "error", "not UTF-8 text", "UTF-8"),
    ("seller_notified", "state", "Waiting for the seller", "待卖家回复"),
    ("respond", "verb", "Respond", "回复"),
    ("under_small_claim_limit", "reason", "eligible amount", "可赔金额"),
]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_says_something_and_names_only_what_there_is(run, topic):
    done = run("help", topic)
    assert (done.code, done.err) == (0, "") and len(done.out.splitlines()) > 4
    assert topic in run("help", "help").out and run("help", topic, "--json").json["lines"]
    named = set(re.findall(r"claimdesk ([a-z]+(?: [a-z]+)?)", done.out))
    assert {name.split()[0] for name in named} <= {*COMMANDS, "help"}


@pytest.mark.parametrize(("code", "kind", "english", "chinese"), MEANT)
def test_a_code_explains_itself_offline_in_both_languages(run, code, kind, english, chinese):
    done = run("help", code)
    assert done.code == 0 and f"{code}  {kind}" in done.out and english in done.out and chinese in done.out
    assert run("help", code, "--json").json["meanings"][0]["is"] == kind


def test_help_on_a_command_is_its_page_and_a_near_miss_is_suggested(run):
    assert run("help", "explain").out == run("explain", "--help").out and run("help").out == run("--help").out
    assert run("help", "audit", "pack").out == run("audit", "pack", "--help").out
    missed = run("help", "on_hodl")
    assert (missed.code, "did you mean on_hold?" in missed.err) == (5, True)


CHINESE = [
    (("list", "--stat"), "错误：没有选项 --stat [usage]", "提示：是否想输入 --state？"),
    (("lst",), "错误：没有命令“lst” [usage]", "提示：是否想输入“list”？"),
    (("show",), "错误：缺少 CLAIM [usage]", "提示：claimdesk show --help"),
    (("list", "--limit", "0"), "错误：--limit 的值不合适 [usage]", "1 至 1000000 之间的整数；claimdesk list --help"),
    (("show", "CLM-9"), "错误：没有这项索赔。 [unknown_claim] (CLM-9)", "提示："),
    (("triage", "nowhere"), "错误：无法读取：the file cannot be read", "提示：请给出文件路径"),
]


@pytest.mark.parametrize(("words", "said", "hint"), CHINESE)
@pytest.mark.parametrize("how", [("--lang", "zh-CN"), ("--lang=zh-CN",), ()], ids=["two", "one", "environment"])
def test_an_error_is_told_in_the_language_asked_for(run, words, said, hint, how):
    done = run(*words, *how, env={} if how else {"CLAIMDESK_LANG": "zh-CN"})
    assert done.err.startswith(said) and hint in done.err
