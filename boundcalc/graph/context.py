"""What the walk over the steps shares: the graph under construction, values, what fields are used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.exact.expression import Expression
from boundcalc.exact.intervals import at_least
from boundcalc.exact.signs import sign_range
from boundcalc.graph.environment import Channels, Environment, evaluate, find_node, find_path, inside_repeat
from boundcalc.graph.evaluations import Evaluations
from boundcalc.graph.inherited import Inherited, Use
from boundcalc.graph.kind import Kind
from boundcalc.graph.layer_graph import DEPTH_LIMIT, LAYER_LIMIT, LayerGraph
from boundcalc.graph.overrides import Overrides
from boundcalc.graph.placement import Placement
from boundcalc.language.architecture import Architecture, Reference, Step
from boundcalc.language.conditions import Conditions
from boundcalc.language.fields import fail
from boundcalc.mistakes import Mistake, Mistakes, Place

WALKED = 4  # steps that are walked for each layer: modules and branches count, whether there are layers in them or not


# Operations of expressions that differ from layer to layer, for each layer and besides: to read, evaluate and print one takes
# up to .2 ms, and a layer of a deep network has a millisecond for everything.
OPERATIONS, MORE_OPERATIONS = 3, 4000


class UnknownError(Exception):
    """A step reads a step whose mistake was already noted."""


class TooLargeError(Exception):
    """The walk is over: modules and repeats inside one another grow exponentially. The mistake was noted."""


@dataclass(slots=True)
class Context:
    """The state of one walk. `unroll`: symbolic repeats whose number of times has a value are unrolled too; `measuring`:
    what only measured arrays can say may be missing."""

    architecture: Architecture[Kind[Any, Any]]
    graph: LayerGraph
    conditions: Conditions
    overrides: Overrides
    mistakes: Mistakes
    unroll: bool
    max_layers: int = LAYER_LIMIT
    measuring: bool = False
    mu: sympy.Expr | None = None  # of Moreau envelopes in place of kinks
    layers: int = 0
    walked: int = 0
    said: dict[Use, Mistake] = field(default_factory=dict[Use, Mistake])  # fields, and what each is if nothing uses it
    written: dict[Place, list[str]] = field(default_factory=dict[Place, list[str]])  # the layers that a step became
    used: set[Use] = field(default_factory=set[Use])
    evaluations: Evaluations = field(init=False)

    def __post_init__(self) -> None:
        self.evaluations = Evaluations(self.conditions.symbols)

    def count(self, step: Step, placement: Placement) -> None:
        """Steps count also where they make no layer or are mistakes, and lists of steps also where they are empty."""
        self.walked += 1
        if self.walked > WALKED * self.max_layers:
            self.too_large(step.place, f"more than {WALKED * self.max_layers} layers, modules and lists of layers")
        if placement.depth > DEPTH_LIMIT:
            message = f"more than {DEPTH_LIMIT} modules, branches and repeats inside one another"
            self.mistakes.add(step.place, message, "write them one after another")
            raise TooLargeError

    def count_layer(self, place: Place) -> None:
        self.expect_layers(1, place)
        self.layers += 1

    def expect_layers(self, more: int, place: Place) -> None:
        """So many are to come. Raises TooLargeError before they are made."""
        if self.layers + more > self.max_layers:
            self.too_large(place, f"the network has more than {self.max_layers} layers")

    def too_large(self, place: Place, message: str) -> NoReturn:
        remedy = "repeat with a symbolic number of times, or allow more with --max-layers N (max_layers=N in Python)"
        self.mistakes.add(place, message, remedy, "too_large")
        raise TooLargeError

    def find(self, reference: Reference, environment: Environment, placement: Placement) -> str:
        node = find_node(reference, environment, self.graph.paths)
        loops = self.graph.node(node).loops
        if loops != placement.loops[: len(loops)]:
            raise inside_repeat(reference)
        return node

    def unrolled(self, passes: sympy.Expr, known: sympy.Expr, place: Place) -> None:
        """Keep that a symbolic number of passes has the value of the copies that stand for them."""
        if known != passes:
            self.conditions.assumed.setdefault(cast(Boolean, sympy.Eq(passes, known)), place)
            self.conditions.unrolled.update(s for s in passes.free_symbols if isinstance(s, sympy.Symbol))

    def inherited(self, step: Step, name: str, environment: Environment, placement: Placement) -> Inherited:
        inherited = placement.inherited.overlay(step.fields, environment, step.place)
        share = step.fields.share
        if isinstance(share, tuple):
            target, place = share
            return inherited.sharing(
                find_path(Reference(target, place), environment, self.graph.paths), f"{placement.prefix}{name}", place
            )
        return inherited

    def evaluate(self, expression: Expression, environment: Environment, channels: Channels) -> sympy.Expr:
        value = evaluate(expression, environment, self.evaluations, channels)
        most = MORE_OPERATIONS + OPERATIONS * self.layers
        if self.evaluations.operations > most:
            message = f"the expressions of the first {self.layers} layers take more than {most} operations"
            remedy = f"{OPERATIONS} for each layer are fine; what no counter changes is computed once"
            self.mistakes.add(expression.place, message, remedy, "too_large")
            raise TooLargeError
        return value

    def constant(self, expression: Expression, environment: Environment, channels: Channels, what: str) -> sympy.Expr:
        """A nonnegative number, for the values that the symbols have."""
        value = self.evaluate(expression, environment, channels)
        is_safe = sign_range(value)[0] >= 0  # whatever values its symbols have
        if not is_safe and self.conditions.holds(at_least(value, sympy.S.Zero), expression.place) is False:
            raise fail(expression.place, f"{what} must not be negative: {value}")
        return value


# Walks a list of steps from a node (None: there is none) and gives the last one.
Steps = Callable[[tuple[Step, ...], str | None, Environment, Placement], str | None]
