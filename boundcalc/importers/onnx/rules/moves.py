"""Axes in another order, joined, cut, repeated; parts of arrays, and arrays side by side."""

from __future__ import annotations

from math import prod

import numpy as np

from boundcalc.importers.graph import Argument, Shape
from boundcalc.importers.onnx.rules.call import Op, Operand, Result
from boundcalc.importers.values import RefusalError

_PADS = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}


def reshape(op: Op) -> Result:
    return op.emit("view", {"self": op.argument(0), "size": op.shape})


def unsqueeze(op: Op) -> Result:
    """One axis after the other, so that it stays known where one sample is."""
    rank, found = len(op.shape), op.array()
    for axis in sorted(each % rank for each in op.whole(1) or ()):
        shape = (*found.shape[:axis], 1, *found.shape[axis:])
        found = op.emit("unsqueeze", {"self": op.ref(found), "dim": axis}, shape)
    return found


def squeeze(op: Op) -> Result:
    of = op.array()
    axes = op.whole(1)
    gone = (
        [i for i, size in enumerate(of.shape) if size == 1] if axes is None else [each % len(of.shape) for each in axes]
    )
    return op.emit("squeeze", {"self": op.argument(0), "dim": tuple(gone)}) if gone else of


def transpose(op: Op) -> Result:
    order = op.sizes("perm") or tuple(reversed(range(len(op.array().shape))))
    return op.emit("permute", {"self": op.argument(0), "dims": order})


def expand(op: Op) -> Result:
    return op.emit("expand", {"self": op.argument(0), "size": op.shape})


def tile(op: Op) -> Result:
    return op.emit("repeat", {"self": op.argument(0), "repeats": op.whole(1)})


def slice_(op: Op) -> Result:
    found = op.array()
    rank = len(found.shape)
    starts, stops = op.whole(1) or (), op.whole(2) or ()
    axes = op.whole(3) or tuple(range(len(starts)))
    steps = op.whole(4) or (1,) * len(starts)
    for start, stop, axis, step in zip(starts, stops, axes, steps, strict=True):
        at = axis % rank
        size = found.shape[at]
        if step < 0:  # as NumPy says the end of one that runs backwards
            stop = None if stop < -size else stop
        kept = range(size)[slice(start, stop, step)]
        shape = (*found.shape[:at], len(kept), *found.shape[at + 1 :])
        if len(kept) == 0:
            raise RefusalError("it leaves no entry")
        if step > 0 and len(kept) < size:
            slicing: dict[str, Argument] = {"dim": at, "start": kept.start, "end": kept.stop, "step": step}
            found = op.emit("slice", {"self": op.ref(found), **slicing}, shape)
        elif step < 0:
            indices = op.writer.constant(np.array(kept, dtype=np.int64))
            found = op.emit("index_select", {"self": op.ref(found), "dim": at, "index": indices}, shape)
    return found


def split(op: Op) -> Result:
    axis = op.integer("axis", 0) % len(op.array().shape)
    shapes = [shape for shape in op.shapes if shape is not None]
    if len(shapes) != len(op.shapes):
        raise RefusalError("its parts are not known before the network runs")
    sizes = tuple(shape[axis] for shape in shapes)
    return op.emit_several("split", {"self": op.argument(0), "split_size": sizes, "dim": axis}, shapes)


def concat(op: Op) -> Result:
    tensors = tuple(op.argument(place) for place in range(len(op.inputs)))
    if len(tensors) == 1:
        return op.array()
    return op.emit("cat", {"tensors": tensors, "dim": op.integer("axis", 0)})


def gather(op: Op) -> Result:
    """One entry of an axis, several, or the rows of a table at token ids."""
    of, indices = op.array(0), op.array(1)
    axis = op.integer("axis", 0) % len(of.shape)
    if indices.known is None:
        if axis != 0 or len(of.shape) != 2:
            raise RefusalError("it looks up entries at indices that are computed, and that is no table of rows")
        return op.emit("embedding", {"weight": op.argument(0), "indices": op.argument(1)})
    if indices.shape == ():
        return op.emit("select", {"self": op.argument(0), "dim": axis, "index": int(indices.known.reshape(()))})
    flat = op.writer.constant(np.ravel(indices.known))
    shape = (*of.shape[:axis], prod(indices.shape), *of.shape[axis + 1 :])
    found = op.emit("index_select", {"self": op.argument(0), "dim": axis, "index": flat}, shape)
    return found if shape == op.shape else op.emit("view", {"self": found.ref, "size": op.shape})


def pad(op: Op) -> Result:
    of, amounts, mode = op.array(), op.whole(1) or (), op.word("mode", "constant")
    if mode not in _PADS:
        raise RefusalError(f"it pads with {mode}")
    axes = [axis % len(of.shape) for axis in op.whole(3) or range(len(of.shape))]
    if len(amounts) != 2 * len(axes):
        raise RefusalError("its amounts do not fit its axes")
    ends: list[tuple[int, int]] = [(0, 0)] * len(of.shape)
    for i, axis in enumerate(axes):
        ends[axis] = (amounts[i], amounts[i + len(axes)])
    first = next((i for i, pair in enumerate(ends) if any(pair)), len(ends))
    backwards = tuple(amount for pair in reversed(ends[first:]) for amount in pair)
    if not backwards:
        return of
    value = 0.0 if op.given(2) is None else float(op.known(2).reshape(()))
    return op.emit("pad", {"self": op.argument(0), "pad": backwards, "mode": _PADS[mode], "value": value})


def depth_to_space(op: Op) -> Result:
    size = op.integer("blocksize", 1)
    n, c, h, w = op.array().shape
    if op.word("mode", "DCR") == "CRD":
        return op.emit("pixel_shuffle", {"self": op.argument(0), "upscale_factor": size})
    apart = (n, size, size, c // size**2, h, w)
    return _regrouped(op, apart, (0, 3, 4, 1, 5, 2))


def space_to_depth(op: Op) -> Result:
    size = op.integer("blocksize", 1)
    n, c, h, w = op.array().shape
    return _regrouped(op, (n, c, h // size, size, w // size, size), (0, 3, 5, 1, 2, 4))


def _regrouped(op: Op, apart: Shape, order: Shape) -> Operand:
    cut = op.emit("view", {"self": op.argument(0), "size": apart}, apart)
    shape = tuple(apart[axis] for axis in order)
    moved = op.emit("permute", {"self": cut.ref, "dims": order}, shape)
    return op.emit("view", {"self": moved.ref, "size": op.shape})
