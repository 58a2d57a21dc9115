"""Numbers wait until an array is read, and what waits comes out right."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy

from boundcalc.program.doubles import arrange
from boundcalc.program.ir import Arena, Scalar
from boundcalc.program.tape import tape_of

X, Y, C = sympy.symbols("X Y C", positive=True)
HALF = Fraction(1, 2)
VALUES = np.array([0.25, 1.0, 3.0])


def played(scalar: Scalar, constant: float) -> tuple[np.ndarray, int]:
    tape = tape_of([scalar])
    assert tape is not None
    score = arrange(tape, {C: constant}, (X, Y))
    (found,) = score.player(3).play([VALUES, VALUES[::-1].copy()])
    return np.broadcast_to(np.asarray(found), 3), len(score.moves)


@pytest.mark.parametrize("constant", [2.0, 1e-70, 1e70, 1e-300, 1e200])
def test_what_waits_comes_out_right(constant: float) -> None:
    arena = Arena()
    x, y, c = arena.leaf(X), arena.leaf(Y), arena.leaf(C)
    a, b = VALUES, VALUES[::-1]
    three = arena.leaf(sympy.Integer(3))
    for scalar, expected in (
        (c * x + three * y, constant * a + 3 * b),
        (c * x + c * y, constant * (a + b)),
        ((c * x).minimum(three * y), np.minimum(constant * a, 3 * b)),
        ((three * y).maximum(c), np.maximum(3 * b, constant)),
        (arena.power(c * x, HALF) * y, np.sqrt(constant * a) * b),
        (c * x + three, constant * a + 3),
        ((c * x).hypot(three * y), np.hypot(constant * a, 3 * b)),
    ):
        try:
            found, _ = played(scalar, constant)
        except FloatingPointError:  # then logarithms do it
            assert not 1e-150 < constant < 1e150
            continue
        np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_a_multiplication_is_saved() -> None:
    arena = Arena()
    x, y, c = arena.leaf(X), arena.leaf(Y), arena.leaf(C)
    found, moves = played(c * (c * x + c * y), 2.0)
    np.testing.assert_allclose(found, 4 * (VALUES + VALUES[::-1]), rtol=1e-15)
    assert moves == 2  # a sum, and the factor at the end; written with four operations


def test_a_number_that_is_the_same_everywhere_is_no_move() -> None:
    arena = Arena()
    c = arena.leaf(C)
    found, moves = played(arena.power(c, HALF) + c, 2.0)
    np.testing.assert_allclose(found, math.sqrt(2) + 2, rtol=1e-15)
    assert moves == 0
