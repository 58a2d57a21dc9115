"""Floats near numbers do not depend on the precision that a caller of flint has set."""

from __future__ import annotations

import math

import pytest
from flint import arb, ctx, fmpq

import boundcalc as bc
from boundcalc.exact.near import elasticity, logarithm, quotient


@pytest.mark.parametrize("precision", [20, 53, 300])
def test_whatever_the_precision(precision: int) -> None:
    third = fmpq(1, 3)
    with ctx.workprec(precision):
        assert logarithm(third) == -math.log(3)
        assert logarithm(fmpq(0)) == -math.inf
        assert math.isnan(logarithm(fmpq(-1)))
        assert quotient(third, fmpq(7)) == 1 / 21
        assert elasticity(fmpq(2), third, fmpq(7)) == 2 / 21
    with ctx.workprec(200):
        large = arb(10) ** 5000 / 3
    with ctx.workprec(precision):
        assert logarithm(large) == pytest.approx(5000 * math.log(10) - math.log(3), rel=1e-15)
        assert quotient(large, arb(1)) == math.inf


def test_a_design_is_the_same_at_every_precision() -> None:
    spec = bc.override(bc.load("specs/mlp.yaml"), {"width": 8, "R": 1})

    def found() -> object:
        return bc.design(
            spec, minimise="objective smoothness", vary=["**.radius"], subject=["prod(**.radius) >= 1"]
        ).to_dict()

    expected = found()
    with ctx.workprec(300):
        assert found() == expected
