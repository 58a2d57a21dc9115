"""Kernels that slide over images: what the operator norm of a convolution depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sliding:
    """How a kernel slides over an image. `touches`: how many windows an entry is in at most, along each axis; `lengths`: of the image
    that a convolution reads, which a transposed one makes."""

    touches: Sequence[int]
    lengths: Sequence[int]
    dilation: Sequence[int]
    groups: int = 1
