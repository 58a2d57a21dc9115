"""The layer graph: what the network computes, with every name resolved and every shape known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.graph.kind import Kind, Placed
from boundcalc.graph.regularization import Regularization
from boundcalc.graph.settable import Settable
from boundcalc.graph.shape import Shape, show_shape, size
from boundcalc.language.conditions import Conditions
from boundcalc.language.tree import LAYERS, Scalar
from boundcalc.mistakes import Place, escaped

LAYER_LIMIT = LAYERS  # a spec of a few lines must not be able to exhaust memory or time
DEPTH_LIMIT = 64  # of scopes inside one another, well below Python's limit of recursion


@dataclass(frozen=True, slots=True)
class Ball:
    """Learned arrays bounded together: ||v - v0|| <= radius with ||v0|| <= center (None: v0 = 0).

    `made_in` are the symbolic repeats that make a new one in each pass, outermost first.
    """

    path: str
    radius: sympy.Expr
    center: sympy.Expr | None
    frozen: bool
    ones: sympy.Expr = sympy.S.Zero  # norm of where the gains in it start, outside the radius
    made_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Array:
    """A learned array of a layer: its shape and the ball it belongs to (that of another layer when it is shared).

    `origin` names the array itself, wherever it is used; `start`: where its entries start, outside the radius, if it is a gain;
    `center`: the norm of its own centre, where the spec gives one for each array, and `center_spectral` the operator norm of the
    layer's linear map at it.
    """

    name: str
    shape: Shape
    ball: str
    origin: str
    shared: bool = False
    start: sympy.Expr | None = None
    center: sympy.Expr | None = None
    center_spectral: sympy.Expr | None = None

    def joint(self, other: Array) -> bool:
        """Whether two arrays are different parts of one ball."""
        return self.ball == other.ball and self.origin != other.origin


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Node(Shown):
    """One array of the network. `features`: its feature axis, counted without the batch, None where it has no axes; `loops`: the
    symbolic repeats it stands in, outermost first; `shown`: what a person calls it, where that is not its path; `tokens`: how many
    ids there are, where it holds token ids."""

    path: str
    place: Place
    inputs: tuple[str, ...] = ()
    shape: Shape
    features: int | None
    loops: tuple[str, ...] = ()
    shown: str = ""
    tokens: sympy.Expr | None = None

    def _page_(self) -> Page:
        return Page(f"<{type(self).__name__} {escaped(self.title)} {show_shape(self.shape)}>")

    @property
    def title(self) -> str:
        return self.shown or self.path


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Input(Node):
    """An input of the network: bounds of its Euclidean norm and of its largest sample and entry, where one is given; None for
    token ids."""

    norm: sympy.Expr | None
    sup: sympy.Expr | None
    sample: sympy.Expr | None = None

    @property
    def label(self) -> str:
        return "input"


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a smooth layer stands for: what a person wrote, and by how much an entry differs at most, where that is known."""

    kind: str
    error: sympy.Expr | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Layer(Node):
    """A step of a kind of the vocabulary, placed: what a person wrote, or the smooth layer that stands for it."""

    kind: Kind[Any, Any]
    placed: Placed[Any]
    arrays: tuple[Array, ...] = ()
    spectral: sympy.Expr | None = None
    replaces: Replaced | None = None

    @property
    def label(self) -> str:
        """What a person calls its kind."""
        return self.kind.name

    @property
    def parameters(self) -> sympy.Expr:
        """How many learned numbers are its own."""
        return sympy.Add(*(size(array.shape) for array in self.arrays if not array.shared))


@dataclass(frozen=True, slots=True, kw_only=True)
class Zeros(Node):
    """Where a carried state starts, unless said otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Node):
    """One entry along the first axis, of the pass that reads it."""

    index: int | None  # None: in a symbolic repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack(Node):
    """Arrays side by side along a new first axis, or appended to one that is being collected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enter(Node):
    """Where the body of a symbolic repeat begins."""

    loop: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried(Node):
    """Inside a symbolic repeat: the state that it carries."""

    loop: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class After(Node):
    """A state of a symbolic repeat after its last pass."""

    loop: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution(Node):
    """The state of a fixed point: what its layers read inside, and what it gives outside."""


Written = Input | Layer  # what a person wrote; the other nodes are bookkeeping of constructs


@dataclass(frozen=True, slots=True)
class State:
    """What a symbolic repeat carries: the node inside that stands for it, its start outside, its replacement inside."""

    name: str
    shown: str  # what a person calls it
    start: str | None  # None: zero
    result: str
    after: str


@dataclass(frozen=True, slots=True)
class Loop:
    """A symbolic repeat. The nodes of its body follow its own node without gaps; `states` are known when the body is."""

    path: str
    times: sympy.Expr
    shared: bool  # one set of parameters for all passes
    place: Place  # of the number of times
    states: tuple[State, ...] = ()


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """The nodes after `state` up to `last` map it to `result`, which is the state itself."""

    path: str
    state: str
    result: str
    last: str
    place: Place


@dataclass(slots=True, repr=False)
class LayerGraph(Shown):
    """A directed acyclic graph of layers in the order in which they can be computed."""

    name: str
    batch: sympy.Expr
    conditions: Conditions
    nodes: dict[str, Node] = field(default_factory=dict)  # by path
    read: set[str] = field(default_factory=set)  # the nodes that others read
    balls: dict[str, Ball] = field(default_factory=dict)
    settable: dict[str, Settable] = field(default_factory=dict)  # fields of layers by path, as `--set` has them
    paths: dict[str, str] = field(default_factory=dict)  # every name a person can use, also of modules, to its node
    loops: dict[str, Loop] = field(default_factory=dict)
    fixed_points: dict[str, FixedPoint] = field(default_factory=dict)  # by the node of the state
    outputs: tuple[str, ...] = ()
    loss: str | None = None
    regularizer: Regularization | None = None
    warnings: list[str] = field(default_factory=list)
    given: Mapping[str, Scalar] = field(
        default_factory=dict
    )  # norms of outputs at the given weights, as they are written

    def _page_(self) -> Page:
        return Page(
            f"<LayerGraph of {escaped(self.name)}: {len(self.nodes):,} nodes, {len(self.balls):,} balls, {len(self.loops):,} symbolic repeats>"
        )

    def add(self, node: Node) -> str:
        if node.path in self.nodes:
            raise AssertionError(f"two nodes are called '{node.path}'")
        self.nodes[node.path] = node
        self.read.update(node.inputs)
        return node.path

    def call(self, path: str, node: str) -> None:
        """Let a path of a person stand for a node."""
        if self.paths.setdefault(path, node) != node:
            raise AssertionError(f"two steps are called '{path}'")

    def node(self, path: str) -> Node:
        return self.nodes[path]

    def layer(self, path: str) -> Layer:
        """The layer at a path that is known to be one."""
        node = self.node(path)
        if not isinstance(node, Layer):
            raise TypeError(f"'{path}' is no layer")
        return node

    def made_in(self, loops: tuple[str, ...]) -> tuple[str, ...]:
        """The symbolic repeats among them that make new parameters in each pass: those whose passes do not share."""
        return tuple(path for path in loops if not self.loops[path].shared)

    def copies(self, loops: tuple[str, ...]) -> sympy.Expr:
        """How many layers with parameters of their own one inside these symbolic repeats stands for."""
        return sympy.Mul(*(self.loops[path].times for path in self.made_in(loops)))

    def exists(self, path: str) -> tuple[Boolean, ...]:
        """When there is a copy of the layer: the symbolic repeats around it have a pass. What is always true is left out."""
        passes = (cast(Boolean, sympy.Ge(self.loops[loop].times, 1)) for loop in self.node(path).loops)
        return tuple(condition for condition in passes if condition != sympy.true)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    @property
    def has_loops(self) -> bool:
        """Whether some symbolic repeat, or layer, is a loop."""
        return bool(self.loops) or any(layer.placed.loops for layer in self.layers)

    @property
    def layers(self) -> Iterator[Layer]:
        return (node for node in self if isinstance(node, Layer))

    @property
    def inputs(self) -> Iterator[Input]:
        return (node for node in self if isinstance(node, Input))
