"""A module whose outputs are arrays alone, and whose branches are those of the example.

torch.export refuses outputs of classes that it does not know (caches), and branches on entries of arrays (is anything masked?). The first
are left out; the second are taken as the module takes them with the example, and the import says so: `Branches` writes down what was
asked and answers it again.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch.overrides import TorchFunctionMode  # pyright: ignore[reportMissingImports]
from torch.utils import _pytree as pytree  # pyright: ignore[reportMissingImports]

_ASKED = frozenset(
    getattr(torch.Tensor, name) for name in ("__bool__", "__int__", "__float__", "__index__", "item", "tolist")
)
_TORCH = str(Path(str(torch.__file__)).parent)


def with_arrays_alone(module: torch.nn.Module) -> torch.nn.Module:
    """The module itself, with outputs of unknown classes left out."""
    forward = module.forward

    @functools.wraps(forward)
    def filtered(*args: Any, **kwargs: Any) -> Any:
        return pytree.tree_map(_known, forward(*args, **kwargs))

    module.forward = filtered
    return module


def _known(leaf: Any) -> Any:
    return leaf if leaf is None or isinstance(leaf, torch.Tensor | bool | int | float | str) else None


Place = tuple[str, int]


def _place() -> Place:
    """The line of a module's own code that asks."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_back is not None and frame.f_code.co_filename.startswith((_TORCH, __file__)):
        frame = frame.f_back
    return ("", 0) if frame is None else (frame.f_code.co_filename, frame.f_lineno)


class _Writes(TorchFunctionMode):  # pyright: ignore[reportUntypedBaseClass]
    def __init__(self, answers: dict[Place, list[Any]]) -> None:
        super().__init__()
        self.answers = answers

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        if func in _ASKED:
            self.answers.setdefault(_place(), []).append(found)
        return found


class _Answers(TorchFunctionMode):  # pyright: ignore[reportUntypedBaseClass]
    def __init__(self, answers: dict[Place, list[Any]]) -> None:
        super().__init__()
        self.left = {place: list(found) for place, found in answers.items()}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        left = self.left.get(_place()) if func in _ASKED else None
        return left.pop(0) if left else func(*args, **(kwargs or {}))


class Branches:
    """What a module asks of the entries of its arrays with an example, line by line."""

    def __init__(self) -> None:
        self.answers: dict[Place, list[Any]] = {}

    def write(self, module: torch.nn.Module, args: Sequence[Any], kwargs: Any) -> None:
        with torch.no_grad(), _Writes(self.answers):
            module(*args, **kwargs)

    @contextmanager
    def answered(self) -> Generator[None]:
        """The same answers to the same lines, in their order; nothing where none were written."""
        if not self.answers:
            yield
            return
        with _Answers(self.answers):
            yield
