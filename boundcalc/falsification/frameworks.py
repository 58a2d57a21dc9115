"""The array modules of NumPy, PyTorch and JAX under the names of the array API, and what it lacks: `erf`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

from boundcalc.falsification.namespaces import DOUBLES
from boundcalc.mistakes import ExtraMissingError


def namespace_of(array: Any) -> Any:
    """What a layer's `forward` is handed for arrays of this kind. Raises ExtraMissingError without array-api-compat, and
    TypeError for what is no array."""
    try:
        from array_api_compat import array_namespace
    except ImportError:
        raise ExtraMissingError("falsify", "a network on arrays", "array-api-compat") from None
    return _with_erf(array_namespace(array), type(array).__module__.partition(".")[0])


@cache
def _with_erf(module: ModuleType, framework: str) -> Any:
    names = {name: getattr(module, name) for name in dir(module)}
    return SimpleNamespace(**{**names, "erf": _ERF.get(framework, _numpy)()})


def _numpy() -> Callable[[Any], Any]:
    return DOUBLES.erf


def _torch() -> Callable[[Any], Any]:
    return import_module("torch").special.erf


def _jax() -> Callable[[Any], Any]:
    return import_module("jax.scipy.special").erf


_ERF: Mapping[str, Callable[[], Callable[[Any], Any]]] = {"torch": _torch, "jax": _jax, "jaxlib": _jax}
