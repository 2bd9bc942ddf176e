"""What the source text itself names: codes, rule ids and errors, and the modules that name them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from claimdesk.states.codes import DeadlineKind, Described
from claimdesk.workflow import places
from claimdesk.workflow.plan import Programme

from .markdown import ROOT

FOLDERS = ("states", "workflow", "adapters")


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of the project by its path from the root, in order."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def module_name(path: str) -> str:
    """``workflow/plan.py`` as ``workflow.plan``."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def modules_of(programme: Programme) -> Iterator[ast.Module]:
    """The modules of a programme's rules, wherever its package is."""
    for path in sorted(Path(str(places.folder_of(programme.id))).rglob("*.py")):
        yield ast.parse(path.read_text(encoding="utf-8"))


def kinds_named_in(programme: Programme) -> Iterator[Described]:
    """The clocks a programme's rules start, in the order of the enums: the shared one, then its own."""
    kinds = [DeadlineKind, *(own for kind, own in programme.codes.items() if kind is DeadlineKind)]
    named = {
        (node.value.id, node.attr)
        for tree in modules_of(programme)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    return (member for kind in kinds for member in kind if (kind.__name__, member.name) in named)


def texts_in(path: str) -> set[str]:
    """Every text constant of a module; of a text with gaps, the part before the first gap and a star."""
    found: set[str] = set()
    for node in ast.walk(trees()[path]):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
            found.add(f"{node.values[0].value}*")
    return found


def rules_of_reasons(path: str) -> set[str]:
    """The rules that the reasons made in a module name."""
    return {
        node.args[1].value
        for node in ast.walk(trees()[path])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Reason"
        if len(node.args) > 1 and isinstance(node.args[1], ast.Constant) and isinstance(node.args[1].value, str)
    }


def raised_in(path: str) -> Iterator[tuple[str, str, str]]:
    """Errors a module makes with a code of its own: class, code, message (a gap in the message is ``...``)."""
    for node in ast.walk(trees()[path]):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id[:1].isupper()):
            continue
        if len(node.args) >= 1 and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
            yield node.func.id, node.args[0].value, _message(node.args[1]) if len(node.args) > 1 else ""


def _message(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "..." for part in node.values)
    if isinstance(node, ast.BinOp):
        return _message(node.left) + _message(node.right)
    if isinstance(node, ast.IfExp):
        return f"{_message(node.body)} / {_message(node.orelse)}"
    return "..."


def relative(path: Path) -> str:
    """A path from the root of the project."""
    return path.relative_to(ROOT).as_posix()
