"""Links resolve, words are the agreed ones, and what is made from the code is current."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from claimdesk.states.codes import Described
from claimdesk.states.errors import ClaimdeskError
from claimdesk.workflow import registry
from claimdesk.workflow.rulebook import Confidence, shipped

from .conftest import tool
from .pages import DOCS, PAGES, ROOT, WRITTEN, name_of, prose

LINK = re.compile(r"(?<!\\)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
CODE = re.compile(r"(`+)(?:.*?)\1")
ADDRESS = re.compile(r"<?https?://[^\s>)|]+>?")


# -- links -----------------------------------------------------------------------------------------------------------


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings; the second heading of one name gets a number."""
    slug = tool("docpages.markdown").slug
    seen: Counter[str] = Counter()
    found: set[str] = set()
    for _number, line in prose(page):
        heading = re.match(r"#{1,4} (.+)", line)
        if heading is not None:
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "")
            name = slug(text.strip())
            found.add(name if not seen[name] else f"{name}-{seen[name]}")
            seen[name] += 1
    return frozenset(found)


def links(page: Path) -> Iterator[tuple[int, str]]:
    for number, line in prose(page):
        for found in LINK.finditer(CODE.sub("", line)):
            yield number, found[1]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_internal_link_leads_somewhere(page: Path):
    wrong: list[str] = []
    for number, target in links(page):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        if not place.exists():
            wrong.append(f"line {number}: {target} is not there")
        elif anchor and anchor not in anchors(place):
            wrong.append(f"line {number}: {target} has no such heading")
    assert wrong == []


def test_pages_of_docs_stay_inside_docs():
    """Sphinx knows the pages of docs only; a link out of them would be dead there."""
    out = [
        f"{name_of(page)}, line {number}: {target}"
        for page in PAGES
        if page.is_relative_to(DOCS)
        for number, target in links(page)
        if not re.match(r"[a-z]+:|#", target)
        and not (page.parent / target.partition("#")[0]).resolve().is_relative_to(DOCS)
    ]
    assert out == []


def contents(page: Path) -> list[str]:
    """The names in a page's tables of contents."""
    found = re.findall(r"^```\{toctree\}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in found for line in block.splitlines() if line and not line.startswith(":")]


def test_every_page_can_be_reached_from_the_first():
    """Following links and tables of contents, as a reader does."""
    seen: set[Path] = set()
    todo = [DOCS / "index.md"]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        targets = [target for _number, target in links(page) if "://" not in target]
        targets += [f"{name}.md" for name in contents(page)]
        todo += [(page.parent / target.partition("#")[0]).resolve() for target in targets]
    missed = [name_of(page) for page in PAGES if page.is_relative_to(DOCS) and page not in seen]
    assert missed == []


# -- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_forbidden_words(page: Path):
    """The word that means rulebook and insurance alike, leftovers, and words about how this was made."""
    bare = "poli" + "cy"
    forbidden = re.compile(rf"(?<![-\w.])(?:{bare}|TODO|FIXME|XXX|lorem ipsum)(?![-\w(])", re.IGNORECASE)
    wrong = [
        f"line {number}: {found[0]}"
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1)
        if (found := forbidden.search(ADDRESS.sub("", line))) is not None
    ]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_place_of_one_machine(page: Path):
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w/])/(?:home|root|work|Users|tmp|var/folders)/\w", text)


@pytest.mark.parametrize("page", [page for page in WRITTEN if page.name != "CHANGELOG.md"], ids=name_of)
def test_one_sentence_a_line(page: Path):
    """So that a change shows in review as the sentence it changes; tables, lists and the notes on sources excepted."""
    if page.name == "sources.md":
        pytest.skip("notes and quotations")
    wrong = [
        f"line {number}: {line}"
        for number, line in prose(page)
        if re.match(r"[A-Z]", line) and re.search(r"[a-z)`]\. [A-Z]", CODE.sub("", line))
    ]
    assert wrong == []


@pytest.mark.parametrize("page", [page for page in WRITTEN if page.is_relative_to(DOCS)], ids=name_of)
def test_every_page_says_for_whom(page: Path):
    if page.parent.name == "decisions" and page.name != "index.md":
        assert re.search(r"^20\d\d-\d\d-\d\d\. Accepted\.$", page.read_text(encoding="utf-8"), re.MULTILINE)
    elif page != DOCS / "index.md":
        assert "\nFor whom: " in page.read_text(encoding="utf-8")


# -- what is made from the code ---------------------------------------------------------------------------------------


#: The makers that take no time. `python3 dev.py docs`, a step of continuous integration, makes all pages, in a process
#: of its own: tests that ran before may have left classes of errors behind, which a page lists.
QUICK = ("codes", "commands", "library", "payloads", "rulebooks")


@pytest.mark.parametrize("maker", QUICK)
def test_pages_made_from_the_code_are_current(maker):
    made = {DOCS / page.path: page.text for page in tool(f"docpages.{maker}").pages()}
    stale = [name_of(path) for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    assert made
    assert stale == [], "put it right with: python3 tools/docs.py --write"


def test_regions_made_from_the_code_are_current():
    docs = tool("docs")
    stale = [name_of(path) for path in WRITTEN if docs.with_regions(text := path.read_text(encoding="utf-8")) != text]
    assert stale == [], "put it right with: python3 tools/docs.py --write"


@pytest.mark.long
def test_what_is_made_is_the_same_every_time():
    docs = tool("docs")
    assert docs.made() == docs.made()


def reference(name: str) -> str:
    return (DOCS / "reference" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", registry.names())
def test_every_state_of_a_programme_is_in_the_glossary_in_both_languages(name):
    rows = [line for line in (DOCS / "glossary.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    for state in registry.programme(name).lifecycle.states:
        found = [row for row in rows if row.startswith(f"| `{state.name}` |") and f"`{name}`" in row]
        assert found, f"{state.name} is not in the glossary"
        english, chinese = [cell.strip() for cell in found[0].split("|")][2:4]
        assert english and re.search(r"[\u4e00-\u9fff]", chinese), f"{state.name} has no words in one language"


@pytest.mark.parametrize("name", registry.names())
def test_every_step_of_a_programme_is_on_its_page(name):
    page = reference(f"programmes/{name}.md")
    for row in registry.programme(name).lifecycle.rows:
        assert f"`{row.trigger}`" in page
        assert row.meaning in page


@pytest.mark.parametrize("book", shipped().values(), ids=lambda book: book.id)
def test_every_parameter_is_on_its_page_and_assumptions_are_loud(book):
    page = reference(f"rulebooks/{book.id}.md")
    for parameter in book.parameters:
        assert f"`{parameter.name}`" in page
    loud = page.count("| **ASSUMED** |")
    assert loud == sum(parameter.confidence is Confidence.ASSUMED for parameter in book.parameters)
    for reading in book.readings:
        assert f"| [{reading.id}](" in page
        assert f"\n## {reading.id}\n" in reference("readings.md")


def test_every_code_has_its_line():
    page = reference("codes.md")
    for kind in Described.__subclasses__():
        if kind.__module__.startswith("claimdesk."):
            for member in kind:
                assert f"\n| `{member.value}` |" in page, f"{kind.__name__}.{member.name}"


def test_every_error_has_its_line():
    page = reference("errors.md")
    for kind in (ClaimdeskError, *ClaimdeskError.__subclasses__()):
        if kind.__module__.startswith("claimdesk.states"):
            assert f"| `{kind.__name__}` |" in page


@pytest.mark.parametrize("name", registry.names())
def test_a_lifecycle_is_drawn_with_all_its_states_and_the_same_every_time(name):
    life = registry.programme(name).lifecycle
    text = tool("docpages.lifecycles").diagram(life)
    drawn = tool("docpages.drawing").svg(text)
    for state in life.states:
        assert f">{state.name}</text>" in drawn
    assert drawn.count("marker-") == text.count(" --> ") - text.count("--> [*]")
    assert drawn == tool("docpages.drawing").svg(text)


def test_the_readme_has_the_two_commands_for_a_fresh_machine():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "$ python3 dev.py demo\n$ python3 dev.py test\n" in text


def test_the_changelog_knows_this_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert re.search(
        rf"^## \[{re.escape(version)}\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
