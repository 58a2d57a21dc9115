"""Bounds that are known on paper, computed here without the compiler."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import sympy

import boundcalc as bc
from boundcalc.bounds.compiled import Bounds

SPECS = Path(__file__).parents[2] / "specs"
CHAIN = "symbols: {{R:, x:}}\ninput: {{shape: [1], norm: x}}\nradius: R\nlayers: [{{repeat: {{times: {k}, layers: [dense: {{units: 1, bias: false}}]}}}}]"


def bounds(text: str, **options: object) -> Bounds:
    return bc.compile(bc.loads(text), **options)  # type: ignore[arg-type]


def numbers(text: str, **options: object) -> tuple[float, float, float]:
    found = bounds(text, **options)
    return float(found.norm.evaluate()), float(found.lipschitz.evaluate()), float(found.smoothness.evaluate())


# The deep scalar linear chain ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 2, 3, 6])
@pytest.mark.parametrize(("R", "x"), [(2.0, 3.0), (0.5, 1.0), (1.0, 0.25)])
def test_deep_scalar_linear_chain(k: int, R: float, x: float) -> None:
    """v_k ... v_1 x: exact by blocks, k times (and k times) more in total."""
    layer, total = (bounds(CHAIN.format(k=k), blocks=b) for b in ("layer", "total"))
    ell, L = math.sqrt(k) * R ** (k - 1) * x, (k - 1) * R ** max(k - 2, 0) * x
    assert layer.lipschitz.evaluate(R=R, x=x) == pytest.approx(ell, rel=1e-14)
    assert layer.smoothness.evaluate(R=R, x=x) == pytest.approx(L, rel=1e-14)
    assert total.lipschitz.evaluate(R=R, x=x) == pytest.approx(k * R ** (k - 1) * x, rel=1e-14)
    assert total.smoothness.evaluate(R=R, x=x) == pytest.approx(k * L, rel=1e-14)
    assert total.norm.evaluate(R=R, x=x) == pytest.approx(R**k * x, rel=1e-14)


def test_deep_scalar_linear_chain_in_closed_form() -> None:
    total = bounds(CHAIN.format(k=5))
    R, x = total.symbols["R"], total.symbols["x"]
    assert sympy.simplify(total.lipschitz.expression - 5 * R**4 * x) == 0
    assert sympy.simplify(total.smoothness.expression - 20 * R**3 * x) == 0


# The recursion of the talk (Algorithm 4 of arXiv:2002.09051) -----------------------------------------------------------


@dataclass(frozen=True)
class Affine:
    """a(b(v, z)): norm b of the bilinear map, operator norm of the bias, radius; l, L, |a(0)| and the bound of a."""

    b: float
    bias: float
    R: float
    activation: str
    entries: int


ACTIVATIONS = {  # l, L, a(0), sup
    "softplus": (1.0, 0.25, math.log(2), math.inf),
    "sigmoid": (0.25, math.sqrt(3) / 18, 0.5, 1.0),
    "tanh": (1.0, 4 * math.sqrt(3) / 9, 0.0, 1.0),
    "identity": (1.0, 0.0, 0.0, math.inf),
}


def recursion(layers: Sequence[Affine], m: float, joint: bool) -> tuple[float, float, float]:
    """`joint`: weights and bias in one ball bounded by Cauchy-Schwarz; otherwise the paper's b m + l_v."""
    ell, L = 0.0, 0.0
    for layer in layers:
        l_a, L_a, at_zero, sup = ACTIVATIONS[layer.activation]
        by_v = math.hypot(layer.b * m, layer.bias) if joint else layer.b * m + layer.bias
        by_z = layer.b * layer.R
        inner = by_z * ell + by_v
        L = l_a * (by_z * L + 2 * layer.b * ell) + L_a * inner**2
        ell = l_a * inner
        root = math.sqrt(layer.entries)
        m = min(at_zero * root + l_a * layer.R * by_v, sup * root)
    return m, ell, L


HEAD = "batch: 4\ninput: {shape: [3], norm: 2}\nradius: 3/2\n"
DENSE_CHAIN = HEAD + "layers: [dense: 5, softplus, dense: 2, sigmoid, dense: 7, tanh, dense: 3]"


def dense_chain(bias: bool) -> list[Affine]:
    widths = zip((5, 2, 7, 3), ("softplus", "sigmoid", "tanh", "identity"), strict=True)
    return [Affine(1.0, 2.0 if bias else 0.0, 1.5, name, 4 * width) for width, name in widths]


def test_the_talk_s_recursion_on_dense_layers() -> None:
    assert numbers(DENSE_CHAIN) == pytest.approx(recursion(dense_chain(True), 2.0, joint=True), rel=1e-12)
    unbiased = DENSE_CHAIN.replace("dense: 5", "dense: {units: 5, bias: false}").replace(
        "dense: 2", "dense: {units: 2, bias: false}"
    )
    unbiased = unbiased.replace("dense: 7", "dense: {units: 7, bias: false}").replace(
        "dense: 3", "dense: {units: 3, bias: false}"
    )
    assert numbers(unbiased) == pytest.approx(recursion(dense_chain(False), 2.0, joint=True), rel=1e-12)


def test_the_talk_s_recursion_on_convolutions() -> None:
    """4 x 9 entries; kernel 3, stride 2, padding 1: 5 positions, each entry in at most 2 windows; then kernel 2: 4 positions, 2 windows."""
    text = (
        "batch: 2\ninput: {shape: [4, 9], norm: 2}\nradius: 3/2\n"
        "layers: [{conv1d: {channels: 3, kernel: 3, stride: 2, padding: 1}}, softplus, {conv1d: {channels: 2, kernel: 2, radius: 2}}, tanh]"
    )
    layers = [
        Affine(math.sqrt(2), math.sqrt(2 * 5), 1.5, "softplus", 2 * 3 * 5),
        Affine(math.sqrt(2), math.sqrt(2 * 4), 2.0, "tanh", 2 * 2 * 4),
    ]
    assert numbers(text) == pytest.approx(recursion(layers, 2.0, joint=True), rel=1e-12)


def test_the_paper_s_own_constants() -> None:
    """b = ceil(k/s) and l_v = sqrt(n) ceil(k/s) for convolutions, 1 and sqrt(n) for full layers, the bias apart."""
    text = (
        "batch: 4\ninput: {shape: [3, 8, 8], norm: 2}\nradius: 3/2\n"
        "layers: [{conv2d: {channels: 2, kernel: 3, stride: 2}}, softplus, flatten, dense: 5]"
    )
    layers = [Affine(2.0, 4.0, 1.5, "softplus", 4 * 2 * 3 * 3), Affine(1.0, 2.0, 1.5, "identity", 4 * 5)]
    found = bounds(text, constants="published")
    expected = recursion(layers, 2.0, joint=False)
    assert float(found.lipschitz.evaluate()) == pytest.approx(expected[1], rel=1e-12)
    assert float(found.smoothness.evaluate()) == pytest.approx(expected[2], rel=1e-12)
    assert not found.certified


def test_the_input_is_differentiated_by_the_same_recursion() -> None:
    """With respect to the input alone: l_0 = 1 and nothing by v."""
    _, ell, L = numbers(
        HEAD + "layers: [dense: {units: 5, bias: false}, tanh, dense: {units: 2, bias: false}, sigmoid]", wrt="input"
    )
    first, second = 1.5, 1.5 * 1.5
    L_1 = ACTIVATIONS["tanh"][1] * first**2
    assert ell == pytest.approx(0.25 * second, rel=1e-12)
    assert pytest.approx(0.25 * 1.5 * L_1 + ACTIVATIONS["sigmoid"][1] * second**2, rel=1e-12) == L


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_the_generic_chain_of_the_talk(depth: int) -> None:
    """l = l_phi (1 + l), L = l_phi L + L_phi (1 + l)^2, from 0."""
    layers = ", ".join(["generic: {lipschitz: 3/2, smoothness: 1/3}"] * depth)
    ell, L = 0.0, 0.0
    for _ in range(depth):
        ell, L = 1.5 * (1 + ell), 1.5 * L + (1 + ell) ** 2 / 3
    found = bounds(HEAD + f"layers: [{layers}]")
    assert found.lipschitz.evaluate() == pytest.approx(ell, rel=1e-12)
    assert found.smoothness.evaluate() == pytest.approx(L, rel=1e-12)
    assert found.norm.evaluate() == math.inf


# Blocks --------------------------------------------------------------------------------------------------------------

VALUES = {
    "deep-linear": {"k": 7, "R": 2, "x": 1},
    "mlp": {"R": 2, "width": 10},
    "mlp-deep": {"k": 5, "R": 2, "x": 1, "n": 3, "width": 4},
    "mlp-deep-bias": {"k": 5, "R": 2, "x": 1, "n": 3, "width": 4},
}


def specs() -> list[Path]:
    return sorted(SPECS.glob("*.yaml"))


@pytest.mark.parametrize("path", specs(), ids=lambda path: path.stem)
def test_by_blocks_is_never_larger_than_in_total(path: Path) -> None:
    architecture = bc.load(path)
    values = {name: value for name, value in VALUES.get(path.stem, {}).items() if name in architecture.symbols}
    architecture = bc.override(architecture, {name: str(value) for name, value in values.items()})
    total, layer = bc.compile(architecture), bc.compile(architecture, blocks="layer")
    for name in ("lipschitz", "smoothness"):
        first, second = getattr(total, name), getattr(layer, name)
        assert first.finite == second.finite
        if first.finite and first.log10() is not None:
            assert second.log10() <= first.log10() + 1e-12


# Single primitives ---------------------------------------------------------------------------------------------------


def test_a_gate_does_not_cost_the_root_of_its_entries() -> None:
    """||f g|| <= max|f| ||g||: a sigmoid gate on 100 entries costs 1, not sqrt(100)."""
    text = "input: {{shape: [100], norm: 3}}\nradius: 1\nlayers: [{{linear: {{norm: 1, name: a}}}}, {{multiply: [[sigmoid], a]}}]{}"
    found = bounds(text.format(""), wrt="input")
    assert found.norm.evaluate() == pytest.approx(3.0)
    # D(s(z) z) = s(z) Dz + s'(z) z Dz, with |s'| <= 1/4 and |z| <= 3.
    assert found.lipschitz.evaluate() == pytest.approx(1 + 3 / 4, rel=1e-12)
    assert found.smoothness.evaluate() == pytest.approx(2 / 4 + 3 * math.sqrt(3) / 18, rel=1e-12)


def test_a_product_of_gates_is_no_larger_than_a_gate() -> None:
    """|f_i g_i| <= max|f| max|g|: the product of two sigmoids of 100 entries is a gate again, of largest entry 1 and norm 10."""
    gates = "{linear: {norm: 1, name: a}}, sigmoid, {multiply: {from: [[], []], name: f}}, {multiply: [f, a]}"
    found = bounds(f"input: {{shape: [100], norm: 3}}\nradius: 1\nlayers: [{gates}]", wrt="input")
    assert found.norm.evaluate() == pytest.approx(3.0)
    # D(f z) = f Dz + z Df with |f| <= 1, |z| <= 3 and |D f| <= 2 |s s'| <= 2/4.
    assert found.lipschitz.evaluate() == pytest.approx(1 + 3 * 2 / 4, rel=1e-12)


def test_the_largest_entry_of_a_mean_is_no_larger_than_its_norm() -> None:
    """A mean of 100 entries of norm 3 is at most 3/10: as a factor it costs that, not 3."""
    text = "input: {shape: [100, 1], norm: 3}\nlayers: [{mean: {axis: 0, name: c}}, tanh, {multiply: [[], c]}]"
    assert bounds(text, wrt="input").lipschitz.evaluate() == pytest.approx(2 * 0.3 / 10, rel=1e-12)


def test_the_state_of_a_recurrent_cell_is_bounded_by_its_gates() -> None:
    """An LSTM of 20 steps: c_t <= c_{t-1} + 1 entry by entry, so that l is 2e14, and not the 1e35 of Euclidean norms."""
    cell = "".join(
        f"        - dense: {{units: 128, from: xh}}\n        - {gate}: {{name: {name}}}\n"
        for gate, name in (("sigmoid", "f"), ("sigmoid", "i"), ("tanh", "g"), ("sigmoid", "o"))
    )
    text = (
        "batch: 32\ninput: {shape: [20, 64], norm: {sample: 1}}\nradius: 1\nlayers:\n  - repeat:\n      times: 20\n      share: true\n"
        "      each: {x: input}\n      carry: {h: {shape: [128], next: h1}, c: {shape: [128], next: c1}}\n      layers:\n"
        f"        - concat: {{from: [x, h], name: xh}}\n{cell}"
        "        - add: {from: [[multiply: [f, c]], [multiply: [i, g]]], name: c1}\n        - tanh: {name: t}\n"
        "        - multiply: {from: [o, t], name: h1}\n  - dense: 10\n"
    )
    assert bounds(text).lipschitz.evaluate() == pytest.approx(2.009e14, rel=1e-3)


def test_a_row_stochastic_factor_has_norm_up_to_the_root_of_its_rows() -> None:
    """The agreed design says sqrt(columns). A softmax over one column is a column of ones, of norm sqrt(rows): sqrt(columns) = 1 is
    too small, and sqrt(rows) is reached."""
    rows, features = 4, 3
    text = (
        f"inputs: {{p: {{shape: [{rows}, 1], norm: 1}}, z: {{shape: [1, {features}], norm: 5}}}}\nradius: 1\n"
        "layers: [{softmax: {from: p}}, {matmul: [softmax_0, z]}]"
    )
    found = float(bounds(text, wrt="z").norm.evaluate())
    z = np.full((1, features), 5 / math.sqrt(features))
    stochastic = np.ones((rows, 1))
    assert np.linalg.norm(stochastic @ z) > math.sqrt(1) * np.linalg.norm(z) * 1.99
    assert found == pytest.approx(np.linalg.norm(stochastic @ z), rel=1e-12)
    assert bounds(text, wrt="z").lipschitz.evaluate() == pytest.approx(math.sqrt(rows), rel=1e-12)


def test_a_row_stochastic_factor_with_more_columns_than_rows() -> None:
    text = "inputs: {p: {shape: [2, 9], norm: 100}, z: {shape: [9, 3], norm: 5}}\nradius: 1\nlayers: [{softmax: {from: p}}, {matmul: [[], z]}]"
    assert bounds(text, wrt="z").lipschitz.evaluate() == pytest.approx(math.sqrt(2), rel=1e-12)
    transposed = text.replace("[9, 3]", "[2, 3]").replace(
        "{matmul: [[], z]}", "{matmul: {from: [[], z], transpose_left: true}}"
    )
    assert bounds(transposed, wrt="z").lipschitz.evaluate() == pytest.approx(math.sqrt(2), rel=1e-12)


@pytest.mark.parametrize("S", [0.5, 1.5, 9.0])
def test_spectral_bounds(S: float) -> None:
    """Coefficient of z min(b R, S); norm min(R sqrt(b^2 m^2 + n P), S m + R sqrt(n P)); the cross term keeps b."""
    R, x, n = 2.0, 3.0, 4
    text = f"batch: {n}\ninput: {{shape: [3], norm: 3}}\nradius: 2\nlayers: [dense: 5, {{dense: {{units: 5, spectral: {sympy.Rational(S)}}}}}]"
    m_1 = R * math.hypot(x, 2)
    l_1 = math.hypot(x, 2)
    by_z, by_v = min(R, S), math.hypot(m_1, 2)
    norm, ell, L = numbers(text)
    assert norm == pytest.approx(min(R * by_v, S * m_1 + R * 2), rel=1e-12)
    assert ell == pytest.approx(by_z * l_1 + by_v, rel=1e-12)
    assert pytest.approx(2 * l_1, rel=1e-12) == L


def test_a_centre_adds_to_the_radius() -> None:
    norm, ell, L = numbers(
        "input: {shape: [3], norm: 3}\nradius: 2\nlayers: [{dense: {units: 2, center: 5, bias: false}}, dense: {units: 2, bias: false}]"
    )
    assert (norm, ell, L) == pytest.approx((2 * 7 * 3, 2 * 3 + 7 * 3, 2 * 3), rel=1e-12)


def test_weights_and_bias_in_balls_of_their_own() -> None:
    text = "batch: 4\ninput: {shape: [3], norm: 3}\nlayers: [{dense: {units: 2, radius: {weight: 2, bias: 5}}}]"
    norm, ell, _ = numbers(text)
    assert norm == pytest.approx(2 * 3 + 5 * 2, rel=1e-12)
    assert ell == pytest.approx(3 + 2, rel=1e-12)  # one block: the triangle inequality
    assert numbers(text, blocks="layer")[1] == pytest.approx(math.hypot(3, 2), rel=1e-12)  # exact
    joint = numbers(text.replace("{weight: 2, bias: 5}", "2"))
    assert joint[:2] == pytest.approx((2 * math.hypot(3, 2), math.hypot(3, 2)), rel=1e-12)


def test_a_shared_weight_is_one_block() -> None:
    """v^3 x: l = 3 R^2 x, L = 6 R x, exact in total and by blocks."""
    text = "input: {shape: [1], norm: 3}\nradius: 2\nlayers: [{repeat: {times: 3, share: true, layers: [dense: {units: 1, bias: false}]}}]"
    for blocks in ("total", "layer"):
        assert numbers(text, blocks=blocks) == pytest.approx((8 * 3, 3 * 4 * 3, 6 * 2 * 3), rel=1e-12)


def test_learned_gains_start_at_one() -> None:
    """(1 + u) y + h with ||(u, h)|| <= R, ||y|| <= sqrt(c M) with channels of norm sqrt(n P): coefficient of (u, h) sqrt(n P)."""
    text = "batch: 2\ninput: {shape: [3, 5], norm: 1}\nradius: 1/2\nlayers: [{batchnorm: {eps: 1/100, affine: true}}]"
    m, copies = math.sqrt(3 * 2 * 5), 2 * 5
    m = min(m, 10 * 1)  # the norm of the input over sqrt(eps) is larger than sqrt(c M)
    norm, ell, _ = numbers(text)
    assert norm == pytest.approx(m + 0.5 * math.sqrt(copies), rel=1e-12)
    assert ell == pytest.approx(math.sqrt(copies), rel=1e-12)


def test_losses_and_regularizers() -> None:
    """F = 1/(2n) ||v x - y||^2 + w/2 ||v||^2 with ||v x|| <= 6, ||y|| <= 1, n = 2."""
    text = "batch: 2\ninput: {shape: [1], norm: 3}\nradius: 2\nlayers: [dense: {units: 1, bias: false}]\nloss: {squared: {labels: 1}}\nregularizer: 10"
    for blocks in ("total", "layer"):
        objective = bounds(text, blocks=blocks).objective
        assert objective is not None
        assert objective.lipschitz.evaluate() == pytest.approx((6 + 1) / 2 * 3 + 10 * 2, rel=1e-12)
        assert objective.smoothness.evaluate() == pytest.approx(9 / 2 + 10, rel=1e-12)


def test_the_talk_s_result_on_vgg16() -> None:
    """With eps = 1/100 both constants are larger with batch-norm than without, with eps = 100 both are smaller."""

    def logs(name: str, eps: str | None, constants: str) -> tuple[float, float]:
        architecture = bc.load(SPECS / f"{name}.yaml")
        architecture = architecture if eps is None else bc.override(architecture, {"eps": eps})
        found = bc.compile(architecture, constants=constants)  # type: ignore[arg-type]
        ell, L = found.lipschitz.log10(), found.smoothness.log10()
        assert ell is not None
        assert L is not None
        return ell, L

    for form, constants in (("", "sharp"), ("-additive", "sharp"), ("", "published")):
        plain = logs("vgg16-smooth", None, constants)
        small, large = (logs(f"vgg16-smooth-batchnorm{form}", eps, constants) for eps in ("1/100", "100"))
        assert all(with_norm > without for with_norm, without in zip(small, plain, strict=True))
        assert all(with_norm < without for with_norm, without in zip(large, plain, strict=True))
