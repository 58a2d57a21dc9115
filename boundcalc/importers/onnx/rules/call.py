"""One operator of ONNX with what it reads, as the rules see it, and the operators of ATen that they write for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from onnx import AttributeProto, NodeProto, TensorProto

from boundcalc.importers.graph import Argument, Array, Ref, Shape
from boundcalc.importers.onnx.numbers import array_of, meant
from boundcalc.importers.values import RefusalError


@dataclass(frozen=True, slots=True)
class Operand:
    """An array of the model. `ref`: what it is in the graph, None where the array is known; `kind`: its type, as ONNX numbers them."""

    shape: Shape
    kind: int
    ref: Ref | None = None
    known: Array | None = None


Result = Operand | Sequence[Operand | None]


class Writer(Protocol):
    """Where the rules write."""

    def write(self, operator: str, arguments: Mapping[str, Argument], shapes: Sequence[Shape]) -> Ref: ...
    def constant(self, array: Array) -> Ref: ...
    def part(self, of: Operand, name: str, shape: Shape, chosen: Callable[[Array], Array]) -> Ref:
        """A part of a learned array as a learned array of its own."""
        ...


@dataclass(frozen=True, slots=True)
class Op:
    """`shapes`: of what it gives, None where it cannot be told; `read`: which of them is read."""

    node: NodeProto
    inputs: tuple[Operand | None, ...]
    shapes: tuple[Shape | None, ...]
    read: frozenset[int]
    writer: Writer

    @property
    def shape(self) -> Shape:
        found = self.shapes[0]
        if found is None:
            raise RefusalError("the shape of what it gives is not known before the network runs")
        return found

    def given(self, place: int) -> Operand | None:
        return self.inputs[place] if place < len(self.inputs) else None

    def array(self, place: int = 0) -> Operand:
        found = self.given(place)
        if found is None:
            raise RefusalError(f"it has no operand {place}")
        return found

    def known(self, place: int) -> Array:
        found = self.array(place).known
        if found is None:
            raise RefusalError(f"its operand {place} is not known before the network runs")
        return found

    def argument(self, place: int) -> Argument:
        found = self.given(place)
        return None if found is None else self.ref(found)

    def ref(self, of: Operand) -> Ref:
        if of.ref is not None:
            return of.ref
        assert of.known is not None
        return self.writer.constant(of.known)

    def _attribute(self, name: str) -> AttributeProto | None:
        return next((each for each in self.node.attribute if each.name == name), None)

    def has(self, name: str) -> bool:
        return self._attribute(name) is not None

    def integer(self, name: str, default: int) -> int:
        found = self._attribute(name)
        return default if found is None else int(found.i)

    def number(self, name: str, default: float) -> float:
        found = self._attribute(name)
        return default if found is None else meant(found.f)

    def numbers(self, name: str) -> tuple[float, ...]:
        found = self._attribute(name)
        return () if found is None else tuple(map(meant, found.floats))

    def word(self, name: str, default: str) -> str:
        found = self._attribute(name)
        return default if found is None else found.s.decode(errors="replace")

    def words(self, name: str) -> tuple[str, ...]:
        found = self._attribute(name)
        return () if found is None else tuple(each.decode(errors="replace") for each in found.strings)

    def sizes(self, name: str) -> tuple[int, ...] | None:
        found = self._attribute(name)
        return None if found is None else tuple(map(int, found.ints))

    def tensor(self, name: str) -> Array | None:
        found = self._attribute(name)
        return None if found is None else array_of(found.t)

    def whole(self, place: int) -> tuple[int, ...] | None:
        """An operand that is a list of whole numbers."""
        if self.given(place) is None:
            return None
        found = self.known(place)
        if found.dtype.kind not in "iu":
            raise RefusalError(f"its operand {place} are no whole numbers")
        return tuple(int(each) for each in np.ravel(found))

    def emit(self, operator: str, arguments: Mapping[str, Argument], shape: Shape | None = None) -> Operand:
        shape = self.shape if shape is None else shape
        return Operand(shape, self.kind, self.writer.write(operator, arguments, (shape,)))

    def emit_several(
        self, operator: str, arguments: Mapping[str, Argument], shapes: Sequence[Shape]
    ) -> tuple[Operand, ...]:
        name = self.writer.write(operator, arguments, shapes).name
        return tuple(Operand(shape, self.kind, Ref(name, part)) for part, shape in enumerate(shapes))

    @property
    def kind(self) -> int:
        first = next((each for each in self.inputs if each is not None), None)
        return TensorProto.FLOAT if first is None else first.kind


Rule = Callable[[Op], Result]
