"""Which stored arrays are learned. A file does not say: those of floating-point numbers that have an axis, unless an operator needs
to know them (a statistic, a divisor, indices), or they are a mask, or one number that stands in no place of a weight.

Arrays that are made of nothing (the light models of ONNX have all their weights so) are learned where they stand in a place of a
weight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import prod

import numpy as np
from onnx import NodeProto

from boundcalc.importers.graph import Array
from boundcalc.importers.onnx.model import Model
from boundcalc.importers.onnx.numbers import FLOATS, array_of

HIDDEN = 1e30  # an entry that large is one of a mask
WEIGHTS: Mapping[str, tuple[int, ...]] = {
    "BatchNormalization": (1, 2),
    "Conv": (1, 2),
    "ConvTranspose": (1, 2),
    "GRU": (1, 2, 3),
    "Gather": (0,),
    "Gemm": (1, 2),
    "GroupNormalization": (1, 2),
    "InstanceNormalization": (1, 2),
    "LSTM": (1, 2, 3),
    "LayerNormalization": (1, 2),
    "MatMul": (0, 1),
    "PRelu": (1,),
    "RMSNormalization": (1,),
    "RNN": (1, 2, 3),
}
KNOWN: Mapping[str, tuple[int, ...]] = {
    "Attention": (3,),
    "BatchNormalization": (3, 4),
    "Clip": (1, 2),
    "Div": (1,),
    "Dropout": (1, 2),
    "GRU": (4, 5),
    "Gather": (1,),
    "LSTM": (4, 5, 6, 7),
    "Max": (0, 1),
    "Min": (0, 1),
    "Pad": (1, 2, 3),
    "Pow": (1,),
    "RNN": (4, 5),
    "Resize": (1, 2, 3),
    "Where": (0,),
}
_FACTORS = frozenset({"Add", "Mul"})  # of what is made of nothing, has one axis and is given others
_SAME = frozenset({"Identity", "Unsqueeze", "Reshape", "Transpose", "Cast"})


def learned(model: Model) -> frozenset[str]:
    """Names of stored arrays, and of arrays made of nothing."""
    read: dict[str, list[tuple[NodeProto, int]]] = {}
    makers: dict[str, NodeProto] = {}
    for node in model.nodes:
        makers.update(dict.fromkeys(node.output, node))
        for place, name in enumerate(node.input):
            read.setdefault(name, []).append((node, place))
    found = {
        name
        for name, tensor in model.stored.items()
        if tensor.data_type in FLOATS and tensor.dims and prod(tensor.dims) > 0 and _is_learned(model, name, read, makers)
    }  # fmt: skip
    made = {
        node.output[0]: node
        for node in model.nodes
        if node.op_type == "ConstantOfShape" and node.input[0] in model.stored
    }
    return frozenset(found | {name for name, node in made.items() if _is_weight(model, name, node, read)})


def _uses(
    name: str, read: Mapping[str, list[tuple[NodeProto, int]]], most: int = 10_000
) -> Iterator[tuple[NodeProto, int, bool]]:
    """Who reads an array, also in other axes; whether it is read through such a change."""
    waiting, seen = [(name, False)], {name}
    while waiting and len(seen) < most:
        at, moved = waiting.pop()
        for node, place in read.get(at, ()):
            if node.op_type in _SAME and place == 0 and node.output[0] not in seen:
                seen.add(node.output[0])
                waiting.append((node.output[0], moved or node.op_type != "Identity"))
            elif node.op_type not in _SAME:
                yield node, place, moved


def _is_learned(
    model: Model, name: str, read: Mapping[str, list[tuple[NodeProto, int]]], makers: Mapping[str, NodeProto]
) -> bool:
    uses = list(_uses(name, read))
    if any(place in _known(node) for node, place, _ in uses):
        return False
    if prod(model.stored[name].dims) == 1 and not any(_is_weight_of(node, place, makers) for node, place, _ in uses):
        return False
    values = array_of(model.stored[name])
    if all(_is_regrouped(node, place, makers, values) for node, place, _ in uses) and uses:
        return False
    return bool(np.isfinite(values).all()) and float(np.abs(values).max()) < HIDDEN


def _is_regrouped(node: NodeProto, place: int, makers: Mapping[str, NodeProto], values: Array) -> bool:
    """Whether it is the parameter of an instance norm that stands for a group norm: the ones, or the zeros, that the exporter made."""
    maker = makers.get(node.input[0])
    is_norm = node.op_type == "InstanceNormalization" and maker is not None and maker.op_type == "Reshape"
    return is_norm and place in (1, 2) and bool(np.all(values == (1 if place == 1 else 0)))


def _known(node: NodeProto) -> Iterable[int]:
    training = any(each.name == "training_mode" and each.i for each in node.attribute)
    return () if node.op_type == "BatchNormalization" and training else KNOWN.get(node.op_type, ())


def _is_weight_of(node: NodeProto, place: int, makers: Mapping[str, NodeProto]) -> bool:
    if node.op_type == "Add":  # the bias of a product with a weight
        other = makers.get(node.input[1 - place])
        return other is not None and other.op_type in ("MatMul", "Conv", "ConvTranspose", "Einsum")
    return place in WEIGHTS.get(node.op_type, ())


def _is_weight(model: Model, name: str, maker: NodeProto, read: Mapping[str, list[tuple[NodeProto, int]]]) -> bool:
    sizes = array_of(model.stored[maker.input[0]])
    if sizes.size == 0 or any(each.name == "value" and each.t.data_type not in FLOATS for each in maker.attribute):
        return False
    is_vector = sizes.size == 1 and int(sizes.flat[0]) > 1
    uses = list(_uses(name, read))
    if any(place in _known(node) for node, place, _ in uses):
        return False
    return any(
        place in WEIGHTS.get(node.op_type, ()) or (is_vector and moved and node.op_type in _FACTORS)
        for node, place, moved in uses
    )
