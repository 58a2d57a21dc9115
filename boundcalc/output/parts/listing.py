"""Programs as Python statements, loops as loops: for bounds of many definitions, and those with a symbolic number of passes.

The closed forms of the latter divide by differences of growth factors: where two of these are nearly equal, terms cancel up to all the
digits of a double, and what is left may be far below the bound. The recursion adds and multiplies what is nonnegative.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce

import sympy

from boundcalc.output.parts.python_printer import Printer
from boundcalc.program.evaluate import PASSES
from boundcalc.program.interpret import Passes, interpret
from boundcalc.program.ir import Arena, Op, Scalar

HELPERS = f"""\
def passes(times):
    \"\"\"For each pass whether it is made, entry by entry where `times` is an array.\"\"\"
    number = isinstance(times, numbers.Number)
    most = round(float(times if number else times.max()))
    if most > {PASSES}:
        raise ValueError("a repeat of more than {PASSES} passes")
    for done in range(most):
        yield True if number else done < times - 0.5


def after(made, new, old, xp):
    \"\"\"A state after a pass.\"\"\"
    return new if made is True else xp.where(made, new, old)


def hypot(terms, xp):
    \"\"\"The root of the sum of squares; its slope at 0 is taken to be 0.\"\"\"
    total = sum(term**2 for term in terms)
    return xp.where(total > 0, xp.sqrt(xp.where(total > 0, total, 1 + 0 * total)), 0 * total)""".splitlines()


class Listing:
    """Statements that compute some scalars of one arena, each node once, and the names of the scalars, which begin with `prefix`."""

    def __init__(self, scalars: Sequence[Scalar], printer: Printer, prefix: str) -> None:
        arena = scalars[0].arena
        self._statements = _Statements(arena, printer, prefix)
        self._names = interpret(arena, [s.index for s in scalars], self._statements, bind=self._statements.bind)

    @property
    def counts(self) -> Mapping[str, sympy.Expr]:
        """The numbers of passes by the names that the statements have for them."""
        return self._statements.counts

    def statements(self) -> Iterator[str]:
        yield from self._statements.lines

    def name(self, scalar: Scalar) -> str:
        return self._names[scalar.index]


@dataclass(frozen=True, slots=True)
class _Statements:
    """The reading as the text of a node: a name, once `bind` has written the statement that defines it."""

    arena: Arena
    printer: Printer
    prefix: str
    lines: list[str] = field(default_factory=list[str])
    counts: dict[str, sympy.Expr] = field(default_factory=dict[str, sympy.Expr])

    def bind(self, index: int, value: str) -> str:
        if self.arena.nodes[index].op is Op.LEAF:
            return value
        name = self._name(index)
        self.lines.append(f"{name} = {value}")
        return name

    def _name(self, index: int, kind: str = "") -> str:
        return f"{self.prefix}{kind}{index}"

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
        return f"hypot([{', '.join(terms)}], xp)"

    def select(self, index: int, op: Op, keys: Sequence[str], values: Sequence[str]) -> str:
        raise AssertionError("bounds are written out, not their derivatives")

    def loop(self, passes: Passes[str]) -> list[str]:
        """The states are named by their variables inside, and copied after the last pass: another loop may use the same."""
        names = [self._name(i) for i in passes.loop.states]
        count, made = (self._name(passes.index, kind) for kind in ("times", "made"))
        self.lines.append(_assigned(names, passes.starts))
        self.lines.append(f"for {made} in passes({count}):")
        first = len(self.lines)
        results = [f"after({made}, {new}, {old}, xp)" for new, old in zip(passes.step(names), names, strict=True)]
        self.lines.append(_assigned(names, results))
        self.lines[first:] = [f"    {line}" for line in self.lines[first:]]
        times = self.arena.nodes[passes.loop.times].payload
        assert isinstance(times, sympy.Expr)  # a leaf: an expression in the spec's symbols
        self.counts[count] = times
        return names


def _assigned(names: Sequence[str], values: Sequence[str]) -> str:
    comma = "," if len(names) == 1 else ""
    return f"{', '.join(names)}{comma} = {', '.join(values)}{comma}"
