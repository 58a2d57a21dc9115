"""Files of ONNX, read without running code and without believing sizes: arrays beside the file lie in its own folder, and every
array has as many bytes as its shape says."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from pathlib import Path

import onnx
from onnx import GraphProto, ModelProto, TensorProto, external_data_helper, helper, numpy_helper

from boundcalc.mistakes import Mistake, Place, SpecError, shown

OWN = ("", "ai.onnx")  # the domains of ONNX itself
MOST_AGAIN = 4  # how often the bytes beside the file may be read in all
_PACKED = {"INT4": 2, "UINT4": 2, "FLOAT4E2M1": 2, "INT2": 4, "UINT2": 4}


def mistake(source: str, finding: str, remedy: str | None = None) -> SpecError:
    return SpecError([Mistake(Place(source), finding, remedy, "unreadable")])


def read_model(path: str) -> ModelProto:
    """Raises SpecError for what is no model, or not what it says."""
    file = Path(path)
    if file.suffix != ".onnx":
        raise mistake(path, "is no file of ONNX (.onnx)")
    if not file.is_file():
        raise mistake(path, "there is no such file")
    try:
        model = onnx.load_model_from_string(file.read_bytes())
    except OSError as error:
        raise mistake(path, f"cannot be read: {error.strerror or error}") from None
    except Exception as error:  # whatever protobuf says of bytes that are none
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise mistake(path, f"is no file of ONNX: {lines[0]}", "write it again, the copy may be cut off") from None
    if not model.HasField("graph") or not model.graph.output or not model.opset_import:
        raise mistake(path, "is no file of ONNX: it has no graph with outputs, or says no version")
    if model.graph.sparse_initializer:
        raise mistake(path, "has sparse arrays, which are not read")
    _read_beside(path, file.resolve().parent, model)
    for tensor in tensors(model.graph):
        flaw = _flaw(tensor)
        if flaw is not None:
            raise mistake(path, f"the array {shown(tensor.name)} {flaw}")
    return model


def tensors(graph: GraphProto) -> Iterator[TensorProto]:
    """Of a graph and of the graphs in it."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for inner in (*((attribute.g,) if attribute.HasField("g") else ()), *attribute.graphs):
                yield from tensors(inner)


def _read_beside(path: str, folder: Path, model: ModelProto) -> None:
    """The arrays that lie in files beside it. A path that leaves the folder, also through a link, is refused."""
    bodies = [node for function in model.functions for node in function.node]
    found = [*tensors(model.graph), *tensors(GraphProto(node=bodies))]
    outside = [tensor for tensor in found if external_data_helper.uses_external_data(tensor)]
    sizes: dict[Path, int] = {}
    read = 0
    for tensor in outside:
        entries = {entry.key: entry.value for entry in tensor.external_data}
        location = entries.get("location", "")
        target = (folder / location).resolve()
        if not location or "\0" in location or not target.is_relative_to(folder):
            raise mistake(path, f"the array {shown(tensor.name)} lies outside of the file's folder: {shown(location)}")
        if not target.is_file():
            raise mistake(path, f"the array {shown(tensor.name)} lies in {shown(location)}, and there is no such file")
        sizes[target] = target.stat().st_size
        offset, length = (entries.get(key) for key in ("offset", "length"))
        if not all(text is None or (text.isascii() and text.isdigit()) for text in (offset, length)):
            raise mistake(path, f"the array {shown(tensor.name)} has no offset and length that are numbers")
        start = int(offset or 0)
        size = int(length) if length else sizes[target] - start
        if size < 0 or start + size > sizes[target] or size != _bytes(tensor):
            raise mistake(path, f"the array {shown(tensor.name)} is not inside {shown(location)}, or of another size")
        read += size
        if read > MOST_AGAIN * sum(sizes.values()):
            raise mistake(path, "its arrays overlap in the files beside it")
    for tensor in outside:
        external_data_helper.load_external_data_for_tensor(tensor, str(folder))
        tensor.data_location = TensorProto.DEFAULT
        del tensor.external_data[:]


def _bytes(tensor: TensorProto) -> int | None:
    """How many it takes, None for a type whose arrays have none."""
    if tensor.data_type not in TensorProto.DataType.values() or tensor.data_type == TensorProto.STRING:
        return None
    if tensor.data_type == TensorProto.UNDEFINED or any(size < 0 for size in tensor.dims):
        return None
    count, packed = prod(tensor.dims), _PACKED.get(TensorProto.DataType.Name(tensor.data_type))
    if packed is not None:
        return -(-count // packed)
    return count * helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize


def _flaw(tensor: TensorProto) -> str | None:
    size = _bytes(tensor)
    if size is None:
        return "has a type or a shape that is none of numbers"
    if tensor.HasField("raw_data"):
        return (
            None if len(tensor.raw_data) == size else f"of shape {list(tensor.dims)} has {len(tensor.raw_data)} bytes"
        )
    fields = (tensor.float_data, tensor.double_data, tensor.int32_data, tensor.int64_data, tensor.uint64_data)
    if size > 8 * max(map(len, fields)):
        return f"of shape {list(tensor.dims)} has fewer numbers than that"
    try:
        numpy_helper.to_array(tensor)
    except Exception as error:  # whatever the library says of an array that is none
        return f"cannot be read: {str(error).strip().splitlines()[:1] or type(error).__name__}"
    return None
