"""The one sweep from an output back to the leaves: adjoints, d output / d node, over any kind of values.

The chain rule is the same for scalars, which make a program of the derivatives (`differentiate`), and for numbers, which are
derivatives at one point (`reverse`). They differ in how a minimum passes its adjoint on (a SELECT node, or the branch that is
active), and in loops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from fractions import Fraction
from typing import Protocol

from boundcalc.program.arithmetic import Arithmetic, V
from boundcalc.program.dependence import dependents
from boundcalc.program.ir import Arena, Node, Op


class Adjoints(Protocol[V]):
    """Values of nodes and adjoints, and what is not the same for all kinds of them."""

    @property
    def arithmetic(self) -> Arithmetic[V]: ...

    def value(self, index: int, /) -> V: ...

    def vanishes(self, adjoint: V, /) -> bool:
        """Whether it need not be passed on."""
        ...

    def chosen(self, index: int, op: Op, keys: Sequence[int], adjoint: V, /) -> Mapping[int, V]:
        """The adjoint of the least (`Op.MIN`) or greatest (`Op.MAX`) key's value at node `index`, by positions."""
        ...

    def loop(self, index: int, adjoints: Mapping[int, V], active: Set[int], /) -> Sequence[tuple[int, V]]:
        """From the adjoints of the results of the loop at node `index`, by positions, to those of nodes before it."""
        ...


def backward(
    arena: Arena, output: int, targets: Set[int], rules: Adjoints[V], order: Sequence[int] | None = None
) -> dict[int, V]:
    """The adjoints of those targets that the output depends on, the last first.

    `order` are the nodes to pass, arguments first; without it, all that the output is made of.
    """
    order = arena.needed([output]) if order is None else order
    active = dependents(arena, order, targets)
    if output not in active:
        return {}
    add = rules.arithmetic.add
    parts: dict[int, list[V]] = {output: [rules.arithmetic.number(1)]}
    finals: dict[int, dict[int, V]] = {}  # of loops: the adjoints of their results
    adjoints: dict[int, V] = {}
    for index in reversed(order):
        node = arena.nodes[index]
        if index in parts:
            found = parts.pop(index)
            adjoint = found[0] if len(found) == 1 else add(found)
            if index in targets:
                adjoints[index] = adjoint
                continue
            if isinstance(node.payload, int):
                finals.setdefault(node.args[0], {})[node.payload] = adjoint
                continue
            contributions = _pull(index, node, adjoint, rules)
        elif index in finals:
            contributions = rules.loop(index, finals.pop(index), active)
        else:
            continue
        for arg, contribution in contributions:
            if arg in active and not rules.vanishes(contribution):
                parts.setdefault(arg, []).append(contribution)
    return adjoints


def _pull(index: int, node: Node, adjoint: V, rules: Adjoints[V]) -> Sequence[tuple[int, V]]:
    """The adjoint of a node, passed on to its arguments."""
    args, arithmetic = node.args, rules.arithmetic
    if node.op is Op.ADD:
        return [(arg, adjoint) for arg in args]
    if node.op is Op.MUL:
        return list(
            zip(args, _products_without_one([rules.value(arg) for arg in args], adjoint, arithmetic), strict=True)
        )
    if isinstance(node.payload, Fraction):
        scaled = arithmetic.multiply((adjoint, arithmetic.number(node.payload)))
        return [(args[0], arithmetic.multiply((scaled, arithmetic.power(rules.value(args[0]), node.payload - 1))))]
    if node.op is Op.HYPOT:
        scaled = arithmetic.multiply((adjoint, arithmetic.power(rules.value(index), Fraction(-1))))
        return [(arg, arithmetic.multiply((scaled, rules.value(arg)))) for arg in args]
    if isinstance(node.payload, Op):  # a small change of a key of SELECT changes nothing
        keys, values, op = args[: len(args) // 2], args[len(args) // 2 :], node.payload
    else:
        keys, values, op = args, args, node.op
    return [(values[i], part) for i, part in rules.chosen(index, op, keys, adjoint).items()]


def _products_without_one(factors: Sequence[V], first: V, arithmetic: Arithmetic[V]) -> list[V]:
    """For each factor `first` times the others; prefix and suffix products keep it linear and free of divisions."""
    multiply = arithmetic.multiply
    if len(factors) == 2:
        products = [multiply((first, factors[0])), multiply((first, factors[1]))]
        return products[::-1]
    prefixes = [first]
    for factor in factors[:-1]:
        prefixes.append(multiply((prefixes[-1], factor)))
    products, suffix = [prefixes[-1]], factors[-1]
    for factor, prefix in zip(factors[-2::-1], prefixes[-2::-1], strict=True):
        products.append(multiply((prefix, suffix)))
        suffix = multiply((suffix, factor))
    return products[::-1]
