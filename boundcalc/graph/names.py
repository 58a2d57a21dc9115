"""Unknown names in the expressions of a step that is not built: after an earlier mistake, or in a module that nobody calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import sympy

from boundcalc.exact.expression import Expression
from boundcalc.graph.environment import Environment, evaluate
from boundcalc.graph.evaluations import Evaluations
from boundcalc.language.architecture import Step
from boundcalc.language.fields import CenterNorms
from boundcalc.mistakes import Mistake, SpecError

WORDS = frozenset({"same", "sample", "true", "false"})  # words of the language that stand where expressions do


def unknown_names(step: Step, environment: Environment, symbols: Mapping[str, sympy.Symbol]) -> Iterator[Mistake]:
    """A mistake for each expression of a step with a name that means nothing there."""
    anything = {name: sympy.Dummy(name, positive=True) for name in ("in", "out", "center")}
    values = [value for _, value in step.fields]
    values += [*(step.arguments or {}).values(), *(carry.shape for carry in step.carry)]
    for expression in _expressions(values):
        if not all(n in symbols or n in anything or environment.binding(n) for n in expression.names - WORDS):
            try:
                evaluate(expression, environment, Evaluations(symbols), anything)
            except SpecError as error:
                yield from error.mistakes


def _expressions(values: Iterable[object]) -> Iterator[Expression]:
    """The expressions among some values, also in lists and mappings."""
    for value in values:
        if isinstance(value, Expression):
            yield value
        elif isinstance(value, CenterNorms):
            yield from (value.norm, value.spectral)
        elif isinstance(value, tuple):
            yield from _expressions(value)
        elif isinstance(value, Mapping):
            yield from _expressions(value.values())
