"""Which symbols are sizes: those that stand by themselves in a field of sizes, in the batch or in a number of passes.

The types of the fields say where sizes stand. One pass over the spec, each module read once: a module is summed up by
those of its arguments that are sizes in it, and a call hands them on to what it gives for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args

from boundcalc.exact.expression import Expression, parse
from boundcalc.language.architecture import Architecture, Argument, Branch, Module, Step
from boundcalc.language.fields import Whole
from boundcalc.language.structure import Repeat, StepFields
from boundcalc.language.tree import Scalar
from boundcalc.language.words import Word
from boundcalc.mistakes import SpecError

MAX_CHAIN = 64  # modules that call each other; the walk over the steps refuses what is deeper
BATCH = Whole()


def size_symbols(architecture: Architecture[Word]) -> Mapping[str, Whole]:
    """The sizes among the declared symbols, and the least value of each: 0 for what only counts passes, else 1."""
    reader = _Reader(architecture.modules)
    top = _Scope(reader.symbols)
    if architecture.batch is not None:
        top.note(architecture.batch, BATCH)
    for given in architecture.inputs.values():
        for expression in (*given.shape, *(() if given.tokens is None else (given.tokens,))):
            top.note(expression, Whole())
    reader.steps(architecture.layers, top)
    if architecture.loss is not None:
        reader.steps((architecture.loss,), top)
    for path, scalar in architecture.overrides.items():
        owner, _, name = path.rpartition(".")
        whole = reader.named(name) if owner else {"batch": BATCH}.get(name)
        if whole is not None and isinstance(scalar, Scalar):
            try:
                top.note(parse(scalar.text, scalar.place), whole)
            except SpecError:
                continue  # a mistake that is reported where the value is used
    return {name: whole for name, whole in reader.symbols.items() if name in architecture.symbols}


@cache
def size_fields(model: type[StepFields]) -> Mapping[str, Whole]:
    """The fields of a kind that hold sizes."""
    found: dict[str, Whole] = {}
    for name, info in model.model_fields.items():
        for mark in (*info.metadata, *_marks(info.annotation)):
            if isinstance(mark, Whole):
                found[name] = mark
    return found


def _marks(annotation: Any) -> Iterator[Any]:
    """What a type is annotated with, inside unions as well."""
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _marks(part)


@dataclass(slots=True)
class _Scope:
    """Where names are looked up: the arguments of a module first, then the symbols; counters are neither."""

    symbols: dict[str, Whole]
    arguments: frozenset[str] = frozenset()
    counters: frozenset[str] = frozenset()
    sizes: dict[str, Whole] = field(default_factory=dict[str, Whole])  # among the arguments

    def note(self, expression: Expression, whole: Whole) -> None:
        name = expression.name
        if name is None or name in self.counters:
            return
        found = self.sizes if name in self.arguments else self.symbols
        if name not in found or found[name].least < whole.least:
            found[name] = whole

    def inside(self, counter: str) -> _Scope:
        return _Scope(self.symbols, self.arguments, self.counters | {counter}, self.sizes)


@dataclass(slots=True)
class _Reader:
    modules: Mapping[str, Module]
    models: set[type[StepFields]] = field(default_factory=set[type[StepFields]])  # of the steps
    symbols: dict[str, Whole] = field(default_factory=dict[str, Whole])
    known: dict[str, Mapping[str, Whole]] = field(default_factory=dict[str, Mapping[str, Whole]])
    chain: int = 0

    def steps(self, steps: Iterable[Step], scope: _Scope) -> None:
        for step in steps:
            self._step(step, scope)

    def _step(self, step: Step, scope: _Scope) -> None:
        self.models.add(type(step.fields))
        for name, whole in size_fields(type(step.fields)).items():
            for expression in _expressions(getattr(step.fields, name)):
                scope.note(expression, whole)
        for carry in step.carry:
            for expression in carry.shape or ():
                scope.note(expression, Whole())
        for operand in step.sources or ():
            if isinstance(operand, Branch):
                self.steps(operand.steps, scope)
        index = step.fields.index if isinstance(step.fields, Repeat) else None
        self.steps(step.body, scope if index is None else scope.inside(index))
        if step.arguments is not None and step.kind in self.modules:
            self._call(self.modules[step.kind], step.arguments, scope)

    def _call(self, module: Module, given: Mapping[str, Argument], scope: _Scope) -> None:
        """What is given for an argument that is a size is one; a default is read in the module's own scope."""
        for value in given.values():
            if isinstance(value, Branch):
                self.steps(value.steps, scope)
        inner = _Scope(self.symbols, frozenset(module.arguments), sizes=dict(self.module(module)))
        for name, default in reversed(list(module.arguments.items())):  # a default may use the arguments before it
            whole = inner.sizes.get(name)
            value = given.get(name, default)
            if whole is not None and isinstance(value, Expression):
                (scope if name in given else inner).note(value, whole)

    def module(self, module: Module) -> Mapping[str, Whole]:
        """The arguments that are sizes inside it."""
        if module.name not in self.known:
            if self.chain >= MAX_CHAIN:
                return {}
            self.known[module.name] = {}  # a module that calls itself is refused elsewhere
            self.chain += 1
            scope = _Scope(self.symbols, frozenset(module.arguments))
            self.steps(module.layers, scope)
            for default in module.arguments.values():
                if isinstance(default, Branch):
                    self.steps(default.steps, scope)
            self.chain -= 1
            self.known[module.name] = scope.sizes
        return self.known[module.name]

    def named(self, name: str) -> Whole | None:
        """What a field or an argument of this name holds, of whatever step or module: for `--set PATH.NAME=...`."""
        fields = (size_fields(model).get(name) for model in self.models)
        arguments = (self.module(module).get(name) for module in self.modules.values() if name in module.arguments)
        return max((w for w in (*fields, *arguments) if w is not None), key=lambda w: w.least, default=None)


def _expressions(value: object) -> Iterator[Expression]:
    if isinstance(value, Expression):
        yield value
    elif isinstance(value, tuple):
        for part in value:  # type: ignore[reportUnknownVariableType]
            yield from _expressions(part)
