"""Windows as ONNX writes them: places before and after each axis, or words for them."""

from __future__ import annotations

from dataclasses import dataclass

from boundcalc.importers.graph import Shape
from boundcalc.importers.onnx.rules.call import Op
from boundcalc.importers.values import RefusalError


@dataclass(frozen=True, slots=True)
class Windows:
    """`before`, `after`: how many places more each axis has there."""

    kernel: Shape
    stride: Shape
    dilation: Shape
    before: Shape
    after: Shape

    def counts(self, sizes: Shape, *, same: bool = False, ceil: bool = False) -> Shape:
        """How many windows there are; `same`: with as many places after as before."""
        found: list[int] = []
        for i, size in enumerate(sizes):
            room = size + self.before[i] + (self.before[i] if same else self.after[i])
            steps = room - self.dilation[i] * (self.kernel[i] - 1) - 1
            count = (-(-steps // self.stride[i]) if ceil else steps // self.stride[i]) + 1
            if ceil and (count - 1) * self.stride[i] >= size + self.before[i]:  # no window starts beyond the end
                count -= 1
            found.append(count)
        return tuple(found)


def windows(op: Op, sizes: Shape, kernel: Shape | None = None) -> Windows:
    """Of an operator over an array of so many places."""
    kernel = op.sizes("kernel_shape") or kernel
    if kernel is None or len(kernel) != len(sizes):
        raise RefusalError("its windows have no size")
    one = (1,) * len(sizes)
    stride, dilation = op.sizes("strides") or one, op.sizes("dilations") or one
    pads, word = op.sizes("pads"), op.word("auto_pad", "NOTSET")
    if word in ("SAME_UPPER", "SAME_LOWER"):
        needed = tuple(
            max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n)
            for n, s, d, k in zip(sizes, stride, dilation, kernel, strict=True)
        )
        less, more = tuple(n // 2 for n in needed), tuple(n - n // 2 for n in needed)
        before, after = (less, more) if word == "SAME_UPPER" else (more, less)
    elif word == "VALID" or pads is None:
        before = after = (0,) * len(sizes)
    else:
        before, after = tuple(pads[: len(sizes)]), tuple(pads[len(sizes) :])
    if not len(stride) == len(dilation) == len(before) == len(after) == len(sizes):
        raise RefusalError("its windows have other axes than what it reads")
    if min((*stride, *dilation, *kernel), default=1) < 1 or min((*before, *after), default=0) < 0:
        raise RefusalError("its windows have a step of nothing, or are cut off")
    return Windows(tuple(kernel), tuple(stride), tuple(dilation), before, after)
