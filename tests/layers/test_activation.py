"""An activation is one row of the catalogue: `cos`, which the package lacks, as a row here and a function beside it."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

import boundcalc as bc
from boundcalc.catalogue.activations import ONE, ZERO, attained
from boundcalc.catalogue.nonlinearity import elementwise
from boundcalc.catalogue.symbols import x
from boundcalc.layers.activation import activation
from boundcalc.layers.index import VOCABULARY

COS = elementwise(
    "cos",
    sympy.cos(x),
    title="cosine",
    lipschitz=attained(ONE, sympy.pi / 2, "a' = -sin"),
    smoothness=attained(ONE, ZERO, "a'' = -cos"),
    at_zero=ONE,
    slope=ZERO,
    sup=attained(ONE, ZERO, "|cos| <= 1"),
)
INDEPENDENT = {"cos": np.cos}  # what a row of tests/reference/layers.py is
SPEC = "input: {shape: [3], norm: 1}\nradius: 2\nlayers: [{dense: {units: 3, bias: false}}, cos]"


def test_one_row_is_a_layer() -> None:
    assert "cos" not in VOCABULARY
    vocabulary = bc.VOCABULARY | {"cos": activation(COS)}
    bounds = bc.compile(bc.loads(SPEC, vocabulary=vocabulary))
    assert bounds.lipschitz.evaluate() == 1
    assert bounds.smoothness.evaluate() == 1
    assert bounds.norm.evaluate() == pytest.approx(3**0.5)
    with pytest.raises(bc.SpecError, match="unknown layer 'cos'"):
        bc.loads(SPEC)


def test_the_row_agrees_with_an_independent_function() -> None:
    grid = np.linspace(-7, 7, 20_001)
    values = INDEPENDENT["cos"](grid)
    kind = activation(COS)
    placed = bc.compile(bc.loads(SPEC, vocabulary={**VOCABULARY, "cos": kind})).graph.layer("cos_0").placed
    assert np.allclose(kind.forward(placed.facts, {}, [grid[:, None]], np)[:, 0], values, rtol=0, atol=1e-15)
    slopes = np.gradient(values, grid)
    for fact, found in ((COS.lipschitz, slopes), (COS.smoothness, np.gradient(slopes, grid)), (COS.sup, values)):
        assert fact is not None
        assert np.abs(found).max() == pytest.approx(float(fact.value), rel=1e-3)  # type: ignore[arg-type]
