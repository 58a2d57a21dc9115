"""What the maps of slices compute that an import knows by their constants alone, on arrays with the samples first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_Slices = Callable[[Any, tuple[int, ...], Any], Any]


def _norm(z: Any, axes: tuple[int, ...], xp: Any) -> Any:
    return xp.sqrt(xp.sum(z * z, axis=axes, keepdims=True))


def _logsumexp(z: Any, axes: tuple[int, ...], xp: Any) -> Any:
    most = xp.max(z, axis=axes, keepdims=True)
    return most + xp.log(xp.sum(xp.exp(z - most), axis=axes, keepdims=True))


def _ascending(z: Any, axes: tuple[int, ...], xp: Any) -> Any:
    return xp.sort(z, axis=axes[0])


def _descending(z: Any, axes: tuple[int, ...], xp: Any) -> Any:
    return -xp.sort(-z, axis=axes[0])


MAPS: Mapping[str, _Slices] = {
    "euclidean norm": _norm,
    "logsumexp": _logsumexp,
    "ascending": _ascending,
    "descending": _descending,
}
