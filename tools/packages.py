"""Keep the list of packages in pyproject.toml equal to the folders that exist.

    python3 tools/packages.py            check; names what is missing or left over
    python3 tools/packages.py --write    rewrite the list

The layout maps top-level folders to dotted names, so setuptools cannot find nested packages by itself: one
that is not listed is left out of the wheel without a word. Standard library only.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {
    "claimdesk.states": ROOT / "states",
    "claimdesk.workflow": ROOT / "workflow",
    "claimdesk.adapters": ROOT / "adapters",
}
LIST = re.compile(r"^packages = \[\n.*?^\]\n", re.MULTILINE | re.DOTALL)
NOT_OURS = {"__pycache__"}


def packages_on_disk(folders: dict[str, Path] = FOLDERS) -> list[str]:
    """Dotted names of every folder that holds a file: code, or data that a package reads at run time."""
    found = {"claimdesk"}
    for name, top in folders.items():
        found.add(name)
        for path in top.rglob("*"):
            if path.is_file() and not NOT_OURS.intersection(path.parts) and path.suffix not in {".pyc", ".pyo"}:
                inner = path.parent.relative_to(top).parts
                found.add(".".join((name, *inner)))
    return sorted(found)


def packages_listed(root: Path = ROOT) -> list[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return list(project["tool"]["setuptools"]["packages"])


def complaints(on_disk: list[str], listed: list[str]) -> list[str]:
    missing = [f"missing in pyproject.toml: {name}" for name in on_disk if name not in listed]
    left_over = [f"listed in pyproject.toml, but not there: {name}" for name in listed if name not in on_disk]
    return missing + left_over


def write(names: list[str], root: Path = ROOT) -> None:
    path = root / "pyproject.toml"
    lines = "".join(f'  "{name}",\n' for name in names)
    text, replaced = LIST.subn(lambda _found: f"packages = [\n{lines}]\n", path.read_text(encoding="utf-8"))
    if replaced != 1:
        sys.exit("tools/packages.py: pyproject.toml must hold the list `packages = [` exactly once")
    path.write_text(text, encoding="utf-8")


def main(words: list[str]) -> int:
    wrong = complaints(packages_on_disk(), packages_listed())
    if "--write" in words:
        write(packages_on_disk())
        print("\n".join(wrong) or "nothing to change")
        return 0
    print("\n".join(wrong) or f"{len(packages_listed())} packages, all listed")
    if wrong:
        print("put it right with: python3 tools/packages.py --write")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
