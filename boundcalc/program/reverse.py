"""The reverse pass on numbers: a value and its derivatives by all symbols, at a few times the cost of the value.

`differentiate.gradient` makes a program of the derivatives, for closed forms, other values and second derivatives; where
only numbers at one point are asked for, that program need not be built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import sympy
from flint import arb, ctx, fmpq

from boundcalc.exact import balls
from boundcalc.exact.balls import Number, Value, compare, plus, times
from boundcalc.exact.enclosures import to_number
from boundcalc.program.certified import Met, play
from boundcalc.program.dependence import leaves_with
from boundcalc.program.evaluate import Enclosures, check_known
from boundcalc.program.interpret import interpret
from boundcalc.program.ir import Op, Scalar
from boundcalc.program.slopes import has_kink, leaf_derivative
from boundcalc.program.tape import ADD, MAX, MIN, MUL, POW, ROOT, SQUARE, Recorder, Step, Tape, kept


class Pull(NamedTuple):
    """A step that passes its adjoint on: to its first operand, to its second, where something that is wanted is below them."""

    code: int
    position: int
    a: int
    b: int
    to_a: bool
    to_b: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """`tape`: the value and the slopes of all leaves. `pulls`: from the output to the leaves. `slopes`: of a leaf by the symbols
    that were asked for, by their places: the positions of the leaf and of its derivative."""

    tape: Tape
    output: int
    pulls: tuple[Pull, ...]
    slopes: tuple[tuple[tuple[int, int], ...], ...]


def value_and_gradient(
    output: Scalar,
    values: Mapping[sympy.Symbol, Value],
    wrt: Sequence[sympy.Symbol],
    precision: int = 128,
) -> tuple[Number, list[Number]] | None:
    """The value of a program and its derivatives; None where it has loops, or minima in a leaf
    (use `differentiate.gradient`).

    A minimum passes the derivative on to its active branch, the first of equal ones. Raises as `evaluate`.
    """
    symbols = tuple(wrt)
    plan = kept(output.arena, (output.index, symbols), lambda: plan_of(output, symbols))
    return None if plan is None else followed(plan, values, precision)


def followed(plan: Plan, values: Mapping[sympy.Symbol, Value], precision: int = 128) -> tuple[Number, list[Number]]:
    """The value and the derivatives of the program that it is a plan of."""
    check_known(plan.tape.needed, values.keys())
    with ctx.workprec(precision):
        enclosures = Enclosures({symbol: to_number(value) for symbol, value in values.items()})
        numbers = play(plan.tape, enclosures.values, enclosures.choose)
        adjoints = _pull_back(plan, numbers)
        slopes = [
            balls.add(
                [_times(adjoint, numbers[slope]) for leaf, slope in of if (adjoint := adjoints[leaf]) is not None]
            )
            for of in plan.slopes
        ]
        return numbers[plan.output], slopes


def plan_of(output: Scalar, wrt: Sequence[sympy.Symbol]) -> Plan | None:
    """How to derive it by these symbols, at any values; None as `value_and_gradient`."""
    arena = output.arena
    order = arena.needed([output.index])
    nodes, wanted = arena.nodes, frozenset(wrt)
    if any(nodes[i].op in (Op.LOOP, Op.SELECT) for i in order):
        return None
    targets = leaves_with(arena, order, wanted)
    leaves = [payload for i in sorted(targets) if isinstance(payload := nodes[i].payload, sympy.Expr)]
    if any(has_kink(leaf, wanted) for leaf in leaves):
        return None
    recorder = Recorder()
    top = interpret(arena, [output.index], recorder)[output.index]
    ends = {leaf: recorder.leaf(leaf) for leaf in leaves}
    by: dict[sympy.Basic, list[tuple[int, int]]] = {symbol: [] for symbol in wrt}
    for leaf, end in ends.items():
        for symbol in leaf.free_symbols & wanted:
            by[symbol].append((end, recorder.leaf(leaf_derivative(leaf, symbol))))
    slopes = tuple(tuple(by[symbol]) for symbol in wrt)
    return Plan(recorder.tape([top]), top, _pulls(recorder.steps, top, frozenset(ends.values())), slopes)


def _pulls(steps: Sequence[Step], top: int, ends: frozenset[int]) -> tuple[Pull, ...]:
    """The steps between the output and the leaves that are wanted, the last first. What a leaf is made of is no step of it."""
    above = set(ends)
    for position, (code, a, b) in enumerate(steps[: top + 1]):
        if code in _PULLED and (a in above or (code in _PAIRS and b in above)):
            above.add(position)
    reached = {top} & above
    found: list[Pull] = []
    for position in range(top, -1, -1):
        if position in reached and position not in ends:
            code, a, b = steps[position]
            to_a, to_b = a in above, code in _PAIRS and b in above
            reached.update(arg for arg, goes in ((a, to_a), (b, to_b)) if goes)
            found.append(Pull(code, position, a, b, to_a, to_b))
    return tuple(found)


def _pull_back(plan: Plan, numbers: Sequence[Number]) -> list[Number | None]:
    """The adjoints of the steps: d output / d step, where there is one."""
    adjoints: list[Number | None] = [None] * len(plan.tape.steps)
    adjoints[plan.output] = _UNIT
    met = Met(numbers)
    for code, position, a, b, to_a, to_b in plan.pulls:
        adjoint = adjoints[position]
        if adjoint is None:  # of a minimum that another branch decides
            continue
        if code == MUL:
            ball = type(adjoint) is arb
            if to_a:
                factor, found = numbers[b], adjoints[a]
                if ball:
                    term = factor * adjoint if type(factor) is arb else met.times(factor, adjoint, b, position)
                else:
                    term = _times(adjoint, factor)
                adjoints[a] = term if found is None else found + term if type(found) is arb else plus(found, term)
            if to_b:
                factor, found = numbers[a], adjoints[b]
                if ball:
                    term = factor * adjoint if type(factor) is arb else met.times(factor, adjoint, a, position)
                else:
                    term = _times(adjoint, factor)
                adjoints[b] = term if found is None else found + term if type(found) is arb else plus(found, term)
            continue
        if code == ADD:
            if to_b:
                found = adjoints[b]
                adjoints[b] = (
                    adjoint if found is None else found + adjoint if type(found) is arb else plus(found, adjoint)
                )
            if not to_a:
                continue
            target, term = a, adjoint
        elif code == SQUARE:
            half = _times(adjoint, numbers[a])
            target, term = a, plus(half, half)
        elif code == ROOT:
            root = numbers[position]
            target, term = a, _over(adjoint, plus(root, root))
        elif code == POW:
            exponent = plan.tape.exponents[b]
            slope = balls.multiply(
                (fmpq(exponent.numerator, exponent.denominator), balls.power(numbers[a], exponent - 1))
            )
            target, term = a, _times(adjoint, slope)
        else:
            assert code in (MIN, MAX)
            second = compare(numbers[b], numbers[a]) == (-1 if code == MIN else 1)
            if not (to_b if second else to_a):
                continue
            target, term = b if second else a, adjoint
        found = adjoints[target]
        adjoints[target] = term if found is None else found + term if type(found) is arb else plus(found, term)
    return adjoints


def _times(adjoint: Number, y: Number) -> Number:
    return y if adjoint is _UNIT else times(adjoint, y)  # sums hand it on


def _over(x: Number, y: Number) -> Number:
    """Raises ArithmeticError where y may be zero."""
    if type(x) is arb and type(y) is arb and (result := x / y).is_finite():
        return result
    return balls.multiply((x, balls.power(y, _MINUS_ONE)))


_UNIT = fmpq(1)
_MINUS_ONE = Fraction(-1)
_PAIRS = frozenset((ADD, MUL, MIN, MAX))
_PULLED = _PAIRS | {SQUARE, ROOT, POW}
