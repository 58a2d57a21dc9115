"""Programs as SymPy expressions, where the expanded tree is small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

import sympy

from boundcalc.exact.settled import settled_power, settled_product, settled_sum
from boundcalc.program.interpret import Passes, interpret
from boundcalc.program.ir import Op, Scalar
from boundcalc.program.tree_size import tree_size

_POWER_BITS = 4096  # larger rational powers stay powers: SymPy would multiply them out
_ROOT_BITS = 512  # of numbers under a root
_ROOT, _HALF = Fraction(1, 2), sympy.S.Half


class NotClosed(ValueError):  # noqa: N818
    """A loop has no closed form in `closed`, so that no expression can be given."""


OPEN = "a loop has no closed form"


def to_sympy(scalar: Scalar, cap: int, closed: Mapping[int, sympy.Expr] | None = None) -> sympy.Expr | None:
    """The value as one expression, None where its tree has more than `cap` nodes, or roots of numbers so long that SymPy,
    which factors them in every product, takes seconds.

    `closed` gives expressions for nodes that are known otherwise, such as the results of loops. Raises NotClosed.
    """
    if scalar.node.free:  # the state of a loop
        raise NotClosed(OPEN)
    if tree_size([scalar], closed)[0] > cap:
        return None
    try:
        return interpret(scalar.arena, [scalar.index], Expressions(), closed, _no_long_root)[scalar.index]
    except _LongRootError:
        return None


class _LongRootError(Exception):
    pass


def _no_long_root(index: int, value: sympy.Expr) -> sympy.Expr:
    if isinstance(value, sympy.Pow) and not value.exp.is_Integer and _has_long_number(value.base):
        raise _LongRootError
    return value


class Expressions:
    """The reading as SymPy expressions."""

    __slots__ = ()

    def leaf(self, expression: sympy.Expr) -> sympy.Expr:
        return expression

    def add(self, terms: Sequence[sympy.Expr]) -> sympy.Expr:
        return settled_sum(terms) or sympy.Add(*terms)

    def multiply(self, factors: Sequence[sympy.Expr]) -> sympy.Expr:
        return settled_product(factors) or sympy.Mul(*factors)

    def power(self, base: sympy.Expr, exponent: Fraction) -> sympy.Expr:
        return _power(base, exponent)

    def minimum(self, terms: Sequence[sympy.Expr]) -> sympy.Expr:
        return _extremum(sympy.Min, terms)

    def maximum(self, terms: Sequence[sympy.Expr]) -> sympy.Expr:
        return _extremum(sympy.Max, terms)

    def hypot(self, terms: Sequence[sympy.Expr]) -> sympy.Expr:
        return _power(self.add([_power(term, Fraction(2)) for term in terms]), _ROOT)

    def select(self, index: int, op: Op, keys: Sequence[sympy.Expr], values: Sequence[sympy.Expr]) -> sympy.Expr:
        before = sympy.Le if op is Op.MIN else sympy.Ge
        conditions = [sympy.And(*(before(key, other) for other in keys[i + 1 :])) for i, key in enumerate(keys)]
        return sympy.Piecewise(*zip(values, conditions, strict=True))

    def loop(self, passes: Passes[sympy.Expr]) -> Sequence[sympy.Expr]:
        raise NotClosed(OPEN)


def _extremum(kind: type[sympy.Min] | type[sympy.Max], args: Sequence[sympy.Expr]) -> sympy.Expr:
    """Unevaluated: SymPy compares and factors all pairs, at milliseconds each."""
    unique = tuple(dict.fromkeys(args))
    return unique[0] if len(unique) == 1 else kind(*unique, evaluate=False)


def _power(base: sympy.Expr, exponent: Fraction) -> sympy.Expr:
    exact = _HALF if exponent == _ROOT else sympy.Rational(exponent.numerator, exponent.denominator)
    return settled_power(base, exact) or sympy.Pow(base, exact, evaluate=not _is_huge(base, exponent))


def _is_huge(base: sympy.Expr, exponent: Fraction) -> bool:
    """Whether SymPy would take long: it factors all numbers under a root, takes the signs of cases apart, and multiplies out
    powers of numbers."""
    if exponent.denominator > 1 and (_has_long_number(base) or base.has(sympy.Piecewise)):
        return True
    if not isinstance(base, sympy.Rational):
        return False
    bits = _bits(base)
    return bits > 1 and bits * abs(exponent) > _POWER_BITS


@lru_cache(maxsize=4096)  # of roots inside roots, each is asked
def _has_long_number(expression: sympy.Basic) -> bool:
    if isinstance(expression, sympy.Rational):
        return _bits(expression) > _ROOT_BITS
    return any(map(_has_long_number, expression.args))


def _bits(number: sympy.Rational) -> int:
    return max(int(number.p).bit_length(), int(number.q).bit_length())
