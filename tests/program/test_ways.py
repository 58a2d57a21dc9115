"""One side of every minimum, kept: chosen at values, in loops for all passes."""

from __future__ import annotations

import math

import sympy

from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Op, Scalar
from boundcalc.program.ways import choose

R, S, K = sympy.symbols("R S K", positive=True)


def value(scalar: Scalar, **values: int) -> float:
    return float(evaluate([scalar], {sympy.Symbol(name, positive=True): n for name, n in values.items()})[0])


def minima(scalar: Scalar) -> list[int]:
    arena = scalar.arena
    return [i for i in arena.needed([scalar.index]) if arena.nodes[i].op is Op.MIN]


def test_the_smallest_side_at_the_values_is_kept() -> None:
    arena = Arena()
    r, s = arena.leaf(R), arena.leaf(S)
    whole = (r * s).minimum(r + s) + r
    for values, expected in (({R: 1, S: 1}, R * S + R), ({R: 3, S: 3}, R + S + R)):
        (kept,) = choose([whole], values).kept([whole])
        assert minima(kept) == []
        for r_value, s_value in ((1, 1), (3, 3), (2, 5)):
            found = value(kept, R=r_value, S=s_value)
            assert math.isclose(found, float(expected.subs({R: r_value, S: s_value})), rel_tol=1e-12)
            assert found >= value(whole, R=r_value, S=s_value) * (1 - 1e-12)


def test_of_equal_sides_the_one_that_is_made_of_less_is_kept() -> None:
    arena = Arena()
    r, s = arena.leaf(R), arena.leaf(S)
    whole = r.minimum(r * s)
    assert choose([whole], {R: 7, S: 1}).kept([whole]) == [r]


def test_what_no_minimum_is_in_stays_as_it_is() -> None:
    arena = Arena()
    r = arena.leaf(R)
    plain = r * r + arena.one
    assert choose([plain], {R: 2}).kept([plain]) == [plain]


def test_a_side_without_a_value_is_not_taken() -> None:
    arena = Arena()
    r, bad = arena.leaf(R), arena.leaf(sympy.log(S))  # negative below 1
    whole = bad.minimum(r)
    assert choose([whole], {R: 2, S: sympy.Rational(1, 2)}).kept([whole]) == [r]


def test_in_a_loop_one_side_is_kept_for_all_passes() -> None:
    """x <- min(2 x, x + 4) from 1: 2 x in the first two passes, x + 4 in all others, which is the smaller one in the long run."""
    arena = Arena()
    x, other = arena.variable("x"), arena.variable("y")
    start, four, two = arena.one, arena.leaf(4), arena.leaf(2)
    results = [(two * x).minimum(x + four), other + x]
    ends = arena.loop([x, other], [start, arena.zero], results, arena.leaf(K))
    for passes, kept_by in ((1, 2.0), (10, 41.0)):
        (kept,) = choose([ends[0]], {K: passes}).kept([ends[0]])
        assert minima(kept) == []
        assert value(kept, K=passes) == kept_by
        assert value(kept, K=5) >= value(ends[0], K=5)
    (both,) = choose([ends[1]], {K: 10}).kept([ends[1]])
    assert value(both, K=3) == 1 + 5 + 9
