"""Attention as one operator."""

from __future__ import annotations

import math

from boundcalc.importers.graph import Argument, Shape
from boundcalc.importers.onnx.rules.call import Op, Operand, Result
from boundcalc.importers.values import RefusalError


def attention(op: Op) -> Result:
    """Of arrays [samples, heads, positions, width], or [samples, positions, heads width]."""
    if op.read - {0} or any(op.given(place) is not None for place in (4, 5, 6)):
        raise RefusalError("it keeps keys and values, or its scores are read")
    if op.number("softcap", 0.0) != 0:
        raise RefusalError("it bounds its scores")
    heads = (op.integer("q_num_heads", 0), op.integer("kv_num_heads", 0), op.integer("kv_num_heads", 0))
    joined = len(op.array(0).shape) == 3
    query, key, value = (_apart(op, op.array(i), heads[i]) if joined else op.array(i) for i in range(3))
    width = query.shape[-1]
    arguments: dict[str, Argument] = {
        "query": op.ref(query), "key": op.ref(key), "value": op.ref(value), "attn_mask": op.argument(3), "dropout_p": 0.0,
        "is_causal": bool(op.integer("is_causal", 0)), "scale": op.number("scale", 1 / math.sqrt(width)),
        "enable_gqa": query.shape[1] != key.shape[1],
    }  # fmt: skip
    if op.integer("is_causal", 0) and (op.given(3) is not None or query.shape[2] != key.shape[2]):
        raise RefusalError("it is causal, and has a mask or other positions as well")
    shape = (*query.shape[:-1], value.shape[-1])
    image = op.emit("scaled_dot_product_attention", arguments, shape)
    return [_together(op, image) if joined else image, *(None for _ in op.shapes[1:])]


def _apart(op: Op, of: Operand, heads: int) -> Operand:
    n, positions, width = of.shape
    if heads < 1 or width % heads:
        raise RefusalError("its heads do not divide its width")
    cut: Shape = (n, positions, heads, width // heads)
    found = op.emit("view", {"self": op.ref(of), "size": cut}, cut)
    return op.emit("permute", {"self": found.ref, "dims": (0, 2, 1, 3)}, (n, heads, positions, width // heads))


def _together(op: Op, of: Operand) -> Operand:
    n, heads, positions, width = of.shape
    found = op.emit("permute", {"self": of.ref, "dims": (0, 2, 1, 3)}, (n, positions, heads, width))
    joined = (n, positions, heads * width)
    return op.emit("view", {"self": found.ref, "size": joined}, joined)
