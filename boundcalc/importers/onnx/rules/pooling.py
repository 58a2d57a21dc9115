"""Windows over positions, sums and means over axes, more places between entries."""

from __future__ import annotations

import numpy as np

from boundcalc.importers.graph import Argument, Array, Shape
from boundcalc.importers.onnx.rules.call import Op, Operand, Result, Rule
from boundcalc.importers.onnx.rules.maps import padded
from boundcalc.importers.onnx.rules.windows import Windows, windows
from boundcalc.importers.values import RefusalError


def maximum(op: Op) -> Result:
    if op.read - {0}:
        raise RefusalError("the places of its maxima are read")
    image = _pooled(op, "max_pool", {})
    if image is None:
        raise RefusalError("its windows reach too far beyond the end")
    return [image, *(None for _ in op.shapes[1:])]


def average(op: Op) -> Result:
    counts = bool(op.integer("count_include_pad", 0))
    of = op.array()
    found = windows(op, of.shape[2:])
    if set(found.dilation) != {1}:
        raise RefusalError("its windows have gaps")
    if counts and (any(found.before) or any(found.after)):
        if op.integer("ceil_mode", 0) and found.counts(of.shape[2:]) != op.shape[2:]:
            raise RefusalError("it counts places beyond the end")
        return _windowed(op, padded(op, of, found, 0.0), found, "avg_pool", {"count_include_pad": True}, None)
    image = _pooled(op, "avg_pool", {"count_include_pad": False})
    return _corrected(op, of, found) if image is None else image


def _pooled(op: Op, operator: str, more: dict[str, Argument]) -> Operand | None:
    """What lies beyond the ends is not counted, so only where windows begin matters, and how many there are."""
    of, found = op.array(), windows(op, op.array().shape[2:])
    sizes = of.shape[2:]
    wanted = op.shape[2:]
    for ceil in (False, True):
        counts = found.counts(sizes, same=True, ceil=ceil)
        if all(count >= needed for count, needed in zip(counts, wanted, strict=True)):
            image = _windowed(op, of, found, operator, more, ceil, (*op.shape[:2], *counts))
            return _first(op, image, wanted)
    return None


def _corrected(op: Op, of: Operand, found: Windows) -> Operand:
    """Averages with zeros beyond the ends, each times all entries of its window over those that are inside."""
    if found.counts(of.shape[2:]) != op.shape[2:]:
        raise RefusalError("it counts places beyond the end")
    image = _windowed(op, padded(op, of, found, 0.0), found, "avg_pool", {"count_include_pad": True}, None)
    factors = np.ones(())
    for size, kernel, stride, before, count in zip(
        of.shape[2:], found.kernel, found.stride, found.before, op.shape[2:], strict=True
    ):
        starts = np.arange(count) * stride - before
        inside = np.minimum(starts + kernel, size) - np.maximum(starts, 0)
        if inside.min() < 1:
            raise RefusalError("a window of it is empty")
        factors = factors[..., None] * (kernel / inside)
    return op.emit("mul", {"self": image.ref, "other": op.writer.constant(factors)})


def _windowed(
    op: Op, of: Operand, found: Windows, operator: str, more: dict[str, Argument], ceil: bool | None, shape: Shape | None = None
) -> Operand:  # fmt: skip
    padding = (0,) * len(found.kernel) if ceil is None else found.before
    arguments: dict[str, Argument] = {
        "self": op.ref(of), "kernel_size": found.kernel, "stride": found.stride, "padding": padding,
        "ceil_mode": bool(ceil), **more,
    }  # fmt: skip
    if operator == "max_pool":
        arguments["dilation"] = found.dilation
    return op.emit(f"{operator}{len(found.kernel)}d", arguments, shape)


def _first(op: Op, of: Operand, wanted: Shape) -> Operand:
    for axis, size in enumerate(wanted, 2):
        if of.shape[axis] > size:
            shape = (*of.shape[:axis], size, *of.shape[axis + 1 :])
            slicing: dict[str, Argument] = {"dim": axis, "start": 0, "end": size, "step": 1}
            of = op.emit("slice", {"self": of.ref, **slicing}, shape)
    return of


def whole(kind: str) -> Rule:
    """Over all positions."""

    def rule(op: Op) -> Result:
        axes = len(op.shape) - 2
        arguments: dict[str, Argument] = {"self": op.argument(0), "output_size": (1,) * axes}
        if kind == "max":
            return op.emit_several(f"adaptive_max_pool{axes}d", arguments, (op.shape,))[0]
        return op.emit(f"adaptive_avg_pool{axes}d", arguments)

    return rule


def reduced(operator: str) -> Rule:
    def rule(op: Op) -> Result:
        of, given = op.array(), op.whole(1)
        if not given and op.integer("noop_with_empty_axes", 0):
            return of
        dims = tuple(axis % len(of.shape) for axis in given) if given else tuple(range(len(of.shape)))
        keeps = bool(op.integer("keepdims", 1))
        return op.emit(operator, {"self": op.argument(0), "dim": dims, "keepdim": keeps})

    return rule


def squares(op: Op) -> Result:
    """ReduceSumSquare."""
    of, given = op.array(), op.whole(1)
    squared = op.emit("pow", {"self": op.argument(0), "exponent": 2}, of.shape)
    dims = tuple(axis % len(of.shape) for axis in given) if given else tuple(range(len(of.shape)))
    return op.emit("sum", {"self": squared.ref, "dim": dims, "keepdim": bool(op.integer("keepdims", 1))})


def resize(op: Op) -> Result:
    """Nearest entries at fixed places along each axis, or lines between entries as torch draws them."""
    of, mode = op.array(), op.word("mode", "nearest")
    if op.integer("antialias", 0) or op.has("axes") or op.word("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise RefusalError("it has options that are not known")
    target = _target(op, of)
    scales = [after / before for before, after in zip(of.shape, target, strict=True)]
    given = op.given(2)
    if given is not None and given.shape != (0,):
        scales = [float(each) for each in np.ravel(op.known(2))]
    if mode == "nearest":
        return _nearest(op, of, target, scales)
    return _lines(op, of, target, scales)


def _target(op: Op, of: Operand) -> Shape:
    given = op.given(2)
    if given is not None and given.shape != (0,):
        return tuple(int(np.floor(n * float(s))) for n, s in zip(of.shape, np.ravel(op.known(2)), strict=True))
    found = op.whole(3)
    if found is None or len(found) != len(of.shape):
        raise RefusalError("its size is not known")
    return found


def _places(op: Op, before: int, after: int, scale: float) -> Array:
    """Where the entries of the image are between those of an axis."""
    at, way = np.arange(after, dtype=np.float64), op.word("coordinate_transformation_mode", "half_pixel")
    if way == "half_pixel" or (way == "pytorch_half_pixel" and after > 1):
        return (at + 0.5) / scale - 0.5
    if way == "asymmetric":
        return at / scale
    if way == "align_corners" and after > 1:
        return at * (before - 1) / (after - 1)
    raise RefusalError(f"it places entries as {way} says")


def _nearest(op: Op, of: Operand, target: Shape, scales: list[float]) -> Operand:
    rounds = {
        "round_prefer_floor": lambda x: np.ceil(x - 0.5),
        "round_prefer_ceil": lambda x: np.floor(x + 0.5),
        "floor": np.floor,
        "ceil": np.ceil,
    }
    word = op.word("nearest_mode", "round_prefer_floor")
    if word not in rounds:
        raise RefusalError(f"it rounds as {word} says")
    indices: dict[int, Array] = {}
    for axis, (before, after) in enumerate(zip(of.shape, target, strict=True)):
        if before != after or scales[axis] != 1:
            found = rounds[word](_places(op, before, after, scales[axis]))
            indices[axis] = np.clip(found, 0, before - 1).astype(np.int64)
    copies = all(
        target[axis] % of.shape[axis] == 0
        and np.array_equal(found, np.arange(target[axis]) // (target[axis] // of.shape[axis]))
        for axis, found in indices.items()
    )
    axes = len(of.shape) - 2
    if copies and indices and min(indices) >= 2 and axes in (1, 2, 3):
        return op.emit(f"upsample_nearest{axes}d", {"self": op.argument(0)}, target)
    for axis, found in indices.items():
        shape = (*of.shape[:axis], target[axis], *of.shape[axis + 1 :])
        index = op.writer.constant(found)
        of = op.emit("index_select", {"self": op.ref(of), "dim": axis, "index": index}, shape)
    return of


def _lines(op: Op, of: Operand, target: Shape, scales: list[float]) -> Operand:
    axes, mode = len(of.shape) - 2, op.word("mode", "")
    if mode != "linear" or axes not in (1, 2, 3) or target[:2] != of.shape[:2] or op.integer("exclude_outside", 0):
        raise RefusalError(f"it is {mode} over such axes")
    for axis, (before, after) in enumerate(zip(of.shape, target, strict=True)):
        wanted = (np.arange(after) + 0.5) * before / after - 0.5
        if not np.allclose(_places(op, before, after, scales[axis]), wanted, rtol=0, atol=1e-12):
            raise RefusalError("it places entries otherwise than torch does without aligned corners")
    operator = {1: "upsample_linear1d", 2: "upsample_bilinear2d", 3: "upsample_trilinear3d"}[axes]
    return op.emit(operator, {"self": op.argument(0), "align_corners": False}, target)
