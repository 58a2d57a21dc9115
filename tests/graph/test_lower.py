"""The vocabulary that layers lower to: which primitives, in which order, with which norms."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy
from sympy import S, sqrt

import boundcalc as bc
from boundcalc.calculus.primitives import (
    After,
    Bilinear,
    Carried,
    Concat,
    Constant,
    Linear,
    Map,
    Parameter,
    Primitive,
    PrimitiveGraph,
    Repeat,
    Source,
    Sum,
)
from boundcalc.calculus.views import AS_A_WHOLE, NONE
from boundcalc.graph.expand import expand
from boundcalc.graph.lower import lower
from boundcalc.graph.selection import select

HEAD = "symbols: {n: 2, R:, S:, k: {integer: true}}\nbatch: n\nradius: R\n"
VECTOR = HEAD + "input: {shape: [3], norm: {sample: 1}}\n"
SIGNAL = HEAD + "input: {shape: [3, 8], norm: {entry: 1}}\n"


def lowered(text: str, wrt: tuple[str, ...] = ("parameters",), published: bool = False) -> PrimitiveGraph:
    """Without what is said of axes, which test_axes.py is about."""
    graph = expand(bc.loads(text))
    found = lower(graph, select(graph, wrt), published)
    return replace(found, primitives=tuple(map(_without_axes, found.primitives)))


def _without_axes(primitive: Primitive) -> Primitive:
    match primitive:
        case Linear():
            return replace(primitive, view=AS_A_WHOLE)
        case Bilinear():
            return replace(primitive, left_view=AS_A_WHOLE, right_view=AS_A_WHOLE, added=NONE, stochastic=False)
        case Map():
            return replace(primitive, view=AS_A_WHOLE, picks=False, simplex=None)
        case Concat():
            return replace(primitive, axis=None)
        case Source():
            return replace(primitive, sample=None)
        case _:
            return primitive


def symbol(name: str) -> sympy.Symbol:
    return expand(bc.loads(VECTOR + "layers: [relu]")).conditions.symbols[name]


R = symbol("R")
n, K = sympy.Symbol("n", positive=True, integer=True), sympy.Symbol("k", nonnegative=True, integer=True)
SPECTRAL = symbol("S")


def body(text: str) -> list[object]:
    """What follows the parameters and inputs."""
    return [p for p in lowered(text).primitives if not isinstance(p, Parameter | Source)]


def test_a_dense_layer_is_bilinear_with_its_bias_in_the_same_ball() -> None:
    found = lowered(VECTOR + "layers: [dense: 4]")
    assert found.primitives == (
        Parameter("dense_0", R, True),
        Source("input", sqrt(n), S.One, False),
        Bilinear(0, 1, S.One, sqrt(n), is_matrix=True),
    )
    assert found.output == 2
    assert tuple(found.blocks) == ("dense_0",)
    assert found.outputs == {"input": 1, "dense_0": 2}


def test_a_bias_in_its_own_ball_is_a_linear_map_of_its_own() -> None:
    found = lowered(VECTOR + "layers: [{dense: {units: 4, radius: {weight: R, bias: 2}}}]")
    assert found.primitives == (
        Parameter("dense_0.weight", R, True),
        Parameter("dense_0.bias", S(2), True),
        Source("input", sqrt(n), S.One, False),
        Bilinear(0, 2, S.One, is_matrix=True),
        Linear(1, sqrt(n)),
        Sum((3, 4)),
    )


def test_dense_layers_on_several_positions_add_the_bias_at_each() -> None:
    assert body(SIGNAL + "layers: [dense: 4]") == [Bilinear(0, 1, S.One, sqrt(3 * n), is_matrix=True)]


def test_convolutions() -> None:
    """Kernel 3, stride 2: 2 windows; 3 positions, each with the bias."""
    assert body(SIGNAL + "layers: [{conv1d: {channels: 4, kernel: 3, stride: 2}}]") == [
        Bilinear(0, 1, sqrt(2), sqrt(3 * n), is_matrix=True)
    ]
    assert body(SIGNAL + "layers: [{conv1d: {channels: 4, kernel: 3, stride: 2, bias: false, spectral: S}}]") == [
        Bilinear(0, 1, sqrt(2), S.Zero, SPECTRAL, is_matrix=True)
    ]


@pytest.mark.parametrize(
    ("step", "norm"),
    [
        ("avgpool1d: 2", sqrt(2) / 2),
        ("avgpool1d: {kernel: 4, stride: 2}", sqrt(2) / 2),
        ("globalavgpool", sqrt(2) / 4),
        ("mean", sqrt(2) / 4),
        ("mean: 0", sqrt(3) / 3),
    ],
)
def test_averages_are_linear_and_keep_the_largest_entry(step: str, norm: sympy.Expr) -> None:
    (found,) = body(SIGNAL + f"layers: [{step}]")
    assert found == Linear(0, norm, contracts_sup=True)


def test_an_average_with_a_clipped_last_window_divides_by_less() -> None:
    """8 entries, kernel 5, stride 4, ceil: 2 windows of 5 and of 4 entries; each entry in at most 2."""
    assert body(SIGNAL + "layers: [avgpool1d: {kernel: 5, stride: 4, ceil: true}]") == [
        Linear(0, sqrt(2) / 2, contracts_sup=True)
    ]


def test_dropout_and_given_linear_maps() -> None:
    assert body(VECTOR + "layers: [dropout: 1/4]") == [Linear(0, sympy.Rational(4, 3))]
    assert body(VECTOR + "layers: [{dropout: {p: 1/4, mode: eval}}]") == [Linear(0, S.One)]
    assert body(VECTOR + "layers: [linear: R]") == [Linear(0, R)]


def test_what_only_moves_entries_costs_nothing() -> None:
    """Reshapes are of norm 1; what has the same entries in the same places is no primitive."""
    found = lowered(SIGNAL + "layers: [flatten, {reshape: [4, 6]}, identity, {add: [[]]}]")
    assert found.primitives[1:] == tuple(Linear(i, S.One, contracts_sup=True) for i in (0, 1))
    assert found.outputs["add_0"] == found.outputs["identity_0"] == found.outputs["reshape_0"]


def test_combinations() -> None:
    assert body(VECTOR + "layers: [{add: [[], [], input]}]") == [Sum((0, 0, 0))]
    assert body(VECTOR + "layers: [{concat: [[], [linear: 2]]}]") == [Linear(0, S(2)), Concat((0, 1))]
    assert body(VECTOR + "layers: [{multiply: [[], [], []]}]") == [
        Bilinear(0, 0, S.One, entrywise=True), Bilinear(1, 0, S.One, entrywise=True),
    ]  # fmt: skip
    assert body(VECTOR + "layers: [square]") == [Bilinear(0, 0, S.One, entrywise=True)]
    assert body(VECTOR + "layers: [{bilinear: {from: [[], []], norm: 3}}]") == [Bilinear(0, 0, S(3))]


def test_a_stochastic_factor_is_known_by_its_rows_whatever_the_axis_of_the_product() -> None:
    plain, stochastic = (
        "layers: [{matmul: {from: [[], []], transpose_right: true}}]",
        "layers: [softmax, {matmul: {from: [[], input], transpose_right: true}}]",
    )
    assert body(SIGNAL + plain)[-1] == Bilinear(0, 0, S.One)
    assert body(SIGNAL + stochastic)[-1] == Bilinear(1, 0, S.One, left_norm=sqrt(3))
    turned = stochastic.replace("transpose_right", "transpose_left")
    assert body(SIGNAL + turned)[-1] == Bilinear(1, 0, S.One, left_norm=sqrt(3))
    other_axis = stochastic.replace("softmax,", "{softmax: {axis: 0}},")
    assert body(SIGNAL + other_axis)[-1] == Bilinear(1, 0, S.One)


def test_attention_is_its_primitives() -> None:
    """3 positions, 4 heads of 2 features, 2 of keys and values; in samples of 3 queries and keys."""
    step = "attention: {heads: 4, kv_heads: 2, rotary: true, causal: true, dropout: 1/4, relative_bias: 5, bias: false}"
    found = lowered(SIGNAL + f"layers: [{{{step}}}]")
    (
        query,
        key,
        value,
        out,
        table,
        source,
        q,
        k,
        turned_q,
        turned_k,
        scores,
        added,
        total,
        weights,
        kept,
        v,
        mixed,
        last,
    ) = range(18)
    assert [p.norm for p in found.primitives[: table + 1] if isinstance(p, Parameter)] == [R, R, R, R, 5]
    softmax = found.primitives[weights]
    assert isinstance(softmax, Map)
    assert softmax.entry.norm is not None
    assert softmax.entry.norm.value == sqrt(3 * 4 * n)
    assert [p for p in found.primitives[source + 1 :] if not isinstance(p, Map)] == [
        Bilinear(query, source, S.One, is_matrix=True), Bilinear(key, source, S.One, is_matrix=True), Linear(q, S.One), Linear(k, S.One),
        Bilinear(turned_q, turned_k, 1 / sqrt(2)), Linear(table, sqrt(3 * n)), Sum((scores, added)),
        Linear(weights, sympy.Rational(4, 3)), Bilinear(value, source, S.One, is_matrix=True),
        Bilinear(kept, v, S.One, left_norm=sympy.Rational(4, 3) * sqrt(6)), Bilinear(out, mixed, S.One, is_matrix=True),
    ]  # fmt: skip
    assert softmax.of == total
    assert last == found.output


def test_attention_to_another_array() -> None:
    """A bias is added at every position of what its map reads; the output has the positions of the queries."""
    found = lowered(SIGNAL + "layers: [{attention: {from: [[], [transpose, dense: 2]], heads: 2, relative_bias: 1}}]")
    constants = [
        p.constant
        for p in found.primitives
        if isinstance(p, Bilinear) and isinstance(found.primitives[p.left], Parameter)
    ]
    assert constants == [sqrt(8 * n), sqrt(3 * n), sqrt(8 * n), sqrt(8 * n), sqrt(3 * n)]
    (table,) = [p for p in found.primitives if isinstance(p, Linear) and isinstance(found.primitives[p.of], Parameter)]
    assert table.norm == sqrt(3 * n)  # the shorter diagonal


def test_layernorm() -> None:
    found = body(SIGNAL + "layers: [{layernorm: {eps: 1/4, affine: true}}]")
    assert isinstance(found[0], Map)
    assert found[0].entry.norm is not None
    assert found[0].entry.norm.value == sqrt(3 * 8 * n)
    assert found[1] == Bilinear(0, 2, S.One, sqrt(3 * n), right_norm=sqrt(3 * 8 * n), right_apart=frozenset({0, 1}))
    (rows,) = body(SIGNAL + "layers: [layernorm: {eps: 1/4, axes: 2}]")
    assert isinstance(rows, Map)
    assert sympy.simplify(rows.entry.smoothness.value - sympy.Rational(48, 25) / sqrt(5) * 4 / sqrt(24)) == 0


def test_axes_that_move_keep_the_largest_entry() -> None:
    for step in ("transpose", "permute: [1, 0]"):
        assert body(SIGNAL + f"layers: [{step}]") == [Linear(0, S.One, contracts_sup=True)]


def test_learned_gains_add_to_the_identity() -> None:
    found = body(SIGNAL + "layers: [{batchnorm: {eps: 1/4, affine: true}}]")
    normalised, gain, total = found
    assert isinstance(normalised, Map)
    assert normalised.entry.lipschitz.value == 2
    assert normalised.entry.norm is not None
    assert normalised.entry.norm.value == sqrt(3 * 8 * n)
    assert gain == Bilinear(0, 2, S.One, sqrt(8 * n), right_norm=sqrt(8 * n))
    assert total == Sum((2, 3))


def test_gains_with_a_centre_are_parameters_of_their_norm() -> None:
    found = lowered(SIGNAL + "layers: [{batchnorm: {eps: 1/4, affine: true, center: 2}}]")
    assert found.primitives[0] == Parameter("batchnorm_0", R + 2, True)
    assert found.primitives[-1] == Bilinear(0, 2, S.One, sqrt(8 * n), right_norm=sqrt(8 * n))


def test_batchnorm_statistics_without_positions() -> None:
    (found,) = body(SIGNAL + "layers: [{batchnorm: {eps: 1/4, positions: false}}]")
    assert isinstance(found, Map)
    assert found.entry.norm is not None
    assert found.entry.norm.value == sqrt(3 * 8 * n)  # 24 channels of n entries
    assert sympy.simplify(found.entry.smoothness.value - sympy.Rational(48, 25) / sqrt(5) * 4 / sqrt(n)) == 0


def test_a_learned_array_is_copied_for_every_sample() -> None:
    assert body(VECTOR + "layers: [{parameter: [3]}]") == [Linear(0, sqrt(n))]


def test_a_map_whose_image_of_zero_is_unknown_is_bounded_by_its_largest_image() -> None:
    """|a(z)| <= min(sup, a(0) + l m) needs a(0): only sup <= a(0) is known not to be exceeded there."""
    (found,) = body(VECTOR + "layers: [{map: {lipschitz: 1, smoothness: 1, sup: 5}}]")
    assert isinstance(found, Map)
    assert found.entry.at_zero.value == 5
    (found,) = body(VECTOR + "layers: [{map: {lipschitz: 1, smoothness: 1}}]")
    assert isinstance(found, Map)
    assert found.entry.at_zero.value is None
    assert "unbounded norm" in found.entry.at_zero.reason


def test_a_generic_layer_is_a_map_of_a_sum() -> None:
    total, image = body(VECTOR + "layers: [generic: 2]")
    assert total == Sum((0, 1))
    assert isinstance(image, Map)
    assert (image.entry.lipschitz.value, image.entry.smoothness.value) == (2, None)


def test_several_outputs_are_concatenated_and_a_loss_is_a_map() -> None:
    found = lowered(VECTOR + "layers: [dense: 2, tanh]\noutput: [dense_0, tanh_0]\nloss: {squared: {labels: 1}}")
    assert found.primitives[-1] == Concat((found.outputs["dense_0"], found.outputs["tanh_0"]))
    assert found.output == len(found.primitives) - 1
    assert found.loss == found.outputs["loss"]


def test_selection_and_freezing_decide_what_is_differentiated() -> None:
    text = VECTOR + "layers: [{dense: {units: 2, frozen: true}}, {dense: {units: 2, name: b}}]"
    chosen = {wrt: lowered(text, (wrt,)) for wrt in ("parameters", "input", "b")}
    assert {wrt: tuple(g.blocks) for wrt, g in chosen.items()} == {
        "parameters": ("b",),
        "input": ("input",),
        "b": ("b",),
    }
    flags = [p.differentiated for p in chosen["input"].primitives if isinstance(p, Parameter | Source)]
    assert flags == [False, False, True]


def test_a_symbolic_repeat() -> None:
    found = lowered(VECTOR + "layers: [{repeat: {times: k, layers: [dense: 3, tanh]}}, dense: 2]")
    kinds = [type(p) for p in found.primitives]
    assert kinds == [Parameter, Parameter, Source, Repeat, Carried, Bilinear, Map, After, Bilinear]
    assert found.primitives[3] == Repeat("repeat_0", ("repeat_0",), K, (2,), (6,), 6)
    assert found.primitives[4] == Carried(3, 0)
    assert found.primitives[7] == After(3, 0)


def test_a_symbolic_scan_starts_at_zero_and_reads_slices() -> None:
    found = lowered(
        HEAD
        + "input: {shape: [k, 3], norm: 1}\nlayers: [{repeat: {times: k, each: {x: input}, carry: {h: {shape: [3], next: s}}, layers: [{add: {from: [x, h], name: s}}]}}]"
    )
    assert Constant(S.Zero) in found.primitives
    assert Linear(0, S.One, contracts_sup=True) in found.primitives
    (repeat,) = [p for p in found.primitives if isinstance(p, Repeat)]
    assert repeat.starts == (1, -1)  # h starts at zero; what the last copy gives starts from nothing


# The published profile -----------------------------------------------------------------------------------------------

IMAGE = HEAD + "input: {shape: [3, 8, 8], norm: 1}\n"


def test_published_constants() -> None:
    found = lowered(
        IMAGE + "layers: [{conv2d: {channels: 2, kernel: 3, stride: 2}}, softplus, flatten, dense: 5]", published=True
    )
    conv, bias, total = (p for p in found.primitives[3:6])
    assert conv == Bilinear(0, 2, S(2), is_matrix=True)
    assert bias == Linear(0, 2 * sqrt(n))
    assert total == Sum((3, 4))
    assert any("conv2d" in warning for warning in found.warnings)


def test_published_batchnorm() -> None:
    found = lowered(IMAGE + "layers: [{batchnorm: {eps: 1/4}}]", published=True)
    image = found.primitives[-1]
    assert isinstance(image, Map)
    assert image.entry.lipschitz.value == 4
    assert image.entry.smoothness.value == 8 / sqrt(n)
    assert image.entry.norm is not None
    assert image.entry.norm.value == 3 * 64 * n


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("tanh", "there are no published constants of 'tanh'"),
        ("{conv2d: {channels: 2, kernel: [3, 2]}}", "not square"),
        ("{conv2d: {channels: 2, kernel: 3, dilation: 2}}", "a dilation"),
        ("{batchnorm: {eps: 1, form: additive}}", "the additive form"),
        ("dropout: 1/2", "there are no published constants of 'dropout'"),
        ("layernorm: 1", "there are no published constants of 'layernorm'"),
        ("attention: 1", "there are no published constants of 'attention'"),
        ("{softplus: 2}", "softplus with beta other than 1"),
    ],
)
def test_what_has_no_published_constants_is_refused(step: str, message: str) -> None:
    with pytest.raises(bc.SpecError, match=message) as caught:
        lowered(IMAGE + f"layers: [{step}]", published=True)
    assert caught.value.mistakes[0].place.line == 5
