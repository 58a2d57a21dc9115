"""Normalisations, and the linear maps whose weights are constrained."""

from __future__ import annotations

from reference.families.family import Family

FAMILY = Family(computes={}, networks={}, instances={})
