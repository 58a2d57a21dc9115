"""Numbers and scalars do the same: what scalars build has the value that numbers compute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest
import sympy
from flint import arb, fmpq

from boundcalc.program.arithmetic import Arithmetic, Numbers, Scalars, V
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena

GIVEN = (Fraction(2, 3), Fraction(0), Fraction(5, 4), Fraction(7))


def folded(arithmetic: Arithmetic[V], fold: Callable[[Sequence[V]], V], count: int) -> V:
    return fold([arithmetic.number(x) for x in GIVEN[:count]])


@pytest.mark.parametrize("name", ["add", "multiply", "minimum", "maximum", "hypot"])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_scalars_build_what_numbers_compute(name: str, count: int) -> None:
    numbers, scalars = Numbers(), Scalars(Arena())
    built = folded(scalars, getattr(scalars, name), count)
    computed = folded(numbers, getattr(numbers, name), count)
    assert arb(evaluate([built], {})[0]).overlaps(arb(computed))


def test_empty_sums_and_products() -> None:
    scalars = Scalars(Arena())
    assert (Numbers().add([]), Numbers().multiply([])) == (0, 1)
    assert (scalars.add([]), scalars.multiply([])) == (scalars.number(0), scalars.number(1))


def test_only_what_is_zero_for_certain_is_zero() -> None:
    arena = Arena()
    scalars, x = Scalars(arena), arena.leaf(sympy.Symbol("x", nonnegative=True))
    assert scalars.is_zero(scalars.number(0))
    assert not scalars.is_zero(x)
    assert Numbers().is_zero(fmpq(0))
    assert not Numbers().is_zero(arb(0, 1))
