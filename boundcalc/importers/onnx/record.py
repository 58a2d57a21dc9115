"""Model of ONNX -> Graph: every operator by its row, in order, with the shapes that ONNX infers for it; what is known is computed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from onnx import NodeProto, TensorProto

from boundcalc.importers.graph import Argument, Array, Entry, Graph, Node, Origin, Ref, Shape, without_unread
from boundcalc.importers.onnx.folding import FOLDED, MOST, constant, filled, folded
from boundcalc.importers.onnx.functions import every_node
from boundcalc.importers.onnx.model import Model
from boundcalc.importers.onnx.numbers import FLOATS, array_of
from boundcalc.importers.onnx.reading import mistake
from boundcalc.importers.onnx.rules.call import Op, Operand
from boundcalc.importers.onnx.rules.index import OPERATORS
from boundcalc.importers.onnx.shapes import inferred
from boundcalc.importers.values import RefusalError
from boundcalc.mistakes import shown

_INTEGERS = frozenset(
    {TensorProto.INT64, TensorProto.INT32, TensorProto.INT16, TensorProto.INT8, TensorProto.UINT8, TensorProto.UINT16,
     TensorProto.UINT32, TensorProto.UINT64}
)  # fmt: skip
Chosen = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Recorded:
    """`parts`: learned arrays that are parts of stored ones, each with the name of that and how it is taken out of it."""

    graph: Graph
    parts: Mapping[str, tuple[str, Chosen]]


def record(model: Model, learned: frozenset[str], count: int, axis: int) -> Recorded:
    """With so many samples along an axis of the inputs. Raises SpecError where that number does not fit."""
    return _Recorder(model, learned, count, axis).recorded()


class _Recorder:
    def __init__(self, model: Model, learned: frozenset[str], count: int, axis: int) -> None:
        self.model, self.learned, self.count, self.axis = model, learned, count, axis
        self.values: dict[str, Operand] = {}
        self.unknown: dict[str, str] = {}  # what is made of an operator that is refused, by the node of that
        self.nodes: list[Node] = []
        self.shapes: dict[str, Shape] = {}  # of learned arrays
        self.constants: dict[str, Array] = {}
        self.parts: dict[str, tuple[str, Chosen]] = {}
        self.taken = {*model.stored, *learned}
        self.node: NodeProto = NodeProto()
        self.training = False
        self._constants: dict[int, tuple[Ref, Array]] = {}
        branches = (each.g for node in every_node(model.nodes) for each in node.attribute if each.HasField("g"))
        results = {value.name for graph in branches for value in graph.output}
        self._read = {name for node in every_node(model.nodes) for name in node.input} | results | {*model.outputs}

    def recorded(self) -> Recorded:
        entries = tuple(self._entry(i) for i in range(len(self.model.inputs)))
        for node in self.model.nodes:
            self.node = node
            if any(name in self.values or name in self.unknown for name in node.output if name):
                raise mistake(self.model.name, f"two operators give {shown(node.output[0])}")
            self._operator(node)
        outputs: list[Ref] = []
        for name in self.model.outputs:
            found = self.unknown.get(name)
            outputs.append(Ref(found) if found is not None else self._output(name))
        twice = [source for source, _ in self.parts.values() if source in self.shapes]
        if twice:
            raise mistake(
                self.model.name, f"{shown(twice[0])} is read as a whole, and as the weights of a recurrent layer"
            )
        graph = Graph(
            self.model.name, self.count, self.training, entries, self.shapes, self.constants, tuple(self.nodes),
            tuple(outputs), self.axis, self.model.modules,
        )  # fmt: skip
        return Recorded(without_unread(graph), self.parts)

    def _entry(self, place: int) -> Entry:
        given = self.model.inputs[place]
        sizes = sizes_of(self.model, given.sizes, given.name, self.count, self.axis)
        name = re.sub(r"[^A-Za-z0-9_]", "_", given.name)
        name = self._fresh(name if re.match(r"[A-Za-z]", name) else f"x{name}")
        self.values[given.name] = Operand(sizes, given.kind, Ref(name))
        if given.kind not in FLOATS and given.kind not in _INTEGERS:
            raise mistake(self.model.name, f"the input {shown(given.name)} is neither numbers nor token ids")
        return Entry(name, sizes, given.kind in _INTEGERS)

    def _fresh(self, name: str) -> str:
        found, number = name, 0
        while found in self.taken:
            number += 1
            found = f"{name}_{number}"
        self.taken.add(found)
        return found

    def _output(self, name: str) -> Ref:
        found = self._value(name)
        if found is None:
            raise mistake(self.model.name, "it has an output without a name")
        return found.ref if found.ref is not None else self.constant(self._array(found))

    def _array(self, of: Operand) -> Array:
        assert of.known is not None
        return of.known

    def _value(self, name: str) -> Operand | None:
        if not name or name in self.unknown:
            return None
        if name not in self.values:
            tensor = self.model.stored.get(name)
            if tensor is None:
                raise mistake(self.model.name, f"{shown(name)} is read, and nothing makes it before")
            shape = tuple(tensor.dims)
            if name in self.learned:
                self.values[name] = Operand(shape, tensor.data_type, Ref(name))
            else:
                self.values[name] = Operand(shape, tensor.data_type, None, array_of(tensor))
        return self.values[name]

    def _operator(self, node: NodeProto) -> None:
        stopped = list(dict.fromkeys(self.unknown[name] for name in node.input if name in self.unknown))
        if stopped:
            others = [each.ref for each in map(self._value, node.input) if each is not None and each.ref is not None]
            of = stopped[0]
            if len(stopped) + len(others) > 1:  # so that what else it is made of is looked at too
                of = self._fresh(f"node:{len(self.nodes)}")
                reads = {str(i): ref for i, ref in enumerate([*map(Ref, stopped), *others])}
                self.nodes.append(Node(of, node.op_type, reads, ((),), self._origin()))
            self.unknown.update(dict.fromkeys(filter(None, node.output), of))
            return
        inputs = tuple(self._value(name) for name in node.input)
        try:
            if node.op_type == "If":
                self._chosen(node, inputs)
                return
            found = self._results(node, inputs)
        except RefusalError as refusal:
            name = self._fresh(f"node:{len(self.nodes)}")
            shapes: tuple[Shape, ...] = ((),)
            self.nodes.append(Node(name, node.op_type, {}, shapes, self._origin(), refusal=str(refusal)))
            self.unknown.update(dict.fromkeys(filter(None, node.output), name))
            return
        for name, each in zip(node.output, found, strict=False):
            if name and each is not None:
                self.values[name] = each
        for name in node.output[len(found) :]:
            if name in self._read:
                raise mistake(self.model.name, f"{shown(name)} is read, and {node.op_type} gives no such array")

    def _chosen(self, node: NodeProto, inputs: Sequence[Operand | None]) -> None:
        """A choice that is known before the network runs: the operators of its branch, in its place."""
        condition = None if not inputs or inputs[0] is None else inputs[0].known
        if condition is None or condition.size != 1:
            raise RefusalError("it chooses by what is computed")
        wanted = "then_branch" if bool(condition.reshape(())) else "else_branch"
        (branch,) = (each.g for each in node.attribute if each.name == wanted)
        if branch.initializer:
            raise RefusalError("its branches have arrays of their own")
        for inner in branch.node:
            self.node = inner
            self._operator(inner)
        for name, result in zip(node.output, branch.output, strict=True):
            if result.name in self.unknown:
                self.unknown[name] = self.unknown[result.name]
            else:
                found = self._value(result.name)
                if found is not None:
                    self.values[name] = found

    def _results(self, node: NodeProto, inputs: tuple[Operand | None, ...]) -> Sequence[Operand | None]:
        if node.op_type == "Constant":
            return [_known(node, self._op(constant(node), inputs, (None,)).tensor("value"))]
        if node.op_type == "ConstantOfShape":
            return [self._filled(self._op(node, inputs, (None,)))]
        if node.op_type in ("Shape", "Size") and inputs and inputs[0] is not None:
            return [_measured(self._op(node, inputs, (None,)))]
        types = inferred(node, inputs)
        shapes = tuple(shape for shape, _ in types)
        if any(shape is not None and prod(shape) > 2**40 for shape in shapes):
            raise RefusalError("it gives an array of more than 2^40 entries")
        present = [each for each in inputs if each is not None]
        if node.op_type in FOLDED and present and all(each.known is not None for each in present):
            arrays = iter(folded(node, inputs, shapes))
            return [
                Operand((array := next(arrays)).shape, kind, None, array) if name else None
                for name, (_, kind) in zip(node.output, types, strict=True)
            ]
        row = OPERATORS.get(node.op_type)
        if row is None:
            raise RefusalError("the language has no layer that does it")
        op = self._op(node, inputs, shapes)
        if op.integer("training_mode", 0):
            self.training = True
        found = row.rule(op)
        several = [found] if isinstance(found, Operand) else list(found)
        for (shape, _), each in zip(types, several, strict=False):
            if shape is not None and each is not None and each.shape != shape:
                raise RefusalError(f"it gives {list(each.shape)}, and {list(shape)} by the rules of ONNX")
        return [
            each if each is None else replace(each, kind=kind) for each, (_, kind) in zip(several, types, strict=False)
        ]

    def _op(self, node: NodeProto, inputs: tuple[Operand | None, ...], shapes: tuple[Shape | None, ...]) -> Op:
        read = frozenset(i for i, name in enumerate(node.output) if name in self._read)
        return Op(node, inputs, shapes, read, self)

    def _filled(self, op: Op) -> Operand:
        value = op.tensor("value")
        is_learned = op.node.output[0] in self.learned
        array = filled(op.whole(0) or (), value, *((MOST,) if is_learned else ()))
        kind = next((each.t.data_type for each in op.node.attribute if each.name == "value"), TensorProto.FLOAT)
        if is_learned and array.size:
            return Operand(array.shape, kind, Ref(op.node.output[0]))
        return Operand(array.shape, kind, None, array)

    def _origin(self) -> Origin:
        return next((self.model.origins[name] for name in self.node.output if name in self.model.origins), Origin())

    def write(self, operator: str, arguments: Mapping[str, Argument], shapes: Sequence[Shape]) -> Ref:
        for ref in (each for value in arguments.values() for each in (value if isinstance(value, tuple) else (value,))):
            self._read_learned(ref)
        name = self._fresh(f"node:{len(self.nodes)}")
        self.nodes.append(Node(name, operator, arguments, tuple(shapes), self._origin(), called=self.node.op_type))
        return Ref(name)

    def _read_learned(self, ref: Argument) -> None:
        if not isinstance(ref, Ref) or ref.name in self.shapes:
            return
        if ref.name in self.parts:
            return
        if ref.name in self.learned:
            operand = self.values.get(ref.name)
            tensor = self.model.stored.get(ref.name)
            self.shapes[ref.name] = tuple(tensor.dims) if tensor is not None else operand.shape if operand else ()

    def constant(self, array: Array) -> Ref:
        if id(array) not in self._constants:
            name = self._fresh(f"constant:{len(self.constants)}")
            self.constants[name] = array
            self._constants[id(array)] = (Ref(name), array)
        return self._constants[id(array)][0]

    def part(self, of: Operand, name: str, shape: Shape, chosen: Chosen) -> Ref:
        if of.ref is None or of.ref.name not in self.learned:
            raise RefusalError("its weights are no stored arrays")
        path = f"{of.ref.name}.{name}"
        if path not in self.parts:
            self.parts[path] = (of.ref.name, chosen)
            self.shapes[path] = shape
        return Ref(path)


def sizes_of(model: Model, sizes: Sequence[int | str | None], name: str, count: int, axis: int) -> Shape:
    """Those of an input, with so many samples. Raises SpecError for an axis whose size is not said."""
    at = axis if len(sizes) > axis else 0
    found: list[int] = []
    for i, size in enumerate(sizes):
        if i == at:
            found.append(count)
        elif isinstance(size, int):
            found.append(size)
        else:
            finding = f"the input {shown(name)} has an axis of no size ({size or 'without a name'}) beside that of the samples"
            raise mistake(model.name, finding, "give it one, with onnx.tools.update_model_dims")
    if prod(found) > MOST:
        raise mistake(model.name, f"the input {shown(name)} has more than {MOST:,} entries")
    return tuple(found)


def _known(node: NodeProto, array: Array | None) -> Operand:
    if array is None:
        raise RefusalError("its value is no array of numbers")
    kinds = [each.t.data_type for each in constant(node).attribute if each.name == "value"]
    return Operand(array.shape, kinds[0], None, array)


def _measured(op: Op) -> Operand:
    shape = op.array().shape
    if op.node.op_type == "Size":
        return Operand((), TensorProto.INT64, None, np.array(prod(shape), dtype=np.int64))
    end = op.integer("end", len(shape)) if op.has("end") else len(shape)
    found = np.array(shape[op.integer("start", 0) : end], dtype=np.int64)
    return Operand(found.shape, TensorProto.INT64, None, found)
