"""`features` of a file of values: norms of the outputs of layers at given weights, which are the centres of all balls.

For inputs at which they hold, ||z(w)|| <= ||z(w0)|| plus the length of the way from w0 to w (calculus/trace.py). That needs that the set
contains w0 and, with any w, what is between them; what does not meet it is refused. Proof: docs/rules.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import cast

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
    said = {path: value for path, value in graph.given.items() if not value.is_null and value.text.strip()}
    flaws = first_flaws(graph) if said else {}
    obeyed = set[str]()
    for path, value in said.items():
        try:
            layer = _layer(graph, path, value.place)
            flaw = flaws.get(layer.path)
            if flaw is not None:
                raise fail(value.place, flaw.finding, flaw.remedy)
            _require_spectral(graph, layer, value.place, obeyed)
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
    if any(loop.path == path for loop in graph.loops.values()):
        raise fail(place, *_in_loop(path))
    if not isinstance(node, Layer):
        raise fail(place, f"'{path}' is no layer", "a norm is one of the output of a layer")
    return node


def _in_loop(path: str) -> tuple[str, str]:
    finding = f"'{path}' is a repeat with a symbolic number of times, or inside one"
    return finding, "give the repeat a number of times, or leave the norm out"


def _is_copy(path: str, known: str) -> bool:
    parts, pattern = path.split("."), known.split(".")
    return len(parts) == len(pattern) and all(a == b or b == "*" for a, b in zip(parts, pattern, strict=True))


def _inside_fixed_points(graph: LayerGraph, order: Sequence[str]) -> Set[str]:
    inside, places = set[str](), {path: place for place, path in enumerate(order)}
    for fixed in graph.fixed_points.values():
        inside.update(order[places[fixed.state] : places[fixed.last] + 1])
    return inside


def _norm(graph: LayerGraph, value: Scalar) -> sympy.Expr:
    norm = parse(value.text, value.place).evaluate(graph.conditions.symbols)
    if graph.conditions.holds(at_least(norm, sympy.S.Zero), value.place) is False:
        raise fail(value.place, f"a norm must not be negative: {norm}")
    return norm


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why the norm of a layer at given weights may not be said."""

    finding: str
    remedy: str


def first_flaws(graph: LayerGraph) -> Mapping[str, Flaw]:
    """Of each layer whose norm at given weights may not be said, why: everything that it is made of needs a centre, and the set has to be
    one that contains the way from it."""
    order, found = list(graph.nodes), dict[str, Flaw]()
    balls = _Balls.of(graph)
    inside = _inside_fixed_points(graph, order)
    has_states = bool(
        graph.loops or graph.fixed_points
    )  # which are no edges of the graph: with such, all before it is below
    first: dict[str, Flaw] = {}  # without saying of which layer
    latest: Flaw | None = None
    for path in order:
        node = graph.node(path)
        below = latest if has_states else next((first[at] for at in graph.node(path).inputs if at in first), None)
        own = _own_flaw(balls, node) if isinstance(node, Layer) else None
        latest = below or own
        if latest is not None:
            first[path] = latest
        if isinstance(node, Layer):
            alone = _flaw_alone(graph, node, inside)
            if alone is not None:
                found[path] = alone
            elif latest is not None:
                found[path] = Flaw(
                    f"the norm of '{path}' is that at given weights, and {latest.finding}", latest.remedy
                )
    return found


def _flaw_alone(graph: LayerGraph, layer: Layer, inside: Set[str]) -> Flaw | None:
    if layer.loops:
        return Flaw(*_in_loop(layer.path))
    if layer.path == graph.loss:
        return Flaw(f"'{layer.path}' is no layer", "a norm is one of the output of a layer")
    if layer.path in inside:
        return Flaw(f"'{layer.path}' is inside a fixed point", "give the norm of a layer after it")
    return None


def _own_flaw(balls: _Balls, layer: Layer) -> Flaw | None:
    if layer.placed.least or layer.placed.most:
        finding = f"the arrays of '{layer.path}' are restricted to a set that need not contain them"
        return Flaw(finding, "leave the norm out")
    for array in layer.arrays:
        if not balls.is_centred(array):
            remedy = (
                f"say the norm of the array of which {layer.path}.{array.name} is around: `center: 0` if it is zero"
            )
            return Flaw(f"'{array.origin}' has no centre", remedy)
    if layer.spectral is not None and _center_spectral(layer) is None:
        finding = f"'{layer.path}' has a spectral bound that its centre is not known to obey"
        return Flaw(finding, "say its operator norm: center: {weight: {norm: E, spectral: E}}")
    return None


@dataclass(frozen=True, slots=True)
class _Balls:
    """`centred`: balls with a centre; `by_name`: those in which a centre is given to single arrays; `owners`: arrays by their origin."""

    centred: Set[str]
    by_name: Set[str]
    owners: Mapping[str, Array]

    @staticmethod
    def of(graph: LayerGraph) -> _Balls:
        own = [array for layer in graph.layers for array in layer.arrays if not array.shared]
        return _Balls(
            {path for path, ball in graph.balls.items() if ball.center is not None},
            {array.ball for array in own if array.center is not None},
            {array.origin: array for array in reversed(own)},
        )

    def is_centred(self, array: Array) -> bool:
        """Whether its centre is given: by name, or with the whole ball."""
        owner = self.owners.get(array.origin, array)
        return array.ball in self.centred and (owner.center is not None or array.ball not in self.by_name)


def _center_spectral(layer: Layer) -> sympy.Expr | None:
    return next((a.center_spectral for a in layer.arrays if a.center_spectral is not None), None)


def _require_spectral(graph: LayerGraph, layer: Layer, place: Place, obeyed: set[str]) -> None:
    """The given weights obey the spectral bounds below a layer, but for what is in `obeyed` and joins it: else the way to them leaves the
    set."""
    order = list(graph.nodes) if graph.loops or graph.fixed_points else []
    waiting = order[: order.index(layer.path) + 1] if order else [layer.path]
    while waiting:
        path = waiting.pop()
        if path in obeyed:
            continue
        obeyed.add(path)
        waiting.extend(graph.node(path).inputs)
        node = graph.node(path)
        if not isinstance(node, Layer) or node.spectral is None:
            continue
        known = _center_spectral(node)
        if known is not None:
            graph.conditions.require(cast(Boolean, sympy.Le(known, node.spectral, evaluate=False)), place)
