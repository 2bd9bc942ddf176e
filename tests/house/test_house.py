"""The house is in order: packages listed, dependencies locked, and the words of the project kept."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def tool(name: str) -> ModuleType:
    """A module of tools/, which is a folder of scripts and no package."""
    spec = importlib.util.spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PACKAGES = tool("packages")


def locked() -> dict[str, list[str]]:
    """Versions in requirements.lock by name; a name has several where they depend on the Python version."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", lock_text(), re.MULTILINE):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


def lock_text() -> str:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8")


def declared() -> list[Requirement]:
    extras = PROJECT["project"]["optional-dependencies"].values()
    groups = PROJECT["dependency-groups"].values()
    lists = [PROJECT["project"]["dependencies"], *extras, *groups]
    return [Requirement(text) for names in lists for text in names]


def test_every_folder_with_code_or_data_is_a_listed_package():
    wrong = PACKAGES.complaints(PACKAGES.packages_on_disk(), PACKAGES.packages_listed())
    assert not wrong, f"{wrong}; put it right with: python3 tools/packages.py --write"


def test_a_forgotten_package_is_named(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "__init__.py").touch()
    on_disk = PACKAGES.packages_on_disk({"claimdesk.states": tmp_path})
    assert PACKAGES.complaints(on_disk, ["claimdesk", "claimdesk.states", "claimdesk.gone"]) == [
        "missing in pyproject.toml: claimdesk.states.inner",
        "listed in pyproject.toml, but not there: claimdesk.gone",
    ]


@pytest.mark.parametrize("folder", ["states", "workflow", "adapters"])
def test_the_three_folders_are_shown_to_type_checkers(folder):
    link = ROOT / "src" / "claimdesk" / folder
    if not link.is_symlink():
        pytest.skip("this checkout has no symlinks; the code does not need them")
    assert link.resolve() == ROOT / folder


@pytest.mark.parametrize("requirement", declared(), ids=lambda requirement: requirement.name)
def test_what_is_declared_is_locked(requirement):
    versions = locked().get(canonicalize_name(requirement.name), [])
    assert versions, f"{requirement.name} is not in requirements.lock; run: python3 dev.py lock"
    assert all(requirement.specifier.contains(version, prereleases=True) for version in versions)


def test_every_locked_package_has_its_hashes():
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock_text())
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("name", ["uv.lock", "requirements.lock"])
def test_a_lock_names_the_public_index_only(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert tool("lock").strange_hosts(text) == set()


def test_nothing_here_bears_the_ambiguous_word():
    """Rulebook, coverage and claim are three things; a word that means any of them is not used alone."""
    word = "poli" + "cy"
    done = subprocess.run(
        ["git", "grep", "-n", "-i", "-w", "-I", word, "--", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode > 1:
        pytest.skip("no git checkout")
    bare = re.compile(rf"(?<![-\w.]){word}(?![-\w(])", re.IGNORECASE)
    ours = [line for line in done.stdout.splitlines() if bare.search(line.split(":", 2)[2])]
    assert ours == []
