"""States of a loop that do not move are coefficients: what multiplies them stays a polynomial of low degree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from boundcalc.program.depth.polynomial import Polynomial, Traced, accumulate, at, reachable
from boundcalc.program.depth.span import Lift, fix
from boundcalc.program.ir import Scalar


@dataclass(frozen=True)
class Settled:
    """`lifted` holds from pass number len(first) on; `starts` are the states there, first[k] those after k passes."""

    lifted: Lift[Scalar]
    starts: tuple[Scalar, ...]
    first: tuple[tuple[Scalar, ...], ...]

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for equal states, in whatever loop they are."""
        images = tuple(tuple(image.items()) for image in self.lifted.images)
        return images, self.starts, self.first, self.lifted.names, self.lifted.upper

    def only(self, wanted: int) -> tuple[Settled, int]:
        """The states that the state `wanted` needs, in the same order, and where it is among them."""
        images = self.lifted.images
        kept = sorted(reachable([dict.fromkeys(chain.from_iterable(image)) for image in images], wanted))
        place = {state: n for n, state in enumerate(kept)}
        lifted = Lift(
            tuple(self.lifted.states[i] for i in kept),
            tuple(self.lifted.names[i] for i in kept),
            tuple({tuple(place[s] for s in monomial): c for monomial, c in images[i].items()} for i in kept),
            self.lifted.upper,
        )
        starts, *first = (tuple(state[i] for i in kept) for state in (self.starts, *self.first))
        return Settled(lifted, starts, tuple(first)), place[wanted]


def settle(lifted: Lift[Scalar], starts: Sequence[Scalar], wanted: int, algebra: Traced) -> Settled:
    """Replace the states that keep a value, at once or after some passes, as far as the state `wanted` needs them.

    States that are always equal become one. A state whose image is a constant has that value after one pass: that pass
    is taken apart, so that the others see a constant (which may make another state constant, and so on).
    """
    state = tuple(starts)
    merged = _merge(lifted, state, algebra)
    kept = {i: state[i] for i, image in enumerate(merged.images) if image == {(i,): algebra.number(1)}}
    current = fix(merged, kept, algebra)
    first: list[tuple[Scalar, ...]] = []
    known = dict(kept)
    for _ in merged.states:
        uses = [dict.fromkeys(chain.from_iterable(image)) for image in current.images]
        constant = {
            i: current.images[i].get((), algebra.number(0))
            for i in reachable(uses, wanted) - known.keys()
            if not any(current.images[i])
        }
        if not constant:
            break
        if any(state[i] != value for i, value in constant.items()):
            first.append(state)
            state = tuple(at(algebra, image, state) for image in current.images)
        known |= constant
        current = fix(current, constant, algebra)
    return Settled(current, state, tuple(first))


def _merge(lifted: Lift[Scalar], starts: Sequence[Scalar], algebra: Traced) -> Lift[Scalar]:
    """States with equal starts and equal images are equal for ever: the first stands for the others."""
    groups = [starts.index(start) for start in starts]
    while True:
        images = [_renamed(image, groups, algebra) for image in lifted.images]
        pairs = list(zip(groups, images, strict=True))
        finer = [pairs.index(pair) for pair in pairs]
        if finer == groups:
            return replace(lifted, images=tuple(images))
        groups = finer


def _renamed(polynomial: Polynomial[Scalar], groups: Sequence[int], algebra: Traced) -> Polynomial[Scalar]:
    result: Polynomial[Scalar] = {}
    for monomial, coefficient in polynomial.items():
        accumulate(algebra, result, tuple(sorted(groups[s] for s in monomial)), coefficient)
    return result
