"""A foreign network as the front ends hand it on: operators with named arguments, shapes and places, learned arrays, constants.

It knows no framework: whatever depends on no input and on no learned array was evaluated by the framework that knows how. Stored
as JSON it is read again without the framework.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]
Array = NDArray[Any]
UNKNOWN = -1  # a size that entries decide


@dataclass(frozen=True, slots=True)
class Ref:
    """What another node, an input, a learned array or a constant is: its name; `part` of a node that gives several arrays."""

    name: str
    part: int = 0


Argument = Ref | bool | int | float | str | tuple["Argument", ...] | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an operator was written: the path of its module, the class of that, file and line."""

    module: str = ""
    kind: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One operator. `shapes`: of what it gives, the batch counted; `called`: what its file calls it, where that is another name;
    `refusal`: why the front end has no operator for it."""

    name: str
    operator: str
    arguments: Mapping[str, Argument]
    shapes: tuple[Shape, ...]
    origin: Origin = field(default_factory=Origin)
    computes_integers: bool = False
    called: str = ""
    refusal: str = ""

    @property
    def shape(self) -> Shape:
        return self.shapes[0]


@dataclass(frozen=True, slots=True)
class Entry:
    """An input: its shape, the batch counted; token ids are integers. `is_chosen`: it is what token ids alone
    decide."""

    name: str
    shape: Shape
    is_integer: bool
    is_chosen: bool = False

    @property
    def title(self) -> str:
        """What it is called in the spec."""
        return f"computed_{self.name}" if self.is_chosen else self.name


@dataclass(frozen=True, slots=True)
class Graph:
    """`learned`: shapes of the learned arrays by name; `constants`: values by name; `batch`: the number of samples that it was
    recorded with, `batch_axis`: which axis of every input they are; `modules`: the classes of modules by their paths; `frozen`: learned
    arrays that training leaves as they are; `chosen`: values for the example of what token ids alone decide, by name."""

    name: str
    batch: int
    training: bool
    inputs: tuple[Entry, ...]
    learned: Mapping[str, Shape]
    constants: Mapping[str, Array]
    nodes: tuple[Node, ...]
    outputs: tuple[Ref, ...]
    batch_axis: int = 0
    modules: Mapping[str, str] = field(default_factory=dict[str, str])
    frozen: frozenset[str] = frozenset()
    chosen: Mapping[str, Array] = field(default_factory=dict[str, Array])

    def dumps(self) -> str:
        return json.dumps(_stored(self), indent=0)


def loads(text: str) -> Graph:
    """A graph from its JSON."""
    raw: dict[str, Any] = json.loads(text)
    return Graph(
        name=raw["name"],
        batch=raw["batch"],
        training=raw["training"],
        inputs=tuple(Entry(name, tuple(shape), integer) for name, shape, integer in raw["inputs"]),
        learned={name: tuple(shape) for name, shape in raw["learned"].items()},
        constants={name: _array(*stored) for name, stored in raw["constants"].items()},
        nodes=tuple(_node(*stored) for stored in raw["nodes"]),
        outputs=tuple(Ref(*stored) for stored in raw["outputs"]),
        batch_axis=raw["batch_axis"],
        modules=raw["modules"],
        frozen=frozenset(raw.get("frozen", ())),
        chosen={name: _array(*stored) for name, stored in raw.get("chosen", {}).items()},
    )


def _stored(graph: Graph) -> dict[str, Any]:
    return {
        "name": graph.name,
        "batch": graph.batch,
        "batch_axis": graph.batch_axis,
        "training": graph.training,
        "modules": graph.modules,
        "frozen": sorted(graph.frozen),
        "inputs": [[entry.name, entry.shape, entry.is_integer] for entry in graph.inputs],
        "learned": graph.learned,
        "constants": {name: _packed(array) for name, array in graph.constants.items()},
        "nodes": [
            [
                node.name,
                node.operator,
                {name: _plain(value) for name, value in node.arguments.items()},
                node.shapes,
                [node.origin.module, node.origin.kind, node.origin.source],
                node.computes_integers,
                *((node.called, node.refusal) if node.called or node.refusal else ()),
            ]
            for node in graph.nodes
        ],
        "outputs": [[ref.name, ref.part] for ref in graph.outputs],
        **({"chosen": {name: _packed(array) for name, array in graph.chosen.items()}} if graph.chosen else {}),
    }


def _plain(value: Argument) -> Any:
    if isinstance(value, Ref):
        return {"ref": [value.name, value.part]}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return {"number": repr(value)} if isinstance(value, float) else value


def _argument(stored: Any) -> Argument:
    if isinstance(stored, dict):
        return Ref(*stored["ref"]) if "ref" in stored else float(stored["number"])
    return tuple(_argument(each) for each in stored) if isinstance(stored, list) else stored


def _node(name: str, operator: str, arguments: Any, shapes: Any, origin: Any, *rest: Any) -> Node:
    given = {key: _argument(value) for key, value in arguments.items()}
    return Node(name, operator, given, tuple(tuple(s) for s in shapes), Origin(*origin), *rest)


def _packed(array: Array) -> list[Any]:
    return [str(array.dtype), array.shape, base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()]


def _array(dtype: str, shape: list[int], data: str) -> Array:
    return np.frombuffer(base64.b64decode(data), dtype=np.dtype(dtype)).reshape(shape)


def without_unread(graph: Graph) -> Graph:
    """The graph without operators and constants that no output is made of."""
    read = {ref.name for ref in graph.outputs}
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if node.name in read:
            kept.append(node)
            read.update(ref.name for ref in refs(tuple(node.arguments.values())))
    constants = {name: array for name, array in graph.constants.items() if name in read}
    chosen = {name: array for name, array in graph.chosen.items() if name in read}
    return replace(graph, nodes=tuple(reversed(kept)), constants=constants, chosen=chosen)


def refs(value: Argument) -> list[Ref]:
    """What an argument reads."""
    if isinstance(value, Ref):
        return [value]
    return [ref for each in value for ref in refs(each)] if isinstance(value, tuple) else []
