"""A model in double precision: arrays, and the types that operators name."""

from __future__ import annotations

from onnx import AttributeProto, GraphProto, NodeProto, TensorProto

from boundcalc.importers.onnx.numbers import FLOATS, array_of, tensor_of

_TYPES = frozenset({"to", "dtype", "softmax_precision"})  # attributes that are the type of an array


def doubled_node(node: NodeProto) -> NodeProto:
    found = NodeProto()
    found.CopyFrom(node)
    for attribute in found.attribute:
        if attribute.type == AttributeProto.TENSOR and attribute.t.data_type in FLOATS:
            attribute.t.CopyFrom(tensor_of(array_of(attribute.t), TensorProto.DOUBLE, attribute.t.name))
        elif attribute.name in _TYPES and attribute.i in FLOATS:
            attribute.i = TensorProto.DOUBLE
        elif attribute.type == AttributeProto.GRAPH:
            doubled_graph(attribute.g)
    if node.op_type == "ConstantOfShape" and not node.attribute:
        zero = TensorProto(data_type=TensorProto.DOUBLE, dims=[1], double_data=[0.0])
        found.attribute.append(AttributeProto(name="value", type=AttributeProto.TENSOR, t=zero))
    return found


def doubled_graph(graph: GraphProto) -> None:
    """In place, its own arrays and types too."""
    nodes = [doubled_node(node) for node in graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    for tensor in graph.initializer:
        if tensor.data_type in FLOATS:
            tensor.CopyFrom(tensor_of(array_of(tensor), TensorProto.DOUBLE, tensor.name))
    for value in (*graph.input, *graph.output):
        if value.type.tensor_type.elem_type in FLOATS:
            value.type.tensor_type.elem_type = TensorProto.DOUBLE
    del graph.value_info[:]
