"""Repeated squaring against the loop itself; the cost in multiplications, not in seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import sympy
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from boundcalc.exact import balls as numbers
from boundcalc.exact.balls import Number
from boundcalc.program.depth.powers import FEW, Numeric, apply_power, fast_loop, multiply
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Scalar

Body = Callable[[Arena, Sequence[Scalar]], Sequence[Scalar]]
K = sympy.Symbol("k", integer=True, nonnegative=True)


def q(arena: Arena, p: int, over: int = 1) -> Scalar:
    return arena.leaf(sympy.Rational(p, over))


def general(arena: Arena, s: Sequence[Scalar]) -> Sequence[Scalar]:
    m, l, L = s  # noqa: E741
    new = q(arena, 1, 3) * l + q(arena, 2) * m + q(arena, 1, 5)
    return q(arena, 1, 2) * m + q(arena, 1), new, q(arena, 1, 3) * L + l + q(arena, 1, 4) * new**2


def nested(arena: Arena, s: Sequence[Scalar]) -> Sequence[Scalar]:
    """An inner loop of three passes that also reads the outer state, beside it."""
    m, l, L = s  # noqa: E741
    x, y = arena.variable("x"), arena.variable("y")
    stage = arena.loop([x, y], [m, l], [q(arena, 1, 2) * x + q(arena, 1, 7) * m, q(arena, 1, 3) * y + x], q(arena, 3))
    return stage[0], l + stage[1], q(arena, 1, 2) * L + l**2


def kept(arena: Arena, s: Sequence[Scalar]) -> Sequence[Scalar]:
    m, l, L = s  # noqa: E741
    return m, m * l + q(arena, 1), m * m * L + l


def built(body: Body, starts: Sequence[fmpq]) -> tuple[Arena, list[Scalar]]:
    arena = Arena()
    states = [arena.variable(name) for name in ("m", "l", "L")]
    leaves = [q(arena, int(s.p), int(s.q)) for s in starts]
    return arena, list(arena.loop(states, leaves, body(arena, states), arena.leaf(K)))


def fast(arena: Arena, results: Sequence[Scalar], starts: Sequence[Number], times: int) -> list[Number] | None:
    def value(index: int) -> Number:
        return evaluate([arena.scalar(index)], {K: times})[0]

    with ctx.workprec(256):
        return fast_loop(arena, results[0].node.args[0], value, starts, times)


STARTS = [fmpq(1, 2), fmpq(1, 3), fmpq(2)]


@pytest.mark.parametrize("body", [general, nested, kept])
@pytest.mark.parametrize("times", [FEW, FEW + 1, 45])
def test_repeated_squaring_is_the_loop(body: Body, times: int) -> None:
    arena, results = built(body, STARTS)
    found = fast(arena, results, STARTS, times)
    assert found is not None
    with ctx.workprec(1024):
        truth = evaluate(results, {K: times}, 1024)
        for a, b in zip(found, truth, strict=True):
            assert arb(a).overlaps(arb(b))
            assert abs(arb(a) - arb(b)) < abs(arb(b)) * arb(10) ** -60


def test_exact_while_the_numbers_are_small() -> None:
    def whole(arena: Arena, s: Sequence[Scalar]) -> Sequence[Scalar]:
        return s[0] + q(arena, 1), s[1] + s[0], s[2] + s[1] + s[0] ** 2

    arena, results = built(whole, STARTS)
    found = fast(arena, results, STARTS, 1000)
    assert found == evaluate(results, {K: 1000})
    assert all(isinstance(f, fmpq) for f in found or [])


def test_a_million_passes_take_twenty_squarings(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    original = numbers.multiply

    def counted(factors: Sequence[Number]) -> Number:
        nonlocal calls
        calls += 1
        return original(factors)

    monkeypatch.setattr(numbers, "multiply", counted)
    arena, results = built(general, STARTS)
    found = fast(arena, results, STARTS, 10**6)
    assert found is not None
    assert calls < 10_000  # 20 squarings of a sparse triangular matrix with 7 rows
    fixed = [fmpq(2), fmpq(63, 10), (fmpq(63, 10) + fmpq(63, 10) ** 2 / 4) * fmpq(3, 2)]
    for a, b in zip(found, fixed, strict=True):
        assert arb(a).overlaps(arb(b))
        assert arb(a).rel_accuracy_bits() > 200


def test_what_is_left_to_the_loop() -> None:
    def bounded(arena: Arena, s: Sequence[Scalar]) -> Sequence[Scalar]:
        return (s[0] + q(arena, 1)).minimum(q(arena, 3)), s[1], s[2]

    def biased(arena: Arena, s: Sequence[Scalar]) -> Sequence[Scalar]:
        return s[0].hypot(q(arena, 1)), s[1], s[2]

    def squared(arena: Arena, s: Sequence[Scalar]) -> Sequence[Scalar]:
        return s[0] ** 2, s[1], s[2]

    for body in (bounded, biased, squared):
        arena, results = built(body, STARTS)
        assert fast(arena, results, STARTS, 100) is None
    arena, results = built(general, STARTS)
    assert fast(arena, results, STARTS, FEW - 1) is None


entry = st.fractions(-2, 2, max_denominator=3).map(lambda f: fmpq(f.numerator, f.denominator))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(entry, min_size=4, max_size=4), min_size=4, max_size=4), st.integers(0, 12))
def test_matrix_power_is_repeated_multiplication(matrix: list[list[fmpq]], exponent: int) -> None:
    rows = tuple({j: c for j, c in enumerate(row) if c != 0} for row in matrix)
    vector = [fmpq(i + 1) for i in range(4)]
    step: list[Number] = list(vector)
    for _ in range(exponent):
        step = [numbers.add(numbers.multiply((c, step[j])) for j, c in row.items()) for row in rows]
    with ctx.workprec(512):
        for a, b in zip(apply_power(rows, exponent, vector), step, strict=True):
            assert arb(a).overlaps(arb(b))


def test_the_number_of_inner_passes_must_be_whole() -> None:
    algebra = Numeric(lambda _: fmpq(1, 2))
    with pytest.raises(ArithmeticError, match="not a whole number"):
        algebra.iterate(({0: fmpq(1)},), 0)
    assert multiply(({0: fmpq(2), 1: fmpq(1)}, {1: fmpq(3)}), ({0: fmpq(1)}, {1: fmpq(5)})) == (
        {0: fmpq(2), 1: fmpq(5)},
        {1: fmpq(15)},
    )
