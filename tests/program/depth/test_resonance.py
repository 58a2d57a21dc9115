"""Which growth factors can coincide."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest
import sympy

from boundcalc.program.depth.depth_form import TooManyCasesError, depth_form
from boundcalc.program.depth.readable import geometric
from boundcalc.program.depth.resonance import cases, exponents, product
from boundcalc.program.depth.triangular import CycleError, homogeneous, path_sum, reciprocal_taylor
from boundcalc.program.depth.work import Work

A, B, C, R, b, p, n = sympy.symbols("A B C R b p n", positive=True)
Q = sympy.Rational
k = sympy.Symbol("k", integer=True, positive=True)


@pytest.mark.parametrize(
    ("factor", "atoms"),
    [
        (R, {R: 1}),
        (b * R / 4, {b: 1, R: 1, sympy.Integer(2): -2}),
        (sympy.sqrt(6 * R), {sympy.Integer(2): Fraction(1, 2), sympy.Integer(3): Fraction(1, 2), R: Fraction(1, 2)}),
        (R**2 + 2 * R + 1, {R + 1: 2}),
        (R ** (2 * k - 1), {R**k: 2, R: -1}),
        (1 / (1 - p), {1 - p: -1}),
        (sympy.Integer(1), {}),
    ],
)
def test_exponents(factor: sympy.Expr, atoms: dict[sympy.Expr, Fraction]) -> None:
    assert exponents(factor) == atoms
    assert sympy.simplify(product(exponents(factor).items()) - factor) == 0


def conditions(*factors: sympy.Expr) -> list[set[sympy.Basic]]:
    found = cases(factors, list(combinations(range(len(factors)), 2)))
    assert found is not None
    return [set(case.relations) for case in found]


def test_cases() -> None:
    one = sympy.Integer(1)
    assert conditions(R, R) == [set()]
    assert conditions(R, 1 + R) == [set()]  # never equal
    assert conditions(R, 2 * R) == [set()]
    assert conditions(one, R, R**2) == [{sympy.Eq(R, 1)}, set()]
    assert conditions(one, R / 4) == [{sympy.Eq(R, 4)}, set()]
    assert conditions(sympy.sqrt(n), n**2) == [{sympy.Eq(n, 1)}, set()]
    assert conditions(sympy.Integer(2), sympy.Integer(3)) == [set()]
    assert conditions(A, B) == [{sympy.Eq(A, B)}, set()]
    assert conditions(one, A, B)[0] == {sympy.Eq(A, 1), sympy.Eq(B, 1)}
    assert len(conditions(one, A, B)) == 5


def test_impossible_combinations_make_no_case() -> None:
    """R = 1 and R/2 = 1 can each happen, not both."""
    found = conditions(sympy.Integer(1), R, R / 2)
    assert found == [{sympy.Eq(R, 2)}, {sympy.Eq(R, 1)}, set()] or found == [{sympy.Eq(R, 1)}, {sympy.Eq(R, 2)}, set()]


def test_coinciding_factors_share_a_representative() -> None:
    found = cases([A, B, A * B, A**2], [(0, 1), (2, 3)])
    assert found is not None
    together, general = found
    assert together.classes == (0, 0, 3, 3)
    assert general.classes == (0, 1, 2, 3)
    assert together.values == {A: B}


def test_too_many_cases() -> None:
    factors = [A**i * B**j * C**m for i in range(3) for j in range(3) for m in range(3)]
    assert cases(factors, list(combinations(range(len(factors)), 2))) is None
    rows = [{i: f, **({i + 1: sympy.S.One} if i + 1 < len(factors) else {})} for i, f in enumerate(factors)]
    with pytest.raises(TooManyCasesError):
        depth_form(rows, [sympy.S.One] * len(rows), k, work=Work(10**6))


def test_divided_differences() -> None:
    """f[x_0, ..., x_p] of x^k is h_(k-p), and its recursion f[..] = (f[tail] - f[head]) / (x_p - x_0) holds."""
    points = [sympy.Integer(v) for v in (2, 3, 5, 7)]
    for degree in range(6):
        whole = homogeneous(degree, points)
        parts = homogeneous(degree + 1, points[1:]) - homogeneous(degree + 1, points[:-1])
        assert whole == parts / (points[-1] - points[0])
    assert homogeneous(-1, points) == 0
    e = sympy.Symbol("e")
    taylor = sympy.series(1 / ((2 + e) ** 3 * (5 + e)), e, 0, 4).removeO()
    for order in range(4):
        terms = reciprocal_taylor([3, 1], order)
        assert sum(number * Q(2) ** -p * Q(5) ** -q for number, (p, q) in terms) == taylor.coeff(e, order)


def test_cycles_are_found() -> None:
    with pytest.raises(CycleError):
        path_sum([{1: A}, {0: B}], [A, B], [0, 0], 0, Work(100))
    assert path_sum([{0: A, 1: B}, {1: A}], [b, n], [0, 0], 0, Work(100)) == {(0,): b, (0, 0): B * n}


def test_powers_are_collected() -> None:
    assert str(geometric(R * b, R, k - 2)) == "R**(k - 1)*b"
    assert str(geometric(b / R, R**2, k - 1)) == "R**(2*k - 3)*b"
    assert str(geometric(-b * R * A, b * R, k - 2)) == "-A*(R*b)**(k - 1)"
    assert geometric(b, sympy.S.One, k) == b
