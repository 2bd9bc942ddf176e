"""The pages and the tool that makes them, for the tests in this folder."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@cache
def tool(name: str) -> ModuleType:
    """A module of tools/, a folder of scripts that import each other by their bare names."""
    if str(TOOLS) not in sys.path:
        sys.path.insert(0, str(TOOLS))
    if "." in name:
        return import_module(name)
    # A script goes under a name of its own: this very folder is called docs too.
    spec = spec_from_file_location(f"tools_{name}", TOOLS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def blocks() -> ModuleType:
    """The runner of examples."""
    return tool("docpages.blocks")


@pytest.fixture(scope="session")
def markdown() -> ModuleType:
    """Headings, anchors and tables."""
    return tool("docpages.markdown")
