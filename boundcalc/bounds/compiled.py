"""What compiling gives: the bounds of a network and of every layer."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.arguments import Named
from boundcalc.blocks.figures import ByBlocks, Evaluated, Values
from boundcalc.blocks.trail import Step, Trail
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.document import Document, document
from boundcalc.bounds.grouped import lowered_by
from boundcalc.bounds.named import LayerBounds, Objective, OfAll
from boundcalc.bounds.options import Json, Options
from boundcalc.bounds.pictured import through_the_layers
from boundcalc.bounds.records import to_frame
from boundcalc.bounds.shown_bounds import brief_page, whole_page
from boundcalc.bounds.steps import LayerSteps, Moved, by_array, of_objective
from boundcalc.bounds.torch_groups import Module, groups
from boundcalc.bounds.values import resolve
from boundcalc.calculus.primitives import PrimitiveGraph
from boundcalc.calculus.quantities import Quantity
from boundcalc.display.drawing import draw
from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.exact.balls import Number
from boundcalc.exact.printing import to_str
from boundcalc.graph.kind import Kind
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.graph.unrolled import unrolled_if_few
from boundcalc.language.architecture import Architecture
from boundcalc.program.dependence import free_symbols
from boundcalc.program.evaluate import evaluate

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

SMALL = 1_000  # primitives of a network whose bounds in mixed norms are shown unasked


@dataclass(frozen=True, eq=False, repr=False)
class Bounds(Shown, OfAll):
    """The compiled bounds of an architecture; made by `boundcalc.compile`."""

    architecture: Architecture[Kind[Any, Any]]
    graph: LayerGraph
    primitives: PrimitiveGraph
    options: Options
    figures: Mapping[Quantity, Bound]
    objective: Objective | None
    layers: Named[LayerBounds]  # by path, in order; the path of a module or repeat means its last layer
    warnings: tuple[str, ...]
    trail: Trail | None = None

    @property
    def name(self) -> str:
        return self.graph.name

    @property
    def is_small(self) -> bool:
        """Whether mixed norms, which take several times as long, are shown unasked."""
        return len(self.primitives.primitives) <= SMALL

    @property
    def certified(self) -> bool:
        """Whether the numbers are upper bounds: not under the published constants."""
        return self.options.certified

    @cached_property
    def symbols(self) -> Named[sympy.Symbol]:
        """The declared symbols: a fresh Symbol of the same name has other assumptions and is not the same."""
        return Named("symbol", self.graph.conditions.symbols)

    def way(self, quantity: Bound) -> list[Step]:
        """Through which norms a bound was reached, as (path, norm, rule): one for each layer, norm and rule on the way that was
        chosen at `chosen_at`. Empty under euclidean norms, where there is one way, and for what is infinite."""
        if self.trail is None or quantity.recursion is None:
            return []
        return self.trail.steps(quantity.recursion)

    def last_way(self, quantity: Bound, path: str) -> list[Step]:
        """What the layer at a path adds to the way of its own row."""
        return [] if self.trail is None or quantity.recursion is None else self.trail.last(quantity.recursion, path)

    @property
    def chosen_at(self) -> Values | None:
        """The values at which closed forms under mixed norms are the smallest; they are upper bounds at all others."""
        return None if self.trail is None else self.trail.values

    @property
    def conditions(self) -> tuple[Boolean, ...]:
        """Relations of the symbols outside which the bounds do not hold, beyond what the symbols themselves stand for
        (`symbols`: positive, whole): numbers, arrays and functions check them, a bare `expression` cannot."""
        return tuple(self.graph.conditions.assumed)

    @property
    def quantities(self) -> tuple[Bound, ...]:
        objective = () if self.objective is None else self.objective.quantities
        rows = (bound for row in self.layers.values() for bound in row.quantities)
        return (*rows, *self.named.values(), *objective)

    @property
    def totals(self) -> Mapping[str, Bound]:
        """The bounds of the network as a whole, and of its objective, as a person calls them."""
        objective = {} if self.objective is None else self.objective.named
        return {**self.named, **{f"objective {name}": bound for name, bound in objective.items()}}

    @property
    def definitions(self) -> list[tuple[str, sympy.Expr]]:
        """Every quantity in terms of those before it: (name, expression) in order."""
        return self.norm.forms.definitions

    @property
    def written_definitions(self) -> list[tuple[str, str]]:
        """The same as text in Python syntax, as documents have them."""
        return self.norm.forms.written_definitions

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
        return self.numbers_at(self.quantities, self.values)

    @cached_property
    def total_numbers(self) -> Mapping[Bound, Number]:
        """The same of the network as a whole, without those of its layers."""
        return self.numbers_at(self.totals.values(), self.values)

    @cached_property
    def sample_numbers(self) -> Mapping[Bound, Number]:
        """The same of the gradients of one sample's loss."""
        return {} if self.objective is None else self.numbers_at(self.objective.per_sample.values(), self.values)

    def numbers_at(self, of: Iterable[Bound], values: Values) -> Mapping[Bound, Number]:
        """Certified numbers, at exact values, of those bounds that are finite and whose symbols all have one; in one sweep."""
        quantities = [q for q in of if q.absent(values) is None]
        plain = {q: q.figure.program for q in quantities if isinstance(q.figure, Evaluated)}  # in one sweep
        needed = free_symbols(list(plain.values()))
        ready = [q for q, symbols in zip(plain, needed, strict=True) if symbols <= values.keys()]
        numbers = dict(zip(ready, evaluate([plain[q] for q in ready], values), strict=True))
        for quantity in quantities:
            if isinstance(quantity.figure, ByBlocks) and quantity.free_symbols <= values.keys():
                numbers[quantity] = quantity.figure.number(values)
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

    @cached_property
    def apart(self) -> tuple[LayerGraph, PrimitiveGraph]:
        """The graph where every copy of a repeat is a layer with blocks of its own, where there are not too many; its primitives."""
        if not self.graph.has_loops:
            return self.graph, self.primitives
        graph = unrolled_if_few(self.architecture)
        return graph, lowered_by(graph, self.options)

    @cached_property
    def layer_steps(self) -> LayerSteps:
        """Steps of the objective for each ball, or for each block of a pattern: all at once, and alone. Raises ValueError for a spec without a loss."""
        if self.objective is None:
            raise ValueError(f"{self.name} has no loss, hence no steps; add one, such as loss: logistic")
        return of_objective(*self.apart, self.options)

    def steps(self, moved: Moved = "together") -> dict[str, float]:
        """A step for every learned array by its path (`head.weight`), rounded down; all move at once, or one ball alone.

        While the arrays stay in their balls, gradient descent by these steps never increases the objective.
        Raises ValueError without a loss, MissingValues (a KeyError) for symbols without a value, ArithmeticError where no step is
        known.
        """
        return by_array(*self.apart, self.layer_steps.of(moved), self.values)

    def param_groups(self, module: Module, names: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """Groups of parameters with a step each, one for each ball, or for each block of a pattern, for an optimizer of `torch.optim`. `names`: of parameters of the module that the
        spec calls otherwise, {"fc1.weight": "dense_0.weight"}.

        Raises ValueError for parameters that are missing on one side, or have another shape; and as `steps`.
        """
        return groups(*self.apart, module, self.steps(), self.values, names)

    @cached_property
    def document(self) -> Document:
        """What the outputs print."""
        return document(self)

    def to_frame(self) -> DataFrame:
        """A row for each layer, the network and its objective. Raises ExtraMissingError (an ImportError) without pandas."""
        return to_frame(self.document.records)

    def plot(self, file: str | os.PathLike[str] | None = None) -> Figure:
        """Norm, l and L through the layers, as a figure of matplotlib; written to a file if there is one (.svg, .png or .pdf).
        Raises SpecError where symbols have no value, ExtraMissingError (an ImportError) without matplotlib."""
        return draw(through_the_layers(self), file)

    def to_dict(self) -> dict[str, Json]:
        """The JSON of `boundcalc bounds --format json`: plain data; expressions are Python syntax in the declared symbols."""
        return self.document.to_dict()

    def _brief_(self) -> Page:
        return brief_page(self)

    def _page_(self) -> Page:
        return whole_page(self)
