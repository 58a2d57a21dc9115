from __future__ import annotations

import math
import sys
from fractions import Fraction

import pytest
import sympy
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from boundcalc.exact.decimals import (
    enclosure,
    float_upper,
    log10_upper,
    lower_decimal,
    nearest_decimal,
    upper_decimal,
)
from boundcalc.exact.enclosures import from_sympy

fractions = st.builds(Fraction, st.integers(-(10**25), 10**25), st.integers(1, 10**25))
scales = st.integers(-400, 400)


def fraction(x: fmpq) -> Fraction:
    return Fraction(int(x.p), int(x.q))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("12", "12"),
        ("0", "0"),
        ("1/100", "0.01"),
        ("-5/2", "-2.5"),
        ("100000", "100000"),
        ("10**20", "1e+20"),
        ("1/10**7", "1e-7"),
        ("1/3", "0.333333333333334"),
        ("-1/3", "-0.333333333333333"),
        ("2/3", "0.666666666666667"),
        ("10**15 - 1", "999999999999999"),
        ("10**30 - 1", "1e+30"),
    ],
)
def test_shortest_form_rounded_up(value, text):
    assert upper_decimal(from_sympy(sympy.Rational(sympy.sympify(value)))) == text


def test_a_centre_may_have_more_bits_than_the_precision_of_whoever_prints_it() -> None:
    with ctx.workprec(600):
        third = arb(1) / 3
        negative = -third
    assert [nearest_decimal(x, 4) for x in (third, negative)] == ["0.3333", "-0.3333"]


@settings(deadline=None)
@given(fractions, scales, st.integers(1, 25))
def test_exact_rationals_are_enclosed_within_one_unit(mantissa, scale, digits):
    value = mantissa * Fraction(10) ** scale
    number = fmpq(value.numerator, value.denominator)
    low, high = (Fraction(text) for text in enclosure(number, digits))
    near = Fraction(nearest_decimal(number, digits))
    assert low <= value <= high
    assert high - low <= abs(value) * Fraction(10, 10**digits)
    assert 2 * abs(near - value) <= abs(value) * Fraction(10, 10**digits)
    if low == value or high == value:
        assert low == high == near == value


@settings(deadline=None)
@given(fractions, scales, st.integers(-60, 60))
def test_balls_are_enclosed(mantissa, scale, radius):
    value = mantissa * Fraction(10) ** scale
    with ctx.workprec(128):
        number = arb(fmpq(value.numerator, value.denominator), abs(arb(2) ** radius))
    with ctx.workprec(4000):  # the ends themselves, not rounded
        ends = [fraction(end.fmpq()) for end in (number.lower(), number.upper())]
    low, high = (Fraction(text) for text in enclosure(number))
    assert low <= ends[0] <= value <= ends[1] <= high


@settings(deadline=None)
@given(fractions, st.integers(-330, 330), st.booleans())
def test_floats_are_the_least_above(mantissa, scale, exact):
    value = mantissa * Fraction(10) ** scale
    number = fmpq(value.numerator, value.denominator)
    if not exact:
        with ctx.workprec(200):
            number = arb(number).upper()
        value = fraction(number.fmpq())
    result = float_upper(number)
    below = math.nextafter(result, -math.inf)
    assert result == math.inf or Fraction(result) >= value
    assert below == -math.inf or Fraction(below) < value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (sympy.exp(sympy.Integer(10) ** 6), math.inf),
        (-sympy.exp(sympy.Integer(10) ** 6), -sys.float_info.max),
        (sympy.exp(-(sympy.Integer(10) ** 6)), 5e-324),
        (-sympy.exp(-(sympy.Integer(10) ** 6)), 0.0),
        (sympy.Rational(1, 10), 0.1),
        (sympy.Rational(3, 10), math.nextafter(0.3, 1)),
        (sympy.Integer(10) ** 400, math.inf),
    ],
)
def test_floats_at_the_ends_of_their_range(expression, value):
    assert float_upper(from_sympy(expression)) == value


def test_huge_numbers_are_printed_without_their_digits():
    k = sympy.Symbol("k", positive=True)
    huge = from_sympy(sympy.Rational(12346, 10000) * 10**k, {k: 10**12})
    low, high = enclosure(huge, 12)
    assert (low, high) == ("1.23459999999e+1000000000000", "1.23460000001e+1000000000000")
    assert upper_decimal(from_sympy(10**-k, {k: 10**9}), 3) == "1.01e-1000000000"
    assert lower_decimal(from_sympy(-(10**k), {k: 10**9}), 3) == "-1.01e+1000000000"
    assert upper_decimal(from_sympy(sympy.Rational(12346, 10000) * 10**k, {k: 5000}), 5) in (
        "1.2346e+5000",
        "1.2347e+5000",
    )


@settings(deadline=None)
@given(st.fractions(min_value=Fraction(1, 10**6), max_value=10**6), scales)
def test_logarithms_are_rounded_up_and_sharp(mantissa, scale):
    value = mantissa * Fraction(10) ** scale
    result = log10_upper(fmpq(value.numerator, value.denominator))
    assert result is not None
    with ctx.workprec(300):
        true = arb(fmpq(value.numerator, value.denominator)).log() / arb.const_log10()
        assert arb(result) >= true or arb(result).overlaps(true)
        assert arb(math.nextafter(math.nextafter(result, -math.inf), -math.inf)) < true


def test_logarithm_of_zero_and_of_a_negative_number():
    assert log10_upper(fmpq(0)) is None
    with pytest.raises(ValueError, match="negative"):
        log10_upper(fmpq(-1))


@pytest.mark.parametrize("function", [upper_decimal, lower_decimal, nearest_decimal, float_upper, log10_upper])
@pytest.mark.parametrize("number", [arb("nan"), arb("inf")])
def test_what_is_no_number_is_not_printed(function, number):
    with pytest.raises(ArithmeticError):
        function(number)
