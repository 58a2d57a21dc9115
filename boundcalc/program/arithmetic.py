"""What every reading of a program can do with its values, and the two kinds of values that are coefficients as well.

`Folds` are the operations of the program. `Arithmetic` adds what whoever builds values needs (numbers, a zero that is known
to be one): polynomials in the states of a loop and forms in the seeds of blocks are written over it, once for certified
numbers and for scalars of the program's own arena.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, TypeVar

import sympy
from flint import fmpq

from boundcalc.exact import balls
from boundcalc.exact.balls import Number
from boundcalc.program.ir import Arena, Op, Scalar

V = TypeVar("V")


class Folds(Protocol[V]):
    """The operations of a program on values V. Sequences are never empty."""

    def add(self, terms: Sequence[V], /) -> V: ...
    def multiply(self, factors: Sequence[V], /) -> V: ...
    def power(self, base: V, exponent: Fraction, /) -> V: ...
    def minimum(self, terms: Sequence[V], /) -> V: ...
    def maximum(self, terms: Sequence[V], /) -> V: ...
    def hypot(self, terms: Sequence[V], /) -> V: ...


class Arithmetic(Folds[V], Protocol[V]):
    """Values that are made of numbers; sums and products may be empty."""

    def number(self, value: int | Fraction, /) -> V: ...

    def is_zero(self, x: V, /) -> bool:
        """Zero for certain, whatever the symbols are; an enclosure of zero is not."""
        ...


class Numbers:
    """Certified numbers at flint's current precision."""

    __slots__ = ()

    @staticmethod
    def add(terms: Sequence[Number]) -> Number:
        return balls.plus(*terms) if len(terms) == 2 else balls.add(terms)

    @staticmethod
    def multiply(factors: Sequence[Number]) -> Number:
        return balls.times(*factors) if len(factors) == 2 else balls.multiply(factors)

    power = staticmethod(balls.power)
    minimum = staticmethod(balls.minimum)
    maximum = staticmethod(balls.maximum)
    hypot = staticmethod(balls.hypot)

    def number(self, value: int | Fraction) -> Number:
        return fmpq(value.numerator, value.denominator)

    def is_zero(self, x: Number) -> bool:
        return isinstance(x, fmpq) and x == 0


@dataclass(frozen=True, slots=True)
class Scalars:
    """Scalars of one arena: each operation appends a node to it."""

    arena: Arena

    def number(self, value: int | Fraction) -> Scalar:
        return self.arena.leaf(sympy.Rational(value.numerator, value.denominator))

    def is_zero(self, x: Scalar) -> bool:
        return x.is_zero

    def add(self, terms: Sequence[Scalar]) -> Scalar:
        return self.arena.combine(Op.ADD, terms)

    def multiply(self, factors: Sequence[Scalar]) -> Scalar:
        return self.arena.combine(Op.MUL, factors)

    def power(self, base: Scalar, exponent: Fraction) -> Scalar:
        return self.arena.power(base, exponent)

    def minimum(self, terms: Sequence[Scalar]) -> Scalar:
        return self.arena.combine(Op.MIN, terms)

    def maximum(self, terms: Sequence[Scalar]) -> Scalar:
        return self.arena.combine(Op.MAX, terms)

    def hypot(self, terms: Sequence[Scalar]) -> Scalar:
        return self.arena.combine(Op.HYPOT, terms)
