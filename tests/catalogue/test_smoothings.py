"""The log-sum-exp of windows: sampled derivatives never exceed the constants, entries of all windows reach them."""

import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from autograd import jacobian

from boundcalc.catalogue.smoothings import log_sum_exp


@pytest.mark.parametrize("mu", [sympy.Rational(1, 4), sympy.Integer(2)])
@pytest.mark.parametrize("overlap", [1, 3])
def test_log_sum_exp(overlap, mu, rng, second_derivative_norm):
    """As many windows as `overlap`, which all hold the same three entries."""
    entry = log_sum_exp([sympy.Integer(overlap)], sympy.Integer(3), sympy.Integer(overlap), mu)
    first, second = float(entry.lipschitz.value), float(entry.smoothness.value)
    value = float(mu)

    def function(z):
        return value * anp.log(anp.sum(anp.exp(z / value))) * anp.ones(overlap)

    slope = jacobian(function)
    for scale in (0.1, 1, 5):
        z = rng.normal(size=3) * scale
        assert np.linalg.norm(slope(z), 2) <= first * (1 + 1e-12)
        assert second_derivative_norm(slope, z, rng) <= second * (1 + 1e-6)
    assert np.linalg.norm(slope(np.array([60.0, 0, 0])), 2) == pytest.approx(first)
    reached = second_derivative_norm(slope, np.array([0.0, 0.0, -60 * value]), rng)
    assert reached == pytest.approx(second, rel=1e-6)
    assert np.linalg.norm(function(np.zeros(3))) == pytest.approx(float(entry.at_zero.value))
    assert np.abs(function(np.zeros(3))).max() == pytest.approx(float(entry.sup_at_zero))
