"""The operations of the array API that layers use, on `Taylor` arrays: the namespace that their `forward` is handed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from boundcalc.falsification.elementary import ELEMENTARY
from boundcalc.falsification.namespaces import Base
from boundcalc.falsification.taylor import Derivatives, Taylor, parts_of

Axes = int | tuple[int, ...] | None


class TaylorNamespace:
    """Functions of every entry (exp, erf, ...) are the rows of `ELEMENTARY`."""

    def __init__(self, base: Base) -> None:
        self.base = base

    def __getattr__(self, name: str) -> Any:
        if (row := ELEMENTARY.get(name)) is None:
            raise AttributeError(f"no operation '{name}' on Taylor series")
        return _entrywise(row)

    def full(self, shape: tuple[int, ...], value: Any, dtype: Any = None) -> Any:
        if dtype is bool:
            return np.full(shape, value)
        return Taylor(self.base, (self.base.full(shape, value),))

    def zeros(self, shape: tuple[int, ...], dtype: Any = None) -> Taylor:
        return self.full(shape, 0.0)

    def asarray(self, values: Any, dtype: Any = None) -> Taylor:
        entries = np.asarray(values, dtype=float)
        scalars = [self.base.scalar(float(value)) for value in entries.ravel()]
        dtype = float if not scalars or isinstance(scalars[0], float) else object
        return Taylor(self.base, (np.array(scalars, dtype=dtype).reshape(entries.shape),))

    def abs(self, x: Taylor) -> Taylor:
        return self.where(x > 0, x, -x)

    def reshape(self, x: Taylor, shape: tuple[int, ...]) -> Taylor:
        return x.each(lambda part: part.reshape(shape))

    def permute_dims(self, x: Taylor, axes: tuple[int, ...]) -> Taylor:
        return x.each(lambda part: part.transpose(axes))

    int64 = np.int64

    def astype(self, x: Taylor, dtype: Any) -> Any:
        """The values as numbers that index."""
        return np.asarray(self.base.raw(x.parts[0]), dtype=float).astype(dtype)

    def take(self, x: Taylor, indices: Any, axis: int) -> Taylor:
        return x.each(lambda part: part[(slice(None),) * axis + (indices,)])

    def sum(self, x: Taylor, axis: Axes = None, keepdims: bool = False) -> Taylor:
        return x.each(lambda part: self.base.total(part, axis, keepdims))

    def mean(self, x: Taylor, axis: Axes = None, keepdims: bool = False) -> Taylor:
        total = self.sum(x, axis, keepdims)
        return total / (x.size // total.size)

    def max(self, x: Taylor, axis: int, keepdims: bool = False) -> Taylor:
        """The first of the entries along an axis that are largest just after t = 0."""
        raw = self.base.raw(x.parts[0])
        largest = np.ones(raw.shape, dtype=bool)
        for part in (self.base.raw(part) for part in x.parts if part is not None):
            top = np.max(np.where(largest, part, self.base.raw(self.base.scalar(-np.inf))), axis=axis, keepdims=True)
            largest = largest & np.asarray(part == top, dtype=bool)
        first = np.argmax(largest, axis=axis)
        places = list(np.indices(first.shape))
        places.insert(axis % x.ndim, first)
        result = x.each(lambda part: part[tuple(places)])
        if not keepdims:
            return result
        kept = tuple(1 if i == axis % x.ndim else size for i, size in enumerate(x.shape))
        return self.reshape(result, kept)

    def matmul(self, x: Taylor, y: Taylor) -> Taylor:
        return x.bilinear(y, self.base.module.matmul)

    def where(self, condition: Any, yes: Taylor, no: Taylor) -> Taylor:
        return self._together((yes, no), lambda branches: self.base.where(condition, *branches))

    def concat(self, arrays: Sequence[Any], axis: int = 0) -> Taylor:
        return self._together(arrays, lambda parts: self.base.module.concatenate(parts, axis=axis))

    def stack(self, arrays: Sequence[Any], axis: int = 0) -> Taylor:
        return self._together(arrays, lambda parts: self.base.module.stack(parts, axis=axis))

    def _together(self, arrays: Sequence[Any], join: Callable[[list[Any]], Any]) -> Taylor:
        series = [parts_of(array) for array in arrays]
        found: list[Any] = []
        for k in range(max(map(len, series))):
            parts = [s[k] if k < len(s) else None for s in series]
            if all(part is None for part in parts):
                found.append(None)
            else:
                whole = zip(parts, series, strict=True)
                found.append(join([self.base.full(s[0].shape, 0.0) if part is None else part for part, s in whole]))
        return Taylor(self.base, found)


def _entrywise(row: Derivatives) -> Any:
    return lambda x: x.composed(row)
