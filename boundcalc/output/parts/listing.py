"""Programs as Python statements, loops as loops: for bounds whose recursion has no closed form in the depth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import sympy

from boundcalc.output.parts.python_printer import Printer
from boundcalc.program.ir import Arena, Loop, Node, Op, Scalar

_FOLDS = {Op.MIN: "minimum", Op.MAX: "maximum"}


class Listing:
    """Statements that compute some scalars of one arena, each node once, and the names of the scalars."""

    def __init__(self, scalars: Sequence[Scalar], printer: Printer) -> None:
        self.arena: Arena = scalars[0].arena
        self.printer = printer
        self.order = self.arena.needed(scalar.index for scalar in scalars)

    def counts(self) -> Iterator[str]:
        """The numbers of passes, from the arguments as they were given: they are whole numbers, not arrays."""
        for index in self.order:
            loop = self.arena.nodes[index].payload
            if isinstance(loop, Loop):
                times = self.arena.nodes[loop.times].payload
                assert isinstance(times, sympy.Expr)  # a leaf: an expression in the spec's symbols
                yield f"passes_{index} = round(float({self.printer.doprint(times)}))"

    def statements(self) -> Iterator[str]:
        yield from self._block([i for i in self.order if not self.arena.nodes[i].free])

    def name(self, scalar: Scalar) -> str:
        return self._name(scalar.index)

    def _block(self, indices: Sequence[int]) -> Iterator[str]:
        for index in indices:
            node = self.arena.nodes[index]
            if isinstance(node.payload, Loop):
                yield from self._loop(index, node.payload)
            elif node.op not in (Op.LEAF, Op.VARIABLE, Op.RESULT):
                yield f"{self._name(index)} = {self._value(node)}"

    def _loop(self, index: int, loop: Loop) -> Iterator[str]:
        """The states are named by their variables inside, and copied after the last pass: another loop may use the same."""
        states = ", ".join(self._name(i) for i in loop.states)
        comma = "," if len(loop.states) == 1 else ""
        yield f"{states}{comma} = {', '.join(self._name(i) for i in loop.starts)}{comma}"
        yield f"for _ in range(passes_{index}):"
        yield from (f"    {line}" for line in self._block(self.arena.body(index)))
        yield f"    {states}{comma} = {', '.join(self._name(i) for i in loop.results)}{comma}"
        for result in self.order:
            node = self.arena.nodes[result]
            if node.op is Op.RESULT and node.args[0] == index and isinstance(node.payload, int):
                yield f"{self._name(result)} = {self._name(loop.states[node.payload])}"

    def _name(self, index: int) -> str:
        payload = self.arena.nodes[index].payload
        if isinstance(payload, sympy.Expr):
            text = self.printer.array(payload)
            return text if text.isidentifier() else f"({text})"
        return f"_{index}"

    def _value(self, node: Node) -> str:
        args = [self._name(arg) for arg in node.args]
        if node.op is Op.ADD:
            return " + ".join(args)
        if node.op is Op.MUL:
            return "*".join(args)
        if node.op is Op.HYPOT:
            return f"xp.sqrt({' + '.join(f'{arg}**2' for arg in args)})"
        if node.op in _FOLDS:
            folded = args[0]
            for arg in args[1:]:
                folded = f"xp.{_FOLDS[node.op]}({folded}, {arg})"
            return folded
        assert isinstance(node.payload, Fraction)
        if node.payload == Fraction(1, 2):
            return f"xp.sqrt({args[0]})"
        return f"{args[0]}**({node.payload})"
