"""How large numbers and expressions may become, and what says that they would: SymPy takes minutes for what is beyond."""

from __future__ import annotations

from functools import lru_cache

import sympy

MAX_BITS = 4096
KEPT = 4096  # answers about expressions whose parts are shared, as sizes of deep networks are
MAX_PARTS = 500  # of an expression whose parts count as often as they are used
MAX_POWERS = 8  # exponentials and roots inside one another
MAX_LEVELS = 100  # of operations inside one another: SymPy works by recursion, five frames a level
POLES = (sympy.S.ComplexInfinity, sympy.S.NaN, sympy.S.Infinity, sympy.S.NegativeInfinity)


class NoValue(ValueError):  # noqa: N818
    """An operation has no value that can be used; `remedy` says what to write instead."""

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy


class TooLarge(NoValue):
    """A number is too large, too small or too close to another one to be worked with."""


class Undefined(NoValue):
    """Division by zero, or a result that is not a real number."""


def out_of_range() -> TooLarge:
    return TooLarge(f"too large or too small: numbers stay between 2**-{MAX_BITS} and 2**{MAX_BITS}")


def is_complicated(expression: sympy.Basic, parts: int = MAX_PARTS) -> bool:
    """Whether the expression has more than so many parts, or more than `MAX_LEVELS` levels."""
    level: list[tuple[sympy.Basic, int]] = [(expression, 0)]
    for _ in range(MAX_LEVELS):
        parts -= len(level)
        if parts < 0 or any(powers > MAX_POWERS for _, powers in level):
            return True
        level = [(arg, powers + _is_slow(part)) for part, powers in level for arg in part.args]
        if not level:
            return False
    return True


def _is_slow(part: sympy.Basic) -> bool:
    """Whether SymPy evaluates what is inside more than once: powers of powers take exponentially long."""
    return isinstance(part, sympy.exp) or (
        isinstance(part, sympy.Pow) and not (part.exp.is_Integer or part.exp is sympy.S.Half)
    )


def too_complicated() -> TooLarge:
    return TooLarge(
        f"too complicated: more than {MAX_PARTS} parts, {MAX_LEVELS} operations or {MAX_POWERS} powers inside one another",
        "give a part of it a symbol, and the symbol a number",
    )


@lru_cache(KEPT)
def degree(expression: sympy.Expr) -> sympy.Rational:
    """A bound on the degree as a polynomial in the symbols, rational exponents included; functions have the degree of what they hold."""
    if isinstance(expression, sympy.Symbol):
        return sympy.S.One
    degrees = [degree(arg) for arg in expression.args if isinstance(arg, sympy.Expr)]
    if isinstance(expression, sympy.Mul):
        return sum(degrees, sympy.S.Zero)
    if isinstance(expression, sympy.Pow) and isinstance(expression.exp, sympy.Rational):
        return degrees[0] * abs(expression.exp)
    return max(degrees, default=sympy.S.Zero)
