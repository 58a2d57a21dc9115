"""A tape played with certified numbers, at flint's current precision.

Two balls are added and multiplied right here: a call for each operation would cost as much as the operation itself. A fraction
that meets a ball becomes one once, not each time. What is exact, and what is not simply finite, `balls` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import sympy
from flint import arb

from boundcalc.exact import balls
from boundcalc.exact.balls import Number
from boundcalc.exact.enclosures import evaluate_leaf, raised, rule
from boundcalc.exact.functions import FUNCTIONS
from boundcalc.program.tape import (
    ADD,
    FUNCTION,
    MAX,
    MIN,
    MUL,
    NUMBER,
    PART,
    POW,
    RAISE,
    ROOT,
    SELECT,
    SQUARE,
    SYMBOL,
    Choice,
    Tape,
)

Select = Callable[[Choice, list[Number]], Number]
_HALF, _TWO, _INVERSE, _INVERSE_ROOT = Fraction(1, 2), Fraction(2), Fraction(-1), Fraction(-1, 2)
_ONE = arb(1)
_RULES = {row: of for row in FUNCTIONS.rows if (of := rule(row)) is not None}


class Met:
    """Products of fractions and balls: the fractions of a list of numbers as balls, each made when it is first met."""

    __slots__ = ("_balls", "_numbers")

    def __init__(self, numbers: Sequence[Number]) -> None:
        self._numbers = numbers
        self._balls: dict[int, arb] = {}

    def times(self, x: Number, y: Number, a: int, b: int) -> Number:
        """x times y, the numbers at a and b. Zero times a ball is zero."""
        if type(x) is arb:
            return x * self.ball(b) if y else y
        if type(y) is arb:
            return self.ball(a) * y if x else x
        return balls.times(x, y)

    def ball(self, position: int) -> arb:
        found = self._balls.get(position)
        if found is None:
            found = self._balls[position] = balls.ball(self._numbers[position])
        return found


def play(tape: Tape, values: Mapping[sympy.Symbol, Number], select: Select) -> list[Number]:
    """The numbers of all steps. `select` takes one of several values by its key.

    Raises ArithmeticError, among them Undecidable; TypeError for what has no certified value.
    """
    numbers: list[Number] = []
    keep = numbers.append
    met = Met(numbers)
    inverse, inverse_root = (
        tape.exponents.index(e) if e in tape.exponents else None for e in (_INVERSE, _INVERSE_ROOT)
    )
    for code, a, b in tape.steps:
        if code == MUL:
            x, y = numbers[a], numbers[b]
            keep(x * y if type(x) is arb and type(y) is arb else met.times(x, y, a, b))
        elif code == ADD:
            x, y = numbers[a], numbers[b]
            keep(x + y if type(x) is arb and type(y) is arb else balls.plus(x, y))
        elif code == SQUARE:
            x = numbers[a]
            keep(x * x if type(x) is arb else balls.power(x, _TWO))
        elif code == ROOT:
            x = numbers[a]
            root = x.sqrt() if type(x) is arb else None
            keep(balls.power(x, _HALF) if root is None or not root.is_finite() else root)
        elif code == NUMBER:
            keep(tape.numbers[a])
        elif code == SYMBOL:
            keep(values[tape.symbols[a]])
        elif code == MIN:
            x, y = numbers[a], numbers[b]
            keep(x if x < y else balls.minimum((x, y)))
        elif code == MAX:
            x, y = numbers[a], numbers[b]
            keep(x if x > y else balls.maximum((x, y)))
        elif code == POW:
            x = numbers[a]
            found = None
            if type(x) is arb:
                found = _ONE / x if b == inverse else x.rsqrt() if b == inverse_root else None
            keep(balls.power(x, tape.exponents[b]) if found is None or not found.is_finite() else found)
        elif code == FUNCTION:
            keep(_RULES[tape.functions[b]](numbers[a]))
        elif code == SELECT:
            keep(select(tape.choices[a], numbers))
        elif code == PART:
            keep(evaluate_leaf(tape.parts[a], values))
        else:
            assert code == RAISE
            keep(raised(numbers[a], numbers[b]))
    return numbers
