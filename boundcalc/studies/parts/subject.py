"""What is attacked of some bounds: their network where all repeats are unrolled, at the values of the symbols."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import sympy

from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.named import LayerBounds
from boundcalc.bounds.values import without_value
from boundcalc.calculus.quantities import QUANTITIES
from boundcalc.exact.balls import Number
from boundcalc.exact.values import substitute
from boundcalc.falsification.network import network_of
from boundcalc.falsification.norms import norm_of
from boundcalc.falsification.sets import domain_of
from boundcalc.falsification.subject import OBJECTIVE, OUTPUT, Subject, Target
from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.graph.selection import select
from boundcalc.mistakes import Mistake, Place, SpecError

MOST_ENTRIES, MOST_LAYERS = 200_000, 2_000  # that one pass computes


def subject_of(bounds: Bounds) -> tuple[Subject, Mapping[Target, Number | None]]:
    """What is attacked, and the number of each target's bound, where there is one, measured as the bounds are; an objective is
    a number. The feature axes are those of the graph that was bounded: copies of a pass may have others.

    Raises SpecError for symbols without values and what is too large.
    """
    values, measure = bounds.values, bounds.options.measure
    if missing := without_value(bounds.graph.conditions, values):
        finding = f"only networks with numbers can be attacked; without a value: {', '.join(missing)}"
        raise _refusal(bounds, finding, f"give them with --set {missing[0]}=4 (bc.override in Python)")
    if bounds.primitives.given is not None:
        finding = "norms of features are those of given weights, which the attack does not know"
        raise _refusal(bounds, finding, "leave `features` out of the file of values")
    rows = {path: _last_copy(bounds.graph, row, values) for path, row in bounds.layers.items()}
    graph = _unrolled(bounds)
    subject = Subject(
        network=network_of(graph, values),
        domain=domain_of(graph, bounds.architecture.inputs, select(graph, bounds.options.wrt), values),
        rows={OUTPUT: graph.outputs, **{path: (node,) for path, node in rows.items() if node is not None}},
        regularizer=0.0 if graph.regularizer is None else float(substitute(graph.regularizer.weight, values)),
        norms={
            OUTPUT: norm_of(measure, [bounds.graph.node(path) for path in bounds.graph.outputs]),
            **{path: norm_of(measure, [bounds.graph.node(path)]) for path in rows},
        },
        highest=max(quantity.order for quantity in bounds.figures),
    )
    if subject.network.entries > MOST_ENTRIES:
        shapes = subject.network.shapes
        largest = max(shapes, key=lambda name: math.prod(shapes[name]))
        size = f"one pass computes {subject.network.entries:,} numbers, more than {MOST_ENTRIES:,}"
        finding = f"{size}; the largest array is '{largest}' of shape {list(shapes[largest])}"
        raise _too_large(bounds, finding, _size_field(graph, largest))
    rows_of = {
        OUTPUT: bounds.figures,
        **{path: row.figures for path, row in bounds.layers.items() if path in subject.rows},
    }
    if bounds.objective is not None:
        rows_of[OBJECTIVE] = bounds.objective.figures
    return subject, {
        (key, quantity.order): bounds.numbers.get(bound)
        for key, figures in rows_of.items()
        for quantity, bound in figures.items()
        if quantity in QUANTITIES  # an upper curvature says nothing of how far F is bent downwards
    }


def _unrolled(bounds: Bounds) -> LayerGraph:
    """Every pass of a repeat has layers of its own."""
    try:
        graph = expand(bounds.architecture, unroll=True, max_layers=MOST_LAYERS)
    except SpecError as error:
        if any(mistake.kind == "too_large" for mistake in error.mistakes):
            raise _too_large(bounds, f"it has more than {MOST_LAYERS} layers") from None
        raise
    if graph.loops:
        raise _too_large(bounds, f"it has more than {MOST_LAYERS} layers")
    return graph


def _last_copy(graph: LayerGraph, row: LayerBounds, values: Mapping[sympy.Symbol, sympy.Expr]) -> str | None:
    """The node of a row where repeats are unrolled: what stands in symbolic repeats means its last copy; None if there is none."""
    path = row.path
    for loop in graph.node(row.path).loops:
        passes = int(substitute(graph.loops[loop].times, values))
        if passes == 0:
            return None
        path = path.replace("*", str(passes - 1), 1)
    return path


def _size_field(graph: LayerGraph, array: str) -> Sequence[str]:
    """The path of the field that the layer with this array has its width from; none for an input."""
    owners = (layer for layer in graph.layers for own in layer.arrays if own.origin == array and not own.shared)
    return [f"{layer.path}.{field}" for layer in owners if (field := layer.kind.fields.value_field) is not None][:1]


def _too_large(bounds: Bounds, reason: str, fields: Sequence[str] = ()) -> SpecError:
    """The remedy names the symbols with the largest values, which are most often sizes, and fields."""
    values = {name: bounds.values[symbol] for name, symbol in bounds.symbols.items()}
    sizes = sorted((-value, name) for name, value in values.items() if value.is_Integer and value > 4)
    how = " ".join(f"--set {name}=4" for name in (*(name for _, name in sizes[:3]), *fields))
    remedy = f"scale the spec down: {how or '--set PATH.units=4, for the path of a layer'}"
    return _refusal(bounds, f"the network is too large to attack: {reason}", remedy)


def _refusal(bounds: Bounds, finding: str, remedy: str) -> SpecError:
    return SpecError([Mistake(Place(bounds.architecture.source), finding, remedy, "cannot_attack")])
