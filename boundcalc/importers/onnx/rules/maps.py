"""Learned maps: products, convolutions, tables."""

from __future__ import annotations

from boundcalc.importers.graph import Argument, Shape
from boundcalc.importers.onnx.rules.call import Op, Operand, Result
from boundcalc.importers.onnx.rules.windows import Windows, windows
from boundcalc.importers.values import RefusalError


def matmul(op: Op) -> Result:
    return op.emit("matmul", {"self": op.argument(0), "other": op.argument(1)})


def gemm(op: Op) -> Result:
    """alpha A B + beta C, each transposed or not."""
    alpha, beta = op.number("alpha", 1.0), op.number("beta", 1.0)
    left, right = op.array(0), op.array(1)
    if op.integer("transA", 0):
        left = op.emit("t", {"self": op.ref(left)}, left.shape[::-1])
    bias = op.given(2)
    if op.integer("transB", 0) and alpha == 1 and (bias is None or (beta == 1 and _is_row(bias, op.shape))):
        arguments: dict[str, Argument] = {"input": op.ref(left), "weight": op.ref(right), "bias": op.argument(2)}
        return op.emit("linear", arguments)
    if op.integer("transB", 0):
        right = op.emit("t", {"self": op.ref(right)}, right.shape[::-1])
    if bias is not None and alpha == beta == 1 and _is_row(bias, op.shape):
        return op.emit("addmm", {"self": op.ref(bias), "mat1": op.ref(left), "mat2": op.ref(right)})
    found = op.emit("mm", {"self": op.ref(left), "mat2": op.ref(right)})
    if alpha != 1:
        found = op.emit("mul", {"self": found.ref, "other": alpha})
    if bias is None or beta == 0:
        return found
    return op.emit("add", {"self": found.ref, "other": op.ref(bias), "alpha": beta})


def _is_row(bias: Operand, shape: Shape) -> bool:
    """Whether it is one number for each column."""
    return bias.shape in ((shape[-1],), (1, shape[-1]))


def einsum(op: Op) -> Result:
    tensors = tuple(op.argument(place) for place in range(len(op.inputs)))
    return op.emit("einsum", {"equation": op.word("equation", ""), "tensors": tensors})


def convolution(op: Op) -> Result:
    of, weight = op.array(0), op.array(1)
    found = windows(op, of.shape[2:], weight.shape[2:])
    if found.before == found.after:
        return _shifted(op, _convolved(op, of, found, found.before))
    return _shifted(op, _convolved(op, padded(op, of, found, 0.0), found, (0,) * len(found.before)))


def _learned_bias(op: Op) -> Argument:
    given = op.given(2)
    return None if given is None or given.known is not None else op.argument(2)


def _shifted(op: Op, of: Operand) -> Operand:
    """With a bias that is known before the network runs: the zeros that exporters write where a module has none."""
    given = op.given(2)
    if given is None or given.known is None or not given.known.any():
        return of
    channels = given.known.reshape((-1, *(1,) * (len(of.shape) - 2)))
    return op.emit("add", {"self": of.ref, "other": op.writer.constant(channels), "alpha": 1})


def _convolved(op: Op, of: Operand, found: Windows, padding: Shape) -> Operand:
    arguments: dict[str, Argument] = {
        "input": op.ref(of), "weight": op.argument(1), "bias": _learned_bias(op), "stride": found.stride, "padding": padding,
        "dilation": found.dilation, "transposed": False, "output_padding": (0,) * len(padding), "groups": op.integer("group", 1),
    }  # fmt: skip
    return op.emit("convolution", arguments)


def padded(op: Op, of: Operand, found: Windows, value: float) -> Operand:
    """With what lies before and after put on as entries."""
    amounts = tuple(
        amount for before, after in reversed(list(zip(found.before, found.after, strict=True))) for amount in (before, after)
    )  # fmt: skip
    sizes = (n + a + b for n, a, b in zip(of.shape[2:], found.before, found.after, strict=True))
    shape = (*of.shape[:2], *sizes)
    return op.emit("pad", {"self": op.ref(of), "pad": amounts, "mode": "constant", "value": value}, shape)


def transposed_convolution(op: Op) -> Result:
    """The whole image, of which what ONNX calls padding is cut off."""
    of, weight = op.array(0), op.array(1)
    axes = len(weight.shape) - 2
    one, none = (1,) * axes, (0,) * axes
    stride, dilation = op.sizes("strides") or one, op.sizes("dilations") or one
    more = op.sizes("output_padding") or none
    whole = tuple(
        s * (n - 1) + d * (k - 1) + 1 + m
        for s, n, d, k, m in zip(stride, of.shape[2:], dilation, weight.shape[2:], more, strict=True)
    )
    cut = [total - wanted for total, wanted in zip(whole, op.shape[2:], strict=True)]
    pads = op.sizes("pads")
    if op.has("output_shape") or op.word("auto_pad", "NOTSET") in ("SAME_UPPER", "SAME_LOWER"):
        is_upper = op.word("auto_pad", "NOTSET") == "SAME_UPPER"
        before = tuple(c // 2 if is_upper else c - c // 2 for c in cut)
    else:
        before = none if pads is None else tuple(pads[:axes])
    after = tuple(c - b for c, b in zip(cut, before, strict=True))
    if any(amount < 0 for amount in (*before, *after)):
        raise RefusalError("it is larger than the image of its windows")
    same = all(a == b for a, b in zip(after, before, strict=True))
    arguments: dict[str, Argument] = {
        "input": op.ref(of), "weight": op.argument(1), "bias": _learned_bias(op), "stride": stride, "padding": before if same else none,
        "dilation": dilation, "transposed": True, "output_padding": more, "groups": op.integer("group", 1),
    }  # fmt: skip
    if same:
        return _shifted(op, op.emit("convolution", arguments))
    found = op.emit("convolution", arguments, (*op.shape[:2], *whole))
    for axis, (start, size) in enumerate(zip(before, op.shape[2:], strict=True), 2):
        shape = (*found.shape[:axis], size, *found.shape[axis + 1 :])
        slicing: dict[str, Argument] = {"dim": axis, "start": start, "end": start + size, "step": 1}
        found = op.emit("slice", {"self": found.ref, **slicing}, shape)
    return _shifted(op, found)
