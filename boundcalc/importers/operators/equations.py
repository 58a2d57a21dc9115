"""Equations of torch.einsum whose samples are joined with other axes, or that read constants made for all samples."""

from __future__ import annotations

import string
from dataclasses import replace

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.graph import Shape
from boundcalc.importers.operators.einsums import einsum as plain
from boundcalc.importers.operators.moves import reshaped
from boundcalc.importers.values import Batch, Fixed, Held, Learned, RefusalError, Value


def einsum(draft: Draft, call: Call) -> Value:
    """The letter of the samples stands for them alone, and no operand has it that is the same for all of them."""
    equation, operands = call.get("equation"), call.get("tensors")
    if not isinstance(equation, str) or not isinstance(operands, tuple) or "." in equation or "->" not in equation:
        return plain(draft, call)
    left, result = equation.replace(" ", "").split("->")
    parts = left.split(",")
    if not any(isinstance(each, Held) and each.batch for each in operands):
        operands = tuple(_repeated(draft, each) for each in operands)
    like = next(
        ((part, each) for part, each in zip(parts, operands, strict=True) if isinstance(each, Held) and each.batch),
        None,
    )
    if like is None or like[1].batch is None:
        return _of_one_sample(draft, call, equation, operands)
    batch = like[1].batch
    letter = like[0][batch.axis]
    free = [c for c in string.ascii_letters if c not in equation]
    around = (free[0] if batch.before > 1 else "", free[1] if batch.after > 1 else "")
    letters = f"{around[0]}{letter}{around[1]}"
    found = [_apart(draft, part, each, letter, letters, batch) for part, each in zip(parts, operands, strict=True)]
    if letter not in result:
        raise RefusalError("it sums over the samples")
    written = ",".join(part for part, _ in found) + "->" + result.replace(letter, letters)
    sizes = _sizes(draft, batch)
    shape: list[int] = []
    for name, size in zip(result, call.shape, strict=True):
        shape += sizes if name == letter else [size]
    arguments: dict[str, Value] = {"equation": written, "tensors": tuple(each for _, each in found)}
    image = plain(draft, Call(replace(call.node, shapes=(tuple(shape),)), arguments, draft))
    if not isinstance(image, Held):
        return image
    return reshaped(draft, image, call.shape)


def _of_one_sample(draft: Draft, call: Call, equation: str, operands: tuple[Value, ...]) -> Value:
    arrays = [each for each in operands if isinstance(each, Held | Learned | Fixed)]
    if len(arrays) < len(operands) or len(arrays) > 2:
        raise RefusalError("it is of other operands than two arrays")
    fields: dict[str, Field] = {"equation": equation.replace(" ", "")}
    return draft.step("einsum", fields, [draft.held(each) for each in arrays], call.shape, None)


def _repeated(draft: Draft, of: Value) -> Value:
    """A constant that was made for all samples, on whichever axis it is the same for them."""
    if not isinstance(of, Fixed):
        return of
    for axis, size in enumerate(of.shape):
        once = of.array.take([0], axis=axis)
        if size == draft.batch and bool((once == of.array).all()):
            own = (*of.shape[:axis], *of.shape[axis + 1 :])
            return draft.reshaped(draft.constant(once.reshape(own)), own, of.shape, Batch(axis))
    return of


def _sizes(draft: Draft, batch: Batch) -> list[int]:
    return [
        n for n, kept in ((batch.before, batch.before > 1), (draft.batch, True), (batch.after, batch.after > 1)) if kept
    ]


def _apart(draft: Draft, part: str, of: Value, letter: str, letters: str, batch: Batch) -> tuple[str, Value]:
    """An operand with the samples on an axis of their own, or without them."""
    if not isinstance(of, Held | Learned | Fixed):
        raise RefusalError("an operand is no array")
    if letter not in part:
        return part, of
    axis = part.index(letter)
    if isinstance(of, Held) and of.batch is not None:
        if of.batch != replace(batch, axis=axis):
            raise RefusalError("its operands have the samples on different axes")
        shape: Shape = (*of.shape[:axis], *_sizes(draft, batch), *of.shape[axis + 1 :])
        return part.replace(letter, letters), reshaped(draft, of, shape)
    if isinstance(of, Fixed):
        like = Held("", of.shape, replace(batch, axis=axis))
        once = draft.single(of, like)
        if once.shape[axis] == 1 and batch.others == 1:
            return part.replace(letter, ""), reshaped(draft, once, (*of.shape[:axis], *of.shape[axis + 1 :]))
    raise RefusalError("an operand without samples has their axis")
