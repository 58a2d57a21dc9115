"""A copy of a PyTorch module without the memory of its learned arrays: what an export of a large module, or of one on the meta device,
is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch  # pyright: ignore[reportMissingImports]

from boundcalc.importers.doubles import copied, lengthened_module

_INITIALISED = "_is_hf_initialized"  # where transformers is told that an array has its values
_COUNTER = "num_batches_tracked"


class NoValuesError(Exception):
    """A buffer that is on the meta device, and that its module does not make anew. Its text says which."""


def hollow(module: torch.nn.Module, training: bool) -> torch.nn.Module:
    """In double precision on the CPU; every learned array is one number seen in its shape, buffers have their values.

    Buffers on the meta device are made anew as modules do it: statistics by `reset_running_stats`, others by the `_init_weights` of a
    model of transformers. Raises NoValuesError for any other.
    """
    instead: dict[int, Any] = {}
    for array in module.parameters():
        number = torch.zeros((), dtype=torch.float64)
        seen = torch.nn.Parameter(number.expand(array.shape), requires_grad=array.requires_grad)
        setattr(seen, _INITIALISED, True)
        instead[id(array)] = seen
    without = {path: buffer for path, buffer in module.named_buffers() if buffer.is_meta}
    for buffer in without.values():
        instead[id(buffer)] = _unset(buffer)
    made = copied(module, instead)
    for owner in dict.fromkeys(path.rpartition(".")[0] for path in without):
        _make_anew(made, made.get_submodule(owner))
    for path in without:
        if not path.endswith(_COUNTER) and not _is_set(made.get_buffer(path)):
            raise NoValuesError(f"the buffer '{path}' is on the meta device and has no values")
    return lengthened_module(made, module, training)


def is_on_meta(module: torch.nn.Module) -> bool:
    return any(array.is_meta for array in _arrays(module))


def _arrays(module: torch.nn.Module) -> Iterator[Any]:
    yield from module.parameters()
    yield from module.buffers()


def _mark(dtype: Any) -> float | int:
    """What no buffer has in it."""
    return float("nan") if dtype.is_floating_point or dtype.is_complex else torch.iinfo(dtype).min


def _unset(buffer: Any) -> Any:
    if buffer.dtype == torch.bool:
        return torch.zeros(buffer.shape, dtype=torch.bool)
    dtype = torch.float64 if buffer.is_floating_point() else buffer.dtype
    return torch.full(buffer.shape, _mark(dtype), dtype=dtype)


def _is_set(buffer: Any) -> bool:
    if buffer.dtype == torch.bool:
        return False  # whether it was set cannot be seen
    is_number = buffer.is_floating_point() or buffer.is_complex()
    marked = torch.isnan(buffer) if is_number else buffer == _mark(buffer.dtype)
    return not bool(marked.any())


def _make_anew(made: torch.nn.Module, owner: torch.nn.Module) -> None:
    if hasattr(owner, "reset_running_stats"):
        owner.reset_running_stats()
    elif hasattr(made, "_init_weights"):
        try:
            made._init_weights(owner)
        except RuntimeError:  # it writes into learned arrays too, that have no memory: what it left unset is seen
            return
