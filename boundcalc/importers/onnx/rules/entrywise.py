"""Functions of every entry."""

from __future__ import annotations

from collections.abc import Mapping

from boundcalc.importers.graph import Argument
from boundcalc.importers.onnx.numbers import FLOATS
from boundcalc.importers.onnx.rules.call import Op, Operand, Result, Rule
from boundcalc.importers.values import RefusalError

_SELU = (1.67326319217681884765625, 1.05070102214813232421875)  # as the versions of ONNX have them


def named(operator: str) -> Rule:
    """An operator of ATen without parameters."""
    return lambda op: op.emit(operator, {"self": op.argument(0)})


def with_numbers(operator: str, numbers: Mapping[str, tuple[str, float]]) -> Rule:
    """One whose numbers have other names; by the name in ATen that in ONNX and its default."""

    def rule(op: Op) -> Result:
        given: dict[str, Argument] = {name: op.number(own, default) for name, (own, default) in numbers.items()}
        return op.emit(operator, {"self": op.argument(0), **given})

    return rule


def gelu(op: Op) -> Result:
    return op.emit("gelu", {"self": op.argument(0), "approximate": op.word("approximate", "none")})


def selu(op: Op) -> Result:
    alpha, gamma = op.number("alpha", _SELU[0]), op.number("gamma", _SELU[1])
    if abs(alpha - _SELU[0]) > 1e-6 or abs(gamma - _SELU[1]) > 1e-6:
        raise RefusalError("its numbers are others than those of selu")
    return op.emit("selu", {"self": op.argument(0)})


def hard_sigmoid(op: Op) -> Result:
    """max(0, min(1, alpha x + beta))."""
    scaled = op.emit("mul", {"self": op.argument(0), "other": op.number("alpha", 0.2)})
    moved = op.emit("add", {"self": scaled.ref, "other": op.number("beta", 0.5), "alpha": 1})
    return op.emit("clamp", {"self": moved.ref, "min": 0.0, "max": 1.0})


def swish(op: Op) -> Result:
    """x sigmoid(alpha x)."""
    alpha = op.number("alpha", 1.0)
    if alpha == 1:
        return op.emit("silu", {"self": op.argument(0)})
    inner = op.emit("mul", {"self": op.argument(0), "other": alpha})
    gate = op.emit("sigmoid", {"self": inner.ref})
    return op.emit("mul", {"self": op.argument(0), "other": gate.ref})


def shrink(op: Op) -> Result:
    lambd, bias = op.number("lambd", 0.5), op.number("bias", 0.0)
    if bias not in (0.0, lambd):
        raise RefusalError("it jumps by another number than it cuts off")
    return op.emit("hardshrink" if bias == 0 else "softshrink", {"self": op.argument(0), "lambd": lambd})


def parametric(op: Op) -> Result:
    """PRelu: max(x, 0) - slope max(-x, 0), with slopes that are learned."""
    slope = op.array(1)
    if slope.known is not None and slope.known.size == 1:
        return op.emit("leaky_relu", {"self": op.argument(0), "negative_slope": float(slope.known.flat[0])})
    above = op.emit("relu", {"self": op.argument(0)})
    turned = op.emit("neg", {"self": op.argument(0)})
    below = op.emit("relu", {"self": turned.ref})
    part = op.emit("mul", {"self": below.ref, "other": op.argument(1)})
    return op.emit("sub", {"self": above.ref, "other": part.ref, "alpha": 1})


def clip(op: Op) -> Result:
    bounds: dict[str, Argument] = {}
    for place, name in ((1, "min"), (2, "max")):
        if op.given(place) is not None:
            bounds[name] = float(op.known(place).reshape(()))
    return op.emit("clamp", {"self": op.argument(0), "min": bounds.get("min"), "max": bounds.get("max")})


def extreme(operator: str, bound: str) -> Rule:
    """The larger or the smaller one of two: where one is a number, a clamp."""

    def rule(op: Op) -> Result:
        found = op.array(0)
        for place in range(1, len(op.inputs)):
            found = _two(op, found, op.array(place), operator, bound)
        return found

    return rule


def _two(op: Op, left: Operand, right: Operand, operator: str, bound: str) -> Operand:
    for of, by in ((left, right), (right, left)):
        if by.known is not None and by.known.size == 1 and len(by.shape) <= len(of.shape):
            limits: dict[str, Argument] = {"min": None, "max": None, bound: float(by.known.flat[0])}
            return op.emit("clamp", {"self": op.ref(of), **limits}, of.shape)
    if len(op.inputs) > 2:
        raise RefusalError("it has more than two operands")
    return op.emit(operator, {"self": op.ref(left), "other": op.ref(right)})


def same(op: Op) -> Result:
    return op.array()


def cast(op: Op) -> Result:
    """Between types of floating-point numbers, or of whole ones: exact arithmetic knows one of each."""
    target = op.integer("to", 0) if op.node.op_type == "Cast" else op.array(1).kind
    if (target in FLOATS) != (op.kind in FLOATS):
        raise RefusalError("it makes numbers of what are none, or the other way round")
    return op.array()


def dropout(op: Op) -> Result:
    """It acts where a file says that it trains."""
    training = op.given(2) is not None and bool(op.known(2).reshape(()))
    if not training:
        return [op.array(), None]
    if 1 in op.read:
        raise RefusalError("its mask is read")
    rate = 0.5 if op.given(1) is None else float(op.known(1).reshape(()))
    return [op.emit("dropout", {"input": op.argument(0), "p": rate, "train": True}), None]
