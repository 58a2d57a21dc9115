"""The published profile: the numbers, and that its warnings are true."""

import numpy as np
import pytest
import sympy

from boundcalc.catalogue.index import ELEMENTWISE, LOSSES, NORMALISATIONS, SOFTMAX
from boundcalc.catalogue.published import PUBLISHED
from boundcalc.catalogue.symbols import batch, eps, kernel, size, stride


def test_numbers():
    assert PUBLISHED["conv2d"].bilinear == sympy.ceiling(kernel / stride)
    assert PUBLISHED["conv2d"].bias == sympy.sqrt(batch) * sympy.ceiling(kernel / stride)
    assert (PUBLISHED["dense"].bilinear, PUBLISHED["dense"].bias) == (1, sympy.sqrt(batch))
    assert (PUBLISHED["relu"].lipschitz, PUBLISHED["relu"].smoothness) == (1, None)
    assert (PUBLISHED["softmax"].lipschitz, PUBLISHED["softmax"].smoothness) == (2, 4)
    assert (PUBLISHED["softplus"].lipschitz, PUBLISHED["softplus"].smoothness) == (1, sympy.Rational(1, 4))
    assert (PUBLISHED["maxpool2d"].lipschitz, PUBLISHED["maxpool2d"].smoothness) == (1, None)
    assert (PUBLISHED["avgpool2d"].lipschitz, PUBLISHED["avgpool2d"].smoothness) == (1, 0)
    assert (PUBLISHED["logistic"].lipschitz, PUBLISHED["logistic"].smoothness) == (2, 2)
    norm = PUBLISHED["batchnorm"]
    assert norm.norm == size * batch
    assert norm.lipschitz == 2 / sympy.sqrt(eps)
    assert norm.smoothness == 2 / (sympy.sqrt(batch) * eps)


def test_entries():
    for kind, entry in PUBLISHED.items():
        assert entry.kind == kind
        assert "2002.09051" in entry.source
        assert entry.bilinear is not None or entry.lipschitz is not None
        if entry.lipschitz is not None and entry.smoothness is None:
            assert entry.reason
    assert "layernorm" not in PUBLISHED  # no constant was published
    assert PUBLISHED["batchnorm"].domain == "form sqrt"


@pytest.mark.parametrize("kind", ["softmax", "softplus", "logistic"])
def test_constants_without_a_warning_are_upper_bounds(kind):
    sharp = {"softmax": SOFTMAX, "softplus": ELEMENTWISE["softplus"], "logistic": LOSSES["logistic"]}[kind]
    sharp = sharp.instantiate(**{s.name: sympy.Integer(1) for s in sharp.sizes})
    published = PUBLISHED[kind]
    assert not published.warnings
    assert published.lipschitz >= sharp.lipschitz.value
    assert published.smoothness >= sharp.smoothness.value


def test_batchnorm_of_a_dense_layer_is_an_upper_bound():
    """count = batch, channels = size."""
    n, d, e = sympy.Integer(32), sympy.Integer(5), sympy.Rational(1, 100)
    sharp = NORMALISATIONS["batchnorm", "sqrt"].instantiate(channels=d, count=n, eps=e)
    values = {batch: n, size: d, eps: e}
    published = PUBLISHED["batchnorm"]
    assert published.norm.xreplace(values) >= sharp.norm.value
    assert published.lipschitz.xreplace(values) >= sharp.lipschitz.value
    assert published.smoothness.xreplace(values) >= sharp.smoothness.value


def test_warnings_are_true():
    """The bias of a 3x3 convolution on 6x6 positions; max pooling with windows that overlap."""
    assert PUBLISHED["conv2d"].warnings
    samples, positions = 2, 36
    bias = np.linalg.norm(np.ones((samples * positions, 1)), 2)
    assert bias > float(
        PUBLISHED["conv2d"].bias.xreplace({batch: sympy.Integer(2), kernel: sympy.Integer(3), stride: sympy.Integer(1)})
    )
    assert PUBLISHED["maxpool2d"].warnings
    before, after = np.array([0.0, 1.0, 0.0]), np.array([0.0, 2.0, 0.0])
    pooled = [np.array([max(z[0], z[1]), max(z[1], z[2])]) for z in (before, after)]
    assert np.linalg.norm(pooled[1] - pooled[0]) > float(PUBLISHED["maxpool2d"].lipschitz)
