"""Degrees and blocks of nodes, and the count of coefficients."""

from __future__ import annotations

import sympy

from boundcalc.blocks.seeds import fits, seeds_below
from boundcalc.program.ir import Arena

SEEDS = sympy.symbols("s_0:3", positive=True)


def test_degrees_and_blocks_of_products_and_concatenations() -> None:
    arena = Arena()
    a, b, c = (arena.leaf(seed) for seed in SEEDS)
    factor = arena.leaf(sympy.Symbol("x", positive=True))
    joined = a.hypot(b)
    product = factor * joined * c
    found = seeds_below(arena, [product.index, (c**2).index], SEEDS)
    assert found[factor.index] == (0, 0)
    assert found[joined.index] == (1, 0b011)
    assert found[product.index] == (2, 0b111)
    assert found[(c**2).index] == (2, 0b100)
    assert found[product.index].coefficients == 6


def test_the_count_stops_at_the_limit() -> None:
    arena = Arena()
    a, b, c = (arena.leaf(seed) for seed in SEEDS)
    output = (a + b) * c  # 1 + 1 + 1 for the seeds, 2 for the sum, 6 for the product, and again as it is asked for
    assert fits([output], SEEDS, 17)
    assert not fits([output], SEEDS, 16)
    assert fits([], SEEDS, 0)
