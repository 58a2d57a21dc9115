"""A program that is linear in some symbols as a map of floats, for a power iteration that calls it often.

Every node is divided by its value where all symbols are 1: a product of constants and one form is then that form, and a sum is
an average whose weights are computed once. Numbers of any magnitude fit, since entries are at most 1; what underflows is of no
weight. Nothing is certified.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy
from flint import ctx, fmpq
from numpy.typing import NDArray

from boundcalc.exact.balls import Number, Value, ball, maximum
from boundcalc.exact.enclosures import to_number
from boundcalc.program.dependence import dependents, leaves_with
from boundcalc.program.evaluate import Enclosures, check_values
from boundcalc.program.interpret import sweep, unbound
from boundcalc.program.ir import Op, Scalar

PRECISION = 64  # bits; what is left of it in deep programs is enough for weights
Vector = NDArray[np.float64]
Average = tuple[tuple[int, float], ...]  # places, and their weights


@dataclass(frozen=True, slots=True)
class LinearMap:
    """`averages` are the places after those of the arguments, in order. `outputs`: a place, and the weight of the output; None where
    it is zero."""

    averages: tuple[Average, ...]
    outputs: tuple[tuple[int, float] | None, ...]

    def __call__(self, point: Vector) -> Vector:
        """The outputs at nonnegative arguments, divided by the largest of those where all arguments are 1."""
        values: list[float] = point.tolist()
        for average in self.averages:
            if len(average) == 2:
                (a, weight), (b, other) = average
                values.append(weight * values[a] + other * values[b])
            else:
                values.append(sum(weight * values[place] for place, weight in average))
        return np.asarray([0.0 if end is None else end[1] * values[end[0]] for end in self.outputs])


def linear_map(
    outputs: Sequence[Scalar], arguments: Sequence[sympy.Symbol], values: Mapping[sympy.Symbol, Value]
) -> LinearMap:
    """The map of `outputs` that are linear in some symbols, with nonnegative coefficients: sums, and products by what does not
    depend on them; the symbols stand alone in the leaves.

    Raises MissingValues for other symbols without a value, ArithmeticError for a coefficient that is negative, ValueError for
    what is not linear.
    """
    arena = outputs[0].arena
    nodes = arena.nodes
    order = arena.needed(o.index for o in outputs)
    check_values(arena, order, values.keys() | set(arguments))
    moving = dependents(arena, order, leaves_with(arena, order, frozenset(arguments)))
    closed = unbound(arena, order)
    with ctx.workprec(PRECISION):
        ones = {symbol: to_number(value) for symbol, value in values.items()} | dict.fromkeys(arguments, fmpq(1))
        found = sweep(arena, closed, Enclosures(ones))
        if any(found[i] < 0 for i in moving):
            raise ArithmeticError("a coefficient is negative")
        place = {symbol: i for i, symbol in enumerate(arguments)}
        places: dict[int, int] = {}
        averages: list[Average] = []
        for index in (i for i in closed if i in moving and found[i] > 0):
            node = nodes[index]
            parts = [arg for arg in node.args if arg in moving]
            if isinstance(node.payload, sympy.Symbol):
                places[index] = place[node.payload]
            elif node.op is Op.MUL and len(parts) == 1:
                places[index] = places[parts[0]]
            elif node.op is Op.ADD and len(parts) == len(node.args):
                terms = [arg for arg in parts if arg in places]
                averages.append(tuple((places[arg], _ratio(found[arg], found[index])) for arg in terms))
                places[index] = len(arguments) + len(averages) - 1
            else:
                raise ValueError(f"a {node.op.value} that is not linear in {', '.join(map(str, arguments))}")
        ends = [o.index for o in outputs]
        largest = maximum([fmpq(0), *(found[i] for i in ends)])
        return LinearMap(
            tuple(averages), tuple((places[i], _ratio(found[i], largest)) if i in places else None for i in ends)
        )


def _ratio(x: Number, y: Number) -> float:
    return float((ball(x) / ball(y)).mid())
