"""What patterns ask of a graph: which operator makes an array, what its operands are, where a number stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from boundcalc.importers.graph import Argument, Graph, Node, Ref, refs, without_unread


@dataclass(frozen=True)
class View:
    graph: Graph

    @cached_property
    def _made(self) -> dict[str, Node]:
        return {node.name: node for node in self.graph.nodes}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {node.name: place for place, node in enumerate(self.graph.nodes)}

    @cached_property
    def _uses(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        every = [tuple(node.arguments.values()) for node in self.graph.nodes]
        for ref in (ref for arguments in (*every, self.graph.outputs) for ref in refs(arguments)):
            counts[ref.name] = counts.get(ref.name, 0) + 1
        return counts

    def made(self, value: Argument, *operators: str) -> Node | None:
        """The node that makes an array, through what changes nothing, if it is one of these operators (or any)."""
        while isinstance(value, Ref) and value.part == 0:
            node = self._made.get(value.name)
            if node is None:
                return None
            if node.operator in SAME and node.operator not in operators:
                value = node.arguments.get("self", node.arguments.get("input"))
                continue
            return node if not operators or node.operator in operators else None
        return None

    def plain(self, value: Argument) -> Argument:
        """What an argument is, through what changes nothing."""
        while isinstance(value, Ref):
            node = self._made.get(value.name)
            if node is None or node.operator not in SAME:
                break
            value = node.arguments.get("self", node.arguments.get("input"))
        return value

    def same(self, one: Argument, other: Argument, depth: int = 4) -> bool:
        """Whether two arrays are one, or are computed from one in the same way."""
        one, other = self.plain(one), self.plain(other)
        if one == other:
            return True
        if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
            return all(self.same(a, b, depth) for a, b in zip(one, other, strict=True))
        if not isinstance(one, Ref) or not isinstance(other, Ref) or one.part != other.part or not depth:
            return self._is_number(one, other)
        first, second = self._made.get(one.name), self._made.get(other.name)
        if first is None or second is None or first.operator != second.operator or first.operator in RANDOM:
            return self._is_number(one, other)
        names = first.arguments.keys()
        return names == second.arguments.keys() and all(
            self.same(first.arguments[name], second.arguments[name], depth - 1) for name in names
        )

    def _is_number(self, one: Argument, other: Argument) -> bool:
        number = self.number(one)
        return number is not None and number == self.number(other)

    def place(self, value: Argument) -> int:
        return self._places.get(value.name, -1) if isinstance(value, Ref) else -1

    def size(self, value: Ref, axis: int) -> int | None:
        """Of an axis of an array that a node gives, or a learned one, or a constant."""
        node = self._made.get(value.name)
        if node is not None:
            return node.shapes[value.part][axis]
        array = self.graph.constants.get(value.name)
        shape = self.graph.learned.get(value.name) if array is None else array.shape
        return None if shape is None else shape[axis]

    def uses(self, node: Node) -> int:
        return self._uses.get(node.name, 0)

    def number(self, value: Argument) -> float | None:
        """A number, or a constant that is one."""
        if isinstance(value, bool):
            return None
        if isinstance(value, int | float):
            return float(value)
        found = self.plain(value)
        if isinstance(found, Ref) and found.name in self.graph.constants:
            array = self.graph.constants[found.name]
            return float(array.flat[0]) if array.size == 1 and np.isfinite(array).all() else None
        return None

    def pair(self, node: Node) -> tuple[Argument, Argument]:
        return node.arguments.get("self"), node.arguments.get("other")

    def either(self, node: Node, test: Callable[[Argument], bool]) -> tuple[Argument, Argument] | None:
        """The operands of a sum or a product, the first that passes and the other one."""
        left, right = self.pair(node)
        return (left, right) if test(left) else (right, left) if test(right) else None


RANDOM = frozenset(
    {
        "dropout",
        "native_dropout",
        "feature_dropout",
        "alpha_dropout",
        "bernoulli",
        "rand",
        "randn",
        "rand_like",
        "randn_like",
    }
)
SAME = frozenset({"clone", "alias", "detach", "contiguous", "lift_fresh_copy", "_to_copy", "to", "type_as"})


def rewritten(graph: Graph, found: dict[str, Node]) -> Graph:
    """With other nodes of the same names; what nobody reads any more is left out."""
    if not found:
        return graph
    nodes: Sequence[Node] = [found.get(node.name, node) for node in graph.nodes]
    return without_unread(replace(graph, nodes=tuple(nodes)))
