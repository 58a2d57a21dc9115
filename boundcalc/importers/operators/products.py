"""Products of matrices that are computed."""

from __future__ import annotations

from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.graph import Shape
from boundcalc.importers.values import Batch, Held, RefusalError, own_shape


def multiplied(draft: Draft, left: Held, right: Held, shape: Shape, *, flip: bool = False) -> Held:
    """The product of the last two axes; the others are broadcast. `flip`: of left with the transpose of right."""
    if min(len(left.shape), len(right.shape)) < 2:
        raise RefusalError("it multiplies a vector")
    rank = len(shape)
    batches = [
        None if of.batch is None else Batch(of.batch.axis + rank - len(of.shape), of.batch.before, of.batch.after)
        for of in (left, right)
    ]
    known = [batch for batch in batches if batch is not None]
    batch = known[0] if known else None
    if batch is not None and any(other != batch for other in known):
        raise RefusalError("its operands have the samples on different axes")
    for of, its, own_axes in ((left, batches[0], (rank - 2, rank - 1)), (right, batches[1], (rank - 2, rank - 1))):
        if its is not None and its.axis in own_axes:
            if of is left and its.axis == rank - 2 and right.batch is None and len(left.shape) == rank:
                return _rows(draft, left, right, shape, its, flip=flip)
            raise RefusalError("it multiplies along the axis of the samples")
    images = [_led(draft, of, its, shape[:-2], batch) for of, its in ((left, batches[0]), (right, batches[1]))]
    fields: dict[str, Field] = {"transpose_right": True} if flip else {}
    return draft.step("matmul", fields, images, shape, batch)


def _rows(draft: Draft, left: Held, right: Held, shape: Shape, batch: Batch, *, flip: bool) -> Held:
    """Samples as rows of a matrix: each is a matrix of one row, or of those that are joined with it."""
    lead, rank = shape[:-2], len(shape)
    rows = (*left.shape[: batch.axis], batch.others, left.shape[-1])
    whole = draft.reshaped(left, (*rows[:-2], *rows[-2:]))
    second = draft.reshaped(right, ((1,) * (rank - len(right.shape)) + right.shape))
    images = [draft.expanded(of, of.own, (*lead, *of.own[-2:]), None) for of in (whole, second)]
    fields: dict[str, Field] = {"transpose_right": True} if flip else {}
    image = draft.step("matmul", fields, images, (*lead, batch.others, shape[-1]), None)
    return draft.reshaped(image, own_shape(shape, batch), shape, batch)


def _led(draft: Draft, of: Held, its: Batch | None, lead: Shape, batch: Batch | None) -> Held:
    """An operand with the leading axes of the product."""
    whole = (1,) * (len(lead) + 2 - len(of.shape)) + of.shape
    image = (*lead, *of.shape[-2:])
    if batch is None or its is not None:
        own = Held("", whole, its).own
    else:
        own = whole if batch.others > 1 else (*whole[: batch.axis], *whole[batch.axis + 1 :])
    return draft.expanded(of, own, image, batch)
