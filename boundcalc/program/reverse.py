"""The reverse pass on numbers: a value and its derivatives by all symbols, at a few times the cost of the value.

`differentiate.gradient` makes a program of the derivatives, for closed forms, other values and second derivatives; where
only numbers at one point are asked for, that program need not be built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import sympy
from flint import ctx

from boundcalc.exact.balls import Number, Value, add, compare, multiply
from boundcalc.exact.enclosures import evaluate_leaf, to_number
from boundcalc.program.arithmetic import Numbers
from boundcalc.program.backward import backward
from boundcalc.program.dependence import leaves_with
from boundcalc.program.evaluate import Enclosures, check_values
from boundcalc.program.interpret import sweep
from boundcalc.program.ir import Op, Scalar
from boundcalc.program.slopes import has_kink, leaf_derivative


def value_and_gradient(
    output: Scalar,
    values: Mapping[sympy.Symbol, Value],
    wrt: Sequence[sympy.Symbol],
    precision: int = 128,
    ties: list[int] | None = None,
) -> tuple[Number, list[Number]] | None:
    """The value of a program and its derivatives; None where it has loops, or minima in a leaf
    (use `differentiate.gradient`).

    A minimum passes the derivative on to its active branch; `ties` receives those with several. Raises as `evaluate`.
    """
    arena = output.arena
    order = arena.needed([output.index])
    nodes = arena.nodes
    wanted = frozenset(wrt)
    leaves = (payload for i in order if isinstance(payload := nodes[i].payload, sympy.Expr))
    if any(nodes[i].op in (Op.LOOP, Op.SELECT) for i in order) or any(has_kink(leaf, wanted) for leaf in leaves):
        return None
    check_values(arena, order, values.keys())
    with ctx.workprec(precision):
        exact = {symbol: to_number(value) for symbol, value in values.items()}
        numbers = sweep(arena, order, Enclosures(exact))
        slopes: dict[sympy.Symbol, list[Number]] = {symbol: [] for symbol in wrt}
        targets = leaves_with(arena, order, wanted)
        for index, adjoint in backward(arena, output.index, targets, _AtPoint(numbers, ties), order).items():
            leaf = nodes[index].payload
            assert isinstance(leaf, sympy.Expr)
            for symbol in wanted & leaf.free_symbols:
                slope = evaluate_leaf(leaf_derivative(leaf, symbol), exact)
                slopes[symbol].append(multiply((adjoint, slope)))
        return numbers[output.index], [add(slopes[symbol]) for symbol in wrt]


class _AtPoint:
    """Adjoints as numbers; of a minimum the active branch has all of it."""

    arithmetic = Numbers()

    def __init__(self, numbers: Mapping[int, Number], ties: list[int] | None) -> None:
        self.numbers, self.ties = numbers, ties
        self.value = numbers.__getitem__

    def vanishes(self, adjoint: Number) -> bool:
        return False  # 0 times a slope that does not exist must not come out as 0

    def chosen(self, index: int, op: Op, keys: Sequence[int], adjoint: Number) -> dict[int, Number]:
        first = 0
        for i in range(1, len(keys)):
            order = compare(self.numbers[keys[i]], self.numbers[keys[first]])
            if not order and self.ties is not None:
                self.ties.append(index)
            if order == (-1 if op is Op.MIN else 1):
                first = i
        return {first: adjoint}

    def loop(self, index: int, adjoints: Mapping[int, Number], active: Set[int]) -> list[tuple[int, Number]]:
        raise AssertionError("programs with loops are turned down before")
