"""A model of ONNX in one version of the operators, with the places that exporters wrote."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, defs, helper, version_converter

from boundcalc.importers.graph import Origin
from boundcalc.importers.onnx.functions import every_node, inlined
from boundcalc.importers.onnx.reading import OWN, mistake
from boundcalc.importers.unsupported import Missing, UnsupportedError
from boundcalc.mistakes import shown

VERSION = 24  # of the operators, that rules are written for
LARGE = 1024  # entries of an array that no conversion looks at
_SCOPES, _CLASSES = "pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy"
_SCALARS = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16)


@dataclass(frozen=True, slots=True)
class Input:
    """`kind`: the type of its entries, as ONNX numbers them; `sizes`: numbers, names, or None where nothing is said."""

    name: str
    kind: int
    sizes: tuple[int | str | None, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """`origins`: where an operator was written, by the first array that it gives; `modules`: classes by paths; `proto`: all of it."""

    name: str
    nodes: Sequence[NodeProto]
    stored: Mapping[str, TensorProto]
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]
    origins: Mapping[str, Origin]
    modules: Mapping[str, str]
    proto: ModelProto


def model_of(proto: ModelProto, name: str, source: str) -> Model:
    """Raises SpecError; UnsupportedError where it has operators that are none of ONNX."""
    proto = inlined(proto, source)
    origins, modules = _origins(proto.graph.node)
    foreign = [node for node in every_node(proto.graph.node) if not _is_own(node)]
    if foreign:
        raise UnsupportedError(name, tuple(_foreign(node, origins) for node in foreign))
    proto = _converted(proto, source)
    stored = {tensor.name: tensor for tensor in proto.graph.initializer}
    inputs = tuple(_input(value, source) for value in proto.graph.input if value.name not in stored)
    if not inputs:
        raise mistake(source, "has no input")
    outputs = tuple(value.name for value in proto.graph.output)
    return Model(name, tuple(proto.graph.node), stored, inputs, outputs, origins, modules, proto)


def _is_own(node: NodeProto) -> bool:
    return node.domain in OWN and defs.has(node.op_type, "")


def _foreign(node: NodeProto, origins: Mapping[str, Origin]) -> Missing:
    own = next((origins[name] for name in node.output if name in origins), Origin(source=node.name))
    called = node.op_type if node.domain in OWN else f"{node.domain}::{node.op_type}"
    return Missing(called, "it is no operator of ONNX", own.module, own.kind, own.source)


def _converted(proto: ModelProto, source: str) -> ModelProto:
    versions = [entry.version for entry in proto.opset_import if entry.domain in OWN]
    if not versions:
        raise mistake(source, "says no version of its operators")
    if versions[0] == VERSION:
        return proto
    light, heavy = ModelProto(), {t.name: t for t in proto.graph.initializer if prod(t.dims) > LARGE}
    light.CopyFrom(proto)
    del light.graph.initializer[:]
    light.graph.initializer.extend(tensor for tensor in proto.graph.initializer if tensor.name not in heavy)
    known = {value.name for value in light.graph.input}
    light.graph.input.extend(
        helper.make_tensor_value_info(name, tensor.data_type, list(tensor.dims))
        for name, tensor in heavy.items()
        if name not in known
    )
    try:
        found = version_converter.convert_version(light, VERSION)
    except Exception as error:  # whatever the library cannot do
        lines = str(error).strip().splitlines() or [type(error).__name__]
        finding = f"its operators are of version {versions[0]}, and cannot be brought to {VERSION}: {lines[-1]}"
        raise mistake(source, finding, "export it again with a later version of the operators") from None
    found.graph.initializer.extend(heavy.values())
    return found


def _input(value: ValueInfoProto, source: str) -> Input:
    kind = value.type.WhichOneof("value")
    if kind != "tensor_type" or not value.type.tensor_type.HasField("shape"):
        raise mistake(source, f"the input {shown(value.name)} is no array of known axes")
    of = value.type.tensor_type
    sizes: list[int | str | None] = []
    for axis in of.shape.dim:
        said = axis.WhichOneof("value")
        sizes.append(axis.dim_param if said == "dim_param" else axis.dim_value if said == "dim_value" else None)
    if any(isinstance(size, int) and size < 1 for size in sizes):
        raise mistake(source, f"the input {shown(value.name)} has an axis without entries")
    return Input(value.name, of.elem_type, tuple(sizes))


def _origins(nodes: Sequence[NodeProto]) -> tuple[Mapping[str, Origin], Mapping[str, str]]:
    found: dict[str, Origin] = {}
    modules: dict[str, str] = {}
    for node in nodes:
        said = {entry.key: entry.value for entry in node.metadata_props}
        scopes, classes = _list(said.get(_SCOPES, "")), _list(said.get(_CLASSES, ""))
        path, kind = _scope(node.name), ""
        if scopes:
            path = scopes[-2] if len(scopes) > 1 else ""
            if len(classes) == len(scopes):
                kind = classes[-2].rpartition(".")[2] if len(classes) > 1 else ""
                modules.update({p: c.rpartition(".")[2] for p, c in zip(scopes[:-1], classes[:-1], strict=True) if p})
        origin = Origin(path, kind, f"node '{node.name}'" if node.name else "")
        found.update({name: origin for name in node.output if name})
    return found, modules


def _list(text: str) -> list[str]:
    """A list of texts as Python prints it."""
    if not text.startswith("[") or len(text) > 10_000:
        return []
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _scope(name: str) -> str:
    """The path of a module from the name of an operator: /layers/layers.0/conv/Conv is in layers.0.conv."""
    path: list[str] = []
    for part in name.strip("/").split("/")[:-1]:
        if not re.search(r"[A-Za-z0-9]", part):
            continue
        if path and part.startswith(f"{path[-1]}."):
            path[-1] = part
        else:
            path.append(part)
    return ".".join(path)
