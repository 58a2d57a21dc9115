"""Every entry of the catalogue, by name: for what goes through all of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from boundcalc.catalogue.activations import IDENTITY, SMOOTH, SQUARE
from boundcalc.catalogue.brier import BRIER
from boundcalc.catalogue.cluster_losses import CLUSTERINGS
from boundcalc.catalogue.entry_losses import MARGINS, RESIDUALS
from boundcalc.catalogue.gates import GATES, GELUS
from boundcalc.catalogue.kinked import KINKED
from boundcalc.catalogue.losses import KL, LOGISTIC, SQUARED
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.normalisations import FORMS, GROUPS, normalisation
from boundcalc.catalogue.pair_losses import PAIRS
from boundcalc.catalogue.smoothings import MOREAU_RELU
from boundcalc.catalogue.softmax import LOG_SOFTMAX, SOFTMAX

# Elementwise functions, also those that are layers with a file of their own, or stand for one with kinks.
ELEMENTWISE: Mapping[str, Nonlinearity] = MappingProxyType(
    {entry.name: entry for entry in (IDENTITY, *SMOOTH, SQUARE, *GELUS, *GATES, *KINKED, MOREAU_RELU)}
)

NORMALISATIONS: Mapping[tuple[str, str], Nonlinearity] = MappingProxyType(
    {(name, form): normalisation(name, form) for name in GROUPS for form in FORMS}
)  # (kind, form), form "sqrt" or "additive"

_LOSSES = (LOGISTIC, KL, BRIER, SQUARED, *MARGINS, *RESIDUALS, *PAIRS, *CLUSTERINGS)
LOSSES: Mapping[str, Nonlinearity] = MappingProxyType({entry.name: entry for entry in _LOSSES})

__all__ = ["ELEMENTWISE", "LOG_SOFTMAX", "LOSSES", "NORMALISATIONS", "SOFTMAX"]
