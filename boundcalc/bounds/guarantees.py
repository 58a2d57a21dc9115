"""From the bounds of an objective F to steps, iteration counts and kernels. Every theorem is proved in docs/steps.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import sympy

from boundcalc.arguments import Named, Suggesting
from boundcalc.bounds.answer import Answer
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.forms import Forms
from boundcalc.bounds.grouped import grouped_by
from boundcalc.bounds.guarantee import Guarantee, Rounding
from boundcalc.bounds.kernel import Kernel, kernel_of
from boundcalc.bounds.named import Objective
from boundcalc.bounds.options import SCHEMA, Json
from boundcalc.bounds.shown_guarantees import brief_page, whole_page
from boundcalc.bounds.spectral import Spectral, spectral_of
from boundcalc.bounds.steps import LayerSteps
from boundcalc.bounds.targets import Targets, targets_of
from boundcalc.calculus.quantities import SMOOTHNESS, UPPER_CURVATURE
from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.exact.printing import to_str
from boundcalc.language.conditions import Conditions
from boundcalc.mistakes import Mistake, Place, SpecError

STEP = "gradient descent by it, projected onto the balls, never increases F: by at least step/2 ||gradient mapping||^2 it falls"
GRADIENT = "min ||grad F|| <= delta among so many iterates of gradient descent by 1/L, while they stay in the balls"
PROJECTED = "min ||gradient mapping|| <= delta among so many iterates of projected gradient descent by 1/L"
STOCHASTIC = (
    "E ||gradient mapping||^2 <= delta^2 at a random one of so many iterates of projected stochastic gradient descent by the "
    "stochastic step; variance: of the gradient of one sample, of which a step averages the batch"
)
STOCHASTIC_STEP = "the step of that method, min(1/(3 L), batch delta^2/(12 variance L))"
PROX_LINEAR = "the prox-linear model of this step is above F, and F falls by at least ||move||^2/(2 step)"
KINK = "; at a kink of F, by the gradient on a side of it"  # where the upper curvature stands for L
NOT_SMOOTH = "the theorem needs a finite L: the gradient of F jumps, and the upper curvature does not bound by how much"
NOT_CONVEX = "the loss '{}' is not convex: its prox-linear model may be below F"
RESTRICTED = (
    "the arrays of layer '{}' are restricted to a set that is not convex: no theorem of projections holds on it"
)


@dataclass(frozen=True, eq=False, repr=False)
class Guarantees(Shown, Suggesting):
    """What is known of training by an objective; made by `boundcalc.objective`."""

    bounds: Bounds
    targets: Targets

    @property
    def lipschitz(self) -> Bound:
        """l_F."""
        return _objective(self.bounds).lipschitz

    @property
    def smoothness(self) -> Bound:
        """L_F."""
        return _objective(self.bounds).smoothness

    @property
    def bend(self) -> Bound:
        """L_F, or the upper curvature of F where L_F is infinite."""
        return _objective(self.bounds).bend

    @property
    def upper_curvature(self) -> Bound | None:
        return _objective(self.bounds).upper_curvature

    @property
    def conditions(self) -> Conditions:
        return self.targets.conditions

    @cached_property
    def step(self) -> Guarantee:
        return self._of("step", STEP, inverse=True, rounding=Rounding.DOWN)

    @cached_property
    def iterations(self) -> Named[Guarantee]:
        t = self.targets
        descent = 2 * t.gap / t.delta**2
        noisy = 24 * t.gap / t.delta**2 * sympy.Max(1, 4 * t.variance / (t.batch * t.delta**2))
        projected = self._restricted
        found = {
            "gradient": self._of("iterations_gradient", GRADIENT, descent),
            "projected": self._of("iterations_projected", PROJECTED, descent, refused=projected),
            "stochastic": self._of("iterations_stochastic", STOCHASTIC, noisy, refused=projected or self._kinks),
        }
        return Named("method", found)

    @cached_property
    def stochastic_step(self) -> Guarantee:
        t, third = self.targets, sympy.Rational(1, 3)
        factor = third if t.variance.is_zero else sympy.Min(third, t.batch * t.delta**2 / (12 * t.variance))
        return self._of(
            "stochastic_step",
            STOCHASTIC_STEP,
            factor,
            inverse=True,
            rounding=Rounding.DOWN,
            refused=self._restricted or self._kinks,
        )

    @cached_property
    def prox_linear_step(self) -> Guarantee:
        of = self.bounds
        found = grouped_by(replace(of.graph, regularizer=None), of.primitives, of.options, straight=True)
        assert found.objective is not None
        figure = found.objective[SMOOTHNESS]
        scalars = [] if figure.scalar is None else [("prox_linear", figure.scalar)]
        bound = Bound("prox_linear", figure, Forms(of.symbols, scalars), of.graph.conditions)
        return Guarantee(
            "prox_linear_step",
            PROX_LINEAR,
            bound,
            self.conditions,
            inverse=True,
            rounding=Rounding.DOWN,
            refused=self._not_convex,
        )

    @property
    def steps(self) -> LayerSteps:
        return self.bounds.layer_steps

    @cached_property
    def spectral(self) -> Spectral:
        graph, primitives = self.bounds.apart
        return spectral_of(graph, primitives, self.bounds.options)

    @cached_property
    def kernel(self) -> Kernel:
        graph, primitives = self.bounds.apart
        return kernel_of(graph, primitives, self.bounds.options)

    @property
    def named(self) -> Mapping[str, Guarantee]:
        """What follows from L_F, by name."""
        own = (self.step, *self.iterations.values(), self.stochastic_step)
        return {each.name: each for each in own}

    def to_dict(self) -> dict[str, Json]:
        """The JSON of `boundcalc objective --format json`."""
        return {"schema": SCHEMA, "name": self.bounds.name, **self.bounds.options.to_dict(), **self.data()}

    def data(self) -> dict[str, Json]:
        """The same without its head."""
        of, values, upper = self.bounds, self.bounds.values, self.upper_curvature
        return {
            **of.document.grouping_data,
            "certified": of.certified,
            "warnings": list(of.warnings),
            "symbols": of.symbol_values,
            "conditions": [str(condition) for condition in of.conditions],
            "asked": self.targets.to_dict(),
            "definitions": [[name, text] for name, text in (*of.written_definitions, *self._written)],
            "lipschitz": Answer("lipschitz", self.lipschitz, of).to_dict(),
            "smoothness": Answer("smoothness", self.smoothness, of).to_dict(),
            **({} if upper is None else {UPPER_CURVATURE.name: Answer(UPPER_CURVATURE.name, upper, of).to_dict()}),
            "step": self.step.to_dict(values),
            "iterations": {name: count.to_dict(values) for name, count in self.iterations.items()},
            "stochastic_step": self.stochastic_step.to_dict(values),
            "prox_linear_step": self.prox_linear_step.to_dict(values),
            "steps": self.steps.to_dict(values),
            "spectral": self.spectral.to_dict(values),
            "kernel": self.kernel.to_dict(values),
        }

    def _brief_(self) -> Page:
        return brief_page(self)

    def _page_(self) -> Page:
        return whole_page(self)

    @property
    def definitions(self) -> list[tuple[str, sympy.Expr]]:
        """Those of the bounds, and what follows from L_F by its name."""
        return [*self.bounds.definitions, *self._derived]

    @property
    def _derived(self) -> list[tuple[str, sympy.Expr]]:
        """What follows from L_F, or what stands for it, by the name that it has in the definitions."""
        name = self.bounds.definition(self.bend)
        if name is None or all(name != known for known, _ in self.bounds.written_definitions):
            return []
        symbol = sympy.Symbol(name, nonnegative=True)
        return [(key, each.in_terms_of(symbol)) for key, each in self.named.items() if each.finite]

    @property
    def _written(self) -> list[tuple[str, str]]:
        return [(name, to_str(expression)) for name, expression in self._derived]

    @cached_property
    def _restricted(self) -> str | None:
        restricted = (layer.path for layer in self.bounds.graph.layers if layer.placed.least)
        path = next(restricted, None)
        if path is not None:
            return RESTRICTED.format(path)
        return (
            f"the smoothness holds {self._smooth_where}: no theorem of projections does" if self._smooth_where else None
        )

    @cached_property
    def _smooth_where(self) -> str:
        """Where the smoothness holds, if not on all of the balls."""
        return next((layer.placed.smooth_where for layer in self.bounds.graph.layers if layer.placed.smooth_where), "")

    @property
    def _kinks(self) -> str | None:
        """Why nothing is known of what needs a gradient that does not jump, though gradient steps are known to be safe."""
        return None if self.bend is self.smoothness else NOT_SMOOTH

    @property
    def _not_convex(self) -> str | None:
        loss = self.bounds.graph.loss
        kind = None if loss is None else self.bounds.graph.layer(loss).kind
        return None if kind is None or kind.convex else NOT_CONVEX.format(kind.name)

    def _of(
        self,
        name: str,
        note: str,
        factor: sympy.Expr = sympy.S.One,
        *,
        inverse: bool = False,
        rounding: Rounding = Rounding.WHOLE,
        refused: str | None = None,
    ) -> Guarantee:
        where = f"; known {self._smooth_where}" if self._smooth_where else ""
        defined = refused is None and self.bounds.definition(self.bend) is not None
        return Guarantee(
            name=name,
            note=(note if self.bend is self.smoothness else note.replace("1/L", "1/c") + KINK) + where,
            bound=self.bend,
            conditions=self.conditions,
            factor=factor,
            inverse=inverse,
            rounding=rounding,
            refused=refused,
            definition=name if defined else None,
        )


def guarantees(bounds: Bounds, **asked: object) -> Guarantees:
    """`asked`: delta, gap, variance and batch (see `Targets`). Raises SpecError for a spec without a loss, and for what is asked
    where it is no positive number."""
    if bounds.objective is None:
        remedy = "add one, such as loss: logistic"
        raise SpecError([Mistake(Place(bounds.architecture.source), "there is no loss, hence no objective", remedy)])
    return Guarantees(bounds, targets_of(bounds.graph.conditions, bounds.values, asked))


def _objective(bounds: Bounds) -> Objective:
    assert bounds.objective is not None
    return bounds.objective
