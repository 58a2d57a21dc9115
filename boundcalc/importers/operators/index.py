"""The table of operators: what each becomes in the language. Names are those of PyTorch (ATen); `note` is what is refused of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from boundcalc.importers.call import Rule
from boundcalc.importers.operators import (
    activations,
    arithmetic,
    attention,
    equations,
    gathering,
    maps,
    masks,
    moves,
    norms,
    parts,
    pooling,
    recurrent,
    rotating,
    scattering,
    windows,
)


@dataclass(frozen=True, slots=True)
class Operator:
    """One row. `names`: of the operators that are read so; `becomes`: the kinds of the language, in words; `note`: what of it is
    refused."""

    names: tuple[str, ...]
    becomes: str
    rule: Rule
    note: str = ""


_ENTRYWISE = [
    "relu",
    "sigmoid",
    "tanh",
    "silu",
    "mish",
    "selu",
    "hardswish",
    "hardsigmoid",
    "softsign",
    "sin",
    "relu6",
    "tanhshrink",
    "square",
]  # called so in the language too

_FAMILIES: tuple[Operator, ...] = (
    *(Operator((name,), name, activations.named(name)) for name in _ENTRYWISE),
    Operator(("activation",), "an activation of the catalogue, or a formula of the spec's own", activations.recognised),
    Operator(("log_sigmoid",), "logsigmoid", activations.named("logsigmoid")),
    Operator(("atan", "arctan"), "arctan", activations.named("arctan")),
    Operator(("gelu",), "gelu", activations.gelu),
    Operator(("leaky_relu",), "leaky_relu", activations.leaky_relu),
    Operator(("elu",), "elu", activations.elu, "other scales"),
    Operator(("celu",), "celu", activations.celu),
    Operator(("softplus",), "softplus", activations.softplus),
    Operator(("hardshrink",), "hardshrink", activations.shrink("hardshrink")),
    Operator(("softshrink",), "softshrink", activations.shrink("softshrink")),
    Operator(("hardtanh",), "hardtanh, relu6", activations.hardtanh),
    Operator(("clamp", "clamp_min", "clamp_max"), "hardtanh, or relu and affine", activations.clamp),
    Operator(("glu",), "glu", activations.glu),
    Operator(("softmax", "_softmax"), "softmax", activations.softmax, "a mask that leaves a row nothing"),
    Operator(("log_softmax", "_log_softmax"), "logsoftmax", activations.log_softmax, "masks"),
    Operator(("add",), "add, affine", arithmetic.add),
    Operator(("sub",), "subtract, affine", arithmetic.sub),
    Operator(("rsub",), "subtract, affine", arithmetic.rsub),
    Operator(("mul", "multiply"), "multiply, affine, square", arithmetic.mul),
    Operator(("div",), "affine, multiply", arithmetic.div, "by what is computed"),
    Operator(("neg",), "affine", arithmetic.neg),
    Operator(("pow",), "square, multiply", arithmetic.power, "exponents that are not 1 to 4"),
    Operator(("masked_fill",), "softmax with a mask, multiply, add", masks.masked_fill, "masks that are computed"),
    Operator(("where",), "softmax with a mask, multiply, add", masks.where, "conditions that are computed"),
    Operator(
        ("clone", "alias", "detach", "contiguous", "lift_fresh_copy", "_to_copy", "to", "type_as", "expand_as_self"),
        "nothing",
        arithmetic.same,
    ),
    Operator(("gather",), "take", gathering.gather, "indices that are computed"),
    Operator(("slice_scatter",), "slice, concat, take", scattering.slice_scatter),
    Operator(("copy",), "expand", scattering.copied),
    Operator(("select_scatter",), "slice, concat", scattering.select_scatter),
    Operator(("index_put",), "multiply, add", scattering.index_put, "indices and entries that are computed"),
    Operator(("zero",), "a constant", arithmetic.zero),
    Operator(("unfold",), "take, permute", windows.unfold),
    Operator(("im2col",), "pad, take, permute", windows.im2col),
    Operator(("linear",), "dense, or matmul where the weight is computed", maps.linear),
    Operator(("addmm",), "dense, or matmul and add", maps.addmm, "factors"),
    Operator(("mm",), "dense, matmul", maps.matmul("self", "mat2")),
    Operator(("bmm",), "matmul", maps.matmul("self", "mat2")),
    Operator(("matmul",), "dense, matmul", maps.matmul("self", "other"), "vectors"),
    Operator(("baddbmm",), "matmul, add", maps.baddbmm),
    Operator(("einsum",), "einsum", equations.einsum, "sums over the samples"),
    Operator(("embedding",), "embedding; parameter, slice and take where the ids are fixed", maps.embedding),
    *(
        Operator(
            (f"conv{axes}d",), f"conv{axes}d; take and matmul where the weight is computed", maps.convolution(axes)
        )
        for axes in (1, 2, 3)
    ),
    *(
        Operator((name,), f"convtranspose{axes}d", maps.transposed_convolution(axes), "weights that are computed")
        for axes, name in ((1, "conv_transpose1d"), (2, "conv_transpose2d"), (3, "conv_transpose3d"))
    ),
    Operator(("convolution",), "conv and convtranspose", maps.general_convolution, "weights that are computed"),
    Operator(("view", "reshape", "_unsafe_view", "flatten", "unflatten"), "reshape, flatten", moves.reshape),
    Operator(("unsqueeze",), "reshape", moves.unsqueeze),
    Operator(("squeeze",), "reshape", moves.squeeze),
    Operator(("permute",), "permute", moves.permute),
    Operator(("transpose", "swapaxes"), "transpose, permute", moves.transpose),
    Operator(("t", "numpy_T"), "transpose, permute", moves.transposed_whole),
    Operator(("movedim",), "permute", moves.movedim),
    Operator(("expand",), "expand", moves.expand),
    Operator(("repeat",), "expand", moves.repeat, "the samples"),
    Operator(("pixel_shuffle",), "reshape, permute", moves.pixel_shuffle),
    Operator(("pixel_unshuffle",), "reshape, permute", moves.pixel_unshuffle),
    Operator(("channel_shuffle", "native_channel_shuffle"), "reshape, permute", moves.channel_shuffle),
    Operator(("roll",), "roll", moves.roll),
    Operator(("slice",), "slice", parts.slice_),
    Operator(("select",), "slice, squeeze", parts.select),
    Operator(("unbind",), "slice, squeeze", parts.unbind),
    Operator(("split", "split_with_sizes", "chunk", "tensor_split"), "slice", parts.split),
    Operator(("cat", "concat"), "concat", parts.cat),
    Operator(("stack",), "stack", parts.stack),
    Operator(("pad", "constant_pad_nd"), "pad, slice", parts.pad),
    *(
        Operator((f"{mode}_pad{axes}d",), "pad", parts.pad_as(word))
        for mode, word in (("reflection", "reflect"), ("replication", "replicate"))
        for axes in (1, 2, 3)
    ),
    Operator(("index",), "take, slice", parts.index, "indices that are computed"),
    Operator(("index_select",), "take, slice", parts.index_select, "indices that are computed"),
    Operator(("flip",), "take", parts.flip),
    Operator(("rotate",), "take, multiply, add", rotating.rotate),
    Operator(("layer_norm",), "layernorm", norms.layer_norm),
    Operator(("rms_norm",), "rmsnorm", norms.rms_norm),
    Operator(("l2_norm",), "l2norm", norms.l2_norm),
    Operator(("group_norm",), "groupnorm", norms.group_norm),
    Operator(("instance_norm",), "instancenorm, batchnorm", norms.instance_norm),
    Operator(("batch_norm",), "batchnorm", norms.batch_norm),
    Operator(("_native_batch_norm_legit_no_training",), "batchnorm", norms.batch_norm_evaluated),
    Operator(
        ("_native_batch_norm_legit_functional", "_native_batch_norm_legit", "native_batch_norm"),
        "batchnorm",
        norms.batch_norm_trained,
    ),
    *(Operator((f"max_pool{axes}d",), f"maxpool{axes}d", pooling.maximum(axes)) for axes in (1, 2, 3)),
    *(
        Operator((f"max_pool{axes}d_with_indices",), f"maxpool{axes}d", pooling.maximum_with_indices(axes))
        for axes in (1, 2, 3)
    ),
    *(Operator((f"avg_pool{axes}d",), f"avgpool{axes}d", pooling.average(axes)) for axes in (1, 2, 3)),
    *(
        Operator((name,), f"adaptiveavgpool{axes}d", pooling.adaptive("avg", axes))
        for axes, name in ((1, "adaptive_avg_pool1d"), (2, "adaptive_avg_pool2d"), (3, "adaptive_avg_pool3d"))
    ),
    *(
        Operator((f"adaptive_max_pool{axes}d",), f"adaptivemaxpool{axes}d", pooling.adaptive_maximum(axes))
        for axes in (1, 2, 3)
    ),
    Operator(("mean",), "mean", pooling.mean, "over the samples"),
    Operator(("sum",), "mean, affine", pooling.sum_, "over the samples"),
    Operator(("amax",), "adaptivemaxpool", pooling.largest, "axes that are not all positions"),
    Operator(("max",), "adaptivemaxpool", pooling.largest_with_indices, "axes that are not all positions"),
    *(
        Operator(
            (f"upsample_nearest{axes}d",), "upsample", pooling.upsample("nearest", axes), "sizes that do not divide"
        )
        for axes in (1, 2, 3)
    ),
    Operator(("upsample_linear1d",), "upsample", pooling.upsample("linear", 1), "corners aligned"),
    Operator(("upsample_bilinear2d",), "upsample", pooling.upsample("linear", 2), "corners aligned"),
    Operator(("upsample_trilinear3d",), "upsample", pooling.upsample("linear", 3), "corners aligned"),
    Operator(("dropout", "feature_dropout"), "dropout, or nothing in evaluation mode", pooling.dropout),
    Operator(("native_dropout",), "dropout, or nothing in evaluation mode", pooling.dropout_with_mask),
    Operator(
        ("scaled_dot_product_attention",),
        "matmul, affine, softmax, matmul",
        attention.scaled_dot_product,
        "masks that are computed",
    ),
    Operator(("lstm",), "lstm", recurrent.recurrent("lstm"), "first states that are not zero"),
    Operator(("gru",), "gru", recurrent.recurrent("gru"), "first states that are not zero"),
    Operator(("rnn_tanh",), "rnn", recurrent.recurrent("rnn", "tanh"), "first states that are not zero"),
    Operator(("rnn_relu",), "rnn", recurrent.recurrent("rnn", "relu"), "first states that are not zero"),
)

OPERATORS: Mapping[str, Operator] = MappingProxyType({name: row for row in _FAMILIES for name in row.names})
IGNORED = frozenset({"_assert_tensor_metadata", "_assert_async", "_assert_scalar", "sym_constrain_range_for_size"})
