"""`--set PATH=EXPR` on fields: what is replaced, and what is refused."""

from __future__ import annotations

import pytest
import sympy

import boundcalc as bc
from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import LayerGraph

TEXT = """
symbols: {R: 2, n: 3, eps: 1/10}
define:
  block: {args: {width:, act: [tanh]}, layers: [dense: width, batchnorm: {eps: eps}, act]}
batch: n
input: {shape: [4], norm: {sample: 1}}
radius: R
layers:
  - block: {name: a, width: 5}
  - repeat: {times: 2, name: r, layers: [{block: {width: 6}}]}
  - residual: [dense: 6]
  - dense: {units: 3, name: head, bias: true}
loss: {squared: {labels: 1}}
"""


def changed(**values: str) -> LayerGraph:
    return expand(bc.override(bc.loads(TEXT), {name.replace("__", "."): value for name, value in values.items()}))


def test_fields_of_layers() -> None:
    found = changed(head__units="7", head__radius="R/2", head__bias="false", head__frozen="true")
    R = found.conditions.symbols["R"]
    assert found.layer("head").shape == (7,)
    assert [array.name for array in found.layer("head").arrays] == ["weight"]
    assert found.balls["head"].radius == R / 2
    assert found.balls["head"].frozen


def test_fields_of_copies_branches_and_modules() -> None:
    found = changed(
        r__1__block_0__radius="5", residual_0__dense_0__radius="7", a__radius="3", a__batchnorm_0__eps="1/3"
    )
    radii = {path: ball.radius for path, ball in found.balls.items()}
    R = found.conditions.symbols["R"]
    assert radii == {
        "a.dense_0": 3,
        "r.0.block_0.dense_0": R,
        "r.1.block_0.dense_0": 5,
        "residual_0.dense_0": 7,
        "head": R,
    }
    assert found.layer("a.batchnorm_0").placed.facts.normalisation.eps == sympy.Rational(1, 3)


def test_arguments_of_modules() -> None:
    assert changed(a__width="9").layer("a.dense_0").shape == (9,)


def test_fields_of_the_file() -> None:
    found = changed(batch="11", radius="13", input__norm="17")
    assert found.batch == 11
    assert {ball.radius for ball in found.balls.values()} == {13}
    assert found.node("input").norm == 17 * sympy.sqrt(11)  # still for each sample


def test_times_of_a_repeat() -> None:
    assert "r.2.block_0.dense_0" in changed(r__times="3").balls


def test_fields_of_the_loss() -> None:
    assert changed(loss__labels="5").layer("loss").placed.facts.labels == 5


def test_an_override_changes_the_bounds() -> None:
    plain, other = (bc.compile(bc.override(bc.loads(TEXT), values)) for values in ({}, {"head.radius": "4"}))
    assert other.norm.evaluate() == pytest.approx(2 * float(plain.norm.evaluate()))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("haed.radius", "1", "there is no symbol and no field 'haed.radius'"),
        ("head.raduis", "1", "did you mean 'head.radius'?"),
        ("head.name", "x", "there is no symbol and no field 'head.name'"),
        ("head.radius", "-1", "a radius must not be negative"),
        ("head.units", "1/2", "must be a positive whole number"),
        ("head.bias", "maybe 1", "expected true or false"),
        ("head.units", "", "head.units: an expression is missing"),
        ("head.radius", "1 +", "head.radius: the expression ends too early"),
        ("head", "1", "unknown symbol 'head'"),
        ("r.2.block_0.radius", "1", "there is no symbol and no field 'r.2.block_0.radius'"),
    ],
)
def test_what_cannot_be_set_is_refused(path: str, value: str, message: str) -> None:
    with pytest.raises(bc.SpecError) as caught:
        expand(bc.override(bc.loads(TEXT), {path: value}))
    assert message in str(caught.value)
    assert len(caught.value.mistakes) == 1


def test_all_unknown_paths_are_reported() -> None:
    with pytest.raises(bc.SpecError) as caught:
        changed(nowhere__radius="1", head__nothing="2")
    assert len(caught.value.mistakes) == 2
