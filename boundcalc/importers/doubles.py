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
    """A copy of a module, whose own arrays stay as they are. What hooks computed of others (torch.nn.utils.weight_norm) is computed
    again."""
    made = {
        id(value): value.detach().clone()
        for module in model.modules()
        for value in vars(module).values()
        if isinstance(value, torch.Tensor) and not value.is_leaf
    }
    copied = copy.deepcopy(model, dict(made))
    for module in copied.modules():  # where none is said it is that of the type, which is the module's own
        if isinstance(module, torch.nn.RMSNorm) and module.eps is None:
            module.eps = torch.finfo(torch.float32 if module.weight is None else module.weight.dtype).eps
    return copied.double().train(training)


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
