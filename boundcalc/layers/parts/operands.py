"""What layers of several operands share."""

from __future__ import annotations

from boundcalc.exact.expression import Expression
from boundcalc.graph.kind import At
from boundcalc.graph.shape import Shape, show_shape
from boundcalc.language.structure import StepFields


class CombinationFields(StepFields):
    """A layer of several operands."""

    value_field = "from"


def are_equal(at: At, left: Shape, right: Shape) -> bool:
    return len(left) == len(right) and all(at.same(a, b) for a, b in zip(left, right, strict=True))


def common_shape(at: At) -> Shape:
    """The shape that all operands have. Raises SpecError."""
    first, *others = (operand.shape for operand in at.operands)
    for shape in others:
        if not are_equal(at, first, shape):
            found = f"{show_shape(first)} and {show_shape(shape)}"
            raise at.error(f"the operands of '{at.kind}' have different shapes: {found}")
    return first


def pair_of(at: At) -> tuple[Shape, Shape]:
    """The shapes of exactly two operands. Raises SpecError."""
    if len(at.operands) != 2:
        raise at.error(f"'{at.kind}' takes two operands, not {len(at.operands)}")
    left, right = at.operands
    return left.shape, right.shape


def vectors_of(at: At, count: int, names: str) -> Shape:
    """The shape [features] of so many vectors for each sample, which a loss compares. Raises SpecError."""
    if len(at.operands) != count:
        raise at.error(f"'{at.kind}' reads {names}, not {len(at.operands)} operands", f"{at.kind}: {{from: [{names}]}}")
    shape = common_shape(at)
    if len(shape) != 1:
        remedy = f"flatten or average them to [features] first; they have shape {show_shape(shape)}"
        raise at.error(f"'{at.kind}' reads one vector of each for each sample", remedy)
    return shape


def given_shape(at: At, shape: tuple[Expression, ...] | None) -> Shape:
    """The shape that the step says, or that of its input."""
    return at.shape if shape is None else tuple(at.size(axis, "an axis") for axis in shape)
