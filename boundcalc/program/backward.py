"""The one sweep from an output back to the leaves: adjoints, d output / d node, as scalars of the program itself.

What a node passes on to an argument is a number times a node times an adjoint. Numbers are multiplied as numbers, and what comes
with the same node is added up before it is multiplied by it: a step of the program saved for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from fractions import Fraction

import sympy

from boundcalc.program.dependence import dependents
from boundcalc.program.ir import FOLD_BITS, Arena, Node, Op, Scalar

# From the adjoints of the results of the loop at a node, by positions, to those of nodes before it.
PullLoop = Callable[[int, Mapping[int, Scalar], Set[int]], Sequence[tuple[int, Scalar]]]

_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class _Part:
    """number * factor * adjoint; no factor is 1."""

    adjoint: Scalar
    number: Fraction = _ONE
    factor: Scalar | None = None


def backward(
    arena: Arena, output: int, targets: Set[int], pull_loop: PullLoop, order: Sequence[int] | None = None
) -> dict[int, Scalar]:
    """The adjoints of those targets that the output depends on, the last first.

    `order` are the nodes to pass, arguments first; without it, all that the output is made of.
    """
    order = arena.needed([output]) if order is None else order
    active = dependents(arena, order, targets)
    if output not in active:
        return {}
    parts: dict[int, list[_Part]] = {output: [_Part(arena.one)]}
    finals: dict[int, dict[int, Scalar]] = {}  # of loops: the adjoints of their results
    adjoints: dict[int, Scalar] = {}
    for index in reversed(order):
        node = arena.nodes[index]
        if index in parts:
            whole = _sum(parts.pop(index))
            if index in targets:
                adjoints[index] = _product(whole)
                continue
            if isinstance(node.payload, int):
                finals.setdefault(node.args[0], {})[node.payload] = _product(whole)
                continue
            found = _pull(arena, index, node, whole)
        elif index in finals:
            found = ((arg, _Part(adjoint)) for arg, adjoint in pull_loop(index, finals.pop(index), active))
        else:
            continue
        for arg, part in found:
            if arg in active and not part.adjoint.is_zero:
                parts.setdefault(arg, []).append(part)
    return adjoints


def _pull(arena: Arena, index: int, node: Node, whole: _Part) -> Iterator[tuple[int, _Part]]:
    """The adjoint of a node, which has no factor, passed on to its arguments."""
    args, number, adjoint = node.args, whole.number, whole.adjoint
    if node.op is Op.ADD:
        yield from ((arg, whole) for arg in args)
    elif node.op is Op.MUL:
        yield from _factors(arena, args, number, adjoint)
    elif isinstance(node.payload, Fraction):
        slope = arena.power(arena.scalar(args[0]), node.payload - 1)
        yield args[0], _Part(adjoint, number * node.payload, slope)
    elif node.op is Op.HYPOT:
        over = adjoint / arena.scalar(index)
        yield from ((arg, _Part(over, number, arena.scalar(arg))) for arg in args)
    else:
        is_select = isinstance(node.payload, Op)  # a small change of a key of it changes nothing
        op = node.payload if isinstance(node.payload, Op) else node.op
        keys = [arena.scalar(arg) for arg in (args[: len(args) // 2] if is_select else args)]
        for i, arg in enumerate(args[len(args) // 2 :] if is_select else args):
            only = [adjoint if j == i else arena.zero for j in range(len(keys))]
            yield arg, _Part(arena.select(op, keys, only), number)


def _factors(arena: Arena, args: Sequence[int], number: Fraction, adjoint: Scalar) -> Iterator[tuple[int, _Part]]:
    """For each factor the product of the others; prefix and suffix products keep it linear and free of divisions."""
    factors: list[Scalar] = []
    for scalar in map(arena.scalar, args):
        constant = scalar.rational
        if constant is None:
            factors.append(scalar)
        else:
            number = number * Fraction(int(constant.p), int(constant.q))
    if len(factors) == 1:
        yield factors[0].index, _Part(adjoint, number)
        return
    if len(factors) == 2:
        x, y = factors
        yield x.index, _Part(adjoint, number, y)
        yield y.index, _Part(adjoint, number, x)
        return
    prefixes = [adjoint]
    for factor in factors[:-1]:
        prefixes.append(prefixes[-1] * factor)
    suffix = arena.one
    for factor, prefix in zip(reversed(factors), reversed(prefixes), strict=True):
        yield factor.index, _Part(prefix * suffix, number)
        suffix = suffix * factor


def _sum(parts: Sequence[_Part]) -> _Part:
    """Without a factor."""
    if len(parts) == 1:
        [whole] = parts
    else:
        groups: dict[Scalar | None, list[_Part]] = {}
        for part in parts:
            groups.setdefault(part.factor, []).append(part)
        sums = [_together(factor, group) for factor, group in groups.items()]
        if len(sums) > 1:
            return _Part(_added([_product(each) for each in sums]))
        [whole] = sums
    if whole.number is not _ONE and _is_long(whole.number):
        return _Part(_product(whole))
    return whole if whole.factor is None else _Part(whole.adjoint * whole.factor, whole.number)


def _is_long(number: Fraction) -> bool:
    return max(number.numerator.bit_length(), number.denominator.bit_length()) > FOLD_BITS


def _together(factor: Scalar | None, parts: Sequence[_Part]) -> _Part:
    """Parts of one factor."""
    if len(parts) == 1:
        return parts[0]
    number = parts[0].number
    if all(part.number == number for part in parts):
        return _Part(_added([part.adjoint for part in parts]), number, factor)
    return _Part(_added([_scaled(part) for part in parts]), _ONE, factor)


def _added(terms: Sequence[Scalar]) -> Scalar:
    return terms[0].arena.combine(Op.ADD, terms)


def _scaled(part: _Part) -> Scalar:
    """number * adjoint."""
    if part.number is _ONE:
        return part.adjoint
    return part.adjoint * part.adjoint.arena.leaf(sympy.Rational(part.number.numerator, part.number.denominator))


def _product(part: _Part) -> Scalar:
    return _scaled(part) if part.factor is None else _scaled(part) * part.factor
