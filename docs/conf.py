"""Sphinx: Markdown pages with MyST, the furo theme, and diagrams as text that a browser may draw."""

from __future__ import annotations

import html
import tomllib
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive

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
    """A diagram: its text, which reads well by itself and which GitHub, GitLab and many editors draw."""

    has_content: ClassVar[bool] = True

    def run(self) -> list[nodes.Node]:
        """The text in a block that a drawing script finds by its class."""
        text = html.escape("\n".join(self.content))
        return [nodes.raw("", f'<pre class="mermaid">\n{text}\n</pre>\n', format="html")]


def setup(app: Any) -> dict[str, bool]:
    """Registers the directive."""
    app.add_directive("mermaid", Mermaid)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
