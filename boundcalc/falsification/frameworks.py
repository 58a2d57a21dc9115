"""The array modules of NumPy, PyTorch and JAX under the names of the array API, and what it lacks: `erf`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np

from boundcalc.mistakes import ExtraMissingError


def namespace_of(array: Any) -> Any:
    """What a layer's `forward` is handed for arrays of this kind. Raises ExtraMissingError without array-api-compat, and
    TypeError for what is no array."""
    try:
        from array_api_compat import array_namespace
    except ImportError:
        raise ExtraMissingError("falsify", "a network on arrays", "array-api-compat") from None
    module = array_namespace(array)
    framework = type(array).__module__.partition(".")[0]
    names = {name: getattr(module, name) for name in dir(module)}
    return SimpleNamespace(**{**names, "erf": _ERF.get(framework, _numpy)()})


def _numpy() -> Callable[[Any], Any]:
    return np.vectorize(math.erf, otypes=[float])


def _torch() -> Callable[[Any], Any]:
    return import_module("torch").special.erf


def _jax() -> Callable[[Any], Any]:
    return import_module("jax.scipy.special").erf


_ERF: Mapping[str, Callable[[], Callable[[Any], Any]]] = {"torch": _torch, "jax": _jax, "jaxlib": _jax}
