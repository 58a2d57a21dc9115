"""Random programs: every pass agrees with SymPy at 50 digits on the same expression."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from flint import arb, ctx, fmpq
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from boundcalc.exact.balls import Number, ball
from boundcalc.exact.enclosures import to_number
from boundcalc.exact.expression import parse_closed_form
from boundcalc.program.definitions import definitions
from boundcalc.program.differentiate import gradient
from boundcalc.program.doubles import arrange
from boundcalc.program.evaluate import Enclosures, evaluate
from boundcalc.program.evaluate_log import evaluate_log, signed_values
from boundcalc.program.interpret import sweep
from boundcalc.program.ir import Arena, Op, Scalar
from boundcalc.program.reverse import value_and_gradient
from boundcalc.program.tape import tape_of
from boundcalc.program.to_sympy import to_sympy
from boundcalc.program.to_text import Texts
from boundcalc.program.tree_size import tree_size

X, Y, K = sympy.symbols("x y k", positive=True)
SYMBOLS = (X, Y, K)
EXPONENTS = [Fraction(2), Fraction(1, 2), Fraction(-1), Fraction(3, 2), Fraction(-1, 3)]
LEAVES = [
    X,
    Y,
    K,
    sympy.Rational(3, 7),
    sympy.sqrt(X * Y),
    sympy.Max(X, 2 * Y),
    sympy.Min(X + 1, Y * K) + sympy.floor(7 * K / 3),
    sympy.ceiling(X / 2) * sympy.pi,
    sympy.exp(-X) + sympy.log(1 + Y),
    (1 + sympy.erf(K)) / 2 + X**K,
    sympy.Abs(Y - K) + sympy.Rational(1, 3),
]
FAST = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def programs(draw: st.DrawFn) -> Scalar:
    """A scalar of a random program in x, y, k; small enough to be expanded."""
    arena = Arena()
    nodes = [arena.leaf(leaf) for leaf in draw(st.lists(st.sampled_from(LEAVES), min_size=2, max_size=4))]
    node = st.integers(0, 10**6).map(lambda i: nodes[i % len(nodes)])
    for _ in range(draw(st.integers(1, 6))):
        op = draw(st.sampled_from([Op.ADD, Op.MUL, Op.POW, Op.MIN, Op.MAX, Op.HYPOT]))
        if op is Op.POW:
            nodes.append(draw(node) ** draw(st.sampled_from(EXPONENTS)))
        else:
            nodes.append(arena.combine(op, draw(st.lists(node, min_size=2, max_size=3))))
    return nodes[-1]


def rationals(q: int) -> st.SearchStrategy[sympy.Rational]:
    return st.integers(1, 60).filter(lambda p: p % q != 0).map(lambda p: sympy.Rational(p, q))


# Different primes below: no leaf has a kink or a jump at such a point.
points = st.fixed_dictionaries({X: rationals(7), Y: rationals(11), K: rationals(13)})


def difference(scalar: Scalar, symbol: sympy.Symbol, point: dict[sympy.Symbol, sympy.Rational]) -> float:
    """The central difference with step 10^-20, at 512 bits."""
    step = sympy.Rational(1, 10**20)
    ahead, behind = (evaluate([scalar], {**point, symbol: point[symbol] + s}, 512)[0] for s in (step, -step))
    with ctx.workprec(512):
        return float(((ball(ahead) - ball(behind)) * 10**20 / 2).mid())


def contains(number: Number, expression: sympy.Expr, point: dict[sympy.Symbol, sympy.Rational]) -> bool:
    """Whether the ball touches SymPy's value, widened by an error of 45 digits."""
    value = expression.evalf(60, subs=point)
    with ctx.workprec(300):
        return bool(
            ball(number).overlaps(arb(str(value), str(abs(value) * sympy.Float("1e-45")) if value else "1e-45"))
        )


@FAST
@given(programs(), points)
def test_evaluation_in_balls_in_logarithms_and_in_sympy_agree(scalar, point):
    expression = to_sympy(scalar, cap=10**5)
    [number] = evaluate([scalar], point)
    assert contains(number, expression, point)
    assert number >= 0
    [log] = evaluate_log([scalar], {s: float(v) for s, v in point.items()})
    [log_exact] = evaluate_log([scalar], point)
    reference = -math.inf if number == 0 else float(ball(number).log())
    assert float(log) == pytest.approx(reference, rel=1e-9, abs=1e-9)
    assert float(log_exact) == pytest.approx(reference, rel=1e-9, abs=1e-9)


@FAST
@given(programs(), points)
def test_a_tape_and_a_sweep_say_the_same(scalar, point):
    arena = scalar.arena
    with ctx.workprec(128):
        values = {symbol: to_number(value) for symbol, value in point.items()}
        swept = sweep(arena, arena.needed([scalar.index]), Enclosures(values))[scalar.index]
    [number] = evaluate([scalar], point)
    with ctx.workprec(128):
        assert ball(number).overlaps(ball(swept))
        assert ball(number).rad() <= 4 * ball(swept).rad() + abs(ball(number)) * 1e-30
    assert isinstance(number, fmpq) == isinstance(swept, fmpq)


@FAST
@given(
    programs(),
    points,
    st.lists(st.sampled_from([1.0, 3.0, 1e3, 1e-5, 1e40, 1e-40, 1e150, 1e-150]), min_size=3, max_size=3),
)
def test_doubles_are_right_or_say_that_they_are_not(scalar, point, scales):
    """Whatever the magnitudes: a number that left the doubles on the way never counts as one."""
    arrays = {s: np.array([float(v) * t, float(v)]) for (s, v), t in zip(point.items(), scales, strict=True)}
    tape = tape_of([scalar])
    assert tape is not None
    given_arrays = (X, Y)
    k = float(arrays[K][0])
    expected = []
    for x, y in zip(arrays[X], arrays[Y], strict=True):
        exact = {X: sympy.Rational(x), Y: sympy.Rational(y), K: sympy.Rational(k)}
        try:
            expected.append(ball(evaluate([scalar], exact)[0]))
        except ArithmeticError:
            assume(False)
    try:
        score = arrange(tape, {K: k}, given_arrays)
        [found] = score.player(2).play([arrays[symbol] for symbol in given_arrays])
    except FloatingPointError:
        return
    for value, truth in zip(np.broadcast_to(found, 2), expected, strict=True):
        if scalar_has_jumps(scalar):
            continue  # a floor or a difference may go either way in doubles
        assert float(value) == pytest.approx(float(truth.mid()), rel=1e-9)


def scalar_has_jumps(scalar: Scalar) -> bool:
    return to_sympy(scalar, cap=10**5).has(sympy.floor, sympy.ceiling, sympy.Abs)


@FAST
@given(programs(), points)
def test_text_has_the_value_of_the_program(scalar, point):
    known: dict[str, sympy.Symbol] = {symbol.name: symbol for symbol in SYMBOLS}
    values: dict[sympy.Symbol, sympy.Expr] = dict(point)
    for name, text in definitions([("value", scalar)], Texts(), limit=12):
        known[name] = symbol = sympy.Symbol(name, positive=True)
        values[symbol] = parse_closed_form(text.whole, known).evalf(60, subs=values)
    assert contains(evaluate([scalar], point)[0], values[known["value"]], {})


@FAST
@given(programs(), points)
def test_gradients_agree_with_sympy_and_with_differences(scalar, point):
    expression = to_sympy(scalar, cap=10**5)
    partials = gradient(scalar, SYMBOLS)
    ties: list[int] = []
    numbers = evaluate(partials, point, ties=ties)
    assume(not ties)
    if (pulled := value_and_gradient(scalar, point, SYMBOLS)) is not None:
        assert ball(pulled[0]).overlaps(ball(evaluate([scalar], point)[0]))
        with ctx.workprec(128):
            for slope, number in zip(pulled[1], numbers, strict=True):
                assert ball(slope).overlaps(ball(number))
                assert ball(slope).rad() <= abs(ball(slope)) * 1e-20 + 1e-20
    for symbol, number, partial in zip(SYMBOLS, numbers, partials, strict=True):
        assert float(ball(number).mid()) == pytest.approx(difference(scalar, symbol, point), rel=1e-12, abs=1e-12)
        smooth = not expression.has(sympy.Min, sympy.Max, sympy.floor, sympy.ceiling, sympy.Abs)
        if smooth:
            assert contains(number, sympy.diff(expression, symbol), point)
        [signed] = signed_values([partial], point)
        assert float(signed.value) == pytest.approx(float(ball(number).mid()), rel=1e-8, abs=1e-9)


@FAST
@given(programs(), points)
def test_second_derivatives_are_symmetric_and_right(scalar, point):
    first = gradient(scalar, (X, Y))
    ties: list[int] = []
    hessian = evaluate([p for f in first for p in gradient(f, (X, Y))], point, ties=ties)
    assume(not ties)
    assert ball(hessian[1]).overlaps(ball(hessian[2]))
    assert float(ball(hessian[1]).mid()) == pytest.approx(difference(first[0], Y, point), rel=1e-12, abs=1e-12)


@FAST
@given(programs())
def test_the_gradient_has_a_bounded_number_of_nodes(scalar):
    arena = scalar.arena
    before = sum(1 + len(arena.nodes[i].args) for i in arena.needed([scalar.index]))
    partials = gradient(scalar, SYMBOLS)
    needed = arena.needed(p.index for p in partials)
    assert len(needed) <= 5 * before + 3 * len(SYMBOLS)


@FAST
@given(programs())
def test_the_size_is_counted_without_building(scalar):
    [size] = tree_size([scalar])
    assert to_sympy(scalar, size) is not None
    assert to_sympy(scalar, size - 1) is None
