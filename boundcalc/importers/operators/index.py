"""The table of operators: what each becomes in the language. Names are those of PyTorch (ATen); `note` is what is refused of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from boundcalc.importers.operators import (
    activations,
    arithmetic,
    attention,
    cells,
    division,
    equations,
    extremes,
    fixed_linear,
    gathering,
    maps,
    masks,
    moves,
    norms,
    parts,
    pooling,
    recurrent,
    reductions,
    refused,
    resizing,
    rotating,
    scattering,
    spreads,
    taking,
    windows,
)
from boundcalc.importers.operators.row import Operator

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

_FORMULAS = (
    ("abs", "abs(x)"),
    ("exp", "exp(x)"),
    ("expm1", "exp(x) - 1"),
    ("log", "log(x)"),
    ("log1p", "log(1 + x)"),
    ("log2", "log(x)/log(2)"),
    ("cos", "cos(x)"),
    ("erf", "erf(x)"),
)
_LONG = "dropout between layers; over 128 steps where first or last states, or no biases, have them written out"
_INDICES = (
    "its indices are read, which jump where entries are equal, so that what they choose has no Lipschitz constant"
)

_FAMILIES: tuple[Operator, ...] = (
    *(Operator((name,), name, activations.named(name)) for name in _ENTRYWISE),
    Operator(("activation",), "an activation of the catalogue, or a formula of the spec's own", division.recognised),
    *(Operator((name,), "a formula of the spec's own", division.written_out(text)) for name, text in _FORMULAS),
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
    Operator(("prelu", "_prelu_kernel"), "relu, multiply, subtract", activations.prelu),
    Operator(("rrelu", "rrelu_with_noise"), "leaky_relu", activations.rrelu, "training mode"),
    Operator(("threshold",), "relu, affine", activations.threshold, "values that are not the threshold"),
    Operator(("softmax", "_softmax"), "softmax", activations.softmax, "a mask that leaves a row nothing"),
    Operator(("log_softmax", "_log_softmax"), "logsoftmax", activations.log_softmax, "masks"),
    Operator(("add",), "add, affine", arithmetic.add),
    Operator(("sub", "subtract"), "subtract, affine", arithmetic.sub),
    Operator(("rsub",), "subtract, affine", arithmetic.rsub),
    Operator(("mul", "multiply"), "multiply, affine, square", arithmetic.mul),
    Operator(("div", "divide", "true_divide"), "affine, multiply", division.div, "by what may be zero"),
    Operator(("neg", "negative"), "affine", arithmetic.neg),
    Operator(("sqrt",), "a formula of the spec's own", division.written_out("sqrt(x)")),
    Operator(("rsqrt",), "a formula of the spec's own", division.written_out("1/sqrt(x)")),
    Operator(("reciprocal",), "a formula of the spec's own", division.inverse, "of what may be zero"),
    Operator(("addcdiv",), "multiply, add", division.addcdiv, "by what may be zero"),
    Operator(
        ("pow",), "square, multiply, a formula of the spec's own", division.power, "roots of what may be negative"
    ),
    Operator(("addcmul",), "multiply, add", arithmetic.addcmul),
    Operator(("lerp",), "subtract, multiply, add", arithmetic.lerp),
    Operator(("tril",), "multiply", arithmetic.triangle(True)),
    Operator(("triu",), "multiply", arithmetic.triangle(False)),
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
    Operator(("index_put",), "multiply, add; take, linear", scattering.index_put, "indices of several axes, of arrays"),
    Operator(("index_add",), "linear, add", scattering.index_add, "indices that are computed"),
    Operator(("scatter_add", "scatter_reduce"), "linear, add", scattering.scatter_add, "indices that are computed"),
    Operator(("zero",), "a constant", arithmetic.zero),
    Operator(("unfold",), "take, permute", windows.unfold),
    Operator(("im2col",), "pad, take, permute", windows.im2col),
    Operator(("linear",), "dense, or matmul where the weight is computed", maps.linear),
    Operator(("addmm",), "dense, or matmul and add", maps.addmm, "factors"),
    Operator(("mm",), "dense, matmul", maps.matmul("self", "mat2")),
    Operator(("bmm",), "matmul", maps.matmul("self", "mat2")),
    Operator(("matmul",), "dense, matmul", maps.matmul("self", "other")),
    Operator(("baddbmm",), "matmul, add", maps.baddbmm),
    Operator(("einsum",), "einsum", equations.einsum, "sums over the samples"),
    Operator(("mv",), "matmul", maps.matmul("self", "vec")),
    Operator(("dot", "vdot"), "matmul", maps.matmul("self", "tensor")),
    Operator(("bilinear",), "dense, matmul", maps.bilinear),
    Operator(
        ("embedding_bag", "_embedding_bag", "_embedding_bag_forward_only"),
        "embedding, mean",
        maps.embedding_bag,
        "bags of several sizes",
    ),
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
    Operator(("repeat", "tile"), "expand", moves.repeat),
    Operator(("pixel_shuffle",), "reshape, permute", moves.pixel_shuffle),
    Operator(("pixel_unshuffle",), "reshape, permute", moves.pixel_unshuffle),
    Operator(("channel_shuffle", "native_channel_shuffle"), "reshape, permute", moves.channel_shuffle),
    Operator(("roll",), "roll", moves.roll),
    Operator(("slice",), "slice", parts.slice_),
    Operator(("select",), "slice, squeeze", parts.select),
    Operator(("unbind",), "slice, squeeze", parts.unbind),
    Operator(("split", "split_with_sizes", "chunk", "tensor_split"), "slice", parts.split),
    Operator(("cat", "concat", "concatenate"), "concat", parts.cat),
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
    Operator(("repeat_interleave",), "take", taking.repeat_interleave, "numbers of copies that differ"),
    Operator(("cumsum",), "linear", fixed_linear.cumsum),
    Operator(("col2im",), "linear", fixed_linear.col2im),
    Operator(("layer_norm",), "layernorm", norms.layer_norm),
    Operator(("rms_norm",), "rmsnorm", norms.rms_norm),
    Operator(("l2_norm",), "l2norm", norms.l2_norm),
    Operator(("group_norm",), "groupnorm", norms.group_norm),
    Operator(("instance_norm",), "instancenorm, batchnorm", norms.instance_norm),
    Operator(("batch_norm",), "batchnorm", norms.batch_norm),
    Operator(("local_response_norm",), "localresponsenorm", norms.local_response_norm),
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
    Operator(("mean",), "mean", reductions.mean, "over the samples"),
    Operator(("sum",), "mean, affine", reductions.sum_, "over the samples"),
    Operator(("amax",), "adaptivemaxpool", extremes.amax, "over the samples"),
    Operator(("amin",), "affine, adaptivemaxpool", extremes.amin, "over the samples"),
    Operator(
        ("max",), "adaptivemaxpool, stack", extremes.with_places(extremes.amax), "the places of the maxima", _INDICES
    ),
    Operator(
        ("min",),
        "affine, adaptivemaxpool, stack",
        extremes.with_places(extremes.amin),
        "the places of the minima",
        _INDICES,
    ),
    Operator(("maximum",), "stack, adaptivemaxpool1d, or relu and affine", extremes.maximum),
    Operator(("minimum",), "stack, adaptivemaxpool1d, or relu and affine", extremes.minimum),
    Operator(("sort",), "map", extremes.sort, "the places of the entries", _INDICES),
    Operator(("topk",), "map, slice", extremes.topk, "the places of the entries", _INDICES),
    Operator(("linalg_vector_norm",), "map", spreads.linalg_vector_norm, "orders that are not 1, 2 or oo"),
    Operator(("norm",), "map", spreads.norm, "orders that are not 1, 2 or oo"),
    Operator(("logsumexp",), "map", spreads.logsumexp),
    Operator(("var",), "linear, square, mean", spreads.var, "over the samples"),
    Operator(("std",), "linear, map", spreads.std, "over the samples"),
    Operator(("var_mean",), "linear, square, mean", spreads.var_mean, "over the samples"),
    Operator(("std_mean",), "linear, map, mean", spreads.std_mean, "over the samples"),
    Operator(("cdist", "_cdist_forward"), "subtract, map", spreads.distances, "orders that are not 1, 2 or oo"),
    Operator(("pairwise_distance",), "subtract, map", spreads.pairwise_distance, "orders that are not 1, 2 or oo"),
    Operator(("cosine_similarity",), "l2norm, multiply, mean", spreads.cosine_similarity),
    *(
        Operator((f"upsample_nearest{axes}d",), "upsample, or take", resizing.upsample("nearest", axes))
        for axes in (1, 2, 3)
    ),
    *(
        Operator((f"_upsample_nearest_exact{axes}d",), "take", resizing.upsample("nearest-exact", axes))
        for axes in (1, 2, 3)
    ),
    Operator(("upsample_linear1d",), "upsample, or linear", resizing.upsample("linear", 1)),
    Operator(("upsample_bilinear2d",), "upsample, or linear", resizing.upsample("linear", 2)),
    Operator(("upsample_trilinear3d",), "upsample, or linear", resizing.upsample("linear", 3)),
    Operator(("upsample_bicubic2d",), "linear", resizing.upsample("cubic", 2)),
    Operator(("_upsample_bilinear2d_aa",), "linear", resizing.upsample("linear-smoothed", 2), "corners aligned"),
    Operator(("_upsample_bicubic2d_aa",), "linear", resizing.upsample("cubic-smoothed", 2), "corners aligned"),
    Operator(("dropout", "feature_dropout"), "dropout, or nothing in evaluation mode", pooling.dropout),
    Operator(
        ("alpha_dropout", "feature_alpha_dropout"), "nothing in evaluation mode", pooling.alpha_dropout, "training mode"
    ),
    Operator(("native_dropout",), "dropout, or nothing in evaluation mode", pooling.dropout_with_mask),
    Operator(
        ("scaled_dot_product_attention",),
        "matmul, affine, softmax, matmul",
        attention.scaled_dot_product,
        "masks that are computed",
    ),
    Operator(("lstm",), "lstm, or its steps", recurrent.recurrent("lstm"), _LONG),
    Operator(("gru",), "gru, or its steps", recurrent.recurrent("gru"), _LONG),
    Operator(("rnn_tanh",), "rnn, or its steps", recurrent.recurrent("rnn", "tanh"), _LONG),
    Operator(("rnn_relu",), "rnn, or its steps", recurrent.recurrent("rnn", "relu"), _LONG),
    Operator(("lstm_cell",), "dense, sigmoid, tanh, multiply, add", cells.one("lstm")),
    Operator(("gru_cell",), "dense, sigmoid, tanh, multiply, add", cells.one("gru")),
    Operator(("rnn_tanh_cell",), "dense, add, tanh", cells.one("tanh")),
    Operator(("rnn_relu_cell",), "dense, add, relu", cells.one("relu")),
    *refused.REFUSED,
)

OPERATORS: Mapping[str, Operator] = MappingProxyType({name: row for row in _FAMILIES for name in row.names})
IGNORED = frozenset({"_assert_tensor_metadata", "_assert_async", "_assert_scalar", "sym_constrain_range_for_size"})
