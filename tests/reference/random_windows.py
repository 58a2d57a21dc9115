"""Random specs: layers over windows, which fit their axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from reference.random_balls import Shape, Value
from reference.random_scope import Scope


def shape_of(scope: Scope) -> Shape:
    assert scope.shape is not None
    return scope.shape


def given_bias(scope: Scope, bias: bool) -> dict[str, Value]:
    return {} if bias and scope.draft.chance(0.7) else {"bias": scope.flag(bias)}


@dataclass(frozen=True)
class Window:
    """Along one axis."""

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def outputs(self, axis: int, ceil: bool = False) -> int:
        extent = self.dilation * (self.kernel - 1) + 1
        last = axis + 2 * self.padding - extent
        if ceil:
            last = axis + self.padding - 1 + min(self.padding - extent + self.stride, 0)
        return last // self.stride + 1 if last >= 0 else 0


def _windows(rng: Random, axes: Shape, pooling: bool, ceil: bool = False, wide: bool = False) -> list[Window]:
    """One window for all axes or one for each, which fit."""
    for _ in range(20):
        drawn = [_window(rng, pooling, wide) for _ in (axes if rng.random() < 0.5 else axes[:1])]
        windows = drawn * len(axes) if len(drawn) == 1 else drawn
        if all(w.outputs(axis, ceil) > 0 for w, axis in zip(windows, axes, strict=True)):
            return windows
    return [Window(1)] * len(axes)


def _window(rng: Random, pooling: bool, wide: bool) -> Window:
    kernel = rng.choice((1, 2, 2, 3, 3))
    padding = rng.choice((0, 0, 1)) if not pooling or kernel > 1 else 0
    stride = rng.choice((1, kernel, 2, 3)) if pooling else rng.choice((1, 1, 1, 2))
    dilation = rng.choice((1, 2) if wide else (1, 1, 2)) if wide or not pooling else 1
    return Window(kernel, stride, 0 if pooling and dilation > 1 else padding, dilation)


def _listed(scope: Scope, values: Sequence[int], may_be_none: bool = False) -> Value:
    """A number for all axes, or one for each; a symbol that may be 0 only where 0 is allowed."""
    if may_be_none and set(values) == {scope.draft.values.get("pad")}:
        return "pad"
    if len(set(values)) == 1 and scope.draft.chance(0.7):
        return scope.size(values[0])
    return list(values)


def conv(scope: Scope, axes: int, channels: int | None = None) -> None:
    """With `channels` the positions stay what they are."""
    rng, (before, *places) = scope.draft.rng, shape_of(scope)
    channels, kept = channels or rng.randint(1, 4), channels is not None
    groups = rng.choice([g for g in (1, 1, 1, 2, 3, 4) if before % g == 0 and channels % g == 0])
    windows, bias = _windows(rng, tuple(places), pooling=False), rng.random() < 0.6
    fields: dict[str, Value] = {"channels": scope.size(channels, before)}
    fields["kernel"] = _listed(scope, [w.kernel for w in windows])
    after = tuple(w.outputs(axis) for w, axis in zip(windows, places, strict=True))
    if kept or rng.random() < 0.3:
        fields["padding"], after = scope.argument("same"), tuple(places)
    else:
        for field, default in (("stride", 1), ("padding", 0)):
            values = [int(getattr(w, field)) for w in windows]
            if set(values) != {default} or rng.random() < 0.1:
                fields[field] = _listed(scope, values, field == "padding")
    if {w.dilation for w in windows} != {1}:
        fields["dilation"] = _listed(scope, [w.dilation for w in windows])
    if groups > 1 or rng.random() < 0.1:
        fields["groups"] = scope.size(groups)
    weight = (channels, before // groups, *(w.kernel for w in windows))
    arrays: dict[str, Shape] = {"weight": weight, **({"bias": (channels,)} if bias else {})}
    fields |= given_bias(scope, bias)
    scope.push(f"conv{axes}d", fields, (channels, *after), arrays, spectral=True)


def pool(scope: Scope, form: str, axes: int) -> None:
    rng, (channels, *places) = scope.draft.rng, shape_of(scope)
    ceil = rng.random() < 0.5
    windows = _windows(rng, tuple(places), pooling=True, ceil=ceil, wide=form == "max" and not ceil)
    fields: dict[str, Value] = {"kernel": _listed(scope, [w.kernel for w in windows])}
    if any(w.stride != w.kernel for w in windows) or rng.random() < 0.3:
        fields["stride"] = _listed(scope, [w.stride for w in windows])
    if any(w.padding for w in windows):
        fields["padding"] = _listed(scope, [w.padding for w in windows], True)
    if ceil or rng.random() < 0.5:
        fields["ceil"] = scope.flag(ceil)
    if any(w.dilation > 1 for w in windows):
        fields["dilation"] = _listed(scope, [w.dilation for w in windows])
    if form == "avg" and rng.random() < 0.7:
        fields["count_include_pad"] = scope.flag(rng.random() < 0.3)
    after = (w.outputs(axis, ceil) for w, axis in zip(windows, places, strict=True))
    scope.push(f"{form}pool{axes}d", fields, (channels, *after))
