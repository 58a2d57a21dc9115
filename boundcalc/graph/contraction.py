"""Whether fixed points exist: by Banach, where the layers inside contract, by a factor that is known to be below 1."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.calculus.euclidean import Euclidean
from boundcalc.calculus.extended import Unbounded
from boundcalc.calculus.primitives import FixedPoint, PrimitiveGraph
from boundcalc.calculus.trace import contraction_factors
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.language.conditions import said
from boundcalc.language.fields import fail
from boundcalc.mistakes import Mistakes, SpecError
from boundcalc.program.ir import Arena

SMALLER = "give the layers inside a smaller `radius:`, or multiply what they make of the state by a number below 1"
BOUNDED = (
    "end the layers inside with one of bounded values such as tanh, or multiply the state by nothing that depends on it"
)


def contracting(graph: LayerGraph, primitives: PrimitiveGraph) -> PrimitiveGraph:
    """The primitives with the contraction factor of each fixed point; that it is below 1 is kept as a condition.

    Raises SpecError where a factor is infinite, or not below 1 at the values of the symbols.
    """
    known, mistakes = list(primitives.primitives), Mistakes()
    for at, factor in contraction_factors(primitives, Euclidean(Arena())).items():
        fixed = known[at]
        assert isinstance(fixed, FixedPoint)
        try:
            known[at] = replace(fixed, factor=_below_one(graph, fixed.path, factor))
        except SpecError as error:
            mistakes.extend(error)
    mistakes.raise_if_any()
    return replace(primitives, primitives=tuple(known))


def _below_one(graph: LayerGraph, state: str, factor: sympy.Expr | Unbounded) -> sympy.Expr:
    fixed = graph.fixed_points[state]
    what = f"'{fixed.path}' may have no fixed point: the Lipschitz constant of its layers in the state"
    if isinstance(factor, Unbounded):
        where = f" (from '{graph.node(factor.layer).title}' on)" if factor.layer else ""
        raise fail(fixed.place, f"{what} has no known bound: {factor.reason}{where}", BOUNDED)
    if graph.conditions.holds(cast(Boolean, sympy.Lt(factor, 1, evaluate=False)), fixed.place) is False:
        bound = said(graph.conditions.exact(factor, fixed.place))
        raise fail(fixed.place, f"{what} is bounded by {bound}, which is not below 1", SMALLER)
    return factor
