from __future__ import annotations

import math

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from boundcalc.program.evaluate import MissingValues
from boundcalc.program.evaluate_log import evaluate_log
from boundcalc.program.ir import Arena, Scalar
from boundcalc.program.linear_map import linear_map

X, Y, R, K = sympy.symbols("x y R k", positive=True)


def outputs(arena: Arena) -> list[Scalar]:
    x, y, fixed = arena.leaf(X), arena.leaf(Y), arena.leaf(R * sympy.exp(R) + 1)
    s = arena.variable("s")
    [looped] = arena.loop([s], [fixed], [s * fixed + fixed], arena.leaf(K))
    shared = x * fixed + y
    return [
        arena.zero * x + y,
        x + y,
        fixed * (x + y + x * looped),
        shared + shared * fixed.hypot(fixed) + y,
        fixed**5000 * x + y,
        arena.zero,
        fixed**-9000 * y,
    ]


points = st.floats(1e-6, 1e6)


@settings(max_examples=40, deadline=None)
@given(points, points)
def test_it_is_the_program_up_to_one_factor(x: float, y: float):
    arena = Arena()
    wanted = outputs(arena)
    expected = [float(e) for e in evaluate_log(wanted, {X: x, Y: y, R: 3, K: 4})]
    largest = max(float(e) for e in evaluate_log(wanted, {X: 1, Y: 1, R: 3, K: 4}))
    found = linear_map(wanted, [X, Y], {R: 3, K: 4})(np.asarray([x, y]))
    np.testing.assert_allclose(found, [math.exp(e - largest) for e in expected], rtol=1e-9, atol=0)


def test_what_is_not_linear_has_no_map():
    arena = Arena()
    x, y = arena.leaf(X), arena.leaf(Y)
    for output in (x * y, x**2, x + arena.one, x.hypot(y), x.minimum(y)):
        with pytest.raises(ValueError, match="not linear in x, y"):
            linear_map([output], [X, Y], {})


def test_what_has_no_value_is_named():
    arena = Arena()
    with pytest.raises(MissingValues, match="R"):
        linear_map([arena.leaf(R) * arena.leaf(X)], [X], {})


def test_coefficients_may_not_be_negative():
    arena = Arena()
    with pytest.raises(ArithmeticError, match="a coefficient is negative"):
        linear_map([arena.leaf(R - 4) * arena.leaf(X)], [X], {R: 3})
