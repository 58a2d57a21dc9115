"""What compiling gives: the bounds of a network and of every layer, and their JSON, the contract that programs rely on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.arguments import Named, Suggesting
from boundcalc.blocks.figures import ByBlocks, Evaluated, Values
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.values import resolve
from boundcalc.calculus.primitives import PrimitiveGraph
from boundcalc.calculus.quantities import LIPSCHITZ, NORM, QUANTITIES, SMOOTHNESS, Quantity
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.exact.printing import to_str
from boundcalc.graph.layer_graph import Layer, LayerGraph
from boundcalc.program.dependence import free_symbols
from boundcalc.program.evaluate import evaluate

SCHEMA = 1


class _OfDerivatives(Suggesting):
    """The bounds of some quantities, by name as well."""

    __slots__ = ()
    figures: Mapping[Quantity, Bound]

    @property
    def lipschitz(self) -> Bound:
        return self.figures[LIPSCHITZ]

    @property
    def smoothness(self) -> Bound:
        return self.figures[SMOOTHNESS]


class _OfAll(_OfDerivatives):
    __slots__ = ()

    @property
    def norm(self) -> Bound:
        return self.figures[NORM]


@dataclass(frozen=True, slots=True, eq=False)
class LayerBounds(_OfAll):
    """Bounds of the network up to and including one layer, as functions of what is differentiated by."""

    layer: Layer
    radius: sympy.Expr | Mapping[str, sympy.Expr] | None
    own: Named[sympy.Expr | None]
    figures: Mapping[Quantity, Bound]

    @property
    def path(self) -> str:
        return self.layer.path

    @property
    def quantities(self) -> tuple[Bound, ...]:
        return _in_order(self.figures)


@dataclass(frozen=True, slots=True, eq=False)
class Objective(_OfDerivatives):
    """l and L of F(w) = f(psi(w)) + r(w)."""

    figures: Mapping[Quantity, Bound]

    @property
    def quantities(self) -> tuple[Bound, ...]:
        return _in_order(self.figures)


@dataclass(frozen=True, eq=False)
class Bounds(_OfAll):
    """The compiled bounds of an architecture; made by `boundcalc.compile`."""

    graph: LayerGraph
    primitives: PrimitiveGraph
    blocks: str
    wrt: tuple[str, ...]
    constants: str
    refine: bool
    figures: Mapping[Quantity, Bound]
    objective: Objective | None
    layers: Named[LayerBounds]  # by path, in order; the path of a module or repeat means its last layer
    warnings: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.graph.name

    @property
    def certified(self) -> bool:
        """Whether the numbers are upper bounds: not under the published constants."""
        return self.constants == "sharp"

    @cached_property
    def symbols(self) -> Named[sympy.Symbol]:
        """The declared symbols: a fresh Symbol of the same name has other assumptions and is not the same."""
        return Named("symbol", self.graph.conditions.symbols)

    @property
    def conditions(self) -> tuple[Boolean, ...]:
        """Relations of the symbols outside which the bounds do not hold, beyond what the symbols themselves stand for
        (`symbols`: positive, whole): numbers, arrays and functions check them, a bare `expression` cannot."""
        return tuple(self.graph.conditions.assumed)

    @property
    def quantities(self) -> tuple[Bound, ...]:
        objective = () if self.objective is None else self.objective.quantities
        rows = (bound for row in self.layers.values() for bound in row.quantities)
        return (*rows, *_in_order(self.figures), *objective)

    @property
    def definitions(self) -> list[tuple[str, sympy.Expr]]:
        """Every quantity in terms of those before it: (name, expression) in order."""
        return self.norm.forms.definitions

    def definition(self, quantity: Bound) -> str | None:
        """The name of a quantity in `definitions`."""
        return None if quantity.scalar is None else quantity.forms.name(quantity.scalar)

    @cached_property
    def values(self) -> Values:
        """The exact values of the symbols that have one."""
        return resolve(self.graph.conditions, {})

    @cached_property
    def numbers(self) -> Mapping[Bound, Number]:
        """Certified numbers, at the spec's values, of all quantities whose symbols all have one."""
        quantities = [q for q in self.quantities if q.absent(self.values) is None]
        plain = {q: q.figure.scalar for q in quantities if isinstance(q.figure, Evaluated)}  # in one sweep
        needed = free_symbols(list(plain.values()))
        ready = [q for q, symbols in zip(plain, needed, strict=True) if symbols <= self.values.keys()]
        numbers = dict(zip(ready, evaluate([plain[q] for q in ready], self.values), strict=True))
        for quantity in quantities:
            if isinstance(quantity.figure, ByBlocks) and quantity.free_symbols <= self.values.keys():
                numbers[quantity] = quantity.figure.number(self.values)
        return numbers

    def number(self, quantity: Bound) -> Number | None:
        """The certified number of one quantity at the spec's values, without those of all others; None while symbols are free."""
        if not quantity.finite or not quantity.free_symbols <= self.values.keys():
            return None
        return quantity.certified(self.values)

    @property
    def symbol_values(self) -> dict[str, str | None]:
        """The exact value of every symbol, as text; None where it is free."""
        declared = self.graph.conditions.declared
        values: dict[str, str | None] = {}
        for name, symbol in self.symbols.items():
            value = self.values.get(symbol, declared.get(symbol))
            values[name] = None if value is None else to_str(value)
        return values

    def to_dict(self) -> dict[str, object]:
        """The JSON of `boundcalc bounds --format json`: plain data; expressions are Python syntax in the declared symbols."""
        objective = self.objective
        network = {  # numbers that take too long are refused here, before closed forms are sought
            "norm": self._document(self.norm),
            "lipschitz": self._document(self.lipschitz),
            "smoothness": self._document(self.smoothness),
        }
        return {
            "schema": SCHEMA,
            "name": self.name,
            "blocks": self.blocks,
            "wrt": list(self.wrt),
            "constants": self.constants,
            "certified": self.certified,
            "warnings": list(self.warnings),
            "symbols": self.symbol_values,
            "conditions": [str(condition) for condition in self.conditions],
            "definitions": [[name, to_str(expression)] for name, expression in self.definitions],
            "bounds": network,
            "objective": None
            if objective is None
            else {
                "lipschitz": self._document(objective.lipschitz),
                "smoothness": self._document(objective.smoothness),
            },
            "layers": [self._row(row) for row in self.layers.values()],
        }

    def _document(self, bound: Bound) -> dict[str, object]:
        """One quantity: closed form, name of its definition, certified number, enclosure, logarithm, or the reason."""
        number = self.numbers.get(bound)
        expression = None if bound.scalar is None else bound.expression
        result: dict[str, object] = {
            "expression": None if expression is None else to_str(expression),
            "definition": self.definition(bound),
            "number": None,
            "enclosure": None,
            "log10": None,
            "finite": bound.finite,
            "reason": bound.reason or bound.absent(self.values) or bound.unclosed,
        }
        if bound.upper:
            result["upper"] = True
        if number is not None:
            result["number"] = decimals.upper_decimal(number)
            result["enclosure"] = list(decimals.enclosure(number))
            result["log10"] = decimals.log10_upper(number)
        return result

    def _row(self, row: LayerBounds) -> dict[str, object]:
        radius = row.radius
        return {
            "path": row.path,
            "kind": row.layer.label,
            "shape": [_size(axis) for axis in row.layer.shape],
            "parameters": _size(row.layer.parameters),
            "radius": {name: to_str(value) for name, value in radius.items()}
            if isinstance(radius, Mapping)
            else (None if radius is None else to_str(radius)),
            "own": {name: None if value is None else to_str(value) for name, value in row.own.items()},
            "norm": self._document(row.norm),
            "lipschitz": self._document(row.lipschitz),
            "smoothness": self._document(row.smoothness),
        }


def _in_order(figures: Mapping[Quantity, Bound]) -> tuple[Bound, ...]:
    """In the order of the table, whatever the order in which they were found."""
    return tuple(figures[quantity] for quantity in QUANTITIES if quantity in figures)


def _size(value: sympy.Expr) -> int | str:
    return int(value) if value.is_Integer and value < 10**18 else to_str(value)
