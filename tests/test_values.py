"""Values of symbols: exact numbers from whatever a person passes, and everything that was assumed checked again."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy

import boundcalc as bc
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.values import by_name, exact, resolve

TEXT = """
symbols: {R:, s: {below: 1}, u: {above: 1}, k: {integer: true}, d: 6, d_ff: 4*d, eps: 1/100, z: {above: -1}}
radius: R*s*u + z
input: {shape: [d], norm: 1}
layers: [dense: d_ff, batchnorm: {eps: eps}, dense: k]
"""


@pytest.fixture(scope="module")
def bounds() -> Bounds:
    return bc.compile(bc.loads(TEXT))


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (0.1, sympy.Rational(1, 10)),
        (1e-3, sympy.Rational(1, 1000)),
        (2, sympy.Integer(2)),
        (Fraction(2, 6), sympy.Rational(1, 3)),
        (Decimal("0.25"), sympy.Rational(1, 4)),
        (np.float64(0.1), sympy.Rational(1, 10)),
        (np.int64(7), sympy.Integer(7)),
        (sympy.Float("0.5"), sympy.Rational(1, 2)),
        (sympy.sqrt(2), sympy.sqrt(2)),
        ("1/100", sympy.Rational(1, 100)),
        ("0.1", sympy.Rational(1, 10)),
        ("1e-3", sympy.Rational(1, 1000)),
        ("2*sqrt(2)", 2 * sympy.sqrt(2)),
    ],
)
def test_numbers_are_exact(given: object, value: sympy.Expr) -> None:
    assert exact(given) == value


@pytest.mark.parametrize(
    "wrong", [math.nan, math.inf, Decimal("Infinity"), "R", "1/0", "", "__import__('os')", "sqrt(-1)", "1;2"]
)
def test_what_has_no_value_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        exact(wrong)


@pytest.mark.parametrize("wrong", [True, None, 1j, [1], sympy.Symbol("R"), sympy.pi + sympy.Float(0.5)])
def test_what_is_no_number_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match="number"):
        exact(wrong)


def test_names_and_symbols_are_alike(bounds: Bounds) -> None:
    conditions = bounds.graph.conditions
    R = bounds.symbols["R"]
    assert by_name(conditions, {R: 1, "k": 2}, {"s": 3}) == {"R": 1, "k": 2, "s": 3}
    assert by_name(conditions, {"R": 1}, {"R": 2}) == {"R": 2}
    with pytest.raises(KeyError, match=r"unknown symbol 'esp'.*eps"):
        by_name(conditions, {"esp": 1}, {})


def test_what_the_spec_computes_follows(bounds: Bounds) -> None:
    values = {s.name: v for s, v in resolve(bounds.graph.conditions, {"d": "10"}).items()}
    assert values == {"d": 10, "d_ff": 40, "eps": sympy.Rational(1, 100)}
    assert resolve(bounds.graph.conditions, {"d_ff": 5})[bounds.symbols["d_ff"]] == 5
    assert bounds.symbols["R"] not in resolve(bounds.graph.conditions, {})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"R": 0}, "'R' is positive"),
        ({"R": "-1/2"}, "'R' is positive"),
        ({"k": 2.5}, "'k' is an integer"),
        ({"k": 0}, "'k' is positive"),
        ({"s": 1}, "s < 1"),
        ({"u": 1}, "u > 1"),
        ({"z": -1}, "z > -1"),
    ],
)
def test_ranges_are_checked(bounds: Bounds, given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve(bounds.graph.conditions, given)


def test_values_inside_the_ranges_are_kept(bounds: Bounds) -> None:
    given = {"R": np.float32(0.5), "s": 0.999, "u": 1.001, "k": 3, "z": "-1/8", "d": 6}
    values = resolve(bounds.graph.conditions, given)
    assert {s.name: v for s, v in values.items() if s.name in given} == {
        "R": sympy.Rational(1, 2), "s": sympy.Rational(999, 1000), "u": sympy.Rational(1001, 1000), "k": 3, "z": sympy.Rational(-1, 8), "d": 6,
    }  # fmt: skip
    assert bounds.norm.evaluate(given) == bounds.norm.evaluate(R=0.5, s="0.999", u="1.001", k=3, z=Decimal("-0.125"))


def test_what_the_structure_assumed_is_checked() -> None:
    """The two widths are equal for the spec's values only: other values break the bound and are refused."""
    text = "symbols: {a: 4, b: 4, R: 1}\nradius: R\ninput: {shape: [a], norm: 1}\nlayers: [dense: b, {residual: [dense: a]}]"
    bounds = bc.compile(bc.loads(text))
    assert bounds.lipschitz.evaluate(R=2) > 0
    assert bounds.lipschitz.evaluate(a=5, b=5) == bounds.lipschitz.evaluate()
    with pytest.raises(ValueError, match="compile the spec again"):
        bounds.lipschitz.evaluate(a=5)


def test_an_unrolled_number_of_times_is_fixed() -> None:
    text = "symbols: {k: {integer: true, value: 3}, R: 2}\nradius: R\ninput: {shape: [1], norm: 1}\nlayers: [{repeat: {times: k, index: i, layers: [dense: {units: 1, bias: false}]}}]"
    bounds = bc.compile(bc.loads(text))
    assert bounds.norm.evaluate() == 8
    with pytest.raises(ValueError, match="compile the spec again"):
        bounds.norm.evaluate(k=4)


def test_arrays_are_checked_too(bounds: Bounds) -> None:
    fixed = {"s": 0.5, "u": 2, "k": 3, "z": 0}
    found = bounds.norm.evaluate(fixed, R=np.array([0.5, 1.0, 2.0]))
    assert found == pytest.approx([float(bounds.norm.evaluate(fixed, R=R)) for R in (0.5, 1.0, 2.0)], rel=1e-11)
    with pytest.raises(ValueError, match="'R' is positive"):
        bounds.norm.evaluate(fixed, R=np.array([1.0, -1.0]))
    with pytest.raises(KeyError, match="no value for R"):
        bounds.norm.evaluate(fixed)
