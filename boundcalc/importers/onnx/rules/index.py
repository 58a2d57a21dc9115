"""The table of the operators of ONNX: what each becomes in that of ATen; `note`: what of it is refused, beyond what that says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from boundcalc.importers.onnx.rules import arithmetic, attention, entrywise, maps, moves, norms, pooling, recurrent
from boundcalc.importers.onnx.rules.call import Rule


@dataclass(frozen=True, slots=True)
class Row:
    """One operator. `becomes`: operators of ATen, in words."""

    name: str
    becomes: str
    rule: Rule
    note: str = ""


_NAMED = {
    "Abs": "abs", "Acos": "acos", "Asin": "asin", "Atan": "atan", "Cos": "cos", "Erf": "erf", "Exp": "exp", "HardSwish": "hardswish",
    "Log": "log", "Mish": "mish", "Neg": "neg", "Reciprocal": "reciprocal", "Relu": "relu", "Sigmoid": "sigmoid", "Sin": "sin",
    "Softplus": "softplus", "Softsign": "softsign", "Sqrt": "sqrt", "Tanh": "tanh",
}  # fmt: skip

_ROWS: tuple[Row, ...] = (
    *(Row(name, f"`{operator}`", entrywise.named(operator)) for name, operator in _NAMED.items()),
    Row("Add", "`add`", arithmetic.pair("add")),
    Row("Attention", "`scaled_dot_product_attention`", attention.attention, "stored keys, a bound of the scores"),
    Row("AveragePool", "`avg_pool1d` to `3d`, `pad`, `slice`", pooling.average, "windows with gaps"),
    Row("BatchNormalization", "`batch_norm`", norms.batch_norm),
    Row("Cast", "nothing", entrywise.cast, "between numbers and whole numbers"),
    Row("CastLike", "nothing", entrywise.cast, "between numbers and whole numbers"),
    Row("Celu", "`celu`", entrywise.with_numbers("celu", {"alpha": ("alpha", 1.0)})),
    Row("Clip", "`clamp`", entrywise.clip, "bounds that are computed"),
    Row("Concat", "`cat`", moves.concat),
    Row("Conv", "`convolution`, `pad`", maps.convolution),
    Row("ConvTranspose", "`convolution`, `slice`", maps.transposed_convolution),
    Row("DepthToSpace", "`pixel_shuffle`, or `view` and `permute`", moves.depth_to_space),
    Row("Div", "`div`", arithmetic.pair("div")),
    Row("Dropout", "`dropout`, or nothing where the file does not train", entrywise.dropout),
    Row("Einsum", "`einsum`", maps.einsum),
    Row("Elu", "`elu`", entrywise.with_numbers("elu", {"alpha": ("alpha", 1.0)})),
    Row("Expand", "`expand`", moves.expand),
    Row("Flatten", "`view`", moves.reshape),
    Row("GRU", "`gru`", recurrent.recurrent("gru"), "`linear_before_reset: 0`, lengths of sequences"),
    Row("Gather", "`embedding`, `select`, `index_select`", moves.gather, "indices that are computed, unless they are ids of rows"),
    Row("Gelu", "`gelu`", entrywise.gelu),
    Row("Gemm", "`linear`, `addmm`, or `mm`, `mul` and `add`", maps.gemm),
    Row("GlobalAveragePool", "`adaptive_avg_pool1d` to `3d`", pooling.whole("avg")),
    Row("GlobalMaxPool", "`adaptive_max_pool1d` to `3d`", pooling.whole("max")),
    Row("Greater", "`gt`", arithmetic.pair("gt"), "all but the threshold of a softplus"),
    Row("GroupNormalization", "`group_norm`", norms.group_norm),
    Row("HardSigmoid", "`mul`, `add`, `clamp`", entrywise.hard_sigmoid),
    Row("Identity", "nothing", entrywise.same),
    Row("InstanceNormalization", "`instance_norm`", norms.instance_norm),
    Row("LRN", "`local_response_norm`", norms.local_response_norm, "an even number of channels"),
    Row("LSTM", "`lstm`", recurrent.recurrent("lstm"), "peepholes, lengths of sequences, states of cells that are read"),
    Row("LayerNormalization", "`layer_norm`", norms.layer_norm, "statistics that are read"),
    Row("LeakyRelu", "`leaky_relu`", entrywise.with_numbers("leaky_relu", {"negative_slope": ("alpha", 0.01)})),
    Row("LogSoftmax", "`log_softmax`", lambda op: op.emit("log_softmax", {"self": op.argument(0), "dim": op.integer("axis", -1)})),
    Row("MatMul", "`matmul`", maps.matmul),
    Row("Max", "`clamp`, `maximum`", entrywise.extreme("maximum", "min")),
    Row("MaxPool", "`max_pool1d` to `3d`, `slice`", pooling.maximum, "places that are read"),
    Row("Mean", "`add`, `mul`", arithmetic.average),
    Row("Min", "`clamp`, `minimum`", entrywise.extreme("minimum", "max")),
    Row("Mul", "`mul`", arithmetic.pair("mul")),
    Row("PRelu", "`relu`, `neg`, `mul`, `sub`", entrywise.parametric),
    Row("Pad", "`pad`", moves.pad, "amounts that are computed, `wrap`"),
    Row("Pow", "`pow`", arithmetic.power),
    Row("RMSNormalization", "`rms_norm`", norms.rms_norm),
    Row("RNN", "`rnn_tanh`, `rnn_relu`", recurrent.recurrent("rnn"), "lengths of sequences"),
    Row("ReduceL2", "`linalg_vector_norm`", norms.euclidean, "alone"),
    Row("ReduceMax", "`amax`", pooling.reduced("amax")),
    Row("ReduceMean", "`mean`", pooling.reduced("mean")),
    Row("ReduceSum", "`sum`", pooling.reduced("sum")),
    Row("ReduceSumSquare", "`pow`, `sum`", pooling.squares),
    Row("Reshape", "`view`", moves.reshape),
    Row("Resize", "`upsample_nearest1d` to `3d`, `upsample_linear1d`, `index_select`", pooling.resize, "cubic, aligned corners"),
    Row("Selu", "`selu`", entrywise.selu),
    Row("Shrink", "`hardshrink`, `softshrink`", entrywise.shrink),
    Row("Slice", "`slice`, `index_select`", moves.slice_),
    Row("Softmax", "`softmax`", lambda op: op.emit("softmax", {"self": op.argument(0), "dim": op.integer("axis", -1)})),
    Row("SpaceToDepth", "`view`, `permute`", moves.space_to_depth),
    Row("Split", "`split`", moves.split),
    Row("Squeeze", "`squeeze`", moves.squeeze),
    Row("Sub", "`sub`", arithmetic.pair("sub")),
    Row("Sum", "`add`", arithmetic.total),
    Row("Swish", "`silu`, or `mul` and `sigmoid`", entrywise.swish),
    Row("Tile", "`repeat`", moves.tile),
    Row("Transpose", "`permute`", moves.transpose),
    Row("Trilu", "`mul`", arithmetic.triangle),
    Row("Unsqueeze", "`unsqueeze`", moves.unsqueeze),
    Row("Where", "`where`", arithmetic.where, "conditions that are computed"),
)  # fmt: skip

OPERATORS: Mapping[str, Row] = MappingProxyType({row.name: row for row in _ROWS})
