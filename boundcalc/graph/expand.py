"""Architecture -> layer graph: inputs, the walk over the layers, outputs, loss and regularizer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.graph.at import StepAt
from boundcalc.graph.context import Context, TooLargeError, UnknownError
from boundcalc.graph.environment import Environment
from boundcalc.graph.features import of_new
from boundcalc.graph.inherited import Inherited
from boundcalc.graph.kind import Kind
from boundcalc.graph.layer_graph import LAYER_LIMIT, Input, LayerGraph
from boundcalc.graph.library import only_modules
from boundcalc.graph.overrides import Overrides
from boundcalc.graph.placement import Placement
from boundcalc.graph.regularization import Regularization, balls_of
from boundcalc.graph.shape import size
from boundcalc.graph.walk import Walk
from boundcalc.language.architecture import Architecture
from boundcalc.language.conditions import declare
from boundcalc.language.fields import fail
from boundcalc.language.sizes import size_symbols
from boundcalc.mistakes import Mistakes, Place, SpecError

LOSS = "loss"  # its name


def expand(
    architecture: Architecture[Kind[Any, Any]],
    unroll: bool = False,
    max_layers: int = LAYER_LIMIT,
    measuring: bool = False,
) -> LayerGraph:
    """The layer graph of an architecture. With `unroll`, symbolic repeats whose number of times has a value are unrolled. With
    `measuring` it may lack what only measured arrays can say, and is good for their shapes alone.

    Raises SpecError with every mistake found, of which more than `max_layers` layers are one.
    """
    if architecture.only_modules:
        raise only_modules(architecture)
    mistakes = Mistakes()
    conditions = declare(architecture.symbols, mistakes, size_symbols(architecture))
    mistakes.raise_if_any()
    graph = LayerGraph(architecture.name, sympy.S.One, conditions, given=architecture.features)
    context = Context(
        architecture, graph, conditions, Overrides(architecture.overrides), mistakes, unroll, max_layers, measuring
    )
    try:
        _Expansion(context).run()
    except (UnknownError, TooLargeError):
        mistakes.raise_if_any()
        raise AssertionError("a mistake was lost") from None
    return graph


class _Expansion:
    def __init__(self, context: Context) -> None:
        self.context, self.graph, self.mistakes = context, context.graph, context.mistakes
        self.architecture, self.overrides = context.architecture, context.overrides
        self.walk = Walk(context)

    def run(self) -> LayerGraph:
        graph, architecture = self.graph, self.architecture
        top = Environment("")
        batch = self.overrides.expression("", "batch", architecture.batch)
        request = StepAt(self.context, "batch", Place(architecture.source, 0, 0), top)
        try:
            if batch is not None:
                graph.batch = request.size(batch, "the batch")
            current = self._inputs(top)
        except SpecError as error:
            self.mistakes.extend(error)
            raise SpecError(self.mistakes) from None
        self.context.mu = self._mu(top)
        fields = self.overrides.apply("", architecture.fields)
        placement = Placement("", Inherited().overlay(fields, top, Place(architecture.source, 0, 0)))
        placement.take((*architecture.inputs, *((LOSS,) if architecture.loss is not None else ())))
        try:
            last = self.walk.steps(architecture.layers, current, top, placement)
            self._finish(last, top, placement)
        finally:
            self.mistakes.extend(m for use, m in self.context.said.items() if use not in self.context.used)
        self.mistakes.raise_if_any()
        return graph

    def _mu(self, top: Environment) -> sympy.Expr | None:
        """The parameter of Moreau envelopes: an expression in the symbols of the file, whatever modules call theirs."""
        smoothing = self.architecture.smoothing
        if smoothing is None or smoothing.mu is None:
            return None
        at = StepAt(self.context, "smooth", smoothing.mu.place, top)
        mu = at.term(smoothing.mu)
        if not at.fits(cast(Boolean, sympy.Gt(mu, 0))):
            raise at.error(f"the parameter of Moreau envelopes is positive, not {at.known(mu)}", "write moreau=1/10")
        return mu

    def _inputs(self, top: Environment) -> str | None:
        """Inputs are nodes; a single one is what the first step reads."""
        for name, declared in self.architecture.inputs.items():
            if name == LOSS and self.architecture.loss is not None:
                raise fail(declared.place, f"the name '{LOSS}' is that of the loss", "give the input another name")
            request = StepAt(self.context, "input", declared.place, top)
            shape = tuple(request.size(axis, "an axis") for axis in declared.shape)
            norm, sup, sample = None, None, None
            tokens = None if declared.tokens is None else request.size(declared.tokens, "the number of token ids")
            if declared.norm is not None:
                entries = self.graph.batch * size(shape)
                for given, copies, is_sample in (
                    (declared.norm.batch, sympy.S.One, False),
                    (declared.norm.sample, self.graph.batch, True),
                    (declared.norm.entry, entries, False),
                ):
                    given = self.overrides.expression(f"{name}.", "norm", given) if given is not None else None
                    if given is not None:
                        sup = request.constant(given, "a norm")
                        norm = sup * sympy.sqrt(copies)
                        sample = sup if is_sample else None
            features = of_new(len(shape), declared.features)
            self.graph.add(
                Input(
                    path=name,
                    place=declared.place,
                    shape=shape,
                    features=features,
                    tokens=tokens,
                    norm=norm,
                    sup=sup,
                    sample=sample,
                )
            )
            self.graph.call(name, name)
        single = len(self.architecture.inputs) == 1
        return next(iter(self.architecture.inputs)) if single else None

    def _finish(self, last: str | None, top: Environment, placement: Placement) -> None:
        graph, architecture = self.graph, self.architecture
        outputs: list[str] = []
        for reference in architecture.outputs:
            try:
                outputs.append(self.context.find(reference, top, placement))
            except (SpecError, UnknownError) as error:
                if isinstance(error, SpecError):
                    self.mistakes.extend(error)
        if not architecture.outputs:
            if last is not None:
                outputs = [last]
            elif not architecture.layers:
                self.mistakes.add(
                    Place(architecture.source, 1, 1), "the file has no layers", "layers: [{dense: 10}, relu]"
                )
        graph.outputs = tuple(outputs)
        if not graph.balls and any(True for _ in graph.layers):
            graph.warnings.append("the network learns nothing: none of its layers has a learned array")
        if architecture.loss is not None and not self.mistakes:
            source = outputs[-1] if outputs else None
            try:
                step = replace(architecture.loss, fields=self.overrides.apply(LOSS, architecture.loss.fields))
                graph.loss = self.walk.layer(step, LOSS, source, top, placement, architecture.vocabulary[step.kind])
            except SpecError as error:
                self.mistakes.extend(error)
        if architecture.regularizer is not None:
            try:
                request = StepAt(self.context, "regularizer", Place(architecture.source, 0, 0), top)
                of = architecture.regularizer
                weight = request.constant(of.weight, "the weight of the regularizer")
                balls = None if of.only is None or self.mistakes else balls_of(of.only, graph.balls.keys(), graph.paths)
                graph.regularizer = Regularization(weight, balls)
            except SpecError as error:
                self.mistakes.extend(error)
        if not self.mistakes:
            self.mistakes.extend(self.overrides.unused())
