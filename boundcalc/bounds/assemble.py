"""From figures to bounds: every figure gets its name, and the closed forms are those of all of them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import sympy

from boundcalc.arguments import Named
from boundcalc.blocks.figures import Figure, Grouped, NodeFigures
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.forms import Forms
from boundcalc.bounds.named import LayerBounds, Objective
from boundcalc.calculus.primitives import Map, PrimitiveGraph
from boundcalc.calculus.quantities import THIRD_ORDER, Quantity
from boundcalc.catalogue.fact import Fact
from boundcalc.graph.layer_graph import Layer, LayerGraph


@dataclass(frozen=True, slots=True)
class Assembled:
    """The bounds of the network, of its objective, and of every layer, by path."""

    network: Mapping[Quantity, Bound]
    objective: Objective | None
    rows: Mapping[str, LayerBounds]


def assemble(
    graph: LayerGraph, primitives: PrimitiveGraph, grouped: Grouped, samples: Callable[[], Mapping[str, Figure]]
) -> Assembled:
    """`samples`: the figures of the gradients of one sample's loss, which are found when somebody asks."""
    rows = {path: _named(figures, path=path) for path, figures in grouped.rows.items()}
    network = _named(grouped.output)
    objective = None if grouped.objective is None else _named(grouped.objective, "objective_")
    named = [*rows.values(), network, *(() if objective is None else (objective,))]
    scalars = ((name, figure.scalar) for figures in named for name, figure in figures.values())
    forms = Forms(graph.conditions.symbols, [(name, scalar) for name, scalar in scalars if scalar is not None])

    def bounds(figures: _Named, path: str = "") -> Mapping[Quantity, Bound]:
        exists = graph.exists(path) if path else ()
        return {
            q: Bound(name, figure, forms, graph.conditions, exists, q.guarantees)
            for q, (name, figure) in figures.items()
        }

    @cache
    def per_sample() -> Mapping[str, Bound]:
        figures = {path: (f"per_sample_{path}", figure) for path, figure in samples().items()}
        scalars = [(name, figure.scalar) for name, figure in figures.values()]
        own = Forms(graph.conditions.symbols, [(name, scalar) for name, scalar in scalars if scalar is not None])
        return {
            path: Bound(name, figure, own, graph.conditions, graph.exists(path))
            for path, (name, figure) in figures.items()
        }

    searched = _searched(primitives, THIRD_ORDER in grouped.output)

    def row(path: str) -> LayerBounds:
        layer = graph.layer(path)
        own = Named("constant", primitives.own.get(path, {}))
        return LayerBounds(layer, _radius(graph, layer), own, bounds(rows[path], path), searched.get(path, {}))

    return Assembled(
        bounds(network),
        None if objective is None else Objective(bounds(objective), per_sample),
        {path: row(path) for path in rows},
    )


_Named = Mapping[Quantity, tuple[str, Figure]]


def _named(figures: NodeFigures, prefix: str = "", path: str = "") -> _Named:
    suffix = f"_{path}" if path else ""
    return {quantity: (f"{prefix}{quantity.name}{suffix}", figure) for quantity, figure in figures.items()}


def _radius(graph: LayerGraph, layer: Layer) -> sympy.Expr | Mapping[str, sympy.Expr] | None:
    """The radius of the ball of a layer's own arrays, or one for each array or map."""
    own = {array.ball: graph.balls[array.ball].radius for array in layer.arrays if not array.shared}
    if own.keys() <= {layer.path}:
        return own.get(layer.path)
    return {ball.removeprefix(f"{layer.path}."): radius for ball, radius in own.items()}


def _searched(primitives: PrimitiveGraph, has_third: bool) -> Mapping[str, Mapping[str, Fact]]:
    """By layer, the constants that were searched for."""
    found: dict[str, Mapping[str, Fact]] = {}
    for primitive, owner in zip(primitives.primitives, primitives.owners, strict=True):
        if isinstance(primitive, Map):
            entry = primitive.entry
            named = {"lipschitz": entry.lipschitz, "smoothness": entry.smoothness, "sup": entry.sup}
            named |= {THIRD_ORDER.name: entry.third} if has_third else {}
            facts = {name: fact for name, fact in named.items() if fact is not None and fact.enclosure is not None}
            if facts:
                found[owner] = facts
    return found
