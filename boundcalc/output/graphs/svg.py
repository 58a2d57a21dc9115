"""A picture of the layer graph as SVG: modules and repeats as frames, copies of the same once.

It has the colour of the text around it, light or dark, and no script; names are text, whatever is in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from boundcalc.exact.printing import thousands
from boundcalc.graph.counting import parameters_of
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.mistakes import escaped as printable
from boundcalc.output.graphs.parts.drawn import Drawn, drawn
from boundcalc.output.graphs.parts.levels import Point
from boundcalc.output.graphs.parts.outline import Cluster, Leaf, outline
from boundcalc.output.graphs.parts.placement import LINE, LONGEST, PAD, TITLE, Drawing, Placed, placement, title_of
from boundcalc.output.graphs.parts.wiring import wiring

MARGIN = 8.0
LISTED = 12  # layers that a box says it stands for


def graph_to_svg(graph: LayerGraph, identifier: str = "graph") -> str:
    """`identifier`: of this picture, in pages that have several."""
    found = drawn(graph)
    wired = wiring(found)
    drawing = placement(outline(found, wired), wired)
    width, height = drawing.width + 2 * MARGIN, drawing.height + 2 * MARGIN
    layers = sum(bool(box.kind) for box in found.boxes)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" role="img" aria-labelledby="{identifier}-title {identifier}-desc" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="{-MARGIN:g} {-MARGIN:g} {width:.1f} {height:.1f}" '
        'font-family="system-ui, sans-serif" font-size="11.5" fill="currentColor">',
        f'<title id="{identifier}-title">{_text(graph.name)}: the layers</title>',
        f'<desc id="{identifier}-desc">{layers:,} inputs and layers with {_text(thousands(parameters_of(graph)))} parameters, from the '
        "input above to the output below. Frames are modules and repeats; what is repeated is drawn once.</desc>",
        f'<defs><marker id="{identifier}-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 .8 7.5 4 0 7.2z" fill="currentColor" fill-opacity=".7"/></marker></defs>',
        *_frames(drawing, found),
        *_edges(drawing, identifier),
        *_boxes(drawing, found),
        "</svg>",
    ]
    return "\n".join(lines)


def _frames(drawing: Drawing, found: Drawn) -> Iterator[str]:
    for placed in drawing.boxes:
        if isinstance(placed.part, Cluster):
            yield (
                f'<g class="frame"><title>{_text(_whole(placed.part, found))}</title>{_rect(placed, 8)} fill="currentColor" '
                f'fill-opacity=".035" stroke="currentColor" stroke-opacity=".3"/>{_line(placed, title_of(placed.part), 14, "600", 10)}</g>'
            )


def _boxes(drawing: Drawing, found: Drawn) -> Iterator[str]:
    for placed in drawing.boxes:
        part = placed.part
        if not isinstance(part, Leaf):
            continue
        kind = "learned" if part.learned else "layer" if part.plain else "note"
        look = (
            f'{_rect(placed, 5)} fill="currentColor" fill-opacity="{0.11 if part.learned else 0.02}" stroke="currentColor" '
            f'stroke-opacity="{0.75 if part.plain else 0.3}"/>'
        )
        title = _line(placed, part.title, TITLE - 3, "600" if part.plain else "400", PAD)
        lines = "".join(_line(placed, line, TITLE + LINE * n + 10, "400", PAD) for n, line in enumerate(part.lines))
        yield f'<g class="{kind}"><title>{_text(_whole(part, found))}</title>{look}{title}{lines}</g>'


def _whole(part: Leaf | Cluster, found: Drawn) -> str:
    """What a person reads who points at it: all of its layers, with what they learn."""
    boxes = [box for box in found.boxes[part.first : part.last + 1] if box.kind]
    lines = [
        f"{box.title}: {box.kind} {box.shape}" + (f", {box.parameters} parameters" if box.parameters else "")
        for box in boxes[:LISTED]
    ]
    more = [f"and {len(boxes) - LISTED:,} more"] if len(boxes) > LISTED else []
    return "\n".join([*lines, *more]) or part.title


def _rect(placed: Placed, radius: int) -> str:
    return f'<rect x="{placed.x:.1f}" y="{placed.y:.1f}" width="{placed.width:.1f}" height="{placed.height:.1f}" rx="{radius}"'


def _line(placed: Placed, text: str, down: float, weight: str, right: float) -> str:
    shown = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return f'<text x="{placed.x + right:.1f}" y="{placed.y + down:.1f}" font-weight="{weight}">{_text(shown)}</text>'


def _edges(drawing: Drawing, identifier: str) -> Iterator[str]:
    yield '<g class="edges" fill="none" stroke="currentColor" stroke-opacity=".55">'
    ends = {(round(box.x + box.width / 2, 3), round(box.y, 3)) for box in drawing.boxes if isinstance(box.part, Leaf)}
    for route in drawing.routes:
        x, y = route[-1]
        arrow = f' marker-end="url(#{identifier}-arrow)"' if (round(x, 3), round(y, 3)) in ends else ""
        yield f'<path d="{_down(route)}"{arrow}/>'
    for route in drawing.backs:
        yield f'<path class="back" stroke-dasharray="4 3" d="{_around(route)}" marker-end="url(#{identifier}-arrow)"/>'
    yield "</g>"


def _down(route: Sequence[Point]) -> str:
    """Straight through layers, bent between them."""
    x, y = route[0]
    parts = [f"M{x:.1f} {y:.1f}"]
    for n, (a, b) in enumerate(route[1:]):
        if n % 2 == 0 or abs(a - x) < 0.05:
            parts.append(f"L{a:.1f} {b:.1f}")
        else:
            middle = (y + b) / 2
            parts.append(f"C{x:.1f} {middle:.1f} {a:.1f} {middle:.1f} {a:.1f} {b:.1f}")
        x, y = a, b
    return "".join(parts)


def _around(route: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in route)


def _text(text: str) -> str:
    return escape(printable(text))
