"""Shapes and types of what an operator gives, by the rules of ONNX."""

from __future__ import annotations

from collections.abc import Sequence

from onnx import NodeProto, TensorProto, TypeProto, defs, helper, shape_inference

from boundcalc.importers.graph import Shape
from boundcalc.importers.onnx.model import VERSION
from boundcalc.importers.onnx.numbers import tensor_of
from boundcalc.importers.onnx.rules.call import Operand
from boundcalc.importers.values import RefusalError

MOST_SHOWN = 4096  # entries of a known array that shapes may depend on


def inferred(node: NodeProto, inputs: Sequence[Operand | None]) -> list[tuple[Shape | None, int]]:
    """Of each output its shape, None where that is not known before the network runs, and its type. Raises RefusalError for operands
    that do not fit."""
    types: dict[str, TypeProto] = {}
    data: dict[str, TensorProto] = {}
    alone = NodeProto()
    alone.CopyFrom(node)
    alone.domain = ""
    del alone.input[:]
    for i, each in enumerate(inputs):
        alone.input.append(f"x{i}" if each is not None else "")
        if each is None:
            continue
        types[f"x{i}"] = helper.make_tensor_type_proto(each.kind, list(each.shape))
        if each.known is not None and each.known.size <= MOST_SHOWN:
            data[f"x{i}"] = tensor_of(each.known, each.kind, f"x{i}")
    schema = defs.get_schema(node.op_type, VERSION, "")
    opsets = [helper.make_opsetid("", VERSION)]
    try:
        found = shape_inference.infer_node_outputs(schema, alone, types, data, opset_imports=opsets, ir_version=10)
    except Exception as error:  # whatever the library says of operands that do not fit
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise RefusalError(f"its operands do not fit: {lines[-1]}") from None
    return [_shape(found.get(name)) for name in node.output]


def _shape(found: TypeProto | None) -> tuple[Shape | None, int]:
    if found is None or not found.HasField("tensor_type"):
        return None, TensorProto.FLOAT
    of = found.tensor_type
    if not of.HasField("shape") or not all(axis.HasField("dim_value") for axis in of.shape.dim):
        return None, of.elem_type
    return tuple(axis.dim_value for axis in of.shape.dim), of.elem_type
