"""What depends on no input and no learned array: computed by the reference of ONNX itself, in double precision, within limits. Only
operators whose cost is that of what they read and give are computed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
from onnx import NodeProto, TensorProto, TypeProto, helper

from boundcalc.importers.graph import Array, Shape
from boundcalc.importers.onnx.doubles import doubled_node
from boundcalc.importers.onnx.model import VERSION
from boundcalc.importers.onnx.reference import evaluated
from boundcalc.importers.onnx.rules.call import Operand
from boundcalc.importers.values import RefusalError

MOST = 2**28  # entries of an array
MOST_COMPUTED = 2**25  # entries of an array that is computed
FOLDED = frozenset(
    [
        "Abs",
        "Add",
        "And",
        "BitShift",
        "Cast",
        "CastLike",
        "Ceil",
        "Clip",
        "Compress",
        "Concat",
        "Cos",
        "CumSum",
        "DepthToSpace",
        "Div",
        "Equal",
        "Erf",
        "Exp",
        "Expand",
        "EyeLike",
        "Flatten",
        "Floor",
        "Gather",
        "GatherElements",
        "GatherND",
        "Greater",
        "GreaterOrEqual",
        "Identity",
        "IsInf",
        "IsNaN",
        "Less",
        "LessOrEqual",
        "Log",
        "Max",
        "Min",
        "Mod",
        "Mul",
        "Neg",
        "NonZero",
        "Not",
        "OneHot",
        "Or",
        "Pad",
        "Pow",
        "Range",
        "Reciprocal",
        "ReduceMax",
        "ReduceMean",
        "ReduceMin",
        "ReduceProd",
        "ReduceSum",
        "Reshape",
        "Round",
        "ScatterElements",
        "ScatterND",
        "Sigmoid",
        "Sign",
        "Sin",
        "Size",
        "Slice",
        "Softmax",
        "SpaceToDepth",
        "Split",
        "Sqrt",
        "Squeeze",
        "Sub",
        "Sum",
        "Tanh",
        "Tile",
        "Transpose",
        "Trilu",
        "Unsqueeze",
        "Where",
        "Xor",
    ]
)
_NO_LARGER = frozenset({"NonZero", "Compress", "Unique"})  # than a few times what they read


def constant(node: NodeProto) -> NodeProto:
    """With its value as one array."""
    for each in node.attribute:
        if each.name == "value_float":
            return helper.make_node(
                "Constant", [], node.output, value=helper.make_tensor("", TensorProto.FLOAT, [], [each.f])
            )
        if each.name == "value_floats":
            values = helper.make_tensor("", TensorProto.FLOAT, [len(each.floats)], each.floats)
            return helper.make_node("Constant", [], node.output, value=values)
        if each.name == "value_int":
            return helper.make_node(
                "Constant", [], node.output, value=helper.make_tensor("", TensorProto.INT64, [], [each.i])
            )
        if each.name == "value_ints":
            values = helper.make_tensor("", TensorProto.INT64, [len(each.ints)], each.ints)
            return helper.make_node("Constant", [], node.output, value=values)
    return node  # fmt: skip


def filled(shape: Sequence[int], value: Array | None, most: int = MOST_COMPUTED) -> Array:
    """One number in all places, which takes no memory."""
    if any(size < 0 for size in shape) or prod(shape) > most:
        raise RefusalError(f"it makes an array of shape {list(shape)[:8]}, more than {most:,} entries")
    if value is not None and value.size != 1:
        raise RefusalError("it fills an array with what is not one number")
    number = np.zeros(()) if value is None else value.reshape(())
    return np.broadcast_to(number, tuple(shape))


def folded(node: NodeProto, inputs: Sequence[Operand | None], shapes: Sequence[Shape | None]) -> list[Array]:
    """What it gives. Raises RefusalError where that is too large, or not computed."""
    known = [each.known for each in inputs if each is not None and each.known is not None]
    _check_sizes(node, known, shapes)
    names = [f"x{i}" if each is not None else "" for i, each in enumerate(inputs)]
    feeds = {f"x{i}": each.known for i, each in enumerate(inputs) if each is not None and each.known is not None}
    alone = doubled_node(node)
    del alone.input[:], alone.output[:]
    alone.input.extend(names)
    results = [f"y{i}" for i, name in enumerate(node.output) if name]
    alone.output.extend(f"y{i}" if name else "" for i, name in enumerate(node.output))
    return list(_run(alone, feeds, results))


def _run(node: NodeProto, feeds: Mapping[str, Array], results: Sequence[str]) -> Sequence[Array]:
    entries = [helper.make_value_info(name, _any_type()) for name in feeds]
    graph = helper.make_graph([node], "one", entries, [helper.make_value_info(name, _any_type()) for name in results])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", VERSION)])
    try:
        return evaluated(model, results, feeds)
    except Exception as error:  # whatever the library says of operands that do not fit
        raise RefusalError(f"it cannot be computed: {type(error).__name__}: {error}") from None


def _any_type() -> TypeProto:
    return helper.make_tensor_type_proto(TensorProto.DOUBLE, None)


def _check_sizes(node: NodeProto, known: Sequence[Array], shapes: Sequence[Shape | None]) -> None:
    read = sum(array.size for array in known)
    for shape in shapes:
        count = _range(known) if node.op_type == "Range" else None if shape is None else prod(shape)
        if count is None and node.op_type not in _NO_LARGER:
            raise RefusalError("the size of what it gives cannot be told before it is computed")
        if (count or 0) > MOST_COMPUTED or read > 4 * MOST_COMPUTED:
            raise RefusalError(f"it computes an array of more than {MOST_COMPUTED:,} entries from nothing")


def _range(known: Sequence[Array]) -> int:
    start, stop, step = (float(array.reshape(())) for array in known)
    if not step or not all(map(math.isfinite, (start, stop, step))):
        raise RefusalError("it counts without end")
    return max(0, math.ceil((stop - start) / step))
