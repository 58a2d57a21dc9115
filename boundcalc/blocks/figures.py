"""Figures of a traced program: what is known of one quantity of one node under a grouping of the parameters.

A figure is infinite (`Infinite`), or its number is the value of a closed form (`Evaluated`), or it has a number of its own
that is sharper than the closed form, where there is one (`ByBlocks`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import sympy

from boundcalc.blocks.trail import Trail
from boundcalc.calculus.quantities import Quantity
from boundcalc.exact.balls import Number
from boundcalc.program.dependence import free_symbols
from boundcalc.program.evaluate import MissingValues, evaluate
from boundcalc.program.ir import Scalar

Values = Mapping[sympy.Symbol, sympy.Expr]


@dataclass(frozen=True, slots=True)
class Infinite:
    """Infinite or undefined; `layer` is the path of the layer from which on it is, where one makes it so."""

    reason: str
    layer: str
    loose: tuple[str, ...] = ()

    @property
    def scalar(self) -> None:
        """There is no closed form."""

    @property
    def symbols(self) -> frozenset[sympy.Symbol]:
        return frozenset()

    def number(self, values: Values) -> Number:
        raise ArithmeticError(self.reason)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The number is the value of the closed form `scalar`; or of `smallest`, the smallest over all ways, of which the closed
    form keeps one. `loose`: why a smaller bound could not be had."""

    scalar: Scalar
    loose: tuple[str, ...] = ()
    smallest: Scalar | None = None

    @property
    def program(self) -> Scalar:
        """What the number is computed by."""
        return self.scalar if self.smallest is None else self.smallest

    @property
    def symbols(self) -> frozenset[sympy.Symbol]:
        """What needs a value before there is a number."""
        return free_symbols([self.program])[0]

    def number(self, values: Values) -> Number:
        """A number that contains the figure. Raises MissingValues, which is a KeyError."""
        return evaluate([self.program], values)[0]


class BlockNumbers(Protocol):
    """The certified numbers of the nodes of one network, by blocks."""

    def number(self, node: int, quantity: Quantity, values: Values) -> Number: ...

    def direction(self, node: int, quantity: Quantity, values: Values) -> Mapping[sympy.Symbol, Number]: ...
    def is_polynomial(self, node: int, quantity: Quantity) -> bool: ...

    @property
    def entry_seeds(self) -> Sequence[sympy.Symbol] | None:
        """The seeds in which forms have entries; None where numbers come from gradients."""
        ...


@dataclass(frozen=True, slots=True)
class ByBlocks:
    """The number is that of the blocks of `form`, a form in the seeds: its largest value on unit vectors.

    `scalar`: the closed form where it is short; `loose` says why it exceeds the number. `total`: the recursion with one block.
    """

    form: Scalar
    scalar: Scalar | None
    loose: tuple[str, ...]
    symbols: frozenset[sympy.Symbol]
    total: Scalar
    numbers: BlockNumbers
    node: int
    quantity: Quantity

    def number(self, values: Values) -> Number:
        """A number that contains the figure. Raises MissingValues, which is a KeyError."""
        missing = sorted(symbol.name for symbol in self.symbols - values.keys())
        if missing:
            raise MissingValues(missing)
        return self.numbers.number(self.node, self.quantity, values)

    def direction(self, values: Values) -> Mapping[sympy.Symbol, Number]:
        """Values of the seeds at which the form is the bound."""
        return self.numbers.direction(self.node, self.quantity, values)

    @property
    def is_polynomial(self) -> bool:
        """Whether the form is one in the seeds, so that its slope where it reaches the number is that of the number. Behind a
        concatenation it is not: the number is that of entries that are joined, and no value of the form."""
        return self.numbers.is_polynomial(self.node, self.quantity)


Figure = Infinite | Evaluated | ByBlocks
NodeFigures = Mapping[Quantity, Figure]


@dataclass(frozen=True, slots=True)
class Grouped:
    """The figures of every layer by path, of the network and of its objective under one grouping of the parameters, and what
    to tell a person of how they were found."""

    rows: Mapping[str, NodeFigures]
    output: NodeFigures
    objective: NodeFigures | None
    warnings: tuple[str, ...] = ()
    trail: Trail | None = None
