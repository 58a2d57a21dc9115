"""Arrays with their derivatives along a line, z(t) = a + b t + c t^2 + ... up to t^3 at most, over arrays of any kind.

One pass of a network over them gives, for every layer at once, its value, D z [u] and D^2 z [u, u] / 2 at a point in a
direction u. The arithmetic is that of truncated power series: sums part by part, products by convolution of the parts, and
f(z(t)) = f(a) + f'(a) b t + (f'(a) c + f''(a) b^2 / 2) t^2 + ... for a function of every entry. Where two branches meet
(`where`, `max`), all parts are those of the branch that is taken just after t = 0, in every sum of several such functions: so
they are limits of derivatives of the network.

A part that is None is zero: most of a network does not depend on most of the direction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from boundcalc.falsification.namespaces import Base

Part = Any  # an array of the base, or None for zero
Derivatives = Callable[[Base, Any, int], Sequence[Any]]  # f, f', f'', f''' of an array, as far as the order asks


class Taylor:
    """`parts[k]` belongs to t^k; the value parts[0] is never None."""

    __slots__ = ("base", "parts")
    __array_priority__ = 1000.0  # NumPy leaves operators with its arrays on the left to this class
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, base: Base, parts: Sequence[Part]) -> None:
        self.base = base
        self.parts = tuple(parts)

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.parts[0])  # an array of one object becomes the object in arithmetic

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def dtype(self) -> Any:
        return self.parts[0].dtype

    @property
    def T(self) -> Taylor:  # noqa: N802 (the name of the array API)
        return self.each(lambda part: part.T)

    def each(self, linear: Callable[[Any], Any]) -> Taylor:
        """A linear map of the entries."""
        return Taylor(self.base, [None if part is None else linear(part) for part in self.parts])

    def __getitem__(self, index: Any) -> Taylor:
        return self.each(lambda part: part[index])

    def __add__(self, other: Any) -> Taylor:
        value, *rest = [_sum(pair) for pair in zip_longest(self.parts, parts_of(other))]
        return Taylor(self.base, [value, *(self._whole(part, np.shape(value)) for part in rest)])

    __radd__ = __add__

    def __neg__(self) -> Taylor:
        return self.each(lambda part: -part)

    def __sub__(self, other: Any) -> Taylor:
        return self + (-other)

    def __rsub__(self, other: Any) -> Taylor:
        return other + (-self)

    def __mul__(self, other: Any) -> Taylor:
        return self.bilinear(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Taylor:
        return self * other**-1 if isinstance(other, Taylor) else self.each(lambda part: part / other)

    def __rtruediv__(self, other: Any) -> Taylor:
        return other * self**-1

    def __pow__(self, exponent: float) -> Taylor:
        return self.composed(lambda base, x, order: _power(x, exponent, order))

    def __gt__(self, other: Any) -> Any:
        return self._ahead(other) > 0

    def __ge__(self, other: Any) -> Any:
        return self._ahead(other) >= 0

    def __lt__(self, other: Any) -> Any:
        return self._ahead(other) < 0

    def __le__(self, other: Any) -> Any:
        return self._ahead(other) <= 0

    def __eq__(self, other: object) -> Any:
        return self._ahead(other) == 0

    def __ne__(self, other: object) -> Any:
        return self._ahead(other) != 0

    def _ahead(self, other: Any) -> Any:
        """1 where it is larger just after t = 0, -1 where it is smaller: by the first part that differs."""
        found: Any = np.zeros((), dtype=int)
        for a, b in zip_longest(self.parts, parts_of(other)):
            if (a is None and b is None) or (found.ndim and found.all()):
                continue
            left, right = (self.base.raw(0.0 if part is None else part) for part in (a, b))
            found = np.where(
                found == 0, np.asarray(left > right, dtype=int) - np.asarray(left < right, dtype=int), found
            )
        return found

    def _whole(self, part: Part, shape: tuple[int, ...]) -> Part:
        """A part as large as the value: the larger of two summands may have none."""
        return part if part is None or np.shape(part) == shape else part + self.base.full(shape, 0.0)

    def bilinear(self, other: Any, product: Callable[[Any, Any], Any]) -> Taylor:
        """Of two arrays: (x y)_k is the sum of x_i y_j over i + j = k."""
        left, right = self.parts, parts_of(other)
        found: list[Part] = []
        for k in range(max(len(left), len(right))):
            pairs = [(left[i], right[k - i]) for i in range(k + 1) if i < len(left) and k - i < len(right)]
            found.append(_sum(product(a, b) for a, b in pairs if a is not None and b is not None))
        return Taylor(self.base, found)

    def composed(self, derivatives: Derivatives) -> Taylor:
        """A function of every entry."""
        a, *rest = self.parts
        slopes = derivatives(self.base, a, len(rest) if any(part is not None for part in rest) else 0)
        found: list[Part] = [slopes[0]]
        for k, part in enumerate(rest, start=1):
            terms = [] if part is None else [slopes[1] * part]
            if k == 2 and rest[0] is not None:
                terms.append(slopes[2] * (rest[0] * rest[0]) / 2)
            if k == 3 and rest[0] is not None:
                terms.append(slopes[3] * (rest[0] * rest[0] * rest[0]) / 6)
                terms += [] if rest[1] is None else [slopes[2] * (rest[0] * rest[1])]
            found.append(_sum(terms))
        return Taylor(self.base, found)


def parts_of(x: Any) -> Sequence[Part]:
    return x.parts if isinstance(x, Taylor) else (x,)


def _sum(parts: Iterable[Part]) -> Part:
    total: Part = None
    for part in parts:
        if part is not None:
            total = part if total is None else total + part
    return total


def _power(x: Any, exponent: float, order: int) -> list[Any]:
    found, factor = list[Any](), 1.0
    for k in range(order + 1):
        whole = exponent - k == int(exponent - k)
        power = x ** (int(exponent) - k if whole else exponent - k) if factor else 0 * x
        found.append(factor * power if k else power)
        factor *= exponent - k
    return found
