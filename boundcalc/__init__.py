"""A compiler of symbolic Lipschitz and smoothness bounds for deep networks.

    import boundcalc as bc
    bounds = bc.compile(bc.load("specs/mlp.yaml"))
    bounds.lipschitz.expression

What is public is listed in `__all__`; the rest of the package is imported when a name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boundcalc.bounds.bound import Bound
    from boundcalc.bounds.compiled import Bounds
    from boundcalc.bounds.imported import from_onnx, from_torch
    from boundcalc.bounds.measured import measure
    from boundcalc.exact.expression import parse_closed_form as parse
    from boundcalc.importers.unsupported import UnsupportedError
    from boundcalc.language.architecture import Architecture
    from boundcalc.language.override import override
    from boundcalc.layers.index import VOCABULARY
    from boundcalc.mistakes import SpecError
    from boundcalc.pipeline import activation, compile, describe, load, loads, network
    from boundcalc.questions import compare, design, explain, falsify, objective, report, sweep, table

    __version__: str

__all__ = [
    "VOCABULARY",
    "Architecture",
    "Bound",
    "Bounds",
    "SpecError",
    "UnsupportedError",
    "__version__",
    "activation",
    "compare",
    "compile",
    "describe",
    "design",
    "explain",
    "falsify",
    "from_onnx",
    "from_torch",
    "load",
    "loads",
    "measure",
    "network",
    "objective",
    "override",
    "parse",
    "report",
    "sweep",
    "table",
]

_HOMES = {
    "VOCABULARY": ("layers.index", "VOCABULARY"),
    "Architecture": ("language.architecture", "Architecture"),
    "Bound": ("bounds.bound", "Bound"),
    "Bounds": ("bounds.compiled", "Bounds"),
    "SpecError": ("mistakes", "SpecError"),
    "UnsupportedError": ("importers.unsupported", "UnsupportedError"),
    "activation": ("pipeline", "activation"),
    "compare": ("questions", "compare"),
    "compile": ("pipeline", "compile"),
    "describe": ("pipeline", "describe"),
    "design": ("questions", "design"),
    "explain": ("questions", "explain"),
    "falsify": ("questions", "falsify"),
    "from_onnx": ("bounds.imported", "from_onnx"),
    "from_torch": ("bounds.imported", "from_torch"),
    "load": ("pipeline", "load"),
    "loads": ("pipeline", "loads"),
    "measure": ("bounds.measured", "measure"),
    "network": ("pipeline", "network"),
    "objective": ("questions", "objective"),
    "override": ("language.override", "override"),
    "parse": ("exact.expression", "parse_closed_form"),
    "report": ("questions", "report"),
    "sweep": ("questions", "sweep"),
    "table": ("questions", "table"),
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # slow to import

        return version("boundcalc")
    if name not in _HOMES:
        from boundcalc.arguments import nearest

        raise AttributeError(f"module 'boundcalc' has no attribute {name!r}; {nearest(name, 'attribute', __all__)}")
    module, attribute = _HOMES[name]
    return getattr(import_module(f"boundcalc.{module}"), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
