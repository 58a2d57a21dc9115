from __future__ import annotations

import numpy as np
import pytest
import sympy
from flint import arb, fmpq

from boundcalc.program.evaluate_log import evaluate_log, signed_values
from boundcalc.program.ir import Arena, Op

X, Y, K = sympy.symbols("x y k", positive=True)


def test_arrays_broadcast():
    arena = Arena()
    x, y = arena.leaf(X), arena.leaf(Y)
    xs, ys = np.array([0.0, 1.0, 1e200])[:, None], np.array([1.0, 2.0])
    outputs = [x * y, x + y, x.hypot(y), x.minimum(y), x.maximum(y), x**3, arena.leaf(X * Y + sympy.exp(-Y))]
    values = evaluate_log(outputs, {X: xs, Y: ys})
    references = [xs * ys, xs + ys, np.hypot(xs, ys), np.minimum(xs, ys), np.maximum(xs, ys)]
    for value, reference in zip(values, references, strict=False):
        with np.errstate(divide="ignore"):
            np.testing.assert_allclose(value, np.log(np.broadcast_to(reference, value.shape)), rtol=1e-12, atol=1e-14)
    assert values[5][2, 0] == pytest.approx(600 * np.log(10))
    np.testing.assert_allclose(values[6], np.log(xs * ys + np.exp(-ys)), rtol=1e-12, atol=1e-14)


def test_nothing_overflows():
    arena = Arena()
    x = arena.leaf(X)
    big = x**5000 + arena.leaf(sympy.Integer(10) ** 5000)
    [value] = evaluate_log([big], {X: 10.0})
    assert float(value) == pytest.approx(5000 * np.log(10) + np.log(2), rel=1e-14)
    for exact in (sympy.Integer(10) ** 6000, fmpq(10**6000), arb(10) ** 6000):
        assert float(evaluate_log([x], {X: exact})[0]) == pytest.approx(6000 * np.log(10), rel=1e-14)


def test_the_number_of_passes_may_be_an_array():
    arena = Arena()
    s = arena.variable("s")
    [power] = arena.loop([s], [arena.one], [s * arena.leaf(X)], arena.leaf(K))
    times = np.array([0, 1, 5, 3])
    [value] = evaluate_log([power], {X: np.array([[2.0], [3.0]]), K: times})
    np.testing.assert_allclose(np.exp(value), np.array([[2.0], [3.0]]) ** times)


def test_floors_see_integers_through_rounding():
    arena = Arena()
    n = np.arange(1, 2000)
    for q in (3, 7, 49):
        down, up = arena.leaf(sympy.floor(X / q) + 1), arena.leaf(sympy.ceiling(X / q))
        values = evaluate_log([down, up], {X: n})
        np.testing.assert_allclose(np.exp(values[0]), n // q + 1, rtol=1e-12)
        np.testing.assert_allclose(np.exp(values[1]), -(-n // q), rtol=1e-12)


def test_signs_are_kept_and_have_no_logarithm():
    arena = Arena()
    minus = arena.leaf(-1)
    x, y = arena.leaf(X), arena.leaf(Y)
    difference = x + minus * y
    xs = np.array([1.0, 2.0, 3.0])
    [value] = signed_values([difference], {X: xs, Y: 2.0})
    np.testing.assert_allclose(value.value, xs - 2)
    with pytest.raises(ArithmeticError, match="negative"):
        evaluate_log([difference], {X: xs, Y: 2.0})
    assert np.isneginf(evaluate_log([difference], {X: 2.0, Y: 2.0})[0])
    chosen = arena.select(Op.MAX, [x, y], [minus * x, y])
    np.testing.assert_allclose(signed_values([chosen], {X: xs, Y: 2.0})[0].value, [2, -2, -3])


@pytest.mark.parametrize(
    "expression",
    [
        sympy.Min(X - 2, Y) + 5,
        sympy.Max(X - 2, 1 - Y) + 5,
        sympy.Piecewise((X, X - 2 < Y - 3), (X * Y, sympy.Or(X > 2, sympy.Eq(Y, 2))), (sympy.E, True)),
        sympy.Piecewise((sympy.pi, sympy.And(X >= 1, Y <= 2)), (2, True)),
        sympy.Piecewise((7, sympy.Ne(X, 1)), (2, True)),
        sympy.Abs(X - 2) + (X - 4) ** 2 + sympy.sign(X - 2) + 1,
        sympy.erf(X) + X**Y + sympy.log(1 + X),
    ],
)
def test_leaves(expression):
    arena = Arena()
    function = sympy.lambdify((X, Y), expression, "math")
    for x in (0.5, 1.0, 2.0, 3.0):
        for y in (0.5, 2.0, 4.0):
            [value] = signed_values([arena.leaf(expression)], {X: x, Y: y})
            assert float(value.value) == pytest.approx(function(x, y), rel=1e-12, abs=1e-12)


def test_unknown_functions_are_errors():
    arena = Arena()
    for expression in (sympy.gamma(X), sympy.oo, sympy.Float(0.1) * X):
        with pytest.raises(TypeError, match="cannot evaluate"):
            evaluate_log([arena.leaf(expression)], {X: 1.0})
