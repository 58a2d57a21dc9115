from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from boundcalc.exact.balls import (
    EXACT_BITS,
    Undecidable,
    add,
    ball,
    compare,
    hypot,
    maximum,
    minimum,
    multiply,
    power,
)
from boundcalc.exact.enclosures import from_sympy, to_number

X, Y = sympy.symbols("x y", positive=True)
rationals = st.fractions(min_value=Fraction(1, 10**9), max_value=10**9, max_denominator=10**9)


def number(x: Fraction, exact: bool) -> fmpq | arb:
    q = fmpq(x.numerator, x.denominator)
    return q if exact else arb(q)


@settings(deadline=None)
@given(st.lists(st.tuples(rationals, st.booleans()), min_size=1, max_size=4))
def test_arithmetic_contains_the_exact_result_and_is_exact_on_small_rationals(terms):
    values = [v for v, _ in terms]
    results = {
        add: sum(values),
        multiply: Fraction(np.prod([sympy.Rational(v) for v in values])),
        minimum: min(values),
        maximum: max(values),
    }
    with ctx.workprec(128):
        args = [number(*term) for term in terms]
        for function, expected in results.items():
            result = function(args)
            with ctx.workprec(1000):  # the exact value becomes a ball as well
                assert ball(result).contains(fmpq(expected.numerator, expected.denominator))
            if all(exact for _, exact in terms):
                assert isinstance(result, fmpq)
                assert result == fmpq(expected.numerator, expected.denominator)


@settings(deadline=None)
@given(rationals, st.integers(-6, 6), st.integers(1, 4), st.booleans())
def test_powers(base, p, q, exact):
    with ctx.workprec(256):
        result = ball(power(number(base, exact), Fraction(p, q)))
    with ctx.workprec(1000):
        back = result ** Fraction(p, q).denominator
        expected = base ** Fraction(p, q).numerator
        assert back.contains(fmpq(expected.numerator, expected.denominator))


def test_perfect_powers_and_pythagorean_triples_stay_exact():
    assert power(fmpq(8, 27), Fraction(-2, 3)) == fmpq(9, 4)
    assert power(fmpq(0), Fraction(1, 2)) == fmpq(0)
    assert hypot([fmpq(3), fmpq(4), fmpq(12)]) == fmpq(13)
    assert isinstance(power(fmpq(2), Fraction(1, 2)), arb)


def test_exact_numbers_do_not_grow_without_end():
    x: fmpq | arb = fmpq(3, 7)
    for _ in range(20):
        x = multiply((x, x))
    assert isinstance(x, arb)
    assert isinstance(add([fmpq(1, 3**i) for i in range(1, 60)]), arb | fmpq)
    assert power(fmpq(2), Fraction(EXACT_BITS // 2)) == fmpq(2) ** (EXACT_BITS // 2)
    assert isinstance(power(fmpq(2), Fraction(10**12)), arb)


@pytest.mark.parametrize("q", [999, 1001, 10**30])
def test_exponents_with_large_denominators(q):
    with ctx.workprec(128):
        result = ball(power(fmpq(5), Fraction(3 * q + 1, q)))
        assert result.overlaps((arb(5).log() * (3 + arb(fmpq(1, q)))).exp())
        assert result.rel_accuracy_bits() > 100
        assert power(arb(0), Fraction(1, q)) == 0


def test_balls_around_zero():
    around = arb(0, 1)
    assert power(around, Fraction(2)).contains(arb("0.5"))
    assert power(around, Fraction(2)).contains(fmpq(1))
    assert power(around, Fraction(3)).contains(fmpq(-1))
    root = power(around, Fraction(1, 3))
    assert root.contains(fmpq(0))
    assert root.contains(fmpq(1))
    assert not root.contains(fmpq(2))
    with pytest.raises(Undecidable):
        power(around, Fraction(-1))
    with pytest.raises(ZeroDivisionError):
        power(arb(0), Fraction(-1))
    with pytest.raises(ZeroDivisionError):
        power(fmpq(0), Fraction(-1))
    for negative in (fmpq(-2), arb(-2)):
        with pytest.raises(ArithmeticError):
            power(negative, Fraction(1, 2))


def test_comparisons_never_guess():
    assert compare(fmpq(1, 3), arb(1)) == -1
    assert compare(arb(1), fmpq(1)) == 0
    assert compare(arb(0, 1), fmpq(0)) is None
    both = minimum([arb(0, 1), fmpq(1, 2)])
    assert both.contains(fmpq(-1))
    assert both.contains(fmpq(1, 2))


@pytest.mark.parametrize(
    ("expression", "point", "expected"),
    [
        (sympy.floor(X / 49), {X: 49}, fmpq(1)),
        (sympy.ceiling(X / 3), {X: 10}, fmpq(4)),
        (sympy.floor(sympy.pi * X), {X: 1}, fmpq(3)),
        (sympy.Min(X, 3, Y), {X: 5, Y: 4}, fmpq(3)),
        (sympy.Max(X, Y), {X: Fraction(1, 2), Y: sympy.Rational(1, 3)}, fmpq(1, 2)),
        (sympy.Abs(X - Y), {X: 1, Y: 3}, fmpq(2)),
        (sympy.sqrt(X) * sympy.sqrt(Y), {X: 4, Y: 9}, fmpq(6)),
        (sympy.Piecewise((X, X < Y), (Y**2, True)), {X: 3, Y: 2}, fmpq(4)),
        (sympy.Piecewise((X, sympy.Or(X < 1, sympy.Eq(Y, 2))), (Y**2, True)), {X: 3, Y: 2}, fmpq(3)),
        (sympy.Piecewise((X, sympy.And(X < 1, sympy.Ne(Y, 2))), (Y**2, True)), {X: 3, Y: 2}, fmpq(4)),
        (sympy.log(X), {X: 1}, fmpq(0)),
        (X**Y, {X: 2, Y: 10}, fmpq(1024)),
        (X**Y, {X: 4, Y: Fraction(3, 2)}, fmpq(8)),
        (sympy.sign(X - Y), {X: 2, Y: 3}, fmpq(-1)),
    ],
)
def test_leaves_with_exact_values(expression, point, expected):
    result = from_sympy(expression, point)
    assert isinstance(result, fmpq)
    assert result == expected


@pytest.mark.parametrize(
    "expression",
    [
        sympy.sqrt(2) + sympy.pi,
        sympy.E**sympy.pi,
        sympy.erf(sympy.Rational(1, 3)) * sympy.log(7),
        sympy.sqrt(3) ** sympy.sqrt(2),
        (1 + sympy.erf(1)) / 2 + 1 / (sympy.E * sympy.sqrt(sympy.pi)),
        sympy.Max(sympy.sqrt(2), sympy.Rational(7, 5)),
        sympy.exp(sympy.sqrt(2)) - 4,
    ],
)
def test_leaves_that_are_irrational(expression):
    result = from_sympy(expression, precision=200)
    with ctx.workprec(400):
        assert ball(result).overlaps(arb(str(sympy.N(expression, 70)), "1e-65"))
    assert ball(result).rel_accuracy_bits() > 180


def test_a_floor_that_cannot_be_decided_is_an_error():
    with pytest.raises(Undecidable):
        from_sympy(sympy.floor(X), {X: arb(2, 0.5)})
    with pytest.raises(Undecidable):
        from_sympy(sympy.Piecewise((1, X < 2), (3, True)), {X: arb(2, 0.5)})


@pytest.mark.parametrize(
    "expression", [sympy.gamma(X), sympy.Float("0.1") * X, sympy.oo + 0 * X, sympy.sin(X), sympy.I * X]
)
def test_what_is_not_known_is_an_error(expression):
    with pytest.raises(TypeError, match="cannot evaluate"):
        from_sympy(expression, {X: 2})


def test_values_must_be_exact():
    assert to_number(np.int64(3)) == fmpq(3)
    assert to_number(Fraction(1, 3)) == fmpq(1, 3)
    assert to_number(sympy.Rational(2, 7)) == fmpq(2, 7)
    for bad in (0.1, True, "1", None, np.float64(2), 1j):
        with pytest.raises(TypeError):
            to_number(bad)  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        from_sympy(X + Y, {X: 1})
    with pytest.raises(ArithmeticError):
        to_number(arb("nan"))


@pytest.mark.parametrize(
    "expression",
    [1 / (X - 2), sympy.log(X - 2), sympy.log(X - 3), sympy.sqrt(X - 3), sympy.exp(sympy.exp(sympy.exp(X * 50)))],
)
def test_undefined_and_overflowing_values_are_errors(expression):
    with pytest.raises(ArithmeticError):
        from_sympy(expression, {X: 2})
