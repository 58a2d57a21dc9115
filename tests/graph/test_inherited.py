"""Fields that hold for every layer inside: where they are used, and that one without effect is a mistake where it is said."""

from __future__ import annotations

import pytest

import boundcalc as bc
from boundcalc.layers.index import VOCABULARY

VECTOR = "symbols: {R: 1, k: 3}\ninput: {shape: [4], norm: 1}\nradius: R\n"
IMAGE = VECTOR.replace("[4]", "[3, 8, 8]")


def compiled(text: str) -> bc.Bounds:
    return bc.compile(bc.loads(text, "s"))


WITHOUT = [
    (VECTOR, "relu: {spectral: 2}", "s:4:28: `spectral` has no effect: 'relu' has no linear map"),
    (VECTOR, "relu: {radius: 3}", "s:4:26: `radius` has no effect: 'relu' has no learned array of its own"),
    (VECTOR, "relu: {center: 3}", "s:4:26: `center` has no effect: 'relu'"),
    (VECTOR, "relu: {frozen: true}", "s:4:11: `frozen` has no effect: 'relu'"),
    (VECTOR, "relu: {frozen: false}", "s:4:11: `frozen` has no effect: 'relu'"),
    (VECTOR, "dense: {units: 4, name: a}}, {relu: {share: a}", "`share` has no effect: 'relu'"),
    (VECTOR, "flatten: {radius: {weight: 1}}", "`radius` of 'weight' has no effect: 'flatten'"),
    (IMAGE, "maxpool2d: {kernel: 2, spectral: 1}", "it is a field of dense, conv1d, conv2d, conv3d"),
    (IMAGE, "batchnorm: {eps: 1, affine: true, spectral: 1}", "`spectral` has no effect: 'batchnorm'"),
    (IMAGE, "batchnorm: {eps: 1, radius: 1}", "`radius` has no effect: 'batchnorm'"),
    (VECTOR, "parameter: {shape: [2], spectral: 3}", "`spectral` has no effect: 'parameter'"),
    (VECTOR, "linear: {norm: 2, spectral: 3}", "`spectral` has no effect: 'linear'"),
    (VECTOR, "generic: {lipschitz: 1, spectral: 1}", "`spectral` has no effect: 'generic'"),
    (VECTOR, "add: {from: [[], [relu]], radius: 5}", "`radius` has no effect: 'add'"),
    (VECTOR, "residual: {radius: 2, layers: [relu]}", "`radius` has no effect: no layer inside 'residual' has"),
    (VECTOR, "repeat: {times: 2, spectral: 1, layers: [relu]}", "`spectral` has no effect: no layer inside 'repeat'"),
    (VECTOR, "repeat: {times: k, spectral: 1, layers: [relu]}", "`spectral` has no effect: no layer inside 'repeat'"),
    (VECTOR, "repeat: {times: 2, radius: {weight: 1, bias: 1, bas: 1}, layers: [dense: 4]}", "`radius` of 'bas'"),
    (VECTOR, "dense: {units: 4, name: a}}, {dense: {units: 4, share: a, radius: 3}", "`radius` has no effect: 'dense'"),
    (
        VECTOR,
        "dense: {units: 4, name: a}}, {dense: {units: 4, share: {weight: a.weight}, radius: {weight: 1, bias: 1}}",
        "`radius` of 'weight' has no effect: 'dense' has no learned array of its own",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("head", "step", "message"), WITHOUT, ids=[step for _, step, _ in WITHOUT])
def test_a_field_that_nothing_uses_is_a_mistake(head: str, step: str, message: str) -> None:
    with pytest.raises(bc.SpecError) as caught:
        compiled(f"{head}layers: [{{{step}}}]")
    assert len(caught.value.mistakes) == 1
    assert message in str(caught.value)
    assert "leave it out" in str(caught.value)


def test_of_a_module_and_of_a_loss() -> None:
    define = "define: {act: [relu], both: [relu, dense: 4]}\n"
    for call in ("act: {spectral: 1}", "act: {frozen: true}"):
        with pytest.raises(bc.SpecError, match="no layer inside 'act'"):
            compiled(f"{VECTOR}{define}layers: [{{{call}}}]")
    assert compiled(VECTOR + define + "layers: [both: {spectral: 1}]").norm.evaluate()
    with pytest.raises(bc.SpecError, match="`radius` has no effect: 'logistic'"):
        compiled(VECTOR + "layers: [dense: 2]\nloss: {logistic: {radius: 3}}")
    with pytest.raises(bc.SpecError, match=r"relu_0\.radius: `radius` has no effect"):
        bc.compile(bc.override(bc.loads(VECTOR + "layers: [relu]"), {"relu_0.radius": 3}))


@pytest.mark.parametrize(
    ("outside", "inside"),
    [
        ("repeat: {times: 2, spectral: 1/2, layers: [relu, dense: 4]}", "repeat: {times: 2, layers: [relu, dense: {units: 4, spectral: 1/2}]}"),
        ("residual: {radius: 2, layers: [dense: 4, tanh]}", "residual: [dense: {units: 4, radius: 2}, tanh]"),
        ("add: {from: [[], [dense: 4]], radius: 2}", "add: [[], [dense: {units: 4, radius: 2}]]"),
        ("add: {from: [[dense: 4], [dense: {units: 4, radius: 3}]], radius: 2, frozen: true}", "add: [[dense: {units: 4, radius: 2, frozen: true}], [dense: {units: 4, radius: 3, frozen: true}]]"),
    ],
)  # fmt: skip
def test_what_holds_inside_is_as_if_it_were_said_there(outside: str, inside: str) -> None:
    tail = ", {dense: {units: 4, name: last}}]"
    for quantity in ("norm", "lipschitz", "smoothness"):
        first, second = (
            getattr(compiled(f"{VECTOR}layers: [{{{step}}}{tail}"), quantity) for step in (outside, inside)
        )
        assert first.finite == second.finite
        assert first.expression == second.expression


def test_a_nearer_field_hides_one_that_could_be_used() -> None:
    inner = "repeat: {times: 2, layers: [dense: {units: 4, radius: 3, spectral: 1}]}"
    outer = inner.replace("times: 2", "times: 2, radius: {weight: 2, bias: 5}, spectral: 7")
    first, second = (compiled(f"{VECTOR}layers: [{{{step}}}]").lipschitz.expression for step in (inner, outer))
    assert first == second


def test_a_repeat_of_no_copies_has_nothing_inside() -> None:
    assert compiled(VECTOR + "layers: [dense: 4, repeat: {times: 0, spectral: 1, layers: [relu]}]").norm.finite


def test_spectral_is_used_where_a_rule_says_so() -> None:
    """The fact is checked against what lowering does: a bound of the operator norm makes the bound smaller."""
    assert {name for name, kind in VOCABULARY.items() if kind.spectral} == {
        "dense",
        "conv1d",
        "conv2d",
        "conv3d",
        "convtranspose1d",
        "convtranspose2d",
        "convtranspose3d",
    }
    for head, step in ((VECTOR, "dense: {units: 4"), (IMAGE, "conv2d: {channels: 4, kernel: 3")):
        text = head + "layers: [{%s, bias: false%s}}]"
        assert (
            compiled(text % (step, ", spectral: 1/100")).norm.evaluate() < compiled(text % (step, "")).norm.evaluate()
        )
