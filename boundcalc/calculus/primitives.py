"""The primitives that every layer lowers to: the vocabulary of the rules. Norms are exact SymPy expressions in the spec's symbols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy

from boundcalc.calculus.views import AS_A_WHOLE, NONE, Axes, View
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.display.page import Page
from boundcalc.display.shown import Shown


@dataclass(frozen=True, slots=True)
class Parameter:
    """Learned arrays in one ball, of norm at most `norm`; the vector that is differentiated by, unless it is not selected.

    `ones` is the norm of where gains start (at one): the rules see the difference from it, a regularizer the whole.
    `made_in` are the repeats that make a new ball in each pass, outermost first; in any other the ball is one and the same.
    """

    ball: str
    norm: sympy.Expr
    differentiated: bool
    ones: sympy.Expr = sympy.S.Zero
    made_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """An input of the network, bounded in Euclidean norm, in its largest sample and in its largest entry."""

    name: str
    norm: sympy.Expr
    sup: sympy.Expr | None
    differentiated: bool
    sample: sympy.Expr | None = None


@dataclass(frozen=True, slots=True)
class Constant:
    """An array that depends on nothing, of known norm."""

    norm: sympy.Expr


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear map of operator norm `norm` over the whole batch. `contracts_sup`: no entry of the image exceeds the largest
    of the argument. `view`: along which axes it acts index by index; without, only the whole batch is known."""

    of: int
    norm: sympy.Expr
    contracts_sup: bool = False
    view: View = AS_A_WHOLE


@dataclass(frozen=True, slots=True)
class Bilinear:
    """B(left, right) of norm `norm`, plus a term linear in `left` of operator norm `constant` (a bias in the same ball).

    `left_norm` bounds the operator norm of B(left, .) on the set where that is known (spectral norm, row-stochastic factor).
    `right_norm` bounds that of B(., right) with the term linear in `left` (gains after a normalisation); of it each index of the
    axes `right_apart` of the result has an equal share. `left` is a parameter then.
    `is_matrix`: `left` is an array that acts as a matrix, its first axis against all others, so that with the operator norm |left| of
    that matrix ||B(left, right)|| <= norm |left| ||right||; in its ball there is a bias besides, or nothing.
    `entrywise`: the entrywise product, where the largest entry of one factor bounds the operator norm.
    `stochastic`: `left` has nonnegative rows of sum 1, which weigh what `right` has along the axis that is contracted.
    `left_view`, `right_view`: which places of each factor a place of the result reads; `added`: the axes of the result along
    which the term in `left` alone is repeated.
    """

    left: int
    right: int
    norm: sympy.Expr
    constant: sympy.Expr = sympy.S.Zero
    left_norm: sympy.Expr | None = None
    right_norm: sympy.Expr | None = None
    right_apart: Axes = NONE
    is_matrix: bool = False
    entrywise: bool = False
    stochastic: bool = False
    left_view: View = AS_A_WHOLE
    right_view: View = AS_A_WHOLE
    added: Axes = NONE


@dataclass(frozen=True, slots=True)
class Map:
    """A non-linear map known by the constants of a catalogue entry, over the whole batch, and a view of its argument.

    `picks`: every entry of the image is one of the argument (a maximum). `simplex`: the axis along which the image is
    nonnegative of sum 1 (a softmax).
    """

    of: int
    entry: Nonlinearity
    view: View = AS_A_WHOLE
    picks: bool = False
    simplex: int | None = None


@dataclass(frozen=True, slots=True)
class Average:
    """The mean over `count` places, indexed by `axes`, of one non-linear map of the slice at each (a loss). `entry` has the
    constants of one place, or of all together where `count` is 1; its slope at zero is that of all places together, of which
    each place has the same part where it is `even`."""

    of: int
    entry: Nonlinearity
    count: sympy.Expr
    axes: Axes
    even: bool = False


@dataclass(frozen=True, slots=True)
class Sum:
    terms: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Concat:
    """Arrays side by side along an axis of the result, which terms of fewer axes do not have (they are stacked); None: arrays
    of any shapes, which have the samples in common."""

    terms: tuple[int, ...]
    axis: int | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """Inside a loop: the state that the loop carries."""

    loop: int
    state: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """A loop with a symbolic number of passes over the primitives that follow it, up to `last`."""

    path: str
    states: tuple[str, ...]  # what a person calls them
    times: sympy.Expr
    starts: tuple[int, ...]
    results: tuple[int, ...]
    last: int


@dataclass(frozen=True, slots=True)
class After:
    """A state of a loop after its last pass."""

    loop: int
    state: int


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """A state that the primitives after it, up to `last`, map to `result`, which is itself. `factor` is what they contract by,
    below 1, in the norm of the whole batch and whatever the state; None: not known yet."""

    path: str
    result: int
    last: int
    factor: sympy.Expr | None = None


Primitive = (
    Parameter
    | Source
    | Constant
    | Linear
    | Bilinear
    | Map
    | Average
    | Sum
    | Concat
    | Carried
    | Repeat
    | After
    | FixedPoint
)


def operands(primitive: Primitive) -> tuple[int, ...]:
    """The primitives that one is made of; a state of a loop or a fixed point has none, its jet is that of the whole."""
    match primitive:
        case Linear(of) | Map(of) | Average(of):
            return (of,)
        case Bilinear(left, right):
            return (left, right)
        case Sum(terms) | Concat(terms):
            return terms
        case Parameter() | Source() | Constant() | Carried() | Repeat() | After() | FixedPoint():
            return ()


@dataclass(frozen=True, slots=True)
class Block:
    """Balls and inputs that are differentiated by together, as one vector. `made_in` are the repeats that make a new block in
    each pass, outermost first."""

    members: tuple[str, ...]
    made_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GivenPoint:
    """What is known at one point of the set, the centre of its balls: `norms` of the outputs of layers there, for the inputs that
    the bounds are about, by path; `radii`: how far each ball reaches from it."""

    norms: Mapping[str, sympy.Expr]
    radii: Mapping[str, sympy.Expr]


@dataclass(frozen=True, slots=True, repr=False)
class PrimitiveGraph(Shown):
    """Primitives in order, the layer that each is of, the sizes of its axes (the batch first; parameters have none), and which
    one is the output of each layer. `above`: what stands for a loss that is not smooth where only what bends it upwards counts."""

    primitives: tuple[Primitive, ...]
    owners: tuple[str, ...]
    shapes: tuple[tuple[sympy.Expr, ...], ...]
    outputs: Mapping[str, int]  # layer path -> primitive
    output: int
    loss: int | None
    blocks: Mapping[str, Block]  # by name, in order; each differentiated ball and input is in one
    own: Mapping[str, Mapping[str, sympy.Expr | None]]  # the layers' own constants
    warnings: tuple[str, ...]
    above: int | None = None
    given: GivenPoint | None = None

    def _page_(self) -> Page:
        return Page(
            f"<{len(self.primitives):,} primitives of {len(self.outputs):,} layers in {len(self.blocks):,} blocks>"
        )

    @property
    def block_of(self) -> Mapping[str, str]:
        """The block of each ball and input that is differentiated by."""
        return {member: name for name, block in self.blocks.items() for member in block.members}
