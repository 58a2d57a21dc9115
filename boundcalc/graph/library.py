"""A file of modules and symbols only, for others to include: what can be checked where no call gives shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

import sympy

from boundcalc.graph.environment import Binding, BoundNumber, Environment
from boundcalc.graph.names import unknown_names
from boundcalc.language.architecture import Architecture, Branch, Module, Step
from boundcalc.language.conditions import declare
from boundcalc.language.structure import Repeat
from boundcalc.language.words import Word
from boundcalc.mistakes import Mistake, Mistakes, Place, SpecError


def check_library(architecture: Architecture[Word]) -> None:
    """The symbols, the names in the expressions of the modules, and that no module calls itself.

    Raises SpecError with every mistake found.
    """
    mistakes = Mistakes()
    symbols = declare(architecture.symbols, mistakes).symbols
    modules = architecture.modules
    for module in modules.values():
        for step, environment in _steps(module):
            mistakes.extend(unknown_names(step, environment, symbols))
    calls = {name: {step.kind for step, _ in _steps(module)} & modules.keys() for name, module in modules.items()}
    try:
        TopologicalSorter(calls).prepare()
    except CycleError as error:
        chain: list[str] = error.args[1][::-1]
        mistakes.add(modules[chain[0]].place, f"the module '{chain[0]}' calls itself: {' -> '.join(chain)}")
    mistakes.raise_if_any()


def only_modules(architecture: Architecture[Word]) -> SpecError:
    """The error of a command that needs a network."""
    remedy = "include it in a spec that has an input and layers: include: [FILE.yaml]"
    place = Place(architecture.source, 1, 1)
    return SpecError([Mistake(place, "the file has only modules and symbols, no network", remedy, "only_modules")])


def _steps(module: Module) -> Iterator[tuple[Step, Environment]]:
    """The steps of a module with those inside them, and what their expressions see: any number for an argument."""
    bindings: dict[str, Binding] = {}
    for name, default in module.arguments.items():
        if isinstance(default, Branch):
            yield from _inside(default.steps, Environment("", dict(bindings)))
        bindings[name] = _anything(name)
    yield from _inside(module.layers, Environment("", bindings))


def _inside(steps: Iterable[Step], environment: Environment) -> Iterator[tuple[Step, Environment]]:
    for step in steps:
        yield step, environment
        counter = step.fields.index if isinstance(step.fields, Repeat) else None
        inner = environment if counter is None else environment.inside("", {counter: _anything(counter)})
        yield from _inside(step.body, inner)
        for operand in (*(step.sources or ()), *(step.arguments or {}).values()):
            if isinstance(operand, Branch):
                yield from _inside(operand.steps, environment)


def _anything(name: str) -> BoundNumber:
    return BoundNumber(sympy.Dummy(name, positive=True))
