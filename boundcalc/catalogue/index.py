"""Every entry of the catalogue, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from boundcalc.catalogue.activations import IDENTITY, SMOOTH, SQUARE
from boundcalc.catalogue.gates import GATES, GELUS
from boundcalc.catalogue.kinked import KINKED
from boundcalc.catalogue.losses import ALL_LOSSES
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.normalisations import NORMALISATIONS as _NORMALISATIONS
from boundcalc.catalogue.smoothings import MOREAU_RELU
from boundcalc.catalogue.softmax import LOG_SOFTMAX, SOFTMAX

# Elementwise functions, each a layer of that name whose fields are its parameters.
ACTIVATIONS: Mapping[str, Nonlinearity] = MappingProxyType({entry.name: entry for entry in SMOOTH + GATES + KINKED})

# All of them: also those that are layers with a file of their own, or stand for one with kinks.
ELEMENTWISE: Mapping[str, Nonlinearity] = MappingProxyType(
    {entry.name: entry for entry in (IDENTITY, *SMOOTH, SQUARE, *GELUS, *GATES, *KINKED, MOREAU_RELU)}
)

NORMALISATIONS: Mapping[tuple[str, str], Nonlinearity] = MappingProxyType(
    {(name, form): entry for name, form, entry in _NORMALISATIONS}
)  # (kind, form), form "sqrt" or "additive"

LOSSES: Mapping[str, Nonlinearity] = MappingProxyType({entry.name: entry for entry in ALL_LOSSES})

__all__ = ["ACTIVATIONS", "ELEMENTWISE", "LOG_SOFTMAX", "LOSSES", "NORMALISATIONS", "SOFTMAX"]
