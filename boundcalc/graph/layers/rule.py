"""What a layer kind has to say: its shape and arrays, and how it lowers to primitives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.calculus.primitives import Primitive
from boundcalc.catalogue.published import Published
from boundcalc.exact.expression import Expression
from boundcalc.graph.layer_graph import Array, Layer, Shape
from boundcalc.language.structure import StepFields
from boundcalc.mistakes import Place, SpecError

Fields = TypeVar("Fields", bound=StepFields)


class Request(Protocol):
    """A step whose inputs are known, as `infer` sees it."""

    @property
    def kind(self) -> str: ...
    @property
    def place(self) -> Place: ...
    @property
    def shapes(self) -> tuple[Shape, ...]: ...
    @property
    def batch(self) -> sympy.Expr: ...

    def fields(self, model: type[Fields]) -> Fields:
        """The step's fields, typed."""
        ...

    def term(self, expression: Expression) -> sympy.Expr:
        """The value of an expression; symbols stay."""
        ...

    def size(self, expression: Expression, what: str, least: int = 1) -> sympy.Expr:
        """A whole number of at least `least` (checked for the values of the symbols)."""
        ...

    def constant(self, expression: Expression, what: str) -> sympy.Expr:
        """A nonnegative number."""
        ...

    def flag(self, value: bool | Expression) -> bool: ...

    def word(self, expression: Expression) -> str:
        """The text of an expression, followed through arguments."""
        ...

    def integer(self, expression: Expression, what: str) -> int:
        """A whole number that has a value now (an axis)."""
        ...

    def known(self, expression: sympy.Expr) -> sympy.Expr:
        """The expression with the known values of symbols put in."""
        ...

    def assume(self, condition: Boolean) -> None:
        """Keep a relation that the constants rely on: an evaluation that violates it is refused. SpecError where it does
        not hold for the values of the symbols."""
        ...

    def fits(self, condition: Boolean) -> bool:
        """Whether a relation can hold; kept as in `assume`."""
        ...

    def pinned(self, condition: Boolean) -> bool:
        """Whether a relation is true at the values of the symbols; then it is kept, as in `assume`."""
        ...

    def divides(self, value: sympy.Expr, by: sympy.Expr) -> bool:
        """Whether a quotient of sizes is a size; where symbols leave it open, it is kept as a condition."""
        ...

    def same(self, left: sympy.Expr, right: sympy.Expr) -> bool: ...
    def error(self, message: str, remedy: str | None = None, place: Place | None = None) -> SpecError: ...


@dataclass(frozen=True, slots=True)
class Inference:
    """The shape of the result, the learned arrays, and what lowering needs to know. `gains` start at one."""

    shape: Shape
    arrays: Mapping[str, Shape] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    gains: frozenset[str] = frozenset()


class Lowering(Protocol):
    """The primitive graph under construction, as `lower` sees it."""

    @property
    def batch(self) -> sympy.Expr: ...

    def emit(self, primitive: Primitive) -> int: ...

    def array(self, array: Array) -> int:
        """The parameter that holds a learned array (one for each ball)."""
        ...

    def source(self, node: str) -> Layer:
        """The layer that a node of the layer graph stands for."""
        ...

    def published(self, layer: Layer) -> Published | None:
        """The published constants of a layer under that profile, None under `sharp`; an error where there are none."""
        ...

    def assume(self, conditions: Sequence[Boolean], layer: Layer) -> None:
        """Keep what the constants rely on."""
        ...

    def own(self, layer: Layer, **constants: sympy.Expr | None) -> None:
        """Report the layer's own constants."""
        ...


@dataclass(frozen=True, slots=True)
class LayerRule:
    """A layer kind. `channels`: the axis that `in` and `out` mean; `operands`: how many it takes (None: one or more);
    `spectral`: whether it has a linear map of its own whose operator norm a spec can bound."""

    infer: Callable[[Request], Inference]
    lower: Callable[[Layer, tuple[int, ...], Lowering], int]
    channels: int = 0
    operands: int | None = 1
    spectral: bool = False
