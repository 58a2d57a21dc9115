"""Fixed points on arrays: the layers inside, over and over from zero."""

from __future__ import annotations

import math
from collections.abc import Mapping

import sympy

from boundcalc.calculus.primitives import FixedPoint
from boundcalc.exact.values import substitute
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.graph.lower import lower
from boundcalc.graph.selection import Selection

EXACT = 1e-14  # what is left of the distance to the fixed point, relative


def passes_of(graph: LayerGraph, values: Mapping[sympy.Symbol, sympy.Expr]) -> Mapping[str, int]:
    """How many passes each fixed point takes, by the node of its state. Whatever is left, the state of every pass has the bounds of
    the fixed point: it is where the layers inside, as many times in a row, map zero.

    Raises SpecError where there may be no fixed point.
    """
    if not graph.fixed_points:
        return {}
    found: dict[str, int] = {}
    for primitive in lower(graph, Selection()).primitives:
        if isinstance(primitive, FixedPoint) and primitive.factor is not None:
            factor = float(substitute(primitive.factor, values))
            found[primitive.path] = 1 if factor == 0 else max(1, math.ceil(math.log(EXACT) / math.log(factor)))
    return found
