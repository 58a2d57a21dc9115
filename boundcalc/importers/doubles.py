"""PyTorch in double precision throughout, without dropout: what an import records and is compared with.

Modules cast to single precision by hand (rotary tables, normalisations); within `doubles` such a cast is one to float64. Nothing
else changes.
"""

from __future__ import annotations

import copy
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch.overrides import TorchFunctionMode  # pyright: ignore[reportMissingImports]
from torch.utils import _pytree as pytree  # pyright: ignore[reportMissingImports]

_SHORT = frozenset({torch.float32, torch.float16, torch.bfloat16})
_CASTS = frozenset({torch.Tensor.float, torch.Tensor.half, torch.Tensor.bfloat16})
_DROPOUTS = frozenset(
    getattr(module, name)
    for module in (torch, torch.nn.functional)
    for name in (
        "dropout",
        "dropout1d",
        "dropout2d",
        "dropout3d",
        "feature_dropout",
        "alpha_dropout",
        "feature_alpha_dropout",
    )
    if hasattr(module, name)
)

_KEPT = frozenset({"_parameters", "_buffers", "_modules"})
_RATE = 10  # the place of the rate of dropout among the arguments of multi_head_attention_forward


def lengthened(value: Any) -> Any:
    """float64 in place of a shorter type."""
    return torch.float64 if isinstance(value, torch.dtype) and value in _SHORT else value


class _Doubles(TorchFunctionMode):  # pyright: ignore[reportUntypedBaseClass]
    def __init__(self, drops: bool) -> None:
        super().__init__()
        self.drops = drops

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _CASTS:
            return args[0].double()
        if func in _DROPOUTS and not self.drops:
            return args[0].clone()
        named = {key: lengthened(value) for key, value in (kwargs or {}).items()}
        if "dropout_p" in named and not self.drops:
            named["dropout_p"] = 0.0
        given = [lengthened(value) for value in args]
        if func is torch.nn.functional.multi_head_attention_forward and not self.drops and len(given) > _RATE:
            given[_RATE] = 0.0
        return func(*given, **named)


@contextmanager
def doubles(*, drops: bool) -> Generator[None]:
    """drops: whether dropout acts."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with _Doubles(drops):
            yield
    finally:
        torch.set_default_dtype(before)


def in_doubles(model: torch.nn.Module, training: bool) -> torch.nn.Module:
    """A copy of a module, whose own arrays stay as they are."""
    return lengthened_module(copied(model), model, training)


def lengthened_module(found: torch.nn.Module, model: torch.nn.Module, training: bool) -> torch.nn.Module:
    """A copy of `model` brought to double precision. It is put into training mode once, where modules forget what they computed for
    evaluation."""
    found.train().train(training)
    for module in found.modules():
        for name, value in list(vars(module).items()):
            if name not in _KEPT and any(map(_is_short, pytree.tree_leaves(value))):
                setattr(module, name, _lengthened_held(value))
    for module, own in zip(found.modules(), model.modules(), strict=True):
        if isinstance(module, torch.nn.RMSNorm) and module.eps is None:  # where none is said it is that of the type
            weight: Any = own.weight
            module.eps = torch.finfo(torch.float32 if weight is None else weight.dtype).eps
    return found.double()


def copied(model: torch.nn.Module, instead: Mapping[int, Any] | None = None) -> torch.nn.Module:
    """A copy, with arrays that were computed as their values: PyTorch copies none with a gradient. `instead`: what stands for arrays,
    by their identities."""
    leaves = [leaf for module in model.modules() for leaf in pytree.tree_leaves(dict(vars(module)))]
    computed = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor) and not leaf.is_leaf]
    return copy.deepcopy(model, {**{id(array): array.detach().clone() for array in computed}, **(instead or {})})


def _is_short(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.dtype in _SHORT


def _lengthened_held(value: Any) -> Any:
    """Arrays that are neither learned nor buffers, which `double` leaves as they are."""
    if isinstance(value, torch.Tensor):
        return value.double() if _is_short(value) else value
    if type(value) is dict:
        return {key: _lengthened_held(each) for key, each in value.items()}
    return type(value)(_lengthened_held(each) for each in value) if type(value) in (list, tuple) else value


def arguments_in_doubles(given: Any) -> Any:
    """Example arguments, with floating-point tensors in double precision."""
    return pytree.tree_map_only(torch.Tensor, lambda t: t.double() if t.is_floating_point() else t, given)


def samples(
    given: Sequence[Any], named: Mapping[str, Any], count: int, axis: int
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Example arguments with so many samples: those that there are, again and again."""

    def again(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.ndim <= axis:
            return tensor
        at = torch.arange(count, device=tensor.device) % tensor.shape[axis]
        return tensor.index_select(axis, at)

    found = pytree.tree_map_only(torch.Tensor, again, (tuple(given), dict(named)))
    return found[0], found[1]
