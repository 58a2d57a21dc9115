"""Activations of a spec's own: attacked under both norms and groupings, the same function in every framework, and constants up to a
largest entry."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy

import boundcalc as bc
from boundcalc.pipeline import Spec

FORMULAS = {
    "mish2": "x*tanh(log(1 + exp(2*x)))",
    "serf": "x*erf(log(1 + exp(x)))",
    "cube": "x**3/3",
    "rooted": "sqrt(x + 20)",
    "snake": "x + sin(3*x)**2/3",
    "bent": "max(x, x/10) + sigmoid(-x)*arctan(x)",
}


def spec(name: str) -> Spec:
    return bc.loads(
        f'symbols: {{R: 1/2}}\nactivations: {{{name}: {{formula: "{FORMULAS[name]}"}}}}\nbatch: 2\n'
        f"input: {{shape: [3], norm: {{entry: 1}}}}\nradius: R\nlayers: [dense: 3, {name}, dense: 2]\n"
    )


def cases() -> Iterator[tuple[str, str, str]]:
    for name in FORMULAS:
        yield name, "total", "euclidean"
        yield name, "layer", "mixed"
    yield "mish2", "layer", "euclidean"
    yield "cube", "total", "mixed"


@pytest.mark.parametrize(("name", "blocks", "norms"), list(cases()))
def test_an_attack_exceeds_no_bound(name: str, blocks: str, norms: str) -> None:
    found = bc.falsify(spec(name), trials=2, seconds=2, blocks=blocks, norms=norms)
    assert not found.falsified, found.violations
    assert found.bounds["lipschitz"].result.ratio is not None  # it did find something


@pytest.mark.parametrize("library", ["numpy", "torch", "jax.numpy"])
@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_the_function_is_that_of_the_formula_in_every_framework(name: str, library: str) -> None:
    """Written out anew, in NumPy."""
    xp: Any = pytest.importorskip(library)
    text = FORMULAS[name]
    x = np.linspace(-4, 4, 41)
    names = {
        "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh, "sin": np.sin, "arctan": np.arctan,
        "max": np.maximum, "erf": np.vectorize(math.erf), "sigmoid": lambda u: 1 / (1 + np.exp(-u)), "x": x,
    }  # fmt: skip
    expected = eval(text, names)
    network = bc.network(
        bc.loads(f'activations: {{{name}: {{formula: "{text}"}}}}\ninput: {{shape: [41], norm: 1}}\nlayers: [{name}]\n')
    )
    (result,) = network({"input": xp.asarray(x[None])})
    np.testing.assert_allclose(np.asarray(result)[0], expected, rtol=1e-5, atol=1e-5)


def test_the_largest_entry_gives_what_all_reals_do_not() -> None:
    """x^3/3 has a' = x^2 and a'' = 2x: with entries of at most s behind the dense layer, which its norm sqrt(2*4)/2 is."""
    bounds = bc.compile(spec("cube"))
    facts = bounds.layers["cube_0"].searched
    largest = math.sqrt(2)
    for name, value in (("lipschitz", largest**2), ("smoothness", 2 * largest), ("sup", largest**3 / 3)):
        found = facts[name].value
        assert found is not None
        assert float(found) == pytest.approx(value, rel=1e-9)
    assert "R" in str(bounds.conditions)
    assert bounds.lipschitz.evaluate() < math.inf
    with pytest.raises(ValueError, match="R"):
        bounds.lipschitz.evaluate(R=2)  # the largest entry would be another one
    free = bc.compile(bc.override(spec("cube"), {"R": None}))
    answer = free.document.network["lipschitz"]
    assert not answer.finite
    assert "largest entry of its input has a value" in str(answer.infinite_because)


def test_what_was_found_is_told(tmp_path: Path) -> None:
    bounds = bc.compile(bc.load("specs/own-activation.yaml"))
    fact = bounds.layers["serf_0"].searched["lipschitz"]
    assert fact.enclosure is not None
    assert fact.value == bounds.layers["serf_0"].own["lipschitz"] == fact.enclosure[1]
    row = next(row for row in json.loads(json.dumps(bounds.to_dict()))["layers"] if row["path"] == "serf_0")
    low, high = (float(end) for end in row["searched"]["lipschitz"]["enclosure"])
    assert low <= high <= low * (1 + 1e-13)
    assert float(sympy.Rational(row["searched"]["lipschitz"]["point"])) == pytest.approx(1.09605, rel=1e-4)


def test_the_record_of_a_formula() -> None:
    entry = bc.activation("x*sigmoid(b*x)", b="17/10")
    silu = bc.VOCABULARY["silu"]
    assert silu.name == "silu"
    assert entry.smoothness.value is not None
    assert float(entry.smoothness.value) == pytest.approx(17 / 20, rel=1e-13)
    assert bc.activation("x**2", within=3).lipschitz.value == 6
    with pytest.raises(bc.SpecError, match="unknown name 'b'"):
        bc.activation("b*x")
    with pytest.raises(ValueError, match="within is a positive rational number"):
        bc.activation("x", within=-1)
