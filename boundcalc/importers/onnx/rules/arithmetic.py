"""Sums, products and choices, entry by entry."""

from __future__ import annotations

import numpy as np

from boundcalc.importers.onnx.rules.call import Op, Operand, Result, Rule


def pair(operator: str) -> Rule:
    """Of two operands."""

    def rule(op: Op) -> Result:
        more = {"alpha": 1} if operator in ("add", "sub") else {}
        return op.emit(operator, {"self": op.argument(0), "other": op.argument(1), **more})

    return rule


def power(op: Op) -> Result:
    return op.emit("pow", {"self": op.argument(0), "exponent": op.argument(1)})


def total(op: Op) -> Operand:
    """Of several operands."""
    found = op.array(0)
    for place in range(1, len(op.inputs)):
        shape = np.broadcast_shapes(found.shape, op.array(place).shape)
        found = op.emit("add", {"self": op.ref(found), "other": op.argument(place), "alpha": 1}, shape)
    return found


def average(op: Op) -> Result:
    added = total(op)
    return op.emit("mul", {"self": op.ref(added), "other": 1 / len(op.inputs)})


def where(op: Op) -> Result:
    return op.emit("where", {"condition": op.argument(0), "self": op.argument(1), "other": op.argument(2)})


def triangle(op: Op) -> Result:
    """Its entries above or below a diagonal, as a product with a fixed array."""
    diagonal = 0 if op.given(1) is None else int(op.known(1).reshape(()))
    ones = np.ones(op.shape[-2:])
    kept = np.triu(ones, diagonal) if op.integer("upper", 1) else np.tril(ones, diagonal)
    return op.emit("mul", {"self": op.argument(0), "other": op.writer.constant(kept)})
