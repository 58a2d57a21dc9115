"""Programs as Python statements, loops as loops: for bounds whose recursion has no closed form in the depth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce

import sympy

from boundcalc.output.parts.python_printer import Printer
from boundcalc.program.interpret import Passes, interpret
from boundcalc.program.ir import Arena, Op, Scalar


class Listing:
    """Statements that compute some scalars of one arena, each node once, and the names of the scalars."""

    def __init__(self, scalars: Sequence[Scalar], printer: Printer) -> None:
        arena = scalars[0].arena
        self._statements = _Statements(arena, printer)
        self._names = interpret(arena, [s.index for s in scalars], self._statements, bind=self._statements.bind)

    def counts(self) -> Iterator[str]:
        """The numbers of passes, from the arguments as they were given: they are whole numbers, not arrays."""
        for index, times in sorted(self._statements.counts.items()):
            yield f"passes_{index} = round(float({times}))"

    def statements(self) -> Iterator[str]:
        yield from self._statements.lines

    def name(self, scalar: Scalar) -> str:
        return self._names[scalar.index]


@dataclass(frozen=True, slots=True)
class _Statements:
    """The reading as the text of a node: a name, once `bind` has written the statement that defines it."""

    arena: Arena
    printer: Printer
    lines: list[str] = field(default_factory=list[str])
    counts: dict[int, str] = field(default_factory=dict[int, str])

    def bind(self, index: int, value: str) -> str:
        if self.arena.nodes[index].op is Op.LEAF:
            return value
        self.lines.append(f"_{index} = {value}")
        return f"_{index}"

    def leaf(self, expression: sympy.Expr) -> str:
        text = self.printer.array(expression)
        return text if text.isidentifier() else f"({text})"

    def add(self, terms: Sequence[str]) -> str:
        return " + ".join(terms)

    def multiply(self, factors: Sequence[str]) -> str:
        return "*".join(factors)

    def power(self, base: str, exponent: Fraction) -> str:
        return f"xp.sqrt({base})" if exponent == Fraction(1, 2) else f"{base}**({exponent})"

    def minimum(self, terms: Sequence[str]) -> str:
        return reduce(lambda a, b: f"xp.minimum({a}, {b})", terms)

    def maximum(self, terms: Sequence[str]) -> str:
        return reduce(lambda a, b: f"xp.maximum({a}, {b})", terms)

    def hypot(self, terms: Sequence[str]) -> str:
        return f"xp.sqrt({' + '.join(f'{term}**2' for term in terms)})"

    def select(self, index: int, op: Op, keys: Sequence[str], values: Sequence[str]) -> str:
        raise AssertionError("bounds are written out, not their derivatives")

    def loop(self, passes: Passes[str]) -> list[str]:
        """The states are named by their variables inside, and copied after the last pass: another loop may use the same."""
        index, names = passes.index, [f"_{i}" for i in passes.loop.states]
        self.lines.append(_assigned(names, passes.starts))
        self.lines.append(f"for _ in range(passes_{index}):")
        first = len(self.lines)
        self.lines.append(_assigned(names, passes.step(names)))
        self.lines[first:] = [f"    {line}" for line in self.lines[first:]]
        times = self.arena.nodes[passes.loop.times].payload
        assert isinstance(times, sympy.Expr)  # a leaf: an expression in the spec's symbols
        self.counts[index] = f"{self.printer.doprint(times)}"
        return names


def _assigned(names: Sequence[str], values: Sequence[str]) -> str:
    comma = "," if len(names) == 1 else ""
    return f"{', '.join(names)}{comma} = {', '.join(values)}{comma}"
