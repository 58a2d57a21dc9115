from __future__ import annotations

import numpy as np
import pytest
import sympy

from boundcalc.program.evaluate import TooManyPassesError
from boundcalc.program.evaluate_log import evaluate_log
from boundcalc.program.float_logs import log_function
from boundcalc.program.ir import Arena, Op, Scalar

X, Y, R, K = sympy.symbols("x y R k", positive=True)


def outputs(arena: Arena) -> list[Scalar]:
    x, y, fixed = arena.leaf(X), arena.leaf(Y), arena.leaf(R * sympy.exp(R) + 1)
    s = arena.variable("s")
    [looped] = arena.loop([s], [x], [s * fixed + y], arena.leaf(K))
    return [
        arena.zero * x + y,
        x + y,
        x + y + fixed,
        x * y * fixed,
        (x + y) ** 3,
        x.hypot(y, fixed),
        x.minimum(y, fixed) + x.maximum(y),
        arena.select(Op.MIN, [x, y], [fixed, x]) + arena.select(Op.MAX, [x, y], [fixed, x]),
        looped,
        fixed**5000 * x,
        arena.zero,
    ]


@pytest.mark.parametrize("point", [(1.0, 2.0), (3e-200, 1e200), (1e-300, 1e-300), (0.7, 0.7)])
def test_the_function_is_that_of_arrays(point: tuple[float, float]):
    arena = Arena()
    wanted = outputs(arena)
    function = log_function(wanted, [X, Y], {R: 3, K: 4})
    expected = evaluate_log(wanted, {X: point[0], Y: point[1], R: 3, K: 4})
    for _ in range(2):
        np.testing.assert_allclose(function(np.asarray(point)), [float(e) for e in expected], rtol=1e-13, atol=1e-13)


def test_what_does_not_move_may_not_be_negative():
    arena = Arena()
    with pytest.raises(ArithmeticError, match="negative"):
        log_function([arena.leaf(R - 4) * arena.leaf(X)], [X], {R: 3})


def test_passes_are_budgeted_over_all_calls():
    arena = Arena()
    s = arena.variable("s")
    [looped] = arena.loop([s], [arena.leaf(X)], [s + arena.leaf(X)], arena.leaf(K))
    function = log_function([looped], [X], {K: 60_000})
    function(np.asarray([1.0]))
    with pytest.raises(TooManyPassesError):
        function(np.asarray([1.0]))
    with pytest.raises(TooManyPassesError):
        log_function([looped], [X], {K: sympy.Integer(10) ** 4000})(np.asarray([1.0]))
