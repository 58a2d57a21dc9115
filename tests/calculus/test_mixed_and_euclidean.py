"""Mixed norms never give a larger bound than euclidean ones, and a closed form that keeps one way is a bound at all values."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest
import sympy
from flint import arb
from reference.random_specs import random_spec

import boundcalc as bc
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.values import resolve
from boundcalc.exact.balls import Number, ball
from boundcalc.exact.enclosures import from_sympy
from boundcalc.graph.measures import MEASURES
from boundcalc.program.evaluate import evaluate

SMALL = arb("1e-10")  # relative: the numbers by blocks are certified ones of an iteration
EQUAL = arb("1e-12")
PLACES = 20
FACTORS = (sympy.Rational(1, 8), sympy.Rational(1, 2), sympy.Rational(4, 5), sympy.Rational(3, 2), sympy.Integer(6))


def at_most(small: Number, large: Number, margin: arb = SMALL) -> bool:
    return not ball(small) > ball(large) * (1 + margin)


def pairs(small: Bounds, large: Bounds) -> list[tuple[Bound, Number | None, Number | None]]:
    """The quantities of two bounds of the same layers, side by side; None where infinite."""
    return [
        (one, small.numbers.get(one), large.numbers.get(other))
        for one, other in zip(small.quantities, large.quantities, strict=True)
    ]


@pytest.mark.parametrize("seed", range(40))
def test_mixed_is_at_most_euclidean(seed: int) -> None:
    """In every measure, since no slice is larger than the batch; and layer at most total, of the network; and the total in a
    finer measure at most that in a coarser one."""
    architecture, refine = bc.loads(random_spec(seed)), seed // 4 % 2 == 1
    measures = MEASURES if seed // 8 % 2 else (MEASURES[0], MEASURES[1 + seed // 4 % 3])
    euclidean = {blocks: bc.compile(architecture, blocks=blocks, refine=refine) for blocks in ("total", "layer")}
    coarser = euclidean["total"]
    for measure in measures:
        options = {"norms": "mixed", "measure": measure, "refine": refine}
        mixed = {blocks: bc.compile(architecture, blocks=blocks, **options) for blocks in euclidean}
        for bounds, others in ((mixed["total"], coarser), (mixed["layer"], euclidean["layer"])):
            for quantity, small, large in pairs(bounds, others):
                assert (small is None) <= (large is None), quantity.name
                assert small is None or large is None or at_most(small, large), quantity.name
        coarser = mixed["total"]
        for name, quantity in mixed["layer"].named.items():
            total = mixed["total"].named[name]
            small, large = mixed["layer"].numbers.get(quantity), mixed["total"].numbers.get(total)
            assert (small is None) == (large is None), name
            assert small is None or large is None or at_most(small, large), name


def test_what_is_zero_in_one_way_is_zero() -> None:
    """Beside a learned part: the largest of nothing and of a form in the blocks is a form."""
    assert bc.compile(bc.loads(random_spec(418)), norms="mixed", measure="entry", blocks="layer").lipschitz.finite


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_heads_cost_nothing_in_the_whole_batch(heads: int) -> None:
    """Three samples that attention keeps apart: sqrt(3) times one of them."""
    text = f"batch: 3\nradius: 1\ninput: {{shape: [5, 8], norm: {{entry: 1}}}}\nlayers: [attention: {{heads: {heads}, bias: false}}]"
    batch, sample = (bc.compile(bc.loads(text), norms="mixed", measure=measure) for measure in ("batch", "sample"))
    for whole, one in zip(batch.named.values(), sample.named.values(), strict=True):
        assert whole.evaluate() == pytest.approx(3**0.5 * one.evaluate(), rel=1e-9), whole.name


@pytest.mark.parametrize("seed", range(48, 72))
def test_a_closed_form_is_a_bound_at_all_values(seed: int) -> None:
    measure, blocks = MEASURES[seed // 4 % 4], ("total", "layer")[seed // 2 % 2]
    bounds = bc.compile(bc.loads(random_spec(seed)), norms="mixed", measure=measure, blocks=blocks)
    finite = [quantity for quantity in bounds.named.values() if quantity.finite and quantity.unclosed is None]
    for quantity in finite:
        number = quantity.certified(bounds.values)
        for value in forms(quantity, bounds.values):
            assert at_most(number, value, EQUAL), quantity.name
            assert quantity.upper or at_most(value, number, EQUAL), quantity.name
    rng = Random(seed)
    for _ in range(PLACES):
        values = other_values(bounds, rng)
        if values is None:
            continue
        for quantity in finite:
            number = quantity.certified(values)
            assert all(at_most(number, value, EQUAL) for value in forms(quantity, values)), (quantity.name, values)


def forms(quantity: Bound, values: Mapping[sympy.Symbol, sympy.Expr]) -> list[Number]:
    """What the closed form is at these values, as a program and as an expression, where there is one."""
    found = [] if quantity.scalar is None else list(evaluate([quantity.scalar], values))
    if quantity.expression is not None:
        found.append(from_sympy(quantity.expression, values))
    return found


def other_values(bounds: Bounds, rng: Random) -> Mapping[sympy.Symbol, sympy.Expr] | None:
    """Other values of the symbols that are numbers, which sizes keep; None where a condition is broken."""
    declared, given = bounds.graph.conditions.declared, {}
    for name, symbol in bounds.symbols.items():
        value = declared.get(symbol)
        if value is not None and value.is_number and not is_size(bounds, symbol):
            given[name] = value * rng.choice(FACTORS)
    try:
        return resolve(bounds.graph.conditions, given)
    except ValueError:
        return None


def is_size(bounds: Bounds, symbol: sympy.Symbol) -> bool:
    return bool(symbol.is_integer) or any(
        symbol in sympy.sympify(axis).free_symbols for shape in bounds.primitives.shapes for axis in shape
    )
