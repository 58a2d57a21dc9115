"""Names and fields of PyTorch, Keras and ONNX get the remedy that is meant."""

from __future__ import annotations

import pytest

import boundcalc as bc
from boundcalc.language.foreign import meant
from boundcalc.layers.index import VOCABULARY
from boundcalc.mistakes import folded


def mistake(step: str, loss: str = "", shape: str = "[3, 8, 8]") -> str:
    with pytest.raises(bc.SpecError) as raised:
        bc.loads(f"radius: 1\ninput: {{shape: {shape}, norm: 1}}\nlayers: [{step}, dense: 2]\n{loss}", "net.yaml")
    return str(raised.value)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("Linear: 10", "net.yaml:3:10: unknown layer 'Linear'; it is called 'dense' here"),
        ("fc: 10", "unknown layer 'fc'; it is called 'dense' here"),
        ("{Conv2d: {channels: 3, kernel: 2}}", "unknown layer 'Conv2d'; did you mean 'conv2d'?"),
        ("{Conv2D: {filters: 3}}", "unknown layer 'Conv2D'; did you mean 'conv2d'?"),
        ("BatchNorm2d: 1/10", "unknown layer 'BatchNorm2d'; it is called 'batchnorm' here"),
        ("MaxPooling2D: 2", "unknown layer 'MaxPooling2D'; it is called 'maxpool2d' here"),
        ("AveragePool: 2", "unknown layer 'AveragePool'; it is called 'avgpool2d' here"),
        ("GlobalAveragePooling2D", "unknown layer 'GlobalAveragePooling2D'; it is called 'globalavgpool' here"),
        ("swish", "unknown layer 'swish'; it is called 'silu' here"),
        ("Concatenate: [[], []]", "unknown layer 'Concatenate'; it is called 'concat' here"),
        ("CrossEntropyLoss", "'CrossEntropyLoss' is a loss, called 'logistic' here: write it as `loss: logistic`"),
        ("logistic", "logistic is a loss: write it as `loss: logistic`"),
        ("{dense: {out_features: 3}}", "'dense' has no field 'out_features'; it is called 'units' here"),
        ("{dense: {units: 3, use_bias: true}}", "'dense' has no field 'use_bias'; it is called 'bias' here"),
        ("{dense: {units: 3, in_features: 3}}", "leave it out: it is the size of what the layer reads"),
        ("{conv2d: {out_channels: 3, kernel_size: 2}}", "'conv2d' has no field 'kernel_size'; it is called 'kernel' here"),
        ("{conv2d: {filters: 3, kernel: 2, strides: 2}}", "'conv2d' has no field 'strides'; it is called 'stride' here"),
        ("{batchnorm: {epsilon: 1/10}}", "'batchnorm' has no field 'epsilon'; it is called 'eps' here"),
        ("{dropout: {rate: 1/2}}", "'dropout' has no field 'rate'; it is called 'p' here"),
    ],
)  # fmt: skip
def test_layers_and_fields(step: str, message: str) -> None:
    assert message in mistake(step)


@pytest.mark.parametrize(
    ("loss", "ours"), [("CrossEntropyLoss", "logistic"), ("cross_entropy", "logistic"), ("mse", "squared"), ("MSELoss", "squared")]
)  # fmt: skip
def test_losses(loss: str, ours: str) -> None:
    assert f"unknown loss '{loss}'; it is called '{ours}' here" in mistake("relu", f"loss: {loss}")


def test_a_missing_field_that_has_another_name_is_said_once() -> None:
    assert "requires" not in mistake("{dense: {out_features: 3}}")


def test_no_alias_is_the_name_of_another_kind_or_said_twice() -> None:
    names = {folded(name) for name in VOCABULARY}
    aliases = [folded(alias) for kind in VOCABULARY.values() for alias in kind.aliases]
    assert len(set(aliases)) == len(aliases)
    assert names & set(aliases) <= {"linear"}  # a fixed map; the learned one is what other libraries call Linear


def test_a_field_is_meant_only_where_the_layer_has_it() -> None:
    assert meant("kernel_size", ["units"]) is None
    assert meant("OutFeatures", ["units"]) == "units"


def test_a_fixed_map_that_looks_like_a_layer_gets_a_warning() -> None:
    text = "radius: 1\ninput: {shape: [3], norm: 1}\nlayers: [linear: 100]"
    (looks, nothing) = bc.compile(bc.loads(text)).warnings
    assert looks == "'linear: 100' is a fixed map of norm 100; a learned layer of 100 units is dense: 100"
    assert nothing == "the network learns nothing: none of its layers has a learned array"
    assert not bc.compile(bc.loads(text.replace("[linear: 100]", "[dense: 2, linear: 3/2]"))).warnings
