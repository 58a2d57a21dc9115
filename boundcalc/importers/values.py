"""What a foreign operator gives while it is translated: an array that a step of the spec computes, a learned array, a constant.

In the spec the samples are not an axis; in a framework they are one of the axes, which may move, or be joined with others
(`[n*heads, T, d]`). An array of the spec has the framework's axes, in their order, without the samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from boundcalc.importers.graph import Array, Shape


class RefusalError(Exception):
    """Why an operator cannot be written in the language. Its text is the reason."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The framework's axis that the samples are on: `before` x samples x `after` entries, mostly the samples alone."""

    axis: int
    before: int = 1
    after: int = 1

    @property
    def others(self) -> int:
        """Entries along the axis that are no samples."""
        return self.before * self.after


Source = Callable[[Mapping[str, Array]], Array]


@dataclass(frozen=True, slots=True)
class Chosen:
    """An array that is known before the network runs, as token ids decide it (a mask of padding, places that are counted): another one
    for each sample. `array`: for the ids of the example; `source`: for other ids, of what the recorded program makes of them, by
    name; None where it is the same for all ids; `most`: what no entry is larger than, whatever the ids; `name`: of the node that it
    is as it stands."""

    array: Array
    source: Source | None = None
    most: float | None = None
    name: str | None = None

    @property
    def shape(self) -> Shape:
        return self.array.shape

    def made(self, of: Callable[[Array], Array]) -> Chosen:
        """A function of it."""
        source = self.source
        return Chosen(of(self.array), None if source is None else lambda known: of(source(known)))

    def within(self, other: Chosen | None) -> Chosen:
        """True where either is."""
        if other is None:
            return self
        mine, its = self, other
        if mine.source is None and its.source is None:
            return Chosen(mine.array | its.array)
        return Chosen(mine.array | its.array, lambda known: mine.known(known) | its.known(known))

    def joined(self, others: Sequence[Chosen], axis: int) -> Chosen:
        """With others after it along an axis."""
        every = (self, *others)
        array = np.concatenate([each.array for each in every], axis=axis)
        if all(each.source is None for each in every):
            return Chosen(array)
        return Chosen(array, lambda known: np.concatenate([each.known(known) for each in every], axis=axis))

    def known(self, known: Mapping[str, Array]) -> Array:
        return self.array if self.source is None else self.source(known)

    def by_sample(self, batch: Batch, count: int) -> Chosen:
        """With the samples first, and the axes of the spec after them."""
        return replace(self.made(lambda array: by_sample(array, batch, count)), most=self.most)


@dataclass(frozen=True)
class Cut:
    """A slice of token ids: made after their rows are looked up. `shape`: of the ids that are left, in the spec."""

    fields: Mapping[str, int]
    shape: Shape


@dataclass(frozen=True, slots=True)
class Held:
    """What a step computes, or an input: `step` is its key, `shape` the framework's, the batch counted. Without `batch` it is the
    same for all samples. `tokens`: it holds token ids. `masked`: scores whose entries are left out where that is true, an array of
    the framework's shape. `cuts`: slices of token ids that are still to be made."""

    step: str
    shape: Shape
    batch: Batch | None
    tokens: bool = False
    masked: Chosen | None = None

    cuts: tuple[Cut, ...] = ()

    def cut(self, fields: Mapping[str, int], shape: Shape) -> Held:
        """Token ids along an axis. Refused after a reshape, where the axis is no longer the input's."""
        if self.cuts and self.cuts[-1].shape != self.own:
            raise RefusalError("it takes token ids out of some that were reshaped")
        image = replace(self, shape=shape)
        return replace(image, cuts=(*self.cuts, Cut(fields, image.own)))

    @property
    def shown(self) -> Held:
        """Scores as if none were left out."""
        return replace(self, masked=None)

    def without(self, of: Held, move: Callable[[Array], Array]) -> Held:
        """What is made of the scores of another by moving entries, without those that are left out there."""
        return self if of.masked is None else replace(self, masked=of.masked.made(move))

    @property
    def hidden(self) -> Chosen:
        """Which entries are left out."""
        return self.masked or Chosen(np.zeros(self.shape, dtype=bool))

    @property
    def own(self) -> Shape:
        """The shape in the spec."""
        return own_shape(self.shape, self.batch)

    def axis(self, axis: int) -> int:
        """The axis of the spec that an axis of the framework is. Refused where samples are on it."""
        found = axis % len(self.shape)
        if self.batch is None or found < self.batch.axis:
            return found
        if found == self.batch.axis:
            raise RefusalError("it acts along the axis of the samples")
        return found - 1 if self.batch.others == 1 else found

    def axes(self) -> list[int | None]:
        """Of each axis of the spec, the framework's that it is; None for what is joined with the samples."""
        found: list[int | None] = []
        for axis in range(len(self.shape)):
            if self.batch is None or axis != self.batch.axis:
                found.append(axis)
            elif self.batch.others > 1:
                found.append(None)
        return found


@dataclass(frozen=True, slots=True)
class Move:
    """What was done to a learned array before it was used: `what` in NumPy's words."""

    what: str
    by: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """A learned array, or the entries of one in another order, or some of them."""

    name: str
    shape: Shape
    moves: tuple[Move, ...] = ()

    def moved(self, what: str, by: tuple[int, ...], shape: Shape) -> Learned:
        return replace(self, shape=shape, moves=(*self.moves, Move(what, by)))

    def transposed(self) -> Learned:
        """With its two axes exchanged; twice is as it was."""
        flip = Move("transpose", (1, 0))
        if self.moves and self.moves[-1] == flip:
            return replace(self, shape=self.shape[::-1], moves=self.moves[:-1])
        return self.moved(flip.what, flip.by, self.shape[::-1])


@dataclass(frozen=True, slots=True)
class Fixed:
    """A constant."""

    array: Array

    @property
    def shape(self) -> Shape:
        return self.array.shape

    @property
    def number(self) -> float | None:
        """The number that all its entries are."""
        if self.array.size == 0 or self.array.dtype.kind not in "fiub":
            return None
        first = self.array.flat[0]
        return float(first) if bool(np.all(self.array == first)) else None


class Unknown:
    """What an operator gives that is not known, or what is made of that: it was reported once."""


Value = Held | Learned | Fixed | Chosen | Unknown | float | int | bool | str | None | tuple["Value", ...]


def own_shape(shape: Shape, batch: Batch | None) -> Shape:
    if batch is None:
        return shape
    joined = (batch.others,) if batch.others > 1 else ()
    return (*shape[: batch.axis], *joined, *shape[batch.axis + 1 :])


def by_sample(array: Array, batch: Batch, count: int) -> Array:
    """A framework's array with the samples first, and the axes of the spec after them."""
    axis, shape = batch.axis, array.shape
    apart = array.reshape((*shape[:axis], batch.before, count, batch.after, *shape[axis + 1 :]))
    first = np.moveaxis(apart, axis + 1, 0)
    return first.reshape((count, *own_shape((*shape[:axis], batch.others * count, *shape[axis + 1 :]), batch)))


def relocated(batch: Batch, count: int, old: Shape, new: Shape) -> Batch:
    """Where the samples are after a reshape: what lies outside and inside of them in the order of the entries stays. Refused where
    the new axes cut through them."""
    outer = prod(old[: batch.axis]) * batch.before
    inner = batch.after * prod(old[batch.axis + 1 :])
    alone = _single(outer, inner, new) if count == 1 else None  # one sample: any axis of one entry may be its own
    if alone is not None:
        return alone
    below = prod(new)
    for axis, size in enumerate(new):
        below //= size or 1
        if below <= inner and below * size >= inner * count and size > 1:
            if inner % below or size % (count * (inner // below)):
                break
            after = inner // below
            found = Batch(axis, size // (count * after), after)
            if prod(new[:axis]) * found.before == outer:
                return found
            break
    if count == 1:
        raise RefusalError(
            "the example has one sample, and it cannot be told which axis the samples are on; give it two"
        )
    raise RefusalError(f"it joins or cuts the samples: {list(old)} becomes {list(new)}")


def _single(outer: int, inner: int, new: Shape) -> Batch | None:
    for axis, size in enumerate(new):
        rest = prod(new[axis + 1 :])
        if size == 1 and prod(new[:axis]) == outer and rest == inner:
            return Batch(axis)
    return None
