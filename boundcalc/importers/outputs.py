"""A module whose outputs are arrays alone, and whose branches are those of the example.

torch.export refuses outputs of classes that it does not know (caches), and branches on entries of arrays (is anything masked?). The first
are left out; the second are taken as the module takes them with the example, and the import says so: `Branches` writes down what was
asked and answers it again.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch.overrides import TorchFunctionMode  # pyright: ignore[reportMissingImports]
from torch.utils import _pytree as pytree  # pyright: ignore[reportMissingImports]

_ASKED = frozenset(
    getattr(torch.Tensor, name) for name in ("__bool__", "__int__", "__float__", "__index__", "item", "tolist")
)
_OF_SHAPES = frozenset(  # they read no entries
    getattr(torch, name) for name in ("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like")
) | {getattr(torch.Tensor, name) for name in ("new_zeros", "new_ones", "new_empty", "size", "dim", "numel")}
_WRITES = frozenset({torch.Tensor.__setitem__})
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


class DecidedByNumbersError(Exception):
    """A branch that inputs of numbers or learned arrays decide: of other numbers it may be another. Its text says where."""


class _Writes(TorchFunctionMode):  # pyright: ignore[reportUntypedBaseClass]
    """Follows what is made of numbers by the memory that it stands in: what is read from, or written into, memory of theirs is theirs.

    `kept`: their tensors, so that no memory is used again while it is known.
    """

    def __init__(self, answers: dict[Place, list[Any]], numbers: Iterable[torch.Tensor]) -> None:
        super().__init__()
        self.answers = answers
        self.kept = list(numbers)
        self.theirs = {_memory(tensor) for tensor in self.kept}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        found = func(*args, **named)
        given = _tensors((args, named))
        made = _tensors(found)
        if func not in _OF_SHAPES and any(_memory(tensor) in self.theirs for tensor in given):
            written = given[:1] if func in _WRITES or getattr(func, "__name__", "").endswith("_") else []
            self.kept += [*made, *written]
            self.theirs.update(map(_memory, (*made, *written)))
        if func in _ASKED:
            if given and _memory(given[0]) in self.theirs:
                file, line = _place()
                raise DecidedByNumbersError(f"{file.rpartition('/')[2]}:{line}")
            self.answers.setdefault(_place(), []).append(found)
        return found


def _tensors(of: Any) -> list[torch.Tensor]:
    return [leaf for leaf in pytree.tree_leaves(of) if isinstance(leaf, torch.Tensor)]


def _memory(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


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
        """Raises DecidedByNumbersError."""
        inputs = [tensor for tensor in _tensors((args, kwargs)) if tensor.is_floating_point()]
        with torch.no_grad(), _Writes(self.answers, [*inputs, *module.parameters()]):
            module(*args, **kwargs)

    @contextmanager
    def answered(self) -> Generator[None]:
        """The same answers to the same lines, in their order; nothing where none were written."""
        if not self.answers:
            yield
            return
        with _Answers(self.answers):
            yield
