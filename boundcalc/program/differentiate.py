"""Derivatives of a program with respect to every symbol at once: one reverse pass that writes into the same arena.

The adjoint of a node is d output / d node. Loops are differentiated forward: a second loop carries the derivatives of
the states with respect to the starts and to what the body takes from outside (the captured nodes), and the adjoints
of those are sums of its results times the adjoints of the loop's results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy

from boundcalc.program.ir import Arena, Loop, Node, Op, Scalar


def gradient(output: Scalar, wrt: Sequence[sympy.Symbol]) -> list[Scalar]:
    """d output / d symbol for each symbol, as scalars of the same arena; apply it again for second derivatives.

    At a kink (a minimum or maximum whose extreme argument is not unique) it is the derivative of the first branch;
    `evaluate` reports those ties. Floors count as constants. Raises ValueError where the number of times that a loop
    runs depends on one of the symbols, TypeError for a leaf that SymPy cannot differentiate.
    """
    arena = output.arena
    symbols = frozenset(wrt)
    leaves = {i for i in arena.needed([output.index]) if _symbols(arena.nodes[i]) & symbols}
    parts: dict[sympy.Symbol, list[Scalar]] = {symbol: [] for symbol in wrt}
    for index, adjoint in _adjoints(arena, output.index, leaves, leaves).items():
        leaf = arena.nodes[index].payload
        assert isinstance(leaf, sympy.Expr)
        for symbol in sorted(_symbols(arena.nodes[index]) & symbols, key=str):
            parts[symbol].append(adjoint * slope(arena, leaf, symbol))
    sums = {symbol: arena.combine(Op.ADD, terms) for symbol, terms in parts.items()}
    return [sums[symbol] for symbol in wrt]


def _symbols(node: Node) -> Set[Any]:
    return node.payload.free_symbols if isinstance(node.payload, sympy.Expr) else frozenset()


def _adjoints(arena: Arena, output: int, targets: Set[int], stop: Set[int]) -> dict[int, Scalar]:
    """The adjoints of those targets that the output depends on; what lies under a node in `stop` is not entered."""
    active: set[int] = set()
    order = arena.needed([output], stop)
    for index in order:
        if index in targets or any(arg in active for arg in arena.nodes[index].args):
            active.add(index)
    parts: dict[int, list[Scalar]] = {output: [arena.one]} if output in active else {}
    finals: dict[int, dict[int, Scalar]] = {}  # of loops: the adjoints of their results
    adjoints: dict[int, Scalar] = {}
    for index in reversed(order):
        node = arena.nodes[index]
        if index in parts:
            adjoint = arena.combine(Op.ADD, parts.pop(index))
            if index in targets:
                adjoints[index] = adjoint
                continue
            if node.op is Op.RESULT:
                assert isinstance(node.payload, int)
                finals.setdefault(node.args[0], {})[node.payload] = adjoint
                continue
            contributions = _pull(arena, index, adjoint)
        elif index in finals:
            contributions = _pull_loop(arena, index, finals.pop(index), active)
        else:
            continue
        for arg, contribution in contributions:
            if arg in active and not contribution.is_zero:
                parts.setdefault(arg, []).append(contribution)
    return adjoints


def _pull(arena: Arena, index: int, adjoint: Scalar) -> list[tuple[int, Scalar]]:
    """The adjoint of a node, passed on to its arguments."""
    node, args = arena.nodes[index], [arena.scalar(arg) for arg in arena.nodes[index].args]
    match node.op:
        case Op.ADD:
            pulled = [adjoint] * len(args)
        case Op.MUL:
            pulled = _products_without_one(args, adjoint)
        case Op.POW:
            assert isinstance(node.payload, Fraction)
            factor = arena.leaf(sympy.Rational(node.payload.numerator, node.payload.denominator))
            pulled = [adjoint * factor * args[0] ** (node.payload - 1)]
        case Op.MIN | Op.MAX:
            pulled = [arena.select(node.op, args, _only(adjoint, i, len(args))) for i in range(len(args))]
        case Op.SELECT:
            assert isinstance(node.payload, Op)
            half = len(args) // 2
            keys = args[:half]  # a small change of a key changes nothing
            pulled = [arena.zero] * half
            pulled += [arena.select(node.payload, keys, _only(adjoint, i, half)) for i in range(half)]
        case Op.HYPOT:
            scaled = adjoint / arena.scalar(index)
            pulled = [scaled * arg for arg in args]
        case _:
            raise AssertionError(node.op)
    return [(arg.index, pull) for arg, pull in zip(args, pulled, strict=True)]


def _products_without_one(factors: Sequence[Scalar], first: Scalar) -> list[Scalar]:
    """For each factor `first` times the others; prefix and suffix products keep it linear and free of divisions."""
    prefixes = [first]
    for factor in factors[:-1]:
        prefixes.append(prefixes[-1] * factor)
    products, suffix = [prefixes[-1]], factors[-1]
    for factor, prefix in zip(factors[-2::-1], prefixes[-2::-1], strict=True):
        products.append(prefix * suffix)
        suffix = suffix * factor
    return products[::-1]


def _only(value: Scalar, position: int, length: int) -> list[Scalar]:
    return [value if i == position else value.arena.zero for i in range(length)]


def _pull_loop(arena: Arena, index: int, adjoints: Mapping[int, Scalar], active: Set[int]) -> list[tuple[int, Scalar]]:
    """From the adjoints of the loop's results to those of its starts and captured nodes."""
    loop = arena.nodes[index].payload
    assert isinstance(loop, Loop)
    if loop.times in active:
        raise ValueError("the number of times that a loop runs cannot be differentiated by")
    stop = _captured(arena, index) | set(loop.states)
    targets = (stop & active) | set(loop.states)
    partials: dict[int, dict[int, Scalar]] = {}  # for each state that matters: its update, differentiated
    rows = list(adjoints)
    while rows:
        row = rows.pop()
        partials[row] = _adjoints(arena, loop.results[row], targets, stop)
        rows += [k for k, s in enumerate(loop.states) if s in partials[row] and k not in partials and k not in rows]
    starts = {s: start for s, start in zip(loop.states, loop.starts, strict=True) if start in active}
    captured = {x for partial in partials.values() for x in partial} - set(loop.states)
    # A direction is the start of a state, known by the state, or a captured node. d[i, x]: of state i in direction x.
    d = {key: arena.variable("tangent") for key in _support(loop, partials, [*starts, *sorted(captured)])}
    updates: list[Scalar] = []
    for i, x in d:
        terms = [
            p * d[k, x] for k, s in enumerate(loop.states) if (k, x) in d and (p := partials[i].get(s)) is not None
        ]
        if x in captured and x in partials[i]:
            terms.append(partials[i][x])
        updates.append(arena.combine(Op.ADD, terms))
    finals = arena.loop(
        [*map(arena.scalar, loop.states), *d.values()],
        [*map(arena.scalar, loop.starts), *(arena.one if loop.states[i] == x else arena.zero for i, x in d)],
        [*map(arena.scalar, loop.results), *updates],
        arena.scalar(loop.times),
    )
    derivatives = dict(zip(d, finals[len(loop.states) :], strict=True))
    return [(starts.get(x, x), adjoints[i] * final) for (i, x), final in derivatives.items() if i in adjoints]


def _captured(arena: Arena, index: int) -> set[int]:
    """What the body of a loop takes from outside: the first nodes below its results that can be computed there."""
    outside = arena.nodes[index].free
    loop = arena.nodes[index].payload
    assert isinstance(loop, Loop)
    captured: set[int] = set()
    seen = set(loop.results)
    stack = list(seen)
    while stack:
        current = stack.pop()
        if arena.nodes[current].free <= outside:
            captured.add(current)
        else:
            fresh = set(arena.nodes[current].args) - seen
            seen |= fresh
            stack.extend(fresh)
    return captured


def _support(
    loop: Loop, partials: Mapping[int, Mapping[int, Scalar]], directions: Sequence[int]
) -> list[tuple[int, int]]:
    """The (state, direction) pairs whose derivative is not structurally zero, in a fixed order."""
    found = {(i, x) for i in partials for x in directions if loop.states[i] == x}
    found |= {(i, x) for i, partial in partials.items() for x in directions if x not in loop.states and x in partial}
    fresh = found
    while fresh:
        users = ((i, x) for i, partial in partials.items() for k, x in fresh if loop.states[k] in partial)
        fresh = set(users) - found
        found |= fresh
    return sorted(found)


def slope(arena: Arena, expression: sympy.Expr, symbol: sympy.Symbol) -> Scalar:
    """The derivative of a leaf, its minima and maxima as SELECT nodes, so that `evaluate` decides them and reports ties."""
    if isinstance(expression, sympy.Symbol):
        return arena.one if expression == symbol else arena.zero
    smooth, kinks = _without_kinks(expression, symbol)
    back = {dummy: kink for kink, dummy in kinks.items()}

    def outer(by: sympy.Symbol) -> Scalar:
        result: Any = _smooth_derivative(smooth, by).xreplace(back)
        return arena.leaf(result)

    terms = [outer(symbol)]
    for kink, dummy in kinks.items():
        if isinstance(kink, (sympy.Min, sympy.Max, sympy.Abs)):
            args: tuple[Any, ...] = kink.args
            branches = (args[0], -args[0]) if isinstance(kink, sympy.Abs) else args
            keys, slopes = [arena.leaf(b) for b in branches], [slope(arena, b, symbol) for b in branches]
            inner = arena.select(Op.MIN if isinstance(kink, sympy.Min) else Op.MAX, keys, slopes)
        else:
            inner = arena.leaf(_kink_derivative(kink, symbol))
        terms.append(outer(dummy) * inner)
    return arena.combine(Op.ADD, terms)


def has_kink(expression: sympy.Expr, symbols: Set[sympy.Symbol]) -> bool:
    """Whether the derivative by one of the symbols depends on which branch is active."""
    return any(_outermost_kinks(expression, symbol) for symbol in symbols & expression.free_symbols)


@lru_cache(maxsize=4096)
def leaf_derivative(expression: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """`slope` as one expression: floors are constants, a Min follows its first least branch.

    Raises TypeError where SymPy leaves a derivative unevaluated.
    """
    smooth, kinks = _without_kinks(expression, symbol)
    terms = [_smooth_derivative(smooth, symbol)]
    terms += [_smooth_derivative(smooth, dummy) * _kink_derivative(kink, symbol) for kink, dummy in kinks.items()]
    result: Any = sympy.Add(*terms).xreplace({dummy: kink for kink, dummy in kinks.items()})
    return result


def _without_kinks(expression: sympy.Expr, symbol: sympy.Symbol) -> tuple[sympy.Expr, dict[sympy.Expr, sympy.Dummy]]:
    """The expression with a symbol for each of its outermost kinks."""
    kinks = {k: sympy.Dummy(positive=k.is_positive) for k in _outermost_kinks(expression, symbol)}
    smooth: Any = expression.xreplace(kinks)
    return smooth, kinks


def _smooth_derivative(expression: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    result: Any = sympy.diff(expression, symbol)
    if result.has(sympy.Derivative, sympy.Subs):
        raise TypeError(f"cannot differentiate {expression} with respect to {symbol}")
    return result


def _outermost_kinks(expression: sympy.Expr, symbol: sympy.Symbol) -> list[sympy.Expr]:
    kinds = (sympy.floor, sympy.ceiling, sympy.sign, sympy.Abs, sympy.Min, sympy.Max, sympy.Piecewise)
    found: list[sympy.Expr] = []
    stack: list[sympy.Basic] = [expression]
    while stack:
        part = stack.pop()
        if isinstance(part, kinds) and symbol in part.free_symbols:
            found.append(part)
        else:
            stack.extend(part.args)
    return list(dict.fromkeys(found))


def _kink_derivative(kink: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    args = kink.args
    if isinstance(kink, (sympy.floor, sympy.ceiling, sympy.sign)):
        return sympy.S.Zero
    if isinstance(kink, sympy.Piecewise):
        branches = [(leaf_derivative(pair.args[0], symbol), pair.args[1]) for pair in args]
    elif isinstance(kink, sympy.Abs):
        slope = leaf_derivative(args[0], symbol)
        branches = [(slope, sympy.Ge(args[0], 0)), (-slope, sympy.true)]
    else:
        before = sympy.Le if isinstance(kink, sympy.Min) else sympy.Ge
        branches = [
            (leaf_derivative(arg, symbol), sympy.And(*(before(arg, other) for other in args[i + 1 :])))
            for i, arg in enumerate(args)
        ]
    return sympy.Piecewise(*branches, evaluate=False)
