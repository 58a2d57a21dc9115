"""adaptiveavgpool1d..3d and adaptivemaxpool1d..3d: so many windows that the image has a given size, as in torch.

Of o windows over n entries, window i goes from floor(i n/o) to before ceil((i + 1) n/o). Where o divides n they are alike and
apart. Else they have at least ceil(n/o) and at most ceil(n/o) + 1 entries, and an entry is in at most ceil(o/n) + 1 of them:
those i with j o/n - 1 < i < (j + 1) o/n. With numbers they are counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Integer

from boundcalc.calculus.primitives import Linear
from boundcalc.catalogue import poolings
from boundcalc.graph.features import FIRST
from boundcalc.graph.kind import At, Forward, Kind, Lower, Lowering, Placed
from boundcalc.graph.shape import Shape
from boundcalc.language.fields import Axes
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts import windows
from boundcalc.layers.parts.averages import applied, heaviest, most_touched
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.maps import lower_map
from boundcalc.layers.parts.moves import windows_of

COUNTED = 10_000  # entries and windows along an axis that are looked at one by one; of more, what holds for any number is said


class Fields(StepFields):
    """Windows over all axes but the first, so many that the image has this size."""

    value_field = "size"
    size: Axes


@dataclass(frozen=True, slots=True)
class Facts:
    inputs: Shape
    outputs: Shape
    smallest: Shape  # windows, along each axis
    largest: Shape
    touches: Shape  # how many windows an entry is in, along each axis
    weights: Shape  # the largest sum of what averages weigh an entry by


@dataclass(frozen=True, slots=True)
class Placing:
    """Windows over so many axes."""

    axes: int

    def place(self, fields: Fields, at: At) -> Placed[Facts]:
        channels, *entries = at.shape or (None,)
        windows.check_rank(at, at.shape, self.axes)
        assert channels is not None
        outputs = windows.per_axis(at, fields.size, self.axes, "the size")
        rows = [_along(at, n, o) for n, o in zip(entries, outputs, strict=True)]
        smallest, largest, touches, weights = (tuple(column) for column in zip(*rows, strict=True))
        facts = Facts(tuple(entries), outputs, smallest, largest, touches, weights)
        return Placed((channels, *outputs), facts, features=FIRST)


def _along(at: At, entries: sympy.Expr, outputs: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr, sympy.Expr, sympy.Expr]:
    """The sizes of the smallest and of the largest window, how many an entry is in, and what it weighs in all averages."""
    if isinstance(entries, Integer) and isinstance(outputs, Integer) and entries + outputs <= COUNTED:
        found = _places(int(entries), int(outputs))
        lengths = [Integer(len(window)) for window in found]
        return min(lengths), max(lengths), most_touched(found), heaviest(found)
    if at.divides(entries, outputs):
        length = entries / outputs
        return length, length, sympy.S.One, 1 / length
    least, touches = sympy.ceiling(entries / outputs), sympy.ceiling(outputs / entries) + 1
    return least, least + 1, touches, touches / least


def _places(entries: int, outputs: int) -> list[range]:
    return [range(i * entries // outputs, -(-(i + 1) * entries // outputs)) for i in range(outputs)]


def lower_average(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """A window reads at least `smallest` entries with equal weights, which add up to 1."""
    norm = sympy.sqrt(sympy.Mul(*facts.weights))
    lowering.own(operator_norm=norm)
    touches = tuple(weight * least for weight, least in zip(facts.weights, facts.smallest, strict=True))
    return lowering.emit(Linear(inputs[0], norm, contracts_sup=True, view=windows_of(facts.smallest, touches)))


def lower_maximum(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    view = windows_of(facts.largest, facts.touches)
    return lower_map(poolings.max_pool(facts.touches), inputs[0], lowering, view, picks=True)


def forward_average(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,) = inputs
    for axis, (n, o) in enumerate(zip(facts.inputs, facts.outputs, strict=True), start=2):
        rows = [[(entry in window) / len(window) for entry in range(int(n))] for window in _places(int(n), int(o))]
        z = applied(rows, z, axis, xp)
    return z


def forward_maximum(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """The largest entry of a box is that of the largest entries of its rows."""
    (z,) = inputs
    for axis, (n, o) in enumerate(zip(facts.inputs, facts.outputs, strict=True), start=2):
        lead = (slice(None),) * axis
        parts = (z[(*lead, slice(window.start, window.stop))] for window in _places(int(n), int(o)))
        z = xp.stack([xp.max(part, axis=axis) for part in parts], axis=axis)
    return z


def _kind(form: str, axes: int, lower: Lower[Facts], forward: Forward[Facts]) -> Kind[Fields, Facts]:
    name = f"adaptive{form}pool{axes}d"
    shown = example(f"conv{axes}d: {{channels: 2, kernel: 1}}, tanh, {name}: 2", f"[1{', 5' * axes}]")
    return Kind(name, Fields, Placing(axes).place, lower, forward, example=shown)


KINDS = tuple(
    kind
    for axes in (1, 2, 3)
    for kind in (
        _kind("avg", axes, lower_average, forward_average),
        _kind("max", axes, lower_maximum, forward_maximum),
    )
)
