"""Recurrent layers: sequences of [steps, samples, features], from states that are zero. ONNX has the gates in another order than torch,
and all arrays of both directions in three."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from boundcalc.importers.graph import Argument, Array, Ref
from boundcalc.importers.onnx.rules.call import Op, Operand, Result, Rule
from boundcalc.importers.values import RefusalError

_ORDERS = {"lstm": (0, 2, 3, 1), "gru": (1, 0, 2), "rnn": (0,)}  # the gates of ONNX in the order of torch
_USUAL = {"lstm": ("sigmoid", "tanh", "tanh"), "gru": ("sigmoid", "tanh"), "rnn": ("tanh",)}


def recurrent(kind: str) -> Rule:
    def rule(op: Op) -> Result:
        operator = _operator(op, kind)
        direction, time_second = op.word("direction", "forward"), bool(op.integer("layout", 0))
        both = direction == "bidirectional"
        of = op.array()
        if time_second:
            of = _permuted(op, of, (1, 0, 2))
        if direction == "reverse":
            of = _turned(op, of)
        steps, samples, _ = of.shape
        units, ways = op.array(2).shape[-1], 1 + both
        params = _arrays(op, kind, units, ways)
        zero = op.writer.constant(np.zeros((ways, samples, units)))
        arguments: dict[str, Argument] = {
            "input": op.ref(of), "hx": (zero, zero) if kind == "lstm" else zero, "params": params, "has_biases": True,
            "num_layers": 1, "dropout": 0.0, "train": False, "bidirectional": both, "batch_first": False,
        }  # fmt: skip
        states = op.emit(operator, arguments, (steps, samples, ways * units))
        if direction == "reverse":
            states = _turned(op, states)
        results: list[Operand | None] = [None, None, None]
        if 0 in op.read:
            results[0] = _ordered(op, states, (steps, samples, ways, units), time_second)
        if 1 in op.read:
            results[1] = _last(op, states, units, direction, time_second)
        if 2 in op.read:
            raise RefusalError("the states of its cells are read")
        return results[: len(op.shapes)]

    return rule


def _operator(op: Op, kind: str) -> str:
    """Raises RefusalError for options that torch has not."""
    for place, what in ((4, "lengths of sequences"), (5, "first states"), (6, "first states"), (7, "peepholes")):
        given = op.given(place)
        if given is not None and (place == 4 or given.known is None or bool(np.any(given.known))):
            if (
                place == 4
                and given.known is not None
                and set(np.ravel(given.known).tolist()) == {op.array().shape[op.integer("layout", 0)]}
            ):
                continue
            raise RefusalError(f"it has {what} that are not zero or not known")
    if op.has("clip") or op.integer("input_forget", 0) or op.numbers("activation_alpha"):
        raise RefusalError("it clips, or has gates of another form")
    if kind == "gru" and not op.integer("linear_before_reset", 0):
        raise RefusalError("it resets states before the product, which torch does after it")
    words = tuple(word.lower() for word in op.words("activations")) or _USUAL[kind] * (
        1 + (op.word("direction", "") == "bidirectional")
    )
    usual = _USUAL[kind] * (len(words) // len(_USUAL[kind]))
    if words == usual:
        return "rnn_tanh" if kind == "rnn" else kind
    if kind == "rnn" and set(words) == {"relu"}:
        return "rnn_relu"
    raise RefusalError(f"it has the functions {', '.join(words)}")


def _arrays(op: Op, kind: str, units: int, ways: int) -> tuple[Ref, ...]:
    """Of each direction: the weights of input and states, then their biases."""
    weight, hidden, bias = op.array(1), op.array(2), op.given(3)
    if bias is None:
        raise RefusalError("it has no biases")
    order = _ORDERS[kind]
    rows = len(order) * units
    names = ("forward", "backward")
    found: list[Ref] = []
    for way in range(ways):
        for of in (weight, hidden):
            shape = (rows, of.shape[-1])
            found.append(op.writer.part(of, names[way], shape, _gates(way, order, units)))
        for start, name in ((0, "input"), (rows, "hidden")):
            found.append(op.writer.part(bias, f"{names[way]}.{name}", (rows,), _gates(way, order, units, start)))
    return tuple(found)


def _gates(way: int, order: Sequence[int], units: int, start: int = 0) -> Callable[[Array], Array]:
    rows = np.concatenate([start + gate * units + np.arange(units) for gate in order])
    return lambda array: array[way][rows]


def _permuted(op: Op, of: Operand, order: tuple[int, ...]) -> Operand:
    shape = tuple(of.shape[axis] for axis in order)
    return op.emit("permute", {"self": op.ref(of), "dims": order}, shape)


def _turned(op: Op, of: Operand) -> Operand:
    return op.emit("flip", {"self": op.ref(of), "dims": (0,)}, of.shape)


def _ordered(op: Op, states: Operand, apart: tuple[int, ...], time_second: bool) -> Operand:
    """[steps, directions, samples, units], or [samples, steps, directions, units]."""
    cut = op.emit("view", {"self": states.ref, "size": apart}, apart)
    return _permuted(op, cut, (1, 0, 2, 3) if time_second else (0, 2, 1, 3))


def _last(op: Op, states: Operand, units: int, direction: str, time_second: bool) -> Operand:
    """[directions, samples, units]: backwards, the first step is the last one."""
    steps, samples, _ = states.shape
    found: list[Operand] = []
    for way in range(2 if direction == "bidirectional" else 1):
        backwards = direction == "reverse" or way == 1
        at = 0 if backwards else steps - 1
        row = {"self": states.ref, "dim": 0, "start": at, "end": at + 1, "step": 1}
        step = op.emit("slice", row, (1, samples, states.shape[2]))
        start = way * units
        columns = {"self": step.ref, "dim": 2, "start": start, "end": start + units, "step": 1}
        found.append(op.emit("slice", columns, (1, samples, units)) if states.shape[2] > units else step)
    image = found[0]
    if len(found) > 1:
        image = op.emit("cat", {"tensors": tuple(each.ref for each in found), "dim": 0}, (2, samples, units))
    return _permuted(op, image, (1, 0, 2)) if time_second else image
