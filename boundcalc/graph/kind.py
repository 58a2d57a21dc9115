"""What a kind of layer has to say: its fields, where it puts its output, its primitives, the map itself.

A kind is generic in its fields (what a person writes) and its facts (what is known once its inputs are), so that the
checker holds `place`, `lower` and `forward` together. The engines know this record and no layer by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.calculus.primitives import Primitive
from boundcalc.exact.expression import Expression
from boundcalc.graph.shape import Shape
from boundcalc.graph.sliding import Sliding
from boundcalc.language.structure import StepFields
from boundcalc.language.words import Shelf
from boundcalc.mistakes import Place, SpecError

Fields = TypeVar("Fields", bound=StepFields)
Facts = TypeVar("Facts")


@dataclass(frozen=True, slots=True)
class Operand:
    """One array that a layer reads. `tokens`: how many ids there are, where it holds token ids, which have no norm.

    `row_stochastic`: the entries along the last axis are nonnegative and add up to 1. `row_norm`: what bounds the norm of each
    vector along the last axis, whatever the arrays. `features`: its feature axis.
    """

    shape: Shape
    tokens: sympy.Expr | None = None
    row_stochastic: bool = False
    features: int | None = None
    row_norm: sympy.Expr | None = None


class At(Protocol):
    """Where a step stands: its operands are known, and expressions have the values of its scope."""

    @property
    def kind(self) -> str:
        """What the step is called in the spec."""
        ...

    @property
    def place(self) -> Place: ...
    @property
    def operands(self) -> tuple[Operand, ...]: ...
    @property
    def shape(self) -> Shape:
        """The shape of the first operand."""
        ...

    @property
    def batch(self) -> sympy.Expr: ...

    def term(self, expression: Expression) -> sympy.Expr:
        """The value of an expression; symbols stay."""
        ...

    def size(self, expression: Expression, what: str, least: int = 1) -> sympy.Expr:
        """A whole number of at least `least` (checked for the values of the symbols)."""
        ...

    def constant(self, expression: Expression, what: str) -> sympy.Expr:
        """A nonnegative number."""
        ...

    def integer(self, expression: Expression, what: str) -> int:
        """A whole number that has a value now (an axis)."""
        ...

    def flag(self, value: bool | Expression) -> bool: ...

    def word(self, expression: Expression) -> str:
        """The text of an expression, followed through arguments."""
        ...

    def known(self, expression: sympy.Expr) -> sympy.Expr:
        """The expression with the known values of symbols put in."""
        ...

    def symbol(self, name: str, place: Place) -> sympy.Expr:
        """The value of a symbol of the spec, whatever modules call theirs; kept: an evaluation with another one is refused.
        SpecError where it has none."""
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

    def copies(self, passes: sympy.Expr, most: int) -> int | None:
        """How many copies a layer makes of its own body, which it has so many passes of; None where it lowers to a loop: the
        number is symbolic (but for whom repeats are unrolled) or more than `most`."""
        ...

    def warn(self, message: str) -> None: ...
    def same(self, left: sympy.Expr, right: sympy.Expr) -> bool:
        """Whether two sizes are equal; kept as a condition where only the values of symbols say so."""
        ...

    def error(self, message: str, remedy: str | None = None, place: Place | None = None) -> SpecError: ...
    def lacks(self, message: str, remedy: str) -> None:
        """SpecError for what the spec does not say, unless it is about to be measured (`Kind.measured`)."""
        ...


@dataclass(frozen=True, slots=True)
class Placed(Generic[Facts]):
    """The shape of the output, the learned arrays, and the facts. `gains` are arrays whose entries start at `start`.

    Arrays called MAP.ARRAY are those of one of several learned maps: each map has a ball of its own.
    `radii`: of balls whose radius is a field of the kind itself. `frozen`: maps that are bounded and never differentiated.
    `least`: by array, the smallest norm of each of its rows (first axis); `most`: the largest absolute value of its entries. These
    are hypotheses, restrictions of the ball.
    `smooth_where`: where its smoothness holds, if not everywhere. `loops`: whether it lowers to loops. `row_stochastic`, `row_norm`: see `Operand`, of the output. `features`: its feature axis, from the end
    where it is negative; None: that of the first operand where there are as many axes. `parts`: of a layer that is read in parts,
    as `name.0`, `name.1`. `buffers`: the shapes of arrays that are given and not learned, by the names that they are saved under.
    `is_one_of_many`: whether the fields leave open which map it is, so that `forward` is one of those that they allow; with
    `buffers` it is the map that these make it.
    """

    shape: Shape
    facts: Facts
    arrays: Mapping[str, Shape] = field(default_factory=dict[str, Shape])
    gains: frozenset[str] = frozenset()
    start: sympy.Expr = sympy.S.One
    radii: Mapping[str, sympy.Expr] = field(default_factory=dict[str, sympy.Expr])
    least: Mapping[str, sympy.Expr] = field(default_factory=dict[str, sympy.Expr])
    most: Mapping[str, sympy.Expr] = field(default_factory=dict[str, sympy.Expr])
    row_stochastic: bool = False
    features: int | None = None
    frozen: frozenset[str] = frozenset()
    loops: bool = False
    buffers: Mapping[str, Shape] = field(default_factory=dict[str, Shape])
    parts: tuple[Placed[Any], ...] = ()
    row_norm: sympy.Expr | None = None
    smooth_where: str = ""
    is_one_of_many: bool = False


@dataclass(frozen=True, slots=True)
class Learned:
    """A learned array as lowering sees it: the primitive of its ball, and which array of which layer it is; `start`: see
    `Array`."""

    parameter: int
    ball: str
    origin: str
    start: sympy.Expr | None

    def joint(self, other: Learned) -> bool:
        """Whether two arrays are different parts of one ball."""
        return self.ball == other.ball and self.origin != other.origin


class Lowering(Protocol):
    """The primitive graph under construction, as one layer sees it."""

    @property
    def batch(self) -> sympy.Expr: ...
    @property
    def shape(self) -> Shape:
        """The shape of the layer's output."""
        ...

    @property
    def arrays(self) -> Mapping[str, Learned]: ...
    def operator_norms(self, array: str, bilinear: sympy.Expr) -> list[sympy.Expr]:
        """What the spec says of the operator norm of B(array, .), where B has norm `bilinear`: its `spectral`, and the spectral norm
        of the centre, from which the array differs by at most its radius."""
        ...

    def emit(self, primitive: Primitive, shape: Shape | None = None, *, batched: bool = True) -> int:
        """A further primitive, and its number; `shape` is that of its array where it is not the layer's output. `batched`: its
        first axis are the samples; what is made of learned arrays alone has none."""
        ...

    def loop(
        self, states: Mapping[str, Shape], passes: sympy.Expr, body: Callable[[Sequence[int]], Sequence[int]]
    ) -> tuple[int, ...]:
        """A loop over states of these names and shapes, which start at zero: `body` emits one pass, from the primitives that stand for
        the states to those that replace them. Gives the states after the last pass."""
        ...

    def own(self, **constants: sympy.Expr | None) -> None:
        """Report the layer's own constants."""
        ...

    def assume(self, conditions: Sequence[Boolean]) -> None:
        """Keep what the constants rely on."""
        ...

    def warn(self, message: str) -> None: ...
    def error(self, message: str, remedy: str | None = None) -> SpecError: ...


@dataclass(frozen=True, slots=True)
class Smoothed:
    """A smooth layer in place of one with kinks. `error`: by how much an entry differs at most, where that is known."""

    kind: Kind[Any, Any]
    placed: Placed[Any]
    error: sympy.Expr | None


Lower = Callable[[Facts, tuple[int, ...], Lowering], int]
# An array of NumPy, JAX, PyTorch or autograd; the last argument of `Forward` is their namespace (array API, and `erf`).
Forward = Callable[[Facts, Mapping[str, Any], Sequence[Any], Any], Any]


@dataclass(frozen=True, slots=True)
class Kind(Generic[Fields, Facts]):
    """A kind of layer, or a loss.

    place: from the fields and the operands to the shape, the learned arrays and the facts. Raises SpecError.
    lower: the layer as primitives; gives the one of its output.
    forward: the same map on arrays of shape [batch, *shape]; `facts` have numbers in place of symbols.
    smoothed: the smooth layer that stands for it under `--smooth`: for softplus and averages where the last argument is None, for
    Moreau envelopes where it is their parameter; None where it is smooth as it is.
    published: the layer with the constants of the paper; None where the paper has none.
    channels: the axis of the operand that `in` means, and of the output that `out` means.
    operands: how many it reads (None: one or more).
    spectral: the learned array that its linear map is made of, where it can use a bound of that map's operator norm.
    diagonal: the learned gain, which multiplies entry by entry: the operator norm of its map is its largest entry.
    example: a small spec that uses it.
    aliases: what PyTorch, Keras and ONNX call it, where that is another word.
    reads_tokens: whether it reads token ids, and nothing else.
    convex: of a loss, whether it is a convex function of all that it reads.
    part: the kind of its parts, which learn nothing and read its output.
    sliding: how the array `spectral` slides over what it reads, where its map is more than a matrix for each position.
    measured: fields that say what is known of the layer's `buffers` (their entries in order), as expressions that are at least what they bound. Raises ValueError.
    buffers: arrays that are saved with the learned ones, whether they are needed or not.
    """

    name: str
    fields: type[Fields]
    place: Callable[[Fields, At], Placed[Facts]]
    lower: Lower[Facts]
    forward: Forward[Facts]
    published: Lower[Facts] | None = None
    channels: int = 0
    operands: int | None = 1
    spectral: str = ""
    diagonal: str = ""
    reads_tokens: bool = False
    loss: bool = False
    convex: bool = False
    aliases: tuple[str, ...] = ()
    example: str = ""
    smoothed: Callable[[Facts, At, sympy.Expr | None], Smoothed | None] | None = None
    part: Kind[Any, Any] | None = None
    sliding: Callable[[Facts], Sliding] | None = None
    measured: Callable[[Facts, Mapping[str, Sequence[float]]], Mapping[str, str]] | None = None
    buffers: tuple[str, ...] = ()


# The one place where fields and facts are erased: a vocabulary holds kinds of all fields and facts.
AnyKind = Kind[Any, Any]
Vocabulary = Mapping[str, AnyKind]
FixedVocabulary = Shelf[AnyKind]  # one that `|` extends and nothing changes
