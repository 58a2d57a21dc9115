"""The layer kinds, each with its shape and its lowering. To add one: fields in `spec/kinds.py`, a rule here."""

from __future__ import annotations

from collections.abc import Mapping

from boundcalc.graph.layers import (
    affine,
    combination,
    elementwise,
    known,
    losses,
    normalisation,
    pooling,
    reshaping,
)
from boundcalc.graph.layers.rule import LayerRule

_ACTIVATIONS = (
    "relu", "relu6", "hardtanh", "leaky_relu", "selu", "softplus", "logsigmoid", "sigmoid", "tanh", "tanhshrink", "arctan",
    "softsign", "elu", "celu", "gelu", "silu", "mish", "hardsigmoid", "hardswish", "softshrink", "hardshrink", "sin", "gaussian",
)  # fmt: skip

RULES: Mapping[str, LayerRule] = {
    "dense": affine.DENSE,
    "conv1d": affine.CONVOLUTION,
    "conv2d": affine.CONVOLUTION,
    "conv3d": affine.CONVOLUTION,
    "maxpool1d": pooling.MAXIMUM,
    "maxpool2d": pooling.MAXIMUM,
    "maxpool3d": pooling.MAXIMUM,
    "avgpool1d": pooling.AVERAGE,
    "avgpool2d": pooling.AVERAGE,
    "avgpool3d": pooling.AVERAGE,
    "globalavgpool": pooling.GLOBAL_AVERAGE,
    "mean": pooling.MEAN,
    "batchnorm": normalisation.BATCHNORM,
    "flatten": reshaping.FLATTEN,
    "reshape": reshaping.RESHAPE,
    "identity": reshaping.IDENTITY,
    "dropout": elementwise.DROPOUT,
    "softmax": elementwise.SOFT_MAXIMUM,
    "square": elementwise.SQUARE,
    **dict.fromkeys(_ACTIVATIONS, elementwise.ACTIVATION),
    "add": combination.ADD,
    "concat": combination.CONCAT,
    "multiply": combination.MULTIPLY,
    "matmul": combination.MATMUL,
    "parameter": known.PARAMETER,
    "linear": known.LINEAR,
    "map": known.NONLINEAR,
    "bilinear": known.BILINEAR,
    "generic": known.GENERIC,
}

LOSS_RULES: Mapping[str, LayerRule] = {"logistic": losses.LOGISTIC, "squared": losses.SQUARED}
