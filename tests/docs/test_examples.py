"""Every example of README and docs runs, and shows what comes out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from claimdesk.testing import FrozenClock
from web.served import serving

from .pages import WRITTEN, name_of
from .servers import mail_server

#: What a page names, and what stands in for it in the tests.
POSTGRES = "postgresql+psycopg://claims@localhost/claims"
MAIL = "localhost:2525"
SERVED = "127.0.0.1:8400"
SERVED_AT = "2024-06-03T09:00:00-07:00"

#: Pages that take seconds; continuous integration runs them in a step of their own (README in that of the docs, too).
HEAVY = {
    "README.md", "docs/tutorial/first-batch.md", "docs/howto/audit.md", "docs/howto/postgresql.md",
    "docs/howto/frozen-clock.md", "docs/howto/readings.md", "docs/howto/tick.md", "docs/howto/scenarios.md",
    "docs/howto/backup.md", "docs/howto/import.md", "docs/howto/audit-store.md", "docs/howto/audit-pack.md",
    "docs/howto/erase.md", "docs/howto/export.md", "docs/howto/exports.md", "docs/howto/reports.md",
    "docs/howto/roles.md", "docs/howto/transparency-log.md",
}  # fmt: skip

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the console examples are for a shell")


@pytest.fixture
def stand_ins(request: pytest.FixtureRequest, blocks) -> Iterator[dict[str, str]]:
    """What the page under test needs, by the name the page gives it."""
    needs = blocks.page_marks(request.getfixturevalue("page").read_text(encoding="utf-8")).get("needs", "")
    if needs == "postgres":
        yield {POSTGRES: request.getfixturevalue("postgres_database")}
    elif needs == "smtp":
        with mail_server() as address:
            yield {MAIL: address}
    elif needs == "http":
        folder = request.getfixturevalue("tmp_path")
        with serving(f"sqlite:///{folder}/served.db", sender="memory", clock=FrozenClock(SERVED_AT)) as api:
            yield {SERVED: f"127.0.0.1:{api.port}"}
    else:
        assert not needs, f"nothing is known of what the page needs: {needs}"
        yield {}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "page", [pytest.param(p, marks=[pytest.mark.long] if name_of(p) in HEAVY else []) for p in WRITTEN], ids=name_of
)
def test_every_example_runs_and_shows_what_comes_out(page: Path, blocks, stand_ins):
    text = page.read_text(encoding="utf-8")
    dates = "dates vary" in blocks.page_marks(text)
    found = blocks.run_apart(page, stand_ins)
    wrong = [
        f"{name_of(page)}, line {shown.start}, shows\n{shown.expected}\nbut what comes out is\n{shown.actual}"
        for shown in found
        if not blocks.same(shown, dates=dates)
    ]
    assert not wrong, "\n\n".join([*wrong, f"refresh it with: python3 tools/docs.py --write {name_of(page)}"])


def test_the_heavy_pages_are_there():
    assert {name_of(page) for page in WRITTEN} >= HEAVY


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_every_block_runs_or_says_why_not(page: Path, blocks):
    """A block of a language nobody runs is data; code and shell must not hide under another name."""
    for block in blocks.blocks_of(page.read_text(encoding="utf-8")):
        assert block.lang not in ("sh", "bash", "shell", "py", "pycon", ""), f"line {block.line}: use console or python"
        if "skip" in block.marks:
            assert len(block.marks["skip"]) > 10, f"line {block.line}: a block that is left out says why"
        if block.lang in ("json", "yaml", "toml"):
            assert block.marks.keys() & {"file", "output", "skip"}, f"line {block.line}: data nobody reads goes stale"


def test_a_wrong_output_is_found(blocks, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1 + 1)\n```\n\n<!-- output -->\n```text\n3\n```\n", encoding="utf-8")
    (found,) = blocks.run_apart(page)
    assert (found.expected, found.actual) == ("3", "2")
    assert not blocks.same(found, dates=False)
    assert blocks.renewed(page.read_text(), [found]).splitlines()[6] == "2"


def test_a_failing_example_is_found(blocks, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nraise ValueError('so')\n```\n", encoding="utf-8")
    with pytest.raises(blocks.PageFailedError, match="so"):
        blocks.run_apart(page)


def test_identifiers_of_another_run_are_the_same_where_they_stand_alike(blocks, tmp_path):
    shown, used = "CLM-06H022WM1WFRWF155", "CLM-06H022WM9SYJGARSN"
    page = tmp_path / "page.md"
    page.write_text(f"```console\n$ echo {used}\n{shown}\n$ echo got {shown}\ngot {shown}\n```\n", encoding="utf-8")
    first, second = blocks.run_apart(page)
    assert blocks.same(first, dates=False)
    assert second.actual == f"got {shown}"


def test_a_shortened_output_is_compared_in_its_parts(blocks):
    def same(expected: str, actual: str) -> bool:
        return blocks.same(blocks.Shown(1, 1, expected, actual), dates=False)

    assert same("a\n...\nd", "a\nb\nc\nd")
    assert same("...\nd", "a\nd")
    assert same("a\n...", "a\nb\nc")
    assert not same("a\n...\nd", "a\nb\nc")
    assert not same("b\n...", "a\nb\nc")
