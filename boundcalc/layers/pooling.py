"""maxpool1d..3d and avgpool1d..3d: maximum or average over windows; the stride is the kernel unless said.

Averages are linear, of norm sqrt(product of q / product of kernel); maxima have Lipschitz constant sqrt(product of q), q the
number of windows along an axis that an entry is in (catalogue/poolings.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy

from boundcalc.calculus.primitives import Linear
from boundcalc.catalogue import convolutions, poolings, published, smoothings
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.exact.intervals import at_least
from boundcalc.exact.values import floor
from boundcalc.graph.features import FIRST
from boundcalc.graph.kind import At, Kind, Lowering, Placed, Smoothed
from boundcalc.graph.shape import Shape, size
from boundcalc.language.fields import Axes, Flag
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts import windows
from boundcalc.layers.parts.averages import heaviest
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.maps import constants_of, lower_map, published_map
from boundcalc.layers.parts.moves import windows_of


class _Fields(StepFields):
    """Windows of all axes but the first; the stride is the kernel unless said."""

    value_field = "kernel"
    kernel: Axes
    stride: Axes | None = None
    padding: Axes | None = None
    ceil: Flag = False


class MaxFields(_Fields):
    """The maximum over windows of all axes but the first; the stride is the kernel unless said."""

    dilation: Axes | None = None


class AverageFields(_Fields):
    """The average over windows of all axes but the first; the stride is the kernel unless said."""

    count_include_pad: Flag = True


@dataclass(frozen=True, slots=True)
class Facts:
    inputs: Shape  # entries on each axis
    outputs: Shape
    kernel: Shape
    stride: Shape
    padding: Shape
    dilation: Shape
    counted: bool  # whether averages count what is padded
    touches: Shape  # how many windows an entry is in, along each axis (the divisor times what it weighs in them)
    divisors: Shape  # the smallest size of a window, along each axis

    @property
    def extents(self) -> Shape:
        """How many places a window goes over, from its first to its last."""
        return tuple(_extent(k, d) for k, d in zip(self.kernel, self.dilation, strict=True))


@dataclass(frozen=True, slots=True)
class Placing:
    """Windows over so many axes."""

    axes: int

    def place(self, fields: MaxFields | AverageFields, at: At) -> Placed[Facts]:
        shape = at.shape
        windows.check_rank(at, shape, self.axes)
        kernel = windows.per_axis(at, fields.kernel, self.axes, "the kernel")
        stride = kernel if fields.stride is None else windows.per_axis(at, fields.stride, self.axes, "the stride")
        if windows.is_same(at, fields.padding):
            raise at.error("poolings have no `padding: same`", "give the padding as a number")
        padding = windows.per_axis(at, fields.padding, self.axes, "the padding", default=0, least=0)
        for k, p in zip(kernel, padding, strict=True):
            if not at.fits(at_least(k, 2 * p)):
                raise at.error("the padding is larger than half the kernel: a window could hold no entry at all")
        dilation = (sympy.S.One,) * self.axes
        if isinstance(fields, MaxFields):
            dilation = windows.per_axis(at, fields.dilation, self.axes, "the dilation")
            _check_gaps(at, shape[1:], dilation, padding)
        ceil = at.flag(fields.ceil)
        outputs = tuple(
            windows.window_count(at, n, _extent(k, d), s, p, ceil)
            for n, k, d, s, p in zip(shape[1:], kernel, dilation, stride, padding, strict=True)
        )
        touches = tuple(
            convolutions.touches(o, k, s, d) for o, k, s, d in zip(outputs, kernel, stride, dilation, strict=True)
        )
        counted = isinstance(fields, MaxFields) or at.flag(fields.count_include_pad)
        divisors = tuple(
            _divisor(n, k, s, p, o, ceil, counted, d)
            for n, k, s, p, o, d in zip(shape[1:], kernel, stride, padding, outputs, dilation, strict=True)
        )
        facts = _weighed(Facts(shape[1:], outputs, kernel, stride, padding, dilation, counted, touches, divisors))
        return Placed((shape[0], *outputs), facts, features=FIRST)


def _extent(kernel: sympy.Expr, dilation: sympy.Expr) -> sympy.Expr:
    return dilation * (kernel - 1) + 1


def _check_gaps(at: At, shape: Shape, dilation: Shape, padding: Shape) -> None:
    """Taps that are as far apart as there are entries at most: one of them meets an entry."""
    for n, d, p in zip(shape, dilation, padding, strict=True):
        if d != 1 and p != 0 and not at.fits(at_least(n, d)):
            finding = f"a window with dilation {at.known(d)} could hold none of the {at.known(n)} entries of an axis"
            raise at.error(finding, "use a smaller dilation, or no padding")


def _divisor(
    n: sympy.Expr, k: sympy.Expr, s: sympy.Expr, p: sympy.Expr, o: sympy.Expr, ceil: bool, counted: bool, d: sympy.Expr
) -> sympy.Expr:
    """The smallest size of a window along an axis, as torch has it. Windows start at -p, s - p and so on. What is padded counts or
    not; with `ceil` the last window may leave the padded input, and is clipped."""
    sizes = [k] if counted or p == 0 else [k - p, n]
    if ceil:
        left = n + (2 * p if counted else p) - (o - 1) * s
        sizes.append(left if d == 1 else floor((left + d - 1) / d))
    return sympy.Min(*sizes)


def lower_average(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return _linear(facts, poolings.average_pool_norm(facts.touches, facts.divisors), inputs[0], lowering)


def lower_published_average(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    norm = constants_of(published.AVGPOOL2D, lowering).lipschitz
    assert norm is not None
    return _linear(facts, norm, inputs[0], lowering)


def _linear(facts: Facts, norm: sympy.Expr, of: int, lowering: Lowering) -> int:
    """The weights of a window add up to at most 1: read entry by entry, its image is at most the largest entry."""
    lowering.own(operator_norm=norm)
    return lowering.emit(Linear(of, norm, contracts_sup=True, view=windows_of(facts.divisors, facts.touches)))


def lower_maximum(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return lower_map(
        poolings.max_pool(facts.touches), inputs[0], lowering, windows_of(facts.kernel, facts.touches), picks=True
    )


def lower_published_maximum(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    entry = published_map(poolings.max_pool(facts.touches), constants_of(published.MAXPOOL2D, lowering))
    return lower_map(entry, inputs[0], lowering)


def forward_average(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """A window that leaves the padded input is divided by its clipped size, padding counted or not (as torch does)."""
    sums = xp.sum(_taps(facts, inputs[0], 0.0, xp), axis=-1)
    for axis, divisors in enumerate(_window_sizes(facts), start=2):
        shape = [1] * sums.ndim
        shape[axis] = len(divisors)
        sums = sums / xp.reshape(xp.asarray(divisors, dtype=sums.dtype), tuple(shape))
    return sums


def forward_maximum(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    return xp.max(_taps(facts, inputs[0], -math.inf, xp), axis=-1)


def _taps(facts: Facts, z: Any, value: float, xp: Any) -> Any:
    ends = tuple(
        (p, max(p, (o - 1) * s + e - n - p))
        for n, e, s, p, o in zip(facts.inputs, facts.extents, facts.stride, facts.padding, facts.outputs, strict=True)
    )
    padded = windows.padded(z, ends, value, xp)
    return windows.taps(padded, facts.outputs, facts.kernel, facts.stride, facts.dilation, xp)


def _window_sizes(facts: Facts) -> list[list[float]]:
    """For each axis, how many places of each window are counted."""
    return [[float(len(window)) for window in axis] for axis in _windows(facts)]


def _windows(facts: Facts) -> list[list[list[int]]]:
    """For each axis, the places of each window that are counted; the first entry is at 0."""
    found: list[list[list[int]]] = []
    for axis in zip(
        facts.inputs, facts.kernel, facts.stride, facts.padding, facts.dilation, facts.outputs, strict=True
    ):
        n, k, s, p, d, outputs = map(int, axis)
        counted = range(-p, n + p) if facts.counted else range(n)
        found.append([[i for i in range(o * s - p, o * s - p + k * d, d) if i in counted] for o in range(outputs)])
    return found


def _weighed(facts: Facts) -> Facts:
    """Where padding does not count windows differ: with numbers, what entries weigh in them is counted."""
    sizes = (*facts.inputs, *facts.kernel, *facts.stride, *facts.padding)
    if facts.counted or not all(isinstance(size, sympy.Integer) for size in sizes):
        return facts
    columns = (heaviest(axis) for axis in _windows(facts))
    return replace(facts, touches=tuple(c * d for c, d in zip(columns, facts.divisors, strict=True)))


@dataclass(frozen=True, slots=True)
class SoftFacts:
    """Windows of which the largest entry is smoothed: mu log-sum-exp(z/mu)."""

    windows: Facts
    mu: sympy.Expr
    entry: Nonlinearity


def lower_soft(facts: SoftFacts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    return lower_map(facts.entry, inputs[0], lowering, windows_of(facts.windows.kernel, facts.windows.touches))


def forward_soft(facts: SoftFacts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """Taken out of the largest entry, so that nothing overflows; what is padded adds nothing."""
    mu = float(facts.mu)
    taps = _taps(facts.windows, inputs[0], -1e300, xp)
    largest = xp.max(taps, axis=-1, keepdims=True)
    return mu * xp.log(xp.sum(xp.exp((taps - largest) / mu), axis=-1)) + largest[..., 0]


@dataclass(frozen=True, slots=True)
class Smoothing:
    """What stands for the maximum over windows of so many axes: their average, or mu log-sum-exp(z/mu)."""

    axes: int

    def smoothed(self, facts: Facts, at: At, mu: sympy.Expr | None) -> Smoothed:
        shape = (at.shape[0], *facts.outputs)
        if mu is None:  # the average differs by any part of the spread of a window
            return Smoothed(_average(self.axes), Placed(shape, facts, features=FIRST), None)
        taps, windows = size(facts.kernel), at.batch * size(shape)
        entry = smoothings.log_sum_exp(facts.touches, taps, windows, mu)
        return Smoothed(
            Kind(f"lsepool{self.axes}d", MaxFields, Placing(self.axes).place, lower_soft, forward_soft),
            Placed(shape, SoftFacts(facts, mu, entry), features=FIRST),
            mu * sympy.log(taps),
        )


def _shown(form: str, axes: int) -> str:
    layers = f"conv{axes}d: {{channels: 2, kernel: 1}}, {form}pool{axes}d: 2"
    return example(layers, f"[1{', 4' * axes}]")


def _average(axes: int) -> Kind[AverageFields, Facts]:
    published = lower_published_average if axes == 2 else None
    return Kind(
        f"avgpool{axes}d",
        AverageFields,
        Placing(axes).place,
        lower_average,
        forward_average,
        published,
        example=_shown("avg", axes),
    )


def _maximum(axes: int) -> Kind[MaxFields, Facts]:
    published = lower_published_maximum if axes == 2 else None
    place, smoothed = Placing(axes).place, Smoothing(axes).smoothed
    return Kind(
        f"maxpool{axes}d",
        MaxFields,
        place,
        lower_maximum,
        forward_maximum,
        published,
        smoothed=smoothed,
        example=_shown("max", axes),
    )


# The paper's constants are those of two axes.
KINDS = tuple(kind for axes in (1, 2, 3) for kind in (_maximum(axes), _average(axes)))
