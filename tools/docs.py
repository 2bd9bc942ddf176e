"""Pages made from the code, and examples that show what really comes out.

    python3 tools/docs.py --write          make the pages anew, and refresh what the README shows
    python3 tools/docs.py --write PAGE...  ... and refresh what these pages show
    python3 tools/docs.py --write --all    ... and refresh what every page shows
    python3 tools/docs.py --check          exit 1 when a page is not what the code says now

Run by ``python3 dev.py docs``. Pages of docs/reference are written whole; in other pages only what stands between
``<!-- made: NAME -->`` and ``<!-- end -->``, and the outputs of examples.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from docpages import (
    blocks,
    codes,
    commands,
    coverage,
    errors,
    http,
    library,
    lifecycles,
    payloads,
    rulebooks,
    rules,
    settings,
)
from docpages.markdown import DOCS, MADE, ROOT, Page

from claimdesk.workflow import registry

MAKERS: tuple[Callable[[], Iterator[Page]], ...] = (
    lifecycles.pages, rulebooks.pages, rules.pages, coverage.pages, codes.pages, payloads.pages, errors.pages,
    commands.pages, http.pages, settings.pages, library.pages,
)  # fmt: skip
REGIONS: Mapping[str, Callable[[str], str]] = {
    "lifecycle": lambda name: lifecycles.drawn(registry.programme(name).lifecycle),
    "programmes": lambda _name: lifecycles.list_of_programmes("docs/"),
    "states": lambda _name: lifecycles.glossary_of_states(),
    "verbs": lambda _name: lifecycles.glossary_of_verbs(),
}
README = ROOT / "README.md"
_REGION = re.compile(r"(<!-- made: (?P<name>[a-z_ ]+) -->\n)(?P<text>.*?)(<!-- end -->)", re.DOTALL)


def made() -> dict[Path, str]:
    """Every page that is made from the code."""
    return {DOCS / page.path: page.text for maker in MAKERS for page in maker()}


def stale(pages: Mapping[Path, str]) -> list[Path]:
    """Pages that were made from the code once and are not any more."""
    return [path for path in sorted(DOCS.rglob("*.md")) if path not in pages and is_made(path)]


def is_made(path: Path) -> bool:
    """Whether a page says that it is made from the code."""
    return MADE in path.read_text(encoding="utf-8")


def with_regions(text: str) -> str:
    """A written page with its made regions up to date."""

    def region(found: re.Match[str]) -> str:
        kind, _, name = found["name"].partition(" ")
        if kind not in REGIONS:
            raise SystemExit(f"tools/docs.py: nothing is known of the region {found['name']!r}")
        return f"{found[1]}\n{REGIONS[kind](name)}\n\n{found[4]}"

    return _REGION.sub(region, text)


def written_pages() -> list[Path]:
    """The pages people write."""
    pages = [README, *sorted(DOCS.rglob("*.md"))]
    return [path for path in pages if path.exists() and not is_made(path)]


def runnable() -> list[Path]:
    """The pages whose examples need nothing but this machine; the tests provide what the others need."""
    return [path for path in written_pages() if "needs" not in blocks.page_marks(path.read_text(encoding="utf-8"))]


def write(refresh: list[Path]) -> int:
    """Makes everything anew."""
    pages = made()
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        _save(path, text)
    for path in stale(pages):
        path.unlink()
        print(f"gone     {path.relative_to(ROOT)}")
    for path in written_pages():
        _save(path, with_regions(path.read_text(encoding="utf-8")))
    for path in refresh:
        text = path.read_text(encoding="utf-8")
        _save(path, blocks.renewed(text, blocks.run_apart(path)))
    return 0


def _save(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        print(f"written  {path.relative_to(ROOT)}")


def check() -> int:
    """Compares every page with what would be made now, and the README with what comes out."""
    faults = list(_faults())
    for fault in faults:
        print(fault)
    if faults:
        print("put it right with: python3 tools/docs.py --write")
    return 1 if faults else 0


def _faults() -> Iterator[str]:
    pages = made()
    for path, text in pages.items():
        yield from _differs(path, text)
    for path in stale(pages):
        yield f"{path.relative_to(ROOT)}: nothing makes this page any more"
    for path in written_pages():
        yield from _differs(path, with_regions(path.read_text(encoding="utf-8")))
    if README.exists():
        text = README.read_text(encoding="utf-8")
        dates = "dates vary" in blocks.page_marks(text)
        for shown in blocks.run_apart(README):
            if not blocks.same(shown, dates=dates):
                yield f"README.md, line {shown.start}: shows\n{shown.expected}\nbut what comes out is\n{shown.actual}"


def _differs(path: Path, text: str) -> Iterator[str]:
    name = path.relative_to(ROOT)
    if not path.exists():
        yield f"{name}: not written yet"
        return
    found = path.read_text(encoding="utf-8")
    if found != text:
        old, new = found.splitlines(), text.splitlines()
        lines = list(difflib.unified_diff(old, new, "as it stands", "as the code says", lineterm="", n=0))
        yield "\n".join([f"{name}: not what the code says now", *lines[:12]])


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", nargs="*", type=Path, metavar="PAGE")
    mode.add_argument("--check", action="store_true")
    parser.add_argument("--all", action="store_true", help="with --write: refresh what every page shows")
    told = parser.parse_args()
    if told.check:
        return check()
    pages = [README, *(path.resolve() for path in told.write)]
    return write(runnable() if told.all else pages)


if __name__ == "__main__":
    sys.exit(main())
