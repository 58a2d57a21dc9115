"""`features` of a file of values: norms of the outputs of layers at given weights, which are the centres of all balls.

For inputs at which they hold, ||z(w)|| <= ||z(w0)|| plus the length of the way from w0 to w (calculus/trace.py). That needs that the set
contains w0 and, with any w, what is between them; what does not meet it is refused. Proof: docs/rules.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import networkx as nx
import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.calculus.euclidean import Euclidean
from boundcalc.calculus.extended import Unbounded
from boundcalc.calculus.primitives import GivenPoint, PrimitiveGraph
from boundcalc.calculus.trace import bounds_near
from boundcalc.exact.expression import parse
from boundcalc.exact.intervals import at_least
from boundcalc.graph.layer_graph import Array, Layer, LayerGraph
from boundcalc.graph.selection import Selection
from boundcalc.language.fields import fail
from boundcalc.language.tree import Scalar
from boundcalc.mistakes import Mistakes, Place, SpecError, shown, suggest
from boundcalc.program.ir import Arena

NOTE = "the norms of features are those at the given weights: the bounds hold for inputs where the outputs of these layers have them"


def given_point(graph: LayerGraph, selection: Selection) -> tuple[GivenPoint | None, tuple[str, ...]]:
    """What is known at the given weights, and what to tell a person of it. Raises SpecError with every mistake."""
    mistakes, norms = Mistakes(), dict[str, sympy.Expr]()
    for path, value in graph.given.items():
        try:
            if not value.is_null and value.text.strip():
                layer = _layer(graph, path, value.place)
                _check(graph, layer, value.place)
                norm = _norm(graph, value)
                norms[layer.path] = sympy.Min(norm, norms[layer.path]) if layer.path in norms else norm
        except SpecError as error:
            mistakes.extend(error)
    mistakes.raise_if_any()
    if not norms:
        return None, ()
    if selection.inputs:
        moved = ", ".join(f"'{name}'" for name in sorted(selection.inputs))
        return None, (
            f"the norms of features are left out: they are those at given inputs, and {moved} is differentiated by",
        )
    return GivenPoint(norms, {ball.path: ball.radius for ball in graph.balls.values()}), (NOTE,)


def around(primitives: PrimitiveGraph, given: GivenPoint) -> PrimitiveGraph:
    """The primitives with what is known at the given point; a norm of which nothing follows is told."""
    found = replace(primitives, given=given)
    bounds = bounds_near(found, Euclidean(Arena()))
    idle = [
        f"nothing follows from the norm of the features of '{path}': its Lipschitz constant is infinite, {bound.reason}"
        for path in given.norms
        if isinstance(bound := bounds[primitives.outputs[path]], Unbounded)
    ]
    return replace(found, warnings=(*found.warnings, *idle))


def _layer(graph: LayerGraph, path: str, place: Place) -> Layer:
    if path not in graph.paths:
        inside = next((known for known in graph.paths if ".*" in known and _is_copy(path, known)), None)
        if inside is not None:
            finding = (
                f"'{path}' is a copy in a repeat with a symbolic number of times, which has no value or a large one"
            )
            raise fail(place, finding, "give the repeat a number of times, or leave the norm out")
        remedy = suggest(path, graph.paths) or "`boundcalc show` lists the paths"
        raise fail(place, f"there is no layer {shown(path)}", remedy)
    node = graph.node(graph.paths[path])
    if node.loops or any(loop.path == path for loop in graph.loops.values()):
        finding = f"'{path}' is a repeat with a symbolic number of times, or inside one"
        raise fail(place, finding, "give the repeat a number of times, or leave the norm out")
    if not isinstance(node, Layer) or node.path == graph.loss:
        raise fail(place, f"'{path}' is no layer", "a norm is one of the output of a layer")
    if node.path in _inside_fixed_points(graph):
        raise fail(place, f"'{path}' is inside a fixed point", "give the norm of a layer after it")
    return node


def _is_copy(path: str, known: str) -> bool:
    parts, pattern = path.split("."), known.split(".")
    return len(parts) == len(pattern) and all(a == b or b == "*" for a, b in zip(parts, pattern, strict=True))


def _inside_fixed_points(graph: LayerGraph) -> set[str]:
    inside, order = set[str](), list(graph.digraph)
    for fixed in graph.fixed_points.values():
        inside.update(order[order.index(fixed.state) : order.index(fixed.last) + 1])
    return inside


def _norm(graph: LayerGraph, value: Scalar) -> sympy.Expr:
    norm = parse(value.text, value.place).evaluate(graph.conditions.symbols)
    if graph.conditions.holds(at_least(norm, sympy.S.Zero), value.place) is False:
        raise fail(value.place, f"a norm must not be negative: {norm}")
    return norm


def _check(graph: LayerGraph, layer: Layer, place: Place) -> None:
    """Everything that the layer is made of has a centre, and the set is one that contains the way from it."""
    what = f"the norm of '{layer.path}' is that at given weights"
    for each in _below(graph, layer):
        if each.placed.least or each.placed.most:
            finding = f"{what}, and the arrays of '{each.path}' are restricted to a set that need not contain them"
            raise fail(place, finding, "leave the norm out")
        for array in each.arrays:
            if not _is_centred(graph, array):
                remedy = (
                    f"say the norm of the array of which {each.path}.{array.name} is around: `center: 0` if it is zero"
                )
                raise fail(place, f"{what}, and '{array.origin}' has no centre", remedy)
        _check_spectral(graph, each, place, what)


def _below(graph: LayerGraph, layer: Layer) -> Iterator[Layer]:
    """What it is made of. The states of repeats and fixed points are no edges of the graph: with such, all that is before it."""
    order = list(graph.digraph)
    all_before = order[: order.index(layer.path) + 1]
    has_states = graph.loops or graph.fixed_points
    paths = {layer.path, *(all_before if has_states else nx.ancestors(graph.digraph, layer.path))}
    return (each for each in graph.layers if each.path in paths)


def _is_centred(graph: LayerGraph, array: Array) -> bool:
    """Whether its centre is given: by name, or with the whole ball."""
    arrays = [a for layer in graph.layers for a in layer.arrays if a.ball == array.ball and not a.shared]
    by_name = any(a.center is not None for a in arrays)
    owner = next((a for a in arrays if a.origin == array.origin), array)
    return graph.balls[array.ball].center is not None and (owner.center is not None or not by_name)


def _check_spectral(graph: LayerGraph, layer: Layer, place: Place, what: str) -> None:
    """The given weights obey the spectral bound: else the way to them leaves the set."""
    if layer.spectral is None:
        return
    known = [a.center_spectral for a in layer.arrays if a.center_spectral is not None]
    if not known:
        finding = f"{what}, and '{layer.path}' has a spectral bound that its centre is not known to obey"
        raise fail(place, finding, "say its operator norm: center: {weight: {norm: E, spectral: E}}")
    graph.conditions.require(cast(Boolean, sympy.Le(known[0], layer.spectral, evaluate=False)), place)
