"""The fields that a study may vary: what they are called is what `--set` calls them, and their values are the ones that they have."""

from __future__ import annotations

from pathlib import Path

import pytest

import boundcalc as bc
from boundcalc.exact.printing import to_str
from boundcalc.exact.values import substitute
from boundcalc.graph.expand import expand

SPECS = Path(__file__).parents[2] / "specs"
TEXT = """
symbols: {R: 2, k: 3, q: 1/3}
define:
  part: {args: {r: 1}, layers: [{dense: {units: 2, radius: r*q, name: inner}}, {softplus: {beta: r}}]}
input: {shape: [2], norm: 1}
radius: R
layers:
  - part: {r: R/3, name: first}
  - {dense: {units: 2, center: 4, radius: center/8, name: near}}
  - {dense: {units: 2, radius: {weight: 3, bias: R}, name: both}}
  - {dense: {units: 2, share: near, name: again}}
  - {dense: {units: 2, spectral: 5, name: thin}}
  - repeat: {times: k, name: deep, layers: [{dense: {units: 2, bias: false}}]}
loss: {squared: {labels: R}}
"""


def values(text: str) -> dict[str, str]:
    graph = expand(bc.loads(text))
    known = {path: field.value(graph.conditions.symbols) for path, field in graph.settable.items() if not field.size}
    return {path: to_str(substitute(value, graph.conditions.values)) for path, value in known.items()}


def test_fields_have_the_values_that_they_mean() -> None:
    assert values(TEXT) == {
        "first.inner.radius": "2/9",
        "first.softplus_0.beta": "2/3",
        "near.radius": "1/2",
        "both.radius.weight": "3",
        "both.radius.bias": "2",
        "thin.radius": "2",
        "thin.spectral": "5",
        "deep.dense_0.radius": "2",
        "loss.labels": "2",
    }
    sizes = {path for path, field in expand(bc.loads(TEXT)).settable.items() if field.size}
    assert {"near.units", "deep.dense_0.units"} <= sizes


@pytest.mark.parametrize("name", ["mlp", "vgg16-smooth-batchnorm", "transformer-encoder", "lstm", "gcn"])
def test_to_set_what_is_there_changes_nothing(name: str) -> None:
    spec = bc.load(SPECS / f"{name}.yaml")
    spec = bc.override(spec, {symbol: 2 for symbol, said in spec.symbols.items() if said.value is None})
    before = bc.compile(spec)
    symbols, fields = before.graph.conditions.symbols, before.graph.settable
    radii = {path: field.value(symbols) for path, field in fields.items() if path.endswith((".radius", ".eps"))}
    assert radii
    said = {path: to_str(substitute(value, before.values)) for path, value in radii.items()}
    after = bc.compile(bc.override(spec, dict(said)))
    for bound, again in zip(before.totals.values(), after.totals.values(), strict=True):
        assert bound.finite == again.finite
        if bound.finite:
            assert again.evaluate() == pytest.approx(bound.evaluate(), rel=1e-12)
