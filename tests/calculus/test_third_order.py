"""The third order: on paper, against derivatives along lines, and under every option."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from reference.subjects import unbroken

import boundcalc as bc
from boundcalc.calculus.quantities import THIRD_ORDER

ONE = "input: {shape: [1], norm: x}\nsymbols: {x:, R:}\nradius: R\nlayers: "
SPECS = Path(__file__).parents[2] / "specs"


def third(text: str, **options: Any) -> bc.Bound:
    return bc.compile(bc.loads(text), third_order=True, **options).third_order


def chain(depth: object, symbols: str = "") -> str:
    return f"input: {{shape: [1], norm: x}}\nsymbols: {{x:, R:{symbols}}}\nradius: R\nlayers: [repeat: {{times: {depth}, layers: [dense: {{units: 1, bias: false}}]}}]"


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 7])
def test_a_chain_of_scalars(depth: int) -> None:
    """Every one of k weights adds 3 L to R T: k (k - 1) (k - 2) R^(k - 3) x."""
    expected = depth * (depth - 1) * (depth - 2) * 5.0 ** (depth - 3) * 7
    assert third(chain(depth)).evaluate(R=5, x=7) == pytest.approx(expected)


def test_a_chain_of_symbolic_depth() -> None:
    looped = third(chain("k", ", k:"))
    for depth in (1, 2, 3, 5, 8):
        assert looped.evaluate(k=depth, R=2, x=3) == pytest.approx(
            depth * (depth - 1) * (depth - 2) * 2 ** (depth - 3) * 3
        )


@pytest.mark.parametrize(("activation", "constant"), [("tanh", 2), ("sigmoid", 1 / 8), ("softplus", math.sqrt(3) / 18)])
def test_a_map_of_a_product(activation: str, constant: float) -> None:
    """a(w x) along w: a''' x^3, and nothing else, for w x alone is linear in w."""
    found = third(ONE + f"[dense: {{units: 1, bias: false}}, {activation}]")
    assert found.evaluate(R=5, x=3) == pytest.approx(constant * 27)


def test_two_layers_on_paper() -> None:
    """v tanh(w x): 3 b (l_v L + 0) + R H l^3, with l = x, L = 4 sqrt(3)/9 x^2, H = 2 of tanh."""
    found = third(ONE + "[dense: {units: 1, bias: false}, tanh, dense: {units: 1, bias: false}]")
    assert found.evaluate(R=5, x=3) == pytest.approx(3 * 4 * math.sqrt(3) / 9 * 9 + 5 * 2 * 27)


def test_a_loss_adds_its_own() -> None:
    """f(w x) of half a square: D f = w x and 1, D^2 of w x is zero; so is D^3 of all."""
    text = ONE + "[dense: {units: 1, bias: false}]\nloss: {squared: {labels: 1}}"
    bounds = bc.compile(bc.loads(text), third_order=True)
    assert bounds.objective is not None
    assert bounds.objective.third_order.evaluate(R=1, x=2) == 0
    regular = bc.compile(bc.loads(text + "\nregularizer: {l2: 3}"), third_order=True)
    assert regular.objective is not None
    assert regular.objective.third_order.evaluate(R=1, x=2) == 0  # the third derivative of a square is zero


def test_what_has_none_says_why() -> None:
    kinked = third(ONE + "[dense: 1, relu]")
    assert kinked.evaluate(R=1, x=1) == math.inf
    assert kinked.reason == "relu has a kink at 0: its derivative jumps"
    bent = third(ONE + "[dense: 1, softsign]")
    assert bent.reason == "the second derivative of softsign jumps at 0"
    unknown = third("input: {shape: [4], norm: 1}\nradius: 1\nlayers: [dense: 4, layernorm: 1/10]")
    assert unknown.reason == "the catalogue has no bound of the third derivative of layernorm"


def test_it_is_asked_for() -> None:
    architecture = bc.loads(ONE + "[dense: 1, tanh]")
    plain = bc.compile(architecture)
    assert THIRD_ORDER not in plain.figures
    with pytest.raises(ValueError, match="the third order was not asked for; compile with third_order=True"):
        _ = plain.third_order
    with pytest.raises(ValueError, match="no third-order constants are published"):
        bc.compile(architecture, third_order=True, constants="published")


NETWORKS = {
    "residual": "input: {shape: [3], norm: 1}\nradius: 1\nlayers: [residual: [dense: 3, tanh], dense: 2, softmax]",
    "gate": "input: {shape: [3], norm: 1}\nradius: 1\nlayers: [{dense: {units: 3, name: a}}, sigmoid, multiply: [[], a], gelu]",
    "attention": "input: {shape: [2, 2], norm: 1}\nradius: 1\nlayers: [attention: 1, silu]",
    "repeat": "input: {shape: [2], norm: 1}\nradius: 1\nsymbols: {k: 3}\nlayers: [repeat: {times: k, layers: [dense: 2, softplus]}]",
    "joined": "input: {shape: [2], norm: 1}\nradius: 1\nlayers: [{dense: {units: 2, name: a}}, tanh, concat: [[], a], square]",
    "shared": "input: {shape: [2], norm: 1}\nradius: 1\nlayers: [dense: {units: 2, name: a}, mish, dense: {units: 2, share: a}]\nloss: logistic",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_under_every_grouping_and_norm_and_never_exceeded(name: str) -> None:
    """Blocks and norms sharpen the lower orders; the third is that of the total recursion, which says so."""
    whole = third(NETWORKS[name])
    for options in ({"blocks": "layer"}, {"norms": "mixed"}, {"blocks": "layer", "norms": "mixed"}):
        assert third(NETWORKS[name], **options).evaluate() == pytest.approx(whole.evaluate(), rel=1e-12)
    for wrt in (("parameters",), ("input",), ("parameters", "input")):
        found = unbroken(NETWORKS[name], wrt)
        assert any(order == 3 and result.found > 0 for (_, order), result in found.items())


def test_a_fixed_point() -> None:
    """z = a tanh(z) / 2 + u: T of the state is what is left of it without its own, over 1 - q."""
    text = "input: {shape: [1], norm: 1}\nradius: 1\nlayers: [fixed_point: {state: z, shape: [1], layers: [{tanh: {from: z}}, affine: 1/2, add: [[], input]]}]"
    found = third(text, wrt="input")
    slope, bend, more = 1 / (1 - 0.5), 0.5 * 4 * math.sqrt(3) / 9, 0.5 * 2
    second = bend * slope**2 / 0.5
    assert found.evaluate() == pytest.approx((3 * bend * slope * second + more * slope**3) / 0.5)
    unbroken(text, ("input",))


def test_closed_form_and_functions_carry_it() -> None:
    bounds = bc.compile(bc.load(SPECS / "mlp.yaml"), third_order=True)
    values = {"R": 1, "width": 8, "n": 16}
    number = bounds.third_order.evaluate(**values)
    assert float(bounds.third_order.expression.subs({bounds.symbols[name]: value for name, value in values.items()})) == pytest.approx(number)  # fmt: skip
    derivative = bounds.third_order.diff("R").evaluate(**values)
    h = 1e-5
    difference = (bounds.third_order.evaluate(**{**values, "R": 1 + h}) - bounds.third_order.evaluate(**{**values, "R": 1 - h})) / (2 * h)  # fmt: skip
    assert derivative == pytest.approx(difference, rel=1e-6)
    assert bounds.to_dict()["bounds"]["third_order"]["finite"] is True
