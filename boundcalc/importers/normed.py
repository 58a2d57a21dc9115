"""Weights that a norm of their own divides (weight norm, spectral norm) as what is learned itself, after the division.

v/||v|| has no Lipschitz constant where v may be 0, so no ball around 0 has a bound for it. A network with weights W = g v/||v|| is the one
whose learned arrays are the W, as PyTorch's own `remove_weight_norm` leaves it; the import says so.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch  # pyright: ignore[reportMissingImports]
from torch.nn.utils import parametrizations, parametrize  # pyright: ignore[reportMissingImports]
from torch.nn.utils.spectral_norm import SpectralNorm  # pyright: ignore[reportMissingImports]
from torch.nn.utils.weight_norm import WeightNorm  # pyright: ignore[reportMissingImports]

from boundcalc.importers.doubles import in_doubles


def with_plain_weights(module: torch.nn.Module, training: bool) -> tuple[torch.nn.Module, tuple[str, ...]]:
    """A copy whose normed weights are plain ones, and their paths; the module itself where it has none. The spectral norm of a
    training step changes its own estimate, and stays."""
    there = list(_normed(module, training))
    if not there:
        return module, ()
    plain = in_doubles(module, training)
    found: list[str] = []
    for path, owner, name, hook in list(_normed(plain, training)):
        found.append(f"{path}.{name}" if path else name)
        if hook is None:
            own = type(owner)  # a copy has the class of its original, which would lose the weight as well
            owner.__class__ = type(own.__name__, own.__bases__, dict(vars(own)))
            parametrize.remove_parametrizations(owner, name, leave_parametrized=True)
        else:
            _without_hook(owner, name, hook)
    return plain, tuple(found)


def _normed(module: torch.nn.Module, training: bool) -> Iterator[tuple[str, torch.nn.Module, str, int | None]]:
    """Path, module and name of each, and the key of the hook that makes it, of the older kind."""
    hooks = (WeightNorm,) if training else (WeightNorm, SpectralNorm)
    kinds = {"_WeightNorm"} if training else {"_WeightNorm", "_SpectralNorm"}
    for path, owner in module.named_modules():
        for key, hook in owner._forward_pre_hooks.items():
            if isinstance(hook, hooks):
                yield path, owner, hook.name, key
        if parametrize.is_parametrized(owner):
            for name, made in owner.parametrizations.items():
                if len(made) == 1 and _is_of(made[0], kinds):
                    yield path, owner, name, None


def _is_of(made: torch.nn.Module, kinds: set[str]) -> bool:
    return type(made).__module__ == parametrizations.__name__ and type(made).__name__ in kinds


def _without_hook(owner: torch.nn.Module, name: str, key: int) -> None:
    hook = owner._forward_pre_hooks.pop(key)
    hook.remove(owner)
    for other, left in list(owner._state_dict_hooks.items()):
        if type(left).__module__ == "torch.nn.utils.spectral_norm":
            del owner._state_dict_hooks[other]
