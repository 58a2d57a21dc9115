"""Normalisations."""

from __future__ import annotations

from math import prod

from boundcalc.importers.graph import Argument
from boundcalc.importers.onnx.rules.call import Op, Operand, Result
from boundcalc.importers.values import RefusalError


def batch_norm(op: Op) -> Result:
    """In evaluation, or where the file says that it trains, of the samples: then its statistics are not to be read."""
    if op.read - {0}:
        raise RefusalError("its running statistics are read")
    arguments: dict[str, Argument] = {
        "input": op.argument(0), "weight": op.argument(1), "bias": op.argument(2), "running_mean": op.argument(3),
        "running_var": op.argument(4), "training": bool(op.integer("training_mode", 0)), "eps": op.number("epsilon", 1e-5),
    }  # fmt: skip
    return [op.emit("batch_norm", arguments), *(None for _ in op.shapes[1:])]


def layer_norm(op: Op) -> Result:
    if op.read - {0}:
        raise RefusalError("its statistics are read")
    return [_slices(op, "layer_norm", 1e-5), *(None for _ in op.shapes[1:])]


def rms_norm(op: Op) -> Result:
    return _slices(op, "rms_norm", 1e-5)


def _slices(op: Op, operator: str, eps: float) -> Operand:
    of = op.array()
    axis = op.integer("axis", -1) % len(of.shape)
    shape = of.shape[axis:]
    arguments: dict[str, Argument] = {"input": op.argument(0), "normalized_shape": shape}
    for place, name in ((1, "weight"), (2, "bias")):
        given = op.given(place)
        if given is not None and given.shape != shape:
            raise RefusalError(f"its {name} has another shape than the slices")
        arguments[name] = op.argument(place)
    return op.emit(operator, {**arguments, "eps": op.number("epsilon", eps)})


def group_norm(op: Op) -> Result:
    arguments: dict[str, Argument] = {
        "input": op.argument(0), "num_groups": op.integer("num_groups", 1), "weight": op.argument(1), "bias": op.argument(2),
        "eps": op.number("epsilon", 1e-5),
    }  # fmt: skip
    return op.emit("group_norm", arguments, op.array().shape)


def instance_norm(op: Op) -> Result:
    arguments: dict[str, Argument] = {
        "input": op.argument(0), "weight": op.argument(1), "bias": op.argument(2), "use_input_stats": True,
        "eps": op.number("epsilon", 1e-5),
    }  # fmt: skip
    return op.emit("instance_norm", arguments)


def local_response_norm(op: Op) -> Result:
    """Windows of an odd number of channels are those of torch."""
    size = op.integer("size", 1)
    if size % 2 == 0:
        raise RefusalError("it reads windows of an even number of channels")
    numbers: dict[str, Argument] = {
        "alpha": op.number("alpha", 1e-4), "beta": op.number("beta", 0.75), "k": op.number("bias", 1.0),
    }  # fmt: skip
    return op.emit("local_response_norm", {"input": op.argument(0), "size": size, **numbers})


def euclidean(op: Op) -> Result:
    """ReduceL2: what divides by it with a number that it is at least is known; alone it is no layer."""
    of, axes = op.array(), op.whole(1)
    dims = tuple(axis % len(of.shape) for axis in axes) if axes else tuple(range(len(of.shape)))
    if prod(op.shape) == 0:
        raise RefusalError("it leaves no entry")
    keeps = bool(op.integer("keepdims", 1))
    return op.emit("linalg_vector_norm", {"self": op.argument(0), "ord": 2, "dim": dims, "keepdim": keeps})
