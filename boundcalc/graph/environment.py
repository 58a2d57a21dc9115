"""Names: what an expression or an operand of a spec means at the place where it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import sympy

from boundcalc.exact.expression import Expression
from boundcalc.graph.evaluations import Evaluations
from boundcalc.language.architecture import Branch, Reference
from boundcalc.language.fields import fail
from boundcalc.language.paths import heads
from boundcalc.mistakes import Mistake, SpecError, suggest

Channels = Mapping[str, sympy.Expr]  # `in` and `out`, where they are known


@dataclass(frozen=True, slots=True)
class BoundExpression:
    """An argument: an expression that keeps the environment of the call, evaluated once, when it is first needed."""

    expression: Expression
    environment: Environment
    channels: Channels
    known: list[sympy.Expr] = field(default_factory=list["sympy.Expr"], compare=False, repr=False)

    def evaluate(self, evaluations: Evaluations) -> sympy.Expr:
        if not self.known:
            self.known.append(evaluate(self.expression, self.environment, evaluations, self.channels))
        return self.known[0]


@dataclass(frozen=True, slots=True)
class BoundLayers:
    """An argument that is a list of layers, read where it was written."""

    branch: Branch
    environment: Environment
    modules: tuple[str, ...]  # those that are being expanded where it was written


@dataclass(frozen=True, slots=True)
class BoundNode:
    """A name for a node of the layer graph: an input, a module's input, a carried state."""

    node: str


@dataclass(frozen=True, slots=True)
class BoundNumber:
    """The counter of a repeat."""

    value: sympy.Expr


Binding = BoundExpression | BoundLayers | BoundNode | BoundNumber


@dataclass(frozen=True, slots=True)
class Environment:
    """Bindings of one scope. A module starts a fresh one (no parent); branches and repeats see what is around them.

    Names of steps are looked up as prefix + name. Of steps of other scopes that stand there too nothing is seen: those are
    `taken` before `since`, for a module what its call reads, for the layers of an argument what the module has before them.
    """

    prefix: str
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    parent: Environment | None = None
    taken: Mapping[str, int] = field(default_factory=dict)
    since: int = 0

    def chain(self) -> Iterator[Environment]:
        scope: Environment | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def binding(self, name: str) -> Binding | None:
        for scope in self.chain():
            if name in scope.bindings:
                return scope.bindings[name]
        return None

    def path(self, name: str, paths: Mapping[str, str]) -> str | None:
        """The full path of what this scope alone calls by that name."""
        path = f"{self.prefix}{name}"
        return path if path in paths and self._sees(name) else None

    def visible(self, name: str, paths: Mapping[str, str]) -> str | None:
        """The full path of the step, or module, that a name stands for here."""
        return next((path for scope in self.chain() if (path := scope.path(name, paths)) is not None), None)

    def stands_for(self, name: str, paths: Mapping[str, str]) -> Binding | str | None:
        """What the innermost scope that knows a name means by it: a binding, or the full path of a step."""
        for scope in self.chain():
            found = scope.bindings.get(name) or scope.path(name, paths)
            if found is not None:
                return found
        return None

    def known(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """The paths that can be named here, each with its name."""
        for scope in self.chain():
            for path in paths:
                name = path[len(scope.prefix) :]
                if path.startswith(scope.prefix) and scope._sees(name):
                    yield path, name

    def _sees(self, name: str) -> bool:
        of = next((head for head in heads(name) if head in self.taken), None)  # one at most: see Placement
        return of is None or self.taken[of] >= self.since

    def names(self) -> Iterator[str]:
        for scope in self.chain():
            yield from scope.bindings

    def inside(self, prefix: str, bindings: Mapping[str, Binding] | None = None) -> Environment:
        return Environment(prefix, bindings or {}, self)


class _Values(Mapping[str, sympy.Expr]):
    """The values of the names that one expression may use, found when they are asked for."""

    def __init__(self, environment: Environment, evaluations: Evaluations, channels: Channels) -> None:
        self._environment, self._evaluations, self._channels = environment, evaluations, channels

    def __getitem__(self, name: str) -> sympy.Expr:
        if name in self._channels:
            return self._channels[name]
        binding = self._environment.binding(name)
        if isinstance(binding, BoundNumber):
            return binding.value
        if isinstance(binding, BoundExpression):
            return binding.evaluate(self._evaluations)
        return self._evaluations.symbols[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._channels
        for name in self._environment.names():
            if isinstance(self._environment.binding(name), BoundExpression | BoundNumber):
                yield name
        yield from self._evaluations.symbols

    def __len__(self) -> int:
        return sum(1 for _ in self)


def evaluate(
    expression: Expression, environment: Environment, evaluations: Evaluations, channels: Channels
) -> sympy.Expr:
    """The SymPy value of an expression. Raises SpecError with the place of what is wrong."""
    if "in" in expression.names and "in" not in channels:
        remedy = "write the size itself; `in` is known where a layer reads one array with a channel or feature axis"
        raise fail(expression.place, "`in` is not known here", remedy)
    if "out" in expression.names and "out" not in channels:
        raise fail(expression.place, "`out` is not known here", "a field that decides the shape cannot use `out`")
    if "center" in expression.names and "center" not in channels:
        remedy = (
            "a radius may be relative to the norm of the centre that the same step says: center: 3, radius: center/10"
        )
        raise fail(expression.place, "`center` is not known here", remedy)
    try:
        return evaluations.value(expression, _Values(environment, evaluations, channels))
    except SpecError as error:
        raise SpecError(_with_remedy(mistake) for mistake in error.mistakes) from None


def _with_remedy(mistake: Mistake) -> Mistake:
    if mistake.kind != "unknown_name" or mistake.remedy is not None:
        return mistake
    return replace(mistake, remedy="declare it under `symbols:`, with a value or without")


def word(expression: Expression, environment: Environment) -> Expression:
    """Follow a bare name through arguments: `padding: p` where the call says `p: same`."""
    current, scope = expression, environment
    while True:
        binding = scope.binding(current.text)
        if not isinstance(binding, BoundExpression):
            return current
        current, scope = binding.expression, binding.environment


def read_flag_value(value: bool | Expression, environment: Environment) -> bool:
    """true or false, followed through arguments."""
    if isinstance(value, bool):
        return value
    text = word(value, environment).text
    if text not in ("true", "false"):
        raise fail(value.place, f"expected true or false, found '{text}'")
    return text == "true"


def inside_repeat(reference: Reference) -> SpecError:
    """The error for a layer of a symbolic repeat that is read from outside."""
    message = f"'{reference.name}' is inside a repeat with a symbolic number of times"
    remedy = "read the repeat itself, a state that it carries, or give the repeat a number of times"
    return fail(reference.place, message, remedy)


def find_path(reference: Reference, environment: Environment, paths: Mapping[str, str]) -> str:
    """The full path of a layer or module that is named from inside a scope. Raises SpecError for an unknown name."""
    path = environment.visible(reference.name, paths)
    if path is not None:
        return path
    known = list(environment.known(paths))
    if any(".*" in path and name.replace(".*", "") == reference.name for path, name in known):
        raise inside_repeat(reference)
    remedy = suggest(reference.name, (name for _, name in known)) or "a step can name steps before it, in its own scope"
    raise fail(reference.place, f"unknown name '{reference.name}'", remedy)


def find_node(reference: Reference, environment: Environment, paths: Mapping[str, str]) -> str:
    """The node that a name stands for: the innermost scope wins. Raises SpecError for an unknown name."""
    found = environment.stands_for(reference.name, paths)
    if isinstance(found, BoundNode):
        return found.node
    if found is not None and not isinstance(found, str):
        raise fail(reference.place, f"'{reference.name}' is an argument or a counter, not a layer")
    return paths[found or find_path(reference, environment, paths)]
