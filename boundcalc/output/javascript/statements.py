"""A program as JavaScript statements, each node once, loops as loops; every value is the logarithm of what it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import sympy

from boundcalc.output.javascript.expressions import LIBRARY, Expressions
from boundcalc.program.interpret import Passes, interpret
from boundcalc.program.ir import Arena, Op, Scalar


def statements(scalars: Sequence[Scalar], expressions: Expressions) -> tuple[list[str], dict[Scalar, str]]:
    """The statements, and the name of each scalar after them. `budget` is a variable that they use."""
    if not scalars:
        return [], {}
    arena = scalars[0].arena
    algebra = _Statements(arena, expressions)
    names = interpret(arena, [scalar.index for scalar in scalars], algebra, bind=algebra.bind)
    return algebra.lines, {scalar: names[scalar.index] for scalar in scalars}


@dataclass(frozen=True, slots=True)
class _Statements:
    """The reading as the text of a node: a name, once `bind` has written the statement that defines it."""

    arena: Arena
    expressions: Expressions
    lines: list[str] = field(default_factory=list[str])

    def bind(self, index: int, value: str) -> str:
        op = self.arena.nodes[index].op
        if op is Op.RESULT or (op is Op.LEAF and _is_number(value)):
            return value
        self.lines.append(f"const v{index} = {value};")
        return f"v{index}"

    def leaf(self, expression: sympy.Expr) -> str:
        return self.expressions.logarithm(expression)

    def add(self, terms: Sequence[str]) -> str:
        return f"{LIBRARY}.sum({', '.join(terms)})"

    def multiply(self, factors: Sequence[str]) -> str:
        return " + ".join(factors)

    def power(self, base: str, exponent: Fraction) -> str:
        p, q = exponent.numerator, exponent.denominator
        scaled = base if p == 1 else f"({p}) * {base}" if p < 0 else f"{p} * {base}"
        return scaled if q == 1 else f"({scaled}) / {q}"

    def minimum(self, terms: Sequence[str]) -> str:
        return f"Math.min({', '.join(terms)})"

    def maximum(self, terms: Sequence[str]) -> str:
        return f"Math.max({', '.join(terms)})"

    def hypot(self, terms: Sequence[str]) -> str:
        return f"{LIBRARY}.hypot({', '.join(terms)})"

    def select(self, index: int, op: Op, keys: Sequence[str], values: Sequence[str]) -> str:
        raise AssertionError("bounds are written out, not their derivatives")

    def loop(self, passes: Passes[str]) -> list[str]:
        """The states have names of the loop outside and of their variables inside: another loop may use the same variables."""
        outside = [f"r{passes.index}_{i}" for i in range(len(passes.loop.states))]
        inside = [f"v{index}" for index in passes.loop.states]
        starts = ", ".join(f"{name} = {start}" for name, start in zip(outside, passes.starts, strict=True))
        count = f"n{passes.index}"
        self.lines.append(f"let {starts};")
        self.lines.append(f"for (let {count} = {LIBRARY}.passes({passes.times}, budget); {count} > 0; {count}--) {{")
        self.lines.append(f"const {', '.join(f'{a} = {b}' for a, b in zip(inside, outside, strict=True))};")
        results = passes.step(inside)
        self.lines.extend(f"{name} = {result};" for name, result in zip(outside, results, strict=True))
        self.lines.append("}")
        return outside


def _is_number(text: str) -> bool:
    return not text.startswith(LIBRARY)
