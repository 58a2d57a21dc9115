"""Random specs: learned arrays, and what a step says of the balls that they are in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reference.random_scope import Scope

Shape = tuple[int, ...]
Value = Any  # what YAML is made of: words, numbers, flags, nothing, lists and mappings of them


@dataclass(frozen=True)
class Learned:
    """A learned array: the path of its layer as the scope names it. `gain`: it starts at one."""

    path: str
    name: str
    shape: Shape
    gain: bool = False


@dataclass(frozen=True)
class Balls:
    """What one layer says of the balls of its arrays. `bounded`: it has others, whose radius is a field; `inside`: steps that it
    reads have arrays too, for which all holds."""

    scope: Scope
    arrays: Mapping[str, Shape]
    gains: frozenset[str]
    before: bool
    after: bool
    spectral: bool
    bounded: bool = False
    inside: bool = False

    def radius(self) -> Value:
        return self.scope.radius(self.before, self.after)

    def fields(self) -> dict[str, Value]:
        chance = self.scope.draft.chance
        fields: dict[str, Value] = {}
        if chance(0.6 if self.gains else 0.4):
            fields = self._share()
        taken = fields.get("share", {})
        own = [] if isinstance(taken, str) else [name for name in self.arrays if name not in taken]
        if own:
            fields |= said_of_balls([] if self.inside else self._names(own), self.radius, chance)
        if self.spectral and chance(0.12):
            fields["spectral"] = self.scope.constant(("1/4", "1/2", "1", "2"))
        if (
            self.spectral
            and "weight" in own
            and isinstance(center := fields.get("center"), dict)
            and "weight" in center
        ):
            center["weight"] = {"norm": center["weight"], "spectral": "1/2"}
        return fields

    def _names(self, own: Sequence[str]) -> Sequence[str]:
        """The arrays, or the maps that they are of, or what all maps call them."""
        if not any("." in name for name in own):
            return own
        maps, last = ([name.rpartition(".")[side] for name in own] for side in (0, 2))
        return list(dict.fromkeys(self.scope.draft.rng.choice((own, maps, last))))

    def _share(self) -> dict[str, Value]:
        """All arrays of another layer, or some arrays of some."""
        learned, rng = self.scope.learned, self.scope.draft.rng
        layers: dict[str, dict[str, Learned]] = {}
        for array in learned:
            layers.setdefault(array.path, {})[array.name] = array
        whole = [
            path
            for path, arrays in layers.items()
            if arrays.keys() >= self.arrays.keys() and all(self._suits(arrays[n], n) for n in self.arrays)
        ]
        if whole and not self.bounded and rng.random() < 0.6:
            return {"share": rng.choice(whole)}
        fitting = {name: [f"{a.path}.{a.name}" for a in learned if self._suits(a, name)] for name in self.arrays}
        chosen = {name: rng.choice(paths) for name, paths in fitting.items() if paths and rng.random() < 0.7}
        return {"share": chosen} if chosen else {}

    def _suits(self, array: Learned, name: str) -> bool:
        shape = self.arrays[name]
        return shape in (array.shape, array.shape[::-1]) and (not array.gain or name in self.gains)


def said_of_balls(
    names: Sequence[str], radius: Callable[[], Value], chance: Callable[[float], bool]
) -> dict[str, Value]:
    """Radius, centre and frozen, for all arrays together or for each."""
    fields: dict[str, Value] = {}
    if chance(0.35):
        fields["radius"] = {name: radius() for name in names} if names and chance(0.4) else radius()
    if chance(0.15):
        some = [name for name in names if chance(0.6)]
        fields["center"] = {name: radius() for name in some} if some and chance(0.6) else radius()
    if chance(0.08):
        fields["frozen"] = chance(0.8)
    return fields
