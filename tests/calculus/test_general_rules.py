"""The rules of the calculus in several norms in the form in which docs/norms.md proves them, where layers of one's own may
meet them and ours do not: each example attains a value that a rule for our layers alone would miss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import sympy

from boundcalc.calculus import primitives as p
from boundcalc.calculus.mixed import Mixed
from boundcalc.calculus.norms import Norm
from boundcalc.calculus.quantities import LIPSCHITZ, NORM, SMOOTHNESS, Quantity
from boundcalc.calculus.trace import trace
from boundcalc.calculus.views import View, Window, moved, same
from boundcalc.layers.parts.maps import given_map
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Scalar

ONE, FOUR = map(sympy.Integer, (1, 4))
SAMPLE, FIRST, SECOND = (frozenset({axis}) for axis in range(3))


def bound(
    primitives: Sequence[p.Primitive],
    shapes: Sequence[Sequence[int]],
    norm: Norm,
    quantity: Quantity,
    refine: bool = False,
) -> float:
    """Of the last primitive, in this norm."""
    sizes = tuple(tuple(map(sympy.Integer, shape)) for shape in shapes)
    last = len(primitives) - 1
    names = ("",) * len(primitives)
    graph = p.PrimitiveGraph(tuple(primitives), names, sizes, {"": last}, last, None, (), {}, ())
    found = trace(graph, Mixed(Arena(), graph, {last: norm}, refine)).figures[last][quantity]
    assert isinstance(found, Scalar)
    return float(evaluate([found], {})[0])


def copies(*shape: int) -> p.Linear:
    """One learned number at every place."""
    axes = frozenset(range(len(shape)))
    return p.Linear(0, sympy.sqrt(sympy.prod(shape)), view=View(copied=axes))


NUMBER = p.Parameter("w", ONE, differentiated=True)


@pytest.mark.parametrize("shared", [False, True], ids=["inner", "shared"])
def test_heads_outside_the_largest_place_of_a_product(shared: bool) -> None:
    """f the identity of two rows: sum_h max_j f_hj^2 = 2, and 1 in each j."""
    rows = p.Source("f", sympy.sqrt(2), None, differentiated=False, sample=ONE)
    if shared:  # f_he g_je, the identity both: sum_h max_j sum_e (f_he g_je)^2 = 2
        product = p.Bilinear(0, 1, ONE, left_view=moved([(0, 1), (2, 0)]), right_view=moved([(1, 0), (2, 1)]))
        shapes, nested = [(2, 2), (2, 2), (2, 2, 2)], Norm(heads=SAMPLE, inner=FIRST)
        found = bound([rows, replace(rows, name="g"), product], shapes, nested, NORM)
    else:
        single = p.Source("g", ONE, None, differentiated=False)
        product = p.Bilinear(0, 1, ONE, left_view=moved([(1, 1), (2, 0)]), right_view=moved([(0, 0)]))
        nested = Norm(SAMPLE, heads=FIRST, inner=SECOND)
        found = bound([rows, single, product], [(2, 2), (1,), (1, 2, 2)], nested, NORM)
    assert found >= 2**0.5 * (1 - 1e-12)


def test_a_curved_map_of_a_window_that_is_read_entry_by_entry() -> None:
    """||z||^2/2 in windows of 4 entries that all are w: second derivative 4."""
    window = View(((SAMPLE, SAMPLE),), (Window(1, 1, FOUR),))
    curved = p.Map(1, given_map("half the square", FOUR, ONE, sympy.S.Zero, None), window)
    found = bound([NUMBER, copies(1, 8), curved], [(), (1, 8), (1, 2)], Norm(SAMPLE | FIRST), SMOOTHNESS)
    assert found >= 4


def test_an_input_as_weights_of_a_sum() -> None:
    """One row of four weights 1/4, of norm 1/2: the average of four numbers w is w, and 1 where w is."""
    weights = p.Source("A", sympy.S.Half, None, differentiated=False)
    mean = p.Bilinear(
        2,
        1,
        ONE,
        left_norm=ONE,
        stochastic=True,
        left_view=moved([(0, 0), (1, 1)]),
        right_view=moved([(0, 0), (2, 2)]),
    )
    entries = Norm(SAMPLE | FIRST | SECOND)
    shapes = [(), (1, 4, 1), (1, 1, 4), (1, 1, 1)]
    for quantity in (NORM, LIPSCHITZ):
        assert bound([NUMBER, copies(1, 4, 1), weights, mean], shapes, entries, quantity) >= 1


def test_a_refined_slope_of_a_loss_that_has_a_largest_one() -> None:
    """The mean of four times w^2/2 up to |w| = 9/10, of slope w; that it is 1 at most does not halve it."""
    radius = sympy.Rational(9, 10)
    huber = replace(given_map("huber", ONE, ONE, sympy.S.Zero, None), derivative_at_zero=sympy.S.Zero)
    network = [replace(NUMBER, norm=radius), copies(4), p.Average(1, huber, FOUR, SAMPLE)]
    assert bound(network, [(), (4,), ()], Norm(), LIPSCHITZ, refine=True) >= 0.9 * (1 - 1e-12)


def test_an_entrywise_map_of_an_input_is_no_window() -> None:
    """The same rules keep what is sharp: the largest slice is one factor of the second-order term."""
    curved = p.Map(1, given_map("entrywise", ONE, ONE, sympy.S.Zero, None), same(range(2)))
    found = bound([NUMBER, copies(4, 4), curved], [(), (4, 4), (4, 4)], Norm(), SMOOTHNESS)
    assert found == pytest.approx(4)  # 1 in each of 16 entries
