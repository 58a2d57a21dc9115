"""PyTorch -> Graph: a module is exported, its writes through views are made functional, and what depends on neither inputs nor
learned arrays is evaluated by PyTorch itself.

Nothing is decomposed: attention, normalisations and recurrent layers stay one operator each.
"""

from __future__ import annotations

import copy
import logging
import operator
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch  # pyright: ignore[reportMissingImports]
from torch.utils import _pytree as pytree  # pyright: ignore[reportMissingImports]

from boundcalc.importers.doubles import arguments_in_doubles, doubles, lengthened, samples
from boundcalc.importers.graph import UNKNOWN, Argument, Array, Entry, Graph, Node, Origin, Ref, Shape, without_unread
from boundcalc.importers.outputs import Branches

BATCHES = (5, 7, 11, 13, 17, 3, 2)  # samples to record with: a number that no other axis is likely to have
_FILLED = {
    "zeros_like": 0.0,
    "new_zeros": 0.0,
    "ones_like": 1.0,
    "new_ones": 1.0,
    "full_like": 1,
    "new_full": 2,
    "fill": 1,
}
_UNSET = frozenset({"empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided", "empty_permuted"})
_RANDOM = torch.Tag.nondeterministic_seeded
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in ')


@dataclass(frozen=True, slots=True)
class Exported:
    """A program, the number of samples and the arrays that it was exported with, and how it branched, where entries decide that."""

    program: Any
    count: int
    example: Sequence[torch.Tensor]
    branches: Branches


def export(module: torch.nn.Module, given: Sequence[Any], named: Mapping[str, Any], axis: int) -> Exported:
    """With another number of samples than the example's, where the module takes it; branches are those of the example, where
    torch.export cannot decide them."""
    tensors = [leaf for leaf in pytree.tree_leaves((given, named)) if isinstance(leaf, torch.Tensor)]
    sizes = {size for tensor in tensors for size in tensor.shape}
    own = next((tensor.shape[axis] for tensor in tensors if tensor.ndim > axis), 1)
    counts = [*[count for count in BATCHES if count not in sizes][:1], own]
    attempts = [(count, is_written) for is_written in (False, True) for count in counts]
    for count, is_written in attempts:
        arguments, keywords = samples(given, named, count, axis)
        branches = Branches()
        try:
            with doubles(drops=True), _quiet():
                arguments, keywords = arguments_in_doubles((arguments, keywords))
                if is_written:
                    branches.write(copy.deepcopy(module), arguments, keywords)
                with branches.answered():
                    program = torch.export.export(module, arguments, keywords, strict=False)
                example = [leaf for leaf in pytree.tree_leaves((arguments, keywords)) if isinstance(leaf, torch.Tensor)]
                return Exported(program.run_decompositions({}), count, example, branches)
        except Exception as error:  # whatever a person's own code does with another number of samples
            if (count, is_written) == attempts[-1] or (count == own and not _is_undecided(error)):
                raise
    raise AssertionError("the example's own number of samples is tried last")


def _is_undecided(error: Exception) -> bool:
    return "data-dependent" in str(error) or "DataDependent" in type(error).__name__


@contextmanager
def _quiet() -> Generator[None]:
    """What PyTorch logs of an attempt that fails is in the error."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


class Recorder:
    """Of an exported program that has nothing to decompose any more; `example`: the arrays that it was exported with."""

    def __init__(self, program: Any, example: Sequence[Any] = ()) -> None:
        signature = program.graph_signature
        self.program = program
        self.learned = dict(signature.inputs_to_parameters)
        self.buffers = dict(signature.inputs_to_buffers) | dict(signature.inputs_to_lifted_tensor_constants)
        self.entries = set(signature.user_inputs)
        self.results = signature.user_outputs
        self.known: dict[str, Any] = {}  # values of nodes that depend on nothing
        self.refs: dict[str, Ref] = {}
        self.nodes: list[Node] = []
        self.constants: dict[str, Array] = {}
        self.example = example

    def graph(self, name: str, batch: int, training: bool, axis: int) -> Graph:
        inputs: list[Entry] = []
        shapes: dict[str, Shape] = {}
        for node in self.program.graph.nodes:
            match node.op:
                case "placeholder":
                    self._placeholder(node, inputs, shapes)
                case "call_function":
                    self._call(node)
                case _:
                    pass
        found = [self._argument(self._node(result)) for result in self.results if isinstance(result, str)]
        outputs = tuple(ref for ref in found if isinstance(ref, Ref) and self._is_floating(ref))
        nodes, classes = tuple(self.nodes), _classes(self.program.graph.nodes)
        fixed = frozenset(name for name in shapes if not self.program.state_dict[name].requires_grad)
        frozen = (
            fixed if len(fixed) < len(shapes) else frozenset[str]()
        )  # of a network that is only run, any may be meant
        chosen = self.decided(self.example)
        graph = Graph(
            name,
            batch,
            training,
            tuple(inputs),
            shapes,
            self.constants,
            nodes,
            outputs,
            axis,
            classes,
            frozen,
            chosen,
        )
        return without_unread(graph)

    def decided(self, example: Sequence[Any]) -> Mapping[str, Array]:
        """What token ids alone decide, by name."""
        entries = [node for node in self.program.graph.nodes if self._is_entry(node)]
        found: dict[str, Any] = {
            node.name: value
            for node, value in zip(entries, example, strict=False)
            if not value.is_meta and not value.is_floating_point()
        }
        for node in self._made_of(set(found)):
            found[node.name] = self._value(node, {**self.known, **found})
        return {name: _array(value) for name, value in found.items() if isinstance(value, torch.Tensor)}

    def _made_of(self, names: set[str]) -> list[Any]:
        """The nodes that these and constants decide."""
        reached, found = set(names), list[Any]()
        for node in self.program.graph.nodes:
            reads = [read.name for read in node.all_input_nodes]
            if node.op != "call_function" or _is_random(node) or not any(name in reached for name in reads):
                continue
            if all(name in reached or name in self.known for name in reads):
                reached.add(node.name)
                found.append(node)
        return found

    def _is_entry(self, node: Any) -> bool:
        return node.op == "placeholder" and node.name in self.entries and isinstance(node.meta.get("val"), torch.Tensor)

    def _node(self, name: str) -> Any:
        return next(node for node in self.program.graph.nodes if node.name == name)

    def _is_floating(self, ref: Ref) -> bool:
        return not any(node.name == ref.name and node.computes_integers for node in self.nodes)

    def _placeholder(self, node: Any, inputs: list[Entry], shapes: dict[str, Shape]) -> None:
        value = node.meta.get("val")
        if node.name in self.learned:
            target = self.learned[node.name]
            shapes[target] = tuple(value.shape)
            self.refs[node.name] = Ref(target)
        elif node.name in self.buffers:
            target = self.buffers[node.name]
            held = self.program.state_dict.get(target)
            self.known[node.name] = self.program.constants[target] if held is None else held
        elif isinstance(value, torch.Tensor):
            inputs.append(Entry(node.name, tuple(value.shape), not value.is_floating_point()))
            self.refs[node.name] = Ref(node.name)
        else:
            self.known[node.name] = value

    def _call(self, node: Any) -> None:
        reads = node.all_input_nodes
        if node.target is operator.getitem:
            of, part = node.args
            if of.name in self.known:
                self.known[node.name] = self.known[of.name][part]
            else:
                self.refs[node.name] = Ref(self.refs[of.name].name, part)
            return
        if _name(node.target) in _UNSET:  # whatever the memory held: no number, so that nothing is made of it
            made = node.meta["val"]
            nothing = float("nan") if made.is_floating_point() else 0
            self.known[node.name] = torch.full(made.shape, nothing, dtype=lengthened(made.dtype))
            return
        if all(read.name in self.known for read in reads) and not _is_random(node):
            self.known[node.name] = self._value(node, self.known)
            return
        filled = _FILLED.get(_name(node.target))
        if filled is not None:  # of the input it needs the shape alone
            value: Any = node.args[filled] if isinstance(filled, int) and len(node.args) > filled else filled
            value = self.known.get(value.name, value) if isinstance(value, torch.fx.Node) else value
            if not isinstance(value, torch.fx.Node):
                made = node.meta["val"]
                self.known[node.name] = torch.full(made.shape, float(value), dtype=lengthened(made.dtype))
                return
        values = pytree.tree_leaves(node.meta.get("val"))
        made = [value for value in values if isinstance(value, torch.Tensor)]
        integers = bool(made) and not any(value.is_floating_point() for value in made)
        shapes = tuple(tuple(n if isinstance(n, int) else UNKNOWN for n in value.shape) for value in made)
        self.nodes.append(Node(node.name, _name(node.target), self._arguments(node), shapes, _origin(node), integers))
        self.refs[node.name] = Ref(node.name)

    def _value(self, node: Any, known: Mapping[str, Any]) -> Any:
        def value(of: Any) -> Any:
            return known[of.name] if isinstance(of, torch.fx.Node) else lengthened(of)

        args = torch.fx.node.map_aggregate(node.args, value)
        kwargs = torch.fx.node.map_aggregate(node.kwargs, value)
        with torch.no_grad(), doubles(drops=False):
            return node.target(*args, **kwargs)

    def _arguments(self, node: Any) -> Mapping[str, Argument]:
        """By the names of the operator's schema, with its defaults."""
        schema = getattr(node.target, "_schema", None)
        if schema is None:
            return {str(i): self._argument(value) for i, value in enumerate(node.args)}
        found: dict[str, Argument] = {}
        for i, declared in enumerate(schema.arguments):
            if i < len(node.args):
                given = node.args[i]
            else:
                given = node.kwargs.get(declared.name, declared.default_value if declared.has_default_value() else None)
            found[declared.name] = self._argument(given)
        return found

    def _argument(self, value: Any) -> Argument:
        if isinstance(value, torch.fx.Node):
            if value.name in self.known:
                return self._constant(value.name, self.known[value.name])
            return self.refs[value.name]
        if isinstance(value, list | tuple):
            return tuple(self._argument(each) for each in value)
        return value if value is None or isinstance(value, bool | int | float | str) else str(value)

    def _constant(self, name: str, value: Any) -> Argument:
        if not isinstance(value, torch.Tensor):
            return self._argument(value)
        if name not in self.constants and not value.is_meta:
            self.constants[name] = _array(value)
        return Ref(name)


def _array(value: Any) -> Array:
    held = value.detach().cpu()
    return np.asarray(held.double() if held.is_floating_point() else held)


def _is_random(node: Any) -> bool:
    return _RANDOM in getattr(node.target, "tags", ())


def _name(target: Any) -> str:
    """The operator without its overload: two of one name have arguments of other names."""
    schema = getattr(target, "_schema", None)
    return str(target) if schema is None else schema.name.partition("::")[2]


def _classes(nodes: Any) -> Mapping[str, str]:
    stacks = (node.meta.get("nn_module_stack") or {} for node in nodes)
    return {str(path): _word(kind) for stack in stacks for path, kind in stack.values() if path}


def _word(kind: Any) -> str:
    return (kind if isinstance(kind, str) else kind.__name__).rpartition(".")[2]


def _origin(node: Any) -> Origin:
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    path, kind = stack[-1] if stack else ("", "")
    frames = [found.groupdict() for found in _FRAME.finditer(node.meta.get("stack_trace") or "")]
    frames = [frame for frame in frames if not frame["file"].startswith("<")]
    own = [frame for frame in frames if "/torch/nn/" not in frame["file"]] or frames
    place = ""
    if own:
        _, slash, file = own[-1]["file"].rpartition("site-packages/")
        place = f"{file if slash else file.rpartition('/')[2]}:{own[-1]['line']}"
    return Origin(str(path), _word(kind), place)
