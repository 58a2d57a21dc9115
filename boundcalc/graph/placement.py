"""Where a step stands: its path, the names of its scope, and the fields it inherits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from boundcalc.graph.environment import BoundLayers, Environment
from boundcalc.graph.inherited import Inherited
from boundcalc.language.architecture import Step
from boundcalc.language.fields import fail
from boundcalc.language.paths import heads


@dataclass(slots=True)
class Placement:
    """Where a step stands. `taken` are the names of its scope, each with its number in the order in which they came.

    A name may be a dotted path (features.0). No name of a scope goes through another one, so a path of names, which joins one
    of each scope, is read in one way only. `through` is what the names go through, each with the first that does.
    """

    prefix: str
    inherited: Inherited
    loops: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()  # the modules that are being expanded, to refuse recursion
    taken: dict[str, int] = field(default_factory=dict[str, int])
    through: dict[str, str] = field(default_factory=dict[str, str])
    counters: dict[str, int] = field(default_factory=dict[str, int])
    depth: int = 0  # scopes around it

    def name(self, step: Step) -> str:
        name = self._draw(step)
        if name in self.taken:
            remedy = "give one of them another name"
            raise fail(step.place, f"the name '{name}' is used twice in its scope", remedy)
        around = next((head for head in heads(name) if head in self.taken), None)
        if around is not None or name in self.through:
            outer, inner = (name, self.through[name]) if around is None else (around, name)
            finding = f"the names '{outer}' and '{inner}' of one scope: '{inner}' is a path inside '{outer}'"
            raise fail(step.place, finding, "give one of them another name")
        self.take((name,))
        return name

    def take(self, names: Iterable[str]) -> None:
        for name in names:
            self.taken.setdefault(name, len(self.taken))
            for head in heads(name):
                if head != name:
                    self.through.setdefault(head, name)

    def inside(self, name: str, inherited: Inherited | None = None, taken: Iterable[str] = ()) -> Placement:
        """The scope of that name here, in which some names have a meaning from the start."""
        found = Placement(f"{self.prefix}{name}.", inherited or self.inherited, self.loops, self.modules)
        found.depth = self.depth + 1
        found.take(taken)
        return found

    def beside(self, body: Iterable[Step]) -> Placement:
        """The scope once more, for what is read from outside it: the names of its body are taken, and so are the same whatever
        is read."""
        found = replace(self, taken={}, through={}, counters={})
        found.take([found._draw(step) for step in body])
        return found

    def spliced(self, layers: BoundLayers) -> tuple[Environment, Placement]:
        """Where the layers of an argument are walked: they stand here, and see what is seen where they were written."""
        own = Environment(self.prefix, {}, layers.environment, self.taken, len(self.taken))
        return own, replace(self, modules=layers.modules)

    def _draw(self, step: Step) -> str:
        if step.fields.name is not None:
            return step.fields.name
        count = self.counters.get(step.kind, 0)
        self.counters[step.kind] = count + 1
        return f"{step.kind}_{count}"


def standing(steps: Iterable[Step], environment: Environment, most: int) -> Iterator[Step]:
    """The steps that stand in a scope, those of spliced arguments among them; `most` lists and steps are looked at."""
    return (step for step in islice(_standing(steps, environment), most) if step is not None)


def _standing(steps: Iterable[Step], environment: Environment) -> Iterator[Step | None]:
    yield None
    for step in steps:
        binding = environment.binding(step.kind)
        if isinstance(binding, BoundLayers):
            yield from _standing(binding.branch.steps, binding.environment)
        else:
            yield step
