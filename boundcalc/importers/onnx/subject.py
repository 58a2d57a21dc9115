"""A file of ONNX that is imported: recorded with the samples along an axis, and run by the reference of ONNX beside its spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np
from onnx import ModelProto, TensorProto, helper

from boundcalc.importers.graph import Array, Graph
from boundcalc.importers.onnx.doubles import doubled_graph
from boundcalc.importers.onnx.model import VERSION, Model
from boundcalc.importers.onnx.numbers import FLOATS, array_of, tensor_of
from boundcalc.importers.onnx.reading import mistake
from boundcalc.importers.onnx.record import Recorded, record, sizes_of
from boundcalc.importers.onnx.reference import evaluated
from boundcalc.importers.onnx.roles import learned
from boundcalc.importers.subject import COUNT, Trial, Trials
from boundcalc.importers.translate import Translated, translate
from boundcalc.importers.unsupported import UnsupportedError

BATCHES = (5, 7, 11, 13, 17, 3, 2)  # samples to record with: a number that no other axis is likely to have
LARGEST = 100_000_000  # parameters of a file that its reference runs: it keeps every array
FAILED = "its values are not compared with the file, which the reference of ONNX does not run in double precision"


@dataclass
class OnnxSubject:
    """`_recorded`: the recording that was handed out last."""

    name: str
    model: Model
    _recorded: Recorded | None = field(default=None, init=False)

    what = "file"
    remarks: Sequence[str] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self._learned = learned(self.model)

    @property
    def axes(self) -> Sequence[int]:
        """Those of one name in all inputs, where there are any; or else those of one size."""
        inputs = [each.sizes for each in self.model.inputs]
        found: list[int] = []
        for is_named in (True, False):
            for axis in (0, 1):
                sizes = {own[axis] for own in inputs if len(own) > axis}
                if len(sizes) == 1 and not (is_named and isinstance(next(iter(sizes)), int)):
                    found.append(axis)
            if found:
                return found
        raise mistake(self.name, "its inputs share no axis of samples")

    def recorded(self, axis: int) -> Graph:
        """With another number of samples than any size in the file, or else with its own."""
        own = self._own(axis)
        errors: list[UnsupportedError] = []
        found: list[Recorded] = []
        for count in dict.fromkeys(each for each in (self._other(), own) if each is not None):
            made = record(self.model, self._learned, count, axis)
            found.append(made)
            try:
                translate(made.graph)
            except UnsupportedError as error:
                errors.append(error)
                continue
            self._recorded = made
            return made.graph
        best = min(range(len(found)), key=lambda i: len(errors[i].operators))
        self._recorded = found[best]
        return found[best].graph

    def _own(self, axis: int) -> int | None:
        """How many samples the file says; None where that is a symbol."""
        sizes = [each.sizes[axis] for each in self.model.inputs if len(each.sizes) > axis]
        return next((size for size in sizes if isinstance(size, int)), None)

    def _other(self) -> int:
        sizes = {size for tensor in self.model.stored.values() for size in tensor.dims}
        sizes |= {size for each in self.model.inputs for size in each.sizes if isinstance(size, int)}
        return next((count for count in BATCHES if count not in sizes), BATCHES[0])

    @property
    def learned(self) -> Sequence[str]:
        parts = {} if self._recorded is None else self._recorded.parts
        cut = {source for source, _ in parts.values()}
        return [*(name for name in self.model.stored if name in self._learned and name not in cut), *parts]

    def _stored(self) -> Mapping[str, Array]:
        """The learned arrays of the file; those that are made of nothing as what makes them says."""
        found = {
            name: array_of(tensor, exact=True) for name, tensor in self.model.stored.items() if name in self._learned
        }
        for node in self.model.nodes:
            if node.op_type == "ConstantOfShape" and node.output[0] in self._learned:
                shape = tuple(int(size) for size in array_of(self.model.stored[node.input[0]]))
                values = [array_of(each.t, exact=True) for each in node.attribute if each.name == "value"]
                found[node.output[0]] = np.broadcast_to(values[0].reshape(()) if values else np.zeros(()), shape)
        return found

    def _with_parts(self, stored: Mapping[str, Array]) -> Mapping[str, Array]:
        parts = {} if self._recorded is None else self._recorded.parts
        return {**stored, **{name: chosen(stored[source]) for name, (source, chosen) in parts.items()}}

    def values(self) -> Mapping[str, Array]:
        return self._with_parts(self._stored())

    def too_large(self, most: int) -> str | None:
        shapes = {} if self._recorded is None else self._recorded.graph.learned
        count = sum(map(prod, shapes.values()))
        most = min(most, LARGEST)
        return f"it has {count:,} parameters, more than {most:,}" if count > most else None

    def trials(self, graph: Graph, translated: Translated) -> Trials:
        count = graph.batch if graph.batch == self._own(graph.batch_axis) else COUNT
        runs: list[Trial] = []
        try:
            runs = list(self._runs(graph, translated, count))
        except Exception as error:  # whatever the reference of ONNX cannot do
            lines = str(error).strip().splitlines() or [""]
            return Trials(count, iter(()), [f"{FAILED}: {type(error).__name__}: {lines[0]}"])
        return Trials(count, iter(runs))

    def _runs(self, graph: Graph, translated: Translated, count: int) -> Iterator[Trial]:
        source = np.random.default_rng(0)
        stored = self._stored()
        moved = {name: self._near(name, array, source) for name, array in stored.items()}
        for arrays in (stored, moved):
            feeds = self._samples(graph, translated, count, source)
            outputs = _evaluated(self.model, arrays, feeds, count, graph.batch_axis)
            inputs = {
                entry.name: np.moveaxis(feeds[given.name], graph.batch_axis if feeds[given.name].ndim > graph.batch_axis else 0, 0)
                for entry, given in zip(graph.inputs, self.model.inputs, strict=True)
            }  # fmt: skip
            yield Trial(inputs, self._with_parts(arrays), outputs)

    def _near(self, name: str, array: Array, source: np.random.Generator) -> Array:
        """An array moved by a tenth of its size, and a little where it is zero; one that is made of nothing as one that is drawn."""
        noise = source.standard_normal(array.shape)
        if name not in self.model.stored:
            return noise / np.sqrt(prod(array.shape[1:]))
        return array + (np.sqrt(np.mean(np.square(array))) / 10 + 0.01) * noise

    def _samples(
        self, graph: Graph, translated: Translated, count: int, source: np.random.Generator
    ) -> dict[str, Array]:
        found: dict[str, Array] = {}
        for entry, given in zip(graph.inputs, self.model.inputs, strict=True):
            shape = sizes_of(self.model, given.sizes, given.name, count, graph.batch_axis)
            if given.kind in FLOATS:
                found[given.name] = source.standard_normal(shape)
            else:
                most = translated.draft.tokens.get(entry.name, 2)
                ids = source.integers(0, most, size=shape)
                found[given.name] = ids.astype(helper.tensor_dtype_to_np_dtype(given.kind))
        return found


def _evaluated(
    model: Model, arrays: Mapping[str, Array], feeds: Mapping[str, Array], count: int, axis: int
) -> list[Array]:
    """The outputs of the file in double precision, with these learned arrays."""
    proto = ModelProto()
    proto.CopyFrom(model.proto)
    graph = proto.graph
    others = [tensor for tensor in graph.initializer if tensor.name not in arrays]
    del graph.initializer[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.initializer.extend(others)
    kept = [node for node in graph.node if node.op_type != "ConstantOfShape" or node.output[0] not in arrays]
    del graph.node[:]
    graph.node.extend(kept)
    doubled_graph(graph)
    graph.initializer.extend(tensor_of(array, TensorProto.DOUBLE, name) for name, array in arrays.items())
    for name, array in feeds.items():
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        graph.input.append(helper.make_tensor_value_info(name, kind, array.shape))
    graph.output.extend(
        helper.make_value_info(name, helper.make_tensor_type_proto(TensorProto.DOUBLE, None)) for name in model.outputs
    )
    del proto.opset_import[:]
    proto.opset_import.append(helper.make_opsetid("", VERSION))
    return [each for each in evaluated(proto, model.outputs, feeds) if each.dtype.kind == "f"]
