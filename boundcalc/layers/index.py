"""The vocabulary: every kind of layer and every loss. One row for each file of this folder."""

from __future__ import annotations

from types import MappingProxyType

from boundcalc.graph.kind import FixedVocabulary
from boundcalc.layers import (
    activation,
    add,
    attention,
    batchnorm,
    bilinear,
    concat,
    convolution,
    dense,
    dropout,
    flatten,
    gelu,
    generic,
    groupnorm,
    identity,
    layernorm,
    linear,
    logistic,
    map,
    matmul,
    mean,
    multiply,
    parameter,
    permute,
    pooling,
    reshape,
    softmax,
    square,
    squared,
)  # fmt: skip

_ROWS = (
    (dense.KIND,),
    convolution.KINDS,
    pooling.KINDS,
    mean.KINDS,
    (batchnorm.KIND,),
    layernorm.KINDS,
    groupnorm.KINDS,
    (flatten.KIND,),
    (reshape.KIND,),
    permute.KINDS,
    (identity.KIND,),
    (dropout.KIND,),
    (softmax.KIND,),
    activation.KINDS,
    (gelu.KIND,),
    (square.KIND,),
    (add.KIND,),
    (concat.KIND,),
    (multiply.KIND,),
    (matmul.KIND,),
    (attention.KIND,),
    (parameter.KIND,),
    (linear.KIND,),
    (map.KIND,),
    (bilinear.KIND,),
    (generic.KIND,),
    (logistic.KIND,),
    (squared.KIND,),
)

VOCABULARY: FixedVocabulary = MappingProxyType({kind.name: kind for row in _ROWS for kind in row})
