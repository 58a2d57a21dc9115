"""The array modules of NumPy, PyTorch and JAX under the names of the array API, and what it lacks: `erf`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

from boundcalc.falsification.namespaces import DOUBLES
from boundcalc.mistakes import ExtraMissingError


def namespace_of(*arrays: Any) -> Any:
    """What a layer's `forward` is handed for arrays of this kind. What a layer makes of no array (a table, a state that is zero)
    has the type of the first of these that holds real numbers: frameworks would make it single precision, or ids integers.
    Raises ExtraMissingError without array-api-compat, and TypeError for what is no array."""
    try:
        from array_api_compat import array_namespace
    except ImportError:
        raise ExtraMissingError("falsify", "a network on arrays", "array-api-compat") from None
    module = array_namespace(arrays[0])
    types = (array.dtype for array in arrays if hasattr(array, "dtype"))
    real = next((dtype for dtype in types if module.isdtype(dtype, "real floating")), None)
    return _completed(module, type(arrays[0]).__module__.partition(".")[0], real)


@cache
def _completed(module: ModuleType, framework: str, real: Any) -> Any:
    def typed(maker: Callable[..., Any]) -> Callable[..., Any]:
        return lambda made_of, dtype=None: maker(made_of, dtype=real if dtype is None else dtype)

    names = {name: getattr(module, name) for name in dir(module)}
    makers = {name: typed(names[name]) for name in ("asarray", "zeros")}
    return SimpleNamespace(**{**names, **makers, "erf": _ERF.get(framework, _numpy)()})


def _numpy() -> Callable[[Any], Any]:
    return DOUBLES.erf


def _torch() -> Callable[[Any], Any]:
    return import_module("torch").special.erf


def _jax() -> Callable[[Any], Any]:
    return import_module("jax.scipy.special").erf


_ERF: Mapping[str, Callable[[], Callable[[Any], Any]]] = {"torch": _torch, "jax": _jax, "jaxlib": _jax}
