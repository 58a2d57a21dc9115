"""The functions of every entry that the layers use, with their first three derivatives: a row each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from boundcalc.falsification.namespaces import Base
from boundcalc.falsification.taylor import Derivatives


def _exp(base: Base, x: Any, order: int) -> Sequence[Any]:
    return [base.exp(x)] * (order + 1)


def _log(base: Base, x: Any, order: int) -> Sequence[Any]:
    return [base.log(x), *((1 / x, -1 / (x * x), 2 / (x * x * x))[:order])]


def _sqrt(base: Base, x: Any, order: int) -> Sequence[Any]:
    root = base.sqrt(x)
    return [root, *((0.5 / root, -0.25 / (root * x), 0.375 / (root * x * x))[:order] if order else ())]


def _sin(base: Base, x: Any, order: int) -> Sequence[Any]:
    return _circular(base.sin(x), base.cos(x), order)


def _cos(base: Base, x: Any, order: int) -> Sequence[Any]:
    return _circular(base.cos(x), -base.sin(x), order)


def _circular(value: Any, slope: Any, order: int) -> Sequence[Any]:
    return (value, slope, -value, -slope)[: order + 1]


def _tanh(base: Base, x: Any, order: int) -> Sequence[Any]:
    value = base.tanh(x)
    slope = 1 - value * value
    return (value, slope, -2 * value * slope, slope * (4 * value * value - 2 * slope))[: order + 1]


def _atan(base: Base, x: Any, order: int) -> Sequence[Any]:
    slope = 1 / (1 + x * x)
    return (base.atan(x), slope, -2 * x * slope * slope, (6 * x * x - 2) * slope * slope * slope)[: order + 1]


def _erf(base: Base, x: Any, order: int) -> Sequence[Any]:
    slope = base.two_over_root_pi * base.exp(-x * x)
    return (base.erf(x), slope, -2 * x * slope, (4 * x * x - 2) * slope)[: order + 1]


def _sign(base: Base, x: Any, order: int) -> Sequence[Any]:
    """Constant on either side."""
    return [base.where(base.raw(x) > 0, 1 + 0 * x, base.where(base.raw(x) < 0, -1 + 0 * x, 0 * x)), 0 * x, 0 * x, 0 * x]


ELEMENTARY: Mapping[str, Derivatives] = MappingProxyType(
    {
        "exp": _exp,
        "log": _log,
        "sqrt": _sqrt,
        "sin": _sin,
        "cos": _cos,
        "tanh": _tanh,
        "atan": _atan,
        "erf": _erf,
        "sign": _sign,
    }
)
