"""The arrays under the search: double precision, double precision that records gradients, and certified balls of any precision.

A `Base` has the few operations that are not operators. Everything on top of it (`TaylorNamespace`, the layers) is the same for all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Base:
    """`module` is NumPy or stands in for it: reshape, concatenate, sum and so on. `raw`: entries that can be compared.
    `scalar`: a number as an entry. The rest are functions of every entry."""

    module: Any
    scalar: Callable[[float], Any]
    raw: Callable[[Any], Any]
    exp: Callable[[Any], Any]
    log: Callable[[Any], Any]
    sqrt: Callable[[Any], Any]
    sin: Callable[[Any], Any]
    cos: Callable[[Any], Any]
    tanh: Callable[[Any], Any]
    atan: Callable[[Any], Any]
    erf: Callable[[Any], Any]
    two_over_root_pi: Any

    def where(self, condition: Any, yes: Any, no: Any) -> Any:
        return self.module.where(condition, yes, no)

    def total(self, x: Any, axis: int | tuple[int, ...] | None, keepdims: bool) -> Any:
        """The sum along axes, as an array also where it is one number."""
        found = self.module.sum(x, axis=axis, keepdims=keepdims)
        return np.array(found, dtype=object) if isinstance(found, arb) else found

    def full(self, shape: tuple[int, ...], value: float) -> Any:
        """Constants: nothing is differentiated by them."""
        entry = self.scalar(value)
        return np.full(shape, entry, dtype=float if isinstance(entry, float) else object)


_ERF = np.vectorize(math.erf, otypes=[float])
_SLOPE = 2 / math.sqrt(math.pi)


def of_module(module: Any, erf: Callable[[Any], Any], raw: Callable[[Any], Any]) -> Base:
    """Double precision."""
    return Base(
        module, float, raw, module.exp, module.log, module.sqrt, module.sin, module.cos, module.tanh, module.arctan, erf, _SLOPE
    )  # fmt: skip


DOUBLES = of_module(np, _ERF, np.asarray)


@cache
def recording() -> Base:
    """Double precision of autograd, which records what gradients need. Raises ImportError without it."""
    from autograd.extend import defvjp, primitive
    from autograd.tracer import getval

    anp = import_module("autograd.numpy")  # its functions are made when it is imported: no checker sees them

    @primitive
    def erf(x: Any) -> Any:
        return _ERF(x)

    defvjp(erf, lambda value, x: lambda g: g * _SLOPE * anp.exp(-x * x))

    def raw(x: Any) -> Any:
        while type(x) is not type(x := getval(x)):
            pass
        return x

    return of_module(anp, erf, raw)


def balls() -> Base:
    """Arrays of objects: balls at flint's precision when an operation runs. Comparisons are those of the centres."""

    def entrywise(function: Callable[[arb], arb]) -> Callable[[Any], Any]:
        over = np.frompyfunc(function, 1, 1)
        return lambda x: np.asarray(over(x), dtype=object)

    def raw(x: Any) -> NDArray[np.object_]:
        return np.asarray(_CENTRE(np.asarray(x, dtype=object)), dtype=object)

    return Base(
        np,
        arb,
        raw,
        entrywise(lambda x: x.exp()),
        entrywise(lambda x: x.log()),
        entrywise(lambda x: x.sqrt()),
        entrywise(lambda x: x.sin()),
        entrywise(lambda x: x.cos()),
        entrywise(lambda x: x.tanh()),
        entrywise(lambda x: x.atan()),
        entrywise(lambda x: x.erf()),
        2 / arb.pi().sqrt(),
    )


_CENTRE = np.frompyfunc(lambda x: x.mid() if isinstance(x, arb) else arb(x), 1, 1)
