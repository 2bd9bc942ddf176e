"""Lifecycle diagrams as SVG, from their Mermaid text, for pages that are built without a network.

States stand in rows by their longest way from the start; steps run down between them, steps back run up dotted. What
code hosts draw from the same text looks otherwise and says the same. Understands what `lifecycles.diagram` writes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

_EDGE = re.compile(r"^\s*(?P<source>\S+) --> (?P<target>\S+?)(?:: (?P<label>.+))?$")
_CLASS = re.compile(r"^\s*class (?P<names>[\w, ]+) (?P<name>\w+)$")
_START = "(start)"
_HEIGHT, _ROW, _GAP, _CHAR, _MARGIN = 30, 100, 34, 7.9, 24
_SMALL, _LINE = 5.6, 11  #: a letter's width and a line's height in labels
_SWEEPS = 24

STYLE = """<style>
.states text{font:13px system-ui,sans-serif;fill:currentColor;text-anchor:middle;dominant-baseline:central}
.states text.label{font-size:10px;paint-order:stroke;stroke:var(--color-background-primary,#fff);stroke-width:4px}
.states rect{fill:var(--color-background-secondary,#f8f9fb);stroke:currentColor;stroke-width:1.2}
.states .clock rect{stroke-dasharray:5 3}.states .owner rect{stroke-width:2.6}.states .passing{opacity:.65}
.states .finished text{font-weight:bold}
.states path{fill:none;stroke:currentColor;stroke-width:1.1;opacity:.75}.states path.back{stroke-dasharray:2 3}
.states .dot{fill:currentColor}
</style>"""


@dataclass(eq=False)
class Node:
    """A state, or a bend of a step that passes a row."""

    name: str
    row: int = 0
    x: float = 0.0
    width: float = 0.0
    above: list[Node] = field(default_factory=lambda: [])
    below: list[Node] = field(default_factory=lambda: [])

    @property
    def y(self) -> float:
        """The middle of its row."""
        return _MARGIN + _HEIGHT / 2 + self.row * _ROW


@dataclass(frozen=True)
class Step:
    """An arrow: where from, where to, its label, and the nodes it runs through from top to bottom."""

    source: str
    target: str
    label: str
    back: bool
    through: tuple[Node, ...]


def svg(text: str) -> str:
    """The drawing of a diagram."""
    edges, classes = _read(text)
    rows = _rows([(source, target) for source, target, _label in edges])
    rows.update({name: max(rows.values()) for name in classes if name not in rows})  # reached by no drawn step
    nodes = {name: Node(name, row, width=_width(name)) for name, row in rows.items()}
    layers: list[list[Node]] = [[] for _ in range(max(rows.values()) + 1)]
    for node in nodes.values():
        layers[node.row].append(node)
    steps = [_step(source, target, label, nodes, layers) for source, target, label in edges]
    _order(layers)
    _place(layers)
    return _drawn(nodes, steps, layers, classes)


def _read(text: str) -> tuple[list[tuple[str, str, str]], Mapping[str, str]]:
    edges: list[tuple[str, str, str]] = []
    classes: dict[str, str] = {}
    for line in text.splitlines():
        if (edge := _EDGE.match(line)) is not None:
            if edge["target"] != "[*]":  # an end is seen by its letters
                source = _START if edge["source"] == "[*]" else edge["source"]
                edges.append((source, edge["target"], edge["label"] or ""))
        elif (found := _CLASS.match(line)) is not None:
            classes.update(dict.fromkeys(found["names"].split(", "), found["name"]))
    return edges, classes


def _width(name: str) -> float:
    return 12 if name == _START else 22 + _CHAR * len(name)


# -- rows --------------------------------------------------------------------------------------------------------------


def _rows(edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The row of each state: one below the lowest of those that lead to it, steps back left aside."""
    names = list(dict.fromkeys(name for edge in edges for name in edge))
    forward = [edge for edge in edges if edge not in _back(edges)]
    rows = dict.fromkeys(names, 0)
    for _ in names:
        for source, target in forward:
            rows[target] = max(rows[target], rows[source] + 1)
    return rows


def _back(edges: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Steps that lead to a state one is still on the way from, walking from the start."""
    on: list[str] = []
    done: set[str] = set()
    found: set[tuple[str, str]] = set()

    def walk(name: str) -> None:
        on.append(name)
        for source, target in edges:
            if source == name:
                if target in on:
                    found.add((source, target))
                elif target not in done:
                    walk(target)
        on.remove(name)
        done.add(name)

    for source, _target in edges:
        if source not in done:
            walk(source)
    return found


def _step(source: str, target: str, label: str, nodes: dict[str, Node], layers: list[list[Node]]) -> Step:
    top, bottom = sorted((nodes[source], nodes[target]), key=lambda node: node.row)
    through = [top]
    for row in range(top.row + 1, bottom.row):
        bend = Node("", row, width=10)
        layers[row].append(bend)
        through.append(bend)
    through.append(bottom)
    for upper, lower in pairwise(through):
        upper.below.append(lower)
        lower.above.append(upper)
    return Step(source, target, label, nodes[source].row >= nodes[target].row, tuple(through))


# -- places ------------------------------------------------------------------------------------------------------------


def _order(layers: list[list[Node]]) -> None:
    """Neighbours near each other: each row by the middle of its neighbours' places, down and up again."""
    for layer in layers:
        _number(layer)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            layer.sort(key=lambda node: _middle(node, node.above if down else node.below))
            _number(layer)


def _number(layer: list[Node]) -> None:
    for place, node in enumerate(layer):
        node.x = place - len(layer) / 2


def _middle(node: Node, others: Sequence[Node]) -> float:
    return sum(other.x for other in others) / len(others) if others else node.x


def _place(layers: list[list[Node]]) -> None:
    """Coordinates: each node under the middle of its neighbours as far as the row has room."""
    for layer in layers:
        x = 0.0
        for node in layer:
            node.x = x + node.width / 2
            x += node.width + _GAP
        for node in layer:
            node.x -= x / 2
    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = [_middle(node, [*node.above, *node.below]) for node in layer]
            _spread(layer, wanted)
    left = min(node.x - node.width / 2 for layer in layers for node in layer) - _MARGIN
    for layer in layers:
        for node in layer:
            node.x -= left


def _spread(layer: list[Node], wanted: list[float]) -> None:
    """Moves a row to where it wants to be, without overlap: half from the left, half from the right."""

    def pushed(order: Sequence[int], sign: int) -> dict[int, float]:
        found: dict[int, float] = {}
        edge: float | None = None
        for i in order:
            half = layer[i].width / 2
            place = wanted[i] * sign
            place = place if edge is None else max(place, edge + half)
            found[i] = place * sign
            edge = place + half + _GAP
        return found

    places = list(range(len(layer)))
    from_left, from_right = pushed(places, 1), pushed(places[::-1], -1)
    for i, node in enumerate(layer):
        node.x = (from_left[i] + from_right[i]) / 2


# -- drawing -----------------------------------------------------------------------------------------------------------

Box = tuple[float, float, float, float]
Curve = tuple[tuple[float, float], tuple[float, float]]


def _drawn(
    nodes: Mapping[str, Node], steps: Sequence[Step], layers: list[list[Node]], classes: Mapping[str, str]
) -> str:
    width = max(node.x + node.width / 2 for layer in layers for node in layer) + _MARGIN
    height = _MARGIN * 2 + _HEIGHT + (len(layers) - 1) * _ROW
    head = (
        f'<svg class="states" viewBox="0 0 {width:.0f} {height:.0f}" style="max-width:{width:.0f}px" role="img" '
        'aria-label="Lifecycle diagram; the tables below say the same in words" xmlns="http://www.w3.org/2000/svg">'
    )
    tip = '<path d="M0 0L8 4L0 8z" style="fill:currentColor;stroke:none;opacity:1"/>'
    marker = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto-start-reverse">{tip}</marker></defs>'
    )
    taken: list[Box] = [_outline(node) for node in nodes.values()]
    labels = [_label(step, taken) for step in sorted(steps, key=lambda step: len(step.through)) if step.label]
    boxes = [_box(node, classes.get(name, "")) for name, node in nodes.items()]
    return "\n".join([head, STYLE, marker, *(_arrow(step) for step in steps), *boxes, *labels, "</svg>"])


def _curves(step: Step) -> list[Curve]:
    """The bends of a step: straight down at both ends of each."""
    points = [(node.x, node.y) for node in step.through]
    first, last = step.through[0], step.through[-1]
    points[0] = (first.x, first.y + (6 if first.name == _START else _HEIGHT / 2))
    points[-1] = (last.x, last.y - _HEIGHT / 2)
    return list(pairwise(points))


def _at(curve: Curve, t: float) -> tuple[float, float]:
    """A point of a bend, from 0 at its upper end to 1 at its lower end."""
    (x1, y1), (x2, y2) = curve
    mid = (y1 + y2) / 2
    a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
    return a * x1 + b * x1 + c * x2 + d * x2, a * y1 + b * mid + c * mid + d * y2


def _arrow(step: Step) -> str:
    curves = _curves(step)
    path = f"M{curves[0][0][0]:.1f} {curves[0][0][1]:.1f}"
    for (x1, y1), (x2, y2) in curves:
        mid = (y1 + y2) / 2
        path += f" C{x1:.1f} {mid:.1f} {x2:.1f} {mid:.1f} {x2:.1f} {y2:.1f}"
    tip = "marker-start" if step.back else "marker-end"
    kind = ' class="back"' if step.back else ""
    said = html.escape(f"{step.source} to {step.target}: {step.label}")
    return f'<path d="{path}"{kind} {tip}="url(#tip)"><title>{said}</title></path>'


def _label(step: Step, taken: list[Box]) -> str:
    """The label on a step, where it covers least of what stands there already; one line a name."""
    names = step.label.split(", ")
    half_width, half_height = max(map(len, names)) * _SMALL / 2, len(names) * _LINE / 2
    best: tuple[float, Box] | None = None
    for curve in _curves(step):
        for place in sorted(range(4, 17), key=lambda place: abs(place - 11)):  # the middle first
            x, y = _at(curve, place / 20)
            box = (x - half_width, y - half_height, x + half_width, y + half_height)
            cost = sum(_overlap(box, other) for other in taken)
            if best is None or cost < best[0] - 0.5:
                best = (cost, box)
    assert best is not None
    taken.append(best[1])
    x, top = (best[1][0] + best[1][2]) / 2, best[1][1] + _LINE / 2
    spans = "".join(
        f'<tspan x="{x:.1f}" y="{top + i * _LINE:.1f}">{html.escape(name)}</tspan>' for i, name in enumerate(names)
    )
    return f'<text class="label">{spans}</text>'


def _overlap(one: Box, other: Box) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across * down if across > 0 and down > 0 else 0.0


def _outline(node: Node) -> Box:
    half = node.width / 2 + 4
    return node.x - half, node.y - _HEIGHT / 2 - 4, node.x + half, node.y + _HEIGHT / 2 + 4


def _box(node: Node, kind: str) -> str:
    if node.name == _START:
        return f'<circle class="dot" cx="{node.x:.1f}" cy="{node.y:.1f}" r="6"/>'
    left, top = node.x - node.width / 2, node.y - _HEIGHT / 2
    rect = f'<rect x="{left:.1f}" y="{top:.1f}" width="{node.width:.1f}" height="{_HEIGHT}" rx="7"/>'
    name = html.escape(node.name)
    return f'<g class="{kind}">{rect}<text x="{node.x:.1f}" y="{node.y:.1f}">{name}</text></g>'
