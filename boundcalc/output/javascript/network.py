"""The bounds of one network as a function in JavaScript: from values of its symbols to logarithms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.guards import guards
from boundcalc.exact.intervals import shown
from boundcalc.output.javascript.blocks import Joined, joined
from boundcalc.output.javascript.expressions import LIBRARY, Expressions
from boundcalc.output.javascript.statements import statements


@dataclass(frozen=True, slots=True)
class Script:
    """`code`: a function of an array with a number of runtime.js for each symbol, or null for one that the spec computes from others. It
    gives `s`, the numbers of all symbols; `broken`, the places of conditions that fail; and where none does `logs`, the natural
    logarithm of each bound: -Infinity for 0, NaN where there is nothing to bound. It throws where a repeat runs too often.

    `larger`: the bounds of which the page has the recursion with one block only, which is never smaller.
    """

    code: str
    conditions: tuple[str, ...]
    bounds: tuple[Bound, ...]
    larger: frozenset[Bound]


def script_of(bounds: Bounds) -> Script:
    """The finite quantities of a network."""
    symbols = list(bounds.symbols.values())
    expressions = Expressions({symbol: place for place, symbol in enumerate(symbols)})
    conditions = guards(bounds.graph.conditions, symbols)
    quantities = tuple(dict.fromkeys(bound for bound in bounds.quantities if bound.finite))
    found = joined(quantities, list(bounds.totals.values()))
    plain = {bound: program for bound in quantities if bound not in found and (program := bound.recursion) is not None}
    scalars = [*plain.values(), *(scalar for each in found.values() for scalar in each.scalars)]
    lines, names = statements(list(dict.fromkeys(scalars)), expressions)

    def logarithm(bound: Bound) -> str:
        of: Joined | None = found.get(bound)
        text = names[plain[bound]] if of is None else of.code(names)
        return f"{_holds(bound.exists, expressions)} ? {text} : NaN" if bound.exists else text

    code = [
        f"({LIBRARY}, given) => {{",
        f"const s = given.slice(), budget = {{ left: {LIBRARY}.PASSES }}, broken = [];",
        *_computed(bounds, symbols, expressions),
        *(f"if (!({expressions.condition(each)})) broken.push({i});" for i, each in enumerate(conditions)),
        "if (broken.length) return { s, broken, logs: [] };",
        *lines,
        f"return {{ s, broken, logs: [{', '.join(map(logarithm, quantities))}] }};",
        "}",
    ]
    larger = frozenset(bound for bound in plain if bound.recursion is not bound.program)
    return Script("\n".join(code), tuple(map(shown, conditions)), quantities, larger)


def _computed(bounds: Bounds, symbols: Sequence[sympy.Symbol], expressions: Expressions) -> Iterator[str]:
    """What the spec computes from other symbols, unless it is given."""
    for symbol, value in bounds.graph.conditions.declared.items():
        if value.free_symbols:
            place = symbols.index(symbol)
            yield f"if (s[{place}] === null) s[{place}] = {expressions.number(value)};"


def _holds(conditions: Sequence[Boolean], expressions: Expressions) -> str:
    return " && ".join(expressions.condition(each) for each in conditions)
