"""The families. One row for each file of this folder."""

from __future__ import annotations

from reference.families import distances, fixed_point, implicit, losses, moves, normalisations, resizing, sequences
from reference.families.family import Family

FAMILIES: tuple[Family, ...] = (
    distances.FAMILY,
    fixed_point.FAMILY,
    implicit.FAMILY,
    losses.FAMILY,
    moves.FAMILY,
    resizing.FAMILY,
    normalisations.FAMILY,
    sequences.FAMILY,
)
