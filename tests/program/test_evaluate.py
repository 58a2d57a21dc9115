from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from flint import arb, ctx, fmpq

from boundcalc.exact.balls import Undecidable, ball
from boundcalc.program.evaluate import MissingValues, evaluate
from boundcalc.program.evaluate_log import evaluate_log, signed_values
from boundcalc.program.ir import Arena, Op, Scalar

X, Y, K = sympy.symbols("x y k", positive=True)


def affine_loop(arena: Arena, times: Scalar) -> tuple[Scalar, ...]:
    """m <- 2 m + x, lip <- m lip + 1, from m = y, lip = 0."""
    m, lip, x = arena.variable("m"), arena.variable("lip"), arena.leaf(X)
    return arena.loop([m, lip], [arena.leaf(Y), arena.zero], [arena.leaf(2) * m + x, m * lip + arena.one], times)


def nested_loop(arena: Arena, inner: Scalar, outer: Scalar) -> Scalar:
    """s <- (t <- t y + s, `inner` times, from x s), `outer` times, from 1; the inner loop uses the outer state twice."""
    x, y, s, t = arena.leaf(X), arena.leaf(Y), arena.variable("s"), arena.variable("t")
    [result] = arena.loop([t], [x * s], [t * y + s * x], inner)
    [total] = arena.loop([s], [arena.one], [result + y], outer)
    return total


def nested_by_hand(x: Fraction, y: Fraction, inner: int, outer: int) -> Fraction:
    s = Fraction(1)
    for _ in range(outer):
        t = x * s
        for _ in range(inner):
            t = t * y + s * x
        s = t + y
    return s


@pytest.mark.parametrize("times", [0, 1, 2, 7])
def test_loops_are_what_they_unroll_to(times):
    arena = Arena()
    x, y = Fraction(2, 3), Fraction(5, 7)
    m, lip = y, Fraction(0)
    for _ in range(times):
        m, lip = 2 * m + x, m * lip + 1
    outputs = affine_loop(arena, arena.leaf(K))
    assert evaluate(outputs, {X: x, Y: y, K: times}) == [fmpq(v.numerator, v.denominator) for v in (m, lip)]
    logs = evaluate_log(outputs, {X: float(x), Y: float(y), K: times})
    assert [float(v.value) for v in signed_values(outputs, {X: x, Y: y, K: times})] == pytest.approx([m, lip])
    assert float(logs[0]) == pytest.approx(float(sympy.log(sympy.Rational(m))))


@pytest.mark.parametrize(("inner", "outer"), [(0, 0), (0, 3), (2, 0), (3, 4)])
def test_nested_loops(inner, outer):
    arena = Arena()
    x, y = Fraction(1, 3), Fraction(3, 2)
    total = nested_loop(arena, arena.leaf(inner), arena.leaf(K))
    expected = nested_by_hand(x, y, inner, outer)
    assert evaluate([total], {X: x, Y: y, K: outer}) == [fmpq(expected.numerator, expected.denominator)]
    assert float(signed_values([total], {X: x, Y: y, K: outer})[0].value) == pytest.approx(float(expected))


def test_a_loop_inside_may_run_as_often_as_the_one_around_it_says():
    arena = Arena()
    s, t = arena.variable("s"), arena.variable("t")
    [inner] = arena.loop([t], [s], [t + arena.one], s)  # doubles s
    [total] = arena.loop([s], [arena.one], [inner], arena.leaf(10))
    assert evaluate([total], {}) == [fmpq(1024)]


@pytest.mark.parametrize("times", [sympy.Rational(1, 2), -1, sympy.sqrt(2)])
def test_a_loop_runs_a_natural_number_of_times(times):
    arena = Arena()
    outputs = affine_loop(arena, arena.leaf(K))
    with pytest.raises(ValueError, match="times"):
        evaluate(outputs, {X: 1, Y: 1, K: times})
    with pytest.raises(ValueError, match="times"):
        evaluate_log(outputs, {X: 1, Y: 1, K: float(times)})


def test_deep_programs_are_evaluated_without_recursion():
    arena = Arena()
    x, m, lip = arena.leaf(X), arena.one, arena.zero
    for _ in range(3000):
        m, lip = x * m, (x * lip + m).hypot(lip).maximum(m)
    results = evaluate([m, lip], {X: sympy.Rational(3, 2)})
    with ctx.workprec(4000):
        assert ball(results[0]).contains(fmpq(3, 2) ** 3000)
    logs = evaluate_log([m, lip], {X: 1.5})
    assert [float(v) for v in logs] == pytest.approx([float(ball(r).log()) for r in results], rel=1e-12)


def test_all_missing_symbols_are_named():
    arena = Arena()
    total = arena.leaf(X) + arena.leaf(Y * K)
    for function in (evaluate, evaluate_log):
        with pytest.raises(MissingValues, match="no value for k, y") as caught:
            function([total], {X: 1})
        assert caught.value.names == ("k", "y")
    assert evaluate([arena.leaf(X)], {X: 1}) == [fmpq(1)]  # what is not needed is not missed


def test_a_variable_that_nothing_binds_has_no_value():
    arena = Arena()
    with pytest.raises(ValueError, match="binds"):
        evaluate([arena.variable("s") + arena.one], {})


def test_precision_grows_until_the_result_is_sharp():
    arena = Arena()
    close = arena.leaf(sympy.sqrt(X + sympy.Rational(1, 10**60)) - sympy.sqrt(X))
    [result] = evaluate([close], {X: 2}, precision=64)
    assert ball(result).rel_accuracy_bits() >= 67
    assert float(ball(result).mid()) == pytest.approx(1e-60 / (2 * 2**0.5))
    floor = arena.leaf(sympy.floor(X * 10**50))
    [whole] = evaluate([floor], {X: sympy.sqrt(2)}, precision=32)
    assert whole == fmpq(sympy.floor(sympy.sqrt(2) * 10**50).p)


def test_what_no_precision_decides_is_an_error():
    arena = Arena()
    with pytest.raises(Undecidable):
        evaluate([arena.leaf(sympy.floor(X**2))], {X: sympy.sqrt(2)})
    with pytest.raises(ArithmeticError):
        evaluate([arena.leaf(1 / (X - 1))], {X: 1})
    with pytest.raises(ArithmeticError):
        evaluate_log([arena.leaf(1 / (X - 1))], {X: 1})
    with pytest.raises(ArithmeticError):
        evaluate_log([arena.leaf(X - 2)], {X: 1})


def test_select_takes_the_first_extreme_key_and_reports_ties():
    arena = Arena()
    x, y = arena.leaf(X), arena.leaf(Y)
    one, two = arena.leaf(1), arena.leaf(2)
    least, greatest = (arena.select(op, [x, y], [one, two]) for op in (Op.MIN, Op.MAX))
    ties: list[int] = []
    assert evaluate([least, greatest], {X: 1, Y: 3}, ties=ties) == [fmpq(1), fmpq(2)]
    assert evaluate([least, greatest], {X: 3, Y: 1}, ties=ties) == [fmpq(2), fmpq(1)]
    assert ties == []
    assert evaluate([least, greatest], {X: 2, Y: 2}, ties=ties) == [fmpq(1), fmpq(1)]
    assert ties == [least.index, greatest.index]


def test_keys_that_cannot_be_told_apart_give_both_values():
    arena = Arena()
    select = arena.select(Op.MIN, [arena.leaf(X**2), arena.leaf(X * Y)], [arena.leaf(1), arena.leaf(2)])
    ties: list[int] = []
    root = sympy.sqrt(2)
    [result] = evaluate([select], {X: root, Y: root}, ties=ties)
    assert ball(result).contains(fmpq(1))
    assert ball(result).contains(fmpq(2))
    assert ties == [select.index]
    nearly = root + sympy.Rational(1, 10**100)
    assert evaluate([select], {X: root, Y: nearly}) == [fmpq(1)]


def test_balls_may_be_given_as_values():
    arena = Arena()
    [result] = evaluate([arena.leaf(X) * arena.leaf(X)], {X: arb(2, 0.5)})
    assert ball(result).contains(fmpq(25, 4))
    assert ball(result).contains(fmpq(9, 4))
    with pytest.raises(TypeError):
        evaluate([arena.leaf(X)], {X: 0.5})  # type: ignore[dict-item]
