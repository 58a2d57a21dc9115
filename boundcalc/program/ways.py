"""One side for every minimum of a program, chosen at some values and kept.

A minimum is of several bounds of one thing, so each side is a bound for all values; the program without minima that is left is
the smallest one at the values where its sides were chosen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import ctx

from boundcalc.exact.balls import Number, Value
from boundcalc.exact.enclosures import evaluate_leaf, to_number
from boundcalc.exact.near import logarithm
from boundcalc.program.evaluate import Budget
from boundcalc.program.float_logs import FloatLogs
from boundcalc.program.interpret import Passes, sweep, unbound
from boundcalc.program.ir import Arena, Loop, Op, Scalar
from boundcalc.program.loops import separate_loops

TIE = 1e-12  # relative, of logarithms
_BITS = 64  # of balls: rounding stays below TIE
PASSES = 64  # of a loop, to choose: what is smallest in the long run is smallest by then


@dataclass(frozen=True, slots=True)
class Ways:
    """`taken`: the argument of each minimum that is kept."""

    arena: Arena
    taken: Mapping[int, int]

    def needed(self, roots: Iterable[int]) -> list[int]:
        """The nodes that `roots` are made of along the sides that are taken, arguments first."""
        stack = list(roots)
        seen = set(stack)
        while stack:
            fresh = [arg for arg in self.arguments(stack.pop()) if arg not in seen]
            seen.update(fresh)
            stack.extend(fresh)
        return sorted(seen)

    def arguments(self, index: int) -> tuple[int, ...]:
        return (self.taken[index],) if index in self.taken else self.arena.nodes[index].args

    def kept(self, scalars: Sequence[Scalar]) -> list[Scalar]:
        """The same without minima, in the same arena. In a loop the sides are the same in every pass."""
        arena = self.arena
        found: dict[int, Scalar] = {}
        ends: dict[int, Sequence[Scalar]] = {}
        changed: set[int] = set()  # what is kept of it is another node
        for index in self.needed(scalar.index for scalar in scalars):
            node = arena.nodes[index]
            if index in self.taken:
                found[index] = found[self.taken[index]]
            elif node.op is not Op.LOOP and changed.isdisjoint(node.args):
                found[index] = arena.scalar(index)  # nothing below it was taken
                continue
            elif isinstance(node.payload, Loop):
                loop = node.payload
                states = [arena.scalar(i) for i in loop.states]
                starts, results = ([found[i] for i in indices] for indices in (loop.starts, loop.results))
                ends[index] = separate_loops(arena, states, starts, results, found[loop.times])
            elif node.op is Op.RESULT and isinstance(node.payload, int):
                found[index] = ends[node.args[0]][node.payload]
            elif isinstance(node.payload, Fraction):
                found[index] = arena.power(found[node.args[0]], node.payload)
            else:
                args = [found[arg] for arg in node.args]
                if node.op is Op.MAX:  # of nonnegative numbers
                    args = [arg for arg in args if not arg.is_zero] or args[:1]
                found[index] = arena.combine(node.op, args)
            if index not in found or found[index].index != index:
                changed.add(index)
        return [found[scalar.index] for scalar in scalars]


def logarithms(scalars: Sequence[Scalar], values: Mapping[sympy.Symbol, Value]) -> dict[int, float]:
    """Of all nodes below, as far as floats tell (nan elsewhere): in loops at the last pass, of at most `PASSES`. Raises
    MissingValues."""
    arena = scalars[0].arena
    return _logarithms(arena, arena.needed(scalar.index for scalar in scalars), values)


def _logarithms(arena: Arena, order: Sequence[int], values: Mapping[sympy.Symbol, Value]) -> dict[int, float]:
    with ctx.workprec(_BITS):
        numbers = {symbol: to_number(value) for symbol, value in values.items()}
        return sweep(arena, unbound(arena, order), _Floats({}, Budget(), numbers))


def are_equal(a: float, b: float) -> bool:
    """Of two logarithms, whether they differ by no more than rounding does."""
    return a == b or abs(a - b) <= TIE * max(1.0, abs(a))


def choose(scalars: Sequence[Scalar], values: Mapping[sympy.Symbol, Value]) -> Ways:
    """The smallest side of each minimum at these values; the first where floats tell nothing. Raises MissingValues."""
    arena = scalars[0].arena
    order = arena.needed(scalar.index for scalar in scalars)
    logs = _logarithms(arena, order, values)

    def log(index: int) -> float:
        found = logs.get(index, math.inf)
        return math.inf if math.isnan(found) else found

    def smallest(args: Sequence[int]) -> int:
        least = min(map(log, args))
        return next(arg for arg in args if are_equal(log(arg), least))  # of equal ones the first: it is made of less

    minima = (i for i in order if arena.nodes[i].op is Op.MIN)
    return Ways(arena, {i: smallest(arena.nodes[i].args) for i in minima})


@dataclass(frozen=True, slots=True)
class _Floats(FloatLogs):
    """Logarithms of everything, the leaves from balls; a leaf without a value there is nan."""

    values: Mapping[sympy.Symbol, Number]

    def leaf(self, expression: sympy.Expr) -> float:
        try:
            return logarithm(evaluate_leaf(expression, self.values))
        except ArithmeticError:
            return math.nan

    def loop(self, passes: Passes[float]) -> list[float]:
        start = state = passes.starts
        times = PASSES if math.isnan(passes.times) else math.exp(min(passes.times, math.log(PASSES)))
        for _ in range(max(1, round(times))):
            state = passes.step(state)
        return list(state) if times >= 1 / 2 else start
