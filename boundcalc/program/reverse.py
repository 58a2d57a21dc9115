"""The reverse pass on numbers: a value and its derivatives by all symbols, at a few times the cost of the value.

`differentiate.gradient` makes a program of the derivatives, for closed forms, other values and second derivatives; where
only numbers at one point are asked for, that program need not be built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import sympy
from flint import ctx, fmpq

from boundcalc.exact.balls import Number, Value, add, compare, multiply, power
from boundcalc.exact.enclosures import evaluate_leaf, to_number
from boundcalc.program.differentiate import has_kink, leaf_derivative
from boundcalc.program.evaluate import sweep
from boundcalc.program.ir import Node, Op, Scalar


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
    with ctx.workprec(precision):
        exact = {symbol: to_number(value) for symbol, value in values.items()}
        numbers = sweep(arena, order, exact)
        active: set[int] = set()
        for i in order:
            payload = nodes[i].payload
            if isinstance(payload, sympy.Expr):
                if not wanted.isdisjoint(payload.free_symbols):
                    active.add(i)
            elif not active.isdisjoint(nodes[i].args):
                active.add(i)
        adjoints: dict[int, list[Number]] = {output.index: [fmpq(1)]}
        slopes: dict[sympy.Symbol, list[Number]] = {symbol: [] for symbol in wrt}
        for i in reversed(order):
            parts = adjoints.pop(i, None)
            if parts is None or i not in active:
                continue
            adjoint = parts[0] if len(parts) == 1 else add(parts)
            payload = nodes[i].payload
            if isinstance(payload, sympy.Expr):
                for symbol in wanted.intersection(payload.free_symbols):
                    slope = evaluate_leaf(leaf_derivative(payload, symbol), exact)
                    slopes[symbol].append(multiply((adjoint, slope)))
                continue
            for arg, pulled in _pull(nodes[i], numbers[i], numbers, adjoint, i, ties):
                if arg in active:
                    adjoints.setdefault(arg, []).append(pulled)
        return numbers[output.index], [add(slopes[symbol]) for symbol in wrt]


def _pull(
    node: Node, value: Number, numbers: Mapping[int, Number], adjoint: Number, index: int, ties: list[int] | None
) -> list[tuple[int, Number]]:
    """The adjoint of a node, passed on to its arguments."""
    args = node.args
    if node.op is Op.ADD:
        return [(arg, adjoint) for arg in args]
    if node.op is Op.MUL:
        return list(zip(args, _products_without_one([numbers[arg] for arg in args], adjoint), strict=True))
    if node.op is Op.HYPOT:
        scaled = multiply((adjoint, power(value, Fraction(-1))))
        return [(arg, multiply((scaled, numbers[arg]))) for arg in args]
    if isinstance(node.payload, Fraction):
        exponent = node.payload
        factor = fmpq(exponent.numerator, exponent.denominator)
        return [(args[0], multiply((adjoint, factor, power(numbers[args[0]], exponent - 1))))]
    first = args[0]
    for arg in args[1:]:
        order = compare(numbers[arg], numbers[first])
        if not order and ties is not None:
            ties.append(index)
        if order == (-1 if node.op is Op.MIN else 1):
            first = arg
    return [(first, adjoint)]


def _products_without_one(factors: Sequence[Number], first: Number) -> list[Number]:
    """For each factor `first` times the others, by prefix and suffix products."""
    if len(factors) == 2:
        return [multiply((first, factors[1])), multiply((first, factors[0]))]
    prefixes = [first]
    for factor in factors[:-1]:
        prefixes.append(multiply((prefixes[-1], factor)))
    products, suffix = [prefixes[-1]], factors[-1]
    for factor, prefix in zip(factors[-2::-1], prefixes[-2::-1], strict=True):
        products.append(multiply((prefix, suffix)))
        suffix = multiply((suffix, factor))
    return products[::-1]
