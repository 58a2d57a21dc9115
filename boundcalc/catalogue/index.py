"""Every entry of the catalogue, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .activations import SMOOTH
from .gates import GATES
from .kinked import KINKED
from .losses import ALL_LOSSES
from .nonlinearity import Nonlinearity
from .normalisations import NORMALISATIONS as _NORMALISATIONS
from .softmax import SOFTMAX

ACTIVATIONS: Mapping[str, Nonlinearity] = MappingProxyType({entry.name: entry for entry in SMOOTH + GATES + KINKED})

NORMALISATIONS: Mapping[tuple[str, str], Nonlinearity] = MappingProxyType(
    {(name, form): entry for name, form, entry in _NORMALISATIONS}
)  # (kind, form), form "sqrt" or "additive"

LOSSES: Mapping[str, Nonlinearity] = MappingProxyType({entry.name: entry for entry in ALL_LOSSES})

__all__ = ["ACTIVATIONS", "LOSSES", "NORMALISATIONS", "SOFTMAX"]
