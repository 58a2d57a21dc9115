"""Closed forms with names for growth factors and coefficients: against the recursion, exactly, at and around resonances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import pytest
import sympy
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from boundcalc.program.depth.depth_form import TooManyCasesError
from boundcalc.program.depth.names import Names
from boundcalc.program.depth.polynomial import Polynomial
from boundcalc.program.depth.triangular import CycleError
from boundcalc.program.depth.work import Work
from boundcalc.program.depth.written import _Factors, written_form
from tests.reference.named import at

ALPHA, A, R, x, y, a, b, c, d, e = sympy.symbols("alpha A R x y a b c d e", positive=True)
K = sympy.Symbol("k", nonnegative=True, integer=True)
Q = sympy.Rational
ZERO, ONE = sympy.S.Zero, sympy.S.One
Images = Sequence[Polynomial[sympy.Expr]]
Values = Mapping[sympy.Symbol, sympy.Expr]

GENERAL: Images = [
    {(0,): ALPHA, (): a},
    {(1,): A, (0,): b, (): c},
    {(2,): A, (1,): d, (0, 0): e * b**2, (0, 1): 2 * e * A * b, (1, 1): e * A**2, (0,): x},
]
RESIDUAL: Images = [
    {(0,): R * (R + 1), (): R * a},
    {(1,): R**2 + R, (0,): 2 * R + 1, (): a},
    {(2,): R * (R + 1), (0, 0): R / 4, (0, 1): R**2 / 2, (1, 1): R**3 / 4, (0,): 2 * ONE, (1,): 4 * R + 2},
]
VALUES = {x: Q(3, 7), y: Q(5, 3), a: Q(2, 5), b: Q(7, 4), c: Q(1, 3), d: Q(11, 6), e: Q(1, 8)}


class Written:
    """A form with its definitions."""

    def __init__(
        self, images: Images, starts: Sequence[sympy.Expr], wanted: int, first: Sequence[sympy.Expr] = ()
    ) -> None:
        names = Names({"R"}, Work(10**6))
        self.form: Any = written_form(images, starts, wanted, K, first, names)
        self.definitions = {symbol.name: part for symbol, part in names.definitions}

    def at(self, values: Values) -> Any:
        return at(self.form, self.definitions, values)


def test_factors_that_are_always_equal_have_no_equation() -> None:
    """SymPy makes `true` of such a relation, which has no sides."""
    assert _Factors([A, A]).named(sympy.true, Names({"R"}, Work(10**6))) == sympy.true


def branches(piecewise: Any) -> list[Any]:
    return list(piecewise.args)


def passes(images: Images, starts: Sequence[sympy.Expr], values: Values, depth: int) -> list[Any]:
    state: list[Any] = [s.xreplace(values) for s in starts]
    numbers: list[dict[Any, Any]] = [
        {m: coefficient.xreplace(values) for m, coefficient in image.items()} for image in images
    ]
    for _ in range(depth):
        state = [sympy.Add(*(sympy.Mul(v, *(state[i] for i in m)) for m, v in image.items())) for image in numbers]
    return state


def check(
    images: Images, starts: Sequence[sympy.Expr], values: Values, wanted: int = -1, written: Written | None = None
) -> None:
    wanted %= len(images)
    written = written or Written(images, starts, wanted)
    for depth in range(9):
        assert written.at({**values, K: sympy.Integer(depth)}) == passes(images, starts, values, depth)[wanted], depth


@pytest.fixture(scope="module")
def general() -> list[Written]:
    return [Written(GENERAL, [x, y, ONE], wanted) for wanted in range(3)]


@pytest.mark.parametrize(
    ("alpha", "growth"), [*product([Q(1, 4), Q(1, 2), Q(1), Q(2), Q(4)], repeat=2), (Q(3, 2), Q(9, 4)), (Q(5), Q(7))]
)
def test_general_recursion(general: list[Written], alpha: sympy.Expr, growth: sympy.Expr) -> None:
    for wanted, written in enumerate(general):
        check(GENERAL, [x, y, ONE], VALUES | {ALPHA: alpha, A: growth}, wanted, written)


@pytest.mark.parametrize("radius", [Q(1, 3), Q(1), Q(5, 2)])
def test_a_growth_factor_has_a_name(radius: sympy.Expr) -> None:
    written = Written(RESIDUAL, [x, ZERO, ZERO], 2)
    assert written.definitions["growth_1"] == R * (R + 1)
    (_, resonance), (general, otherwise) = branches(written.form)
    assert resonance == sympy.Eq(sympy.Symbol("growth_1", positive=True), 1)
    assert otherwise == sympy.true
    assert not general.free_symbols & {R, x, a}
    check(RESIDUAL, [x, ZERO, ZERO], VALUES | {R: radius}, 2, written)


def test_a_resonance_at_an_irrational_number() -> None:
    written = Written(RESIDUAL, [x, ZERO, ZERO], 2)
    (resonant, _), _ = branches(written.form)
    for depth in range(9):
        values = VALUES | {R: (sympy.sqrt(5) - 1) / 2, K: sympy.Integer(depth)}
        truth = passes(RESIDUAL, [x, ZERO, ZERO], values, depth)[2]
        assert sympy.radsimp(sympy.expand(at(resonant, written.definitions, values) - truth)) == 0


@pytest.mark.parametrize("radius", [Q(1, 2), Q(1), Q(3)])
def test_states_that_forget(radius: sympy.Expr) -> None:
    """The values of the first passes are cases of their own."""
    once: Images = [{(0,): R, (): a}, {(0,): b}, {(2,): R, (1,): c, (0, 1): d}]
    twice: Images = [{(0,): R, (): a}, {(0,): b, (): c}, {(0, 1): d, (1,): e}, {(3,): R, (2,): ONE}]
    for wanted in range(3):
        check(once, [x, y, a], VALUES | {R: radius}, wanted)
        check(twice, [x, y, a, b], VALUES | {R: radius}, wanted + 1)


@pytest.mark.parametrize("radius", [Q(1, 2), Q(1), Q(2)])
def test_a_sum_that_meets_a_factor_by_chance(radius: sympy.Expr) -> None:
    """At R = 1 both factors are 1, though as products of atoms they have nothing in common."""
    images: Images = [{(0,): R, (): a}, {(1,): (1 + R) / 2, (0,): ONE, (0, 0): b, (): c}]
    check(images, [x, y], VALUES | {R: radius})


def test_values_before_the_recursion_holds() -> None:
    written = Written([{(0,): R, (): a}], [x], 0, first=[y, c])
    values = VALUES | {R: Q(3)}
    assert [written.at({**values, K: sympy.Integer(depth)}) for depth in range(2)] == [Q(5, 3), Q(1, 3)]
    for depth in range(2, 6):
        assert written.at({**values, K: sympy.Integer(depth)}) == passes([{(0,): R, (): a}], [x], values, depth - 2)[0]


def test_states_that_feed_each_other_have_no_form() -> None:
    with pytest.raises(CycleError):
        Written([{(0,): R, (1,): ONE}, {(0,): a}], [x, y], 0)


FACTORS = [ZERO, ONE, R, A, R * A, R**2, A / R, R + 1, 2 * R, Q(1, 2) * ONE]
coefficients = st.sampled_from([ZERO, ZERO, ONE, a, -b, c * R, (a + R) / 3])


@st.composite
def recursions(draw: st.DrawFn) -> list[Polynomial[sympy.Expr]]:
    """Triangular, with products of earlier states; half of the growth factors coincide at a value below."""
    images: list[Polynomial[sympy.Expr]] = []
    for i in range(draw(st.integers(1, 3))):
        monomials = [(), *((j,) for j in range(i)), *((j, m) for j in range(i) for m in range(j, i))]
        image = {(i,): draw(st.sampled_from(FACTORS)), **{m: draw(coefficients) for m in monomials}}
        images.append({monomial: value for monomial, value in image.items() if value != 0})
    return images


@settings(max_examples=40, deadline=None)
@given(recursions(), st.sampled_from([Q(1), Q(1, 2), Q(2), Q(3, 4)]), st.sampled_from([Q(1), Q(2), Q(4), Q(9, 16)]))
def test_random_recursions(images: list[Polynomial[sympy.Expr]], radius: sympy.Expr, growth: sympy.Expr) -> None:
    starts = [x, y, ONE][: len(images)]
    try:
        written = Written(images, starts, len(images) - 1)
    except TooManyCasesError:
        reject()
    check(images, starts, VALUES | {R: radius, A: growth}, written=written)


def test_names_leave_no_gap_and_avoid_those_taken() -> None:
    names = Names({"c_1", "growth_1"}, Work(1000))
    assert names.coefficient(R * x) == R * x
    tried = names.copy()
    assert str(tried.coefficient(R * x + a)) == "c_2"
    assert str(names.growth((R + 1) * (x + a))) == "growth_2"
    assert str(names.coefficient(R * x + b)) == "c_2"
    assert names.coefficient(R * x + b) == names.coefficient(R * x + b)
    negative = names.coefficient(-(R + x) / (a + b))
    assert negative.is_positive is None
