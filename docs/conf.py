"""Sphinx: Markdown pages with MyST, the furo theme, and diagrams drawn from their text."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
from docpages.drawing import svg  # the tools are no package of the environment

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = PROJECT["name"]
version = release = PROJECT["version"]
author = "the claimdesk authors"
copyright = author
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["_build"]
language = "en"
nitpicky = True

myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]
myst_enable_extensions = ["attrs_inline"]

html_theme = "furo"
html_title = f"claimdesk {release}"
html_show_sphinx = False
html_copy_source = False
html_last_updated_fmt = None  # the same sources give the same pages
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "monokai"


class Mermaid(Directive):
    """A diagram, drawn here from the text that GitHub, GitLab and many editors draw too."""

    has_content: ClassVar[bool] = True

    def run(self) -> list[nodes.Node]:
        """The drawing, with no script and no network."""
        return [nodes.raw("", svg("\n".join(self.content)), format="html")]


def setup(app: Any) -> dict[str, bool]:
    """Registers the directive."""
    app.add_directive("mermaid", Mermaid)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
