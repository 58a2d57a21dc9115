"""The layer graph: what the network computes, with every name resolved and every shape known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import networkx as nx
import sympy

from boundcalc.language.conditions import Conditions
from boundcalc.mistakes import Place

LAYER_LIMIT = 20_000  # unless somebody allows more: a spec of a few lines must not be able to exhaust memory or time
DEPTH_LIMIT = 64  # of scopes inside one another, well below Python's limit of recursion
Shape = tuple[sympy.Expr, ...]


@dataclass(frozen=True, slots=True)
class Ball:
    """Learned arrays bounded together: ||v - v0|| <= radius with ||v0|| <= center (None: v0 = 0)."""

    path: str
    radius: sympy.Expr
    center: sympy.Expr | None
    frozen: bool
    ones: sympy.Expr = sympy.S.Zero  # norm of the gains in it that start at one, outside the radius


@dataclass(frozen=True, slots=True)
class Array:
    """A learned array of a layer: its shape and the ball it belongs to (that of another layer when it is shared).

    `origin` names the array itself, wherever it is used; `at_one`: it starts at one (a gain), outside the radius.
    """

    name: str
    shape: Shape
    ball: str
    origin: str
    shared: bool = False
    at_one: bool = False

    def joint(self, other: Array) -> bool:
        """Whether two arrays are different parts of one ball."""
        return self.ball == other.ball and self.origin != other.origin


@dataclass(frozen=True, slots=True)
class Layer:
    """One node. `settings` are the evaluated fields; `loops` the symbolic repeats it stands in, outermost first."""

    path: str
    kind: str
    place: Place
    inputs: tuple[str, ...]
    shape: Shape
    settings: Mapping[str, object] = field(default_factory=dict)
    arrays: tuple[Array, ...] = ()
    spectral: sympy.Expr | None = None
    loops: tuple[str, ...] = ()
    visible: bool = True  # False: bookkeeping of a scan, not something a person wrote

    @property
    def parameters(self) -> sympy.Expr:
        """How many learned numbers are its own."""
        return sympy.Add(*(size(array.shape) for array in self.arrays if not array.shared))


@dataclass(frozen=True, slots=True)
class State:
    """What a symbolic repeat carries: the node inside that stands for it, its start outside, its replacement inside."""

    carried: str
    start: str | None  # None: zero
    result: str
    after: str


@dataclass(frozen=True, slots=True)
class Loop:
    """A symbolic repeat. The nodes of its body follow its own node up to `last`, without gaps."""

    path: str
    times: sympy.Expr
    states: tuple[State, ...]
    last: str
    shared: bool  # one set of parameters for all passes


@dataclass(slots=True)
class LayerGraph:
    """A directed acyclic graph of layers in the order in which they can be computed."""

    name: str
    batch: sympy.Expr
    conditions: Conditions
    digraph: nx.DiGraph[str] = field(default_factory=nx.DiGraph)
    balls: dict[str, Ball] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)  # every name a person can use, also of modules, to its node
    loops: dict[str, Loop] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    loss: str | None = None
    regularizer: sympy.Expr | None = None
    warnings: list[str] = field(default_factory=list)
    newest: str = ""

    def add(self, layer: Layer) -> str:
        self.newest = layer.path
        self.digraph.add_node(layer.path, layer=layer)
        self.digraph.add_edges_from((source, layer.path) for source in layer.inputs)
        return layer.path

    def layer(self, node: str) -> Layer:
        return self.digraph.nodes[node]["layer"]

    def copies(self, layer: Layer) -> sympy.Expr:
        """How many layers with parameters of their own it stands for: one for each pass of the symbolic repeats around it,
        unless their passes share."""
        return sympy.Mul(*(self.loops[path].times for path in layer.loops if not self.loops[path].shared))

    def __iter__(self) -> Iterator[Layer]:
        return (self.layer(node) for node in self.digraph)


def size(shape: Shape) -> sympy.Expr:
    """The number of entries."""
    return sympy.Mul(*shape)


def show_shape(shape: Shape) -> str:
    return "[" + ", ".join(str(axis) for axis in shape) + "]"
